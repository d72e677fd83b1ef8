//! What every handler shares.

use std::sync::Arc;

use tokio::sync::Semaphore;
use usher_app::App;
use utoipa::openapi::OpenApi;

use crate::limits;
use crate::options::HttpOptions;

/// What every handler shares.
pub type Http = Arc<Shared>;

/// See [`Http`].
pub struct Shared {
    /// The use cases.
    pub app: Arc<App>,
    /// What the server set.
    pub options: HttpOptions,
    /// A place for each event stream that may run.
    pub streams: Arc<Semaphore>,
    /// The API's description as text, made once.
    pub description: String,
}

impl Shared {
    /// For an application.
    #[must_use]
    pub fn new(app: Arc<App>, options: HttpOptions, description: &OpenApi) -> Http {
        Arc::new(Shared {
            app,
            description: described(description, options.sandbox),
            options,
            streams: Arc::new(Semaphore::new(limits::STREAMS)),
        })
    }
}

/// The description as it is served; a sandbox's says that it is one.
fn described(description: &OpenApi, sandbox: bool) -> String {
    let mut description = description.clone();
    if sandbox {
        let said = description.info.description.take().unwrap_or_default();
        let notice = "**This server is a sandbox:** its clock can be moved, and it sends no mail.";
        description.info.description = Some(format!("{notice}\n\n{said}"));
    }
    // A document of texts and numbers always has a JSON form.
    serde_json::to_string(&description).unwrap_or_default()
}
