//! Alerts come in: read, sealed, triaged, recorded. An alert is acknowledged only when it is durable; one that was there
//! before is answered with the first one's id.

use incident::{AlertRequest, AlertState, RelatedAlert, alert, triage};
use kernel::{Actor, Alert, AlertId, Digest, GroupId, PracticeId, Severity, Stream, authorise};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App, AppError,
    ports::{
        AlertKey, AlertRow, Append, Appended, Ask, JournalError, NearAlert, ReadError, Related, Row, Scope,
        TakenAlert, Verdict,
    },
    practices::Profile,
    write::{Fact, entry_actor},
};

/// Alerts this far back are looked at for a group, in hours.
const WINDOW_HOURS: i64 = 72;
/// At most this many related alerts are looked at: enough to find the group, few enough to be quick.
const RELATED: u32 = 50;
/// At most this many keys of one alert are searched for and indexed.
const KEYS: usize = 64;

/// An alert that was taken in, as `contracts/intake.md` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Intake {
    /// The record's own id: the first one's where this is a duplicate; absent where nothing was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<AlertId>,
    /// The alert.
    #[serde(flatten)]
    pub alert: Alert,
    /// The id of the alert that was recorded first, where this one is the same.
    pub duplicate_of: Option<AlertId>,
}

/// What to do with alerts.
struct TakeAlert;

impl kernel::Requires for TakeAlert {
    fn requires(&self) -> kernel::Capability {
        kernel::Capability::Intake
    }
}

impl App {
    /// Reads alerts without recording them.
    #[must_use]
    pub fn read_alerts(&self, source: Option<&str>, bytes: &[u8]) -> Vec<Result<TakenAlert, ReadError>> {
        self.readers().read(source, bytes)
    }

    /// Records one alert.
    ///
    /// # Errors
    /// [`AppError`]; a duplicate is no error.
    pub async fn take_alert(
        &self,
        actor: &Actor,
        practice: PracticeId,
        taken: TakenAlert,
    ) -> Result<Intake, AppError> {
        self.take_alert_once(actor, practice, taken, None).await
    }

