//! The waterfall (rules C1–C5): a reseller, a sub-reseller, an end-user domain, and a user of it who
//! opens a domain too. Each is a cost centre of its own; what happens above reaches below only
//! through the seat that is provided there.

use crate::harness::server::assert_check_is_clean;
use crate::harness::world::{self, PASSWORD, named};
use crate::harness::{Place, Server, World};
use serde_json::{Value, json};

const DAY_SECONDS: i64 = 24 * 60 * 60;
const GRACE_DAYS: i64 = 30;

#[test]
fn c5_a_lapse_above_reaches_below_only_through_the_seat_on_sqlite() {
    four_levels(&Place::sqlite());
}

#[test]
fn c5_a_lapse_above_reaches_below_only_through_the_seat_on_postgresql() {
    four_levels(&Place::postgres());
}

fn four_levels(place: &Place) {
    let server = Server::start(place);
    let reseller = World::new(place, &server);
    reseller.order(&json!({ "domain_user": 2, "business": 1 }));
    let (reseller_sub, sub) = domain_of_a_user(&server, &reseller, "sub");
    let (sub_end, end) = domain_of_a_user(&server, &sub, "end");
    let (_, leaf) = domain_of_a_user(&server, &end, "leaf");
    leaf.add_user("user");

    totals_but_no_people_are_seen_from_above(&reseller, &sub);

    // The sub-reseller loses the Business seat: that domain lapses, nobody below feels it.
    let seat = reseller.license_path(&reseller_sub);
    reseller.owner.put(&seat, &named("base")).expect(200);
    assert_eq!(standing(&sub), "lapsed");
    assert_eq!(standing(&end), "good");
    assert_eq!(
        tier(&sub, &sub_end),
        "business",
        "nothing changes for its users"
    );
    let user = json!({ "email": "growth@example.com", "add": true });
    let refused = sub.owner.post(&sub.path("/users"), &user);
    refused.expect_refusal(403, "not_in_standing");

    // After the grace time it is frozen: its users fall back to `base`, and with that one of them
    // loses what operating a domain needs.
    let advance = json!({ "advance_seconds": (GRACE_DAYS + 1) * DAY_SECONDS });
    reseller
        .operator
        .post("/v1/sandbox/clock", &advance)
        .expect(200);
    let reseller = signed_in_again(&server, reseller, "owner@example.com");
    let sub = signed_in_again(&server, sub, &email_of("sub"));
    let end = signed_in_again(&server, end, &email_of("end"));
    let leaf = signed_in_again(&server, leaf, &email_of("leaf"));
    assert_eq!(standing(&sub), "frozen");
    assert_eq!(tier(&sub, &sub_end), "base");
    assert_eq!(standing(&end), "lapsed");
    assert_eq!(standing(&leaf), "good", "its owner still sits on Business");

    // The seat comes back, and all is as before.
    reseller.owner.put(&seat, &named("business")).expect(200);
    assert_eq!(standing(&sub), "good");
    assert_eq!(tier(&sub, &sub_end), "business");
    assert_eq!(standing(&end), "good");

    server.kill();
    assert_check_is_clean(place);
}

fn totals_but_no_people_are_seen_from_above(reseller: &World, sub: &World) {
    let tree = reseller.owner.get(&reseller.path("/tree")).expect(200);
    assert_eq!(tree["below"]["domains"], 3);
    assert_eq!(tree["below"]["users"], 3, "one in each domain below");
    assert_eq!(tree["below"]["seats"]["domain_user"]["ordered"], 3 * 2);
    assert_eq!(tree["below"]["seats"]["domain_user"]["in_use"], 3);
    assert!(!tree.to_string().contains('@'), "no people: {tree}");
    let spied = reseller.owner.get(&sub.path("/users"));
    assert!(matches!(spied.status, 403 | 404), "{}", spied.body);
}

/// A user on Business with the permission to manage a sub-domain, who then opens one in good
/// standing and orders seats: the user's id above, and the new domain.
fn domain_of_a_user(server: &Server, above: &World, name: &str) -> (String, World) {
    let email = email_of(name);
    let user = json!({
        "email": email, "name": name, "add": true, "password": PASSWORD,
        "tier": "business", "permissions": ["manage_sub_domain"],
    });
    let user = above.owner.post(&above.path("/users"), &user).expect(201);
    let owner = server.client().logged_in(&email, PASSWORD);
    let domain = world::open_domain(&owner, &above.operator, name, name);
    let world = World {
        operator: above.operator.clone(),
        owner,
        domain,
    };
    world.order(&json!({ "domain_user": 2, "business": 1 }));
    (user["id"].as_str().expect("a user's id").to_owned(), world)
}

/// Tokens end while the clock moves on.
fn signed_in_again(server: &Server, world: World, email: &str) -> World {
    World {
        owner: server.client().logged_in(email, PASSWORD),
        ..world
    }
}

fn email_of(name: &str) -> String {
    format!("{name}-owner@example.com")
}

fn standing(world: &World) -> Value {
    let domain = world.owner.get(&world.path("")).expect(200);
    domain["standing"]["state"].clone()
}

/// The tier that a user has now, which is not the assigned one while the domain is frozen.
fn tier(world: &World, user: &str) -> Value {
    let path = world.path(&format!("/users/{user}/entitlements"));
    world.owner.get(&path).expect(200)["tier"].clone()
}
