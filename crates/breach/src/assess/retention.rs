//! How long the breach file is kept: six years from the last of the determination, the last notice and the last
//! filing; from its due date while something is still to be sent (45 CFR 164.414(b), 164.530(j)).

use jiff::civil::Date;

use super::{Engine, Of};
use crate::{
    day::years_after,
    determination::{self, Ground},
    reckon::Reckoning,
    result::{Confidence, Duty, Regime},
};

const YEARS: i16 = 6;

impl Engine<'_> {
    /// The last day of retention; adds the duty where HIPAA or Part 2 data were involved.
    pub(super) fn retention(&mut self) -> Date {
        let facts = self.facts;
        let decided = facts
            .event
            .risk_assessment
            .as_ref()
            .filter(|_| matches!(self.ground, Ground::LowProbability | Ground::MoreThanLow))
            .and_then(|record| record.decided_on);
        let determined =
            [facts.knowledge.determined_on, decided].into_iter().flatten().map(|day| day.date).max();
        let mut last = determined.unwrap_or(facts.discovered.day.date);
        let mut why = if determined.is_some() { "the determination" } else { "the discovery" }.to_owned();
        for each in &self.obligations {
            if let Some(on) = each.met_on.or(each.due)
                && on > last
            {
                last = on;
                let done = if each.met_on.is_some() { "done" } else { "due" };
                why = format!("{} ({done})", each.duty.title());
            }
        }
        if self.facts.sent.small_breach_report_on.is_some_and(|day| day.date > last) {
            // A filing that no duty asked for still belongs to the file.
            last = self.facts.sent.small_breach_report_on.map_or(last, |day| day.date);
            "the last filing".clone_into(&mut why);
        }
        let until = years_after(last, YEARS);
        if determination::phi(facts) || determination::part2(facts) {
            let regime = if determination::phi(facts) { Regime::Hipaa } else { Regime::Part2 };
            let of = Of {
                duty: Duty::RecordRetention,
                regime,
                jurisdiction: None,
                recipient: "the breach file",
                standard: "kept six years from its making or from when it was last in effect, whichever is later; it carries the burden of proof",
                citation: "45 CFR 164.414(b), 164.530(j)",
                confidence: Confidence::Settled,
                note: Some("The date is the last day of keeping, not a last day for sending.".to_owned()),
            };
            let arithmetic = format!("{last} is the last of all: {why}; six years on = {until}");
            self.owe(
                of,
                Reckoning { due: Some(until), base: Some(until), arithmetic, ..Reckoning::default() },
            );
        }
        until
    }
}
