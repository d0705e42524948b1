//! The other documents of the made-up breach.

use jiff::civil::date;
use report::breach::{
    correspondence::{ConsentRequest, IndividualsList, Policy},
    delay::{DelayGround, HeldDuty, Official, StatementForm},
    memorandum::{Condition, Factor, KnownFact, Probability, Recommendation, SignedDetermination},
    proof::{GivenNotice, OutstandingDuty, ReturnedMail},
    worksheet::{
        AgencyField, Answer, Confidence, FieldKind, FormLine, FormSection, Origin, PortalForm, Seen,
    },
    *,
};

use crate::breach_sample::{contact, facts, letterhead, standing};

pub(crate) fn matter(approved: bool) -> Matter {
    Matter {
        practice: "Cedar Hollow Ear, Nose and Throat".into(),
        incident: "2026-014".into(),
        title: "Ransomware on the file server and two workstations".into(),
        exercise: false,
        as_of: date(2026, 4, 2),
        law_tables_as_of: Some(date(2026, 3, 22)),
        prepared_by: Some("Marcus Lindgren, responder".into()),
        marking: None,
        approval: standing(approved).approval,
    }
}

pub(crate) fn substitute(approved: bool) -> SubstituteNotice {
    SubstituteNotice {
        letterhead: letterhead(),
        text: draft(Audience::Public, &facts()).unwrap(),
        contact: contact(),
        posted: Some(date(2026, 4, 20)),
        standing: standing(approved),
    }
}

pub(crate) fn media(approved: bool) -> MediaNotice {
    MediaNotice {
        letterhead: letterhead(),
        jurisdiction: "Ohio".into(),
        outlets: vec!["Cedar Hollow Courier".into(), "WXCH Television".into()],
        residents: Some(1_204),
        released: Some(date(2026, 4, 3)),
        place: Some("Cedar Hollow, Ohio".into()),
        text: draft(Audience::Media, &facts()).unwrap(),
        press_contact: vec!["Dana Whitfield, Practice Administrator".into(), "(330) 555-0140".into()],
        standing: standing(approved),
    }
}

fn line(number: &str, label: &str, kind: FieldKind, choices: &[&str], answer: Option<Answer>) -> FormLine {
    FormLine {
        number: number.into(),
        id: label.to_lowercase(),
        label: label.into(),
        help: None,
        kind,
        choices: choices.iter().map(|each| (*each).to_owned()).collect(),
        required: true,
        origin: answer.is_some().then_some(Origin::Facts),
        answer,
        remark: None,
        seen: Seen::Reported,
    }
}

pub(crate) fn portal() -> PortalWorksheet {
    let roles = [
        "Covered Entity that experienced a breach, filing on behalf of your organization",
        "Business Associate that experienced a breach, filing on behalf of a Covered Entity",
        "Covered Entity filing because your Business Associate experienced a breach",
    ];
    let places = [
        "Desktop Computer",
        "Electronic Medical Record",
        "Email",
        "Laptop",
        "Network Server",
        "Other Portable Electronic Device",
        "Paper/Films",
        "Other",
    ];
    let chosen = |list: &[&str]| Some(Answer::Choices(list.iter().map(|each| (*each).to_owned()).collect()));
    let mut description = line("3.8", "Brief description of the breach", FieldKind::LongText, &[], None);
    description.help =
        Some("Where it was, how it occurred, the type of breach, the media, the information.".into());
    let sections = vec![
        FormSection {
            number: 1,
            title: "General".into(),
            lines: vec![line(
                "1.1",
                "Report type",
                FieldKind::One,
                &["Initial Breach Report", "Addendum to Previous Report"],
                Some(Answer::Text("Initial Breach Report".into())),
            )],
        },
        FormSection {
            number: 2,
            title: "Contact".into(),
            lines: vec![
                line("2.1", "Who files", FieldKind::One, &roles, Some(Answer::Text(roles[0].into()))),
                line(
                    "2.2",
                    "Name of Covered Entity",
                    FieldKind::Text,
                    &[],
                    Some(Answer::Text("Cedar Hollow Ear, Nose and Throat".into())),
                ),
            ],
        },
        FormSection {
            number: 3,
            title: "Breach".into(),
            lines: vec![
                line("3.2", "Breach start date", FieldKind::Date, &[], Some(Answer::Date(date(2026, 3, 4)))),
                line(
                    "3.4",
                    "Approximate number of individuals affected",
                    FieldKind::Integer,
                    &[],
                    Some(Answer::Number(1_288)),
                ),
                line(
                    "3.6",
                    "Location of breach",
                    FieldKind::Many,
                    &places,
                    chosen(&["Network Server", "Desktop Computer"]),
                ),
                description,
            ],
        },
    ];
    PortalWorksheet {
        matter: matter(false),
        worksheet: PortalForm {
            form: "HHS OCR breach portal, notice to the Secretary".into(),
            form_version: "OMB 0945-0001; as of 2026-11-22".into(),
            address: "https://ocrportal.hhs.gov/ocr/breach/breach_report.jsf".into(),
            part2: false,
            file_by: Some(date(2026, 5, 9)),
            sections,
        },
    }
}

