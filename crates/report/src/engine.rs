//! Sets a template with its data and exports it as PDF/A. The world that typst sees is the template's sources, two
//! data files and the compiled-in fonts: no file system, no network, no packages, no clock. So the same template, data
//! and time give the same bytes, and data is data: it arrives as JSON strings, which typst shows and never evaluates.

use std::sync::LazyLock;

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use serde_json::{Value, json};
use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::{
    fonts::FONTS,
    legible::{Script, legible_value},
    template::Template,
};

/// Why a document could not be made. Every one of these is a fault in the program or its caller, not in the incident.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The data cannot be written as JSON.
    #[error("the data of the document cannot be written as JSON")]
    Data(#[from] serde_json::Error),
    /// The time of creation is outside the years 0 to 9999.
    #[error("a document cannot be dated {0}: its year must lie between 0 and 9999")]
    Date(Timestamp),
    /// The template and the data do not fit.
    #[error("the template {template} does not fit its data: {message}")]
    Template {
        /// Which template.
        template: Template,
        /// What typst says, first error first.
        message: String,
    },
    /// The document can be set, but not in a form that meets the archival standard.
    #[error("the document {template} cannot be exported as PDF/A: {message}")]
    Archive {
        /// Which template.
        template: Template,
        /// What the export says, first error first.
        message: String,
    },
    /// The document cannot be packed as DOCX.
    #[error("the document {template} cannot be written as DOCX: {message}")]
    Docx {
        /// Which template.
        template: Template,
        /// What the writer says.
        message: String,
    },
    /// The wording of first drafts, which is compiled in, does not hold together.
    #[error("the wording of notices does not hold together: {0}")]
    Wording(String),
}

/// How far down the ladder an export had to go. Each rung is tried in turn, so that no text can break the run.
const LADDER: [(Script, &[PdfStandard]); 3] = [
    (Script::Any, &[PdfStandard::A_2a, PdfStandard::Ua_1]),
    // Some scripts cannot be mapped back to text glyph by glyph, which level A asks for and level B does not.
    (Script::Any, &[PdfStandard::A_2b]),
    (Script::Latin, &[PdfStandard::A_2a, PdfStandard::Ua_1]),
];

/// Makes the PDF of `template` with `data`, dated `created`: PDF/A-2a and PDF/UA-1 (ISO 19005-2, ISO 14289-1), or
/// PDF/A-2b where the scripts in the data rule out level A.
///
/// The template reads `data` as `data.json`, and its own name, version, digest and `created` (RFC 3339) as
/// `document.json`. The same arguments give the same bytes.
///
/// # Errors
/// [`ReportError`]; see there.
pub fn render<T: Serialize + ?Sized>(
    template: Template,
    data: &T,
    created: Timestamp,
) -> Result<Vec<u8>, ReportError> {
    let data = serde_json::to_value(data)?;
    let today = date(created)?;
    let document = document_data(template, created)?;
    let mut refusal = String::new();
    let mut set: Option<(Script, PagedDocument)> = None;
    for (script, standards) in LADDER {
        let paged = match set.take() {
            Some((as_before, paged)) if as_before == script => paged,
            _ => compile(template, &legible_value(data.clone(), script), &document, today)?,
        };
        match export(&paged, standards, template, created, today) {
            Ok(pdf) => {
                // Long-running servers make many documents; what the next one will not reuse is let go.
                comemo::evict(2);
                return Ok(pdf);
            }
            Err(message) => refusal = message,
        }
        set = Some((script, paged));
    }
    Err(ReportError::Archive { template, message: refusal })
}

fn document_data(template: Template, created: Timestamp) -> Result<Vec<u8>, serde_json::Error> {
    let version = template.version();
    serde_json::to_vec(&json!({
        "name": version.name,
        "title": version.title,
        "version": version.version,
        "sha256": version.sha256,
        "created": created.to_string(),
    }))
}

fn date(at: Timestamp) -> Result<Datetime, ReportError> {
    let local = at.to_zoned(TimeZone::UTC);
    let part = |number: i8| u8::try_from(number).map_err(|_| ReportError::Date(at));
    if local.year() < 0 {
        return Err(ReportError::Date(at));
    }
    Datetime::from_ymd_hms(
        i32::from(local.year()),
        part(local.month())?,
        part(local.day())?,
        part(local.hour())?,
        part(local.minute())?,
        part(local.second())?,
    )
    .ok_or(ReportError::Date(at))
}

fn compile(
    template: Template,
    data: &Value,
    document: &[u8],
    today: Datetime,
) -> Result<PagedDocument, ReportError> {
    let fault = |message: String| ReportError::Template { template, message };
    let mut sources = Vec::new();
    for file in template.files() {
        sources.push(Source::new(file_id(file.path).map_err(fault)?, file.text.to_owned()));
    }
    let main = sources.first().map(Source::id).ok_or_else(|| fault("it has no source".to_owned()))?;
    let files = vec![
        (file_id("/data.json").map_err(fault)?, Bytes::new(serde_json::to_vec(data)?)),
        (file_id("/document.json").map_err(fault)?, Bytes::new(document.to_vec())),
    ];
    let desk = Desk { main, sources, files, today };
    typst::compile::<PagedDocument>(&desk).output.map_err(|errors| fault(said(&errors, &desk)))
}

