//! The notice file: what the notices of one breach say and who says it. The facts say what the law asks; this says what
//! the practice tells people: the five content elements of 45 CFR 164.404(c)(1), the letterhead, who signs, and the
//! particulars of the papers that go to others. Every member may be left out; what is left out becomes a gap in brackets
//! for counsel, and a paper with a gap stays a draft.

use std::{collections::BTreeMap, fmt};

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;

/// What the notices of one breach say. Written as TOML (`tourniquet breach notice init`) or JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Notice {
    /// The incident's number or the practice's file number, such as `2026-014`; it is printed on every page.
    pub reference: Option<String>,
    /// The incident in a line, for worksheets and memoranda.
    pub title: Option<String>,
    /// Whether this is a drill; every page then says so.
    pub exercise: bool,
    /// The day of mailing, as the letters say it.
    #[serde(deserialize_with = "day")]
    pub dated: Option<Date>,
    /// Whose paper it is.
    pub sender: Sender,
    /// Who signs.
    pub signatory: Option<Signs>,
    /// (A) What happened.
    pub what_happened: Happened,
    /// (B) What was involved.
    pub information: Involved,
    /// (C) What people should do.
    pub what_you_can_do: Steps,
    /// (D) What the practice is doing.
    pub what_we_are_doing: Measures,
    /// (E) How to ask.
    pub contact: Ways,
    /// Monitoring that the practice pays for.
    pub monitoring: Option<Offer>,
    /// The notice on the web site.
    pub substitute: Posting,
    /// The notice to the media.
    pub media: Release,
    /// A business associate's notice to its covered entity.
    pub business_associate: Option<ToEntity>,
    /// The notice of circumstances to the insurer.
    pub insurer: Option<ToInsurer>,
    /// The statements of law enforcement, in the order of the facts' `law_enforcement_holds`.
    pub law_enforcement: Vec<Statement>,
    /// The four-factor memorandum.
    pub memorandum: Memo,
    /// What was given, for the proof-of-notice ledger.
    pub proof: Vec<Given>,
    /// The practice's own answers to the HHS portal's form, by field.
    #[schema(value_type = Object)]
    pub portal: BTreeMap<String, serde_json::Value>,
    /// The practice's own answers to a State agency's questions: by State, then by question.
    #[schema(value_type = Object)]
    pub agency: BTreeMap<String, BTreeMap<String, String>>,
}

impl Notice {
    /// Reads the file.
    ///
    /// # Errors
    /// One line that says where and what: `line 12: unknown field ...`.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map(|before| format!("line {}: ", before.matches('\n').count() + 1));
            format!("{}{}", line.unwrap_or_default(), error.message())
        })
    }
}

/// The letterhead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sender {
    /// The practice's name; that of its profile or of the facts where absent.
    pub name: Option<String>,
    /// A line under it. Leave it out where it would say too much about the care.
    pub tagline: Option<String>,
    /// Street, and city with State and ZIP code.
    pub address: Vec<String>,
    /// Telephone.
    pub telephone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Web site.
    pub website: Option<String>,
}

/// Who signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signs {
    /// Their name.
    pub name: String,
    /// What they are.
    pub title: String,
}

/// (A) What happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Happened {
    /// What can be said beyond the kind of event, in plain words.
    pub account: Option<String>,
    /// The first day, where it is not the facts' `occurred_on`.
    #[serde(deserialize_with = "day")]
    pub from: Option<Date>,
    /// The last day, where it was more than one.
    #[serde(deserialize_with = "day")]
    pub through: Option<Date>,
    /// Counsel's own text for the whole section, in place of the draft.
    pub text: Option<String>,
}

/// (B) What was involved. Which kinds of information comes from the facts' `elements`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Involved {
    /// Kinds that are known not to be involved, in the words of the facts' `elements`.
    pub not_involved: Vec<String>,
    /// Counsel's own text for the whole section.
    pub text: Option<String>,
}

/// (C) What people should do. The steps that follow from the information are written by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Steps {
    /// Further steps, a sentence or two each.
    pub steps: Vec<String>,
    /// Counsel's own text for the whole section.
    pub text: Option<String>,
}

