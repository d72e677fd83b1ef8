//! Calls to the API as an app would make them: one method, one path, one body.

use reqwest::Method;
use reqwest::blocking::{RequestBuilder, Response};
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines};
use std::time::Duration;

/// Who calls: an address and, once signed in, a token. Clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::blocking::Client,
    url: String,
    token: Option<String>,
}

/// What came back, not yet judged.
#[derive(Clone, Debug)]
pub struct Answer {
    pub what: String,
    pub status: u16,
    pub body: Value,
}

impl Client {
    pub fn new(url: &str) -> Self {
        let http = reqwest::blocking::Client::builder()
            .timeout(Duration::from_secs(60))
            .build()
            .expect("a client");
        Self {
            http,
            url: url.to_owned(),
            token: None,
        }
    }

    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same caller at another server: a process started anew, or a second one.
    pub fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// Signs in; the client that comes back acts as this account.
    pub fn logged_in(&self, email: &str, password: &str) -> Self {
        let body = serde_json::json!({ "email": email, "password": password });
        let answer = self.post("/v1/login", &body).expect(200);
        self.with_token(answer["token"].as_str().expect("a token"))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call(&Method::GET, path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(&Method::POST, path, Some(body))
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(&Method::PUT, path, Some(body))
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call(&Method::PATCH, path, Some(body))
    }

    /// A page of what would be a stream.
    pub fn get_json(&self, path: &str) -> Answer {
        let request = self.request(&Method::GET, path, None, None);
        let response = request.header("Accept", "application/json").send();
        let response = response.expect("an answer");
        Answer {
            what: format!("GET {path}"),
            status: response.status().as_u16(),
            body: response.json().expect("JSON"),
        }
    }

    /// Follows a stream of events.
    pub fn follow(&self, path: &str) -> Stream {
        let request = self.request(&Method::GET, path, None, None);
        let response = request.header("Accept", "text/event-stream").send();
        let response = response.expect("an answer");
        assert_eq!(response.status().as_u16(), 200, "GET {path}");
        Stream(BufReader::new(response).lines())
    }

    /// The status of a request that a proxy passes on for someone else.
    pub fn forwarded_for(&self, whom: &str, path: &str) -> u16 {
        let request = self.request(&Method::GET, path, None, None);
        let answer = request.header("X-Forwarded-For", whom).send();
        answer.expect("an answer").status().as_u16()
    }

    fn call(&self, method: &Method, path: &str, body: Option<&Value>) -> Answer {
        self.send(method, path, body, None)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Like the others, but an answer may fail to come: the server may be dying. The key lets the
    /// same request be sent again without doing it twice.
    pub fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Answer, reqwest::Error> {
        let response = self.request(method, path, body, key).send()?;
        let status = response.status().as_u16();
        let text = response.text()?;
        Ok(Answer {
            what: format!("{method} {path}"),
            status,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        })
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> RequestBuilder {
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

/// A stream of events that is followed; as long as a request may take.
pub struct Stream(Lines<BufReader<Response>>);

impl Stream {
    /// The data of the next event of a kind; those before it are passed over.
    pub fn next(&mut self, kind: &str) -> Value {
        loop {
            let (seen, data) = self.any();
            if seen == kind {
                return data;
            }
        }
    }

    /// The next event's kind and data.
    pub fn any(&mut self) -> (String, Value) {
        let mut kind = String::new();
        loop {
            let line = self.0.next().expect("the stream goes on").expect("text");
            if let Some(event) = line.strip_prefix("event:") {
                event.trim().clone_into(&mut kind);
            }
            if let Some(data) = line.strip_prefix("data:") {
                return (kind, serde_json::from_str(data).expect("JSON"));
            }
        }
    }
}

impl Answer {
    /// The body of an answer that has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.what, self.body);
        self.body
    }

    /// A problem with this status and code.
    #[track_caller]
    pub fn expect_refusal(self, status: u16, code: &str) -> Value {
        let what = self.what.clone();
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{what}: {body}");
        body
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn is_refusal(&self, code: &str) -> bool {
        self.body["code"] == code
    }
}
