//! The geometry of the timeline figure. An incident is quiet for days and crowded for an hour, so time is cut where
//! nothing happens and each stretch gets room by the square root of its length: the crowded hour stays readable and the
//! quiet week is still seen to be one. Moments that fall together are drawn as one larger dot; the moments that tell the
//! story carry numbers, which a list under the figure explains, so labels never collide however long they are.

use jiff::{Timestamp, ToSpan, Zoned};
use serde::Serialize;

use crate::{
    incident_report::{Event, Lane},
    when::{Clock, counted},
};

/// Width of the plot, in points.
const WIDTH: f64 = 414.0;
/// Width of a cut in the time axis, in points.
const CUT: f64 = 20.0;
/// Room on both sides of a stretch, in points.
const PAD: f64 = 8.0;
/// Narrowest stretch, in points.
const NARROWEST: f64 = 44.0;
/// Most cuts: more of them would make the axis hard to read.
const CUTS: usize = 4;
/// Width of a bin that counts as one place, in points.
const BIN: f64 = 7.0;
/// Least distance of two numbered marks, in points.
const APART: f64 = 13.0;
/// Least distance of two ticks, in points.
const TICK: f64 = 38.0;
/// Most numbered moments.
pub(crate) const NUMBERED: usize = 12;

/// The figure, ready to be drawn.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Chart {
    pub(crate) width: f64,
    pub(crate) lanes: Vec<Row>,
    pub(crate) cuts: Vec<Cut>,
    pub(crate) ticks: Vec<Tick>,
    pub(crate) days: Vec<Tick>,
    pub(crate) alt: String,
}

/// One lane.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
    pub(crate) dots: Vec<Dot>,
    pub(crate) marks: Vec<Mark>,
}

/// Moments that fall together.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Dot {
    pub(crate) x: f64,
    pub(crate) r: f64,
}

/// A numbered moment: where it belongs and where its number is drawn.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Mark {
    pub(crate) at: f64,
    pub(crate) x: f64,
    pub(crate) number: usize,
}

/// A cut: time in which nothing happened.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Cut {
    pub(crate) x: f64,
    pub(crate) width: f64,
    pub(crate) label: String,
}

/// A labelled place on the axis.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Tick {
    pub(crate) x: f64,
    pub(crate) label: String,
}

impl Lane {
    /// All lanes, in the order they are drawn.
    pub(crate) const ALL: [Self; 7] = [
        Self::Attacker,
        Self::Detection,
        Self::Containment,
        Self::Investigation,
        Self::Eradication,
        Self::Recovery,
        Self::Decision,
    ];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Attacker => "Attacker",
            Self::Detection => "Detection",
            Self::Containment => "Containment",
            Self::Investigation => "Investigation",
            Self::Eradication => "Eradication",
            Self::Recovery => "Recovery",
            Self::Decision => "Decisions",
        }
    }

    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Attacker => "attacker",
            Self::Detection => "detection",
            Self::Containment => "containment",
            Self::Investigation => "investigation",
            Self::Eradication => "eradication",
            Self::Recovery => "recovery",
            Self::Decision => "decision",
        }
    }
}

/// The moments to number, as places in `events` (which are in time order): those marked as key, or the first of each
/// lane and the last of all where none is; thinned evenly where there are too many, keeping the first and the last.
pub(crate) fn numbered(events: &[Event]) -> Vec<usize> {
    let mut chosen: Vec<usize> =
        events.iter().enumerate().filter(|(_, event)| event.key).map(|(place, _)| place).collect();
    if chosen.is_empty() {
        chosen =
            Lane::ALL.iter().filter_map(|lane| events.iter().position(|event| event.lane == *lane)).collect();
        chosen.extend(events.len().checked_sub(1));
        chosen.sort_unstable();
        chosen.dedup();
    }
    if chosen.len() <= NUMBERED {
        return chosen;
    }
    let last = chosen.len() - 1;
    (0..NUMBERED).filter_map(|step| chosen.get(step * last / (NUMBERED - 1)).copied()).collect()
}

