//! Documents as DOCX (ISO/IEC 29500), where a lawyer edits them. Real styles and lists, so that the editor's own tools
//! work; letters carry merge fields for the mailing's file. Time comes as a parameter, and nothing else varies: the
//! same document gives the same bytes.

use std::io::Cursor;

use docx_rs::{
    AbstractNumbering, AlignmentType, BorderType, Docx, FieldCharType, Footer, Header, IndentLevel,
    InstrText, Level, LevelJc, LevelText, LineSpacing, NumPages, NumberFormat, Numbering, NumberingId,
    PageMargin, PageNum, Paragraph, Run, RunFonts, SpecialIndentType, Start, Style, StyleType,
    Table as WordTable, TableBorder, TableBorderPosition, TableBorders, TableCell, TableLayoutType, TableRow,
    WidthType,
};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    ReportError, Template,
    breach::{
        blocks::{Block, Field, Frame, LetterFrame, NoticeFrame, RecordFrame, Row, Sheet, Table, merged},
        letter::greeting,
    },
};

/// The columns of the mail-merge file that a letter's braces may name.
const MERGE_FIELDS: [&str; 8] =
    ["letter", "addressee", "individual", "address_1", "address_2", "city", "state", "zip"];
/// US Letter with margins of an inch, in twentieths of a point.
const PAGE: (u32, u32, i32) = (12_240, 15_840, 1_440);
/// What is between the margins.
const WIDTH: usize = 9_360;
/// The number of our bulleted list; the writer's own, numbered, is 1.
const BULLETS: usize = 7;
const ACCENT: &str = "14495A";
const SOFT: &str = "56636E";
const RED: &str = "A01C1C";

/// Writes the document.
pub(crate) fn write(sheet: &Sheet, created: Timestamp) -> Result<Vec<u8>, ReportError> {
    let at = created.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut docx = styles(Docx::new())
        .page_size(PAGE.0, PAGE.1)
        .page_margin(PageMargin {
            top: PAGE.2,
            left: PAGE.2,
            bottom: PAGE.2,
            right: PAGE.2,
            header: 600,
            footer: 600,
            gutter: 0,
        })
        .created_at(&at)
        .updated_at(&at)
        .header(header(sheet))
        .footer(footer(sheet));
    docx = match &sheet.frame {
        Frame::Letter(frame) => letters(docx, sheet, frame),
        Frame::Notice(frame) => add(notice_head(docx, frame), &sheet.blocks, None, false),
        Frame::Record(frame) => add(record_head(docx, frame), &sheet.blocks, None, false)
            .add_paragraph(styled("Small", &frame.supports)),
    };
    let mut parts = docx.build();
    parts.doc_props.core = core(sheet, &at);
    let mut out = Cursor::new(Vec::new());
    parts.pack(&mut out).map_err(|error| failed(sheet.template, &error.to_string()))?;
    Ok(out.into_inner())
}

fn failed(template: Template, message: &str) -> ReportError {
    ReportError::Docx { template, message: message.to_owned() }
}

/// Title, author and time (ECMA-376 part 2, 11): the writer would call the author unknown.
fn core(sheet: &Sheet, at: &str) -> Vec<u8> {
    let (title, author) = (escaped(&sheet.title), escaped(&sheet.author));
    format!(
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
            r#"<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties""#,
            r#" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/""#,
            r#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">"#,
            "<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator>",
            "<cp:lastModifiedBy>{author}</cp:lastModifiedBy><dc:language>en-US</dc:language>",
            r#"<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created>"#,
            r#"<dcterms:modified xsi:type="dcterms:W3CDTF">{at}</dcterms:modified></cp:coreProperties>"#,
        ),
        title = title,
        author = author,
        at = at,
    )
    .into_bytes()
}

fn escaped(text: &str) -> String {
    maud::html! { (text) }.into_string()
}

