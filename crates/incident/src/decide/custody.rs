//! The chain of custody. Destruction comes last: after retention, without a hold, by two people.

use kernel::EvidenceId;

use super::{Ask, Decided, refuse, said, six_years_after};
use crate::{Event, Evidence, Place, Refusal, RefusalKind, Request};

impl Ask<'_> {
    pub(super) fn custody(&self, request: &Request) -> Decided {
        match request {
            Request::TakeEvidence { evidence, digest, bytes, source, why } => {
                if self.state.evidence.contains_key(evidence) {
                    let reason = format!("evidence {evidence} was taken in already");
                    return Err(refuse(RefusalKind::Already, reason, "nothing has to be done"));
                }
                Ok(vec![Event::EvidenceTaken {
                    evidence: *evidence,
                    digest: *digest,
                    bytes: *bytes,
                    source: said("source", source)?,
                    why: said("why", why)?,
                    retain_until: six_years_after(self.today()),
                }])
            }
            Request::HandOverEvidence { evidence, to, why } => {
                self.in_vault(*evidence)?;
                Ok(vec![Event::EvidenceHandedOver {
                    evidence: *evidence,
                    to: said("to", to)?,
                    why: said("why", why)?,
                }])
            }
            Request::ReceiveEvidenceBack { evidence, from, digest } => {
                let item = self.item(*evidence)?;
                if !matches!(item.place, Place::HandedOver { .. }) {
                    return Err(refuse(
                        RefusalKind::WrongStage,
                        format!("evidence {evidence} was not handed over"),
                        "look at its chain of custody",
                    ));
                }
                Ok(vec![Event::EvidenceReceivedBack {
                    evidence: *evidence,
                    from: said("from", from)?,
                    digest: *digest,
                    unchanged: digest.map(|digest| digest == item.digest),
                }])
            }
            Request::ExamineCopy { evidence, purpose, copy } => {
                if self.item(*evidence)?.is_destroyed() {
                    return Err(destroyed(*evidence));
                }
                Ok(vec![Event::CopyExamined {
                    evidence: *evidence,
                    purpose: said("purpose", purpose)?,
                    copy: *copy,
                }])
            }
            Request::ReleaseEvidence { evidence, to, why } => {
                let item = self.in_vault(*evidence)?;
                self.not_held(item)?;
                Ok(vec![Event::EvidenceReleased {
                    evidence: *evidence,
                    to: said("to", to)?,
                    why: said("why", why)?,
                }])
            }
            Request::PlaceHold { .. } | Request::LiftHold { .. } => self.hold(request),
            _ => self.retention(request),
        }
    }

    fn hold(&self, request: &Request) -> Decided {
        let (evidence, reason, place) = match request {
            Request::PlaceHold { evidence, reason } => (*evidence, said("reason", reason)?, true),
            Request::LiftHold { evidence, reason } => (*evidence, said("reason", reason)?, false),
            _ => return Ok(Vec::new()),
        };
        let held = match evidence {
            Some(id) => {
                let item = self.item(id)?;
                if item.is_destroyed() {
                    return Err(destroyed(id));
                }
                item.hold.is_some()
            }
            None => self.state.hold.is_some(),
        };
        match (place, held) {
            (true, true) => Err(refuse(RefusalKind::Already, "it is held already", "nothing has to be done")),
            (false, false) => {
                Err(refuse(RefusalKind::WrongStage, "there is no such hold", "look at what is held"))
            }
            (true, false) => Ok(vec![Event::HoldPlaced { evidence, reason }]),
            (false, true) => Ok(vec![Event::HoldLifted { evidence, reason }]),
        }
    }

    fn retention(&self, request: &Request) -> Decided {
        match request {
            Request::SetEvidenceRetention { evidence, until, reason } => {
                let item = self.item(*evidence)?;
                if item.is_destroyed() {
                    return Err(destroyed(*evidence));
                }
                if let Some(least) = item.retain_until
                    && *until < least
                {
                    let reason = format!("evidence {evidence} has to be kept until {least}");
                    return Err(refuse(
                        RefusalKind::Kept,
                        reason,
                        "retention can be moved later, never earlier",
                    ));
                }
                let reason = said("reason", reason)?;
                Ok(vec![Event::EvidenceRetentionSet { evidence: *evidence, until: *until, reason }])
            }
            Request::RequestDestruction { evidence, reason } => {
                let reason = said("reason", reason)?;
                let item = self.destructible(*evidence)?;
                if item.destruction.is_some() {
                    let reason = "its destruction was asked for already";
                    return Err(refuse(RefusalKind::Already, reason, "have another person confirm it"));
                }
                Ok(vec![Event::DestructionRequested { evidence: *evidence, reason }])
            }
            Request::ConfirmDestruction { evidence } => {
                let item = self.destructible(*evidence)?;
                let Some(asked) = &item.destruction else {
                    let reason = "nobody has asked for its destruction";
                    return Err(refuse(RefusalKind::WrongStage, reason, "ask for it first"));
                };
                if asked.stamp.by == self.actor.id {
                    let reason = "whoever asked for the destruction cannot confirm it";
                    return Err(refuse(RefusalKind::SamePerson, reason, "have another person confirm it"));
                }
                Ok(vec![Event::EvidenceDestroyed { evidence: *evidence, digest: item.digest }])
            }
            Request::WithdrawDestruction { evidence, reason } => {
                let item = self.item(*evidence)?;
                if item.destruction.is_none() || item.is_destroyed() {
                    let reason = "there is no request for destruction to take back";
                    return Err(refuse(RefusalKind::WrongStage, reason, "look at its chain of custody"));
                }
                Ok(vec![Event::DestructionWithdrawn { evidence: *evidence, reason: said("reason", reason)? }])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn item(&self, id: EvidenceId) -> Result<&Evidence, Refusal> {
        let none =
            || refuse(RefusalKind::Unknown, format!("the incident has no evidence {id}"), "take it in first");
        self.state.evidence.get(&id).ok_or_else(none)
    }

    fn in_vault(&self, id: EvidenceId) -> Result<&Evidence, Refusal> {
        let item = self.item(id)?;
        match &item.place {
            Place::Vault => Ok(item),
            Place::HandedOver { to, .. } => {
                let reason = format!("evidence {id} is with {to}");
                Err(refuse(RefusalKind::WrongStage, reason, "receive it back first"))
            }
            Place::Released { to, .. } => {
                let reason = format!("evidence {id} was released to {to}");
                Err(refuse(RefusalKind::WrongStage, reason, "it cannot be handed on from here"))
            }
            Place::Destroyed { .. } => Err(destroyed(id)),
        }
    }

    fn not_held(&self, item: &Evidence) -> Result<(), Refusal> {
        match item.hold.as_ref().or(self.state.hold.as_ref()) {
            Some(hold) => Err(refuse(
                RefusalKind::Kept,
                format!("evidence {} is under legal hold: {}", item.id, hold.reason),
                "ask counsel to lift the hold",
            )),
            None => Ok(()),
        }
    }

    fn destructible(&self, id: EvidenceId) -> Result<&Evidence, Refusal> {
        let item = self.in_vault(id)?;
        self.not_held(item)?;
        match item.retain_until {
            Some(until) if self.today() > until => Ok(item),
            Some(until) => {
                let reason = format!("evidence {id} has to be kept until {until} (45 CFR 164.316(b)(2)(i))");
                Err(refuse(RefusalKind::Kept, reason, "wait until retention has ended"))
            }
            None => {
                Err(refuse(RefusalKind::Kept, "no retention date is set", "set its retention date first"))
            }
        }
    }
}

fn destroyed(id: EvidenceId) -> Refusal {
    refuse(
        RefusalKind::WrongStage,
        format!("evidence {id} was destroyed"),
        "its digest and chain of custody remain",
    )
}
