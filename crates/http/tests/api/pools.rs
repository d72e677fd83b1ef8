//! `/v1/domains/{domain}/pools…`: seat pools, who is in them, what they use.

use serde_json::{Value, json};

use crate::harness::World;
use crate::harness::world::Domain;

async fn seats(domain: &Domain, kind: &str) -> (u64, u64) {
    let seats = domain.owner.get(&domain.path("/seats")).await.expect(200);
    let number = |what: &str| seats["seats"][kind][what].as_u64().expect("a number");
    (number("in_use"), number("ordered"))
}

fn shared(pool: &Value) -> Value {
    json!({"model": "shared", "pool": pool["id"]})
}

#[tokio::test]
async fn e1_the_first_shared_seats_make_a_pool_and_later_ones_wait_for_one() {
    let world = World::new().await;
    let mid = &world.mid;
    let pool = mid.default_pool(3).await;
    assert_eq!(pool["name"], "Default Seat Pool");
    assert_eq!(pool["seats"], 3);
    mid.order(json!({"seat_license": 5})).await.expect(200);
    assert_eq!(mid.pool(&pool).await["seats"], 3);
    assert_eq!(seats(mid, "seat_license").await, (3, 5));

    let third = json!({"name": "Help desk", "seats": 3});
    let refused = mid.make_pool(third).await;
    let problem = refused.expect_problem(409, "no_seat_available");
    assert_eq!(problem["kind"], "seat_license");
    let second = json!({"name": "Help desk", "seats": 2});
    let second = mid.make_pool(second).await.expect(201);
    assert_eq!(seats(mid, "seat_license").await, (5, 5));
    let listed = mid.owner.get(&mid.path("/pools?limit=1")).await.expect(200);
    let cursor = listed["next_cursor"].as_str().expect("another page");
    let rest = mid.path(&format!("/pools?limit=1&cursor={cursor}"));
    let rest = mid.owner.get(&rest).await.expect(200);
    assert_eq!(rest["items"], json!([second]));
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[tokio::test]
async fn e1_two_pools_compete_for_the_last_seats() {
    let world = World::new().await;
    let mid = &world.mid;
    let first = mid.default_pool(3).await;
    let second = json!({"name": "Second", "seats": 0});
    let second = mid.make_pool(second).await.expect(201);
    mid.order(json!({"seat_license": 4})).await.expect(200);
    // One is left, and both ask for it at once.
    let (one, other) = tokio::join!(
        mid.change_pool(&first, json!({"seats": 4})),
        mid.change_pool(&second, json!({"seats": 1})),
    );
    let statuses = [one.status, other.status];
    assert!(
        statuses == [200, 409] || statuses == [409, 200],
        "{statuses:?}"
    );
    assert_eq!(seats(mid, "seat_license").await, (4, 4));
}

#[tokio::test]
async fn e2_a_conversion_swaps_in_one_step() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(2).await;
    let before = seats(mid, "domain_user").await;
    let ann = mid.user("ann", json!({"tier": "business"})).await;
    let upgrades = seats(mid, "business").await;
    let phone = mid.person(server, ann.clone()).await.enters("phone").await;
    let converted = mid.license(&ann, shared(&pool)).await.expect(200);
    let expected = json!({
        "model": "shared", "tier": "base", "pool": pool["id"], "reserved": false,
    });
    assert_eq!(converted["license"], expected);
    assert_eq!(seats(mid, "domain_user").await, before);
    assert_eq!(seats(mid, "business").await, (upgrades.0 - 1, upgrades.1));
    // The session of the named user ended, and its device is told why.
    let told = phone.sees().await.expect_problem(410, "session_ended");
    assert_eq!(told["ended"]["reason"], "converted");

    // And back, logged in.
    let phone = mid.person(server, ann.clone()).await.enters("phone").await;
    assert_eq!(mid.pool(&pool).await["occupied"], 1);
    let named = json!({"model": "named", "tier": "base"});
    mid.license(&ann, named).await.expect(200);
    assert_eq!(mid.pool(&pool).await["occupied"], 0);
    let told = phone.beats(None).await.expect_problem(410, "session_ended");
    assert_eq!(told["ended"]["reason"], "converted");
}

#[tokio::test]
async fn e2_a_conversion_that_finds_no_seat_changes_nothing() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    let (in_use, _) = seats(mid, "domain_user").await;
    mid.order(json!({ "domain_user": in_use }))
        .await
        .expect(200);
    let named = json!({"model": "named", "tier": "base"});
    let refused = mid.license(&ann.user, named).await;
    refused.expect_problem(409, "no_seat_available");
    let session = phone.sees().await.expect(200);
    assert_eq!(session["pool"], pool["id"]);
}

