//! A clock of the law tables, run on the facts: the base date, the date after holds, and the arithmetic in words.

use jiff::{ToSpan, civil::Date, tz::TimeZone};

use crate::{
    day::{BusinessDays, Day, plus, year_end},
    facts::Hold,
    hold,
    law::{After, Alongside, Anchor, Clock, Contract, Count, HoldRule, Hours, Order, YearEnd},
    result::Instant,
};

/// An act that other clocks run from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Act {
    /// The day it was done, or its own last lawful day.
    pub(crate) on: Option<Date>,
    /// The same, before holds.
    pub(crate) base: Option<Date>,
    /// Whether it was done.
    pub(crate) done: bool,
}

/// What clocks run from.
pub(crate) struct Clocks<'a> {
    pub(crate) business: &'a BusinessDays,
    pub(crate) zone: &'a TimeZone,
    pub(crate) holds: &'a [Hold],
    pub(crate) discovery: Day,
    pub(crate) determined: Option<Date>,
    pub(crate) associate: Option<Date>,
    pub(crate) subcontractor: Option<Date>,
    pub(crate) contract_days: Option<u16>,
    pub(crate) individual: Act,
    pub(crate) hhs: Act,
}

/// A clock run on the facts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reckoning {
    pub(crate) due: Option<Date>,
    pub(crate) at: Option<Instant>,
    pub(crate) base: Option<Date>,
    pub(crate) held_until: Option<Date>,
    pub(crate) projected: bool,
    pub(crate) arithmetic: String,
}

impl Reckoning {
    fn without_date(arithmetic: &str) -> Self {
        Self { arithmetic: arithmetic.to_owned(), ..Self::default() }
    }
}

/// Where a clock starts.
struct Start {
    on: Option<Date>,
    base: Option<Date>,
    done: bool,
    /// An act rather than a fact.
    act: bool,
    name: &'static str,
}