fn styles(docx: Docx) -> Docx {
    let body = RunFonts::new().ascii("Cambria").hi_ansi("Cambria").cs("Cambria").east_asia("Cambria");
    let style = |id: &str, name: &str| Style::new(id, StyleType::Paragraph).name(name).based_on("Normal");
    let spacing = |before, after| LineSpacing::new().before(before).after(after);
    docx.default_fonts(body)
        .default_size(22)
        .add_style(Style::new("Normal", StyleType::Paragraph).name("Normal").line_spacing(spacing(0, 140)))
        .add_style(style("Title", "Title").size(40).bold().color(ACCENT).line_spacing(spacing(0, 160)))
        .add_style(
            style("Heading1", "heading 1")
                .size(26)
                .bold()
                .color(ACCENT)
                .line_spacing(spacing(220, 80))
                .outline_lvl(0),
        )
        .add_style(
            style("Heading2", "heading 2").size(22).bold().line_spacing(spacing(180, 60)).outline_lvl(1),
        )
        .add_style(style("Line", "Address Line").line_spacing(spacing(0, 0)))
        .add_style(
            style("Letterhead", "Letterhead").size(30).bold().color(ACCENT).line_spacing(spacing(0, 40)),
        )
        .add_style(style("Item", "List Item").line_spacing(spacing(0, 50)))
        .add_style(style("Small", "Small Print").size(17).color(SOFT).line_spacing(spacing(0, 60)))
        .add_style(style("Lead", "Lead").italic().color(SOFT))
        .add_abstract_numbering(
            AbstractNumbering::new(BULLETS).add_level(
                Level::new(
                    0,
                    Start::new(1),
                    NumberFormat::new("bullet"),
                    LevelText::new("•"),
                    LevelJc::new("left"),
                )
                .indent(Some(500), Some(SpecialIndentType::Hanging(260)), None, None),
            ),
        )
        .add_numbering(Numbering::new(BULLETS, BULLETS))
}

fn header(sheet: &Sheet) -> Header {
    let mut header = Header::new();
    if let Some(marking) = &sheet.marking {
        let run = Run::new().add_text(marking).bold().size(17);
        header =
            header.add_paragraph(Paragraph::new().style("Small").align(AlignmentType::Center).add_run(run));
    }
    if !sheet.stamps.is_empty() {
        let words = sheet.stamps.join(". ").to_uppercase();
        let tail = if sheet.draft() {
            ". Not to be sent. It supports counsel and does not replace counsel."
        } else {
            ""
        };
        let run = Run::new().add_text(format!("{words}{tail}")).bold().color(RED).size(18);
        header = header.add_paragraph(Paragraph::new().align(AlignmentType::Center).add_run(run));
    }
    header
}

fn footer(sheet: &Sheet) -> Footer {
    let line = Paragraph::new().style("Small").align(AlignmentType::Center);
    let line = match &sheet.frame {
        Frame::Letter(letter) => letter.rows.first().map_or(line.clone(), |row| {
            let reference = format!("Reference {}   ", row.reference);
            runs(line, &reference, letter.merge, |run| run.size(17).color(SOFT))
        }),
        Frame::Notice(_) => line,
        Frame::Record(record) => line
            .add_run(Run::new().add_text(format!("Incident {}, as of {}   ", record.incident, record.as_of))),
    };
    let line = line.add_run(Run::new().add_text("Page ")).add_page_num(PageNum::new());
    Footer::new().add_paragraph(line.add_run(Run::new().add_text(" of ")).add_num_pages(NumPages::new()))
}

fn letters(mut docx: Docx, sheet: &Sheet, frame: &LetterFrame) -> Docx {
    for (index, row) in frame.rows.iter().enumerate() {
        let head = &frame.letterhead;
        docx = docx.add_paragraph(
            Paragraph::new().style("Letterhead").page_break_before(index > 0).add_run(text(&head.name)),
        );
        let ways: Vec<&str> =
            [&head.telephone, &head.email, &head.website].into_iter().flatten().map(String::as_str).collect();
        for line in head.tagline.iter().cloned().chain([head.address.join(", "), ways.join("   ")]) {
            if !line.is_empty() {
                docx = docx.add_paragraph(styled("Small", &line));
            }
        }
        docx = docx.add_paragraph(Paragraph::new()).add_paragraph(styled("Normal", &frame.dated));
        if let Some(line) = &frame.delivery {
            docx = docx.add_paragraph(styled("Normal", line));
        }
        for line in std::iter::once(&row.addressee).chain(&row.address) {
            docx = docx.add_paragraph(runs(Paragraph::new().style("Line"), line, frame.merge, |run| run));
        }
        docx = docx
            .add_paragraph(Paragraph::new())
            .add_paragraph(Paragraph::new().add_run(text(&frame.subject).bold()))
            .add_paragraph(runs(Paragraph::new(), &own(frame, row), frame.merge, |run| run));
        docx = add(docx, &sheet.blocks, Some(row), frame.merge);
        // One paragraph, so that no name is parted from the signature.
        let close = format!("Sincerely,\n\n\n\n{}", frame.signature.join("\n"));
        docx = docx.add_paragraph(styled("Line", &close).keep_lines(true));
        if !frame.enclosures.is_empty() {
            let words = format!("Enclosed: {}", frame.enclosures.join("; "));
            docx = docx.add_paragraph(Paragraph::new()).add_paragraph(styled("Small", &words));
        }
    }
    docx
}

