//! Random rows. Few numbers and few names, so that they meet.

use std::collections::BTreeSet;

use usher_rules::accounts::{Account, Identity, Place};
use usher_rules::billing::{Billing, PaymentMethod, Zone};
use usher_rules::domains::Domain;
use usher_rules::prices::{Currency, PriceBook};
use usher_rules::roles::{Permissions, Role};
use usher_rules::seats::{PerKind, Scheduled, Seat, Seats};
use usher_rules::standing::{Record, State};
use usher_rules::tiers::{Features, Tier};
use usher_rules::users::{License, User, UserState};
use usher_rules::{AccountId, DomainId, Head, UserId};

use super::Run;
use crate::Write;
use crate::contract::build::*;
use crate::contract::dice::Dice;
use crate::records::{
    AccountRecord, Attempts, DomainRecord, Mail, Person, Remembered, SigningKey, Token, TokenKind,
};

/// How many of each there can be.
pub const ACCOUNTS: u64 = 24;
pub const DOMAINS: u64 = 10;
pub const USERS: u64 = 16;
pub const POOLS: u64 = 6;
pub const OTHERS: u64 = 12;

pub const NAMES: [&str; 14] = [
    "",
    "Ann",
    "ann",
    "Anna",
    "ÉMILE",
    "émile",
    "李",
    "O'Neill",
    "100%",
    "a_b",
    "axb",
    "\"q\"",
    "back\\slash",
    "🦊",
];

fn name(dice: &mut Dice) -> String {
    dice.of(&NAMES).to_owned()
}

pub(super) fn email(dice: &mut Dice) -> String {
    format!("{}{}@example.com", name(dice), dice.below(4))
}

impl Run {
    pub(super) fn account_id(&mut self) -> AccountId {
        acc(self.dice.below(ACCOUNTS))
    }

    pub(super) fn domain_id(&mut self) -> DomainId {
        dom(self.dice.below(DOMAINS))
    }

    pub(super) fn user_id(&mut self) -> UserId {
        usr(self.dice.below(USERS))
    }

    /// A few rows, each once.
    pub(super) fn writes(&mut self) -> Vec<Write> {
        let mut seen = BTreeSet::new();
        let mut writes = Vec::new();
        for _ in 0..=self.dice.below(4) {
            for write in self.rows() {
                let row = match &write {
                    // One session at most: their tokens don't change hands in one unit.
                    Write::Session(_) | Write::EndedSession(..) => "a session".to_owned(),
                    _ => format!("{:?}", key(&write)),
                };
                if seen.insert(row) {
                    writes.push(write);
                }
            }
        }
        writes
    }

    /// The heads under which rows belong: whatever changes under one moves it on.
    pub(super) fn heads_of(&self, writes: &[Write]) -> BTreeSet<Head> {
        writes.iter().filter_map(Write::head).collect()
    }

    /// One row, or a few that only make sense together.
    fn rows(&mut self) -> Vec<Write> {
        let n = self.dice.below(OTHERS);
        match self.dice.below(26) {
            16.. => self.desk_rows(),
            0..=2 => self.account_rows(),
            3..=5 => self.domain_rows(),
            6..=9 => self.user_rows(),
            10 => vec![self.token(n)],
            11 => vec![Write::RemoveToken(self.account_id(), tok(n))],
            12 => vec![self.answer(n)],
            13 => vec![self.mail(n)],
            14 => vec![self.attempts(n)],
            _ => vec![self.system_row(n)],
        }
    }

    fn account_rows(&mut self) -> Vec<Write> {
        let id = self.account_id();
        let place = match self.dice.below(3) {
            0 => Place::Managed {
                domain: self.domain_id(),
                user: self.user_id(),
            },
            _ => Place::Unmanaged {
                plan: self.dice.of(&Tier::ALL),
            },
        };
        let owns = self.domain_id();
        let dice = &mut self.dice;
        let account = Account {
            id,
            place,
            owns: dice.perhaps(|_| owns),
            identity: dice.of(&Identity::ALL),
            operator: dice.percent(10),
        };
        let record = AccountRecord {
            account: id,
            email: email(dice),
            name: name(dice),
            password: dice.perhaps(name),
            totp_secret: dice.perhaps(name),
            totp_active: dice.percent(50),
            identity_note: dice.perhaps(name),
            created_at: self.time(),
        };
        vec![Write::Account(account), Write::AccountRecord(record)]
    }

