//! The device grant: a television asks, and a person answers on a phone (RFC 8628).

mod guesses;

use std::process::Stdio;
use std::time::Duration;

use futures_util::future::join_all;
use grantor::oauth::client::GrantType;
use oauth2::TokenResponse as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::clients::installed;
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// A user code that no device has.
const WRONG: &str = "ZZZZ-ZZZZ";

fn device(id: &str) -> Registration {
    Registration::native(id).grants(&[GrantType::DeviceCode, GrantType::RefreshToken])
}

/// A television: a public client.
async fn television(server: &TestServer) -> Application {
    server.register(device("tv").scopes("openid read write offline_access")).await
}

/// The device authorization response.
struct DeviceAuthorization {
    device_code: String,
    user_code: String,
    complete: String,
}

async fn begin(app: &Application, form: &[(&str, &str)]) -> DeviceAuthorization {
    let answer = app.post("/device_authorization", form).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    DeviceAuthorization {
        device_code: answer.get("device_code"),
        user_code: answer.get("user_code"),
        complete: answer.get("verification_uri_complete"),
    }
}

async fn poll(app: &Application, code: &str) -> Answer {
    app.token(&[("grant_type", DEVICE_CODE), ("device_code", code)]).await
}

/// Types a code on the device page.
async fn type_code(browser: &mut Browser, code: &str) -> Answer {
    let page = browser.open_device("/device").await;
    browser.submit(&page, &[("user_code", code)]).await
}

/// Signs in if necessary, and continues to the consent page.
async fn asked(browser: &mut Browser, begun: &DeviceAuthorization) -> Answer {
    let page = browser.open_device(&begun.complete).await;
    let page = browser.submit(&page, &[("user_code", &begun.user_code)]).await;
    assert!(page.is_consent(), "{page:?}");
    page
}

async fn allow(browser: &mut Browser, begun: &DeviceAuthorization) {
    let page = asked(browser, begun).await;
    let done = browser.submit(&page, &[("allow", "1")]).await;
    assert!(done.body.contains("id=\"allowed\""), "{done:?}");
}

#[tokio::test]
async fn a_device_waits_for_a_person_and_gets_tokens_in_the_eyes_of_the_oauth2_crate() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    let details = tv.device_details("openid read").await;
    let begun = DeviceAuthorization {
        device_code: details.device_code().secret().clone(),
        user_code: details.user_code().secret().clone(),
        complete: details.verification_uri_complete().unwrap().secret().clone(),
    };
    assert_eq!(details.verification_uri().as_str(), format!("{}/device", server.url));
    assert_eq!((details.expires_in().as_secs(), details.interval().as_secs()), (600, 5));
    poll(&tv, &begun.device_code).await.assert_json_error(
        400,
        "authorization_pending",
        "device_code.pending",
    );
    allow(&mut alice, &begun).await;
    let tokens = tv.device_tokens(&details).await;
    let reply = server.user_info(tokens.access_token().secret()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let refreshed = tv.refresh(tokens.refresh_token().unwrap().secret()).await;
    assert!(refreshed.refresh_token().is_some());
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["device_authorization_endpoint"], format!("{}/device_authorization", server.url));
    assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&json!(DEVICE_CODE)));
}

#[tokio::test]
async fn a_polling_device_gets_status_400_and_what_it_waits_for() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    let begun = begin(&tv, &[]).await;
    let reply = async |error: &str, reason: &str| {
        poll(&tv, &begun.device_code).await.assert_json_error(400, error, reason);
    };
    reply("authorization_pending", "device_code.pending").await;
    reply("slow_down", "device_code.slow_down").await;
    server.clock.advance(Duration::from_secs(8));
    reply("slow_down", "device_code.slow_down").await;
    server.clock.advance(Duration::from_secs(15));
    reply("authorization_pending", "device_code.pending").await;

    let page = asked(&mut alice, &begun).await;
    let done = alice.submit(&page, &[("deny", "1")]).await;
    assert!(done.body.contains("id=\"denied\""), "{done:?}");
    reply("access_denied", "device_code.denied").await;

    let late = begin(&tv, &[]).await;
    let page = asked(&mut alice, &late).await;
    server.clock.advance(Duration::from_secs(600));
    let refused = alice.submit(&page, &[("allow", "1")]).await;
    refused.assert_page(400, "device.over");
    poll(&tv, &late.device_code).await.assert_json_error(400, "expired_token", "device_code.expired");
    // A device whose code was allowed must fetch the tokens before the code expires.
    let unfetched = begin(&tv, &[]).await;
    allow(&mut alice, &unfetched).await;
    server.clock.advance(Duration::from_secs(600));
    poll(&tv, &unfetched.device_code).await.assert_json_error(400, "expired_token", "device_code.expired");
    poll(&tv, "gdc_made-up").await.assert_json_error(400, "invalid_grant", "device_code.unknown");
    poll(&tv, "").await.assert_json_error(400, "invalid_request", "device_code.missing");
}

