//! What is kept of one domain.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet};
use uuid::Uuid;

use usher_rules::accounts::Account;
use usher_rules::domains::Domain;
use usher_rules::links::{CallLink, LinkState};
use usher_rules::pools::Pool;
use usher_rules::sessions::Session;
use usher_rules::teams::Team;
use usher_rules::users::{User, UserState};
use usher_rules::waiting::Waiting;
use usher_rules::world::Link;
use usher_rules::{DomainId, Head, LinkId, PoolId, SessionId, TeamId, Time, UserId};

use crate::load::Keys;
use crate::records::{LinkRecord, Person, SessionRecord};
use crate::snapshot::Soonest;
use crate::{HeadState, Load, Snapshot, Write};

/// Rows of a domain as they were at one version of its head. What is absent is not known.
#[derive(Clone)]
pub(super) struct Rows {
    /// The domain's head.
    pub head: HeadState,
    /// Heads of others on whose state the domain's standing rests, with their versions.
    pub rests_on: Arc<[(Uuid, u64)]>,
    /// A moment before which nothing is due; none when nothing ever is.
    pub due_at: Option<Time>,
    domain: Domain,
    owner: Account,
    above: Option<(User, Option<Pool>)>,
    line: Vec<Link>,
    users: HashMap<UserId, User>,
    people: HashMap<UserId, Arc<Person>>,
    pools: HashMap<PoolId, Pool>,
    sessions: HashMap<SessionId, (Session, SessionRecord)>,
    desks: HashMap<UserId, Desk>,
    teams: HashMap<UserId, BTreeSet<TeamId>>,
}

/// What stands at the desk for a user.
#[derive(Clone, Default)]
struct Desk {
    sessions: HashSet<SessionId>,
    waiting: Option<Waiting>,
    links: HashMap<LinkId, (CallLink, LinkRecord)>,
}

/// The rows after a write can no longer be told from it.
pub(super) struct Lost;

impl Rows {
    /// What a snapshot holds of a domain that was asked for; none when something is due now, or
    /// may be at any moment.
    pub fn of(snapshot: &Snapshot, id: DomainId) -> Option<Rows> {
        let world = &snapshot.world;
        let domain = *world.domains.get(&id)?;
        let line = world.lineages.get(&id)?.clone();
        let above = match domain.parent {
            Some(key) => {
                let user = *world.users.get(&key)?;
                let pool = user.license.pool().map(|pool| world.pool(key.0, pool));
                Some((user, pool.transpose().ok()?.copied()))
            }
            None => None,
        };
        let others = line.iter().map(|link| Head::Domain(link.domain));
        let others = others.filter(|head| *head != Head::Domain(id));
        let others = others.chain([Head::Account(domain.owner)]);
        let rests_on = others.map(|head| {
            let key = head.key();
            Some((key, snapshot.by_key.get(&key)?.version))
        });
        let rows = Rows {
            head: *snapshot.heads.get(&Head::Domain(id))?,
            rests_on: rests_on.collect::<Option<_>>()?,
            due_at: due_at(snapshot.soonest.get(&id)?)?,
            domain,
            owner: *world.accounts.get(&domain.owner)?,
            above,
            line,
            users: HashMap::new(),
            people: HashMap::new(),
            pools: HashMap::new(),
            sessions: HashMap::new(),
            desks: HashMap::new(),
            teams: HashMap::new(),
        };
        (!domain.closed && rows.stand_until(world.now)).then_some(rows)
    }

    /// All heads that they are good under.
    pub fn heads(&self) -> impl Iterator<Item = Uuid> {
        let others = self.rests_on.iter().map(|(head, _)| *head);
        others.chain([self.id().0])
    }

    /// How many there are, roughly.
    pub fn count(&self) -> usize {
        let people = self.users.len() + self.people.len() + self.desks.len() + self.teams.len();
        2 + self.line.len() + people + self.pools.len() + self.sessions.len()
    }

    /// Whether nothing of it is due by then.
    pub fn stand_until(&self, now: Time) -> bool {
        self.due_at.is_none_or(|due| due > now)
    }

    fn id(&self) -> DomainId {
        self.domain.id
    }

    /// Adds rows that were loaded, as they are at this version.
    pub fn learn(&mut self, loaded: &Load, snapshot: &Snapshot) {
        let id = self.id();
        for user in of(&loaded.users, id).chain(of(&loaded.desks, id)) {
            self.learn_user(snapshot, user);
        }
        for user in of(&loaded.people, id) {
            let person = snapshot.people.get(&(id, user)).cloned();
            if let Some(person) = person.filter(|_| self.learn_user(snapshot, user)) {
                self.people.insert(user, person);
            }
        }
        for user in of(&loaded.desks, id) {
            self.learn_desk(snapshot, user);
        }
        for user in of(&loaded.memberships, id) {
            let teams = snapshot.world.teams_of(id, user).collect();
            self.teams.insert(user, teams);
        }
        for session in of(&loaded.sessions, id) {
            if let Some(user) = self.learn_session(snapshot, session) {
                self.learn_user(snapshot, user);
            }
        }
    }

