//! Names, links and descriptions in languages.

use serde_json::{Value, json};

use crate::support::{Operator, TestServer};

/// The options of a client that is created without a person.
const SERVICE: [&str; 6] = ["client", "create", "--id", "calendar", "--kind", "service"];

fn created(operator: &Operator, options: &[&str]) -> Value {
    operator.json(&[&SERVICE[..], options].concat())
}

/// The members of an object that begin with `name`.
fn members(object: &Value, name: &str) -> Value {
    let found = object.as_object().unwrap().iter().filter(|(member, _)| member.starts_with(name));
    Value::Object(found.map(|(member, value)| (member.clone(), value.clone())).collect())
}

#[tokio::test]
async fn a_client_has_its_name_and_links_in_the_languages_that_options_give() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let new = created(
        &operator,
        &[
            "--name",
            "Demo Calendar",
            "--name-in",
            "de=Demo-Kalender",
            "--name-in",
            "PT-br=Agenda = demo",
            "--policy",
            "https://app.example/policy",
            "--policy-in",
            "de=https://app.example/datenschutz",
        ],
    );
    let names = json!({
        "client_name": "Demo Calendar",
        "client_name#de": "Demo-Kalender",
        "client_name#pt-BR": "Agenda = demo",
    });
    assert_eq!(members(&new, "client_name"), names);
    let policies = json!({
        "policy_uri": "https://app.example/policy",
        "policy_uri#de": "https://app.example/datenschutz",
    });
    assert_eq!(members(&new, "policy_uri"), policies);
    let text = operator.done(&["client", "show", "calendar"]);
    assert!(text.contains("Demo Calendar (de: Demo-Kalender; pt-BR: Agenda = demo)\n"), "{text}");
    for part in ["demo-kal", "AGENDA", "demo cal"] {
        let found = operator.json(&["client", "list", "--search", part]);
        assert_eq!(found.as_array().unwrap().len(), 1, "{part}");
    }

    let update = |options: &[&str]| {
        let changed = operator.json(&[&["client", "update", "calendar"], options].concat());
        assert_eq!(changed, operator.json(&["client", "show", "calendar"]));
        changed
    };
    let changed = update(&["--name-in", "DE=Der Kalender", "--no-name-in", "pt-br"]);
    let names = json!({ "client_name": "Demo Calendar", "client_name#de": "Der Kalender" });
    assert_eq!(members(&changed, "client_name"), names);
    let output = operator.run(&["client", "update", "calendar", "--name", "A Calendar"]);
    let warning = "grantor: warning: the text of --name is still the one before in de; --name-in changes it, and --no-name-in \
                   removes it\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), warning);
    let changed = update(&["--name", "The Calendar"]);
    assert_eq!(changed["client_name#de"], "Der Kalender", "a new default changes no language");
    let changed = update(&["--site", "https://app.example/", "--site-in", "fr=https://app.example/fr"]);
    assert_eq!(changed["client_uri#fr"], "https://app.example/fr");
    let changed = update(&["--terms", "https://app.example/t", "--terms-in", "ja=https://app.example/t/ja"]);
    assert_eq!(changed["tos_uri#ja"], "https://app.example/t/ja");
    let changed = update(&["--no-terms-in", "ja", "--no-site-in", "fr", "--no-policy"]);
    for (member, left) in [("tos_uri", json!("https://app.example/t")), ("policy_uri", Value::Null)] {
        assert_eq!(members(&changed, member), json!({ member: left }));
    }
}

#[tokio::test]
async fn a_scope_has_its_description_and_its_consequence_in_the_languages_that_options_give() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = ["scope", "create", "invest", "--description", "Invest your money", "--sensitive"];
    let new = operator.json(
        &[
            &create[..],
            &["--description-in", "de=Ihr Geld anlegen", "--consequence", "It can move your money."],
            &[
                "--consequence-in",
                "de=Es kann Ihr Geld bewegen.",
                "--consequence-in",
                "ar=\u{627}\u{644}\u{645}\u{627}\u{644}",
            ],
        ]
        .concat(),
    );
    let expected = json!({
        "name": "invest",
        "description": "Invest your money",
        "description#de": "Ihr Geld anlegen",
        "consequence": "It can move your money.",
        "consequence#ar": "\u{627}\u{644}\u{645}\u{627}\u{644}",
        "consequence#de": "Es kann Ihr Geld bewegen.",
        "sensitive": true,
        "required": false,
        "claims": [],
        "access_token_lifetime": null,
        "required_group": null,
    });
    assert_eq!(new, expected);
    let listed = || {
        let all = operator.json(&["scope", "list", "--search", "invest"]);
        all[0].clone()
    };
    assert_eq!(listed(), new);

    let update = |options: &[&str]| {
        let changed = operator.json(&[&["scope", "update", "invest"], options].concat());
        assert_eq!(changed, listed());
        changed
    };
    let changed = update(&["--no-description-in", "de", "--description-in", "fr=Placer votre argent"]);
    let descriptions = json!({ "description": "Invest your money", "description#fr": "Placer votre argent" });
    assert_eq!(members(&changed, "description"), descriptions);
    let changed = update(&["--no-consequence-in", "AR"]);
    assert_eq!(changed.get("consequence#ar"), None);
    assert_eq!(changed["consequence#de"], "Es kann Ihr Geld bewegen.");
    let changed = update(&["--no-consequence"]);
    assert_eq!(members(&changed, "consequence"), json!({ "consequence": null }));
    let changed = update(&["--consequence", "It can lose your money."]);
    assert_eq!(members(&changed, "consequence"), json!({ "consequence": "It can lose your money." }));
}

