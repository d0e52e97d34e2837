//! The configuration of an application, filled with the names of its client and with the calls that its settings demand.

use super::page::{Part, Section};
use super::visit::Visit;
use crate::oauth::client::demand::{Demanded, Demands};
use crate::oauth::client::{AuthMethod, Client, Demand, GrantType};

/// What the programs depend on.
struct SnippetNeeds {
    method: AuthMethod,
    /// Whether the request must be pushed first.
    par: bool,
    /// Whether the request must be signed.
    jar: bool,
    /// Whether each token request must have a proof of a key.
    dpop: bool,
    /// Whether tokens are bound to the certificate that the application shows.
    has_certificate: bool,
    /// Whether the server has no TLS, as on the machine of a developer.
    is_insecure: bool,
}

impl SnippetNeeds {
    fn of(client: &Client, demands: &Demands, issuer: &str) -> Self {
        let is_required = |what| client.demand(what, demands) == Demand::Require;
        let method = match (client.kind.is_public(), client.auth_method) {
            (true, _) => AuthMethod::None,
            (false, method) => method.unwrap_or(AuthMethod::Basic),
        };
        let by_certificate = matches!(method, AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTls);
        Self {
            method,
            par: is_required(Demanded::Par),
            jar: is_required(Demanded::Jar),
            dpop: is_required(Demanded::Dpop),
            has_certificate: by_certificate || client.certificate.bound_tokens,
            is_insecure: issuer.starts_with("http:"),
        }
    }

    fn has_secret(&self) -> bool {
        matches!(self.method, AuthMethod::Basic | AuthMethod::Post | AuthMethod::SecretJwt)
    }

    fn has_key(&self) -> bool {
        self.method == AuthMethod::PrivateKeyJwt
    }
}

/// The section with a `.env` and the beginning of a program.
pub(super) fn section(visit: &Visit<'_>, client: &Client) -> Section {
    let issuer = &visit.app.issuer;
    let needs = SnippetNeeds::of(client, &visit.app.config.oauth.demands(), issuer);
    let mut parts = vec![code(".env", environment(issuer, client, &needs), true)];
    match client.grants.contains(&GrantType::AuthorizationCode) {
        true => {
            parts.push(code("JavaScript: openid-client", openid_client(client, &needs), false));
            parts.push(code("Python: Authlib", authlib(&needs), false));
        }
        false if client.grants.contains(&GrantType::ClientCredentials) => {
            parts.push(code("JavaScript: openid-client", own_token(&needs), false));
            parts.extend(client_credentials(client, &needs).map(|text| code("curl", text, false)));
        }
        false => {}
    }
    Section::of("Configuration of the application", parts).with_lead(lead(&needs))
}

fn lead(needs: &SnippetNeeds) -> &'static str {
    match needs {
        needs if needs.has_secret() && needs.has_certificate => {
            "Secrets are not in it: the server cannot read them. Add the one that was shown when it was made. The HTTP \
             library must show the client certificate in every request to the server."
        }
        needs if needs.has_certificate => {
            "The HTTP library must show the client certificate in every request to the server."
        }
        needs if needs.has_secret() => {
            "Secrets are not in it: the server cannot read them. Add the one that was shown when it was made."
        }
        needs if needs.has_key() => {
            "The private key is not in it: only the application has it. The server knows the public key."
        }
        _ => "The client is public, so it has no secret.",
    }
}

fn code(title: &str, text: String, is_open: bool) -> Part {
    Part::Code { title: Some(title.to_owned()), text, is_open }
}

/// A value in double quotes, as shells and the readers of `.env` files know them.
fn quoted(text: &str) -> String {
    let escape = |c: char| if matches!(c, '"' | '\\' | '$' | '`') { vec!['\\', c] } else { vec![c] };
    format!("\"{}\"", text.chars().flat_map(escape).collect::<String>())
}

fn environment(issuer: &str, client: &Client, needs: &SnippetNeeds) -> String {
    let mut lines = vec![
        format!("OIDC_ISSUER={}", quoted(issuer)),
        format!("OIDC_CLIENT_ID={}", quoted(client.id.as_str())),
    ];
    lines.extend(needs.has_secret().then(|| "OIDC_CLIENT_SECRET=\"…\"".to_owned()));
    lines.extend(needs.has_key().then(|| "OIDC_PRIVATE_KEY_FILE=\"private_key.pem\"".to_owned()));
    lines.extend(
        client.redirect_uris.first().map(|uri| format!("OIDC_REDIRECT_URI={}", quoted(uri.as_str()))),
    );
    lines.push(format!("OIDC_SCOPE={}", quoted(&client.scopes.to_string())));
    lines.join("\n")
}

