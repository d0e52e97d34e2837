//! Requests that do not end, bodies that no handler wants, and silence.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{LISTENERS, Listener, TIMEOUT, TOLERANCE, Target, answers, form, statuses, until_closed};

/// A time so long that it ends no connection in these tests.
const NO_KEEP_ALIVE_ENDS: (&str, &str) = ("http.keep_alive", "1h");
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_request_that_does_not_end_is_closed_at_the_deadline() {
    for listener in LISTENERS {
        let target = Target::start(listener, &[("http.deadline", "2s"), NO_KEEP_ALIVE_ENDS]).await;
        let (get, head) = (target.get(), format!("GET {} HTTP/1.1\r\nHost: x\r\nA", target.path()));
        let mut cases: Vec<(&str, String, &[&str])> = vec![
            ("silence", String::new(), &[]),
            ("an unfinished head", head.clone(), &["408"]),
            ("an unfinished head behind a request", format!("{get}{head}"), &["200", "408"]),
            ("a byte behind two requests", format!("{get}{get}G"), &["200", "200", "408"]),
        ];
        if listener != Listener::Metrics {
            let (chunked, length) =
                (form("/token", "Transfer-Encoding: chunked"), form("/token", "Content-Length: 1000"));
            cases.extend::<[(&str, String, &[&str]); 4]>([
                ("a form in chunks", chunked.clone(), &["503"]),
                ("half a form in chunks", format!("{chunked}5\r\ngrant\r\n"), &["503"]),
                ("half a form", format!("{length}grant_type="), &["503"]),
                ("half a form behind a request", format!("{get}{length}grant_type="), &["200", "503"]),
            ]);
        }
        let began = Instant::now();
        let held: Vec<_> =
            cases.iter().map(|(what, sent, expected)| (what, target.sent(sent), expected)).collect();
        // The second request of a connection, in a packet of its own.
        let mut second = target.connect();
        assert!(answers(&mut *second, &get), "{listener:?}");
        second.write_all(head.as_bytes()).unwrap();
        for (what, mut link, expected) in
            held.into_iter().chain([(&"a second head", second, &["408"].as_slice())])
        {
            let what = format!("{listener:?}: {what}");
            let (came, _) = until_closed(&mut *link, &what);
            let took = began.elapsed();
            assert_eq!(statuses(&came), **expected, "{what}: {came}");
            assert!(took > SECOND * 2 - SECOND / 10, "{what}: {took:?}");
            assert!(took < SECOND * 3 + TOLERANCE, "{what}: {took:?}");
        }
        let mut other = target.connect();
        assert!(answers(&mut *other, &get), "{listener:?} serves others");
    }
}

#[tokio::test]
async fn the_rest_of_an_unwanted_body_has_a_second() {
    for listener in LISTENERS {
        let target = Target::start(listener, &[("http.deadline", "1h"), NO_KEEP_ALIVE_ENDS]).await;
        let chunked = "Transfer-Encoding: chunked";
        let get = target.get();
        let got = get.replace("Host: x", &format!("Host: x\r\n{chunked}"));
        let cases: [(&str, String, &[&str]); 4] = [
            ("GET with a body in chunks", got.clone(), &["200"]),
            ("the same as a second request", format!("{get}{got}"), &["200", "200"]),
            ("POST to an unknown path", form("/nope", chunked), &["404"]),
            ("POST of a megabyte", form("/nope", "Content-Length: 1000000"), &["404"]),
        ];
        let began = Instant::now();
        let held: Vec<_> =
            cases.iter().map(|(what, sent, expected)| (what, target.sent(sent), expected)).collect();
        for (what, mut link, expected) in held {
            let what = format!("{listener:?}: {what}");
            let (came, _) = until_closed(&mut *link, &what);
            assert_eq!(statuses(&came), **expected, "{what}: {came}");
            assert!(began.elapsed() < SECOND + TOLERANCE, "{what}: {:?}", began.elapsed());
        }
    }
}

