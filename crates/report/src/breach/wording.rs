//! The first draft of a notice, from the facts and the wording in `content/wording/breach-notices.toml`. It says what
//! the facts say and nothing more: what is not known becomes a gap in brackets for counsel, and a notice with a gap
//! stays a draft.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    ReportError,
    breach::{
        Contact, Occurred, day,
        text::{NoticeText, Section},
    },
};

/// Who reads a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// An adult whose information it is.
    Individual,
    /// The parent or guardian of a minor.
    ParentOrGuardian,
    /// A minor who alone consented to the care, 45 CFR 164.502(g)(3)(i).
    Minor,
    /// The next of kin of somebody who has died, 45 CFR 164.404(d)(1)(ii).
    NextOfKin,
    /// A personal representative.
    PersonalRepresentative,
    /// Visitors of the web site, 45 CFR 164.404(d)(2)(ii).
    Public,
    /// The media, 45 CFR 164.406.
    Media,
    /// A covered entity, told by its business associate, 45 CFR 164.410.
    CoveredEntity,
}

impl Audience {
    /// All audiences.
    pub const ALL: [Self; 8] = [
        Self::Individual,
        Self::ParentOrGuardian,
        Self::Minor,
        Self::NextOfKin,
        Self::PersonalRepresentative,
        Self::Public,
        Self::Media,
        Self::CoveredEntity,
    ];

    /// Of whom its steps speak.
    const fn about(self) -> About {
        match self {
            Self::Individual | Self::Public | Self::Media | Self::CoveredEntity => About::Itself,
            Self::ParentOrGuardian => About::Child,
            Self::Minor => About::Minor,
            Self::NextOfKin => About::Deceased,
            Self::PersonalRepresentative => About::Represented,
        }
    }
}

/// What kind of event it was, in the words of the assessment's facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it; each has its sentence in the wording")]
pub enum EventKind {
    Ransomware,
    Hacking,
    BusinessEmailCompromise,
    Theft,
    Loss,
    Snooping,
    Misdirected,
    ImproperDisposal,
    UnauthorizedAccess,
    VendorBreach,
    EpcsCompromise,
    Other,
}

/// A type of information, in the words of the assessment's facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it; each has its name for patients in the wording")]
pub enum Information {
    Name,
    Address,
    Dob,
    Ssn,
    DriversLicense,
    Passport,
    AccountNumber,
    CardNumber,
    Biometric,
    MedicalRecordNumber,
    Diagnosis,
    Treatment,
    Medication,
    LabResult,
    HealthInsurance,
    Claim,
    OnlineCredentials,
    Other,
}

/// Credit or identity monitoring that the practice pays for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitoring {
    /// Who does it.
    pub provider: String,
    /// What it is, such as `credit monitoring`.
    pub service: String,
    /// For how many months.
    pub months: u32,
    /// How to get it, in a sentence or two.
    pub how: String,
    /// Until when one may sign up.
    pub enroll_by: Option<Date>,
}

/// What a first draft is written from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeFacts {
    /// Who sends the notice.
    pub practice: String,
    /// What kind of event.
    pub event: EventKind,
    /// What happened in plain words, where more can be said than the kind of event says.
    pub account: Option<String>,
    /// The day of discovery.
    pub discovered: Option<Date>,
    /// When it happened.
    pub occurred: Occurred,
    /// The information involved.
    pub information: Vec<Information>,
    /// Information that is known not to be involved.
    pub not_involved: Vec<Information>,
    /// Steps besides those that follow from the information.
    pub steps: Vec<String>,
    /// What the practice has done, a sentence each.
    pub measures: Vec<String>,
    /// Monitoring that the practice pays for.
    pub monitoring: Option<Monitoring>,
    /// How to ask.
    pub contact: Contact,
    /// Whether a law-enforcement agency asked to wait (45 CFR 164.412).
    pub delayed_by_law_enforcement: bool,
}

