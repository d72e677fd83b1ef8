//! What a pool may answer: its users one after the other, whatever the order in which their
//! requests were under way. Histories are searched by porcupine-rs, which knows nothing of
//! seats.

use porcupine_rs::{Model, Operation, check_operations};
use std::collections::BTreeSet;

/// Who sits in the pool.
pub type Seated = BTreeSet<usize>;

/// Something that was asked, with what was answered.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The list of who sits there, and the number of seats.
    Look(usize, Seated),
    /// A log-in that was answered with a new session.
    Started { user: usize, takes_over: bool },
    /// A log-in whose device got its session back.
    Resumed(usize),
    /// A log-in for which no seat was free.
    Refused(usize),
    /// A log-off.
    Left(usize),
}

/// A pool, from the first look at it on.
#[derive(Clone, Debug)]
pub struct Pool;

impl Model for Pool {
    type State = Option<(usize, Seated)>;
    type Op = Asked;
    type Metadata = ();

    fn init() -> Self::State {
        None
    }

    fn step(state: &Self::State, asked: &Asked) -> (bool, Self::State) {
        if let Asked::Look(seats, seen) = asked {
            let so = state.as_ref().is_none_or(|(_, seated)| seated == seen);
            return (so, Some((*seats, seen.clone())));
        }
        let Some((seats, seated)) = state else {
            return (false, None);
        };
        let (seats, mut after) = (*seats, seated.clone());
        let right = match *asked {
            Asked::Started { user, takes_over } => {
                let free = after.len() < seats;
                let new = after.insert(user);
                (new && free) || (!new && takes_over)
            }
            Asked::Resumed(user) => after.contains(&user),
            Asked::Refused(user) => !after.contains(&user) && after.len() >= seats,
            Asked::Left(user) => after.remove(&user),
            Asked::Look(..) => false,
        };
        (right, Some((seats, after)))
    }
}

/// Something asked and answered, with when.
#[derive(Clone, Debug)]
pub struct Record {
    pub client: usize,
    pub from: i64,
    pub to: i64,
    pub asked: Asked,
}

/// Whether some order explains all answers.
pub fn is_explained(records: &[Record]) -> bool {
    let history: Vec<Operation<Pool>> = records
        .iter()
        .map(|record| Operation {
            client_id: u32::try_from(record.client).ok(),
            call_time: record.from,
            return_time: record.to,
            op: record.asked.clone(),
            metadata: None,
        })
        .collect();
    check_operations(&history)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(seats: usize, asked: &[(i64, i64, Asked)]) -> bool {
        let look = Record {
            client: 99,
            from: 0,
            to: 1,
            asked: Asked::Look(seats, Seated::new()),
        };
        let rest = asked.iter().enumerate();
        let rest = rest.map(|(client, (from, to, asked))| Record {
            client,
            from: *from,
            to: *to,
            asked: asked.clone(),
        });
        is_explained(&[look].into_iter().chain(rest).collect::<Vec<_>>())
    }

    fn started(user: usize) -> Asked {
        Asked::Started {
            user,
            takes_over: false,
        }
    }

    #[test]
    fn e4_what_overlaps_may_have_happened_in_any_order() {
        let asked = [
            (10, 50, started(1)),
            (10, 50, Asked::Refused(2)),
            (60, 90, Asked::Left(1)),
            (60, 90, started(2)),
        ];
        assert!(history(1, &asked));
    }

    #[test]
    fn e4_a_seat_with_two_users_is_seen() {
        assert!(!history(1, &[(10, 20, started(1)), (15, 30, started(2))]));
    }

    #[test]
    fn e4_a_user_with_two_seats_is_seen() {
        assert!(!history(2, &[(10, 20, started(1)), (15, 30, started(1))]));
    }

    #[test]
    fn e4_a_refusal_while_a_seat_was_certainly_free_is_seen() {
        assert!(!history(
            1,
            &[(10, 20, Asked::Refused(1)), (30, 40, started(1))]
        ));
    }

    #[test]
    fn e4_an_acknowledged_log_in_that_was_lost_is_seen() {
        let look = Asked::Look(1, Seated::new());
        assert!(!history(1, &[(10, 20, started(1)), (30, 40, look)]));
    }

    #[test]
    fn e5_a_taking_over_needs_no_free_seat_and_a_second_session_does() {
        let over = Asked::Started {
            user: 1,
            takes_over: true,
        };
        assert!(history(1, &[(10, 20, started(1)), (30, 40, over)]));
        assert!(!history(1, &[(10, 20, started(1)), (30, 40, started(1))]));
    }
}
