//! The records of a user who leaves its domain.

use usher_rules::{DomainId, Entry, Event, Head, UserId};
use usher_store::Write;
use usher_store::records::ContactRecord;

use super::Draft;

impl Draft<'_> {
    /// A user who is gone takes its record and its contacts along; to another domain, if that
    /// is where it goes. There the use case has written the record (rule C6).
    pub(super) fn take_along(&mut self, entry: &Entry) {
        let Head::Domain(domain) = entry.head else {
            return;
        };
        let (user, to) = match entry.event {
            Event::UserRemoved { user } => (user, None),
            Event::UserMovedOut { user, to } => (user, Some(to)),
            _ => return,
        };
        self.write(Write::RemovePerson(domain, user));
        self.take_contacts(domain, user, to);
    }

    fn take_contacts(&mut self, domain: DomainId, user: UserId, to: Option<DomainId>) {
        let contacts = self.snapshot.contacts_of(domain, user);
        let contacts: Vec<ContactRecord> = contacts.cloned().collect();
        for contact in contacts {
            self.write(Write::RemoveContact(domain, user, contact.contact));
            if let Some(domain) = to {
                self.write(Write::Contact(ContactRecord { domain, ..contact }));
            }
        }
    }
}
