//! Giving an incident a command: load, decide, append, and hand back what stands now. The one path by which anything
//! about an incident changes.

use std::sync::Arc;

use incident::{Event, Place, Request, State, decide, evolve};
use kernel::{
    Actor, AlertId, Digest, Entry, EvidenceId, IncidentId, PracticeId, Stream, Timestamp, authorise,
};

use crate::{
    App, AppError,
    ports::{
        Append, Appended, EvidenceRow, JournalError, Outside, Part, Payload, Recorded, Row, Scope, Snapshot,
    },
    practices::Profile,
    read::incident_row,
    write::{Fact, entry_actor},
};

/// The form of the snapshots that this program writes; one of another form is ignored and the stream folded anew.
pub const SNAPSHOT_FORM: u32 = 3;
/// A snapshot is kept each time a stream has grown by this many entries.
const SNAPSHOT_EVERY: u64 = 200;
/// Entries read at once while folding.
const CHUNK: u32 = 2_000;
/// How often a command that did not name a version is tried again when somebody else was first.
pub(crate) const TRIES: u32 = 4;

/// How a command is given.
#[derive(Debug, Clone, Default)]
pub struct How {
    /// The version that the caller saw (`If-Match`); without it the command is decided on whatever stands.
    pub expected: Option<u64>,
    /// The idempotency key.
    pub key: Option<String>,
}

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Done {
    /// The incident.
    pub incident: IncidentId,
    /// The version it stands at.
    pub version: u64,
    /// The entries that this command made.
    pub entries: Vec<Entry>,
    /// What stands now.
    pub state: Arc<State>,
    /// Whether the same command with the same key had been taken before.
    pub repeated: bool,
}

/// What goes along with a command besides its entries.
#[derive(Default)]
pub(crate) struct Along {
    pub(crate) payloads: Vec<Payload>,
    /// The name of an item of evidence that is taken in.
    pub(crate) evidence_name: Option<String>,
}

