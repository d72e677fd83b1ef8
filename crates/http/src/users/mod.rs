//! Domain users (sections A, D): one file per endpoint.

mod bulk;
mod change;
mod create;
mod entitlements;
mod import;
mod license;
mod list;
mod moves;
mod remove;
mod resend;
mod restore;
mod see;
mod suspend;
mod wire;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use entitlements::EntitlementsAnswer;
pub use wire::{LicenseRequest, User};

use crate::state::Http;

/// The endpoints.
pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(list::list_users, create::create_user))
        .routes(routes!(
            see::see_user,
            change::change_user,
            remove::remove_user
        ))
        .routes(routes!(license::set_license))
        .routes(routes!(entitlements::see_entitlements))
        .routes(routes!(resend::resend_invitation))
        .routes(routes!(suspend::suspend_user))
        .routes(routes!(restore::restore_user))
        .routes(routes!(moves::move_user))
        .routes(routes!(import::import_users))
        .routes(routes!(bulk::bulk_users))
}