/// The beginning of a program with openid-client: what it imports, its keys, and the configuration of the server.
fn discovery(needs: &SnippetNeeds) -> String {
    let authentication = match needs.method {
        AuthMethod::Basic => "client.ClientSecretBasic(process.env.OIDC_CLIENT_SECRET)",
        AuthMethod::Post => "client.ClientSecretPost(process.env.OIDC_CLIENT_SECRET)",
        AuthMethod::SecretJwt => "client.ClientSecretJwt(process.env.OIDC_CLIENT_SECRET)",
        AuthMethod::PrivateKeyJwt => "client.PrivateKeyJwt(key)",
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTls => "client.TlsClientAuth()",
        AuthMethod::None => "client.None()",
    };
    let mut text = String::from("import * as client from 'openid-client'\n");
    if needs.has_key() || needs.jar {
        text.push_str(
            "
// The CryptoKey of the private key, for example by importPKCS8 of the library jose.
const key = await importYourKey(process.env.OIDC_PRIVATE_KEY_FILE)
",
        );
    }
    let metadata = if needs.has_certificate { "{ use_mtls_endpoint_aliases: true }" } else { "undefined" };
    let mut options = Vec::new();
    if needs.has_certificate {
        text.push_str("\n// fetchWithCertificate is your fetch that shows the client certificate.\n");
        options.push("[client.customFetch]: fetchWithCertificate");
    }
    options.extend(needs.is_insecure.then_some("execute: [client.allowInsecureRequests]"));
    let options = match options.as_slice() {
        [] => String::new(),
        options => format!(", {{ {} }}", options.join(", ")),
    };
    text.push_str(&format!(
        "
const config = await client.discovery(
  new URL(process.env.OIDC_ISSUER), process.env.OIDC_CLIENT_ID, {metadata},
  {authentication}{options})
"
    ));
    if needs.dpop {
        text.push_str("const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair())\n");
    }
    text
}

/// How the address for the browser is made of `parameters`.
fn address(needs: &SnippetNeeds) -> &'static str {
    match (needs.par, needs.jar, needs.dpop) {
        (true, true, true) => {
            "const signed = await client.buildAuthorizationUrlWithJAR(config, parameters, key)
const url = await client.buildAuthorizationUrlWithPAR(config, signed.searchParams, { DPoP })"
        }
        (true, true, false) => {
            "const signed = await client.buildAuthorizationUrlWithJAR(config, parameters, key)
const url = await client.buildAuthorizationUrlWithPAR(config, signed.searchParams)"
        }
        (true, false, true) => {
            "const url = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP })"
        }
        (true, false, false) => "const url = await client.buildAuthorizationUrlWithPAR(config, parameters)",
        (false, true, _) => "const url = await client.buildAuthorizationUrlWithJAR(config, parameters, key)",
        (false, false, _) => "const url = client.buildAuthorizationUrl(config, parameters)",
    }
}

fn openid_client(client: &Client, needs: &SnippetNeeds) -> String {
    let note = if client.redirect_uris.is_empty() { "// The client has no redirect URI yet.\n" } else { "" };
    let proof = if needs.dpop { ", undefined, { DPoP }" } else { "" };
    format!(
        "{note}{}const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const parameters = {{
  redirect_uri: process.env.OIDC_REDIRECT_URI,
  scope: process.env.OIDC_SCOPE,
  state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
}}
{}
// Send the person to url. At the redirect URI:
const tokens = await client.authorizationCodeGrant(config, currentUrl, {{
  pkceCodeVerifier: verifier, expectedState: state }}{proof})",
        discovery(needs),
        address(needs)
    )
}

/// A program that gets a token of the client's own.
fn own_token(needs: &SnippetNeeds) -> String {
    let proof = if needs.dpop { ", { DPoP }" } else { "" };
    format!(
        "{}const tokens = await client.clientCredentialsGrant(config, {{ scope: process.env.OIDC_SCOPE }}{proof})",
        discovery(needs)
    )
}

