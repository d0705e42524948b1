//! Choosing a practice in a form. Of a few one chooses from a list; a provider's thousand would be a list that nobody
//! reads and that every page would carry: then one types its name, or a part of it that no other has.

use kernel::PracticeId;
use maud::{Markup, html};

use super::desk::Desk;
use crate::error::Problem;

/// So many practices are a list.
const FEW: usize = 24;
/// So many are named where a part of a name fits several.
const NAMED: usize = 8;

/// The field `practice`: a list of a few, else a line to type the name in. `label` says what it is for.
pub(crate) fn field(practices: &[(PracticeId, String)], label: &str, may_be_empty: bool) -> Markup {
    html! {
        label.field {
            @if practices.len() > FEW {
                span { (label) " " small.quiet { "its name, or a part that no other has" } }
                input type="text" name="practice" maxlength="200" required[!may_be_empty] autocomplete="off" spellcheck="false";
            } @else {
                span { (label) }
                select name="practice" required[!may_be_empty] {
                    @if may_be_empty { option value="" { "—" } }
                    @for (id, name) in practices { option value=(id) { (name) } }
                }
            }
        }
    }
}

/// The practice that such a field names; `None` where it was left empty.
///
/// # Errors
/// [`Problem`] where it names none that the viewer serves, or several.
pub(crate) async fn chosen(desk: &Desk, given: Option<&str>) -> Result<Option<PracticeId>, Problem> {
    let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) else { return Ok(None) };
    if let Ok(id) = given.parse::<PracticeId>() {
        return Ok(Some(id));
    }
    one_of(&desk.web.app.practice_names(&desk.actor).await?, given).map(Some)
}

/// The one practice of this name, or with this in its name.
fn one_of(practices: &[(PracticeId, String)], given: &str) -> Result<PracticeId, Problem> {
    let words = given.to_lowercase();
    let is = |name: &str| name.to_lowercase() == words;
    let has = |name: &str| words.split_whitespace().all(|word| name.to_lowercase().contains(word));
    let mut found: Vec<_> = practices.iter().filter(|(_, name)| is(name)).collect();
    if found.is_empty() {
        found = practices.iter().filter(|(_, name)| has(name)).collect();
    }
    match found.as_slice() {
        [(id, _)] => Ok(*id),
        [] => Err(Problem::invalid(
            "practice",
            format!("no practice has “{given}” in its name: look it up on the page Practices"),
        )),
        several => {
            let names: Vec<&str> = several.iter().take(NAMED).map(|(_, name)| name.as_str()).collect();
            let more = if several.len() > NAMED { ", and others" } else { "" };
            let detail = format!(
                "{} practices have “{given}” in their names: {}{more}. Type more of the one that you mean",
                several.len(),
                names.join("; ")
            );
            Err(Problem::invalid("practice", detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn practices() -> Vec<(PracticeId, String)> {
        let names =
            ["Cedar Hollow ENT", "Cedar Hollow Dental", "Larch Street Clinic", "Larch Street Clinic North"];
        (1..).zip(names).map(|(n, name)| (PracticeId::from_u128(n), name.to_owned())).collect()
    }

    #[test]
    fn a_whole_name_or_a_part_that_no_other_has_names_a_practice() {
        for (given, n) in
            [("cedar hollow ent", 1), ("dental", 2), ("Larch Street Clinic", 3), ("north larch", 4)]
        {
            assert_eq!(one_of(&practices(), given).unwrap(), PracticeId::from_u128(n), "{given}");
        }
    }

    #[test]
    fn what_fits_none_or_several_is_refused_with_what_to_do() {
        let several = one_of(&practices(), "cedar").unwrap_err();
        assert!(several.detail.contains("Cedar Hollow Dental") && several.detail.contains("Type more"));
        assert!(one_of(&practices(), "oak").unwrap_err().detail.contains("Practices"));
    }

    #[test]
    fn a_thousand_practices_are_not_carried_in_a_list() {
        let many: Vec<_> = (0..1_000).map(|n| (PracticeId::from_u128(n), format!("Practice {n}"))).collect();
        assert!(field(&many, "Practice", false).into_string().len() < 400);
        assert!(field(&practices(), "Practice", true).into_string().contains("Larch Street Clinic North"));
    }
}
