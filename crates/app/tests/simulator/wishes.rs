//! What is asked next: by agents, who know what they were told, and by admins, who see
//! everything. Wild wishes are wanted: refusals are part of the play.

use usher_app::links::{MakeLink, RevokeLink};
use usher_app::pools::{ChangePool, DeletePool, MakePool, PoolChanges, Reserve};
use usher_app::seats::{Expected, SetOrder};
use usher_app::sessions::{Device, Heartbeat, LogIn, LogOff, LogSomeoneOut, OfSession, ReportCall};
use usher_app::users::moves::MoveUser;
use usher_app::users::{SetLicense, Step, TakeStep};
use usher_app::waiting::{OwnPlace, SetWaiting};
use usher_rules::calls::{Direction, Phase, Report};
use usher_rules::pools::PoolSettings;
use usher_rules::prices::Currency;
use usher_rules::seats::{PerKind, SeatKind, When, resulting_order};
use usher_rules::sessions::LogOut;
use usher_rules::tiers::Tier;
use usher_rules::users::License;
use usher_rules::{CallId, DomainId, LinkId, PoolId, SessionId, UserId};
use usher_store::records::Digest;

use crate::act::Act;
use crate::book::Book;
use crate::chance::Chance;
use crate::opening::{Cast, Company, prices};

/// What a person was told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Sessions with their tokens, the latest last.
    pub sessions: Vec<OfSession>,
    /// Links with their tokens.
    pub links: Vec<(DomainId, LinkId, String)>,
    /// The call last reported.
    call: u128,
}

/// Who wishes.
pub struct Wishes<'a> {
    pub chance: &'a Chance,
    pub cast: &'a Cast,
    pub told: &'a mut [Told],
    pub book: &'a Book,
}

/// A wish, by whose token, and whose of the cast.
pub type Wish = (Act, Option<Digest>, Option<usize>);