fn own(frame: &LetterFrame, row: &Row) -> String {
    greeting(frame, row)
}

fn notice_head(docx: Docx, frame: &NoticeFrame) -> Docx {
    let mut docx = docx
        .add_paragraph(styled("Letterhead", &frame.letterhead.name))
        .add_paragraph(styled("Small", &frame.kind))
        .add_paragraph(styled("Title", &frame.title));
    for line in &frame.lines {
        docx = docx.add_paragraph(styled("Lead", line));
    }
    docx
}

fn record_head(docx: Docx, frame: &RecordFrame) -> Docx {
    let mut facts = vec![format!("Incident {}, as of {}", frame.incident, frame.as_of)];
    facts.extend(frame.prepared_by.iter().map(|by| format!("Prepared by {by}")));
    facts.extend(frame.law.iter().map(|law| format!("Law tables as of {law}")));
    facts.push(frame.approved.clone().unwrap_or_else(|| "Not approved".to_owned()));
    let mut docx = docx
        .add_paragraph(styled("Letterhead", &frame.practice))
        .add_paragraph(styled("Title", &frame.title))
        .add_paragraph(styled("Lead", &frame.subtitle));
    for line in facts {
        docx = docx.add_paragraph(styled("Small", &line));
    }
    docx.add_paragraph(styled("Small", &frame.supports))
}

/// Adds the blocks. With `merge`, braces that name a column become merge fields.
fn add(mut docx: Docx, blocks: &[Block], row: Option<&Row>, merge: bool) -> Docx {
    let own = |text: &str| row.map_or_else(|| text.to_owned(), |row| merged(text, row));
    let written = |paragraph, text: &str| runs(paragraph, &own(text), merge, |run| run);
    for block in blocks {
        docx = match block {
            Block::Heading { level, text } => {
                let style = if *level == 1 { "Heading1" } else { "Heading2" };
                docx.add_paragraph(written(Paragraph::new().style(style).keep_next(true), text))
            }
            Block::Lead { text } => docx.add_paragraph(written(Paragraph::new().style("Lead"), text)),
            Block::Text { text } => docx.add_paragraph(written(Paragraph::new(), text)),
            Block::List { items } => items.iter().fold(docx, |docx, item| {
                let item_style =
                    Paragraph::new().style("Item").numbering(NumberingId::new(BULLETS), IndentLevel::new(0));
                docx.add_paragraph(written(item_style, item))
            }),
            Block::Facts { rows } => {
                let rows =
                    rows.iter().map(|(name, value)| vec![name.clone(), own(value)]).collect::<Vec<_>>();
                docx.add_table(grid(&[3, 7], None, &rows)).add_paragraph(Paragraph::new())
            }
            Block::Table(table) => self::table(docx, table),
            Block::Field(field) => self::field(docx, field),
            Block::Callout { head, text: words, .. } => docx.add_paragraph(
                runs(Paragraph::new().add_run(text(&format!("{head}. ")).bold()), words, false, |run| run)
                    .indent(Some(300), None, Some(300), None),
            ),
            Block::Sign { lines } => lines.iter().fold(docx, |docx, (name, value)| {
                let value = if value.is_empty() { "______________________________" } else { value };
                docx.add_paragraph(
                    Paragraph::new().add_run(text(&format!("{name}: ")).bold()).add_run(text(value)),
                )
            }),
        };
    }
    docx
}

