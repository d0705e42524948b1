//! Eradication and recovery of systems: work, restore points, gates, production, watch.

use kernel::{EvidenceId, SystemName};

use super::{Ask, Decided, refuse, said};
use crate::{
    Event, Gate, GateStanding, Refusal, RefusalKind, Request, Side, System, SystemStage, SystemWork, Target,
};

impl Ask<'_> {
    pub(super) fn recovery(&self, request: &Request) -> Decided {
        match request {
            Request::RecordSystemWork { system, work, what, evidence } => {
                self.unsettled(system)?;
                Ok(vec![Event::SystemWorkDone {
                    system: system.clone(),
                    work: *work,
                    what: said("what", what)?,
                    evidence: self.known_evidence(evidence)?,
                }])
            }
            Request::DeclareClean { system, uncontained_because } => {
                self.declare_clean(system, uncontained_because.as_deref())
            }
            Request::ChooseRestorePoint { system, name, source, taken_at } => {
                let standing = self.unsettled(system)?;
                if matches!(standing.stage, SystemStage::InProduction { .. }) {
                    return Err(wrong(
                        system,
                        standing,
                        "record a recurrence where it has to be restored again",
                    ));
                }
                if *taken_at > self.now {
                    let reason = "the restore point lies in the future";
                    return Err(refuse(RefusalKind::Invalid, reason, "give the time the backup was taken"));
                }
                Ok(vec![Event::RestorePointChosen {
                    system: system.clone(),
                    name: said("name", name)?,
                    source: said("source", source)?,
                    taken_at: *taken_at,
                }])
            }
            Request::VerifyRestorePoint { system, how } => {
                let how = said("how", how)?;
                match &self.unsettled(system)?.restore_point {
                    None => Err(refuse(
                        RefusalKind::WrongStage,
                        format!("no restore point of {system} is chosen"),
                        "choose one first",
                    )),
                    Some(point) if point.verified.is_some() => {
                        Err(refuse(RefusalKind::Already, "it is verified already", "nothing has to be done"))
                    }
                    Some(_) => Ok(vec![Event::RestorePointVerified { system: system.clone(), how }]),
                }
            }
            Request::RecordRestored { system } => self.restored(system),
            Request::HoldGate { system, gate, how, evidence } => self.hold_gate(system, *gate, how, evidence),
            Request::SignGate { system, side, statement } => {
                self.sign(system, *side, &said("statement", statement)?)
            }
            Request::WaiveGate { system, gate, reason } => {
                self.waive(system, *gate, &said("reason", reason)?)
            }
            Request::ReturnToProduction { system } => self.return_to_production(system),
            Request::SetWatch { .. } | Request::RecordObservation { .. } | Request::ClearSystem { .. } => {
                self.watch(request)
            }
            Request::RetireSystem { system, reason } => {
                self.unsettled(system)?;
                Ok(vec![Event::SystemRetired { system: system.clone(), reason: said("reason", reason)? }])
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The system, where it is not settled.
    fn unsettled(&self, name: &SystemName) -> Result<&System, Refusal> {
        let system = self.system_in(name)?;
        if system.stage.is_settled() {
            return Err(wrong(name, system, "record a recurrence where the compromise came back"));
        }
        Ok(system)
    }

    fn declare_clean(&self, name: &SystemName, uncontained_because: Option<&str>) -> Decided {
        let system = self.unsettled(name)?;
        let because = match (&system.stage, uncontained_because) {
            (SystemStage::Contained { .. }, _) => None,
            (SystemStage::Suspected { .. }, Some(because)) => Some(said("uncontained_because", because)?),
            (SystemStage::Suspected { .. }, None) => {
                let way_out = "contain it, or say in `uncontained_because` why it was not";
                return Err(wrong(name, system, way_out));
            }
            _ => return Err(wrong(name, system, "go on with its recovery")),
        };
        let cleaning =
            [SystemWork::ArtefactRemoved, SystemWork::RebuiltFromCleanSource, SystemWork::SweptClean];
        if !cleaning.into_iter().any(|kind| system.did(kind)) {
            let reason = format!("no work is recorded that would have made {name} clean");
            let way_out = "record what was removed, that it was rebuilt, or that a sweep found nothing";
            return Err(refuse(RefusalKind::WrongStage, reason, way_out));
        }
        Ok(vec![Event::SystemCleaned { system: name.clone(), uncontained_because: because }])
    }

    fn restored(&self, name: &SystemName) -> Decided {
        let system = self.unsettled(name)?;
        if !matches!(system.stage, SystemStage::Clean { .. }) {
            return Err(wrong(name, system, "it is restored once it is clean"));
        }
        let verified = system.restore_point.as_ref().is_some_and(|point| point.verified.is_some());
        let waived = matches!(system.gates.get(&Gate::CleanSource), Some(GateStanding::Waived { .. }));
        if !verified && !system.is_rebuilt() && !waived {
            let reason = format!("{name} has no verified restore point and was not rebuilt");
            let way_out =
                "choose a restore point and verify it, rebuild it, or waive the gate `clean_source`";
            return Err(refuse(RefusalKind::WrongStage, reason, way_out));
        }
        Ok(vec![Event::SystemRestored { system: name.clone() }])
    }

    fn hold_gate(&self, name: &SystemName, gate: Gate, how: &str, evidence: &[EvidenceId]) -> Decided {
        let system = self.unsettled(name)?;
        let how = said("how", how)?;
        if gate.is_signature() {
            return Err(refuse(RefusalKind::Invalid, "a signature is given, not found", "use `sign_gate`"));
        }
        if matches!(system.stage, SystemStage::Suspected { .. } | SystemStage::Contained { .. }) {
            return Err(wrong(name, system, "its gates are looked at once it is clean"));
        }
        match gate {
            Gate::CleanSource => self.source_is_clean(name, system)?,
            Gate::Patched
                if !system.did(SystemWork::Patched) && !system.did(SystemWork::AttackPathClosed) =>
            {
                let reason = format!("no work is recorded that closed the way into {name}");
                return Err(refuse(
                    RefusalKind::WrongStage,
                    reason,
                    "record the patch or the closed attack path",
                ));
            }
            _ => {}
        }
        let evidence = self.known_evidence(evidence)?;
        Ok(vec![Event::GateHeld { system: name.clone(), gate, how, evidence }])
    }

    fn source_is_clean(&self, name: &SystemName, system: &System) -> Result<(), Refusal> {
        if !matches!(system.stage, SystemStage::Restored { .. } | SystemStage::InProduction { .. }) {
            return Err(wrong(name, system, "restore it first"));
        }
        if system.is_rebuilt() {
            return Ok(());
        }
        let way_out = "choose an older restore point, rebuild the system, or waive the gate with a reason";
        let Some(point) = system.restore_point.as_ref().filter(|point| point.verified.is_some()) else {
            let reason = format!("{name} has no verified restore point");
            return Err(refuse(RefusalKind::WrongStage, reason, way_out));
        };
        match self.state.earliest_compromise() {
            None => Err(refuse(
                RefusalKind::WrongStage,
                "the earliest compromise is not known",
                "record it as the finding `earliest`, rebuild the system, or waive the gate with a reason",
            )),
            Some(earliest) if point.taken_at >= earliest => Err(refuse(
                RefusalKind::WrongStage,
                format!(
                    "the restore point was taken at {}, and the compromise began at {earliest}",
                    point.taken_at
                ),
                way_out,
            )),
            Some(_) => Ok(()),
        }
    }

    fn sign(&self, name: &SystemName, side: Side, statement: &str) -> Decided {
        let system = self.unsettled(name)?;
        if !matches!(system.stage, SystemStage::Restored { .. } | SystemStage::InProduction { .. }) {
            return Err(wrong(name, system, "it is signed for once it is restored"));
        }
        let open: Vec<_> = system.open_gates().into_iter().filter(|gate| !gate.is_signature()).collect();
        if !open.is_empty() {
            let missing: Vec<_> = open.iter().map(|gate| gate.plain().to_owned()).collect();
            let reason = format!("gates of {name} do not hold: {}", missing.join("; "));
            return Err(refuse(RefusalKind::GatesOpen, reason, "a signature comes last").missing(missing));
        }
        let gate = Gate::signature(side);
        if system.gates.get(&gate).is_some_and(GateStanding::passes) {
            let reason = format!("{} has signed already", side.plain());
            return Err(refuse(RefusalKind::Already, reason, "nothing has to be done"));
        }
        let other = Gate::signature(if side == Side::Responder { Side::Practice } else { Side::Responder });
        if let Some(GateStanding::Held { stamp, .. }) = system.gates.get(&other)
            && stamp.by == self.actor.id
        {
            let reason = "the same person signed for the other side";
            return Err(refuse(RefusalKind::SamePerson, reason, "have another person sign"));
        }
        let how = statement.to_owned();
        Ok(vec![Event::GateHeld { system: name.clone(), gate, how, evidence: Vec::new() }])
    }

    fn waive(&self, name: &SystemName, gate: Gate, reason: &str) -> Decided {
        let system = self.unsettled(name)?;
        if gate.is_signature() {
            let what = "a signature cannot be waived: nobody signs for another";
            return Err(refuse(RefusalKind::NotYours, what, "have that side sign"));
        }
        if system.gates.get(&gate).is_some_and(GateStanding::passes) {
            return Err(refuse(
                RefusalKind::Already,
                "the gate lets it pass already",
                "nothing has to be done",
            ));
        }
        Ok(vec![Event::GateWaived { system: name.clone(), gate, reason: reason.to_owned() }])
    }

    fn return_to_production(&self, name: &SystemName) -> Decided {
        let system = self.unsettled(name)?;
        if !matches!(system.stage, SystemStage::Restored { .. }) {
            return Err(wrong(name, system, "it returns to production once it is restored"));
        }
        let missing: Vec<_> = system.open_gates().iter().map(|gate| gate.plain().to_owned()).collect();
        if !missing.is_empty() {
            let reason = format!("gates of {name} do not hold: {}", missing.join("; "));
            let way_out = "let them hold, or have the lead waive one with a reason";
            return Err(refuse(RefusalKind::GatesOpen, reason, way_out).missing(missing));
        }
        self.nothing_holds(&Target::System { system: name.clone() })?;
        Ok(vec![Event::SystemReturned { system: name.clone() }])
    }

    fn watch(&self, request: &Request) -> Decided {
        match request {
            Request::SetWatch { system, until, what } => {
                let standing = self.unsettled(system)?;
                if !matches!(standing.stage, SystemStage::InProduction { .. }) {
                    return Err(wrong(system, standing, "it is watched once it is back in production"));
                }
                if *until <= self.now {
                    return Err(refuse(
                        RefusalKind::Invalid,
                        "the watch ends in the past",
                        "name a later time",
                    ));
                }
                let what = said("what", what)?;
                Ok(vec![Event::WatchSet { system: system.clone(), until: *until, what }])
            }
            Request::RecordObservation { system, text, quiet } => {
                let standing = self.unsettled(system)?;
                if !matches!(standing.stage, SystemStage::InProduction { watch: Some(_), .. }) {
                    return Err(wrong(system, standing, "set its watch first"));
                }
                Ok(vec![Event::Observed { system: system.clone(), text: said("text", text)?, quiet: *quiet }])
            }
            Request::ClearSystem { system, why } => {
                let why = said("why", why)?;
                let standing = self.unsettled(system)?;
                let SystemStage::InProduction { watch: Some(watch), .. } = &standing.stage else {
                    return Err(wrong(system, standing, "return it to production and watch it first"));
                };
                let mut missing = Vec::new();
                if self.now < watch.until {
                    missing.push(format!("its watch runs until {}", watch.until));
                }
                match watch.observations.last() {
                    None => missing.push("nobody has recorded what was seen while watching".to_owned()),
                    Some(last) if !last.quiet => {
                        missing.push(format!("the last observation is not quiet: {}", last.text))
                    }
                    Some(_) => {}
                }
                missing.extend(
                    standing.open_gates().iter().map(|gate| format!("the gate fell: {}", gate.plain())),
                );
                if missing.is_empty() {
                    return Ok(vec![Event::SystemCleared { system: system.clone(), why }]);
                }
                let reason = format!("{system} cannot be cleared: {}", missing.join("; "));
                Err(refuse(RefusalKind::WrongStage, reason, "settle what is missing").missing(missing))
            }
            _ => Ok(Vec::new()),
        }
    }
}

fn wrong(name: &SystemName, system: &System, way_out: &str) -> Refusal {
    let stage = system.stage.as_str().replace('_', " ");
    refuse(RefusalKind::WrongStage, format!("{name} is {stage}"), way_out)
}