/// Lays the figure out. `events` are in time order; `None` where there are none.
pub(crate) fn chart(events: &[Event], numbered: &[usize], clock: &Clock) -> Option<Chart> {
    let (first, last) = (events.first()?, events.last()?);
    let axis = Axis::over(&events.iter().map(|event| event.at.as_second()).collect::<Vec<_>>());
    let lanes: Vec<Row> = Lane::ALL
        .into_iter()
        .filter(|lane| events.iter().any(|event| event.lane == *lane))
        .map(|lane| row(lane, events, numbered, &axis))
        .collect();
    let cuts = axis.cuts();
    let (ticks, days) = axis.ticks(clock);
    let tally: Vec<String> = Lane::ALL
        .into_iter()
        .map(|lane| (lane, events.iter().filter(|event| event.lane == lane).count()))
        .filter(|(_, number)| *number > 0)
        .map(|(lane, number)| format!("{} {number}", lane.title().to_lowercase()))
        .collect();
    let alt = format!(
        "Timeline of {} from {} to {}, by lane: {}. The numbered moments are listed below the figure.",
        counted(events.len() as u64, "event", "events"),
        clock.full(first.at),
        clock.full(last.at),
        tally.join(", ")
    );
    Some(Chart { width: WIDTH, lanes, cuts, ticks, days, alt })
}

fn row(lane: Lane, events: &[Event], numbered: &[usize], axis: &Axis) -> Row {
    let mut marks = Vec::new();
    let mut places = Vec::new();
    for (place, event) in events.iter().enumerate().filter(|(_, event)| event.lane == lane) {
        let x = axis.x(event.at.as_second());
        match numbered.iter().position(|chosen| *chosen == place) {
            Some(index) => marks.push(Mark { at: x, x, number: index + 1 }),
            None => places.push(x),
        }
    }
    spread(&mut marks);
    Row { name: lane.title(), key: lane.key(), dots: bins(&places), marks }
}

/// Moves numbers apart that would overlap, as little as it takes, to the right first and back where the plot ends.
fn spread(marks: &mut [Mark]) {
    let mut least = APART / 2.0;
    for mark in marks.iter_mut() {
        mark.x = mark.x.max(least);
        least = mark.x + APART;
    }
    let mut most = WIDTH - APART / 2.0;
    for mark in marks.iter_mut().rev() {
        mark.x = mark.x.min(most);
        most = mark.x - APART;
    }
}

/// Puts places (in order) that lie within one bin together: at their mean, as large as their number asks.
fn bins(places: &[f64]) -> Vec<Dot> {
    let mut dots = Vec::new();
    let mut rest = places;
    while let Some(start) = rest.first() {
        let end = rest.iter().position(|x| x - start > BIN).unwrap_or(rest.len());
        let (here, next) = rest.split_at(end);
        let number = f64::from(u32::try_from(here.len()).unwrap_or(u32::MAX));
        let mean = here.iter().sum::<f64>() / number;
        dots.push(Dot { x: mean, r: (2.3 + 0.55 * (number - 1.0).sqrt()).min(6.0) });
        rest = next;
    }
    dots
}

/// Time cut into stretches, each with its place on the plot.
struct Axis {
    stretches: Vec<Stretch>,
}

struct Stretch {
    from: i64,
    to: i64,
    x: f64,
    width: f64,
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a few years are far below 2^52")]
fn float(seconds: i64) -> f64 {
    seconds as f64
}

impl Axis {
    /// The axis over instants in order (at least one).
    fn over(times: &[i64]) -> Self {
        let (first, last) = (times.first().copied().unwrap_or(0), times.last().copied().unwrap_or(0));
        let span = last - first;
        let mut gaps: Vec<(i64, i64)> = times
            .windows(2)
            .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
            .filter(|(from, to)| to - from > (span / 10).max(3 * 3_600))
            .collect();
        gaps.sort_by_key(|(from, to)| (from - to, *from));
        gaps.truncate(CUTS);
        gaps.sort_unstable();
        let mut ends = Vec::new();
        let mut from = first;
        for (end, next) in gaps {
            ends.push((from, end));
            from = next;
        }
        ends.push((from, last));
        Self { stretches: place(&ends) }
    }

