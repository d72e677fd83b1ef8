//! `/v1/domains/{domain}/seats…`: the order.

use serde_json::{Value, json};

use crate::harness::World;
use crate::harness::world::{Domain, Server};

async fn seats(domain: &Domain) -> Value {
    domain.owner.get(&domain.path("/seats")).await.expect(200)
}

#[tokio::test]
async fn a5_the_total_follows_from_the_numbers_and_the_price_book() {
    let world = World::new().await;
    let mid = &world.mid;
    let before = seats(mid).await;
    assert_eq!(before["total_per_period"], 20 * 400 + 5 * 600 + 2 * 1200);
    assert_eq!(before["currency"], "EUR");
    assert_eq!(before["period"]["to"], "2027-02-01T00:00:00Z");

    let wanted = json!({"order": {"domain_user": 30}});
    let preview = mid.owner.post(&mid.path("/seats/preview"), wanted).await;
    let preview = preview.expect(200);
    let total = &preview["preview"]["total_per_period"];
    assert_eq!(total, 30 * 400 + 5 * 600 + 2 * 1200);
    assert_eq!(preview["lines"][0]["quantity"], 10);
    assert_eq!(preview["lines"][0]["amount"], preview["due_now"]);
    assert_eq!(seats(mid).await, before, "a preview changes nothing");
}

#[tokio::test]
async fn a5_a_change_is_refused_when_its_preview_no_longer_holds() {
    let world = World::new().await;
    let mid = &world.mid;
    let order = json!({"domain_user": 30});
    let preview = mid.path("/seats/preview");
    let preview = mid
        .owner
        .post(&preview, json!({"order": order}))
        .await
        .expect(200);
    let fits = preview["preview"].clone();
    let cases = [
        ("price_book", json!(99)),
        ("total_per_period", json!(1)),
        (
            "order",
            json!({
                "domain_user": 31, "business": 5, "business_pro": 2, "seat_license": 0,
            }),
        ),
    ];
    for (part, value) in cases {
        let mut differs = fits.clone();
        differs[part] = value;
        let change = json!({"order": order, "preview": differs});
        let refused = mid.owner.put(&mid.path("/seats"), change).await;
        assert_eq!(
            refused.expect_problem(409, "price_changed")["changed"],
            part
        );
    }
    let change = json!({"order": order, "preview": fits});
    mid.owner.put(&mid.path("/seats"), change).await.expect(200);
}

#[tokio::test]
async fn a4_fewer_than_are_in_use_is_refused_or_scheduled() {
    let world = World::new().await;
    let mid = &world.mid;
    let in_use = seats(mid).await["seats"]["domain_user"]["in_use"].clone();
    let refused = mid.order(json!({"domain_user": 2})).await;
    let problem = refused.expect_problem(409, "below_use");
    let to_free = in_use.as_i64().expect("a number") - 2;
    assert_eq!(problem["to_free"]["domain_user"], to_free);
    assert_eq!(problem["to_free"]["business"], 0);

    let order = json!({"domain_user": 2});
    let wanted = json!({"order": order, "when": "period_end"});
    let preview = mid
        .owner
        .post(&mid.path("/seats/preview"), wanted)
        .await
        .expect(200);
    assert_eq!(preview["due_now"], 0);
    let change = json!({"order": order, "when": "period_end", "preview": preview["preview"]});
    let after = mid.owner.put(&mid.path("/seats"), change).await.expect(200);
    let scheduled = json!({"quantity": 2, "at": "2027-02-01T00:00:00Z"});
    assert_eq!(after["seats"]["domain_user"]["scheduled"], scheduled);
    assert_eq!(after["seats"]["domain_user"]["ordered"], 20);
}

#[tokio::test]
async fn c3_more_seats_need_standing() {
    let world = World::new().await;
    let top = &world.top;
    let personal = json!({"plan": "personal"});
    top.owner.put("/v1/me/plan", personal).await.expect(200);
    let more = top.order(json!({"domain_user": 50})).await;
    let problem = more.expect_problem(403, "not_in_standing");
    assert_eq!(problem["missing"], json!(["tier"]));
    top.order(json!({"domain_user": 10})).await.expect(200);
}

#[tokio::test]
async fn a5_without_prices_there_is_nothing_to_preview() {
    let server = Server::new();
    let owner = server.someone("owner@example.com").await;
    let domain = json!({"name": "New", "prefix": "new"});
    let domain = owner.post("/v1/domains", domain).await.expect(201);
    let path = format!(
        "/v1/domains/{}/seats",
        domain["id"].as_str().expect("an id")
    );
    let order = json!({"order": {"domain_user": 1}});
    let preview = owner.post(&format!("{path}/preview"), order).await;
    preview.expect_problem(409, "wrong_state");
    let prices = owner.get("/v1/prices").await;
    prices.expect_problem(404, "not_found");
    let seats = owner.get(&path).await.expect(200);
    assert_eq!(seats["total_per_period"], Value::Null);
}

#[tokio::test]
async fn a5_a_preview_may_ask_for_a_currency_that_has_prices() {
    let world = World::new().await;
    let domain = json!({"name": "New", "prefix": "new"});
    let domain = world.outsider.post("/v1/domains", domain).await.expect(201);
    let path = format!(
        "/v1/domains/{}/seats/preview",
        domain["id"].as_str().expect("an id")
    );
    let order = json!({"order": {"domain_user": 1}, "currency": "USD"});
    let preview = world.outsider.post(&path, order).await;
    assert_eq!(preview.expect_problem(409, "no_price")["currency"], "USD");
}

#[tokio::test]
async fn a5_numbers_have_limits_and_names() {
    let world = World::new().await;
    let path = world.mid.path("/seats/preview");
    let order = json!({"order": {"domain_user": -1, "business": 10_000_001, "chairs": 3}});
    let refused = world.mid.owner.post(&path, order).await;
    refused.expect_fields(&["order.business", "order.chairs", "order.domain_user"]);
}