    /// As [`App::take_alert`]; a request that was taken before with the same key is a duplicate of what it recorded. The
    /// key comes with the digest of the request.
    ///
    /// # Errors
    /// [`AppError`]; another request with the same key is one.
    pub async fn take_alert_once(
        &self,
        actor: &Actor,
        practice: PracticeId,
        taken: TakenAlert,
        key: Option<(String, Digest)>,
    ) -> Result<Intake, AppError> {
        let _ = authorise(actor, TakeAlert)?;
        let profile = self.profile(actor, practice).await?;
        if let Some((key, asked)) = &key
            && let Some(first) = self.journal().repeated(practice, key, asked).await?
        {
            return self.taken_before(practice, first.first).await;
        }
        let id = self.edge().id(AlertId::new);
        let mut taking = self.record_alert(actor, &profile, id, &taken, &key, Ask::Memory).await?;
        if matches!(taking, Err(JournalError::Overtaken)) {
            taking = self.record_alert(actor, &profile, id, &taken, &key, Ask::Database).await?;
        }
        match taking {
            Ok(appended) if appended.repeated => self.taken_before(practice, appended.first).await,
            Ok(_) => Ok(Intake { id: Some(id), alert: taken.alert, duplicate_of: None }),
            Err(JournalError::Duplicate(first)) => {
                Ok(Intake { id: Some(first), alert: taken.alert, duplicate_of: Some(first) })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The alert whose first entry stands at this index.
    async fn taken_before(&self, practice: PracticeId, index: u64) -> Result<Intake, AppError> {
        let lost = || AppError::not_found("what the first request with this key recorded");
        let scope = Scope::Practice(practice);
        let found = self.journal().tail(scope, index, 1).await?;
        let found = found.first().filter(|recorded| recorded.index == index).ok_or_else(lost)?;
        let id = AlertId::from_u128(found.stream.id);
        let row = self.journal().alert(scope, id).await?.ok_or_else(lost)?;
        Ok(Intake { id: Some(id), alert: row.alert, duplicate_of: Some(id) })
    }

    /// Triages an alert and writes it down.
    async fn record_alert(
        &self,
        actor: &Actor,
        profile: &Profile,
        id: AlertId,
        taken: &TakenAlert,
        key: &Option<(String, Digest)>,
        ask: Ask,
    ) -> Result<Result<Appended, JournalError>, AppError> {
        let (append, seen) = self.prepare_alert(actor, profile, id, taken, ask).await?;
        Ok(self.journal().append_after(Append { key: key.clone(), ..append }, seen).await)
    }

    /// The write of an alert, and the state of memory that it rests on.
    async fn prepare_alert(
        &self,
        actor: &Actor,
        profile: &Profile,
        id: AlertId,
        taken: &TakenAlert,
        ask: Ask,
    ) -> Result<(Append, Option<u64>), AppError> {
        let now = self.edge().now();
        let keys = keys_of(&taken.alert);
        let since = now.checked_sub(jiff::SignedDuration::from_hours(WINDOW_HOURS)).unwrap_or(now);
        let related = if keys.is_empty() {
            Related::default()
        } else {
            self.journal().related_alerts(profile.id, &keys, since, RELATED, ask).await?
        };
        let seen = related.seen;
        let related: Vec<RelatedAlert> = related.alerts.into_iter().map(related_of).collect();
        let proposal = triage::propose(&taken.alert, &related, &profile.practice, now);
        // An alert that belongs to nothing known begins a group of its own, with its own bits.
        let group = proposal.group.unwrap_or_else(|| GroupId::from_u128(id.as_u128()));

        let by = entry_actor(actor);
        let mut state = AlertState::new(id, profile.id);
        let mut events = Vec::new();
        for request in [
            AlertRequest::Receive { alert: Box::new(taken.alert.clone()) },
            AlertRequest::Propose { proposal: Box::new(proposal.clone()) },
        ] {
            for event in alert::decide(&state, &authorise(actor, request)?)? {
                state.apply(&event, now, &by);
                events.push(event);
            }
        }
        let row = AlertRow {
            id,
            practice: profile.id,
            alert: taken.alert.clone(),
            dedup_key: taken.dedup_key.clone(),
            version: state.version,
            received_at: now,
            updated_at: now,
            proposed_verdict: verdict(proposal.verdict),
            severity: proposal.severity,
            proposal: serde_json::to_value(&proposal).map_err(AppError::json("the proposal"))?,
            verdict: None,
            group,
            incident: None,
        };
        let append = Append {
            practice: profile.id,
            key: None,
            parts: vec![self.part(
                profile.id,
                Stream::alert(id),
                0,
                actor,
                now,
                events.iter().map(Fact::from),
            )?],
            rows: vec![Row::Alert(Box::new(row))],
            payloads: vec![self.payload(taken.alert.raw_sha256, &taken.raw)?],
        };
        Ok((append, seen))
    }

    /// The bytes of an alert as they were received.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn raw_alert(&self, actor: &Actor, id: AlertId) -> Result<Vec<u8>, AppError> {
        let row = self.alert(actor, id).await?;
        self.unsealed(row.practice, &row.alert.raw_sha256, "the alert's bytes").await
    }
}

/// The verdict in the words of lists.
pub(crate) const fn verdict(verdict: incident::Verdict) -> Verdict {
    match verdict {
        incident::Verdict::TruePositive => Verdict::True,
        incident::Verdict::FalsePositive => Verdict::False,
        incident::Verdict::Undetermined => Verdict::Undetermined,
    }
}

/// What an alert is grouped by: hosts, accounts and indicators, lower case, each once.
pub(crate) fn keys_of(alert: &Alert) -> Vec<AlertKey> {
    let key =
        |kind: &str, value: &str| AlertKey { kind: kind.to_owned(), value: value.trim().to_lowercase() };
    let mut keys: Vec<_> = alert
        .hosts
        .iter()
        .map(|host| key("host", host))
        .chain(alert.accounts.iter().map(|account| key("account", account)))
        .chain(alert.indicators.iter().map(|found| key(found.kind.as_str(), &found.value)))
        .filter(|key| !key.value.is_empty())
        .collect();
    keys.sort();
    keys.dedup();
    keys.truncate(KEYS);
    keys
}

fn related_of(row: NearAlert) -> RelatedAlert {
    RelatedAlert {
        id: row.id,
        at: row.alert.occurred_at.map_or(row.received_at, kernel::Moment::at),
        group: Some(row.group),
        hosts: row.alert.hosts,
        accounts: row.alert.accounts,
        indicators: row.alert.indicators,
    }
}

/// The form that staff fill in: what somebody at the practice saw, in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffReport {
    /// What happened.
    pub what: String,
    /// Where: a room or a computer's name.
    #[serde(default)]
    pub place: Option<String>,
    /// Who noticed.
    #[serde(default)]
    pub who: Option<String>,
    /// When it was noticed.
    #[serde(default)]
    pub when: Option<kernel::Moment>,
    /// What is on the screen.
    #[serde(default)]
    pub screen: Option<String>,
    /// How to reach them.
    #[serde(default)]
    pub contact: Option<String>,
}

/// The severity that a list shows for an alert: a person's, else the proposal's.
pub(crate) fn shown_severity(state: &AlertState, proposed: Severity) -> Severity {
    state.judgement.as_ref().and_then(|judged| judged.severity).unwrap_or(proposed)
}

/// Where an alert stands, folded from its entries.
pub(crate) fn fold(
    id: AlertId,
    practice: PracticeId,
    entries: &[crate::ports::Recorded],
) -> Result<AlertState, AppError> {
    let mut state = AlertState::new(id, practice);
    for recorded in entries {
        let entry: kernel::Entry =
            serde_json::from_slice(&recorded.canonical).map_err(AppError::json("an entry"))?;
        state.apply_entry(&entry).map_err(AppError::json("an entry's event"))?;
    }
    Ok(state)
}
