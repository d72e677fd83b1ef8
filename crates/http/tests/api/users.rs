//! `/v1/domains/{domain}/users…`: domain users.

use serde_json::{Value, json};

use crate::harness::World;
use crate::harness::world::Domain;

fn license(tier: &str) -> Value {
    json!({"model": "named", "tier": tier})
}

async fn in_use(domain: &Domain, kind: &str) -> Value {
    let seats = domain.owner.get(&domain.path("/seats")).await.expect(200);
    seats["seats"][kind]["in_use"].clone()
}

#[tokio::test]
async fn a3_an_upgrade_needs_a_seat_of_its_kind() {
    let world = World::new().await;
    let mid = &world.mid;
    mid.order(json!({"business_pro": 1})).await.expect(200);
    let first = mid.user("first", json!({"tier": "business_pro"})).await;
    let second = mid.user("second", json!({})).await;
    let path = mid.user_path(&second, "/license");
    let refused = mid.owner.put(&path, license("business_pro")).await;
    assert_eq!(
        refused.expect_problem(409, "no_seat_available")["kind"],
        "business_pro"
    );

    let moved = mid.user_path(&first, "/license");
    let moved = mid.owner.put(&moved, license("business")).await.expect(200);
    assert_eq!(moved["license"], license("business"));
    mid.owner
        .put(&path, license("business_pro"))
        .await
        .expect(200);
}

#[tokio::test]
async fn a1_the_last_base_seat_is_taken_once() {
    let world = World::new().await;
    let low = &world.low;
    low.order(json!({"domain_user": 1})).await.expect(200);
    low.user("one", json!({})).await;
    let one_more = json!({"email": "two@example.com", "add": true});
    let refused = low.owner.post(&low.path("/users"), one_more).await;
    assert_eq!(
        refused.expect_problem(409, "no_seat_available")["kind"],
        "domain_user"
    );
}

#[tokio::test]
async fn a7_suspending_frees_the_seats_and_restoring_takes_them_anew() {
    let world = World::new().await;
    let low = &world.low;
    low.order(json!({"domain_user": 1, "business": 1}))
        .await
        .expect(200);
    let user = low.user("one", json!({"tier": "business"})).await;
    let suspend = low.user_path(&user, "/suspend");
    let suspended = low.owner.post(&suspend, json!({})).await.expect(200);
    assert_eq!(suspended["state"], "suspended");
    assert_eq!(in_use(low, "domain_user").await, 0);
    assert_eq!(in_use(low, "business").await, 0);
    // What it will sit on can be chosen meanwhile; no seat is taken by that.
    let license = low
        .owner
        .put(&low.user_path(&user, "/license"), license("base"))
        .await;
    license.expect(200);

    low.user("two", json!({})).await;
    let restore = low.user_path(&user, "/restore");
    let refused = low.owner.post(&restore, json!({})).await;
    refused.expect_problem(409, "no_seat_available");
}

#[tokio::test]
async fn c7_who_owns_a_domain_is_not_removed() {
    let world = World::new().await;
    let mid = &world.mid;
    let listed = mid.path("/users?search=low-owner");
    let listed = mid.owner.get(&listed).await.expect(200);
    let owner = &listed["items"][0];
    assert_eq!(owner["owns"], world.low.id);
    let removed = mid.owner.delete(&mid.user_path(owner, "")).await;
    removed.expect_problem(409, "owns_a_domain");

    let user = mid.user("leaving", json!({})).await;
    mid.owner
        .delete(&mid.user_path(&user, ""))
        .await
        .expect(204);
    let gone = mid.owner.get(&mid.user_path(&user, "")).await;
    gone.expect_problem(404, "not_found");
}

#[tokio::test]
async fn d2_a_known_address_is_not_added() {
    let world = World::new().await;
    let mid = &world.mid;
    let taken = [
        json!({"email": "outsider@example.com", "add": true}),
        json!({"email": "member@example.com"}),
    ];
    for user in taken {
        let refused = mid.owner.post(&mid.path("/users"), user).await;
        let problem = refused.expect_problem(409, "taken");
        assert_eq!(problem["errors"][0]["field"], "email");
    }
    let password = json!({"email": "new@example.com", "password": "correct horse battery"});
    let refused = mid.owner.post(&mid.path("/users"), password).await;
    refused.expect_fields(&["password"]);
}

#[tokio::test]
async fn d3_nobody_grants_above_the_own_role() {
    let world = World::new().await;
    let mid = &world.mid;
    let billing = json!({"email": "new@example.com", "role": "billing"});
    let refused = world.admin.post(&mid.path("/users"), billing).await;
    refused.expect_problem(403, "not_allowed");
    let user = mid.user("user", json!({})).await;
    let content = json!({"permissions": ["read_content"]});
    let refused = world
        .admin
        .patch(&mid.user_path(&user, ""), content.clone())
        .await;
    refused.expect_problem(403, "not_allowed");
    let changed = mid.owner.patch(&mid.user_path(&user, ""), content).await;
    assert_eq!(changed.expect(200)["permissions"], json!(["read_content"]));
}

