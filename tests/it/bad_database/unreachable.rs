//! PostgreSQL servers that do not answer, and servers that are not PostgreSQL.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use grantor::store::db::Engine;

use super::{ALL, CREATE, DatabaseFolder, LIST, SERVE, TO, one};
use crate::support::database::engine;
use crate::support::process::free_port;

fn url(port: u16) -> String {
    format!("postgres://u:hunter2@127.0.0.1:{port}/d")
}

#[test]
fn an_unknown_host_and_a_closed_port_are_named() {
    if engine() != Engine::Postgres {
        return;
    }
    let databases = DatabaseFolder::new();
    let port = free_port();
    let sentence =
        format!("cannot open the database d at 127.0.0.1:{port}: Connection refused (os error 111)");
    assert_eq!(databases.sentences(&ALL, &url(port)), one(sentence));
    // How the system describes the unknown name varies.
    for sentence in databases.sentences(&[SERVE, CREATE, TO], "postgres://u:hunter2@nowhere.invalid/d") {
        assert!(sentence.starts_with("cannot open the database d at nowhere.invalid:5432: "), "{sentence}");
    }
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    if engine() != Engine::Postgres {
        return;
    }
    let databases = DatabaseFolder::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let began = Instant::now();
    let sentence = format!("cannot open the database d at 127.0.0.1:{port}: no answer within 5s");
    assert_eq!(databases.sentences(&[SERVE, LIST], &url(port)), one(sentence));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let sentence = format!("cannot open the database d at 127.0.0.1:{port}: no answer within 1s");
    let patient = format!("{}?connect_timeout=1&channel_binding=prefer&keepalives=1", url(port));
    assert_eq!(databases.sentences(&[LIST], &patient), one(sentence));
}

#[test]
fn a_server_of_another_protocol_is_not_taken_for_postgresql() {
    if engine() != Engine::Postgres {
        return;
    }
    let databases = DatabaseFolder::new();
    let http = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = http.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for link in http.incoming() {
            let mut link = link.unwrap();
            let _ = link.read(&mut [0; 1000]);
            let _ =
                link.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    for (parameter, why) in [
        ("", "the answer is not in the expected protocol"),
        ("?sslmode=disable", "the connection ended in the middle of an answer"),
    ] {
        let sentence = format!("cannot open the database d at 127.0.0.1:{port} (is this PostgreSQL?): {why}");
        assert_eq!(databases.sentences(&ALL, &(url(port) + parameter)), one(sentence));
    }
}
