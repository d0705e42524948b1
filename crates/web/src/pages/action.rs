//! Forms that give an incident a command. Each is folded away behind what it does, so that a page stays calm, and opens
//! in place; without scripts as well, as a `details` element.

use incident::Request;
use kernel::{Capability, IncidentId};
use maud::{Markup, html};

use super::{desk::Desk, form, parts::words};

/// A field of a form.
pub(crate) enum Field<'a> {
    /// Goes along unseen.
    Fixed(&'a str, String),
    /// One line.
    Line(&'a str, &'a str),
    /// One line that may stay empty.
    MayLine(&'a str, &'a str),
    /// Several lines.
    Text(&'a str, &'a str),
    /// A date.
    Date(&'a str, &'a str),
    /// A date and time at the practice, with what stands in it at first.
    Time(&'a str, &'a str, String),
    /// One of these: value and words.
    Choice(&'a str, &'a str, Vec<(String, String)>),
    /// The same, where none may be chosen.
    MayChoice(&'a str, &'a str, Vec<(String, String)>),
    /// Yes or no.
    Tick(&'a str, &'a str),
}

/// A form that is folded away until it is wanted. Nothing where the role may not.
pub(crate) fn folded(
    desk: &Desk,
    incident: IncidentId,
    needs: Capability,
    label: &str,
    command: &str,
    fields: &[Field<'_>],
) -> Markup {
    html! {
        @if desk.may(needs) {
            details.act {
                summary { (label) }
                (open(desk, incident, label, command, fields))
            }
        }
    }
}

/// A form with one button and nothing to fill in. Nothing where the role may not.
pub(crate) fn button(
    desk: &Desk,
    incident: IncidentId,
    needs: Capability,
    label: &str,
    command: &str,
    fields: &[Field<'_>],
) -> Markup {
    html! { @if desk.may(needs) { (open(desk, incident, label, command, fields)) } }
}

fn open(desk: &Desk, incident: IncidentId, label: &str, command: &str, fields: &[Field<'_>]) -> Markup {
    let risky = matches!(command, "break_glass" | "waive_gate" | "retire_system" | "confirm_destruction");
    html! {
        form.do method="post" action={ "/incidents/" (incident) "/do" } {
            (desk.seal())
            input type="hidden" name="command" value=(command);
            @for field in fields { (one(field)) }
            button.risky[risky] type="submit" { (label) }
        }
    }
}

/// One field with its label around it, so that no ids are needed to join the two.
pub(crate) fn one(field: &Field<'_>) -> Markup {
    html! {
        @match field {
            Field::Fixed(name, value) => input type="hidden" name=(name) value=(value);,
            Field::Line(name, label) => label.field { span { (label) } input type="text" name=(name) required maxlength="2000" autocomplete="off"; },
            Field::MayLine(name, label) => label.field { span { (label) " " small.quiet { "optional" } } input type="text" name=(name) maxlength="2000" autocomplete="off"; },
            Field::Text(name, label) => label.field { span { (label) } textarea name=(name) rows="3" required {} },
            Field::Date(name, label) => label.field { span { (label) } input type="date" name=(name) required; },
            Field::Time(name, label, value) => label.field { span { (label) } input type="datetime-local" name={ (name) ":time" } value=(value) step="1" required; },
            Field::Choice(name, label, choices) => label.field { span { (label) } select name=(name) required { @for (value, words) in choices { option value=(value) { (words) } } } },
            Field::MayChoice(name, label, choices) => label.field { span { (label) } select name=(name) { option value="" { "—" } @for (value, words) in choices { option value=(value) { (words) } } } },
            Field::Tick(name, label) => label.tick { input type="checkbox" name={ (name) ":bool" } value="true"; span { (label) } },
        }
    }
}

/// A request that the incident itself offers, as a button; `None` in it where the role may not give it.
pub(crate) fn offered(desk: &Desk, incident: IncidentId, request: &Request) -> Option<Markup> {
    use kernel::Requires as _;
    if !desk.may(request.requires()) {
        return None;
    }
    let value = serde_json::to_value(request).ok()?;
    let fields = form::fields_of(&value);
    let label = match request {
        Request::ProposeContainment { .. } => "Propose this".to_owned(),
        Request::ApproveContainment { side, .. } => format!("Approve for {}", side.plain()),
        Request::ApplyContainment { .. } => "It is applied".to_owned(),
        Request::ReturnToProduction { .. } => "Return to production".to_owned(),
        Request::SetSeverity { .. } => "Set the severity from the facts".to_owned(),
        Request::Close { .. } => "Close the incident".to_owned(),
        Request::Engage { name, .. } => format!("{name} is called"),
        _ => value
            .get("command")
            .and_then(serde_json::Value::as_str)
            .map_or_else(String::new, |word| super::parts::capitalised(&words(word))),
    };
    Some(html! {
        form.do method="post" action={ "/incidents/" (incident) "/do" } {
            (desk.seal())
            @for (name, text) in &fields {
                @if text.is_empty() { (one(&Field::Line(name, &words(name)))) }
                @else { input type="hidden" name=(name) value=(text); }
            }
            button.first type="submit" { (label) }
        }
    })
}

/// The words of an enumeration as choices.
macro_rules! choices {
    ($kind:ty) => {
        <$kind>::ALL
            .iter()
            .map(|word| (word.as_str().to_owned(), $crate::pages::parts::capitalised(word.plain())))
            .collect::<Vec<(String, String)>>()
    };
}
pub(crate) use choices;
