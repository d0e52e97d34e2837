//! Creating things: with every option, with a secret or a logo, and with immediate effect on a running server.

use super::token;
use crate::support::operator::refusal;
use crate::support::relying_party::REDIRECT_URI;
use crate::support::server::PASSWORD;
use crate::support::{Application, Browser, CommandLine};

const PNG: [u8; 12] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 1, 2, 3, 4];

#[tokio::test]
async fn a_running_server_sees_at_once_what_a_command_creates() {
    let cli = CommandLine::new().await;
    let serving = cli.serve(&[]);
    let absent = Application::registered_at(&serving.url, "new", Some("a chosen secret"), "");
    token(&absent).await.assert_json_error(401, "invalid_client", "client.unknown");

    cli.done(&["scope", "create", "read", "--description", "Read your things"]);
    let created = cli.client_done("new", "service", &["--scope", "read", "--secret", "a chosen secret"]);
    assert_eq!((&created["client_id"], &created["scope"]), (&"new".into(), &"read".into()));
    assert!(!created.to_string().contains("a chosen secret"), "a chosen secret is not repeated");
    assert_eq!(token(&absent).await.get("scope"), "read");

    // The server has just read both tables into its cache.
    cli.done(&["scope", "create", "write", "--description", "Change your things"]);
    let created = cli.client_done("newer", "service", &["--scope", "read write"]);
    let newer = Application::registered_at(&serving.url, "newer", created["client_secret"].as_str(), "");
    assert_eq!(
        newer.token(&[("grant_type", "client_credentials"), ("scope", "write")]).await.get("scope"),
        "write"
    );

    let web = ["--redirect-uri", REDIRECT_URI, "--scope", "read", "--secret", "s"];
    cli.client_done("web", "web", &web);
    let user =
        cli.user(&["--username", "alice", "--email", "alice@example.com", "--name", "Alice"], PASSWORD);
    assert!(user.status.success(), "{user:?}");
    let web = Application::registered_at(&serving.url, "web", Some("s"), REDIRECT_URI);
    let code = web.code(&mut Browser::new(&serving.url)).await;
    assert_eq!(web.redeem_by_hand(&code).await.status, 200);
}

#[tokio::test]
async fn every_fixed_option_of_client_create_has_its_effect() {
    let cli = CommandLine::new().await;
    cli.done(&["scope", "create", "read", "--description", "Read your things"]);
    let options = [
        "--redirect-uri",
        REDIRECT_URI,
        "--redirect-uri",
        "https://app.example/two",
        "--scope",
        "read",
        "--secret",
        "s",
        "--grant",
        "authorization_code",
        "--grant",
        "client_credentials",
        "--auth-method",
        "client_secret_post",
        "--pkce",
        "off",
        "--first-party",
    ];
    cli.client_done("web", "web", &options);
    let serving = cli.serve(&[]);
    let mut browser = Browser::new(&serving.url);
    assert!(cli.user(&["--username", "alice"], &format!("{PASSWORD}\n")).status.success());
    let second = Application::registered_at(&serving.url, "web", Some("s"), "https://app.example/two");
    let url = second.url_with(&[("code_challenge", ""), ("code_challenge_method", "")]);
    let page = browser.open(&url).await;
    let back = browser.sign_in(&page, "alice").await;
    assert!(
        back.location().unwrap().starts_with("https://app.example/two?code="),
        "first party, no PKCE: {back:?}"
    );

    let form = [
        ("grant_type", "authorization_code"),
        ("code", &back.get("code")),
        ("redirect_uri", "https://app.example/two"),
        ("client_id", "web"),
        ("client_secret", "s"),
    ];
    let tokens = browser.post("/token", &form).await;
    assert_eq!(
        (tokens.status.as_u16(), tokens.get("refresh_token")),
        (200, String::new()),
        "no such grant: {tokens:?}"
    );
    token(&second).await.assert_json_error(401, "invalid_client", "client.method_not_allowed");
    let form = [("grant_type", "client_credentials"), ("client_id", "web"), ("client_secret", "s")];
    assert_eq!(browser.post("/token", &form).await.status, 200);
}

