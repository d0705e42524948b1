//! The main job (`contracts/respond.md`): takes one incident as far as a program can without a person's decision, and
//! leaves the rest as numbered decisions, each with its owner's role. Run twice on the same alerts, it goes on with the
//! incident that it opened the first time.

pub mod files;
mod notices;

use std::{
    collections::BTreeSet,
    net::IpAddr,
    path::{Path, PathBuf},
};

use incident::{IncidentKind, Practice, Proposal, Request, State, Subject, Verdict};
use kernel::{
    AccountName, Actor, AlertId, Channel, IncidentId, Indicator, IndicatorKind, PracticeId, Severity,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App, AppError,
    command::How,
    ports::{AlertRow, Hunted, MoreRules, ReadError},
};

/// What the main job works on.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// Alerts: where each input came from, and its bytes.
    pub alerts: Vec<(String, Vec<u8>)>,
    /// Evidence: files and folders.
    pub evidence: Vec<PathBuf>,
    /// Files that were or may have been seen by the attacker.
    pub exposed: Vec<PathBuf>,
    /// Further detection rules for the hunt: files and folders.
    pub rules: Vec<PathBuf>,
    /// YARA rules over every file of the evidence: files and folders.
    pub yara: Vec<PathBuf>,
}

/// What came of the main job: the last line on standard output.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Outcome {
    /// The incident; `None` where nothing was worth one.
    pub incident: Option<IncidentId>,
    /// How bad.
    pub severity: Option<Severity>,
    /// Hosts and systems named.
    pub hosts: usize,
    /// Accounts named.
    pub accounts: usize,
    /// Detections in the evidence; `None` where it was not searched.
    pub detections: Option<usize>,
    /// People counted in exposed files; `None` where they were not counted.
    pub individuals: Option<usize>,
    /// Obligations computed; `None` where the law was not applied.
    pub obligations: Option<usize>,
    /// Decisions that wait for a person.
    pub open_decisions: usize,
    /// Where the documents are.
    #[schema(value_type = String)]
    pub out: PathBuf,
    /// How long it took.
    pub seconds: f64,
    /// What could not be read.
    #[serde(skip)]
    pub unread: Vec<(String, ReadError)>,
    /// What to tell the person besides, a sentence each.
    #[serde(skip)]
    pub remarks: Vec<String>,
}

impl App {
    /// Does the main job and writes its documents into `out`.
    ///
    /// # Errors
    /// [`AppError`]. What was recorded before a failure stays recorded.
    pub async fn respond(
        &self,
        actor: &Actor,
        practice: PracticeId,
        material: Material,
        out: &Path,
    ) -> Result<Outcome, AppError> {
        let started = self.edge().now();
        let mut remarks = Vec::new();
        let (alerts, unread) = self.take_all(actor, practice, &material.alerts).await?;
        if alerts.is_empty() && material.evidence.is_empty() && material.exposed.is_empty() {
            return Err(AppError::invalid(
                "--alert",
                "nothing could be read: name at least one alert or item of evidence",
            ));
        }
        let mut rows = Vec::new();
        for id in alerts {
            rows.push(self.alert(actor, id).await?);
        }
        let incident = match self.open_for(actor, practice, &rows, &mut remarks).await? {
            Some(incident) => incident,
            None if material.evidence.is_empty() && material.exposed.is_empty() => {
                remarks.push("Every alert looks like a false alarm: no incident was opened. Judge them with `tourniquet alert judge`.".to_owned());
                return Ok(self.nothing(started, out, unread, remarks));
            }
            None => self.open_for_evidence(actor, practice).await?,
        };
        self.propose_measures(actor, incident).await?;
        for path in material.evidence.iter().chain(&material.exposed) {
            self.take_new(actor, incident, path, &mut remarks).await?;
        }
        let hunted = match material.evidence.as_slice() {
            [] => None,
            _ => {
                let rules =
                    MoreRules { paths: material.rules, yara_paths: material.yara, ..MoreRules::default() };
                Some(self.hunt(actor, incident, rules).await?.found)
            }
        };
        remarks.extend(hunted.as_ref().map(hunt_remark));
        remarks.extend(hunted.iter().flat_map(|hunted| hunted.notes.clone()));
        if !material.exposed.is_empty() {
            remarks.push("The exposed files are sealed. The people in them were not counted: this version has no census yet.".to_owned());
        }
        let obligations = self.compute_law(actor, incident, &mut remarks).await?;
        let view = self.incident(actor, incident).await?;
        self.write_documents(actor, incident, &rows, hunted.as_ref(), out).await?;
        Ok(Outcome {
            incident: Some(incident),
            severity: view.state.severity.as_ref().map(|standing| standing.severity),
            hosts: view.state.systems.len(),
            accounts: view.state.accounts.len(),
            detections: hunted.as_ref().filter(|hunted| hunted.rules > 0).map(|hunted| hunted.detections),
            individuals: None,
            obligations,
            open_decisions: view.decisions.len(),
            out: out.to_owned(),
            seconds: self.edge().now().duration_since(started).as_secs_f64(),
            unread,
            remarks,
        })
    }

