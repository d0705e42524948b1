//! Parts of the API's description that many operations share, so that each is said once: the incident in the path, and
//! what a request may say about when it counts.

use kernel::IncidentId;
use utoipa::{
    IntoParams, ToSchema as _,
    openapi::{
        ObjectBuilder, Ref, RefOr, Required, Schema,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{SchemaType, Type},
    },
};

use crate::conditions::Conditions;

/// The incident that a path names.
pub(crate) struct OfIncident;

fn parameter(name: &str, within: ParameterIn, description: &str, schema: RefOr<Schema>) -> Parameter {
    let required = if within == ParameterIn::Path { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(within)
        .required(required)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

impl IntoParams for OfIncident {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = RefOr::Ref(Ref::from_schema_name(IncidentId::name()));
        vec![parameter("id", ParameterIn::Path, "The incident", schema)]
    }
}

impl IntoParams for Conditions {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = |name, description| {
            let text = SchemaType::from_iter([Type::String, Type::Null]);
            let schema = ObjectBuilder::new().schema_type(text).build();
            parameter(name, ParameterIn::Header, description, RefOr::T(schema.into()))
        };
        vec![
            header("If-Match", "The ETag that this is decided on"),
            header("Idempotency-Key", "The same request with the same key is taken once, for seven days"),
        ]
    }
}
