//! A made-up ENT practice with a surgery center on the Monday that ransomware reached it, as a report; shared by the
//! tests and the example.

use kernel::{Digest, Severity, Timestamp};
use report::incident_report::*;

/// An instant of March 2026 in UTC: `at("09T11:42")`.
fn at(text: &str) -> Timestamp {
    format!("2026-03-{text}:00Z").parse().expect("a time of the sample")
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn all(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// The time of the sample's report.
pub(crate) fn as_of() -> Timestamp {
    at("09T18:30")
}

/// The sample.
pub(crate) fn report() -> IncidentReport {
    IncidentReport {
        practice: Practice { name: "Cedar Hollow ENT & Surgery".into(), place: some("Asheville, North Carolina") },
        number: "2026-014".into(),
        title: "Ransomware on clinic workstations and the imaging server".into(),
        kind: "Ransomware".into(),
        exercise: false,
        marking: None,
        severity: Assessed {
            level: Severity::Critical,
            reasons: all(&[
                "Encryption was running on three systems when it was found.",
                "The clinic’s record system and imaging are down on a full Monday: 46 visits and 7 procedures in the next eight hours.",
                "The imaging server holds protected health information, and the attacker had it open for 31 hours.",
            ]),
        },
        as_of: as_of(),
        time_zone: "America/New_York".into(),
        prepared_by: some("Dana Whitfield, incident lead, Ridgeline Managed Security"),
        summary: "On Monday morning staff found files they could not open and a ransom note on an exam-room computer. An attacker had used a \
            billing account, without a second factor, to enter through the remote-access gateway on Saturday night. Eleven of twelve affected \
            systems are contained, four are back in production, and the surgery center kept operating on its own record system. Whether this \
            is a reportable breach is for the attorney; the facts for that decision are in this report."
            .into(),
        figures: Figures {
            systems_affected: 12,
            systems_contained: 11,
            systems_returned: 4,
            accounts_affected: 3,
            accounts_contained: 3,
            visits_touched: Some(46),
            procedures_touched: Some(7),
            people_affected: None,
            evidence_items: 14,
            minutes_to_containment: None,
        },
        phases: phases(),
        story: story(),
        timeline: timeline(),
        services: services(),
        systems: systems(),
        actions: actions(),
        decisions: decisions(),
        obligations: obligations(),
        findings: findings(),
        gaps: gaps(),
        evidence: evidence(),
        remediation: remediation(),
        people: people(),
        record: Some(Checkpoint {
            origin: "tourniquet.example/cedar-hollow".into(),
            size: 1_284,
            root_hash: "8p2bV1J0mW4uQ7m0y1nGQhTj3l9mE6V0sYb8KJx2dQk=".into(),
            at: at("09T18:29"),
            key: some("tourniquet.example/cedar-hollow+7f2c91ab+AZ4kq0v3n8Wm1mYd5sT2uQeR9xBfLc6hJpKgVtNzXoaE"),
            verify: all(&["tourniquet verify package.zip", "sha256sum --check SHA256SUMS"]),
        }),
        content: vec![
            ContentVersion { name: "Law tables".into(), version: "2026-02-01".into() },
            ContentVersion { name: "Runbook: ransomware in a practice".into(), version: "3".into() },
            ContentVersion { name: "Severity rules".into(), version: "2026.1".into() },
        ],
    }
}

fn phases() -> Vec<Phase> {
    let phase = |name: &str, status, done, total, counted: &str| Phase {
        name: name.into(),
        status,
        done,
        total,
        counted: counted.into(),
    };
    vec![
        phase("Identification", Progress::Done, 9, 9, "alerts judged"),
        phase("Containment", Progress::Underway, 11, 12, "systems contained"),
        phase("Investigation", Progress::Underway, 7, 9, "questions answered"),
        phase("Eradication", Progress::Underway, 6, 12, "systems clean"),
        phase("Recovery", Progress::Underway, 4, 12, "systems returned"),
        phase("Lessons", Progress::Open, 0, 5, "items done"),
    ]
}

fn story() -> Vec<String> {
    all(&[
        "Late on Saturday night somebody signed in to the remote-access gateway as a billing employee, from an address in a hosting \
         company’s network that the practice had never seen. The account had no second factor. The password had been reused from a \
         shopping site whose data were published in January.",
        "On Sunday the attacker moved from the gateway to the imaging server, created an administrator account named “svc-backup2”, \
         and read the memory that holds other people’s passwords. With the password of a domain administrator they looked through the \
         shared folders of billing and imaging and packed about 38 gigabytes into archives on the imaging server. The gateway’s traffic \
         counters show 41 gigabytes sent to one address on Sunday afternoon. We infer that the archives left the practice; we have not \
         seen their content leave.",
        "At 5:58 on Monday morning the attacker started the encryption program on the imaging server and two workstations. The front \
         desk called at 6:31. The three systems were cut off from the network within 21 minutes of that call, before the program reached \
         the clinic’s record server, which was then taken off the network as a precaution.",
        "The surgery center has its own record system, network and anesthesia workstations. None of them shows a trace of the attacker, \
         and first cases started 40 minutes late only because the link to the clinic’s scheduling was down.",
    ])
}

fn event(when: &str, lane: Lane, key: bool, who: &str, text: &str) -> Event {
    let who = (!who.is_empty()).then(|| who.to_owned());
    Event { at: at(when), lane, text: text.into(), who, key }
}

fn timeline() -> Vec<Event> {
    use Lane::{Attacker, Containment, Decision, Detection, Eradication, Investigation, Recovery};
    vec![
        event("08T03:12", Attacker, true, "gateway log", "First sign-in as r.okafor from 185.220.101.47 to the remote-access gateway"),
        event("08T03:19", Attacker, false, "img-srv-01", "Remote desktop from the gateway to the imaging server"),
        event("08T03:44", Attacker, false, "img-srv-01", "Account svc-backup2 created and made a local administrator"),
        event("08T04:02", Attacker, true, "img-srv-01", "Memory of the sign-in service read; password of a domain administrator taken"),
        event("08T04:30", Attacker, false, "dc-01", "Sign-in as adm.kruse to the domain controller"),
        event("08T05:10", Attacker, false, "file-01", "Shared folders of billing and imaging listed"),
        event("08T17:25", Attacker, false, "img-srv-01", "Archives of about 38 GB written to D:\\PACS\\tmp"),
        event("08T18:05", Attacker, true, "gateway log", "41 GB sent to 45.9.148.114 between 2:05 PM and 5:40 PM"),
        event("08T21:40", Detection, false, "Defender", "Low alert: unusual archive tool on the imaging server; nobody on call saw it"),
        event("09T09:58", Attacker, true, "img-srv-01", "Encryption program started on the imaging server and two workstations"),
        event("09T10:04", Detection, false, "Defender", "Ransomware behavior on ws-exam3"),
        event("09T10:09", Detection, false, "Defender", "Ransomware behavior on ws-exam5"),
        event("09T10:31", Detection, true, "T. Alvarez, front desk", "“The screen says our files are locked.” Photo of a ransom note on ws-exam3"),
        event("09T10:33", Detection, false, "triage", "Alerts grouped; proposed: true positive, ransomware, critical"),
        event("09T10:38", Decision, true, "D. Whitfield", "Incident declared; roster called"),
        event("09T10:41", Containment, false, "J. Park", "ws-exam3 and ws-exam5 isolated"),
        event("09T10:52", Containment, true, "J. Park", "Imaging server isolated under break-glass; imaging stops"),
        event("09T10:58", Containment, false, "J. Park", "Account r.okafor disabled; sessions ended"),
        event("09T11:03", Containment, false, "J. Park", "Accounts svc-backup2 and adm.kruse disabled"),
        event("09T11:05", Decision, false, "Dr. Lindqvist", "Practice approves taking the clinic’s record server off the network"),
        event("09T11:09", Containment, true, "J. Park", "Clinic’s record server taken off the network as a precaution"),
        event("09T11:20", Containment, false, "J. Park", "45.9.148.114 and 185.220.101.47 blocked at the firewall"),
        event("09T11:25", Decision, false, "M. Osei", "Downtime procedures started at the clinic; paper forms D-1 to D-4 in use"),
        event("09T11:40", Investigation, false, "S. Iyer", "Memory and disk of ws-exam3 taken"),
        event("09T12:05", Investigation, false, "S. Iyer", "Event logs of the imaging server, gateway and domain controller taken"),
        event("09T12:30", Decision, false, "K. Brandt", "Attorney engaged; asks that facts of access to patient information be kept apart"),
        event("09T12:48", Investigation, true, "S. Iyer", "Way in found: billing account without a second factor"),
        event("09T13:10", Investigation, false, "S. Iyer", "Outbound volume on the gateway matched to the archives on the imaging server"),
        event("09T13:15", Eradication, false, "J. Park", "Second factor enforced for every remote-access account"),
        event("09T13:40", Eradication, false, "J. Park", "Six systems swept clean for all 19 indicators"),
        event("09T14:20", Recovery, true, "J. Park", "Record server checked, patched and returned to production; signed by Whitfield and Lindqvist"),
        event("09T15:05", Recovery, false, "J. Park", "Scheduling, phones and e-prescribing returned"),
        event("09T16:30", Investigation, false, "S. Iyer", "Backup of the imaging server of March 6 verified; restore rehearsed on a scratch host"),
        event("09T17:10", Decision, false, "Dr. Lindqvist", "Afternoon imaging moved to the hospital’s outpatient department"),
        event("09T18:10", Eradication, true, "J. Park", "Rebuild of the two exam-room workstations begun from the clean image"),
    ]
}

fn services() -> Vec<Service> {
    use ServiceStatus::{Down, Limited, Works};
    let service = |site: &str, name: &str, status, instead: &str| Service {
        site: site.into(),
        name: name.into(),
        status,
        instead: (!instead.is_empty()).then(|| instead.to_owned()),
    };
    vec![
        service("ENT clinic", "Scheduling and check-in", Works, ""),
        service("ENT clinic", "Clinic record system", Works, ""),
        service("ENT clinic", "E-prescribing", Works, ""),
        service("ENT clinic", "Audiology testing", Limited, "booths run stand-alone; print results, form D-3"),
        service("ENT clinic", "CT and scope imaging", Down, "refer to the hospital’s outpatient department"),
        service("ENT clinic", "Billing and claims", Down, "hold claims; form D-4"),
        service("ENT clinic", "Exam rooms 3 and 5", Down, "use rooms 1, 2, 4 and 6"),
        service("Surgery center", "Surgical record system", Works, ""),
        service("Surgery center", "Anesthesia workstations", Works, ""),
        service("Surgery center", "Case scheduling", Works, ""),
        service("Surgery center", "Image review in the OR", Limited, "prior studies on disc from the hospital"),
        service("Surgery center", "Sterile processing log", Works, ""),
    ]
}

fn systems() -> Vec<System> {
    use Condition::{Clean, Cleared, Confirmed, Contained, InProduction, Restored, Stopped};
    let system = |name: &str, purpose: &str, site: &str, condition, since: &str, services: &[&str], held, gates| System {
        name: name.into(),
        purpose: some(purpose),
        site: some(site),
        condition,
        since: Some(at(since)),
        services: all(services),
        gates_held: held,
        gates,
        waivers: Vec::new(),
    };
    let mut systems = vec![
        system("img-srv-01", "Imaging server (PACS)", "ENT clinic", Contained, "09T10:52", &["CT and scope imaging", "Image review in the OR"], 1, 6),
        system("ws-exam3", "Exam room 3 workstation", "ENT clinic", Contained, "09T10:41", &["Exam rooms 3 and 5"], 2, 6),
        system("ws-exam5", "Exam room 5 workstation", "ENT clinic", Contained, "09T10:41", &["Exam rooms 3 and 5"], 2, 6),
        system("vpn-gw", "Remote-access gateway", "ENT clinic", Clean, "09T13:40", &[], 4, 6),
        system("dc-01", "Domain controller", "ENT clinic", Clean, "09T13:40", &["Scheduling and check-in", "Clinic record system"], 5, 6),
        system("file-01", "File server", "ENT clinic", Confirmed, "09T12:05", &["Billing and claims"], 0, 6),
        system("ws-bill2", "Billing workstation", "ENT clinic", Contained, "09T11:03", &["Billing and claims"], 2, 6),
        system("ws-audio1", "Audiology booth 1", "ENT clinic", Restored, "09T16:40", &["Audiology testing"], 5, 6),
        system("ehr-clinic", "Clinic record server", "ENT clinic", InProduction, "09T14:20", &["Clinic record system", "E-prescribing"], 6, 6),
        system("sched-01", "Scheduling", "ENT clinic", InProduction, "09T15:05", &["Scheduling and check-in", "Case scheduling"], 6, 6),
        system("pbx-01", "Telephones", "ENT clinic", Cleared, "09T15:05", &[], 6, 6),
        system("ehr-asc", "Surgical record server", "Surgery center", Stopped, "09T11:00", &["Surgical record system"], 0, 0),
    ];
    if let Some(gateway) = systems.get_mut(3) {
        gateway.waivers =
            all(&["backup older than the attack: none exists for this device; D. Whitfield, rebuilt from the vendor’s image instead"]);
    }
    systems
}

fn actions() -> Vec<Action> {
    let lead = |when: &str| Approval { by: "D. Whitfield".into(), role: "lead".into(), at: Some(at(when)) };
    let owner = |when: &str| Approval { by: "Dr. E. Lindqvist".into(), role: "practice".into(), at: Some(at(when)) };
    let plan = || Approval { by: "Response plan 2025, section 4".into(), role: "pre-approved".into(), at: None };
    vec![
        Action {
            what: "Isolate from the network".into(),
            target: "ws-exam3, ws-exam5".into(),
            why: "Encryption is running.".into(),
            stops: all(&["Exam rooms 3 and 5"]),
            undo: some("release isolation in Defender"),
            status: ActionStatus::Verified,
            since: at("09T10:44"),
            approvals: vec![lead("09T10:40"), plan()],
            break_glass: None,
        },
        Action {
            what: "Isolate from the network".into(),
            target: "img-srv-01".into(),
            why: "Encryption is running and the server reaches every imaging station.".into(),
            stops: all(&["CT and scope imaging", "Image review in the OR"]),
            undo: some("reconnect switch port 14"),
            status: ActionStatus::Verified,
            since: at("09T10:55"),
            approvals: vec![lead("09T10:50")],
            break_glass: Some(BreakGlass {
                by: "D. Whitfield".into(),
                role: "lead".into(),
                reason: "files were being destroyed; the practice’s approvers did not answer three calls in nine minutes.".into(),
                at: at("09T10:51"),
            }),
        },
        Action {
            what: "Disable account and end its sessions".into(),
            target: "r.okafor, svc-backup2, adm.kruse".into(),
            why: "Used by the attacker.".into(),
            stops: Vec::new(),
            undo: some("enable after credentials are reset and a second factor is enrolled"),
            status: ActionStatus::Verified,
            since: at("09T11:03"),
            approvals: vec![lead("09T10:57")],
            break_glass: None,
        },
        Action {
            what: "Take off the network".into(),
            target: "ehr-clinic".into(),
            why: "Reachable from the imaging server with the stolen administrator’s password; no sign of the attacker yet.".into(),
            stops: all(&["Clinic record system", "E-prescribing"]),
            undo: some("reconnect; verify replication"),
            status: ActionStatus::Undone,
            since: at("09T14:20"),
            approvals: vec![lead("09T11:04"), owner("09T11:05")],
            break_glass: None,
        },
        Action {
            what: "Block at the firewall".into(),
            target: "45.9.148.114, 185.220.101.47".into(),
            why: "Where the attacker came from and where data were sent.".into(),
            stops: Vec::new(),
            undo: None,
            status: ActionStatus::Verified,
            since: at("09T11:20"),
            approvals: vec![lead("09T11:15")],
            break_glass: None,
        },
        Action {
            what: "Isolate from the network".into(),
            target: "file-01".into(),
            why: "The attacker listed its shares; no encryption seen.".into(),
            stops: all(&["Billing and claims"]),
            undo: some("release isolation in Defender"),
            status: ActionStatus::Proposed,
            since: at("09T12:10"),
            approvals: vec![lead("09T12:12")],
            break_glass: None,
        },
    ]
}

fn decisions() -> Vec<Decision> {
    let decision = |number, owner: &str, due: Option<&str>, question: &str, context: &str| Decision {
        number,
        question: question.into(),
        context: (!context.is_empty()).then(|| context.to_owned()),
        owner: owner.into(),
        due: due.map(at),
    };
    vec![
        decision(4, "Dr. E. Lindqvist, practice", Some("09T17:30"), "May the file server be cut off?", "Billing stops until it is swept, about a day. Until then it is the one affected system that is not contained."),
        decision(7, "Dr. E. Lindqvist, practice", Some("09T21:00"), "Run Tuesday’s 52 visits without imaging, or move them?", "Imaging is not expected back before Wednesday noon."),
        decision(9, "K. Brandt, attorney", Some("12T21:00"), "Is this a breach of unsecured protected health information?", "The law presumes so until a four-factor assessment says otherwise. Facts are in “What we know”."),
        decision(11, "K. Brandt, attorney", None, "May the insurer see the forensic images?", ""),
        decision(12, "M. Osei, practice", Some("16T21:00"), "Which billing employees work from home, and must they?", "Each needs a second factor before the account returns."),
    ]
}

fn obligations() -> Vec<Obligation> {
    use ObligationStatus::{Due, Met, Undetermined};
    let duty = |duty: &str, to: &str, citation: &str, due: &str, status, note: &str| Obligation {
        duty: duty.into(),
        recipient: to.into(),
        citation: some(citation),
        due: Some(due.parse().expect("a day of the sample")),
        status,
        note: (!note.is_empty()).then(|| note.to_owned()),
    };
    vec![
        duty("Notice of circumstances", "Cyber insurer", "Policy, condition 7(b)", "2026-03-12", Met, "sent Mar 9, 9:02 AM; receipt E-14"),
        duty("Notice to each individual", "Patients affected", "45 CFR 164.404(b)", "2026-05-08", Undetermined, "without unreasonable delay, and at the latest on this day"),
        duty("Notice to the Secretary", "HHS Office for Civil Rights", "45 CFR 164.408", "2026-05-08", Undetermined, "with the individual notices if 500 or more people"),
        duty("Notice to the Attorney General", "North Carolina", "N.C. Gen. Stat. 75-65", "2026-05-08", Undetermined, ""),
        duty("Security incident report", "Imaging vendor (business associate agreement, section 5)", "contract", "2026-03-14", Due, ""),
    ]
}

fn findings() -> Vec<Finding> {
    use Confidence::{Inferred, Observed, Unknown};
    let finding = |question: &str, answer: &str, confidence, evidence: &[&str]| Finding {
        question: question.into(),
        answer: answer.into(),
        confidence,
        evidence: all(evidence),
    };
    vec![
        finding("How did they get in?", "Sign-in to the remote-access gateway as r.okafor, without a second factor, Saturday 10:12 PM.", Observed, &["E-03", "E-05"]),
        finding("Which accounts did they use?", "r.okafor, svc-backup2 (made by them) and adm.kruse.", Observed, &["E-03", "E-05", "E-06"]),
        finding("Which systems did they reach?", "Gateway, imaging server, domain controller, file server, three workstations.", Observed, &["E-04", "E-05", "E-06", "E-07"]),
        finding("How do they come back?", "A scheduled task on the imaging server and the account svc-backup2; both removed.", Observed, &["E-05"]),
        finding("What did they collect?", "Archives of about 38 GB from imaging and billing shares; file names are known, content is not.", Inferred, &["E-05", "E-08"]),
        finding("Did it leave?", "41 GB went to 45.9.148.114 while the archives existed.", Inferred, &["E-03"]),
        finding("What did they damage?", "Encrypted: 214,300 files on the imaging server, 1,910 on two workstations.", Observed, &["E-01", "E-02", "E-05"]),
        finding("Was the surgery center reached?", "No trace on its servers, network or workstations.", Observed, &["E-09", "E-10"]),
        finding("Was the record system read?", "No sign-in by the attacker’s accounts. Its query log is off.", Unknown, &["E-11"]),
    ]
}

fn gaps() -> Vec<CoverageGap> {
    let gap = |source: &str, cannot_show: &str, from: Option<&str>, to: Option<&str>| CoverageGap {
        source: source.into(),
        cannot_show: cannot_show.into(),
        from: from.map(at),
        to: to.map(at),
    };
    vec![
        gap("ehr-clinic, query log", "Who looked at which patient: the log has never been switched on.", None, None),
        gap("img-srv-01, Security log", "Sign-ins before it: the attacker cleared the log.", None, Some("08T03:41")),
        gap("Firewall", "Content of outbound traffic: only volumes are kept.", None, None),
        gap("file-01, object access", "Which files were opened: auditing covers folders only.", Some("08T05:00"), Some("09T12:05")),
    ]
}

/// Evidence `E-01`, `E-02` …
pub(crate) fn item(number: u32, what: &str, bytes: u64, taken: &str, custody: Vec<CustodyEvent>) -> EvidenceItem {
    EvidenceItem {
        id: format!("E-{number:02}"),
        what: what.into(),
        sha256: Digest::of(what.as_bytes()),
        bytes,
        taken_at: at(taken),
        taken_by: "S. Iyer".into(),
        custody,
    }
}

fn evidence() -> Vec<EvidenceItem> {
    let custody = |when: &str, what: &str, by: &str| CustodyEvent { at: at(when), what: what.into(), by: by.into() };
    let copied = |when: &str| vec![custody(when, "Working copy examined; digest matches", "S. Iyer")];
    vec![
        item(1, "Memory image, ws-exam3", 17_179_869_184, "09T11:40", copied("09T12:20")),
        item(2, "Disk image, ws-exam3", 256_060_514_304, "09T11:52", Vec::new()),
        item(3, "Remote-access gateway log, February 1 to March 9", 48_220_113, "09T12:05", copied("09T12:40")),
        item(4, "Event logs, dc-01", 412_909_568, "09T12:05", copied("09T12:55")),
        item(5, "Event logs and file table, img-srv-01", 1_204_322_304, "09T12:08", vec![
            custody("09T12:48", "Working copy examined; digest matches", "S. Iyer"),
            custody("09T15:30", "Handed over to Blue Ridge Forensics on a sealed drive", "S. Iyer"),
            custody("09T16:02", "Received; digest matches", "L. Moreau, Blue Ridge Forensics"),
        ]),
        item(6, "Event logs, file-01", 88_080_384, "09T12:11", copied("09T13:30")),
        item(7, "Event logs, ws-exam5 and ws-bill2", 62_914_560, "09T12:20", copied("09T13:35")),
        item(8, "Listing of D:\\PACS\\tmp with archive headers", 204_800, "09T12:31", Vec::new()),
        item(9, "Event logs, ehr-asc", 71_303_168, "09T12:44", copied("09T13:58")),
        item(10, "Network flow records, surgery center", 915_406_848, "09T12:50", copied("09T14:10")),
        item(11, "Sign-in history, ehr-clinic", 3_145_728, "09T13:05", copied("09T14:20")),
        item(12, "Photo of the ransom note, ws-exam3", 2_411_724, "09T10:33", Vec::new()),
        item(13, "Ransom note, file as left", 1_842, "09T11:58", Vec::new()),
        item(14, "Insurer’s acknowledgment of notice", 88_417, "09T13:20", Vec::new()),
    ]
}

fn remediation() -> Vec<Remediation> {
    let item = |what: &str, owner: &str, due: &str, status| Remediation {
        what: what.into(),
        owner: owner.into(),
        due: Some(due.parse().expect("a day of the sample")),
        status,
    };
    vec![
        item("Second factor on every remote-access account", "J. Park, Ridgeline", "2026-03-09", Progress::Done),
        item("Alerts of low severity on servers reach the person on call at night", "D. Whitfield, Ridgeline", "2026-03-11", Progress::Underway),
        item("Query log of the clinic’s record system switched on and kept for a year", "M. Osei, practice", "2026-03-20", Progress::Open),
        item("Imaging server in its own network segment", "J. Park, Ridgeline", "2026-04-03", Progress::Open),
        item("Second approver at the practice for weekends and early mornings", "Dr. E. Lindqvist, practice", "2026-03-16", Progress::Open),
    ]
}

fn people() -> Vec<Person> {
    let person = |name: &str, role: &str, organization: &str, called: &str, by: &str, answered: Option<&str>| Person {
        name: name.into(),
        role: role.into(),
        organization: some(organization),
        called_at: Some(at(called)),
        answer_by: Some(at(by)),
        answered_at: answered.map(at),
    };
    vec![
        person("Dana Whitfield", "Incident lead", "Ridgeline Managed Security", "09T10:34", "09T10:49", Some("09T10:36")),
        person("Jin Park", "Responder", "Ridgeline Managed Security", "09T10:36", "09T10:51", Some("09T10:39")),
        person("Shreya Iyer", "Responder, evidence", "Ridgeline Managed Security", "09T10:36", "09T10:51", Some("09T10:58")),
        person("Dr. Eva Lindqvist", "Practice owner", "Cedar Hollow ENT & Surgery", "09T10:39", "09T10:54", Some("09T11:02")),
        person("Michael Osei", "Administrator", "Cedar Hollow ENT & Surgery", "09T10:39", "09T10:54", Some("09T11:10")),
        person("Katharine Brandt", "Healthcare attorney", "Brandt & Sayre LLP", "09T11:30", "09T13:30", Some("09T12:26")),
        person("Imaging vendor support", "Vendor", "Clearview Imaging Systems", "09T12:15", "09T16:15", None),
    ]
}
