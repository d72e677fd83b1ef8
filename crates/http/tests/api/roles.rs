//! Who may call what (rule I2): every route of the document, called as everyone, on a
//! world of its own each time. The statuses stand in a checked-in file, so that a hole
//! shows as a difference.

use std::fmt::Write as _;

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::conform::operations;
use crate::harness::desk::call;
use crate::harness::world::billing;
use crate::harness::{Client, World, checked_in};
use crate::links::token_of;

const HEAD: &str = "\
# Who may call what: the status that each route answers to each caller. Made by a test.
#
# The domain of the path is the middle one of three. owner … member: its owner, and its users
# in these roles; self: the user that the route is about; above: the owner of the domain
# above; below: the owner of the domain below, a member of this one; outsider: someone who is
# signed in; operator: who runs the server; device: the session that the route is about, by its
# token; proxy: one with a credential; anonymous: nobody.
";

/// Pages for people are no part of the document: their templates, and one of each.
const PAGES: [(&str, &str); 9] = [
    ("/", "/"),
    ("/join/{token}", "/join/inv_unknown"),
    ("/reset/{token}", "/reset/rst_unknown"),
    ("/call/{token}", "/call/gst_unknown"),
    ("/links.js", "/links.js"),
    ("/problems/{code}", "/problems/invalid"),
    ("/docs", "/docs"),
    ("/docs/", "/docs/"),
    ("/docs/{*file}", "/docs/swagger-ui.css"),
];

const PASSWORD: &str = "correct horse battery";

/// The world, and what the paths name in it.
struct Stage {
    world: World,
    contact: String,
    target: Value,
    invited: Value,
    suspended: Value,
    invitation: String,
    reset: String,
    waiting: String,
    foreign_token: String,
    team: Value,
    pool: Value,
    empty_pool: Value,
    session: Value,
    token: String,
    link: Value,
    guest_call: String,
    proxy: Value,
}

impl Stage {
    async fn new() -> Stage {
        let world = World::new().await;
        let mid = &world.mid;
        let password = json!({"password": PASSWORD});
        let target = mid.user("target", password).await;
        let suspended = mid.user("suspended", json!({})).await;
        let path = mid.user_path(&suspended, "/suspend");
        mid.owner.post(&path, json!({})).await.expect(200);
        let invited = json!({"email": "invited@example.com"});
        let invited = mid
            .owner
            .post(&mid.path("/users"), invited)
            .await
            .expect(201);
        world.top.user("heir", json!({})).await;
        let someone = world.server.someone("waiting@example.com").await;
        someone
            .post("/v1/me/verification", json!({}))
            .await
            .expect(200);
        let me = someone.get("/v1/me").await.expect(200);
        let reset = json!({"email": "target@example.com"});
        let asked = world.anonymous().post("/v1/password-resets", reset).await;
        asked.expect(202);
        let tokens = someone.get("/v1/me/tokens").await.expect(200);
        let team = mid.team("Desk").await;
        mid.join(&team, &target).await;
        let pool = mid.default_pool(3).await;
        let settings = json!({"seats": 2, "waiting_list": true});
        mid.change_pool(&pool, settings).await.expect(200);
        let empty_pool = json!({"name": "Spare", "seats": 0});
        let empty_pool = mid.make_pool(empty_pool).await.expect(201);
        let license = json!({"model": "shared", "pool": pool["id"]});
        let target = mid.license(&target, license).await.expect(200);
        let seated = mid.person(&world.server, target.clone()).await;
        let seated = seated.enters("desk-1").await;
        let link = world.server.enter_as(&target).await;
        let contact = json!({"email": "friend@example.org"});
        let contact = link.post("/v1/me/contacts", contact).await.expect(201);
        let link = link.call_link(json!({})).await;
        let guest_call = format!("/v1/call-links/{}/calls", token_of(&link));
        let guest_call = world.anonymous().post(&guest_call, json!({})).await;
        let guest_call = text(&guest_call.expect(201)["id"]);
        seated.reports(&guest_call, "ended").await.expect(200);
        let proxy = json!({"name": "sip-1"});
        let proxy = world.operator.post("/v1/operator/proxies", proxy).await;
        Stage {
            contact: text(&contact["contact"]),
            proxy: proxy.expect(201),
            pool,
            empty_pool,
            session: seated.session.clone(),
            token: seated.client.token.expect("a token"),
            invitation: world.server.mailed("invited@example.com").await,
            reset: world.server.mailed("target@example.com").await,
            waiting: text(&me["account"]),
            foreign_token: text(&tokens["items"][0]["id"]),
            team,
            link,
            guest_call,
            world,
            target,
            invited,
            suspended,
        }
    }

