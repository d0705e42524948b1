//! Clocks where no number joins what two hosts recorded. A sign-in by NTLM has a `LogonGuid` of zeros; but the domain controller
//! notes that it checked the password (4776), the host that asked notes that it used named credentials (4648), the host that let
//! it in notes the sign-in (4624), and a connection is seen on both ends under the same pair of ports (Sysmon 3, 5156). Which of
//! many belongs to which is not known: every difference between the two is a vote for how far the clocks are apart, and the
//! rhythm of what people and programs do makes the true one stand out. Where a second difference has half as many votes (a task
//! that runs every hour agrees with itself an hour later), nothing is claimed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::{ClockSkew, Place};
use crate::observation::{Seen, host_name};

/// More records than are needed to know a clock.
const MOST: usize = 200_000;
/// Differences that are looked at between two hosts.
const VOTES: usize = 1_000_000;
/// Clocks are not further apart than a day and the width of the time zones of one country, in milliseconds.
const FAR: i64 = 30 * 3_600_000;
/// Votes this close together are for the same difference, in milliseconds. Of one kind of sign-in no two are looked at that
/// follow one another faster, so that none votes twice for the same.
const SAME: i64 = 2_000;
/// A rival difference is one that is further away than this, in milliseconds.
const RIVAL: i64 = 30_000;
/// Votes that it takes.
const LEAST: usize = 3;
/// Smaller differences are not told, in milliseconds.
const TOLD: i64 = 5_000;

/// What joins two records, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Way {
    /// Both ends of a connection.
    Ports,
    /// Named credentials used on the one, let in on the other.
    Asked,
    /// The password checked on the one, let in on the other.
    Checked,
}

impl Way {
    fn words(self) -> [&'static str; 2] {
        match self {
            Self::Ports => ["the connection's start (Sysmon 3 or 5156)", "its arrival (Sysmon 3 or 5156)"],
            Self::Asked => ["asking with named credentials (4648)", "the sign-in (4624)"],
            Self::Checked => ["the check of the password (4776)", "the sign-in (4624)"],
        }
    }

    fn joined(self) -> &'static str {
        match self {
            Self::Ports => "connections recorded by both, joined by addresses and ports",
            Self::Asked => "NTLM sign-ins recorded by both, joined by account and the hosts that they name",
            Self::Checked => "NTLM sign-ins recorded by both, joined by account and workstation",
        }
    }
}

/// What is joined, and whether it is the cause or the effect.
type Key = (Way, Box<str>, bool);

/// Watches what two hosts record of the same.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    series: HashMap<Key, BTreeMap<Arc<str>, Vec<Place>>>,
    count: usize,
}

impl Patterns {
    pub(super) fn see(&mut self, seen: &Seen<'_>) {
        if self.count >= MOST {
            return;
        }
        match (seen.channel, seen.event_id) {
            ("Security", 4624) => self.let_in(seen),
            ("Security", 4648) => self.asked(seen),
            ("Security", 4776) => self.checked(seen),
            ("Security", 5156) => {
                let outward = seen.fields.get("Direction").is_some_and(|way| way == "%%14593");
                self.connected(seen, ["SourceAddress", "SourcePort", "DestAddress", "DestPort"], outward);
            }
            ("Microsoft-Windows-Sysmon/Operational", 3) => {
                let own = seen.fields.get("Initiated").is_some_and(|own| own.eq_ignore_ascii_case("true"));
                self.connected(seen, ["SourceIp", "SourcePort", "DestinationIp", "DestinationPort"], own);
            }
            _ => {}
        }
    }

    fn let_in(&mut self, seen: &Seen<'_>) {
        let is = |name: &str, value: &str| seen.fields.get(name).is_some_and(|is| *is == *value);
        if !is("LogonType", "3") || !is("AuthenticationPackageName", "NTLM") {
            return;
        }
        let (Some(account), Some(from)) = (named(seen, "TargetUserName"), named(seen, "WorkstationName"))
        else {
            return;
        };
        let own = host_name(seen.computer);
        self.keep((Way::Asked, format!("{account}@{from}>{own}").into(), false), seen);
        self.keep((Way::Checked, format!("{account}@{from}").into(), false), seen);
    }

