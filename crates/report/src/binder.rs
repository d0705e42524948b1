//! The binder: what a practice needs in its hands when nothing works. Contacts, who decides what, the clocks, what stops
//! without what, runbooks in brief, a log to write on, and a paper form for each clinical service. Its words are data
//! (`content/downtime`); the practice's own are its profile's.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{ReportError, Template, downtime::paper_form, render, when::Clock};

/// A practice as its binder shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binder {
    /// The practice's name.
    pub practice: String,
    /// The State it is in.
    pub state: String,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// The version of its profile.
    pub profile_version: u64,
    /// Who is called, in this order.
    pub call: Vec<Contact>,
    /// Everybody else.
    pub others: Vec<Contact>,
    /// Vendors.
    pub vendors: Vec<Contact>,
    /// Clinical services.
    pub services: Vec<Service>,
    /// Systems, those that more depends on first.
    pub systems: Vec<System>,
    /// What the practice approved beforehand, a sentence each.
    pub approved: Vec<String>,
    /// Minutes to answer, minutes to contain and minutes between situation reports, by severity, the worst first.
    pub clocks: Vec<SeverityClock>,
    /// Kinds of incident, in the order of the runbooks: key and name.
    pub kinds: Vec<(String, String)>,
}

/// Somebody who can be called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// What they are.
    pub what: String,
    /// Telephone.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// What else to know: a policy's number, by when they want notice.
    pub note: Option<String>,
}

/// A clinical service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Name.
    pub name: String,
    /// The place.
    pub site: String,
    /// The kind of place, which says which paper form it is.
    pub kind: String,
    /// The practice's own procedure.
    pub downtime: Option<String>,
    /// Names of the systems that it needs.
    pub needs: Vec<String>,
}

/// A system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// Name.
    pub name: String,
    /// Its key, as it stands in the program.
    pub key: String,
    /// Where it stands.
    pub site: String,
    /// Names of the systems that it needs.
    pub needs: Vec<String>,
    /// Names of the services that stop without it.
    pub carries: Vec<String>,
    /// Who runs it, where a vendor does.
    pub vendor: Option<String>,
}

/// The clocks of a severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityClock {
    /// The severity.
    pub severity: String,
    /// To answer a call.
    pub answer: String,
    /// To hold what is suspected.
    pub contain: String,
    /// From one situation report to the next.
    pub report: String,
}

/// What `content/downtime/binder.toml` holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    first: Vec<String>,
    never: Vec<String>,
    decides: Vec<Decides>,
    law: Vec<Law>,
    runbook: Vec<Runbook>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decides {
    what: String,
    who: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Law {
    what: String,
    when: String,
    cite: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Runbook {
    kind: String,
    signs: String,
    r#do: Vec<String>,
}

static WORDS: LazyLock<Result<Words, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../content/downtime/binder.toml")).map_err(|error| error.to_string())
});

impl Binder {
    /// The binder as PDF/A, dated `created`.
    ///
    /// # Errors
    /// [`ReportError`] of [`render`].
    pub fn to_pdf(&self, created: Timestamp) -> Result<Vec<u8>, ReportError> {
        render(Template::Binder, &self.sheet(created)?, created)
    }

