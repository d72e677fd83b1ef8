//! Contacts that a user adds to the own list (rule D5). Whom a team shows there is said in
//! [`crate::teams`]. Addresses, and what the user calls them, are records of the store.

use crate::event::{Entry, Event};
use crate::ids::{ContactId, DomainId, UserId};
use crate::refusal::Refusal;
use crate::users::{UserState, in_domain};
use crate::world::World;

/// A user adds a contact. All that it added before must have been loaded.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::NotAllowed`] for one who is not active,
/// [`Refusal::WrongState`] beyond [`crate::Settings::added_contacts`].
pub fn add(
    world: &World,
    domain: DomainId,
    user: UserId,
    contact: ContactId,
) -> Result<Vec<Entry>, Refusal> {
    let row = world.user(domain, user)?;
    if !matches!(row.state, UserState::Active { .. }) {
        return Err(Refusal::NotAllowed);
    }
    if world.contacts_of(domain, user).count() >= world.settings.added_contacts {
        return Err(Refusal::WrongState {
            why: "there are as many contacts as can be; remove some",
        });
    }
    let added = Event::ContactAdded { user, contact };
    Ok(vec![in_domain(world, domain, added)])
}

/// A user takes a contact off the own list. Who shares a team is seen all the same.
///
/// # Errors
/// [`Refusal::NotFound`] for one that it didn't add.
pub fn remove(
    world: &World,
    domain: DomainId,
    user: UserId,
    contact: ContactId,
) -> Result<Vec<Entry>, Refusal> {
    if !world.contacts.contains(&(domain, user, contact)) {
        return Err(Refusal::not_found("contact"));
    }
    let removed = Event::ContactRemoved { user, contact };
    Ok(vec![in_domain(world, domain, removed)])
}

impl World {
    /// The contacts that a user added.
    pub fn contacts_of(
        &self,
        domain: DomainId,
        user: UserId,
    ) -> impl Iterator<Item = ContactId> + use<'_> {
        let (first, last) = (ContactId::nth(0), ContactId::nth(u128::MAX));
        let own = self
            .contacts
            .range((domain, user, first)..=(domain, user, last));
        own.map(|row| row.2)
    }

    pub(crate) fn apply_to_contacts(&mut self, domain: DomainId, event: &Event) {
        match *event {
            Event::ContactAdded { user, contact } => {
                self.contacts.insert((domain, user, contact));
            }
            Event::ContactRemoved { user, contact } => {
                self.contacts.remove(&(domain, user, contact));
            }
            // The user's own, they come along (rule C6): it is here before it is gone there.
            Event::UserMovedIn { user, from, .. } => {
                let there: Vec<ContactId> = self.contacts_of(from, user).collect();
                let here = there.into_iter().map(|contact| (domain, user, contact));
                self.contacts.extend(here);
            }
            Event::UserRemoved { user } | Event::UserMovedOut { user, .. } => {
                self.contacts
                    .retain(|(of, by, _)| (*of, *by) != (domain, user));
            }
            _ => {}
        }
    }
}