pub(crate) fn agency() -> AgencyWorksheet {
    let field = |label: &str, answer: Option<&str>| AgencyField {
        label: label.into(),
        answer: answer.map(str::to_owned),
        required: true,
        note: None,
    };
    AgencyWorksheet {
        matter: matter(false),
        jurisdiction: "Indiana".into(),
        agency: "Office of the Attorney General".into(),
        file_at: None,
        standard: "without unreasonable delay, and not more than 45 days after discovery".into(),
        due: Some(date(2026, 4, 24)),
        arithmetic: "2026-03-10 is day 0; day 45 = 2026-04-24".into(),
        citation: "Ind. Code § 24-4.9-3-1".into(),
        confidence: Confidence::Unverified,
        note: Some("The table was checked against a secondary source.".into()),
        residents: Some(84),
        fields: vec![
            field(
                "Name and address of the entity",
                Some("Cedar Hollow Ear, Nose and Throat, 410 Larch Street"),
            ),
            field("Number of residents affected", Some("84")),
            field("Date of the breach", None),
        ],
        attachments: vec!["A copy of the letter to residents".into()],
    }
}

pub(crate) fn associate(approved: bool) -> BusinessAssociateNotice {
    BusinessAssociateNotice {
        letterhead: Letterhead { name: "Thornfield Billing Services".into(), ..letterhead() },
        to: vec![
            "Privacy Officer".into(),
            "Cedar Hollow Ear, Nose and Throat".into(),
            "410 Larch Street, Suite 2".into(),
            "Cedar Hollow, OH 44999".into(),
        ],
        dated: Some(date(2026, 3, 20)),
        delivery: Some("By courier and e-mail".into()),
        agreement: Some("Business associate agreement of January 4, 2024".into()),
        discovered: date(2026, 3, 10),
        occurred: facts().occurred,
        subcontractor: None,
        individuals: Some(412),
        list: IndividualsList::Enclosed,
        text: draft(Audience::CoveredEntity, &facts()).unwrap(),
        signatory: Signatory { name: "Priya Raman".into(), title: "Privacy Officer".into() },
        standing: standing(approved),
    }
}

pub(crate) fn insurer(approved: bool) -> InsurerNotice {
    InsurerNotice {
        letterhead: letterhead(),
        to: vec![
            "Claims Department".into(),
            "Granite Mutual Specialty".into(),
            "9 Harbor Plaza".into(),
            "Hartford, CT 06199".into(),
        ],
        dated: Some(date(2026, 3, 10)),
        delivery: Some("By e-mail and certified mail".into()),
        policy: Policy {
            number: "GM-CY-204417".into(),
            kind: "cyber liability, claims-made".into(),
            insured: "Cedar Hollow Ear, Nose and Throat".into(),
            from: Some(date(2025, 7, 1)),
            through: Some(date(2026, 6, 30)),
        },
        first_aware: Some(date(2026, 3, 10)),
        how_aware: "when staff found files that would not open".into(),
        occurred: facts().occurred,
        circumstances:
            "Files on one server and two workstations were locked.\n\nThe server held records of patients."
                .into(),
        individuals: None,
        anticipated: vec![
            "Claims by patients for loss of privacy".into(),
            "Inquiry by the HHS Office for Civil Rights".into(),
        ],
        received: vec!["A demand for payment, left as a file on the server".into()],
        losses: vec!["Interruption of business since March 10".into()],
        mitigation: vec!["Affected systems were isolated within the hour.".into()],
        consent: vec![ConsentRequest {
            what: "Forensic examination of one server and two workstations".into(),
            whom: "Juniper Ridge Response".into(),
            since: Some(date(2026, 3, 10)),
        }],
        contacts: vec!["Ruth Okafor, counsel".into(), "rokafor@law.example".into()],
        signatory: Signatory { name: "Dana Whitfield".into(), title: "Practice Administrator".into() },
        standing: standing(approved),
    }
}

pub(crate) fn delay() -> DelayRecord {
    DelayRecord {
        matter: matter(false),
        form: StatementForm::Oral,
        stated_on: date(2026, 4, 20),
        stated_how: Some("2:40 p.m., by telephone".into()),
        official: Official {
            name: "Laura Bennett".into(),
            title: "Special Agent".into(),
            agency: "Federal Bureau of Investigation, Cleveland".into(),
            credential: Some("not given by telephone".into()),
            contact: Some("(216) 555-0190".into()),
            verified: Some("called back through the field office's published number".into()),
        },
        grounds: vec![DelayGround::ImpedeInvestigation],
        statement: "Notice before the search planned for May would let the suspects destroy evidence.".into(),
        until: None,
        holds_through: date(2026, 5, 20),
        received_by: "Ruth Okafor, healthcare attorney".into(),
        written_asked_on: None,
        evidence: Some("Evidence E-021".into()),
        duties: vec![HeldDuty {
            duty: "Letters to the affected individuals (HIPAA)".into(),
            base_due: Some(date(2026, 5, 9)),
            due: Some(date(2026, 5, 21)),
            note: None,
        }],
    }
}

