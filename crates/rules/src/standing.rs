//! Standing: whether a domain's owner may operate it now (rules C3, C5).
//!
//! What holds is derived from facts each time. What is recorded is only *when* the owner
//! first had all prerequisites and when one was lost; lapse, grace and freeze follow from
//! that and the time. A domain whose owner sits in a frozen domain above lapses through
//! that seat: this is derived along the line of ancestors, nothing is written below.

use crate::accounts::{Account, Place};
use crate::domains::Domain;
use crate::event::{Entry, Event};
use crate::ids::{DomainId, Head};
use crate::refusal::Refusal;
use crate::roles::Permission;
use crate::tiers::Tier;
use crate::time::Time;
use crate::users::{User, UserState};
use crate::world::{Link, World};

/// Something that an owner needs to operate a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prerequisite {
    /// A Business or Business Pro seat, or plan at the root.
    Tier,
    /// Billing activated.
    Billing,
    /// The owner's identity verified.
    Identity,
    /// The permission `manage_sub_domain`, from the domain above.
    Permission,
}

impl Prerequisite {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Prerequisite; 4] = [
        Prerequisite::Tier,
        Prerequisite::Billing,
        Prerequisite::Identity,
        Prerequisite::Permission,
    ];

    /// The word for it in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Prerequisite::Tier => "tier",
            Prerequisite::Billing => "billing",
            Prerequisite::Identity => "identity",
            Prerequisite::Permission => "permission",
        }
    }

    /// The prerequisite of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Prerequisite> {
        Prerequisite::ALL.into_iter().find(|p| p.name() == name)
    }

    /// What the owner can do about it.
    #[must_use]
    pub fn what_to_do(self) -> &'static str {
        match self {
            Prerequisite::Tier => {
                "Take a Business or Business Pro plan, or ask the domain above for such a seat."
            }
            Prerequisite::Billing => "Activate billing: a name, an e-mail, a payment method.",
            Prerequisite::Identity => "Have your identity verified.",
            Prerequisite::Permission => {
                "Ask the domain above for the permission to manage a sub-domain."
            }
        }
    }
}

/// A domain's state (rule C5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum State {
    /// The prerequisites have never all been met.
    #[default]
    Incomplete,
    /// All prerequisites hold.
    Good,
    /// A prerequisite was lost: nothing changes for users, nothing may grow.
    Lapsed,
    /// The grace time has passed as well: users fall back to `base`.
    Frozen,
}

impl State {
    /// All states.
    pub const ALL: [State; 4] = [State::Incomplete, State::Good, State::Lapsed, State::Frozen];

    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Incomplete => "incomplete",
            State::Good => "good",
            State::Lapsed => "lapsed",
            State::Frozen => "frozen",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What a domain's row says of its standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Record {
    /// When all prerequisites first held.
    pub first_met: Option<Time>,
    /// When one was lost, while one is missing (the seat above falling back apart).
    pub lapsed_at: Option<Time>,
    /// The last such lapse that ended, from when to when. If the seat above had fallen back
    /// by its end, the domain lacked something without a break since its beginning.
    pub last_lapse: Option<(Time, Time)>,
    /// The state that was last written to the journal, for owners to be told once.
    pub noted: State,
    /// When that state ends by time alone: a lapse, with its grace.
    pub noted_until: Option<Time>,
}

/// What holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// When it lapsed, if it did.
    pub lapsed_at: Option<Time>,
    /// When it freezes or froze, if it lapsed.
    pub freezes_at: Option<Time>,
    /// What is missing, each of the four at most once.
    pub missing: Vec<Prerequisite>,
}

