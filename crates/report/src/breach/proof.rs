//! The proof-of-notice ledger: everything that was given, to whom, when and how, with what proves it. The covered entity
//! or business associate bears the burden of showing that all notices were made (45 CFR 164.414(b)).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Template,
    breach::{
        Matter,
        blocks::{Block, Sheet, Tone},
        day, day_or, written,
    },
    when::{count, counted},
};

/// A notice given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenNotice {
    /// The duty in words, such as `Letters to the affected individuals`.
    pub duty: String,
    /// To whom.
    pub recipient: String,
    /// How, such as `First-class mail, by Larkspur Print and Mail`.
    pub method: String,
    /// How many, where it is counted.
    pub count: Option<u64>,
    /// The first day.
    pub from: Date,
    /// The last day, where it took more than one, or stayed up.
    pub through: Option<Date>,
    /// The last lawful day.
    pub due: Option<Date>,
    /// Days late, as the assessment says; `None` where it was in time.
    pub late_by_days: Option<i64>,
    /// What proves it: certificate of mailing, tracking number, receipt, clipping; `None` where nothing is filed.
    pub proof: Option<String>,
    /// The SHA-256 of what was sent, as kept.
    pub sha256: Option<String>,
}

/// What came back of the letters, by number of letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedMail {
    /// Sent.
    pub sent: u64,
    /// Came back, for any reason.
    pub returned: u64,
    /// Sent again to a better address, or reached by other means.
    pub reached: u64,
    /// Refused or unclaimed: given all the same.
    pub refused: u64,
    /// The addressee has died.
    pub deceased: u64,
    /// No letter reaches them: what decides on substitute notice.
    pub undeliverable: u64,
}

/// A duty still to be met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutstandingDuty {
    /// The duty in words.
    pub duty: String,
    /// To whom.
    pub recipient: String,
    /// The last lawful day.
    pub due: Option<Date>,
    /// Where it stands.
    pub citation: String,
}

/// The ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofOfNotice {
    /// What it is about.
    pub matter: Matter,
    /// What was given, in order.
    pub given: Vec<GivenNotice>,
    /// What came back; `None` where no letter went out.
    pub returned: Option<ReturnedMail>,
    /// What is still due.
    pub outstanding: Vec<OutstandingDuty>,
    /// Where it was determined that there was no breach: by whom and when. The burden is met with that record then.
    pub no_breach: Option<String>,
    /// The last day on which the file must be kept.
    pub retain_until: Option<Date>,
    /// The checkpoint of the journal that the entries stand in, as text.
    pub checkpoint: Option<String>,
}

impl ProofOfNotice {
    fn sheet(&self) -> Sheet {
        let total = |list: usize| u64::try_from(list).unwrap_or(u64::MAX);
        let unproved = self.given.iter().filter(|each| each.proof.is_none()).count();
        let late = self.given.iter().filter(|each| each.late_by_days.is_some()).count();
        let mut blocks = vec![
            Block::facts(&[
                ("Notices given", count(total(self.given.len()))),
                ("Without proof on file", count(total(unproved))),
                ("Given late", count(total(late))),
                ("Still due", count(total(self.outstanding.len()))),
                ("Keep through", day_or(self.retain_until, "not computed yet")),
            ]),
            Block::callout(
                Tone::Calm,
                "Why this is kept",
                "The covered entity or business associate bears the burden of showing that every notice was made as required, or that there was no breach (45 CFR 164.414(b)), and keeps what shows it for six years (45 CFR 164.530(j)).",
            ),
        ];
        if let Some(no_breach) = &self.no_breach {
            blocks.push(Block::callout(Tone::Good, "Determined: not a breach", no_breach));
        }
        blocks.push(Block::heading("What Was Given"));
        blocks.push(Block::table(
            &[("Notice", 5), ("When", 4), ("How", 4), ("Proof", 5)],
            self.given.iter().map(GivenNotice::row).collect(),
            "No notice has been given yet.",
        ));
        blocks.push(Block::heading("Returned Mail"));
        blocks.extend(
            self.returned
                .map_or_else(|| vec![Block::text("No letter has gone out yet.")], ReturnedMail::blocks),
        );
        blocks.push(Block::heading("What Is Still Due"));
        let rows = self
            .outstanding
            .iter()
            .map(|each| {
                let due = day_or(each.due, "no fixed limit");
                vec![each.duty.clone(), each.recipient.clone(), due, each.citation.clone()]
            })
            .collect();
        blocks.push(Block::table(
            &[("Duty", 4), ("To", 4), ("Last lawful day", 3), ("Source", 4)],
            rows,
            "Nothing is still due.",
        ));
        if let Some(checkpoint) = &self.checkpoint {
            blocks.push(Block::heading("The Record Behind It"));
            blocks.push(Block::text(checkpoint));
        }
        Sheet::record(Template::ProofOfNotice, &self.matter, "Confidential: prepared for counsel", blocks)
    }
}

written!(ProofOfNotice, pdf);

impl GivenNotice {
    fn row(&self) -> Vec<String> {
        let number = self.count.map(|number| format!("\n{}", count(number))).unwrap_or_default();
        let mut when = match self.through {
            Some(through) if through != self.from => format!("{} to {}", day(self.from), day(through)),
            _ => day(self.from),
        };
        if let Some(due) = self.due {
            when.push_str(&format!("\nLast lawful day {}", day(due)));
        }
        if let Some(days) = self.late_by_days {
            let days = counted(days.unsigned_abs(), "DAY", "DAYS");
            when.push_str(&format!("\n{days} LATE"));
        }
        let mut proof = self.proof.clone().unwrap_or_else(|| "NO PROOF ON FILE".to_owned());
        if let Some(digest) = &self.sha256 {
            proof.push_str(&format!("\nSHA-256 {digest}"));
        }
        vec![format!("{}\nTo {}{number}", self.duty, self.recipient), when, self.method.clone(), proof]
    }
}

impl ReturnedMail {
    fn blocks(self) -> Vec<Block> {
        let substitute = match self.undeliverable {
            0 => "None is called for by the returned mail.".to_owned(),
            1..=9 => "For fewer than 10 people: another form of written notice, telephone or other means (45 CFR 164.404(d)(2)(i)).".to_owned(),
            _ => "For 10 or more people: 90 days on the home page of the web site or in major print or broadcast media, and a toll-free number for at least 90 days (45 CFR 164.404(d)(2)(ii)).".to_owned(),
        };
        vec![Block::facts(&[
            ("Sent", counted(self.sent, "letter", "letters")),
            ("Came back", count(self.returned)),
            ("Sent again or reached", count(self.reached)),
            ("Refused or unclaimed", format!("{}: given all the same", count(self.refused))),
            ("Addressee has died", format!("{}: next of kin to be asked for", count(self.deceased))),
            ("Not reached by any letter", count(self.undeliverable)),
            ("Substitute notice", substitute),
        ])]
    }
}
