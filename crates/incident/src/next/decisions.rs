//! What has to be decided next: containment first, in the order that limits damage first, then people, law, recovery
//! and closing. Each with its owner, its clock and what stops.

use std::collections::BTreeMap;

use kernel::{Indicator, Role, Severity, SystemName, Timestamp};

use super::{
    Decision,
    clocks::{after, containment_minutes, end_of},
};
use crate::{
    AccountStage, Action, ActionStage, BreachAnswer, ContainmentKind, Gate, IndicatorStage, Practice,
    Question, Request, Side, State, Status, System, SystemStage, SystemWork, Target, decide::IMPACT_HOURS,
    phase::blocking_measure, practice::Impact, severity,
};

impl State {
    /// The decisions that wait, in the order in which they should be taken. Empty unless the incident is open.
    #[must_use]
    pub fn next_decisions(&self, practice: &Practice, now: Timestamp) -> Vec<Decision> {
        if self.status != Status::Open {
            return Vec::new();
        }
        let mut all = self.containment_decisions(practice, now);
        all.extend(self.people_decisions(practice, now));
        all.extend(self.question_decisions());
        all.extend(self.recovery_decisions(practice, now));
        all.extend(self.law_decisions(practice, now));
        all.extend(self.closing_decisions());
        for (number, decision) in (1..).zip(&mut all) {
            decision.number = number;
        }
        all
    }

    fn containment_decisions(&self, practice: &Practice, now: Timestamp) -> Vec<Decision> {
        let mut ranked: Vec<(u8, Decision)> = Vec::new();
        for action in self.actions.values() {
            let rank = self.rank(action.measure, &action.target, practice);
            if action.is_open() {
                ranked.extend(
                    self.for_open_action(action, practice).into_iter().map(|decision| (rank, decision)),
                );
            } else if let ActionStage::Applied { stamp } = &action.stage {
                let what =
                    format!("See whether \"{}\" holds on {}.", action.measure.plain(), action.target.plain());
                let decision = decision(what, "applied, and nobody has looked again", Role::Responder);
                // Whatever is loose comes before a second look at what is held.
                ranked.push((7, Decision { due_at: Some(after(stamp.at, 15)), ..decision }));
            }
        }
        for (measure, target, since) in self.loose(practice) {
            if self.actions.values().any(|action| action.target == target && action.is_open()) {
                continue;
            }
            let stops = practice.stops(measure, &target, now, IMPACT_HOURS);
            let rank = self.rank(measure, &target, practice);
            let why = "it is suspected, and nothing holds it";
            let what = format!("{} ({}).", sentence_case(measure.plain()), target.plain());
            let request = Request::ProposeContainment { measure, target, why: why.to_owned(), undo: None };
            let decision = decision(what, why, Role::Responder);
            let due_at = Some(after(since, containment_minutes(self.current_severity())));
            ranked.push((rank, Decision { due_at, stops: Some(stops), request: Some(request), ..decision }));
        }
        ranked.sort_by_key(|(rank, decision)| (*rank, decision.due_at));
        ranked.into_iter().map(|(_, decision)| decision).collect()
    }

    fn for_open_action(&self, action: &Action, practice: &Practice) -> Vec<Decision> {
        let due_at = Some(after(action.proposed.at, containment_minutes(self.current_severity())));
        let mut standing = action.clone();
        standing.preapproved = practice.preapproves(self.kind, action.measure, &action.target);
        let what = format!("\"{}\" on {}", action.measure.plain(), action.target.plain());
        let stops = Some(action.stops.clone());
        let missing = standing.missing_approvals();
        if missing.is_empty() {
            let request = Request::ApplyContainment { action: action.id, receipt: None };
            let decision = decision(format!("Apply {what}."), &action.why, Role::Responder);
            return vec![Decision { due_at, stops, request: Some(request), ..decision }];
        }
        missing
            .into_iter()
            .map(|side| {
                let owner = if side == Side::Practice { Role::Practice } else { Role::Responder };
                let request = Request::ApproveContainment { action: action.id, side };
                // What stops is said beside it, once.
                let decision = decision(format!("Approve {what}."), &action.why, owner);
                Decision { due_at, stops: stops.clone(), request: Some(request), ..decision }
            })
            .collect()
    }

    /// What is suspected and held by nothing, with the measure that would hold it.
    fn loose(&self, practice: &Practice) -> Vec<(ContainmentKind, Target, Timestamp)> {
        let systems = self.systems.iter().filter_map(|(name, system)| match &system.stage {
            SystemStage::Suspected { since } => Some((holding_measure(name, practice), name, since.at)),
            _ => None,
        });
        let systems =
            systems.map(|(measure, name, at)| (measure, Target::System { system: name.clone() }, at));
        let accounts = self.accounts.iter().filter_map(|(name, account)| match &account.stage {
            AccountStage::Suspected { since } => {
                let target = Target::Account { account: name.clone() };
                Some((ContainmentKind::DisableAccount, target, since.at))
            }
            _ => None,
        });
        let block = |indicator: &Indicator, at| {
            let target = Target::Indicator { indicator: indicator.clone() };
            blocking_measure(indicator).map(|measure| (measure, target, at))
        };
        let indicators = self.indicators.values().filter_map(|standing| match &standing.stage {
            IndicatorStage::Seen { since } => block(&standing.indicator, since.at),
            _ => None,
        });
        systems.chain(accounts).chain(indicators).collect()
    }

