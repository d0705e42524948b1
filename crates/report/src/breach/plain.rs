//! Documents as plain text: for e-mail, for editing, and for whoever opens them in fifty years. Lines are 78 wide.

use crate::breach::{
    blocks::{Block, Field, Frame, LetterFrame, RecordFrame, Row, Sheet, Table, merged},
    letter::greeting,
};

/// As wide as lines get, in characters, but for words that are longer.
const WIDTH: usize = 78;

/// The document; letters one after another, each with all of its text.
pub(crate) fn write(sheet: &Sheet) -> String {
    let mut out = Text::default();
    for stamp in &sheet.stamps {
        out.line(&format!("*** {} ***", stamp.to_uppercase()));
    }
    if sheet.draft() {
        out.line("*** Not to be sent. It supports counsel and does not replace counsel. ***");
    }
    out.gap();
    match &sheet.frame {
        Frame::Letter(letter) => {
            for (index, row) in letter.rows.iter().enumerate() {
                if index > 0 {
                    out.gap();
                    out.line(&"=".repeat(WIDTH));
                    out.gap();
                }
                self::letter(&mut out, letter, row, &sheet.blocks);
            }
        }
        Frame::Notice(notice) => {
            out.line(&notice.letterhead.name);
            out.gap();
            out.line(&notice.kind);
            out.title(&notice.title);
            for line in &notice.lines {
                out.line(line);
            }
            out.gap();
            blocks(&mut out, &sheet.blocks, None);
        }
        Frame::Record(record) => {
            head(&mut out, sheet, record);
            blocks(&mut out, &sheet.blocks, None);
            out.gap();
            out.line(&record.supports);
        }
    }
    out.finished()
}

fn letter(out: &mut Text, letter: &LetterFrame, row: &Row, body: &[Block]) {
    let head = &letter.letterhead;
    out.line(&head.name);
    for line in head
        .tagline
        .iter()
        .chain(&head.address)
        .chain(&head.telephone)
        .chain(&head.email)
        .chain(&head.website)
    {
        out.line(line);
    }
    out.gap();
    out.line(&letter.dated);
    if let Some(line) = &letter.delivery {
        out.line(line);
    }
    out.gap();
    for line in std::iter::once(&row.addressee).chain(&row.address) {
        out.line(line);
    }
    out.gap();
    out.title(&letter.subject);
    out.line(&greeting(letter, row));
    out.gap();
    blocks(out, body, Some(row));
    out.line("Sincerely,");
    out.gap();
    for line in &letter.signature {
        out.line(line);
    }
    if !letter.enclosures.is_empty() {
        out.gap();
        out.line(&format!("Enclosed: {}", letter.enclosures.join("; ")));
    }
    out.gap();
    out.line(&format!("Reference {}", row.reference));
}

fn head(out: &mut Text, sheet: &Sheet, record: &RecordFrame) {
    if let Some(marking) = &sheet.marking {
        out.line(&marking.to_uppercase());
        out.gap();
    }
    out.line(&record.practice);
    out.title(&record.title);
    out.line(&record.subtitle);
    out.line(&format!("Incident {}, as of {}", record.incident, record.as_of));
    if let Some(by) = &record.prepared_by {
        out.line(&format!("Prepared by {by}"));
    }
    if let Some(law) = &record.law {
        out.line(&format!("Law tables as of {law}"));
    }
    out.line(record.approved.as_deref().unwrap_or("Not approved"));
    out.gap();
}

fn blocks(out: &mut Text, blocks: &[Block], row: Option<&Row>) {
    let own = |text: &str| row.map_or_else(|| text.to_owned(), |row| merged(text, row));
    for block in blocks {
        match block {
            Block::Heading { level: 1, text } => out.title(&own(text)),
            Block::Heading { text, .. } => {
                out.gap();
                out.line(&own(text));
            }
            Block::Lead { text } | Block::Text { text } => {
                for line in own(text).lines() {
                    out.wrapped(line, "", "");
                }
                out.gap();
            }
            Block::List { items } => {
                for item in items {
                    out.wrapped(&own(item).replace('\n', " "), "- ", "  ");
                }
                out.gap();
            }
            Block::Facts { rows } => {
                for (name, value) in rows {
                    out.wrapped(&format!("{name}: {}", own(value).replace('\n', "; ")), "", "    ");
                }
                out.gap();
            }
            Block::Table(table) => self::table(out, table),
            Block::Field(field) => self::field(out, field),
            Block::Callout { head, text, .. } => {
                out.wrapped(&format!("{}: {text}", head.to_uppercase()), "| ", "| ");
                out.gap();
            }
            Block::Sign { lines } => {
                for (name, value) in lines {
                    let value = if value.is_empty() { "______________________________" } else { value };
                    out.line(&format!("{name}: {value}"));
                }
                out.gap();
            }
        }
    }
}

fn table(out: &mut Text, table: &Table) {
    if table.rows.is_empty() {
        out.line(&table.none);
    }
    for cells in &table.rows {
        for (index, (column, cell)) in table.columns.iter().zip(cells).enumerate() {
            let first = if index == 0 { "* " } else { "  " };
            let cell = cell.lines().map(str::trim).collect::<Vec<_>>().join("; ");
            if !cell.is_empty() {
                out.wrapped(&format!("{}: {cell}", column.head), first, "      ");
            }
        }
    }
    out.gap();
}

fn field(out: &mut Text, field: &Field) {
    let star = if field.required { " *" } else { "" };
    out.wrapped(&format!("{} {}{star}", field.number, field.label), "", "    ");
    if let Some(help) = &field.help {
        out.wrapped(help, "    ", "    ");
    }
    for choice in &field.choices {
        out.wrapped(&choice.text, if choice.ticked { "    [x] " } else { "    [ ] " }, "        ");
    }
    match &field.answer {
        Some(answer) => answer.lines().for_each(|line| out.wrapped(line, "    = ", "      ")),
        None if field.choices.is_empty() => out.line("    = ______________________________"),
        None => {}
    }
    if let Some(remark) = &field.remark {
        out.wrapped(&format!("! {remark}"), "    ", "      ");
    }
    if let Some(note) = &field.note {
        out.wrapped(&format!("({note})"), "    ", "     ");
    }
    out.gap();
}

/// Text that grows by lines.
#[derive(Default)]
struct Text {
    out: String,
}

impl Text {
    fn line(&mut self, text: &str) {
        for line in text.lines() {
            self.out.push_str(line.trim_end());
            self.out.push('\n');
        }
    }

    /// An empty line, never two.
    fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn title(&mut self, text: &str) {
        self.gap();
        self.line(text);
        let width = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        self.line(&"-".repeat(width.min(WIDTH)));
        self.gap();
    }

    /// One paragraph in lines of the width; `first` begins the first and `then` the others.
    fn wrapped(&mut self, text: &str, first: &str, then: &str) {
        let mut line = first.to_owned();
        let mut fresh = true;
        for word in text.split_whitespace() {
            let length = line.chars().count() + word.chars().count() + usize::from(!fresh);
            if !fresh && length > WIDTH {
                self.line(&line);
                line = then.to_owned();
                fresh = true;
            }
            if !fresh {
                line.push(' ');
            }
            line.push_str(word);
            fresh = false;
        }
        self.line(&line);
    }

    fn finished(mut self) -> String {
        self.out.truncate(self.out.trim_end().len());
        self.out.push('\n');
        self.out
    }
}
