//! What one connection is doing, and how long that may take.
//!
//! Three parts of a connection report here, all on one thread: the stream below HTTP (bytes that come and go), the service
//! above HTTP (requests that begin, answers that begin and end), and the reader of bodies. actix-http has deadlines for
//! the head of the first request and for keep-alive only, and reads ahead while answers wait to be read.

use std::cell::Cell;
use std::net::IpAddr;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, UNIX_EPOCH};

use actix_web::http::StatusCode;
use actix_web::http::header::HttpDate;
use memchr::memchr_iter;

use super::HeadReport;
use super::seats::OwnSeat;
use crate::clock::Clock;

/// How long the server still takes the rest of an unwanted body after the answer, and how long a farewell may take.
pub(super) const LINGER: Duration = Duration::from_secs(1);
/// How many bytes the parser gets before it must look at them.
const ROUND: usize = 8 * 1024;
/// How many heads the parser may get from one read. The parser queues every head that it finds, and each takes some
/// kilobytes.
const HEADS: usize = 4;
/// The largest head of a request, looked at after each round.
const LARGEST_HEAD: usize = 32 * 1024;

/// How long the parts of a connection may take.
#[derive(Clone, Debug)]
pub struct Deadlines {
    /// From the first byte of a request to its last, and from the first byte of an answer to its last.
    pub request: Duration,
    /// Between two requests.
    pub keep_alive: Duration,
    /// The clock for the date of an answer.
    pub clock: Clock,
}

/// The state of a connection.
pub(crate) struct Lifeline {
    deadlines: Deadlines,
    peer: IpAddr,
    seat: OwnSeat,
    large_head: HeadReport,
    phase: Cell<Phase>,
    /// When the phase began; for [`Phase::Body`], when the head began.
    since: Cell<Instant>,
    /// Since when the peer has not taken the bytes that HTTP wants to write; `None` if it takes them.
    blocked: Cell<Option<Instant>>,
    request: Cell<RequestProgress>,
    /// The bytes of this round.
    round: Cell<usize>,
    /// Whether the last read found nothing more.
    is_drained: Cell<bool>,
    /// Whether a read was put off although the socket may have bytes.
    is_read_put_off: Cell<bool>,
    /// Whether a request waits until the answer before it is out.
    is_request_put_off: Cell<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// TLS is being set up.
    Handshake,
    /// No byte of the first request has come.
    New,
    /// All requests are answered.
    Idle,
    /// A request has begun, or may have: bytes came after the end of the one before it.
    Head,
    /// The head has come, and a body that has not ended.
    Body,
    /// The whole request has come.
    Handling,
    /// An answer has begun.
    Answering,
    /// The last byte of the answer is on its way to the peer.
    Answered,
    /// The answer is out, and the rest of its request's body is not here.
    Draining,
    /// The peer gets this answer, if any, and then the end.
    Leaving(Option<StatusCode>),
}

/// The part of a request that has come so far.
#[derive(Clone, Copy, Debug, Default)]
struct RequestProgress {
    received: usize,
    /// Whether the first byte is that of the head; empty lines may precede it (RFC 9112 §2.2).
    is_regular: bool,
    /// The length of a regular head, when its end has come.
    head: Option<usize>,
    length: BodyLength,
    is_whole: bool,
    /// Whether the last bytes were the end of a head, or of a body in chunks.
    ends_with_blank_line: bool,
}

/// The length of a request's body, by its head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum BodyLength {
    #[default]
    Unknown,
    Bytes(usize),
}

/// What a read may do.
pub(super) enum Reading {
    Read,
    /// The parser must first look at what it has.
    Pause,
    /// Nothing is read until the requests that HTTP already has are answered.
    PutOff,
    /// Nothing more is read. The peer gets this answer.
    End(Option<String>),
}

/// What follows from a deadline.
pub(super) enum Judgement {
    Wait(Option<Instant>),
    /// The connection ends, after a farewell if it owes one. HTTP must be polled again.
    Leave,
    Drop,
}

impl Lifeline {
    pub(super) fn new(deadlines: Deadlines, peer: IpAddr, seat: OwnSeat, large_head: HeadReport) -> Self {
        Self {
            deadlines,
            peer,
            seat,
            large_head,
            phase: Cell::new(Phase::Handshake),
            since: Cell::new(Instant::now()),
            blocked: Cell::default(),
            request: Cell::default(),
            round: Cell::default(),
            is_drained: Cell::new(true),
            is_read_put_off: Cell::default(),
            is_request_put_off: Cell::default(),
        }
    }

    /// HTTP begins: TLS is set up, or the connection does not use it.
    pub(super) fn open(&self) {
        self.phase.set(Phase::New);
    }

