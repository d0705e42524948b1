//! The life of one alert: received, proposed upon, judged by a person, grouped, put to an incident. A person's verdict
//! stands beside the proposal and never replaces it, so that one can ask how often the two agreed.

use kernel::{
    Alert, AlertId, Authorised, Capability, GroupId, IncidentId, PracticeId, Requires, Severity, Timestamp,
    entry::EntryActor,
};
use serde::{Deserialize, Serialize, de::value::MapAccessDeserializer};
use utoipa::ToSchema;

use crate::{IncidentKind, Refusal, RefusalKind, event::Parts, stamp::Stamp, triage::Proposal, word::words};

/// Photos that one alert may have.
pub const MOST_PHOTOS: usize = 12;

words! {
    /// Whether an alert means what it says.
    Verdict, "a verdict":
    TruePositive = "true_positive", "a true positive";
    FalsePositive = "false_positive", "a false positive";
    Undetermined = "undetermined", "undetermined";
}

/// What may be asked of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each member is named in the field's terms, and its variant's line says what it does"
)]
pub enum AlertRequest {
    /// Takes an alert in.
    Receive { alert: Box<Alert> },
    /// Records what triage proposes.
    Propose { proposal: Box<Proposal> },
    /// Judges it.
    Judge {
        verdict: Verdict,
        reasons: Vec<String>,
        #[serde(default)]
        incident_kind: Option<IncidentKind>,
        #[serde(default)]
        severity: Option<Severity>,
    },
    /// Takes the verdict back that stands: what stood before it stands again.
    WithdrawVerdict { reason: String },
    /// Adds a photo that came with it, sealed elsewhere.
    AddPhoto { photo: Photo },
    /// Puts it into a group.
    Group { group: GroupId, reason: String },
    /// Takes it out of its group.
    Ungroup { reason: String },
    /// Puts it to an incident.
    Attach { incident: IncidentId, reason: String },
    /// Takes it off its incident.
    Detach { reason: String },
}

impl Requires for AlertRequest {
    fn requires(&self) -> Capability {
        match self {
            Self::Receive { .. } | Self::Propose { .. } => Capability::Intake,
            Self::AddPhoto { .. } => Capability::Report,
            Self::Judge { .. }
            | Self::WithdrawVerdict { .. }
            | Self::Group { .. }
            | Self::Ungroup { .. }
            | Self::Attach { .. }
            | Self::Detach { .. } => Capability::Triage,
        }
    }
}

/// What happened to an alert: the kind and body of an entry in the alert's own stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "each member is named in the field's terms, and its variant's line says what happened"
)]
pub enum AlertEvent {
    /// It was taken in. The entry holds what an entry may hold: titles and descriptions may name patients, so they
    /// stay with the raw bytes and are found by their digest.
    AlertReceived { alert: Received },
    /// Triage proposed.
    AlertProposed { proposal: Box<Proposal> },
    /// A person judged.
    AlertJudged {
        verdict: Verdict,
        reasons: Vec<String>,
        incident_kind: Option<IncidentKind>,
        severity: Option<Severity>,
    },
    /// A person took the verdict back that stood.
    AlertVerdictWithdrawn { reason: String },
    /// A photo came with it.
    AlertPhotoAdded { photo: Photo },
    /// It was put into a group.
    AlertGrouped { group: GroupId, reason: String },
    /// It was taken out of its group.
    AlertUngrouped { group: GroupId, reason: String },
    /// It was put to an incident.
    AlertAttachedTo { incident: IncidentId, reason: String },
    /// It was taken off its incident.
    AlertDetachedFrom { incident: IncidentId, reason: String },
}

/// A photo that came with an alert. The bytes are sealed in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Photo {
    /// SHA-256 of the bytes.
    pub sha256: kernel::Digest,
    /// How many.
    pub bytes: u64,
    /// Its media type, as its first bytes show it.
    pub media: String,
}

