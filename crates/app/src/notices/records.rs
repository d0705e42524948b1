//! Records: the law-enforcement delay, the four-factor memorandum and the proof-of-notice ledger.

use breach::{
    facts::{Hold, HoldForm, Probability as Found, RiskAssessment},
    result::{Duty, Obligation},
};
use jiff::{ToSpan as _, civil::Date};
use report::breach::{
    DelayRecord, FourFactorMemorandum, ProofOfNotice,
    delay::{DelayGround, HeldDuty, Official, StatementForm},
    memorandum::{Condition, Factor, KnownFact, Probability, SignedDetermination},
    proof::{GivenNotice, OutstandingDuty, ReturnedMail},
};

use super::{
    Case, Paper, Says,
    notice::{Given, Ground, Statement, Weighed},
};
use crate::AppError;

impl Case {
    /// One record for each statement of the facts.
    pub(super) fn delays(&self) -> Vec<Paper> {
        let holds = &self.facts.law_enforcement_holds;
        let many = holds.len() > 1;
        holds
            .iter()
            .enumerate()
            .map(|(at, hold)| {
                let statement = self.notice.law_enforcement.get(at).cloned().unwrap_or_default();
                let name = if many {
                    format!("law-enforcement-delay-{}", at + 1)
                } else {
                    "law-enforcement-delay".to_owned()
                };
                Paper::new(name, Says::Delay(Box::new(self.delay(hold, statement))))
            })
            .collect()
    }

    fn delay(&self, hold: &Hold, statement: Statement) -> DelayRecord {
        let until = hold.until.map(|day| day.date).filter(|_| hold.form == HoldForm::Written);
        let thirty = hold.stated_on.date.saturating_add(30.days());
        DelayRecord {
            matter: self.matter(),
            form: match hold.form {
                HoldForm::Written => StatementForm::Written,
                HoldForm::Oral => StatementForm::Oral,
            },
            stated_on: hold.stated_on.date,
            stated_how: statement.how,
            official: Official {
                name: statement.official,
                title: statement.title,
                agency: statement.agency,
                credential: statement.credential,
                contact: statement.contact,
                verified: statement.verified,
            },
            grounds: statement
                .grounds
                .into_iter()
                .map(|ground| match ground {
                    Ground::ImpedeInvestigation => DelayGround::ImpedeInvestigation,
                    Ground::DamageNationalSecurity => DelayGround::DamageNationalSecurity,
                })
                .collect(),
            statement: statement.statement,
            until,
            holds_through: until.unwrap_or(thirty),
            received_by: if statement.received_by.is_empty() {
                "not recorded".to_owned()
            } else {
                statement.received_by
            },
            written_asked_on: statement.written_asked_on,
            evidence: statement.evidence,
            duties: self.to_do().map(held).collect(),
        }
    }

    pub(super) fn memorandum(&self) -> Paper {
        let memo = &self.notice.memorandum;
        let stated = self.facts.event.risk_assessment.as_ref();
        let factor = |weighed: &Weighed, reasoning: Option<&String>| Factor {
            known: weighed
                .known
                .iter()
                .map(|known| KnownFact { fact: known.fact.clone(), grounds: known.grounds.clone() })
                .collect(),
            unknown: weighed.unknown.clone(),
            reasoning: reasoning.cloned().unwrap_or_default(),
        };
        let of = |text: fn(&RiskAssessment) -> Option<&String>| stated.and_then(text);
        let counsel = self.practice.as_ref().and_then(|practice| practice.counsel.as_ref());
        let from = memo.from.clone().or_else(|| counsel.map(|counsel| counsel.name.clone()));
        let memorandum = FourFactorMemorandum {
            matter: self.matter(),
            from: from.unwrap_or_else(|| "[Counsel]".to_owned()),
            to: memo.to.clone().unwrap_or_else(|| self.name()),
            version: 1,
            discovered: Some(self.assessment.discovery.on),
            occurred: self.occurred(),
            individuals: self.people(),
            event: memo
                .event
                .clone()
                .or_else(|| self.notice.what_happened.account.clone())
                .unwrap_or_else(|| "[Counsel: what happened, in plain words]".to_owned()),
            nature_of_phi: factor(&memo.nature_of_phi, of(|each| each.nature_of_phi.as_ref())),
            unauthorized_person: factor(
                &memo.unauthorized_person,
                of(|each| each.unauthorized_person.as_ref()),
            ),
            acquired_or_viewed: factor(&memo.acquired_or_viewed, of(|each| each.acquired_or_viewed.as_ref())),
            mitigation: factor(&memo.mitigation, of(|each| each.mitigation.as_ref())),
            conditions: self.conditions(),
            recommendations: Vec::new(),
            determinations: stated.and_then(signed).into_iter().collect(),
        };
        Paper::new("four-factor-memorandum", Says::Memorandum(Box::new(memorandum)))
    }

