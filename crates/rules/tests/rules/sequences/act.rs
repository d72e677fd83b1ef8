//! What is done on the stage, with ids in place of picks.

use usher_rules::billing::Zone;
use usher_rules::prices::Currency;
use usher_rules::roles::{Permission, Permissions};
use usher_rules::seats::{PerKind, SeatKind, When};
use usher_rules::tiers::{Feature, Features, Tier};
use usher_rules::users::{self, Change, License};
use usher_rules::{AccountId, DomainId, PoolId, Refusal, UserId, accounts, domains, moves};

use super::Deed;
use super::desk::DeskAct;
use crate::stage::{Stage, account_made, billing, member, of_account, set_order};

/// A wish about those who are there: picks became ids.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    Wait { hours: i64 },
    Sweep,
    SignUp,
    Plan(AccountId, Tier),
    AskIdentity(AccountId),
    DecideIdentity(AccountId, bool),
    Open(AccountId),
    Billing(DomainId),
    Order(DomainId, SeatKind, u32, When),
    HandOver(DomainId, AccountId),
    Close(DomainId),
    Invite(DomainId, Tier),
    Add(DomainId, Tier),
    Accept(DomainId, UserId, Option<AccountId>),
    User(DomainId, UserId, Deed),
    Tier(DomainId, UserId, Tier),
    Manages(DomainId, UserId, bool),
    Off(DomainId, UserId, Feature),
    Move(DomainId, UserId, DomainId, Option<Tier>),
    Minutes(i64),
    Desk(DeskAct),
}

impl Act {
    /// A word for it, without whom it is about.
    pub fn word(self) -> String {
        match self {
            Act::User(_, _, deed) => format!("{deed:?}"),
            Act::Desk(desk) => first_word(&desk),
            act => first_word(&act),
        }
    }

    /// The domain that would have more seats, or more of them in use.
    pub fn grows(self) -> Option<DomainId> {
        match self {
            Act::Order(d, ..)
            | Act::Invite(d, _)
            | Act::Add(d, _)
            | Act::User(d, _, Deed::Resend | Deed::Restore)
            | Act::Tier(d, ..)
            | Act::Move(_, _, d, _) => Some(d),
            Act::Desk(desk) => desk.grows(),
            _ => None,
        }
    }

    /// The domains that it names.
    pub fn domains(self) -> Vec<DomainId> {
        match self {
            Act::Billing(d) | Act::HandOver(d, _) | Act::Close(d) => vec![d],
            Act::Move(from, _, to, _) => vec![from, to],
            Act::Desk(desk) => desk.domains(),
            act => act.grows().into_iter().collect(),
        }
    }

    /// Does it, as a use case would.
    pub fn play(self, stage: &mut Stage) -> Result<(), Refusal> {
        // Journals only grow, so this number is new. Domains get ever smaller ids: nothing
        // may rely on a parent's being smaller than those below it.
        let n = stage.journal.len() as u128 + 1_000;
        let (account, user) = (AccountId::nth(n), UserId::nth(n));
        match self {
            Act::Wait { hours } => {
                stage.pass(hours * 3600);
                Ok(())
            }
            Act::Sweep => {
                stage.sweep();
                Ok(())
            }
            Act::Minutes(minutes) => {
                stage.pass(minutes * 60);
                Ok(())
            }
            Act::Desk(desk) => desk.play(stage, n),
            Act::SignUp => {
                stage.sign_up(account);
                Ok(())
            }
            Act::Open(owner) => {
                let id = DomainId::nth(u128::from(u64::MAX) - n);
                stage.step(|world| domains::open(world, owner, id))
            }
            Act::Invite(d, tier) => stage.step(|world| users::invite(world, d, user, member(tier))),
            Act::Add(d, tier) => {
                stage.step(|world| users::add(world, d, user, account, member(tier)))
            }
            Act::Accept(d, u, None) => stage.step(|world| {
                let new = accounts::Account::new(account);
                let mut entries = vec![account_made(world, account)];
                entries.extend(users::accept(world, d, u, &new)?);
                Ok(entries)
            }),
            act => act.play_on_those_who_are_there(stage, PoolId::nth(n)),
        }
    }

    fn play_on_those_who_are_there(self, stage: &mut Stage, pool: PoolId) -> Result<(), Refusal> {
        stage.step(|world| match self {
            Act::Plan(a, tier) => of_account(world, a, accounts::set_plan(world.account(a)?, tier)),
            Act::AskIdentity(a) => {
                let events = accounts::start_verification(world.account(a)?);
                of_account(world, a, Ok(events))
            }
            Act::DecideIdentity(a, yes) => {
                let decided = accounts::decide_verification(world.account(a)?, yes);
                of_account(world, a, decided)
            }
            Act::Billing(d) => billing(world, d, Currency::EUR, Zone::utc()),
            Act::Order(d, kind, n, when) => {
                let mut numbers = PerKind::default();
                *numbers.get_mut(kind) = Some(n);
                set_order(world, d, &numbers, when, pool)
            }
            Act::HandOver(d, a) => domains::hand_over(world, d, a),
            Act::Close(d) => domains::close(world, d),
            Act::Accept(d, u, by) => {
                let account = by.and_then(|by| world.accounts.get(&by));
                let account = account.ok_or(Refusal::not_found("account"))?;
                users::accept(world, d, u, account)
            }
            Act::User(d, u, deed) => match deed {
                Deed::Resend => users::resend(world, d, u),
                Deed::Decline => users::decline(world, d, u),
                Deed::Suspend => users::suspend(world, d, u, None),
                Deed::Restore => users::restore(world, d, u),
                Deed::Remove => users::remove(world, d, u, None),
            },
            Act::Tier(d, u, tier) => users::set_license(world, d, u, License::Named { tier }, None),
            Act::Manages(d, u, yes) => users::change(world, d, u, manages(yes)),
            Act::Off(d, u, feature) => {
                let change = Change {
                    features_off: Some(Features::default().with(feature)),
                    ..Change::default()
                };
                users::change(world, d, u, change)
            }
            Act::Move(d, u, to, tier) => {
                let named = tier.map(|tier| License::Named { tier });
                moves::move_user(world, d, u, to, named, None)
            }
            _ => Ok(vec![]),
        })
    }
}

fn first_word(act: &impl std::fmt::Debug) -> String {
    let text = format!("{act:?}");
    let end = text.find([' ', '(']).unwrap_or(text.len());
    text[..end].to_owned()
}

fn manages(yes: bool) -> Change {
    let permissions = Permissions::default();
    let with = permissions.with(Permission::ManageSubDomain);
    Change {
        permissions: Some(if yes { with } else { permissions }),
        ..Change::default()
    }
}