#[tokio::test]
async fn e2_another_pool_ends_the_session_with_a_notice() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let first = mid.default_pool(1).await;
    mid.order(json!({"seat_license": 2})).await.expect(200);
    let second = json!({"name": "Second", "seats": 1});
    let second = mid.make_pool(second).await.expect(201);
    let ann = mid.sharer(server, "ann", &first).await;
    let phone = ann.enters("phone").await;
    mid.license(&ann.user, shared(&second)).await.expect(200);
    let told = phone.sees().await.expect_problem(410, "session_ended");
    assert_eq!(told["ended"]["reason"], "pool_changed");
    let owner = mid.owner.get("/v1/me").await.expect(200);
    assert_eq!(told["ended"]["by"], owner["account"]);
    assert_eq!(mid.pool(&first).await["users"], 0);
    assert_eq!(mid.pool(&second).await["users"], 1);
}

#[tokio::test]
async fn e3_a_pool_may_have_more_users_than_seats() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    for name in ["ann", "bob", "cyd"] {
        mid.sharer(server, name, &pool).await;
    }
    let now = mid.pool(&pool).await;
    assert_eq!((&now["users"], &now["seats"]), (&json!(3), &json!(1)));
}

#[tokio::test]
async fn d4_users_are_listed_by_model_and_pool() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let other = json!({"name": "Other", "seats": 0});
    let other = mid.make_pool(other).await.expect(201);
    mid.sharer(server, "ann", &pool).await;
    mid.sharer(server, "bob", &other).await;
    let names = async |query: &str| {
        let path = mid.path(&format!("/users?sort=name&{query}"));
        let page = mid.owner.get(&path).await.expect(200);
        let items = page["items"].as_array().expect("items").iter();
        let names = items.map(|user| user["name"].as_str().expect("a name").to_owned());
        names.collect::<Vec<String>>()
    };
    assert_eq!(names("model=shared").await, ["ann", "bob"]);
    let id = other["id"].as_str().expect("an id");
    assert_eq!(names(&format!("pool={id}")).await, ["bob"]);
    assert!(!names("model=named").await.contains(&"ann".to_owned()));
}