    /// The order that limits damage first: hosts known to be compromised, accounts with rights over others, other
    /// hosts and accounts, the attacker's addresses and files, then vendors and whole services.
    fn rank(&self, measure: ContainmentKind, target: &Target, practice: &Practice) -> u8 {
        match target {
            Target::System { system } if measure != ContainmentKind::TakeServiceOffline => {
                u8::from(self.systems.get(system).is_none_or(|system| system.confirmed.is_none())) * 2
            }
            Target::Account { account } => {
                if practice.account(account).is_some_and(|profile| profile.privileged) { 1 } else { 3 }
            }
            Target::Indicator { .. } => 4,
            Target::Vendor { .. } => 5,
            Target::System { .. } | Target::Service { .. } => 6,
        }
    }

    fn current_severity(&self) -> Severity {
        self.severity.as_ref().map_or(Severity::High, |standing| standing.severity)
    }

    fn people_decisions(&self, practice: &Practice, now: Timestamp) -> Vec<Decision> {
        let mut decisions = Vec::new();
        let facts = severity::assess(&severity::facts(self, practice, now));
        if let Some(standing) = self.severity.as_ref().filter(|standing| facts.severity > standing.severity) {
            let what = format!("Raise the severity from {} to {}?", standing.severity, facts.severity);
            let why = facts.reasons.join("; ");
            let request =
                Request::SetSeverity { severity: None, reason: "the facts have changed".to_owned() };
            decisions.push(Decision { request: Some(request), ..decision(what, &why, Role::Responder) });
        }
        let (Some(kind), Some(standing)) = (self.kind, &self.severity) else { return decisions };
        for call in practice.calls(kind, standing.severity) {
            if self.engagements.values().any(|made| made.party == call.party) {
                continue;
            }
            let name = call.name.clone().unwrap_or_else(|| call.party.plain().to_owned());
            let decision = decision(format!("Call {} ({name}).", call.party.plain()), &call.why, Role::Lead);
            let due_at = Some(after(standing.stamp.at, i64::from(call.within_minutes)));
            decisions.push(Decision { due_at, ..decision });
        }
        for made in self.engagements.values().filter(|made| made.answer.is_none() && made.is_late(now)) {
            let what = format!("{} has not answered: call somebody else.", made.name);
            let decision = decision(what, "the time to answer is over", Role::Lead);
            decisions.push(Decision { due_at: Some(made.due_at), ..decision });
        }
        decisions
    }

    fn question_decisions(&self) -> Vec<Decision> {
        let unanswered: Vec<_> = Question::ALL
            .iter()
            .filter(|question| {
                !self.findings.values().any(|finding| finding.statement.question == **question)
            })
            .map(|question| question.plain())
            .collect();
        if unanswered.is_empty() {
            return Vec::new();
        }
        let what = format!("Find out, or record as unknown: {}.", unanswered.join(", "));
        vec![decision(what, "recovery and the breach question rest on it", Role::Responder)]
    }

    fn recovery_decisions(&self, practice: &Practice, now: Timestamp) -> Vec<Decision> {
        let unsettled = self.systems.iter().filter(|(_, system)| !system.stage.is_settled());
        let mut steps: Vec<_> =
            unsettled.filter_map(|(name, system)| Some((name, for_system(name, system)?))).collect();
        if steps.len() > 1 {
            let order = self.restore_order(practice, now);
            let places: BTreeMap<_, _> = order.iter().map(|step| (&step.system, step.number)).collect();
            // What is back and watched comes after what is not.
            steps.sort_by_key(|(name, _)| places.get(name).copied().unwrap_or(usize::MAX));
        }
        let mut decisions: Vec<_> = steps.into_iter().map(|(_, step)| step).collect();
        for (name, account) in &self.accounts {
            let what = match &account.stage {
                AccountStage::Disabled { .. } => format!("Reset the credentials of account {name}."),
                AccountStage::CredentialsReset { .. } => {
                    format!("Enrol the second factor of account {name} anew.")
                }
                AccountStage::MfaReEnrolled { .. } => format!("Give account {name} back to its owner."),
                _ => continue,
            };
            decisions.push(decision(what, "somebody else may have had it", Role::Responder));
        }
        decisions
    }

