//! The front desk in a table: pools, sessions, calls, links, waiting lists, teams.
//!
//! A shared user's session goes by the user's name; a named user's by `ann@phone`. Times of
//! the first day are shown as `00:10:00`.

use usher_rules::calls::{self, Direction, Phase, Report};
use usher_rules::pools::{self, PoolSettings};
use usher_rules::sessions::{self, LogIn, LogOut, LoggedIn};
use usher_rules::tiers::Tier;
use usher_rules::users::{self, License};
use usher_rules::{
    AccountId, ContactId, DeviceKey, DomainId, Event, Head, LinkId, PoolId, Refusal, SessionId,
    TeamId, Time, UserId, contacts, links, teams, waiting,
};

use super::Table;

/// What a command of the desk answers when it isn't refused.
type Answer = Result<String, Refusal>;

fn done(outcome: Result<(), Refusal>) -> Answer {
    outcome.map(|()| "ok".to_owned())
}

impl Table {
    /// Does it, if it is a command of the desk.
    pub(super) fn desk(&mut self, words: &[&str]) -> Option<Answer> {
        let [command, domain, rest @ ..] = words else {
            return None;
        };
        let domain = self.names.domain(domain);
        Some(match (*command, rest) {
            ("login", [user, device, how @ ..]) => self.log_in(domain, user, device, how),
            ("logoff" | "logout" | "beat" | "call", [session, rest @ ..]) => {
                let id = self.session(domain, session);
                self.session_command(command, domain, id, rest)
            }
            ("link", [user, link, seconds, once @ ..]) => {
                let (user, link) = (self.names.user(user), self.names.link(link));
                let (seconds, once) = (seconds.parse().unwrap(), !once.is_empty());
                done(
                    self.stage
                        .step(|world| links::make(world, domain, user, link, seconds, once)),
                )
            }
            ("revoke", [link]) => {
                let link = self.names.link(link);
                done(self.stage.step(|world| links::revoke(world, domain, link)))
            }
            ("ring", [link, call]) => {
                let (link, call) = (self.names.link(link), self.names.call(call));
                done(
                    self.stage
                        .step(|world| links::ring(world, domain, link, call)),
                )
            }
            ("wait", [user]) => {
                let user = self.names.user(user);
                done(self.stage.step(|world| waiting::join(world, domain, user)))
            }
            ("unwait", [user]) => {
                let user = self.names.user(user);
                done(
                    self.stage
                        .step(|world| Ok(waiting::leave(world, domain, user))),
                )
            }
            ("license", [user, license @ ..]) => {
                let (id, to) = (self.names.user(user), self.license(license));
                let by = self.owner(domain);
                done(
                    self.stage
                        .step(|world| users::set_license(world, domain, id, to, by)),
                )
            }
            _ => return self.pool_command(command, domain, rest),
        })
    }

    fn pool_command(&mut self, command: &str, domain: DomainId, rest: &[&str]) -> Option<Answer> {
        Some(done(match (command, rest) {
            ("pool", [pool, settings @ ..]) => {
                let id = self.names.pool(pool);
                let quiet = PoolSettings {
                    silence_seconds: None,
                    ..PoolSettings::default()
                };
                let settings = pool_settings(quiet, settings);
                self.stage
                    .step(|world| pools::make(world, domain, id, settings))
            }
            ("set", [pool, settings @ ..]) => {
                let id = self.names.pool(pool);
                self.stage.step(|world| {
                    let to = pool_settings(world.pool(domain, id)?.settings, settings);
                    pools::change(world, domain, id, to)
                })
            }
            ("drop", [pool]) => {
                let id = self.names.pool(pool);
                self.stage.step(|world| pools::delete(world, domain, id))
            }
            ("reserve" | "unreserve", [user]) => {
                let (id, on) = (self.names.user(user), command == "reserve");
                self.stage
                    .step(|world| pools::reserve(world, domain, id, on))
            }
            ("team" | "unteam", [team]) => {
                let id = self.names.team(team);
                self.stage.step(|world| match command {
                    "team" => teams::make(world, domain, id),
                    _ => teams::delete(world, domain, id),
                })
            }
            ("join" | "leave", [team, user]) => {
                let (team, user) = (self.names.team(team), self.names.user(user));
                self.stage.step(|world| match command {
                    "join" => teams::join(world, domain, team, user),
                    _ => Ok(teams::leave(world, domain, team, user)),
                })
            }
            ("know" | "forget", [user, contact]) => {
                let (user, contact) = (self.names.user(user), self.names.contact(contact));
                self.stage.step(|world| match command {
                    "know" => contacts::add(world, domain, user, contact),
                    _ => contacts::remove(world, domain, user, contact),
                })
            }
            _ => return None,
        }))
    }

