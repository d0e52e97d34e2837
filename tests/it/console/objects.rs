//! Objects in the console: they are made, changed and deleted as by the API, with the same faults; secrets are shown once.

use grantor::oauth::identity::role::Role;
use serde_json::json;

use super::{Visitor, between};
use crate::api::Api;
use crate::support::{Operator, TestServer};

/// Saves settings of the client `app`, and then those of an older version.
async fn change_settings(visitor: &mut Visitor, api: &Api) {
    let page = visitor.open("/admin/clients/app/edit").await;
    let version = between(&page, "name=\"version\" value=\"", "\"");
    let settings = |name: &str, version: &str| -> Vec<(String, String)> {
        [
            ("client_name", name),
            ("kind", "web"),
            ("version", version),
            ("redirect_uris", "https://app.example/cb"),
            ("scope", "openid read"),
            ("grant_types", "authorization_code"),
            ("first_party", "true"),
            ("access_token_lifetime", "300"),
            ("token_format", "jwt"),
            ("subject_type", "public"),
            ("assertion_audience", "issuer"),
            ("id_token_claims", "none"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    };
    let fields = settings("Renamed", &version);
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = visitor.done("/admin/clients/app/edit", &fields).await;
    assert!(page.body.contains("Saved.") && page.body.contains("Renamed"), "{page:?}");
    let after = api.get("/clients/app").await.json();
    assert_eq!(after["client_name"], "Renamed");
    assert_eq!((&after["access_token_lifetime"], &after["first_party"]), (&json!(300), &json!(true)));
    assert_eq!(after["grant_types"], json!(["authorization_code"]));
    // A form of an older version is not saved over a newer one.
    let stale = settings("Stale", &version);
    let stale: Vec<(&str, &str)> =
        stale.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = visitor.post("/admin/clients/app/edit", &stale).await;
    assert!(page.status == 400 && page.body.contains("was changed since it was read"), "{page:?}");
    assert_eq!(api.get("/clients/app").await.json()["client_name"], "Renamed");
}

/// Adds a second secret to the client `app`, sets the end of the first one, and removes it.
async fn rotate_secret(visitor: &mut Visitor, api: &Api, secret: &str) {
    // A second secret, which then ends, and is removed.
    let page = visitor.post("/admin/clients/app/secret", &[]).await;
    assert_ne!(between(&page, "id=\"secret\">", "<"), secret);
    let secrets = api.get("/clients/app/secrets").await.json();
    let first = secrets["items"][0]["id"].as_str().unwrap();
    let end = |at| [("secret", first), ("expires_at", at)];
    let page = visitor.post("/admin/clients/app/secret", &end("2001-01-31T12:00")).await;
    assert!(page.status == 400 && page.body.contains("the time is over already"), "{page:?}");
    visitor.done("/admin/clients/app/secret", &end("2099-01-31T12:00")).await;
    let secrets = api.get("/clients/app/secrets").await.json();
    assert_eq!(secrets["items"][0]["expires_at"], "2099-01-31T12:00:00Z", "{secrets}");
    let question = visitor.open(&format!("/admin/clients/app/remove-secret?secret={first}")).await;
    assert!(question.body.contains("Remove the secret"), "{question:?}");
    visitor.done("/admin/clients/app/remove-secret", &[("secret", first)]).await;
    assert_eq!(api.get("/clients/app/secrets").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_client_is_made_changed_and_deleted() {
    let server = TestServer::start().await;
    let (mut visitor, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    let new = [
        ("client_name", "My app"),
        ("client_id", "app"),
        ("kind", "web"),
        ("redirect_uris", "https://app.example/cb\r\nhttps://app.example/other"),
        ("scope", "openid  read"),
    ];
    // What is wrong is said beside its field, and what was typed is kept.
    let wrong = [
        ("client_name", "My app"),
        ("kind", "web"),
        ("redirect_uris", "not an address"),
        ("scope", "unknown"),
    ];
    let page = visitor.post("/admin/new/clients", &wrong).await;
    assert_eq!(page.status, 400);
    assert!(
        page.body.contains("not an address</textarea>") && page.body.contains("aria-invalid=\"true\""),
        "{page:?}"
    );
    // A check does nothing, and shows the same request and command.
    let page = visitor.post("/admin/new/clients", &[&new[..], &[("check", "true")]].concat()).await;
    assert!(page.body.contains("Nothing is wrong. Nothing was created."), "{page:?}");
    assert!(
        page.body.contains("grantor client create --name &#x27;My app&#x27; --id app --kind web"),
        "{page:?}"
    );
    assert_eq!(api.get("/clients/app").await.status, 404);

    let page = visitor.post("/admin/new/clients", &new).await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
    let secret = between(&page, "id=\"secret\">", "<");
    assert!(secret.starts_with("gcs_"), "{secret}");
    let made = api.get("/clients/app").await.json();
    assert_eq!(made["redirect_uris"], json!(["https://app.example/cb", "https://app.example/other"]));
    assert_eq!(made["scope"], "openid read");
    // The secret is nowhere again.
    for path in ["/admin/clients/app", "/admin/clients/app/edit", "/admin/events"] {
        let page = visitor.open(path).await;
        assert!(page.status == 200 && !page.body.contains(&secret), "{path}");
    }

    change_settings(&mut visitor, &api).await;
    rotate_secret(&mut visitor, &api, &secret).await;

    visitor.done("/admin/clients/app/disable", &[]).await;
    assert_eq!(api.get("/clients/app").await.json()["disabled"], true);
    visitor.done("/admin/clients/app/enable", &[]).await;
    let page = visitor.done("/admin/clients/app/delete", &[]).await;
    assert!(page.body.contains("Deleted."), "{page:?}");
    // Each act is in the trail, by the person and not by the client.
    let events = api.get("/events?act=client.deleted").await;
    assert_eq!(events.status, 200);
}

#[tokio::test]
async fn a_person_gets_a_link_and_roles_and_loses_everything() {
    let server = TestServer::start().await;
    let (mut visitor, api) = (Visitor::owner(&server).await, Api::with(&server, "grantor.read").await);
    let new = [("username", "bob"), ("email", "bob@example.com"), ("groups", "staff\r\nadmins")];
    let page = visitor.post("/admin/new/users", &new).await;
    let link = between(&page, "id=\"secret\">", "<").replace("&#x2f;", "/");
    assert!(link.starts_with(&format!("{}/password?token=", server.url)), "{link}");
    let found = api.get("/users?q=bob").await.json();
    let (id, bob) = (found["items"][0]["id"].as_str().unwrap(), &found["items"][0]);
    assert_eq!(bob["groups"], json!(["staff", "admins"]));
    let page = visitor.open(&format!("/admin/users/{id}")).await;
    assert!(!page.body.contains("token=") && page.body.contains("bob@example.com"), "{page:?}");

    let path = format!("/admin/users/{id}");
    let page = visitor.open(&format!("{path}/edit")).await;
    let version = between(&page, "name=\"version\" value=\"", "\"");
    let edit =
        [("username", "robert"), ("email", "bob@example.com"), ("role", "auditor"), ("version", &*version)];
    visitor.done(&format!("{path}/edit"), &edit).await;
    let bob = api.get(&format!("/users/{id}")).await.json();
    assert_eq!(
        (&bob["username"], &bob["role"], &bob["groups"]),
        (&json!("robert"), &json!("auditor"), &json!([]))
    );

    let mut robert = server.browser();
    let operator = Operator::of(&server);
    operator.set_password("robert", crate::support::server::PASSWORD);
    let page = robert.open("/admin").await;
    assert_eq!(robert.sign_in(&page, "robert").await.status, 200);
    let page = visitor.open(&path).await;
    let session = between(&page, "end-session?session=", "\"");
    visitor.done(&format!("{path}/end-session"), &[("session", &session)]).await;
    assert!(robert.open("/admin").await.is_sign_in());
    let own = between(&visitor.open("/admin").await, "/admin/users/", "\"");
    // The last owner cannot be lost.
    let answer = visitor.post(&format!("/admin/users/{own}/delete"), &[]).await;
    assert_eq!(answer.status, 409, "{answer:?}");
    visitor.done(&format!("{path}/delete"), &[]).await;
    assert_eq!(api.get(&format!("/users/{id}")).await.status, 404);
}

#[tokio::test]
async fn the_console_sets_the_code_without_showing_it() {
    let server = TestServer::start().await;
    let (alice, mut visitor) = (server.user("alice").await, Visitor::owner(&server).await);
    let path = format!("/admin/users/{alice}");
    assert!(!visitor.open(&path).await.body.contains("remove-user-code"));
    let page = visitor.open(&format!("{path}/user-code")).await;
    assert!(page.body.contains("type=\"password\" value=\"\""), "{page:?}");
    let refused = visitor.post(&format!("{path}/user-code"), &[("user_code", "357")]).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("4 to 64 characters") && !refused.body.contains("357\""), "{refused:?}");
    let page = visitor.done(&format!("{path}/user-code"), &[("user_code", "3579")]).await;
    assert!(page.body.contains("The user code was set.") && !page.body.contains("3579"), "{page:?}");
    let set = "SELECT COUNT(*) FROM users WHERE user_code_hash IS NOT NULL";
    assert_eq!(server.number(set).await, 1);
    let page = visitor.done(&format!("{path}/remove-user-code"), &[]).await;
    assert!(page.body.contains("The user code was removed."), "{page:?}");
    assert_eq!(server.number(set).await, 0);
}

#[tokio::test]
async fn scopes_resources_and_issuers_are_changed_too() {
    let server = TestServer::start().await;
    server.web().await;
    let (mut visitor, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    visitor
        .done("/admin/new/scopes", &[("name", "mail"), ("description", "Read mail"), ("sensitive", "true")])
        .await;
    let edit = [("description", "Read your mail"), ("claims", "email"), ("access_token_lifetime", "60")];
    let version = between(&visitor.open("/admin/scopes/mail/edit").await, "name=\"version\" value=\"", "\"");
    visitor.done("/admin/scopes/mail/edit", &[&edit[..], &[("version", version.as_str())]].concat()).await;
    let scope = api.get("/scopes/mail").await.json();
    assert_eq!(
        (&scope["description"], &scope["sensitive"], &scope["claims"]),
        (&json!("Read your mail"), &json!(false), &json!(["email"]))
    );

    let uri = "https://api.example.com/mail?x=1";
    visitor.done("/admin/new/resources", &[("resource", uri), ("scope", "mail"), ("clients", "web")]).await;
    let encoded = "https%3A%2F%2Fapi.example.com%2Fmail%3Fx%3D1";
    let page = visitor.open(&format!("/admin/resources/{encoded}")).await;
    assert!(page.status == 200 && page.body.contains("/admin/scopes/mail"), "{page:?}");
    let version = between(
        &visitor.open(&format!("/admin/resources/{encoded}/edit")).await,
        "name=\"version\" value=\"",
        "\"",
    );
    let edit = [("scope", "mail read"), ("token_format", "opaque"), ("version", version.as_str())];
    visitor.done(&format!("/admin/resources/{encoded}/edit"), &edit).await;
    let resource = api.get(&format!("/resources/{encoded}")).await.json();
    assert_eq!((&resource["scope"], &resource["clients"]), (&json!("mail read"), &json!([])));
    visitor.done(&format!("/admin/resources/{encoded}/delete"), &[]).await;
    visitor.done("/admin/scopes/mail/delete", &[]).await;
    assert_eq!(api.get("/scopes/mail").await.status, 404);

    let issuer = [
        ("issuer", "https://idp.example.com"),
        ("jwks_uri", "https://idp.example.com/jwks"),
        ("scope", "read"),
        ("clients", "web"),
        ("assertion_audience", "issuer"),
    ];
    visitor.done("/admin/new/issuers", &issuer).await;
    let path = "/admin/issuers/https%3A%2F%2Fidp.example.com";
    let page = visitor.done(&format!("{path}/link"), &[("subject", "1"), ("user", "owner")]).await;
    assert!(page.body.contains("Linked.") && page.body.contains("unlink?subject=1"), "{page:?}");
    visitor.done(&format!("{path}/unlink"), &[("subject", "1")]).await;
    visitor.done(&format!("{path}/delete"), &[]).await;
}

#[tokio::test]
async fn an_authorization_type_is_registered_changed_and_deleted() {
    let server = TestServer::start().await;
    let (mut visitor, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    let schema = r#"{"type": "object", "required": ["to"], "properties": {"to": {"type": "string"}}}"#;
    let new = [("name", "payment"), ("schema", schema), ("template", "Pay {{ to }}"), ("always_ask", "true")];
    let wrong = [("name", "payment"), ("schema", schema), ("template", "Pay {{ too }}")];
    let refused = visitor.post("/admin/new/authorization-types", &wrong).await;
    assert!(refused.body.contains("not every detail has"), "{refused:?}");
    visitor.done("/admin/new/authorization-types", &new).await;
    let page = visitor.open("/admin/authorization-types/payment").await;
    assert!(page.body.contains("Pay {{ to }}") && page.body.contains("required"), "{page:?}");
    let path = "/admin/authorization-types/payment/edit";
    let version = between(&visitor.open(path).await, "name=\"version\" value=\"", "\"");
    let edit = [("schema", schema), ("template", "Send money to {{ to }}"), ("version", version.as_str())];
    visitor.done(path, &edit).await;
    let record = api.get("/authorization-types/payment").await.json();
    assert_eq!(
        (&record["template"], &record["always_ask"]),
        (&json!("Send money to {{ to }}"), &json!(false))
    );
    visitor.done("/admin/authorization-types/payment/delete", &[]).await;
    assert_eq!(api.get("/authorization-types/payment").await.status, 404);
}

#[tokio::test]
async fn keys_and_api_keys_are_made_and_ended() {
    let server = TestServer::start().await;
    let (mut visitor, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    let keys = api.get("/keys").await.json()["items"].as_array().unwrap().len();
    let page = visitor.done("/admin/new/keys", &[("algorithm", "ES256")]).await;
    assert!(page.body.contains("The new keys are published now."), "{page:?}");
    assert_eq!(api.get("/keys").await.json()["items"].as_array().unwrap().len(), keys + 1);
    let next = api.get("/keys").await.json();
    let next = next["items"].as_array().unwrap().iter().find(|key| key["state"] == "next").unwrap()["kid"]
        .as_str()
        .unwrap()
        .to_owned();
    visitor.done(&format!("/admin/keys/{next}/retire"), &[]).await;

    let page = visitor
        .post(
            "/admin/new/api-keys",
            &[("name", "CI"), ("scope", "grantor.clients.read"), ("expires_at", "2099-01-31T12:00")],
        )
        .await;
    let key = between(&page, "id=\"secret\">", "<");
    assert!(key.starts_with("grantor_sk_"), "{page:?}");
    let list = api.get("/api-keys?q=CI").await.json();
    assert_eq!(list["items"][0]["expires_at"], "2099-01-31T12:00:00Z");
    let id = list["items"][0]["id"].as_str().unwrap();
    assert!(!visitor.open("/admin/api-keys").await.body.contains(&key));
    let path = format!("/admin/api-keys/{id}/edit");
    let page = visitor.open(&path).await;
    assert!(page.body.contains("value=\"2099-01-31T12:00\""), "{page:?}");
    let version = between(&page, "name=\"version\" value=\"", "\"");
    let edit = [("name", "Pipeline"), ("expires_at", ""), ("version", version.as_str())];
    assert!(visitor.done(&path, &edit).await.body.contains("Pipeline"));
    let changed = api.get(&format!("/api-keys/{id}")).await.json();
    assert_eq!((&changed["name"], &changed["expires_at"]), (&json!("Pipeline"), &json!(null)));
    visitor.done(&format!("/admin/api-keys/{id}/delete"), &[]).await;
    assert_eq!(api.get(&format!("/api-keys/{id}")).await.status, 404);
}

#[tokio::test]
async fn a_name_with_markup_is_only_a_name() {
    const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let server = TestServer::start().await;
    let (mut visitor, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    let client = json!({ "client_id": "it's <b>", "client_name": EVIL, "kind": "web", "redirect_uris": ["https://app.example/it's"] });
    let made = api.post("/clients", client).await;
    assert_eq!(made.status, 201, "{made:?}");
    api.post("/users", json!({ "username": "mallory", "name": EVIL, "groups": [EVIL] })).await;
    api.post("/api-keys", json!({ "name": EVIL, "scope": "grantor.read" })).await;
    let id = api.get("/users?q=mallory").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let query = "%3Cscript%3Ealert(1)%3C/script%3E%22'%3E";
    for path in [
        "/admin/clients".to_owned(),
        "/admin/clients/it%27s%20%3Cb%3E".to_owned(),
        "/admin/clients/it%27s%20%3Cb%3E/edit".to_owned(),
        "/admin/clients/it%27s%20%3Cb%3E/delete".to_owned(),
        format!("/admin/clients/it%27s%20%3Cb%3E/check?scope={query}&redirect_uri={query}"),
        "/admin/users".to_owned(),
        format!("/admin/users/{id}"),
        format!("/admin/users/{id}/edit"),
        "/admin/api-keys".to_owned(),
        "/admin/events".to_owned(),
        format!("/admin/search?q={query}"),
        format!("/admin/clients?q={query}&note={query}&cursor={query}"),
        format!("/admin/new/clients?client_name={query}"),
        format!("/admin/{query}"),
    ] {
        let page = visitor.open(&path).await;
        assert!(page.body.contains("</html>"), "{path}: {page:?}");
        for markup in ["<script", "<img src=x", "<b>"] {
            assert!(!page.body.contains(markup), "{path}: {}", page.body);
        }
    }
    // In a command, the name stays one word of the shell.
    let page = visitor.open("/admin/clients/it%27s%20%3Cb%3E/delete").await;
    assert!(
        page.body.contains(r"grantor client delete &#x27;it&#x27;\&#x27;&#x27;s &lt;b&gt;&#x27;"),
        "{page:?}"
    );
}

#[tokio::test]
async fn the_search_finds_everything_that_the_person_may_see() {
    let server = TestServer::start().await;
    let app = server.web().await;
    let mut owner = Visitor::owner(&server).await;
    let id = between(&owner.open("/admin").await, "/admin/users/", "\"");
    server.resource("https://api.example.com/things", "read").await;
    let refused = server.get(&app.url_with(&[("redirect_uri", "https://app.example/no")])).await;
    let request = refused.header("x-request-id").to_owned();
    grantor::work::kept_refusals::store(&server.app).await;
    let api = Api::owner(&server).await;
    let found = api.get("/clients/web/secrets").await.json();
    let secret = found["items"][0]["id"].as_str().unwrap().to_owned();
    let grant = {
        let mut alice = server.alice().await;
        let code = app.code(&mut alice).await;
        app.redeem_by_hand(&code).await;
        api.get("/grants").await.json()["items"][0]["id"].as_str().unwrap().to_owned()
    };
    let key = api.get("/api-keys").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let kid = api.get("/keys").await.json()["items"][0]["kid"].as_str().unwrap().to_owned();
    let hook = json!({ "name": "siem", "url": "https://siem.example/hook" });
    let hook = api.post("/webhooks", hook).await.json()["id"].as_str().unwrap().to_owned();
    for (q, path) in [
        ("WEB", "/admin/clients/web"),
        ("https://app.example/callb", "/admin/clients/web"),
        ("app.EXAMPLE/callb", "/admin/clients/web"),
        (&secret, "/admin/clients/web"),
        ("owner@example", "/admin/users/"),
        (&id, "/admin/users/"),
        (&id[3..12], "/admin/users/"),
        (&grant, "/admin/users/"),
        (&key, "/admin/api-keys?q="),
        (&kid, "/admin/keys"),
        (&hook, "/admin/webhooks/"),
        ("siem.example", "/admin/webhooks/"),
        ("offline", "/admin/scopes/offline_access"),
        ("api.example.com/th", "/admin/resources/https%3A%2F%2Fapi.example.com%2Fthings"),
        (&request, "/admin/refusals/"),
    ] {
        let page = owner.open(&format!("/admin/search?q={}", q.replace("://", "%3A%2F%2F"))).await;
        let results = page.body.split("<main").nth(1).unwrap();
        assert!(results.contains(path), "{q}: {page:?}");
    }
    let list = owner.open("/admin/clients?q=app.example%2Fcallb").await;
    assert!(list.body.contains("/admin/clients/web"), "the list of all that were found: {list:?}");
    let page = owner.open("/admin/search?q=nothing-has-this").await;
    assert!(page.body.contains("Nothing was found"), "{page:?}");
    let mut operator = Visitor::with(&server, "operator", Some(Role::Operator)).await;
    assert!(operator.open("/admin/search?q=web").await.body.contains("/admin/clients/web"));
}

#[tokio::test]
async fn a_client_that_the_servers_profile_does_not_allow_is_not_made() {
    let server = TestServer::start_with(&[("oauth.profile", "fapi2")]).await;
    let mut visitor = Visitor::owner(&server).await;
    let new = [
        ("client_name", "My app"),
        ("client_id", "app"),
        ("kind", "spa"),
        ("redirect_uris", "https://app.example/cb"),
    ];
    let page = visitor.post("/admin/new/clients", &new).await;
    assert!(page.status == 400 && page.body.contains("must be confidential"), "{page:?}");
    visitor.done("/admin/new/clients", &[&new[..], &[("profile", "none")]].concat()).await;
    let keys = "https://app.example/jwks.json";
    let bank = [
        ("client_name", "Bank"),
        ("client_id", "bank"),
        ("kind", "web"),
        ("redirect_uris", "https://bank.example/cb"),
        ("token_endpoint_auth_method", "private_key_jwt"),
        ("jwks_uri", keys),
    ];
    visitor.done("/admin/new/clients", &bank).await;
    let made = Api::owner(&server).await.get("/clients/bank").await.json();
    assert_eq!((&made["jwks_uri"], &made["profile"]), (&json!(keys), &json!(null)), "{made}");
}

#[tokio::test]
async fn the_check_of_a_request_shows_the_demands_that_are_only_reported() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::owner(&server).await;
    server.web().await;
    let section = "Demands that are only reported";
    let page = visitor.open("/admin/clients/web/check").await;
    assert!(!page.body.contains(section), "{page:?}");
    Operator::of(&server).done(&["client", "update", "web", "--par", "report"]);
    let page = visitor.open("/admin/clients/web/check").await;
    assert!(page.body.contains(section) && page.body.contains("Require pushed requests"), "{page:?}");
    assert!(page.body.contains("/admin/clients/web/edit?set_par=require"), "{page:?}");
}

#[tokio::test]
async fn a_filter_that_no_list_knows_is_refused_and_every_word_of_a_form_narrows() {
    let server = TestServer::start().await;
    server.web().await;
    let mut owner = Visitor::owner(&server).await;
    for (list, names) in [
        ("clients", &["kind", "state", "grant_type"][..]),
        ("users", &["role", "state"]),
        ("grants", &["state"]),
        ("logout-deliveries", &["state"]),
        ("pings", &["state"]),
        ("events", &["since"]),
    ] {
        for name in names {
            let wrong = owner.open(&format!("/admin/{list}?{name}=made-up")).await;
            assert_eq!(wrong.status, 400, "{list} {name}: {wrong:?}");
            let page = owner.open(&format!("/admin/{list}")).await;
            let select = between(&page, &format!("<select name=\"{name}\">"), "</select>");
            let words: Vec<&str> =
                select.split("</option>").filter_map(|o| o.split_once('>')).map(|o| o.1).collect();
            assert!(words.len() > 2, "{select}");
            for word in
                words.iter().map(|word| word.rsplit('>').next().unwrap()).filter(|word| *word != "any")
            {
                let narrowed = owner.open(&format!("/admin/{list}?{name}={word}")).await;
                assert_eq!(narrowed.status, 200, "{list} {name}={word}");
                assert!(
                    narrowed.body.contains(&format!("<option selected>{word}</option>")),
                    "{list} {name}={word}"
                );
            }
        }
    }
    let devices = owner.open("/admin/clients?grant_type=urn:ietf:params:oauth:grant-type:device_code").await;
    assert!(devices.body.contains("No client matches"), "{devices:?}");
}