#[tokio::test]
async fn a_device_asks_for_what_its_application_may_have() {
    let server = TestServer::start().await;
    let (tv, web) = (television(&server).await, server.web().await);
    let refused = web.post("/device_authorization", &[]).await;
    refused.assert_json_error(400, "unauthorized_client", "client.grant_not_allowed");
    let scope = async |name: &str| tv.post("/device_authorization", &[("scope", name)]).await;
    scope("secret").await.assert_json_error(400, "forbidden_scope", "scope.forbidden");
    scope("nonsense").await.assert_json_error(400, "invalid_scope", "scope.unknown");
    let nobody = server.browser().post("/device_authorization", &[("client_id", "nobody")]).await;
    nobody.assert_json_error(401, "invalid_client", "client.unknown");
    let unknown = tv.post("/device_authorization", &[("resource", "https://nowhere.example")]).await;
    unknown.assert_json_error(400, "invalid_target", "resource.unknown");
    // A confidential client authenticates here and at every poll.
    let mut box_ = device("box");
    box_.client.kind = grantor::oauth::client::ClientKind::Web;
    let with_secret = server.register(box_).await;
    begin(&with_secret, &[]).await;
    let bare = server.browser().post("/device_authorization", &[("client_id", "box")]).await;
    bare.assert_json_error(401, "invalid_client", "client.authentication_missing");
}

#[tokio::test]
async fn a_device_gets_a_token_for_the_resource_that_it_names() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    server.resource("https://api.example", "read").await;
    let begun = begin(&tv, &[("scope", "openid read"), ("resource", "https://api.example")]).await;
    allow(&mut alice, &begun).await;
    let tokens = poll(&tv, &begun.device_code).await;
    let claims = crate::support::jwt::claims(&tokens.get("access_token"));
    assert_eq!((&claims["aud"], &claims["scope"]), (&json!("https://api.example"), &json!("read")));
    assert_ne!(tokens.get("id_token"), "", "identity scopes are granted beside it");
}

#[tokio::test]
async fn a_user_code_may_be_typed_in_any_spelling_and_is_used_once() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    for change in [
        |code: &str| code.to_lowercase(),
        |code: &str| code.replace('-', ""),
        |code: &str| format!("\t{}\u{200b}\u{200e}", code.replace('-', " ")),
        |code: &str| format!(" {} ", code.replace('-', "\u{2014}")),
    ] {
        let begun = begin(&tv, &[]).await;
        let page = type_code(&mut alice, &change(&begun.user_code)).await;
        assert!(page.is_sign_in() || page.is_consent(), "{page:?}");
        allow(&mut alice, &begun).await;
        let again = type_code(&mut alice, &begun.user_code).await;
        assert_eq!(again.status, 422, "answered: {again:?}");
    }
    for wrong in ["", "BCDF", "BCDFGHJKL", "AAAA-AAAA", "<script>alert(1)</script>"] {
        let page = type_code(&mut alice, wrong).await;
        assert_eq!(page.status, 422, "{wrong}");
        assert!(page.body.contains("No device is waiting for this code") && !page.body.contains("<script"));
    }
    let begun = begin(&tv, &[]).await;
    server.clock.advance(Duration::from_secs(600));
    assert_eq!(type_code(&mut alice, &begun.user_code).await.status, 422, "expired");
    // The link fills the code in, but the person must still press the button.
    let page = alice.open("/device?user_code=bcdfghjk").await;
    assert!(page.body.contains("value=\"BCDF-GHJK\"") && page.body.contains("exactly this code"), "{page:?}");
    let hostile = alice.open("/device?user_code=%22%3E%3Cscript%3E").await;
    assert!(hostile.body.contains("value=\"\""), "{hostile:?}");
}

