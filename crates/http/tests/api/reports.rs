//! `/v1/domains/{domain}/reports/…` (rule E14).

use serde_json::{Value, json};
use usher_rules::AccountId;

use crate::harness::World;
use crate::harness::desk::{Seated, Sharer};
use crate::harness::world::Domain;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A pool of two seats and three who share them, without a silence limit.
struct Desk {
    world: World,
    pool: String,
    owner: AccountId,
    users: Vec<Value>,
}

impl Desk {
    /// With the silence limit that a pool has unless set.
    async fn watchful() -> Desk {
        let world = World::new().await;
        let pool = world.mid.default_pool(2).await;
        let mut users = Vec::new();
        for name in ["ann", "bob", "cyd"] {
            let user = world.mid.user(name, json!({"pool": pool["id"]})).await;
            users.push(user);
        }
        let me = world.mid.owner.get("/v1/me").await.expect(200);
        let owner = me["account"].as_str().expect("an id").parse();
        Desk {
            owner: owner.expect("an id"),
            pool: pool["id"].as_str().expect("an id").to_owned(),
            world,
            users,
        }
    }

    async fn new() -> Desk {
        let desk = Desk::watchful().await;
        let pool = json!({"id": desk.pool});
        let unhurried = json!({"silence_seconds": null});
        let changed = desk.world.mid.change_pool(&pool, unhurried).await;
        changed.expect(200);
        desk
    }

    fn path(&self, report: &str, more: &str) -> String {
        let pool = &self.pool;
        let path = format!("/reports/{report}?pool={pool}{more}");
        self.world.mid.path(&path)
    }

    /// The domain with its owner, who signs in anew: hours pass here.
    async fn mid(&self) -> Domain {
        Domain {
            owner: self.world.server.enter(self.owner, false).await,
            ..self.world.mid.clone()
        }
    }

    /// A user at a device, who signs in anew as well.
    async fn user(&self, number: usize) -> Sharer {
        let user = self.users[number].clone();
        let mid = &self.world.mid;
        mid.person(&self.world.server, user).await
    }

    async fn enters(&self, number: usize) -> Seated {
        self.user(number).await.enters("phone").await
    }

    async fn is_refused(&self, number: usize) {
        let answer = self.user(number).await.asks("phone", false).await;
        answer.expect_problem(409, "no_seat_available");
    }

    async fn seats(&self, more: &str) -> Value {
        let path = self.path("seats", more);
        self.mid().await.owner.get(&path).await.expect(200)
    }

    async fn needed(&self, more: &str) -> Value {
        let path = self.path("seats-needed", more);
        self.mid().await.owner.get(&path).await.expect(200)
    }

    fn pass(&self, seconds: i64) {
        self.world.server.store.advance(seconds);
    }

    /// From 08:30 to 12:15 ann, from 09:30 to 09:45 bob; cyd is refused at 09:30 and 09:45.
    /// It is 13:15 then.
    async fn morning(&self) {
        self.pass(30 * MINUTE);
        let ann = self.enters(0).await;
        self.pass(HOUR);
        let bob = self.enters(1).await;
        self.is_refused(2).await;
        self.pass(15 * MINUTE);
        self.is_refused(2).await;
        bob.leaves().await.expect(204);
        self.pass(150 * MINUTE);
        ann.leaves().await.expect(204);
        self.pass(HOUR);
    }
}

/// A field of each stretch.
fn each(report: &Value, field: &str) -> Vec<Value> {
    let stretches = report["stretches"].as_array().expect("stretches").iter();
    stretches.map(|stretch| stretch[field].clone()).collect()
}

/// Who held a seat for how long.
fn times(report: &Value) -> Vec<(&str, i64)> {
    let users = report["users"].as_array().expect("users").iter();
    let line = |user: &'_ Value| user["seconds"].as_i64().expect("seconds");
    users
        .map(|user| (user["name"].as_str().unwrap_or("gone"), line(user)))
        .collect()
}

