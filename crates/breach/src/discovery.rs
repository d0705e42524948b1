//! The day of discovery, which starts every federal clock: the first day on which the breach was known to the entity,
//! to any workforce member or agent other than the wrongdoer, or would have been known by reasonable diligence (45 CFR
//! 164.404(a)(2), 164.410(a)(2)). What was unclear that day does not matter (78 FR 5648).

use crate::{
    day::Day,
    facts::{Associate, AssociateRole, EntityKind, Knowledge},
};

/// The day of discovery and the fact that set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discovered {
    /// The day.
    pub day: Day,
    /// The fact, by its name in the contract.
    pub because: &'static str,
    /// The paragraph under which that fact counts.
    pub citation: &'static str,
}

const ENTITY: &str = "45 CFR 164.404(a)(2)";
const ASSOCIATE: &str = "45 CFR 164.410(a)(2)";
const AGENT: &str = "45 CFR 164.404(a)(2); 78 FR 5655-56 (agent)";
const TOLD: &str = "45 CFR 164.404(a)(2); 78 FR 5655-56 (independent contractor)";

/// The discovery, or `None` where no fact says when.
pub(crate) fn of(kind: EntityKind, known: &Knowledge, associate: Option<&Associate>) -> Option<Discovered> {
    let own = if kind == EntityKind::BusinessAssociate { ASSOCIATE } else { ENTITY };
    let mut candidates = vec![
        (known.known_on, "known_on", own),
        (known.workforce_known_on, "workforce_known_on", own),
        (known.diligence_on, "diligence_on", own),
        (known.agent_known_on, "agent_known_on", own),
    ];
    if let Some(ba) = associate {
        if kind == EntityKind::BusinessAssociate {
            candidates.push((ba.discovered_on, "business_associate.discovered_on", ASSOCIATE));
            let told =
                (ba.subcontractor_told_ba_on, "business_associate.subcontractor_told_ba_on", ASSOCIATE);
            candidates.push(told);
        } else {
            let reached = "business_associate.notice_reached_entity_on";
            candidates.push((ba.notice_reached_entity_on, reached, TOLD));
            if imputed(ba.role) {
                candidates.push((ba.discovery(), "business_associate.discovered_on", AGENT));
            }
        }
    }
    candidates
        .into_iter()
        .filter_map(|(day, because, citation)| Some(Discovered { day: day?, because, citation }))
        .min_by_key(|found| (found.day.date, found.day.at.is_none(), found.day.at))
}

/// An agent's discovery is the entity's; where the role is not known, the earlier date is taken.
pub(crate) const fn imputed(role: Option<AssociateRole>) -> bool {
    !matches!(role, Some(AssociateRole::Independent))
}
