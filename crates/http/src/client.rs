//! From where a request comes: the peer of its connection, or, when that is a proxy that
//! the operator named, whom the proxy says it speaks for.
//!
//! Each proxy adds the address that it sees to the right of what it was sent. So only the
//! rightmost addresses are a named proxy's word; what stands further left is anyone's.
//! Nobody's say changes what a request may do.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::connect_info::Connected;
use axum::http::{HeaderMap, HeaderName, header};
use axum::serve::{IncomingStream, Listener};
use ipnet::IpNet;
use serde::Deserialize;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// A listener whose requests know their [`Peer`].
pub struct Introduced<L>(pub L);

impl<L: Listener> Listener for Introduced<L> {
    type Io = L::Io;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        self.0.accept().await
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl<L: Listener<Addr = SocketAddr>> Connected<IncomingStream<'_, Introduced<L>>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Introduced<L>>) -> Peer {
        Peer(*stream.remote_addr())
    }
}

/// An address, or a network such as `10.0.0.0/8` or `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Network, String> {
        let text = text.trim();
        let network = match text.parse::<IpAddr>() {
            Ok(address) => Ok(IpNet::from(address)),
            Err(_) => text.parse::<IpNet>(),
        };
        let wrong = |_| format!("{text:?} is no address and no network such as 10.0.0.0/8");
        network.map(Network).map_err(wrong)
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Network, String> {
        text.parse()
    }
}

/// The proxies whose word counts.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<Network>);

impl Proxies {
    /// Those in these networks.
    #[must_use]
    pub fn new(networks: Vec<Network>) -> Proxies {
        Proxies(networks)
    }

    fn are_at(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.0.contains(&address))
    }

    /// The client: the rightmost address that is no proxy's; where all are, the leftmost.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.are_at(peer) {
            return peer;
        }
        let mut client = peer;
        for hop in hops(headers).into_iter().rev() {
            // Hidden, unknown, or no address at all: who passed it on is all we know.
            let Some(address) = hop else { break };
            client = address;
            if !self.are_at(address) {
                break;
            }
        }
        client
    }
}