/// (D) What the practice is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Measures {
    /// What was done to investigate, to limit the harm and to prevent another, a sentence each.
    pub measures: Vec<String>,
    /// Counsel's own text for the whole section.
    pub text: Option<String>,
}

/// (E) How to ask.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ways {
    /// A toll-free telephone number.
    pub toll_free: Option<String>,
    /// When it is answered.
    pub hours: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// A web site.
    pub website: Option<String>,
    /// A postal address, on one line.
    pub postal: Option<String>,
    /// Help in other languages or for people who do not hear well.
    pub assistance: Option<String>,
    /// Counsel's own text for the whole section.
    pub text: Option<String>,
}

/// Monitoring that the practice pays for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Who does it.
    pub provider: String,
    /// What it is, such as `credit monitoring`.
    pub service: String,
    /// For how many months.
    pub months: u32,
    /// How to get it, in a sentence or two.
    pub how: String,
    /// Until when one may sign up.
    #[serde(default, deserialize_with = "day")]
    pub enroll_by: Option<Date>,
}

/// The notice on the web site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Posting {
    /// The first day on the web site, where it is not the facts' `substitute_posted_on`.
    #[serde(deserialize_with = "day")]
    pub posted_on: Option<Date>,
}

/// The notice to the media.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Release {
    /// The outlets of each State: by State.
    pub outlets: BTreeMap<String, Vec<String>>,
    /// The day of release.
    #[serde(deserialize_with = "day")]
    pub released_on: Option<Date>,
    /// Where it is, such as `Cedar Hollow, Ohio`.
    pub place: Option<String>,
    /// Whom journalists may ask, a line each.
    pub press_contact: Vec<String>,
}

/// A business associate's notice to its covered entity, 45 CFR 164.410.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ToEntity {
    /// The covered entity and its address, a line each.
    pub to: Vec<String>,
    /// How it is sent.
    pub delivery: Option<String>,
    /// The contract under which the associate works.
    pub agreement: Option<String>,
    /// Where it happened at a subcontractor: which, and when that one told.
    pub subcontractor: Option<String>,
    /// How the list of the individuals goes: `enclosed`, or in words how it is sent apart. To follow where absent.
    pub list: Option<String>,
    /// Until when the list follows.
    #[serde(deserialize_with = "day")]
    pub list_by: Option<Date>,
}

/// The notice of circumstances to the insurer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ToInsurer {
    /// The insurer's claims department and its address, a line each.
    pub to: Vec<String>,
    /// How it is sent, as the policy asks.
    pub delivery: Option<String>,
    /// The policy's number; that of the practice's profile where absent.
    pub policy_number: Option<String>,
    /// What it covers.
    pub policy_kind: Option<String>,
    /// Its first day.
    #[serde(deserialize_with = "day")]
    pub policy_from: Option<Date>,
    /// Its last day.
    #[serde(deserialize_with = "day")]
    pub policy_through: Option<Date>,
    /// How the insured became aware.
    pub how_aware: Option<String>,
    /// The circumstances, in plain facts and without any patient.
    pub circumstances: Option<String>,
    /// Who might make a claim, and which.
    pub anticipated: Vec<String>,
    /// Claims, demands and inquiries received so far.
    pub received: Vec<String>,
    /// Losses and costs so far or expected.
    pub losses: Vec<String>,
    /// Engagements for which the insurer's consent is asked.
    pub consent: Vec<Consent>,
    /// Whom the insurer may speak to, a line each.
    pub contacts: Vec<String>,
}

/// An engagement for which the insurer's consent is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// What for.
    pub what: String,
    /// With whom.
    pub whom: String,
    /// Since when they work.
    #[serde(default, deserialize_with = "day")]
    pub since: Option<Date>,
}

/// A statement of law enforcement, 45 CFR 164.412: what the facts' hold does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Statement {
    /// The official's name.
    pub official: String,
    /// Their title.
    pub title: String,
    /// Agency and office.
    pub agency: String,
    /// Badge or credential number.
    pub credential: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
    /// How their identity was verified.
    pub verified: Option<String>,
    /// The time of day, and how it was stated.
    pub how: Option<String>,
    /// What the notice would do: `impede_investigation`, `damage_national_security`.
    pub grounds: Vec<Ground>,
    /// The statement: its words where written, its sense where oral.
    pub statement: String,
    /// Who received it.
    pub received_by: String,
    /// When a written statement was asked for, after an oral one.
    #[serde(deserialize_with = "day")]
    pub written_asked_on: Option<Date>,
    /// Where the writing or the note is kept.
    pub evidence: Option<String>,
}

