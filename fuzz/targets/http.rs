//! What comes in headers.

use std::net::IpAddr;

use base64::Engine as _;
use grantor::clock::Timestamp;
use grantor::config::TrustedProxies;
use grantor::endpoints::client_auth::parse_basic;
use grantor::http::browser::{self, SessionToken};
use grantor::http::{accept, client_address, cookies, wanted_languages};
use grantor::oauth::identity::known_browser;
use grantor::oauth::language_tag::{self, LanguageTag};

use super::{check_keeps_secret, text};

/// The value of an Authorization header with the scheme Basic.
pub(super) fn basic(input: &[u8]) {
    let Some(value) = text(input) else { return };
    let Some((id, secret)) = parse_basic(value) else { return };
    assert!(id.len() + secret.expose().len() < input.len());
    check_keeps_secret(&format!("{id} {secret:?}").replace(&id, ""));
    let encode = |text: &str| {
        let form = serde_urlencoded::to_string([("", text)]).expect("text");
        form.trim_start_matches('=').to_owned()
    };
    let pair = format!("{}:{}", encode(&id), encode(secret.expose()));
    let again = parse_basic(&format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)));
    let (same_id, same_secret) = again.expect("what was written");
    assert_eq!((same_id, same_secret.expose()), (id, secret.expose()));
}

/// A line of a Cookie header, and the values of all cookies that have parts.
pub(super) fn cookies(input: &[u8]) {
    let Some(line) = text(input) else { return };
    let pairs: Vec<(&str, &str)> = cookies::pairs_of(line).collect();
    assert!(pairs.iter().all(|(name, value)| !name.contains(['=', ';']) && !value.contains(';')));
    let written: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(cookies::pairs_of(&written.join("; ")).collect::<Vec<_>>(), pairs);
    for value in pairs.iter().map(|(_, value)| *value).chain([line]) {
        let tokens = browser::tokens_in([(value, false), (line, true)]);
        assert!(tokens.len() <= browser::ACCOUNTS && tokens.iter().all(|token| !token.text.is_empty()));
        let texts: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(texts.iter().collect::<std::collections::BTreeSet<_>>().len(), texts.len(), "each once");
        let kept = |is_kept: bool| {
            let of_one = tokens.iter().filter(|token| token.is_kept == is_kept);
            of_one.map(|token| token.text.as_str()).collect::<Vec<_>>().join(".")
        };
        let again: Vec<SessionToken> = browser::tokens_in([(&kept(false), false), (&kept(true), true)]);
        assert_eq!(again, tokens);
        let known = browser::known_in(value);
        assert!(
            known.len() <= known_browser::MOST && known.iter().all(|value| (1..=256).contains(&value.len()))
        );
        if let Some((language, at)) = wanted_languages::read_choice(value) {
            assert_eq!(
                wanted_languages::read_choice(&wanted_languages::choice(language, at)),
                Some((language, at))
            );
        }
    }
}

/// A peer, the proxies that are trusted, and lines of X-Forwarded-For, each in a line.
pub(super) fn forwarded(input: &[u8]) {
    let Some(mut lines) = text(input).map(str::lines) else { return };
    let peer: Option<IpAddr> = lines.next().and_then(|line| line.parse().ok());
    let trusted: Option<TrustedProxies> = lines.next().and_then(|line| line.parse().ok());
    let (Some(peer), Some(trusted)) = (peer, trusted) else { return };
    let lines: Vec<&str> = lines.collect();
    let origin = client_address::origin(peer, &lines, &trusted);
    assert_eq!(origin, origin.to_canonical());
    if !trusted.have(peer.to_canonical()) {
        assert_eq!(origin, peer.to_canonical(), "a stranger reports nothing");
    }
    let said = lines.join(",");
    if origin != peer.to_canonical() {
        let is_it = |entry: &str| {
            client_address::parse(entry.trim()).is_some_and(|said| said.to_canonical() == origin)
        };
        assert!(said.split(',').any(is_it), "{origin}");
    }
    if !trusted.have(origin) {
        // What the client itself has sent comes before what the proxies add.
        let forged: Vec<&str> = [&["192.0.2.66, 10.0.0.1"][..], lines.as_slice()].concat();
        assert_eq!(client_address::origin(peer, &forged, &trusted), origin);
    }
}

/// The value of an Accept header.
pub(super) fn accept(input: &[u8]) {
    let Some(value) = text(input) else { return };
    let prefers =
        |value: &str| accept::lines_prefer(&[value], "application/problem+json", "application/json");
    let is_preferred = prefers(value);
    assert!(!is_preferred || value.contains('/'));
    assert_eq!(prefers(&value.to_ascii_uppercase()), is_preferred);
}

/// The value of an Accept-Language header, and the parameter `ui_locales`.
pub(super) fn languages(input: &[u8]) {
    let Some(value) = text(input) else { return };
    let available = ["en", "de", "pt-BR", "zh-Hant"].map(|tag| LanguageTag::parse(tag).expect("a tag"));
    for tags in [accept::accept_language(value), language_tag::ui_locales(value)] {
        assert!(tags.len() <= language_tag::MAX_WANTED);
        for tag in &tags {
            assert!(tag.as_str().len() <= language_tag::MAX_LENGTH && tag.as_str().is_ascii());
            assert_eq!(LanguageTag::parse(tag.as_str()).as_ref(), Some(tag));
            assert_eq!(LanguageTag::parse(&tag.as_str().to_ascii_uppercase()).as_ref(), Some(tag));
        }
        let texts: Vec<&str> = tags.iter().map(LanguageTag::as_str).collect();
        assert_eq!(language_tag::ui_locales(&texts.join(" ")), tags);
        let best = language_tag::best(&tags, &available.iter().map(|tag| (tag, tag.language())));
        assert!(best.is_none_or(|best| tags.iter().any(|tag| tag.language() == best)));
    }
    let _ = Timestamp::parse(value).map(|time| assert_eq!(Timestamp::parse(&time.iso()), Some(time)));
}
