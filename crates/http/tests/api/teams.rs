//! Teams and the contact list (rule D5).

use serde_json::{Value, json};

use crate::harness::world::Domain;
use crate::harness::{Client, World};

impl Domain {
    /// A team of this name.
    pub async fn team(&self, name: &str) -> Value {
        let team = json!({"name": name});
        self.owner
            .post(&self.path("/teams"), team)
            .await
            .expect(201)
    }

    /// Puts a user into a team.
    pub async fn join(&self, team: &Value, user: &Value) {
        let path = self.member_path(team, user);
        self.owner.put(&path, json!({})).await.expect(204);
    }

    pub fn team_path(&self, team: &Value) -> String {
        let id = team["id"].as_str().expect("an id");
        self.path(&format!("/teams/{id}"))
    }

    pub fn member_path(&self, team: &Value, user: &Value) -> String {
        let id = user["id"].as_str().expect("an id");
        format!("{}/members/{id}", self.team_path(team))
    }
}

/// What the items of a page are called.
async fn names(client: &Client, path: &str) -> Vec<String> {
    let page = client.get(path).await.expect(200);
    let items = page["items"].as_array().expect("items").iter();
    let names = items.map(|item| item["name"].as_str().expect("a name").to_owned());
    names.collect()
}

#[tokio::test]
async fn d5_the_contact_list_is_who_shares_a_team() {
    let world = World::new().await;
    let mid = &world.mid;
    let ann = mid.user("ann", json!({})).await;
    let bob = mid.user("Bob", json!({})).await;
    let cyd = mid.user("cyd", json!({})).await;
    let dan = mid.user("dan", json!({})).await;
    let (desk, field) = (mid.team("Desk").await, mid.team("Field").await);
    for (team, user) in [(&desk, &ann), (&desk, &bob), (&field, &bob), (&field, &cyd)] {
        mid.join(team, user).await;
    }
    // Two shared teams make one contact.
    mid.join(&field, &ann).await;
    let as_ann = world.server.enter_as(&ann).await;
    assert_eq!(names(&as_ann, "/v1/me/contacts").await, ["Bob", "cyd"]);
    let own = mid.user_path(&ann, "/contacts");
    assert_eq!(names(&as_ann, &own).await, ["Bob", "cyd"]);
    assert_eq!(names(&world.support, &own).await, ["Bob", "cyd"]);
    // In no team one sees nobody, and is seen by nobody.
    let as_dan = world.server.enter_as(&dan).await;
    assert_eq!(names(&as_dan, "/v1/me/contacts").await, [""; 0]);
    // Somebody else's list is not a member's to see.
    as_dan.get(&own).await.expect_problem(403, "not_allowed");
    let nobody = names(&world.outsider, "/v1/me/contacts").await;
    assert_eq!(nobody, [""; 0], "whom no domain manages has no team");
}

#[tokio::test]
async fn d5_a_contact_has_joined_and_is_not_suspended() {
    let world = World::new().await;
    let mid = &world.mid;
    let ann = mid.user("ann", json!({})).await;
    let bob = mid.user("bob", json!({})).await;
    let invited = json!({"email": "cyd@example.com", "name": "cyd"});
    let cyd = mid
        .owner
        .post(&mid.path("/users"), invited)
        .await
        .expect(201);
    let team = mid.team("Desk").await;
    for user in [&ann, &bob, &cyd] {
        mid.join(&team, user).await;
    }
    let seen = mid.owner.get(&mid.team_path(&team)).await.expect(200);
    assert_eq!(seen["members"], 3, "one who is invited has a place");
    let as_ann = world.server.enter_as(&ann).await;
    assert_eq!(names(&as_ann, "/v1/me/contacts").await, ["bob"]);
    let suspend = mid.user_path(&bob, "/suspend");
    mid.owner.post(&suspend, json!({})).await.expect(200);
    assert_eq!(names(&as_ann, "/v1/me/contacts").await, [""; 0]);
    let restore = mid.user_path(&bob, "/restore");
    mid.owner.post(&restore, json!({})).await.expect(200);
    assert_eq!(names(&as_ann, "/v1/me/contacts").await, ["bob"]);
    mid.owner.delete(&mid.user_path(&bob, "")).await.expect(204);
    assert_eq!(names(&as_ann, "/v1/me/contacts").await, [""; 0]);
}

