//! The checks that every new and changed client must pass (RFC 6749 §2).

use std::borrow::Cow;
use std::collections::BTreeSet;

use url::Url;

use crate::oauth::client::backchannel;
use crate::oauth::client::certificate::RegisteredSubject;
use crate::oauth::client::demand::Demanded;
use crate::oauth::client::profile::Profile;
use crate::oauth::client::{
    AuthMethod, CertificateSettings, ClientKind, ClientMetadata, Demand, GrantType, IdTokenClaims,
    LogoutUris, ObjectAlgorithm, RefreshTokens, SubjectType,
};
use crate::oauth::display_text::{is_blank, is_line};
use crate::oauth::grant::scope::{OFFLINE_ACCESS, OPENID};
use crate::oauth::host::{self, WRONG_HOST};
use crate::oauth::identity::group;
use crate::oauth::localized_text::LocalizedText;
use crate::oauth::request::redirect_uri::{RegisteredUri, check_scheme};

/// The maximum number of addresses in one list of a client.
const MAX_URIS: usize = 1000;
/// The maximum number of types of authorization details that a client names.
const MAX_TYPES: usize = 100;
/// The maximum length of a client's name in bytes.
const MAX_NAME_LENGTH: usize = 200;

/// A member of a registration that is not valid, and why. The sentence names other members `in backquotes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongMember {
    /// The name of the member in RFC 7591 §2, or this server's own name. It may end with a language tag (§2.2), or for an
    /// item of a list with its place, such as `redirect_uris/0`.
    pub member: Cow<'static, str>,
    pub sentence: String,
}

/// The wrong members found so far.
#[derive(Default)]
struct Findings(Vec<WrongMember>);

impl Findings {
    fn add(&mut self, member: impl Into<Cow<'static, str>>, sentence: impl Into<String>) {
        self.0.push(WrongMember { member: member.into(), sentence: sentence.into() });
    }

    fn has(&self, member: &str) -> bool {
        self.0.iter().any(|wrong| wrong.member == member)
    }

    /// Checks a text in all its languages.
    fn add_errors(
        &mut self,
        member: &'static str,
        text: &LocalizedText,
        check: impl Fn(&str) -> Result<(), String>,
    ) {
        for (member, sentence) in text.faults(member, check) {
            self.add(member, sentence);
        }
    }

    fn add_error(&mut self, member: &'static str, checked: Result<(), String>) {
        if let Err(sentence) = checked {
            self.add(member, sentence);
        }
    }
}

/// Checks a client as a whole. Returns everything that is wrong, and an empty list if the client is valid.
pub fn check(client: &ClientMetadata) -> Vec<WrongMember> {
    let mut findings = Findings::default();
    findings.add_errors("client_name", &client.name, check_name);
    check_links(client, &mut findings);
    check_kind(client, &mut findings);
    check_native(client, &mut findings);
    check_grants(client, &mut findings);
    check_assertions(client, &mut findings);
    check_certificates(client, &mut findings);
    check_messages(client, &mut findings);
    for (member, sentence) in backchannel::mistakes(client) {
        findings.add(member, sentence);
    }
    check_profile(client, &mut findings);
    if client.partial_consent && client.first_party {
        let sentence =
            "`partial_consent` is for clients that need consent, and a first-party client needs none";
        findings.add("partial_consent", sentence);
    }
    if client.authorization_details_types.len() > MAX_TYPES {
        let sentence = format!("a client names {MAX_TYPES} types at most; without any, it may use all");
        findings.add("authorization_details_types", sentence);
    }
    check_response_types(client, &mut findings);
    if client.id_token_claims != IdTokenClaims::None && !client.scopes.contains(OPENID) {
        findings.add("id_token_claims", "a client gets ID Tokens only if it has the scope openid");
    }
    check_sector(client, &mut findings);
    check_logout_uris(client, &mut findings);
    if let Some(group) = &client.required_group {
        findings.add_error("required_group", group::check_name(group));
    }
    // The kind may have changed, and another kind allows other addresses.
    for (member, uris) in [
        ("redirect_uris", &client.redirect_uris),
        ("post_logout_redirect_uris", &client.post_logout_redirect_uris),
    ] {
        if uris.len() > MAX_URIS {
            findings.add(member, format!("a client has {MAX_URIS} such addresses at most"));
            continue;
        }
        for (n, uri) in uris.iter().enumerate() {
            let checked = RegisteredUri::register_for(uri.as_str(), client.kind, &client.allowed_schemes);
            if let Err(sentence) = checked {
                findings.add(format!("{member}/{n}"), sentence);
            }
        }
    }
    findings.0
}

