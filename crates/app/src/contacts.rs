//! The contact list: who shares a team, and whom the user added by an address (rule D5).
//!
//! Whose an address is, is looked at in the own domain alone and anew at each reading. One that
//! nobody of it has is kept as it is, whoever has it elsewhere: nobody learns that.

use usher_rules::users::UserState;
use usher_rules::{ContactId, DomainId, Head, Refusal, UserId, contacts};
use usher_store::lists::{After, ContactLine, Page};
use usher_store::records::ContactRecord;
use usher_store::{Load, Snapshot, Write};

use crate::accounts::valid_email;
use crate::desk::{Failure, UseCase};
use crate::domains::valid_name;
use crate::draft::Draft;
use crate::users::MaySee;
use crate::{App, Ask};

/// What is added, as the list shows it.
fn line(snapshot: &Snapshot, record: &ContactRecord) -> ContactLine {
    let person = snapshot.user_by_email(record.domain, &record.email);
    let person = person.filter(|person| {
        let user = snapshot.world.user(person.domain, person.user);
        user.is_ok_and(|user| matches!(user.state, UserState::Active { .. }))
    });
    let name = person.map_or(&record.name, |person| &person.name);
    ContactLine {
        contact: Some(record.contact),
        user: person.map(|person| person.user),
        name: name.clone(),
        email: record.email.clone(),
    }
}

/// The user itself adds someone to its contact list. An address that is there already stays
/// as it is.
#[derive(Debug, Clone)]
pub struct AddContact {
    /// Of which domain.
    pub domain: DomainId,
    /// Whose list: the caller's, from [`App::managed_place`].
    pub user: UserId,
    /// The address.
    pub email: String,
    /// What the user calls it; the address, unless given.
    pub name: Option<String>,
}

impl AddContact {
    fn known(&self, seen: &Snapshot, email: &str) -> Option<ContactLine> {
        let mut own = seen.contacts_of(self.domain, self.user);
        let record = own.find(|record| record.email == email)?;
        Some(line(seen, record))
    }
}

/// A contact that was to be added.
#[derive(Debug, Clone)]
pub struct Added {
    /// The contact.
    pub line: ContactLine,
    /// Whether it was there already.
    pub known: bool,
}

impl UseCase for AddContact {
    type Answer = Added;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        let own = (self.domain, self.user);
        load.domains.insert(self.domain);
        load.people.insert(own);
        load.contacts.insert(own);
        let email = valid_email("email", &self.email).ok();
        load.user_emails
            .extend(email.map(|email| (self.domain, email)));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Added, Refusal> {
        draft.itself(self.domain, self.user)?;
        let email = valid_email("email", &self.email)?;
        let name = match &self.name {
            Some(name) => valid_name("name", name)?,
            None => email.clone(),
        };
        if draft.person(self.domain, self.user)?.email == email {
            return Err(Refusal::Invalid {
                field: "email",
                why: "it is your own",
            });
        }
        if let Some(line) = self.known(draft.snapshot(), &email) {
            return Ok(Added { line, known: true });
        }
        let record = ContactRecord {
            domain: self.domain,
            user: self.user,
            contact: ContactId(draft.id()),
            email,
            name,
            created_at: draft.world().now,
        };
        let entries = contacts::add(draft.world(), self.domain, self.user, record.contact)?;
        draft.write(Write::Contact(record.clone()));
        draft.happen(entries);
        let line = line(draft.snapshot(), &record);
        Ok(Added { line, known: false })
    }
}

/// The user itself takes someone off its contact list that it added.
#[derive(Debug, Clone, Copy)]
pub struct RemoveContact {
    /// Of which domain.
    pub domain: DomainId,
    /// Whose list: the caller's, from [`App::managed_place`].
    pub user: UserId,
    /// Which contact.
    pub contact: ContactId,
}

impl UseCase for RemoveContact {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.users.insert((self.domain, self.user));
        load.contacts.insert((self.domain, self.user));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        let (domain, user, contact) = (self.domain, self.user, self.contact);
        draft.itself(domain, user)?;
        let entries = contacts::remove(draft.world(), domain, user, contact)?;
        draft.write(Write::RemoveContact(domain, user, contact));
        draft.happen(entries);
        Ok(())
    }
}

impl App {
    /// A page of whom a user sees because of its teams: everyone who has joined, is not
    /// suspended, and shares one. What the user added is its own.
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn contacts(
        &self,
        ask: &Ask,
        domain: DomainId,
        user: UserId,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Page<ContactLine>, Failure> {
        self.look(ask, &MaySee { domain, user }).await?;
        let page = self.store.contacts(domain, user, false, after, limit);
        Ok(page.await?)
    }

    /// A page of the caller's own contact list; nobody for one whom no domain manages.
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn own_contacts(
        &self,
        ask: &Ask,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Page<ContactLine>, Failure> {
        let Some((domain, user)) = self.own_place(ask).await? else {
            return Ok(Page {
                items: Vec::new(),
                more: false,
            });
        };
        let page = self.store.contacts(domain, user, true, after, limit);
        Ok(page.await?)
    }
}
