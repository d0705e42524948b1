//! Declaring, alerts, severity, calls, retention, closing.

use jiff::ToSpan as _;
use kernel::{ItemId, Severity, Timestamp};

use super::{Ask, Decided, bounded, refuse, said, six_years_after};
use crate::{Event, RefusalKind, Request, State, engagement_minutes, severity};

impl Ask<'_> {
    pub(super) fn life(&self, request: &Request) -> Decided {
        match request {
            Request::Declare { .. } => self.declare(request),
            Request::AttachAlert { alert, reason } => {
                if self.state.alerts.contains_key(alert) {
                    let reason = format!("alert {alert} is part of the incident already");
                    return Err(refuse(RefusalKind::Already, reason, "nothing has to be done"));
                }
                Ok(vec![Event::AlertAttached { alert: *alert, reason: said("reason", reason)? }])
            }
            Request::DetachAlert { alert, reason } => {
                if !self.state.alerts.contains_key(alert) {
                    let reason = format!("alert {alert} is not part of the incident");
                    return Err(refuse(RefusalKind::Unknown, reason, "name one that is"));
                }
                Ok(vec![Event::AlertDetached { alert: *alert, reason: said("reason", reason)? }])
            }
            Request::ReviseKind { incident_kind, reason } => {
                let reason = said("reason", reason)?;
                if self.state.kind == Some(*incident_kind) {
                    let what = format!("the incident is {} already", incident_kind.plain());
                    return Err(refuse(RefusalKind::Already, what, "nothing has to be done"));
                }
                Ok(vec![Event::KindRevised { incident_kind: *incident_kind, reason }])
            }
            Request::SetSeverity { severity, reason } => {
                Ok(vec![self.severity(self.state, *severity, &said("reason", reason)?)])
            }
            Request::Engage { party, name, means, within_minutes } => {
                let minutes = within_minutes.unwrap_or_else(|| {
                    self.state.severity.as_ref().map_or(30, |standing| standing.engage_within_minutes)
                });
                Ok(vec![Event::Engaged {
                    engagement: ItemId::new(self.now, self.bits()),
                    party: *party,
                    name: said("name", name)?,
                    means: said("means", means)?,
                    due_at: self.in_minutes(minutes),
                }])
            }
            Request::RecordAnswer { engagement, joins, text, answered_at } => {
                self.answer(*engagement, *joins, text, answered_at.unwrap_or(self.now))
            }
            Request::SetRetention { until, reason } => {
                let reason = said("reason", reason)?;
                let declared = self.state.declared.as_ref().map_or(self.now, |stamp| stamp.at);
                let least = six_years_after(declared.to_zoned(self.practice.zone()).date());
                let least = self.state.retain_until.map_or(least, |set| set.max(least));
                if *until < least {
                    return Err(refuse(
                        RefusalKind::Kept,
                        format!("the record has to be kept until {least} at least (45 CFR 164.316(b)(2)(i))"),
                        "name that day or a later one",
                    ));
                }
                Ok(vec![Event::RetentionSet { until: *until, reason }])
            }
            Request::Close { summary } => self.close(summary.as_deref()),
            Request::Reopen { reason } => Ok(vec![Event::Reopened { reason: said("reason", reason)? }]),
            _ => Ok(Vec::new()),
        }
    }

    fn in_minutes(&self, minutes: u32) -> Timestamp {
        self.now.checked_add(i64::from(minutes.clamp(1, 10_080)).minutes()).unwrap_or(self.now)
    }

    fn declare(&self, request: &Request) -> Decided {
        let Request::Declare { title, incident_kind, reason, alerts, subjects, severity, exercise } = request
        else {
            return Ok(Vec::new());
        };
        let reason = said("reason", reason)?;
        let mut events = vec![Event::Declared {
            title: said("title", title)?,
            incident_kind: *incident_kind,
            reason: reason.clone(),
            exercise: *exercise,
        }];
        let mut alerts = alerts.clone();
        alerts.sort_unstable();
        alerts.dedup();
        let why = "named when the incident was declared";
        events.extend(alerts.into_iter().map(|alert| Event::AlertAttached { alert, reason: why.to_owned() }));
        let mut subjects = subjects.clone();
        subjects.sort_unstable();
        subjects.dedup();
        for subject in subjects {
            self.sensible(&subject)?;
            events.push(Event::Suspected { subject, why: reason.clone(), seen_on: Vec::new() });
        }
        let mut after = self.state.clone();
        for event in &events {
            after.apply(event, self.now, &self.entry_actor());
        }
        events.push(self.severity(&after, *severity, &reason));
        Ok(events)
    }

    fn severity(&self, state: &State, given: Option<Severity>, reason: &str) -> Event {
        let assessed = severity::assess(&severity::facts(state, self.practice, self.now));
        let severity = given.unwrap_or(assessed.severity);
        let mut reasons = assessed.reasons;
        if given.is_some() {
            reasons.insert(0, format!("{} set it to {severity}: {reason}", self.actor.name));
        }
        Event::SeveritySet {
            severity,
            reasons,
            computed: assessed.severity,
            engage_within_minutes: engagement_minutes(severity),
        }
    }

    fn answer(&self, engagement: ItemId, joins: bool, text: &str, answered_at: Timestamp) -> Decided {
        let Some(call) = self.state.engagements.get(&engagement) else {
            return Err(refuse(
                RefusalKind::Unknown,
                format!("no call {engagement}"),
                "record the call first",
            ));
        };
        if call.answer.is_some() {
            let reason = format!("{} has answered already", call.name);
            return Err(refuse(RefusalKind::Already, reason, "record a new call"));
        }
        if answered_at < call.called.at || answered_at > self.now {
            return Err(refuse(
                RefusalKind::Invalid,
                "the answer lies before the call or in the future",
                "give the time at which they answered",
            ));
        }
        let text = bounded("text", text)?;
        Ok(vec![Event::Answered { engagement, joins, text, answered_at }])
    }

    fn close(&self, summary: Option<&str>) -> Decided {
        let missing = self.state.missing_for_closing();
        if missing.is_empty() {
            let summary = summary.map(|text| bounded("summary", text)).transpose()?;
            return Ok(vec![Event::Closed { summary, retain_until: six_years_after(self.today()) }]);
        }
        let reason = format!("the incident is not ready to be closed: {}", missing.join("; "));
        Err(refuse(RefusalKind::NotReady, reason, "settle what is missing").missing(missing))
    }
}
