//! `GET /v1/domains/{domain}/events`: the journal, streamed and paged (rule J2).

use serde_json::{Value, json};
use tokio::sync::watch;
use usher_http::HttpOptions;
use usher_store::memory::MemoryStore;

use crate::harness::reader::Reader;
use crate::harness::world::{START, Server};
use crate::harness::{Client, World};

/// All lines of a domain's journal, page by page.
async fn journal(world: &World) -> Vec<Value> {
    let owner = world.mid.owner.with("accept", "application/json");
    let (mut lines, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = world.mid.path(&format!("/events?limit=3{cursor}"));
        let page = owner.get(&path).await.expect(200);
        lines.extend(page["items"].as_array().expect("items").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return lines,
        }
    }
}

#[tokio::test]
async fn j2_pages_and_stream_give_every_line_once_and_in_order() {
    let world = World::new().await;
    let lines = journal(&world).await;
    let numbers: Vec<_> = lines.iter().map(|line| line["seq"].as_u64()).collect();
    let expected: Vec<_> = (1..=lines.len() as u64).map(Some).collect();
    assert_eq!(numbers, expected);
    assert_eq!(lines[0]["kind"], "domain_opened");
    assert!(
        !lines.iter().any(|line| line.to_string().contains('@')),
        "people's words"
    );

    let mut reader = Reader::open(&world.mid.owner, &world.mid.path("/events")).await;
    for line in &lines {
        let (id, kind, data) = reader.next().await.expect("an event");
        assert_eq!(
            (id, json!(kind)),
            (data["seq"].as_u64().unwrap(), data["kind"].clone())
        );
        assert_eq!(&data, line);
    }
}

#[tokio::test]
async fn j2_a_stream_goes_on_while_things_happen_and_resumes_where_it_broke() {
    let world = World::new().await;
    let (mid, owner) = (&world.mid, &world.mid.owner);
    let last = journal(&world).await.len() as u64;
    let path = mid.path(&format!("/events?after={last}"));
    let mut reader = Reader::open(owner, &path).await;
    let user = mid.user("first", json!({})).await;
    let (id, kind, data) = reader.next().await.expect("an event");
    assert_eq!((id, kind.as_str()), (last + 1, "user_added"));
    assert_eq!(data["data"]["user"], user["id"]);
    drop(reader);

    mid.user("second", json!({})).await;
    let resumed = owner.with("last-event-id", &id.to_string());
    // What the header says counts more than where it began.
    let mut reader = Reader::open(&resumed, &path).await;
    assert_eq!(reader.next().await.expect("an event").0, last + 2);
    mid.user("third", json!({})).await;
    assert_eq!(reader.next().await.expect("an event").0, last + 3);
}

#[tokio::test]
async fn d3_who_loses_the_role_gets_nothing_more() {
    let world = World::new().await;
    let mid = &world.mid;
    let last = journal(&world).await.len();
    let path = mid.path(&format!("/events?after={last}"));
    let mut reader = Reader::open(&world.admin, &path).await;
    let listed = mid
        .owner
        .get(&mid.path("/users?role=admin"))
        .await
        .expect(200);
    let admin = mid.user_path(&listed["items"][0], "");
    let role = json!({"role": "member"});
    mid.owner.patch(&admin, role).await.expect(200);
    mid.user("unseen", json!({})).await;
    assert_eq!(reader.next().await, None);
    let refused = world.admin.get(&path).await;
    refused.expect_problem(403, "not_allowed");
}

#[tokio::test]
async fn j2_streams_end_when_the_server_stops() {
    let (stop, stopping) = watch::channel(false);
    let options = HttpOptions {
        stopping,
        sandbox: true,
        ..HttpOptions::default()
    };
    let world = World::on(Server::with(MemoryStore::sandbox(START), options)).await;
    let last = journal(&world).await.len();
    let path = world.mid.path(&format!("/events?after={last}"));
    let mut reader = Reader::open(&world.mid.owner, &path).await;
    let ended = tokio::spawn(async move { reader.next().await });
    stop.send(true).expect("the server listens");
    assert_eq!(ended.await.expect("the reader ends"), None);
}

#[tokio::test(start_paused = true)]
async fn j2_a_stream_sees_what_another_process_committed() {
    let world = World::new().await;
    let last = journal(&world).await.len() as u64;
    let path = world.mid.path(&format!("/events?after={last}"));
    let mut reader = Reader::open(&world.mid.owner, &path).await;
    // Another application on the same store: nothing wakes the stream but its clock.
    let other = Server::on(world.server.store.clone());
    let elsewhere = Client {
        router: other.router,
        ..world.mid.owner.clone()
    };
    let user = json!({"email": "elsewhere@example.com"});
    elsewhere
        .post(&world.mid.path("/users"), user)
        .await
        .expect(201);
    let (id, kind, _) = reader.next().await.expect("an event");
    assert_eq!((id, kind.as_str()), (last + 1, "user_invited"));
}

#[tokio::test]
async fn j2_where_to_resume_is_a_sequence_number() {
    let world = World::new().await;
    let path = world.mid.path("/events");
    for id in ["-1", "x", "18446744073709551615"] {
        let answer = world.mid.owner.with("last-event-id", id).get(&path).await;
        answer.expect_fields(&["Last-Event-ID"]);
    }
    let after = world.mid.owner.get(&format!("{path}?after=-1")).await;
    after.expect_fields(&["after"]);
    let json = world.mid.owner.with("accept", "application/json");
    let foreign = json.get(&format!("{path}?cursor=eHg")).await;
    foreign.expect_fields(&["cursor"]);
}
