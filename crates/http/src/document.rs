//! The API's description, OpenAPI 3.1. Endpoints say what they take, what they give and
//! which refusals they know; what follows for all of them by how requests are read is
//! added here, so that no endpoint can forget it.

use std::collections::BTreeMap;

use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder, Ref, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{
    ContentBuilder, OpenApi, OpenApiBuilder, OpenApiVersion, RefOr, Required, ResponseBuilder,
    ServerBuilder,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::extract::SESSION_COOKIE;
use crate::problem::{Kind, MEDIA_TYPE, Problem, kind_of_code, table};

/// Where an endpoint names the refusals that it knows; taken out of the document.
const REFUSALS: &str = "x-refusals";

const DESCRIPTION: &str = "\
Usher is a seat server: it decides who may sit where, what a seat unlocks, and who pays.

- Ids carry a prefix that says what they name (`dom_…`, `usr_…`).
- Times are RFC 3339, in UTC. Money is whole numbers of the currency's minor unit.
- Lists take `limit` and `cursor`, and give `items` and `next_cursor`.
- What is refused is a problem (RFC 9457) with a stable `code`; a request that is not as \
described names each field in `errors`.
- Every write takes an `Idempotency-Key`: sent again with the same key and body within a day, \
it is done once and answered alike.
- Every answer carries an `x-request-id`; one that comes with the request (a UUID) is kept.";

const TAGS: [(&str, &str); 16] = [
    (
        "accounts",
        "Getting in: signing up, logging in and out, a new password.",
    ),
    (
        "me",
        "The caller's own account: plan, identity, tokens, second factor.",
    ),
    ("prices", "The price book, for anyone."),
    (
        "domains",
        "Domains: sets of managed users with one owner, each one cost centre.",
    ),
    (
        "seats",
        "What a domain has ordered of each kind of seat, and what is in use.",
    ),
    ("users", "Domain users, and invitations to become one."),
    ("invitations", "Joining a domain."),
    (
        "pools",
        "Seat pools: seats that many share, and who sits there now.",
    ),
    (
        "sessions",
        "Logging in to a seat, and what a device says and is told while it sits there.",
    ),
    (
        "teams",
        "Teams, and the contact list: who shares a team, and whom a user added.",
    ),
    (
        "call links",
        "Links by which guests call a user: the user's side, and the guest's.",
    ),
    (
        "reports",
        "How the seats of a pool were used, and how many its load needs.",
    ),
    (
        "proxies",
        "Trusted proxies: their credentials, what they ask and what they report.",
    ),
    ("operator", "For whoever runs the server."),
    (
        "sandbox",
        "For trying and testing: the clock and the mails of a sandbox.",
    ),
    (
        "server",
        "The server itself: health, metrics, keys, this description.",
    ),
];

/// The document before any endpoint.
pub fn begin() -> OpenApi {
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A log-in's token, or a personal access token."))
        .build();
    let cookie = ApiKeyValue::with_description(
        SESSION_COOKIE,
        "The panel's cookie; writes with it must come from the same site.",
    );
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)))
        .build();
    let license = LicenseBuilder::new()
        .name("MIT OR Apache-2.0")
        .identifier(Some("MIT OR Apache-2.0"))
        .build();
    let info = InfoBuilder::new()
        .title("Usher")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(license))
        .build();
    let none: [String; 0] = [];
    let mut document = OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .tags(Some(TAGS.map(|(name, description)| tag(name, description))))
        .security(Some([
            SecurityRequirement::new("bearer", none.clone()),
            SecurityRequirement::new("cookie", none),
        ]))
        .components(Some(components))
        .build();
    document.openapi = OpenApiVersion::Version31;
    document
}

fn tag(name: &str, description: &str) -> Tag {
    TagBuilder::new()
        .name(name)
        .description(Some(description))
        .build()
}

/// The document with what follows for every endpoint.
pub fn complete(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        for (writes, operation) in operations(item) {
            complete_operation(writes, operation);
        }
    }
    document
}

/// The operations of a path, and whether each is a write.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    [
        (false, &mut item.get),
        (true, &mut item.post),
        (true, &mut item.put),
        (true, &mut item.patch),
        (true, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(writes, operation)| Some((writes, operation.as_mut()?)))
}

fn complete_operation(writes: bool, operation: &mut Operation) {
    let mut kinds = refusals(operation);
    let signed_in = operation.security.is_none();
    let parameters = operation.parameters.get_or_insert_default();
    let has = |place: ParameterIn| {
        let parameters = parameters.iter();
        let places = parameters.filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(&parameter.parameter_in),
            RefOr::Ref(_) => None,
        });
        places.into_iter().any(|known| *known == place)
    };
    if signed_in {
        kinds.push(&table::NOT_SIGNED_IN);
    }
    if has(ParameterIn::Path) {
        kinds.push(&table::NOT_FOUND);
    }
    if has(ParameterIn::Query) || has(ParameterIn::Header) {
        kinds.push(&table::INVALID);
    }
    if writes {
        parameters.push(idempotency_key().into());
        kinds.extend([
            &table::MALFORMED,
            &table::TOO_LARGE,
            &table::UNSUPPORTED_MEDIA_TYPE,
            &table::INVALID,
            &table::IDEMPOTENCY_MISMATCH,
            &table::CROSS_ORIGIN,
            &table::OUTCOME_UNKNOWN,
        ]);
    }
    kinds.extend([
        &table::INTERNAL,
        &table::BUSY,
        &table::UNAVAILABLE,
        &table::STOPPED,
        &table::TIMED_OUT,
    ]);
    add_problems(operation, kinds);
}

/// The refusals that the endpoint names itself.
fn refusals(operation: &mut Operation) -> Vec<&'static Kind> {
    let extensions = operation.extensions.as_mut();
    let named = extensions.and_then(|extensions| extensions.remove(REFUSALS));
    operation.extensions = None;
    let codes = named.as_ref().and_then(|named| named.as_array());
    let codes = codes.into_iter().flatten().filter_map(|code| code.as_str());
    codes
        .map(|code| kind_of_code(code).unwrap_or_else(|| panic!("{code} is no refusal")))
        .collect()
}

/// A response per status, which says what each of its codes means.
fn add_problems(operation: &mut Operation, kinds: Vec<&'static Kind>) {
    let mut by_status: BTreeMap<u16, Vec<&Kind>> = BTreeMap::new();
    for kind in kinds {
        let known = by_status.entry(kind.status).or_default();
        if !known.contains(&kind) {
            known.push(kind);
        }
    }
    for (status, kinds) in by_status {
        let lines: Vec<String> = kinds
            .iter()
            .map(|kind| format!("`{}`: {}", kind.code, kind.explanation))
            .collect();
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(lines.join("\n\n"))
            .content(MEDIA_TYPE, content)
            .build();
        let responses = &mut operation.responses.responses;
        responses.insert(status.to_string(), response.into());
    }
}

fn idempotency_key() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^[!-~]+$"))
        .min_length(Some(1))
        .max_length(Some(usher_app::limits::IDEMPOTENCY_KEY));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Sent again with the same key and body within a day, it is done once.",
        ))
        .schema(Some(schema))
        .build()
}