    fn nothing(
        &self,
        started: kernel::Timestamp,
        out: &Path,
        unread: Vec<(String, ReadError)>,
        remarks: Vec<String>,
    ) -> Outcome {
        Outcome {
            incident: None,
            severity: None,
            hosts: 0,
            accounts: 0,
            detections: None,
            individuals: None,
            obligations: None,
            open_decisions: 0,
            out: out.to_owned(),
            seconds: self.edge().now().duration_since(started).as_secs_f64(),
            unread,
            remarks,
        }
    }

    /// Records every alert of every input; the ids are in input order, each once.
    async fn take_all(
        &self,
        actor: &Actor,
        practice: PracticeId,
        inputs: &[(String, Vec<u8>)],
    ) -> Result<(Vec<AlertId>, Vec<(String, ReadError)>), AppError> {
        let (mut ids, mut unread) = (Vec::new(), Vec::new());
        for (name, bytes) in inputs {
            for read in self.read_alerts(None, bytes) {
                match read {
                    Ok(taken) => {
                        let id = self.take_alert(actor, practice, taken).await?.id;
                        ids.extend(id.filter(|id| !ids.contains(id)));
                    }
                    Err(error) => unread.push((name.clone(), error)),
                }
            }
        }
        Ok((ids, unread))
    }

    /// The incident of these alerts: the one that some of them are put to already, or a new one. `None` where each of
    /// them looks like a false alarm.
    async fn open_for(
        &self,
        actor: &Actor,
        practice: PracticeId,
        rows: &[AlertRow],
        remarks: &mut Vec<String>,
    ) -> Result<Option<IncidentId>, AppError> {
        let profile = self.profile(actor, practice).await?;
        let mut proposals = Vec::new();
        for row in rows {
            let proposal: Proposal =
                serde_json::from_value(row.proposal.clone()).map_err(AppError::json("a proposal"))?;
            proposals.push((row, proposal));
        }
        let dismissed: Vec<_> = proposals
            .iter()
            .filter(|(_, proposal)| proposal.verdict == Verdict::FalsePositive)
            .map(|(row, _)| row.id)
            .collect();
        if !dismissed.is_empty() {
            remarks.push(format!(
                "{} of {} alerts look like false alarms and were left out of the incident; each says why.",
                dismissed.len(),
                rows.len()
            ));
        }
        proposals.retain(|(_, proposal)| proposal.verdict != Verdict::FalsePositive);
        if proposals.is_empty() {
            return Ok(None);
        }
        if let Some(open) = self.open_incident_of(actor, rows).await? {
            let state = self.load(crate::ports::Scope::Practice(practice), open).await?;
            for (row, _) in proposals.iter().filter(|(row, _)| row.incident.is_none()) {
                let request = Request::AttachAlert {
                    alert: row.id,
                    reason: "came in with alerts of this incident".to_owned(),
                };
                self.command(actor, open, request, How::default()).await?;
            }
            for (subject, why) in subjects(&proposals, &profile.practice) {
                if !known(&state, &subject) {
                    let request = Request::Suspect { subject, why, seen_on: Vec::new() };
                    self.command(actor, open, request, How::default()).await?;
                }
            }
            remarks.push(format!("These alerts belong to incident {open}, which is open: it was continued."));
            return Ok(Some(open));
        }
        let found = subjects(&proposals, &profile.practice);
        let kind = kind_of(&proposals);
        let request = Request::Declare {
            title: title(kind, &found, &profile.practice),
            incident_kind: kind,
            reason: format!("{} alerts that triage takes for one event", proposals.len()),
            alerts: proposals.iter().map(|(row, _)| row.id).collect(),
            subjects: found.into_iter().map(|(subject, _)| subject).collect(),
            severity: None,
            exercise: false,
        };
        Ok(Some(self.declare(actor, practice, request, None).await?.incident))
    }