#[tokio::test]
async fn d3_an_external_id_is_unique_and_can_be_taken_away() {
    let world = World::new().await;
    let mid = &world.mid;
    let first = mid.user("first", json!({"external_id": "e-1"})).await;
    let second = mid.user("second", json!({})).await;
    let same = json!({"external_id": "e-1"});
    let refused = mid
        .owner
        .patch(&mid.user_path(&second, ""), same.clone())
        .await;
    let problem = refused.expect_problem(409, "taken");
    assert_eq!(problem["errors"][0]["field"], "external_id");
    let path = mid.user_path(&first, "");
    let kept = mid
        .owner
        .patch(&path, json!({"description": "x"}))
        .await
        .expect(200);
    assert_eq!(kept["external_id"], "e-1");
    let none = mid
        .owner
        .patch(&path, json!({"external_id": null}))
        .await
        .expect(200);
    assert_eq!(none["external_id"], Value::Null);
    mid.owner
        .patch(&mid.user_path(&second, ""), same)
        .await
        .expect(200);
}

#[tokio::test]
async fn a2_who_joined_is_not_invited_again() {
    let world = World::new().await;
    let mid = &world.mid;
    let user = mid.user("user", json!({})).await;
    let path = mid.user_path(&user, "/resend");
    mid.owner
        .post(&path, json!({}))
        .await
        .expect_problem(409, "wrong_state");
}

#[tokio::test]
async fn b2_an_admin_switches_features_off() {
    let world = World::new().await;
    let mid = &world.mid;
    let user = mid.user("user", json!({"features_off": ["push"]})).await;
    let path = mid.user_path(&user, "/entitlements");
    let seat = mid.owner.get(&path).await.expect(200);
    assert_eq!(seat["tier"], "base");
    assert_eq!(
        seat["features"]["push"],
        json!({"allowed": false, "reason": "switched_off"})
    );
    assert_eq!(seat["features"]["proxy"], json!({"allowed": true}));
    let unknown = json!({"features_off": ["levitation"]});
    let refused = mid.owner.patch(&mid.user_path(&user, ""), unknown).await;
    refused.expect_fields(&["features_off.0"]);
}

