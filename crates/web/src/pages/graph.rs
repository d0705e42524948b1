//! The map of systems as a drawn graph: what depends on what, from left to right, coloured and shaped by stage, and at the
//! right the clinical services that stand on them, with how each runs and what is booked today. Drawn on the server as SVG
//! with real links and text, so that it is read, printed and walked by keyboard like the rest.

use std::collections::BTreeMap;

use app::status::ServiceToday;
use incident::{Practice, State};
use kernel::{IncidentId, SystemName};
use maud::{Markup, html};

use super::{
    downtime,
    parts::{count, running_look, stage_look, words},
};

/// Size of a node and the space between, in the drawing's own units.
const WIDTH: i64 = 160;
const HEIGHT: i64 = 66;
const ACROSS: i64 = 38;
const DOWN: i64 = 14;
/// A clinical service is wider and lower.
const SERVICE: (i64, i64) = (218, 46);
/// Nodes in one column before it is folded into a second.
const TALLEST: usize = 9;
/// Letters that fit a line of a node.
const LETTERS: usize = 18;

struct Node<'a> {
    key: &'a SystemName,
    name: &'a str,
    stage: Option<&'a str>,
    x: i64,
    y: i64,
}

/// What the map is drawn from.
pub(crate) struct Map<'a> {
    pub(crate) incident: IncidentId,
    pub(crate) practice: &'a Practice,
    pub(crate) state: &'a State,
    /// The clinical services, as they run today.
    pub(crate) services: &'a [ServiceToday],
}

impl Map<'_> {
    /// Draws it. Systems that no system depends on stand at the right of the others, and the services beyond them.
    pub(crate) fn draw(&self) -> Markup {
        let nodes = laid_out(self.practice, self.state);
        let services = self.services;
        let edge = nodes.iter().map(|node| node.x + WIDTH).max().unwrap_or(0) + ACROSS + 12;
        let service_at = |place: usize| i64::try_from(place).unwrap_or(0) * (SERVICE.1 + DOWN);
        let width = if services.is_empty() { edge - ACROSS } else { edge + SERVICE.0 + 4 };
        let tall = nodes.iter().map(|node| node.y + HEIGHT).max().unwrap_or(HEIGHT);
        let height = tall.max(service_at(services.len()) - DOWN) + 4;
        let at: BTreeMap<&SystemName, &Node<'_>> = nodes.iter().map(|node| (node.key, node)).collect();
        html! {
            div.scroll tabindex="0" role="region" aria-label="Map of systems and clinical services" {
                svg.map xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="group" aria-label="Systems, what depends on them, and the clinical services at the right" {
                    @for system in &self.practice.systems {
                        @for on in &system.depends_on {
                            @if let (Some(from), Some(to)) = (at.get(on), at.get(&system.key)) { (line((from.x + WIDTH, from.y + HEIGHT / 2), (to.x, to.y + HEIGHT / 2), "edge")) }
                        }
                        @for (place, _) in services.iter().enumerate().filter(|(_, own)| system.services.iter().any(|carried| carried.service == own.service.service)) {
                            @if let Some(from) = at.get(&system.key) { (line((from.x + WIDTH, from.y + HEIGHT / 2), (edge, service_at(place) + SERVICE.1 / 2), "edge carries")) }
                        }
                    }
                    @for node in &nodes { (node.draw(self.incident)) }
                    @for (place, service) in services.iter().enumerate() { (self.service(service, edge, service_at(place))) }
                }
            }
        }
    }

    fn service(&self, today: &ServiceToday, x: i64, y: i64) -> Markup {
        let (own, (wide, tall)) = (&today.service, SERVICE);
        let (tone, shape, word) = running_look(today.running);
        let mut booked = String::new();
        if own.visits > 0 {
            booked = format!(" · {}", count(own.visits as usize, "visit", "visits"));
        }
        if own.procedures > 0 {
            booked = format!("{booked} · {}", count(own.procedures as usize, "procedure", "procedures"));
        }
        let place = downtime::place(&format!("/practices/{}", self.state.practice), &own.service);
        html! {
            a href=(place) {
                rect class={ "node service " (tone) } x=(x + 2) y=(y + 2) width=(wide) height=(tall) rx="23" { title { (own.name) ": to its paper form" } }
                text.name x=(x + 20) y=(y + 21) { (cut(&own.name, 25)) }
                text class={ "stage " (tone) } x=(x + 20) y=(y + 38) { (shape) " " (word) (booked) }
            }
        }
    }
}

fn line((x1, y1): (i64, i64), (x2, y2): (i64, i64), kind: &str) -> Markup {
    let bend = ((x2 - x1) / 2).max(24);
    html! { path class=(kind) d={ "M" (x1) " " (y1) " C" (x1 + bend) " " (y1) " " (x2 - bend) " " (y2) " " (x2) " " (y2) } {} }
}