    fn asked(&mut self, seen: &Seen<'_>) {
        let (Some(account), Some(to)) = (named(seen, "TargetUserName"), named(seen, "TargetServerName"))
        else {
            return;
        };
        let (own, to) = (host_name(seen.computer), host_name(&to));
        if &*to != "LOCALHOST" && to != own {
            self.keep((Way::Asked, format!("{account}@{own}>{to}").into(), true), seen);
        }
    }

    fn checked(&mut self, seen: &Seen<'_>) {
        let succeeded = seen
            .fields
            .get("Status")
            .is_some_and(|status| status.trim_start_matches("0x").chars().all(|digit| digit == '0'));
        if let (true, Some(account), Some(from)) =
            (succeeded, named(seen, "TargetUserName"), named(seen, "Workstation"))
        {
            self.keep((Way::Checked, format!("{account}@{from}").into(), true), seen);
        }
    }

    fn connected(&mut self, seen: &Seen<'_>, names: [&str; 4], outward: bool) {
        let [from, port, to, other] = names.map(|name| seen.fields.get(name));
        let (Some(from), Some(port), Some(to), Some(other)) = (from, port, to, other) else { return };
        if from.starts_with("127.") || from == "::1" || from == to {
            return;
        }
        // Sysmon names the one who began first; the filtering platform names itself first.
        let (one, two) = (format!("{from} {port}"), format!("{to} {other}"));
        let key = if one < two { format!("{one}|{two}") } else { format!("{two}|{one}") };
        self.keep((Way::Ports, key.into(), outward), seen);
    }

    fn keep(&mut self, key: Key, seen: &Seen<'_>) {
        let series = self.series.entry(key).or_default().entry(host_name(seen.computer)).or_default();
        series.push((seen.time, seen.origin()));
        self.count += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.count += other.count;
        for (key, hosts) in other.series {
            let known = self.series.entry(key).or_default();
            for (host, mut places) in hosts {
                known.entry(host).or_default().append(&mut places);
            }
        }
    }

    /// The clocks that are apart, but for pairs of hosts of which more is known.
    pub(super) fn finish(mut self, known: &BTreeSet<(Arc<str>, Arc<str>)>) -> Vec<ClockSkew> {
        self.series.values_mut().flat_map(BTreeMap::values_mut).for_each(thin);
        let mut elections: BTreeMap<(Way, Arc<str>, Arc<str>), Election> = BTreeMap::new();
        for ((way, key, cause), effects) in &self.series {
            let causes = self.series.get(&(*way, key.clone(), true));
            let (false, Some(causes)) = (*cause, causes) else { continue };
            for (host, effects) in effects {
                for (against, causes) in causes.iter().filter(|(against, _)| *against != host) {
                    let election = elections.entry((*way, host.clone(), against.clone())).or_default();
                    election.take(causes, effects);
                }
            }
        }
        let mut known = known.clone();
        let mut skews = Vec::new();
        for ((way, host, against), election) in elections {
            if known.contains(&(host.clone(), against.clone()))
                || known.contains(&(against.clone(), host.clone()))
            {
                continue;
            }
            let Some(elected) = election.decide() else { continue };
            known.insert((host.clone(), against.clone()));
            if elected.between.abs() >= TOLD {
                skews.push(elected.skew(way, host, against));
            }
        }
        skews
    }
}

/// A value that names somebody or something, for comparing; nobody has none.
fn named(seen: &Seen<'_>, name: &str) -> Option<String> {
    let value = seen.fields.get(name)?;
    let value = value.trim().trim_start_matches('\\');
    (!matches!(value, "" | "-") && !value.eq_ignore_ascii_case("ANONYMOUS LOGON"))
        .then(|| value.to_uppercase())
}

/// In the order of time, and of what follows one another at once the first.
fn thin(series: &mut Vec<Place>) {
    series.sort();
    let mut last = i64::MIN;
    series.retain(|(time, _)| {
        let own = time.as_millisecond();
        let keep = own.saturating_sub(last) > SAME;
        if keep {
            last = own;
        }
        keep
    });
}

/// The votes about two clocks.
#[derive(Debug, Default)]
struct Election {
    /// Milliseconds from cause to effect by their own clocks, and the records.
    votes: Vec<(i64, Place, Place)>,
    /// Records on the side that has fewer of them.
    possible: usize,
}

