//! The commands of a table.

use usher_rules::accounts::{self, Place};
use usher_rules::billing::Zone;
use usher_rules::prices::Currency;
use usher_rules::roles::{Permission, Permissions, Role};
use usher_rules::seats::{PerKind, SeatKind, When};
use usher_rules::tiers::{Feature, Tier};
use usher_rules::users::{self, Change, License};
use usher_rules::{AccountId, DomainId, Refusal, UserId, domains, moves};

use super::Table;
use crate::stage::{account_made, billing, member, of_account, set_order};

type Done = Result<(), Refusal>;

impl Table {
    pub(super) fn command(&mut self, words: &[&str]) -> Done {
        match words {
            ["order", domain, numbers @ ..] => self.order(domain, numbers, When::Now),
            ["schedule", domain, numbers @ ..] => self.order(domain, numbers, When::PeriodEnd),
            ["open", ..] | ["found", ..] | ["billing", ..] | ["hand", ..] | ["close", ..] => {
                self.domain_command(words)
            }
            ["plan", ..] | ["verify", ..] | ["identify", ..] | ["approve", ..] | ["reject", ..] => {
                self.account_command(words)
            }
            _ => self.user_command(words),
        }
    }

    fn order(&mut self, domain: &str, numbers: &[&str], when: When) -> Done {
        let id = self.names.domain(domain);
        let numbers = quantities(numbers);
        let default = self.names.pool("default");
        self.stage
            .step(|world| set_order(world, id, &numbers, when, default))
    }

    fn domain_command(&mut self, words: &[&str]) -> Done {
        let id = self.names.domain(words[1]);
        match words {
            ["open", _, owner] => {
                let owner = self.person(owner);
                self.stage.step(|world| domains::open(world, owner, id))
            }
            ["found", domain, owner] => self.found(domain, owner),
            ["billing", _, choices @ ..] => {
                let currency = choices.iter().find_map(|word| Currency::from_code(word));
                let zone = choices.iter().find_map(|word| {
                    let named = Zone::from_name(word)?;
                    word.contains('/').then_some(named)
                });
                let currency = currency.unwrap_or(Currency::EUR);
                let zone = zone.unwrap_or(Zone::utc());
                self.stage.step(|world| billing(world, id, currency, zone))
            }
            ["hand", _, to] => {
                let to = self.person(to);
                self.stage.step(|world| domains::hand_over(world, id, to))
            }
            ["close", _] => self.stage.step(|world| domains::close(world, id)),
            _ => panic!("no such command: {words:?}"),
        }
    }

    /// Opens a domain with all that it takes to operate it, save what only the domain
    /// above can give.
    fn found(&mut self, domain: &str, owner: &str) -> Done {
        let account = self.person(owner);
        if let Place::Unmanaged { .. } = self.stage.world.account(account)?.place {
            self.account_command(&["plan", owner, "business"])?;
        }
        self.domain_command(&["open", domain, owner])?;
        self.domain_command(&["billing", domain])?;
        self.account_command(&["verify", owner])
    }

    fn account_command(&mut self, words: &[&str]) -> Done {
        let id = self.person(words[1]);
        match words {
            ["plan", _, plan] => {
                let plan = tier(plan);
                self.account_step(id, |account| accounts::set_plan(account, plan))
            }
            ["verify", _] => {
                self.account_step(id, |account| Ok(accounts::start_verification(account)))?;
                if self.stage.world.account(id)?.identity.is_verified() {
                    return Ok(());
                }
                self.account_step(id, |account| accounts::decide_verification(account, true))
            }
            ["identify", _] => {
                self.account_step(id, |account| Ok(accounts::start_verification(account)))
            }
            [word @ ("approve" | "reject"), _] => {
                let approve = *word == "approve";
                self.account_step(id, |account| {
                    accounts::decide_verification(account, approve)
                })
            }
            _ => panic!("no such command: {words:?}"),
        }
    }

    fn account_step(
        &mut self,
        id: AccountId,
        decide: impl FnOnce(&accounts::Account) -> Result<Vec<usher_rules::Event>, Refusal>,
    ) -> Done {
        self.stage
            .step(|world| of_account(world, id, decide(world.account(id)?)))
    }