fn check_grants(client: &ClientMetadata, findings: &mut Findings) {
    let may = |grant| client.grants.contains(&grant);
    if client.grants.is_empty() {
        findings.add("grant_types", "a client needs at least one grant");
    }
    if may(GrantType::AuthorizationCode) && client.redirect_uris.is_empty() {
        findings.add("redirect_uris", "the grant authorization_code needs at least one `redirect_uris`");
    }
    let sources = [GrantType::AuthorizationCode, GrantType::DeviceCode, GrantType::Ciba];
    if may(GrantType::RefreshToken) && !sources.into_iter().any(may) {
        let sentence = "the grant refresh_token needs authorization_code, device_code or ciba, which its tokens come from";
        findings.add("grant_types", sentence);
    }
    if client.may_impersonate && !may(GrantType::TokenExchange) {
        findings.add("may_impersonate", "`may_impersonate` is for clients with the grant token_exchange");
    }
    if client.may_widen_resources && !may(GrantType::TokenExchange) {
        let sentence = "`may_widen_resources` is for clients with the grant token_exchange";
        findings.add("may_widen_resources", sentence);
    }
    if client.scopes.contains(OFFLINE_ACCESS) && !may(GrantType::RefreshToken) {
        findings.add("scope", "the scope offline_access needs the grant refresh_token");
    }
}

fn check_name(name: &str) -> Result<(), String> {
    if is_blank(name) || name.len() > MAX_NAME_LENGTH || !is_line(name) {
        return Err(format!(
            "a name has 1 to {MAX_NAME_LENGTH} bytes on one line, without invisible characters and controls of the writing \
             direction; the consent page shows it"
        ));
    }
    Ok(())
}

/// Checks that no link of the consent page has a scheme that could run as a script.
fn check_links(client: &ClientMetadata, findings: &mut Findings) {
    for ((member, link), what) in
        client.links.texts().into_iter().zip(["the website", "the privacy policy", "the terms of service"])
    {
        let check = |link: &str| {
            let url = host::address(link).filter(|url| url.scheme() == "https" && host::is_plain(url));
            let is_link = url.is_some() && link.len() <= MAX_URI_LENGTH;
            is_link.then_some(()).ok_or_else(|| format!("{what} must be an https address"))
        };
        if let Some(link) = link {
            findings.add_errors(member, link, check);
        }
    }
}

/// Takes what depends on the way of authentication that a client leaves out of its registration, if it stayed as it was: the name in
/// its certificate, and the audience of its assertions.
pub fn leave_method(before: &ClientMetadata, after: &mut ClientMetadata) {
    let was = |method: AuthMethod| before.auth_method == Some(method) && after.auth_method != Some(method);
    let is_same_name = before.certificate.subjects().eq(after.certificate.subjects());
    let was_by_name = was(AuthMethod::TlsClientAuth) && is_same_name;
    let signed = |client: &ClientMetadata| client.auth_method.is_some_and(AuthMethod::is_assertion);
    let leaves_assertions = signed(before) && !signed(after);
    if was_by_name {
        let bound_tokens = after.certificate.bound_tokens;
        after.certificate = CertificateSettings { bound_tokens, ..CertificateSettings::default() };
    }
    if leaves_assertions && before.assertion_audience == after.assertion_audience {
        after.assertion_audience = None;
    }
}

/// A client that signs must have its keys in exactly one place.
fn check_assertions(client: &ClientMetadata, findings: &mut Findings) {
    if client.jwks.is_some() && client.jwks_uri.is_some() {
        findings.add("jwks_uri", "a client has its keys by `jwks` or by `jwks_uri`, not both");
    }
    if let Some(uri) = &client.jwks_uri {
        findings.add_error("jwks_uri", check_address(uri));
    }
    let signs_by_key = client.auth_method == Some(AuthMethod::PrivateKeyJwt);
    if signs_by_key && client.jwks.is_none() && client.jwks_uri.is_none() {
        let sentence = "`token_endpoint_auth_method` private_key_jwt needs the client's public keys, by `jwks` or `jwks_uri`";
        findings.add("token_endpoint_auth_method", sentence);
    }
    if client.assertion_audience.is_some() && !client.auth_method.is_some_and(AuthMethod::is_assertion) {
        let sentence = "`assertion_audience` is for clients with private_key_jwt or client_secret_jwt";
        findings.add("assertion_audience", sentence);
    }
}

