//! Behind a proxy: from where a request comes is the proxy's word, when the proxy is named.

use crate::harness::{Client, Place, Server};
use serde_json::Value;
use std::path::Path;

const SAID: &str = "192.0.2.99, 203.0.113.5";

/// From where the server's log says that a request came.
fn logged(log: &Path) -> Value {
    let text = std::fs::read_to_string(log).expect("the log");
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut answered = lines.filter(|line: &Value| line["message"] == "a request was answered");
    let line = answered.next().expect("a line about the request");
    line["client"].clone()
}

/// Asks a server with these options through what may be a proxy.
fn client_of(options: &[&str]) -> Value {
    let place = Place::sqlite();
    let log = place.file("log");
    let mut all = vec!["--log", "json", "--log-level", "usher_http=debug"];
    all.extend(options);
    let server = Server::start_logging(&place, &all, &log);
    let answer = Client::new(server.url()).forwarded_for(SAID, "/health/live");
    assert_eq!(answer, 200);
    server.kill();
    logged(&log)
}

#[test]
fn a_named_proxy_says_from_where_a_request_comes() {
    let named = ["--trusted-proxies", "10.0.0.0/8,127.0.0.1"];
    assert_eq!(client_of(&named), "203.0.113.5");
}

#[test]
fn a_proxy_that_is_not_named_says_nothing() {
    assert_eq!(client_of(&[]), "127.0.0.1");
    assert_eq!(client_of(&["--trusted-proxies", "10.0.0.0/8"]), "127.0.0.1");
}
