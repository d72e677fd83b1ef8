//! A limit on everything that comes in over HTTP, with what happens beyond it. What the
//! use cases limit themselves stands in `usher_app::limits`.

use std::time::Duration;

/// Bytes of a request's body; beyond it 413 `too_large`.
pub const BODY_BYTES: usize = 1024 * 1024;
/// Bytes of a CSV file's request; beyond it 413 `too_large`.
pub const IMPORT_BYTES: usize = 4 * 1024 * 1024;
/// For how long a request is worked on; then 503 `timed_out`.
pub const TIME_OUT: Duration = Duration::from_secs(30);
/// Event streams of one process; the next gets 503 `busy`.
pub const STREAMS: usize = 16_384;
/// Journal lines that a stream reads at a stretch.
pub const STREAM_LINES: u32 = 100;
/// How often it is looked at, at least, whether who follows a journal still may.
pub const STREAM_RIGHTS: Duration = Duration::from_secs(15);
/// After this long without an event a stream says that it is alive.
pub const STREAM_KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A connection whose peer takes nothing for this long, though something waits for it, is
/// cut off.
pub const UNREAD: Duration = Duration::from_secs(30);