/// What an entry keeps of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Received {
    /// Where alerts of this kind come from.
    pub channel: kernel::Channel,
    /// The adapter.
    pub source: String,
    /// The source's own id.
    pub source_id: Option<String>,
    /// How bad the source says it is.
    pub severity: Option<Severity>,
    /// When it happened.
    pub occurred_at: Option<kernel::Moment>,
    /// When the source reported it.
    pub reported_at: Option<kernel::Moment>,
    /// How many hosts it names.
    pub hosts: usize,
    /// How many accounts it names.
    pub accounts: usize,
    /// How many indicators it names.
    pub indicators: usize,
    /// Techniques it names.
    pub techniques: Vec<String>,
    /// SHA-256 of the bytes as received.
    pub raw_sha256: kernel::Digest,
}

/// Where an alert stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertState {
    /// The alert.
    pub id: AlertId,
    /// The practice.
    pub practice: PracticeId,
    /// How many events made this state.
    pub version: u64,
    /// What was received, and when.
    pub received: Option<(Received, Stamp)>,
    /// What triage proposes, the last one.
    pub proposal: Option<Box<Proposal>>,
    /// What a person judged, the last one standing.
    pub judgement: Option<Judgement>,
    /// What was judged before that, oldest first; what was taken back is not among it.
    #[serde(default)]
    pub before: Vec<Judgement>,
    /// Photos that came with it.
    #[serde(default)]
    pub photos: Vec<Photo>,
    /// Its group.
    pub group: Option<GroupId>,
    /// Its incident.
    pub incident: Option<IncidentId>,
}

/// A person's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<String>,
    /// What kind of incident, where they said.
    pub incident_kind: Option<IncidentKind>,
    /// How bad, where they said.
    pub severity: Option<Severity>,
    /// What triage proposed when they judged, where it had.
    pub proposed: Option<Verdict>,
    /// Who and when.
    pub stamp: Stamp,
}

impl Judgement {
    /// Whether the person agreed with the proposal; `None` where there was none, or it was undetermined.
    #[must_use]
    pub fn agrees(&self) -> Option<bool> {
        let proposed = self.proposed.filter(|&verdict| verdict != Verdict::Undetermined)?;
        Some(proposed == self.verdict)
    }
}

