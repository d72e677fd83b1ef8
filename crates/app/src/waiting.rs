//! Waiting for a seat of a pool in which none is free (rule E13).

use usher_rules::waiting::{self, Waiting};
use usher_rules::{DomainId, Head, Refusal, UserId};
use usher_store::{Load, Snapshot};

use crate::desk::UseCase;
use crate::draft::Draft;
use crate::users::{itself, needs_seated};
use crate::view::{Look, View};

/// The caller's own place in the waiting list.
#[derive(Debug, Clone, Copy)]
pub struct OwnPlace {
    /// Of which domain.
    pub domain: DomainId,
    /// Who: the caller.
    pub user: UserId,
}

impl OwnPlace {
    fn place(&self, snapshot: &Snapshot) -> Option<Waiting> {
        let row = snapshot.world.waiting.get(&(self.domain, self.user));
        row.copied()
    }
}

impl Look for OwnPlace {
    type Answer = Option<Waiting>;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        needs_seated(load, self.domain, self.user);
    }

    fn see(&self, view: View<'_>) -> Result<Option<Waiting>, Refusal> {
        itself(view, self.domain, self.user)?;
        Ok(self.place(view.snapshot))
    }
}

/// Joins the waiting list of the own pool, or leaves it.
#[derive(Debug, Clone, Copy)]
pub struct SetWaiting {
    /// Whose place.
    pub own: OwnPlace,
    /// Whether the caller wants to wait.
    pub wait: bool,
}

impl UseCase for SetWaiting {
    type Answer = Option<Waiting>;

    fn head(&self) -> Head {
        Head::Domain(self.own.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        needs_seated(load, self.own.domain, self.own.user);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Option<Waiting>, Refusal> {
        draft.caller()?;
        itself(draft.view(), self.own.domain, self.own.user)?;
        let (world, OwnPlace { domain, user }) = (draft.world(), self.own);
        let entries = if self.wait {
            waiting::join(world, domain, user)?
        } else {
            waiting::leave(world, domain, user)
        };
        draft.happen(entries);
        Ok(self.own.place(draft.snapshot()))
    }
}
