//! How many people per State, on a map: one tile a State, where it lies to its neighbours, with its number in it. What the
//! number means in law is told by the tile's shape and its words, never by colour alone.

use std::collections::BTreeMap;

use breach::state::State;
use maud::{Markup, html};

use super::facts::state_name;

/// Where each tile stands: row by row from the north, `..` for no tile. Territories stand below.
const ROWS: [&str; 9] = [
    "AK .. .. .. .. .. .. .. .. .. .. ME",
    ".. .. .. .. .. .. .. .. .. .. VT NH",
    ".. WA ID MT ND MN WI MI .. NY MA RI",
    ".. OR NV WY SD IA IL IN OH PA NJ CT",
    ".. CA UT CO NE MO KY WV VA MD DE ..",
    ".. .. AZ NM KS AR TN NC SC DC .. ..",
    ".. .. .. .. OK LA MS AL GA .. .. ..",
    "HI .. .. .. TX .. .. .. .. FL .. ..",
    "GU MP AS .. .. .. .. .. .. .. PR VI",
];
const TILE: i64 = 54;
/// More than this many residents of a State: media have to be told (45 CFR 164.406(a)).
const MEDIA: u64 = 500;

/// Counts by State, as the facts have them.
pub(super) fn counts(facts: &serde_json::Value) -> BTreeMap<String, u64> {
    let own = facts.pointer("/individuals/by_state").and_then(serde_json::Value::as_object);
    own.into_iter().flatten().filter_map(|(code, people)| Some((code.clone(), people.as_u64()?))).collect()
}

/// The map and its table.
pub(super) fn draw(counts: &BTreeMap<String, u64>) -> Markup {
    let total: u64 = counts.values().sum();
    let (wide, tall) = (12 * TILE + 4, 9 * TILE + 4);
    html! {
        @if counts.is_empty() { p.notice { "Nobody is counted yet. Until the counts stand, the cautious reading is computed." } }
        @else { p { strong { (super::super::investigation::grouped(total)) } " people in " (counts.len()) @if counts.len() == 1 { " place." } @else { " places." } } }
        div.map-and-table {
            div.scroll tabindex="0" role="region" aria-label="Map of counts" {
                svg.fig.usa xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (wide) " " (tall) } width=(wide) height=(tall) role="img" aria-label={ "People per State: " (spoken(counts)) } {
                    @for (down, row) in (0_i64..).zip(ROWS) {
                        @for (across, code) in (0_i64..).zip(row.split(' ')) {
                            @if code != ".." { (tile(code, counts.get(code).copied(), 2 + across * TILE, 2 + down * TILE)) }
                        }
                    }
                }
            }
            div {
                @if !counts.is_empty() {
                    table.counts {
                        thead { tr { th scope="col" { "State" } th scope="col" { "People" } th scope="col" { "Media notice there" } } }
                        tbody { @for (code, people) in counts { tr {
                            th scope="row" { (state_name(code)) }
                            td data-label="People" { (super::super::investigation::grouped(*people)) }
                            td data-label="Media notice there" { @if code == "unknown" { "–" } @else if *people > MEDIA { "▲ more than 500: yes" } @else { "500 or fewer: no" } }
                        } } }
                    }
                }
                p.legend.small { span { "▲ more than 500 residents: media are told as well (45 CFR 164.406)" } span { "● counted" } span { "no number: nobody counted" } }
            }
        }
    }
}

fn spoken(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "nobody is counted".to_owned();
    }
    counts
        .iter()
        .map(|(code, people)| format!("{} {people}", state_name(code)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A number that fits a tile.
fn short(people: u64) -> String {
    match people {
        0..=99_999 => super::super::investigation::grouped(people),
        100_000..=999_999 => format!("{}k", people / 1_000),
        _ => format!("{}.{}M", people / 1_000_000, people / 100_000 % 10),
    }
}

fn tile(code: &str, people: Option<u64>, x: i64, y: i64) -> Markup {
    let tone = match people {
        None => "none",
        Some(0) => "zero",
        Some(people) if people > MEDIA => "many",
        Some(_) => "some",
    };
    let name = code.parse::<State>().map_or(code, |state| state.name());
    html! {
        g {
            title { (name) ": " @match people { Some(people) => (people), None => "nobody counted" } }
            rect class={ "tile " (tone) } x=(x) y=(y) width=(TILE - 4) height=(TILE - 4) rx="7" {}
            text class={ "code " (tone) } x=(x + 7) y=(y + 17) { (code) @match people { Some(people) if people > MEDIA => " ▲", Some(people) if people > 0 => " ●", _ => "" } }
            @if let Some(people) = people { text class={ "people " (tone) } x=(x + (TILE - 4) / 2) y=(y + 39) { (short(people)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_territory_has_one_tile() {
        let mut tiles: Vec<&str> =
            ROWS.iter().flat_map(|row| row.split(' ')).filter(|code| *code != "..").collect();
        tiles.sort_unstable();
        let mut states: Vec<&str> = State::all().map(State::code).collect();
        states.sort_unstable();
        assert_eq!(tiles, states);
        assert!(ROWS.iter().all(|row| row.split(' ').count() == 12));
    }

    #[test]
    fn a_number_fits_its_tile() {
        for (people, text) in [(7, "7"), (12_345, "12,345"), (250_000, "250k"), (3_450_000, "3.4M")] {
            assert_eq!(short(people), text);
        }
    }
}
