//! What a registration says about backchannel requests (OpenID Client-Initiated Backchannel Authentication Core 1.0 §4).

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use url::Url;

use crate::oauth::client::metadata::ClientMetadata;
use crate::oauth::client::vocabulary::{GrantType, ObjectAlgorithm};
use crate::oauth::grant::scope::OPENID;
use crate::oauth::host::{self, WRONG_HOST};
use crate::oauth::word::word;

/// The maximum length of an address in bytes.
const MAX_URI_LENGTH: usize = 2048;

/// The settings of an application that asks for people who answer elsewhere. Flattened into the metadata of the client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackchannelSettings {
    #[serde(default, rename = "backchannel_token_delivery_mode")]
    pub delivery: DeliveryMode,
    /// Where the server says that a person has answered.
    #[serde(rename = "backchannel_client_notification_endpoint")]
    pub notification_endpoint: Option<String>,
    /// The only algorithm of its signed requests, which must then all be signed. `None`: they need no signature.
    #[serde(rename = "backchannel_authentication_request_signing_alg")]
    pub request_alg: Option<ObjectAlgorithm>,
    /// Whether the application asks people for their user code, and so may ask people who have one.
    #[serde(default, rename = "backchannel_user_code_parameter")]
    pub user_code: bool,
}

/// How an application learns that the person has answered (CIBA Core §5). Tokens are never pushed: they would go to an address
/// without a proof of who is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum DeliveryMode {
    /// It asks at the token endpoint.
    #[default]
    Poll,
    /// The server notifies the application, which then asks at the token endpoint.
    Ping,
}

word!(DeliveryMode);

/// What is wrong with the settings of a client: each a member and a sentence.
pub fn mistakes(client: &ClientMetadata) -> Vec<(&'static str, String)> {
    let mut mistakes: Vec<(&'static str, String)> = Vec::new();
    let settings = &client.backchannel;
    let mut add = |member, sentence: &str| mistakes.push((member, sentence.to_owned()));
    if client.grants.contains(&GrantType::Ciba) && !client.scopes.contains(OPENID) {
        add("grant_types", "the grant ciba needs the scope openid");
    }
    if settings.delivery == DeliveryMode::Ping && settings.notification_endpoint.is_none() {
        let sentence = "the mode ping needs a `backchannel_client_notification_endpoint`";
        add("backchannel_token_delivery_mode", sentence);
    }
    if let Some(uri) = &settings.notification_endpoint
        && let Err(sentence) = check_endpoint(uri)
    {
        add("backchannel_client_notification_endpoint", &sentence);
    }
    let alg = "backchannel_authentication_request_signing_alg";
    match settings.request_alg {
        Some(ObjectAlgorithm::Unsigned) => {
            add(alg, "a request that is signed cannot have the algorithm none");
        }
        Some(_) if client.jwks.is_none() && client.jwks_uri.is_none() => {
            add(alg, "a signed request needs the client's public keys, by `jwks` or `jwks_uri`");
        }
        _ => {}
    }
    mistakes
}

/// The address gets secrets, so it has https.
fn check_endpoint(uri: &str) -> Result<(), String> {
    let url = host::address(uri).filter(|url| url.scheme() == "https");
    let is_plain =
        |url: &Url| url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    match url {
        Some(url) if uri.len() <= MAX_URI_LENGTH && is_plain(&url) => match host::is_plain(&url) {
            true => Ok(()),
            false => Err(format!("the address {uri:?} has a host that {WRONG_HOST}")),
        },
        _ => Err(format!("the address {uri:?} is not an https address without a fragment and a user name")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::ClientKind;
    use crate::oauth::grant::scope::Scope;

    fn wrong(change: impl FnOnce(&mut ClientMetadata)) -> Vec<&'static str> {
        let mut client = ClientMetadata::new("Bank", ClientKind::Web);
        client.grants = vec![GrantType::Ciba];
        client.scopes = Scope::from_stored("openid");
        change(&mut client);
        mistakes(&client).into_iter().map(|(member, _)| member).collect()
    }

    #[test]
    fn each_mistake_is_named_by_its_member() {
        let endpoint = "backchannel_client_notification_endpoint";
        let alg = "backchannel_authentication_request_signing_alg";
        assert_eq!(wrong(|_| {}), Vec::<&str>::new());
        assert_eq!(wrong(|client| client.scopes = Scope::default()), ["grant_types"]);
        let ping = |client: &mut ClientMetadata, uri: Option<&str>| {
            client.backchannel.delivery = DeliveryMode::Ping;
            client.backchannel.notification_endpoint = uri.map(str::to_owned);
        };
        assert_eq!(wrong(|client| ping(client, None)), ["backchannel_token_delivery_mode"]);
        assert_eq!(wrong(|client| ping(client, Some("https://app.example/ping?a=b"))), Vec::<&str>::new());
        for bad in [
            "http://app.example/ping",
            "https://app.example/#a",
            "https://u:p@app.example/",
            "ping",
            "",
            &format!("https://app.example/{}", "x".repeat(2048)),
        ] {
            assert_eq!(wrong(|client| ping(client, Some(bad))), [endpoint], "{bad}");
        }
        let unsigned = |client: &mut ClientMetadata| {
            client.backchannel.request_alg = Some(ObjectAlgorithm::Unsigned);
            client.jwks = Some("{}".into());
        };
        assert_eq!(wrong(unsigned), [alg]);
        let es256 = |client: &mut ClientMetadata, jwks: Option<&str>| {
            client.backchannel.request_alg = Some(ObjectAlgorithm::Es256);
            client.jwks = jwks.map(str::to_owned);
        };
        assert_eq!(wrong(|client| es256(client, None)), [alg]);
        assert_eq!(wrong(|client| es256(client, Some("{}"))), Vec::<&str>::new());
        assert_eq!(DeliveryMode::parse("push"), None);
    }
}