    /// What the template prints.
    fn sheet(&self, created: Timestamp) -> Result<Value, ReportError> {
        let words = WORDS.as_ref().map_err(|error| ReportError::Wording(error.clone()))?;
        let clock = Clock::of(&self.time_zone);
        let runbooks: Vec<Value> = words
            .runbook
            .iter()
            .map(|runbook| {
                let name =
                    self.kinds.iter().find(|(key, _)| *key == runbook.kind).map(|(_, name)| name.as_str());
                json!({"name": name.unwrap_or(&runbook.kind), "signs": runbook.signs, "steps": runbook.r#do})
            })
            .collect();
        let forms: Vec<Value> = self
            .services
            .iter()
            .filter_map(|service| {
                let form = paper_form(&service.kind)?;
                Some(json!({"service": service.name, "site": service.site, "own": service.downtime, "form": form}))
            })
            .collect();
        Ok(json!({
            "practice": self.practice,
            "state": self.state,
            "short_practice": self.practice.chars().take(48).collect::<String>(),
            "short_title": "When nothing works",
            "number": format!("profile version {}", self.profile_version),
            "exercise": false,
            "marking": "Keep with the downtime forms",
            "as_of": clock.full(created),
            "zone": clock.abbreviation(created),
            "day": clock.day(created),
            "call": self.call,
            "others": self.others,
            "vendors": self.vendors,
            "services": self.services,
            "systems": self.systems,
            "approved": self.approved,
            "clocks": self.clocks,
            "first": words.first,
            "never": words.never,
            "decides": words.decides,
            "law": words.law,
            "runbooks": runbooks,
            "forms": forms,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::set_texts;

    fn contact(name: &str) -> Contact {
        let phone = Some("+1 614 555 0101".to_owned());
        Contact { name: name.to_owned(), what: "Owner".to_owned(), phone, ..Contact::default() }
    }

    pub(crate) fn binder() -> Binder {
        let service = |name: &str, kind: &str| Service {
            name: name.to_owned(),
            site: "Main".to_owned(),
            kind: kind.to_owned(),
            downtime: Some("Form D-2".to_owned()),
            needs: vec!["Larkspur EHR".to_owned()],
        };
        Binder {
            practice: "Cedar Hollow ENT #panic()".to_owned(),
            state: "OH".to_owned(),
            time_zone: "America/New_York".to_owned(),
            profile_version: 3,
            call: vec![contact("Dr. Ruiz"), contact("Marcus Bell")],
            others: vec![contact("Dana Reyes")],
            vendors: vec![Contact {
                name: "Larkspur".to_owned(),
                what: "EHR".to_owned(),
                ..Contact::default()
            }],
            services: ["clinic", "surgery_centre", "office", "data_centre"]
                .map(|kind| service("Visits", kind))
                .to_vec(),
            systems: vec![System {
                name: "Larkspur EHR".to_owned(),
                key: "ehr-clinic".to_owned(),
                site: "Cloud".to_owned(),
                needs: Vec::new(),
                carries: vec!["Visits".to_owned()],
                vendor: None,
            }],
            approved: vec!["Isolating a workstation in ransomware".to_owned()],
            clocks: vec![SeverityClock {
                severity: "critical".to_owned(),
                answer: "15 minutes".to_owned(),
                contain: "30 minutes".to_owned(),
                report: "1 hour".to_owned(),
            }],
            kinds: vec![("ransomware".to_owned(), "Ransomware".to_owned())],
        }
    }

    #[test]
    fn a_binder_holds_whom_to_call_what_to_do_and_a_form_for_each_service_on_one_page() {
        let at: Timestamp = "2026-01-26T14:30:00Z".parse().unwrap();
        let pages = set_texts(Template::Binder, binder().sheet(at).unwrap(), at);
        let page = |number: usize| {
            pages[number]
                .iter()
                .map(|(text, ..)| text.replace('\u{a0}', " "))
                .collect::<Vec<_>>()
                .join(" ")
                .replace("  ", " ")
        };
        let whole: String = (0..pages.len()).map(page).collect::<Vec<_>>().join("\n");
        for wanted in ["Dr. Ruiz", "614 555 0101", "Ransomware", "164.404(b)", "#panic()", "Log sheet"] {
            assert!(whole.contains(wanted), "{wanted} is not in the binder:\n{whole}");
        }
        let forms = (0..pages.len()).filter(|&number| page(number).contains("paper form for")).count();
        assert_eq!(forms, 4, "a form for each service, each on one page");
        for (number, page) in pages.iter().enumerate() {
            for (text, from, to, at) in page {
                assert!(
                    from.to_pt() >= 30.0
                        && to.to_pt() <= 612.0 - 30.0
                        && at.to_pt() > 15.0
                        && at.to_pt() < 780.0,
                    "page {}: `{text}` leaves the paper",
                    number + 1
                );
            }
        }
        assert!(binder().to_pdf(at).unwrap().starts_with(b"%PDF"));
    }

    #[test]
    fn a_practice_of_which_little_is_known_gets_a_binder_to_fill_in_by_hand() {
        let bare = Binder {
            call: Vec::new(),
            others: Vec::new(),
            vendors: Vec::new(),
            services: Vec::new(),
            systems: Vec::new(),
            approved: Vec::new(),
            ..binder()
        };
        assert!(bare.to_pdf("2026-01-26T14:30:00Z".parse().unwrap()).is_ok());
    }
}