    fn log_in(&mut self, domain: DomainId, user: &str, device: &str, how: &[&str]) -> Answer {
        let wish = LogIn {
            domain,
            user: self.names.user(user),
            device: self.names.device(device),
            take_over: how == ["over"],
            session: SessionId::nth(self.stage.journal.len() as u128 + 1),
        };
        let came_to = self.stage.log_in(wish)?;
        let named = format!("{user}@{device}");
        let (session, answer) = match came_to {
            LoggedIn::Started(_) => (wish.session, "ok"),
            LoggedIn::Resumed(session) => {
                self.stage.world.seen(domain, session);
                (session, "resumed")
            }
        };
        for name in [user.to_owned(), named] {
            self.sessions.insert((domain, name), session);
        }
        Ok(answer.to_owned())
    }

    /// The last session of this name.
    fn session(&self, domain: DomainId, name: &str) -> SessionId {
        let known = self.sessions.get(&(domain, name.to_owned())).copied();
        known.unwrap_or(SessionId::nth(0))
    }

    fn session_command(
        &mut self,
        command: &str,
        domain: DomainId,
        id: SessionId,
        rest: &[&str],
    ) -> Answer {
        let by = self.owner(domain);
        let outcome = match (command, rest) {
            ("logoff", []) => self
                .stage
                .step(|world| sessions::log_off(world, domain, id)),
            ("logout", when) => {
                let when = match when {
                    [] => LogOut::Now,
                    ["after_call"] => LogOut::AfterCall,
                    _ => panic!("log out when? {when:?}"),
                };
                let by = by.unwrap();
                self.stage
                    .step(|world| sessions::log_out(world, domain, id, by, when))
            }
            ("beat", call) => {
                let call = call.first().map(|call| self.names.call(call));
                self.stage
                    .step(|world| calls::heartbeat(world, domain, id, call))
            }
            ("call", [call, phase, how @ ..]) => {
                let report = self.report(call, phase, how);
                self.stage
                    .step(|world| calls::report(world, domain, id, report))
            }
            _ => panic!("no such command: {command} {rest:?}"),
        };
        // A heartbeat or a report is a sign of life, whatever it says.
        if matches!(command, "beat" | "call") && outcome.is_ok() {
            self.stage.world.seen(domain, id);
        }
        done(outcome)
    }

    fn report(&mut self, call: &str, phase: &str, how: &[&str]) -> Report {
        let mut report = Report {
            call: self.names.call(call),
            phase: Phase::from_name(phase).unwrap_or_else(|| panic!("no phase: {phase}")),
            direction: Direction::Received,
            link: None,
        };
        for word in how {
            match Direction::from_name(word) {
                Some(direction) => report.direction = direction,
                None => report.link = Some(self.names.link(word)),
            }
        }
        report
    }

    fn owner(&self, domain: DomainId) -> Option<AccountId> {
        let domain = self.stage.world.domain(domain).ok();
        domain.map(|domain| domain.owner)
    }

    /// `named business`, `shared help`
    pub(super) fn license(&mut self, words: &[&str]) -> License {
        match words {
            ["named", tier] => License::Named {
                tier: Tier::from_name(tier).unwrap_or_else(|| panic!("no tier: {tier}")),
            },
            ["shared", pool] => License::Shared {
                pool: self.names.pool(pool),
            },
            _ => panic!("no license: {words:?}"),
        }
    }
}