    async fn open_incident_of(
        &self,
        actor: &Actor,
        rows: &[AlertRow],
    ) -> Result<Option<IncidentId>, AppError> {
        for incident in rows.iter().filter_map(|row| row.incident).collect::<BTreeSet<_>>() {
            let state = self.load(crate::ports::Scope::of(actor), incident).await?;
            if state.status == incident::Status::Open {
                return Ok(Some(incident));
            }
        }
        Ok(None)
    }

    async fn open_for_evidence(&self, actor: &Actor, practice: PracticeId) -> Result<IncidentId, AppError> {
        let request = Request::Declare {
            title: "Evidence taken in; what happened is not known yet".to_owned(),
            incident_kind: IncidentKind::Other,
            reason: "evidence was handed in without an alert".to_owned(),
            alerts: Vec::new(),
            subjects: Vec::new(),
            severity: None,
            exercise: false,
        };
        Ok(self.declare(actor, practice, request, None).await?.incident)
    }

    /// Takes a path's files in, but for those that the incident holds already.
    async fn take_new(
        &self,
        actor: &Actor,
        incident: IncidentId,
        path: &Path,
        remarks: &mut Vec<String>,
    ) -> Result<(), AppError> {
        let why = "handed in for the response";
        let name = path
            .file_name()
            .map_or_else(|| "evidence".to_owned(), |name| name.to_string_lossy().into_owned());
        let (taken, there) = self.take_evidence_once(actor, incident, path.to_owned(), &name, why).await?;
        if taken == 0 && there > 0 {
            remarks.push(format!("{name}: in custody already."));
        }
        Ok(())
    }

    /// Proposes what would stop the attacker, in the order that limits damage first.
    pub(crate) async fn propose_measures(&self, actor: &Actor, incident: IncidentId) -> Result<(), AppError> {
        let state = self.load(crate::ports::Scope::of(actor), incident).await?;
        let profile = self.profile(actor, state.practice).await?;
        let waiting = state.next_decisions(&profile.practice, self.edge().now());
        for request in waiting.into_iter().filter_map(|decision| decision.request) {
            if matches!(request, Request::ProposeContainment { .. }) {
                self.command(actor, incident, request, How::default()).await?;
            }
        }
        Ok(())
    }
}

/// What the person should know of the hunt.
fn hunt_remark(hunted: &Hunted) -> String {
    format!(
        "The evidence was searched: {} records in {} files, {} rules, {} detections, {} hosts in the story. story.json and coverage.json hold it.",
        hunted.records,
        hunted.files,
        hunted.rules,
        hunted.detections,
        hunted.hosts.len()
    )
}

/// What the alerts name, each with why it is suspected: systems first.
fn subjects(proposals: &[(&AlertRow, Proposal)], practice: &Practice) -> Vec<(Subject, String)> {
    let mut found: Vec<(Subject, String)> = Vec::new();
    let mut add = |subject: Subject, why: String| {
        if !found.iter().any(|(known, _)| *known == subject) {
            found.push((subject, why));
        }
    };
    let why = |row: &AlertRow| format!("named by an alert of {}", row.alert.source);
    for (row, proposal) in proposals {
        for system in &proposal.systems {
            add(Subject::System { system: system.clone() }, why(row));
        }
        for host in &row.alert.hosts {
            if let Some(system) = practice.system_name(host) {
                add(Subject::System { system }, why(row));
            }
        }
    }
    for (row, proposal) in proposals {
        for account in proposal.accounts.iter().filter(|account| !only_named(row, account.as_str(), practice))
        {
            add(Subject::Account { account: account.clone() }, why(row));
        }
        let named = row.alert.accounts.iter().filter(|account| !only_named(row, account, practice));
        for account in named.filter_map(|account| AccountName::new(account).ok()) {
            add(Subject::Account { account }, why(row));
        }
    }
    for (row, _) in proposals {
        let vendors_mail = is_vendors_mail(row, practice);
        for indicator in row.alert.indicators.iter().filter(|indicator| tells(indicator)) {
            let of_envelope = vendors_mail && !mentioned(row, &indicator.value);
            if of_envelope || belongs(&indicator.value, practice) {
                continue;
            }
            add(Subject::Indicator { indicator: Indicator::clone(indicator) }, why(row));
        }
    }
    found
}

