//! The small world that most stories begin with: an operator, prices, and a domain in standing.

use super::{Client, Place, Server, server};
use serde_json::{Value, json};

pub const PASSWORD: &str = "correct horse battery staple";

/// A domain whose owner may operate it, and those who made it so.
#[derive(Clone, Debug)]
pub struct World {
    pub operator: Client,
    pub owner: Client,
    pub domain: String,
}

impl World {
    /// Makes the operator, the price book, and a root domain in good standing.
    pub fn new(place: &Place, server: &Server) -> Self {
        let operator = operator(place, server);
        set_prices(&operator);
        let owner = sign_up(server, "owner@example.com", "Owner of the domain");
        let domain = open_domain(&owner, &operator, "Example", "example");
        Self {
            operator,
            owner,
            domain,
        }
    }

    /// The same people at another server on the same data.
    pub fn at(&self, server: &Server) -> Self {
        Self {
            operator: self.operator.at(server.url()),
            owner: self.owner.at(server.url()),
            domain: self.domain.clone(),
        }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/v1/domains/{}{rest}", self.domain)
    }

    pub fn seats(&self) -> Value {
        self.owner.get(&self.path("/seats")).expect(200)["seats"].clone()
    }

    /// Orders seats as the Billing page does: preview, then the change with what was previewed.
    pub fn order(&self, order: &Value) -> Value {
        let wanted = json!({ "order": order });
        let preview = self
            .owner
            .post(&self.path("/seats/preview"), &wanted)
            .expect(200);
        let change = json!({ "order": order, "preview": preview["preview"] });
        self.owner.put(&self.path("/seats"), &change).expect(200)
    }

    pub fn add_user(&self, name: &str) -> String {
        let user = json!({ "email": format!("{name}@example.com"), "name": name, "add": true });
        let user = self.owner.post(&self.path("/users"), &user).expect(201);
        user["id"].as_str().expect("a user's id").to_owned()
    }

    /// All users of the domain, page by page.
    pub fn users(&self) -> Vec<Value> {
        let mut users = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = self.path(&format!("/users?limit=100{cursor}"));
            let page = self.owner.get(&path).expect(200);
            users.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return users,
            }
        }
    }

    pub fn license_path(&self, user: &str) -> String {
        self.path(&format!("/users/{user}/license"))
    }
}

/// The license of a named user on this tier, as it is asked for and as it is shown.
pub fn named(tier: &str) -> Value {
    json!({ "model": "named", "tier": tier })
}

/// An operator made from the command line, as on a new installation, and signed in.
pub fn operator(place: &Place, server: &Server) -> Client {
    let email = "operator@example.com";
    let output = server::run(place, &["operator", "create", "--email", email]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "usher operator create: {output:?}");
    let password = text
        .lines()
        .find_map(|line| line.split_once("password:"))
        .unwrap_or_else(|| panic!("usher operator create prints a password: {text}"))
        .1;
    server.client().logged_in(email, password.trim())
}

pub fn set_prices(operator: &Client) {
    let prices = json!({ "prices": { "EUR": {
        "domain_user": 400, "business": 600, "business_pro": 1200, "seat_license": 900,
    }}});
    operator.put("/v1/operator/prices", &prices).expect(200);
}

/// A new unmanaged account on the plan Business, signed in.
pub fn sign_up(server: &Server, email: &str, name: &str) -> Client {
    let account = json!({ "email": email, "password": PASSWORD, "name": name });
    server.client().post("/v1/accounts", &account).expect(201);
    let client = server.client().logged_in(email, PASSWORD);
    client
        .put("/v1/me/plan", &json!({ "plan": "business" }))
        .expect(200);
    client
}

/// Identity verified, domain made, billing activated: everything that standing asks for.
pub fn open_domain(owner: &Client, operator: &Client, name: &str, prefix: &str) -> String {
    verify(owner, operator);
    let domain = json!({ "name": name, "prefix": prefix });
    let domain = owner.post("/v1/domains", &domain).expect(201);
    let domain = domain["id"].as_str().expect("a domain's id").to_owned();
    activate_billing(owner, &domain);
    domain
}

/// The owner asks for verification and the operator approves it.
pub fn verify(owner: &Client, operator: &Client) {
    owner.post("/v1/me/verification", &json!({})).expect(200);
    let waiting = operator.get("/v1/operator/verifications").expect(200);
    for request in waiting["items"].as_array().expect("items") {
        let account = request["account"].as_str().expect("an account's id");
        let path = format!("/v1/operator/verifications/{account}");
        let decision = json!({ "decision": "approve" });
        operator.post(&path, &decision).expect(200);
    }
}

pub fn activate_billing(owner: &Client, domain: &str) {
    let billing = json!({
        "name": "Example Ltd", "email": "billing@example.com",
        "currency": "EUR", "payment_method": "manual",
    });
    let path = format!("/v1/domains/{domain}/billing");
    owner.put(&path, &billing).expect(200);
}