/// The difference that won.
struct Elected {
    between: i64,
    /// From the smallest to the largest vote for it.
    spread: i64,
    agree: usize,
    possible: usize,
    places: [Place; 2],
}

impl Election {
    fn take(&mut self, causes: &[Place], effects: &[Place]) {
        self.possible += causes.len().min(effects.len());
        for effect in effects {
            let at = effect.0.as_millisecond();
            let first = causes.partition_point(|(time, _)| time.as_millisecond() < at - FAR);
            let near = causes.iter().skip(first).take_while(|(time, _)| time.as_millisecond() <= at + FAR);
            for cause in near {
                if self.votes.len() >= VOTES {
                    return;
                }
                self.votes.push((at - cause.0.as_millisecond(), cause.clone(), effect.clone()));
            }
        }
    }

    /// The difference with the most votes, if enough are for it and no other comes near.
    fn decide(mut self) -> Option<Elected> {
        self.votes.sort();
        let between = |at: usize| self.votes.get(at).map(|vote| vote.0);
        // For each vote as the smallest: how many are for the same.
        let (mut counts, mut end) = (Vec::with_capacity(self.votes.len()), 0);
        for (start, vote) in self.votes.iter().enumerate() {
            while between(end).is_some_and(|value| value - vote.0 <= SAME) {
                end += 1;
            }
            counts.push((end - start, vote.0, start));
        }
        // Of equal ones the smallest difference: a clock is right more often than wrong.
        let (agree, least, start) = *counts.iter().max_by_key(|(count, value, _)| (*count, -value.abs()))?;
        let rival = counts.iter().filter(|(_, value, _)| (value - least).abs() > RIVAL);
        let rival = rival.map(|(count, ..)| *count).max().unwrap_or(0);
        if agree < LEAST || agree < rival * 2 || agree * 3 < self.possible {
            return None;
        }
        let largest = between(start + agree - 1)?;
        let (middle, cause, effect) = self.votes.get(start + agree / 2)?.clone();
        Some(Elected {
            between: middle,
            spread: largest - least,
            agree,
            possible: self.possible,
            places: [cause, effect],
        })
    }
}

