//! How tokens for clients of a FAPI profile are signed, whatever the server and the API name (FAPI 2.0 Security Profile §5.4.1).

use grantor::oauth::client::TokenFormat;

use super::*;
use crate::support::jwt::parts;

const API: &str = "https://api.example";
const OTHER: &str = "https://other.example";
const CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");
const FAPI: [Profile; 2] = [Profile::Fapi2, Profile::Fapi2MessageSigning];

fn service(client: &mut Client) {
    client.grants.push(GrantType::ClientCredentials);
    client.token_format = TokenFormat::Jwt;
}

/// The algorithm of the token in a good answer.
fn algorithm(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    parts(&answer.get("access_token"))[0]["alg"].as_str().unwrap().to_owned()
}

fn steps(check: &Value, word: &str) -> usize {
    let steps = check["steps"].as_array().unwrap().iter();
    steps.filter(|step| step["reason"] == word).count()
}

#[tokio::test]
async fn no_token_of_a_fapi_client_is_signed_as_its_profile_does_not_allow() {
    let server = TestServer::start_with(&[KEYS]).await;
    server.resource_with(API, "read", |api| api.algorithm = Some(SigningAlgorithm::Rs256)).await;
    server.resource_with(OTHER, "read", |_| ()).await;
    server.user("alice").await;
    let api = Api::owner(&server).await;
    for profile in FAPI {
        server.sql("DELETE FROM clients WHERE id = 'bank'").await;
        let bank = Bank::with(&server, Some(profile), SigningAlgorithm::Es256, service).await;
        let refused = bank.token(&[CREDENTIALS, ("scope", "read"), ("resource", API)]).await;
        refused.assert_json_error(400, "invalid_target", "resource.algorithm");
        assert_eq!(algorithm(&bank.token(&[CREDENTIALS, ("resource", OTHER)]).await), "ES256");
        assert_eq!(algorithm(&bank.token(&[CREDENTIALS, ("scope", "read")]).await), "ES256");
        for asked in [
            json!({ "scope": "read", "resource": API }),
            json!({ "scope": "read", "resource": API, "user": "alice" }),
            json!({ "scope": "read", "resource": API, "grant_type": "client_credentials" }),
        ] {
            let check = api.post("/clients/bank/check", asked.clone()).await.json();
            assert_eq!(
                (check["allowed"].clone(), steps(&check, "resource.algorithm")),
                (json!(false), 1),
                "{check}"
            );
        }
        let check =
            api.post("/clients/bank/check", json!({ "scope": "read", "resource": OTHER })).await.json();
        assert_eq!(
            (check["allowed"].clone(), steps(&check, "resource.algorithm")),
            (json!(true), 0),
            "{check}"
        );
    }
    // Without a profile, the API has what it names.
    server.sql("DELETE FROM clients WHERE id = 'bank'").await;
    let bank = Bank::with(&server, None, SigningAlgorithm::Es256, service).await;
    assert_eq!(algorithm(&bank.token(&[CREDENTIALS, ("resource", API)]).await), "RS256");
}

#[tokio::test]
async fn a_person_is_not_asked_for_a_token_that_could_only_be_signed_as_the_profile_does_not_allow() {
    let server = TestServer::start_with(&[KEYS]).await;
    server.resource_with(API, "read", |api| api.algorithm = Some(SigningAlgorithm::Rs256)).await;
    let bank = Bank::with(&server, Some(Profile::Fapi2), SigningAlgorithm::Es256, |client| {
        client.grants.push(GrantType::DeviceCode);
    })
    .await;
    let pushed = bank.push(&[("scope", "read"), ("resource", API)]).await;
    pushed.assert_json_error(400, "invalid_target", "resource.algorithm");
    let asked = [("scope", "read"), ("resource", API)];
    let device = bank.post("/device_authorization", &asked, &[], &bank.assertion(&json!({}))).await;
    device.assert_json_error(400, "invalid_target", "resource.algorithm");
}

#[tokio::test]
async fn what_a_server_chooses_by_itself_is_allowed_and_what_it_names_is_not_replaced() {
    for (options, usual, of_fapi) in [
        (&[("keys.algorithms", "RS256 PS256")][..], "RS256", Some("PS256")),
        (&[("keys.algorithms", "RS256")], "RS256", None),
        (&[KEYS, ("tokens.access_token_alg", "RS256")], "RS256", None),
        (&[KEYS, ("tokens.access_token_alg", "PS256")], "PS256", Some("PS256")),
    ] {
        let server = TestServer::start_with(options).await;
        for (profile, expected) in [(Profile::None, Some(usual)), (Profile::Fapi2, of_fapi)] {
            server.sql("DELETE FROM clients WHERE id = 'bank'").await;
            let bank = Bank::with(&server, Some(profile), SigningAlgorithm::Es256, service).await;
            let answer = bank.token(&[CREDENTIALS, ("scope", "read")]).await;
            match expected {
                Some(expected) => assert_eq!(algorithm(&answer), expected, "{options:?}"),
                None => answer.assert_json_error(400, "invalid_target", "resource.algorithm"),
            }
        }
    }
    let all = [("keys.algorithms", "RS256 PS256"), ("oauth.profile", "fapi2")];
    let server = TestServer::start_with(&all).await;
    let bank = Bank::with(&server, None, SigningAlgorithm::Es256, |client| {
        service(client);
        client.messages.response_alg = None;
    })
    .await;
    assert_eq!(algorithm(&bank.token(&[CREDENTIALS, ("scope", "read")]).await), "PS256");
}