#[tokio::test]
async fn e14_the_seats_report_shows_peaks_refusals_and_time_in_use() {
    let desk = Desk::new().await;
    desk.morning().await;
    let report = desk.seats("&from=2027-01-15T08:00:00Z").await;
    let begins = each(&report, "from");
    assert_eq!(begins[0], "2027-01-15T08:00:00Z");
    assert_eq!(each(&report, "to")[5], "2027-01-15T14:00:00Z");
    assert_eq!(each(&report, "peak"), [1, 2, 1, 1, 1, 0]);
    assert_eq!(each(&report, "log_ins"), [1, 1, 0, 0, 0, 0]);
    assert_eq!(each(&report, "refused_log_ins"), [0, 2, 0, 0, 0, 0]);
    let carried = each(&report, "carried_erlangs");
    assert_eq!(carried, [0.5, 1.25, 1.0, 1.0, 0.25, 0.0]);
    assert_eq!(times(&report), [("ann", 13_500), ("bob", 900)]);
    assert_eq!(report["users"][0]["user"], desk.users[0]["id"]);

    // By the day, of the zone.
    let report = desk.seats("&from=2027-01-15T08:00:00Z&step=day").await;
    assert_eq!(each(&report, "from"), ["2027-01-15T00:00:00Z"]);
    assert_eq!(each(&report, "peak"), [2]);
    assert_eq!(each(&report, "refused_log_ins"), [2]);
    let tokyo = "&from=2027-01-15T08:00:00Z&step=day&zone=Asia/Tokyo";
    let begins = each(&desk.seats(tokyo).await, "from");
    assert_eq!(begins, ["2027-01-14T15:00:00Z"]);
}

#[tokio::test]
async fn e14_a_report_is_about_the_asked_time_alone() {
    let desk = Desk::new().await;
    desk.morning().await;
    // Within a session that began before and ended after.
    let report = desk
        .seats("&from=2027-01-15T10:10:00Z&to=2027-01-15T10:50:00Z")
        .await;
    assert_eq!(each(&report, "from"), ["2027-01-15T10:00:00Z"]);
    assert_eq!(each(&report, "peak"), [1]);
    assert_eq!(times(&report), [("ann", HOUR)]);
    let report = desk
        .seats("&from=2027-01-15T09:00:00Z&to=2027-01-15T10:00:00Z")
        .await;
    assert_eq!(each(&report, "peak"), [2]);
    assert_eq!(times(&report), [("ann", HOUR), ("bob", 900)]);
    let report = desk
        .seats("&from=2027-01-15T12:30:00Z&to=2027-01-15T13:00:00Z")
        .await;
    assert_eq!(times(&report), [("ann", 900)]);
    let report = desk.seats("&from=2027-01-15T13:00:00Z").await;
    assert_eq!(each(&report, "peak"), [0]);
    assert_eq!(times(&report), []);
    // Whatever happens later changes nothing of it.
    let asked = "&from=2027-01-15T08:00:00Z&to=2027-01-15T13:00:00Z";
    let before = desk.seats(asked).await;
    desk.pass(DAY);
    desk.morning().await;
    assert_eq!(desk.seats(asked).await, before);
    // A week unless said.
    let report = desk.seats("").await;
    assert_eq!(each(&report, "from").len(), 7 * 24 + 1);
    assert_eq!(times(&report), [("ann", 27_000), ("bob", 1800)]);
}

#[tokio::test]
async fn e14_who_is_logged_in_counts_until_now() {
    let desk = Desk::new().await;
    desk.enters(0).await;
    desk.pass(90 * MINUTE);
    let report = desk.seats("&from=2027-01-15T08:00:00Z").await;
    assert_eq!(each(&report, "peak"), [1, 1]);
    assert_eq!(each(&report, "carried_erlangs"), [1.0, 1.0]);
    assert_eq!(times(&report), [("ann", 90 * MINUTE)]);
    // A user who is gone keeps its time, without a name.
    let path = desk.world.mid.user_path(&desk.users[0], "");
    desk.mid().await.owner.delete(&path).await.expect(204);
    let report = desk.seats("&from=2027-01-15T08:00:00Z").await;
    assert_eq!(times(&report), [("gone", 90 * MINUTE)]);
}