    async fn callers(&self) -> Vec<(&'static str, Client)> {
        let world = &self.world;
        vec![
            ("owner", world.mid.owner.clone()),
            ("admin", world.admin.clone()),
            ("billing", world.billing.clone()),
            ("support", world.support.clone()),
            ("member", world.member.clone()),
            ("self", world.server.enter_as(&self.target).await),
            ("above", world.top.owner.clone()),
            ("below", world.low.owner.clone()),
            ("outsider", world.outsider.clone()),
            ("operator", world.operator.clone()),
            ("device", world.server.client(Some(&self.token))),
            ("proxy", world.server.client(self.proxy["token"].as_str())),
            ("anonymous", world.anonymous()),
        ]
    }

    /// The path, filled in with what the operation is best tried on.
    fn path(&self, template: &str, operation: &str) -> String {
        let user = match operation {
            "resend_invitation" => &self.invited,
            "restore_user" => &self.suspended,
            _ => &self.target,
        };
        let secret = match operation {
            "reset_password" => &self.reset,
            "revoke_token" => &self.foreign_token,
            "see_call_link" | "call_by_link" | "see_guest_call" => token_of(&self.link),
            _ => &self.invitation,
        };
        let pool = match operation {
            "delete_pool" => &self.empty_pool,
            _ => &self.pool,
        };
        let call = match operation {
            "see_guest_call" => self.guest_call.clone(),
            _ => call(1),
        };
        let query = match operation {
            "report_seats" | "report_seats_needed" => format!("?pool={}", text(&pool["id"])),
            "check_live_service" => "?email=target@example.com".to_owned(),
            _ => String::new(),
        };
        format!("{template}{query}")
            .replace("{proxy}", &text(&self.proxy["proxy"]["id"]))
            .replace("{pool}", &text(&pool["id"]))
            .replace("{session}", &text(&self.session["id"]))
            .replace("{call}", &call)
            .replace("{domain}", &self.world.mid.id)
            .replace("{user}", &text(&user["id"]))
            .replace("{token}", secret)
            .replace("{link}", &text(&self.link["link"]["id"]))
            .replace("{contact}", &self.contact)
            .replace("{team}", &text(&self.team["id"]))
            .replace("{account}", &self.waiting)
    }

