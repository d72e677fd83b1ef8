//! The world that tests play in: three domains below each other, with people in every role.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use usher_app::entropy::Entropy;
use usher_app::{App, Ask, Settings};
use usher_http::HttpOptions;
use usher_rules::{AccountId, Time};
use usher_store::memory::MemoryStore;

use super::people::{Appear, Enter};
use super::{Answer, Client};

/// 2027-01-15T08:00:00Z.
pub const START: Time = Time(1_800_000_000_000_000);

/// Bytes that count up: ids that are made at the same moment keep their order.
#[derive(Default)]
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let from = bytes.len() - number.len();
        bytes.fill(0);
        bytes[from..].copy_from_slice(&number);
    }
}

/// A server on a store in memory.
pub struct Server {
    pub store: MemoryStore,
    pub app: Arc<App>,
    pub router: Router,
}

impl Server {
    /// A sandbox.
    pub fn new() -> Server {
        Server::on(MemoryStore::sandbox(START))
    }

    pub fn on(store: MemoryStore) -> Server {
        Server::with(store, Server::options())
    }

    pub fn with(store: MemoryStore, options: HttpOptions) -> Server {
        Server::made(store, options, usher_rules::Settings::default())
    }

    /// A sandbox whose operator set the rules' settings so.
    pub fn set(rules: usher_rules::Settings) -> Server {
        Server::made(MemoryStore::sandbox(START), Server::options(), rules)
    }

    fn options() -> HttpOptions {
        HttpOptions {
            sandbox: true,
            public_url: "https://seats.example.com".to_owned(),
            metrics: Some(PrometheusBuilder::new().build_recorder().handle()),
            ..HttpOptions::default()
        }
    }

    fn made(store: MemoryStore, options: HttpOptions, rules: usher_rules::Settings) -> Server {
        let entropy = Arc::new(Counting::default());
        let settings = Settings {
            public_url: options.public_url.clone(),
            rules,
            ..Settings::default()
        };
        let app = App::new(Arc::new(store.clone()), settings, entropy);
        let router = usher_http::router(app.clone(), options);
        Server { store, app, router }
    }

    pub fn client(&self, token: Option<&str>) -> Client {
        Client::new(self.router.clone(), token)
    }

    /// Someone new, signed in.
    pub async fn someone(&self, email: &str) -> Client {
        self.appear(email, false).await
    }

    pub async fn appear(&self, email: &str, operator: bool) -> Client {
        let email = email.to_owned();
        let appear = Appear { email, operator };
        let account = self.app.do_now(Ask::default(), appear).await;
        self.enter(account.expect("an account"), false).await
    }

    /// Signs in whose account this is.
    pub async fn enter(&self, account: AccountId, read_only: bool) -> Client {
        let enter = Enter { account, read_only };
        let token = self.app.do_now(Ask::default(), enter).await;
        self.client(Some(&token.expect("a token")))
    }

    /// The token in the latest mail to an address.
    pub async fn mailed(&self, to: &str) -> String {
        let mails = self.client(None).get("/v1/sandbox/mail").await.expect(200);
        let mut mails = mails["items"].as_array().expect("mails").iter();
        let mail = mails.find(|mail| mail["to"] == to).expect("a mail");
        let params = mail["text"].as_str().expect("a text");
        let params: Value = serde_json::from_str(params).expect("the template's parameters");
        params["token"].as_str().expect("a token").to_owned()
    }

    /// Signs in a domain user, as the API shows it.
    pub async fn enter_as(&self, user: &Value) -> Client {
        let account = user["account"].as_str().expect("someone who joined");
        self.enter(account.parse().expect("an id"), false).await
    }
}

/// Three domains below each other, and people.
pub struct World {
    pub server: Server,
    pub operator: Client,
    pub outsider: Client,
    pub top: Domain,
    pub mid: Domain,
    pub low: Domain,
    pub admin: Client,
    pub billing: Client,
    pub support: Client,
    pub member: Client,
}

/// A domain, and its owner.
#[derive(Clone)]
pub struct Domain {
    pub id: String,
    pub owner: Client,
}

impl World {
    pub async fn new() -> World {
        World::on(Server::new()).await
    }

