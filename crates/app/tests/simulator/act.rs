//! What agents, guests and admins ask: use cases of the app, to be asked again as they are.

use std::sync::Arc;

use usher_app::desk::{Failure, Reply, UseCase};
use usher_app::links::{MakeLink, NewLink, RevokeLink};
use usher_app::pools::{ChangePool, DeletePool, MakePool, Reserve};
use usher_app::seats::SetOrder;
use usher_app::sessions::{
    AfterReport, Entered, Heartbeat, LogIn, LogOff, LogSomeoneOut, OfSession, ReportCall,
};
use usher_app::users::moves::MoveUser;
use usher_app::users::{SetLicense, TakeStep};
use usher_app::waiting::SetWaiting;
use usher_app::{App, Ask};
use usher_rules::{DomainId, Refusal, UserId};
use uuid::Uuid;

/// Something that can be asked.
#[derive(Debug, Clone)]
pub enum Act {
    LogIn(LogIn),
    LogOff(LogOff),
    Beat(Heartbeat),
    Report(ReportCall),
    Link(MakeLink),
    Revoke(RevokeLink),
    /// A guest calls by a link's token.
    Ring(String),
    Wait(SetWaiting),
    ChangePool(ChangePool),
    MakePool(MakePool),
    DeletePool(DeletePool),
    LogOut(LogSomeoneOut),
    License(SetLicense),
    Reserve(Reserve),
    Step(TakeStep),
    Move(MoveUser),
    Order(SetOrder),
}

/// The status of an answer that was done; a refusal has [`NO`].
pub const YES: u16 = 200;
pub const NO: u16 = 409;

/// The last digits of an id: enough to tell a run's ids apart.
pub fn tag(id: Uuid) -> String {
    let text = id.simple().to_string();
    text[26..].to_owned()
}

impl Act {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Act::LogIn(_) => "log in",
            Act::LogOff(_) => "log off",
            Act::Beat(_) => "beat",
            Act::Report(_) => "report",
            Act::Link(_) => "link",
            Act::Revoke(_) => "revoke",
            Act::Ring(_) => "ring",
            Act::Wait(_) => "wait",
            Act::ChangePool(_) => "change pool",
            Act::MakePool(_) => "make pool",
            Act::DeletePool(_) => "delete pool",
            Act::LogOut(_) => "log out",
            Act::License(_) => "license",
            Act::Reserve(_) => "reserve",
            Act::Step(_) => "step",
            Act::Move(_) => "move",
            Act::Order(_) => "order",
        }
    }

    /// A line of the trace.
    pub fn shown(&self) -> String {
        let user = |user: UserId| tag(user.0);
        let of = |of: &OfSession| tag(of.session.0);
        let about = match self {
            Act::LogIn(c) => format!("{} at {} over {}", user(c.user), c.device.id, c.take_over),
            Act::LogOff(c) => of(&c.0),
            Act::Beat(c) => format!("{} in {:?}", of(&c.of), c.call.map(|call| tag(call.0))),
            Act::Report(c) => {
                let (call, phase) = (tag(c.report.call.0), c.report.phase);
                format!("{} {call} {phase:?}", of(&c.of))
            }
            Act::Link(c) => format!("{} {} s once {}", user(c.user), c.valid_seconds, c.one_call),
            Act::Revoke(c) => tag(c.link.0),
            Act::Ring(_) => String::new(),
            Act::Wait(c) => format!("{} {}", user(c.own.user), c.wait),
            Act::ChangePool(c) => format!("{} {:?}", tag(c.pool.0), c.changes),
            Act::MakePool(c) => format!("{:?}", c.settings),
            Act::DeletePool(c) => tag(c.pool.0),
            Act::LogOut(c) => format!("{} {:?}", of(&c.of), c.when),
            Act::License(c) => format!("{} {:?}", user(c.user), c.license),
            Act::Reserve(c) => format!("{} {}", user(c.user), c.reserved),
            Act::Step(c) => format!("{} {:?}", user(c.user), c.step),
            Act::Move(c) => format!("{} to {}", user(c.user), tag(c.to.0)),
            Act::Order(c) => format!("{:?} {:?}", c.numbers.0, c.when),
        };
        format!("{} {about}", self.word())
    }

    /// The domain that the token names, where a device asks.
    pub fn device_of(&self) -> Option<DomainId> {
        match self {
            Act::LogOff(LogOff(of))
            | Act::Beat(Heartbeat { of, .. })
            | Act::Report(ReportCall { of, .. }) => Some(of.domain),
            _ => None,
        }
    }

    /// Asks a process, which answers or fails.
    pub async fn ask(self, app: &Arc<App>, ask: Ask) -> Result<Reply, Failure> {
        match self {
            Act::LogIn(case) => app.run(ask, case, render(entered)).await,
            Act::LogOff(case) => done(app, ask, case).await,
            Act::Beat(case) => app.run(ask, case, render(goes_on)).await,
            Act::Report(case) => app.run(ask, case, render(goes_on)).await,
            Act::Link(case) => app.run(ask, case, render(link)).await,
            Act::Revoke(case) => done(app, ask, case).await,
            Act::Ring(token) => {
                let rings = render(|call: &usher_app::links::guest::GuestCall| {
                    call.call.0.simple().to_string()
                });
                app.call_by_link(ask, &token, rings).await
            }
            Act::Wait(case) => {
                let place = |place: &Option<_>| if place.is_some() { "waits" } else { "" }.into();
                app.run(ask, case, render(place)).await
            }
            Act::ChangePool(case) => done(app, ask, case).await,
            Act::MakePool(case) => {
                let made =
                    |line: &usher_store::lists::PoolLine| line.pool.id.0.simple().to_string();
                app.run(ask, case, render(made)).await
            }
            Act::DeletePool(case) => done(app, ask, case).await,
            Act::LogOut(case) => done(app, ask, case).await,
            Act::License(case) => done(app, ask, case).await,
            Act::Reserve(case) => done(app, ask, case).await,
            Act::Step(case) => done(app, ask, case).await,
            Act::Move(case) => done(app, ask, case).await,
            Act::Order(case) => done(app, ask, case).await,
        }
    }
}

async fn done<U: UseCase>(app: &Arc<App>, ask: Ask, case: U) -> Result<Reply, Failure> {
    app.run(ask, case, render(|_: &U::Answer| String::new()))
        .await
}

/// What the wire carries of an answer.
fn render<A>(
    say: impl Fn(&A) -> String + Send + Sync + 'static,
) -> impl Fn(Result<&A, &Refusal>) -> Reply + Send + Sync + 'static {
    move |result| match result {
        Ok(answer) => Reply {
            status: YES,
            body: say(answer),
        },
        Err(refusal) => refused(refusal),
    }
}

fn refused(refusal: &Refusal) -> Reply {
    Reply {
        status: NO,
        body: refusal.code().to_owned(),
    }
}

fn entered(entered: &Entered) -> String {
    match entered {
        Entered::In {
            text,
            view,
            resumed,
        } => {
            let id = view.session.id.0.simple();
            format!("{id} {text} {resumed}")
        }
        Entered::Not { refusal, .. } => refusal.code().to_owned(),
    }
}

fn goes_on(report: &AfterReport) -> String {
    if report.is_ok() { "on" } else { "over" }.to_owned()
}

fn link(link: &NewLink) -> String {
    let (id, token) = (link.line.link.id.0.simple(), link.url.rsplit('/').next());
    format!("{id} {}", token.unwrap_or_default())
}
