//! Seats: seeing them, previewing a change, setting the order (rules A1, A4, A5).

use usher_rules::billing::{Period, Zone};
use usher_rules::pools::with_first_order;
use usher_rules::prices::{Currency, Minor, ProratedLine, prorate};
use usher_rules::roles::Power;
use usher_rules::seats::{
    MAX_SEATS, PerKind, Quantities, SeatKind, Seats, When, resulting_order, set_order,
};
use usher_rules::{DomainId, Entry, Head, PoolId, Refusal, World};
use usher_store::records::PoolRecord;
use usher_store::{Load, Snapshot, Write};

use crate::desk::UseCase;
use crate::draft::Draft;
use crate::view::{Look, View};

/// A domain's seats, and what they cost.
#[derive(Debug, Clone)]
pub struct SeatsView {
    /// Per kind: ordered, in use, scheduled.
    pub seats: Seats,
    /// The current billing period.
    pub period: Period,
    /// Per period, and in which currency; none before billing is activated or prices set.
    pub total: Option<(Currency, Minor)>,
}

fn period(world: &World, domain: DomainId) -> Result<Period, Refusal> {
    let billing = world.domain(domain)?.billing;
    let zone = billing.map_or(Zone::utc(), |billing| billing.zone);
    Ok(Period::month(world.now, zone))
}

fn see(world: &World, domain: DomainId) -> Result<SeatsView, Refusal> {
    let d = world.domain(domain)?;
    let total = d.billing.and_then(|billing| {
        let book = world.price_book().ok()?;
        let total = book.total(billing.currency, &d.seats.order()).ok()?;
        Some((billing.currency, total))
    });
    Ok(SeatsView {
        seats: d.seats,
        period: period(world, domain)?,
        total,
    })
}

/// The domain's seats.
#[derive(Debug, Clone, Copy)]
pub struct GetSeats {
    /// Which domain.
    pub domain: DomainId,
}

impl Look for GetSeats {
    type Answer = SeatsView;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.prices = true;
    }

    fn see(&self, view: View<'_>) -> Result<SeatsView, Refusal> {
        view.authorise(self.domain, Power::SeeSeats)?;
        see(&view.snapshot.world, self.domain)
    }
}

/// What a change does to the order and what it costs (rule A5).
#[derive(Debug, Clone)]
pub struct PreviewView {
    /// What the change must carry.
    pub expected: Expected,
    /// In which currency.
    pub currency: Currency,
    /// The order as it is.
    pub before: Quantities,
    /// For the rest of the running period, collected on the next invoice.
    pub due_now: Minor,
    /// Line by line.
    pub lines: Vec<ProratedLine>,
    /// The period that `due_now` is reckoned for.
    pub period: Period,
}

/// What a preview gave and a change carries: refused when one of these no longer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The price book's version.
    pub price_book: u32,
    /// The order that results.
    pub order: Quantities,
    /// What that order costs per period.
    pub total_per_period: Minor,
}

/// Numbers to be set, per kind; kinds left out stay as they are.
pub type Numbers = PerKind<Option<u32>>;

/// Previews a change of the order.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Of which domain.
    pub domain: DomainId,
    /// The numbers.
    pub numbers: Numbers,
    /// From when fewer count.
    pub when: When,
    /// The currency, for a domain that has not chosen one yet.
    pub currency: Option<Currency>,
}

impl Look for Preview {
    type Answer = PreviewView;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.prices = true;
    }

    fn see(&self, view: View<'_>) -> Result<PreviewView, Refusal> {
        view.authorise(self.domain, Power::SeeSeats)?;
        check_numbers(&self.numbers)?;
        let world = &view.snapshot.world;
        let domain = world.domain(self.domain)?;
        let book = world.price_book()?;
        let chosen = domain.billing.map(|billing| billing.currency);
        let currency = chosen
            .or(self.currency)
            .or_else(|| book.prices.keys().next().copied())
            .ok_or(Refusal::WrongState {
                why: "the operator has set no prices yet",
            })?;
        let prices = book.in_currency(currency)?;
        let (period, before) = (period(world, self.domain)?, domain.seats.order());
        // What takes effect at once; a decrease for later costs and gives nothing now.
        let now = self.order_now(&domain.seats);
        let lines = prorate(prices, &before, &now, period, world.now);
        Ok(PreviewView {
            expected: expected(world, &domain.seats, &self.numbers, currency)?,
            currency,
            before,
            due_now: lines.iter().map(|line| line.amount).sum(),
            lines,
            period,
        })
    }
}