    /// The conditions of the exception and of the safe harbour that the facts name, as they state them.
    fn conditions(&self) -> Vec<Condition> {
        let by = "the facts as given";
        let mut out = Vec::new();
        let mut state = |of: &str, condition: &str, met: Option<bool>| {
            out.push(Condition {
                of: of.to_owned(),
                condition: condition.to_owned(),
                met,
                because: if met.is_some() { "stated in the facts" } else { "not stated; read as not met" }
                    .to_owned(),
                by: by.to_owned(),
            });
        };
        if let Some(exception) = &self.facts.event.exception {
            use breach::facts::ExceptionKind as K;
            let of = match exception.kind {
                K::GoodFaithWorkforce => {
                    "Exception: good-faith access by the workforce (45 CFR 164.402(1)(i))"
                }
                K::InadvertentInternal => "Exception: inadvertent disclosure inside (45 CFR 164.402(1)(ii))",
                K::NotRetained => "Exception: the recipient could not keep it (45 CFR 164.402(1)(iii))",
            };
            state(of, "In good faith", exception.good_faith);
            if exception.kind == K::NotRetained {
                state(of, "The recipient could not have kept it", exception.could_retain.map(|could| !could));
            } else {
                state(of, "Within the scope of authority", exception.within_authority);
                state(
                    of,
                    "Not used or disclosed further",
                    exception.further_disclosure.map(|further| !further),
                );
            }
        }
        if let Some(protection) = &self.facts.event.protection {
            let of = "Safe harbour: secured information (45 CFR 164.402; 74 FR 19006)";
            state(of, "The method meets the HHS guidance", protection.meets_hhs_guidance);
            if protection.method == breach::facts::ProtectionMethod::Encryption {
                state(of, "The key was not compromised", protection.key_compromised.map(|lost| !lost));
                state(
                    of,
                    "Not open or decrypted when it happened",
                    protection.open_at_the_time.map(|open| !open),
                );
            }
        }
        out
    }

    pub(super) fn proof(&self) -> Result<Paper, AppError> {
        let mut given = Vec::new();
        for (at, each) in self.notice.proof.iter().enumerate() {
            given.push(
                self.given(each).map_err(|what| AppError::invalid(format!("/notice/proof/{at}"), what))?,
            );
        }
        // What the facts say was sent and nothing proves is the ledger's first concern.
        let told = |of: &Obligation| self.notice.proof.iter().any(|each| is_of(each, of));
        for obligation in self.to_do().filter(|each| !told(each)) {
            if let Some(on) = obligation.met_on {
                given.push(GivenNotice {
                    duty: obligation.duty.title().to_owned(),
                    recipient: recipient(obligation),
                    method: "as the facts say".to_owned(),
                    count: None,
                    from: on,
                    through: None,
                    due: obligation.due,
                    late_by_days: obligation.late_by_days.filter(|&days| days > 0),
                    proof: None,
                    sha256: None,
                });
            }
        }
        given.sort_by_key(|each| each.from);
        let outstanding = self
            .to_do()
            .filter(|each| each.met_on.is_none() && !told(each))
            .map(|each| OutstandingDuty {
                duty: each.duty.title().to_owned(),
                recipient: recipient(each),
                due: each.due,
                citation: each.citation.clone(),
            })
            .collect();
        let what = &self.assessment.determination;
        let ledger = ProofOfNotice {
            matter: self.matter(),
            given,
            returned: self.returned(),
            outstanding,
            no_breach: (what.phi && !what.breach).then(|| format!("{} ({}).", what.basis, what.citation)),
            retain_until: Some(self.assessment.retain_until),
            checkpoint: None,
        };
        Ok(Paper::new("proof-of-notice", Says::Proof(Box::new(ledger))))
    }