    /// What the next read may do.
    pub(super) fn reading(&self) -> Reading {
        match self.phase.get() {
            Phase::Handling | Phase::Answering | Phase::Answered => Reading::PutOff,
            Phase::Leaving(status) => Reading::End(status.map(|status| self.farewell(status))),
            _ if self.is_request_put_off.get() => Reading::PutOff,
            _ if self.round.get() >= ROUND => {
                self.round.set(0);
                Reading::Pause
            }
            Phase::Head if self.request.get().received >= LARGEST_HEAD => {
                (self.large_head)(self.peer);
                self.enter(Phase::Leaving(Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)), Instant::now());
                self.reading()
            }
            _ => Reading::Read,
        }
    }

    /// A read found nothing.
    pub(super) fn found_nothing(&self) {
        self.round.set(0);
        self.is_drained.set(true);
    }

    /// A read was put off; `is_readable` says whether the socket has bytes.
    pub(super) fn put_off_read(&self, is_readable: bool) {
        self.is_read_put_off.set(is_readable || !self.is_drained.get());
    }

    /// A read found `bytes`, at least one. Returns how many of them HTTP may have now.
    pub(super) fn received(&self, bytes: &[u8]) -> usize {
        let lines = BlankLines::find(bytes);
        self.round.set(if lines.end < bytes.len() { ROUND } else { self.round.get() + bytes.len() });
        self.is_drained.set(false);
        if matches!(self.phase.get(), Phase::New | Phase::Idle) {
            self.next_request();
            self.enter(Phase::Head, Instant::now());
        }
        let mut request = self.request.get();
        if request.received == 0 {
            request.is_regular = !matches!(bytes.first(), Some(b'\r' | b'\n'));
        }
        if request.is_regular && request.head.is_none() {
            request.head = lines.first.map(|end| request.received + end);
        }
        request.received += lines.end;
        request.ends_with_blank_line = lines.last == Some(lines.end);
        self.request.set(request);
        lines.end
    }

    /// Whether a request may begin: the answer before it is out, and the connection is not about to end.
    pub(super) fn poll_turn(&self) -> Poll<()> {
        match self.phase.get() {
            Phase::Draining | Phase::Leaving(_) => Poll::Pending,
            Phase::Answering | Phase::Answered => {
                self.is_request_put_off.set(true);
                Poll::Pending
            }
            _ => {
                self.is_request_put_off.set(false);
                Poll::Ready(())
            }
        }
    }

    /// A head has come.
    pub(super) fn begin(&self, length: BodyLength) {
        if self.phase.get() != Phase::Head {
            // It was read together with the request before it.
            self.next_request();
            self.enter(Phase::Head, Instant::now());
        }
        let request = RequestProgress { length, ..self.request.get() };
        self.request.set(RequestProgress { is_whole: request.has_come(), ..request });
        self.phase.set(if self.request.get().is_whole { Phase::Handling } else { Phase::Body });
    }

    /// The body has been read to its end.
    pub(crate) fn body_is_read(&self) {
        self.request.set(RequestProgress { is_whole: true, ..self.request.get() });
        if self.phase.get() == Phase::Body {
            self.phase.set(Phase::Handling);
        }
    }

    /// An answer begins. Returns whether another request may follow on this connection; `false` if a part of the body has
    /// not come yet, because no handler wants it.
    pub(super) fn answer_begins(&self) -> bool {
        self.phase.set(Phase::Answering);
        self.request.get().is_whole
    }

    /// HTTP has the last byte of the answer.
    pub(super) fn answer_ends(&self) {
        if self.phase.get() == Phase::Answering {
            self.phase.set(Phase::Answered);
        }
    }

    /// The peer does not take the bytes that HTTP wants to write.
    pub(super) fn is_blocked(&self) {
        if self.blocked.get().is_none() {
            self.blocked.set(Some(Instant::now()));
        }
    }

    /// The system has taken all that HTTP has written.
    pub(super) fn flushed(&self, cx: &Context<'_>) {
        self.blocked.set(None);
        if self.phase.get() != Phase::Answered {
            return;
        }
        let request = self.request.get();
        let next = match (request.is_whole, request.is_all()) {
            (false, _) => Phase::Draining,
            (true, true) => Phase::Idle,
            (true, false) => Phase::Head,
        };
        self.next_request();
        self.enter(next, Instant::now());
        if self.is_read_put_off.take() | self.is_request_put_off.get() {
            cx.waker().wake_by_ref();
        }
    }

    /// Decides what happens to the connection, after HTTP has done what it can.
    pub(super) fn judge(&self, cx: &Context<'_>) -> Judgement {
        let phase = self.phase.get();
        if self.seat.must_give_way(cx.waker()) && !matches!(phase, Phase::Leaving(_)) {
            return self.leave();
        }
        let since = self.since.get();
        let due = match phase {
            Phase::Handling | Phase::Answering | Phase::Answered => None,
            Phase::Handshake | Phase::New | Phase::Head => Some(since + self.deadlines.request),
            // A second more, for the answer that says that the body came too late.
            Phase::Body => Some(since + self.deadlines.request + LINGER),
            Phase::Idle => Some(since + self.deadlines.keep_alive),
            Phase::Draining | Phase::Leaving(_) => Some(since + LINGER),
        };
        let blocked = self.blocked.get().map(|blocked| blocked + self.deadlines.request);
        let Some(due) = due.into_iter().chain(blocked).min() else { return Judgement::Wait(None) };
        match Instant::now() < due {
            true => Judgement::Wait(Some(due)),
            false if blocked == Some(due) => Judgement::Drop,
            false => self.leave(),
        }
    }

    /// Ends the connection. A peer whose head of a request is unfinished gets a farewell; a peer that waits for an answer
    /// does not.
    fn leave(&self) -> Judgement {
        let status = match self.phase.get() {
            Phase::New | Phase::Idle => None,
            Phase::Head => Some(StatusCode::REQUEST_TIMEOUT),
            _ => return Judgement::Drop,
        };
        self.enter(Phase::Leaving(status), Instant::now());
        Judgement::Leave
    }

    fn next_request(&self) {
        // The last bytes may already contain the whole next request.
        let ends_with_blank_line = self.request.get().ends_with_blank_line;
        self.request.set(RequestProgress { ends_with_blank_line, ..RequestProgress::default() });
    }

    fn enter(&self, phase: Phase, now: Instant) {
        self.phase.set(phase);
        self.since.set(now);
        match phase {
            Phase::Idle => self.seat.is_idle_since(now),
            Phase::Head | Phase::Draining => self.seat.is_busy_since(now),
            _ => {}
        }
    }

    /// The last answer, which HTTP cannot make itself, because it has not found the end of the request's head.
    fn farewell(&self, status: StatusCode) -> String {
        let now = u64::try_from(self.deadlines.clock.now().as_unix()).unwrap_or_default();
        let date = HttpDate::from(UNIX_EPOCH + Duration::from_secs(now));
        format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\ndate: {date}\r\n\r\n")
    }
}