/// What a request to an alert leads to. No events mean that nothing changes.
///
/// # Errors
/// [`Refusal`] with the reason and the way out.
pub fn decide(state: &AlertState, request: &Authorised<AlertRequest>) -> Result<Vec<AlertEvent>, Refusal> {
    let refuse = |why, reason: String, way_out: &str| Err(Refusal::new(why, reason, way_out));
    let request = request.request();
    if state.received.is_none() && !matches!(request, AlertRequest::Receive { .. }) {
        return refuse(RefusalKind::Unknown, "no such alert".to_owned(), "take it in first");
    }
    let said = |text: &str| {
        if text.trim().is_empty() {
            Err(Refusal::new(RefusalKind::Invalid, "no reason is given", "say why in `reason`"))
        } else {
            Ok(text.to_owned())
        }
    };
    match request {
        AlertRequest::Receive { .. } if state.received.is_some() => refuse(
            RefusalKind::Already,
            "the alert was taken in already".to_owned(),
            "nothing has to be done",
        ),
        AlertRequest::Receive { alert } => Ok(vec![AlertEvent::AlertReceived { alert: Received::of(alert) }]),
        AlertRequest::Propose { proposal } if state.proposal.as_ref() == Some(proposal) => Ok(Vec::new()),
        AlertRequest::Propose { proposal } => {
            Ok(vec![AlertEvent::AlertProposed { proposal: proposal.clone() }])
        }
        AlertRequest::Judge { verdict, reasons, incident_kind, severity } => {
            if reasons.is_empty() {
                return refuse(RefusalKind::Invalid, "no reason is given".to_owned(), "say why in `reasons`");
            }
            let reasons = reasons.iter().map(|reason| said(reason)).collect::<Result<_, _>>()?;
            let (verdict, incident_kind, severity) = (*verdict, *incident_kind, *severity);
            Ok(vec![AlertEvent::AlertJudged { verdict, reasons, incident_kind, severity }])
        }
        AlertRequest::WithdrawVerdict { reason } if state.judgement.is_some() => {
            Ok(vec![AlertEvent::AlertVerdictWithdrawn { reason: said(reason)? }])
        }
        AlertRequest::WithdrawVerdict { .. } => {
            refuse(RefusalKind::WrongStage, "nobody has judged it".to_owned(), "nothing has to be undone")
        }
        AlertRequest::AddPhoto { photo } if state.photos.contains(photo) => Ok(Vec::new()),
        AlertRequest::AddPhoto { .. } if state.photos.len() >= MOST_PHOTOS => refuse(
            RefusalKind::Already,
            format!("it has {MOST_PHOTOS} photos"),
            "take more in as evidence of the incident",
        ),
        AlertRequest::AddPhoto { photo } => Ok(vec![AlertEvent::AlertPhotoAdded { photo: photo.clone() }]),
        AlertRequest::Group { group, .. } if state.group == Some(*group) => Ok(Vec::new()),
        AlertRequest::Group { group, reason } => {
            Ok(vec![AlertEvent::AlertGrouped { group: *group, reason: said(reason)? }])
        }
        AlertRequest::Ungroup { reason } => match state.group {
            Some(group) => Ok(vec![AlertEvent::AlertUngrouped { group, reason: said(reason)? }]),
            None => refuse(RefusalKind::WrongStage, "it is in no group".to_owned(), "nothing has to be done"),
        },
        AlertRequest::Attach { incident, reason } => match state.incident {
            Some(other) if other == *incident => Ok(Vec::new()),
            Some(other) => refuse(
                RefusalKind::Already,
                format!("it belongs to incident {other}"),
                "take it off that one first",
            ),
            None => Ok(vec![AlertEvent::AlertAttachedTo { incident: *incident, reason: said(reason)? }]),
        },
        AlertRequest::Detach { reason } => match state.incident {
            Some(incident) => Ok(vec![AlertEvent::AlertDetachedFrom { incident, reason: said(reason)? }]),
            None => refuse(
                RefusalKind::WrongStage,
                "it belongs to no incident".to_owned(),
                "nothing has to be done",
            ),
        },
    }
}

impl Received {
    /// What an entry keeps of `alert`.
    #[must_use]
    pub fn of(alert: &Alert) -> Self {
        Self {
            channel: alert.channel,
            source: alert.source.clone(),
            source_id: alert.source_id.clone(),
            severity: alert.severity,
            occurred_at: alert.occurred_at,
            reported_at: alert.reported_at,
            hosts: alert.hosts.len(),
            accounts: alert.accounts.len(),
            indicators: alert.indicators.len(),
            techniques: alert.techniques.clone(),
            raw_sha256: alert.raw_sha256,
        }
    }
}

impl AlertState {
    /// An alert of which nothing is recorded yet.
    #[must_use]
    pub const fn new(id: AlertId, practice: PracticeId) -> Self {
        Self {
            id,
            practice,
            version: 0,
            received: None,
            proposal: None,
            judgement: None,
            before: Vec::new(),
            photos: Vec::new(),
            group: None,
            incident: None,
        }
    }

