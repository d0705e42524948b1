//! The assessment for a person: a practice owner reads it from top to bottom and knows what was concluded, why, and
//! what would change it. Every step carries its citation, every date its arithmetic.

use crate::{
    clock::target,
    facts::{EntityKind, Facts, HoldForm},
    law::{Law, OtherStatus},
    result::{
        Addressee, Assessment, Confidence, Duty, LetterMethod, NotDue, Obligation, Regime, SubstituteSize,
    },
};

/// What every document of this crate says of itself.
pub const DISCLAIMER: &str = "This is a computation from the facts given and from dated law tables. It supports your \
healthcare attorney and does not replace counsel: the attorney decides whether this is a breach, which notices are \
due and what they say.";

const WIDTH: usize = 96;

/// The whole reasoning in plain English.
#[must_use]
pub fn explain(assessment: &Assessment, facts: &Facts) -> String {
    let mut page = Page::default();
    let name = facts.entity.name.as_deref().map_or_else(|| "the practice".to_owned(), one_line);
    page.heading(&format!("The breach question for {name}"));
    page.paragraph(DISCLAIMER);
    in_short(&mut page, assessment);
    discovery(&mut page, assessment, facts);
    determination(&mut page, assessment, facts);
    people(&mut page, assessment);
    duties(&mut page, assessment);
    holds(&mut page, facts);
    not_due(&mut page, assessment);
    what_would_change(&mut page, assessment, facts);
    other_calls(&mut page, facts);
    page.heading("How long to keep the file");
    page.paragraph(&format!(
        "Through {}: six years from the last determination, notice or filing (45 CFR 164.414(b), 164.530(j)).",
        long(assessment.retain_until)
    ));
    page.paragraph(&format!("The law tables were last checked on {}.", long(assessment.law_tables_as_of)));
    page.text
}

fn in_short(page: &mut Page, assessment: &Assessment) {
    let what = &assessment.determination;
    page.heading("In short");
    page.item(&if what.breach {
        format!("What we concluded: it is treated as a breach ({}).", what.basis)
    } else {
        format!("What we concluded: it is not a reportable breach under federal law ({}).", what.basis)
    });
    let to_do = || assessment.obligations.iter().filter(|each| each.duty != Duty::RecordRetention);
    let (all, met) = (to_do().count(), to_do().filter(|each| each.met_on.is_some()).count());
    let late = to_do().filter(|each| each.met_on.is_some() && each.late_by_days.is_some()).count();
    let done = match (met, late) {
        (0, _) => String::new(),
        (met, 0) => format!(" {met} of them done."),
        (met, late) => format!(" {met} of them done, {late} late."),
    };
    page.item(&match all {
        0 => "What is to be done: nothing is to be sent or filed; the reasons belong in the file.".to_owned(),
        all => format!(
            "What is to be done: {} to send or file (section 4).{done}",
            counted(all, "notice", "notices")
        ),
    });
    let next = to_do().filter(|each| each.met_on.is_none() && each.due.is_some()).min_by_key(|each| each.due);
    if let Some(next) = next
        && let Some(due) = next.due
    {
        let place = next.jurisdiction.map_or_else(String::new, |state| format!(" in {}", state.name()));
        page.item(&format!("The next last day: {}, {}{place}.", long(due), lower(next.duty.title())));
    }
    let open = assessment.open_questions.len();
    page.item(&match open {
        0 => "What would change it: section 6.".to_owned(),
        open => format!(
            "What would change it: {} (section 6). The cautious answer is assumed meanwhile.",
            counted(open, "open question", "open questions")
        ),
    });
}

fn discovery(page: &mut Page, assessment: &Assessment, facts: &Facts) {
    page.heading("1. When the clock started");
    let because = match assessment.discovery.because.as_str() {
        "known_on" => "that is when the entity knew of the incident",
        "workforce_known_on" => {
            "a member of the workforce knew then, and what any employee, volunteer or trainee knows counts"
        }
        "diligence_on" => "reasonable diligence would have shown it then",
        "agent_known_on" => "an agent of the entity knew then",
        "business_associate.notice_reached_entity_on" => {
            "the business associate's notice reached the entity then; when it was opened does not matter"
        }
        "business_associate.discovered_on" => {
            "the business associate discovered it then, and an agent's discovery is the entity's own"
        }
        _ => "the subcontractor's word reached the business associate then",
    };
    page.paragraph(&format!(
        "{}: {because} ({}). That day is day 0. The clock runs from knowing of the incident, not from the end of the investigation (78 FR 5648).",
        long(assessment.discovery.on), assessment.discovery.citation
    ));
    if let Some(day) = facts.knowledge.wrongdoer_known_on {
        page.paragraph(&format!("That the person who did it knew on {} does not count.", long(day.date)));
    }
}

