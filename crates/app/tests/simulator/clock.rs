//! The log-off clock, reckoned anew from what happened (rule E6): kept apart from the rules, and
//! simple. A session's clock begins at log-in, and again at each end of a call and whenever a
//! guest could call by a link and no longer can; in a call it stands still.

use usher_rules::pools::PoolSettings;
use usher_rules::{CallId, PoolId, Time, UserId};

/// Who sits where, as far as the clock asks.
#[derive(Debug, Clone)]
pub struct Seat {
    pub user: UserId,
    pub pool: Option<PoolId>,
    pub started_at: Time,
    pub call: Option<CallId>,
    /// Whether that call was answered.
    pub answered: bool,
    /// The end of the last call.
    pub call_ended: Time,
    /// From when it runs at the earliest, because the settings changed.
    pub floor: Time,
    /// Whether an admin waits for the end of the call.
    pub out_after_call: bool,
    /// The shortest silence limit that it ever had, in seconds.
    pub silence: Option<i64>,
    /// When the device was surely heard of.
    pub seen_at: Time,
}

/// From when to when a guest can call.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub user: UserId,
    pub until: Time,
    pub one_call: bool,
    /// Whether it was used up or taken back; then `until` says when.
    pub over: bool,
}

impl Seat {
    /// The last moment by `by` at which the clock began, links that are valid then apart.
    fn began(&self, links: &[Span], by: Time) -> Time {
        let ends = links.iter().map(|link| link.until);
        let ends = ends.filter(|end| *end <= by && *end > self.started_at);
        let all = [self.started_at, self.call_ended, self.floor];
        let last = ends.chain(all).max();
        last.expect("one at least")
    }

    /// When it is logged off, if nothing else happens. Of `links` those of its user.
    pub fn log_off_at(&self, links: &[Span], settings: &PoolSettings) -> Option<Time> {
        let seconds = settings.log_off_seconds?;
        if self.call.is_some() {
            return None;
        }
        let began = self.began(links, Time(i64::MAX));
        Some(began.plus_seconds(seconds))
    }

    /// The settings change: a shorter time counts from the change, but ends no later than the
    /// longer one would have.
    pub fn settings_change(
        &mut self,
        links: &[Span],
        at: Time,
        from: Option<i64>,
        to: Option<i64>,
    ) {
        let began = self.began(links, at);
        match (from, to) {
            (Some(from), Some(to)) if to < from => {
                self.floor = self.floor.max(at.min(began.plus_seconds(from - to)));
            }
            (None, Some(_)) => self.floor = at,
            _ => {}
        }
    }
}
