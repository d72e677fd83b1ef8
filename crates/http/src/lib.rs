//! The API over HTTP: routes, wire types, the OpenAPI document, event streams, pages.
//!
//! A handler turns a request into a command or a look, gives it to the app, and turns what
//! comes back into an answer. Wire types are twins of inner ones; a request is checked
//! against the schema that the document shows of it ([`shape`]); whatever is refused is a
//! problem from one table ([`problem`]).
//!
//! Absent here, on purpose: decisions and authorisation (they are the app's), SQL, the name
//! of any engine, sockets but for wrappers ([`listen`], [`client`]), settings files, and
//! anything that two processes would have to share.

mod accounts;
mod answer;
mod client;
mod contacts;
mod document;
mod domains;
mod extract;
mod invitations;
pub mod limits;
mod links;
pub mod listen;
mod me;
pub mod meters;
mod operator;
mod options;
mod pages;
mod pools;
mod prices;
pub mod problem;
pub mod proxies;
mod reports;
mod sandbox;
mod seats;
mod server;
mod sessions;
pub mod shape;
mod state;
mod streams;
mod teams;
mod users;
mod watch;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse as _, Response};
use usher_app::App;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::{Problem, table};
use crate::state::{Http, Shared};
use crate::watch::{Watch, WatchLayer};

pub use client::{Introduced, Network, Peer, Proxies};
pub use listen::{Impatient, Listener};
pub use meters::BUCKETS;
pub use options::{HttpOptions, MailText};
pub use pages::ROUTES as PAGES;

/// Every endpoint of the API.
fn api() -> OpenApiRouter<Http> {
    OpenApiRouter::with_openapi(document::begin())
        .merge(accounts::routes())
        .merge(me::routes())
        .merge(prices::routes())
        .merge(domains::routes())
        .merge(seats::routes())
        .merge(users::routes())
        .merge(invitations::routes())
        .merge(pools::routes())
        .merge(sessions::routes())
        .merge(teams::routes())
        .merge(contacts::routes())
        .merge(links::routes())
        .merge(reports::routes())
        .merge(proxies::routes())
        .merge(operator::routes())
        .merge(sandbox::routes())
        .merge(server::routes())
}

/// The API's description.
#[must_use]
pub fn openapi() -> OpenApi {
    document::complete(api().into_openapi())
}

/// The API's description as it is checked in: indented JSON.
#[must_use]
pub fn openapi_json() -> String {
    // A document of texts and numbers always has a JSON form.
    openapi().to_pretty_json().unwrap_or_default()
}

/// Everything that the server answers.
pub fn router(app: Arc<App>, options: HttpOptions) -> Router {
    let (api, description) = api().split_for_parts();
    let description = document::complete(description);
    let paths = description.paths.paths.keys().cloned();
    let routes: Vec<String> = paths.chain(pages::ROUTES.map(str::to_owned)).collect();
    let watched = Watch::new(options.clone(), routes.into_iter());
    api.merge(pages::routes())
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_methods)
        .with_state(Shared::new(app, options, &description))
        .layer(WatchLayer(watched))
}

/// What answers an address that there is none of.
async fn nothing_here(_request: Request) -> Response {
    Problem::not_found().into_response()
}

/// What answers a method that an address does not take; the router adds `Allow`.
async fn other_methods(method: Method, uri: Uri) -> Response {
    let detail = format!("{} does not take {method}", uri.path());
    Problem::new(&table::METHOD_NOT_ALLOWED, detail).into_response()
}
