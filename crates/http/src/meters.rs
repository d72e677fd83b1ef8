//! What is counted of requests, by route (its template, never what filled it in), method
//! and status; and how long they took.
//!
//! The handles are looked up once per route and kept: counting costs no allocation.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram};
use metrics::{Unit, histogram};

/// Requests, by route, method and status.
pub const REQUESTS: &str = "usher_http_requests_total";
/// How long they took until the answer began, by route and method.
pub const SECONDS: &str = "usher_http_request_duration_seconds";
/// Event streams that run now.
pub const STREAMS: &str = "usher_http_event_streams";

/// Where a histogram of [`SECONDS`] has its buckets.
pub const BUCKETS: [f64; 12] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

const METHODS: [Method; 6] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::HEAD,
];

const STATUSES: [u16; 17] = [
    200, 201, 202, 204, 303, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503,
];

/// The meters of all routes.
pub struct Meters {
    routes: HashMap<String, Arc<Route>>,
    unmatched: Arc<Route>,
}

/// The meters of a route.
pub struct Route {
    name: String,
    methods: [OnceLock<Meter>; METHODS.len() + 1],
}

struct Meter {
    method: String,
    seconds: Histogram,
    statuses: [OnceLock<Counter>; STATUSES.len()],
}

impl Meters {
    /// For these routes.
    pub fn new(routes: impl Iterator<Item = String>) -> Meters {
        describe_counter!(REQUESTS, "Requests that were answered.");
        describe_histogram!(SECONDS, Unit::Seconds, "Time until an answer began.");
        describe_gauge!(STREAMS, "Event streams that run now.");
        Meters {
            routes: routes
                .map(|name| (name.clone(), Arc::new(Route::new(name))))
                .collect(),
            unmatched: Arc::new(Route::new("none".to_owned())),
        }
    }

    /// The meters of the route with this template.
    pub fn of(&self, route: Option<&str>) -> Arc<Route> {
        let known = route.and_then(|route| self.routes.get(route));
        known.unwrap_or(&self.unmatched).clone()
    }
}

impl Route {
    fn new(name: String) -> Route {
        Route {
            name,
            methods: Default::default(),
        }
    }

    /// Its template.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Counts an answer.
    pub fn count(&self, method: &Method, status: StatusCode, took: Duration) {
        let known = METHODS.iter().position(|known| known == method);
        let meter = self.methods[known.unwrap_or(METHODS.len())].get_or_init(|| {
            let method = known.map_or("other", |_| method.as_str());
            Meter {
                method: method.to_owned(),
                seconds: histogram!(
                    SECONDS, "route" => self.name.clone(), "method" => method.to_owned()
                ),
                statuses: Default::default(),
            }
        });
        meter.seconds.record(took);
        let counter = |status: u16| {
            counter!(
                REQUESTS,
                "route" => self.name.clone(),
                "method" => meter.method.clone(),
                "status" => status.to_string(),
            )
        };
        let status = status.as_u16();
        match STATUSES.iter().position(|known| *known == status) {
            Some(known) => meter.statuses[known]
                .get_or_init(|| counter(status))
                .increment(1),
            None => counter(status).increment(1),
        }
    }
}
