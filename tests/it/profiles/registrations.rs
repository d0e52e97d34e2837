//! Registrations under a profile of the server: none that cannot work is made, and those that are there already are named.

use super::*;

const SERVER: (&str, &str) = ("oauth.profile", "fapi2");
/// The same for a command.
const COMMAND: [(&str, &str); 2] =
    [("GRANTOR_OAUTH__PROFILE", "fapi2"), ("GRANTOR_KEYS__ALGORITHMS", "RS256 PS256 ES256")];

fn of_kind(id: &str, kind: &str) -> Value {
    json!({ "client_id": id, "client_name": "App", "kind": kind, "redirect_uris": ["https://app.example/cb"] })
}

/// A registration with everything that the profile needs.
fn good(id: &str) -> Value {
    let mut client = of_kind(id, "web");
    client["token_endpoint_auth_method"] = json!("private_key_jwt");
    client["jwks_uri"] = json!("https://app.example/jwks.json");
    client
}

fn members(answer: &Answer) -> Vec<String> {
    faulty(answer).into_iter().map(|(field, _)| field).collect()
}

#[tokio::test]
async fn a_client_that_could_not_work_is_not_made_unless_it_stays_outside() {
    let server = TestServer::start_with(&[KEYS, SERVER]).await;
    let api = Api::owner(&server).await;
    let spa = api.post("/clients", of_kind("spa", "spa")).await;
    assert_eq!(members(&spa), ["/kind", "/token_endpoint_auth_method"], "{spa:?}");
    assert!(spa.body.contains("oauth.profile") && spa.body.contains("must be confidential"), "{spa:?}");
    let mut legacy = good("legacy");
    legacy["assertion_audience"] = json!("token-endpoint");
    assert_eq!(members(&api.post("/clients", legacy).await), ["/assertion_audience"]);
    let mut outside = of_kind("outside", "spa");
    outside["profile"] = json!("none");
    assert_eq!(api.post("/clients", outside).await.status, 201);
    assert_eq!(api.post("/clients", good("bank")).await.status, 201);
    // From outside, a client comes back only with everything.
    let back = api.patch("/clients/outside", json!({ "profile": null })).await;
    assert_eq!(members(&back), ["/kind", "/token_endpoint_auth_method"], "{back:?}");

    let operator = Operator::of(&server);
    let create = |more: &[&str]| {
        let arguments = [
            &[
                "client",
                "create",
                "--name",
                "App",
                "--redirect-uri",
                "https://app.example/cb",
                "--kind",
                "spa",
            ],
            more,
        ];
        operator.command(&arguments.concat()).envs(COMMAND).output().unwrap()
    };
    let refused = create(&["--id", "by-command"]);
    let sentence = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && sentence.contains("--kind"), "{sentence}");
    assert!(sentence.contains("oauth.profile") && sentence.contains("--profile none"), "{sentence}");
    assert!(create(&["--id", "by-command", "--profile", "none"]).status.success());
}

#[tokio::test]
async fn an_older_client_can_be_changed_but_not_so_that_it_lacks_more() {
    let server = TestServer::start_with(&[KEYS, SERVER]).await;
    server.web().await;
    let api = Api::owner(&server).await;
    let renamed = api.patch("/clients/web", json!({ "client_name": "Older" })).await;
    assert_eq!(renamed.status, 200, "{renamed:?}");
    let weaker = api.patch("/clients/web", json!({ "par": "off" })).await;
    assert_eq!(members(&weaker), ["/par"], "{weaker:?}");
    let keys =
        json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/jwks" });
    assert_eq!(api.patch("/clients/web", keys).await.status, 200);
    let again =
        api.patch("/clients/web", json!({ "token_endpoint_auth_method": "client_secret_basic" })).await;
    assert!(members(&again).contains(&"/token_endpoint_auth_method".to_owned()), "{again:?}");
}

#[tokio::test]
async fn the_check_of_the_configuration_names_the_first_clients_that_lack_something_and_what() {
    let server = TestServer::start_with(&[KEYS]).await;
    let operator = Operator::of(&server);
    let check = |options: &[(&str, &str)]| -> Vec<String> {
        let mut command = operator.command(&["config", "check", "--json"]);
        let output = command.envs(options.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
        let sentences = findings.as_array().unwrap().iter().map(|found| found["finding"].as_str().unwrap());
        sentences.filter(|text| text.contains("do not meet their profile")).map(str::to_owned).collect()
    };
    let mut outside = Registration::spa("outside");
    outside.client.metadata.profile = Some(Profile::None);
    server.register(outside).await;
    let mut disabled = Registration::spa("a-disabled");
    disabled.client.disabled = true;
    server.register(disabled).await;
    let _bank = Bank::with(&server, None, SigningAlgorithm::Es256, |_| ()).await;
    let nothing: Vec<String> = Vec::new();
    assert_eq!(check(&COMMAND), nothing, "a good client, one outside, and one that is disabled");
    for number in 10..22 {
        server.register(Registration::spa(&format!("spa-{number}"))).await;
    }
    assert_eq!(check(&COMMAND[1..]), nothing, "without a profile");
    let found = check(&COMMAND);
    let [sentence] = &found[..] else { panic!("{found:?}") };
    for part in
        ["fapi2", "spa-10 (kind, token_endpoint_auth_method)", "spa-19 (", " and 2 more", "--profile none"]
    {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
    for part in ["spa-20", "outside (", "a-disabled", "bank"] {
        assert!(!sentence.contains(part), "{part}: {sentence}");
    }
    // A profile of its own that an older version let pass.
    let mut own = Registration::web("own");
    own.client.metadata.profile = Some(Profile::Fapi2);
    server.register(own).await;
    let found = check(&COMMAND[1..]);
    assert!(found.len() == 1 && found[0].contains("own (token_endpoint_auth_method)"), "{found:?}");
}
