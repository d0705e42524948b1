//! What a page shows of evidence that has to be watched: altered, on hold, at the end of its retention.

use app::retention::{Kept, Standing};
use maud::{Markup, html};

/// The items, most urgent first; nothing where there are none.
pub(crate) fn section(kept: &[Kept]) -> Markup {
    html! {
        @if !kept.is_empty() {
            h2 { "Evidence to watch" }
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
        Standing::Altered => html! { span.tag.bad { "altered" } },
        Standing::DestructionAsked => html! { span.tag.care { "destruction asked for" } },
        Standing::Ended => html! { span.tag.care { "retention ended" } },
        Standing::EndsSoon => html! { span.tag.care { "retention ends soon" } },
        Standing::OnHold => html! { span.tag { "legal hold" } },
    }
}
