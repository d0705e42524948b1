//! The binder of a practice: its profile on paper, for when nothing works (`report::binder`).

use std::collections::BTreeMap;

use incident::{
    IncidentKind, Practice, containment_minutes, engagement_minutes,
    practice::{Contact, Person},
    situation_minutes,
};
use kernel::{Actor, PracticeId, Severity, SystemName, authorise};
use report::binder as view;

use crate::{App, AppError, practices::Profile, read::Look};

impl App {
    /// The binder as PDF/A.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn binder_pdf(&self, actor: &Actor, practice: PracticeId) -> Result<Vec<u8>, AppError> {
        let _ = authorise(actor, Look)?;
        let profile = self.profile(actor, practice).await?;
        let now = self.edge().now();
        self.blocking(move || {
            binder(&profile).to_pdf(now).map_err(|error| AppError::Document(error.to_string()))
        })
        .await
    }
}

fn binder(profile: &Profile) -> view::Binder {
    let practice = &profile.practice;
    let mut on_call: Vec<&Person> =
        practice.people.iter().filter(|person| person.on_call.is_some()).collect();
    on_call.sort_by_key(|person| person.on_call);
    let others = practice.people.iter().filter(|person| person.on_call.is_none()).map(person);
    view::Binder {
        practice: practice.name.clone(),
        state: practice.state.clone(),
        time_zone: practice.time_zone.clone(),
        profile_version: profile.version,
        call: on_call.into_iter().map(person).collect(),
        others: others.chain(counsel(practice)).chain(insurer(practice)).collect(),
        vendors: vendors(practice),
        services: services(practice),
        systems: systems(practice),
        approved: approved(practice),
        clocks: clocks(),
        kinds: IncidentKind::ALL
            .iter()
            .map(|kind| (kind.as_str().to_owned(), capital(kind.plain())))
            .collect(),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn person(person: &Person) -> view::Contact {
    let what = person.title.clone().unwrap_or_else(|| capital(person.role.as_str()));
    let (name, phone, email) = (person.name.clone(), person.phone.clone(), person.email.clone());
    view::Contact { name, what, phone, email, note: None }
}

fn firm(contact: &Contact, what: &str) -> view::Contact {
    let what = contact.firm.as_ref().map_or_else(|| what.to_owned(), |firm| format!("{what}, {firm}"));
    let (name, phone, email) = (contact.name.clone(), contact.phone.clone(), contact.email.clone());
    view::Contact { name, what, phone, email, note: None }
}

fn counsel(practice: &Practice) -> Option<view::Contact> {
    practice.counsel.as_ref().map(|counsel| firm(counsel, "Healthcare attorney"))
}

fn insurer(practice: &Practice) -> Option<view::Contact> {
    practice.insurer.as_ref().map(|insurer| {
        let notice = insurer.notice_hours.map(|hours| format!(", notice within {hours} hours"));
        view::Contact {
            name: insurer.name.clone(),
            what: "Cyber insurer".to_owned(),
            phone: insurer.hotline.clone(),
            email: None,
            note: Some(format!("Policy {}{}", insurer.policy_number, notice.unwrap_or_default())),
        }
    })
}

fn vendors(practice: &Practice) -> Vec<view::Contact> {
    let row = |vendor: &incident::practice::Vendor| {
        let contact = vendor.contact.as_ref();
        view::Contact {
            name: vendor.name.clone(),
            what: capital(&vendor.what),
            phone: contact.and_then(|contact| contact.phone.clone()),
            email: contact.and_then(|contact| contact.email.clone()),
            note: contact.map(|contact| contact.name.clone()).filter(|name| *name != vendor.name),
        }
    };
    practice.vendors.iter().map(row).collect()
}

fn site(practice: &Practice, key: &str) -> String {
    practice
        .sites
        .iter()
        .find(|site| site.key == key)
        .map_or_else(|| key.to_owned(), |site| site.name.clone())
}

fn services(practice: &Practice) -> Vec<view::Service> {
    let needs = |key: &str| {
        let carries = |system: &&incident::practice::SystemProfile| {
            system.services.iter().any(|own| own.service == key)
        };
        practice.systems.iter().filter(carries).map(|system| system.name.clone()).collect()
    };
    let row = |service: &incident::practice::ClinicalService| view::Service {
        name: service.name.clone(),
        site: site(practice, &service.site),
        kind: service.kind.as_str().to_owned(),
        downtime: service.downtime.clone(),
        needs: needs(&service.key),
    };
    practice.services.iter().map(row).collect()
}

/// Systems with what they need and carry; those that most others need come first.
fn systems(practice: &Practice) -> Vec<view::System> {
    let mut needed: BTreeMap<&SystemName, usize> = BTreeMap::new();
    for on in practice.systems.iter().flat_map(|system| &system.depends_on) {
        *needed.entry(on).or_default() += 1;
    }
    let named =
        |key: &SystemName| practice.system(key).map_or_else(|| key.to_string(), |system| system.name.clone());
    let mut rows: Vec<_> = practice.systems.iter().collect();
    rows.sort_by_key(|system| std::cmp::Reverse(needed.get(&system.key).copied().unwrap_or(0)));
    rows.into_iter()
        .map(|system| view::System {
            name: system.name.clone(),
            key: system.key.to_string(),
            site: system.site.as_deref().map(|key| site(practice, key)).unwrap_or_default(),
            needs: system.depends_on.iter().map(named).collect(),
            carries: system
                .services
                .iter()
                .map(|own| {
                    practice.service(&own.service).map_or(own.service.clone(), |known| known.name.clone())
                })
                .collect(),
            vendor: system.vendor.clone(),
        })
        .collect()
}

fn approved(practice: &Practice) -> Vec<String> {
    let row = |own: &incident::practice::PreApproval| {
        let measures: Vec<_> = own.measures.iter().map(|measure| measure.plain()).collect();
        let kinds: Vec<_> = own.incidents.iter().map(|kind| kind.plain()).collect();
        let on: Vec<_> = own.systems.iter().map(SystemName::as_str).collect();
        let on = if on.is_empty() { String::new() } else { format!(" on {}", on.join(", ")) };
        let agreed = own.agreed.as_ref().map(|agreed| format!(" ({agreed})")).unwrap_or_default();
        format!("{}{on}, in {}{agreed}", capital(&measures.join(", ")), kinds.join(", "))
    };
    practice.plan.preapproved.iter().map(row).collect()
}

fn span(minutes: i64) -> String {
    match minutes {
        1_440.. if minutes % 1_440 == 0 => count(minutes / 1_440, "day"),
        60.. if minutes % 60 == 0 => count(minutes / 60, "hour"),
        _ => count(minutes, "minute"),
    }
}

fn count(number: i64, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

fn clocks() -> Vec<view::SeverityClock> {
    let order =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Informational];
    let row = |severity: Severity| view::SeverityClock {
        severity: capital(severity.as_str()),
        answer: span(engagement_minutes(severity).into()),
        contain: span(containment_minutes(severity)),
        report: situation_minutes(severity).map_or_else(|| "when there is news".to_owned(), span),
    };
    order.into_iter().map(row).collect()
}