    fn user_command(&mut self, words: &[&str]) -> Done {
        let [command, domain, user, rest @ ..] = words else {
            panic!("no such command: {words:?}");
        };
        let (domain, id) = (self.names.domain(domain), self.names.user(user));
        match (*command, rest) {
            ("invite" | "add", _) => self.new_user(command, domain, user, rest),
            ("accept", []) => self.accept(domain, id, user),
            ("accept", [account]) => self.accept(domain, id, account),
            ("resend", []) => self.stage.step(|world| users::resend(world, domain, id)),
            ("decline", []) => self.stage.step(|world| users::decline(world, domain, id)),
            ("suspend", []) => self
                .stage
                .step(|world| users::suspend(world, domain, id, None)),
            ("restore", []) => self.stage.step(|world| users::restore(world, domain, id)),
            ("remove", []) => self
                .stage
                .step(|world| users::remove(world, domain, id, None)),
            ("tier", [to]) => {
                let to = License::Named { tier: tier(to) };
                self.stage
                    .step(|world| users::set_license(world, domain, id, to, None))
            }
            ("move", [target, named @ ..]) => {
                let target = self.names.domain(target);
                let named = match named {
                    [] => None,
                    [name] => Some(License::Named { tier: tier(name) }),
                    license => Some(self.license(license)),
                };
                self.stage
                    .step(|world| moves::move_user(world, domain, id, target, named, None))
            }
            _ => self.change(command, domain, id, rest),
        }
    }

    fn new_user(&mut self, command: &str, domain: DomainId, name: &str, rest: &[&str]) -> Done {
        let (id, account) = (self.names.user(name), self.names.account(name));
        let mut start = member(Tier::Base);
        let mut rest = rest;
        if let ["shared", pool, others @ ..] = rest {
            start.license = self.license(&["shared", pool]);
            rest = others;
        }
        for word in rest {
            if let Some(tier) = Tier::from_name(word) {
                start.license = License::Named { tier };
            } else if let Some(permission) = Permission::from_name(word) {
                start.permissions = start.permissions.with(permission);
            } else {
                start.role = role(word);
            }
        }
        self.stage.step(|world| match command {
            "invite" => users::invite(world, domain, id, start),
            _ => users::add(world, domain, id, account, start),
        })
    }

    /// With the account of that name, which is made in the same step if need be.
    fn accept(&mut self, domain: DomainId, id: UserId, name: &str) -> Done {
        let account = self.names.account(name);
        self.stage.step(|world| match world.account(account) {
            Ok(known) => users::accept(world, domain, id, known),
            Err(_) => {
                let new = accounts::Account::new(account);
                let mut entries = vec![account_made(world, account)];
                entries.extend(users::accept(world, domain, id, &new)?);
                Ok(entries)
            }
        })
    }

    fn change(&mut self, command: &str, domain: DomainId, id: UserId, rest: &[&str]) -> Done {
        let has = self.stage.world.user(domain, id)?.permissions;
        let named = || rest.iter().map(|word| permission(word));
        let mut change = Change::default();
        match command {
            "role" => change.role = Some(role(rest[0])),
            "off" => change.features_off = Some(rest.iter().map(feature).collect()),
            "permit" => change.permissions = Some(has.iter().chain(named()).collect()),
            "forbid" => {
                let kept = has.iter().filter(|p| named().all(|named| named != *p));
                change.permissions = Some(kept.collect::<Permissions>());
            }
            _ => panic!("no such command: {command}"),
        }
        self.stage
            .step(|world| users::change(world, domain, id, change))
    }

    /// The account of this name; a new one signs up.
    pub(super) fn person(&mut self, name: &str) -> AccountId {
        let id = self.names.account(name);
        if self.stage.world.account(id).is_err() {
            self.stage.sign_up(id);
        }
        id
    }
}

/// `domain_user 20 business 3`
fn quantities(words: &[&str]) -> PerKind<Option<u32>> {
    let mut numbers = PerKind::default();
    for pair in words.chunks(2) {
        let kind = SeatKind::from_name(pair[0]).unwrap_or_else(|| panic!("no kind: {pair:?}"));
        *numbers.get_mut(kind) = Some(pair[1].parse().unwrap());
    }
    numbers
}

fn tier(name: &str) -> Tier {
    Tier::from_name(name).unwrap_or_else(|| panic!("no tier: {name}"))
}

fn role(name: &str) -> Role {
    Role::from_name(name).unwrap_or_else(|| panic!("no role: {name}"))
}

fn permission(name: &str) -> Permission {
    Permission::from_name(name).unwrap_or_else(|| panic!("no permission: {name}"))
}

fn feature(name: &&str) -> Feature {
    Feature::from_name(name).unwrap_or_else(|| panic!("no feature: {name}"))
}
