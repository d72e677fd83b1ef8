//! One keep-alive HTTP/1.1 connection, as small as it can be: requests are rendered once, beforehand,
//! and answers are read up to their `Content-Length`.
//!
//! Is not: an HTTP client. It knows only what the servers measured here send. The load generator
//! shares two cores with what it measures, so every microsecond spent here is taken from the figure.

use crate::Result;
use bytes::Bytes;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request as it goes over the wire.
pub fn request(method: &str, path: &str, token: Option<&str>, body: Option<&Value>) -> Bytes {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: usher.test\r\n");
    if let Some(token) = token {
        text.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    match body {
        Some(body) => {
            let body = body.to_string();
            text.push_str(&format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ));
        }
        None => text.push_str("\r\n"),
    }
    Bytes::from(text)
}

/// An answer's status and where its body lies in the connection's buffer.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    pub status: u16,
    body_from: usize,
    body_to: usize,
}

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; 16 * 1024],
            filled: 0,
        })
    }

    /// Sends one request and reads its answer; the next call overwrites the answer's body.
    pub async fn send(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        self.filled = 0;
        loop {
            if let Some(answer) = parse(&self.buffer[..self.filled])? {
                if answer.body_to <= self.filled {
                    return Ok(answer);
                }
                if answer.body_to > self.buffer.len() {
                    self.buffer.resize(answer.body_to, 0);
                }
            } else if self.filled == self.buffer.len() {
                return Err("an answer's head is too long".into());
            }
            let read = self.stream.read(&mut self.buffer[self.filled..]).await?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            self.filled += read;
        }
    }

    pub fn body(&self, answer: Answer) -> &[u8] {
        &self.buffer[answer.body_from..answer.body_to]
    }

    /// For set-up: sends, insists on success, and gives the body as JSON (null where it is empty).
    pub async fn json(&mut self, request: &[u8]) -> Result<Value> {
        let answer = self.send(request).await?;
        let body = self.body(answer);
        if !(200..300).contains(&answer.status) {
            let head = String::from_utf8_lossy(request);
            let line = head.lines().next().unwrap_or_default();
            let body = String::from_utf8_lossy(body);
            return Err(format!("{line} answered {}: {body}", answer.status).into());
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(body)?)
    }
}

/// The answer's extent once its head is complete, `None` before.
fn parse(read: &[u8]) -> Result<Option<Answer>> {
    let Some(head_end) = read.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = &read[..head_end];
    let status = head
        .get(9..12)
        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
        .ok_or("an answer without a status")?;
    let length = content_length(head);
    let body_from = head_end + 4;
    match (status, length) {
        (204, None) => Ok(Some(0)),
        (_, Some(length)) => Ok(Some(length)),
        (_, None) => Err("an answer without Content-Length".into()),
    }
    .map(|length: Option<usize>| {
        length.map(|length| Answer {
            status,
            body_from,
            body_to: body_from + length,
        })
    })
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    head.split(|byte| *byte == b'\n')
        .find(|line| line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME))
        .and_then(|line| {
            std::str::from_utf8(&line[NAME.len()..])
                .ok()?
                .trim()
                .parse()
                .ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_only_with_its_whole_body() {
        let text = b"HTTP/1.1 200 OK\r\ncontent-Length: 5\r\nx: y\r\n\r\nhel";
        let answer = parse(text).expect("well formed").expect("head is there");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body_to, text.len() + 2);
    }

    #[test]
    fn a_head_that_has_not_arrived_is_waited_for() {
        assert!(
            parse(b"HTTP/1.1 200 OK\r\ncontent")
                .expect("no error")
                .is_none()
        );
    }

    #[test]
    fn an_answer_that_ends_with_its_connection_is_not_understood() {
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
