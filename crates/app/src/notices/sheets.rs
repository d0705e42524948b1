//! Worksheets: the HHS portal's form and each State agency's, from the breach engine's own sheets. The portal's sheet
//! goes over as JSON, whose members are the same on both sides; a test holds the two together.

use std::collections::BTreeMap;

use breach::{
    agency::{self, AgencySheet},
    result::Confidence as Sure,
    state::State,
    worksheet::{Answer, Field, FieldKind, Portal, fill},
};
use jiff::civil::Date;
use report::breach::{
    AgencyWorksheet, Audience, PortalWorksheet,
    worksheet::{AgencyField, Confidence},
};
use serde_json::Value;

use super::{
    Case, Paper, Says,
    case::{capital, report_day},
};
use crate::AppError;

impl Case {
    pub(super) fn portal(&self, part2: bool) -> Result<Paper, AppError> {
        let given = self.answers()?;
        let portal = if part2 { Portal::Part2 } else { Portal::Hipaa };
        let filled = fill(&self.law.form, portal, &self.facts, &self.assessment, &given);
        let worksheet = serde_json::to_value(&filled)
            .and_then(serde_json::from_value)
            .map_err(|error| AppError::Document(format!("the portal's worksheet: {error}")))?;
        let name = if part2 { "hhs-part2-worksheet" } else { "hhs-worksheet" };
        Ok(Paper::new(name, Says::Portal(Box::new(PortalWorksheet { matter: self.matter(), worksheet }))))
    }

    /// The practice's answers: those given by field, over those that the notice says in other words.
    pub(super) fn answers(&self) -> Result<BTreeMap<String, Answer>, AppError> {
        let fields: Vec<&Field> = self.law.form.sections.iter().flat_map(|section| &section.fields).collect();
        let mut out = self.said()?;
        for (id, value) in &self.notice.portal {
            let at = || format!("/notice/portal/{id}");
            let field = fields.iter().find(|field| field.id == *id).ok_or_else(|| {
                let ids: Vec<&str> = fields.iter().map(|field| field.id.as_str()).collect();
                AppError::invalid(at(), format!("the form has no such field: {}", ids.join(", ")))
            })?;
            let answer = answer(field, value).map_err(|what| AppError::invalid(at(), what))?;
            out.insert(id.clone(), answer);
        }
        Ok(out)
    }

    /// What the notice says that the form asks for as well.
    fn said(&self) -> Result<BTreeMap<String, Answer>, AppError> {
        let mut out = BTreeMap::new();
        let mut put = |id: &str, answer: Option<Answer>| {
            if let Some(answer) = answer {
                out.insert(id.to_owned(), answer);
            }
        };
        let text = |value: Option<String>| value.map(Answer::Text);
        let sender = &self.notice.sender;
        if let [street, between @ .., last] = sender.address.as_slice() {
            put("street", text(Some(street.clone())));
            put("street_2", text((!between.is_empty()).then(|| between.join(", "))));
            if let Some((city, zip)) = place(last) {
                put("city", text(Some(city)));
                put("zip", text(Some(zip)));
            }
        }
        if self.facts.entity.kind == breach::facts::EntityKind::CoveredEntity {
            put("entity_name", text(Some(self.name()).filter(|name| !name.starts_with('['))));
        }
        let occurred = self.occurred();
        put(
            "breach_end",
            occurred.through.or(occurred.from).filter(|_| occurred.through.is_some()).map(Answer::Date),
        );
        let told = self.text(Audience::Media)?.what_happened.text;
        put("description", text(Some(told.split_whitespace().collect::<Vec<_>>().join(" "))));
        put("notice_start", self.notice.dated.map(Answer::Date));
        put("notice_end", self.notice.dated.map(Answer::Date));
        let mut actions = Vec::new();
        if self.notice.monitoring.is_some() {
            actions.push("Provided individuals with free credit monitoring".to_owned());
        }
        if !self.notice.what_we_are_doing.measures.is_empty() {
            actions.push("Other".to_owned());
            put("actions_other", text(Some(self.notice.what_we_are_doing.measures.join(" "))));
        }
        put("actions", (!actions.is_empty()).then_some(Answer::Choices(actions)));
        Ok(out)
    }

    /// The worksheets of the agencies that are to be told, or of one State's.
    pub(super) fn agencies(&self, only: Option<State>) -> Result<Vec<Paper>, AppError> {
        for code in self.notice.agency.keys() {
            if code.parse::<State>().is_err() {
                return Err(AppError::invalid(format!("/notice/agency/{code}"), "no such jurisdiction"));
            }
        }
        let sheets = agency::sheets(&self.facts, &self.assessment, self.law);
        let mut names = BTreeMap::new();
        Ok(sheets
            .into_iter()
            .filter(|sheet| only.is_none_or(|only| sheet.jurisdiction == only))
            .map(|sheet| {
                let stem =
                    format!("{}-{}", sheet.jurisdiction.code().to_ascii_lowercase(), slug(&sheet.recipient));
                // Two duties of one agency are two sheets.
                let taken = names.entry(stem.clone()).or_insert(0);
                *taken += 1;
                let name = if *taken > 1 { format!("{stem}-{taken}") } else { stem };
                Paper::new(name, Says::Agency(Box::new(self.agency(sheet))))
            })
            .collect())
    }

