//! Every operation of the management API can be reached by the console, too, or is an exception with its reason. That each
//! has a command is a test of the commands.

use std::collections::BTreeSet;

use grantor::representation::contract::operations;
use serde_json::{Value, json};

use super::pages::filled;
use crate::api::Api;

/// How the console reaches an operation.
#[derive(Clone, Copy)]
enum Way {
    /// A page shows it.
    Page(&'static str),
    /// A page has a form that is sent to the same path.
    Form(&'static str),
    /// A form that is only there sometimes is sent to this path.
    Post(&'static str),
    /// It is not there, for this reason.
    Not(&'static str),
}

use Way::{Form, Not, Page, Post};

const PUT: &str = "PUT sends a whole object; the form with the settings does the same";
const ISSUER: &str = "/admin/issuers/https%3A%2F%2Fidp.example.com";
const RESOURCE: &str = "/admin/resources/https%3A%2F%2Fapi.example.com";

/// `{issuer}`, `{resource}` and names of objects are replaced.
const WAYS: &[(&str, Way)] = &[
    ("listClients", Page("/admin/clients")),
    ("createClient", Form("/admin/new/clients")),
    ("getClient", Page("/admin/clients/web")),
    ("putClient", Not(PUT)),
    ("updateClient", Form("/admin/clients/web/edit")),
    ("deleteClient", Form("/admin/clients/web/delete")),
    ("checkClient", Page("/admin/clients/web/check")),
    ("getClientHealth", Page("/admin/clients/web/health")),
    (
        "setClientLogo",
        Not("a form without a script has no good way to send a picture; the API and the command do it"),
    ),
    ("removeClientLogo", Not("it is set by the API or the command")),
    ("listClientSecrets", Page("/admin/clients/web")),
    ("addClientSecret", Form("/admin/clients/web/secret")),
    ("getClientSecret", Page("/admin/clients/web")),
    ("updateClientSecret", Form("/admin/clients/web/secret?secret={secret}")),
    ("removeClientSecret", Form("/admin/clients/web/remove-secret?secret={secret}")),
    ("listUsers", Page("/admin/users")),
    ("createUser", Form("/admin/new/users")),
    ("getUser", Page("/admin/users/{user}")),
    ("replaceUser", Not(PUT)),
    ("updateUser", Form("/admin/users/{user}/edit")),
    ("deleteUser", Form("/admin/users/{user}/delete")),
    ("setPassword", Not("the console makes a link, so that only the person knows the password")),
    ("createPasswordLink", Form("/admin/users/{user}/password-link")),
    ("listSessions", Page("/admin/users/{user}")),
    ("endSessions", Form("/admin/users/{user}/end-sessions")),
    ("endSession", Form("/admin/users/{user}/end-session?session={session}")),
    ("listClientConsents", Page("/admin/clients/web")),
    ("listConsents", Page("/admin/users/{user}")),
    ("withdrawConsent", Form("/admin/users/{user}/revoke-consent?client=web")),
    ("listGrants", Page("/admin/grants")),
    ("revokeGrants", Form("/admin/users/{user}/revoke")),
    ("getGrant", Page("/admin/grants/{grant}/revoke")),
    ("revokeGrant", Form("/admin/grants/{grant}/revoke")),
    ("listScopes", Page("/admin/scopes")),
    ("createScope", Form("/admin/new/scopes")),
    ("getScope", Page("/admin/scopes/pay")),
    ("putScope", Not(PUT)),
    ("updateScope", Form("/admin/scopes/pay/edit")),
    ("deleteScope", Form("/admin/scopes/pay/delete")),
    ("listResources", Page("/admin/resources")),
    ("createResource", Form("/admin/new/resources")),
    ("getResource", Page("{resource}")),
    ("putResource", Not(PUT)),
    ("updateResource", Form("{resource}/edit")),
    ("deleteResource", Form("{resource}/delete")),
    ("listAuthorizationTypes", Page("/admin/authorization-types")),
    ("createAuthorizationType", Form("/admin/new/authorization-types")),
    ("getAuthorizationType", Page("/admin/authorization-types/payment")),
    ("putAuthorizationType", Not(PUT)),
    ("updateAuthorizationType", Form("/admin/authorization-types/payment/edit")),
    ("deleteAuthorizationType", Form("/admin/authorization-types/payment/delete")),
    ("listIssuers", Page("/admin/issuers")),
    ("createIssuer", Form("/admin/new/issuers")),
    ("getIssuer", Page("{issuer}")),
    ("putIssuer", Not(PUT)),
    ("updateIssuer", Form("{issuer}/edit")),
    ("deleteIssuer", Form("{issuer}/delete")),
    ("listSubjects", Page("{issuer}")),
    ("getSubject", Page("{issuer}")),
    ("linkSubject", Form("{issuer}/link")),
    ("unlinkSubject", Form("{issuer}/unlink?subject=1")),
    ("listKeys", Page("/admin/keys")),
    ("rotateKeys", Form("/admin/new/keys")),
    ("getKey", Page("/admin/keys")),
    ("retireKey", Form("/admin/keys/{kid}/retire")),
    ("listLogoutDeliveries", Page("/admin/logout-deliveries")),
    ("retryLogoutDeliveries", Post("/admin/logout-deliveries/all/retry")),
    ("listPings", Page("/admin/pings")),
    ("listEvents", Page("/admin/events")),
    ("listRefusals", Page("/admin/refusals")),
    ("getRefusal", Page("/admin/refusals/{refusal}")),
    ("getActivity", Page("/admin")),
    ("listWebhooks", Page("/admin/webhooks")),
    ("createWebhook", Form("/admin/new/webhooks")),
    ("getWebhook", Page("/admin/webhooks/{webhook}")),
    ("putWebhook", Not(PUT)),
    ("updateWebhook", Form("/admin/webhooks/{webhook}/edit")),
    ("deleteWebhook", Form("/admin/webhooks/{webhook}/delete")),
    ("rotateWebhookSecret", Form("/admin/webhooks/{webhook}/rotate-secret")),
    ("listWebhookDeliveries", Page("/admin/webhooks/{webhook}")),
    ("getWebhookDelivery", Page("/admin/webhooks/{webhook}/retry?delivery={delivery}")),
    ("retryWebhook", Form("/admin/webhooks/{webhook}/retry")),
    ("testWebhook", Form("/admin/webhooks/{webhook}/test")),
    ("listApiKeys", Page("/admin/api-keys")),
    ("createApiKey", Form("/admin/new/api-keys")),
    ("getApiKey", Page("/admin/api-keys/{key}/edit")),
    ("updateApiKey", Form("/admin/api-keys/{key}/edit")),
    ("deleteApiKey", Form("/admin/api-keys/{key}/delete")),
    ("getDocument", Not("it is for programs; the console shows the request beside each form")),
];

/// The member of the first object of a list.
async fn first(api: &Api, list: &str, member: &str) -> String {
    let answer = api.get(list).await.json();
    let found = answer["items"][0][member].as_str();
    found.unwrap_or_else(|| panic!("{list} has no {member}: {answer}")).to_owned()
}

#[tokio::test]
async fn every_operation_is_on_a_page_of_the_console_or_a_known_exception() {
    let known: BTreeSet<&str> = WAYS.iter().map(|(id, _)| *id).collect();
    let all: BTreeSet<&str> = operations().map(|operation| operation.id).collect();
    assert_eq!(known, all);

    let (server, mut visitor) = filled().await;
    let api = Api::owner(&server).await;
    let made = api.post("/keys", json!({ "algorithm": "ES256" })).await;
    assert_eq!(made.status, 201, "{made:?}");
    let user = first(&api, "/users?q=alice", "id").await;
    let webhook = first(&api, "/webhooks", "id").await;
    let keys = api.get("/keys").await.json();
    let is_next = |key: &&Value| key["state"] == "next";
    let next = keys["items"].as_array().unwrap().iter().find(is_next).expect("a key");
    let names = [
        ("{issuer}", ISSUER.to_owned()),
        ("{resource}", RESOURCE.to_owned()),
        ("{secret}", first(&api, "/clients/web/secrets", "id").await),
        ("{session}", first(&api, &format!("/users/{user}/sessions"), "id").await),
        ("{grant}", first(&api, &format!("/grants?user={user}"), "id").await),
        ("{kid}", next["kid"].as_str().unwrap().to_owned()),
        ("{refusal}", first(&api, "/refusals", "request_id").await),
        ("{delivery}", first(&api, &format!("/webhooks/{webhook}/deliveries"), "id").await),
        ("{key}", first(&api, "/api-keys", "id").await),
        ("{user}", user),
        ("{webhook}", webhook),
    ];
    for (id, way) in WAYS {
        let path = match way {
            Page(path) | Form(path) | Post(path) => *path,
            Not(reason) => {
                assert!(reason.len() > 20, "{id}");
                continue;
            }
        };
        let path = names.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        if let Post(_) = way {
            let answer = visitor.post(&path, &[]).await;
            assert_eq!(answer.status, 303, "{id}: {answer:?}");
            continue;
        }
        let page = visitor.open(&path).await;
        assert_eq!(page.status, 200, "{id}: {path}: {page:?}");
        assert!(page.body.contains("aria-label=\"Console\""), "{id}: {path}");
        if let Form(_) = way {
            let plain = path.split('?').next().unwrap();
            let form = format!("method=\"post\" action=\"{}{plain}\"", server.url);
            assert!(page.body.contains(&form), "{id}: no {form} in {page:?}");
        }
    }
}
