//! The filter for fail2ban finds the guesses in the log of a server, and nothing else.

use std::net::IpAddr;
use std::path::Path;

use regex::Regex;

use super::{Furnished, SECRET, be_refused, behave, guess_everything, post_as};

const GUESSER: &str = "2001:db8::66";
const OTHER_GUESSER: &str = "203.0.113.66";
const HONEST: &str = "203.0.113.7";
/// An address that a line is made to contain.
const VICTIM: &str = "198.51.100.1";

/// The regular expressions of `deploy/fail2ban/filter.d/grantor.conf`.
struct Filter(Vec<Regex>);

impl Filter {
    fn read() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/fail2ban/filter.d/grantor.conf");
        let text = std::fs::read_to_string(file).unwrap();
        let value = |name: &str| {
            let mut lines = text.lines().skip_while(|line| !line.starts_with(&format!("{name} = ")));
            let first = lines.next().expect("an option").split_once(" = ").unwrap().1;
            // A line that begins with a space continues the value.
            let more = lines.take_while(|line| line.starts_with(' ')).map(str::trim);
            [first].into_iter().chain(more).map(str::to_owned).collect::<Vec<_>>()
        };
        let guesses = value("guesses").concat();
        let address = r"(?P<address>(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:]+)";
        let expressions = value("failregex");
        assert_eq!(expressions.len(), 2, "one for each format");
        let translated =
            expressions.iter().map(|regex| regex.replace("%(guesses)s", &guesses).replace("<ADDR>", address));
        Self(translated.map(|regex| Regex::new(&regex).unwrap()).collect())
    }

    /// The addresses that fail2ban finds in a log, one for each line that matches.
    fn addresses(&self, log: &str) -> Vec<IpAddr> {
        let address = |line| self.0.iter().find_map(|regex| regex.captures(line));
        let found = log.lines().filter_map(address);
        found.map(|found| found["address"].parse().unwrap()).collect()
    }
}

#[tokio::test]
async fn the_filter_for_fail2ban_matches_guesses_and_nothing_else_in_both_formats() {
    for format in ["json", "text"] {
        let furnished = Furnished::start(&[("GRANTOR_LOG__FORMAT", format)]).await;
        be_refused(&furnished, [HONEST, "203.0.113.8"]).await;
        let (mut browser, _) = behave(&furnished, HONEST).await;
        browser.sign_out().await;
        let guesses = guess_everything(&furnished, GUESSER).await;
        let wrong = [("grant_type", "client_credentials")];
        post_as(&mut furnished.at(OTHER_GUESSER), "/token", ("web", "wrong"), &wrong).await;
        let log = furnished.log();
        let found = Filter::read().addresses(&log);
        let of = |address: &str| {
            found.iter().filter(|found| **found == address.parse::<IpAddr>().unwrap()).count()
        };
        assert_eq!((of(GUESSER), of(OTHER_GUESSER)), (guesses, 1), "{log}");
        assert_eq!(found.len(), guesses + 1, "{log}");
        if let Ok(path) = std::env::var("GRANTOR_KEEP_LOG") {
            std::fs::write(format!("{path}.{format}"), log).unwrap();
        }
    }
}

#[tokio::test]
async fn no_client_can_bring_another_address_into_a_line_that_fail2ban_reads() {
    for format in ["json", "text"] {
        let furnished = Furnished::start(&[("GRANTOR_LOG__FORMAT", format)]).await;
        let lines = [
            format!("x\" reason=\"sign_in.failed\" address={VICTIM} request_id=\"y\""),
            format!("x\",\"reason\":\"sign_in.failed\",\"address\":\"{VICTIM}\",\"request_id\":\"y\"}}"),
            format!(
                "x\n2026-01-01T00:00:00Z  INFO x reason=\"sign_in.failed\" address={VICTIM} request_id=\"y\""
            ),
            format!("x\r\n{{\"reason\":\"sign_in.failed\",\"address\":\"{VICTIM}\",\"request_id\":\"y\"}}"),
            format!("x\u{2028}\u{1b}[0m reason=\"sign_in.failed\" address={VICTIM} request_id=\"y\""),
        ];
        // An id that was registered with such a text, and whose secret is guessed.
        let registered = &lines[0];
        furnished.cli.client_done(registered, "service", &["--secret", SECRET, "--scope", "read"]);
        let (mut stranger, mut guesser) = (furnished.at(OTHER_GUESSER), furnished.at(GUESSER));
        let credentials = [("grant_type", "client_credentials")];
        let guessed = post_as(&mut guesser, "/token", (registered, "wrong"), &credentials).await;
        assert_eq!(guessed.get("reason"), "client.secret_wrong");
        for line in &lines {
            for name in ["client_id", "grant_type", "scope", "resource", "redirect_uri", "code", "assertion"]
            {
                let form = [("client_id", "tv"), ("grant_type", "authorization_code"), ("code", "x")];
                let mut form: Vec<_> = form.into_iter().filter(|(other, _)| *other != name).collect();
                form.push((name, line));
                assert!(stranger.post("/token", &form).await.status.is_client_error());
                let query = serde_urlencoded::to_string(&form).unwrap();
                stranger.get(&format!("/authorize?{query}")).await;
                stranger.get(&format!("/logout?{query}")).await;
            }
            let encoded = serde_urlencoded::to_string([("", line)]).unwrap();
            for path in ["errors", "logos", "token", "nowhere"] {
                stranger.get(&format!("/{path}/{}", &encoded[1..])).await;
            }
            super::guess(&mut guesser, &furnished.web(), line).await;
        }
        // What only a proxy may say, from a browser that the proxy reports.
        let mut pretender = furnished.at(&format!("{VICTIM}, {GUESSER}"));
        post_as(&mut pretender, "/token", ("web", "wrong"), &credentials).await;
        let log = furnished.log();
        let found = Filter::read().addresses(&log);
        assert_eq!(found, vec![GUESSER.parse::<IpAddr>().unwrap(); 2 + lines.len()], "{log}");
    }
}