    fn agency(&self, sheet: AgencySheet) -> AgencyWorksheet {
        let own = self.notice.agency.get(sheet.jurisdiction.code());
        let obligation = self.assessment.obligations.iter().find(|each| {
            each.jurisdiction == Some(sheet.jurisdiction)
                && each.recipient == sheet.recipient
                && each.standard == sheet.standard
        });
        let mut fields: Vec<AgencyField> = sheet
            .lines
            .into_iter()
            .map(|line| {
                let given = own.and_then(|own| own.get(&line.label)).cloned();
                let said = self.of_agency(&line.label);
                let note = match (&given, &line.answer, &said) {
                    (Some(_), ..) => Some("given by the practice"),
                    (_, Some(_), _) => Some("from the facts"),
                    (_, _, Some(_)) => Some("from the notice"),
                    _ => None,
                };
                AgencyField {
                    answer: given.or_else(|| line.answer.map(in_words)).or(said),
                    label: line.label,
                    required: false,
                    note: note.map(str::to_owned),
                }
            })
            .collect();
        fields.extend(sheet.asks.into_iter().map(|ask| AgencyField {
            answer: own.and_then(|own| own.get(&ask)).cloned(),
            label: capital(&ask),
            required: true,
            note: Some("this agency asks for it besides".to_owned()),
        }));
        AgencyWorksheet {
            matter: self.matter(),
            jurisdiction: sheet.jurisdiction.name().to_owned(),
            agency: sheet.recipient,
            file_at: None,
            standard: sheet.standard,
            due: sheet.due,
            arithmetic: obligation.map(|each| each.arithmetic.clone()).unwrap_or_default(),
            citation: sheet.citation,
            confidence: match sheet.confidence {
                Sure::Settled => Confidence::Settled,
                Sure::Interpretation => Confidence::Interpretation,
                Sure::Unverified => Confidence::Unverified,
            },
            note: obligation.and_then(|each| each.note.clone()),
            residents: self.assessment.counts.by_state.get(sheet.jurisdiction.code()).copied(),
            fields,
            attachments: vec!["A copy of the notice to the individuals, without names".to_owned()],
        }
    }

    /// What the notice answers of an agency's usual questions.
    fn of_agency(&self, label: &str) -> Option<String> {
        let sender = &self.notice.sender;
        match label {
            "Name of the entity" => Some(self.name()).filter(|name| !name.starts_with('[')),
            "Address and point of contact" => {
                let signatory =
                    self.notice.signatory.as_ref().map(|signs| format!("{}, {}", signs.name, signs.title));
                let lines: Vec<String> = sender
                    .address
                    .iter()
                    .cloned()
                    .chain(signatory)
                    .chain(sender.telephone.clone())
                    .chain(sender.email.clone())
                    .collect();
                (!sender.address.is_empty()).then(|| lines.join("; "))
            }
            "Date of the notice to individuals" => {
                self.notice.dated.map(|date| format!("planned for {}", report_day(date)))
            }
            "Steps taken and planned" => {
                let measures = &self.notice.what_we_are_doing.measures;
                (!measures.is_empty()).then(|| measures.join(" "))
            }
            "Services offered to individuals, such as credit monitoring, and for how long" => {
                let offer = self.notice.monitoring.as_ref()?;
                Some(format!(
                    "{} by {}, {} months, free of charge",
                    offer.service, offer.provider, offer.months
                ))
            }
            _ => None,
        }
    }
}

/// A day as a form's reader writes it; anything else as it is.
fn in_words(answer: String) -> String {
    answer.parse::<Date>().map_or(answer, report_day)
}

/// City and ZIP code of a line such as `Cedar Hollow, OH 44999`.
fn place(line: &str) -> Option<(String, String)> {
    let (city, rest) = line.rsplit_once(',')?;
    let (state, zip) = rest.trim().rsplit_once(' ')?;
    let digits = zip.len() >= 5 && zip.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    (state.trim().len() == 2 && digits).then(|| (city.trim().to_owned(), zip.to_owned()))
}

fn slug(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    out.truncate(48);
    out.trim_end_matches('-').to_owned()
}

/// A value as the field takes it. That it is one of the form's choices is the form's own to check, and shown there.
fn answer(field: &Field, value: &Value) -> Result<Answer, String> {
    match (field.kind, value) {
        (FieldKind::Date, Value::String(text)) => text
            .parse::<Date>()
            .map(Answer::Date)
            .map_err(|_| format!("`{text}` is no day: write YYYY-MM-DD")),
        (FieldKind::Integer, Value::Number(number)) => {
            number.as_u64().map(Answer::Number).ok_or_else(|| "not a whole number".to_owned())
        }
        (FieldKind::Many | FieldKind::States, Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| "a list of texts".to_owned()))
            .collect::<Result<_, _>>()
            .map(Answer::Choices),
        (FieldKind::Many | FieldKind::States, Value::String(text)) => Ok(Answer::Choices(vec![text.clone()])),
        (FieldKind::Text | FieldKind::LongText | FieldKind::One | FieldKind::State, Value::String(text)) => {
            Ok(Answer::Text(text.clone()))
        }
        (kind, _) => Err(match kind {
            FieldKind::Date => "a day as YYYY-MM-DD",
            FieldKind::Integer => "a whole number",
            FieldKind::Many | FieldKind::States => "a list of texts",
            _ => "a text",
        }
        .to_owned()),
    }
}