    fn x(&self, at: i64) -> f64 {
        let Some(stretch) =
            self.stretches.iter().find(|stretch| at <= stretch.to).or_else(|| self.stretches.last())
        else {
            return WIDTH / 2.0;
        };
        let length = stretch.to - stretch.from;
        let along = if length == 0 { 0.5 } else { float((at - stretch.from).max(0)) / float(length) };
        stretch.x + PAD + along.min(1.0) * (stretch.width - 2.0 * PAD)
    }

    fn cuts(&self) -> Vec<Cut> {
        self.stretches
            .windows(2)
            .filter_map(|pair| {
                let (left, right) = (pair.first()?, pair.last()?);
                let hours = (right.from - left.to) / 3_600;
                let label = if hours < 48 { format!("{hours} h") } else { format!("{} d", hours / 24) };
                Some(Cut { x: left.x + left.width, width: CUT, label })
            })
            .collect()
    }

    /// Ticks of the clock, and the days under them.
    fn ticks(&self, clock: &Clock) -> (Vec<Tick>, Vec<Tick>) {
        let (mut ticks, mut days) = (Vec::new(), Vec::new());
        for stretch in &self.stretches {
            let per_point = float(stretch.to - stretch.from) / (stretch.width - 2.0 * PAD);
            let step = STEPS.into_iter().find(|step| float(*step) >= per_point * TICK);
            let Some(step) = step else {
                self.months(stretch, per_point, clock, &mut days);
                continue;
            };
            if step < DAY {
                self.hours(stretch, step, clock, &mut ticks);
            }
            self.dates(stretch, (step / DAY).max(1), clock, &mut days);
        }
        (ticks, days)
    }

    fn hours(&self, stretch: &Stretch, step: i64, clock: &Clock, ticks: &mut Vec<Tick>) {
        for midnight in midnights(stretch, clock) {
            let begin = midnight.timestamp().as_second();
            let end = midnight.tomorrow().map_or(begin, |day| day.timestamp().as_second());
            let mut at = begin;
            while at < end.min(stretch.to + 1) {
                if at >= stretch.from
                    && let Ok(instant) = Timestamp::from_second(at)
                {
                    let local = clock.local(instant);
                    let format = if local.minute() == 0 { "%-I %p" } else { "%-I:%M" };
                    ticks.push(Tick { x: self.x(at), label: local.strftime(format).to_string() });
                }
                at += step;
            }
        }
    }

    /// The first day at the beginning of the stretch, further days at their midnights where there is room.
    fn dates(&self, stretch: &Stretch, every: i64, clock: &Clock, days: &mut Vec<Tick>) {
        let mut free = f64::MIN;
        for (index, midnight) in (0_i64..).zip(midnights(stretch, clock)) {
            let x = if index == 0 { stretch.x + PAD } else { self.x(midnight.timestamp().as_second()) };
            if index % every == 0 && x >= free && x < stretch.x + stretch.width - PAD / 2.0 {
                days.push(Tick { x, label: midnight.strftime("%b %-d").to_string() });
                free = x + TICK;
            }
        }
    }

