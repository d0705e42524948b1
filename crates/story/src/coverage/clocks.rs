//! Clocks that differ between hosts. A sign-in by Kerberos carries one number (`LogonGuid`) through the logs of all who had a part
//! in it: the host that asked (4648), the domain controller that gave the ticket (4769), the host that let it in (4624). What
//! one wrote cannot have happened long before what led to it, so the smallest difference of many such pairs is how much one
//! clock is ahead of the other. Larger ones are tickets that were used again later. Where no number joins them, rhythm does
//! ([`patterns`]), with less certainty.

mod patterns;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::Timestamp;
use patterns::Patterns;
use serde::Serialize;

use crate::observation::{Origin, Seen, host_name};

/// More sign-ins than are needed to know a clock.
const MOST: usize = 200_000;
/// Pairs that are this close to the smallest difference speak for it, in milliseconds.
const NEAR: i64 = 5_000;

/// How much the clock of one host is ahead of another's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClockSkew {
    /// The host whose clock is looked at.
    pub host: Arc<str>,
    /// The host that it is compared with: the one that gave the ticket, or that asked for the sign-in.
    pub against: Arc<str>,
    /// Seconds that it is ahead; negative where it is behind.
    pub seconds: f64,
    /// Seconds that this may be off either way.
    pub within: f64,
    /// Sign-ins or connections that both recorded.
    pub pairs: u64,
    /// How many of them agree on this difference.
    pub agree: u64,
    /// What it was taken from, in words.
    pub basis: String,
    /// The records of the pair with the smallest difference.
    pub rests_on: Vec<Origin>,
}

/// Which part a host had in a sign-in, in the order in which they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    Asked,
    Ticket,
    LetIn,
}

type Place = (Timestamp, Origin);

/// Of one sign-in: the first record of each part on each host.
type Parts = BTreeMap<(Part, Arc<str>), Place>;

/// Watches sign-ins go by.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    sign_ins: HashMap<Box<str>, Parts>,
    patterns: Patterns,
}

impl Clocks {
    pub(super) fn see(&mut self, seen: &Seen<'_>) {
        self.patterns.see(seen);
        if seen.channel != "Security" {
            return;
        }
        let (part, field) = match seen.event_id {
            4648 => (Part::Asked, "TargetLogonGuid"),
            4769 => (Part::Ticket, "LogonGuid"),
            4624 => (Part::LetIn, "LogonGuid"),
            _ => return,
        };
        let Some(guid) = seen.fields.get(field) else { return };
        let guid = guid.trim_matches(['{', '}']);
        if guid.len() < 32 || guid.chars().all(|letter| matches!(letter, '0' | '-')) {
            return;
        }
        let guid: Box<str> = guid.to_lowercase().into();
        if self.sign_ins.len() >= MOST && !self.sign_ins.contains_key(&guid) {
            return;
        }
        self.keep(guid, (part, host_name(seen.computer)), (seen.time, seen.origin()));
    }

