//! Event streams, read event by event.

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

/// An event as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: Option<u64>,
    pub kind: String,
    pub data: Value,
}

impl Reader {
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

    /// The next event of a journal: its id, its kind, its data; none when the stream has ended.
    pub async fn next(&mut self) -> Option<(u64, String, Value)> {
        let event = self.event().await?;
        Some((event.id.expect("an id"), event.kind, event.data))
    }

    /// The next event; none when the stream has ended.
    pub async fn event(&mut self) -> Option<Event> {
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

    /// The next event, which is of this kind.
    #[track_caller]
    pub fn expect(&mut self, kind: &str) -> impl Future<Output = Event> {
        let at = std::panic::Location::caller();
        async move {
            let event = self.event().await;
            let event = event.unwrap_or_else(|| panic!("{at}: the stream ended"));
            assert_eq!(event.kind, kind, "{at}: {event:?}");
            event
        }
    }
}

fn read(event: &str) -> Event {
    let field = |name: &str| {
        let mut lines = event.lines();
        let line = lines.find_map(|line| line.strip_prefix(name))?;
        Some(line.trim_start_matches(": ").to_owned())
    };
    let data = field("data").expect("data");
    Event {
        id: field("id").map(|id| id.parse().expect("a number")),
        kind: field("event").expect("a kind"),
        data: serde_json::from_str(&data).expect("JSON"),
    }
}
