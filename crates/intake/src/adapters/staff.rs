//! What somebody at the practice says in the staff form: six plain questions, none of them about computers. The form
//! sends one JSON object with the answers as they were typed.

use kernel::{Channel, IndicatorKind};

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{first_moment, has, text, word},
    indicator,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "staff",
    vendor: "Tourniquet",
    product: "staff form",
    reads: "what_happened, where, who, when_noticed, what_do_you_see, contact",
    channel: Channel::Staff,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

/// The questions after the first, as they are put before the answers in the description.
const QUESTIONS: [(&str, &str); 5] = [
    ("what_do_you_see", "What they see"),
    ("where", "Where"),
    ("who", "Who"),
    ("when_noticed", "When noticed"),
    ("contact", "Contact"),
];

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let answers = QUESTIONS.iter().filter(|(name, _)| value.get(name).is_some()).count();
    Confidence::Certain.when(value.get("what_happened").is_some() && answers > 0)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        draft.source_id = word(value, "id");
        draft.title = text(value, "what_happened").map(str::to_owned);
        let answered = QUESTIONS
            .iter()
            .filter_map(|(name, label)| word(value, name).map(|answer| format!("{label}: {answer}")));
        let lines: Vec<String> = answered.collect();
        draft.description = (!lines.is_empty()).then(|| lines.join("\n"));
        draft.occurred_at = first_moment(value, &["when_noticed"]);
        draft.reported_at = first_moment(value, &["sent_at"]);
        draft.host(text(value, "workstation"));
        if !has(value, "workstation") {
            draft.host(text(value, "where").filter(|place| names_a_computer(place)));
        }
        for answer in ["what_happened", "what_do_you_see"].iter().filter_map(|name| text(value, name)) {
            for word in answer.split_whitespace() {
                let word = word.trim_matches(|c: char| {
                    matches!(c, ',' | ';' | '"' | '\'' | '(' | ')' | '.' | '!' | '?')
                });
                if let Some(kind) = indicator::classify(word)
                    && !matches!(kind, IndicatorKind::FilePath)
                {
                    draft.indicator(kind, word);
                }
            }
        }
    })
}

/// `WS-EXAM3`, and not `room 3` or `reception`.
fn names_a_computer(place: &str) -> bool {
    place.len() >= 3
        && place.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && place.bytes().any(|byte| matches!(byte, b'-' | b'_' | b'.'))
}