impl RequestProgress {
    /// The bytes up to the end of the body; `None` if they are not known.
    fn whole(&self) -> Option<usize> {
        match self.length {
            BodyLength::Bytes(length) => Some(self.head?.saturating_add(length)),
            BodyLength::Unknown => None,
        }
    }

    /// Whether the body has come, as far as its length says so.
    fn has_come(&self) -> bool {
        self.length == BodyLength::Bytes(0) || self.whole().is_some_and(|whole| self.received >= whole)
    }

    /// Whether it is certain that no byte of the next request came with this one. The bytes of a body may look like
    /// anything; a head and a body in chunks end with a blank line, but the beginning of the next head does not.
    fn is_all(&self) -> bool {
        match (self.length, self.whole()) {
            (BodyLength::Bytes(1..), whole) => whole == Some(self.received),
            _ => self.ends_with_blank_line,
        }
    }
}

/// The places where blank lines end in some bytes. A head ends with a blank line, and so does a body in chunks.
struct BlankLines {
    first: Option<usize>,
    last: Option<usize>,
    /// The end of the first bytes that contain at most [`HEADS`] blank lines.
    end: usize,
}

impl BlankLines {
    fn find(bytes: &[u8]) -> Self {
        let mut found = Self { first: None, last: None, end: bytes.len() };
        let (mut previous, mut count) = (None, 0);
        for at in memchr_iter(b'\n', bytes) {
            // HTTP takes a line feed without a carriage return, too.
            let is_blank = previous.is_some_and(|previous| matches!(&bytes[previous + 1..at], [] | [b'\r']));
            previous = Some(at);
            if is_blank {
                found.first = found.first.or(Some(at + 1));
                found.last = Some(at + 1);
                count += 1;
                if count == HEADS {
                    found.end = at + 1;
                    break;
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_are_found_as_http_finds_them() {
        let find = |text: &str| {
            let found = BlankLines::find(text.as_bytes());
            (found.first, found.last, found.end)
        };
        assert_eq!(find("GET / HTTP/1.1\r\nHost: x\r\n"), (None, None, 25));
        assert_eq!(find("a\r\n\r\n"), (Some(5), Some(5), 5));
        assert_eq!(find("a\n\nb"), (Some(3), Some(3), 4));
        assert_eq!(find("a\r\n \r\nb\n\r\n"), (Some(10), Some(10), 10));
        assert_eq!(find("a\n\nb\n\nc\n\nd\n\ne\n\n"), (Some(3), Some(12), 12));
    }
}
