//! The map of systems as a drawn graph: what depends on what, from left to right, coloured and shaped by stage. Drawn on
//! the server as SVG with real links and text, so that it is read, printed and walked by keyboard like the rest.

use std::collections::BTreeMap;

use incident::{Practice, State};
use kernel::{IncidentId, SystemName};
use maud::{Markup, html};

use super::parts::{stage_look, words};

/// Size of a node and the space between, in the drawing's own units.
const WIDTH: i64 = 184;
const HEIGHT: i64 = 58;
const ACROSS: i64 = 46;
const DOWN: i64 = 18;
/// Nodes in one column before it is folded into a second.
const TALLEST: usize = 9;

struct Node<'a> {
    key: &'a SystemName,
    name: &'a str,
    stage: Option<&'a str>,
    x: i64,
    y: i64,
}

/// Draws the map. Systems that nothing depends on stand at the right: what the clinic uses.
pub(crate) fn draw(id: IncidentId, practice: &Practice, state: &State) -> Markup {
    let nodes = laid_out(practice, state);
    let width = nodes.iter().map(|node| node.x + WIDTH).max().unwrap_or(WIDTH) + 4;
    let height = nodes.iter().map(|node| node.y + HEIGHT).max().unwrap_or(HEIGHT) + 4;
    let at: BTreeMap<&SystemName, &Node<'_>> = nodes.iter().map(|node| (node.key, node)).collect();
    let edges =
        practice.systems.iter().flat_map(|system| system.depends_on.iter().map(move |on| (on, &system.key)));
    html! {
        div.scroll tabindex="0" role="region" aria-label="Map of systems" {
            svg.map xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="group" aria-label="Systems and what depends on them" {
                @for (from, to) in edges {
                    @if let (Some(from), Some(to)) = (at.get(from), at.get(to)) {
                        @let (x1, y1, x2, y2) = (from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2);
                        @let bend = ((x2 - x1) / 2).max(24);
                        path.edge d={ "M" (x1) " " (y1) " C" (x1 + bend) " " (y1) " " (x2 - bend) " " (y2) " " (x2) " " (y2) } {}
                    }
                }
                @for node in &nodes { (node.draw(id)) }
            }
        }
    }
}

impl Node<'_> {
    fn draw(&self, id: IncidentId) -> Markup {
        let (tone, shape) = self.stage.map_or(("idle", "○"), stage_look);
        let word = self.stage.map_or_else(|| "not affected".to_owned(), words);
        let shown: String = if self.name.chars().count() > 21 {
            self.name.chars().take(20).chain(['…']).collect()
        } else {
            self.name.to_owned()
        };
        html! {
            a href=(super::parts::system_page(id, self.key)) {
                rect class={ "node " (tone) } x=(self.x + 2) y=(self.y + 2) width=(WIDTH) height=(HEIGHT) rx="9" { title { (self.name) } }
                text.name x=(self.x + 16) y=(self.y + 25) { (shown) }
                text class={ "stage " (tone) } x=(self.x + 16) y=(self.y + 45) { (shape) " " (word) }
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