fn determination(page: &mut Page, assessment: &Assessment, facts: &Facts) {
    let what = &assessment.determination;
    page.heading("2. Is it a breach?");
    let phi = match (what.phi, facts.entity.kind) {
        (true, _) => "Protected health information is involved.",
        (false, EntityKind::Neither) => "The entity is not under HIPAA, so HIPAA's rule does not ask.",
        (false, _) => "No protected health information is involved.",
    };
    page.item(&format!("{phi} (45 CFR 160.103)"));
    let secured = if what.unsecured {
        "It was not secured by encryption or destruction to the HHS guidance, as far as the facts say."
    } else {
        "It was secured, or there was nothing to secure."
    };
    page.item(&format!("{secured} (45 CFR 164.402; 74 FR 19006)"));
    // Only the FTC's rule is left where HIPAA and Part 2 do not ask; it presumes in its own words.
    let ftc =
        what.breach && !what.phi && assessment.obligations.iter().all(|each| each.regime != Regime::Part2);
    let verdict = if what.breach { "So: a breach" } else { "So: no breach" };
    if ftc {
        page.item(&format!("{verdict} under the FTC's Health Breach Notification Rule. (16 CFR 318.2)"));
        page.paragraph(
            "That rule presumes that data reached without permission were acquired, unless you have reliable evidence that they were not and could not have been (16 CFR 318.2).",
        );
        return;
    }
    page.item(&format!("{verdict} – {}. ({})", what.basis, what.citation));
    if what.presumed {
        page.paragraph(
            "Why: the law presumes a breach. Only a four-factor risk assessment that your attorney signs, showing a low probability that the information was compromised, overrides the presumption (45 CFR 164.402(2)).",
        );
    }
}

fn people(page: &mut Page, assessment: &Assessment) {
    page.heading("3. How many people");
    let counts = &assessment.counts;
    let by_state: Vec<_> = counts.by_state.iter().map(|(state, count)| format!("{state} {count}")).collect();
    let list = if by_state.is_empty() { String::new() } else { format!(" ({})", by_state.join(", ")) };
    if counts.total == 0 && assessment.determination.breach {
        page.paragraph("Nobody has been counted yet: 500 or more are assumed until somebody has.");
    } else {
        page.paragraph(&format!("{} in all{list}.", counts.total));
    }
    match counts.substitute_notice {
        SubstituteSize::None => {}
        SubstituteSize::FewerThan10 => page.paragraph(
            "Fewer than 10 cannot be reached by letter: reach them by other written notice, telephone or other means (45 CFR 164.404(d)(2)(i)).",
        ),
        SubstituteSize::TenOrMore => page.paragraph(
            "10 or more cannot be reached by letter: post a notice on the home page for 90 days, or use major print or broadcast media, with a toll-free number for at least 90 days (45 CFR 164.404(d)(2)(ii)).",
        ),
    }
}

fn duties(page: &mut Page, assessment: &Assessment) {
    page.heading("4. What is due, by date");
    let mut list: Vec<&Obligation> =
        assessment.obligations.iter().filter(|each| each.duty != Duty::RecordRetention).collect();
    if list.is_empty() {
        page.paragraph("Nothing is to be sent or filed on these facts. The reasons belong in the file.");
    }
    list.sort_by_key(|each| (each.due.is_none(), each.due));
    for each in list {
        duty(page, assessment, each);
    }
}

fn duty(page: &mut Page, assessment: &Assessment, of: &Obligation) {
    let when = match (of.due, of.due_at, target(of, assessment)) {
        (Some(_), Some(at), _) => format!("By {at}"),
        (Some(due), None, _) => format!("By {}", long(due)),
        (None, _, Some(target)) => format!("No fixed limit; aim at {}", long(target)),
        (None, _, None) => "No fixed limit".to_owned(),
    };
    let place = of.jurisdiction.map_or_else(String::new, |state| format!(", {}", state.name()));
    page.item(&format!("{when}: {}{place} – to {}.", of.duty.title(), of.recipient));
    page.under(&format!("The law: {} ({}; {}).", of.standard, of.citation, sure(of.confidence)));
    page.under(&format!("The count: {}.", of.arithmetic));
    for batch in of.letters.iter().flatten() {
        let to = match batch.to {
            Addressee::Individual => "the people themselves",
            Addressee::ParentOrGuardian => "parents or guardians",
            Addressee::Minor => "minors who alone agreed to the care",
            Addressee::NextOfKin => "next of kin",
            Addressee::PersonalRepresentative => "personal representatives",
        };
        let by = match batch.method {
            LetterMethod::FirstClassMail => "by first-class mail",
            LetterMethod::Email => "by e-mail, as they agreed",
        };
        page.under(&format!("{} to {to}, {by}.", counted(batch.count, "letter", "letters")));
    }
    if let Some(through) = of.post_through {
        page.under(&format!(
            "Keep the posting up through {}, its 90th day; one day more is prudent.",
            long(through)
        ));
    }
    if let Some(met) = of.met_on {
        let late = match (of.due, of.late_by_days) {
            (_, Some(days)) => format!(", {} late", counted(days, "day", "days")),
            (Some(_), None) => ", in time".to_owned(),
            (None, None) => String::new(),
        };
        page.under(&format!("Done on {}{late}.", long(met)));
    }
    if let Some(note) = &of.note {
        page.under(&format!("Note: {note}"));
    }
}

