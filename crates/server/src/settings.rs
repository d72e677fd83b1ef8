//! Settings: what was given on the command line or in the environment, then in the
//! settings file, then the defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use usher_http::Network;

use crate::commands::Error;

/// What was given. Absent is not set.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The data folder of the embedded store [default: usher-data].
    #[arg(long, global = true, env = "USHER_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A PostgreSQL database, instead of the embedded store: postgres://user@host/name,
    /// with ?sslmode=verify-full and sslrootcert=FILE for TLS.
    #[arg(
        long,
        global = true,
        env = "USHER_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8080].
    #[arg(long, global = true, env = "USHER_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Where people reach the server, for links in mails [default: http://ADDRESS].
    #[arg(long, global = true, env = "USHER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Addresses and networks of proxies in front, separated by commas, whose
    /// X-Forwarded-For or Forwarded header says where a request comes from.
    #[arg(
        long,
        global = true,
        env = "USHER_TRUSTED_PROXIES",
        value_name = "NETWORKS",
        value_delimiter = ','
    )]
    pub trusted_proxies: Option<Vec<Network>>,
    /// The server's certificate chain (PEM), to speak TLS without a proxy in front.
    #[arg(
        long,
        global = true,
        env = "USHER_TLS_CERT",
        value_name = "FILE",
        requires = "tls_key"
    )]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(
        long,
        global = true,
        env = "USHER_TLS_KEY",
        value_name = "FILE",
        requires = "tls_cert"
    )]
    pub tls_key: Option<PathBuf>,
    /// Try and test: the clock can be moved, mails are kept instead of sent. Decided when
    /// a store is made.
    #[arg(long, global = true, env = "USHER_SANDBOX", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub sandbox: Option<bool>,
    /// The mail server: smtp://user:password@host:port, or smtps://. Mails wait without.
    #[arg(
        long,
        global = true,
        env = "USHER_SMTP_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub smtp_url: Option<String>,
    /// The sender of mails [default: usher@localhost].
    #[arg(long, global = true, env = "USHER_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// A folder with mail templates of your own, NAME.txt, used before the built-in ones.
    #[arg(long, global = true, env = "USHER_MAIL_TEMPLATES", value_name = "DIR")]
    pub mail_templates: Option<PathBuf>,
    /// From a domain's lapse to its freeze, in days [default: 30].
    #[arg(long, global = true, env = "USHER_GRACE_DAYS", value_name = "DAYS")]
    pub grace_days: Option<u32>,
    /// For how long an invitation can be accepted, in days [default: 7].
    #[arg(
        long,
        global = true,
        env = "USHER_INVITATION_DAYS",
        value_name = "DAYS"
    )]
    pub invitation_days: Option<u32>,
    /// Owners are told when so many seats of a kind are left [default: 1].
    #[arg(
        long,
        global = true,
        env = "USHER_FEW_SEATS_LEFT",
        value_name = "SEATS"
    )]
    pub few_seats_left: Option<u32>,
    /// For how long a seat is held for the one it was offered to, in seconds [default: 60].
    #[arg(
        long,
        global = true,
        env = "USHER_OFFER_SECONDS",
        value_name = "SECONDS"
    )]
    pub offer_seconds: Option<u32>,
    /// For how long the device of an ended session is told why, in days [default: 7].
    #[arg(
        long,
        global = true,
        env = "USHER_ENDED_SESSION_DAYS",
        value_name = "DAYS"
    )]
    pub ended_session_days: Option<u32>,
    /// On how many devices a named user may be at once [default: 50].
    #[arg(long, global = true, env = "USHER_NAMED_DEVICES", value_name = "COUNT")]
    pub named_devices: Option<u32>,
    /// For how long a guest's call rings before a heartbeat without it ends it, in seconds
    /// [default: 60].
    #[arg(
        long,
        global = true,
        env = "USHER_GUEST_RING_SECONDS",
        value_name = "SECONDS"
    )]
    pub guest_ring_seconds: Option<u32>,
    /// How many contacts a user may add to its list [default: 500].
    #[arg(
        long,
        global = true,
        env = "USHER_ADDED_CONTACTS",
        value_name = "COUNT"
    )]
    pub added_contacts: Option<u32>,
    /// For how long a log-in is good, in days [default: 30].
    #[arg(long, global = true, env = "USHER_LOG_IN_DAYS", value_name = "DAYS")]
    pub log_in_days: Option<u32>,
    /// For how long a signed entitlement token is good, in seconds [default: 300].
    #[arg(
        long,
        global = true,
        env = "USHER_ENTITLEMENT_TOKEN_SECONDS",
        value_name = "SECONDS"
    )]
    pub entitlement_token_seconds: Option<u32>,
    /// For how long one key signs entitlement tokens, in days [default: 30].
    #[arg(
        long,
        global = true,
        env = "USHER_SIGNING_KEY_DAYS",
        value_name = "DAYS"
    )]
    pub signing_key_days: Option<u32>,
    /// Seconds between two sweeps for what is due [default: 5].
    #[arg(
        long,
        global = true,
        env = "USHER_SWEEP_SECONDS",
        value_name = "SECONDS"
    )]
    pub sweep_seconds: Option<u32>,
    /// Seconds after which event streams look into the journal even though nobody told them
    /// that something happened [default: 1].
    #[arg(
        long,
        global = true,
        env = "USHER_LOOK_SECONDS",
        value_name = "SECONDS"
    )]
    pub look_seconds: Option<u32>,
    /// How many rows of domains are kept in memory, so that the store need not be asked for
    /// them again; 0 keeps none [default: 500000].
    #[arg(long, global = true, env = "USHER_KEPT_ROWS", value_name = "COUNT")]
    pub kept_rows: Option<u32>,
    /// Connections (PostgreSQL) or threads (embedded store) that read [default: 2].
    #[arg(long, global = true, env = "USHER_READERS", value_name = "COUNT")]
    pub readers: Option<u32>,
    /// Seconds that requests under way are given when the server stops [default: 10].
    #[arg(
        long,
        global = true,
        env = "USHER_STOP_SECONDS",
        value_name = "SECONDS"
    )]
    pub stop_seconds: Option<u32>,
    /// How logs are written: text or json [default: text].
    #[arg(long, global = true, env = "USHER_LOG", value_name = "FORM")]
    pub log: Option<LogForm>,
    /// What is logged: error, warn, info, debug, or a filter by module [default: info].
    #[arg(long, global = true, env = "USHER_LOG_LEVEL", value_name = "FILTER")]
    pub log_level: Option<String>,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogForm {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// What counts.
#[derive(Debug, Clone)]
pub struct Settings {
    pub data: PathBuf,
    pub database_url: Option<String>,
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub trusted_proxies: Vec<Network>,
    /// Certificate chain and key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Unless said, what the store is; a new one is none.
    pub sandbox: Option<bool>,
    pub smtp_url: Option<String>,
    pub mail_from: String,
    pub mail_templates: Option<PathBuf>,
    pub sweep_seconds: u32,
    pub readers: usize,
    pub stop_seconds: u32,
    pub log: LogForm,
    pub log_level: String,
    pub app: usher_app::Settings,
}

const DAY: i64 = 24 * 3600;

/// `info`, but not a line from the migrations at each start that had none to do.
pub const QUIET_INFO: &str = "info,refinery_core=warn";

impl Settings {
    /// Joins what was given with the settings file and the defaults.
    pub fn read(given: Given, file: Option<&Path>) -> Result<Settings, Error> {
        let filed = match file {
            None => Given::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|e| Error::Settings(format!("{}: {e}", path.display())))?;
                toml::from_str(&text)
                    .map_err(|e| Error::Settings(format!("{}: {e}", path.display())))?
            }
        };
        let one_of_two = |given: &Given| given.tls_cert.is_some() != given.tls_key.is_some();
        if one_of_two(&given) || one_of_two(&filed) {
            let why = "tls_cert and tls_key go together";
            return Err(Error::Settings(why.to_owned()));
        }
        Ok(Settings::join(given, filed))
    }

    fn join(given: Given, filed: Given) -> Settings {
        let defaults = usher_app::Settings::default();
        let days = |given: Option<u32>, filed: Option<u32>, default: i64| {
            given
                .or(filed)
                .map_or(default, |days| i64::from(days) * DAY)
        };
        let rules = defaults.rules;
        let app = usher_app::Settings {
            rules: usher_rules::Settings {
                grace_seconds: days(given.grace_days, filed.grace_days, rules.grace_seconds),
                invitation_seconds: days(
                    given.invitation_days,
                    filed.invitation_days,
                    rules.invitation_seconds,
                ),
                few_seats_left: given
                    .few_seats_left
                    .or(filed.few_seats_left)
                    .unwrap_or(rules.few_seats_left),
                offer_seconds: given
                    .offer_seconds
                    .or(filed.offer_seconds)
                    .map_or(rules.offer_seconds, i64::from),
                ended_session_seconds: days(
                    given.ended_session_days,
                    filed.ended_session_days,
                    rules.ended_session_seconds,
                ),
                named_devices: given
                    .named_devices
                    .or(filed.named_devices)
                    .map_or(rules.named_devices, |count| count as usize),
                guest_ring_seconds: given
                    .guest_ring_seconds
                    .or(filed.guest_ring_seconds)
                    .map_or(rules.guest_ring_seconds, i64::from),
                added_contacts: given
                    .added_contacts
                    .or(filed.added_contacts)
                    .map_or(rules.added_contacts, |count| count as usize),
            },
            public_url: String::new(),
            log_in_seconds: days(
                given.log_in_days,
                filed.log_in_days,
                defaults.log_in_seconds,
            ),
            entitlement_token_seconds: given
                .entitlement_token_seconds
                .or(filed.entitlement_token_seconds)
                .map_or(defaults.entitlement_token_seconds, i64::from),
            signing_key_seconds: days(
                given.signing_key_days,
                filed.signing_key_days,
                defaults.signing_key_seconds,
            ),
            look: given
                .look_seconds
                .or(filed.look_seconds)
                .map_or(defaults.look, |seconds| {
                    Duration::from_secs(u64::from(seconds.max(1)))
                }),
            kept_rows: given
                .kept_rows
                .or(filed.kept_rows)
                .map_or(defaults.kept_rows, |rows| rows as usize),
        };
        Settings {
            data: given.data.or(filed.data).unwrap_or("usher-data".into()),
            database_url: given.database_url.or(filed.database_url),
            listen: given
                .listen
                .or(filed.listen)
                .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            public_url: given.public_url.or(filed.public_url),
            trusted_proxies: given
                .trusted_proxies
                .or(filed.trusted_proxies)
                .unwrap_or_default(),
            tls: given
                .tls_cert
                .or(filed.tls_cert)
                .zip(given.tls_key.or(filed.tls_key)),
            sandbox: given.sandbox.or(filed.sandbox),
            smtp_url: given.smtp_url.or(filed.smtp_url),
            mail_from: given
                .mail_from
                .or(filed.mail_from)
                .unwrap_or("usher@localhost".into()),
            mail_templates: given.mail_templates.or(filed.mail_templates),
            sweep_seconds: given.sweep_seconds.or(filed.sweep_seconds).unwrap_or(5),
            readers: given.readers.or(filed.readers).unwrap_or(2) as usize,
            stop_seconds: given.stop_seconds.or(filed.stop_seconds).unwrap_or(10),
            log: given.log.or(filed.log).unwrap_or(LogForm::Text),
            log_level: given
                .log_level
                .or(filed.log_level)
                .unwrap_or(QUIET_INFO.into()),
            app,
        }
    }

    /// Where people reach the server that listens on this address.
    pub fn public_url(&self, listening: SocketAddr) -> String {
        let url = self.public_url.clone();
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let url = url.unwrap_or_else(|| format!("{scheme}://{listening}"));
        url.trim_end_matches('/').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_counts_before_the_file_and_the_file_before_the_default() {
        let given = Given {
            grace_days: Some(3),
            ..Given::default()
        };
        let filed: Given = toml::from_str("grace_days = 9\ninvitation_days = 2").unwrap();
        let settings = Settings::join(given, filed);
        assert_eq!(settings.app.rules.grace_seconds, 3 * DAY);
        assert_eq!(settings.app.rules.invitation_seconds, 2 * DAY);
        assert_eq!(settings.app.log_in_seconds, 30 * DAY);
    }

    #[test]
    fn trusted_proxies_are_networks_and_a_list_in_the_file() {
        let filed = "trusted_proxies = [\"10.0.0.0/8\", \"::1\"]";
        let filed: Given = toml::from_str(filed).unwrap();
        let settings = Settings::join(Given::default(), filed);
        let named = ["10.0.0.0/8", "::1"].map(|text| text.parse().unwrap());
        assert_eq!(settings.trusted_proxies, named);
        assert!(toml::from_str::<Given>("trusted_proxies = [\"proxy\"]").is_err());
    }

    #[test]
    fn a_key_that_is_not_a_setting_is_an_error() {
        assert!(toml::from_str::<Given>("grace = 9").is_err());
    }
}