/// `seats 2 tier business log_off 600 silence off notice 60 cap 3600 list on`
fn pool_settings(mut settings: PoolSettings, words: &[&str]) -> PoolSettings {
    for pair in words.chunks(2) {
        let [what, value] = pair else {
            panic!("a setting without its value: {pair:?}");
        };
        let seconds = || value.parse::<i64>().ok();
        match *what {
            "seats" => settings.seats = value.parse().unwrap(),
            "tier" => settings.tier = Tier::from_name(value).unwrap(),
            "log_off" => settings.log_off_seconds = seconds(),
            "silence" => settings.silence_seconds = seconds(),
            "notice" => settings.notice_seconds = seconds(),
            "cap" => settings.link_cap_seconds = seconds().unwrap(),
            "list" => settings.waiting_list = *value == "on",
            _ => panic!("no setting: {what}"),
        }
    }
    settings
}

// The questions of the desk.
impl Table {
    pub(super) fn ask_desk(&mut self, words: &[&str]) -> Option<String> {
        let [question, domain, rest @ ..] = words else {
            return None;
        };
        let domain = self.names.domain(domain);
        Some(match (*question, rest) {
            ("pools", []) => self.pools(domain),
            ("session", [name]) => self.describe_session(domain, self.session(domain, name)),
            ("clock", [name]) => self.clock(domain, self.session(domain, name)),
            ("sessions", [user]) => {
                let user = self.names.user(user);
                let count = self.stage.world.sessions_of(domain, user).count();
                count.to_string()
            }
            ("state", [link]) => {
                let link = self.names.link(link);
                let world = &self.stage.world;
                let link = world.link(domain, link).unwrap();
                format!(
                    "{} until {}",
                    link.state(world.now).name(),
                    clock(link.valid_until)
                )
            }
            ("queue", [pool]) => {
                let pool = self.names.pool(pool);
                self.queue(domain, pool)
            }
            ("happened", []) => self.happened(domain),
            ("together", [one, other]) => {
                let (one, other) = (self.names.user(one), self.names.user(other));
                self.stage
                    .world
                    .share_a_team(domain, one, other)
                    .to_string()
            }
            ("known", [user]) => {
                let user = self.names.user(user);
                let known = self.stage.world.contacts_of(domain, user);
                known.count().to_string()
            }
            _ => return None,
        })
    }

    /// `default 1/2 help 4/3 draining`
    fn pools(&self, domain: DomainId) -> String {
        let own = self
            .stage
            .world
            .pools
            .values()
            .filter(|p| p.domain == domain);
        let shown = own.map(|pool| {
            let name = self.names.of(pool.id.0);
            let draining = if pool.is_draining() { " draining" } else { "" };
            format!("{name} {}/{}{draining}", pool.taken(), pool.settings.seats)
        });
        super::questions::or_nothing(shown.collect::<Vec<_>>().join(" "))
    }

    /// `ringing c1 since 00:10:00, waits for a guest`, or how it ended
    fn describe_session(&self, domain: DomainId, id: SessionId) -> String {
        let world = &self.stage.world;
        match world.session(domain, id) {
            Ok(session) => {
                let mut text = match session.call {
                    None => "no call".to_owned(),
                    Some(call) => {
                        let state = call.answered_at.map_or("ringing", |_| "answered");
                        let since = clock(call.answered_at.unwrap_or(call.started_at));
                        format!("{state} {} since {since}", self.names.of(call.id.0))
                    }
                };
                if session.waits_for_guest(world.now) {
                    text += ", waits for a guest";
                }
                text
            }
            Err(Refusal::SessionEnded { reason, by, at }) => {
                let by = by.map_or("nobody", |by| self.names.of(by.0));
                format!("{} at {} by {by}", reason.name(), clock(at))
            }
            Err(_) => "none".to_owned(),
        }
    }