/// The state of the last domain of a line, with the moment of its lapse.
///
/// Walks from the root down: a domain lapses at the earlier of its recorded lapse and the
/// freeze of the domain above, where its owner's seat falls back to `base`. It lacks
/// something from the first loss until all holds again: a recorded lapse that ended only
/// after that freeze still counts while the seat is gone.
#[must_use]
pub fn derive(lineage: &[Link], now: Time, grace_seconds: i64) -> (State, Option<Time>) {
    let Some(Link { record: last, .. }) = lineage.last() else {
        return (State::Incomplete, None);
    };
    if last.first_met.is_none() {
        return (State::Incomplete, None);
    }
    let lapse = lineage.iter().fold(None, |above: Option<Time>, link| {
        let through_the_seat = above
            .map(|lapse| lapse.plus_seconds(grace_seconds))
            .filter(|at| *at <= now);
        let mended = || {
            let (from, to) = link.record.last_lapse?;
            through_the_seat.filter(|seat| *seat <= to).map(|_| from)
        };
        let own = link.record.lapsed_at.or_else(mended);
        own.into_iter().chain(through_the_seat).min()
    });
    match lapse {
        None => (State::Good, None),
        Some(at) if now < at.plus_seconds(grace_seconds) => (State::Lapsed, lapse),
        Some(_) => (State::Frozen, lapse),
    }
}

/// What the owner lacks, judged by what is assigned (whether the domain above is frozen
/// is [`derive`]'s business).
#[must_use]
pub fn missing(domain: &Domain, owner: &Account, seat: Option<&User>) -> Vec<Prerequisite> {
    let tier = match owner.place {
        Place::Unmanaged { plan } => plan,
        Place::Managed { .. } => seat
            .filter(|user| matches!(user.state, UserState::Active { .. }))
            // A shared user has no seat of its own, whatever the pool's tier (rule E2).
            .and_then(|user| user.license.named_tier())
            .unwrap_or(Tier::Base),
    };
    let permitted = match owner.place {
        Place::Unmanaged { .. } => true,
        Place::Managed { .. } => {
            seat.is_some_and(|user| user.permissions.has(Permission::ManageSubDomain))
        }
    };
    let met = [
        (Prerequisite::Tier, tier >= Tier::Business),
        (
            Prerequisite::Billing,
            domain
                .billing
                .is_some_and(|billing| billing.activated_by == owner.id),
        ),
        (Prerequisite::Identity, owner.identity.is_verified()),
        (Prerequisite::Permission, permitted),
    ];
    met.into_iter()
        .filter(|(_, met)| !met)
        .map(|(prerequisite, _)| prerequisite)
        .collect()
}

impl World {
    /// Whether the owner's seat in the domain above fell back to `base`, because that one
    /// is frozen (rule C5).
    fn seat_fell_back(&self, id: DomainId) -> bool {
        let line = self.lineages.get(&id).map_or(&[][..], Vec::as_slice);
        let above = line.split_last().map_or(&[][..], |(_, above)| above);
        derive(above, self.now, self.settings.grace_seconds).0 == State::Frozen
    }

    /// All that is missing: own facts, and the tier of a seat that fell back.
    fn missing(&self, domain: &Domain) -> Result<Vec<Prerequisite>, Refusal> {
        let mut missing = self.missing_facts(domain)?;
        if self.seat_fell_back(domain.id) && !missing.contains(&Prerequisite::Tier) {
            missing.insert(0, Prerequisite::Tier);
        }
        Ok(missing)
    }

    /// What is missing of a domain's own facts.
    fn missing_facts(&self, domain: &Domain) -> Result<Vec<Prerequisite>, Refusal> {
        let owner = self.account(domain.owner)?;
        let seat = match domain.parent {
            Some((above, user)) => Some(self.user(above, user)?),
            None => None,
        };
        Ok(missing(domain, owner, seat))
    }

    /// The domain's state and since when it lapsed.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when the domain is not in this world.
    pub fn state_of(&self, id: DomainId) -> Result<(State, Option<Time>), Refusal> {
        self.state_at(id, self.now)
    }

