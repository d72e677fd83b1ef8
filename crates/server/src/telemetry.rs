//! Logs: one line per request and per thing worth knowing, as text or JSON, to standard
//! error. Metrics are `usher-http`'s.

use tracing_subscriber::EnvFilter;

use crate::commands::Error;
use crate::settings::{LogForm, Settings};

/// Starts logging.
pub fn start(settings: &Settings) -> Result<(), Error> {
    let filter = EnvFilter::try_new(&settings.log_level)
        .map_err(|e| Error::Settings(format!("log_level: {e}")))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match settings.log {
        LogForm::Text => builder.with_target(false).init(),
        LogForm::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
