//! The expressions of a rule: when a duty arises, which clock it runs on, and what a law-enforcement statement does to
//! that clock. They are read from the tables as they stand here; a word or member that is not known is refused.

use serde::Deserialize;

use crate::words::words;

/// When a duty arises.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Anybody is affected.
    AnyPerson,
    /// Any resident is affected.
    AnyResident,
    /// So many residents of the jurisdiction are.
    Residents(Threshold),
    /// So many people in all are.
    Total(Threshold),
    /// HHS is notified of the breach.
    HhsNotified,
    /// The practice relies on a finding of no harm.
    NoHarmReliedOn,
    /// The entity is a facility licensed by this State, and patients' information is involved.
    LicensedFacility,
    /// It happened at a business associate, or the entity is one.
    AtBusinessAssociate,
    /// It happened at a subcontractor.
    AtSubcontractor,
    /// Some addresses do not reach.
    Undeliverable,
    /// Somebody has died and the address of their kin is known.
    KinAddressKnown,
    /// Misuse is imminent.
    ImminentMisuse,
    /// Electronic prescribing was compromised at a DEA registrant.
    EpcsCompromise,
}

/// A number of people. "More than 500" and "500 or more" are different laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// More than so many.
    MoreThan(u64),
    /// So many or more.
    AtLeast(u64),
    /// Fewer than so many.
    FewerThan(u64),
}

impl Threshold {
    /// Whether the number meets it.
    #[must_use]
    pub const fn met_by(self, people: u64) -> bool {
        match self {
            Self::MoreThan(n) => people > n,
            Self::AtLeast(n) => people >= n,
            Self::FewerThan(n) => people < n,
        }
    }
}

impl std::fmt::Display for Threshold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MoreThan(n) => write!(f, "more than {}", grouped(*n)),
            Self::AtLeast(n) => write!(f, "{} or more", grouped(*n)),
            Self::FewerThan(n) => write!(f, "fewer than {}", grouped(*n)),
        }
    }
}

/// Digits in groups of three.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A clock.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The law names no number of days.
    NoFixedLimit,
    /// So many days after something.
    After(After),
    /// So many hours after something.
    Hours(Hours),
    /// Before, with or no later than something else.
    Alongside(Alongside),
    /// Whichever comes first; what has not been done yet does not count.
    EarlierOf(Vec<Clock>),
    /// So many days after the end of the calendar year of discovery.
    YearEnd(YearEnd),
    /// The days of the business associate's contract, where it names any.
    Contract(Contract),
}

/// So many days after something, which is day 0.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// How many.
    pub days: u16,
    /// Which days count.
    pub count: Count,
    /// After what.
    pub from: Anchor,
}

/// So many hours after something.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// How many.
    pub hours: u16,
    /// After what; discovery alone has a clock time.
    pub from: Anchor,
}

/// The order relative to an act.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alongside {
    /// The act.
    pub act: Anchor,
    /// Before, with, or no later than it.
    pub order: Order,
}

/// So many days after the end of the year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearEnd {
    /// How many.
    pub days: u16,
}

/// The contract's own days.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// After what.
    pub from: Anchor,
}

words! {
    /// Which days count.
    Count {
        /// All.
        Calendar = "calendar",
        /// Not Saturdays, Sundays and the holidays of the tables.
        Business = "business",
    }
}

words! {
    /// The order relative to an act.
    Order {
        /// Before it; the same day is the last.
        Before = "before",
        /// With it.
        With = "with",
        /// No later than it.
        NoLaterThan = "no_later_than",
    }
}

words! {
    /// What a clock runs from.
    Anchor {
        /// Discovery.
        Discovery = "discovery",
        /// The determination that it is a breach; until there is one, discovery, the earlier date.
        Determination = "determination",
        /// The notice to individuals, an act.
        IndividualNotice = "individual_notice",
        /// The notice to HHS, an act: at once for 500 or more, else the yearly report.
        HhsNotice = "hhs_notice",
        /// The business associate's discovery.
        BaDiscovery = "ba_discovery",
        /// The subcontractor's discovery.
        SubcontractorDiscovery = "subcontractor_discovery",
    }
}

/// What a law-enforcement statement does to a clock.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldRule {
    /// When the duty falls due after the hold.
    pub resume: Resume,
    /// The longest a written statement holds, in days from it; none where it holds as long as it says.
    pub written_days: Option<u16>,
    /// The longest an oral statement holds, in days from it.
    #[serde(default = "thirty")]
    pub oral_days: u16,
}

const fn thirty() -> u16 {
    30
}

/// When a duty falls due after a hold.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", untagged)]
pub enum Resume {
    /// The day after the hold's last day.
    NextDay(NextDay),
    /// So many days after the hold's last day.
    After(ResumeAfter),
}

words! {
    /// The day after the hold's last day.
    NextDay {
        /// The only word.
        NextDay = "next_day",
    }
}

/// So many days after the hold's last day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeAfter {
    /// How many.
    pub days: u16,
    /// Which count.
    pub count: Count,
    /// Only where the base clock ran out during the hold.
    #[serde(default)]
    pub if_elapsed: bool,
}

impl Clock {
    /// Whether the clock runs from the determination.
    pub(crate) fn runs_from_determination(&self) -> bool {
        match self {
            Self::After(after) => after.from == Anchor::Determination,
            Self::EarlierOf(clocks) => clocks.iter().any(Self::runs_from_determination),
            _ => false,
        }
    }

    /// Whether the clock counts days or hours of its own from a fact, rather than following an act.
    pub(crate) fn has_own_days(&self) -> bool {
        match self {
            Self::After(after) => !matches!(after.from, Anchor::IndividualNotice | Anchor::HhsNotice),
            Self::Hours(_) => true,
            Self::EarlierOf(clocks) => clocks.iter().any(Self::has_own_days),
            _ => false,
        }
    }
}