/// What the notice would do, in the official's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// Impede a criminal investigation.
    ImpedeInvestigation,
    /// Damage national security.
    DamageNationalSecurity,
}

/// The four-factor memorandum: what the facts' `risk_assessment` does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Memo {
    /// From whom.
    pub from: Option<String>,
    /// To whom.
    pub to: Option<String>,
    /// The event, in plain words.
    pub event: Option<String>,
    /// (i).
    pub nature_of_phi: Weighed,
    /// (ii).
    pub unauthorized_person: Weighed,
    /// (iii).
    pub acquired_or_viewed: Weighed,
    /// (iv).
    pub mitigation: Weighed,
}

/// A factor: what is known and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Weighed {
    /// What is known.
    pub known: Vec<Known>,
    /// What is not known.
    pub unknown: Vec<String>,
}

/// A fact and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The fact.
    pub fact: String,
    /// What it rests on.
    #[serde(default)]
    pub grounds: Vec<String>,
}

/// A notice that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The duty, in the words of the assessment, such as `individual_notice`.
    pub duty: String,
    /// The State, where the duty belongs to one.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// How, such as `First-class mail, by the print house`.
    pub method: String,
    /// How many.
    #[serde(default)]
    pub count: Option<u64>,
    /// The first day.
    #[serde(deserialize_with = "needed")]
    pub from: Date,
    /// The last day, where it took more than one.
    #[serde(default, deserialize_with = "day")]
    pub through: Option<Date>,
    /// What proves it.
    #[serde(default)]
    pub proof: Option<String>,
    /// The SHA-256 of what was sent, as kept.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// A day, as text or as TOML's own date: `"2026-04-03"` and `2026-04-03` are the same.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    struct Moment;
    impl<'de> de::Visitor<'de> for Moment {
        type Value = Option<Date>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a day as YYYY-MM-DD")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            text.parse().map(Some).map_err(|_| E::custom(format!("`{text}` is no day: write YYYY-MM-DD")))
        }
        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            // TOML's reader hands its own dates over as a map of one text.
            match map.next_entry::<String, String>()? {
                Some((_, text)) => self.visit_str(&text),
                None => Err(de::Error::custom("a day as YYYY-MM-DD")),
            }
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
    deserializer.deserialize_any(Moment)
}

fn needed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    day(deserializer)?.ok_or_else(|| de::Error::custom("a day as YYYY-MM-DD"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::{super::TEMPLATE, *};

    /// The template with every example taken into use.
    pub(in super::super) fn filled() -> String {
        TEMPLATE
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest)
                    if rest
                        .starts_with(|first: char| first.is_ascii_lowercase() || "[\"".contains(first)) =>
                {
                    rest
                }
                Some(rest) if rest.starts_with("On March 10, 2026") => rest,
                _ => line,
            })
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_notice_that_init_writes_is_accepted_empty_and_filled_in() {
        assert_eq!(Notice::from_toml(TEMPLATE).unwrap(), Notice::default());
        let filled = Notice::from_toml(&filled()).unwrap();
        assert_eq!(filled.dated, Some(jiff::civil::date(2026, 4, 3)));
        assert!(filled.insurer.is_some() && filled.business_associate.is_some() && filled.proof.len() == 1);
        assert!(filled.portal.len() > 5 && filled.agency.contains_key("OH"));
        // What JSON says is what TOML says.
        let json = serde_json::to_value(&filled).unwrap();
        assert_eq!(serde_json::from_value::<Notice>(json).unwrap(), filled);
    }

    #[test]
    fn a_mistake_in_a_notice_is_told_with_its_line() {
        for (text, says) in [
            ("exercise = false\ndatet = 2026-04-03\n", "line 2: "),
            ("dated = \"next week\"\n", "line 1: `next week` is no day"),
            ("[contact]\ntoll_free = 18005550100\n", "line 2: "),
            ("[contact\n", "line 1: "),
        ] {
            let what = Notice::from_toml(text).unwrap_err();
            assert!(what.starts_with(says), "{what}");
        }
    }
}