#[tokio::test]
async fn d5_people_of_another_domain_are_in_no_team_of_this_one() {
    let world = World::new().await;
    let (mid, low) = (&world.mid, &world.low);
    let ann = mid.user("ann", json!({})).await;
    let bob = low.user("bob", json!({})).await;
    let (here, there) = (mid.team("Desk").await, low.team("Desk").await);
    mid.join(&here, &ann).await;
    low.join(&there, &bob).await;
    for path in [mid.member_path(&here, &bob), mid.member_path(&there, &ann)] {
        let refused = mid.owner.put(&path, json!({})).await;
        refused.expect_problem(404, "not_found");
        let refused = mid.owner.delete(&path).await;
        refused.expect_problem(404, "not_found");
    }
    let foreign = mid.owner.get(&mid.team_path(&there)).await;
    foreign.expect_problem(404, "not_found");
    assert_eq!(names(&mid.owner, &mid.path("/teams")).await, ["Desk"]);
    // Above, nobody sees them: neither the team nor who is in it (rule C4).
    let above = mid.owner.get(&low.path("/teams")).await;
    above.expect_problem(404, "not_found");
}

#[tokio::test]
async fn d5_teams_do_not_come_along_to_another_domain() {
    let world = World::new().await;
    let (mid, low) = (&world.mid, &world.low);
    let ann = mid.user("ann", json!({})).await;
    let bob = mid.user("bob", json!({})).await;
    let team = mid.team("Desk").await;
    mid.join(&team, &ann).await;
    mid.join(&team, &bob).await;
    let as_bob = world.server.enter_as(&bob).await;
    assert_eq!(names(&as_bob, "/v1/me/contacts").await, ["ann"]);
    let to = json!({"to": low.id});
    let moved = world.operator.post(&mid.user_path(&ann, "/move"), to).await;
    moved.expect(200);
    assert_eq!(names(&as_bob, "/v1/me/contacts").await, [""; 0]);
    let as_ann = world.server.enter_as(&ann).await;
    assert_eq!(names(&as_ann, "/v1/me/contacts").await, [""; 0]);
    let seen = mid.owner.get(&mid.team_path(&team)).await.expect(200);
    assert_eq!(seen["members"], 1);
}

#[tokio::test]
async fn d5_teams_are_made_renamed_and_deleted() {
    let world = World::new().await;
    let mid = &world.mid;
    let ann = mid.user("ann", json!({})).await;
    let bob = mid.user("bob", json!({})).await;
    let team = mid.team(" Desk ").await;
    assert_eq!(
        (&team["name"], &team["members"]),
        (&json!("Desk"), &json!(0))
    );
    let path = mid.team_path(&team);
    for user in [&ann, &bob, &bob] {
        mid.join(&team, user).await;
    }
    let renamed = world
        .admin
        .patch(&path, json!({"name": "Front desk"}))
        .await;
    let renamed = renamed.expect(200);
    assert_eq!(
        (&renamed["name"], &renamed["members"]),
        (&json!("Front desk"), &json!(2))
    );
    let of_team = format!("/users?team={}", team["id"].as_str().expect("an id"));
    assert_eq!(names(&mid.owner, &mid.path(&of_team)).await, ["ann", "bob"]);
    let left = world.admin.delete(&mid.member_path(&team, &bob)).await;
    left.expect(204);
    let again = world.admin.delete(&mid.member_path(&team, &bob)).await;
    again.expect(204);
    assert_eq!(names(&mid.owner, &mid.path(&of_team)).await, ["ann"]);
    mid.join(&team, &bob).await;
    world.admin.delete(&path).await.expect(204);
    world
        .admin
        .delete(&path)
        .await
        .expect_problem(404, "not_found");
    mid.owner.get(&path).await.expect_problem(404, "not_found");
    let as_ann = world.server.enter_as(&ann).await;
    assert_eq!(names(&as_ann, "/v1/me/contacts").await, [""; 0]);
    let differences = world.server.app.store.check().await.expect("a check");
    assert!(differences.is_empty(), "{differences:?}");
    let kinds = kinds_of(&world).await;
    let of_teams: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let of_teams: Vec<&str> = of_teams
        .into_iter()
        .filter(|kind| kind.starts_with("team"))
        .collect();
    assert_eq!(
        of_teams,
        [
            "team_made",
            "team_joined",
            "team_joined",
            "team_details_changed",
            "team_left",
            "team_joined",
            "team_deleted"
        ]
    );
}