#[tokio::test]
async fn a_registration_without_openid_cannot_name_an_algorithm_for_its_introspection_responses_either() {
    let server = TestServer::start_with(&[KEYS]).await;
    let bank = Bank::with(&server, Some(Profile::Fapi2), SigningAlgorithm::Es256, |client| {
        client.metadata.scopes = grantor::oauth::grant::scope::Scope::from_stored("read");
        client.id_token_alg = Some(SigningAlgorithm::Rs256);
    })
    .await;
    let refused = bank.token(&[CREDENTIALS]).await;
    refused.assert_json_error(400, "unauthorized_client", "client.profile");
    assert!(refused.get("error_description").contains("id_token_signed_response_alg"), "{refused:?}");
}

#[tokio::test]
async fn an_api_of_a_server_with_a_profile_cannot_name_what_the_profile_does_not_allow() {
    let server = TestServer::start_with(&[KEYS, ("oauth.profile", "fapi2")]).await;
    let api = Api::owner(&server).await;
    let strong = json!({ "resource": API, "scope": "read", "token_alg": "PS256" });
    assert_eq!(api.post("/resources", strong).await.status, 201);
    let weak = json!({ "resource": OTHER, "scope": "read", "token_alg": "RS256" });
    for refused in [
        api.post("/resources", weak).await,
        api.patch("/resources/https%3A%2F%2Fapi.example", json!({ "token_alg": "RS256" })).await,
    ] {
        assert_eq!(faulty(&refused)[0].0, "/token_alg", "{refused:?}");
        assert!(refused.body.contains("oauth.profile"), "{refused:?}");
    }
}

#[tokio::test]
async fn the_check_of_the_configuration_names_what_fapi_clients_cannot_use() {
    let server = TestServer::start_with(&[KEYS]).await;
    let operator = Operator::of(&server);
    let findings = |options: &[(&str, &str)]| {
        let mut command = operator.command(&["config", "check", "--json"]);
        let output = command.envs(options.iter().copied()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let (weak, fapi) = (("GRANTOR_TOKENS__ACCESS_TOKEN_ALG", "RS256"), ("GRANTOR_OAUTH__PROFILE", "fapi2"));
    let keys = ("GRANTOR_KEYS__ALGORITHMS", "RS256 PS256 ES256");
    let mentions = |found: &str| {
        (found.contains("the clients bank"), found.contains("the resources https://api.example"))
    };
    server.resource_with(API, "read", |api| api.algorithm = Some(SigningAlgorithm::Rs256)).await;
    server.resource_with(OTHER, "read", |_| ()).await;
    assert_eq!(mentions(&findings(&[keys, weak])), (false, false));
    assert_eq!(mentions(&findings(&[keys, fapi])), (false, true));
    let _bank = Bank::of(&server, Some(Profile::Fapi2), SigningAlgorithm::Es256).await;
    assert_eq!(mentions(&findings(&[keys])), (false, true));
    assert_eq!(mentions(&findings(&[keys, weak])), (true, true));
}

#[tokio::test]
async fn a_check_gives_the_command_that_lets_an_api_have_tokens_that_the_profile_allows() {
    let server = TestServer::start_with(&[KEYS]).await;
    server.resource_with(API, "read", |api| api.algorithm = Some(SigningAlgorithm::Rs256)).await;
    let _bank = Bank::with(&server, Some(Profile::Fapi2), SigningAlgorithm::Es256, service).await;
    let operator = Operator::of(&server);
    let check = |options: &[(&str, &str)]| -> Value {
        let arguments = ["client", "check", "bank", "--json", "--scope", "read", "--resource", API];
        let mut command = operator.command(&arguments);
        let output = command.envs(options.iter().copied()).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let command = |check: &Value| {
        let steps = check["steps"].as_array().unwrap().iter();
        let refused = steps.clone().find(|step| step["reason"] == "resource.algorithm");
        refused.map(|step| step["command"].clone())
    };
    // Where the server's own choice does not fit either, no change of the API alone helps.
    let keys = ("GRANTOR_KEYS__ALGORITHMS", "RS256 PS256 ES256");
    let weak = check(&[keys, ("GRANTOR_TOKENS__ACCESS_TOKEN_ALG", "RS256")]);
    assert_eq!(command(&weak), Some(json!(null)), "{weak}");
    let found = check(&[keys]);
    let given = command(&found).unwrap_or_else(|| panic!("{found}"));
    assert_eq!(given, format!("grantor resource update {API} --token-alg default"));
    let words: Vec<&str> = given.as_str().unwrap().split(' ').skip(1).collect();
    operator.done(&words);
    assert_eq!(command(&check(&[keys])), None);
}