    fn law_decisions(&self, practice: &Practice, now: Timestamp) -> Vec<Decision> {
        let mut decisions = Vec::new();
        let open =
            self.breach_decision().is_none_or(|decision| decision.answer == BreachAnswer::Undetermined);
        if open {
            let what = "Decide the breach question.".to_owned();
            let why = "a breach is presumed unless an assessment shows a low probability (45 CFR 164.402)";
            decisions.push(decision(what, why, Role::Attorney));
        }
        let mut duties: Vec<_> = self.obligations.values().filter(|it| !it.standing.is_settled()).collect();
        duties.sort_by_key(|obligation| (obligation.duty.due.is_none(), obligation.duty.due));
        for obligation in duties {
            let duty = &obligation.duty;
            let what = if obligation.computed {
                format!("Meet, or determine not due: {}.", duty.plain())
            } else {
                format!("The facts no longer ask for it; determine not due, or meet: {}.", duty.plain())
            };
            let due_at = duty.due_at.or_else(|| end_of(duty.due?, practice));
            let target = duty.target.and_then(|target| end_of(target, practice));
            let why = match (due_at, target) {
                (Some(due), _) if now > due => {
                    format!("MISSED: its last lawful day is past ({})", duty.citation)
                }
                (_, Some(target)) if now > target => {
                    format!("NEAR: the internal target is past ({})", duty.citation)
                }
                _ => duty.citation.clone(),
            };
            let decision = decision(what, &why, Role::Attorney);
            decisions.push(Decision { due_at, ..decision });
        }
        decisions
    }

    fn closing_decisions(&self) -> Vec<Decision> {
        let mut decisions = Vec::new();
        if self.root_cause.is_none() {
            decisions.push(decision(
                "Record the root cause.".to_owned(),
                "so that it does not come back",
                Role::Responder,
            ));
        }
        if self.remediation.is_empty() {
            decisions.push(decision(
                "Record what has to change.".to_owned(),
                "so that it does not come back",
                Role::Lead,
            ));
        }
        if self.retain_until.is_none() {
            let why = "the record is kept for six years (45 CFR 164.316(b)(2)(i))";
            decisions.push(decision("Set the retention date.".to_owned(), why, Role::Lead));
        }
        if self.missing_for_closing().is_empty() {
            let request = Request::Close { summary: None };
            let decision = decision("Close the incident.".to_owned(), "nothing is missing", Role::Lead);
            decisions.push(Decision { request: Some(request), ..decision });
        }
        decisions
    }
}

fn decision(what: String, why: &str, owner: Role) -> Decision {
    Decision { number: 0, what, why: why.to_owned(), owner, due_at: None, stops: None, request: None }
}

fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A system that a vendor runs cannot be isolated as a host is.
fn holding_measure(name: &SystemName, practice: &Practice) -> ContainmentKind {
    use crate::practice::SystemKind as K;
    match practice.system(name).map(|system| system.kind) {
        Some(K::Cloud | K::Mail | K::Identity | K::Telephony) => ContainmentKind::TakeServiceOffline,
        Some(K::Network | K::MedicalDevice | K::Imaging) => ContainmentKind::QuarantineSystem,
        _ => ContainmentKind::IsolateHost,
    }
}

/// The next step of a system that is held.
fn for_system(name: &SystemName, system: &System) -> Option<Decision> {
    let responder = |what: String, why: &str| Some(decision(what, why, Role::Responder));
    match &system.stage {
        SystemStage::Contained { .. } if system.work.is_empty() => {
            responder(format!("Remove what the attacker left on {name}, or rebuild it."), "it is contained")
        }
        SystemStage::Contained { .. } => responder(format!("Is {name} clean?"), "work on it is recorded"),
        SystemStage::Clean { .. }
            if system.restore_point.is_none() && !system.did(SystemWork::RebuiltFromCleanSource) =>
        {
            responder(format!("Choose a restore point for {name}."), "it is clean, and its data is not back")
        }
        SystemStage::Clean { .. } => {
            responder(format!("Restore {name}."), "it is clean, and its data is not back")
        }
        SystemStage::Restored { .. } | SystemStage::InProduction { .. } => {
            let open = system.open_gates();
            if let Some(gate) = open.first() {
                let owner = if *gate == Gate::SignedByPractice { Role::Practice } else { Role::Responder };
                let gates: Vec<_> = open.iter().map(|gate| gate.plain()).collect();
                let what = format!("Gates of {name} that do not hold: {}.", gates.join("; "));
                return Some(decision(what, "it returns, and is cleared, only through its gates", owner));
            }
            match &system.stage {
                SystemStage::InProduction { watch: None, .. } => responder(
                    format!("Set what {name} is watched for, and until when."),
                    "it is back in production",
                ),
                SystemStage::InProduction { watch: Some(watch), .. } => {
                    let made = decision(
                        format!("Clear {name} when its watch ends."),
                        "it is watched",
                        Role::Responder,
                    );
                    Some(Decision { due_at: Some(watch.until), ..made })
                }
                _ => {
                    let request = Request::ReturnToProduction { system: name.clone() };
                    let made =
                        decision(format!("Return {name} to production."), "its gates hold", Role::Responder);
                    Some(Decision { request: Some(request), ..made })
                }
            }
        }
        SystemStage::Suspected { .. } | SystemStage::Cleared { .. } | SystemStage::Retired { .. } => None,
    }
}

impl Decision {
    /// Whether a clinical service stops if it is done.
    #[must_use]
    pub fn stops_care(&self) -> bool {
        self.stops.as_ref().is_some_and(Impact::stops_care)
    }
}
