//! The rules' settings: what an operator may set, with the defaults of the rules.

/// Durations and thresholds that the rules leave to the operator. Durations are in
/// seconds; a day is 24 hours (rule G6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// From a domain's lapse to its freeze (rule C5). 30 days unless set.
    pub grace_seconds: i64,
    /// For how long an invitation can be accepted (rule D1). 7 days unless set.
    pub invitation_seconds: i64,
    /// An owner is told when this many seats of a kind, or fewer, are left (rule A8).
    pub few_seats_left: u32,
    /// For how long a seat is held for the one it was offered to (rule E13). 60 seconds
    /// unless set.
    pub offer_seconds: i64,
    /// For how long the token of an ended session is told why (rule E7). 7 days.
    pub ended_session_seconds: i64,
    /// On how many devices a named user may be at once (rule E5); a log-in on one more ends
    /// the session that was silent for longest.
    pub named_devices: usize,
    /// For how long a guest's call may ring before a heartbeat that doesn't name it ends it:
    /// until then the device may not have heard of it (rule F1). 60 seconds.
    pub guest_ring_seconds: i64,
    /// How many contacts a user may have added (rule D5). 500 unless set.
    pub added_contacts: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            grace_seconds: 30 * 24 * 3600,
            invitation_seconds: 7 * 24 * 3600,
            few_seats_left: 1,
            offer_seconds: 60,
            ended_session_seconds: 7 * 24 * 3600,
            named_devices: 50,
            guest_ring_seconds: 60,
            added_contacts: 500,
        }
    }
}
