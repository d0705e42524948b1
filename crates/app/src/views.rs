//! Views of the alert queue that people save under a name: filters, for themselves or for everybody of their practice. Kept
//! beside the record, sealed.

use kernel::{Actor, Digest, PracticeId, Timestamp, authorise};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    App, AppError,
    ports::{ShelfKind, ShelfPlace, ShelfQuery},
    read::Look,
};

/// The longest name, in characters.
const NAME: usize = 60;
/// The longest member of a filter, in bytes.
const MEMBER: usize = 400;
/// Views that one person keeps at most, of each kind.
const MOST: usize = 60;

/// A filter of the queue, in the words of the API's query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlertFilter {
    /// Words that must all occur.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// `true`, `false`, `undetermined` or `none`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub verdict: String,
    /// At least this severe.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub severity: String,
    /// `mdr`, `staff` or `vendor`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// The adapter.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
}

impl AlertFilter {
    fn members(&self) -> [&String; 6] {
        [&self.text, &self.verdict, &self.severity, &self.channel, &self.source, &self.group]
    }
}

/// A view that is to be saved.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewView {
    /// Its name; one's own view of the same name is replaced.
    pub name: String,
    /// What it shows.
    #[serde(default)]
    pub filter: AlertFilter,
    /// Whether everybody of the practice sees it.
    #[serde(default)]
    pub shared: bool,
}

/// A view that was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AlertView {
    /// Its id.
    pub id: Digest,
    /// Its name.
    pub name: String,
    /// What it shows.
    pub filter: AlertFilter,
    /// Whether everybody of the practice sees it.
    pub shared: bool,
    /// Who saved it.
    pub by: String,
    /// Whether that is whoever asks, who alone can take it away.
    pub own: bool,
    /// When it was saved.
    pub at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    by: String,
    filter: AlertFilter,
}

fn place(actor: &Actor, kind: ShelfKind, name: Digest) -> ShelfPlace {
    ShelfPlace { practice: home(actor), person: actor.id, kind, name }
}

/// Where views of this person live: at their practice, or with those who serve all of them.
fn home(actor: &Actor) -> PracticeId {
    actor.practice.unwrap_or_else(|| PracticeId::from_u128(0))
}

const fn kind(shared: bool) -> ShelfKind {
    if shared { ShelfKind::SharedView } else { ShelfKind::View }
}

impl App {
    /// Saves a view.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn save_view(&self, actor: &Actor, new: NewView) -> Result<AlertView, AppError> {
        let _ = authorise(actor, Look)?;
        let name = new.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
            return Err(AppError::invalid("/name", format!("a view's name has 1 to {NAME} characters")));
        }
        if new.filter.members().iter().any(|member| member.len() > MEMBER) {
            return Err(AppError::invalid("/filter", format!("a member holds at most {MEMBER} bytes")));
        }
        let id = Digest::of(format!("alert view {}", name.to_lowercase()).as_bytes());
        let query =
            ShelfQuery { practice: home(actor), kind: kind(new.shared), person: Some(actor.id), name: None };
        let own = self.journal().shelf(query).await?;
        if own.len() >= MOST && !own.iter().any(|thing| thing.place.name == id) {
            return Err(AppError::invalid("/name", format!("{MOST} views are kept: take one away first")));
        }
        let kept = Kept { name: name.clone(), by: actor.name.clone(), filter: new.filter.clone() };
        let at = self.edge().now();
        self.shelve_json(place(actor, kind(new.shared), id), at, &kept).await?;
        // A view is shared or not: the other one of the same name goes.
        self.journal().unshelve(place(actor, kind(!new.shared), id)).await?;
        let (filter, shared, by) = (new.filter, new.shared, actor.name.clone());
        Ok(AlertView { id, name, filter, shared, by, own: true, at })
    }

    /// The views that the actor sees: their own and those that others share, by name.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn alert_views(&self, actor: &Actor) -> Result<Vec<AlertView>, AppError> {
        let _ = authorise(actor, Look)?;
        let own =
            ShelfQuery { practice: home(actor), kind: ShelfKind::View, person: Some(actor.id), name: None };
        let shared = ShelfQuery { kind: ShelfKind::SharedView, person: None, ..own };
        let mut views = Vec::new();
        for query in [own, shared] {
            for thing in self.journal().shelf(query).await? {
                let Kept { name, by, filter } = self.unshelved(&thing)?;
                views.push(AlertView {
                    id: thing.place.name,
                    name,
                    filter,
                    shared: query.kind == ShelfKind::SharedView,
                    by,
                    own: thing.place.person == actor.id,
                    at: thing.at,
                });
            }
        }
        views.sort_by(|one, other| {
            (one.shared, one.name.to_lowercase()).cmp(&(other.shared, other.name.to_lowercase()))
        });
        Ok(views)
    }

    /// Takes one's own view away. One that is gone already is fine.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn drop_view(&self, actor: &Actor, id: Digest) -> Result<(), AppError> {
        let _ = authorise(actor, Look)?;
        for shared in [false, true] {
            self.journal().unshelve(place(actor, kind(shared), id)).await?;
        }
        Ok(())
    }
}