    fn keep(&mut self, guid: Box<str>, part: (Part, Arc<str>), place: Place) {
        let known = self.sign_ins.entry(guid).or_default().entry(part).or_insert_with(|| place.clone());
        if place < *known {
            *known = place;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.patterns.merge(other.patterns);
        for (guid, parts) in other.sign_ins {
            for (part, place) in parts {
                self.keep(guid.clone(), part, place);
            }
        }
    }

    /// The clocks that are two seconds or more apart, by host.
    pub(super) fn finish(self) -> Vec<ClockSkew> {
        let mut pairs: BTreeMap<(Arc<str>, Arc<str>), Vec<Pair>> = BTreeMap::new();
        for parts in self.sign_ins.values() {
            for ((part, host), (time, origin)) in parts {
                for ((before, against), (earlier, cause)) in parts {
                    if before < part && against != host {
                        let between = time.as_millisecond() - earlier.as_millisecond();
                        let basis = (*before, *part);
                        let pair = Pair { between, basis, rests_on: [cause.clone(), origin.clone()] };
                        pairs.entry((host.clone(), against.clone())).or_default().push(pair);
                    }
                }
            }
        }
        // One pair may be a ticket that was used again later: two that agree are needed to know.
        let known: BTreeSet<_> =
            pairs.iter().filter(|(_, pairs)| agree(pairs) > 1).map(|(hosts, _)| hosts.clone()).collect();
        let mut skews: Vec<ClockSkew> =
            pairs.into_iter().filter_map(|((host, against), pairs)| skew(host, against, pairs)).collect();
        skews.append(&mut self.patterns.finish(&known));
        skews.sort_by(|one, other| (&one.host, &one.against).cmp(&(&other.host, &other.against)));
        skews
    }
}

/// A sign-in that two hosts recorded.
struct Pair {
    /// Milliseconds from the cause on the one to the effect on the other, by their own clocks.
    between: i64,
    basis: (Part, Part),
    rests_on: [Origin; 2],
}

/// How many pairs are close to the smallest difference.
fn agree(pairs: &[Pair]) -> usize {
    let least = pairs.iter().map(|pair| pair.between).min().unwrap_or(0);
    pairs.iter().filter(|pair| pair.between - least <= NEAR).count()
}

fn skew(host: Arc<str>, against: Arc<str>, mut pairs: Vec<Pair>) -> Option<ClockSkew> {
    pairs.sort_by(|one, other| (one.between, &one.rests_on).cmp(&(other.between, &other.rests_on)));
    let agree = agree(&pairs);
    let least = pairs.first()?;
    let furthest = pairs.get(agree.saturating_sub(1))?.between;
    // An effect long after its cause may be a ticket that was used again: ahead is believed where several say so.
    if least.between.abs() < 2_000 || least.between > 0 && agree < 2 {
        return None;
    }
    let what = |part: Part| match part {
        Part::Asked => "asking with named credentials (4648)",
        Part::Ticket => "the ticket (4769)",
        Part::LetIn => "the sign-in (4624)",
    };
    let basis = format!(
        "{} sign-ins recorded by both: {} on {against} and {} on {host}, joined by their LogonGuid; the smallest difference",
        pairs.len(),
        what(least.basis.0),
        what(least.basis.1)
    );
    Some(ClockSkew {
        seconds: least.between as f64 / 1000.0,
        within: ((furthest - least.between) as f64 / 1000.0).max(1.0),
        pairs: pairs.len() as u64,
        agree: agree as u64,
        basis,
        rests_on: least.rests_on.to_vec(),
        host,
        against,
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::Fields;

    struct Guid(&'static str, String);

    impl Fields for Guid {
        fn get(&self, name: &str) -> Option<Cow<'_, str>> {
            (name == self.0).then_some(Cow::Borrowed(self.1.as_str()))
        }
    }

    fn see(clocks: &mut Clocks, host: &str, id: u32, second: i64, number: u32) {
        let field = if id == 4648 { "TargetLogonGuid" } else { "LogonGuid" };
        let guid = Guid(field, format!("{{0000ABCD-0000-0000-0000-{number:012X}}}"));
        let file = Arc::from(format!("{host}.evtx"));
        clocks.see(&Seen {
            time: Timestamp::from_second(1_789_000_000 + second).unwrap(),
            computer: host,
            channel: "Security",
            event_id: id,
            file: &file,
            record: u64::from(number),
            fields: &guid,
        });
    }

    #[test]
    fn a_clock_that_is_ahead_or_behind_is_found_by_the_same_sign_in_on_both_sides() {
        let (mut one, mut other) = (Clocks::default(), Clocks::default());
        for number in 1..=4 {
            let at = i64::from(number) * 100;
            see(&mut one, "SRV-DC1.cedar.example", 4769, at, number);
            // The file server is 93 s behind, a workstation 40 s ahead, another right.
            see(&mut other, "SRV-FILE1", 4624, at - 93, number);
            see(&mut other, "WS-A", 4624, at + 40, number);
            see(&mut other, "WS-B", 4624, at, number);
        }
        // A ticket that was used again an hour later says nothing about a clock.
        see(&mut one, "SRV-DC1", 4769, 0, 99);
        see(&mut other, "WS-C", 4624, 3600, 99);
        // Anonymous sign-ins have no number.
        let zero = Guid("LogonGuid", "{00000000-0000-0000-0000-000000000000}".to_owned());
        let file = Arc::from("x.evtx");
        let time = Timestamp::from_second(0).unwrap();
        one.see(&Seen {
            time,
            computer: "X",
            channel: "Security",
            event_id: 4624,
            file: &file,
            record: 1,
            fields: &zero,
        });
        one.merge(other);
        let told: Vec<String> = one
            .finish()
            .iter()
            .filter(|skew| &*skew.against == "SRV-DC1")
            .map(|skew| format!("{} {} {}/{}", skew.host, skew.seconds, skew.agree, skew.pairs))
            .collect();
        assert_eq!(told, ["SRV-FILE1 -93 4/4", "WS-A 40 4/4"]);
    }
}