impl Preview {
    fn order_now(&self, seats: &Seats) -> Quantities {
        let asked = resulting_order(seats, &self.numbers);
        match self.when {
            When::Now => asked,
            When::PeriodEnd => order_now(seats, &self.numbers),
        }
    }
}

/// What is ordered at once where fewer count at the end of the period.
fn order_now(seats: &Seats, numbers: &Numbers) -> Quantities {
    let asked = resulting_order(seats, numbers);
    PerKind::from_fn(|kind| (*asked.get(kind)).max(seats.get(kind).ordered))
}

/// What the pool is called that comes with the first order of shared seats (rule E1).
const DEFAULT_POOL: &str = "Default Seat Pool";

fn expected(
    world: &World,
    seats: &Seats,
    numbers: &Numbers,
    currency: Currency,
) -> Result<Expected, Refusal> {
    let book = world.price_book()?;
    let order = resulting_order(seats, numbers);
    Ok(Expected {
        price_book: book.version,
        order,
        total_per_period: book.total(currency, &order)?,
    })
}

fn check_numbers(numbers: &Numbers) -> Result<(), Refusal> {
    for (kind, number) in numbers.iter() {
        if number.is_some_and(|number| number > MAX_SEATS) {
            return Err(Refusal::Invalid {
                field: kind.name(),
                why: "at most 10000000",
            });
        }
    }
    Ok(())
}

/// Sets the order. More takes effect at once and needs standing; fewer never does.
#[derive(Debug, Clone)]
pub struct SetOrder {
    /// Of which domain.
    pub domain: DomainId,
    /// The numbers.
    pub numbers: Numbers,
    /// From when fewer count.
    pub when: When,
    /// What the preview gave.
    pub expected: Expected,
}

impl SetOrder {
    fn grows(&self, seats: &Seats) -> bool {
        SeatKind::ALL.into_iter().any(|kind| {
            let wanted = self.numbers.get(kind);
            wanted.is_some_and(|wanted| wanted > seats.get(kind).ordered)
        })
    }

    /// Refuses what no longer is as the preview said (rule A5).
    fn check(&self, world: &World) -> Result<(), Refusal> {
        let domain = world.domain(self.domain)?;
        let Some(billing) = domain.billing else {
            // Without billing there is no standing, and so no increase to be priced.
            return world.require_standing(self.domain);
        };
        let now = expected(world, &domain.seats, &self.numbers, billing.currency)?;
        let changed = if now.price_book != self.expected.price_book {
            "price_book"
        } else if now.order != self.expected.order {
            "order"
        } else if now.total_per_period != self.expected.total_per_period {
            "total_per_period"
        } else {
            return Ok(());
        };
        Err(Refusal::PriceChanged { what: changed })
    }
}

impl UseCase for SetOrder {
    type Answer = SeatsView;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.prices = true;
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<SeatsView, Refusal> {
        draft.authorise(self.domain, Power::OrderSeats)?;
        check_numbers(&self.numbers)?;
        let world = draft.world();
        let seats = world.domain(self.domain)?.seats;
        if self.grows(&seats) {
            world.require_standing(self.domain)?;
        }
        self.check(world)?;
        let end = period(world, self.domain)?.to;
        let version = world.price_book_version();
        let events = set_order(&seats, &self.numbers, self.when, version, end)?;
        let head = Head::Domain(self.domain);
        let entry = |event| Entry::now(head, event, world.now);
        let mut entries: Vec<Entry> = events.into_iter().map(entry).collect();
        let order = match self.when {
            When::Now => resulting_order(&seats, &self.numbers),
            When::PeriodEnd => order_now(&seats, &self.numbers),
        };
        let pool = PoolId(draft.id());
        if let Some(made) = with_first_order(draft.world(), self.domain, &order, pool) {
            entries.push(made);
            draft.write(Write::PoolRecord(PoolRecord {
                domain: self.domain,
                pool,
                name: DEFAULT_POOL.to_owned(),
                created_at: draft.world().now,
            }));
        }
        draft.happen(entries);
        see(draft.world(), self.domain)
    }
}