    fn months(&self, stretch: &Stretch, per_point: f64, clock: &Clock, days: &mut Vec<Tick>) {
        let mut free = f64::MIN;
        let Ok(begin) = Timestamp::from_second(stretch.from) else { return };
        let mut month = clock.date(begin).first_of_month();
        let wide = per_point * TICK > float(400 * DAY);
        for _ in 0..1_200 {
            let Ok(at) = clock.local(begin).with().date(month).build() else { return };
            let second = at.timestamp().as_second().max(stretch.from);
            if second > stretch.to {
                return;
            }
            let x = self.x(second);
            if x >= free && (!wide || month.month() == 1) {
                days.push(Tick { x, label: month.strftime("%b %Y").to_string() });
                free = x + TICK + 6.0;
            }
            let Ok(next) = month.checked_add(1.month()) else { return };
            month = next;
        }
    }
}

const DAY: i64 = 86_400;
/// Steps of the clock that people count in, in seconds, up to a fortnight.
const STEPS: [i64; 14] = [
    60,
    300,
    600,
    900,
    1_800,
    3_600,
    2 * 3_600,
    3 * 3_600,
    6 * 3_600,
    12 * 3_600,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
];

/// The local midnights from the day in which the stretch begins to its end.
fn midnights(stretch: &Stretch, clock: &Clock) -> Vec<Zoned> {
    let Some(mut day) =
        Timestamp::from_second(stretch.from).ok().and_then(|at| clock.local(at).start_of_day().ok())
    else {
        return Vec::new();
    };
    let mut all = Vec::new();
    while day.timestamp().as_second() <= stretch.to && all.len() < 1_000 {
        all.push(day.clone());
        match day.tomorrow().and_then(|next| next.start_of_day()) {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    all
}

/// Gives each stretch its room.
fn place(ends: &[(i64, i64)]) -> Vec<Stretch> {
    let number = f64::from(u32::try_from(ends.len()).unwrap_or(1).max(1));
    let spare = WIDTH - CUT * (number - 1.0) - NARROWEST * number;
    let weight = |(from, to): &(i64, i64)| float((to - from).max(600)).sqrt();
    let total: f64 = ends.iter().map(weight).sum();
    let mut x = 0.0;
    let mut stretches = Vec::new();
    for end in ends {
        let width = NARROWEST + spare * weight(end) / total;
        stretches.push(Stretch { from: end.0, to: end.1, x, width });
        x += width + CUT;
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn figure(seconds: &[i64]) -> Chart {
        let mut seconds = seconds.to_vec();
        seconds.sort_unstable();
        let events: Vec<Event> = seconds
            .into_iter()
            .map(|second| Event {
                at: Timestamp::from_second(second).unwrap(),
                lane: Lane::ALL[usize::try_from(second.rem_euclid(7)).unwrap()],
                text: String::new(),
                who: None,
                key: second % 3 == 0,
            })
            .collect();
        chart(&events, &numbered(&events), &Clock::of("America/New_York")).unwrap()
    }

    #[test]
    fn a_quiet_week_does_not_squeeze_the_crowded_hour() {
        let hour: Vec<i64> = (0..60).map(|minute| 1_773_054_000 + minute * 60).collect();
        let mut all = vec![1_773_054_000 - 7 * DAY];
        all.extend(&hour);
        let figure = figure(&all);
        assert_eq!(figure.cuts.len(), 1);
        assert_eq!(figure.cuts[0].label, "7 d");
        assert!(figure.ticks.len() >= 4, "the hour has {} ticks", figure.ticks.len());
    }

    #[test]
    fn no_more_moments_are_numbered_than_the_list_has_room_for() {
        let all: Vec<i64> = (0..500).map(|number| 1_773_054_000 + number * 3_000).collect();
        let numbers: usize = figure(&all).lanes.iter().map(|lane| lane.marks.len()).sum();
        assert_eq!(numbers, NUMBERED);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn everything_is_drawn_inside_the_plot(seconds in prop::collection::vec(1_500_000_000_i64..2_000_000_000, 1..500)) {
            let figure = figure(&seconds);
            for lane in &figure.lanes {
                for dot in &lane.dots {
                    prop_assert!((0.0..=WIDTH).contains(&dot.x));
                }
                for mark in &lane.marks {
                    prop_assert!((0.0..=WIDTH).contains(&mark.x) && (0.0..=WIDTH).contains(&mark.at));
                }
                for pair in lane.marks.windows(2) {
                    prop_assert!(pair[1].x - pair[0].x >= APART - 0.001, "numbers overlap");
                }
            }
            for tick in figure.ticks.iter().chain(&figure.days) {
                prop_assert!((0.0..=WIDTH).contains(&tick.x));
            }
            prop_assert!(figure.cuts.len() <= CUTS);
        }
    }
}