    /// A body that is as described, for what takes one.
    async fn body(&self, operation: &str) -> Option<Value> {
        let domain = &self.world.mid;
        let order = json!({"order": {"domain_user": 21}});
        Some(match operation {
            "sign_up" => json!({
                "email": "new@example.com", "password": PASSWORD, "name": "New",
            }),
            "log_in" => json!({"email": "target@example.com", "password": PASSWORD}),
            "request_reset" => json!({"email": "target@example.com"}),
            "reset_password" => json!({"password": "another pass phrase"}),
            "rename_me" | "rename_domain" => json!({"name": "Another name"}),
            "set_plan" => json!({"plan": "business"}),
            "change_password" => json!({"current": PASSWORD, "new": "another pass phrase"}),
            "confirm_totp" => json!({"code": "123456"}),
            "disable_totp" => json!({"password": PASSWORD}),
            "make_token" => json!({"name": "a program"}),
            "open_domain" => json!({"name": "New", "prefix": "new"}),
            "activate_billing" => billing(),
            "hand_over" => json!({"email": "heir@example.com"}),
            "preview_order" => order,
            "set_order" => {
                let preview = domain.path("/seats/preview");
                let preview = domain.owner.post(&preview, order.clone()).await.expect(200);
                json!({"order": order["order"], "preview": preview["preview"]})
            }
            "create_user" => json!({"email": "new@example.com", "add": true}),
            "change_user" => json!({"description": "At the front desk"}),
            "set_license" => json!({"model": "named", "tier": "business"}),
            "move_user" => json!({"to": self.world.low.id}),
            "import_users" => json!({"csv": "email\nnew@example.com\n"}),
            "bulk_users" => json!({"users": [self.target["id"]], "action": "suspend"}),
            "accept_invitation" => json!({
                "email": "invited@example.com", "domain_prefix": "mid", "password": PASSWORD,
            }),
            "set_prices" => json!({"prices": {"EUR": {
                "domain_user": 1, "business": 2, "business_pro": 3, "seat_license": 4,
            }}}),
            "decide_verification" => json!({"decision": "approve"}),
            "make_team" | "rename_team" => json!({"name": "Field"}),
            "make_call_link" => json!({"guest_name": "Guest", "valid_seconds": 60}),
            "add_contact" => json!({"email": "someone@example.org"}),
            "make_pool" => json!({"name": "Second floor", "seats": 1}),
            "change_pool" => json!({"name": "First floor"}),
            "reserve_seat" => json!({"reserved": true}),
            "log_in_to_seat" => {
                json!({"device": {"id": "desk-2", "name": "Desk 2"}, "take_over": true})
            }
            "report_call" | "report_progress" => json!({"phase": "ringing"}),
            "issue_proxy" => json!({"name": "sip-2"}),
            "report_call_by_proxy" => {
                json!({"email": "target@example.com", "phase": "ringing"})
            }
            "report_registration" => json!({"email": "target@example.com"}),
            "move_clock" => json!({"advance_seconds": 1}),
            _ => return None,
        })
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The status that a call is answered with. Of what is only a stream no more is read.
async fn status(
    caller: &Client,
    method: Method,
    path: &str,
    body: Option<Value>,
    operation: &Value,
) -> u16 {
    let contents = operation["responses"]["200"]["content"].as_object();
    let kinds: Vec<&String> = contents.into_iter().flat_map(|all| all.keys()).collect();
    if kinds == ["text/event-stream"] {
        return caller.respond(method, path, None).await.status().as_u16();
    }
    let answer = caller.call(method, path, body).await;
    assert!(answer.status < 500, "{}: {}", answer.what, answer.text);
    answer.status
}

#[tokio::test]
async fn i2_every_route_answers_each_role_as_the_table_says() {
    let stage = Stage::new().await;
    let callers = stage.callers().await;
    let beginning = stage.world.server.store.copied();
    let mut table = HEAD.to_owned();
    for (method, template, operation) in operations() {
        let name = operation["operationId"].as_str().expect("a name");
        let takes_body = operation["requestBody"].is_object();
        let body = stage.body(name).await.or(takes_body.then(|| json!({})));
        stage.world.server.store.become_like(&beginning);
        let path = stage.path(&template, name);
        write!(table, "\n{method} {template}\n ").expect("a line");
        for (who, caller) in &callers {
            let caller = caller.with("accept", "application/json");
            let method: Method = method.parse().expect("a method");
            let status = status(&caller, method, &path, body.clone(), operation).await;
            stage.world.server.store.become_like(&beginning);
            write!(table, " {who} {status}").expect("a line");
        }
    }
    assert_eq!(PAGES.map(|(template, _)| template), usher_http::PAGES);
    for (template, path) in PAGES {
        write!(table, "\nGET {template}\n ").expect("a line");
        for (who, caller) in &callers {
            let answer = caller.get(path).await;
            write!(table, " {who} {}", answer.status).expect("a line");
        }
    }
    table.push('\n');
    checked_in::compare("routes.txt", &table);
}