impl App {
    /// Opens an incident.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn declare(
        &self,
        actor: &Actor,
        practice: PracticeId,
        request: Request,
        key: Option<String>,
    ) -> Result<Done, AppError> {
        let Request::Declare { alerts, .. } = &request else {
            return Err(AppError::invalid("/command", "only `declare` opens an incident"));
        };
        let alerts = alerts.clone();
        let profile = self.profile(actor, practice).await?;
        let id = self.edge().id(IncidentId::new);
        let state = Arc::new(State::new(id, practice));
        let how = How { expected: None, key };
        let done = self.take(actor, &profile, state, request, how, Along::default()).await?;
        self.photos_into_custody(actor, done, &alerts).await
    }

    /// Gives an incident a command.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn command(
        &self,
        actor: &Actor,
        incident: IncidentId,
        request: Request,
        how: How,
    ) -> Result<Done, AppError> {
        match request {
            Request::WriteNote { .. } | Request::ReviseNote { .. } => Err(AppError::invalid(
                "/command",
                "a note's text is sealed with it: send the text to the incident's notes",
            )),
            Request::TakeEvidence { .. } => Err(AppError::invalid(
                "/command",
                "evidence is hashed and sealed as it comes in: send the bytes to the incident's evidence",
            )),
            Request::Declare { .. } => {
                Err(AppError::invalid("/command", "this incident is declared already"))
            }
            Request::StateFacts { .. }
            | Request::PrepareFactors { .. }
            | Request::RecommendProbability { .. }
            | Request::DetermineProbability { .. }
            | Request::StateCondition { .. }
            | Request::BeginMailing { .. }
            | Request::RecordMail { .. } => Err(AppError::invalid(
                "/command",
                "obligations are computed in the same write: send it to the incident's breach case",
            )),
            Request::SetObligations { .. } => {
                let state = self.load(Scope::of(actor), incident).await?;
                if !state.case.facts.is_empty() {
                    return Err(AppError::invalid(
                        "/command",
                        "the obligations of this incident follow from its facts: change the facts",
                    ));
                }
                self.command_with(actor, incident, request, how, Along::default()).await
            }
            Request::MeetObligation { .. } | Request::DecideBreach { .. } => {
                self.command_in_case(actor, incident, request, how).await
            }
            Request::AttachAlert { alert, .. } => {
                let done = self.command_with(actor, incident, request, how, Along::default()).await?;
                self.photos_into_custody(actor, done, &[alert]).await
            }
            request => self.command_with(actor, incident, request, how, Along::default()).await,
        }
    }

    pub(crate) async fn command_with(
        &self,
        actor: &Actor,
        incident: IncidentId,
        request: Request,
        how: How,
        along: Along,
    ) -> Result<Done, AppError> {
        let state = self.load(Scope::of(actor), incident).await?;
        let profile = self.profile(actor, state.practice).await?;
        self.take(actor, &profile, state, request, how, along).await
    }

    async fn take(
        &self,
        actor: &Actor,
        profile: &Profile,
        mut state: Arc<State>,
        request: Request,
        how: How,
        along: Along,
    ) -> Result<Done, AppError> {
        let practice = state.practice;
        let key = match how.key {
            None => None,
            Some(key) => {
                let digest = asked(&state, &request)?;
                if let Some(first) = self.journal().repeated(practice, &key, &digest).await? {
                    return self.as_before(actor, first).await;
                }
                Some((key, digest))
            }
        };
        let request = authorise(actor, request)?;
        for attempt in 1.. {
            if let Some(expected) = how.expected
                && expected != state.version
            {
                let since =
                    self.journal().stream(practice, Stream::incident(state.incident), expected, 100).await?;
                return Err(AppError::Stale { expected, current: state.version, since });
            }
            let now = self.edge().now();
            let events = decide(&state, &request, &profile.practice, now)?;
            let (after, append) =
                self.prepare(actor, profile, &state, &events, now, &along, key.clone()).await?;
            match self.journal().append(append).await {
                Ok(appended) if appended.repeated => return self.as_before(actor, appended).await,
                Ok(appended) => return self.finish(actor, after, &events, appended).await,
                Err(JournalError::Stale { .. }) if how.expected.is_none() && attempt < TRIES => {
                    state = self.load(Scope::Practice(practice), state.incident).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::invalid("", "the incident changes too fast; try again"))
    }

    /// What the first request with this key got, where there was one.
    pub(crate) async fn first_time(
        &self,
        actor: &Actor,
        practice: PracticeId,
        key: Option<&(String, Digest)>,
    ) -> Result<Option<Done>, AppError> {
        let Some((key, digest)) = key else { return Ok(None) };
        match self.journal().repeated(practice, key, digest).await? {
            Some(first) => self.as_before(actor, first).await.map(Some),
            None => Ok(None),
        }
    }

    /// Refuses where the incident has moved on from the version that the caller saw.
    pub(crate) async fn as_expected(&self, state: &State, expected: Option<u64>) -> Result<(), AppError> {
        match expected {
            Some(expected) if expected != state.version => {
                let stream = Stream::incident(state.incident);
                let since = self.journal().stream(state.practice, stream, expected, 100).await?;
                Err(AppError::Stale { expected, current: state.version, since })
            }
            _ => Ok(()),
        }
    }

    /// Decides several requests one after the other on this state and writes what they lead to at once.
    pub(crate) async fn together(
        &self,
        actor: &Actor,
        profile: &Profile,
        state: &Arc<State>,
        requests: &[Request],
        key: Option<(String, Digest)>,
        along: Along,
    ) -> Result<Done, AppError> {
        let now = self.edge().now();
        let by = entry_actor(actor);
        let (mut events, mut stands) = (Vec::new(), (**state).clone());
        for request in requests {
            let request = authorise(actor, request.clone())?;
            for event in decide(&stands, &request, &profile.practice, now)? {
                stands = evolve(stands, &event, now, &by);
                events.push(event);
            }
        }
        if events.is_empty() {
            let (incident, version) = (state.incident, state.version);
            return Ok(Done {
                incident,
                version,
                entries: Vec::new(),
                state: state.clone(),
                repeated: false,
            });
        }
        let (after, append) = self.prepare(actor, profile, state, &events, now, &along, key).await?;
        let appended = self.journal().append(append).await?;
        if appended.repeated {
            return self.as_before(actor, appended).await;
        }
        self.finish(actor, after, &events, appended).await
    }

    /// The write for these events: the incident's entries, those of alerts that come or go with them, and every row
    /// that changes.
    #[expect(clippy::too_many_arguments, reason = "everything that one write is made of")]
    async fn prepare(
        &self,
        actor: &Actor,
        profile: &Profile,
        before: &Arc<State>,
        events: &[Event],
        now: Timestamp,
        along: &Along,
        key: Option<(String, Digest)>,
    ) -> Result<(Arc<State>, Append), AppError> {
        let (practice, incident) = (before.practice, before.incident);
        let by = entry_actor(actor);
        let after = events.iter().fold((**before).clone(), |state, event| evolve(state, event, now, &by));
        let stream = Stream::incident(incident);
        let mut parts =
            vec![self.part(practice, stream, before.version, actor, now, events.iter().map(Fact::from))?];
        let mut rows = vec![Row::Incident(Box::new(incident_row(&after, &profile.practice, now)))];
        for event in events {
            match event {
                Event::AlertAttached { alert, .. } => {
                    self.move_alert(actor, practice, *alert, Some(incident), now, &mut parts, &mut rows)
                        .await?;
                }
                Event::AlertDetached { alert, .. } => {
                    self.move_alert(actor, practice, *alert, None, now, &mut parts, &mut rows).await?;
                }
                _ => {}
            }
        }
        rows.extend(
            self.evidence_rows(before, &after, along)
                .await?
                .into_iter()
                .map(|row| Row::Evidence(Box::new(row))),
        );
        let append = Append { practice, key, parts, rows, payloads: along.payloads.clone() };
        Ok((Arc::new(after), append))
    }

    /// The rows of evidence about which something changed that a list shows.
    async fn evidence_rows(
        &self,
        before: &State,
        after: &State,
        along: &Along,
    ) -> Result<Vec<EvidenceRow>, AppError> {
        let mut rows = Vec::new();
        for (id, item) in &after.evidence {
            let shown = Shown::of(after, item);
            let row = match before.evidence.get(id) {
                Some(earlier) if Shown::of(before, earlier) == shown => continue,
                Some(_) => self.journal().evidence_item(Scope::Practice(after.practice), *id).await?,
                None => Some(EvidenceRow {
                    id: *id,
                    practice: after.practice,
                    incident: after.incident,
                    name: along.evidence_name.clone().unwrap_or_else(|| item.source.clone()),
                    sha256: item.digest,
                    bytes: item.bytes,
                    source: item.source.clone(),
                    state: String::new(),
                    taken_at: item.taken.at,
                    rehashed: None,
                    retain_until: None,
                    held: None,
                    destruction_asked_by: None,
                }),
            };
            rows.extend(row.map(|row| shown.on(row)));
        }
        Ok(rows)
    }

    /// After the write is durable: remember, keep a snapshot now and then, destroy what was confirmed.
    async fn finish(
        &self,
        actor: &Actor,
        after: Arc<State>,
        events: &[Event],
        appended: Appended,
    ) -> Result<Done, AppError> {
        self.remember(&after);
        let made = u64::try_from(events.len()).unwrap_or(u64::MAX);
        if after.version / SNAPSHOT_EVERY != after.version.saturating_sub(made) / SNAPSHOT_EVERY {
            self.keep(&after).await?;
        }
        for event in events {
            if let Event::EvidenceDestroyed { evidence, .. } = event {
                self.destroy_bytes(&after, *evidence).await?;
            }
        }
        let entries = self.entries_between(actor, after.incident, &appended).await?;
        Ok(Done { incident: after.incident, version: after.version, entries, state: after, repeated: false })
    }

    async fn keep(&self, state: &State) -> Result<(), AppError> {
        let json = serde_json::to_vec(state).map_err(AppError::json("the incident's state"))?;
        let stream = Stream::incident(state.incident);
        let snapshot = Snapshot { stream, version: state.version, form: SNAPSHOT_FORM, state: json };
        Ok(self.journal().keep_snapshot(state.practice, snapshot).await?)
    }

    /// The answer that the first request with this key got.
    async fn as_before(&self, actor: &Actor, first: Appended) -> Result<Done, AppError> {
        let found = self.journal().tail(Scope::of(actor), first.first, 1).await?;
        let stream = found.first().filter(|entry| entry.index == first.first).map(|entry| entry.stream);
        let stream =
            stream.ok_or_else(|| AppError::not_found("what the first request with this key wrote"))?;
        let incident = IncidentId::from_u128(stream.id);
        let entries = self.entries_between(actor, incident, &first).await?;
        let state = self.load(Scope::of(actor), incident).await?;
        let version = entries.last().map_or(state.version, |entry| entry.version);
        Ok(Done { incident, version, entries, state, repeated: true })
    }

    async fn entries_between(
        &self,
        actor: &Actor,
        incident: IncidentId,
        appended: &Appended,
    ) -> Result<Vec<Entry>, AppError> {
        let count = u32::try_from(appended.last - appended.first + 1).unwrap_or(u32::MAX);
        let found = self.journal().tail(Scope::of(actor), appended.first, count).await?;
        found
            .iter()
            .filter(|recorded| {
                recorded.index <= appended.last && recorded.stream == Stream::incident(incident)
            })
            .map(|recorded| serde_json::from_slice(&recorded.canonical).map_err(AppError::json("an entry")))
            .collect()
    }

    /// The incident as it stands: what is remembered or kept, and everything written since, by whomever.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where it is not in scope.
    pub async fn load(&self, scope: Scope, incident: IncidentId) -> Result<Arc<State>, AppError> {
        self.load_reading(scope, incident, |_| {}).await
    }

    /// The same, for somebody who has use for what is read of the incident's stream meanwhile, in order.
    pub(crate) async fn load_reading(
        &self,
        scope: Scope,
        incident: IncidentId,
        mut read: impl FnMut(Vec<Recorded>) + Send,
    ) -> Result<Arc<State>, AppError> {
        let missing = || AppError::not_found(format!("incident {incident}"));
        let mut state = match self.remembered(incident) {
            Some(state) => state,
            None => {
                let row = self.journal().incident(scope, incident).await?.ok_or_else(missing)?;
                Arc::new(self.starting_point(row.practice, incident).await?)
            }
        };
        if let Scope::Practice(own) = scope
            && own != state.practice
        {
            return Err(missing());
        }
        loop {
            let (practice, version) = (state.practice, state.version);
            let newer = self.journal().stream(practice, Stream::incident(incident), version, CHUNK).await?;
            if newer.is_empty() {
                self.remember(&state);
                return Ok(state);
            }
            let mut folded = (*state).clone();
            for recorded in &newer {
                let entry: Entry =
                    serde_json::from_slice(&recorded.canonical).map_err(AppError::json("an entry"))?;
                let event = Event::from_entry(&entry).map_err(AppError::json("an entry's event"))?;
                folded = evolve(folded, &event, entry.at, &entry.actor);
            }
            state = Arc::new(folded);
            read(newer);
        }
    }

    async fn starting_point(&self, practice: PracticeId, incident: IncidentId) -> Result<State, AppError> {
        let snapshot = self.journal().snapshot(practice, Stream::incident(incident)).await?;
        let usable = snapshot.filter(|snapshot| snapshot.form == SNAPSHOT_FORM);
        // A snapshot that cannot be read costs time, not truth: the stream is folded from its start.
        let state = usable.and_then(|snapshot| serde_json::from_slice(&snapshot.state).ok());
        Ok(state.unwrap_or_else(|| State::new(incident, practice)))
    }

    /// Puts an alert to an incident, or takes it off, in the alert's own stream and row.
    #[expect(clippy::too_many_arguments, reason = "the write that it adds to")]
    async fn move_alert(
        &self,
        actor: &Actor,
        practice: PracticeId,
        alert: AlertId,
        to: Option<IncidentId>,
        now: Timestamp,
        parts: &mut Vec<Part>,
        rows: &mut Vec<Row>,
    ) -> Result<(), AppError> {
        let row = self.journal().alert(Scope::Practice(practice), alert).await?;
        let mut row = row.ok_or_else(|| AppError::not_found(format!("alert {alert}")))?;
        if row.incident == to {
            return Ok(());
        }
        let event = match (to, row.incident) {
            (Some(incident), _) => {
                incident::AlertEvent::AlertAttachedTo { incident, reason: "put to the incident".to_owned() }
            }
            (None, Some(incident)) => incident::AlertEvent::AlertDetachedFrom {
                incident,
                reason: "taken off the incident".to_owned(),
            },
            (None, None) => return Ok(()),
        };
        parts.push(self.part(
            practice,
            Stream::alert(alert),
            row.version,
            actor,
            now,
            [Fact::from(&event)],
        )?);
        row.version += 1;
        row.incident = to;
        row.updated_at = now;
        rows.push(Row::Alert(Box::new(row)));
        Ok(())
    }

    /// Destroys the sealed bytes of an item, unless another item that is not destroyed has the same bytes.
    pub(crate) async fn destroy_bytes(&self, state: &State, evidence: EvidenceId) -> Result<(), AppError> {
        let Some(item) = state.evidence.get(&evidence) else { return Ok(()) };
        let query =
            crate::ports::EvidenceQuery { sha256: Some(item.digest), limit: 500, ..Default::default() };
        let others = self.journal().evidence(Scope::Provider, query).await?;
        if others.items.iter().any(|row| row.id != evidence && row.state != "destroyed") {
            return Ok(());
        }
        let (store, digest) = (self.store().clone(), item.digest);
        self.blocking(move || Ok(store.destroy(&digest)?)).await
    }
}

/// What a list shows of an item of evidence that can change.
#[derive(PartialEq)]
pub(crate) struct Shown<'a> {
    state: &'static str,
    retain_until: Option<jiff::civil::Date>,
    held: Option<&'a str>,
    destruction_asked_by: Option<&'a str>,
}

