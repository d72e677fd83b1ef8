//! What is done at the front desk, first as a wish in picks, then with ids.

use proptest::prelude::*;

use usher_rules::calls::{self, Direction, Phase, Report};
use usher_rules::pools::{self, PoolSettings};
use usher_rules::sessions::{self, LogIn, LogOut, LoggedIn};
use usher_rules::tiers::Tier;
use usher_rules::users::{self, License};
use usher_rules::{
    CallId, DeviceKey, DomainId, LinkId, PoolId, Refusal, SessionId, UserId, links, moves, waiting,
};

use super::wish::{Pick, one_of, tier};
use crate::stage::Stage;

/// A deed at the desk. What it is about is a pick at first and a key later.
#[derive(Debug, Clone, Copy)]
pub enum Desk<Domain, Pool, User, Session, Link> {
    MakePool(Domain, PoolSettings),
    ChangePool(Pool, Setting),
    DropPool(Pool),
    Share(User, Pool),
    MoveIn(User, Pool),
    Reserve(User, bool),
    LogIn(User, u8, bool),
    LogOff(Session),
    LogOut(Session, LogOut),
    Beat(Session, bool),
    Seen(Session),
    Call(Session, u8, Phase),
    Link(User, i64, bool),
    Revoke(Link),
    Ring(Link, u8),
    Await(User),
    Unwait(User),
}

/// One setting of a pool.
#[derive(Debug, Clone, Copy)]
pub enum Setting {
    Seats(u32),
    Tier(Tier),
    LogOff(Option<i64>),
    Notice(Option<i64>),
    Silence(Option<i64>),
    List(bool),
}

impl Setting {
    pub fn of(self, mut settings: PoolSettings) -> PoolSettings {
        match self {
            Setting::Seats(seats) => settings.seats = seats,
            Setting::Tier(tier) => settings.tier = tier,
            Setting::LogOff(seconds) => settings.log_off_seconds = seconds,
            Setting::Notice(seconds) => settings.notice_seconds = seconds,
            Setting::Silence(seconds) => settings.silence_seconds = seconds,
            Setting::List(on) => settings.waiting_list = on,
        }
        settings
    }
}

/// A deed in picks.
pub type DeskWish = Desk<Pick, Pick, Pick, Pick, Pick>;

/// A deed with keys.
pub type DeskAct = Desk<
    DomainId,
    (DomainId, PoolId),
    (DomainId, UserId),
    (DomainId, SessionId),
    (DomainId, LinkId),
>;

pub fn desk_wish() -> impl Strategy<Value = DeskWish> {
    let p = any::<Pick>;
    let often = || prop::bool::weighted(0.7);
    let device = 0..3_u8;
    let call = || 0..6_u8;
    let seconds = prop::sample::select(vec![30, 60, 600, 7200, 90_000, 900_000]);
    let phase = prop::sample::select(Phase::ALL.to_vec());
    let settings =
        (0..4_u32, tier(), often()).prop_map(|(seats, tier, waiting_list)| PoolSettings {
            seats,
            tier,
            waiting_list,
            log_off_seconds: Some(1200),
            ..PoolSettings::default()
        });
    let when = prop::sample::select(vec![LogOut::Now, LogOut::AfterCall]);
    prop_oneof![
        3 => (p(), settings).prop_map(|(d, settings)| Desk::MakePool(d, settings)),
        6 => (p(), setting()).prop_map(|(pool, setting)| Desk::ChangePool(pool, setting)),
        4 => p().prop_map(Desk::DropPool),
        9 => (p(), p()).prop_map(|(u, pool)| Desk::Share(u, pool)),
        2 => (p(), p()).prop_map(|(u, pool)| Desk::MoveIn(u, pool)),
        2 => (p(), often()).prop_map(|(u, on)| Desk::Reserve(u, on)),
        20 => (p(), device, any::<bool>()).prop_map(|(u, on, over)| Desk::LogIn(u, on, over)),
        3 => p().prop_map(Desk::LogOff),
        2 => (p(), when).prop_map(|(s, when)| Desk::LogOut(s, when)),
        3 => (p(), often()).prop_map(|(s, names)| Desk::Beat(s, names)),
        4 => p().prop_map(Desk::Seen),
        12 => (p(), call(), phase).prop_map(|(s, call, phase)| Desk::Call(s, call, phase)),
        6 => (p(), seconds, prop::bool::weighted(0.7)).prop_map(|(u, secs, once)| Desk::Link(u, secs, once)),
        2 => p().prop_map(Desk::Revoke),
        8 => (p(), call()).prop_map(|(link, call)| Desk::Ring(link, call)),
        12 => p().prop_map(Desk::Await),
        4 => p().prop_map(Desk::Unwait),
    ]
}