#[tokio::test]
async fn e9_shrinking_below_occupied_drains_and_fills_again() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(2).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let bob = mid.sharer(server, "bob", &pool).await;
    let cyd = mid.sharer(server, "cyd", &pool).await;
    let (phone, tablet) = (ann.enters("phone").await, bob.enters("tablet").await);
    let shrunk = mid
        .change_pool(&pool, json!({"seats": 1}))
        .await
        .expect(200);
    assert_eq!(
        (&shrunk["draining"], &shrunk["occupied"]),
        (&json!(true), &json!(2))
    );
    // The seats count as in use until use is below.
    assert_eq!(seats(mid, "seat_license").await, (2, 2));
    phone.beats(None).await.expect(200);
    // A take-over keeps the user's seat even while the pool drains.
    let taken = ann.asks("laptop", true).await.expect(201);
    let phone = ann.seated(&taken);

    tablet.leaves().await.expect(204);
    let drained = mid.pool(&pool).await;
    assert_eq!(
        (&drained["draining"], &drained["occupied"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(seats(mid, "seat_license").await, (1, 2));
    let full = cyd.asks("desk", false).await;
    full.expect_problem(409, "no_seat_available");
    phone.leaves().await.expect(204);
    cyd.enters("desk").await;
    bob.asks("tablet", false)
        .await
        .expect_problem(409, "no_seat_available");
    mid.change_pool(&pool, json!({"seats": 2}))
        .await
        .expect(200);
    bob.enters("tablet").await;
}

#[tokio::test]
async fn e9_a_change_is_of_what_is_said_alone_and_names_what_is_wrong() {
    let world = World::new().await;
    let mid = &world.mid;
    let pool = mid.default_pool(1).await;
    let times = json!({"log_off_seconds": 600, "notice_seconds": 60, "name": "Front desk"});
    let changed = mid.change_pool(&pool, times).await.expect(200);
    assert_eq!(changed["log_off_seconds"], 600);
    assert_eq!(changed["silence_seconds"], 300);
    assert_eq!(changed["name"], "Front desk");
    let off = json!({"log_off_seconds": null, "notice_seconds": null, "silence_seconds": null});
    let changed = mid.change_pool(&pool, off).await.expect(200);
    for time in ["log_off_seconds", "notice_seconds", "silence_seconds"] {
        assert_eq!(changed[time], Value::Null, "{time}");
    }
    let wrong = json!({"log_off_seconds": 59, "silence_seconds": 29, "link_cap_seconds": 59});
    let refused = mid.change_pool(&pool, wrong).await;
    refused.expect_fields(&["link_cap_seconds", "log_off_seconds", "silence_seconds"]);
    // A notice comes before the log-off that it is of.
    let late = json!({"log_off_seconds": 60, "notice_seconds": 60});
    let refused = mid.change_pool(&pool, late).await;
    refused.expect_fields(&["notice_seconds"]);
}

#[tokio::test]
async fn e10_a_pool_with_users_is_not_deleted_invited_ones_count() {
    let world = World::new().await;
    let mid = &world.mid;
    let pool = mid.default_pool(1).await;
    let spare = json!({"name": "Spare", "seats": 0});
    let spare = mid.make_pool(spare).await.expect(201);
    let invited = json!({"email": "ann@example.com", "pool": spare["id"]});
    let invited = mid
        .owner
        .post(&mid.path("/users"), invited)
        .await
        .expect(201);
    let path = mid.pool_path(&spare, "");
    let refused = mid.owner.delete(&path).await;
    assert_eq!(refused.expect_problem(409, "pool_not_empty")["users"], 1);
    mid.license(&invited, shared(&pool)).await.expect(200);
    mid.owner.delete(&path).await.expect(204);
    mid.owner.get(&path).await.expect_problem(404, "not_found");

    let last = mid.owner.delete(&mid.pool_path(&pool, "")).await;
    last.expect_problem(409, "pool_not_empty");
    mid.owner
        .delete(&mid.user_path(&invited, ""))
        .await
        .expect(204);
    let last = mid.owner.delete(&mid.pool_path(&pool, "")).await;
    last.expect_problem(409, "wrong_state");
}

#[tokio::test]
async fn e12_a_pools_tier_uses_as_many_upgrades_as_it_has_seats() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(3).await;
    let (in_use, _) = seats(mid, "business").await;
    mid.order(json!({"business": in_use + 2})).await.expect(200);
    let refused = mid.change_pool(&pool, json!({"tier": "business"})).await;
    assert_eq!(
        refused.expect_problem(409, "no_seat_available")["kind"],
        "business"
    );
    assert_eq!(mid.pool(&pool).await["tier"], "base");
    // Fewer seats and the tier, in one step.
    let both = json!({"tier": "business", "seats": 2});
    mid.change_pool(&pool, both).await.expect(200);
    assert_eq!(seats(mid, "business").await, (in_use + 2, in_use + 2));

    // Who sits there has the tier; who doesn't has nothing live.
    let ann = mid.sharer(server, "ann", &pool).await;
    let path = ann.path("/entitlements");
    let before = ann.client.get(&path).await.expect(200);
    assert_eq!(before["features"]["push"]["reason"], "not_logged_in");
    let phone = ann.enters("phone").await;
    let seat = ann.client.get(&path).await.expect(200);
    assert_eq!(seat["tier"], "business");
    assert_eq!(seat["features"]["push"]["allowed"], true);
    // The account's own page says the same.
    let me = ann.client.get("/v1/me").await.expect(200);
    assert_eq!(me["entitlements"], seat);
    phone.leaves().await.expect(204);
    let after = ann.client.get(&path).await.expect(200);
    assert_eq!(after["features"]["push"]["reason"], "not_logged_in");
}

#[tokio::test]
async fn e13_a_reserved_seat_is_kept_for_its_user() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let bob = mid.sharer(server, "bob", &pool).await;
    let reserve = async |who: &Value, reserved: bool| {
        let path = mid.user_path(who, "/reservation");
        mid.owner.put(&path, json!({ "reserved": reserved })).await
    };
    let kept = reserve(&ann.user, true).await.expect(200);
    assert_eq!(kept["license"]["reserved"], true);
    let refused = bob.asks("desk", false).await;
    refused.expect_problem(409, "no_seat_available");
    let second = reserve(&bob.user, true).await;
    second.expect_fields(&["reserved"]);
    ann.enters("phone").await.leaves().await.expect(204);
    reserve(&ann.user, false).await.expect(200);
    bob.enters("desk").await;
    let named = mid.user("cyd", json!({})).await;
    let refused = reserve(&named, true).await;
    refused.expect_problem(409, "wrong_state");
}

#[tokio::test]
async fn c4_a_pool_of_another_domain_names_nothing_here() {
    let world = World::new().await;
    let (mid, low) = (&world.mid, &world.low);
    let theirs = mid.default_pool(1).await;
    for rest in ["", "/sessions", "/waiting", "/events"] {
        let seen = low.owner.get(&low.pool_path(&theirs, rest)).await;
        seen.expect_problem(404, "not_found");
    }
    let changed = low.change_pool(&theirs, json!({"seats": 0})).await;
    changed.expect_problem(404, "not_found");
    let user = json!({"email": "ann@example.com", "add": true, "pool": theirs["id"]});
    let refused = low.owner.post(&low.path("/users"), user).await;
    refused.expect_problem(404, "not_found");
    let user = low.user("bob", json!({})).await;
    let refused = low.license(&user, shared(&theirs)).await;
    refused.expect_problem(404, "not_found");
}