#[tokio::test]
async fn a_text_in_a_language_that_cannot_be_used_is_refused_by_its_option() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    created(&operator, &["--name", "Calendar", "--name-in", "de=Kalender"]);
    let before = operator.json(&["client", "show", "calendar"]);
    let too_long = format!("de={}", "x".repeat(201));
    for (options, sentence) in [
        (&["--name-in", "de= "][..], "--name-in de: a name has 1 to 200 bytes"),
        (&["--name-in", too_long.as_str()], "--name-in de: a name has 1 to 200 bytes"),
        (&["--name-in", "de=a\u{202e}b"], "--name-in de: a name has 1 to 200 bytes"),
        (&["--name-in", "de=a", "--name-in", "DE=b"], "--name-in gives de twice"),
        (&["--name-in", "de=a", "--no-name-in", "de"], "--name-in gives de, and --no-name-in removes it"),
        (&["--no-name-in", "fr"], "--name-in fr is not there, so it cannot be removed"),
        (
            &["--policy-in", "de=https://a.example"],
            "--policy-in de needs --policy, for people of all other languages",
        ),
        (&["--site-in", "de=javascript:alert(1)"], "--site-in de must be an https address"),
    ] {
        let said = operator.refused(&[&["client", "update", "calendar"], options].concat());
        assert!(said.starts_with(sentence), "{options:?}: {said}");
    }
    assert_eq!(operator.json(&["client", "show", "calendar"]), before, "a refused change changes nothing");
    for (options, sentence) in [
        (["--description-in", "de=a\nb"], "--description-in de: a description has 1 to 1000 bytes"),
        (["--consequence", ""], "a consequence has 1 to 1000 bytes"),
        (["--consequence-in", "de=Geld"], "--consequence-in de needs --consequence, for people"),
    ] {
        let said = operator.refused(&[&["scope", "update", "read"], &options[..]].concat());
        assert!(said.starts_with(sentence), "{options:?}: {said}");
    }

    let output = operator.run(&["client", "update", "calendar", "--name-in", "de=", "--json"]);
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["faults"][0]["member"], "client_name#de");
    assert_eq!(error["faults"][0]["option"], "--name-in");

    // Not a language, or no text: wrong usage.
    for value in ["de_DE=Kalender", "Kalender", "=Kalender"] {
        let output = operator.run(&["client", "update", "calendar", "--name-in", value]);
        assert_eq!(output.status.code(), Some(2), "{value}: {output:?}");
    }
    let nothing = operator.run(&["client", "update", "calendar"]);
    assert_eq!(nothing.status.code(), Some(2), "at least one change: {nothing:?}");
}

#[tokio::test]
async fn a_text_has_at_most_fifty_languages() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let texts: Vec<String> = (0..51).map(|number| format!("x-{number}=Calendar")).collect();
    let options = |number: usize| -> Vec<&str> {
        let languages = texts.iter().take(number).flat_map(|text| ["--name-in", text]);
        ["--name", "Calendar"].into_iter().chain(languages).collect()
    };
    let said = operator.refused(&[&SERVICE[..], &options(51)].concat());
    assert_eq!(said, "--name has more than 50 languages");
    let new = created(&operator, &options(50));
    assert_eq!(members(&new, "client_name#").as_object().unwrap().len(), 50);
    let said = operator.refused(&["client", "update", "calendar", "--name-in", "de=Kalender"]);
    assert_eq!(said, "--name has more than 50 languages");
}

#[tokio::test]
async fn a_text_in_a_language_that_the_pages_do_not_have_is_stored_with_a_warning() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    created(&operator, &["--name", "Calendar"]);
    let output = operator.run(&[
        "client",
        "update",
        "calendar",
        "--name-in",
        "tlh=jaj",
        "--name-in",
        "de-AT=Der Kalender",
    ]);
    let warning =
        "grantor: warning: no page shows the text in tlh: the pages do not exist in this language\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), warning);
    assert_eq!(operator.json(&["client", "show", "calendar"])["client_name#tlh"], "jaj");
}