fn table(docx: Docx, table: &Table) -> Docx {
    if table.rows.is_empty() {
        return docx.add_paragraph(styled("Lead", &table.none));
    }
    let shares: Vec<u32> = table.columns.iter().map(|column| column.share).collect();
    let heads: Vec<String> = table.columns.iter().map(|column| column.head.clone()).collect();
    docx.add_table(grid(&shares, Some(&heads), &table.rows)).add_paragraph(Paragraph::new())
}

fn field(docx: Docx, field: &Field) -> Docx {
    let star = if field.required { " *" } else { "" };
    let label = text(&format!("{} {}{star}", field.number, field.label)).bold();
    let mut docx = docx.add_paragraph(Paragraph::new().keep_next(true).add_run(label));
    for choice in &field.choices {
        let mark = if choice.ticked { "☒" } else { "☐" };
        docx = docx.add_paragraph(styled("Line", &format!("{mark} {}", choice.text)));
    }
    for line in field.answer.iter().chain(&field.remark).chain(&field.note) {
        docx = docx.add_paragraph(styled("Normal", line));
    }
    docx
}

fn grid(shares: &[u32], heads: Option<&[String]>, rows: &[Vec<String>]) -> WordTable {
    let all: u32 = shares.iter().sum::<u32>().max(1);
    let widths: Vec<usize> = shares
        .iter()
        .map(|&share| WIDTH * usize::try_from(share).unwrap_or(1) / usize::try_from(all).unwrap_or(1))
        .collect();
    let cells = |row: &[String], bold: bool| {
        let cells = widths.iter().zip(row).map(|(&width, words)| {
            let line =
                runs(Paragraph::new().style("Line"), words, false, |run| if bold { run.bold() } else { run });
            TableCell::new().width(width, WidthType::Dxa).add_paragraph(line)
        });
        TableRow::new(cells.collect())
    };
    let mut out: Vec<TableRow> = heads.iter().map(|heads| cells(heads, true)).collect();
    out.extend(rows.iter().map(|row| cells(row, false)));
    let line = |position| TableBorder::new(position).border_type(BorderType::Single).size(4).color("BFC7CD");
    let borders = TableBorders::with_empty()
        .set(line(TableBorderPosition::Top))
        .set(line(TableBorderPosition::Bottom))
        .set(line(TableBorderPosition::InsideH));
    WordTable::new(out)
        .set_grid(widths.clone())
        .layout(TableLayoutType::Fixed)
        .width(WIDTH, WidthType::Dxa)
        .set_borders(borders)
}

fn text(words: &str) -> Run {
    Run::new().add_text(words.replace('\n', " "))
}

fn styled(style: &str, words: &str) -> Paragraph {
    runs(Paragraph::new().style(style), words, false, |run| run)
}

/// Adds a text to a paragraph: lines with breaks between, and merge fields where asked for.
fn runs(mut paragraph: Paragraph, words: &str, merge: bool, look: impl Fn(Run) -> Run) -> Paragraph {
    for (index, line) in words.lines().enumerate() {
        if index > 0 {
            paragraph = paragraph.add_run(Run::new().add_break(docx_rs::BreakType::TextWrapping));
        }
        let mut rest = line;
        while let Some((at, name)) = merge.then(|| next_field(rest)).flatten() {
            let (before, from) = rest.split_at(at);
            if !before.is_empty() {
                paragraph = paragraph.add_run(look(Run::new().add_text(before)));
            }
            paragraph = merge_field(paragraph, name, &look);
            rest = from.get(name.len() + 2..).unwrap_or_default();
        }
        if !rest.is_empty() {
            paragraph = paragraph.add_run(look(Run::new().add_text(rest)));
        }
    }
    paragraph
}

/// Where the next `{column}` is, and which.
fn next_field(text: &str) -> Option<(usize, &'static str)> {
    MERGE_FIELDS.iter().filter_map(|name| text.find(&format!("{{{name}}}")).map(|at| (at, *name))).min()
}

fn merge_field(paragraph: Paragraph, name: &str, look: &impl Fn(Run) -> Run) -> Paragraph {
    let mark = |kind| Run::new().add_field_char(kind, false);
    paragraph
        .add_run(mark(FieldCharType::Begin))
        .add_run(Run::new().add_instr_text(InstrText::Unsupported(format!(" MERGEFIELD {name} "))))
        .add_run(mark(FieldCharType::Separate))
        .add_run(look(Run::new().add_text(format!("«{name}»"))))
        .add_run(mark(FieldCharType::End))
}