#[tokio::test]
async fn d4_a_list_is_filtered_sorted_and_paged() {
    let world = World::new().await;
    let mid = &world.mid;
    for (name, tier) in [("b", "business"), ("c", "base"), ("a", "business")] {
        mid.user(&format!("page-{name}"), json!({"tier": tier}))
            .await;
    }
    for (query, expected) in [
        (
            "search=PAGE-&sort=created",
            vec!["page-b", "page-c", "page-a"],
        ),
        ("search=page-&sort=name", vec!["page-a", "page-b", "page-c"]),
        (
            "search=page-&sort=email&tier=business",
            vec!["page-a", "page-b"],
        ),
        ("search=page-&state=invited", vec![]),
        ("role=admin", vec!["admin"]),
    ] {
        let mut names = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = mid.path(&format!("/users?limit=1&{query}{cursor}"));
            let page = mid.owner.get(&path).await.expect(200);
            let items = page["items"].as_array().expect("items").iter();
            names.extend(items.map(|user| user["name"].as_str().expect("a name").to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(names, expected, "{query}");
    }
    let first = mid.path("/users?limit=1&sort=name");
    let first = mid.owner.get(&first).await.expect(200);
    let cursor = first["next_cursor"].as_str().expect("another page");
    let other = mid.path(&format!("/users?sort=email&cursor={cursor}"));
    mid.owner.get(&other).await.expect_fields(&["cursor"]);
    let wrong = mid.path("/users?limit=0&tier=gold&colour=red&sort=name&sort=name");
    let wrong = mid.owner.get(&wrong).await;
    wrong.expect_fields(&["sort", "colour", "limit", "tier"]);
}

#[tokio::test]
async fn d4_each_user_of_a_bulk_action_has_an_outcome() {
    let world = World::new().await;
    let mid = &world.mid;
    mid.order(json!({"business": 2})).await.expect(200);
    let (one, two) = (
        mid.user("one", json!({})).await,
        mid.user("two", json!({})).await,
    );
    let path = mid.path("/users/bulk");
    let action = json!({
        "users": [one["id"], two["id"]], "action": "set_tier", "tier": "business",
    });
    // The owner of the domain below has one of the two.
    let answer = mid.owner.post(&path, action).await.expect(200);
    assert_eq!(
        answer["items"][0],
        json!({"user": one["id"], "done": true, "problem": null})
    );
    assert_eq!(answer["items"][1]["problem"]["code"], "no_seat_available");

    let no_tier = json!({"users": [one["id"]], "action": "set_tier"});
    mid.owner
        .post(&path, no_tier)
        .await
        .expect_fields(&["tier"]);
    let nobody = json!({"users": [], "action": "suspend"});
    mid.owner
        .post(&path, nobody)
        .await
        .expect_fields(&["users"]);
}

#[tokio::test]
async fn c6_a_move_takes_the_seat_there_before_it_is_freed_here() {
    let world = World::new().await;
    let (top, mid) = (&world.top, &world.mid);
    let user = mid.user("mover", json!({"tier": "business"})).await;
    let path = mid.user_path(&user, "/move");
    let to = json!({"to": top.id});
    let tried = world
        .operator
        .post(&format!("{path}?dry_run=true"), to.clone())
        .await;
    assert_eq!(tried.expect(200)["domain"], top.id);
    let here = mid.owner.get(&mid.user_path(&user, "")).await.expect(200);
    assert_eq!(here["domain"], mid.id);

    top.order(json!({"business": 1})).await.expect(200);
    let full = world.operator.post(&path, to.clone()).await;
    full.expect_problem(409, "no_seat_available");
    let lower = json!({"to": top.id, "tier": "base"});
    let moved = world.operator.post(&path, lower).await.expect(200);
    assert_eq!(moved["id"], user["id"]);
    let gone = mid.owner.get(&mid.user_path(&user, "")).await;
    gone.expect_problem(404, "not_found");
    let elsewhere = mid.owner.post(&path, to).await;
    assert!(matches!(elsewhere.status, 404 | 422), "{}", elsewhere.text);
}

#[tokio::test]
async fn c6_a_move_that_would_make_a_circle_is_refused() {
    let world = World::new().await;
    let top = &world.top;
    let users = top.owner.get(&top.path("/users")).await.expect(200);
    let owner_of_mid = &users["items"][0];
    let path = top.user_path(owner_of_mid, "/move");
    let to = json!({"to": world.low.id});
    let refused = world.operator.post(&path, to).await;
    refused.expect_problem(409, "would_make_a_circle");
}

#[tokio::test]
async fn d2_an_import_takes_all_rows_or_none() {
    let world = World::new().await;
    let mid = &world.mid;
    let before = in_use(mid, "domain_user").await;
    let path = mid.path("/users/import");
    let csv = "email,name,tier,external_id\n\
        ada@example.com,Ada,business,x1\n\
        member@example.com,Member,base,\n\
        bob@example.com,Bob,gold,\n";
    let tried = json!({ "csv": csv });
    let fates = mid
        .owner
        .post(&format!("{path}?dry_run=true"), tried)
        .await
        .expect(200);
    let rows = fates["rows"].as_array().expect("rows");
    let outcomes: Vec<_> = rows.iter().map(|row| &row["outcome"]).collect();
    assert_eq!(outcomes, ["created", "refused", "refused"]);
    assert_eq!(rows[1]["problem"]["code"], "taken");
    assert_eq!(rows[0]["user"], Value::Null);

    let bytes = |text: &str| Some((text.as_bytes().to_vec(), "text/csv; charset=utf-8"));
    let post = axum::http::Method::POST;
    let refused = mid.owner.send(post.clone(), &path, bytes(csv)).await;
    let problem = refused.expect_problem(422, "invalid");
    let named: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .collect();
    assert_eq!(
        (&named[0]["row"], &named[0]["field"]),
        (&json!(2), &json!("email"))
    );
    assert_eq!(
        (&named[1]["row"], &named[1]["field"]),
        (&json!(3), &json!("tier"))
    );
    assert_eq!(in_use(mid, "domain_user").await, before);

    let good = "email,name,tier,external_id\nada@example.com,Ada,business,x1\n";
    let done = mid
        .owner
        .send(post.clone(), &path, bytes(good))
        .await
        .expect(200);
    assert_eq!(done["rows"][0]["outcome"], "created");
    let again = mid.owner.send(post, &path, bytes(good)).await.expect(200);
    assert_eq!(again["rows"][0]["outcome"], "unchanged");
    assert_eq!(again["rows"][0]["user"], done["rows"][0]["user"]);
}

#[tokio::test]
async fn d2_what_is_no_such_file_is_refused_as_a_whole() {
    let world = World::new().await;
    let mid = &world.mid;
    let path = mid.path("/users/import");
    for csv in [
        "",
        "name\nAda\n",
        "email,shoe\nada@example.com,42\n",
        "email\n",
    ] {
        let refused = mid.owner.post(&path, json!({ "csv": csv })).await;
        refused.expect_fields(&["csv"]);
    }
    let post = axum::http::Method::POST;
    let text = Some((b"email\n".to_vec(), "text/plain"));
    let refused = mid.owner.send(post.clone(), &path, text).await;
    refused.expect_problem(415, "unsupported_media_type");
    let latin = Some((b"email\n\xe9@example.com\n".to_vec(), "text/csv"));
    mid.owner
        .send(post, &path, latin)
        .await
        .expect_fields(&["csv"]);
}