#[tokio::test]
async fn bytes_that_drip_move_no_deadline() {
    let target = Target::start(Listener::Plain, &[("http.deadline", "1s"), NO_KEEP_ALIVE_ENDS]).await;
    for (sent, expected) in [
        (target.get().trim_end().to_owned(), vec!["408"]),
        (form("/token", "Content-Length: 1000"), vec!["503"]),
        // A chunk of one byte, again and again.
        (format!("{}1\r\n", form("/token", "Transfer-Encoding: chunked")), vec!["503"]),
        (format!("{}1\r\n", form("/nope", "Transfer-Encoding: chunked")), vec!["404"]),
    ] {
        let (mut link, began) = (target.sent(&sent), Instant::now());
        let drop = if sent.ends_with("1\r\n") { "a\r\n1\r\n" } else { "a" };
        link.socket().set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let (mut came, mut part) = (String::new(), [0; 4096]);
        while link.write_all(drop.as_bytes()).is_ok() {
            match link.read(&mut part) {
                Ok(0) => break,
                Ok(count) => came.push_str(&String::from_utf8_lossy(&part[..count])),
                Err(error) if super::is_timeout(&error) => {}
                Err(_) => break,
            }
            assert!(began.elapsed() < SECOND * 2 + TOLERANCE, "{sent}: still open");
        }
        assert_eq!(statuses(&came), expected, "{sent}");
    }
}

#[tokio::test]
async fn a_connection_is_idle_for_as_long_as_keep_alive_says() {
    for listener in LISTENERS {
        let options = [("http.deadline", "1s"), ("http.keep_alive", "4s")];
        let target = Target::start(listener, &options).await;
        let (mut link, get) = (target.connect(), target.get());
        assert!(answers(&mut *link, &get), "{listener:?}");
        // Longer than the deadline, which is not for idle connections.
        link.socket().set_read_timeout(Some(SECOND * 3 / 2)).unwrap();
        let error = link.read(&mut [0; 1]).unwrap_err();
        assert!(super::is_timeout(&error), "{listener:?}: {error}");
        link.socket().set_read_timeout(Some(TIMEOUT)).unwrap();
        assert!(answers(&mut *link, &get), "{listener:?}");
        let (came, took) = until_closed(&mut *link, &format!("{listener:?}"));
        assert_eq!(came, "");
        assert!(took > SECOND * 4 - SECOND / 10 && took < SECOND * 4 + TOLERANCE, "{listener:?}: {took:?}");
    }
}

#[tokio::test]
async fn a_post_leaves_its_connection_idle_and_not_in_a_next_request() {
    let target = Target::start(Listener::Plain, &[("http.deadline", "1s"), ("http.keep_alive", "1h")]).await;
    for sent in [
        format!("{}grant", form("/token", "Content-Length: 5")),
        format!("{}5\r\ngrant\r\n0\r\n\r\n", form("/token", "Transfer-Encoding: chunked")),
    ] {
        let mut link = target.sent(&sent);
        assert!(!answers(&mut *link, ""), "the form is refused: {sent}");
        link.socket().set_read_timeout(Some(SECOND * 2)).unwrap();
        let error = link.read(&mut [0; 1]).unwrap_err();
        assert!(super::is_timeout(&error), "{sent}: {error}");
        link.socket().set_read_timeout(Some(TIMEOUT)).unwrap();
        assert!(answers(&mut *link, &target.get()), "{sent}");
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_closed_at_the_deadline() {
    let target = Target::start(Listener::Tls, &[("http.deadline", "1s"), NO_KEEP_ALIVE_ENDS]).await;
    // Nothing, and the beginning of a ClientHello.
    for sent in [b"".as_slice(), b"\x16\x03\x01\x02\x00\x01\x00"] {
        let mut socket = TcpStream::connect(target.address()).unwrap();
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        socket.write_all(sent).unwrap();
        let (came, took) = until_closed(&mut socket, "a handshake");
        assert_eq!(came, "");
        assert!(took > SECOND - SECOND / 10 && took < SECOND + TOLERANCE, "{sent:?}: {took:?}");
    }
}

#[tokio::test]
async fn a_large_body_is_read_whatever_it_looks_like() {
    let target = Target::start(Listener::Plain, &[]).await;
    let lines = "\r\n".repeat(30_000);
    let mut link = target.connect();
    for sent in [
        format!("{}{lines}", form("/token", "Content-Length: 60000")),
        format!("{}ea60\r\n{lines}\r\n0\r\n\r\n", form("/token", "Transfer-Encoding: chunked")),
    ] {
        link.write_all(sent.as_bytes()).unwrap();
        assert!(!answers(&mut *link, ""), "the form is refused");
        assert!(answers(&mut *link, &target.get()), "the connection goes on");
    }
}
