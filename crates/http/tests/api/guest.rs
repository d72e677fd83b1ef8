//! `/call/{token}`: the page that a guest sees (rule F2).

use axum::http::Method;
use serde_json::{Value, json};
use usher_app::secrets::digest;

use crate::harness::{Answer, Client};
use crate::links::{Stage, token_of};

impl Client {
    /// The page of a link, with a query.
    async fn page(&self, link: &Value, query: &str) -> Answer {
        self.get(&format!("/call/{}{query}", token_of(link))).await
    }

    /// Presses the page's button.
    async fn press(&self, link: &Value) -> Answer {
        let path = format!("/call/{}", token_of(link));
        let form = (Vec::new(), "application/x-www-form-urlencoded");
        self.send(Method::POST, &path, Some(form)).await
    }
}

#[track_caller]
fn assert_says(page: &Answer, status: u16, text: &str, button: bool) {
    assert_eq!(page.status, status, "{}", page.text);
    assert!(page.text.contains(text), "no {text:?} in {}", page.text);
    let has_button = page.text.contains("<form method=\"post\"><button>");
    assert_eq!(has_button, button, "{}", page.text);
}

#[tokio::test]
async fn f2_the_guests_page_says_in_which_state_the_link_is() {
    let stage = Stage::new().await;
    let (ann, guest, server) = (&stage.ann, &stage.guest, &stage.world.server);
    let open = ann.call_link(json!({"guest_name": "Bob"})).await;
    let page = guest.page(&open, "").await;
    assert_says(
        &page,
        200,
        "<bdi>ann</bdi> is not logged in right now",
        false,
    );
    assert!(page.text.contains("<h1>Call <bdi>ann</bdi></h1>"));
    assert!(
        page.text.contains("For <bdi>Bob</bdi>, until <time"),
        "{}",
        page.text
    );
    let session = stage.phone.enters("phone").await;
    assert_says(
        &guest.page(&open, "").await,
        200,
        "Call <bdi>ann</bdi></button>",
        true,
    );

    let once = ann.call_link(json!({"one_call": true})).await;
    assert_says(&guest.page(&once, "").await, 200, ", for one call", true);
    let path = format!("/v1/call-links/{}/calls", token_of(&once));
    let call = guest.post(&path, json!({})).await.expect(201);
    session.says(&call, "answered").await;
    let revoked = ann.call_link(json!({})).await;
    let id = revoked["link"]["id"].as_str().expect("an id");
    ann.delete(&format!("/v1/me/call-links/{id}"))
        .await
        .expect(204);
    let expired = ann.call_link(json!({"valid_seconds": 60})).await;
    server.store.advance(60);
    let states = [
        (&once, "was for one call, and has been used"),
        (&revoked, "it was revoked"),
        (&expired, "its time has passed"),
    ];
    for (link, says) in states {
        assert_says(&guest.page(link, "").await, 200, says, false);
        assert_says(&guest.press(link).await, 410, says, false);
    }
    let unknown = guest.get("/call/gst_unknown").await;
    assert_says(&unknown, 404, "Unknown call link", false);
    let pressed = guest.send(Method::POST, "/call/gst_unknown", None).await;
    assert_says(&pressed, 404, "Unknown call link", false);
}

#[tokio::test]
async fn f2_the_guests_page_goes_along_with_the_call() {
    let stage = Stage::new().await;
    let guest = &stage.guest;
    let link = stage.ann.call_link(json!({})).await;
    let refused = guest.press(&link).await;
    assert_says(&refused, 409, "is not logged in right now", false);
    let session = stage.phone.enters("phone").await;
    let pressed = guest.press(&link).await;
    assert_eq!(pressed.status, 303);
    let query = pressed.header("location").expect("where to go").to_owned();
    // Pressed twice, it is the same call.
    let again = guest.press(&link).await;
    assert_eq!(again.header("location"), Some(query.as_str()));
    let page = guest.page(&link, &query).await;
    assert_says(&page, 200, "It rings.", false);
    assert_eq!(page.header("refresh"), Some("3"));

    let other = stage.ann.call_link(json!({})).await;
    assert_says(&guest.press(&other).await, 409, "is in another call", true);
    // A call is no concern of who has another link.
    let page = guest.page(&other, &query).await;
    assert_says(&page, 200, "Call <bdi>ann</bdi></button>", true);

    let call = json!({"id": query.strip_prefix("?call=").expect("a call")});
    session.says(&call, "answered").await;
    let page = guest.page(&link, &query).await;
    assert_says(&page, 200, "<bdi>ann</bdi> has answered.", false);
    assert_eq!(page.header("refresh"), Some("15"));
    session.says(&call, "ended").await;
    let page = guest.page(&link, &query).await;
    assert_says(&page, 200, "The call is over.", true);
    assert_eq!(page.header("refresh"), None);
    // What is no call's id asks about none.
    for query in ["?call=", "?call=cal_1", "?other=1&&=", "?call=%3Cscript%3E"] {
        let page = guest.page(&link, query).await;
        assert_says(&page, 200, "Call <bdi>ann</bdi></button>", true);
        assert!(!page.text.contains("call is over"), "{}", page.text);
    }
}

