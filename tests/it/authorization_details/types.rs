//! Types: registered, changed and deleted by the command line and the management API.

use std::path::PathBuf;

use grantor::cache::catalogue::Freshness;
use serde_json::{Value, json};

use super::{ACCOUNTS, PAYMENTS, accounts, bank, granted_for, payment, payment_schema, url};
use crate::support::{Operator, TestServer};

fn file(folder: &tempfile::TempDir, name: &str, json: &Value) -> String {
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, json.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_operator_creates_shows_changes_lists_and_deletes_a_type() {
    let server = TestServer::start().await;
    server.resource(PAYMENTS, "").await;
    let (operator, folder) = (Operator::of(&server), tempfile::tempdir().unwrap());
    let schema = file(&folder, "schema.json", &payment_schema());
    let create = [
        "authorization-type",
        "create",
        "payment_initiation",
        "--schema",
        &schema,
        "--template",
        "Pay {{ instructedAmount.amount }} to {{ creditorName }}",
        "--template-in",
        "de={{ instructedAmount.amount }} an {{ creditorName }}",
        "--resource",
        PAYMENTS,
        "--always-ask",
    ];
    let created = operator.json(&create);
    let expected = json!({
        "name": "payment_initiation", "schema": payment_schema(), "resources": [PAYMENTS], "always_ask": true,
        "template": "Pay {{ instructedAmount.amount }} to {{ creditorName }}",
        "template#de": "{{ instructedAmount.amount }} an {{ creditorName }}",
    });
    assert_eq!(created, expected);
    assert!(operator.refused(&create).contains("exists already"));
    let shown = operator.done(&["authorization-type", "show", "payment_initiation"]);
    assert!(shown.contains("de: {{ instructedAmount.amount }}") && shown.contains("\"$defs\""), "{shown}");
    let changed = operator.json(&[
        "authorization-type",
        "update",
        "payment_initiation",
        "--no-resources",
        "--no-template-in",
        "de",
        "--always-ask=false",
    ]);
    assert_eq!((&changed["resources"], &changed["always_ask"]), (&json!([]), &json!(false)));
    assert_eq!(changed["template#de"], Value::Null);
    let listed = operator.json(&["authorization-type", "list", "--search", "PAYMENT"]);
    assert_eq!(listed[0]["name"], "payment_initiation");
    operator.done(&["authorization-type", "delete", "payment_initiation", "--yes"]);
    assert!(operator.refused(&["authorization-type", "show", "payment_initiation"]).contains("there is no"));
}

#[tokio::test]
async fn a_template_and_a_schema_are_tried_before_they_are_stored() {
    let server = TestServer::start().await;
    let (operator, folder) = (Operator::of(&server), tempfile::tempdir().unwrap());
    let refused = |schema: &Value, template: &str| {
        let schema = file(&folder, "schema.json", schema);
        operator.refused(&["authorization-type", "create", "t", "--schema", &schema, "--template", template])
    };
    let simple = json!({ "type": "object", "required": ["to"], "properties": { "to": {}, "note": {} } });
    for (schema, template, why) in [
        (&simple, "Pay {{ too }}", "not every detail has"),
        (&simple, "Pay {{ to }} {{ note }}", "not every detail has"),
        (&simple, "Pay {{ to", "syntax error"),
        (&simple, "Pay {{ to.name }}", "not every detail has"),
        (
            &simple,
            "{% for a in range(9999) %}{% for b in range(9999) %}{{ to }}{% endfor %}{% endfor %}",
            "steps",
        ),
        (&simple, "Pay \u{202e}{{ to }}", "writing direction"),
        (&json!({ "pattern": "(?<=a)b" }), "x", "cannot be used"),
        (&json!({ "$ref": "https://evil.example/" }), "x", "leads out of the schema"),
        (&json!({ "examples": [{ "type": "t" }], "required": ["to"] }), "x", "does not fit the schema"),
        (&json!({ "examples": [{ "type": "u" }] }), "x", "another type"),
        (&json!({ "properties": { "type": { "const": "other" } } }), "x", "no detail could fit"),
        (&json!({ "properties": { "type": { "enum": ["a", "b"] } } }), "x", "no detail could fit"),
        (&json!({ "allOf": [{ "properties": { "type": { "maxLength": 0 } } }] }), "x", "no detail could fit"),
    ] {
        let found = refused(schema, template);
        assert!(found.contains(why), "{template}: {found}");
    }
    let twice = folder.path().join("twice.json");
    std::fs::write(&twice, r#"{"type": "object", "properties": {"to": {}, "to": {"const": 1}}}"#).unwrap();
    let twice = twice.to_str().unwrap();
    let found =
        operator.refused(&["authorization-type", "create", "t", "--schema", twice, "--template", "x"]);
    assert!(found.contains("the same member twice"), "{found}");
    let schema = file(&folder, "schema.json", &simple);
    let good = "Pay {{ to }}{% if note %}, {{ note }}{% endif %}";
    operator.done(&["authorization-type", "create", "t", "--schema", &schema, "--template", good]);
    let update = ["authorization-type", "update", "t", "--template-in", "de={{ nichts }}"];
    assert!(operator.refused(&update).contains("not every detail has"));
}

#[tokio::test]
async fn a_type_that_a_client_names_stays_and_a_deleted_one_is_taken_from_what_people_have_allowed() {
    let (server, app, mut alice) = bank().await;
    let operator = Operator::of(&server);
    let tokens = {
        let url = url(&app, &json!([payment(), accounts()]));
        granted_for(&app, &mut alice, &url, PAYMENTS).await
    };
    let refresh = tokens.get("refresh_token");
    operator.done(&["client", "update", "shop", "--authorization-type", "account_information"]);
    let delete = ["authorization-type", "delete", "account_information", "--yes"];
    assert!(operator.refused(&delete).contains("shop"));
    operator.done(&["client", "update", "shop", "--no-authorization-types"]);
    operator.done(&delete);
    let consents = operator.json(&["user", "consents", "alice"]);
    assert_eq!(consents[0]["authorization_details"], json!([]));
    let grants = operator.json(&["grant", "list"]);
    assert_eq!(grants[0]["authorization_details"], json!([payment()]));
    let next = super::refreshed(&app, &refresh, &[("resource", PAYMENTS)]).await;
    assert_eq!(next.json()["authorization_details"], json!([payment()]), "{next:?}");
    let unknown = ["client", "update", "shop", "--authorization-type", "gone"];
    assert!(operator.refused(&unknown).contains("no authorization type"));
    let delete = ["resource", "delete", PAYMENTS, "--yes"];
    assert!(operator.refused(&delete).contains("is registered for"));
    operator.done(&["client", "update", "shop", "--resource", ACCOUNTS]);
    assert!(operator.refused(&delete).contains("the authorization type payment_initiation belongs to"));
}

#[tokio::test]
async fn what_was_granted_stays_and_can_be_named_when_the_schema_changes() {
    let (server, app, mut alice) = bank().await;
    let details = json!([{ "type": "account_information", "actions": ["read"], "n": 7 }]);
    let code = alice.authorize(&url(&app, &details)).await.get("code");
    let tokens = super::granted(&app, &mut alice, &url(&app, &details)).await;
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.json");
    std::fs::write(&schema, json!({ "type": "object", "properties": { "n": { "maximum": 5 } } }).to_string())
        .unwrap();
    let schema = schema.display().to_string();
    Operator::of(&server).done(&["authorization-type", "update", "account_information", "--schema", &schema]);
    server.app.cache.catalogue(Freshness::Now).await.unwrap();
    let named = details.to_string();
    let first = app.redeem_with(&code, &[("authorization_details", &named)]).await;
    assert_eq!(first.json()["authorization_details"], details, "{first:?}");
    let refresh = tokens.get("refresh_token");
    let next = super::refreshed(&app, &refresh, &[("authorization_details", &named)]).await;
    assert_eq!(next.json()["authorization_details"], details, "{next:?}");
    alice.authorize(&url(&app, &details)).await.assert_redirect_error(
        super::INVALID,
        "authorization_details.invalid",
        &server.url,
    );
}

#[tokio::test]
async fn a_check_of_a_client_judges_details_step_by_step() {
    let (server, ..) = bank().await;
    let operator = Operator::of(&server);
    let check = |details: &Value, more: &[&str]| {
        let details = details.to_string();
        let arguments =
            [&["client", "check", "shop", "--authorization-details", details.as_str()], more].concat();
        operator.json(&arguments)
    };
    let good = check(&json!([payment()]), &["--user", "alice"]);
    assert_eq!(good["allowed"], true, "{good}");
    assert_eq!(good["tokens"]["access_token"]["claims"]["authorization_details"], json!([payment()]));
    let own = check(&json!([payment()]), &["--grant-type", "client_credentials"]);
    assert_eq!(own["allowed"], true, "{own}");
    let bad = check(&json!([{ "type": "payment_initiation" }]), &[]);
    let step =
        bad["steps"].as_array().unwrap().iter().find(|step| step["step"] == "authorization_details").unwrap();
    assert_eq!((&bad["allowed"], &step["reason"]), (&json!(false), &json!("authorization_details.invalid")));
    // Beside an unknown type are those that the application may use: all, or those that it is registered for.
    let registered = |checked: &Value| {
        let steps = checked["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["step"] == "authorization_details").unwrap();
        assert_eq!(step["reason"], "authorization_details.type_unknown");
        step["detail"]["registered"].clone()
    };
    let unknown = json!([{ "type": "nope" }]);
    assert_eq!(registered(&check(&unknown, &[])), json!(["account_information", "payment_initiation"]));
    operator.done(&["client", "update", "shop", "--authorization-type", "account_information"]);
    assert_eq!(registered(&check(&unknown, &[])), json!(["account_information"]));
    // A grant may be named as in `--grant`.
    for (short, long) in [("ciba", "urn:openid:params:grant-type:ciba"), ("device_code", super::DEVICE_CODE)]
    {
        let steps =
            |grant: &str| operator.json(&["client", "check", "shop", "--grant-type", grant])["steps"].clone();
        assert_eq!(steps(short), steps(long));
    }
}