    fn given(&self, each: &Given) -> Result<GivenNotice, String> {
        let duty = Duty::from_word(&each.duty).ok_or_else(|| {
            let words: Vec<&str> = Duty::ALL.iter().map(|duty| duty.as_str()).collect();
            format!("`{}` is no duty: {}", each.duty, words.join(", "))
        })?;
        let of = self.assessment.obligations.iter().find(|obligation| is_of(each, obligation));
        let due = of.and_then(|obligation| obligation.due);
        let last = each.through.unwrap_or(each.from);
        let late = due.map(|due| breach::day::between(due, last)).filter(|&days| days > 0);
        Ok(GivenNotice {
            duty: duty.title().to_owned(),
            recipient: of.map_or_else(|| each.jurisdiction.clone().unwrap_or_default(), recipient),
            method: each.method.clone(),
            count: each.count,
            from: each.from,
            through: each.through,
            due,
            late_by_days: late,
            proof: each.proof.clone(),
            sha256: each.sha256.clone(),
        })
    }

    /// What the facts say of letters that came back; `None` while none has gone out.
    fn returned(&self) -> Option<ReturnedMail> {
        let counted = self.notice.proof.iter().filter(|each| each.duty == Duty::IndividualNotice.as_str());
        let sent: Vec<u64> = counted.map(|each| each.count.unwrap_or(self.assessment.counts.total)).collect();
        if sent.is_empty() && self.facts.sent.individuals_on.is_none() {
            return None;
        }
        let undeliverable = self.facts.individuals.undeliverable_addresses.unwrap_or(0);
        Some(ReturnedMail {
            sent: if sent.is_empty() { self.assessment.counts.total } else { sent.iter().sum() },
            returned: undeliverable,
            undeliverable,
            ..ReturnedMail::default()
        })
    }

    fn to_do(&self) -> impl Iterator<Item = &Obligation> {
        self.assessment.obligations.iter().filter(|each| each.duty != Duty::RecordRetention)
    }
}

fn is_of(given: &Given, obligation: &Obligation) -> bool {
    let state = obligation.jurisdiction.map(breach::state::State::code);
    given.duty == obligation.duty.as_str()
        && (given.jurisdiction.is_none() || given.jurisdiction.as_deref() == state)
}

fn recipient(obligation: &Obligation) -> String {
    match obligation.jurisdiction {
        Some(state) if !obligation.recipient.contains(state.name()) => {
            format!("{} ({})", obligation.recipient, state.name())
        }
        _ => obligation.recipient.clone(),
    }
}

fn held(obligation: &Obligation) -> HeldDuty {
    let place = obligation.jurisdiction.map(|state| format!(", {}", state.name())).unwrap_or_default();
    let moved = obligation.base_due.is_some() && obligation.base_due != obligation.due;
    let note = match (obligation.held_until, obligation.base_due) {
        (Some(until), _) => Some(format!("held through {}", super::case::report_day(until))),
        (None, Some(_)) if !moved => Some("not moved by the delay".to_owned()),
        _ => None,
    };
    HeldDuty {
        duty: format!("{}{place}", obligation.duty.title()),
        base_due: obligation.base_due.or(obligation.due),
        due: obligation.due,
        note,
    }
}

/// The determination of a risk assessment that counts: all four texts, who and when.
fn signed(stated: &RiskAssessment) -> Option<SignedDetermination> {
    let whole =
        [&stated.nature_of_phi, &stated.unauthorized_person, &stated.acquired_or_viewed, &stated.mitigation]
            .iter()
            .all(|text| text.as_ref().is_some_and(|text| !text.trim().is_empty()));
    let on: Date = stated.decided_on?.date;
    whole.then_some(())?;
    Some(SignedDetermination {
        version: 1,
        probability: match stated.probability? {
            Found::Low => Probability::Low,
            Found::MoreThanLow => Probability::MoreThanLow,
        },
        by: stated.decided_by.clone()?,
        on,
    })
}
