//! The questions of a table: lines that look and change nothing.

use usher_rules::accounts::Place;
use usher_rules::prices::Currency;
use usher_rules::seats::{PerKind, Quantities, Seat};
use usher_rules::standing::State;
use usher_rules::tiers::{Denied, Feature};
use usher_rules::users::User;
use usher_rules::{DomainId, Event, Head, Time};

use super::Table;

impl Table {
    /// The answer, if the words ask something.
    pub(super) fn ask(&mut self, words: &[&str]) -> Option<String> {
        let domain = |table: &mut Table, name: &str| table.names.domain(name);
        Some(match words {
            ["seats", name] => {
                let id = domain(self, name);
                seats(&self.stage.world.seats(id).unwrap())
            }
            ["users", name] => {
                let id = domain(self, name);
                self.stage.world.domain(id).unwrap().users.to_string()
            }
            ["total", name] => {
                let id = domain(self, name);
                self.total(id)
            }
            ["standing", name] => {
                let id = domain(self, name);
                self.standing(id)
            }
            ["owner", name] => {
                let id = domain(self, name);
                let owner = self.stage.world.domain(id).unwrap().owner;
                self.names.of(owner.0).to_owned()
            }
            ["line", name] => {
                let id = domain(self, name);
                let line = &self.stage.world.lineages[&id];
                joined(line.iter().map(|link| self.names.of(link.domain.0)))
            }
            ["told", name] => {
                let id = domain(self, name);
                self.told(id)
            }
            ["noted", name] => {
                let id = domain(self, name);
                self.noted(id)
            }
            ["account", name] => self.account(name),
            ["user", domain, user] => match self.user_of(domain, user) {
                Some(user) => self.describe(&user),
                None => "none".to_owned(),
            },
            ["can", domain, user] => {
                let user = self.user_of(domain, user).unwrap();
                let world = &self.stage.world;
                let entitlements = world.entitlements(user.domain, user.id).unwrap();
                let allowed = entitlements.allowed();
                or_nothing(joined(allowed.iter().map(Feature::name)))
            }
            ["why", domain, user, feature] => {
                let user = self.user_of(domain, user).unwrap();
                let feature = Feature::from_name(feature).unwrap();
                let world = &self.stage.world;
                let entitlements = world.entitlements(user.domain, user.id).unwrap();
                match entitlements.check(feature) {
                    Ok(()) => "allowed".to_owned(),
                    Err(Denied::Tier(needs)) => format!("tier {}", needs.name()),
                    Err(denied) => denied.name().to_owned(),
                }
            }
            words => return self.ask_desk(words),
        })
    }

    fn user_of(&mut self, domain: &str, user: &str) -> Option<User> {
        let key = (self.names.domain(domain), self.names.user(user));
        self.stage.world.users.get(&key).copied()
    }

    /// What the order costs per period, by the price book: `98.00 EUR`
    fn total(&self, id: DomainId) -> String {
        let order = self.stage.world.seats(id).unwrap().order();
        let book = self.stage.world.price_book().unwrap();
        let minor = book.total(Currency::EUR, &order).unwrap();
        format!("{}.{:02} EUR", minor / 100, minor % 100)
    }

    /// `lapsed missing tier until 2026-02-09`
    fn standing(&self, id: DomainId) -> String {
        let standing = self.stage.world.standing(id).unwrap();
        let mut text = standing.state.name().to_owned();
        if !standing.missing.is_empty() {
            text += " missing ";
            text += &joined(standing.missing.iter().map(|p| p.name()));
        }
        let until = standing.freezes_at.map(date).unwrap_or_default();
        match standing.state {
            State::Incomplete | State::Good => text,
            State::Lapsed => format!("{text} until {until}"),
            State::Frozen => format!("{text} since {until}"),
        }
    }

    /// `active business member permits account … owns sub`
    fn describe(&self, user: &User) -> String {
        let mut text = joined(
            [
                user.state.name(),
                self.stage.world.tier_of(user).name(),
                user.role.name(),
            ]
            .into_iter(),
        );
        if let Some(pool) = user.license.pool() {
            text += " in ";
            text += self.names.of(pool.0);
        }
        if let Some(own) = user.owns {
            text += " owns ";
            text += self.names.of(own.0);
        }
        text
    }

    /// `plan business verified owns acme`, `user ann of acme not_started`
    fn account(&mut self, name: &str) -> String {
        let id = self.names.account(name);
        let account = *self.stage.world.account(id).unwrap();
        let mut text = match account.place {
            Place::Unmanaged { plan } => format!("plan {}", plan.name()),
            Place::Managed { domain, user } => {
                let (user, domain) = (self.names.of(user.0), self.names.of(domain.0));
                format!("user {user} of {domain}")
            }
        };
        text = format!("{text} {}", account.identity.name());
        if let Some(own) = account.owns {
            text = format!("{text} owns {}", self.names.of(own.0));
        }
        text
    }

    /// Every state that the domain's journal notes, with the time that it gives for it:
    /// `good 2026-01-10, lapsed 2026-01-11`
    fn noted(&self, id: DomainId) -> String {
        let journal = self.stage.journal.iter();
        let noted = journal.filter(|entry| entry.head == Head::Domain(id));
        let noted: Vec<String> = noted
            .filter_map(|entry| match entry.event {
                Event::StandingNoted { to, .. } => {
                    Some(format!("{} {}", to.name(), date(entry.at)))
                }
                _ => None,
            })
            .collect();
        or_nothing(noted.join(", "))
    }

    /// What the domain's owner is to be told since the last time.
    fn told(&mut self, id: DomainId) -> String {
        let journal = &self.stage.journal;
        let seen = self.told.insert(id, journal.len()).unwrap_or(0);
        let news = journal[seen..]
            .iter()
            .filter(|e| e.head == Head::Domain(id));
        let told: Vec<String> = news.filter_map(|entry| notice(&entry.event)).collect();
        or_nothing(told.join(", "))
    }
}

fn notice(event: &Event) -> Option<String> {
    match event {
        Event::FewSeatsLeft { kind, left } => Some(format!("few {} {left}", kind.name())),
        Event::DecreaseDone {
            kind,
            to,
            wanted,
            from,
        } => {
            let rest = to - wanted;
            Some(format!("{} {from} to {to} rest {rest}", kind.name()))
        }
        Event::StandingNoted { to, .. } => Some(to.name().to_owned()),
        _ => None,
    }
}

/// In use of ordered, kinds that are zero left out: `domain_user 17/20 business 3/3`
fn seats(seats: &PerKind<Seat>) -> String {
    let shown = seats
        .iter()
        .filter(|(_, seat)| **seat != Seat::default())
        .map(|(kind, seat)| {
            let text = format!("{} {}/{}", kind.name(), seat.in_use, seat.ordered);
            match seat.scheduled {
                None => text,
                Some(then) => format!("{text} ({} on {})", then.quantity, date(then.at)),
            }
        });
    or_nothing(shown.collect::<Vec<_>>().join(" "))
}

/// `domain_user 2 business 1`, zeroes left out.
pub(super) fn numbers(quantities: &Quantities) -> String {
    let shown = quantities.iter().filter(|(_, n)| **n > 0);
    let words: Vec<String> = shown
        .map(|(kind, n)| format!("{} {n}", kind.name()))
        .collect();
    words.join(" ")
}

pub(super) fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

pub(super) fn or_nothing(text: String) -> String {
    if text.is_empty() {
        "nothing".to_owned()
    } else {
        text
    }
}

/// The day, and the time of day when it is not midnight.
fn date(time: Time) -> String {
    time.to_string().replace("T00:00:00Z", "")
}