/// Writes the first draft for `audience`.
///
/// # Errors
/// [`ReportError::Wording`] where the compiled-in wording does not hold together, which a test rules out.
pub fn draft(audience: Audience, facts: &NoticeFacts) -> Result<NoticeText, ReportError> {
    let wording = WORDING.as_ref().map_err(|message| ReportError::Wording(message.clone()))?;
    let words = wording
        .audience
        .get(&audience)
        .ok_or_else(|| ReportError::Wording(format!("nothing is written for {audience:?}")))?;
    let values = wording.values(audience, facts)?;
    let filled = |text: &str| tidy(&fill(text, &values));
    let section = |heading: &str, text: &str| Section { heading: heading.to_owned(), text: filled(text) };
    let headings = &wording.headings;
    Ok(NoticeText {
        subject: wording.subject.clone(),
        salutation: filled(&words.salutation),
        opening: filled(&words.opening),
        what_happened: section(&headings.what_happened, &words.what_happened),
        types_of_information: section(&headings.types_of_information, &words.types_of_information),
        what_you_can_do: section(&headings.what_you_can_do, &words.what_you_can_do),
        what_we_are_doing: section(&headings.what_we_are_doing, &words.what_we_are_doing),
        how_to_reach_us: section(&headings.how_to_reach_us, &words.how_to_reach_us),
        closing: filled(&words.closing),
    })
}

static WORDING: LazyLock<Result<Wording, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../content/wording/breach-notices.toml"))
        .map_err(|error| error.to_string())
});

#[derive(Debug, Deserialize)]
struct Wording {
    subject: String,
    headings: Texts,
    gaps: Gaps,
    events: BTreeMap<EventKind, String>,
    when: When,
    sentences: Sentences,
    information: BTreeMap<Information, String>,
    #[serde(rename = "step")]
    steps: Vec<Step>,
    #[serde(flatten)]
    audience: BTreeMap<Audience, Words>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    what_happened: String,
    types_of_information: String,
    what_you_can_do: String,
    what_we_are_doing: String,
    how_to_reach_us: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    salutation: String,
    opening: String,
    what_happened: String,
    types_of_information: String,
    what_you_can_do: String,
    what_we_are_doing: String,
    how_to_reach_us: String,
    closing: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gaps {
    discovered: String,
    measures: String,
    information: String,
    contact: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    one_day: String,
    span: String,
    since: String,
    unknown: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentences {
    delay: String,
    not_involved: String,
    monitoring: String,
    enroll_by: String,
}

/// A step and when it is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    about: Vec<About>,
    /// The information that calls for it; empty is always.
    #[serde(rename = "for")]
    given: Vec<Information>,
    text: String,
}

/// Of whom a step speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    #[serde(rename = "self")]
    Itself,
    Child,
    Minor,
    Represented,
    Deceased,
}

type Values = BTreeMap<&'static str, String>;

impl Wording {
    fn values(&self, audience: Audience, facts: &NoticeFacts) -> Result<Values, ReportError> {
        let event = self
            .events
            .get(&facts.event)
            .ok_or_else(|| ReportError::Wording(format!("nothing is written for {:?}", facts.event)))?;
        let or_gap = |lines: Vec<String>, gap: &str| {
            if lines.is_empty() { list(&[gap.to_owned()]) } else { list(&lines) }
        };
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let delay =
            if facts.delayed_by_law_enforcement { self.sentences.delay.clone() } else { String::new() };
        Ok(Values::from([
            ("practice", facts.practice.clone()),
            ("discovered", facts.discovered.map_or_else(|| self.gaps.discovered.clone(), day)),
            ("event", event.clone()),
            ("when", self.when(facts.occurred)),
            ("account", text(&facts.account)),
            ("delay", delay),
            ("information", or_gap(self.names(&facts.information)?, &self.gaps.information)),
            ("not_involved", self.not_involved(facts)?),
            ("steps", list(&self.steps(audience.about(), facts))),
            ("monitoring", facts.monitoring.as_ref().map(|each| self.monitoring(each)).unwrap_or_default()),
            ("measures", or_gap(facts.measures.clone(), &self.gaps.measures)),
            ("contact", or_gap(facts.contact.lines(), &self.gaps.contact)),
        ]))
    }

    fn when(&self, occurred: Occurred) -> String {
        let (pattern, from, through) = match (occurred.from, occurred.through) {
            (Some(from), Some(through)) if from != through => (&self.when.span, Some(from), Some(through)),
            (Some(from), Some(_)) => (&self.when.one_day, Some(from), None),
            (Some(from), None) => (&self.when.since, Some(from), None),
            (None, _) => (&self.when.unknown, None, None),
        };
        let written = |date: Option<Date>| date.map(day).unwrap_or_default();
        fill(pattern, &Values::from([("from", written(from)), ("through", written(through))]))
    }

