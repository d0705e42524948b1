//! The routes that the description of the API does not list (pages, sign-in, assets, health), each written down as it is
//! opened: what is asked in the name of every role and of another practice is this list (`tests/web/doors.rs`), so that
//! a route that nobody asked about cannot be. No route is added to a router anywhere else.

use axum::{
    Router,
    handler::Handler,
    routing::{MethodRouter, get, post},
};

use crate::state::Web;

/// A route beside those of the API's description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Door {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Its path, with `{names}` for what changes.
    pub path: &'static str,
}

/// Routes and the list of them.
#[derive(Default)]
pub(crate) struct Doors {
    router: Router<Web>,
    list: Vec<Door>,
}

impl Doors {
    /// Opens a page.
    pub(crate) fn get<H: Handler<T, Web>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.open("GET", path, get(handler))
    }

    /// Opens what a form is sent to.
    pub(crate) fn post<H: Handler<T, Web>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.open("POST", path, post(handler))
    }

    fn open(mut self, method: &'static str, path: &'static str, handler: MethodRouter<Web>) -> Self {
        self.list.push(Door { method, path });
        Self { router: self.router.route(path, handler), list: self.list }
    }

    /// These and others.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.list.extend(others.list);
        Self { router: self.router.merge(others.router), list: self.list }
    }

    pub(crate) fn router(self) -> Router<Web> {
        self.router
    }

    pub(crate) fn list(self) -> Vec<Door> {
        self.list
    }
}