    /// Likewise at an earlier moment since which nothing else happened.
    pub(crate) fn state_at(
        &self,
        id: DomainId,
        at: Time,
    ) -> Result<(State, Option<Time>), Refusal> {
        let lineage = self.lineages.get(&id).ok_or(Refusal::not_found("domain"))?;
        Ok(derive(lineage, at, self.settings.grace_seconds))
    }

    /// The domain's standing now (rule C3: checked each time).
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when the domain, its owner or the owner's seat is not in this
    /// world.
    pub fn standing(&self, id: DomainId) -> Result<Standing, Refusal> {
        let domain = self.domain(id)?;
        let missing = self.missing(domain)?;
        let (state, lapsed_at) = self.state_of(id)?;
        // The last thing that was missing came back above, where nothing of this domain
        // is written: it holds all the same.
        let met_above = state == State::Incomplete && missing.is_empty();
        Ok(Standing {
            state: if met_above { State::Good } else { state },
            lapsed_at,
            freezes_at: lapsed_at.map(|at| at.plus_seconds(self.settings.grace_seconds)),
            missing,
        })
    }

    /// A lapse through the seat above, as an event of the domain's own: for an owner who
    /// leaves that seat, and who may lack something else from the same instant on.
    pub(crate) fn lapse_through_the_seat(&self, id: DomainId) -> Result<Option<Entry>, Refusal> {
        let domain = self.domain(id)?;
        let (_, lapsed_at) = self.state_of(id)?;
        let Some(at) = lapsed_at.filter(|_| domain.standing.lapsed_at.is_none()) else {
            return Ok(None);
        };
        let missing = self.missing(domain)?;
        let lost = Event::PrerequisiteLost { missing, at };
        Ok(Some(self.entry(Head::Domain(id), lost)))
    }

    /// Refuses what may only happen in good standing.
    ///
    /// # Errors
    /// [`Refusal::NotInStanding`] with everything that is missing.
    pub fn require_standing(&self, id: DomainId) -> Result<(), Refusal> {
        let standing = self.standing(id)?;
        if standing.missing.is_empty() {
            Ok(())
        } else {
            Err(Refusal::NotInStanding {
                missing: standing.missing,
            })
        }
    }

    /// What the journal still has to say about the standing of every domain of which this
    /// world holds the facts. Called after each decision, so that a lapse is recorded at
    /// the instant, in the commit that caused it.
    #[must_use]
    pub fn follow_standing(&mut self) -> Vec<Entry> {
        self.follow_standing_until(self.now)
    }

    /// Likewise, but only what took effect by then: something else that was due, and comes
    /// before the rest in a journal, is still to be written.
    #[must_use]
    pub fn follow_standing_until(&mut self, horizon: Time) -> Vec<Entry> {
        // From the root down: what is written of a domain counts for those below it.
        let depth = |id: &DomainId| self.lineages.get(id).map_or(0, Vec::len);
        let mut ids: Vec<DomainId> = self.domains.keys().copied().collect();
        ids.sort_by_key(depth);
        let mut entries = Vec::new();
        for id in ids {
            let next = |world: &World| {
                let next = world.next_standing_event(id);
                next.filter(|(at, _)| *at <= horizon)
            };
            while let Some((at, event)) = next(self) {
                let head = Head::Domain(id);
                let entry = Entry { head, at, event };
                self.apply(&entry);
                entries.push(entry);
            }
        }
        entries
    }

    /// The next event, with the time at which it takes effect.
    fn next_standing_event(&self, id: DomainId) -> Option<(Time, Event)> {
        let domain = self.domain(id).ok()?;
        let own_facts_hold = self.missing_facts(domain).ok()?.is_empty();
        let missing = self.missing(domain).ok()?;
        let record = domain.standing;
        let first_time = record.first_met.is_none() && missing.is_empty();
        if first_time || (record.lapsed_at.is_some() && own_facts_hold) {
            return Some((self.now, Event::PrerequisitesMet));
        }
        let (state, lapsed_at) = self.state_of(id).ok()?;
        if !own_facts_hold && record.first_met.is_some() && record.lapsed_at.is_none() {
            // Lapsed already through the seat above: the earlier instant counts.
            let at = lapsed_at.unwrap_or(self.now);
            return Some((self.now, Event::PrerequisiteLost { missing, at }));
        }
        self.next_note(record, state, lapsed_at)
    }

