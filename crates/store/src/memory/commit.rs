//! Commits: a unit is checked whole, then applied whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::lists::EventLine;
use crate::unit::JournalEntry;
use crate::{Committed, Error, HeadState, Unit, Write};

use super::tables::{Claim, Holder, Tables};

impl Tables {
    pub fn commit(&mut self, unit: &Unit) -> Committed {
        self.check_heads(unit)?;
        self.check_journal(unit)?;
        self.check_rows_seen(unit)?;
        self.check_unique(unit)?;
        for write in &unit.writes {
            check_seats(write)?;
            self.check_pool(write)?;
        }
        self.apply(unit);
        Ok(())
    }

    fn check_heads(&self, unit: &Unit) -> Committed {
        let version = |head: &crate::HeadChange| {
            self.heads
                .get(&head.head.key())
                .map_or(0, |state| state.version)
        };
        if unit.heads.iter().all(|head| version(head) == head.expected) {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// A number that is taken in a journal: only a commit under a wrong version meets one.
    fn check_journal(&self, unit: &Unit) -> Committed {
        let taken = |entry: &JournalEntry| {
            let key = (entry.head.key(), entry.seq);
            self.journal.contains_key(&key)
        };
        if unit.journal.iter().any(taken) {
            Err(Error::Conflict)
        } else {
            Ok(())
        }
    }

    /// Attempts are counted on the count that was seen; an answer is remembered where none was.
    fn check_rows_seen(&self, unit: &Unit) -> Committed {
        let overtaken = |write: &Write| match write {
            Write::Attempts(new) => {
                let stored = self.attempts.get(&new.key);
                stored.is_some_and(|stored| stored.version != new.version)
            }
            Write::Remembered(new) => {
                let stored = self.remembered.get(&(new.head, new.key));
                stored.is_some_and(|stored| stored.stands_against(new.at))
            }
            _ => false,
        };
        if unit.writes.iter().any(overtaken) {
            Err(Error::Conflict)
        } else {
            Ok(())
        }
    }

    /// What is unique has to be so after the unit, in whatever order its rows come.
    fn check_unique(&self, unit: &Unit) -> Committed {
        let after: Vec<(Holder, Vec<Claim>)> = unit
            .writes
            .iter()
            .filter_map(Tables::claims_after)
            .collect();
        let touched: BTreeSet<Holder> = after.iter().map(|(holder, _)| *holder).collect();
        let mut claimed = BTreeMap::new();
        for (holder, claim) in after
            .iter()
            .flat_map(|(holder, claims)| claims.iter().map(move |claim| (*holder, claim)))
        {
            let other = self.holder(claim).filter(|other| !touched.contains(other));
            let twice = claimed.insert(claim, holder);
            if other.is_some() || twice.is_some() {
                return Err(Error::NotUnique(claim.name().to_owned()));
            }
        }
        Ok(())
    }

    fn apply(&mut self, unit: &Unit) {
        for head in &unit.heads {
            let state = HeadState {
                version: head.next,
                at: unit.at,
            };
            self.heads.insert(head.head.key(), state);
        }
        for entry in &unit.journal {
            let key = (entry.head.key(), entry.seq);
            self.journal.insert(key, line(entry));
        }
        for write in &unit.writes {
            self.release(write);
        }
        for write in &unit.writes {
            self.put(write);
        }
    }
}

fn line(entry: &JournalEntry) -> EventLine {
    EventLine {
        seq: entry.seq,
        at: entry.at,
        recorded_at: entry.recorded_at,
        actor: entry.actor,
        request: entry.request,
        event: entry.event.clone(),
    }
}

/// Never more in use than ordered (rule A1).
fn check_seats(write: &Write) -> Committed {
    let Write::Seats(domain) = write else {
        return Ok(());
    };
    match domain
        .seats
        .iter()
        .find(|(_, seat)| seat.in_use > seat.ordered)
    {
        Some((kind, _)) => Err(Error::Constraint(format!(
            "seats: {} in use beyond the order",
            kind.name()
        ))),
        None => Ok(()),
    }
}