/// A client that authenticates by certificate must have exactly one way in which the certificate is known (RFC 8705 §2).
fn check_certificates(client: &ClientMetadata, findings: &mut Findings) {
    let subjects: Vec<(&'static str, &str)> = client.certificate.subjects().collect();
    for (member, text) in &subjects {
        findings.add_error(member, RegisteredSubject::parse(member, text).map(drop));
    }
    match (client.auth_method, subjects.as_slice()) {
        (Some(AuthMethod::TlsClientAuth), []) => {
            let sentence = "`token_endpoint_auth_method` tls_client_auth needs the name in the client's certificate: one of \
                            `tls_client_auth_subject_dn`, `tls_client_auth_san_dns`, `tls_client_auth_san_uri`, \
                            `tls_client_auth_san_ip` and `tls_client_auth_san_email`";
            findings.add("token_endpoint_auth_method", sentence);
        }
        (Some(AuthMethod::TlsClientAuth), [_, others @ ..]) => {
            for (member, _) in others {
                findings.add(
                    *member,
                    format!("a client has one name for its certificate, and `{}` is another", subjects[0].0),
                );
            }
        }
        (_, names) => {
            for (member, _) in names {
                findings.add(*member, format!("`{member}` is for clients with tls_client_auth"));
            }
        }
    }
    let has_keys = client.jwks.is_some() || client.jwks_uri.is_some();
    if client.auth_method == Some(AuthMethod::SelfSignedTls) && !has_keys {
        let sentence = "`token_endpoint_auth_method` self_signed_tls_client_auth needs the client's certificates or public keys, by \
                        `jwks` or `jwks_uri`";
        findings.add("token_endpoint_auth_method", sentence);
    }
}

/// A client with a profile must have everything that the profile needs, and only tokens that are bound may do without
/// rotation.
fn check_profile(client: &ClientMetadata, findings: &mut Findings) {
    let profile = client.profile.unwrap_or(Profile::None);
    for gap in profile.gaps(client) {
        findings.add(gap.member, format!("with the profile {}, {}", profile.as_str(), gap.sentence));
    }
    let is_bound =
        client.certificate.bound_tokens || client.dpop == Some(Demand::Require) || profile.is_fapi();
    if client.refresh_tokens == Some(RefreshTokens::Keep) && !is_bound {
        let sentence = "a refresh token that is not replaced must be bound: `dpop` require, or \
                        `tls_client_certificate_bound_access_tokens`";
        findings.add("refresh_tokens", sentence);
    }
}

/// A client that signs its requests needs keys, and one that must sign them can neither leave it out nor send other parameters
/// beside.
fn check_messages(client: &ClientMetadata, findings: &mut Findings) {
    let messages = &client.messages;
    let must_sign = messages.jar == Some(Demand::Require);
    let is_unsigned = messages.object_alg == Some(ObjectAlgorithm::Unsigned);
    let has_keys = client.jwks.is_some() || client.jwks_uri.is_some();
    if must_sign && is_unsigned {
        findings
            .add("request_object_signing_alg", "`jar` require needs requests that are signed, so not none");
    } else if must_sign && !has_keys {
        findings.add("jar", "`jar` require needs the client's public keys, by `jwks` or `jwks_uri`");
    } else if messages.object_alg.is_some() && !is_unsigned && !has_keys {
        let sentence = "a signed request object needs the client's public keys, by `jwks` or `jwks_uri`";
        findings.add("request_object_signing_alg", sentence);
    }
    let demanded_by = match client.profile.filter(|profile| profile.demands(Demanded::Jar)) {
        Some(profile) => Some(format!("the profile {}", profile.as_str())),
        None => must_sign.then(|| "`jar` require".to_owned()),
    };
    if let Some(demand) = demanded_by.filter(|_| messages.merges_object) {
        let sentence = format!("with {demand}, only what is inside of the signed request counts");
        findings.add("merge_request_object", sentence);
    }
}

/// Checks the length and the host of the address that keys are read from.
///
/// # Errors
/// A sentence for the operator.
pub fn check_address(uri: &str) -> Result<(), String> {
    if uri.len() > MAX_URI_LENGTH {
        return Err(format!("an address has {MAX_URI_LENGTH} bytes at most"));
    }
    match host::address(uri) {
        None => Err(format!("{uri:?} is not an address, or has characters that are not shown")),
        Some(url) if !host::is_plain(&url) => {
            Err(format!("the address {uri:?} has a host that {WRONG_HOST}"))
        }
        Some(_) => Ok(()),
    }
}

fn check_response_types(client: &ClientMetadata, findings: &mut Findings) {
    for asked in &client.response_types {
        let name = asked.as_str();
        if client.redirect_uris.is_empty() {
            let sentence = format!("the response type {name} needs at least one `redirect_uris`");
            findings.add("redirect_uris", sentence);
        }
        let unbound = match client.dpop {
            Some(Demand::Require) => Some("a key, which `dpop` demands"),
            _ if client.certificate.bound_tokens => Some("a certificate, as its registration demands"),
            _ => None,
        };
        if let Some(to) = unbound.filter(|_| asked.has_token()) {
            let sentence = format!("the response type {name} has an access token that is not bound to {to}");
            findings.add("response_types", sentence);
        }
        if asked.has_code() && !client.grants.contains(&GrantType::AuthorizationCode) {
            let sentence = format!("the response type {name} needs the grant authorization_code");
            findings.add("response_types", sentence);
        }
        if asked.has_id_token() && !client.scopes.contains(OPENID) {
            let sentence = format!("the response type {name} needs the scope openid");
            findings.add("response_types", sentence);
        }
    }
}

/// A pairwise client must belong to exactly one sector.
fn check_sector(client: &ClientMetadata, findings: &mut Findings) {
    if client.subject_type == SubjectType::Public || client.sector_identifier_uri.is_some() {
        return;
    }
    let host =
        |uri: &RegisteredUri| Url::parse(uri.as_str()).ok().and_then(|url| url.host_str().map(str::to_owned));
    let hosts: BTreeSet<Option<String>> = client.redirect_uris.iter().map(host).collect();
    if hosts.len() > 1 || hosts.contains(&None) {
        let sentence = "the redirect URIs are not all of one host: pairwise subjects then need a `sector_identifier_uri`";
        findings.add("sector_identifier_uri", sentence);
    }
}

/// The maximum length of an address in bytes.
const MAX_URI_LENGTH: usize = 2048;

fn check_logout_uris(client: &ClientMetadata, findings: &mut Findings) {
    let LogoutUris { back_channel, front_channel } = &client.logout;
    for (member, uri) in
        [("backchannel_logout_uri", back_channel), ("frontchannel_logout_uri", front_channel)]
    {
        let Some(uri) = uri else { continue };
        let url = host::address(uri).filter(|url| matches!(url.scheme(), "https" | "http"));
        let is_plain =
            |url: &Url| url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        if uri.len() > MAX_URI_LENGTH || !url.as_ref().is_some_and(is_plain) {
            let sentence =
                format!("the logout URI {uri:?} is not a web address without a fragment and a user name");
            findings.add(member, sentence);
        } else if !url.as_ref().is_some_and(host::is_plain) {
            findings.add(member, format!("the logout URI {uri:?} has a host that {WRONG_HOST}"));
        } else if !client.scopes.contains(OPENID) {
            findings.add(
                member,
                "the server informs an application of sign-outs only if it has the scope openid",
            );
        }
    }
    if findings.has("frontchannel_logout_uri") {
        return;
    }
    let Some(front_channel) = front_channel.as_deref().and_then(|uri| Url::parse(uri).ok()) else { return };
    let urls = client.redirect_uris.iter().filter_map(|uri| Url::parse(uri.as_str()).ok());
    if urls.into_iter().all(|url| url.origin() != front_channel.origin()) {
        let sentence = "the front-channel logout URI is not of the origin of a redirect URI";
        findings.add("frontchannel_logout_uri", sentence);
    }
}

fn check_kind(client: &ClientMetadata, findings: &mut Findings) {
    let kind = client.kind.as_str();
    if !client.kind.is_public() {
        if client.auth_method == Some(AuthMethod::None) {
            let sentence = format!(
                "a {kind} client is confidential; `token_endpoint_auth_method` none is for spa and native"
            );
            findings.add("token_endpoint_auth_method", sentence);
        }
        return;
    }
    if client.auth_method.is_some_and(|method| method != AuthMethod::None) {
        let sentence =
            format!("a {kind} client is public; its `token_endpoint_auth_method` can only be none");
        findings.add("token_endpoint_auth_method", sentence);
    }
    for grant in client.grants.iter().filter(|grant| grant.needs_proof()) {
        let grant = grant.as_str();
        findings.add("grant_types", format!("a {kind} client is public and cannot use {grant}"));
    }
    if client.pkce == Some(Demand::Off) {
        findings.add(
            "pkce",
            format!("a {kind} client is public and must use PKCE; `pkce` can be report or require"),
        );
    }
}

/// Settings that only an application on a person's device needs.
fn check_native(client: &ClientMetadata, findings: &mut Findings) {
    if client.kind != ClientKind::Native && !client.allowed_schemes.is_empty() {
        findings.add("allowed_schemes", "`allowed_schemes` is for clients of kind native");
    }
    if client.allowed_schemes.len() > MAX_SCHEMES {
        findings.add("allowed_schemes", format!("a client has at most {MAX_SCHEMES} `allowed_schemes`"));
    }
    for scheme in &client.allowed_schemes {
        findings.add_error("allowed_schemes", check_scheme(scheme));
    }
    if client.may_reuse_consent && !client.kind.is_public() {
        let sentence = "`may_reuse_consent` is for public clients; a confidential one proves who it is";
        findings.add("may_reuse_consent", sentence);
    }
}

/// The maximum number of schemes without a dot.
const MAX_SCHEMES: usize = 10;

#[cfg(test)]
mod tests;
