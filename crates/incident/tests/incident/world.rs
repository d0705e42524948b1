//! A practice with a clinic and a surgery centre, people, and a journal that one can ask things of.

use incident::{Event, Practice, Refusal, Request, State, decide, evolve};
use kernel::{
    AccountName, Actor, Digest, Forbidden, IncidentId, Indicator, IndicatorKind, PersonId, PracticeId, Role,
    SystemName, Timestamp, authorise, entry::EntryActor,
};

pub(crate) const MONDAY: &str = "2026-01-26T13:10:00Z";
pub(crate) const SUNDAY: &str = "2026-01-25T13:10:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn system(name: &str) -> SystemName {
    SystemName::new(name).unwrap()
}

pub(crate) fn account(name: &str) -> AccountName {
    AccountName::new(name).unwrap()
}

pub(crate) fn indicator(kind: IndicatorKind, value: &str) -> Indicator {
    Indicator { kind, value: value.to_owned() }
}

pub(crate) fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// Monday in Ohio is full at the clinic and in the operating rooms; Sunday is empty.
pub(crate) fn practice() -> Practice {
    let json = serde_json::json!({
        "name": "Cedar Hollow ENT", "state": "OH", "time_zone": "America/New_York",
        "sites": [
            {"key": "main", "name": "Main Street", "kind": "clinic"},
            {"key": "asc", "name": "Surgery centre", "kind": "surgery_centre"}
        ],
        "services": [
            {"key": "visits", "name": "Clinic visits", "site": "main", "kind": "clinic", "downtime": "Paper chart A"},
            {"key": "hearing", "name": "Audiology", "site": "main", "kind": "clinic"},
            {"key": "surgery", "name": "Surgery", "site": "asc", "kind": "surgery_centre", "downtime": "OR binder"}
        ],
        "systems": [
            {"key": "ad-1", "name": "Domain controller", "kind": "identity", "hostnames": ["CH-DC1.cedarhollow.example"], "site": "main"},
            {"key": "ehr-clinic", "name": "Clinic EHR", "kind": "ehr", "hostnames": ["CH-EHR1"], "site": "main",
             "depends_on": ["ad-1"], "holds_phi": true, "ehr": true,
             "services": [{"service": "visits", "downtime": "Form D-1"}, {"service": "hearing"}]},
            {"key": "ehr-asc", "name": "Surgery EHR", "kind": "ehr", "hostnames": ["asc-ehr"], "site": "asc",
             "depends_on": ["ad-1"], "holds_phi": true, "ehr": true, "services": [{"service": "surgery"}]},
            {"key": "files", "name": "File share", "kind": "file_share", "hostnames": ["ch-fs1"], "holds_phi": true},
            {"key": "ws-exam3", "name": "Exam room 3", "kind": "workstation", "hostnames": ["WS-EXAM3.cedarhollow.example"]},
            {"key": "ws-front2", "name": "Front desk 2", "kind": "workstation", "hostnames": ["ws-front2"]},
            {"key": "scan-1", "name": "Scanner", "kind": "server", "hostnames": ["ch-scan"]}
        ],
        "accounts": [
            {"account": "CEDAR\\frontdesk2", "purpose": "Front desk", "reaches_phi": true},
            {"account": "CEDAR\\svc-backup", "purpose": "Backups", "privileged": true}
        ],
        "people": [
            {"name": "Rae Responder", "role": "responder", "on_call": 1},
            {"name": "Lou Lead", "role": "lead", "on_call": 1},
            {"name": "Pat Owner", "role": "practice", "on_call": 1}
        ],
        "counsel": {"name": "Al Attorney"},
        "insurer": {"name": "Harbor Mutual", "policy_number": "C-1", "notice_hours": 48},
        "vendors": [{"name": "LabLink", "what": "Laboratory interface", "baa": true, "domains": ["lablink.example"], "services": ["visits"]}],
        "schedule": {"usual": [
            {"service": "visits", "weekdays": ["monday", "tuesday"], "hours": [
                {"hour": 8, "visits": 8}, {"hour": 9, "visits": 10}, {"hour": 10, "visits": 10}, {"hour": 13, "visits": 8}]},
            {"service": "surgery", "weekdays": ["monday"], "hours": [{"hour": 9, "procedures": 2}, {"hour": 11, "procedures": 2}]}
        ]},
        "plan": {
            "preapproved": [{"incidents": ["ransomware"], "measures": ["isolate_host"], "systems": ["ws-exam3", "ws-front2", "files"]}],
            "known_benign": [
                {"name": "Weekly scan", "kind": "scanner", "hosts": ["ch-scan"], "title_contains": ["port scan"]},
                {"name": "Patch night", "kind": "patch_window", "accounts": ["CEDAR\\svc-patch"],
                 "window": {"weekdays": ["tuesday"], "from_hour": 22, "to_hour": 2}}
            ]
        }
    });
    serde_json::from_value::<Practice>(json).unwrap().validated().unwrap()
}

/// Why something did not happen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum No {
    Forbidden(Forbidden),
    Refused(Refusal),
}

impl No {
    pub(crate) fn refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Forbidden(forbidden) => panic!("forbidden, not refused: {forbidden}"),
        }
    }
}

pub(crate) fn actor(role: Role, person: u8) -> Actor {
    let place = Role::ALL.iter().position(|known| *known == role).unwrap();
    let id = PersonId::from_u128(u128::from(person) * 16 + u128::try_from(place).unwrap() + 1);
    Actor { id, name: format!("{role} {person}"), role, practice: None }
}

pub(crate) struct World {
    pub(crate) practice: Practice,
    pub(crate) state: State,
    pub(crate) now: Timestamp,
    pub(crate) journal: Vec<(Event, Timestamp, EntryActor)>,
}

impl World {
    pub(crate) fn new(now: &str) -> Self {
        let state = State::new(IncidentId::from_u128(7), PracticeId::from_u128(9));
        Self { practice: practice(), state, now: at(now), journal: Vec::new() }
    }

    /// Asks as the first person of a role, a minute later.
    pub(crate) fn ask(&mut self, role: Role, request: Request) -> Result<Vec<Event>, No> {
        self.ask_as(&actor(role, 0), request)
    }

    pub(crate) fn ask_as(&mut self, actor: &Actor, request: Request) -> Result<Vec<Event>, No> {
        self.pass_minutes(1);
        let asked = authorise(actor, request).map_err(No::Forbidden)?;
        let events = decide(&self.state, &asked, &self.practice, self.now).map_err(No::Refused)?;
        let by = EntryActor { id: actor.id, name: actor.name.clone(), role: actor.role };
        for event in &events {
            self.state.apply(event, self.now, &by);
            self.journal.push((event.clone(), self.now, by.clone()));
        }
        Ok(events)
    }

    pub(crate) fn pass_minutes(&mut self, minutes: i64) {
        self.now = Timestamp::from_second(self.now.as_second() + minutes * 60).unwrap();
    }

    pub(crate) fn replayed(&self) -> State {
        let empty = State::new(self.state.incident, self.state.practice);
        self.journal.iter().fold(empty, |state, (event, at, by)| evolve(state, event, *at, by))
    }
}
