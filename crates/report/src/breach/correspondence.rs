//! Letters between businesses: a business associate's notice to its covered entity (45 CFR 164.410), and the notice of
//! circumstances to the cyber insurer, which a claims-made policy wants inside its period.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Template,
    breach::{
        Letterhead, NoticeText, Occurred, Signatory, Standing,
        blocks::{Block, Frame, LetterFrame, Row, Sheet, review, signature},
        day, day_or, span,
        text::flow,
        written,
    },
    when::count,
};

/// How the list of the individuals goes to the covered entity, 45 CFR 164.410(c)(1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "list")]
pub enum IndividualsList {
    /// With the letter.
    Enclosed,
    /// Sent apart, in a secured way.
    SentApart {
        /// How, such as `by secure file transfer on May 2`.
        how: String,
    },
    /// Not known yet.
    ToFollow {
        /// Until when, where that can be said.
        by: Option<Date>,
    },
}

/// A business associate's notice to its covered entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BusinessAssociateNotice {
    /// The business associate.
    pub letterhead: Letterhead,
    /// The covered entity and its address, a line each.
    pub to: Vec<String>,
    /// The day it goes out.
    pub dated: Option<Date>,
    /// How it is sent, such as `By courier and e-mail`.
    pub delivery: Option<String>,
    /// The contract under which it works, such as `Business associate agreement of January 4, 2024`.
    pub agreement: Option<String>,
    /// The day the business associate discovered it, 45 CFR 164.410(a)(2).
    pub discovered: Date,
    /// When it happened.
    pub occurred: Occurred,
    /// Where it happened at a subcontractor: which, and when that one told.
    pub subcontractor: Option<String>,
    /// How many individuals of this covered entity.
    pub individuals: Option<u64>,
    /// How their list goes over.
    pub list: IndividualsList,
    /// What the covered entity's own notices must say, as far as known: 45 CFR 164.410(c)(2).
    pub text: NoticeText,
    /// Who signs.
    pub signatory: Signatory,
    /// Whether it is approved.
    pub standing: Standing,
}

impl BusinessAssociateNotice {
    fn sheet(&self) -> Sheet {
        let list = match &self.list {
            IndividualsList::Enclosed => "enclosed".to_owned(),
            IndividualsList::SentApart { how } => format!("sent apart: {how}"),
            IndividualsList::ToFollow { by: Some(by) } => format!("to follow by {}", day(*by)),
            IndividualsList::ToFollow { by: None } => "to follow as it becomes available".to_owned(),
        };
        let mut facts = vec![
            ("Discovered by us", day(self.discovered)),
            ("Happened", span(self.occurred)),
            ("Your individuals affected", self.individuals.map_or_else(|| "not known yet".to_owned(), count)),
            ("List of the individuals", list),
        ];
        if let Some(agreement) = &self.agreement {
            facts.insert(0, ("Under", agreement.clone()));
        }
        if let Some(subcontractor) = &self.subcontractor {
            facts.push(("At our subcontractor", subcontractor.clone()));
        }
        let mut blocks = self.text.blocks();
        let at =
            blocks.iter().position(|block| matches!(block, Block::Heading { .. })).unwrap_or(blocks.len());
        blocks.insert(at, Block::facts(&facts));
        blocks.push(Block::text(
            "Your own time limits under 45 CFR 164.404 may run from the day this notice reaches you, or from an earlier day; please consult your counsel.",
        ));
        let enclosures = match self.list {
            IndividualsList::Enclosed => vec!["List of the individuals".to_owned()],
            _ => Vec::new(),
        };
        let complete = self.text.complete();
        let draft = self.standing.approval.is_none() || !complete;
        let frame = Frame::Letter(LetterFrame {
            letterhead: self.letterhead.clone(),
            dated: day_or(self.dated, "[date]"),
            delivery: self.delivery.clone(),
            subject: "Notice of a breach of unsecured protected health information (45 CFR 164.410)"
                .to_owned(),
            salutation: self.text.salutation.clone(),
            signature: signature(&self.signatory, &self.letterhead),
            enclosures,
            rows: vec![row(&self.standing, &self.to)],
            merge: false,
            review: draft.then(|| review(&self.text, None)),
        });
        Sheet::notice(Template::BusinessAssociateNotice, &self.standing, complete, frame, blocks)
    }
}

written!(BusinessAssociateNotice, pdf, docx);

fn row(standing: &Standing, to: &[String]) -> Row {
    let (first, rest) =
        to.split_first().map_or((String::new(), &[][..]), |(first, rest)| (first.clone(), rest));
    Row {
        reference: standing.incident.clone(),
        address: rest.to_vec(),
        addressee: first,
        individual: String::new(),
    }
}

/// The policy that a notice of circumstances is given under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its number.
    pub number: String,
    /// What it covers, such as `Cyber liability, claims-made`.
    pub kind: String,
    /// The named insured.
    pub insured: String,
    /// Its first day.
    pub from: Option<Date>,
    /// Its last day.
    pub through: Option<Date>,
}

/// A request for the insurer's consent before money is spent or somebody engaged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRequest {
    /// What for, such as `Forensic examination of two servers`.
    pub what: String,
    /// With whom.
    pub whom: String,
    /// Since when they work, where they were needed at once.
    pub since: Option<Date>,
}

