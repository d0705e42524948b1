//! The story's answers as the incident takes them: each with the items of evidence that it rests on, and without the commands
//! and paths in which patients' names may stand.

use std::collections::BTreeMap;

use app::ports::{HuntAnswer, HuntOrigin};
use hunt::detect::Detection;
use incident::Question;
use kernel::{Indicator, IndicatorKind};
use sigma::Level;
use story::{Answer, Confidence, Edge, Origin, Story};

use crate::Names;

/// Files that an answer names at most; the detections name all.
const FILES: usize = 20;

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

/// What YARA found in files, for rules of the two highest levels: a rule at a time, with the first files that it matches. A file has no
/// time of its own, and so no place in the story.
pub(crate) fn of_files(found: &[Detection], names: &Names) -> Vec<HuntAnswer> {
    let mut by_rule: BTreeMap<&str, Vec<&Detection>> = BTreeMap::new();
    for detection in found.iter().filter(|detection| detection.level >= Level::High) {
        by_rule.entry(&detection.rule).or_default().push(detection);
    }
    let answer = |(rule, matches): (&str, Vec<&Detection>)| {
        let first = matches.first()?;
        let words = |list: &'_ [String]| list.to_vec();
        let (techniques, tactics) = (words(&first.techniques), words(&first.tactics));
        let asked =
            story::Question::of(techniques.iter().map(String::as_str), tactics.iter().map(String::as_str));
        let files = if matches.len() == 1 {
            "a file matches".to_owned()
        } else {
            format!("{} files match", matches.len())
        };
        let origin = |found: &&Detection| {
            Some(HuntOrigin {
                evidence: names.of(&found.file)?,
                file: found.file.to_string(),
                record: found.record_id,
            })
        };
        Some(HuntAnswer {
            question: asked.map_or(Question::Execution, question),
            confidence: incident::Confidence::Observed,
            text: format!("{files} the YARA rule {rule}"),
            at: None,
            hosts: Vec::new(),
            accounts: Vec::new(),
            rests_on: matches.iter().take(FILES).filter_map(origin).collect(),
        })
    };
    by_rule.into_iter().filter_map(answer).collect()
}

const fn question(asked: story::Question) -> Question {
    match asked {
        story::Question::InitialAccess => Question::InitialAccess,
        story::Question::Execution => Question::Execution,
        story::Question::Persistence => Question::Persistence,
        story::Question::PrivilegeEscalation => Question::PrivilegeEscalation,
        story::Question::CredentialTheft => Question::CredentialTheft,
        story::Question::LateralMovement => Question::LateralMovement,
        story::Question::Collection => Question::Collection,
        story::Question::Exfiltration => Question::Exfiltration,
        story::Question::Impact => Question::Impact,
    }
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
