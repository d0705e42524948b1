//! The story's answers as the incident takes them: each with the items of evidence that it rests on, and without the commands
//! and paths in which patients' names may stand.

use app::ports::{HuntAnswer, HuntOrigin};
use incident::Question;
use kernel::{Indicator, IndicatorKind};
use story::{Answer, Confidence, Edge, Origin, Story};

use crate::Names;

/// Every answer, in order of time.
pub(crate) fn of(story: &Story, names: &Names) -> Vec<HuntAnswer> {
    let mut answers = Vec::new();
    for (question, of_question) in [
        (Question::InitialAccess, &story.initial_access),
        (Question::Execution, &story.execution),
        (Question::Persistence, &story.persistence),
        (Question::PrivilegeEscalation, &story.privilege_escalation),
        (Question::CredentialTheft, &story.credential_theft),
        (Question::Collection, &story.collection),
        (Question::Exfiltration, &story.exfiltration),
        (Question::Impact, &story.impact),
    ] {
        answers.extend(of_question.iter().map(|answer| answered(question, answer, names)));
    }
    answers.extend(story.lateral_movement.iter().map(|edge| moved(edge, names)));
    answers.push(answered(Question::Earliest, &story.earliest, names));
    answers.push(answered(Question::Latest, &story.latest, names));
    answers.sort_by_key(|answer| (answer.at, answer.question));
    answers
}

const fn confidence(confidence: Confidence) -> incident::Confidence {
    match confidence {
        Confidence::Observed => incident::Confidence::Observed,
        Confidence::Inferred => incident::Confidence::Inferred,
        Confidence::Unknown => incident::Confidence::Unknown,
    }
}

/// A text of the story without the command or path in it, which stands behind a colon: at the end, or in brackets. A rule's title
/// is nobody's command and stays.
fn without_command(text: &str) -> String {
    let Some((what, command)) = text.split_once(": ") else { return text.to_owned() };
    if what.starts_with("A rule matched") {
        return text.to_owned();
    }
    match command.rsplit_once(") was ") {
        Some((_, after)) if what.contains('(') => format!("{what}) was {after}"),
        _ => what.to_owned(),
    }
}

fn answered(question: Question, answer: &Answer, names: &Names) -> HuntAnswer {
    let text = without_command(&answer.text);
    HuntAnswer {
        question,
        confidence: confidence(answer.confidence),
        text: if text.is_empty() { "Nothing in the evidence shows it".to_owned() } else { text },
        at: answer.time,
        hosts: answer.host.iter().map(ToString::to_string).collect(),
        accounts: answer.account.iter().map(ToString::to_string).collect(),
        rests_on: origins(&answer.rests_on, names),
    }
}

fn moved(edge: &Edge, names: &Names) -> HuntAnswer {
    HuntAnswer {
        question: Question::LateralMovement,
        confidence: confidence(edge.confidence),
        text: format!("{} went from {} to {} by {}", edge.account, edge.from, edge.to, edge.means),
        at: Some(edge.time),
        hosts: vec![edge.to.to_string()],
        accounts: vec![edge.account.to_string()],
        rests_on: origins(&edge.rests_on, names),
    }
}

fn origins(origins: &[Origin], names: &Names) -> Vec<HuntOrigin> {
    let named = |origin: &Origin| {
        let evidence = names.of(&origin.file)?;
        Some(HuntOrigin { evidence, file: origin.file.to_string(), record: origin.record })
    };
    origins.iter().filter_map(named).collect()
}

/// The indicators of a story.
pub(crate) fn indicators(story: &Story) -> Vec<Indicator> {
    let kind = |kind: &str| match kind {
        "ipv4" => Some(IndicatorKind::Ipv4),
        "ipv6" => Some(IndicatorKind::Ipv6),
        "domain" => Some(IndicatorKind::Domain),
        "sha256" => Some(IndicatorKind::Sha256),
        _ => None,
    };
    story
        .indicators
        .iter()
        .filter_map(|seen| Some(Indicator { kind: kind(seen.kind)?, value: seen.value.clone() }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_whole_without_its_command() {
        for (text, left) in [
            (
                "The shadow copies were deleted on A by B\\C: vssadmin.exe delete (all): x",
                "The shadow copies were deleted on A by B\\C",
            ),
            (
                "The service \"R\" (a remote management tool: C:\\r.exe --id (7)) was installed on A by B",
                "The service \"R\" (a remote management tool) was installed on A by B",
            ),
            (
                "A rule matched on A: Auditing of a category removed",
                "A rule matched on A: Auditing of a category removed",
            ),
            ("Files were encrypted", "Files were encrypted"),
        ] {
            assert_eq!(without_command(text), left);
        }
    }
}
