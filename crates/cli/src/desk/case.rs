//! Questions about the breach case of an incident. Views are read as their JSON says them, so that both ways print the
//! same.

use app::case::{
    ConditionGiven, Determination, FactorsGiven, FactsChange, FactsGiven, MailGiven, Recommendation, csv,
};
use kernel::{IncidentId, PracticeId};
use serde_json::Value;

use super::{
    Answered, Desk, Here, How, as_sent,
    there::{Method, Query, There, add},
};
use crate::failure::Failure;

/// Something to look at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum View {
    /// The case whole.
    Case,
    /// The facts that stand.
    Facts,
    /// Their versions.
    Versions,
    /// Every time that obligations changed.
    Changes,
    /// The four-factor record.
    Factors,
    /// The mailing.
    Mailing,
    /// What shows that notices were made.
    Proof,
}

impl View {
    const fn path(self) -> &'static str {
        match self {
            Self::Case => "",
            Self::Facts => "/facts",
            Self::Versions => "/facts/versions",
            Self::Changes => "/changes",
            Self::Factors => "/factors",
            Self::Mailing => "/mailing",
            Self::Proof => "/proof",
        }
    }
}

/// Something to change.
#[derive(Debug, Clone)]
pub(crate) enum CaseChange {
    /// The facts, whole.
    Whole(FactsGiven),
    /// Members of the facts.
    Patch(FactsGiven),
    /// A version of the four factors.
    Factors(Box<FactorsGiven>),
    /// A recommendation.
    Recommend(Recommendation),
    /// A determination.
    Determine(Determination),
    /// A condition.
    Condition(ConditionGiven),
    /// What happened to letters.
    Mail(MailGiven),
}

fn items(answer: Value) -> Value {
    match answer {
        Value::Object(mut members) if members.contains_key("items") => {
            members.remove("items").unwrap_or_default()
        }
        other => other,
    }
}

impl Desk {
    /// Looks at a side of the case.
    pub(crate) async fn case(&self, id: IncidentId, view: View) -> Result<Value, Failure> {
        let Here { app, actor } = match self {
            Self::Here(here) => &**here,
            Self::There(there) => {
                let path = format!("/incidents/{id}/breach{}", view.path());
                return Ok(items(there.get(&path, Query::new())?));
            }
        };
        match view {
            View::Case => as_sent(&app.case(actor, id).await?),
            View::Facts => as_sent(&app.facts(actor, id).await?),
            View::Versions => as_sent(&app.facts_versions(actor, id).await?),
            View::Changes => as_sent(&app.changes(actor, id).await?),
            View::Factors => as_sent(&app.factors(actor, id).await?),
            View::Mailing => match app.mailing(actor, id).await? {
                Some(mailing) => as_sent(&mailing),
                None => Err(Failure::usage("no list of recipients was imported: `breach mail import`")),
            },
            View::Proof => as_sent(&app.proof_of_notice(actor, id).await?),
        }
    }

    /// Changes the case.
    pub(crate) async fn change_case(
        &self,
        id: IncidentId,
        change: CaseChange,
        how: &How,
    ) -> Result<Answered, Failure> {
        match self {
            Self::Here(here) => changed_here(here, id, change, how).await,
            Self::There(there) => changed_there(there, id, &change, how),
        }
    }

    /// What would change. Nothing is recorded.
    pub(crate) async fn what_if(&self, id: IncidentId, patch: &Value) -> Result<Value, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.what_if(&here.actor, id, patch).await?),
            Self::There(there) => {
                there.post(&format!("/incidents/{id}/breach/what-if"), patch, &How::default())
            }
        }
    }

    /// Takes a list of recipients in.
    pub(crate) async fn import_recipients(
        &self,
        id: IncidentId,
        list: Vec<u8>,
        how: &How,
    ) -> Result<Answered, Failure> {
        match self {
            Self::Here(here) => {
                let imported = here.app.import_recipients(&here.actor, id, list, how.of_app()).await?;
                Ok(imported.done.into())
            }
            Self::There(there) => {
                let path = format!("/incidents/{id}/breach/mailing");
                there.send(&path, Query::new(), "text/csv", &mut &list[..], how)
            }
        }
    }

    /// The yearly log of small breaches.
    pub(crate) async fn small_breaches(
        &self,
        practice: Option<PracticeId>,
        year: Option<i16>,
    ) -> Result<Value, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.small_breaches(&here.actor, practice, year).await?),
            Self::There(there) => {
                let mut query = Query::new();
                add(&mut query, "practice", practice);
                add(&mut query, "year", year);
                Ok(items(there.get("/small-breaches", query)?))
            }
        }
    }
}

/// The log as CSV.
pub(crate) fn log_csv(logs: &Value) -> Result<String, Failure> {
    Ok(csv(&as_sent::<Vec<app::case::SmallBreaches>>(logs)?))
}

async fn changed_here(
    here: &Here,
    id: IncidentId,
    change: CaseChange,
    how: &How,
) -> Result<Answered, Failure> {
    let Here { app, actor } = here;
    let how = how.of_app();
    let done = match change {
        CaseChange::Whole(FactsGiven { facts, reason }) => {
            app.state_facts(actor, id, FactsChange::Whole(facts), &reason, how).await
        }
        CaseChange::Patch(FactsGiven { facts, reason }) => {
            app.state_facts(actor, id, FactsChange::Patch(facts), &reason, how).await
        }
        CaseChange::Factors(given) => app.prepare_factors(actor, id, *given, how).await,
        CaseChange::Recommend(given) => app.recommend(actor, id, given, how).await,
        CaseChange::Determine(given) => app.determine(actor, id, given, how).await,
        CaseChange::Condition(given) => app.state_condition(actor, id, given, how).await,
        CaseChange::Mail(given) => app.record_mail(actor, id, given, how).await,
    };
    Ok(done?.into())
}

fn changed_there(there: &There, id: IncidentId, change: &CaseChange, how: &How) -> Result<Answered, Failure> {
    let path = |rest: &str| format!("/incidents/{id}/breach/{rest}");
    match change {
        CaseChange::Whole(given) => there.change(Method::Put, &path("facts"), given, how),
        CaseChange::Patch(given) => there.change(Method::Patch, &path("facts"), given, how),
        CaseChange::Factors(given) => there.change(Method::Post, &path("factors"), given, how),
        CaseChange::Recommend(given) => {
            there.change(Method::Post, &path("factors/recommendation"), given, how)
        }
        CaseChange::Determine(given) => {
            there.change(Method::Post, &path("factors/determination"), given, how)
        }
        CaseChange::Condition(given) => there.change(Method::Post, &path("conditions"), given, how),
        CaseChange::Mail(given) => there.change(Method::Post, &path("mailing/events"), given, how),
    }
}
