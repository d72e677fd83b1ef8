//! What owners are told by mail of what happened: few seats left (rule A8), a scheduled
//! decrease that use kept from being done in full (rule A4), a change of standing (rule
//! C5). Queued in the transaction of what it tells.

use serde_json::json;
use usher_rules::standing::State;
use usher_rules::{DomainId, Entry, Event, Head};

use crate::draft::Draft;

/// What an owner is told of a journal entry: the mail's template and what it says.
pub(crate) struct Notice {
    /// The domain whose owner is told.
    pub domain: DomainId,
    /// The mail's template.
    pub template: &'static str,
    /// What it says, but for what the domain is called.
    pub params: serde_json::Value,
}

/// The notice that goes with a journal entry, if one does.
pub(crate) fn of(draft: &Draft<'_>, entry: &Entry) -> Option<Notice> {
    let Head::Domain(domain) = entry.head else {
        return None;
    };
    let (template, params) = match &entry.event {
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
        } if until.is_none_or(|until| until > draft.world().now) => {
            let standing = draft.world().standing(domain).ok()?;
            let missing: Vec<_> = standing.missing.iter().map(|m| m.what_to_do()).collect();
            let until = until.map(|at| at.to_string());
            (
                "standing_changed",
                json!({ "state": to.name(), "missing": missing, "until": until }),
            )
        }
        _ => return None,
    };
    Some(Notice {
        domain,
        template,
        params,
    })
}
