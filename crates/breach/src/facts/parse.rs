//! A JSON value into [`Facts`]: members, words, dates and counts, each refused with its pointer. What the facts say
//! about each other is `consistency`'s.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{
    Associate, AssociateRole, ByState, DataKind, Deceased, Element, Entity, EntityKind, Event, EventKind,
    Exception, ExceptionKind, Facts, FactsError, Hold, HoldForm, Individuals, Knowledge, Medium, Probability,
    Protection, ProtectionMethod, RiskAssessment, Sent,
    json::{Node, Object, shorten},
};
use crate::{day::Day, discovery};

/// More people than live in the United States: a slip of the keyboard.
const MOST_PEOPLE: u64 = 1_000_000_000;
const MOST_TEXT: usize = 20_000;

/// Reads a word of the enum.
macro_rules! word {
    ($node:expr, $kind:ident) => {
        $node.word($kind::from_word, $kind::ALL, $kind::as_str)
    };
}

pub(super) fn facts(value: &Value) -> Result<Facts, FactsError> {
    let root = Node { value, pointer: String::new() }.object(&[
        "entity",
        "event",
        "knowledge",
        "business_associate",
        "law_enforcement_holds",
        "individuals",
        "sent",
    ])?;
    let entity = entity(root.need("entity")?)?;
    let zone = entity.time_zone.clone();
    let event = event(root.need("event")?, &zone)?;
    let knowledge = knowledge(
        &part(
            &root,
            "knowledge",
            &[
                "occurred_on",
                "known_on",
                "workforce_known_on",
                "wrongdoer_known_on",
                "diligence_on",
                "agent_known_on",
                "determined_on",
            ],
        )?,
        &zone,
    )?;
    let business_associate = root.opt("business_associate", |node| associate(node, &zone))?;
    let law_enforcement_holds = match root.get("law_enforcement_holds") {
        Some(list) => list.items()?.into_iter().map(|node| hold(node, &zone)).collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    let individuals = individuals(&part(
        &root,
        "individuals",
        &[
            "by_state",
            "elements",
            "undeliverable_addresses",
            "deceased",
            "minors",
            "minors_consented_alone",
            "email_agreed",
            "imminent_misuse",
        ],
    )?)?;
    let sent = sent(
        &part(
            &root,
            "sent",
            &["individuals_on", "hhs_on", "media_on", "substitute_posted_on", "small_breach_report_on"],
        )?,
        &zone,
    )?;
    let discovered =
        discovery::of(entity.kind, &knowledge, business_associate.as_ref()).ok_or_else(|| {
            FactsError::at("/knowledge/known_on", "missing; nothing else says when the breach was discovered")
        })?;
    Ok(Facts {
        entity,
        event,
        knowledge,
        business_associate,
        law_enforcement_holds,
        individuals,
        sent,
        discovered,
    })
}

/// A member that is an object, or an empty one where it is absent.
fn part<'a>(root: &Object<'a>, name: &str, known: &[&str]) -> Result<Object<'a>, FactsError> {
    root.get(name).map_or_else(|| Ok(Object::absent(&format!("/{name}"))), |node| node.object(known))
}

fn entity(node: Node<'_>) -> Result<Entity, FactsError> {
    let o = node.object(&[
        "kind",
        "name",
        "state",
        "time_zone",
        "state_licensed_facility",
        "part2_program",
        "dea_registrant",
        "phr_vendor",
    ])?;
    let state = o.need("state")?;
    let zone = o.need("time_zone")?;
    Ok(Entity {
        kind: word!(o.need("kind")?, EntityKind)?,
        name: o.opt("name", |node| text(&node))?,
        state: state.text()?.parse().or_else(|_| state.fault("no such jurisdiction"))?,
        time_zone: time_zone(&zone)?,
        state_licensed_facility: o.opt("state_licensed_facility", |node| node.truth())?,
        part2_program: o.opt("part2_program", |node| node.truth())?,
        dea_registrant: o.opt("dea_registrant", |node| node.truth())?,
        phr_vendor: o.opt("phr_vendor", |node| node.truth())?,
    })
}

fn time_zone(node: &Node<'_>) -> Result<TimeZone, FactsError> {
    let name = node.text()?;
    match TimeZone::get(name) {
        Ok(zone) if zone.iana_name().is_some() && !zone.is_unknown() => Ok(zone),
        _ => node.fault(format!("`{}` is not an IANA time zone", shorten(name))),
    }
}

