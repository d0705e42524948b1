//! Looking: lists, one thing whole, the journal. Every read carries the reader's scope; what is privileged is shown to
//! those who may read it and to nobody else.

use std::{collections::BTreeMap, sync::Arc};

use incident::{Clock, Decision, PhaseView, Practice, RestoreStep, State, Status};
use kernel::{
    Actor, AlertId, Capability, Digest, Entry, EvidenceId, IncidentId, PracticeId, Requires, Stream,
    StreamKind, Timestamp, authorise,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App, AppError,
    ports::{
        AlertQuery, AlertRow, EntryQuery, EvidenceQuery, EvidenceRow, IncidentQuery, IncidentRow, LogHead,
        Page, Recorded, Scope,
    },
};

/// Reading incidents, alerts and the journal.
#[derive(Debug, Clone, Copy)]
pub struct Look;

impl Requires for Look {
    fn requires(&self) -> Capability {
        Capability::Read
    }
}

/// An incident as a person sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IncidentView {
    /// What stands.
    #[serde(serialize_with = "shared")]
    #[schema(value_type = State)]
    pub state: Arc<State>,
    /// The six phases.
    pub phases: Vec<PhaseView>,
    /// What has to be decided next, containment first.
    pub decisions: Vec<Decision>,
    /// The clocks.
    pub clocks: Vec<Clock>,
}

fn shared<S: serde::Serializer>(state: &Arc<State>, serializer: S) -> Result<S::Ok, S::Error> {
    State::serialize(state, serializer)
}

/// An entry with its place in the log. What is privileged has no body for those who may not read it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntryView {
    /// Its index in the log.
    pub index: u64,
    /// Its leaf hash (RFC 6962), with which it can be found in a package.
    pub leaf: Digest,
    /// One sentence.
    pub says: String,
    /// The entry.
    pub entry: Entry,
}

