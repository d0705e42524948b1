#![doc = include_str!("../README.md")]

pub mod alert;
pub mod case;
pub mod closing;
pub mod containment;
pub mod custody;
pub mod decide;
pub mod describe;
pub mod engagement;
pub mod event;
pub mod evolve;
pub mod finding;
pub mod kind;
pub mod law;
pub mod lessons;
pub mod next;
pub mod phase;
pub mod practice;
pub mod refusal;
pub mod request;
pub mod scope;
pub mod severity;
pub mod stamp;
pub mod state;
pub mod triage;
pub mod word;

pub use alert::{
    Agreement, AlertEvent, AlertRequest, AlertState, Judgement, MOST_PHOTOS, Photo, Received, Verdict,
};
pub use case::{
    BreachCase, ConditionStated, DutyGround, FactorsVersion, FactsRealm, FactsVersion, LetterSpan,
    Likelihood, MailHappened, MailRecord, MailReturn, MailStep, Opinion,
};
pub use containment::{Action, ActionStage, Approval, ContainmentKind, Side, Target};
pub use custody::{CustodyEvent, DestructionAsked, Evidence, Hold, Place};
pub use decide::{IMPACT_HOURS, decide, six_years_after};
pub use engagement::{Answer, Engagement, Party, engagement_minutes};
pub use event::{Event, IdentifiedDuty};
pub use evolve::evolve;
pub use finding::{Confidence, EarlierStatement, Finding, Question, Statement};
pub use kind::IncidentKind;
pub use law::{BreachAnswer, BreachDecision, Duty, Obligation, ObligationStanding};
pub use lessons::{Note, NoteVersion, Remediation, Report, RootCause, RunbookChange};
pub use next::{
    Clock, ClockKind, Decision, RestoreStep, ServiceStatus, SystemStatus, containment_minutes,
    situation_minutes,
};
pub use phase::{Phase, PhaseStatus, PhaseView};
pub use practice::Practice;
pub use refusal::{Refusal, RefusalKind};
pub use request::Request;
pub use scope::{
    Account, AccountStage, AccountWork, Gate, GateStanding, IndicatorStage, IndicatorStanding, Observation,
    Recurrence, RestorePoint, Subject, System, SystemStage, SystemWork, Watch, Work, indicator_key,
};
pub use stamp::Stamp;
pub use state::{Closing, GlassBroken, SeverityStanding, State, Status};
pub use triage::{Proposal, RelatedAlert};