#[tokio::test]
async fn f2_a_call_that_ends_with_its_session_is_over_on_the_page() {
    let stage = Stage::new().await;
    let guest = &stage.guest;
    let session = stage.phone.enters("phone").await;
    let link = stage.ann.call_link(json!({})).await;
    let pressed = guest.press(&link).await;
    let query = pressed.header("location").expect("where to go").to_owned();
    session.leaves().await.expect(204);
    let page = guest.page(&link, &query).await;
    assert_says(&page, 200, "The call is over.", false);
    assert!(
        page.text.contains("is not logged in right now"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn f2_hostile_names_are_text_on_the_page() {
    let stage = Stage::new().await;
    let names = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'--><!--<svg/onload=alert(1)>",
        "</title></style><b>x</b>",
        "&lt;b&gt;",
        "\u{202e}gnihtemos",
        "{{7*7}}",
    ];
    stage.phone.enters("phone").await;
    for name in names {
        let path = stage.world.mid.user_path(&stage.user, "");
        let renamed = stage
            .world
            .mid
            .owner
            .patch(&path, json!({"name": name}))
            .await;
        renamed.expect(200);
        let link = stage
            .ann
            .call_link(json!({"guest_name": name, "valid_seconds": 60}))
            .await;
        let page = stage.guest.page(&link, "").await;
        let written = name
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;");
        assert!(
            page.text.contains(&format!("For <bdi>{written}</bdi>")),
            "{}",
            page.text
        );
        assert!(
            page.text
                .contains(&format!("<h1>Call <bdi>{written}</bdi></h1>"))
        );
        assert!(
            page.text
                .contains(&format!("<title>Call {written}</title>"))
        );
        if written != name {
            assert!(!page.text.contains(name), "{}", page.text);
        }
    }
}

#[tokio::test]
async fn f2_the_guests_page_loads_and_runs_nothing() {
    let stage = Stage::new().await;
    stage.phone.enters("phone").await;
    let link = stage.ann.call_link(json!({})).await;
    for page in [
        stage.guest.page(&link, "").await,
        stage.guest.get("/call/gst_unknown").await,
    ] {
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        assert!(policy.ends_with("form-action 'self'; base-uri 'none'; frame-ancestors 'none'"));
        let style = page.text.split("<style>").nth(1).expect("a style");
        let style = style.split("</style>").next().expect("its end");
        use base64::Engine as _;
        let hash = base64::engine::general_purpose::STANDARD.encode(digest(style));
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
        for word in ["<script", "src=", "url(", "@import", "http", "javascript"] {
            let found = page.text.replace(token_of(&link), "");
            assert!(!found.contains(word), "{word} in {}", page.text);
        }
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(page.header(name), Some(value), "{name}");
        }
        assert!(page.text.contains("width=device-width"));
        assert!(page.text.contains("prefers-color-scheme:dark"));
        assert!(page.text.contains("<html lang=\"en\">"));
    }
}

#[tokio::test]
async fn f2_whoever_presses_the_button_is_nobody() {
    let stage = Stage::new().await;
    stage.phone.enters("phone").await;
    let link = stage.ann.call_link(json!({})).await;
    assert_eq!(stage.world.member.press(&link).await.status, 303);
    let rings = stage.world.mid.happened("call_started").await;
    assert_eq!(rings.len(), 1);
    assert_eq!(rings[0]["actor"], Value::Null);
}