    /// A user with its pool.
    fn learn_user(&mut self, snapshot: &Snapshot, user: UserId) -> bool {
        let world = &snapshot.world;
        let Some(row) = world.users.get(&(self.id(), user)) else {
            return false;
        };
        if let Some(pool) = row.license.pool() {
            let Some(row) = world.pools.get(&(self.id(), pool)) else {
                return false;
            };
            self.pools.insert(pool, *row);
        }
        self.users.insert(user, *row);
        true
    }

    fn learn_desk(&mut self, snapshot: &Snapshot, user: UserId) {
        let (id, world) = (self.id(), &snapshot.world);
        let waiting = world.waiting.get(&(id, user)).copied();
        let own: Vec<SessionId> = world.sessions_of(id, user).map(|s| s.id).collect();
        let known = own.iter().filter_map(|s| self.learn_session(snapshot, *s));
        if known.count() < own.len() {
            return;
        }
        let links = world
            .links
            .range((id, LinkId::nth(0))..=(id, LinkId::nth(u128::MAX)));
        let links = links.filter(|(_, link)| link.user == user);
        let links = links.filter_map(|(key, link)| {
            let record = snapshot.link_records.get(key)?.clone();
            Some((link.id, (*link, record)))
        });
        let desk = Desk {
            sessions: own.into_iter().collect(),
            waiting,
            links: links.collect(),
        };
        self.desks.insert(user, desk);
    }

    /// A live session; gives its user.
    fn learn_session(&mut self, snapshot: &Snapshot, session: SessionId) -> Option<UserId> {
        let key = (self.id(), session);
        let row = *snapshot.world.sessions.get(&key)?;
        let record = snapshot.session_records.get(&key)?.clone();
        self.sessions.insert(session, (row, record));
        Some(row.user)
    }

    /// The domain, with all that comes along.
    pub fn serve_domain(&self, snapshot: &mut Snapshot) -> Option<()> {
        snapshot.heads.insert(Head::Domain(self.id()), self.head);
        let world = &mut snapshot.world;
        world.domains.insert(self.id(), self.domain);
        world.accounts.insert(self.owner.id, self.owner);
        if let Some((user, pool)) = self.above {
            world.users.insert((user.domain, user.id), user);
            world
                .pools
                .extend(pool.map(|pool| ((pool.domain, pool.id), pool)));
        }
        self.serve_line(snapshot)
    }

    /// The line of ancestors.
    pub fn serve_line(&self, snapshot: &mut Snapshot) -> Option<()> {
        let lineages = &mut snapshot.world.lineages;
        lineages.insert(self.id(), self.line.clone());
        Some(())
    }

    /// A user with its pool. None when it is not known.
    pub fn serve_user(&self, user: UserId, snapshot: &mut Snapshot) -> Option<()> {
        let row = self.users.get(&user)?;
        if let Some(pool) = row.license.pool() {
            let row = self.pools.get(&pool)?;
            snapshot.world.pools.insert((self.id(), pool), *row);
        }
        snapshot.world.users.insert((self.id(), user), *row);
        Some(())
    }

    /// Likewise, with its personal record.
    pub fn serve_person(&self, user: UserId, snapshot: &mut Snapshot) -> Option<()> {
        let person = self.people.get(&user)?;
        self.serve_user(user, snapshot)?;
        snapshot.people.insert((self.id(), user), person.clone());
        Some(())
    }

    /// Likewise, with all that stands at the desk for it.
    pub fn serve_desk(&self, user: UserId, snapshot: &mut Snapshot) -> Option<()> {
        let desk = self.desks.get(&user)?;
        self.serve_user(user, snapshot)?;
        for session in &desk.sessions {
            self.serve_session(*session, snapshot)?;
        }
        let id = self.id();
        if let Some(waiting) = desk.waiting {
            snapshot.world.waiting.insert((id, user), waiting);
        }
        for (link, record) in desk.links.values() {
            snapshot.world.links.insert((id, link.id), *link);
            snapshot.link_records.insert((id, link.id), record.clone());
        }
        Some(())
    }

    /// The teams that a user is in.
    pub fn serve_teams(&self, user: UserId, snapshot: &mut Snapshot) -> Option<()> {
        let domain = self.id();
        for id in self.teams.get(&user)?.iter().copied() {
            let world = &mut snapshot.world;
            world.teams.insert((domain, id), Team { domain, id });
            world.members.insert((domain, id, user));
        }
        Some(())
    }

    /// A session with its user.
    pub fn serve_seated(&self, session: SessionId, snapshot: &mut Snapshot) -> Option<()> {
        let user = self.serve_session(session, snapshot)?;
        self.serve_user(user, snapshot)
    }

