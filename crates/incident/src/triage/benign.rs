//! Whether an alert means what it says. A known-benign pattern of the practice's plan dismisses an alert only up to the
//! severity the plan gave it, never one that looks like ransomware, and never one that other alerts stand beside.

use jiff::tz::TimeZone;
use kernel::{Alert, AlertStatus, Channel, Severity, Timestamp};

use super::{About, Reasons};
use crate::{
    IncidentKind, Practice, Verdict,
    practice::{BenignPattern, Weekday, Window},
};

pub(super) fn verdict(
    alert: &Alert,
    kind: IncidentKind,
    with: usize,
    at: Timestamp,
    practice: &Practice,
    reasons: &mut Reasons,
) -> Verdict {
    let known = practice.plan.known_benign.iter().find(|pattern| matches(pattern, alert, at, practice));
    if let Some(pattern) = known {
        let named = format!("it matches \"{}\" ({})", pattern.name, pattern.kind.plain());
        if kind == IncidentKind::Ransomware {
            reasons.add(
                About::Verdict,
                format!("{named}, but nothing that looks like ransomware is dismissed unseen"),
            );
            return Verdict::Undetermined;
        }
        if alert.severity.is_some_and(|severity| severity > pattern.up_to) {
            reasons.add(About::Verdict, format!("{named}, which dismisses nothing above {}", pattern.up_to));
            return Verdict::Undetermined;
        }
        if with > 0 && alert.severity >= Some(Severity::Medium) {
            reasons.add(About::Verdict, format!("{named}, but {with} other alerts stand beside it"));
            return Verdict::Undetermined;
        }
        reasons.add(About::Verdict, format!("{named} of the practice's plan"));
        return Verdict::FalsePositive;
    }
    let severe = alert.severity >= Some(Severity::High);
    if severe && kind != IncidentKind::Other {
        reasons.add(
            About::Verdict,
            "its source calls it high or critical, and it looks like a known kind of incident",
        );
        return Verdict::TruePositive;
    }
    if kind == IncidentKind::Ransomware {
        reasons.add(About::Verdict, "it looks like ransomware, and waiting costs more than a false alarm");
        return Verdict::TruePositive;
    }
    if alert.channel == Channel::Staff && kind != IncidentKind::Other {
        reasons.add(About::Verdict, "somebody at the practice saw it");
        return Verdict::TruePositive;
    }
    if alert.channel == Channel::Vendor && kind != IncidentKind::Other {
        reasons.add(About::Verdict, "the vendor itself says so");
        return Verdict::TruePositive;
    }
    if with >= 2 && kind != IncidentKind::Other {
        reasons.add(About::Verdict, format!("{with} other alerts of these hours point the same way"));
        return Verdict::TruePositive;
    }
    if alert.status == Some(AlertStatus::Resolved) && alert.severity <= Some(Severity::Low) {
        reasons.add(About::Verdict, "its source calls it low and resolved; somebody should still confirm");
    } else {
        reasons.add(
            About::Verdict,
            "no known-benign pattern matches, and nothing confirms it: a person has to look",
        );
    }
    Verdict::Undetermined
}

/// Whether every member that the pattern gives matches.
fn matches(pattern: &BenignPattern, alert: &Alert, at: Timestamp, practice: &Practice) -> bool {
    let BenignPattern { hosts, accounts, title_contains, window, until, .. } = pattern;
    if hosts.is_empty() && accounts.is_empty() && title_contains.is_empty() {
        return false;
    }
    let same = |a: &str, b: &str| a.trim().eq_ignore_ascii_case(b.trim());
    let same_host = |a: &str, b: &str| {
        same(a, b)
            || practice.system_of_host(a).zip(practice.system_of_host(b)).is_some_and(|(a, b)| a.key == b.key)
    };
    // All hosts and accounts of the alert have to be known: one that is not is a reason to look.
    let all = |given: &[String], known: &[String], is: &dyn Fn(&str, &str) -> bool| {
        known.is_empty()
            || (!given.is_empty() && given.iter().all(|name| known.iter().any(|it| is(name, it))))
    };
    let title = || alert.title.as_deref().unwrap_or_default().to_lowercase();
    all(&alert.hosts, hosts, &same_host)
        && all(&alert.accounts, accounts, &same)
        && (title_contains.is_empty() || {
            let title = title();
            title_contains.iter().any(|word| !word.is_empty() && title.contains(&word.to_lowercase()))
        })
        && (window.is_none() && until.is_none() || {
            let zone = practice.zone();
            window.as_ref().is_none_or(|window| holds(window, at, &zone))
                && until.is_none_or(|until| at.to_zoned(zone.clone()).date() <= until)
        })
}

/// Whether `at` lies in the window; one that ends at or before its first hour runs past midnight and belongs to the day
/// it began on.
fn holds(window: &Window, at: Timestamp, zone: &TimeZone) -> bool {
    let local = at.to_zoned(zone.clone());
    let (hour, today) = (local.hour(), Weekday::from(local.weekday()));
    let on = |day: Weekday| window.weekdays.is_empty() || window.weekdays.contains(&day);
    if window.from_hour < window.to_hour {
        return on(today) && (window.from_hour..window.to_hour).contains(&hour);
    }
    let yesterday = Weekday::from(local.weekday().previous());
    (hour >= window.from_hour && on(today)) || (hour < window.to_hour && on(yesterday))
}
