//! A made-up breach at a made-up practice, and its letters.

use jiff::{Timestamp, civil::date};
use kernel::Phi;
use report::breach::{
    wording::{EventKind, Information, Monitoring},
    *,
};

pub(crate) fn created() -> Timestamp {
    "2026-04-02T14:00:00Z".parse().unwrap()
}

pub(crate) fn letterhead() -> Letterhead {
    Letterhead {
        name: "Cedar Hollow Ear, Nose and Throat".into(),
        tagline: None,
        address: vec!["410 Larch Street, Suite 2".into(), "Cedar Hollow, OH 44999".into()],
        telephone: Some("(330) 555-0140".into()),
        email: None,
        website: Some("www.cedarhollow.example".into()),
    }
}

pub(crate) fn standing(approved: bool) -> Standing {
    let approval = approved.then(|| Approval {
        by: "Ruth Okafor".into(),
        role: "healthcare attorney".into(),
        on: date(2026, 4, 1),
    });
    Standing { incident: "2026-014".into(), exercise: false, approval }
}

pub(crate) fn facts() -> NoticeFacts {
    NoticeFacts {
        practice: "Cedar Hollow Ear, Nose and Throat".into(),
        event: EventKind::Ransomware,
        account: Some("We shut the system down at once. Some files had been copied before we did.".into()),
        discovered: Some(date(2026, 3, 10)),
        occurred: Occurred { from: Some(date(2026, 3, 4)), through: Some(date(2026, 3, 10)) },
        information: vec![
            Information::Name,
            Information::Dob,
            Information::Address,
            Information::Diagnosis,
            Information::HealthInsurance,
            Information::Ssn,
        ],
        not_involved: vec![Information::CardNumber, Information::AccountNumber],
        steps: Vec::new(),
        measures: vec![
            "We shut down the system the same day and brought in experts to find out what happened.".into(),
            "We told the FBI.".into(),
            "We put in place new sign-in steps for all staff and watch our system day and night.".into(),
        ],
        monitoring: Some(Monitoring {
            provider: "Larkspur Identity".into(),
            service: "credit monitoring".into(),
            months: 24,
            how: "To sign up, go to www.larkspur.example/cedar and use the code CEDAR-2026, or call us."
                .into(),
            enroll_by: Some(date(2026, 7, 31)),
        }),
        contact: contact(),
        delayed_by_law_enforcement: false,
    }
}

pub(crate) fn contact() -> Contact {
    Contact {
        toll_free: Some("1-833-555-0144".into()),
        hours: Some("Monday to Friday, 8 a.m. to 8 p.m. Eastern time".into()),
        email: Some("privacy@cedarhollow.example".into()),
        website: Some("www.cedarhollow.example/notice".into()),
        postal: Some("Privacy Office, 410 Larch Street, Suite 2, Cedar Hollow, OH 44999".into()),
        assistance: Some("TTY users call 711. Help in other languages is free.".into()),
    }
}

pub(crate) fn letter(audience: Audience, approved: bool) -> Letter {
    Letter {
        letterhead: letterhead(),
        dated: Some(date(2026, 4, 3)),
        text: draft(audience, &facts()).unwrap(),
        signatory: Signatory { name: "Dana Whitfield".into(), title: "Practice Administrator".into() },
        standing: standing(approved),
        reading_grade: Some(7.4),
    }
}

pub(crate) fn recipients(count: u32) -> Vec<Recipient> {
    (1..=count)
        .map(|number| Recipient {
            number,
            addressee: Phi::new(format!("Ann Example-{number}")),
            individual: Phi::new(format!("Ann Example-{number}")),
            address: Phi::new(vec![
                format!("{number} Orchard Lane"),
                "Apartment 4B".into(),
                "Mill Run, OH 44998".into(),
            ]),
        })
        .collect()
}
