//! A public notice as a page for the practice's web site. It stands alone: no script, no font, image or style sheet from
//! elsewhere, so that it can be posted as it is, and a strict content security policy needs only its one inline style.

use maud::{DOCTYPE, Markup, html};

use crate::breach::blocks::{Block, Frame, Sheet};

const STYLE: &str = "body{margin:0;background:#fff;color:#17212b;font:1.0625rem/1.6 Georgia,serif}\
main{max-width:42rem;margin:0 auto;padding:1.5rem 1.25rem 3rem}\
h1{font-size:2rem;line-height:1.2;margin:.25rem 0 .75rem;color:#14495a}\
h2{font-size:1.25rem;margin:2rem 0 .5rem;color:#14495a}\
.who,.kind,.when{font-family:system-ui,sans-serif;font-size:.95rem;color:#46525d;margin:0}\
.who{font-weight:700;color:#17212b}.kind{margin-top:1.5rem}\
.draft{background:#fbe6e4;border:2px solid #c0302b;color:#7d1414;padding:.75rem 1rem;font:700 1rem system-ui,sans-serif}\
li{margin:.35rem 0}p,li{overflow-wrap:anywhere}";

/// The page.
pub(crate) fn write(sheet: &Sheet) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (sheet.title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                main { (inside(sheet)) }
            }
        }
    };
    page.into_string()
}

fn inside(sheet: &Sheet) -> Markup {
    html! {
        @if !sheet.stamps.is_empty() {
            p.draft role="status" {
                (sheet.stamps.join(". "))
                @if sheet.draft() { ". Not to be posted. It supports counsel and does not replace counsel." }
            }
        }
        @if let Frame::Notice(notice) = &sheet.frame {
            p.who { (notice.letterhead.name) }
            p.kind { (notice.kind) }
            h1 { (notice.title) }
            @for line in &notice.lines { p.when { (line) } }
        }
        @for block in &sheet.blocks { (self::block(block)) }
    }
}

fn block(block: &Block) -> Markup {
    match block {
        Block::Heading { level: 1, text } => html! { h2 { (text) } },
        Block::Heading { text, .. } => html! { h3 { (text) } },
        Block::Lead { text } | Block::Text { text } => html! { p { (lines(text)) } },
        Block::List { items } => html! { ul { @for item in items { li { (lines(item)) } } } },
        Block::Facts { rows } | Block::Sign { lines: rows } => html! {
            dl { @for (name, value) in rows { dt { (name) } dd { (lines(value)) } } }
        },
        Block::Table(table) => html! {
            @if table.rows.is_empty() {
                p { (table.none) }
            } @else {
                table {
                    thead { tr { @for column in &table.columns { th scope="col" { (column.head) } } } }
                    tbody { @for row in &table.rows { tr { @for cell in row { td { (lines(cell)) } } } } }
                }
            }
        },
        Block::Callout { head, text, .. } => html! { p { strong { (head) } " " (lines(text)) } },
        Block::Field(field) => html! {
            p { strong { (field.label) } @if let Some(answer) = &field.answer { br; (lines(answer)) } }
        },
    }
}

fn lines(text: &str) -> Markup {
    html! {
        @for (index, line) in text.lines().enumerate() {
            @if index > 0 { br; }
            (line)
        }
    }
}