    /// Of a domain whose owner is there, below one of a lower number or none.
    fn domain_rows(&mut self) -> Vec<Write> {
        let n = self.dice.below(DOMAINS);
        let owners: Vec<AccountId> = self.model.accounts.keys().copied().collect();
        if owners.is_empty() {
            return vec![];
        }
        let above = (n > 0 && self.dice.percent(70)).then(|| dom(self.dice.below(n)));
        let above = above.filter(|id| self.model.domains.contains_key(id));
        let parent = above.map(|above| (above, self.user_id()));
        let (billing, standing) = (self.billing(), self.standing());
        let domain = Domain {
            id: dom(n),
            owner: self.dice.of(&owners),
            parent,
            root: above.unwrap_or(dom(n)),
            billing,
            standing,
            closed: self.dice.percent(15),
            seats: self.seats(),
            users: self.dice.below(50) as u32,
            pools: self.dice.below(5) as u32,
            teams: self.dice.below(5) as u32,
        };
        let record = DomainRecord {
            domain: dom(n),
            name: name(&mut self.dice),
            prefix: email(&mut self.dice),
            billing_name: self.dice.perhaps(name),
            billing_email: self.dice.perhaps(email),
            created_at: self.time(),
        };
        vec![
            Write::Domain(domain),
            Write::Seats(domain),
            Write::DomainRecord(record),
        ]
    }

    fn billing(&mut self) -> Option<Billing> {
        let activated_by = self.account_id();
        self.dice.perhaps(|dice| Billing {
            currency: Currency::from_code(dice.of(&["EUR", "CHF"])).expect("a code"),
            zone: Zone::from_name(dice.of(&["UTC", "Asia/Tokyo"])).expect("a zone"),
            method: PaymentMethod::Manual,
            activated_by,
        })
    }

    fn standing(&mut self) -> Record {
        let times = [(); 5].map(|()| self.time());
        let dice = &mut self.dice;
        Record {
            first_met: dice.perhaps(|_| times[0]),
            lapsed_at: dice.perhaps(|_| times[1]),
            last_lapse: dice.perhaps(|_| (times[3], times[4])),
            noted: dice.of(&State::ALL),
            noted_until: dice.perhaps(|_| times[2]),
        }
    }

    fn seats(&mut self) -> Seats {
        let times = [(); 4].map(|()| self.time());
        let too_many = u32::from(self.dice.percent(8));
        let dice = &mut self.dice;
        PerKind::from_fn(|kind| {
            let ordered = dice.below(9) as u32;
            Seat {
                ordered,
                in_use: dice.below(u64::from(ordered) + 1) as u32 + too_many * 2,
                scheduled: dice.percent(20).then(|| Scheduled {
                    quantity: dice.below(9) as u32,
                    at: times[kind as usize],
                }),
            }
        })
    }

    /// Of a user in a domain that is there.
    fn user_rows(&mut self) -> Vec<Write> {
        let domains: Vec<DomainId> = self.model.domains.keys().copied().collect();
        if domains.is_empty() {
            return vec![];
        }
        let (domain, id) = (self.dice.of(&domains), self.user_id());
        if self.dice.percent(25) {
            return vec![
                Write::RemoveUser(domain, id),
                Write::RemovePerson(domain, id),
            ];
        }
        let (user, person) = (self.user(domain, id), self.person(domain, id));
        vec![Write::User(user), Write::Person(person)]
    }

