//! The breach question and obligations. That only the attorney gets here with a decision was settled when the request
//! was authorised; here is what a decision has to bring.

use jiff::civil::Date;
use kernel::{Digest, ItemId};

use super::{Ask, Decided, refuse, said};
use crate::{
    BreachAnswer, Duty, DutyGround, Event, IdentifiedDuty, Obligation, ObligationStanding, Refusal,
    RefusalKind, Request,
};

impl Ask<'_> {
    pub(super) fn law(&self, request: &Request) -> Decided {
        match request {
            Request::DecideBreach { answer, reasons, document, privileged } => {
                let reasons = all_said(reasons)?;
                if *answer == BreachAnswer::NotABreach && document.is_none() {
                    return Err(refuse(
                        RefusalKind::Invalid,
                        "a breach is presumed unless a signed assessment shows a low probability (45 CFR 164.402(2))",
                        "name the digest of the signed assessment in `document`",
                    ));
                }
                Ok(vec![Event::BreachDecided {
                    answer: *answer,
                    reasons,
                    document: *document,
                    privileged: *privileged,
                }])
            }
            Request::SetObligations { duties, law_tables_as_of, facts, grounds } => {
                self.obligations(duties, *law_tables_as_of, *facts, grounds)
            }
            Request::MeetObligation { obligation, on, proof, note } => {
                self.open_obligation(*obligation)?;
                if *on > self.today() {
                    let reason = format!("{on} lies in the future");
                    return Err(refuse(RefusalKind::Invalid, reason, "give the day on which it was met"));
                }
                Ok(vec![Event::ObligationMet {
                    obligation: *obligation,
                    on: *on,
                    proof: *proof,
                    note: said("note", note)?,
                }])
            }
            Request::DetermineNotDue { obligation, reasons, privileged } => {
                self.open_obligation(*obligation)?;
                Ok(vec![Event::ObligationNotDue {
                    obligation: *obligation,
                    reasons: all_said(reasons)?,
                    privileged: *privileged,
                }])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn open_obligation(&self, id: ItemId) -> Result<&Obligation, Refusal> {
        let none = || {
            refuse(RefusalKind::Unknown, format!("no obligation {id}"), "assess the breach question first")
        };
        let obligation = self.state.obligations.get(&id).ok_or_else(none)?;
        if obligation.standing.is_settled() {
            let reason = format!("the obligation is settled already: {}", obligation.duty.plain());
            return Err(refuse(RefusalKind::Already, reason, "nothing has to be done"));
        }
        Ok(obligation)
    }

    fn obligations(
        &self,
        duties: &[Duty],
        law_tables_as_of: Date,
        facts: Option<Digest>,
        grounds: &[DutyGround],
    ) -> Decided {
        let why = |duty: &Duty| {
            let ground = grounds.iter().find(|ground| ground.is_of(duty));
            ground.map(|ground| format!(" ({})", ground.why)).unwrap_or_default()
        };
        let mut changes = Vec::new();
        let mut obligations: Vec<IdentifiedDuty> = Vec::with_capacity(duties.len());
        for duty in duties {
            said("duty", &duty.duty)?;
            said("regime", &duty.regime)?;
            said("citation", &duty.citation)?;
            if obligations.iter().any(|given| given.duty.is_same_as(duty)) {
                let reason = format!("the same duty is given twice: {}", duty.plain());
                return Err(refuse(RefusalKind::Invalid, reason, "give each duty once"));
            }
            let known = self.state.obligations.values().find(|known| known.duty.is_same_as(duty));
            match known {
                None => changes.push(format!("new: {}, due {}{}", duty.plain(), due(duty), why(duty))),
                Some(known) if !known.computed => {
                    changes.push(format!("due again: {}, due {}{}", duty.plain(), due(duty), why(duty)));
                }
                Some(known) if known.duty.due != duty.due || known.duty.due_at != duty.due_at => {
                    let was = due(&known.duty);
                    changes.push(format!("{}: due {}, was {was}{}", duty.plain(), due(duty), why(duty)));
                }
                Some(known) if known.duty != *duty => {
                    changes.push(format!("other wording: {}", duty.plain()))
                }
                Some(_) => {}
            }
            let id = known.map_or_else(|| ItemId::new(self.now, self.bits()), |known| known.id);
            obligations.push(IdentifiedDuty { id, duty: duty.clone() });
        }
        let gone =
            |known: &&Obligation| known.computed && !obligations.iter().any(|given| given.id == known.id);
        for known in self.state.obligations.values().filter(gone) {
            let stands = match &known.standing {
                ObligationStanding::Open => "open until counsel decides",
                ObligationStanding::Met { .. } => "met, and stays on the record",
                ObligationStanding::NotDue { .. } => "counsel determined that it is not due",
            };
            changes.push(format!("no longer due: {}{}; {stands}", known.duty.plain(), why(&known.duty)));
        }
        if changes.is_empty() && self.state.law_tables_as_of == Some(law_tables_as_of) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::ObligationsSet { obligations, law_tables_as_of, facts, changes }])
    }
}

fn due(duty: &Duty) -> String {
    match (duty.due_at, duty.due) {
        (Some(at), _) => at.to_string(),
        (None, Some(on)) => on.to_string(),
        (None, None) => "without a fixed day".to_owned(),
    }
}

fn all_said(reasons: &[String]) -> Result<Vec<String>, Refusal> {
    if reasons.is_empty() {
        return Err(refuse(RefusalKind::Invalid, "no reason is given", "say why in `reasons`"));
    }
    reasons.iter().map(|reason| said("reasons", reason)).collect()
}
