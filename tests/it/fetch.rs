//! The guarded fetcher: hostile sites, and a site whose certificate is from a private authority.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use grantor::config::Config;
use grantor::fetch::{FetchError, Fetcher};

use crate::support::CommandLine;
use crate::support::site::{Site, page, redirect};
use crate::support::tls::{certificate, serve};

fn fetcher(options: &[(&str, &str)]) -> Fetcher {
    Fetcher::new(&Config::with(options).unwrap().fetch).unwrap()
}

fn at(site: &Site, host: &str) -> String {
    format!("http://{host}:{}/", site.port)
}

#[tokio::test]
async fn a_name_of_this_machine_is_refused_unless_it_is_allowed() {
    let site = Site::start(|_| page("hello"));
    let url = at(&site, "localhost").replace("http:", "https:");
    match fetcher(&[]).get(&url).await {
        Err(FetchError::NotPublic { host, address }) => {
            assert_eq!(host, "localhost");
            assert!(address.is_loopback(), "{address}");
        }
        other => panic!("{other:?}"),
    }
    let allowed = fetcher(&[("fetch.allow", "localhost")]);
    assert_eq!(allowed.get(&at(&site, "localhost")).await.unwrap().status, 200);
    // The host's addresses may be allowed, too, but then only https works.
    let network = fetcher(&[("fetch.allow", "127.0.0.0/8 ::1"), ("fetch.deadline", "1s")]);
    assert_eq!(
        network.get(&url).await.unwrap_err(),
        FetchError::TooSlow(1),
        "it is called, and speaks no TLS"
    );
    assert_eq!(network.get(&at(&site, "127.0.0.1")).await.unwrap().status, 200);
    let error = network.get(&at(&site, "localhost")).await.unwrap_err();
    assert_eq!(error, FetchError::PlainHttp("localhost".into()));
    let nowhere = fetcher(&[]).get("https://does-not-exist.invalid/").await.unwrap_err();
    assert_eq!(nowhere, FetchError::NoAddress("does-not-exist.invalid".into()));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let inner = Site::start(|_| panic!("nobody may come here"));
    let target = at(&inner, "127.0.0.1");
    let site = Site::start(move |_| redirect(&target));
    let fetcher = fetcher(&[("fetch.allow", "127.0.0.1")]);
    assert_eq!(fetcher.get(&at(&site, "127.0.0.1")).await.unwrap_err(), FetchError::Redirect);
    let posted = fetcher.post_form(&at(&site, "127.0.0.1"), "a=b".into()).await;
    assert_eq!(posted.unwrap_err(), FetchError::Redirect);
}

#[tokio::test]
async fn a_compressed_answer_is_not_asked_for_and_its_encoding_is_named() {
    let fetcher = fetcher(&[("fetch.allow", "127.0.0.1")]);
    for (header, expected) in [
        ("Content-Encoding: gzip", Some("gzip")),
        ("content-encoding: br", Some("br")),
        ("Content-Encoding: identity, x-gzip", Some("identity, x-gzip")),
        ("Content-Encoding: deflate\r\nContent-Encoding: zstd", Some("deflate, zstd")),
        ("Content-Encoding: identity", None),
        ("Content-Encoding: ", None),
        ("X-Other: gzip", None),
    ] {
        let site = Site::start(move |_| (format!("200 OK\r\n{header}"), "{}".to_owned()));
        let url = at(&site, "127.0.0.1");
        match (fetcher.get(&url).await, expected) {
            (Ok(answer), None) => assert_eq!(answer.body, b"{}"),
            (Err(error), Some(encoding)) => {
                assert_eq!(error, FetchError::Encoded(encoding.to_owned()));
                assert!(error.to_string().contains(encoding), "{error}");
            }
            other => panic!("{header}: {other:?}"),
        }
        // No one reads the answer to a form, such as a logout token.
        assert_eq!(fetcher.post_form(&url, "a=b".into()).await.unwrap().status, 200, "{header}");
        for head in site.heads() {
            assert!(head.contains("\r\naccept-encoding: identity"), "{head}");
        }
        assert_eq!(site.heads().len(), 2);
    }
    let missing = Site::start(|_| ("404 Not Found\r\nContent-Encoding: gzip".to_owned(), String::new()));
    assert_eq!(fetcher.get(&at(&missing, "127.0.0.1")).await.unwrap().status, 404, "the status says more");
    let long = Site::start(|_| (format!("200 OK\r\nContent-Encoding: {}", "x".repeat(4000)), String::new()));
    let error = fetcher.get(&at(&long, "127.0.0.1")).await.unwrap_err().to_string();
    assert!(error.len() < 200, "{error}");
}