#[tokio::test]
async fn e14_what_time_ended_counts_though_no_sweep_wrote_it_down() {
    let desk = Desk::watchful().await;
    desk.enters(0).await;
    // The device is silent for the five minutes that its pool allows.
    desk.pass(3 * HOUR);
    let report = desk.seats("&from=2027-01-15T08:00:00Z").await;
    assert!(desk.mid().await.happened("session_ended").await.is_empty());
    assert_eq!(times(&report), [("ann", 300)]);
    assert_eq!(each(&report, "peak"), [1, 0, 0]);
    // Written down, it is the same.
    desk.mid().await.user("dan", json!({})).await;
    assert_eq!(desk.mid().await.happened("session_ended").await.len(), 1);
    assert_eq!(desk.seats("&from=2027-01-15T08:00:00Z").await, report);
    let report = desk.seats("&from=2027-01-15T09:00:00Z").await;
    assert_eq!(times(&report), []);
}

#[tokio::test]
async fn e14_another_pool_and_another_domain_stay_out_of_it() {
    let desk = Desk::new().await;
    let low = &desk.world.low;
    let pool = low.default_pool(1).await;
    let eve = low.user("eve", json!({"pool": pool["id"]})).await;
    low.person(&desk.world.server, eve)
        .await
        .enters("phone")
        .await;
    desk.pass(HOUR);
    let report = desk.seats("").await;
    assert_eq!(times(&report), []);
    let pool = pool["id"].as_str().expect("an id");
    for report in ["seats", "seats-needed"] {
        let path = desk
            .world
            .mid
            .path(&format!("/reports/{report}?pool={pool}"));
        let foreign = desk.mid().await.owner.get(&path).await;
        foreign.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn e14_seats_needed_come_from_the_busiest_hour_by_erlang_b() {
    let desk = Desk::new().await;
    desk.morning().await;
    let needed = desk.needed("&from=2027-01-15T08:00:00Z").await;
    let busy = &needed["busy_hour"];
    assert_eq!(busy["from"], "2027-01-15T09:00:00Z");
    assert_eq!(
        (&busy["log_ins"], &busy["refused_log_ins"]),
        (&json!(1), &json!(2))
    );
    // One got a seat and two did not: three times the carried 1.25 erlangs were offered.
    assert_eq!(needed["offered_erlangs"], 3.75);
    // By the published table of Erlang B, 9 seats carry 3.78 erlangs at 1 %, 8 only 3.13.
    assert_eq!(
        (&needed["seats_needed"], &needed["refused"]),
        (&json!(9), &json!(0.01))
    );
    // And at 5 %, 7 seats carry 3.74, 8 carry 4.54.
    let at_five = desk.needed("&from=2027-01-15T08:00:00Z&refused=0.05").await;
    assert_eq!(at_five["seats_needed"], 8);
    // Two seats refuse more than half of it: (A²/2) / (1 + A + A²/2).
    assert_eq!(needed["seats"], 2);
    let refused = needed["refused_with_seats"].as_f64().expect("a share");
    let half = 3.75 * 3.75 / 2.0;
    assert!((refused - half / (1.0 + 3.75 + half)).abs() < 1e-9);
    // Only hours that are over: it is 13:15.
    assert_eq!(needed["to"], "2027-01-15T13:00:00Z");
    let said = needed["assumptions"].as_array().expect("assumptions");
    assert!(said[0].as_str().expect("a text").starts_with("Erlang B"));
}

#[tokio::test]
async fn e14_a_quiet_pool_needs_no_seats() {
    let desk = Desk::new().await;
    desk.pass(2 * HOUR);
    let needed = desk.needed("").await;
    assert_eq!(
        (&needed["seats_needed"], &needed["offered_erlangs"]),
        (&json!(0), &json!(0.0))
    );
}

#[tokio::test]
async fn e14_a_report_is_about_92_days_at_most_and_about_the_past() {
    let desk = Desk::new().await;
    desk.pass(100 * DAY);
    let owner = &desk.mid().await.owner;
    let now = "2027-04-25T08:00:00Z";
    let wrong = [
        ("&from=2027-01-23T07:59:59Z".to_owned(), "from"),
        (format!("&from={now}"), "from"),
        (
            "&from=2027-05-01T00:00:00Z&to=2027-05-02T00:00:00Z".to_owned(),
            "from",
        ),
        (
            "&from=2027-04-02T00:00:00Z&to=2027-04-01T00:00:00Z".to_owned(),
            "from",
        ),
        ("&from=yesterday".to_owned(), "from"),
        ("&to=2027-04-31T00:00:00Z".to_owned(), "to"),
    ];
    for (asked, field) in &wrong {
        for report in ["seats", "seats-needed"] {
            let answer = owner.get(&desk.path(report, asked)).await;
            answer.expect_fields(&[*field]);
        }
    }
    let longest = desk.seats("&from=2027-01-23T08:00:00Z").await;
    assert_eq!(each(&longest, "from").len(), 92 * 24);
    // As many days again as there are: both ends within one.
    let days = desk.seats("&from=2027-01-23T08:00:00Z&step=day").await;
    assert_eq!(each(&days, "from").len(), 93);
    // Until now, whatever is asked for.
    let ahead = desk
        .seats("&from=2027-04-25T07:00:00Z&to=2028-01-01T00:00:00Z")
        .await;
    assert_eq!(each(&ahead, "to"), [now]);
}

#[tokio::test]
async fn e14_what_a_report_takes_is_checked() {
    let desk = Desk::new().await;
    desk.pass(2 * HOUR);
    let owner = &desk.mid().await.owner;
    for refused in ["0", "0.00001", "0.6", "-1", "NaN", "inf", "some", "1e400"] {
        let path = desk.path("seats-needed", &format!("&refused={refused}"));
        owner.get(&path).await.expect_fields(&["refused"]);
    }
    for refused in ["0.5", "0.0001", "1e-2"] {
        let path = desk.path("seats-needed", &format!("&refused={refused}"));
        owner.get(&path).await.expect(200);
    }
    let within = "&from=2027-01-15T09:10:00Z&to=2027-01-15T09:50:00Z";
    let path = desk.path("seats-needed", within);
    owner.get(&path).await.expect_fields(&["to"]);
    let missing = desk.world.mid.path("/reports/seats");
    owner.get(&missing).await.expect_fields(&["pool"]);
    let path = desk.path("seats", "&step=week");
    owner.get(&path).await.expect_fields(&["step"]);
    let path = desk.path("seats", "&zone=Mars/Olympus");
    owner.get(&path).await.expect_fields(&["zone"]);
}

#[tokio::test]
async fn e14_the_seats_report_comes_as_csv_too() {
    let desk = Desk::new().await;
    desk.morning().await;
    let path = desk.path(
        "seats",
        "&from=2027-01-15T08:00:00Z&to=2027-01-15T10:00:00Z",
    );
    let owner = desk.mid().await.owner.with("accept", "text/csv");
    let answer = owner.get(&path).await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/csv; charset=utf-8")
    );
    let lines = [
        "from,to,peak,carried_erlangs,log_ins,refused_log_ins",
        "2027-01-15T08:00:00Z,2027-01-15T09:00:00Z,1,0.5,1,0",
        "2027-01-15T09:00:00Z,2027-01-15T10:00:00Z,2,1.25,1,2",
        "",
    ];
    assert_eq!(answer.text, lines.join("\r\n"));
}

#[tokio::test]
async fn d3_reports_are_for_those_who_may_see_them() {
    let desk = Desk::new().await;
    let world = &desk.world;
    for report in ["seats", "seats-needed"] {
        let path = desk.path(report, "");
        world.admin.get(&path).await.expect(200);
        for client in [&world.support, &world.billing, &world.member] {
            client.get(&path).await.expect_problem(403, "not_allowed");
        }
        for client in [&world.top.owner, &world.outsider] {
            client.get(&path).await.expect_problem(404, "not_found");
        }
    }
}