    pub async fn on(server: Server) -> World {
        let operator = server.appear("operator@example.com", true).await;
        set_prices(&operator).await;
        let top = Domain::root(&server, &operator, "top").await;
        let mid = top.below(&server, &operator, "mid").await;
        let low = mid.below(&server, &operator, "low").await;
        World {
            outsider: server.someone("outsider@example.com").await,
            admin: mid.joined(&server, "admin", json!({"role": "admin"})).await,
            billing: mid
                .joined(&server, "billing", json!({"role": "billing"}))
                .await,
            support: mid
                .joined(&server, "support", json!({"role": "support"}))
                .await,
            member: mid.joined(&server, "member", json!({})).await,
            server,
            operator,
            top,
            mid,
            low,
        }
    }

    /// Nobody.
    pub fn anonymous(&self) -> Client {
        self.server.client(None)
    }
}

impl Domain {
    /// A root domain in good standing, with seats.
    pub async fn root(server: &Server, operator: &Client, name: &str) -> Domain {
        let owner = server.someone(&format!("{name}-owner@example.com")).await;
        let plan = json!({"plan": "business"});
        owner.put("/v1/me/plan", plan).await.expect(200);
        Domain::open(owner, operator, name).await
    }

    /// A domain below this one, of a user of this one.
    pub async fn below(&self, server: &Server, operator: &Client, name: &str) -> Domain {
        let rights = json!({
            "tier": "business", "permissions": ["account", "history", "manage_sub_domain"],
        });
        let owner = self.joined(server, &format!("{name}-owner"), rights).await;
        Domain::open(owner, operator, name).await
    }

    async fn open(owner: Client, operator: &Client, name: &str) -> Domain {
        let domain = json!({"name": name, "prefix": name});
        let domain = owner.post("/v1/domains", domain).await.expect(201);
        let id = domain["id"].as_str().expect("an id").to_owned();
        let domain = Domain { id, owner };
        domain.verify(operator).await;
        domain.activate_billing().await.expect(200);
        let order = json!({"domain_user": 20, "business": 5, "business_pro": 2});
        domain.order(order).await.expect(200);
        domain
    }

    pub async fn verify(&self, operator: &Client) {
        let asked = self.owner.post("/v1/me/verification", json!({})).await;
        asked.expect(200);
        let me = self.owner.get("/v1/me").await.expect(200);
        let account = me["account"].as_str().expect("an id");
        let path = format!("/v1/operator/verifications/{account}");
        let decision = json!({"decision": "approve"});
        operator.post(&path, decision).await.expect(200);
    }

    pub async fn activate_billing(&self) -> Answer {
        self.owner.put(&self.path("/billing"), billing()).await
    }

    /// Orders as the Billing page does.
    pub async fn order(&self, order: Value) -> Answer {
        let wanted = json!({"order": order});
        let preview = self.owner.post(&self.path("/seats/preview"), wanted).await;
        let preview = preview.expect(200)["preview"].clone();
        let change = json!({"order": order, "preview": preview});
        self.owner.put(&self.path("/seats"), change).await
    }

    /// What happened of a kind, oldest first.
    pub async fn happened(&self, kind: &str) -> Vec<Value> {
        let reader = self.owner.with("accept", "application/json");
        let mut path = self.path("/events?limit=200");
        let mut found = Vec::new();
        loop {
            let page = reader.get(&path).await.expect(200);
            let items = page["items"].as_array().expect("items").iter();
            found.extend(items.filter(|event| event["kind"] == kind).cloned());
            let Some(cursor) = page["next_cursor"].as_str() else {
                return found;
            };
            path = self.path(&format!("/events?limit=200&cursor={cursor}"));
        }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/v1/domains/{}{rest}", self.id)
    }

    /// A user who is added at once.
    pub async fn user(&self, name: &str, mut rights: Value) -> Value {
        rights["email"] = json!(format!("{name}@example.com"));
        rights["name"] = json!(name);
        rights["add"] = json!(true);
        self.owner
            .post(&self.path("/users"), rights)
            .await
            .expect(201)
    }

    pub async fn joined(&self, server: &Server, name: &str, rights: Value) -> Client {
        let user = self.user(name, rights).await;
        server.enter_as(&user).await
    }

    pub fn user_path(&self, user: &Value, rest: &str) -> String {
        let id = user["id"].as_str().expect("an id");
        self.path(&format!("/users/{id}{rest}"))
    }
}

pub async fn set_prices(operator: &Client) {
    let prices = json!({"prices": {"EUR": {
        "domain_user": 400, "business": 600, "business_pro": 1200, "seat_license": 900,
    }}});
    operator
        .put("/v1/operator/prices", prices)
        .await
        .expect(200);
}

pub fn billing() -> Value {
    json!({
        "name": "Example Ltd", "email": "billing@example.com",
        "currency": "EUR", "payment_method": "manual",
    })
}
