//! Bad input, at every route: a problem with a code, and each field by its name.

use axum::http::Method;
use serde_json::{Value, json};
use usher_http::HttpOptions;
use usher_store::memory::MemoryStore;

use crate::harness::World;
use crate::harness::conform::{DOCUMENT, operations};
use crate::harness::world::{START, Server};

/// A path with something in every place.
fn filled(world: &World, template: &str) -> String {
    template
        .replace("{domain}", &world.mid.id)
        .replace("{user}", "usr_00000000000000000000000000000000")
        .replace("{pool}", "pol_00000000000000000000000000000000")
        .replace("{session}", "ses_00000000000000000000000000000000")
        .replace("{call}", "cal_00000000000000000000000000000000")
        .replace("{team}", "tem_00000000000000000000000000000000")
        .replace("{link}", "lnk_00000000000000000000000000000000")
        .replace("{call}", "cal_00000000000000000000000000000000")
        .replace("{account}", "acc_00000000000000000000000000000000")
        .replace("{token}", "tok_00000000000000000000000000000000")
}

/// The operations that take a body, with their paths filled in.
fn with_bodies(world: &World) -> Vec<(Method, String, &'static Value)> {
    let operations = operations().into_iter();
    let taking = operations.filter(|(_, _, operation)| operation["requestBody"].is_object());
    taking
        .map(|(method, template, operation)| {
            let path = filled(world, &template);
            (method.parse().expect("a method"), path, operation)
        })
        .collect()
}

#[tokio::test]
async fn a_body_that_is_not_json_is_malformed_at_every_route() {
    let world = World::new().await;
    for (method, path, _) in with_bodies(&world) {
        let cut = Some((b"{\"name\":".to_vec(), "application/json"));
        let answer = world.operator.send(method, &path, cut).await;
        answer.expect_problem(400, "malformed");
    }
    let deep = "[".repeat(100_000).into_bytes();
    let deep = Some((deep, "application/json"));
    let answer = world.operator.send(Method::POST, "/v1/domains", deep).await;
    answer.expect_problem(400, "malformed");
}

#[tokio::test]
async fn a_body_of_another_kind_is_unsupported_at_every_route() {
    let world = World::new().await;
    for (method, path, _) in with_bodies(&world) {
        let form = Some((b"name=x".to_vec(), "application/x-www-form-urlencoded"));
        let answer = world.operator.send(method, &path, form).await;
        answer.expect_problem(415, "unsupported_media_type");
    }
}

#[tokio::test]
async fn a_body_names_each_field_that_is_unknown_or_missing_at_every_route() {
    let world = World::new().await;
    for (method, path, operation) in with_bodies(&world) {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let name = schema["$ref"].as_str().expect("a name").rsplit('/').next();
        let schema = &DOCUMENT["components"]["schemas"][name.expect("a name")];
        let mut expected = vec![json!("surprise")];
        expected.extend(schema["required"].as_array().into_iter().flatten().cloned());
        let body = json!({"surprise": 1});
        let answer = world.operator.call(method, &path, Some(body)).await;
        let problem = answer.expect_problem(422, "invalid");
        let errors = problem["errors"].as_array().expect("errors").iter();
        let named: Vec<Value> = errors.map(|error| error["field"].clone()).collect();
        assert_eq!(named, expected, "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_is_invalid_at_every_route() {
    let world = World::new().await;
    for (method, path, _) in with_bodies(&world) {
        for body in [json!(null), json!([1]), json!("text"), json!(1e300)] {
            let answer = world.operator.call(method.clone(), &path, Some(body)).await;
            answer.expect_fields(&[""]);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let options = HttpOptions {
        body_bytes: 1000,
        ..HttpOptions::default()
    };
    let server = Server::with(MemoryStore::sandbox(START), options);
    let ann = server.someone("ann@example.com").await;
    let large = json!({"name": "x".repeat(1000), "prefix": "large"});
    let answer = ann.post("/v1/domains", large.clone()).await;
    answer.expect_problem(413, "too_large");
    let announced = ann.with("content-length", "1001");
    let answer = announced.post("/v1/domains", large).await;
    answer.expect_problem(413, "too_large");
}

#[tokio::test]
async fn without_a_token_no_body_is_read() {
    let world = World::new().await;
    for (method, path, operation) in with_bodies(&world) {
        if !operation["security"].is_null() {
            continue;
        }
        let cut = Some((b"{".to_vec(), "application/json"));
        let answer = world.anonymous().send(method, &path, cut).await;
        answer.expect_problem(401, "not_signed_in");
    }
}

#[tokio::test]
async fn what_is_no_id_names_nothing_at_every_route() {
    let world = World::new().await;
    for (method, template, operation) in operations() {
        if !template.contains("{domain}") {
            continue;
        }
        let takes_body = operation["requestBody"].is_object();
        for id in [
            "x",
            "DOM_1",
            "usr_00000000000000000000000000000000",
            "%FF",
            "%00",
        ] {
            let path = filled(&world, &template).replace(&world.mid.id, id);
            let body = takes_body.then(|| json!({}));
            let method: Method = method.parse().expect("a method");
            let answer = world.mid.owner.call(method, &path, body).await;
            answer.expect_problem(404, "not_found");
        }
    }
}

#[tokio::test]
async fn each_field_that_is_wrong_is_named_with_what_it_must_be() {
    let world = World::new().await;
    let body = json!({
        "email": "not an address", "password": "short", "name": 7, "nick": "a",
        "domain_prefix": "-",
    });
    let answer = world.anonymous().post("/v1/accounts", body).await;
    let fields = ["domain_prefix", "email", "name", "nick", "password"];
    let problem = answer.expect_fields(&fields);
    let details: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .collect();
    assert_eq!(details[0]["detail"], "must have a length from 3 to 32");
    assert_eq!(details[1]["detail"], "must be an e-mail address");
    assert_eq!(details[2]["detail"], "must be a text");
    assert_eq!(details[3]["detail"], "is not known here");
    assert_eq!(details[4]["detail"], "must have a length from 10 to 200");
}

#[tokio::test]
async fn the_character_nul_comes_in_nowhere() {
    let world = World::new().await;
    let (mid, owner) = (&world.mid, &world.mid.owner);
    let user = json!({"email": "new@example.com", "description": "a\u{0}b"});
    owner
        .post(&mid.path("/users"), user)
        .await
        .expect_fields(&["description"]);
    let csv = json!({"csv": "email\na\u{0}b@example.com\n"});
    let answer = owner.post(&mid.path("/users/import"), csv).await;
    answer.expect_problem(422, "invalid");
    owner
        .get(&mid.path("/users?search=%00"))
        .await
        .expect_fields(&["search"]);
}

#[tokio::test]
async fn i3_an_idempotency_key_is_visible_ascii_of_a_length() {
    let world = World::new().await;
    let long = "k".repeat(256);
    for key in ["", "a b", &long] {
        let caller = world.outsider.with("idempotency-key", key);
        let answer = caller.put("/v1/me/plan", json!({"plan": "business"})).await;
        answer.expect_fields(&["Idempotency-Key"]);
    }
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let world = World::new().await;
    let nowhere = world.operator.get("/v1/nowhere").await;
    nowhere.expect_problem(404, "not_found");
    let answer = world.operator.delete("/v1/prices").await;
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    answer.expect_problem(405, "method_not_allowed");
}
