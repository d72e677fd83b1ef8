//! Logs: one line per request and per thing worth knowing, as text or JSON, to standard
//! error. Metrics: counted where things happen, gathered here.

use std::io::IsTerminal as _;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::commands::Error;
use crate::settings::{LogForm, Settings};

/// Starts logging.
pub fn start(settings: &Settings) -> Result<(), Error> {
    let filter = EnvFilter::try_new(&settings.log_level)
        .map_err(|e| Error::Settings(format!("log_level: {e}")))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match settings.log {
        LogForm::Text => builder.with_target(false).init(),
        LogForm::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Gathers what is counted from now on; for `GET /metrics`. Whoever holds the handle calls
/// its `run_upkeep` now and then: timings are kept one by one until then.
pub fn gather() -> Result<PrometheusHandle, Error> {
    let handle = PrometheusBuilder::new()
        .set_buckets(&usher_http::BUCKETS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|e| Error::Settings(format!("metrics: {e}")))?;
    for (name, what) in COUNTERS {
        describe_counter!(name, what);
    }
    describe_histogram!(
        "usher_sweep_duration_seconds",
        Unit::Seconds,
        "Time of a sweep."
    );
    describe_gauge!(
        "usher_kept_rows",
        Unit::Count,
        "Rows of domains that are kept in memory, about."
    );
    handle.run_upkeep();
    Ok(handle)
}

/// What the use cases count. Requests are described where `usher-http` counts them.
const COUNTERS: [(&str, &str); 9] = [
    (
        "usher_conflicts_total",
        "Batches that lost their version and were decided anew.",
    ),
    (
        "usher_kept_found_total",
        "Loads, by what of them was kept in memory.",
    ),
    (
        "usher_sweep_settled_total",
        "Domains in which a sweep wrote down what was due.",
    ),
    (
        "usher_sign_ups_total",
        "Sign-ups, whether or not the address had an account.",
    ),
    (
        "usher_log_in_attempts_total",
        "Attempts to log in, by outcome.",
    ),
    (
        "usher_entitlement_tokens_total",
        "Entitlement tokens that were signed.",
    ),
    ("usher_keys_rotated_total", "Signing keys that were made."),
    ("usher_mails_sent_total", "Mails that a mail server took."),
    (
        "usher_mails_failed_total",
        "Attempts to send a mail that failed.",
    ),
];
