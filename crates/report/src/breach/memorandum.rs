//! The four-factor memorandum, 45 CFR 164.402(2): for each factor what is known and on what it rests, what is unknown,
//! and the attorney's reasoning; then what was recommended and what was determined, which are two things. Without a
//! signed determination the memorandum says that a breach is presumed.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Template,
    breach::{
        Matter, Occurred,
        blocks::{Block, Sheet, Tone},
        day, day_or, span,
        text::flow,
        written,
    },
    when::count,
};

/// The marking of a memorandum whose matter has none of its own.
pub const PRIVILEGED: &str =
    "Privileged and confidential: attorney-client communication, attorney work product";

/// How likely it is that the information was compromised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probability {
    /// Low: no breach.
    Low,
    /// More than low: a breach.
    MoreThanLow,
}

impl Probability {
    const fn words(self) -> &'static str {
        match self {
            Self::Low => "a low probability of compromise",
            Self::MoreThanLow => "more than a low probability of compromise",
        }
    }
}

/// A fact and what it rests on, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFact {
    /// The fact.
    pub fact: String,
    /// Its grounds, such as `Evidence E-004, SHA-256 …` or `Log coverage of FW-EDGE1, March 1 to 10, without gaps`.
    pub grounds: Vec<String>,
}

/// One factor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    /// What is known.
    pub known: Vec<KnownFact>,
    /// What is not known.
    pub unknown: Vec<String>,
    /// The attorney's reasoning; the notation of a text field.
    pub reasoning: String,
}

/// A condition of an exception or of a safe harbour, as stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Of what, such as `Exception: good-faith access by the workforce (45 CFR 164.402(1)(i))`.
    pub of: String,
    /// The condition in words.
    pub condition: String,
    /// Whether it is met; `None` is not known.
    pub met: Option<bool>,
    /// Why.
    pub because: String,
    /// Who states it.
    pub by: String,
}

/// A recommendation, which binds nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    /// On which version.
    pub version: u32,
    /// What.
    pub probability: Probability,
    /// Why.
    pub because: String,
    /// Whose.
    pub by: String,
    /// When.
    pub on: Date,
}

/// A determination, the attorney's alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedDetermination {
    /// On which version.
    pub version: u32,
    /// What.
    pub probability: Probability,
    /// The attorney, as signed.
    pub by: String,
    /// When.
    pub on: Date,
}

/// The memorandum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FourFactorMemorandum {
    /// What it is about.
    pub matter: Matter,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// The version of the assessment that it prints.
    pub version: u32,
    /// The day of discovery.
    pub discovered: Option<Date>,
    /// When it happened.
    pub occurred: Occurred,
    /// How many people.
    pub individuals: Option<u64>,
    /// The event, in plain words; the notation of a text field.
    pub event: String,
    /// (i) The nature and extent of the PHI.
    pub nature_of_phi: Factor,
    /// (ii) The unauthorized person.
    pub unauthorized_person: Factor,
    /// (iii) Whether it was actually acquired or viewed.
    pub acquired_or_viewed: Factor,
    /// (iv) How far the risk has been mitigated.
    pub mitigation: Factor,
    /// Conditions of exceptions and safe harbours.
    pub conditions: Vec<Condition>,
    /// Recommendations, oldest first.
    pub recommendations: Vec<Recommendation>,
    /// Determinations, oldest first. Only one on this version is in force.
    pub determinations: Vec<SignedDetermination>,
}

impl FourFactorMemorandum {
    /// The determination in force: the last one, as long as it was signed on the version printed.
    #[must_use]
    pub fn in_force(&self) -> Option<&SignedDetermination> {
        self.determinations.last().filter(|signed| signed.version == self.version)
    }

