//! Reading event streams.

use axum::body::BodyDataStream;
use axum::http::Method;
use futures::StreamExt as _;
use serde_json::Value;

use super::Client;

/// A stream that is read event by event.
pub struct Reader {
    stream: BodyDataStream,
    text: String,
}

impl Reader {
    /// Opens it.
    pub async fn open(client: &Client, path: &str) -> Reader {
        let response = client.respond(Method::GET, path, None).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        Reader {
            stream: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    /// The next event: its id, its kind, its data; none when the stream has ended.
    pub async fn next(&mut self) -> Option<(u64, String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if event.starts_with(':') {
                    continue;
                }
                return Some(read(&event));
            }
            let piece = self.stream.next().await?.expect("a piece");
            self.text += std::str::from_utf8(&piece).expect("text");
        }
    }
}

fn read(event: &str) -> (u64, String, Value) {
    let field = |name: &str| {
        let mut lines = event.lines();
        let line = lines.find_map(|line| line.strip_prefix(name)).expect(name);
        line.trim_start_matches(": ").to_owned()
    };
    let data = serde_json::from_str(&field("data")).expect("JSON");
    (field("id").parse().expect("a number"), field("event"), data)
}