    fn names(&self, information: &[Information]) -> Result<Vec<String>, ReportError> {
        let mut seen: Vec<Information> = information.to_vec();
        seen.sort_unstable();
        seen.dedup();
        seen.iter()
            .map(|each| {
                let name = self.information.get(each).cloned();
                name.ok_or_else(|| ReportError::Wording(format!("nothing is written for {each:?}")))
            })
            .collect()
    }

    fn not_involved(&self, facts: &NoticeFacts) -> Result<String, ReportError> {
        // What is listed on both sides counts as involved: the cautious reading.
        let absent: Vec<Information> =
            facts.not_involved.iter().copied().filter(|each| !facts.information.contains(each)).collect();
        let names = self.names(&absent)?;
        if names.is_empty() {
            return Ok(String::new());
        }
        Ok(fill(&self.sentences.not_involved, &Values::from([("list", names.join("; "))])))
    }

    fn steps(&self, about: About, facts: &NoticeFacts) -> Vec<String> {
        let applies = |step: &&Step| {
            step.about.contains(&about)
                && (step.given.is_empty() || step.given.iter().any(|each| facts.information.contains(each)))
        };
        self.steps
            .iter()
            .filter(applies)
            .map(|step| step.text.clone())
            .chain(facts.steps.iter().cloned())
            .collect()
    }

    fn monitoring(&self, monitoring: &Monitoring) -> String {
        let mut out = fill(
            &self.sentences.monitoring,
            &Values::from([
                ("months", monitoring.months.to_string()),
                ("service", monitoring.service.clone()),
                ("provider", monitoring.provider.clone()),
                ("how", monitoring.how.clone()),
            ]),
        );
        if let Some(until) = monitoring.enroll_by {
            out.push_str(&fill(&self.sentences.enroll_by, &Values::from([("day", day(until))])));
        }
        out
    }
}

/// Items as the notation of a text field writes them, one line each.
fn list(items: &[String]) -> String {
    let lines: Vec<String> =
        items.iter().map(|item| format!("- {}", item.replace(['\n', '\r'], " "))).collect();
    lines.join("\n")
}

/// Fills `{name}` in, once; what a value holds is never filled in again. Names that are not known stay.
fn fill(pattern: &str, values: &Values) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, from)) = rest.split_once('{') {
        out.push_str(before);
        let known =
            from.split_once('}').and_then(|(name, after)| values.get(name).map(|value| (value, after)));
        rest = match known {
            Some((value, after)) => {
                out.push_str(value);
                after
            }
            None => {
                out.push('{');
                from
            }
        };
    }
    out.push_str(rest);
    out
}

/// Without the traces of what was empty: spaces at the end of lines, and empty paragraphs.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let joined = lines.join("\n");
    let paragraphs: Vec<&str> = joined.split("\n\n").map(str::trim).filter(|each| !each.is_empty()).collect();
    paragraphs.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_written_and_every_brace_known() {
        let wording = WORDING.as_ref().unwrap();
        assert_eq!(wording.audience.len(), Audience::ALL.len());
        assert_eq!((wording.events.len(), wording.information.len()), (12, 18));
        let known = [
            "practice",
            "discovered",
            "event",
            "when",
            "account",
            "delay",
            "information",
            "not_involved",
            "steps",
            "monitoring",
            "measures",
            "contact",
            "addressee",
            "individual",
        ];
        for words in wording.audience.values() {
            let all = format!("{words:?}");
            for piece in all.split('{').skip(1).filter(|piece| !piece.starts_with(' ')) {
                let name = piece.split('}').next().unwrap();
                assert!(known.contains(&name), "{{{name}}} is not known");
            }
        }
    }

    #[test]
    fn what_a_value_holds_is_not_filled_in_again() {
        let values = Values::from([("a", "{b}".into()), ("b", "secret".into())]);
        assert_eq!(fill("{a} {b} {c} {", &values), "{b} secret {c} {");
    }
}
