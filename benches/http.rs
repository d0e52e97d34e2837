//! Minimal HTTP/1.1 on one keep-alive connection, so that the client costs little.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Outcome;

pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

pub(crate) struct Response<'c> {
    pub(crate) status: u16,
    head: &'c str,
    pub(crate) body: &'c str,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and reads the whole answer, which must have a Content-Length.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Outcome<Response<'_>> {
        self.received.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            self.read().await?;
            if let Some(end) = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let length = header(std::str::from_utf8(&self.received[..head])?, "content-length");
        let length: usize = length.ok_or("an answer without Content-Length")?.parse()?;
        while self.received.len() < head + length {
            self.read().await?;
        }
        let (head, body) = std::str::from_utf8(&self.received)?.split_at(head);
        let status = head.split(' ').nth(1).ok_or("an answer without a status")?.parse()?;
        Ok(Response { status, head, body })
    }

    async fn read(&mut self) -> Outcome<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err("the server closed the connection".into()),
            _ => Ok(()),
        }
    }
}

impl<'c> Response<'c> {
    pub(crate) fn header(&self, name: &str) -> Option<&'c str> {
        header(self.head, name)
    }

    /// The name and value of every cookie that is set.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = (&'c str, &'c str)> {
        let set = self.head.lines().filter_map(|line| value_of(line, "set-cookie"));
        set.filter_map(|cookie| cookie.split(';').next()?.split_once('='))
    }

    /// A field of the body's JSON, if its text contains no escapes.
    pub(crate) fn field(&self, name: &str) -> Option<&'c str> {
        let (_, after) = self.body.split_once(&format!("\"{name}\":\""))?;
        after.split_once('"').map(|(value, _)| value)
    }

    /// The answer in a sentence, for error messages.
    pub(crate) fn complaint(&self) -> String {
        let body: String = self.body.chars().take(200).collect();
        format!("unexpected answer {} {} {body}", self.status, self.header("location").unwrap_or_default())
    }
}

fn header<'c>(head: &'c str, name: &str) -> Option<&'c str> {
    head.lines().find_map(|line| value_of(line, name))
}

fn value_of<'c>(line: &'c str, name: &str) -> Option<&'c str> {
    let (key, value) = line.split_once(':')?;
    key.eq_ignore_ascii_case(name).then(|| value.trim())
}

/// The bytes of a GET; `headers` are whole lines.
pub(crate) fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}\r\n").into_bytes()
}

/// The bytes of a form POST; `headers` are whole lines.
pub(crate) fn post(path: &str, headers: &str, fields: &[(&str, &str)]) -> Outcome<Vec<u8>> {
    let body = serde_urlencoded::to_string(fields)?;
    let length = body.len();
    Ok(format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes())
}