fn event(node: Node<'_>, zone: &TimeZone) -> Result<Event, FactsError> {
    let o = node.object(&[
        "kind",
        "data",
        "permitted_use",
        "medium",
        "protection",
        "exception",
        "risk_assessment",
    ])?;
    let list = o.need("data")?;
    let mut data = Vec::new();
    for item in list.items()? {
        let kind = word!(item, DataKind)?;
        if data.contains(&kind) {
            return item.fault(format!("`{kind}` is listed twice"));
        }
        data.push(kind);
    }
    if data.is_empty() {
        return list.fault("empty; say which data, or `none`");
    }
    if data.contains(&DataKind::None) && data.len() > 1 {
        return list.fault("`none` contradicts the others");
    }
    Ok(Event {
        kind: word!(o.need("kind")?, EventKind)?,
        data,
        permitted_use: o.opt("permitted_use", |node| node.truth())?,
        medium: o.opt("medium", |node| word!(node, Medium))?,
        protection: o.opt("protection", protection)?,
        exception: o.opt("exception", exception)?,
        risk_assessment: o.opt("risk_assessment", |node| risk_assessment(node, zone))?,
    })
}

fn protection(node: Node<'_>) -> Result<Protection, FactsError> {
    let o = node.object(&["method", "meets_hhs_guidance", "key_compromised", "open_at_the_time"])?;
    Ok(Protection {
        method: word!(o.need("method")?, ProtectionMethod)?,
        meets_hhs_guidance: o.opt("meets_hhs_guidance", |node| node.truth())?,
        key_compromised: o.opt("key_compromised", |node| node.truth())?,
        open_at_the_time: o.opt("open_at_the_time", |node| node.truth())?,
    })
}

fn exception(node: Node<'_>) -> Result<Exception, FactsError> {
    let o = node.object(&["kind", "good_faith", "within_authority", "further_disclosure", "could_retain"])?;
    Ok(Exception {
        kind: word!(o.need("kind")?, ExceptionKind)?,
        good_faith: o.opt("good_faith", |node| node.truth())?,
        within_authority: o.opt("within_authority", |node| node.truth())?,
        further_disclosure: o.opt("further_disclosure", |node| node.truth())?,
        could_retain: o.opt("could_retain", |node| node.truth())?,
    })
}

fn risk_assessment(node: Node<'_>, zone: &TimeZone) -> Result<RiskAssessment, FactsError> {
    let o = node.object(&[
        "nature_of_phi",
        "unauthorized_person",
        "acquired_or_viewed",
        "mitigation",
        "probability",
        "decided_by",
        "decided_on",
    ])?;
    Ok(RiskAssessment {
        nature_of_phi: o.opt("nature_of_phi", |node| text(&node))?,
        unauthorized_person: o.opt("unauthorized_person", |node| text(&node))?,
        acquired_or_viewed: o.opt("acquired_or_viewed", |node| text(&node))?,
        mitigation: o.opt("mitigation", |node| text(&node))?,
        probability: o.opt("probability", |node| word!(node, Probability))?,
        decided_by: o.opt("decided_by", |node| text(&node))?,
        decided_on: o.opt("decided_on", |node| day(&node, zone))?,
    })
}

fn knowledge(o: &Object<'_>, zone: &TimeZone) -> Result<Knowledge, FactsError> {
    let on = |name: &str| o.opt(name, |node| day(&node, zone));
    Ok(Knowledge {
        occurred_on: on("occurred_on")?,
        known_on: on("known_on")?,
        workforce_known_on: on("workforce_known_on")?,
        wrongdoer_known_on: on("wrongdoer_known_on")?,
        diligence_on: on("diligence_on")?,
        agent_known_on: on("agent_known_on")?,
        determined_on: on("determined_on")?,
    })
}

fn associate(node: Node<'_>, zone: &TimeZone) -> Result<Associate, FactsError> {
    let o = node.object(&[
        "role",
        "discovered_on",
        "notice_reached_entity_on",
        "contract_days",
        "subcontractor_discovered_on",
        "subcontractor_told_ba_on",
    ])?;
    let on = |name: &str| o.opt(name, |node| day(&node, zone));
    let contract_days = o.opt("contract_days", |node| node.count(3650))?;
    Ok(Associate {
        role: o.opt("role", |node| word!(node, AssociateRole))?,
        discovered_on: on("discovered_on")?,
        notice_reached_entity_on: on("notice_reached_entity_on")?,
        contract_days: contract_days.and_then(|days| u16::try_from(days).ok()),
        subcontractor_discovered_on: on("subcontractor_discovered_on")?,
        subcontractor_told_ba_on: on("subcontractor_told_ba_on")?,
    })
}