/// The kinds of what happened in the middle domain.
async fn kinds_of(world: &World) -> Vec<String> {
    let mid = &world.mid;
    let reader = mid.owner.with("accept", "application/json");
    let page = reader.get(&mid.path("/events?limit=200")).await.expect(200);
    let items = page["items"].as_array().expect("items").iter();
    let kinds = items.map(|item| item["kind"].as_str().expect("a kind").to_owned());
    kinds.collect()
}

#[tokio::test]
async fn d5_a_team_needs_a_name_and_someone_who_manages_teams() {
    let world = World::new().await;
    let mid = &world.mid;
    let teams = mid.path("/teams");
    let team = mid.team("Desk").await;
    mid.owner
        .post(&teams, json!({"name": ""}))
        .await
        .expect_fields(&["name"]);
    mid.owner
        .post(&teams, json!({"name": " "}))
        .await
        .expect_fields(&["name"]);
    let control = json!({"name": "a\nb"});
    mid.owner
        .patch(&mid.team_path(&team), control)
        .await
        .expect_fields(&["name"]);
    for (client, code) in [
        (&world.support, "not_allowed"),
        (&world.member, "not_allowed"),
    ] {
        let refused = client.post(&teams, json!({"name": "Field"})).await;
        refused.expect_problem(403, code);
    }
    let seen = world.support.get(&teams).await.expect(200);
    assert_eq!(seen["items"][0]["id"], team["id"]);
    world
        .member
        .get(&teams)
        .await
        .expect_problem(403, "not_allowed");
    world
        .billing
        .get(&teams)
        .await
        .expect_problem(403, "not_allowed");
}

#[tokio::test]
async fn d5_a_user_is_in_a_hundred_teams_at_most() {
    let world = World::new().await;
    let mid = &world.mid;
    let ann = mid.user("ann", json!({})).await;
    for n in 0..100 {
        let team = mid.team(&format!("Team {n}")).await;
        mid.join(&team, &ann).await;
    }
    let team = mid.team("One too many").await;
    let refused = mid
        .owner
        .put(&mid.member_path(&team, &ann), json!({}))
        .await;
    refused.expect_problem(409, "wrong_state");
}

#[tokio::test]
async fn d5_teams_and_contacts_come_in_pages() {
    let world = World::new().await;
    let mid = &world.mid;
    let ann = mid.user("ann", json!({})).await;
    let team = mid.team("Desk").await;
    mid.team("Field").await;
    mid.team("Back").await;
    mid.join(&team, &ann).await;
    for name in ["Bob", "cyd", "dan"] {
        let user = mid.user(name, json!({})).await;
        mid.join(&team, &user).await;
    }
    let as_ann = world.server.enter_as(&ann).await;
    let lists = [
        (&mid.owner, mid.path("/teams"), ["Desk", "Field", "Back"]),
        (&as_ann, "/v1/me/contacts".to_owned(), ["Bob", "cyd", "dan"]),
        (
            &mid.owner,
            mid.user_path(&ann, "/contacts"),
            ["Bob", "cyd", "dan"],
        ),
    ];
    for (client, path, expected) in lists {
        let first = client.get(&format!("{path}?limit=2")).await.expect(200);
        let cursor = first["next_cursor"].as_str().expect("a cursor");
        let second = client
            .get(&format!("{path}?limit=2&cursor={cursor}"))
            .await
            .expect(200);
        assert_eq!(second["next_cursor"], Value::Null);
        let items = [&first, &second].map(|page| page["items"].as_array().expect("items").clone());
        let all: Vec<Value> = items
            .concat()
            .iter()
            .map(|item| item["name"].clone())
            .collect();
        assert_eq!(all, expected);
        let foreign = client.get(&format!("{path}?cursor=eA")).await;
        foreign.expect_fields(&["cursor"]);
    }
}

