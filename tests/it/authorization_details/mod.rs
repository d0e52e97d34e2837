//! Rich authorization requests (RFC 9396): what applications ask for in words of their own.

mod bad_input;
mod client;
mod consent;
mod grants;
mod nodes;
mod page;
mod places;
mod types;

use grantor::cache::catalogue::Freshness;
use grantor::clock::Timestamp;
use grantor::oauth::client::GrantType;
use grantor::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use grantor::store::authorization_types;
use serde_json::{Value, json};

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, TestServer};

const PAYMENTS: &str = "https://example.com/payments";
const ACCOUNTS: &str = "https://example.com/accounts";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The payment of RFC 9396 §2.
pub(crate) fn payment() -> Value {
    json!({
        "type": "payment_initiation",
        "locations": [PAYMENTS],
        "instructedAmount": { "currency": "EUR", "amount": "123.50" },
        "creditorName": "Merchant A",
        "creditorAccount": { "bic": "ABCIDEFFXXX", "iban": "DE02100100109307118603" },
        "remittanceInformationUnstructured": "Ref Number Merchant",
    })
}

/// The accounts of RFC 9396 §2.
fn accounts() -> Value {
    json!({
        "type": "account_information",
        "actions": ["list_accounts", "read_balances", "read_transactions"],
        "locations": [ACCOUNTS],
    })
}

fn payment_schema() -> Value {
    let text = json!({ "type": "string", "maxLength": 200 });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["type", "instructedAmount", "creditorName", "creditorAccount"],
        "additionalProperties": false,
        "properties": {
            "type": { "const": "payment_initiation" },
            "locations": { "type": "array", "items": { "type": "string" } },
            "instructedAmount": { "$ref": "#/$defs/amount" },
            "creditorName": text,
            "creditorAccount": {
                "type": "object",
                "required": ["iban"],
                "properties": { "iban": { "type": "string", "pattern": "^[A-Z]{2}[0-9A-Z]{13,32}$" } },
            },
            "remittanceInformationUnstructured": text,
        },
        "$defs": {
            "amount": {
                "type": "object",
                "required": ["currency", "amount"],
                "additionalProperties": false,
                "properties": {
                    "currency": { "type": "string", "pattern": "^[A-Z]{3}$" },
                    "amount": { "type": "string", "pattern": "^[0-9]+\\.[0-9]{2}$" },
                },
            },
        },
    })
}

pub(crate) fn payment_type() -> AuthorizationType {
    let template = "Pay {{ instructedAmount.amount }} {{ instructedAmount.currency }} to {{ creditorName }}\
                    {% if remittanceInformationUnstructured %} ({{ remittanceInformationUnstructured }}){% endif %}";
    AuthorizationType {
        name: "payment_initiation".into(),
        version: 1,
        schema: payment_schema(),
        template: template.into(),
        resources: vec![PAYMENTS.into()],
        always_ask: true,
    }
}

fn accounts_type() -> AuthorizationType {
    AuthorizationType {
        name: "account_information".into(),
        version: 1,
        schema: json!({ "type": "object", "properties": { "actions": { "type": "array", "minItems": 1 } } }),
        template: "Look at your accounts".into(),
        resources: Vec::new(),
        always_ask: false,
    }
}

pub(crate) async fn store(server: &TestServer, record: AuthorizationType) {
    let save = async move |tx: &mut _| authorization_types::save(tx, &record, Timestamp::from_unix(0)).await;
    assert!(server.store(save).await);
    server.app.cache.catalogue(Freshness::Now).await.unwrap();
}

/// A bank: two types, two APIs, an application that may use both, and Alice's browser.
async fn bank() -> (TestServer, Application, Browser) {
    let server = TestServer::start().await;
    let (app, alice) = furnished(&server).await;
    (server, app, alice)
}

/// The same on a server that runs already.
async fn furnished(server: &TestServer) -> (Application, Browser) {
    server.resource(PAYMENTS, "").await;
    server.resource(ACCOUNTS, "read").await;
    store(server, payment_type()).await;
    store(server, accounts_type()).await;
    (server.register(shop("shop")).await, server.alice().await)
}

fn shop(id: &str) -> Registration {
    let mut shop = Registration::web(id).scopes("openid read write offline_access");
    shop.client.resources = vec![PAYMENTS.into(), ACCOUNTS.into()];
    shop.client.grants.extend([
        GrantType::DeviceCode,
        GrantType::TokenExchange,
        GrantType::ClientCredentials,
    ]);
    shop
}

/// The address of a request for details, and nothing else.
fn url(app: &Application, details: &Value) -> String {
    app.url_with(&[("scope", ""), ("authorization_details", &details.to_string())])
}

/// What a person allowed of a request, as the token answer has it.
async fn granted(app: &Application, alice: &mut Browser, url: &str) -> Answer {
    granted_for(app, alice, url, "").await
}

/// The same with a first token for one of the APIs of the details.
async fn granted_for(app: &Application, alice: &mut Browser, url: &str, resource: &str) -> Answer {
    let back = alice.authorize(url).await;
    let tokens = app.redeem_with(&back.get("code"), &[("resource", resource)]).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    tokens
}

async fn refreshed(app: &Application, token: &str, more: &[(&str, &str)]) -> Answer {
    app.token(&[&[("grant_type", "refresh_token"), ("refresh_token", token)], more].concat()).await
}

const INVALID: &str = "invalid_authorization_details";
