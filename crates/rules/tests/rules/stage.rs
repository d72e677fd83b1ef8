//! A whole small world to act on: every account, domain and user of it is loaded, and all
//! that happened is kept. A step does what a use case does, and nothing else here decides.

use std::collections::BTreeMap;

use usher_rules::billing::{Billing, PaymentMethod, Period, Zone};
use usher_rules::event::Start;
use usher_rules::prices::{Currency, PriceBook};
use usher_rules::roles::{Permissions, Role};
use usher_rules::seats::{self, PerKind, When};
use usher_rules::sessions::{self, LogIn, LoggedIn};
use usher_rules::tiers::{Features, Tier};
use usher_rules::users::License;
use usher_rules::{
    AccountId, DomainId, Entry, Event, Head, PoolId, Refusal, Settings, Time, World, pools,
};

/// What a decision answers.
pub type Decision = Result<Vec<Entry>, Refusal>;

/// 2026-01-10T00:00:00Z, a Saturday: the period ends 22 days later.
pub const START: Time = Time(1_768_003_200_000_000);

/// The prices per seat and month in these tests, in euro cents.
pub const PRICES: PerKind<i64> = PerKind([400, 600, 1200, 900]);

/// The world and its journals, in the order in which they were written.
#[derive(Debug, Clone)]
pub struct Stage {
    pub world: World,
    pub journal: Vec<Entry>,
}

impl Stage {
    pub fn new() -> Stage {
        let book = PriceBook {
            version: 1,
            from: Time::ZERO,
            prices: BTreeMap::from([(Currency::EUR, PRICES)]),
        };
        let world = World {
            now: START,
            settings: Settings::default(),
            price_books: BTreeMap::from([(1, book)]),
            ..World::default()
        };
        Stage {
            world,
            journal: Vec::new(),
        }
    }

    /// One use case: settle, decide, apply, follow the standing, tell of the last seats.
    /// A refusal leaves everything as it was, what was due included.
    pub fn step(&mut self, decide: impl FnOnce(&World) -> Decision) -> Result<(), Refusal> {
        let mut world = self.world.clone();
        let mut entries = settle_all(&mut world);
        let decided = decide(&world)?;
        decided.iter().for_each(|entry| world.apply(entry));
        entries.extend(decided);
        entries.extend(world.follow_standing());
        entries.extend(world.follow_pools());
        entries.extend(told_of_the_last_seats(&self.world, &world));
        self.world = world;
        self.journal.extend(entries);
        Ok(())
    }

    /// A log-in; one that is refused for want of a seat is written down.
    pub fn log_in(&mut self, wish: LogIn) -> Result<LoggedIn, Refusal> {
        let mut came_to = None;
        let outcome = self.step(|world| match sessions::log_in(world, wish) {
            Ok(LoggedIn::Started(entries)) => {
                came_to = Some(Ok(LoggedIn::Started(entries.clone())));
                Ok(entries)
            }
            Ok(resumed) => {
                came_to = Some(Ok(resumed));
                Ok(vec![])
            }
            Err(refused) if refused.entries.is_empty() => Err(refused.refusal),
            Err(refused) => {
                came_to = Some(Err(refused.refusal));
                Ok(refused.entries)
            }
        });
        outcome?;
        came_to.expect("decided")
    }

    /// Time passes and nobody looks.
    pub fn pass(&mut self, seconds: i64) {
        self.world.now = self.world.now.plus_seconds(seconds);
    }

    /// What is due happens, as a sweep makes it happen.
    pub fn sweep(&mut self) {
        let swept = self.step(|_| Ok(Vec::new()));
        assert_eq!(swept, Ok(()), "a sweep decides nothing that can be refused");
    }

    /// Makes a person known: an account on the free Personal plan.
    pub fn sign_up(&mut self, account: AccountId) {
        let made = self.step(|world| Ok(vec![account_made(world, account)]));
        assert_eq!(made, Ok(()));
    }
}

/// The journal entry of a new account.
pub fn account_made(world: &World, account: AccountId) -> Entry {
    world.entry(
        Head::Account(account),
        Event::AccountMade { operator: false },
    )
}

fn settle_all(world: &mut World) -> Vec<Entry> {
    let ids: Vec<DomainId> = world.domains.keys().copied().collect();
    let settled = ids.into_iter().flat_map(|id| world.settle(id));
    let mut entries: Vec<Entry> = settled.collect();
    entries.extend(world.follow_standing());
    entries.sort_by_key(|entry| entry.at);
    entries.extend(world.follow_pools());
    entries
}

fn told_of_the_last_seats(before: &World, after: &World) -> Vec<Entry> {
    let few = after.settings.few_seats_left;
    let crossings = |id: DomainId| {
        let (before, after) = (before.seats(id)?, after.seats(id)?);
        Some(seats::running_low(&before, &after, few))
    };
    let told = |id: DomainId| {
        let events = crossings(id).unwrap_or_default();
        let entry = move |event| after.entry(Head::Domain(id), event);
        events.into_iter().map(entry)
    };
    after.domains.keys().copied().flat_map(told).collect()
}

/// Sets the order as a use case does: only more than is ordered needs standing, and the
/// first shared seats come with a pool.
pub fn set_order(
    world: &World,
    id: DomainId,
    numbers: &PerKind<Option<u32>>,
    when: When,
    pool: PoolId,
) -> Decision {
    let domain = world.domain(id)?;
    let after = seats::resulting_order(&domain.seats, numbers);
    if !after.beyond(&domain.seats.order()).is_zero() {
        world.require_standing(id)?;
    }
    let zone = domain.billing.map_or(Zone::utc(), |billing| billing.zone);
    let period_end = Period::month(world.now, zone).to;
    let book = world.price_book_version();
    let events = seats::set_order(&domain.seats, numbers, when, book, period_end)?;
    let entry = |event| world.entry(Head::Domain(id), event);
    let default = pools::with_first_order(world, id, &after, pool);
    Ok(events.into_iter().map(entry).chain(default).collect())
}

/// Billing in euros by bank transfer, activated for the owner of now.
pub fn billing(world: &World, id: DomainId, currency: Currency, zone: Zone) -> Decision {
    let billing = Billing {
        currency,
        zone,
        method: PaymentMethod::Manual,
        activated_by: world.domain(id)?.owner,
    };
    usher_rules::domains::activate_billing(world, id, billing)
}

/// The events of an account's own decision, as entries of its journal.
pub fn of_account(world: &World, id: AccountId, events: Result<Vec<Event>, Refusal>) -> Decision {
    let entry = |event| world.entry(Head::Account(id), event);
    Ok(events?.into_iter().map(entry).collect())
}

/// An ordinary member on this tier.
pub fn member(tier: Tier) -> Start {
    Start {
        license: License::Named { tier },
        role: Role::Member,
        permissions: Permissions::default(),
        features_off: Features::default(),
    }
}