fn factor(fact: &str, unknown: &[&str], reasoning: &str) -> Factor {
    Factor {
        known: vec![
            KnownFact {
                fact: fact.into(),
                grounds: vec!["Evidence E-004, SHA-256 9f2c…41aa".into(), "Finding F-2".into()],
            },
            KnownFact { fact: "Staff recall nothing unusual before March 10.".into(), grounds: Vec::new() },
        ],
        unknown: unknown.iter().map(|each| (*each).to_owned()).collect(),
        reasoning: reasoning.into(),
    }
}

pub(crate) fn memorandum(signed: bool) -> FourFactorMemorandum {
    FourFactorMemorandum {
        matter: matter(signed),
        from: "Marcus Lindgren, responder".into(),
        to: "Ruth Okafor, healthcare attorney".into(),
        version: 2,
        discovered: Some(date(2026, 3, 10)),
        occurred: facts().occurred,
        individuals: Some(1_288),
        event: "Ransomware locked files on the file server.\n\n- The server held letters and billing reports.\n- The record system itself was not reached.".into(),
        nature_of_phi: factor("Names, dates of birth, diagnoses and Social Security numbers.", &["Whether scanned cards were in the share."], "The identifiers are direct and sensitive."),
        unauthorized_person: factor("A criminal group that is known to publish what it takes.", &[], "Nobody bound to protect the information."),
        acquired_or_viewed: factor("The firewall shows 41 GB sent out on March 9.", &["What the 41 GB were."], "Acquisition is more likely than not."),
        mitigation: factor("No assurance has been given by anybody.", &["Whether copies exist."], "Nothing has been returned or destroyed."),
        conditions: vec![Condition {
            of: "Safe harbour: encryption (74 FR 19006)".into(),
            condition: "The data were not open when it happened".into(),
            met: Some(false),
            because: "The volume was mounted and in use.".into(),
            by: "Marcus Lindgren".into(),
        }],
        recommendations: vec![Recommendation {
            version: 2,
            probability: Probability::MoreThanLow,
            because: "Data left the network.".into(),
            by: "Marcus Lindgren".into(),
            on: date(2026, 3, 19),
        }],
        determinations: if signed {
            vec![
                SignedDetermination { version: 1, probability: Probability::Low, by: "Ruth Okafor".into(), on: date(2026, 3, 15) },
                SignedDetermination { version: 2, probability: Probability::MoreThanLow, by: "Ruth Okafor".into(), on: date(2026, 3, 20) },
            ]
        } else {
            Vec::new()
        },
    }
}

pub(crate) fn proof() -> ProofOfNotice {
    ProofOfNotice {
        matter: matter(true),
        given: vec![
            GivenNotice {
                duty: "Letters to the affected individuals".into(),
                recipient: "adults, parents and guardians".into(),
                method: "First-class mail, by Larkspur Print and Mail".into(),
                count: Some(1_288),
                from: date(2026, 4, 3),
                through: Some(date(2026, 4, 6)),
                due: Some(date(2026, 5, 9)),
                late_by_days: None,
                proof: Some("Certificate of bulk mailing, PS Form 3606".into()),
                sha256: Some("b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c".into()),
            },
            GivenNotice {
                duty: "State agency notice".into(),
                recipient: "Indiana, Office of the Attorney General".into(),
                method: "Web form".into(),
                count: None,
                from: date(2026, 4, 27),
                through: None,
                due: Some(date(2026, 4, 24)),
                late_by_days: Some(3),
                proof: None,
                sha256: None,
            },
        ],
        returned: Some(ReturnedMail {
            sent: 1_288,
            returned: 31,
            reached: 12,
            refused: 2,
            deceased: 3,
            undeliverable: 14,
        }),
        outstanding: vec![OutstandingDuty {
            duty: "Substitute notice".into(),
            recipient: "people whose letters came back".into(),
            due: Some(date(2026, 5, 9)),
            citation: "45 CFR 164.404(d)(2)".into(),
        }],
        no_breach: None,
        retain_until: Some(date(2032, 5, 9)),
        checkpoint: None,
    }
}

/// What an attacker, or an odd keyboard, may have put into any field.
pub(crate) const HOSTILE: &str = "#panic() $x$ *b* <script>alert(1)</script> ]]> &amp; {individual} \u{202E}evil\u{0}\u{FFFE} «m» 李 مرحبا \"q\" #import";
