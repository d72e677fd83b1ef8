//! Pages for people, headers of every answer, health and metrics.

use metrics_exporter_prometheus::PrometheusBuilder;
use usher_http::HttpOptions;
use usher_http::problem::table::KINDS;
use usher_store::memory::MemoryStore;

use crate::harness::conform::operations;
use crate::harness::world::{START, Server};
use crate::harness::{Answer, World};

/// A server that is no sandbox.
fn real() -> Server {
    Server::with(MemoryStore::new(START), HttpOptions::default())
}

/// What a page loads: whatever stands in these attributes.
fn loaded(page: &str) -> Vec<&str> {
    let attributes = ["src=\"", "href=\""];
    let found = attributes.iter().flat_map(|attribute| {
        let pieces = page.split(attribute).skip(1);
        pieces.filter_map(|piece| piece.split('"').next())
    });
    found.collect()
}

#[tokio::test]
async fn a_sandbox_says_so_on_every_page_and_answer() {
    let (sandbox, real) = (Server::new().client(None), real().client(None));
    let paths = [
        "/",
        "/docs/",
        "/problems/taken",
        "/join/x",
        "/call/x",
        "/v1/openapi.json",
        "/health/live",
    ];
    for path in paths {
        let answer = sandbox.get(path).await;
        assert_eq!(answer.header("usher-sandbox"), Some("true"), "{path}");
        let says = answer.text.contains("sandbox:** its clock")
            || answer.text.contains("<strong>This is a sandbox.</strong>")
            || path == "/health/live";
        assert!(says, "{path}");
        let answer = real.get(path).await;
        assert_eq!(answer.header("usher-sandbox"), None, "{path}");
        assert!(!answer.text.contains("This is a sandbox"), "{path}");
    }
    for path in ["/v1/me", "/v1/nowhere"] {
        let answer = sandbox.get(path).await;
        assert_eq!(answer.header("usher-sandbox"), Some("true"), "{path}");
    }
}

#[tokio::test]
async fn nothing_on_a_page_loads_from_elsewhere() {
    let client = real().client(None);
    for path in ["/", "/docs/", "/problems/taken", "/join/x", "/reset/x"] {
        let page = client.get(path).await;
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(!policy.contains("http"), "{policy}");
        assert!(policy.starts_with("default-src"), "{policy}");
        let links = loaded(&page.text);
        assert!(!links.is_empty());
        for link in links {
            assert!(!link.contains("//"), "{path} loads {link}");
            let link = link.trim_start_matches("./");
            let full = match link.starts_with('/') {
                true => link.to_owned(),
                false => format!("{path}{link}"),
            };
            if full == "/v1/prices" {
                continue;
            }
            assert!(
                client
                    .respond(axum::http::Method::GET, &full, None)
                    .await
                    .status()
                    == 200
            );
        }
    }
    let settings = client.get("/docs/swagger-initializer.js").await;
    assert!(settings.text.contains("/v1/openapi.json"));
    assert!(
        settings.text.contains("\"validatorUrl\": \"none\""),
        "{}",
        settings.text
    );
    client
        .get("/docs/nothing.js")
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn each_kind_of_problem_has_a_page_where_its_type_leads() {
    let client = real().client(None);
    for kind in KINDS {
        let page = client.get(&format!("/problems/{}", kind.code)).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(kind.title), "{}", kind.code);
    }
    client
        .get("/problems/unheard_of")
        .await
        .expect_problem(404, "not_found");
}

fn assert_guarded(answer: &Answer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{}: {name}", answer.what);
    }
    assert!(answer.header("content-security-policy").is_some());
    assert!(answer.header("x-request-id").is_some());
}

#[tokio::test]
async fn every_answer_carries_its_guards() {
    let world = World::new().await;
    let answers = [
        world.operator.get("/v1/me").await,
        world.anonymous().get("/v1/me").await,
        world.operator.get("/v1/nowhere").await,
        world.operator.delete("/v1/me").await,
        world.operator.get("/").await,
    ];
    for answer in &answers {
        assert_guarded(answer);
        let secure = answer.header("strict-transport-security");
        assert_eq!(secure, Some("max-age=31536000"), "the public URL is https");
    }
    let plain = real().client(None).get("/").await;
    assert_eq!(plain.header("strict-transport-security"), None);
}

#[tokio::test]
async fn the_server_says_how_it_is() {
    let client = real().client(None);
    assert_eq!(client.get("/health/live").await.expect(200)["status"], "ok");
    assert_eq!(
        client.get("/health/ready").await.expect(200)["status"],
        "ok"
    );
    client
        .get("/metrics")
        .await
        .expect_problem(404, "not_found");
    let described = client.get("/v1/openapi.json").await.expect(200);
    let paths = described["paths"].as_object().expect("paths");
    let operations: usize = paths
        .values()
        .map(|p| p.as_object().map_or(0, |p| p.len()))
        .sum();
    assert_eq!(operations, self::operations().len());
}

#[test]
fn requests_are_counted_by_route_and_never_by_what_filled_it_in() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let options = HttpOptions {
        metrics: Some(handle),
        ..HttpOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let text = metrics::with_local_recorder(&recorder, || {
        runtime.expect("a runtime").block_on(async {
            let client = Server::with(MemoryStore::new(START), options).client(None);
            let path = "/v1/domains/dom_00000000000000000000000000000000?secret=1";
            client.get(path).await.expect(401);
            client.get("/v1/nowhere/at-all").await.expect(404);
            client.get("/metrics").await.text
        })
    });
    let count = |labels: &str| text.contains(&format!("usher_http_requests_total{{{labels}}} 1"));
    assert!(
        count("route=\"/v1/domains/{domain}\",method=\"GET\",status=\"401\""),
        "{text}"
    );
    assert!(
        count("route=\"none\",method=\"GET\",status=\"404\""),
        "{text}"
    );
    assert!(!text.contains("dom_") && !text.contains("secret") && !text.contains("nowhere"));
    assert!(text.contains("# HELP usher_http_request_duration_seconds "));
}
