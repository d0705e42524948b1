//! The description of the API, made from the handlers themselves: a route that is not described is not served.

use axum::{Json, Router, extract::State, response::IntoResponse};
use utoipa::{
    OpenApi as _, ToSchema as _,
    openapi::{
        ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder,
        path::Operation,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Problem, accounts, alerts, breach, case, doors::Doors, drafts, evidence, hunt, incidents, intake,
    journal, memberships, notes, photos, practices, reports, situations, state::Web, status, tokens, views,
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tourniquet",
        description = "Takes a medical practice through a security incident. Every error is a problem (RFC 9457). A request \
                       that names `Idempotency-Key` is taken once for each key, for seven days; keys are each caller's own, within \
                       a practice. One that is made on a version carries `If-Match`. Lists are paged \
                       by `cursor`; `updated_since` finds what changed.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "alerts", description = "What detection tools, vendors and staff report"),
        (name = "incidents", description = "Incidents, and every command that they take"),
        (name = "breach", description = "The breach case: facts, the four factors, dates, letters, proof; counsel decides"),
        (name = "notes", description = "Notes, sealed, with their history"),
        (name = "evidence", description = "Evidence, sealed, with its custody"),
        (name = "journal", description = "The record and its proofs"),
        (name = "law", description = "The breach question: facts in, obligations and documents out; counsel decides"),
        (name = "documents", description = "What leaves an incident"),
        (name = "practices", description = "Practices, and what works there today"),
        (name = "accounts", description = "People who sign in with a password of their own"),
        (name = "tokens", description = "Who may do what"),
    ),
    components(schemas(Problem)),
)]
struct Description;

/// Routes that answer promptly, and those that take as long as their bytes.
fn parts() -> (OpenApiRouter<Web>, OpenApiRouter<Web>) {
    let prompt = OpenApiRouter::new()
        .merge(intake::prompt_routes())
        .merge(alerts::routes())
        .merge(photos::routes())
        .merge(views::routes())
        .merge(incidents::routes())
        .merge(case::routes())
        .merge(notes::routes())
        .merge(drafts::routes())
        .merge(situations::routes())
        .merge(breach::routes())
        .merge(evidence::routes())
        .merge(hunt::routes())
        .merge(journal::routes())
        .merge(practices::routes())
        .merge(tokens::routes())
        .merge(accounts::routes())
        .merge(crate::ways::routes())
        .merge(memberships::routes())
        .merge(reports::routes())
        .merge(status::api_routes());
    let lasting = OpenApiRouter::new()
        .merge(intake::routes())
        .merge(photos::lasting_routes())
        .merge(case::lasting_routes())
        .merge(evidence::lasting_routes())
        .merge(hunt::lasting_routes())
        .merge(journal::lasting_routes())
        .merge(breach::lasting_routes())
        .merge(reports::lasting_routes())
        .merge(tokens::lasting_routes());
    (prompt, lasting)
}

pub(crate) fn routers() -> (Router<Web>, Router<Web>) {
    let (prompt, lasting) = parts();
    let under = |router| OpenApiRouter::new().nest("/api/v1", router).split_for_parts().0;
    (under(prompt), under(lasting))
}

pub(crate) fn all() -> (Router<Web>, OpenApi) {
    let (prompt, lasting) = parts();
    OpenApiRouter::with_openapi(Description::openapi())
        .nest("/api/v1", prompt.merge(lasting))
        .split_for_parts()
}

pub(crate) fn routes() -> Doors {
    Doors::default().get("/api/v1/openapi.json", document)
}

async fn document(State(_): State<Web>) -> impl IntoResponse {
    Json(crate::openapi())
}

/// Adds what holds for every operation: how a caller proves who they are, and what an error looks like.
pub(crate) fn describe(mut api: OpenApi) -> OpenApi {
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let cookie =
        ApiKeyValue::with_description("tourniquet", "A browser's session; `__Host-tourniquet` over TLS");
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    for item in api.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete]
            .into_iter()
            .flatten()
        {
            complete(operation);
        }
    }
    api
}

fn complete(operation: &mut Operation) {
    let problem = Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(problem)).build();
    let response =
        ResponseBuilder::new().description("A problem").content("application/problem+json", content).build();
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            // OpenAPI 3.1 section 4.8.17: a description is required.
            response.description = if status == "204" { "Done" } else { "Here it is" }.to_owned();
        }
    }
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response));
    if operation.security.is_none() {
        let none: [String; 0] = [];
        operation.security = Some(vec![
            SecurityRequirement::new("token", none.clone()),
            SecurityRequirement::new("session", none),
        ]);
    }
}