fn setting() -> impl Strategy<Value = Setting> {
    let seconds = |of: Vec<Option<i64>>| prop::sample::select(of);
    prop_oneof![
        4 => (0..4_u32).prop_map(Setting::Seats),
        2 => tier().prop_map(Setting::Tier),
        2 => seconds(vec![None, Some(60), Some(600), Some(3600)]).prop_map(Setting::LogOff),
        3 => seconds(vec![None, Some(30), Some(300), Some(590)]).prop_map(Setting::Notice),
        1 => seconds(vec![None, Some(60), Some(3600)]).prop_map(Setting::Silence),
        1 => prop::bool::weighted(0.8).prop_map(Setting::List),
    ]
}

/// The wish about those who are there; none when there is nobody to pick.
pub fn about(wish: DeskWish, stage: &Stage) -> Option<DeskAct> {
    let world = &stage.world;
    let domain = |pick| one_of(world.domains.keys().copied(), pick);
    let pool = |pick| one_of(world.pools.keys().copied(), pick);
    let user = |pick| one_of(world.users.keys().copied(), pick);
    let session = |pick| one_of(world.sessions.keys().copied(), pick);
    let link = |pick| one_of(world.links.keys().copied(), pick);
    Some(match wish {
        Desk::MakePool(d, settings) => Desk::MakePool(domain(d)?, settings),
        Desk::ChangePool(p, setting) => Desk::ChangePool(pool(p)?, setting),
        Desk::DropPool(p) => Desk::DropPool(pool(p)?),
        Desk::Share(u, p) => Desk::Share(user(u)?, pool(p)?),
        Desk::MoveIn(u, p) => Desk::MoveIn(user(u)?, pool(p)?),
        Desk::Reserve(u, on) => Desk::Reserve(user(u)?, on),
        Desk::LogIn(u, device, over) => Desk::LogIn(shared_user(stage, u)?, device, over),
        Desk::LogOff(s) => Desk::LogOff(session(s)?),
        Desk::LogOut(s, when) => Desk::LogOut(session(s)?, when),
        Desk::Beat(s, names) => Desk::Beat(session(s)?, names),
        Desk::Seen(s) => Desk::Seen(session(s)?),
        Desk::Call(s, call, phase) => Desk::Call(session(s)?, call, phase),
        Desk::Link(u, seconds, once) => Desk::Link(shared_user(stage, u)?, seconds, once),
        Desk::Revoke(l) => Desk::Revoke(link(l)?),
        Desk::Ring(l, call) => Desk::Ring(link(l)?, call),
        Desk::Await(u) => Desk::Await(shared_user(stage, u)?),
        Desk::Unwait(u) => Desk::Unwait(one_of(world.waiting.keys().copied(), u)?),
    })
}

/// Often one of those who share seats.
fn shared_user(stage: &Stage, pick: Pick) -> Option<(DomainId, UserId)> {
    let all = stage.world.users.iter();
    let shared = all.filter(|(_, user)| pick.is_multiple_of(4) || user.license.pool().is_some());
    let keys: Vec<_> = shared.map(|(key, _)| *key).collect();
    one_of(keys.into_iter(), pick)
}