impl Elected {
    fn skew(self, way: Way, host: Arc<str>, against: Arc<str>) -> ClockSkew {
        let [cause, effect] = way.words();
        let basis = format!(
            "likely, not certain: {} of {} {}: {cause} on {against} and {effect} on {host} are so far apart, and no other difference is shared by half as many",
            self.agree,
            self.possible,
            way.joined()
        );
        ClockSkew {
            seconds: self.between as f64 / 1000.0,
            within: (self.spread as f64 / 1000.0).max(1.0),
            pairs: self.possible as u64,
            agree: self.agree as u64,
            basis,
            rests_on: self.places.map(|(_, origin)| origin).to_vec(),
            host,
            against,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use jiff::Timestamp;

    use super::*;
    use crate::Fields;

    struct Values(Vec<(&'static str, String)>);

    impl Fields for Values {
        fn get(&self, name: &str) -> Option<Cow<'_, str>> {
            let (_, value) = self.0.iter().find(|(own, _)| *own == name)?;
            Some(Cow::Borrowed(value))
        }
    }

    fn see(patterns: &mut Patterns, host: &str, id: u32, second: i64, values: &[(&'static str, &str)]) {
        let values = Values(values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect());
        let file = Arc::from(format!("{host}.evtx"));
        let channel = if id == 3 { "Microsoft-Windows-Sysmon/Operational" } else { "Security" };
        patterns.see(&Seen {
            time: Timestamp::from_second(1_789_000_000 + second).unwrap(),
            computer: host,
            channel,
            event_id: id,
            file: &file,
            record: second.unsigned_abs(),
            fields: &values,
        });
    }

    fn checked(patterns: &mut Patterns, second: i64) {
        let values = [("TargetUserName", "bgrant"), ("Workstation", "WS-A"), ("Status", "0x0")];
        see(patterns, "SRV-DC1", 4776, second, &values);
    }

    fn let_in(patterns: &mut Patterns, second: i64) {
        let values = [
            ("TargetUserName", "BGrant"),
            ("WorkstationName", "WS-A"),
            ("LogonType", "3"),
            ("AuthenticationPackageName", "NTLM"),
        ];
        see(patterns, "SRV-FILE1.cedar.example", 4624, second, &values);
    }

    fn asked(patterns: &mut Patterns, second: i64) {
        let values = [("TargetUserName", "bgrant"), ("TargetServerName", "srv-file1.cedar.example")];
        see(patterns, "WS-A", 4648, second, &values);
    }

    fn connected(patterns: &mut Patterns, host: &str, own: &str, second: i64, port: &str) {
        let values = [
            ("Initiated", own),
            ("SourceIp", "10.0.0.5"),
            ("SourcePort", port),
            ("DestinationIp", "10.0.0.9"),
            ("DestinationPort", "445"),
        ];
        see(patterns, host, 3, second, &values);
    }

    fn told(patterns: Patterns) -> Vec<String> {
        let skews = patterns.finish(&BTreeSet::new());
        let told = skews.iter().map(|skew| {
            format!(
                "{} {} {} ±{} {}/{}",
                skew.host, skew.seconds, skew.against, skew.within, skew.agree, skew.pairs
            )
        });
        told.collect()
    }

    /// As people sign in: at no rhythm.
    const TIMES: [i64; 6] = [0, 410, 1_300, 5_120, 9_999, 20_020];

    #[test]
    fn a_wrong_clock_is_found_by_sign_ins_without_a_number() {
        let (mut one, mut other) = (Patterns::default(), Patterns::default());
        for second in TIMES {
            checked(&mut one, second);
            let_in(&mut other, second - 754);
            // A second record at once says the same again.
            let_in(&mut other, second - 753);
        }
        // Another workstation's, and one that failed.
        see(
            &mut one,
            "SRV-DC1",
            4776,
            90,
            &[("TargetUserName", "bgrant"), ("Workstation", "WS-B"), ("Status", "0x0")],
        );
        see(
            &mut one,
            "SRV-DC1",
            4776,
            91,
            &[("TargetUserName", "bgrant"), ("Workstation", "WS-A"), ("Status", "0xc000006a")],
        );
        one.merge(other);
        assert_eq!(told(one), ["SRV-FILE1 -754 SRV-DC1 ±1 6/6"]);
    }

    #[test]
    fn the_host_that_asked_and_both_ends_of_a_connection_tell_as_well() {
        let mut patterns = Patterns::default();
        for second in TIMES {
            asked(&mut patterns, second);
            let_in(&mut patterns, second + 61);
        }
        assert_eq!(told(patterns), ["SRV-FILE1 61 WS-A ±1 6/6"]);
        let mut patterns = Patterns::default();
        for (number, second) in TIMES.into_iter().enumerate() {
            connected(&mut patterns, "WS-A", "true", second, &format!("50{number}"));
            connected(&mut patterns, "SRV-FILE1", "false", second + 3_600, &format!("50{number}"));
        }
        assert_eq!(told(patterns), ["SRV-FILE1 3600 WS-A ±1 6/6"]);
    }

    #[test]
    fn nothing_is_claimed_of_a_rhythm_of_few_or_of_clocks_that_agree() {
        let mut hourly = Patterns::default();
        for hour in 0..12 {
            checked(&mut hourly, hour * 3_600);
            let_in(&mut hourly, hour * 3_600 + 1_800);
        }
        assert_eq!(told(hourly), Vec::<String>::new());
        let mut few = Patterns::default();
        for second in [0, 500] {
            checked(&mut few, second);
            let_in(&mut few, second + 90);
        }
        assert_eq!(told(few), Vec::<String>::new());
        let mut right = Patterns::default();
        for second in TIMES {
            checked(&mut right, second);
            let_in(&mut right, second + 1);
        }
        assert_eq!(told(right), Vec::<String>::new());
    }

    #[test]
    fn what_a_number_says_of_two_clocks_is_not_said_again() {
        let mut patterns = Patterns::default();
        for second in TIMES {
            checked(&mut patterns, second);
            let_in(&mut patterns, second + 300);
        }
        let known = BTreeSet::from([(Arc::from("SRV-FILE1"), Arc::from("SRV-DC1"))]);
        assert!(patterns.finish(&known).is_empty());
    }
}
