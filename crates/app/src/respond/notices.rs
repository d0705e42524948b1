//! The drafts that the main job leaves in `notices/`: one of each document that is due as far as the incident shows by
//! itself, so that counsel starts from a page and not from nothing. And `explain.md`: the breach question for a person.

use std::{fs, path::Path};

use incident::{Practice, State};
use kernel::{Actor, Timestamp};

use crate::{
    App, AppError,
    leadership::spoken_number,
    notices::{Case, Format, Notice, SUPPORTS, due, facts},
    ports::Outside,
};

impl App {
    /// Writes `explain.md` and the drafts into `out`. A remark where the facts do not hold together.
    ///
    /// # Errors
    /// [`AppError`].
    pub(super) async fn write_notices(
        &self,
        actor: &Actor,
        state: &State,
        practice: &Practice,
        out: &Path,
    ) -> Result<(), AppError> {
        let given = self.facts(actor, state.incident).await?.facts;
        let (practice, out, now) = (practice.clone(), out.to_owned(), self.edge().now());
        let reference = spoken_number(state, &practice);
        let (title, exercise) = (state.title.clone(), state.exercise);
        self.blocking(move || {
            // What the incident shows may not be enough for the law to be asked; the main job says so where it asks.
            let Ok(facts) = facts(&given, "") else { return Ok(()) };
            let notice =
                Notice { reference: Some(reference), title: Some(title), exercise, ..Notice::default() };
            let case = Case::new(facts, notice, Some(practice), now)?;
            for (name, bytes) in drafts(&case, now)? {
                let path = out.join(&name);
                let failed = |error: std::io::Error| {
                    AppError::Outside(Outside::never(format!("cannot write {}", path.display()), error))
                };
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder).map_err(failed)?;
                }
                fs::write(&path, bytes).map_err(failed)?;
            }
            Ok(())
        })
        .await
    }
}

/// The files: what a lawyer edits as DOCX, what is copied from or filed as PDF.
fn drafts(case: &Case, now: Timestamp) -> Result<Vec<(String, Vec<u8>)>, AppError> {
    let explained = breach::explain(&case.assessment, &case.facts);
    let mut out = vec![("explain.md".to_owned(), explained.into_bytes())];
    let mut list = String::from(
        "# Drafts for counsel\n\nWritten from the facts of the breach case as they stand. Gaps stand in brackets. Fill in a facts file and a \
         notice file\n(`tourniquet breach notice init`), and make them again with `tourniquet breach letters`, `worksheet` and \
         `document`.\n\n",
    );
    for kind in due(case) {
        for paper in case.papers(kind, None)? {
            let format = if paper.formats().contains(&Format::Docx) { Format::Docx } else { Format::Pdf };
            for document in paper.write(format, now)? {
                list.push_str(&format!("- `{}`: {}\n", document.name, kind.plain()));
                out.push((format!("notices/{}", document.name), document.bytes.into_revealed()));
            }
        }
    }
    list.push_str(&format!("\n{SUPPORTS}\n"));
    out.push(("notices/README.md".to_owned(), list.into_bytes()));
    Ok(out)
}
