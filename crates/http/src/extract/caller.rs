//! Who asks: a bearer token, or the panel's cookie; and whether a write may be done twice.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use usher_app::secrets::{digest, digest_of, domain_of_device};
use usher_app::{Ask, Idempotency, limits};
use usher_rules::DomainId;
use usher_store::records::Digest;
use uuid::Uuid;

use crate::problem::{Stopped, table};
use crate::state::Http;
use crate::watch::RequestId;

/// The panel's cookie.
pub const SESSION_COOKIE: &str = "usher_session";

/// The request's header for doing it once (rule I3).
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Who looks at something. Whether they may is the app's to say.
pub struct Reads(pub Ask);

impl FromRequestParts<Http> for Reads {
    type Rejection = Stopped;

    async fn from_request_parts(parts: &mut Parts, _http: &Http) -> Result<Self, Stopped> {
        Ok(Reads(ask(token(&parts.headers), parts)))
    }
}

/// Who changes something, before the body was read.
pub struct Writer {
    ask: Ask,
    route: String,
    key: Option<String>,
}

impl Writer {
    /// Who asks, with the digest of what they sent.
    #[must_use]
    pub fn sent(self, body: &[u8]) -> Ask {
        let (route, fingerprint) = (self.route, digest_of(&[body]));
        Ask {
            idempotency: self.key.map(|key| Idempotency {
                route,
                key,
                fingerprint,
            }),
            ..self.ask
        }
    }
}

/// Who changes something. Without a token it is not worth reading the body, unless anyone
/// may do this.
///
/// # Errors
/// 401, 403 for a write from another site with the panel's cookie, 422 for an idempotency
/// key that is none.
pub fn writer(parts: &Parts, http: &Http, anyone: bool) -> Result<Writer, Stopped> {
    let token = token(&parts.headers);
    if token.is_none() && !anyone {
        return Err(Stopped::from(&usher_rules::Refusal::NotSignedIn));
    }
    let by_cookie = token.as_ref().is_some_and(|token| token.by_cookie);
    if by_cookie && !same_origin(&parts.headers, &http.options.public_url) {
        return Err(Stopped::by(&table::CROSS_ORIGIN));
    }
    Ok(Writer {
        ask: ask(token, parts),
        key: idempotency_key(&parts.headers)?,
        route: route(parts),
    })
}

/// What is asked for: method, path and query, for one key may not stand for a dry run and
/// the real thing.
fn route(parts: &Parts) -> String {
    let path = parts.uri.path_and_query();
    format!("{} {}", parts.method, path.map_or("", |path| path.as_str()))
}

struct Token {
    digest: Digest,
    device_of: Option<DomainId>,
    by_cookie: bool,
}

impl Token {
    fn new(text: &str, by_cookie: bool) -> Token {
        Token {
            digest: digest(text),
            device_of: domain_of_device(text),
            by_cookie,
        }
    }
}

fn ask(token: Option<Token>, parts: &Parts) -> Ask {
    Ask {
        device_of: token.as_ref().and_then(|token| token.device_of),
        token: token.map(|token| token.digest),
        request: request_id(parts),
        idempotency: None,
    }
}

fn token(headers: &HeaderMap) -> Option<Token> {
    if let Some(header) = headers.get(header::AUTHORIZATION) {
        let (scheme, text) = header.to_str().ok()?.split_once(' ')?;
        return scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| Token::new(text.trim(), false));
    }
    let cookies = headers.get_all(header::COOKIE).iter();
    let texts = cookies.filter_map(|header| header.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';'));
    pairs.find_map(|pair| {
        let (name, text) = pair.split_once('=')?;
        (name.trim() == SESSION_COOKIE).then(|| Token::new(text.trim(), true))
    })
}

/// Browsers say from where a write comes; one that does not is not trusted with the cookie.
fn same_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = text("origin") else {
        return false;
    };
    let host = |url: &str| url.split_once("://").map(|(_, rest)| rest.to_owned());
    origin == public_url || (host(origin).is_some() && host(origin).as_deref() == text("host"))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Stopped> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    let bytes = key.as_bytes();
    let fits = (1..=limits::IDEMPOTENCY_KEY).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_graphic)
        && keys.next().is_none();
    match (fits, std::str::from_utf8(bytes)) {
        (true, Ok(key)) => Ok(Some(key.to_owned())),
        _ => Err(Stopped::invalid(
            IDEMPOTENCY_KEY,
            "must be 1 to 255 visible ASCII characters",
        )),
    }
}

fn request_id(parts: &Parts) -> Uuid {
    let id = parts.extensions.get::<RequestId>();
    id.map_or(Uuid::nil(), |id| id.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = header::HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn i1_the_token_comes_from_the_header_or_the_cookie() {
        let bearer = headers(&[
            ("authorization", "bearer ush_1"),
            ("cookie", "usher_session=x"),
        ]);
        let token = token(&bearer).expect("a token");
        assert_eq!((token.digest, token.by_cookie), (digest("ush_1"), false));
        let cookie = headers(&[("cookie", "other=1; usher_session=ush_2")]);
        let token = super::token(&cookie).expect("a token");
        assert_eq!((token.digest, token.by_cookie), (digest("ush_2"), true));
        assert!(super::token(&headers(&[("authorization", "Basic eDp5")])).is_none());
        assert!(super::token(&headers(&[])).is_none());
    }

    #[test]
    fn i1_a_write_with_the_cookie_comes_from_the_same_site() {
        let here = "https://seats.example.com";
        let cases = [
            (headers(&[("sec-fetch-site", "same-origin")]), true),
            (
                headers(&[("sec-fetch-site", "cross-site"), ("origin", here)]),
                false,
            ),
            (headers(&[("sec-fetch-site", "same-site")]), false),
            (headers(&[("origin", here)]), true),
            (
                headers(&[("origin", "http://inner.test"), ("host", "inner.test")]),
                true,
            ),
            (
                headers(&[("origin", "https://evil.test"), ("host", "inner.test")]),
                false,
            ),
            (headers(&[("origin", "null")]), false),
            (headers(&[]), false),
        ];
        for (headers, same) in cases {
            assert_eq!(same_origin(&headers, here), same, "{headers:?}");
        }
    }

    #[test]
    fn i3_a_key_is_visible_ascii() {
        let key = |value: &'static str| idempotency_key(&headers(&[("idempotency-key", value)]));
        assert_eq!(key("a-1").expect("a key").as_deref(), Some("a-1"));
        assert!(key("").is_err());
        assert!(key("a b").is_err());
        assert_eq!(idempotency_key(&headers(&[])).expect("no key"), None);
    }
}
