//! The operator's commands beside a running server: what they change, ask, list and refuse.

mod answers;
mod api_keys;
mod at_once;
mod changes;
mod clients;
mod config;
mod create;
mod init;
mod issuers;
mod keys;
mod languages;
mod lists;
mod mistyped;
mod place;
mod programs;
mod refused;
mod resources;
mod scopes;
mod secrets;
mod terminal;
mod usage;
mod users;

use serde_json::Value;

use crate::support::browser::Answer;
use crate::support::{Application, Browser};

async fn token(application: &Application) -> Answer {
    application.token(&[("grant_type", "client_credentials"), ("scope", "read")]).await
}

/// A refresh token for `scope` that Alice allowed.
async fn refresh_token(web: &Application, browser: &mut Browser, scope: &str) -> String {
    let answer = browser.authorize(&web.url_with(&[("scope", scope)])).await;
    web.redeem_by_hand(&answer.get("code")).await.get("refresh_token")
}

async fn is_signed_in(web: &Application, browser: &mut Browser) -> bool {
    !browser.open(&web.url_with(&[])).await.is_sign_in()
}

fn secret_ids(client: &Value) -> Vec<String> {
    let secrets = client["secrets"].as_array().expect("secrets");
    secrets.iter().map(|secret| secret["id"].as_str().expect("an id").to_owned()).collect()
}