fn authlib(needs: &SnippetNeeds) -> String {
    let missing: Vec<&str> = [(needs.par, "pushed"), (needs.jar, "signed"), (needs.dpop, "DPoP")]
        .into_iter()
        .filter_map(|(is_needed, what)| is_needed.then_some(what))
        .collect();
    if !missing.is_empty() {
        return format!(
            "# This client must send requests that Authlib does not make by itself: {}.",
            missing.join(", ")
        );
    }
    let method: &str = needs.method.as_str();
    let (import, secret) = match needs.method {
        AuthMethod::None => ("", String::new()),
        AuthMethod::PrivateKeyJwt => (
            "from authlib.oauth2.rfc7523 import PrivateKeyJWT\n\n",
            "\n    client_secret=open(os.environ['OIDC_PRIVATE_KEY_FILE']).read(),
    client_auth_methods=[PrivateKeyJWT(os.environ['OIDC_ISSUER'])],"
                .to_owned(),
        ),
        AuthMethod::SecretJwt => (
            "from authlib.oauth2.rfc7523 import ClientSecretJWT\n\n",
            "\n    client_secret=os.environ['OIDC_CLIENT_SECRET'],
    client_auth_methods=[ClientSecretJWT(os.environ['OIDC_ISSUER'])],"
                .to_owned(),
        ),
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTls => (
            "# The session must show the client certificate: session.cert = ('cert.pem', 'key.pem').\n",
            String::new(),
        ),
        AuthMethod::Basic | AuthMethod::Post => {
            ("", "\n    client_secret=os.environ['OIDC_CLIENT_SECRET'],".to_owned())
        }
    };
    format!(
        "{import}oauth.register(
    'grantor',
    client_id=os.environ['OIDC_CLIENT_ID'],{secret}
    server_metadata_url=os.environ['OIDC_ISSUER'] + '/.well-known/openid-configuration',
    client_kwargs={{
        'scope': os.environ['OIDC_SCOPE'],
        'code_challenge_method': 'S256',
        'token_endpoint_auth_method': '{method}',
    }},
)"
    )
}

/// A command that gets a token; `None` if it needs more than a secret or a certificate.
fn client_credentials(client: &Client, needs: &SnippetNeeds) -> Option<String> {
    if needs.dpop {
        return None;
    }
    let proof = match needs.method {
        AuthMethod::Basic => "-u \"$OIDC_CLIENT_ID:$OIDC_CLIENT_SECRET\"",
        AuthMethod::Post => {
            "--data-urlencode \"client_id=$OIDC_CLIENT_ID\" --data-urlencode \"client_secret=$OIDC_CLIENT_SECRET\""
        }
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTls => {
            "--cert cert.pem --key key.pem --data-urlencode \"client_id=$OIDC_CLIENT_ID\""
        }
        AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt | AuthMethod::None => return None,
    };
    Some(format!(
        "curl {proof} \"$OIDC_ISSUER/token\" \\\n  -d grant_type=client_credentials -d scope={}",
        quoted(&client.scopes.to_string())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(method: AuthMethod) -> SnippetNeeds {
        let (par, jar, dpop) = (false, false, false);
        SnippetNeeds { method, par, jar, dpop, has_certificate: false, is_insecure: false }
    }

    #[test]
    fn each_way_of_authentication_has_its_call() {
        for (method, call) in [
            (AuthMethod::Basic, "client.ClientSecretBasic(process.env.OIDC_CLIENT_SECRET)"),
            (AuthMethod::Post, "client.ClientSecretPost(process.env.OIDC_CLIENT_SECRET)"),
            (AuthMethod::SecretJwt, "client.ClientSecretJwt(process.env.OIDC_CLIENT_SECRET)"),
            (AuthMethod::PrivateKeyJwt, "client.PrivateKeyJwt(key)"),
            (AuthMethod::TlsClientAuth, "client.TlsClientAuth()"),
            (AuthMethod::None, "client.None()"),
        ] {
            let text = discovery(&needs(method));
            assert!(text.contains(call), "{text}");
            assert_eq!(text.contains("OIDC_CLIENT_SECRET"), call.contains("OIDC_CLIENT_SECRET"), "{text}");
        }
    }

    #[test]
    fn a_request_is_pushed_signed_and_proven_as_the_client_must_do_it() {
        for (par, jar, dpop, calls) in [
            (false, false, false, &["buildAuthorizationUrl(config"][..]),
            (true, false, false, &["buildAuthorizationUrlWithPAR(config, parameters)"]),
            (true, false, true, &["buildAuthorizationUrlWithPAR(config, parameters, { DPoP })"]),
            (false, true, false, &["buildAuthorizationUrlWithJAR(config, parameters, key)"]),
            (
                true,
                true,
                false,
                &["WithJAR(config, parameters, key)", "WithPAR(config, signed.searchParams)"],
            ),
            (true, true, true, &["WithJAR(config, parameters, key)", "searchParams, { DPoP })"]),
        ] {
            let text = address(&SnippetNeeds { par, jar, dpop, ..needs(AuthMethod::Basic) });
            for call in calls {
                assert!(text.contains(call), "{par} {jar} {dpop}: {text}");
            }
        }
        let text = own_token(&SnippetNeeds { dpop: true, ..needs(AuthMethod::Basic) });
        assert!(text.contains("getDPoPHandle") && text.ends_with(", { DPoP })"), "{text}");
    }
}