    const fn factors(&self) -> [(&'static str, &'static str, &'static str, &Factor); 4] {
        [
            (
                "Factor 1: Nature and Extent of the Information",
                "What information, with which identifiers, and how easily could people be identified again?",
                "45 CFR 164.402(2)(i)",
                &self.nature_of_phi,
            ),
            (
                "Factor 2: The Unauthorized Person",
                "Who used it or received it: somebody bound to protect it, or somebody who would misuse it?",
                "45 CFR 164.402(2)(ii)",
                &self.unauthorized_person,
            ),
            (
                "Factor 3: Whether It Was Acquired or Viewed",
                "Was it actually acquired or viewed, and what can and cannot the logs show of that?",
                "45 CFR 164.402(2)(iii)",
                &self.acquired_or_viewed,
            ),
            (
                "Factor 4: How Far the Risk Is Mitigated",
                "How far has the risk been mitigated: returned, destroyed, assured in writing?",
                "45 CFR 164.402(2)(iv)",
                &self.mitigation,
            ),
        ]
    }

    fn sheet(&self) -> Sheet {
        let mut blocks = vec![
            Block::facts(&[
                ("To", self.to.clone()),
                ("From", self.from.clone()),
                ("Re", format!("Incident {}: {}", self.matter.incident, self.matter.title)),
                ("Version", self.version.to_string()),
                ("Discovered", day_or(self.discovered, "not known yet")),
                ("Happened", span(self.occurred)),
                ("People affected", self.individuals.map_or_else(|| "being counted".to_owned(), count)),
            ]),
            self.conclusion(),
            Block::heading("The Event"),
        ];
        blocks.extend(said(&self.event, "Nothing is written yet."));
        for (title, question, citation, factor) in self.factors() {
            blocks.push(Block::heading(title));
            blocks.push(Block::lead(format!("{question} ({citation})")));
            blocks.extend(factor.blocks());
        }
        blocks.extend(self.conditions());
        blocks.extend(self.opinions());
        blocks.push(Block::heading("Determination"));
        blocks.extend(self.determination());
        Sheet::record(Template::FourFactorMemorandum, &self.matter, PRIVILEGED, blocks)
    }

    fn conclusion(&self) -> Block {
        match self.in_force() {
            Some(signed) => {
                let (tone, head) = match signed.probability {
                    Probability::Low => (Tone::Good, "Determined: not a breach"),
                    Probability::MoreThanLow => (Tone::Bad, "Determined: a breach"),
                };
                let words = signed.probability.words();
                let text = format!("{} determined on {} that there is {words}.", signed.by, day(signed.on));
                Block::callout(tone, head, text)
            }
            None => Block::callout(
                Tone::Warn,
                "A breach is presumed",
                "No attorney has signed a determination on this version. Until a signed assessment of all four factors shows a low probability of compromise, the event is presumed to be a breach, and every clock runs (45 CFR 164.402(2), 164.414(b)).",
            ),
        }
    }

    fn conditions(&self) -> Vec<Block> {
        if self.conditions.is_empty() {
            return Vec::new();
        }
        let rows = self
            .conditions
            .iter()
            .map(|each| {
                let met = match each.met {
                    Some(true) => "met",
                    Some(false) => "not met",
                    None => "not known",
                };
                vec![
                    format!("{}\n{}", each.condition, each.of),
                    met.to_owned(),
                    format!("{}\nStated by {}", each.because, each.by),
                ]
            })
            .collect();
        vec![
            Block::heading("Exceptions and Safe Harbours"),
            Block::lead("Each holds only with every one of its conditions."),
            Block::table(&[("Condition", 5), ("State", 2), ("Why", 5)], rows, ""),
        ]
    }

    fn opinions(&self) -> [Block; 3] {
        let rows = self
            .recommendations
            .iter()
            .map(|each| {
                vec![
                    each.version.to_string(),
                    each.probability.words().to_owned(),
                    each.because.clone(),
                    format!("{}\n{}", each.by, day(each.on)),
                ]
            })
            .collect();
        [
            Block::heading("Recommendations"),
            Block::lead("They help the attorney and bind nobody."),
            Block::table(
                &[("Version", 2), ("Recommended", 4), ("Why", 6), ("By", 4)],
                rows,
                "None has been made.",
            ),
        ]
    }

    fn determination(&self) -> Vec<Block> {
        let earlier: Vec<Vec<String>> = self
            .determinations
            .iter()
            .filter(|signed| Some(*signed) != self.in_force())
            .map(|signed| {
                let words = signed.probability.words().to_owned();
                vec![signed.version.to_string(), words, format!("{}\n{}", signed.by, day(signed.on))]
            })
            .collect();
        let mut out = vec![match self.in_force() {
            Some(signed) => Block::Sign {
                lines: vec![
                    ("Determined".to_owned(), signed.probability.words().to_owned()),
                    ("Signed by the attorney".to_owned(), signed.by.clone()),
                    ("On".to_owned(), day(signed.on)),
                ],
            },
            None => Block::Sign {
                lines: ["Determined", "Signed by the attorney", "On"]
                    .map(|name| (name.to_owned(), String::new()))
                    .into(),
            },
        }];
        if !earlier.is_empty() {
            out.push(Block::below("Determinations on earlier versions, no longer in force"));
            out.push(Block::table(&[("Version", 2), ("Determined", 5), ("Signed", 5)], earlier, ""));
        }
        out
    }
}

written!(FourFactorMemorandum, pdf, docx);

impl Factor {
    fn blocks(&self) -> Vec<Block> {
        let rows = self
            .known
            .iter()
            .map(|known| {
                let grounds = if known.grounds.is_empty() {
                    "an assertion: nothing is linked to it".to_owned()
                } else {
                    known.grounds.join("\n")
                };
                vec![known.fact.clone(), grounds]
            })
            .collect();
        let mut out = vec![
            Block::below("What is known"),
            Block::table(&[("Fact", 5), ("Rests on", 5)], rows, "Nothing is recorded as known."),
            Block::below("What is not known"),
        ];
        out.push(if self.unknown.is_empty() {
            Block::text("Nothing is recorded as unknown.")
        } else {
            Block::List { items: self.unknown.clone() }
        });
        out.push(Block::below("The attorney's reasoning"));
        out.extend(said(&self.reasoning, "[Counsel: the reasoning on this factor]"));
        out
    }
}

fn said(text: &str, otherwise: &str) -> Vec<Block> {
    if text.trim().is_empty() { vec![Block::text(otherwise)] } else { flow(text) }
}