#[tokio::test]
async fn a_generated_secret_is_shown_once_and_needs_no_encoding() {
    let cli = CommandLine::new().await;
    cli.done(&["scope", "create", "read", "--description", "Read"]);
    let mut seen = Vec::new();
    for number in 0..3 {
        let json = cli.client_done(&format!("json{number}"), "service", &["--scope", "read"]);
        seen.push(json["client_secret"].as_str().unwrap().to_owned());
    }
    let text = cli
        .done(&["client", "create", "--id", "text", "--name", "T", "--kind", "service", "--scope", "read"]);
    seen.push(text.trim_end().rsplit(' ').next().unwrap().to_owned());
    assert_eq!(text.matches(&seen[3]).count(), 1);
    assert!(text.contains("shown only now"), "{text}");
    for (number, secret) in seen.iter().enumerate() {
        assert!(secret.len() >= 43, "{secret}");
        assert!(secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)), "{secret}");
        assert!(!seen[..number].contains(secret), "another one each time");
    }
    // Only the hash is stored: the secret is in none of the files.
    for file in std::fs::read_dir(cli.directory()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(seen[0].len()).any(|window| window == seen[0].as_bytes()));
    }
    for (kind, uri) in [("spa", REDIRECT_URI), ("native", "com.example.app:/cb")] {
        let json = cli.client_done(kind, kind, &["--redirect-uri", uri]);
        assert!(
            json["client_id"] == kind && json.get("client_secret").is_none(),
            "a public client has no secret"
        );
    }
}

#[tokio::test]
async fn client_ids_and_secrets_may_hold_colons_spaces_and_everything_printable() {
    let cli = CommandLine::new().await;
    cli.done(&["scope", "create", "read", "--description", "Read"]);
    let serving = cli.serve(&[]);
    for (id, secret) in [
        ("team:reports", "plain"),
        ("a b", "c d"),
        ("https://client.example/", "100%:+/?&="),
        ("%41", "%41"),
        ("a+b", "+"),
        ("~!@#$%^&*()_+`-={}|[]\\:\";'<>?,./", "\u{e4}\u{1f600} \"\\"),
    ] {
        let created = cli.client_done(id, "service", &["--scope", "read", "--secret", secret]);
        assert_eq!(created["client_id"], id);
        let application = Application::registered_at(&serving.url, id, Some(secret), "");
        assert_eq!(token(&application).await.status, 200, "Basic for {id}");
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        assert_eq!(Browser::new(&serving.url).post("/token", &form).await.status, 200, "post for {id}");
    }
    let long = "x".repeat(256);
    for id in ["", "caf\u{e9}", "a\tb", "a\nb", "\u{7f}", &long] {
        let text = refusal(&[id], &cli.client(id, "service", &["--scope", "read"]));
        assert!(text.contains("client id"), "{id:?}: {text}");
    }
    cli.client_done(&"x".repeat(255), "service", &["--scope", "read"]);
}

#[tokio::test]
async fn a_logo_is_a_picture_of_bounded_size() {
    let cli = CommandLine::new().await;
    cli.done(&["scope", "create", "read", "--description", "Read"]);
    let file = |name: &str, bytes: &[u8]| {
        let path = cli.directory().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let filled = |length: usize| [&PNG[..], &vec![0; length - PNG.len()]].concat();
    let refused = [
        file("drawing.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>"),
        file("lying.png", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        file("empty.png", b""),
        file("page.png", b"<html>"),
    ];
    for path in refused {
        let text = cli.client_refused("service", &["--logo", &path]);
        assert!(text.contains(&path) && text.contains("is not a PNG"), "{text}");
    }
    let large = file("large.png", &filled(128 * 1024 + 1));
    assert!(cli.client_refused("service", &["--logo", &large]).contains("more than 128 KiB"));

    let largest = file("largest.png", &filled(128 * 1024));
    cli.client_done("largest", "service", &["--logo", &largest]);
    let logo = file("logo", &PNG);
    cli.client_done(
        "web",
        "web",
        &["--redirect-uri", REDIRECT_URI, "--secret", "s", "--scope", "read", "--logo", &logo],
    );
    assert!(cli.user(&["--username", "alice"], PASSWORD).status.success());
    let serving = cli.serve(&[]);
    let web = Application::registered_at(&serving.url, "web", Some("s"), REDIRECT_URI);
    let mut browser = Browser::new(&serving.url);
    let page = browser.open(&web.url_with(&[])).await;
    let consent = browser.sign_in(&page, "alice").await;
    let (_, rest) = consent.body.split_once("<img class=\"logo\" src=\"").expect("a logo");
    let source = rest.split('"').next().unwrap().replace("&#x2f;", "/");
    let picture = browser.get(&source).await;
    assert_eq!((picture.status.as_u16(), picture.header("content-type")), (200, "image/png"));
    assert_eq!(picture.header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
}