    /// Applies an event, made by `actor` at `at`. Total.
    pub fn apply(&mut self, event: &AlertEvent, at: Timestamp, actor: &EntryActor) {
        self.version = self.version.saturating_add(1);
        let stamp = Stamp::new(at, actor);
        match event {
            AlertEvent::AlertReceived { alert } => self.received = Some((alert.clone(), stamp)),
            AlertEvent::AlertProposed { proposal } => self.proposal = Some(proposal.clone()),
            AlertEvent::AlertJudged { verdict, reasons, incident_kind, severity } => {
                self.before.extend(self.judgement.take());
                self.judgement = Some(Judgement {
                    verdict: *verdict,
                    reasons: reasons.clone(),
                    incident_kind: *incident_kind,
                    severity: *severity,
                    proposed: self.proposal.as_ref().map(|proposal| proposal.verdict),
                    stamp,
                });
            }
            AlertEvent::AlertVerdictWithdrawn { .. } => self.judgement = self.before.pop(),
            AlertEvent::AlertPhotoAdded { photo } => self.photos.push(photo.clone()),
            AlertEvent::AlertGrouped { group, .. } => self.group = Some(*group),
            AlertEvent::AlertUngrouped { .. } => self.group = None,
            AlertEvent::AlertAttachedTo { incident, .. } => self.incident = Some(*incident),
            AlertEvent::AlertDetachedFrom { .. } => self.incident = None,
        }
    }

    /// Applies an entry of the alert's stream.
    ///
    /// # Errors
    /// Where the entry's kind is none of an alert's, or its body is not of that kind.
    pub fn apply_entry(&mut self, entry: &kernel::Entry) -> Result<(), serde_json::Error> {
        let parts = MapAccessDeserializer::new(Parts::new(&entry.kind, &entry.body));
        self.apply(&AlertEvent::deserialize(parts)?, entry.at, &entry.actor);
        Ok(())
    }
}

impl AlertEvent {
    /// The kind: an entry's `kind`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::AlertReceived { .. } => "alert_received",
            Self::AlertProposed { .. } => "alert_proposed",
            Self::AlertJudged { .. } => "alert_judged",
            Self::AlertVerdictWithdrawn { .. } => "alert_verdict_withdrawn",
            Self::AlertPhotoAdded { .. } => "alert_photo_added",
            Self::AlertGrouped { .. } => "alert_grouped",
            Self::AlertUngrouped { .. } => "alert_ungrouped",
            Self::AlertAttachedTo { .. } => "alert_attached_to",
            Self::AlertDetachedFrom { .. } => "alert_detached_from",
        }
    }

    /// The body: an entry's `body`.
    #[must_use]
    pub fn body(&self) -> serde_json::Value {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(mut parts)) => parts.remove("body").unwrap_or_default(),
            _ => serde_json::Value::Null,
        }
    }

    /// One line of plain English.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::AlertReceived { alert } => format!("Alert received from {}.", alert.source),
            Self::AlertProposed { proposal } => format!(
                "Triage proposes: {}, {}, severity {}.",
                proposal.verdict.plain(),
                proposal.kind.plain(),
                proposal.severity
            ),
            Self::AlertJudged { verdict, reasons, .. } => {
                format!("Judged {}: {}.", verdict.plain(), reasons.join("; "))
            }
            Self::AlertVerdictWithdrawn { reason } => format!("Verdict taken back: {reason}."),
            Self::AlertPhotoAdded { photo } => format!("A photo came with it, {} bytes.", photo.bytes),
            Self::AlertGrouped { group, reason } => format!("Put into group {group}: {reason}."),
            Self::AlertUngrouped { reason, .. } => format!("Taken out of its group: {reason}."),
            Self::AlertAttachedTo { incident, reason } => format!("Put to incident {incident}: {reason}."),
            Self::AlertDetachedFrom { incident, reason } => {
                format!("Taken off incident {incident}: {reason}.")
            }
        }
    }
}

/// How often people agreed with triage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Agreement {
    /// Judgements of alerts for which triage had proposed true or false.
    pub judged: u64,
    /// Of these, how many said the same.
    pub agreed: u64,
}

impl Agreement {
    /// Counts a judgement.
    pub fn count(&mut self, judgement: &Judgement) {
        if let Some(agrees) = judgement.agrees() {
            self.judged += 1;
            self.agreed += u64::from(agrees);
        }
    }

    /// The share that agreed, 0 to 1; `None` before the first judgement.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share of counts; its last digits mean nothing")]
    pub fn share(self) -> Option<f64> {
        (self.judged > 0).then(|| self.agreed as f64 / self.judged as f64)
    }
}
