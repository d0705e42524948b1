//! The mailing: one row for each letter, for a print house's mail merge, and what came back. Returned mail drives the
//! substitute notice: fewer than 10, or 10 and more (45 CFR 164.404(d)(2)). Names and addresses are PHI; they are in
//! the rows alone, never in the tracking, which knows letters by number.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::civil::Date;
use kernel::Phi;
use serde::{Deserialize, Serialize};

use crate::{
    result::{Addressee, LetterMethod, SubstituteSize},
    words::words,
};

/// Somebody to be told.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Their number in the mailing.
    pub number: u32,
    /// To whom the letter is addressed.
    pub to: Addressee,
    /// How it goes.
    pub method: LetterMethod,
    /// The individual whose information it is.
    pub individual: Phi<String>,
    /// The name on the envelope, where it is another's.
    pub addressed_to: Option<Phi<String>>,
    /// Address lines, or the e-mail address.
    pub address: Phi<Vec<String>>,
    /// City.
    pub city: Phi<String>,
    /// State.
    pub state: String,
    /// ZIP code.
    pub zip: Phi<String>,
}

impl Recipient {
    /// The name on the envelope: another's where one is given, else the individual's, with whose parent, guardian or
    /// next of kin it is.
    #[must_use]
    pub fn addressee(&self) -> Phi<String> {
        let individual = self.individual.reveal();
        let name = self.addressed_to.as_ref().unwrap_or(&self.individual).reveal();
        Phi::new(match self.to {
            Addressee::ParentOrGuardian if name == individual => {
                format!("Parent or guardian of {individual}")
            }
            Addressee::NextOfKin if name == individual => format!("Next of kin of {individual}"),
            _ => name.clone(),
        })
    }
}

/// The columns of the mail-merge file.
pub const COLUMNS: [&str; 10] = [
    "letter",
    "template",
    "method",
    "addressee",
    "individual",
    "address_1",
    "address_2",
    "city",
    "state",
    "zip",
];

/// The mail-merge file: RFC 4180 with a header. A value that a spreadsheet would take for a formula is kept as text.
#[must_use]
pub fn merge_file(recipients: &[Recipient]) -> Phi<String> {
    let mut out = String::new();
    let _ = write!(out, "{}\r\n", COLUMNS.join(","));
    for each in recipients {
        let address = each.address.reveal();
        let line = |at: usize| address.get(at).map_or("", String::as_str);
        let rest = address.get(1..).map(|lines| lines.join(", ")).unwrap_or_default();
        let row = [
            each.number.to_string(),
            template(each.to).to_owned(),
            each.method.to_string(),
            field(each.addressee().reveal()),
            field(each.individual.reveal()),
            field(line(0)),
            field(&rest),
            field(each.city.reveal()),
            field(&each.state),
            field(each.zip.reveal()),
        ];
        let _ = write!(out, "{}\r\n", row.join(","));
    }
    Phi::new(out)
}

/// Which letter goes to whom.
#[must_use]
pub const fn template(to: Addressee) -> &'static str {
    match to {
        Addressee::Individual => "individual",
        Addressee::ParentOrGuardian => "parent_or_guardian",
        Addressee::Minor => "minor_who_consented",
        Addressee::NextOfKin => "next_of_kin",
        Addressee::PersonalRepresentative => "personal_representative",
    }
}

fn field(value: &str) -> String {
    let text: String = value.chars().map(|c| if c == '\r' || c == '\n' { ' ' } else { c }).collect();
    let text = if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text };
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

words! {
    /// Why a letter came back.
    ReturnReason {
        /// Moved, no forwarding address.
        Moved = "moved",
        /// No such address.
        NoSuchAddress = "no_such_address",
        /// Refused or unclaimed: the address is good, and the letter was given.
        Refused = "refused",
        /// The addressee has died.
        Deceased = "deceased",
        /// E-mail bounced.
        Bounced = "bounced",
        /// Another reason.
        Other = "other",
    }
}

/// Something that happened to a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event", deny_unknown_fields)]
pub enum MailEvent {
    /// It went out; again, where the address was corrected.
    Sent {
        /// Which letter.
        letter: u32,
        /// When.
        on: Date,
    },
    /// It came back.
    Returned {
        /// Which letter.
        letter: u32,
        /// When.
        on: Date,
        /// Why.
        reason: ReturnReason,
    },
    /// The person was reached by other means.
    Reached {
        /// Which letter.
        letter: u32,
        /// When.
        on: Date,
        /// How.
        how: String,
    },
}

/// Where a letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// Not sent yet.
    Waiting,
    /// Sent, and not come back.
    Sent(Date),
    /// Came back: the address does not reach.
    Undeliverable(Date),
    /// Came back as the addressee has died: their next of kin is the question.
    Deceased(Date),
    /// Reached by other means.
    Reached(Date),
}

/// Returned-mail tracking: a fold of what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mailing {
    letters: BTreeMap<u32, LetterState>,
}

impl Mailing {
    /// A mailing of letters 1 to `count`, none sent yet.
    #[must_use]
    pub fn new(count: u32) -> Self {
        Self { letters: (1..=count).map(|number| (number, LetterState::Waiting)).collect() }
    }

    /// The mailing after the event. An event of a letter that is not in the mailing changes nothing.
    #[must_use]
    pub fn after(mut self, event: &MailEvent) -> Self {
        let (letter, next) = match event {
            MailEvent::Sent { letter, on } => (letter, LetterState::Sent(*on)),
            // A refused letter was given; it stays sent.
            MailEvent::Returned { reason: ReturnReason::Refused, .. } => return self,
            MailEvent::Returned { letter, on, reason: ReturnReason::Deceased } => {
                (letter, LetterState::Deceased(*on))
            }
            MailEvent::Returned { letter, on, .. } => (letter, LetterState::Undeliverable(*on)),
            MailEvent::Reached { letter, on, .. } => (letter, LetterState::Reached(*on)),
        };
        if let Some(state) = self.letters.get_mut(letter) {
            *state = next;
        }
        self
    }

    /// Where each letter stands.
    #[must_use]
    pub const fn letters(&self) -> &BTreeMap<u32, LetterState> {
        &self.letters
    }

    /// Living people whom no letter reaches: the fact `/individuals/undeliverable_addresses`.
    #[must_use]
    pub fn undeliverable(&self) -> u64 {
        let count =
            self.letters.values().filter(|state| matches!(state, LetterState::Undeliverable(_))).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Which substitute notice that calls for.
    #[must_use]
    pub fn substitute(&self) -> SubstituteSize {
        match self.undeliverable() {
            0 => SubstituteSize::None,
            1..=9 => SubstituteSize::FewerThan10,
            _ => SubstituteSize::TenOrMore,
        }
    }

    /// When the first letter of those sent went out and the last: the proof of notice's dates.
    #[must_use]
    pub fn sent_between(&self) -> Option<(Date, Date)> {
        let days = self.letters.values().filter_map(|state| match state {
            LetterState::Sent(on) => Some(*on),
            _ => None,
        });
        days.fold(None, |span, day| {
            Some(span.map_or((day, day), |(first, last): (Date, Date)| (first.min(day), last.max(day))))
        })
    }
}