/// The notice of circumstances to the insurer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InsurerNotice {
    /// The insured practice.
    pub letterhead: Letterhead,
    /// The insurer's claims department and its address, a line each.
    pub to: Vec<String>,
    /// The day it goes out.
    pub dated: Option<Date>,
    /// How it is sent, as the policy asks.
    pub delivery: Option<String>,
    /// The policy.
    pub policy: Policy,
    /// When the insured first became aware.
    pub first_aware: Option<Date>,
    /// How the insured became aware.
    pub how_aware: String,
    /// When it happened.
    pub occurred: Occurred,
    /// The circumstances, in plain facts; the notation of a text field.
    pub circumstances: String,
    /// How many people, as far as counted.
    pub individuals: Option<u64>,
    /// Who might make a claim, and which.
    pub anticipated: Vec<String>,
    /// Claims, demands and inquiries received so far.
    pub received: Vec<String>,
    /// Losses and costs so far or expected, such as `Interruption of business since March 9`.
    pub losses: Vec<String>,
    /// What has been done to limit the harm.
    pub mitigation: Vec<String>,
    /// For what the insurer's consent is asked.
    pub consent: Vec<ConsentRequest>,
    /// Whom the insurer may speak to, a line each.
    pub contacts: Vec<String>,
    /// Who signs.
    pub signatory: Signatory,
    /// Whether it is approved.
    pub standing: Standing,
}

impl InsurerNotice {
    fn sheet(&self) -> Sheet {
        let mut blocks = vec![
            Block::text(format!(
                "On behalf of {}, we give notice of the circumstances described below, and of any claim that has arisen or may arise from them, under the policy named here and under every other policy that you have issued to the insured and that may respond.",
                self.policy.insured
            )),
            self.particulars(),
            Block::heading("Circumstances"),
        ];
        blocks.extend(flow(&self.circumstances));
        blocks.extend(listed("Claims That May Arise", &self.anticipated, "None can be named today."));
        blocks.extend(listed(
            "Claims and Inquiries Received",
            &self.received,
            "None has been received so far.",
        ));
        blocks.extend(listed("Losses and Costs", &self.losses, "None can be named today."));
        blocks.extend(listed("Steps Taken", &self.mitigation, "None is recorded yet."));
        blocks.extend(self.requests());
        blocks.push(Block::heading("Reservation"));
        blocks.push(Block::text(
            "This notice states what is known today; the examination goes on, and we will supplement it. Nothing in it admits liability, waives attorney-client privilege or the protection of work product, or gives up a right under any policy. It holds no patient's name and no health information of any patient.",
        ));
        if !self.contacts.is_empty() {
            blocks.push(Block::text(format!("Please reply to:\n{}", self.contacts.join("\n"))));
        }
        let frame = Frame::Letter(LetterFrame {
            letterhead: self.letterhead.clone(),
            dated: day_or(self.dated, "[date]"),
            delivery: self.delivery.clone(),
            subject: format!("Notice of circumstances and of claim, policy {}", self.policy.number),
            salutation: "Dear claims department:".to_owned(),
            signature: signature(&self.signatory, &self.letterhead),
            enclosures: Vec::new(),
            rows: vec![row(&self.standing, &self.to)],
            merge: false,
            review: None,
        });
        let complete = !self.circumstances.trim().is_empty();
        Sheet::notice(Template::InsurerNotice, &self.standing, complete, frame, blocks)
    }

    fn particulars(&self) -> Block {
        let period = match (self.policy.from, self.policy.through) {
            (None, None) => "as in the policy".to_owned(),
            (from, through) => {
                format!("{} to {}", day_or(from, "its first day"), day_or(through, "its last day"))
            }
        };
        Block::facts(&[
            ("Insured", self.policy.insured.clone()),
            ("Policy", format!("{}, {}", self.policy.number, self.policy.kind)),
            ("Policy period", period),
            ("First aware", format!("{}, {}", day_or(self.first_aware, "[date]"), self.how_aware)),
            ("Happened", span(self.occurred)),
            ("People affected", self.individuals.map_or_else(|| "being counted".to_owned(), count)),
            ("Our reference", self.standing.incident.clone()),
        ])
    }

    fn requests(&self) -> Vec<Block> {
        let mut out = vec![Block::heading("What We Ask of You")];
        let mut items = vec![
            "Confirm in writing that you have received this notice, and its date.".to_owned(),
            "Name the claim handler, and the counsel, forensic examiners and other vendors of your panel."
                .to_owned(),
            "Tell us at once of anything that the policy asks of the insured and that is not in this notice."
                .to_owned(),
        ];
        if !self.consent.is_empty() {
            items.push("Consent to the engagements in the table, from the day each began.".to_owned());
        }
        out.push(Block::List { items });
        if !self.consent.is_empty() {
            let rows = self
                .consent
                .iter()
                .map(|each| vec![each.what.clone(), each.whom.clone(), day_or(each.since, "not begun")])
                .collect();
            out.push(Block::table(&[("Engagement", 5), ("With", 3), ("Since", 2)], rows, ""));
        }
        out
    }
}

written!(InsurerNotice, pdf, docx);

fn listed(heading: &str, items: &[String], none: &str) -> [Block; 2] {
    let body = if items.is_empty() { Block::text(none) } else { Block::List { items: items.to_vec() } };
    [Block::heading(heading), body]
}
