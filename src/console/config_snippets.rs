//! The configuration of an application, filled with the names of its client.

use super::page::{Part, Section};
use super::visit::Visit;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::request::redirect_uri::RegisteredUri;

/// The section with a `.env` and the beginning of a program.
pub(super) fn section(visit: &Visit<'_>, client: &Client) -> Section {
    let issuer = &visit.app.issuer;
    let mut parts = vec![code(".env", environment(issuer, client), true)];
    match client.grants.contains(&GrantType::AuthorizationCode) {
        true => {
            parts.push(code("JavaScript: openid-client", openid_client(client), false));
            parts.push(code("Python: Authlib", authlib(client), false));
        }
        false if client.grants.contains(&GrantType::ClientCredentials) => {
            parts.push(code("curl", client_credentials(client), false));
        }
        false => {}
    }
    Section::of("Configuration of the application", parts).with_lead(
        "Secrets are not in it: the server cannot read them. Add the one that was shown when it was made.",
    )
}

fn code(title: &str, text: String, is_open: bool) -> Part {
    Part::Code { title: Some(title.to_owned()), text, is_open }
}

/// A value in double quotes, as shells and the readers of `.env` files know them.
fn quoted(text: &str) -> String {
    let escape = |c: char| if matches!(c, '"' | '\\' | '$' | '`') { vec!['\\', c] } else { vec![c] };
    format!("\"{}\"", text.chars().flat_map(escape).collect::<String>())
}

fn environment(issuer: &str, client: &Client) -> String {
    let mut lines = vec![
        format!("OIDC_ISSUER={}", quoted(issuer)),
        format!("OIDC_CLIENT_ID={}", quoted(client.id.as_str())),
    ];
    if !client.kind.is_public() {
        lines.push("OIDC_CLIENT_SECRET=\"…\"".to_owned());
    }
    lines.extend(
        client.redirect_uris.first().map(|uri| format!("OIDC_REDIRECT_URI={}", quoted(uri.as_str()))),
    );
    lines.push(format!("OIDC_SCOPE={}", quoted(&client.scopes.to_string())));
    lines.join("\n")
}

fn openid_client(client: &Client) -> String {
    let secret =
        if client.kind.is_public() { "undefined, client.None()" } else { "process.env.OIDC_CLIENT_SECRET" };
    let host = client.redirect_uris.first().map_or("", RegisteredUri::as_str);
    let note = if host.is_empty() { "// The client has no redirect URI yet.\n" } else { "" };
    format!(
        "{note}import * as client from 'openid-client'

const config = await client.discovery(
  new URL(process.env.OIDC_ISSUER), process.env.OIDC_CLIENT_ID, {secret})
const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const url = client.buildAuthorizationUrl(config, {{
  redirect_uri: process.env.OIDC_REDIRECT_URI,
  scope: process.env.OIDC_SCOPE,
  state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
}})
// Send the person to url. At the redirect URI:
const tokens = await client.authorizationCodeGrant(config, currentUrl, {{
  pkceCodeVerifier: verifier, expectedState: state }})"
    )
}

fn authlib(client: &Client) -> String {
    let secret = match client.kind.is_public() {
        true => "",
        false => "\n    client_secret=os.environ['OIDC_CLIENT_SECRET'],",
    };
    format!(
        "oauth.register(
    'grantor',
    client_id=os.environ['OIDC_CLIENT_ID'],{secret}
    server_metadata_url=os.environ['OIDC_ISSUER'] + '/.well-known/openid-configuration',
    client_kwargs={{'scope': os.environ['OIDC_SCOPE'], 'code_challenge_method': 'S256'}},
)"
    )
}

fn client_credentials(client: &Client) -> String {
    format!(
        "curl -u \"$OIDC_CLIENT_ID:$OIDC_CLIENT_SECRET\" \"$OIDC_ISSUER/token\" \\\n  -d grant_type=client_credentials -d scope={}",
        quoted(&client.scopes.to_string())
    )
}