const fn sure(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Settled => "settled",
        Confidence::Interpretation => "a reading on which counsel should be asked",
        Confidence::Unverified => "not checked against the text: ask counsel",
    }
}

fn holds(page: &mut Page, facts: &Facts) {
    if facts.law_enforcement_holds.is_empty() {
        return;
    }
    page.heading("Law-enforcement delay");
    page.paragraph(
        "An official said that notice would impede an investigation or damage national security (45 CFR 164.412). Record who said it, when and in what words. While it holds, send nothing it covers.",
    );
    for hold in &facts.law_enforcement_holds {
        let told = match (hold.form, hold.until) {
            (HoldForm::Written, Some(until)) => format!("through {}", long(until.date)),
            (HoldForm::Oral, _) => {
                "for 30 days at most, unless a written statement arrives in that time".to_owned()
            }
            (HoldForm::Written, None) => "without a period, so treated like an oral one: 30 days".to_owned(),
        };
        let form = upper(hold.form.as_str());
        page.item(&format!("{form} statement of {}: {told}.", long(hold.stated_on.date)));
    }
}

fn not_due(page: &mut Page, assessment: &Assessment) {
    if assessment.not_due.is_empty() {
        return;
    }
    page.heading("5. What is not due, and why");
    for NotDue { duty, regime, jurisdiction, reason, citation, advice } in &assessment.not_due {
        let place = jurisdiction.map_or_else(String::new, |state| format!(", {}", state.name()));
        let regime = match regime {
            Regime::Part2 => ", 42 CFR part 2",
            Regime::Ftc => ", FTC",
            _ => "",
        };
        page.item(&format!("{}{regime}{place}: {} ({citation})", duty.title(), sentence(reason)));
        if let Some(advice) = advice {
            page.under(&format!("Advice: {advice}"));
        }
    }
}

fn what_would_change(page: &mut Page, assessment: &Assessment, facts: &Facts) {
    page.heading("6. What would change this");
    for question in &assessment.open_questions {
        page.item(&format!(
            "{}? {}. Assumed meanwhile: {}. ({})",
            asked(&question.fact),
            upper(&question.why),
            question.assumed,
            question.fact
        ));
    }
    if assessment.determination.breach {
        let total = assessment.counts.total;
        let hipaa = assessment.determination.phi;
        if hipaa && (1..500).contains(&total) {
            page.item(&format!(
                "{} would make 500: HHS would then be told with the letters, not in the yearly report (45 CFR 164.408).",
                counted(500 - total, "more person", "more people")
            ));
        }
        for (state, &count) in assessment.counts.by_state.iter().filter(|(state, _)| *state != "unknown") {
            if hipaa && (400..=500).contains(&count) {
                page.item(&format!(
                    "{} of {state} would call for media notice there (45 CFR 164.406).",
                    counted(501 - count, "more resident", "more residents")
                ));
            }
        }
        page.item(
            "An earlier day on which anybody of the workforce knew would make every federal date earlier.",
        );
        if facts.law_enforcement_holds.is_empty() {
            page.item("A statement by law enforcement would hold the federal notices (45 CFR 164.412).");
        }
        if hipaa && facts.sent.individuals_on.is_none() {
            page.item("Letters after HIPAA's last day would bring back State duties that HIPAA satisfies.");
        }
    } else {
        not_a_breach(page, assessment, facts);
    }
}