impl App {
    /// A page of alerts.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn alerts(&self, actor: &Actor, query: AlertQuery) -> Result<Page<AlertRow>, AppError> {
        let _ = authorise(actor, Look)?;
        Ok(self.journal().alerts(Scope::of(actor), query).await?)
    }

    /// One alert.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn alert(&self, actor: &Actor, id: AlertId) -> Result<AlertRow, AppError> {
        let _ = authorise(actor, Look)?;
        let row = self.journal().alert(Scope::of(actor), id).await?;
        row.ok_or_else(|| AppError::not_found(format!("alert {id}")))
    }

    /// A page of incidents.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn incidents(
        &self,
        actor: &Actor,
        query: IncidentQuery,
    ) -> Result<Page<IncidentRow>, AppError> {
        let _ = authorise(actor, Look)?;
        let page = self.journal().incidents(Scope::of(actor), query).await?;
        let now = self.edge().now();
        Ok(Page { items: page.items.into_iter().map(|row| counted(row, now)).collect(), next: page.next })
    }

    /// One incident, with its phases, decisions and clocks as of now.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn incident(&self, actor: &Actor, id: IncidentId) -> Result<IncidentView, AppError> {
        let _ = authorise(actor, Look)?;
        let state = self.load(Scope::of(actor), id).await?;
        let profile = self.profile(actor, state.practice).await?;
        let now = self.edge().now();
        let phases = state.phases().into_iter().collect();
        let decisions = state.next_decisions(&profile.practice, now);
        let clocks = state.clocks(&profile.practice, now);
        let state =
            if actor.role.may(Capability::Privileged) { state } else { Arc::new(state.without_privileged()) };
        Ok(IncidentView { state, phases, decisions, clocks })
    }

    /// The systems of an incident that are not back, in the order in which they should come.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn restore_order(&self, actor: &Actor, id: IncidentId) -> Result<Vec<RestoreStep>, AppError> {
        let _ = authorise(actor, Look)?;
        let state = self.load(Scope::of(actor), id).await?;
        let profile = self.profile(actor, state.practice).await?;
        Ok(state.restore_order(&profile.practice, self.edge().now()))
    }

    /// Folds the newest open incidents, so that the first who asks after a start does not wait for it.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn open_ahead(&self, most: u32) -> Result<(), AppError> {
        let open = IncidentQuery { status: Some("open".to_owned()), limit: most, ..IncidentQuery::default() };
        for row in self.journal().incidents(Scope::Provider, open).await?.items {
            let _ = self.load(Scope::Provider, row.id).await?;
        }
        Ok(())
    }

    /// A page of evidence.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn evidence_list(
        &self,
        actor: &Actor,
        query: EvidenceQuery,
    ) -> Result<Page<EvidenceRow>, AppError> {
        let _ = authorise(actor, Look)?;
        Ok(self.journal().evidence(Scope::of(actor), query).await?)
    }

    /// One item of evidence.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn evidence_row(&self, actor: &Actor, id: EvidenceId) -> Result<EvidenceRow, AppError> {
        let _ = authorise(actor, Look)?;
        let row = self.journal().evidence_item(Scope::of(actor), id).await?;
        row.ok_or_else(|| AppError::not_found(format!("evidence {id}")))
    }

    /// A page of entries, newest first.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn entries(&self, actor: &Actor, mut query: EntryQuery) -> Result<Page<EntryView>, AppError> {
        let _ = authorise(actor, Look)?;
        // A search must not answer whether a privileged entry holds a word.
        query.without_privileged |= !actor.role.may(Capability::Privileged) && query.text.is_some();
        let page = self.journal().entries(Scope::of(actor), query).await?;
        Ok(Page { items: self.views(actor, &page.items).await?, next: page.next })
    }

    /// The journal's tail from a log index on, oldest first: what server-sent events carry.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn tail(&self, actor: &Actor, from: u64, limit: u32) -> Result<Vec<EntryView>, AppError> {
        let _ = authorise(actor, Look)?;
        let found = self.journal().tail(Scope::of(actor), from, limit).await?;
        self.views(actor, &found).await
    }

    /// Every entry of an incident, oldest first.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn timeline(&self, actor: &Actor, id: IncidentId) -> Result<Vec<EntryView>, AppError> {
        let _ = authorise(actor, Look)?;
        Ok(self.shared_timeline(actor, id).await?.iter().map(|view| (**view).clone()).collect())
    }

    /// Entries of any streams, each told with the incident that it belongs to in mind.
    async fn views(&self, actor: &Actor, found: &[Recorded]) -> Result<Vec<EntryView>, AppError> {
        let privileged = actor.role.may(Capability::Privileged);
        let mut states: BTreeMap<u128, Arc<State>> = BTreeMap::new();
        let mut views = Vec::with_capacity(found.len());
        for recorded in found {
            let stream = recorded.stream;
            if stream.kind == StreamKind::Incident && !states.contains_key(&stream.id) {
                let state = self.load(Scope::of(actor), IncidentId::from_u128(stream.id)).await?;
                states.insert(stream.id, state);
            }
            views.push(entry_view(privileged, recorded, states.get(&stream.id).map(|state| &**state))?);
        }
        Ok(views)
    }

    pub(crate) async fn whole_stream(
        &self,
        practice: PracticeId,
        stream: Stream,
    ) -> Result<Vec<Recorded>, AppError> {
        let mut all: Vec<Recorded> = Vec::new();
        loop {
            let after = all.last().map_or(0, |recorded| recorded.version);
            let more = self.journal().stream(practice, stream, after, 2_000).await?;
            if more.is_empty() {
                return Ok(all);
            }
            all.extend(more);
        }
    }

    /// The signed head of the log.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn log_head(&self, actor: &Actor) -> Result<LogHead, AppError> {
        let _ = authorise(actor, Look)?;
        Ok(self.journal().head().await?)
    }

    /// Sealed bytes, opened.
    pub(crate) async fn unsealed(
        &self,
        practice: PracticeId,
        digest: &Digest,
        what: &str,
    ) -> Result<Vec<u8>, AppError> {
        let sealed = self.journal().payload(practice, digest).await?;
        let sealed = sealed.ok_or_else(|| AppError::not_found(what.to_owned()))?;
        Ok(self.store().unseal(digest, &sealed)?)
    }
}

/// An entry in words; what is privileged is withheld from those who may not read it.
pub(crate) fn entry_view(
    privileged: bool,
    recorded: &Recorded,
    state: Option<&State>,
) -> Result<EntryView, AppError> {
    let entry: Entry = serde_json::from_slice(&recorded.canonical).map_err(AppError::json("an entry"))?;
    let leaf = Digest::from_bytes(ledger::tree::leaf_hash(&recorded.canonical));
    let hidden = entry.privileged && !privileged;
    let says = if hidden { String::new() } else { says(&entry, state) };
    let view = EntryView { index: recorded.index, leaf, says, entry };
    Ok(if hidden { withheld(&view) } else { view })
}

/// What those who may not read a privileged entry see of it.
pub(crate) fn withheld(view: &EntryView) -> EntryView {
    let entry = Entry { body: serde_json::Value::Null, ..view.entry.clone() };
    EntryView { index: view.index, leaf: view.leaf, says: "Privileged.".to_owned(), entry }
}