    /// Gives its user.
    fn serve_session(&self, session: SessionId, snapshot: &mut Snapshot) -> Option<UserId> {
        let (row, record) = self.sessions.get(&session)?;
        let key = (self.id(), session);
        snapshot.world.sessions.insert(key, *row);
        snapshot.session_records.insert(key, record.clone());
        Some(row.user)
    }

    /// Follows a write of the domain's, after which its head is at another version.
    ///
    /// # Errors
    /// [`Lost`], when what it leads to is not known here.
    pub fn follow(&mut self, write: &Write) -> Result<(), Lost> {
        match write {
            Write::Domain(after) => self.follow_domain(after)?,
            Write::Seats(after) => {
                let domain = &mut self.domain;
                domain.seats = after.seats;
                domain.users = after.users;
                domain.pools = after.pools;
                domain.teams = after.teams;
            }
            Write::User(user) => {
                if let UserState::Invited { expires_at } = user.state {
                    self.due_by(Some(expires_at));
                }
                self.users.insert(user.id, *user);
            }
            Write::RemoveUser(_, user) => {
                self.users.remove(user);
                self.desks.remove(user);
                self.teams.remove(user);
            }
            Write::Person(person) => {
                drop(self.people.insert(person.user, Arc::new(person.clone())))
            }
            Write::RemovePerson(_, user) => drop(self.people.remove(user)),
            // Somebody waits: what is due then is the pool's to say.
            Write::Pool(pool) if pool.waiting > 0 => return Err(Lost),
            Write::Pool(pool) => drop(self.pools.insert(pool.id, *pool)),
            Write::RemovePool(_, pool) => drop(self.pools.remove(pool)),
            Write::Session(row) => self.follow_session(row.session, &row.record, row.due_at),
            Write::EndedSession(ended, _) => {
                self.sessions.remove(&ended.id);
                if let Some(desk) = self.desks.get_mut(&ended.user) {
                    desk.sessions.remove(&ended.id);
                }
            }
            Write::Seen { session, at, .. } => self.seen(*session, *at),
            Write::Link(link, record) => {
                if let Some(desk) = self.desks.get_mut(&link.user) {
                    desk.links.insert(link.id, (*link, record.clone()));
                    let made_at = link.made_at;
                    desk.links
                        .retain(|_, (link, _)| link.state(made_at) == LinkState::Valid);
                }
            }
            Write::Waiting(waiting) => {
                self.due_by(waiting.offered_until);
                if let Some(desk) = self.desks.get_mut(&waiting.user) {
                    desk.waiting = Some(*waiting);
                }
            }
            Write::RemoveWaiting(_, user) => {
                if let Some(desk) = self.desks.get_mut(user) {
                    desk.waiting = None;
                }
            }
            Write::Member(_, team, user) => {
                self.teams.entry(*user).and_modify(|teams| {
                    teams.insert(*team);
                });
            }
            Write::RemoveMember(_, team, user) => {
                self.teams.entry(*user).and_modify(|teams| {
                    teams.remove(team);
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// All of a domain but its seats.
    fn follow_domain(&mut self, after: &Domain) -> Result<(), Lost> {
        let before = self.domain;
        let elsewhere = (after.owner, after.parent) != (before.owner, before.parent);
        if elsewhere || after.closed {
            return Err(Lost);
        }
        self.domain = Domain {
            seats: before.seats,
            users: before.users,
            pools: before.pools,
            teams: before.teams,
            ..*after
        };
        let link = self.line.last_mut().filter(|link| link.domain == after.id);
        link.ok_or(Lost)?.record = after.standing;
        Ok(())
    }

    fn follow_session(&mut self, mut row: Session, record: &SessionRecord, due_at: Option<Time>) {
        self.due_by(due_at);
        if let Some((there, _)) = self.sessions.get(&row.id) {
            row.seen_at = row.seen_at.max(there.seen_at);
        }
        self.sessions.insert(row.id, (row, record.clone()));
        if let Some(desk) = self.desks.get_mut(&row.user) {
            desk.sessions.insert(row.id);
        }
    }

    /// A device was seen, which lies under no head.
    pub fn seen(&mut self, session: SessionId, at: Time) {
        if let Some((row, _)) = self.sessions.get_mut(&session) {
            row.seen_at = row.seen_at.max(at);
        }
    }

    fn due_by(&mut self, at: Option<Time>) {
        self.due_at = self.due_at.into_iter().chain(at).min();
    }
}

/// When something is due, as far as that can be told: `Some(None)` when nothing ever is.
fn due_at(soonest: &Soonest) -> Option<Option<Time>> {
    let all = [soonest.invitation, soonest.session, soonest.offer];
    (!soonest.queue).then(|| all.into_iter().flatten().min())
}

/// A domain's keys.
fn of<T: Copy>(keys: &Keys<(DomainId, T)>, id: DomainId) -> impl Iterator<Item = T> {
    let keys = keys.iter();
    keys.filter(move |(domain, _)| *domain == id)
        .map(|(_, key)| *key)
}