    /// When the session is logged off automatically, as things stand.
    fn clock(&self, domain: DomainId, id: SessionId) -> String {
        let world = &self.stage.world;
        let Ok(session) = world.session(domain, id) else {
            return "over".to_owned();
        };
        let pool = session.pool.map(|pool| &world.pools[&(domain, pool)]);
        session
            .log_off_at(pool)
            .map_or("stands still".to_owned(), clock)
    }

    /// `bob until 00:01:00, cem`
    fn queue(&self, domain: DomainId, pool: PoolId) -> String {
        let all = self.stage.world.waiting.values();
        let mut own: Vec<_> = all
            .filter(|row| (row.domain, row.pool) == (domain, pool))
            .collect();
        own.sort_by_key(|row| row.place);
        let shown = own.iter().map(|row| {
            let name = self.names.of(row.user.0);
            let until = row
                .offered_until
                .map(|until| format!(" until {}", clock(until)));
            format!("{name}{}", until.unwrap_or_default())
        });
        super::questions::or_nothing(shown.collect::<Vec<_>>().join(", "))
    }

    /// What happened at the desk since it was last asked, with the time of each.
    fn happened(&mut self, domain: DomainId) -> String {
        let journal = &self.stage.journal;
        let seen = self.heard.insert(domain, journal.len()).unwrap_or(0);
        let news = journal[seen..].iter();
        let own = news.filter(|entry| entry.head == Head::Domain(domain));
        let told = own.filter_map(|entry| {
            let (user, what) = desk_event(&entry.event)?;
            Some(format!(
                "{} {what} {}",
                self.names.of(user.0),
                clock(entry.at)
            ))
        });
        super::questions::or_nothing(told.collect::<Vec<_>>().join(", "))
    }
}

fn desk_event(event: &Event) -> Option<(UserId, &'static str)> {
    match *event {
        Event::SessionStarted { user, .. } => Some((user, "in")),
        Event::SessionEnded { user, reason, .. } => Some((user, reason.name())),
        Event::LogInRefused { user, .. } => Some((user, "refused")),
        Event::LogOffNear { user, .. } => Some((user, "noticed")),
        Event::LogOutAfterCall { user, .. } => Some((user, "out_after_call")),
        Event::CallStarted { user, .. } => Some((user, "ringing")),
        Event::CallAnswered { user, .. } => Some((user, "answered")),
        Event::CallEnded { user, why, .. } => Some((user, why_ended(why))),
        Event::OfferMade { user, .. } => Some((user, "offered")),
        Event::OfferLapsed { user, .. } => Some((user, "lapsed")),
        Event::LinkUsed { user, .. } => Some((user, "link_used")),
        Event::LinkRevoked { user, .. } => Some((user, "link_revoked")),
        Event::UserRemoved { user } => Some((user, "removed_user")),
        _ => None,
    }
}

fn why_ended(why: calls::CallEnd) -> &'static str {
    match why {
        calls::CallEnd::Reported => "call_ended",
        calls::CallEnd::Forgotten => "call_forgotten",
        calls::CallEnd::SessionEnded => "call_cut",
    }
}

/// The time of day on the first day, the whole time on others.
pub(super) fn clock(time: Time) -> String {
    let text = time.to_string();
    match text.strip_prefix("2026-01-10T") {
        Some(of_day) => of_day.trim_end_matches('Z').to_owned(),
        None => text,
    }
}

impl super::names::Names {
    pub fn pool(&mut self, name: &str) -> PoolId {
        PoolId::nth(self.number(name))
    }

    pub fn link(&mut self, name: &str) -> LinkId {
        LinkId::nth(self.number(name))
    }

    pub fn call(&mut self, name: &str) -> usher_rules::CallId {
        usher_rules::CallId::nth(self.number(name))
    }

    pub fn team(&mut self, name: &str) -> TeamId {
        TeamId::nth(self.number(name))
    }

    pub fn contact(&mut self, name: &str) -> ContactId {
        ContactId::nth(self.number(name))
    }

    pub fn device(&mut self, name: &str) -> DeviceKey {
        DeviceKey::nth(self.number(name))
    }
}
