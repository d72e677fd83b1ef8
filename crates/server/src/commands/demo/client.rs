//! Calls to the demo's own server over HTTP, as an app on a device makes them.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;

/// An answer that doesn't come by then won't.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who calls: nobody, an account or a device, by its token. Clones share connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

/// What was answered.
pub struct Said {
    pub status: u16,
    pub body: Value,
}

impl Client {
    /// Nobody, at the server of this URL.
    pub fn new(url: &str) -> Result<Client, reqwest::Error> {
        // The server is on this machine: whatever proxy is set is not for it.
        Ok(Client {
            http: reqwest::Client::builder().no_proxy().build()?,
            url: url.to_owned(),
            token: None,
        })
    }

    /// The account of this address.
    pub async fn signed_in(&self, email: &str, password: &str) -> Result<Client, reqwest::Error> {
        let body = serde_json::json!({ "email": email, "password": password });
        let said = self.ask(Method::POST, "/v1/login", &body).await?;
        Ok(self.with_token(&text(&said.body["token"])))
    }

    /// The same server, with another token.
    pub fn with_token(&self, token: &str) -> Client {
        Client {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Said, reqwest::Error> {
        self.ask(Method::POST, path, body).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Result<Said, reqwest::Error> {
        self.ask(Method::PATCH, path, body).await
    }

    pub async fn get(&self, path: &str) -> Result<Said, reqwest::Error> {
        self.ask(Method::GET, path, &Value::Null).await
    }

    pub async fn delete(&self, path: &str) -> Result<Said, reqwest::Error> {
        self.ask(Method::DELETE, path, &Value::Null).await
    }

    async fn ask(&self, how: Method, path: &str, body: &Value) -> Result<Said, reqwest::Error> {
        let mut request = self.request(how, path).timeout(PATIENCE);
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        Ok(Said { status, body })
    }

    /// Follows a stream of events.
    pub async fn follow(&self, path: &str) -> Result<Events, reqwest::Error> {
        let request = self.request(Method::GET, path);
        let response = request.send().await?.error_for_status()?;
        Ok(Events {
            response,
            arrived: Vec::new(),
        })
    }

    fn request(&self, how: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(how, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

/// A stream of events that is followed.
pub struct Events {
    response: Response,
    arrived: Vec<u8>,
}

impl Events {
    /// The next event's kind and data; none when the stream ends. May be given up while it
    /// waits: what has arrived stays.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some(block) = self.block() {
                let field = |name| block.lines().find_map(|line| line.strip_prefix(name));
                if let Some(kind) = field("event:") {
                    let data = serde_json::from_str(field("data:").unwrap_or_default());
                    return Some((kind.trim().to_owned(), data.unwrap_or_default()));
                }
            }
            self.arrived.extend(self.response.chunk().await.ok()??);
        }
    }

    /// What stands before the next empty line, once that has arrived.
    fn block(&mut self) -> Option<String> {
        let end = self.arrived.windows(2).position(|two| two == b"\n\n")?;
        let block: Vec<u8> = self.arrived.drain(..end + 2).collect();
        Some(String::from_utf8_lossy(&block).into_owned())
    }
}

/// A text in an answer; empty where there is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