#[tokio::test]
async fn the_device_page_names_the_application_and_the_address_and_warns() {
    let server = TestServer::start_with(&[("http.trusted_proxies", "127.0.0.1")]).await;
    let mut own = device("tv").scopes("read pay");
    own.client.first_party = true;
    let tv = server.register(own).await;
    let mut alice = server.alice().await;
    let sent = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", "203.0.113.7")];
    for _ in 0..2 {
        let answer = server
            .browser()
            .request(Method::POST, "/device_authorization", &sent, "client_id=tv&scope=read+pay")
            .await;
        let begun = DeviceAuthorization {
            device_code: answer.get("device_code"),
            user_code: answer.get("user_code"),
            complete: answer.get("verification_uri_complete"),
        };
        server.clock.advance(Duration::from_secs(125));
        // Consent is asked for every time, even for a first-party application that was allowed before.
        let page = asked(&mut alice, &begun).await;
        for part in
            ["Connect a device to", "The tv application", &begun.user_code, "203.0.113.7", "2 minutes ago"]
        {
            assert!(page.body.contains(part), "{part}: {page:?}");
        }
        assert!(page.body.contains("Your own address is <bdi>127.0.0.1</bdi>"), "{page:?}");
        assert!(page.body.contains("do not allow it") && page.body.contains("Pay with your money"));
        let done = alice.submit(&page, &[("allow", "1")]).await;
        assert!(done.body.contains("id=\"allowed\""));
        assert_eq!(poll(&tv, &begun.device_code).await.status, 200);
    }
}

#[tokio::test]
async fn of_64_parallel_polls_one_gets_tokens_which_end_when_the_code_comes_again() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    for _ in 0..4 {
        let begun = begin(&tv, &[]).await;
        allow(&mut alice, &begun).await;
        let answers = join_all((0..64).map(|_| poll(&tv, &begun.device_code))).await;
        let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(won.len(), 1);
        for lost in answers.iter().filter(|answer| answer.status != 200) {
            lost.assert_json_error(400, "invalid_grant", "device_code.replayed");
        }
        let refused = tv.refresh_by_hand(&won[0].get("refresh_token")).await;
        refused.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    }
}

#[tokio::test]
async fn a_refused_poll_uses_an_allowed_code_up_and_the_next_one_learns_that() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    let begun = begin(&tv, &[]).await;
    allow(&mut alice, &begun).await;
    let operator = Operator::of(&server);
    operator.done(&["user", "disable", "alice"]);
    poll(&tv, &begun.device_code).await.assert_json_error(400, "invalid_grant", "subject.disabled");
    operator.done(&["user", "enable", "alice"]);
    for _ in 0..2 {
        let again = poll(&tv, &begun.device_code).await;
        again.assert_json_error(400, "invalid_grant", "device_code.refused_before");
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM grants").await, 0, "nothing was revoked");
}

