//! The clocks that run.

use jiff::{ToSpan as _, civil::Date};
use kernel::{Role, Severity, Timestamp};

use super::{Clock, ClockKind};
use crate::{AccountStage, ObligationStanding, Party, Practice, Stamp, State, Status, SystemStage};

/// Minutes from a suspicion until what is suspected has to be held.
#[must_use]
pub const fn containment_minutes(severity: Severity) -> i64 {
    match severity {
        Severity::Critical => 30,
        Severity::High => 60,
        Severity::Medium => 480,
        Severity::Low => 2_880,
        Severity::Informational => 10_080,
    }
}

/// Minutes from one situation report to the next; `None` where none is due by itself.
#[must_use]
pub const fn situation_minutes(severity: Severity) -> Option<i64> {
    match severity {
        Severity::Critical => Some(60),
        Severity::High => Some(240),
        Severity::Medium => Some(1_440),
        Severity::Low => Some(4_320),
        Severity::Informational => None,
    }
}

pub(super) fn after(at: Timestamp, minutes: i64) -> Timestamp {
    at.checked_add(minutes.minutes()).unwrap_or(at)
}

/// The last instant of a civil date at the practice: the last second before the next day begins.
pub(super) fn end_of(date: Date, practice: &Practice) -> Option<Timestamp> {
    let next = date.tomorrow().ok()?.to_zoned(practice.zone()).ok()?.timestamp();
    next.checked_sub(1.second()).ok()
}

impl Party {
    /// The role that stands for the party in an incident.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::Responder | Self::Vendor => Role::Responder,
            Self::Lead | Self::Insurer | Self::LawEnforcement => Role::Lead,
            Self::Practice => Role::Practice,
            Self::Counsel => Role::Attorney,
            Self::Staff => Role::Staff,
        }
    }
}

impl State {
    /// Every clock of the incident: those that run first, by their end, then those that were stopped.
    #[must_use]
    pub fn clocks(&self, practice: &Practice, now: Timestamp) -> Vec<Clock> {
        let mut clocks = self.engagement_clocks(practice);
        clocks.extend(self.containment_clocks());
        clocks.extend(self.watch_clocks());
        clocks.extend(self.situation_clock());
        clocks.extend(self.obligation_clocks(practice));
        for item in self.remediation.values() {
            clocks.push(Clock {
                kind: ClockKind::Remediation,
                what: format!("{} ({})", item.what, item.owner),
                started_at: Some(item.stamp.at),
                due_at: end_of(item.due, practice),
                target_at: None,
                near: false,
                late: false,
                stopped_at: item.done.as_ref().map(|(stamp, _)| stamp.at),
                owner: Role::Practice,
            });
        }
        for clock in &mut clocks {
            clock.late = clock.due_at.is_some_and(|due| clock.stopped_at.unwrap_or(now) > due);
            let aimed = clock.target_at.is_some_and(|target| now > target);
            clock.near = aimed && !clock.late && clock.stopped_at.is_none();
        }
        clocks.sort_by_key(|clock| (clock.stopped_at.is_some(), clock.due_at.unwrap_or(Timestamp::MAX)));
        clocks
    }

    fn engagement_clocks(&self, practice: &Practice) -> Vec<Clock> {
        let mut clocks: Vec<Clock> = self
            .engagements
            .values()
            .map(|call| Clock {
                kind: ClockKind::Engagement,
                what: format!("{} ({}) has to answer", call.name, call.party.plain()),
                started_at: Some(call.called.at),
                due_at: Some(call.due_at),
                target_at: None,
                near: false,
                late: false,
                stopped_at: call.answer.as_ref().map(|answer| answer.at),
                owner: Role::Lead,
            })
            .collect();
        if let (Some(insurer), Some(declared)) = (&practice.insurer, &self.declared)
            && let Some(hours) = insurer.notice_hours
        {
            let told = self.engagements.values().filter(|call| call.party == Party::Insurer);
            clocks.push(Clock {
                kind: ClockKind::Insurer,
                what: format!("notice to {} under policy {}", insurer.name, insurer.policy_number),
                started_at: Some(declared.at),
                due_at: Some(after(declared.at, i64::from(hours) * 60)),
                target_at: None,
                near: false,
                late: false,
                stopped_at: told.map(|call| call.called.at).min(),
                owner: Role::Lead,
            });
        }
        clocks
    }

    fn containment_clocks(&self) -> Vec<Clock> {
        let severity = self.severity.as_ref().map_or(Severity::High, |standing| standing.severity);
        let clock = |what: String, since: &Stamp| Clock {
            kind: ClockKind::Containment,
            what,
            started_at: Some(since.at),
            due_at: Some(after(since.at, containment_minutes(severity))),
            target_at: None,
            near: false,
            late: false,
            stopped_at: None,
            owner: Role::Responder,
        };
        let systems = self.systems.iter().filter_map(|(name, system)| match &system.stage {
            SystemStage::Suspected { since } => Some(clock(format!("contain {name}"), since)),
            _ => None,
        });
        let accounts = self.accounts.iter().filter_map(|(name, account)| match &account.stage {
            AccountStage::Suspected { since } => Some(clock(format!("disable account {name}"), since)),
            _ => None,
        });
        if self.status == Status::Open { systems.chain(accounts).collect() } else { Vec::new() }
    }

    fn watch_clocks(&self) -> Vec<Clock> {
        let watched = self.systems.iter().filter_map(|(name, system)| match &system.stage {
            SystemStage::InProduction { since, watch: Some(watch) } => Some((name, since, watch)),
            _ => None,
        });
        watched
            .map(|(name, since, watch)| Clock {
                kind: ClockKind::Watch,
                what: format!("watch {name} for {}", watch.what),
                started_at: Some(since.at),
                due_at: Some(watch.until),
                target_at: None,
                near: false,
                late: false,
                stopped_at: None,
                owner: Role::Responder,
            })
            .collect()
    }

    /// The next situation report: by the severity's cadence after the last one, or after the declaration.
    fn situation_clock(&self) -> Option<Clock> {
        let minutes = situation_minutes(self.severity.as_ref()?.severity)?;
        let sent: Vec<&Stamp> =
            self.reports.iter().filter(|report| report.situation).map(|report| &report.stamp).collect();
        let since = sent.last().copied().or(self.declared.as_ref())?;
        (self.status == Status::Open).then(|| Clock {
            kind: ClockKind::Situation,
            what: format!("send situation report {}", sent.len() + 1),
            started_at: Some(since.at),
            due_at: Some(after(since.at, minutes)),
            target_at: None,
            near: false,
            late: false,
            stopped_at: None,
            owner: Role::Lead,
        })
    }

    fn obligation_clocks(&self, practice: &Practice) -> Vec<Clock> {
        self.obligations
            .values()
            .map(|obligation| Clock {
                kind: ClockKind::Obligation,
                what: obligation.duty.plain(),
                started_at: None,
                due_at: obligation.duty.due_at.or_else(|| end_of(obligation.duty.due?, practice)),
                target_at: obligation.duty.target.and_then(|target| end_of(target, practice)),
                near: false,
                late: false,
                stopped_at: match &obligation.standing {
                    ObligationStanding::Open => None,
                    // Met on a day: in time where that day's end is.
                    ObligationStanding::Met { on, stamp, .. } => {
                        Some(end_of(*on, practice).map_or(stamp.at, |end| end.min(stamp.at)))
                    }
                    ObligationStanding::NotDue { stamp, .. } => Some(stamp.at),
                },
                owner: Role::Attorney,
            })
            .collect()
    }
}