fn export(
    paged: &PagedDocument,
    standards: &[PdfStandard],
    template: Template,
    created: Timestamp,
    today: Datetime,
) -> Result<Vec<u8>, String> {
    let standards = PdfStandards::new(standards).map_err(|error| error.message().to_string())?;
    let options = PdfOptions {
        ident: Smart::Custom(format!("{template} {created}")),
        creator: Smart::Custom(Some(format!("Tourniquet {}", env!("CARGO_PKG_VERSION")))),
        timestamp: Some(typst_pdf::Timestamp::new_utc(today)),
        standards,
        tagged: true,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(paged, &options)
        .map_err(|errors| errors.iter().map(|error| error.message.to_string()).collect::<Vec<_>>().join("; "))
}

/// Errors as one line, each with the place in the template.
fn said(errors: &[SourceDiagnostic], desk: &Desk) -> String {
    let lines = errors.iter().map(|error| {
        let place = desk.sources.iter().find_map(|source| {
            let range = typst::WorldExt::range(desk, error.span)?;
            (error.span.id() == Some(source.id())).then(|| {
                let line = source.lines().byte_to_line(range.start).unwrap_or(0) + 1;
                format!("{}:{line}: ", source.id().vpath().get_without_slash())
            })
        });
        format!("{}{}", place.unwrap_or_default(), error.message)
    });
    lines.collect::<Vec<_>>().join("; ")
}

fn file_id(path: &'static str) -> Result<FileId, String> {
    VirtualPath::new(path)
        .map(|path| RootedPath::new(VirtualRoot::Project, path).intern())
        .map_err(|_| format!("`{path}` is not a path"))
}

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

/// Everything that typst can see while it sets one document.
struct Desk {
    main: FileId,
    sources: Vec<Source>,
    files: Vec<(FileId, Bytes)>,
    today: Datetime,
}

impl Desk {
    fn absent(id: FileId) -> FileError {
        FileError::NotFound(id.vpath().get_without_slash().into())
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.sources.iter().find(|source| source.id() == id).cloned().ok_or_else(|| Self::absent(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if let Some((_, bytes)) = self.files.iter().find(|(file, _)| *file == id) {
            return Ok(bytes.clone());
        }
        self.source(id).map(|source| Bytes::from_string(source.text().to_owned()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.faces.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        Some(self.today)
    }
}

/// A run of text as it stands on its page: what it says, where it begins and ends, and its baseline.
#[cfg(test)]
pub(crate) type SetText = (String, typst::layout::Abs, typst::layout::Abs, typst::layout::Abs);

/// Every run of text of a document, page by page.
#[cfg(test)]
pub(crate) fn set_texts(template: Template, data: Value, created: Timestamp) -> Vec<Vec<SetText>> {
    use typst::layout::{Frame, FrameItem, Point};

    fn walk(frame: &Frame, origin: Point, out: &mut Vec<SetText>) {
        for (position, item) in frame.items() {
            let at = origin + *position;
            match item {
                FrameItem::Group(group) => walk(&group.frame, at, out),
                FrameItem::Text(text) => out.push((text.text.to_string(), at.x, at.x + text.width(), at.y)),
                _ => {}
            }
        }
    }
    let document = document_data(template, created).unwrap();
    let data = legible_value(data, Script::Any);
    let paged = compile(template, &data, &document, date(created).unwrap()).unwrap();
    let pages = paged.pages().iter().map(|page| {
        let mut out = Vec::new();
        walk(&page.frame, Point::zero(), &mut out);
        out
    });
    pages.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IncidentReport, sample, sheet::sheet, variants};

    fn texts(report: &IncidentReport) -> Vec<Vec<SetText>> {
        set_texts(Template::IncidentReport, sheet(report), sample::as_of())
    }

    fn whole(report: &IncidentReport) -> String {
        texts(report).into_iter().flatten().map(|(text, ..)| text).collect::<Vec<_>>().join("")
    }

    #[test]
    fn markup_in_a_title_is_shown_and_not_obeyed() {
        let mut report = sample::report();
        report.title = "#import \"@preview/x:1.0.0\": * $a$ *b* #panic()".into();
        let text = whole(&report);
        assert!(text.contains("#panic()") && text.contains("$a$ *b*"), "{text}");
        report.title = "#set page(width: 1cm)".into();
        assert_eq!(texts(&report).len(), texts(&sample::report()).len());
    }

    #[test]
    fn no_text_leaves_the_paper() {
        for report in [sample::report(), variants::empty(), variants::huge(), variants::hostile()] {
            for (number, page) in texts(&report).iter().enumerate() {
                for (text, from, to, at) in page {
                    let inside = from.to_pt() >= 60.0 && to.to_pt() <= 612.0 - 60.0;
                    let above = at.to_pt() > 20.0 && at.to_pt() < 792.0 - 20.0;
                    assert!(inside && above, "page {}: `{text}` at {from:?} to {to:?}, {at:?}", number + 1);
                }
            }
        }
    }

    #[test]
    fn leadership_reads_what_it_must_know() {
        let text = whole(&sample::report());
        for expected in [
            "Break-glass",
            "overdue by",
            "for counsel to decide",
            "Legal conclusions are for the practice’s healthcare attorney.",
            "All times are those of America/New_York",
            "In this report",
            "11 of 12",
        ] {
            let found = text.to_lowercase().replace('\u{A0}', " ").contains(&expected.to_lowercase());
            assert!(found, "`{expected}` is not in the report");
        }
    }

    #[test]
    fn a_drill_cannot_be_taken_for_the_real_thing() {
        let report = IncidentReport { exercise: true, ..sample::report() };
        for (number, page) in texts(&report).iter().enumerate() {
            assert!(
                page.iter().any(|(text, ..)| text.to_lowercase().contains("exercise")),
                "page {} does not say that it is an exercise",
                number + 1
            );
        }
    }
}