#[tokio::test]
async fn a_person_signs_in_first_and_types_the_code_then() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    let begun = begin(&tv, &[]).await;
    let sign_in = alice.open(&begun.complete).await;
    assert!(sign_in.is_sign_in() && sign_in.body.contains("Sign in to connect a device"), "{sign_in:?}");
    assert_eq!(server.number("SELECT COUNT(*) FROM flows").await, 0, "nothing is stored for a stranger");
    let wrong = alice.submit(&sign_in, &[("username", "alice"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 422);
    let page = alice.sign_in(&wrong, "alice").await;
    assert!(page.body.contains(&format!("value=\"{}\"", begun.user_code)), "the code is filled in: {page:?}");
    // The person signs out in another tab: a code is not looked up for a stranger, right or wrong.
    alice.sign_out().await;
    for code in [begun.user_code.as_str(), WRONG] {
        let asked = alice.submit_only(&page, &[("user_code", code)]).await;
        assert_eq!(asked.location(), Some(format!("{}/sign-in?device={code}", server.url)));
    }
    let guessed = "SELECT COUNT(*) FROM guesses WHERE bucket LIKE 'user_code%'";
    assert_eq!(server.number(guessed).await, 0);
    let again = alice.open(&begun.complete).await;
    let home = alice.submit(&again, &[("username", ""), ("password", ""), ("cancel", "1")]).await;
    assert_eq!(home.url.path(), "/");
    allow(&mut alice, &begun).await;
    let signed_in = alice.open(&format!("/sign-in?device={}", begun.user_code)).await;
    assert!(signed_in.body.contains("id=\"user_code\""), "no second sign-in: {signed_in:?}");
}

#[tokio::test]
async fn the_forms_before_the_code_are_bound_to_their_browser() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let page = alice.open("/device").await;
    let mut mallory = server.browser();
    let own = mallory.open("/device").await;
    let form =
        [("form_token", own.form_token()), ("username", "alice".into()), ("password", PASSWORD.into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    alice.post(&page.form_action(), &form).await.assert_page(400, "form.forged");
    alice.stranger().submit(&page, &form[1..]).await.assert_page(400, "form.forged");
    assert!(!alice.sign_in(&page, "alice").await.is_sign_in());
}

#[tokio::test]
async fn a_person_without_an_account_makes_one_and_connects_the_device() {
    let server = TestServer::start_with(&[("sign_up.enabled", "true")]).await;
    let tv = television(&server).await;
    let begun = begin(&tv, &[]).await;
    let mut zoe = server.browser();
    let sign_in = zoe.open(&begun.complete).await;
    let page = zoe.open(&sign_in.attribute("id=\"sign-up\" href=\"")).await;
    let fields = [("username", "zoe"), ("name", ""), ("password", "a password of her own")];
    let page = zoe.submit(&page, &fields).await;
    let page = zoe.submit(&page, &[("user_code", &begun.user_code)]).await;
    assert!(page.is_consent(), "{page:?}");
    let done = zoe.submit(&page, &[("allow", "1")]).await;
    assert!(done.body.contains("id=\"allowed\""), "{done:?}");
    assert_eq!(poll(&tv, &begun.device_code).await.status, 200);
}

#[tokio::test]
async fn a_browser_cannot_continue_a_flow_that_another_one_began() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    let begun = begin(&tv, &[]).await;
    let question = asked(&mut alice, &begun).await;
    let mut mallory = server.browser();
    for path in [question.url.as_str(), &question.url.as_str().replace("/consent", "/authorize/resume")] {
        mallory.open(path).await.assert_page(400, "flow.other_browser");
    }
    // A form that another page showed does not help either.
    server.user("mallory").await;
    let sign_in = mallory.open("/device").await;
    let own = mallory.sign_in(&sign_in, "mallory").await;
    let form = [("form_token", own.form_token()), ("user_code", begun.user_code.clone())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    alice.post("/device", &form).await.assert_page(400, "form.forged");
    server
        .browser()
        .post("/device", &[("user_code", &begun.user_code)])
        .await
        .assert_page(400, "form.forged");
    poll(&tv, &begun.device_code).await.assert_json_error(
        400,
        "authorization_pending",
        "device_code.pending",
    );
}

#[tokio::test]
async fn the_first_answer_counts() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    let begun = begin(&tv, &[]).await;
    let mut bob = server.browser();
    server.user("bob").await;
    let page = bob.open(&begun.complete).await;
    let page = bob.sign_in(&page, "bob").await;
    let bobs = bob.submit(&page, &[("user_code", &begun.user_code)]).await;
    allow(&mut alice, &begun).await;
    for field in ["allow", "deny"] {
        let late = bob.submit(&bobs, &[(field, "1")]).await;
        assert!(!late.body.contains("id=\"allowed\""), "{late:?}");
    }
    let tokens = poll(&tv, &begun.device_code).await;
    let reply = server.user_info(&tokens.get("access_token")).await;
    assert_eq!(reply.status, 200, "alice's answer stands: {reply:?}");
    let grants = Operator::of(&server).json(&["grant", "list"]);
    assert_eq!(grants[0]["username"], "alice", "{grants}");
}

#[tokio::test]
async fn cancelling_and_a_missing_group_are_answers_to_the_device() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    let begun = begin(&tv, &[]).await;
    let page = type_code(&mut alice, &begun.user_code).await;
    let another = format!("{}&another=1", page.url.as_str().replace("/consent", "/sign-in"));
    let page = alice.open(&another).await;
    let done = alice.submit(&page, &[("username", ""), ("password", ""), ("cancel", "1")]).await;
    assert!(done.body.contains("id=\"denied\""), "{done:?}");
    poll(&tv, &begun.device_code).await.assert_json_error(400, "access_denied", "device_code.denied");

    Operator::of(&server).done(&["client", "update", "tv", "--require-group", "staff"]);
    let begun = begin(&tv, &[]).await;
    let refused = type_code(&mut alice, &begun.user_code).await;
    refused.assert_page(400, "user.group_missing");
    poll(&tv, &begun.device_code).await.assert_json_error(400, "access_denied", "device_code.denied");
}

