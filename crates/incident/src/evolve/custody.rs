//! Findings and the chain of custody.

use kernel::EvidenceId;

use crate::{
    CustodyEvent, DestructionAsked, EarlierStatement, Event, Evidence, Finding, Gate, Hold, Place, Question,
    Stamp, State,
};

impl State {
    pub(super) fn apply_finding(&mut self, event: &Event, stamp: Stamp) {
        match event {
            Event::FindingRecorded { finding, statement } => {
                let recorded = Finding {
                    id: *finding,
                    statement: statement.clone(),
                    stamp: stamp.clone(),
                    earlier: Vec::new(),
                };
                self.findings.insert(*finding, recorded);
            }
            Event::FindingRevised { finding, statement, reason } => {
                let Some(finding) = self.findings.get_mut(finding) else { return };
                let before = std::mem::replace(&mut finding.statement, statement.clone());
                let said = std::mem::replace(&mut finding.stamp, stamp.clone());
                let earlier =
                    EarlierStatement { statement: before, stamp: said, revised_because: reason.clone() };
                finding.earlier.push(earlier);
            }
            _ => return,
        }
        if let Event::FindingRecorded { statement, .. } | Event::FindingRevised { statement, .. } = event
            && statement.question == Question::Earliest
        {
            self.judge_restore_points(&stamp);
        }
    }

    /// A restore point that proves younger than the earliest compromise carries its gate no longer.
    fn judge_restore_points(&mut self, stamp: &Stamp) {
        let Some(earliest) = self.earliest_compromise() else { return };
        for system in self.systems.values_mut() {
            let young = system.restore_point.as_ref().is_some_and(|point| point.taken_at >= earliest);
            if young && !system.is_rebuilt() {
                system.fall(Gate::CleanSource, "the compromise began before the restore point", stamp);
            }
        }
    }

    pub(super) fn apply_custody(&mut self, event: &Event, stamp: Stamp) {
        match event {
            Event::EvidenceTaken { evidence, digest, bytes, source, why, retain_until } => {
                let chain =
                    vec![CustodyEvent { what: format!("taken in from {source}"), stamp: stamp.clone() }];
                let item = Evidence {
                    id: *evidence,
                    digest: *digest,
                    bytes: *bytes,
                    source: source.clone(),
                    why: why.clone(),
                    taken: stamp,
                    place: Place::Vault,
                    chain,
                    hold: None,
                    retain_until: Some(*retain_until),
                    destruction: None,
                };
                self.evidence.insert(*evidence, item);
            }
            Event::HoldPlaced { evidence: None, reason } => {
                self.hold = Some(Hold { reason: reason.clone(), stamp })
            }
            Event::HoldLifted { evidence: None, .. } => self.hold = None,
            _ => self.apply_to_item(event, stamp),
        }
    }

    fn apply_to_item(&mut self, event: &Event, stamp: Stamp) {
        let Some(item) = subject(event).and_then(|id| self.evidence.get_mut(&id)) else { return };
        let mut what = String::new();
        match event {
            Event::EvidenceHandedOver { to, why, .. } => {
                what = format!("handed over to {to}: {why}");
                item.place = Place::HandedOver { to: to.clone(), since: stamp.clone() };
            }
            Event::EvidenceReceivedBack { from, unchanged, .. } => {
                let state = match unchanged {
                    Some(true) => "unchanged",
                    Some(false) => "CHANGED: its digest differs",
                    None => "its digest was not computed",
                };
                what = format!("received back from {from}, {state}");
                item.place = Place::Vault;
            }
            Event::CopyExamined { purpose, .. } => what = format!("a copy was examined: {purpose}"),
            Event::EvidenceReleased { to, why, .. } => {
                what = format!("released to {to}: {why}");
                item.place = Place::Released { to: to.clone(), since: stamp.clone() };
            }
            Event::HoldPlaced { reason, .. } => {
                what = format!("legal hold: {reason}");
                item.hold = Some(Hold { reason: reason.clone(), stamp: stamp.clone() });
            }
            Event::HoldLifted { reason, .. } => {
                what = format!("legal hold lifted: {reason}");
                item.hold = None;
            }
            Event::EvidenceRetentionSet { until, .. } => {
                what = format!("to be kept until {until}");
                item.retain_until = Some(*until);
            }
            Event::DestructionRequested { reason, .. } => {
                what = format!("destruction asked for: {reason}");
                item.destruction = Some(DestructionAsked { reason: reason.clone(), stamp: stamp.clone() });
            }
            Event::DestructionWithdrawn { reason, .. } => {
                what = format!("the request for destruction was taken back: {reason}");
                item.destruction = None;
            }
            Event::EvidenceDestroyed { .. } => {
                "destruction confirmed by a second person; the digest stays".clone_into(&mut what);
                item.place = Place::Destroyed { since: stamp.clone() };
            }
            _ => {}
        }
        item.chain.push(CustodyEvent { what, stamp });
    }
}

const fn subject(event: &Event) -> Option<EvidenceId> {
    match event {
        Event::EvidenceHandedOver { evidence, .. }
        | Event::EvidenceReceivedBack { evidence, .. }
        | Event::CopyExamined { evidence, .. }
        | Event::EvidenceReleased { evidence, .. }
        | Event::EvidenceRetentionSet { evidence, .. }
        | Event::DestructionRequested { evidence, .. }
        | Event::DestructionWithdrawn { evidence, .. }
        | Event::EvidenceDestroyed { evidence, .. } => Some(*evidence),
        Event::HoldPlaced { evidence, .. } | Event::HoldLifted { evidence, .. } => *evidence,
        _ => None,
    }
}