impl Clocks<'_> {
    fn start(&self, anchor: Anchor) -> Start {
        let fact = |on, name| Start { on, base: on, done: true, act: false, name };
        let act = |act: Act, name| Start { on: act.on, base: act.base, done: act.done, act: true, name };
        match anchor {
            Anchor::Discovery => fact(Some(self.discovery.date), "discovery"),
            Anchor::Determination => match self.determined {
                Some(on) => fact(Some(on), "determination"),
                None => fact(Some(self.discovery.date), "discovery; no determination is dated yet"),
            },
            Anchor::BaDiscovery => fact(self.associate, "the business associate's discovery"),
            Anchor::SubcontractorDiscovery => fact(self.subcontractor, "the subcontractor's discovery"),
            Anchor::IndividualNotice => act(self.individual, "the notice to individuals"),
            Anchor::HhsNotice => act(self.hhs, "the notice to HHS"),
        }
    }

    /// Runs the clock; `rule` is the duty's law-enforcement provision.
    pub(crate) fn reckon(&self, clock: &Clock, rule: Option<&HoldRule>) -> Reckoning {
        match clock {
            Clock::NoFixedLimit => Reckoning::without_date("the law names no number of days"),
            Clock::After(after) => self.after(after, rule),
            Clock::Hours(hours) => self.hours(hours),
            Clock::Alongside(with) => self.alongside(with),
            Clock::EarlierOf(clocks) => self.earlier_of(clocks, rule),
            Clock::YearEnd(end) => self.year_end(end, rule),
            Clock::Contract(contract) => self.contract(contract, rule),
        }
    }

    fn count(&self, from: Date, days: u16, count: Count) -> (Date, String) {
        match count {
            Count::Calendar => {
                let on = plus(from, days);
                (on, format!("{from} is day 0; day {days} = {on}"))
            }
            Count::Business => {
                let counted = self.business.after(from, days);
                let skipped = if counted.skipped.is_empty() {
                    String::new()
                } else {
                    let list: Vec<_> = counted.skipped.iter().map(Date::to_string).collect();
                    format!(", skipping {}", list.join(", "))
                };
                let on = counted.on;
                (on, format!("{from} is day 0; business day {days} = {on} (weekends{skipped} do not count)"))
            }
        }
    }

    fn held(&self, base: Date, arithmetic: String, rule: Option<&HoldRule>) -> Reckoning {
        let moved = hold::moved(base, rule, self.holds, self.business);
        let steps = moved.steps.iter().map(|step| format!("; {step}")).collect::<String>();
        Reckoning {
            due: Some(moved.due),
            base: Some(base),
            held_until: moved.held_until,
            arithmetic: arithmetic + &steps,
            ..Reckoning::default()
        }
    }

    fn after(&self, after: &After, rule: Option<&HoldRule>) -> Reckoning {
        let start = self.start(after.from);
        let Some(from) = start.on else {
            return Reckoning::without_date(&format!("runs from {}, which has no date yet", start.name));
        };
        let (on, counted) = self.count(from, after.days, after.count);
        let named = format!("from {}: {counted}", start.name);
        if !start.act {
            return self.held(on, named, rule);
        }
        let base = start.base.map(|from| self.count(from, after.days, after.count).0);
        let told = if start.done { "" } else { " (projected: as if done on its own last lawful day)" };
        Reckoning {
            due: Some(on),
            base,
            projected: !start.done,
            arithmetic: named + told,
            ..Reckoning::default()
        }
    }

    fn hours(&self, hours: &Hours) -> Reckoning {
        let midnight = || self.discovery.date.to_zoned(self.zone.clone()).map(|zoned| zoned.timestamp());
        let Some(from) = self.discovery.at.or_else(|| midnight().ok()) else {
            return Reckoning::without_date("the hour cannot be told");
        };
        let Ok(at) = from.checked_add(i64::from(hours.hours).hours()) else {
            return Reckoning::without_date("the hour cannot be told");
        };
        let show = |at| Instant { at, offset: self.zone.to_offset(at) };
        let assumed =
            if self.discovery.at.is_some() { "" } else { " (no hour is known: the first of the day)" };
        let due = self.zone.to_datetime(at).date();
        Reckoning {
            due: Some(due),
            base: Some(due),
            at: Some(show(at)),
            arithmetic: format!("{}{assumed} + {} hours = {}", show(from), hours.hours, show(at)),
            ..Reckoning::default()
        }
    }

    fn alongside(&self, with: &Alongside) -> Reckoning {
        let start = self.start(with.act);
        let Some(on) = start.on else {
            return Reckoning::without_date(&format!("goes with {}, which has no date yet", start.name));
        };
        let order = match with.order {
            Order::Before => "before",
            Order::With => "with",
            Order::NoLaterThan => "no later than",
        };
        let told = if start.done { "of" } else { "whose own last lawful day is" };
        Reckoning {
            due: Some(on),
            base: start.base,
            projected: !start.done,
            arithmetic: format!("{order} {} {told} {on}", start.name),
            ..Reckoning::default()
        }
    }

    /// Whichever is first; an act that is not done yet counts only where nothing else has a date.
    fn earlier_of(&self, clocks: &[Clock], rule: Option<&HoldRule>) -> Reckoning {
        let dated: Vec<_> =
            clocks.iter().map(|clock| self.reckon(clock, rule)).filter(|each| each.due.is_some()).collect();
        let certain: Vec<_> = dated.iter().filter(|each| !each.projected).collect();
        let among = if certain.is_empty() { dated.iter().collect() } else { certain };
        let Some(first) = among.iter().min_by_key(|each| each.due) else {
            return Reckoning::without_date("nothing that it runs from has a date yet");
        };
        let mut out = (*first).clone();
        out.base = among.iter().filter_map(|each| each.base).min();
        if among.len() > 1 {
            let all: Vec<_> = among.iter().map(|each| each.arithmetic.as_str()).collect();
            out.arithmetic = format!("the earlier of ({}) and so {}", all.join(") and ("), show(out.due));
        }
        out
    }

    fn year_end(&self, end: &YearEnd, rule: Option<&HoldRule>) -> Reckoning {
        let last = year_end(self.discovery.date);
        let on = plus(last, end.days);
        let year = last.year();
        let told = format!("discovered in {year}; {last} is day 0; day {} = {on}", end.days);
        self.held(on, told, rule)
    }

    fn contract(&self, contract: &Contract, rule: Option<&HoldRule>) -> Reckoning {
        let start = self.start(contract.from);
        match (start.on, self.contract_days) {
            (Some(from), Some(days)) => {
                let on = plus(from, days);
                self.held(on, format!("by contract: {from} is day 0; day {days} = {on}"), rule)
            }
            _ => Reckoning::without_date("the contract names no days"),
        }
    }
}

fn show(date: Option<Date>) -> String {
    date.map_or_else(|| "no date".to_owned(), |date| date.to_string())
}
