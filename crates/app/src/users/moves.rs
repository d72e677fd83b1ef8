//! Moving a user to another domain of the same tree (rule C6); tried without doing it on
//! request.

use usher_rules::moves::move_user;
use usher_rules::roles::Power;
use usher_rules::users::License;
use usher_rules::{DomainId, Head, Refusal, UserId};
use usher_store::lists::UserLine;
use usher_store::{Load, Snapshot, Write};

use super::{line, needs_account, needs_pool};
use crate::desk::UseCase;
use crate::draft::Draft;

/// Moves a user.
#[derive(Debug, Clone)]
pub struct MoveUser {
    /// From which domain.
    pub domain: DomainId,
    /// Which user.
    pub user: UserId,
    /// To which domain.
    pub to: DomainId,
    /// Another license there; a shared user needs a pool.
    pub license: Option<License>,
    /// Only say what it would do.
    pub dry_run: bool,
}

impl UseCase for MoveUser {
    type Answer = UserLine;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_account(seen, load, self.domain, self.user);
        load.domains.insert(self.to);
        if let Some(license) = self.license {
            needs_pool(load, self.to, license);
        }
        if let Some(domain) = seen.world.domains.get(&self.domain) {
            load.domains.insert(domain.root);
        }
        if let Some(person) = seen.people.get(&(self.domain, self.user)) {
            load.user_emails.insert((self.to, person.email.clone()));
            if let Some(external_id) = &person.external_id {
                load.external_ids.insert((self.to, external_id.clone()));
            }
        }
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<UserLine, Refusal> {
        let caller = draft.caller()?;
        if !caller.account.operator {
            let (_, rank) = draft.authorise(self.domain, Power::ManageUsers)?;
            let to = draft.view().authorise(self.to, Power::ManageUsers);
            to.map_err(|_| Refusal::Invalid {
                field: "to",
                why: "it must be a domain that you administer",
            })?;
            let role = draft.world().user(self.domain, self.user)?.role;
            super::may_grant(rank, &[role], None)?;
        }
        let (from, user, by) = (self.domain, self.user, Some(caller.account.id));
        let entries = move_user(draft.world(), from, user, self.to, self.license, by)?;
        let mut person = draft.person(self.domain, self.user)?.clone();
        self.names_are_free(draft, &person.email, person.external_id.as_deref())?;
        let point = draft.checkpoint();
        person.domain = self.to;
        draft.write(Write::Person(person));
        draft.happen(entries);
        let moved = line(draft.snapshot(), self.to, self.user)?;
        if self.dry_run {
            draft.return_to(point);
        }
        Ok(moved)
    }
}

impl MoveUser {
    fn names_are_free(
        &self,
        draft: &Draft<'_>,
        email: &str,
        external_id: Option<&str>,
    ) -> Result<(), Refusal> {
        let there = draft.snapshot();
        if there.user_by_email(self.to, email).is_some() {
            return Err(Refusal::Taken { field: "email" });
        }
        if external_id.is_some_and(|id| there.user_by_external_id(self.to, id).is_some()) {
            return Err(Refusal::Taken {
                field: "external_id",
            });
        }
        Ok(())
    }
}
