//! Following a domain's journal (rules J1, J2).

use usher_rules::roles::Power;
use usher_rules::{DomainId, Head, Refusal};
use usher_store::lists::EventLine;
use usher_store::{Load, Snapshot};

use crate::desk::Failure;
use crate::view::{Look, View};
use crate::{App, Ask};

/// Whether the caller may follow a domain's journal.
#[derive(Clone)]
struct SeeEvents(DomainId);

impl Look for SeeEvents {
    type Answer = ();

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.lineages.insert(self.0);
    }

    fn see(&self, view: View<'_>) -> Result<(), Refusal> {
        view.authorise(self.0, Power::SeeEvents).map(|_| ())
    }
}

impl App {
    /// What happened in a domain after a sequence number, oldest first. Authorised at each
    /// call: who follows a journal and loses the right to gets nothing more.
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn events(
        &self,
        ask: &Ask,
        domain: DomainId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<EventLine>, Failure> {
        self.look(ask, &SeeEvents(domain)).await?;
        Ok(self
            .store
            .journal(Head::Domain(domain), after, limit)
            .await?)
    }
}