/// For whom each proxy spoke, the farthest first. A proxy that writes one of the two
/// headers passes the other on from whoever sent it: when they differ, neither counts.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let plain = listed(headers, &X_FORWARDED_FOR, |part| Some(part));
    let standard = listed(headers, &header::FORWARDED, of_whom);
    match (plain, standard) {
        (hops, None) | (None, hops) => hops.unwrap_or_default(),
        (plain, standard) if plain == standard => plain.unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The addresses that all lines of a header list; none without the header.
fn listed(
    headers: &HeaderMap,
    name: &HeaderName,
    whom: impl Fn(&str) -> Option<&str>,
) -> Option<Vec<Option<IpAddr>>> {
    let lines = headers.get_all(name).iter();
    let hops = lines.flat_map(|line| match line.to_str() {
        Ok(line) => split(line, ',').map_or(vec![None], |parts| {
            let hops = parts.into_iter().map(|part| address(whom(part.trim())?));
            hops.collect()
        }),
        Err(_) => vec![None],
    });
    headers.contains_key(name).then(|| hops.collect())
}

/// Whom an element of `Forwarded` names (RFC 7239): `for="[2001:db8::1]:4711";proto=https`.
fn of_whom(element: &str) -> Option<&str> {
    let pairs = split(element, ';')?.into_iter();
    let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
    let (_, whom) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    let whom = whom.trim();
    let quoted = whom.strip_prefix('"').and_then(|w| w.strip_suffix('"'));
    Some(quoted.unwrap_or(whom))
}

/// Splits where no quotes are: a client may put a comma into what a proxy quotes. None
/// when a quote is left open.
fn split(text: &str, at: char) -> Option<Vec<&str>> {
    let (mut parts, mut begin) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (place, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == at && !quoted => {
                parts.push(&text[begin..place]);
                begin = place + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    (!quoted).then_some(parts)
}

/// An address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = |text: &str| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = text.parse::<IpAddr>().ok();
    let with_port = || text.parse().ok().map(|at: SocketAddr| at.ip());
    let address = address.or_else(with_port).or_else(|| bracketed(text));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// Header lines such as `x-forwarded-for: 192.0.2.1`, separated by `|`.
    fn headers(text: &'static str) -> HeaderMap {
        let lines = text.split('|').filter_map(|line| line.split_once(": "));
        lines
            .map(|(name, value)| {
                let name = HeaderName::from_static(name.trim());
                (name, HeaderValue::from_static(value.trim()))
            })
            .collect()
    }

    fn client(peer: &str, text: &'static str) -> String {
        let networks = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"];
        let networks = networks.map(|text| text.parse().expect("a network"));
        let peer = peer.parse().expect("an address");
        let proxies = Proxies::new(networks.to_vec());
        proxies.client(peer, &headers(text)).to_string()
    }

    #[test]
    fn a_client_behind_a_named_proxy_is_known_by_the_proxys_word() {
        let cases = [
            ("10.0.0.1", "x-forwarded-for: 203.0.113.5", "203.0.113.5"),
            (
                "192.0.2.7",
                "x-forwarded-for: 203.0.113.5:61",
                "203.0.113.5",
            ),
            ("fd00::1", "x-forwarded-for: 2001:db8::5", "2001:db8::5"),
            (
                "fd00::1",
                "x-forwarded-for: [2001:db8::5]:443",
                "2001:db8::5",
            ),
            // listening on [::], an IPv4 peer looks like this
            (
                "::ffff:10.0.0.1",
                "x-forwarded-for: 203.0.113.5",
                "203.0.113.5",
            ),
            (
                "10.0.0.1",
                "forwarded: for=203.0.113.5;proto=https",
                "203.0.113.5",
            ),
            (
                "10.0.0.1",
                "forwarded: proto=https; For=\"[2001:db8::5]:4711\"",
                "2001:db8::5",
            ),
            // one proxy behind another, in one line or two
            (
                "10.0.0.1",
                "x-forwarded-for: 203.0.113.5, 10.9.9.9",
                "203.0.113.5",
            ),
            (
                "10.0.0.1",
                "x-forwarded-for: 203.0.113.5 | x-forwarded-for: 10.9.9.9",
                "203.0.113.5",
            ),
            // proxies all the way: the farthest
            (
                "10.0.0.1",
                "x-forwarded-for: 10.2.0.1, 10.1.0.1",
                "10.2.0.1",
            ),
            ("10.0.0.1", "", "10.0.0.1"),
        ];
        for (peer, text, is) in cases {
            assert_eq!(client(peer, text), is, "{peer}, {text}");
        }
    }

    #[test]
    fn what_a_client_makes_up_is_not_believed() {
        let cases = [
            // from anyone but a proxy
            (
                "198.51.100.1",
                "x-forwarded-for: 203.0.113.5",
                "198.51.100.1",
            ),
            ("192.0.2.8", "forwarded: for=203.0.113.5", "192.0.2.8"),
            // to the left of what the proxy saw, a proxy's address included
            (
                "10.0.0.1",
                "x-forwarded-for: 203.0.113.5, 198.51.100.1",
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                "x-forwarded-for: 203.0.113.5, 10.3.3.3, 198.51.100.1",
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                "x-forwarded-for: 203.0.113.5 | x-forwarded-for: 198.51.100.1",
                "198.51.100.1",
            ),
            // in the header that the proxy does not write
            (
                "10.0.0.1",
                "forwarded: for=203.0.113.5 | x-forwarded-for: 198.51.100.1",
                "10.0.0.1",
            ),
            // in what the proxy quotes
            (
                "10.0.0.1",
                "forwarded: for=198.51.100.1;host=\"a, for=203.0.113.5\"",
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                "forwarded: for=198.51.100.1;host=\"a\\\", for=203.0.113.5\"",
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                "forwarded: for=203.0.113.5;host=\"a",
                "10.0.0.1",
            ),
            // no addresses
            (
                "10.0.0.1",
                "x-forwarded-for: 203.0.113.5, unknown",
                "10.0.0.1",
            ),
            ("10.0.0.1", "x-forwarded-for: 203.0.113.5,", "10.0.0.1"),
            ("10.0.0.1", "forwarded: for=_hidden", "10.0.0.1"),
            ("10.0.0.1", "forwarded: by=203.0.113.5", "10.0.0.1"),
            ("10.0.0.1", "x-forwarded-for: example.com", "10.0.0.1"),
        ];
        for (peer, text, is) in cases {
            assert_eq!(client(peer, text), is, "{peer}, {text}");
        }
    }

    #[test]
    fn where_both_headers_agree_they_count() {
        let both = "forwarded: for=203.0.113.5 | x-forwarded-for: 203.0.113.5";
        assert_eq!(client("10.0.0.1", both), "203.0.113.5");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "example.com", "10.0.0.0/33", "10.0.0", "10.0.0.0/8,::1"] {
            assert!(text.parse::<Network>().is_err(), "{text:?}");
        }
        let one: Network = "192.0.2.7".parse().expect("an address");
        assert_eq!(Ok(one), "192.0.2.7/32".parse());
    }
}
