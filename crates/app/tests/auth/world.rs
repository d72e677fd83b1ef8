//! A server in memory, with people to try it.

use std::future::Future;
use std::sync::{Arc, Mutex};

use usher_app::accounts::{Me, MeAnswer, NewAccount, SignedUp};
use usher_app::desk::{Failure, Reply, UseCase};
use usher_app::entropy::System;
use usher_app::login::{LogIn, LoggedIn};
use usher_app::secrets::digest;
use usher_app::{App, Ask, Idempotency, Settings};
use usher_rules::{AccountId, Refusal, Time};
use usher_store::Store;
use usher_store::memory::MemoryStore;
use usher_store::records::Mail;

pub const ANN: &str = "ann@example.com";
pub const PASSWORD: &str = "correct horse";
/// 2027-01-15T08:00:00Z.
pub const START: Time = Time(1_800_000_000_000_000);

pub type Render<A> = Box<dyn Fn(Result<&A, &Refusal>) -> Reply + Send + Sync>;

/// Calls something that renders, and gives what it rendered.
pub async fn answer<A, F>(call: impl FnOnce(Render<A>) -> F) -> Result<A, Refusal>
where
    A: Clone + Send + 'static,
    F: Future<Output = Result<Reply, Failure>>,
{
    let kept = Arc::new(Mutex::new(None));
    let keep = kept.clone();
    let render = move |result: Result<&A, &Refusal>| {
        *keep.lock().unwrap() = Some(result.cloned().map_err(Clone::clone));
        Reply {
            status: 200,
            body: String::new(),
        }
    };
    match call(Box::new(render)).await {
        Ok(_) => kept.lock().unwrap().take().expect("something was rendered"),
        Err(Failure::Refused(refusal)) => Err(refusal),
        Err(failure) => panic!("{failure}"),
    }
}

/// Someone with a token.
pub fn with(token: &str) -> Ask {
    Ask {
        token: Some(digest(token)),
        ..Ask::default()
    }
}

/// The same request, which can be sent again.
pub fn once(ask: Ask, key: &str) -> Ask {
    let idempotency = Some(Idempotency {
        route: "POST /v1/somewhere".to_owned(),
        key: key.to_owned(),
        fingerprint: digest("body"),
    });
    Ask { idempotency, ..ask }
}

pub struct Server {
    pub store: MemoryStore,
    pub app: Arc<App>,
}

impl Server {
    /// A sandbox: mails can be looked at.
    pub fn new() -> Server {
        Server::on(MemoryStore::sandbox(START))
    }

    pub fn on(store: MemoryStore) -> Server {
        Server::over(Arc::new(store.clone()), store)
    }

    /// A process that sees the store through something else.
    pub fn over(seen: Arc<dyn Store>, store: MemoryStore) -> Server {
        let settings = Settings {
            public_url: "https://usher.example.com".to_owned(),
            ..Settings::default()
        };
        let app = App::new(seen, settings, Arc::new(System));
        Server { store, app }
    }

    pub async fn sign_up(&self, email: &str) -> Result<SignedUp, Refusal> {
        let new = NewAccount {
            email: email.to_owned(),
            name: "Ann".to_owned(),
            password: PASSWORD.to_owned(),
        };
        answer(|render| self.app.sign_up(Ask::default(), new, render)).await
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Result<LoggedIn, Refusal> {
        self.log_in_with(Ask::default(), email, password, None)
            .await
    }

    pub async fn log_in_with(
        &self,
        ask: Ask,
        email: &str,
        password: &str,
        code: Option<String>,
    ) -> Result<LoggedIn, Refusal> {
        let said = LogIn {
            email: email.to_owned(),
            password: password.to_owned(),
            code,
            name: "a browser".to_owned(),
        };
        answer(|render| self.app.log_in(ask, said, render)).await
    }

    /// Ann, signed up and logged in.
    pub async fn ann(&self) -> (AccountId, Ask) {
        self.person(ANN).await
    }

    pub async fn person(&self, email: &str) -> (AccountId, Ask) {
        self.sign_up(email).await.unwrap();
        let log_in = self.log_in(email, PASSWORD).await.unwrap();
        (log_in.account.id, with(&log_in.text))
    }

    pub async fn me(&self, ask: &Ask) -> Result<MeAnswer, Refusal> {
        refusal(self.app.look(ask, &Me).await)
    }

    pub async fn run<U: UseCase>(&self, ask: &Ask, case: U) -> Result<U::Answer, Refusal>
    where
        U::Answer: Clone,
    {
        refusal(self.app.do_now(ask.clone(), case).await)
    }

    /// All mails so far, oldest first.
    pub async fn mails(&self) -> Vec<Mail> {
        let mut mails = self.app.sent_mail(100).await.unwrap();
        mails.reverse();
        mails
    }

    /// Templates and recipients of all mails so far.
    pub async fn mail_lines(&self) -> Vec<String> {
        let mails = self.mails().await;
        let line = |mail: &Mail| format!("{} {}", mail.template, mail.recipient);
        let mut lines: Vec<String> = mails.iter().map(line).collect();
        lines.sort();
        lines
    }

    /// A parameter of the newest mail of a template.
    pub async fn mailed(&self, template: &str, param: &str) -> String {
        let mails = self.mails().await;
        let mail = mails.iter().rfind(|mail| mail.template == template);
        let params: serde_json::Value =
            serde_json::from_str(&mail.expect("a mail").params).unwrap();
        params[param].as_str().expect("a text").to_owned()
    }
}

/// A refusal is something to look at, a storage error is not.
pub fn refusal<A>(result: Result<A, Failure>) -> Result<A, Refusal> {
    match result {
        Ok(answer) => Ok(answer),
        Err(Failure::Refused(refusal)) => Err(refusal),
        Err(failure) => panic!("{failure}"),
    }
}
