//! Tells streams of this process that a journal has grown. A hint only: the journal is
//! the truth, and a stream looks there by itself once a second as well.

use tokio::sync::broadcast;
use usher_rules::Head;

/// Hints that may wait per listener; one who misses some looks into the journal anyway.
const WAITING: usize = 1024;

/// The hints.
pub struct Hub {
    grown: broadcast::Sender<Head>,
}

impl Default for Hub {
    fn default() -> Self {
        Hub {
            grown: broadcast::Sender::new(WAITING),
        }
    }
}

impl Hub {
    /// A journal has grown.
    pub fn tell(&self, head: Head) {
        // Nobody listening is fine.
        let _ = self.grown.send(head);
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Head> {
        self.grown.subscribe()
    }
}