    fn user(&mut self, domain: DomainId, id: UserId) -> User {
        let (account, expires_at, owns) = (self.account_id(), self.time(), self.domain_id());
        let dice = &mut self.dice;
        User {
            domain,
            id,
            state: dice.of(&[
                UserState::Invited { expires_at },
                UserState::Expired,
                UserState::Declined,
                UserState::Active { account },
                UserState::Suspended { account },
            ]),
            license: if dice.percent(50) {
                License::Named {
                    tier: dice.of(&Tier::ALL),
                }
            } else {
                License::Shared {
                    pool: pol(dice.below(POOLS)),
                }
            },
            role: dice.of(&Role::ALL),
            permissions: Permissions(dice.bits(7)),
            features_off: Features(dice.bits(8)),
            owns: dice.perhaps(|_| owns),
            reserved: dice.percent(20),
        }
    }

    fn person(&mut self, domain: DomainId, user: UserId) -> Person {
        let dice = &mut self.dice;
        Person {
            domain,
            user,
            email: email(dice),
            name: name(dice),
            description: name(dice),
            external_id: dice.perhaps(email),
            invitation: dice.perhaps(|dice| digest(dice.below(200))),
            created_at: self.time(),
        }
    }

    fn token(&mut self, n: u64) -> Write {
        let account = self.account_id();
        let (created_at, expires_at) = (self.time(), self.time());
        let dice = &mut self.dice;
        Write::Token(Token {
            id: tok(n),
            digest: digest(dice.below(OTHERS * 2)),
            account,
            kind: dice.of(&[
                TokenKind::LogIn,
                TokenKind::Personal,
                TokenKind::PasswordReset,
                TokenKind::Proxy,
            ]),
            name: name(dice).into(),
            read_only: dice.percent(50),
            created_at,
            expires_at,
        })
    }

    fn answer(&mut self, n: u64) -> Write {
        let head = self.head();
        let at = self.time();
        let dice = &mut self.dice;
        Write::Remembered(Remembered {
            fingerprint: digest(dice.below(9)),
            status: 200 + dice.below(300) as u16,
            body: name(dice),
            token: dice.perhaps(|dice| tok(dice.below(OTHERS))),
            at,
            ..remembered(head, n)
        })
    }

    fn mail(&mut self, n: u64) -> Write {
        let (created_at, due_at) = (self.time(), self.time());
        Write::Mail(Mail {
            recipient: email(&mut self.dice),
            params: name(&mut self.dice),
            created_at,
            attempts: self.dice.below(9) as i64,
            ..mail(n, due_at)
        })
    }

    /// Now and then on a count that is not the one that is there.
    fn attempts(&mut self, n: u64) -> Write {
        let known = self.model.attempts.get(&digest(n));
        let version = known.map_or(0, |known| known.version);
        Write::Attempts(Attempts {
            version: version - i64::from(self.dice.percent(20)),
            wrong: self.dice.below(9) as i64,
            blocked_until: self.time(),
            last_at: self.time(),
            ..attempts(n)
        })
    }

    fn system_row(&mut self, n: u64) -> Write {
        let (from, created_at, retired_at) = (self.time(), self.time(), self.time());
        let dice = &mut self.dice;
        match dice.below(3) {
            0 => Write::PriceBook(PriceBook {
                version: n as u32,
                from,
                prices: [(
                    Currency::EUR,
                    PerKind([(); 4].map(|()| dice.below(99) as i64)),
                )]
                .into(),
            }),
            1 => Write::SigningKey(SigningKey {
                created_at,
                retired_at: dice.perhaps(|_| retired_at),
                ..signing_key(n)
            }),
            _ => Write::RemoveSigningKey(signing_key(n).kid),
        }
    }
}

/// What names the row: its table and its key.
pub fn key(write: &Write) -> (&'static str, Vec<crate::tables::Value>) {
    match write.row() {
        crate::tables::Row::Put(table, mut values) => {
            values.truncate(table.key.len());
            (table.name, values)
        }
        crate::tables::Row::Remove(table, values) => (table.name, values),
        // Beside the row itself it says nothing that could be checked: they don't meet.
        crate::tables::Row::Seen([domain, session, _]) => {
            (crate::tables::SESSIONS.name, vec![domain, session])
        }
    }
}
