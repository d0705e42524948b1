#![doc = include_str!("../README.md")]

mod accounts;
mod alerts;
mod assets;
mod breach;
mod caller;
mod case;
mod conditions;
mod config;
mod described;
mod doors;
mod drafts;
mod error;
mod evidence;
mod hunt;
mod incidents;
mod intake;
mod journal;
mod keeping;
mod limits;
mod memberships;
mod multipart;
mod notes;
mod openapi;
mod pages;
mod photos;
mod practices;
mod received;
mod recent;
mod reports;
mod serve;
mod signin;
mod site;
mod situations;
mod state;
mod status;
mod stream;
mod tokens;
mod uploads;
mod views;
mod watch;
mod ways;

use app::App;
use axum::{Router, extract::DefaultBodyLimit, middleware, response::IntoResponse as _};
use tower_http::catch_panic::CatchPanicLayer;

pub use config::Config;
pub use doors::Door;
pub use error::{Problem, Said, Since};
pub use serve::{ServeError, Tls, listen, serve};

use crate::{doors::Doors, state::Web};

/// The description of the API (OpenAPI 3.1).
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    openapi::describe(openapi::all().1)
}

/// Every route that the description of the API does not list.
#[must_use]
pub fn doors() -> Vec<Door> {
    prompt_doors().and(pages::lasting_routes()).list()
}

fn prompt_doors() -> Doors {
    pages::routes()
        .and(assets::routes())
        .and(signin::routes())
        .and(status::routes())
        .and(openapi::routes())
        .and(intake::question())
}

/// The whole face as one service: API, pages, health and metrics.
pub fn router(app: App, config: Config) -> Router {
    let web = Web::new(app, config);
    let (prompt, lasting) = openapi::routers();
    let prompt = prompt.merge(prompt_doors().router()).layer(middleware::from_fn(limits::in_time));
    prompt
        .merge(lasting)
        .merge(pages::lasting_routes().router())
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(DefaultBodyLimit::max(limits::JSON_BODY))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Problem::panicked().into_response()
        }))
        .layer(middleware::from_fn_with_state(web.clone(), pages::told::in_words))
        .layer(middleware::from_fn(assets::compressed))
        .layer(middleware::from_fn_with_state(web.clone(), limits::headers))
        .layer(middleware::from_fn_with_state(web.clone(), watch::requests))
        .with_state(web)
}
