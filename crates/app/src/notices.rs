//! What owners are told by mail of what happened: few seats left (rule A8), a scheduled
//! decrease that use kept from being done in full (rule A4), a change of standing (rule
//! C5). Queued in the transaction of what it tells.

use serde_json::json;
use usher_rules::standing::State;
use usher_rules::{Entry, Event, Head};
use usher_store::records::Mail;

use crate::draft::Draft;

/// The mail that goes with a journal entry, if one does. None for a domain whose owner is
/// not in the draft.
pub(crate) fn of(draft: &Draft<'_>, entry: &Entry) -> Option<Mail> {
    let Head::Domain(id) = entry.head else {
        return None;
    };
    let (template, mut params) = match &entry.event {
        Event::FewSeatsLeft { kind, left } => (
            "few_seats_left",
            json!({ "kind": kind.name(), "left": left }),
        ),
        Event::DecreaseDone {
            kind, to, wanted, ..
        } if to > wanted => (
            "decrease_clamped",
            json!({ "kind": kind.name(), "ordered": to, "wanted": wanted }),
        ),
        Event::StandingNoted {
            to: to @ (State::Lapsed | State::Frozen),
            until,
            ..
        } => {
            let standing = draft.world().standing(id).ok()?;
            let missing: Vec<_> = standing.missing.iter().map(|m| m.what_to_do()).collect();
            let until = until.map(|at| at.to_string());
            (
                "standing_changed",
                json!({ "state": to.name(), "missing": missing, "until": until }),
            )
        }
        _ => return None,
    };
    let snapshot = draft.snapshot();
    let owner = snapshot.world.domains.get(&id)?.owner;
    let recipient = &snapshot.account_records.get(&owner)?.email;
    let domain = snapshot.domain_records.get(&id)?;
    params["domain"] = json!(domain.name);
    params["link"] = json!(draft.settings.public_url);
    Some(draft.new_mail(template, recipient, params))
}
