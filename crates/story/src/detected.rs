//! A detection as a rule engine reports it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{observation::Origin, signs::Question};

/// A detection: the rule, and where and when it matched.
#[derive(Debug, Clone)]
pub struct Detected {
    /// When the event was written.
    pub time: Timestamp,
    /// The host as the log writes it.
    pub computer: String,
    /// The account of the event where it is known, as `DOMAIN\name`.
    pub account: Option<String>,
    /// The rule's title.
    pub rule: Arc<str>,
    /// The rule's id.
    pub rule_id: Arc<str>,
    /// Its level: `critical`, `high`, `medium`, `low`, `informational`.
    pub level: Arc<str>,
    /// ATT&CK techniques (`T1059.001`).
    pub techniques: Vec<Arc<str>>,
    /// ATT&CK tactics (`execution`).
    pub tactics: Vec<Arc<str>>,
    /// Where the event stands.
    pub origin: Origin,
}

impl Detected {
    /// The scope question that it speaks to: by its technique where that is plain, else by its tactic.
    pub(crate) fn question(&self) -> Option<Question> {
        Question::of(self.techniques.iter().map(AsRef::as_ref), self.tactics.iter().map(AsRef::as_ref))
    }
}

impl Question {
    /// The question that techniques (`T1059.001`) and tactics (`execution`) speak to: by the technique where that is plain.
    #[must_use]
    pub fn of<'a>(
        techniques: impl IntoIterator<Item = &'a str>,
        tactics: impl IntoIterator<Item = &'a str>,
    ) -> Option<Self> {
        let by_technique = techniques.into_iter().find_map(|technique| {
            let main = technique.split('.').next().unwrap_or(technique).to_uppercase();
            Some(match main.as_str() {
                "T1486" | "T1490" | "T1485" | "T1489" | "T1561" => Question::Impact,
                "T1003" | "T1555" | "T1558" | "T1552" => Question::CredentialTheft,
                "T1021" | "T1570" | "T1210" => Question::LateralMovement,
                "T1041" | "T1048" | "T1567" | "T1537" | "T1020" => Question::Exfiltration,
                "T1560" | "T1005" | "T1039" | "T1114" | "T1074" => Question::Collection,
                "T1543" | "T1053" | "T1547" | "T1136" | "T1219" | "T1546" | "T1098" => Question::Persistence,
                "T1190" | "T1566" | "T1133" => Question::InitialAccess,
                _ => return None,
            })
        });
        by_technique.or_else(|| tactics.into_iter().find_map(of_tactic))
    }
}

fn of_tactic(tactic: &str) -> Option<Question> {
    Some(match tactic.replace(['_', ' '], "-").as_str() {
        "initial-access" => Question::InitialAccess,
        "execution" | "command-and-control" | "defense-evasion" => Question::Execution,
        "persistence" => Question::Persistence,
        "privilege-escalation" => Question::PrivilegeEscalation,
        "credential-access" => Question::CredentialTheft,
        "lateral-movement" => Question::LateralMovement,
        "collection" | "discovery" => Question::Collection,
        "exfiltration" => Question::Exfiltration,
        "impact" => Question::Impact,
        _ => return None,
    })
}
