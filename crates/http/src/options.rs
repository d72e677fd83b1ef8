//! What the server sets for HTTP.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use usher_store::records::Mail;

use crate::client::Proxies;
use crate::limits;

/// A mail as it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailText {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// What the server sets.
#[derive(Clone)]
pub struct HttpOptions {
    /// Whether this is a sandbox: every page and answer says so.
    pub sandbox: bool,
    /// Where people reach the server, without a trailing slash. A panel's writes must come
    /// from there.
    pub public_url: String,
    /// The proxies whose word for where a request comes from counts.
    pub trusted_proxies: Proxies,
    /// Gives the text of `GET /metrics`; without one the route answers 404.
    pub metrics: Option<PrometheusHandle>,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// For how long a request is worked on.
    pub time_out: Duration,
    /// Becomes true when the server stops: event streams end then, so that it can.
    pub stopping: watch::Receiver<bool>,
    /// Fills a mail's template in, for who looks at a sandbox's mails.
    pub mail_text: Arc<dyn Fn(&Mail) -> MailText + Send + Sync>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            sandbox: false,
            public_url: "http://127.0.0.1:8080".to_owned(),
            trusted_proxies: Proxies::default(),
            metrics: None,
            body_bytes: limits::BODY_BYTES,
            time_out: limits::TIME_OUT,
            // Without a sender it never changes.
            stopping: watch::channel(false).1,
            mail_text: Arc::new(|mail| MailText {
                subject: mail.template.clone(),
                text: mail.params.clone(),
            }),
        }
    }
}
