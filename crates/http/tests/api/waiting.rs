//! `…/waiting`: the waiting list of a pool (rule E13).

use serde_json::{Value, json};

use crate::harness::World;
use crate::harness::desk::Sharer;
use crate::harness::world::Domain;

async fn waits(who: &Sharer) -> Value {
    let path = who.path("/waiting");
    who.client.put(&path, json!({})).await.expect(200)["place"].clone()
}

async fn names(domain: &Domain, pool: &Value) -> Vec<String> {
    let path = domain.pool_path(pool, "/waiting");
    let list = domain.owner.get(&path).await.expect(200);
    let items = list["items"].as_array().expect("items").iter();
    let names = items.map(|item| item["name"].as_str().expect("a name").to_owned());
    names.collect()
}

#[tokio::test]
async fn e13_first_come_first_served_and_an_offer_is_held_a_minute() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let list = json!({"waiting_list": true});
    mid.change_pool(&pool, list).await.expect(200);
    let ann = mid.sharer(server, "ann", &pool).await;
    let bob = mid.sharer(server, "bob", &pool).await;
    let cyd = mid.sharer(server, "cyd", &pool).await;
    let dan = mid.sharer(server, "dan", &pool).await;
    let phone = ann.enters("phone").await;
    assert_eq!(waits(&bob).await["offered_until"], Value::Null);
    waits(&cyd).await;
    // Joining again keeps the place.
    waits(&bob).await;
    assert_eq!(names(mid, &pool).await, ["bob", "cyd"]);
    phone.leaves().await.expect(204);
    let place = bob.client.get(&bob.path("/waiting")).await.expect(200);
    assert_eq!(place["place"]["offered_until"], "2027-01-15T08:01:00Z");
    let now = mid.pool(&pool).await;
    assert_eq!((&now["occupied"], &now["offered"]), (&json!(1), &json!(1)));
    // The offered seat is occupied: newcomers queue behind.
    for newcomer in [&dan, &cyd] {
        let refused = newcomer.asks("desk", false).await;
        refused.expect_problem(409, "no_seat_available");
    }
    // Not taken in time: offered to the next, as of when it lapsed, whoever sweeps.
    server.store.advance(90);
    assert_eq!(names(mid, &pool).await, ["cyd"]);
    let place = cyd.client.get(&cyd.path("/waiting")).await.expect(200);
    assert_eq!(place["place"]["offered_until"], "2027-01-15T08:02:00Z");
    let gone = bob.client.get(&bob.path("/waiting")).await.expect(200);
    assert_eq!(gone["place"], Value::Null);
    cyd.enters("desk").await;
    assert_eq!(mid.pool(&pool).await["offered"], 0);
    assert_eq!(names(mid, &pool).await, Vec::<String>::new());
}

#[tokio::test]
async fn e13_who_leaves_gives_the_offered_seat_to_the_next() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    mid.change_pool(&pool, json!({"waiting_list": true}))
        .await
        .expect(200);
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let bob = mid.sharer(server, "bob", &pool).await;
    let cyd = mid.sharer(server, "cyd", &pool).await;
    waits(&bob).await;
    waits(&cyd).await;
    phone.leaves().await.expect(204);
    for _ in 0..2 {
        let path = bob.path("/waiting");
        bob.client.delete(&path).await.expect(204);
    }
    let place = cyd.client.get(&cyd.path("/waiting")).await.expect(200);
    assert!(place["place"]["offered_until"].is_string(), "{place}");
}

#[tokio::test]
async fn e13_a_draining_pool_offers_nothing() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(2).await;
    mid.change_pool(&pool, json!({"waiting_list": true}))
        .await
        .expect(200);
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let desk = mid.sharer(server, "bob", &pool).await.enters("desk").await;
    let cyd = mid.sharer(server, "cyd", &pool).await;
    waits(&cyd).await;
    mid.change_pool(&pool, json!({"seats": 1}))
        .await
        .expect(200);
    phone.leaves().await.expect(204);
    assert_eq!(mid.pool(&pool).await["offered"], 0);
    desk.leaves().await.expect(204);
    assert_eq!(mid.pool(&pool).await["offered"], 1);
}

#[tokio::test]
async fn e13_only_who_has_no_seat_can_wait_and_where_there_is_a_list() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let path = ann.path("/waiting");
    let no_list = ann.client.put(&path, json!({})).await;
    no_list.expect_problem(409, "wrong_state");
    mid.change_pool(&pool, json!({"waiting_list": true}))
        .await
        .expect(200);
    ann.enters("phone").await;
    let logged_in = ann.client.put(&path, json!({})).await;
    logged_in.expect_problem(409, "wrong_state");
    let named = mid.user("bob", json!({})).await;
    let named = mid.person(server, named).await;
    let refused = named.client.put(&named.path("/waiting"), json!({})).await;
    refused.expect_problem(409, "wrong_state");
    // Switching the list off takes the places.
    let cyd = mid.sharer(server, "cyd", &pool).await;
    waits(&cyd).await;
    mid.change_pool(&pool, json!({"waiting_list": false}))
        .await
        .expect(200);
    let place = cyd.client.get(&cyd.path("/waiting")).await.expect(200);
    assert_eq!(place["place"], Value::Null);
}