impl DeskAct {
    /// The domain that would have more seats in use.
    pub fn grows(self) -> Option<DomainId> {
        match self {
            Desk::MakePool(d, _) => Some(d),
            Desk::ChangePool((d, _), Setting::Seats(_) | Setting::Tier(_)) => Some(d),
            Desk::Share((d, _), _) => Some(d),
            Desk::MoveIn(_, (d, _)) => Some(d),
            _ => None,
        }
    }

    /// The domains that it names.
    pub fn domains(self) -> Vec<DomainId> {
        match self {
            Desk::MoveIn((from, _), (to, _)) => vec![from, to],
            Desk::MakePool(d, _)
            | Desk::ChangePool((d, _), _)
            | Desk::DropPool((d, _))
            | Desk::Share((d, _), _)
            | Desk::Reserve((d, _), _)
            | Desk::LogIn((d, _), ..)
            | Desk::LogOff((d, _))
            | Desk::LogOut((d, _), _)
            | Desk::Beat((d, _), _)
            | Desk::Seen((d, _))
            | Desk::Call((d, _), ..)
            | Desk::Link((d, _), ..)
            | Desk::Revoke((d, _))
            | Desk::Ring((d, _), _)
            | Desk::Await((d, _))
            | Desk::Unwait((d, _)) => vec![d],
        }
    }

    pub fn play(self, stage: &mut Stage, n: u128) -> Result<(), Refusal> {
        match self {
            Desk::LogIn((d, u), device, over) => {
                let wish = LogIn {
                    domain: d,
                    user: u,
                    device: DeviceKey::nth(device.into()),
                    take_over: over,
                    session: SessionId::nth(n),
                };
                let came_to = stage.log_in(wish)?;
                if let LoggedIn::Resumed(session) = came_to {
                    stage.world.seen(d, session);
                }
                Ok(())
            }
            Desk::Seen((d, s)) => {
                stage.sweep();
                stage.world.seen(d, s);
                Ok(())
            }
            act => stage.step(|world| act.decide(world, n)),
        }
    }

    fn decide(self, world: &usher_rules::World, n: u128) -> crate::stage::Decision {
        match self {
            Desk::MakePool(d, settings) => pools::make(world, d, PoolId::nth(n), settings),
            Desk::ChangePool((d, p), setting) => {
                let to = setting.of(world.pool(d, p)?.settings);
                pools::change(world, d, p, to)
            }
            Desk::DropPool((d, p)) => pools::delete(world, d, p),
            Desk::Share((d, u), (_, pool)) => {
                users::set_license(world, d, u, License::Shared { pool }, None)
            }
            Desk::MoveIn((d, u), (to, pool)) => {
                let license = Some(License::Shared { pool });
                moves::move_user(world, d, u, to, license, None)
            }
            Desk::Reserve((d, u), on) => pools::reserve(world, d, u, on),
            Desk::LogOff((d, s)) => sessions::log_off(world, d, s),
            Desk::LogOut((d, s), when) => {
                let by = world.domain(d)?.owner;
                sessions::log_out(world, d, s, by, when)
            }
            Desk::Beat((d, s), names) => {
                let call = world.session(d, s)?.call.filter(|_| names);
                calls::heartbeat(world, d, s, call.map(|call| call.id))
            }
            Desk::Call((d, s), call, phase) => {
                let own = world.session(d, s)?.call.filter(|_| call > 1);
                let report = Report {
                    call: own.map_or(CallId::nth(call.into()), |own| own.id),
                    phase,
                    direction: Direction::Made,
                    link: None,
                };
                calls::report(world, d, s, report)
            }
            Desk::Link((d, u), seconds, once) => {
                links::make(world, d, u, LinkId::nth(n), seconds, once)
            }
            Desk::Revoke((d, l)) => links::revoke(world, d, l),
            Desk::Ring((d, l), call) => links::ring(world, d, l, CallId::nth(call.into())),
            Desk::Await((d, u)) => waiting::join(world, d, u),
            Desk::Unwait((d, u)) => Ok(waiting::leave(world, d, u)),
            Desk::LogIn(..) | Desk::Seen(_) => Ok(vec![]),
        }
    }
}