    /// What was noted last, and the state of now: what to note next, if they differ. What
    /// time alone brought about took effect when it was due, and a lapse comes before its
    /// freeze, however late anyone looks.
    fn next_note(
        &self,
        record: Record,
        state: State,
        lapsed_at: Option<Time>,
    ) -> Option<(Time, Event)> {
        let freezes_at = lapsed_at.map(|at| at.plus_seconds(self.settings.grace_seconds));
        let (to, at) = match (record.noted, state) {
            (State::Good, State::Lapsed | State::Frozen) => (State::Lapsed, lapsed_at),
            (State::Lapsed, State::Frozen) if record.noted_until == freezes_at => {
                (State::Frozen, freezes_at)
            }
            _ => (state, None),
        };
        let until = freezes_at.filter(|_| to == State::Lapsed);
        let from = record.noted;
        let noted = Event::StandingNoted { from, to, until };
        let differs = (to, until) != (from, record.noted_until);
        differs.then_some((at.unwrap_or(self.now), noted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600;

    fn day(word: &str) -> Option<Time> {
        let day: i64 = word.parse().ok()?;
        Some(Time::ZERO.plus_seconds(day * DAY))
    }

    /// A line of domains: `-` holds, a number is the day of its recorded lapse, two are the
    /// days from which to which the last one was.
    fn line(text: &str) -> Vec<Link> {
        text.split_whitespace()
            .map(|word| Link {
                domain: DomainId::nth(1),
                record: Record {
                    first_met: Some(Time::ZERO),
                    lapsed_at: day(word),
                    last_lapse: word.split_once("..").and_then(|(a, b)| day(a).zip(day(b))),
                    noted: State::Good,
                    noted_until: None,
                },
            })
            .collect()
    }

    #[test]
    fn c5_lapse_grace_and_freeze_down_a_line() {
        // line of domains, root first | day | what the last one is
        let table = "
            -        | 10  | good
            5        | 10  | lapsed
            5        | 34  | lapsed
            5        | 35  | frozen
            5 -      | 34  | good
            5 -      | 35  | lapsed
            5 -      | 64  | lapsed
            5 -      | 65  | frozen
            5 - -    | 64  | good
            5 - -    | 65  | lapsed
            5 - -    | 95  | frozen
            5 50     | 49  | lapsed
            5 10     | 39  | lapsed
            5 10     | 40  | frozen
            - 10     | 9   | lapsed
            5 - 10   | 36  | lapsed
            5 - 10   | 40  | frozen
            2..9     | 10  | good
            5 20..34 | 34  | good
            5 20..34 | 35  | lapsed
            5 20..34 | 50  | lapsed
            5 20..34 | 65  | frozen
            5 20..35 | 49  | lapsed
            5 20..35 | 50  | frozen
            - 20..35 | 50  | good
            5 20..40 30 | 59 | lapsed
            5 20..40 - | 79 | lapsed
            5 20..40 - | 80 | frozen
        ";
        for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            let now = Time::ZERO.plus_seconds(cells[1].parse::<i64>().unwrap() * DAY);
            let (state, _) = derive(&line(cells[0]), now, 30 * DAY);
            assert_eq!(state.name(), cells[2], "{row}");
        }
    }

    #[test]
    fn c5_what_was_never_met_is_incomplete() {
        let link = Link {
            domain: DomainId::nth(1),
            record: Record::default(),
        };
        assert_eq!(derive(&[link], Time(1), DAY).0, State::Incomplete);
    }
}