#[tokio::test]
async fn size_and_time_of_an_answer_are_bounded() {
    let large = Site::start(|_| page(&"x".repeat(65 * 1024)));
    let hung = Site::start(|_| {
        loop {
            std::thread::park();
        }
    });
    let allow = ("fetch.allow", "127.0.0.1");
    let (patient, hasty) = (fetcher(&[allow]), fetcher(&[allow, ("fetch.deadline", "1s")]));
    assert_eq!(patient.get(&at(&large, "127.0.0.1")).await.unwrap_err(), FetchError::TooLarge);
    assert_eq!(hasty.get(&at(&hung, "127.0.0.1")).await.unwrap_err(), FetchError::TooSlow(1));
    let closed = patient.get("http://127.0.0.1:1/?secret=s").await.unwrap_err().to_string();
    assert!(closed.starts_with("the call failed: ") && !closed.contains("secret"), "{closed}");
}

#[tokio::test]
async fn a_host_that_never_answers_takes_sixteen_places_and_leaves_the_others_to_other_hosts() {
    let hung = Site::start(|_| {
        loop {
            std::thread::park();
        }
    });
    let well = Site::start(|_| page("hello"));
    let fetcher = fetcher(&[("fetch.allow", "127.0.0.1 localhost"), ("fetch.deadline", "4s")]);
    let (to_hung, to_well) = (at(&hung, "127.0.0.1"), at(&well, "localhost"));
    let calls = join_all((0..40).map(|_| fetcher.get(&to_hung)));
    let beside = async {
        let began = Instant::now();
        while hung.called() < 16 && began.elapsed() < Duration::from_secs(3) {
            tokio::task::yield_now().await;
        }
        assert_eq!(fetcher.get(&to_well).await.unwrap().status, 200);
        assert_eq!(hung.called(), 16);
    };
    let (outcomes, ()) = tokio::join!(calls, beside);
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert!([FetchError::TooSlow(4), FetchError::Busy].contains(&error), "{error}");
    }
}

#[tokio::test]
async fn a_configured_private_authority_is_trusted() {
    let cli = CommandLine::new().await;
    certificate(&cli.directory());
    let (_serving, url) = serve(&cli);
    let (allow, ca) = (("fetch.allow", "localhost"), cli.directory().join("cert.pem").display().to_string());
    let refused = fetcher(&[allow]).get(&url).await.unwrap_err();
    assert!(matches!(refused, FetchError::Failed(_)), "{refused}");
    assert_eq!(fetcher(&[allow, ("fetch.ca_file", &ca)]).get(&url).await.unwrap().status, 200);
}

#[test]
fn mistakes_in_the_options_are_reported_at_the_start() {
    let wrong = Config::with(&[("fetch.allow", "10.0.0.0/8 http://a.example")]).unwrap_err().to_string();
    assert!(!wrong.contains("a.example") && wrong.contains("neither a host name"), "{wrong}");
    let never = Config::with(&[("fetch.deadline", "0s")]).unwrap_err().to_string();
    assert!(never.contains("fetch.deadline must be longer than 0s"), "{never}");
    for (file, text) in [("missing.pem", None), ("empty.pem", Some("")), ("no.pem", Some("nonsense"))] {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join(file);
        text.iter().for_each(|text| std::fs::write(&path, text).unwrap());
        let config = Config::with(&[("fetch.ca_file", path.to_str().unwrap())]).unwrap();
        let error = Fetcher::new(&config.fetch).unwrap_err().to_string();
        assert!(error.contains("fetch.ca_file") && error.contains(file), "{error}");
    }
}

#[tokio::test]
async fn a_machine_without_certificate_authorities_still_serves() {
    let cli = CommandLine::new().await;
    let serving = cli.serve(&[("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")]);
    assert_eq!(reqwest::get(format!("{}/readyz", serving.url)).await.unwrap().status(), 200);
    let (_, log) = serving.stop();
    assert!(log.contains("outbound calls trust only fetch.ca_file"), "{log}");
}