impl Wishes<'_> {
    /// Something that somebody wants; none when there is nothing to want it of.
    pub fn next(&mut self) -> Option<Wish> {
        if self.chance.below(100) < 80 {
            let all: Vec<usize> = (0..self.cast.people.len()).collect();
            let sits = |person: &usize| !self.told[*person].sessions.is_empty();
            let sitting: Vec<usize> = all.iter().copied().filter(sits).collect();
            let sitting = Some(sitting).filter(|sitting| !sitting.is_empty());
            let among = sitting.filter(|_| self.chance.one_in(2)).unwrap_or(all);
            self.agent(self.chance.pick(&among)?)
        } else {
            self.admin()
        }
    }

    /// Where a user is, by all that is written.
    fn place(&self, person: usize) -> Option<(DomainId, UserId)> {
        let user = self.cast.people[person].user;
        let users = &self.book.replay.users;
        users.keys().find(|key| key.1 == user).copied()
    }

    fn agent(&mut self, person: usize) -> Option<Wish> {
        let (domain, user) = self.place(person)?;
        let own = self.cast.people[person].token;
        let sits = !self.told[person].sessions.is_empty() && !self.chance.one_in(5);
        let weights = if sits {
            [14, 8, 16, 34, 10, 4, 8, 4]
        } else {
            [44, 0, 0, 0, 6, 2, 12, 24]
        };
        let chance = self.chance;
        let act = match chance.weighted(&weights) {
            0 => {
                let device = format!("device {}", chance.below(2));
                Act::LogIn(LogIn {
                    domain,
                    user,
                    device: Device {
                        id: device.clone(),
                        name: device,
                    },
                    take_over: chance.one_in(3),
                })
            }
            1 => {
                let of = self.session(person)?;
                return Some((Act::LogOff(LogOff(of)), of.token, Some(person)));
            }
            2 => {
                let of = self.session(person)?;
                let own = self.call(person);
                let call = if chance.one_in(4) { None } else { Some(own) };
                let beat = Act::Beat(Heartbeat { of, call });
                return Some((beat, of.token, Some(person)));
            }
            3 => {
                let of = self.session(person)?;
                let report = Act::Report(ReportCall {
                    of,
                    report: self.report(person),
                });
                return Some((report, of.token, Some(person)));
            }
            4 => Act::Link(MakeLink {
                domain,
                user,
                guest_name: "Guest".to_owned(),
                valid_seconds: chance.pick(&[60, 300, 900, 7200])?,
                one_call: chance.one_in(2),
            }),
            5 => {
                let (domain, link, _) = chance.pick(&self.told[person].links)?;
                Act::Revoke(RevokeLink { domain, user, link })
            }
            6 => {
                let links = self.told.iter().flat_map(|told| &told.links);
                let tokens: Vec<String> = links.map(|(_, _, token)| token.clone()).collect();
                let recent = tokens.len().saturating_sub(8);
                return Some((Act::Ring(chance.pick(&tokens[recent..])?), None, None));
            }
            _ => Act::Wait(SetWaiting {
                own: OwnPlace { domain, user },
                wait: !chance.one_in(4),
            }),
        };
        Some((act, Some(own), Some(person)))
    }

    /// Most often the latest session that the person was told of; an old one sometimes.
    fn session(&self, person: usize) -> Option<OfSession> {
        let sessions = &self.told[person].sessions;
        if self.chance.one_in(6) {
            self.chance.pick(sessions)
        } else {
            sessions.last().copied()
        }
    }

    /// The call that the device thinks of: the own last one, or one that rings.
    fn call(&self, person: usize) -> CallId {
        let user = self.cast.people[person].user;
        let mut live = self.book.replay.sessions.values();
        let rings = live.find(|session| session.user == user);
        let rings = rings.and_then(|session| session.call);
        match rings.filter(|_| !self.chance.one_in(4)) {
            Some(call) => call.id,
            None => {
                // Each seventh has an id that others give their seventh, too.
                let call = self.told[person].call;
                let own = (person as u128 + 1) << 64;
                CallId::nth(if call % 7 == 6 { call } else { own | call })
            }
        }
    }

    fn report(&mut self, person: usize) -> Report {
        if self.chance.one_in(4) {
            self.told[person].call += 1;
        }
        let made = Direction::ALL[self.chance.below(2)];
        Report {
            call: self.call(person),
            phase: Phase::ALL[self.chance.weighted(&[3, 3, 4])],
            direction: made,
            link: None,
        }
    }

    fn admin(&mut self) -> Option<Wish> {
        let Company { domain, owner } = self.chance.pick(&self.cast.companies)?;
        let chance = self.chance;
        let weights = [24, 5, 5, 22, 14, 6, 8, 4, 6, 6];
        let act = match chance.weighted(&weights) {
            0 => Act::ChangePool(ChangePool {
                domain,
                pool: self.pool(domain)?,
                changes: self.changes(),
            }),
            1 => Act::MakePool(MakePool {
                domain,
                name: "Another".to_owned(),
                settings: PoolSettings {
                    seats: chance.below(3) as u32,
                    waiting_list: true,
                    log_off_seconds: Some(300),
                    ..PoolSettings::default()
                },
            }),
            2 => Act::DeletePool(DeletePool {
                domain,
                pool: self.pool(domain)?,
            }),
            3 => {
                let sessions = self.book.replay.sessions.keys();
                let own = sessions.filter(|key| key.0 == domain);
                let ids: Vec<SessionId> = own.map(|key| key.1).collect();
                Act::LogOut(LogSomeoneOut {
                    of: OfSession {
                        domain,
                        session: chance.pick(&ids)?,
                        token: Some(owner),
                    },
                    when: [LogOut::Now, LogOut::AfterCall][chance.below(2)],
                })
            }
            4 => Act::License(SetLicense {
                domain,
                user: self.user(domain)?,
                license: self.license(domain)?,
            }),
            5 => Act::Reserve(Reserve {
                domain,
                user: self.user(domain)?,
                reserved: chance.one_in(2),
            }),
            6 => Act::Step(TakeStep {
                domain,
                user: self.user(domain)?,
                step: [Step::Suspend, Step::Restore, Step::Remove][chance.weighted(&[9, 12, 1])],
            }),
            7 => return self.moves(domain),
            8 => self.reseller()?,
            _ => Act::Order(self.order(domain)?),
        };
        Some((act, Some(owner), None))
    }

    fn pool(&self, domain: DomainId) -> Option<PoolId> {
        let pools = self.book.replay.pools.keys();
        let own: Vec<PoolId> = pools
            .filter(|key| key.0 == domain)
            .map(|key| key.1)
            .collect();
        self.chance.pick(&own)
    }

    /// One of the cast who is there.
    fn user(&self, domain: DomainId) -> Option<UserId> {
        let there = |user: &UserId| self.book.replay.users.contains_key(&(domain, *user));
        let all = self.cast.people.iter().map(|person| person.user);
        let own: Vec<UserId> = all.filter(there).collect();
        self.chance.pick(&own)
    }

    fn changes(&self) -> PoolChanges {
        let chance = self.chance;
        let mut changes = PoolChanges::default();
        match chance.weighted(&[10, 8, 4, 4, 2, 3]) {
            0 => changes.seats = Some(chance.below(4) as u32),
            1 => {
                let times = [None, Some(60), Some(300), Some(600), Some(3600)];
                changes.log_off_seconds = chance.pick(&times);
                changes.notice_seconds = chance.pick(&[None, Some(None), Some(Some(30))]).flatten();
            }
            2 => changes.silence_seconds = chance.pick(&[None, Some(30), Some(300), Some(3600)]),
            3 => changes.notice_seconds = chance.pick(&[None, Some(30), Some(59)]),
            4 => changes.tier = chance.pick(&[Tier::Base, Tier::Business]),
            _ => changes.waiting_list = Some(!chance.one_in(4)),
        }
        changes
    }

    fn license(&self, domain: DomainId) -> Option<License> {
        if self.chance.one_in(4) {
            let tier = self.chance.pick(&[Tier::Base, Tier::Business])?;
            return Some(License::Named { tier });
        }
        let pool = self.pool(domain)?;
        Some(License::Shared { pool })
    }

    fn moves(&self, domain: DomainId) -> Option<Wish> {
        let mut others = self.cast.companies.iter().map(|company| company.domain);
        let to = others.find(|other| *other != domain)?;
        let user = self.user(domain)?;
        let license = Some(self.license(to)?);
        let case = MoveUser {
            domain,
            user,
            to,
            license,
            dry_run: self.chance.one_in(4),
        };
        Some((Act::Move(case), Some(self.cast.operator), None))
    }

    /// Whoever owns the domain below loses what it needs to, or gets it back.
    fn reseller(&self) -> Option<Act> {
        let (domain, user) = self.cast.reseller?;
        let tier = self
            .chance
            .pick(&[Tier::Base, Tier::Business, Tier::Business])?;
        let license = License::Named { tier };
        Some(Act::License(SetLicense {
            domain,
            user,
            license,
        }))
    }

    fn order(&self, domain: DomainId) -> Option<SetOrder> {
        let seats = self.book.replay.domains.get(&domain)?.seats;
        let kind = self
            .chance
            .pick(&[SeatKind::SeatLicense, SeatKind::Business])?;
        let to = seats.get(kind).ordered + 1;
        let to = to.saturating_sub(self.chance.below(3) as u32).min(6);
        let mut numbers = PerKind::default();
        *numbers.get_mut(kind) = Some(to);
        let order = resulting_order(&seats, &numbers);
        Some(SetOrder {
            domain,
            numbers,
            when: [When::Now, When::PeriodEnd][self.chance.below(2)],
            expected: Expected {
                price_book: 1,
                order,
                total_per_period: prices().total(Currency::EUR, &order).ok()?,
            },
        })
    }
}