fn hold(node: Node<'_>, zone: &TimeZone) -> Result<Hold, FactsError> {
    let o = node.object(&["form", "stated_on", "until"])?;
    Ok(Hold {
        form: word!(o.need("form")?, HoldForm)?,
        stated_on: day(&o.need("stated_on")?, zone)?,
        until: o.opt("until", |node| day(&node, zone))?,
    })
}

fn individuals(o: &Object<'_>) -> Result<Individuals, FactsError> {
    let count = |name: &str| o.opt(name, |node| node.count(MOST_PEOPLE));
    Ok(Individuals {
        by_state: o.opt("by_state", |node| by_state(&node))?,
        elements: o.opt("elements", |node| elements(&node))?.filter(|list: &Vec<_>| !list.is_empty()),
        undeliverable_addresses: count("undeliverable_addresses")?,
        deceased: o.opt("deceased", deceased)?,
        minors: count("minors")?,
        minors_consented_alone: count("minors_consented_alone")?,
        email_agreed: count("email_agreed")?,
        imminent_misuse: o.opt("imminent_misuse", |node| node.truth())?,
    })
}

fn by_state(node: &Node<'_>) -> Result<ByState, FactsError> {
    let mut out = ByState::default();
    for (code, count) in node.members()? {
        let people = count.count(MOST_PEOPLE)?;
        if code == "unknown" {
            out.unknown = Some(people);
        } else {
            match code.parse() {
                Ok(state) => out.states.insert(state, people),
                Err(_) => return count.fault("no such jurisdiction"),
            };
        }
    }
    Ok(out)
}

fn elements(node: &Node<'_>) -> Result<Vec<Element>, FactsError> {
    let mut out = Vec::new();
    for item in node.items()? {
        let element = word!(item, Element)?;
        if !out.contains(&element) {
            out.push(element);
        }
    }
    Ok(out)
}

fn deceased(node: Node<'_>) -> Result<Deceased, FactsError> {
    let o = node.object(&["kin_address_known", "kin_address_unknown", "over_50_years"])?;
    let count = |name: &str| o.opt(name, |node| node.count(MOST_PEOPLE)).map(Option::unwrap_or_default);
    Ok(Deceased {
        kin_address_known: count("kin_address_known")?,
        kin_address_unknown: count("kin_address_unknown")?,
        over_50_years: count("over_50_years")?,
    })
}

fn sent(o: &Object<'_>, zone: &TimeZone) -> Result<Sent, FactsError> {
    let on = |name: &str| o.opt(name, |node| day(&node, zone));
    Ok(Sent {
        individuals_on: on("individuals_on")?,
        hhs_on: on("hhs_on")?,
        media_on: on("media_on")?,
        substitute_posted_on: on("substitute_posted_on")?,
        small_breach_report_on: on("small_breach_report_on")?,
    })
}

fn text(node: &Node<'_>) -> Result<String, FactsError> {
    let text = node.text()?;
    if text.len() > MOST_TEXT {
        return node.fault(format!("{} bytes of text; at most {MOST_TEXT}", text.len()));
    }
    Ok(text.to_owned())
}

/// A civil date, or an RFC 3339 timestamp turned into the entity's civil date.
fn day(node: &Node<'_>, zone: &TimeZone) -> Result<Day, FactsError> {
    let text = node.text()?;
    let bad = || {
        let what = format!("`{}` is neither a date YYYY-MM-DD nor an RFC 3339 timestamp", shorten(text));
        FactsError::at(node.pointer.clone(), what)
    };
    let shape: Vec<u8> = text.bytes().map(|b| if b.is_ascii_digit() { b'0' } else { b }).collect();
    let day = if shape == b"0000-00-00" {
        Day::on(text.parse::<Date>().map_err(|_| bad())?)
    } else {
        let shape = shape.to_ascii_uppercase();
        let rfc3339 = shape.starts_with(b"0000-00-00T00:00:00") && !text.contains(['[', ' ', ',']);
        let at: Timestamp = if rfc3339 { text.parse().map_err(|_| bad())? } else { return Err(bad()) };
        Day::at(at, zone)
    };
    if (1950..=2199).contains(&day.date.year()) {
        Ok(day)
    } else {
        node.fault(format!("the year {} is out of range (1950 to 2199)", day.date.year()))
    }
}
