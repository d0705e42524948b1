//! What a page shows of evidence that has to be watched: altered, on hold, at the end of its retention.

use app::retention::{Kept, Standing};
use maud::{Markup, html};

use crate::pages::parts;

/// The items, most urgent first; nothing where there are none.
pub(crate) fn section(kept: &[Kept]) -> Markup {
    html! {
        @if !kept.is_empty() {
            h2 { "To watch" }
            ul.plain {
                @for item in kept {
                    li.card {
                        strong { (item.name) } " "
                        (standing(item.standing))
                        @if let Some(until) = item.retain_until { span.quiet { " kept until " (until) } }
                        p { (item.next) }
                    }
                }
            }
        }
    }
}

fn standing(standing: Standing) -> Markup {
    match standing {
        Standing::Altered => parts::chip("critical", "!", "altered"),
        Standing::DestructionAsked => parts::chip("care", "◐", "destruction asked for"),
        Standing::Ended => parts::chip("care", "◐", "retention ended"),
        Standing::EndsSoon => parts::chip("care", "◐", "retention ends soon"),
        Standing::OnHold => parts::chip("held", "■", "legal hold"),
    }
}