/// Whether the incident knows a subject already.
pub(crate) fn known(state: &State, subject: &Subject) -> bool {
    match subject {
        Subject::System { system } => state.systems.contains_key(system),
        Subject::Account { account } => state.accounts.contains_key(account),
        Subject::Indicator { indicator } => {
            state.indicators.contains_key(&incident::indicator_key(indicator))
        }
    }
}

/// Whether an account stands in an alert only because its owner wrote or received it: the people of the practice and of
/// its vendors who report trouble are not its suspects.
fn only_named(row: &AlertRow, account: &str, practice: &Practice) -> bool {
    row.alert.channel != Channel::Mdr && belongs(account, practice) && !mentioned(row, account)
}

/// Whether a value is the practice's or a vendor's own: an address of its people, a domain of a vendor.
fn belongs(value: &str, practice: &Practice) -> bool {
    let value = value.to_lowercase();
    let of_domain = |domain: &String| {
        let domain = domain.to_lowercase();
        value == domain || value.ends_with(&format!(".{domain}")) || value.ends_with(&format!("@{domain}"))
    };
    let people = practice.people.iter().filter_map(|person| person.email.as_ref());
    people.into_iter().any(|email| email.eq_ignore_ascii_case(&value))
        || practice.vendors.iter().flat_map(|vendor| &vendor.domains).any(of_domain)
}

/// Whether an alert is a mail of one of the practice's vendors.
fn is_vendors_mail(row: &AlertRow, practice: &Practice) -> bool {
    let ours = |value: &str| belongs(value, practice);
    row.alert.source == "email"
        && (row.alert.accounts.iter().any(|account| ours(account))
            || row.alert.indicators.iter().any(|seen| ours(&seen.value)))
}

/// Whether a value stands in what an alert says, and not only in its envelope.
fn mentioned(row: &AlertRow, value: &str) -> bool {
    let says = |text: &Option<String>| {
        text.as_ref().is_some_and(|text| text.to_lowercase().contains(&value.to_lowercase()))
    };
    says(&row.alert.description) || says(&row.alert.title)
}

/// The kind that the worst alert points to; of equals the one named most often.
fn kind_of(proposals: &[(&AlertRow, Proposal)]) -> IncidentKind {
    let votes = |kind: IncidentKind| proposals.iter().filter(|(_, proposal)| proposal.kind == kind).count();
    proposals
        .iter()
        .filter(|(_, proposal)| proposal.kind != IncidentKind::Other)
        .max_by_key(|(_, proposal)| (proposal.severity, votes(proposal.kind)))
        .map_or(IncidentKind::Other, |(_, proposal)| proposal.kind)
}

fn title(kind: IncidentKind, found: &[(Subject, String)], practice: &Practice) -> String {
    let systems = found.iter().filter(|(subject, _)| matches!(subject, Subject::System { .. })).count();
    let accounts = found.iter().filter(|(subject, _)| matches!(subject, Subject::Account { .. })).count();
    let many =
        |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    let kind = kind.plain();
    let kind: String =
        kind.chars().take(1).flat_map(char::to_uppercase).chain(kind.chars().skip(1)).collect();
    let mut of = Vec::new();
    if systems > 0 {
        of.push(many(systems, "system"));
    }
    if accounts > 0 {
        of.push(many(accounts, "account"));
    }
    if of.is_empty() {
        format!("{kind} at {}", practice.name)
    } else {
        format!("{kind} at {}: {}", practice.name, of.join(", "))
    }
}

/// Whether an indicator tells the attacker from the practice: not a private address, not a path on every machine.
fn tells(indicator: &Indicator) -> bool {
    match indicator.kind {
        IndicatorKind::Ipv4 | IndicatorKind::Ipv6 => {
            indicator.value.parse::<IpAddr>().is_ok_and(|address| match address {
                IpAddr::V4(v4) => {
                    !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified())
                }
                IpAddr::V6(v6) => {
                    !(v6.is_loopback()
                        || v6.is_unspecified()
                        || v6.is_unique_local()
                        || v6.is_unicast_link_local())
                }
            })
        }
        IndicatorKind::Domain
        | IndicatorKind::Url
        | IndicatorKind::Sha256
        | IndicatorKind::Sha1
        | IndicatorKind::Md5
        | IndicatorKind::Email => true,
        _ => false,
    }
}
