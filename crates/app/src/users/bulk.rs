//! Bulk actions on users, each with an outcome of its own (rule D4). Decided one after
//! another, committed together.

use usher_rules::roles::{Power, Rank};
use usher_rules::users::{License, set_license};
use usher_rules::{DomainId, Head, Refusal, TeamId, UserId};
use usher_store::{Load, Snapshot};

use super::{Step, needs_pool, needs_user, take_step};
use crate::desk::UseCase;
use crate::draft::Draft;
use crate::limits;
use crate::teams::set_member;

/// What is done to each user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Gives it this license: an upgrade or a downgrade, a pool, a seat of its own.
    License(License),
    /// Suspends, restores, removes, sends again.
    Step(Step),
    /// Puts it into a team.
    Join(TeamId),
    /// Takes it out of a team.
    Leave(TeamId),
}

/// Does it to each of these users.
#[derive(Debug, Clone)]
pub struct Bulk {
    /// Of which domain.
    pub domain: DomainId,
    /// Whom, in this order.
    pub users: Vec<UserId>,
    /// What.
    pub action: Action,
}

impl UseCase for Bulk {
    /// Per user, in the order asked: done, or why not.
    type Answer = Vec<(UserId, Result<(), Refusal>)>;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        for user in &self.users {
            match self.action {
                Action::License(license) => {
                    needs_user(seen, load, self.domain, *user);
                    needs_pool(load, self.domain, license);
                }
                Action::Step(step) => step.needs(seen, load, self.domain, *user),
                Action::Join(team) | Action::Leave(team) => {
                    needs_user(seen, load, self.domain, *user);
                    load.teams.insert((self.domain, team));
                }
            }
        }
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Self::Answer, Refusal> {
        let (_, rank) = draft.authorise(self.domain, Power::ManageUsers)?;
        if self.users.is_empty() || self.users.len() > limits::BULK {
            return Err(Refusal::Invalid {
                field: "users",
                why: "1 to 1000 users",
            });
        }
        let outcomes = self.users.iter().map(|user| {
            let outcome = self.one(draft, rank, *user);
            (*user, outcome)
        });
        Ok(outcomes.collect())
    }
}

impl Bulk {
    fn one(&self, draft: &mut Draft<'_>, rank: Rank, user: UserId) -> Result<(), Refusal> {
        match self.action {
            Action::License(license) => {
                let by = draft.actor();
                let entries = set_license(draft.world(), self.domain, user, license, by)?;
                draft.happen(entries);
                Ok(())
            }
            Action::Step(step) => take_step(draft, rank, self.domain, user, step),
            Action::Join(team) => set_member(draft, self.domain, team, user, true),
            Action::Leave(team) => set_member(draft, self.domain, team, user, false),
        }
    }
}