#[tokio::test]
async fn d1_an_invitation_carries_teams() {
    let world = World::new().await;
    let mid = &world.mid;
    let (desk, field) = (mid.team("Desk").await, mid.team("Field").await);
    let ann = mid.user("ann", json!({"teams": [desk["id"]]})).await;
    let bob = json!({
        "email": "bob@example.com", "name": "bob", "teams": [desk["id"], field["id"], desk["id"]],
    });
    mid.owner.post(&mid.path("/users"), bob).await.expect(201);
    for (team, members) in [(&desk, 2), (&field, 1)] {
        let seen = mid.owner.get(&mid.team_path(team)).await.expect(200);
        assert_eq!(seen["members"], members);
    }
    // Once bob has joined, they see each other.
    let as_ann = world.server.enter_as(&ann).await;
    assert_eq!(names(&as_ann, "/v1/me/contacts").await, [""; 0]);
    let token = world.server.mailed("bob@example.com").await;
    let accepted = json!({
        "email": "bob@example.com", "domain_prefix": "mid", "password": "correct horse battery",
    });
    let path = format!("/v1/invitations/{token}/accept");
    world.anonymous().post(&path, accepted).await.expect(200);
    assert_eq!(names(&as_ann, "/v1/me/contacts").await, ["bob"]);
    // One team that there is none of, and nobody is invited.
    let foreign = world.low.team("Desk").await;
    let cyd = json!({"email": "cyd@example.com", "teams": [desk["id"], foreign["id"]]});
    let refused = mid.owner.post(&mid.path("/users"), cyd).await;
    refused.expect_problem(404, "not_found");
    assert_eq!(
        names(&mid.owner, &mid.path("/users?search=cyd")).await,
        [""; 0]
    );
    let many = json!({"email": "cyd@example.com", "teams": vec![desk["id"].clone(); 101]});
    let refused = mid.owner.post(&mid.path("/users"), many).await;
    refused.expect_fields(&["teams"]);
}

#[tokio::test]
async fn d4_many_users_join_and_leave_a_team_each_with_an_outcome() {
    let world = World::new().await;
    let mid = &world.mid;
    let team = mid.team("Desk").await;
    let ann = mid.user("ann", json!({})).await;
    let bob = mid.user("bob", json!({})).await;
    let eve = world.low.user("eve", json!({})).await;
    let bulk = |action: &str, team: &Value| json!({"users": [ann["id"], eve["id"], bob["id"]], "action": action, "team": team["id"]});
    let path = mid.path("/users/bulk");
    for (action, members) in [("join_team", 2), ("leave_team", 0)] {
        let done = world
            .admin
            .post(&path, bulk(action, &team))
            .await
            .expect(200);
        let done: Vec<bool> = (0..3).map(|n| done["items"][n]["done"] == true).collect();
        assert_eq!(done, [true, false, true]);
        let seen = mid.owner.get(&mid.team_path(&team)).await.expect(200);
        assert_eq!(seen["members"], members);
    }
    let foreign = world.low.team("Desk").await;
    let refused = mid
        .owner
        .post(&path, bulk("join_team", &foreign))
        .await
        .expect(200);
    assert_eq!(refused["items"][0]["problem"]["code"], "not_found");
    let missing = json!({"users": [ann["id"]], "action": "leave_team"});
    mid.owner
        .post(&path, missing)
        .await
        .expect_fields(&["team"]);
    let foreign = bulk("suspend", &team);
    mid.owner
        .post(&path, foreign)
        .await
        .expect_fields(&["team"]);
    let tier = json!({
        "users": [ann["id"]], "action": "join_team", "team": team["id"], "tier": "base",
    });
    mid.owner.post(&path, tier).await.expect_fields(&["tier"]);
}