/// What would make a breach of what is none now.
fn not_a_breach(page: &mut Page, assessment: &Assessment, facts: &Facts) {
    let what = &assessment.determination;
    if what.phi && !what.unsecured {
        page.item(
            "If the key or password went along, or the data were open when it happened, they would count as unsecured and a breach would be presumed (45 CFR 164.402).",
        );
    } else if what.phi && facts.event.exception.is_some() {
        page.item(
            "If one condition of the exception does not hold, such as that something was passed on after all, a breach would be presumed (45 CFR 164.402(1)).",
        );
    } else if what.phi && facts.event.risk_assessment.is_some() {
        page.item(
            "New facts on any of the four factors call for a new assessment; until your attorney signs it, a breach would be presumed again (45 CFR 164.402(2)).",
        );
    } else if !what.phi {
        page.item("If health information of patients was involved after all, a breach would be presumed (45 CFR 164.402).");
    }
    page.item(
        "You bear the burden of showing that there was no breach: keep what shows it (45 CFR 164.414(b)).",
    );
}

/// Duties and calls that the engine does not compute. The tables were read before anything could be assessed.
fn other_calls(page: &mut Page, facts: &Facts) {
    let Ok(law) = Law::embedded() else { return };
    page.heading("7. Other calls to think of");
    page.paragraph(
        "These hang on contracts and licences that the facts do not show; their dates are not computed.",
    );
    for duty in law.other.iter().filter(|duty| duty.status != OtherStatus::Proposed && duty.concerns(facts)) {
        page.item(&format!(
            "{} (for {}; {}): {} ({})",
            duty.title, duty.who, duty.limit, duty.what, duty.citation
        ));
    }
}

/// `May 9, 2026`, as a person writes a day; the counts keep the form of the calendar.
fn long(date: jiff::civil::Date) -> String {
    date.strftime("%B %-d, %Y").to_string()
}

/// "1 duty", "7 duties".
fn counted<N: std::fmt::Display + PartialEq + From<u8>>(n: N, one: &str, more: &str) -> String {
    let word = if n == N::from(1) { one } else { more };
    format!("{n} {word}")
}

/// The question behind a fact's pointer.
fn asked(pointer: &str) -> &'static str {
    match pointer {
        "/event/permitted_use" => "Did the privacy rule permit this use",
        "/event/protection" => "Were the data encrypted or destroyed",
        "/event/protection/meets_hhs_guidance" => "Does the protection meet the HHS guidance",
        "/event/protection/key_compromised" => "Did the key go along",
        "/event/protection/open_at_the_time" => "Were the data open when it happened",
        "/event/medium" => "Was it electronic, paper or spoken",
        "/event/risk_assessment" => "Has your attorney signed a four-factor assessment",
        "/event/data" => "Whose data were they exactly",
        "/entity/part2_program" => "Is the entity a Part 2 program",
        "/entity/phr_vendor" => "Is the entity a vendor of personal health records",
        "/entity/dea_registrant" => "Is the entity a DEA registrant",
        "/entity/state_licensed_facility" => "Is the entity a facility licensed by its State",
        "/business_associate/role" => "Is the business associate an agent or an independent contractor",
        "/business_associate/discovered_on" => "When did the business associate discover it",
        "/knowledge/determined_on" => "When was it determined to be a breach",
        "/knowledge/known_on" => "At what hour was it known",
        "/individuals/by_state" => "How many people are affected, and where do they live",
        "/individuals/by_state/unknown" => "Where do the people of unknown residence live",
        "/individuals/elements" => "Which kinds of information were involved",
        "/individuals/undeliverable_addresses" => "How many addresses do not reach",
        "/individuals/deceased" => "Have any of the people died",
        "/individuals/minors" => "Are any of the people minors",
        "/individuals/imminent_misuse" => "Is misuse imminent",
        other if other.starts_with("/event/exception/") => "Is this condition of the exception met",
        other if other.starts_with("/event/risk_assessment/") => {
            "Is the four-factor assessment complete and signed"
        }
        _ => "What is the fact",
    }
}

fn upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Text from the facts on one line.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn heading(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n('-', text.chars().count()));
        self.text.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        self.wrap("", "", text);
    }

    fn item(&mut self, text: &str) {
        self.wrap("- ", "  ", text);
    }

    fn under(&mut self, text: &str) {
        self.wrap("    ", "    ", text);
    }

    fn wrap(&mut self, first: &str, rest: &str, text: &str) {
        let mut column = first.len();
        let mut started = false;
        self.text.push_str(first);
        for word in text.split_whitespace() {
            let length = word.chars().count();
            if started && column + 1 + length > WIDTH {
                self.text.push('\n');
                self.text.push_str(rest);
                column = rest.len();
                started = false;
            }
            if started {
                self.text.push(' ');
                column += 1;
            }
            self.text.push_str(word);
            column += length;
            started = true;
        }
        self.text.push('\n');
    }
}