/// What an entry says, in one sentence; with the incident's state, the things that it names by id are named in words.
#[must_use]
pub fn says(entry: &Entry, state: Option<&State>) -> String {
    let told = match (entry.stream.kind, state) {
        (StreamKind::Incident, Some(state)) => {
            incident::Event::from_entry(entry).ok().map(|event| event.describe(state))
        }
        (StreamKind::Alert, _) => alert_event(entry).ok().map(|event| event.describe()),
        _ => None,
    };
    told.unwrap_or_else(|| entry.kind.replace('_', " "))
}

fn alert_event(entry: &Entry) -> Result<incident::AlertEvent, serde_json::Error> {
    serde_json::from_value(serde_json::json!({ "kind": entry.kind, "body": entry.body }))
}

/// The legal clocks that run, as pairs of internal target and end, in microseconds; the nearest 64 of them.
fn legal(state: &State, practice: &Practice, now: Timestamp) -> Vec<(Option<i64>, i64)> {
    let runs = |clock: &Clock| clock.kind == incident::ClockKind::Obligation && clock.stopped_at.is_none();
    let ends =
        |clock: Clock| Some((clock.target_at.map(Timestamp::as_microsecond), clock.due_at?.as_microsecond()));
    state.clocks(practice, now).into_iter().filter(runs).filter_map(ends).take(64).collect()
}

/// Counts what is near and missed as of now into a row, in place of the clocks that it was written with.
fn counted(mut row: IncidentRow, now: Timestamp) -> IncidentRow {
    let Some(counts) = row.counts.as_object_mut() else { return row };
    let legal = counts.remove("legal").unwrap_or_default();
    let legal: Vec<(Option<i64>, i64)> = serde_json::from_value(legal).unwrap_or_default();
    let now = now.as_microsecond();
    let missed = legal.iter().filter(|(_, end)| *end < now).count();
    let near =
        legal.iter().filter(|(target, end)| *end >= now && target.is_some_and(|target| target < now)).count();
    let next = legal.iter().map(|(_, end)| *end).filter(|end| *end >= now).min();
    let next = next.and_then(|end| Timestamp::from_microsecond(end).ok());
    counts.insert("duties_open".to_owned(), legal.len().into());
    counts.insert("duties_near".to_owned(), near.into());
    counts.insert("duties_missed".to_owned(), missed.into());
    counts.insert("next_legal_day".to_owned(), serde_json::json!(next));
    row
}

/// So many of those who are on an incident are named in a list.
const ON_IT: usize = 4;

/// What a list shows of an incident.
pub(crate) fn incident_row(state: &State, practice: &Practice, now: Timestamp) -> IncidentRow {
    // One word for where it stands: the first phase that has something open. Lessons may have begun while nothing is contained;
    // who looks at a list of incidents needs to hear of the latter. That somebody has not answered a call is told by its clock.
    let phases = state.phases();
    let open = |view: &&incident::PhaseView| !view.open.is_empty() && view.phase != incident::Phase::Identify;
    let phase = phases.iter().find(open);
    let running = |clock: &Clock| clock.stopped_at.is_none();
    let next_due =
        state.clocks(practice, now).into_iter().filter(running).filter_map(|clock| clock.due_at).min();
    let stage =
        |wanted: &str| state.systems.values().filter(|system| system.stage.as_str() == wanted).count();
    let people = state.on_it(now);
    let open_actions = state.actions.values().filter(|action| action.is_open()).count();
    IncidentRow {
        id: state.incident,
        practice: state.practice,
        title: state.title.clone(),
        kind: state.kind.map_or_else(String::new, |kind| kind.as_str().to_owned()),
        severity: state
            .severity
            .as_ref()
            .map_or(kernel::Severity::Informational, |standing| standing.severity),
        status: if state.status == Status::Closed { "closed" } else { "open" }.to_owned(),
        phase: phase.map_or("learn", |view| view.phase.as_str()).to_owned(),
        version: state.version,
        declared_at: state.declared.as_ref().map_or(now, |stamp| stamp.at),
        updated_at: state.changed_at.unwrap_or(now),
        next_due,
        counts: serde_json::json!({
            "alerts": state.alerts.len(),
            "systems": state.systems.len(),
            "suspected": stage("suspected"),
            "contained": stage("contained"),
            "in_production": stage("in_production"),
            "cleared": stage("cleared"),
            "accounts": state.accounts.len(),
            "evidence": state.evidence.len(),
            "open_actions": open_actions,
            "glass_broken": state.glass_broken.len(),
            // Who is on it, as far as a list has room.
            "on_it": people.get(..ON_IT).unwrap_or(&people),
            "people": people.len(),
            "called": state.engagements.values().filter(|call| call.answer.is_none()).count(),
            // Each open legal clock as [internal target, end], from which a list counts what is near and missed today.
            "legal": legal(state, practice, now),
        }),
    }
}
