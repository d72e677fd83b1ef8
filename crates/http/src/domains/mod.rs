//! Domains (section C): one file per endpoint.

mod billing;
mod close;
mod events;
mod open;
mod owner;
mod rename;
mod see;
mod standing;
mod tree;
mod verification;
mod wire;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use wire::{Domain, Standing};

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(open::open_domain))
        .routes(routes!(
            see::see_domain,
            rename::rename_domain,
            close::close_domain
        ))
        .routes(routes!(standing::see_standing))
        .routes(routes!(billing::activate_billing))
        .routes(routes!(verification::start_owner_verification))
        .routes(routes!(owner::hand_over))
        .routes(routes!(tree::see_tree))
        .routes(routes!(events::follow_events))
}