#[tokio::test]
async fn a_device_code_of_another_client_is_refused_and_stays_valid_for_its_own() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    let radio = server.register(device("radio")).await;
    let begun = begin(&tv, &[]).await;
    let reason = "device_code.wrong_client";
    poll(&radio, &begun.device_code).await.assert_json_error(400, "invalid_grant", reason);
    allow(&mut alice, &begun).await;
    poll(&radio, &begun.device_code).await.assert_json_error(400, "invalid_grant", reason);
    assert_eq!(poll(&tv, &begun.device_code).await.status, 200);
    poll(&radio, &begun.device_code).await.assert_json_error(400, "invalid_grant", reason);
}

#[tokio::test]
async fn the_picture_of_a_code_leads_to_its_page() {
    let server = TestServer::start().await;
    let tv = television(&server).await;
    let begun = begin(&tv, &[]).await;
    let picture = server.get(&format!("/device/qr?user_code={}", begun.user_code)).await;
    assert_eq!((picture.status.as_u16(), picture.header("content-type")), (200, "image/svg+xml"));
    assert_eq!(read_qr(&picture.body), begun.complete);
    for wrong in ["", "?user_code=", "?user_code=AAAA-AAAA", "?user_code=%3Csvg%3E"] {
        assert_eq!(server.get(&format!("/device/qr{wrong}")).await.status, 404, "{wrong}");
    }
}

/// Reads a QR code from the picture alone, as a camera would.
fn read_qr(svg: &str) -> String {
    let (_, path) = svg.split_once(" d=\"").expect("a path");
    let mut dark = std::collections::HashSet::new();
    // The path consists of rectangles: M x y h width v height H x V y.
    for rectangle in path.split('"').next().expect("its end").split('M').skip(1) {
        let numbers: Vec<usize> = rectangle
            .split(|c: char| !c.is_ascii_digit())
            .filter(|number| !number.is_empty())
            .map(|number| number.parse().expect("a number"))
            .collect();
        let [x, y, width, height, ..] = numbers[..] else { panic!("{rectangle}") };
        dark.extend((x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))));
    }
    let size = 400;
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(
            size,
            size,
            |x, y| if dark.contains(&(x, y)) { 0 } else { 255 },
        );
    let grids = image.detect_grids();
    grids.first().expect("a code").decode().expect("what it says").1
}

#[tokio::test]
async fn golang_org_x_oauth2_connects_a_device_and_fetches_a_services_token() {
    let Some(directory) = installed("go-client") else { return };
    let server = TestServer::start_with(&[("device.poll_interval", "1s")]).await;
    server.register(device("tv").scopes("openid profile offline_access")).await;
    let (service, mut alice) = (server.service().await, server.alice().await);
    let mut command = Command::new(directory.join("go-client"));
    command.args([server.url.as_str(), &service.id, service.secret.as_deref().unwrap(), "tv"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let talk = async {
        let line = lines.next_line().await.unwrap()?;
        let address = line.strip_prefix("ALLOW ").expect("an address").to_owned();
        let page = alice.open_device(&address).await;
        let page = alice
            .submit(&page, &[("user_code", &page.attribute("placeholder=\"XXXX-XXXX\" value=\""))])
            .await;
        alice.allow(&page).await;
        lines.next_line().await.unwrap()
    };
    let done = tokio::time::timeout(Duration::from_secs(60), talk).await.expect("the client comes to an end");
    let output = child.wait_with_output().await.unwrap();
    let done = done.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let done: Value = serde_json::from_str(done.strip_prefix("DONE ").expect("a result")).unwrap();
    assert_eq!(done["service_scope"], "read");
    assert_eq!(done["userinfo"]["preferred_username"], "alice");
    assert_eq!((&done["id_token"], &done["refreshed"]), (&json!(true), &json!(true)));
}
