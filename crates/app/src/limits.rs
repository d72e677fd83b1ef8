//! A limit on everything that comes from outside, with what happens beyond it.

use std::time::Duration;

/// Commands of one head that may wait; the next gets 503 with `Retry-After`.
pub const WAITING_PER_HEAD: usize = 4096;
/// Commands of one head that are decided and committed together.
pub const BATCH: usize = 128;
/// Domains that a sweep settles at a time: their commits are merged.
pub const SETTLED_AT_ONCE: usize = 32;
/// How often a batch is decided anew after a conflict before it is given up with 503.
pub const ATTEMPTS: u32 = 20;
/// Bytes of an e-mail address.
pub const EMAIL: usize = 254;
/// Characters of a name.
pub const NAME: usize = 100;
/// Characters of a description.
pub const DESCRIPTION: usize = 1000;
/// Characters of a customer's own id of a user.
pub const EXTERNAL_ID: usize = 100;
/// Characters of a domain's prefix, at least and at most.
pub const PREFIX: std::ops::RangeInclusive<usize> = 3..=32;
/// Characters of a password, at least and at most.
pub const PASSWORD: std::ops::RangeInclusive<usize> = 10..=200;
/// Users of one bulk action.
pub const BULK: usize = 1000;
/// Rows of one CSV import.
pub const IMPORT_ROWS: usize = 2000;
/// Rows of a page, at most; and unless asked for otherwise.
pub const PAGE: u32 = 200;
/// Rows of a page unless asked for otherwise.
pub const PAGE_DEFAULT: u32 = 50;
/// Tokens of one account.
pub const TOKENS: usize = 200;
/// Credentials of proxies.
pub const PROXIES: u32 = 100;
/// For how long a proxy's credential is good unless it is revoked, in seconds: a hundred years.
pub const PROXY_SECONDS: i64 = 100 * 366 * 24 * 3600;
/// Bytes of an idempotency key.
pub const IDEMPOTENCY_KEY: usize = 255;
/// Wrong attempts at a password that cost no wait (rule I1).
pub const FREE_ATTEMPTS: i64 = 5;
/// The longest wait between attempts, in seconds.
pub const LONGEST_WAIT_SECONDS: i64 = 900;
/// After this long without another, wrong attempts are forgotten, in seconds.
pub const ATTEMPTS_SECONDS: i64 = 24 * 3600;
/// For how long a call that is over is remembered, so that a late report of it is one, in
/// seconds.
pub const CALLS_SECONDS: i64 = 7 * 24 * 3600;
/// For how long a guest's page still says what became of a call link whose time has passed,
/// in seconds.
pub const CALL_LINKS_SECONDS: i64 = 30 * 24 * 3600;
/// The longest time that a report is about, in seconds: 92 days.
pub const REPORT_SECONDS: i64 = 92 * 24 * 3600;
/// The time that a report is about, unless said, in seconds: 7 days.
pub const REPORT_SECONDS_DEFAULT: i64 = 7 * 24 * 3600;
/// Stretches of a report at most: the hours of the longest time, which may begin and end
/// within one.
pub const REPORT_STRETCHES: usize = 92 * 24 + 2;
/// Journal lines that a report reads at most; beyond it the time must be a later one.
pub const REPORT_LINES: u64 = 1_000_000;
/// Journal lines that a report reads at a stretch.
pub const REPORT_PAGE: u32 = 2000;
/// Names that a report loads at once.
pub const REPORT_NAMES: usize = 500;
/// Password hashes that are made at once; each takes 19 MiB.
pub const HASHES_AT_ONCE: usize = 2;
/// Password hashes that may be under way or wait; the next gets 503 with `Retry-After`.
pub const HASHES_WAITING: usize = 256;
/// For how long a personal access token is good, in seconds, at least and at most.
pub const TOKEN_SECONDS: std::ops::RangeInclusive<i64> = 60..=366 * 24 * 3600;
/// For how long, unless said.
pub const TOKEN_SECONDS_DEFAULT: i64 = 90 * 24 * 3600;
/// For how long a mailed link to choose a new password is good, in seconds (rule I4).
pub const RESET_SECONDS: i64 = 3600;
/// How often a mail is tried before it is given up: after about two days.
pub const MAIL_ATTEMPTS: i64 = 55;
/// Characters of the id that a device gives itself.
pub const DEVICE_ID: usize = 200;
/// How old the last note of a device's presence gets at most before another is written, in
/// seconds; or an eighth of the pool's silence limit, if that is less (rule E8).
pub const PRESENCE_SECONDS: i64 = 15;
/// Journal lines that may wait for a listener at a domain's front desk; beyond it the stream
/// ends, and begins anew.
pub const FEED_WAITING: usize = 256;
/// Journal lines that a domain's feed reads at a stretch.
pub const FEED_LINES: u32 = 500;
/// How often a feed sees whether anyone still listens, and to the presence of devices.
pub const FEED_UPKEEP: Duration = Duration::from_secs(1);
/// Devices whose presence is noted together.
pub const PRESENT: usize = 500;
/// Journal lines that a follower of a pool is told of at a stretch.
pub const FEED_NEWS: usize = 100;
/// How often it is looked at while nothing happens whether who follows still may.
pub const FEED_RIGHTS: Duration = Duration::from_secs(15);
