//! Use cases: authorise → load → decide → commit → announce.
//!
//! A use case is a value that says whose journal it belongs to ([`UseCase::head`]), what
//! it must see ([`UseCase::needs`]) and how it is decided ([`UseCase::decide`]). The
//! [`desk`] does the rest, the same way for all of them: requests to one head that arrive
//! together are loaded together, decided one after another and committed once.
//!
//! Absent here, on purpose: HTTP and wire types, SQL, the name of any engine, clocks and
//! ambient randomness (both come in through [`App`]).

pub mod accounts;
pub mod ask;
pub mod contacts;
pub mod desk;
pub mod domains;
pub mod draft;
pub mod entropy;
pub mod events;
pub mod feed;
pub mod hub;
pub mod invitations;
pub mod limits;
pub mod links;
pub mod login;
pub mod notices;
pub mod operator;
pub mod outbox;
pub mod passwords;
pub mod pools;
pub mod proxies;
pub mod reports;
pub mod sandbox;
pub mod seats;
pub mod secrets;
pub mod sessions;
pub mod signing;
pub mod sweep;
pub mod teams;
pub mod tokens;
pub mod users;
pub mod view;
pub mod waiting;

use std::sync::Arc;
use std::time::Duration;

use usher_store::Store;
use usher_store::kept::Kept;

pub use ask::{Ask, Idempotency};
pub use desk::{Failure, Reply, UseCase};
pub use draft::Draft;
pub use view::{Caller, Look, View};

use crate::entropy::Entropy;
use crate::hub::Hub;

/// What the server sets for the use cases.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The rules' settings.
    pub rules: usher_rules::Settings,
    /// Where people reach the server, without a trailing slash: for links in mails.
    pub public_url: String,
    /// For how long a log-in is good, in seconds. 30 days unless set.
    pub log_in_seconds: i64,
    /// For how long a signed entitlement token is good, in seconds (rule B5). 5 minutes
    /// unless set.
    pub entitlement_token_seconds: i64,
    /// For how long a key signs entitlement tokens, in seconds. 30 days unless set.
    pub signing_key_seconds: i64,
    /// How often who follows a journal looks there by itself, should a hint have been lost or
    /// the store give none. Every second unless set.
    pub look: Duration,
    /// How many rows of domains are kept in memory between commands, about. 500,000 unless set;
    /// none for zero.
    pub kept_rows: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rules: usher_rules::Settings::default(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            log_in_seconds: 30 * 24 * 3600,
            entitlement_token_seconds: 300,
            signing_key_seconds: 30 * 24 * 3600,
            look: Duration::from_secs(1),
            kept_rows: 500_000,
        }
    }
}

/// The application: a store, settings, and what is under way in this process. Nothing in
/// it is needed by another process.
pub struct App {
    /// Where the state is.
    pub store: Arc<dyn Store>,
    /// What the server set.
    pub settings: Settings,
    /// Tells who follows a journal in this process that it may have grown.
    pub hub: Arc<Hub>,
    pub(crate) kept: Kept,
    pub(crate) feeds: feed::Feeds,
    pub(crate) desk: desk::Desk,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) hasher: passwords::Hasher,
}

impl App {
    /// An application on a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, settings: Settings, entropy: Arc<dyn Entropy>) -> Arc<App> {
        let hub = Arc::new(Hub::default());
        let told = hub.clone();
        store.hear(Arc::new(move |grown| told.tell(grown)));
        Arc::new(App {
            kept: Kept::new(settings.kept_rows, store.is_sole()),
            store,
            settings,
            hub,
            feeds: feed::Feeds::default(),
            desk: desk::Desk::default(),
            hasher: passwords::Hasher::new(entropy.clone()),
            entropy,
        })
    }
}
