//! The front desk's records, and its rows that differ after a batch.

use std::collections::{BTreeMap, BTreeSet};

use usher_rules::links::CallLink;
use usher_rules::pools::Pool;
use usher_rules::sessions::Session;
use usher_rules::{DomainId, Event, Head, LinkId, SessionId, World};
use usher_store::records::{LinkRecord, SessionRecord};
use usher_store::unit::SessionRow;
use usher_store::{Snapshot, Write};

use super::Draft;

impl Draft<'_> {
    /// On which device a session is, and by which token: for one that starts, before it does;
    /// for one that goes on with another token, which the journal is told.
    pub fn session_record(&mut self, domain: DomainId, session: SessionId, record: SessionRecord) {
        let key = (domain, session);
        self.snapshot.session_records.insert(key, record);
        let Some(user) = self.world().sessions.get(&key).map(|row| row.user) else {
            return;
        };
        self.renewed.insert(key);
        let renewed = Event::SessionRenewed { session, user };
        let entry = self.world().entry(Head::Domain(domain), renewed);
        self.happen(vec![entry]);
    }

    /// For whom a call link is made and by which token it is found: before it is; and for one
    /// that goes on with another token, which the journal is told.
    pub fn link_record(&mut self, domain: DomainId, link: LinkId, record: LinkRecord) {
        let key = (domain, link);
        self.snapshot.link_records.insert(key, record);
        let Some(user) = self.world().links.get(&key).map(|row| row.user) else {
            return;
        };
        self.renewed_links.insert(key);
        let renewed = Event::LinkRenewed { link, user };
        let entry = self.world().entry(Head::Domain(domain), renewed);
        self.happen(vec![entry]);
    }
}

/// The rows that differ. Sessions that are over come before those that are live: a shared user
/// has one at a time.
pub(super) fn desk_after(
    before: &World,
    after: &Snapshot,
    renewed: &BTreeSet<(DomainId, SessionId)>,
) -> Vec<Write> {
    let world = &after.world;
    let mut writes = Vec::new();
    for key in gone(&before.pools, &world.pools) {
        writes.push(Write::RemovePool(key.0, key.1));
    }
    writes.extend(changed(&before.pools, &world.pools).map(|pool| Write::Pool(*pool)));
    writes.extend(ended(before, after));
    writes.extend(live(before, after, renewed));
    for key in gone(&before.waiting, &world.waiting) {
        writes.push(Write::RemoveWaiting(key.0, key.1));
    }
    writes.extend(changed(&before.waiting, &world.waiting).map(|row| Write::Waiting(*row)));
    let calls = changed(&before.ended_calls, &world.ended_calls);
    writes.extend(calls.map(|call| Write::Call(*call)));
    for (domain, team, user) in before.members.difference(&world.members) {
        writes.push(Write::RemoveMember(*domain, *team, *user));
    }
    for (domain, team, user) in world.members.difference(&before.members) {
        writes.push(Write::Member(*domain, *team, *user));
    }
    writes
}

/// Call links that are new, changed, or found by another token.
pub(super) fn links_after(
    before: &World,
    after: &Snapshot,
    renewed: &BTreeSet<(DomainId, LinkId)>,
) -> Vec<Write> {
    let links = after.world.links.iter();
    let links =
        links.filter(|(key, link)| before.links.get(key) != Some(link) || renewed.contains(key));
    let row = |(key, link): (&(DomainId, LinkId), &CallLink)| {
        let record = after.link_records.get(key);
        debug_assert!(record.is_some(), "a link that nobody was made known to");
        record.map(|record| Write::Link(*link, record.clone()))
    };
    links.filter_map(row).collect()
}

fn gone<K: Ord + Copy, V>(before: &BTreeMap<K, V>, after: &BTreeMap<K, V>) -> Vec<K> {
    let keys = before.keys().copied();
    keys.filter(|key| !after.contains_key(key)).collect()
}

fn changed<'a, K: Ord, V: PartialEq>(
    before: &'a BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = &'a V> {
    let rows = after.iter();
    let rows = rows.filter(|(key, row)| before.get(key) != Some(row));
    rows.map(|(_, row)| row)
}

fn ended(before: &World, after: &Snapshot) -> Vec<Write> {
    let ended = changed(&before.ended_sessions, &after.world.ended_sessions);
    let row = |ended: &usher_rules::sessions::EndedSession| {
        let record = after.session_records.get(&(ended.domain, ended.id));
        debug_assert!(record.is_some(), "a session without a device");
        record.map(|record| Write::EndedSession(*ended, record.clone()))
    };
    ended.filter_map(row).collect()
}

/// Sessions that are new, or changed in more than that they were seen; and those that were
/// seen.
fn live(before: &World, after: &Snapshot, renewed: &BTreeSet<(DomainId, SessionId)>) -> Vec<Write> {
    let mut writes = Vec::new();
    for (key, session) in &after.world.sessions {
        let Some(record) = after.session_records.get(key) else {
            debug_assert!(false, "a session without a device");
            continue;
        };
        let former = before.sessions.get(key);
        let row = SessionRow::new(*session, record.clone(), pool_of(&after.world, session));
        let unchanged = former.is_some_and(|former| {
            let seen_at = session.seen_at;
            let former = Session { seen_at, ..*former };
            let pool = pool_of(before, &former);
            SessionRow::new(former, record.clone(), pool) == row
        });
        if !unchanged || renewed.contains(key) {
            writes.push(Write::Session(row));
        } else if former.is_some_and(|former| former.seen_at < session.seen_at) {
            writes.push(Write::Seen {
                domain: key.0,
                session: key.1,
                at: session.seen_at,
            });
        }
    }
    writes
}

fn pool_of<'a>(world: &'a World, session: &Session) -> Option<&'a Pool> {
    world.pools.get(&(session.domain, session.pool?))
}