impl<'a> Shown<'a> {
    pub(crate) fn of(state: &'a State, item: &'a incident::Evidence) -> Self {
        Self {
            state: match item.place {
                Place::Vault => "held",
                Place::HandedOver { .. } => "handed_over",
                Place::Released { .. } => "released",
                Place::Destroyed { .. } => "destroyed",
            },
            retain_until: item.retain_until,
            held: item.hold.as_ref().or(state.hold.as_ref()).map(|hold| hold.reason.as_str()),
            destruction_asked_by: item.destruction.as_ref().map(|asked| asked.stamp.name.as_str()),
        }
    }

    pub(crate) fn on(&self, mut row: EvidenceRow) -> EvidenceRow {
        self.state.clone_into(&mut row.state);
        row.retain_until = self.retain_until;
        row.held = self.held.map(str::to_owned);
        row.destruction_asked_by = self.destruction_asked_by.map(str::to_owned);
        row
    }
}

/// The digest by which a repeated request is known. The ids of a new incident and of a new item of evidence are drawn
/// anew for each attempt, and must not make a repetition look different.
fn asked(state: &State, request: &Request) -> Result<Digest, AppError> {
    let on = (state.version > 0).then_some(state.incident);
    let mut request = request.clone();
    if let Request::TakeEvidence { evidence, .. } = &mut request {
        *evidence = EvidenceId::from_u128(0);
    }
    Ok(Digest::of(&serde_json::to_vec(&(on, &request)).map_err(AppError::json("the request"))?))
}

/// A failure to reach what a state says is there.
pub(crate) fn damaged(what: &str, why: impl std::fmt::Display) -> AppError {
    AppError::Outside(Outside::never(what, why.to_string()))
}