/// The first letters of a name that is too long.
fn cut(name: &str, letters: usize) -> String {
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    name.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

/// A name in one line or two.
fn lines(name: &str) -> (String, Option<String>) {
    if name.chars().count() <= LETTERS {
        return (name.to_owned(), None);
    }
    let mut first = String::new();
    let mut rest = name;
    while let Some((word, after)) = rest.split_once(' ') {
        let longer = first.chars().count() + word.chars().count() + usize::from(!first.is_empty());
        if longer > LETTERS {
            break;
        }
        if !first.is_empty() {
            first.push(' ');
        }
        first.push_str(word);
        rest = after;
    }
    if first.is_empty() { (cut(name, LETTERS), None) } else { (first, Some(cut(rest, LETTERS))) }
}

impl Node<'_> {
    fn draw(&self, id: IncidentId) -> Markup {
        let (tone, shape) = self.stage.map_or(("idle", "○"), stage_look);
        let word = self.stage.map_or_else(|| "not affected".to_owned(), words);
        let (first, second) = lines(self.name);
        let name = if second.is_some() { 20 } else { 27 };
        let stage = if second.is_some() { 54 } else { 48 };
        html! {
            a href=(super::parts::system_page(id, self.key)) {
                rect class={ "node " (tone) } x=(self.x + 2) y=(self.y + 2) width=(WIDTH) height=(HEIGHT) rx="9" { title { (self.name) } }
                text.name x=(self.x + 14) y=(self.y + name) { (first) }
                @if let Some(second) = second { text.name x=(self.x + 14) y=(self.y + 36) { (second) } }
                text class={ "stage " (tone) } x=(self.x + 14) y=(self.y + stage) { (shape) " " (word) }
            }
        }
    }
}

/// Columns by depth: a system stands right of everything that it depends on.
fn laid_out<'a>(practice: &'a Practice, state: &'a State) -> Vec<Node<'a>> {
    let mut columns: BTreeMap<usize, Vec<Node<'a>>> = BTreeMap::new();
    let depths = depths(practice);
    let mut put = |depth: usize, key: &'a SystemName, name: &'a str| {
        let stage = state.systems.get(key).map(|system| system.stage.as_str());
        columns.entry(depth).or_default().push(Node { key, name, stage, x: 0, y: 0 });
    };
    for system in &practice.systems {
        put(depths.get(&system.key).copied().unwrap_or(0), &system.key, &system.name);
    }
    // What the incident names and the profile does not know stands by itself at the left.
    for key in state.systems.keys().filter(|key| practice.system(key).is_none()) {
        put(0, key, key.as_str());
    }
    let (mut nodes, mut x) = (Vec::new(), 0);
    for column in columns.into_values() {
        let tall = column.len().div_ceil(column.len().div_ceil(TALLEST).max(1)).max(1);
        let folds = column.len().div_ceil(tall);
        for (place, mut node) in column.into_iter().enumerate() {
            node.x = x + i64::try_from(place / tall).unwrap_or(0) * (WIDTH + 16);
            node.y = i64::try_from(place % tall).unwrap_or(0) * (HEIGHT + DOWN);
            nodes.push(node);
        }
        x += i64::try_from(folds).unwrap_or(1) * (WIDTH + 16) - 16 + ACROSS;
    }
    nodes
}

/// How many steps of dependence stand before a system. A circle in the profile ends after as many rounds as there are
/// systems.
pub(crate) fn depths(practice: &Practice) -> BTreeMap<&SystemName, usize> {
    let mut depths: BTreeMap<&SystemName, usize> =
        practice.systems.iter().map(|system| (&system.key, 0)).collect();
    for _ in 0..practice.systems.len().min(32) {
        let mut moved = false;
        for system in &practice.systems {
            let wanted = system
                .depends_on
                .iter()
                .filter_map(|on| depths.get(on))
                .max()
                .map_or(0, |deepest| deepest + 1);
            if let Some(own) = depths.get_mut(&system.key)
                && *own < wanted
                && wanted <= practice.systems.len()
            {
                *own = wanted;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    depths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_stands_in_two_lines_and_none_is_wider_than_its_node() {
        for name in [
            "File server",
            "Operating room 1 computer",
            "Surgery center record server",
            "Anesthesiainformationsystem",
            "a b c d e f g h i j k l m n o p q r s t u v w x y z",
            "Österreich–Büro",
        ] {
            let (first, second) = lines(name);
            for line in [Some(first), second].into_iter().flatten() {
                assert!(line.chars().count() <= LETTERS && !line.is_empty(), "{name}: {line}");
            }
        }
        assert_eq!(
            lines("Operating room 1 computer"),
            ("Operating room 1".to_owned(), Some("computer".to_owned()))
        );
    }
}
