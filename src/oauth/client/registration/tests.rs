//! Which registrations are refused, and for which members.

use super::*;
use crate::oauth::request::response_type::ResponseType;

fn example(kind: ClientKind) -> ClientMetadata {
    crate::oauth::client::example(kind).metadata
}

#[test]
fn an_updated_client_is_checked_as_a_whole() {
    let refusal = |client: &ClientMetadata| check(client).remove(0).sentence;
    assert_eq!(check(&example(ClientKind::Web)), []);
    let native = ClientMetadata {
        redirect_uris: vec![RegisteredUri::from_stored("com.example.app:/cb")],
        ..example(ClientKind::Native)
    };
    assert_eq!(check(&native), []);
    let web = ClientMetadata { kind: ClientKind::Web, ..native };
    assert!(refusal(&web).contains("private scheme"));
    let basic = ClientMetadata { auth_method: Some(AuthMethod::Basic), ..example(ClientKind::Spa) };
    assert!(refusal(&basic).contains("can only be none"));
    assert!(refusal(&ClientMetadata { grants: vec![], ..example(ClientKind::Web) }).contains("one grant"));
    assert!(
        refusal(&ClientMetadata { redirect_uris: vec![], ..example(ClientKind::Web) })
            .contains("`redirect_uris`")
    );
    let offline = ClientMetadata {
        grants: vec![GrantType::AuthorizationCode],
        scopes: crate::oauth::grant::scope::Scope::from_stored("openid offline_access"),
        ..example(ClientKind::Web)
    };
    assert!(refusal(&offline).contains("grant refresh_token"));
    let hybrid = |scope: &str| ClientMetadata {
        response_types: vec![ResponseType::CodeIdToken],
        scopes: crate::oauth::grant::scope::Scope::from_stored(scope),
        ..example(ClientKind::Web)
    };
    assert_eq!(check(&hybrid("openid")), []);
    assert!(refusal(&hybrid("read")).contains("scope openid"));
    let service = ClientMetadata {
        kind: ClientKind::Service,
        grants: vec![GrantType::ClientCredentials],
        ..hybrid("openid")
    };
    assert!(refusal(&service).contains("grant authorization_code"));
    let nowhere = ClientMetadata { redirect_uris: vec![], ..service };
    assert!(refusal(&nowhere).contains("`redirect_uris`"));
    assert!(
        refusal(&ClientMetadata { name: "a\nb".into(), ..example(ClientKind::Web) }).contains("a name has")
    );
}

#[test]
fn every_wrong_member_is_found_at_once() {
    let client = ClientMetadata {
        name: "".into(),
        grants: vec![GrantType::AuthorizationCode, GrantType::ClientCredentials],
        redirect_uris: vec![RegisteredUri::from_stored("http://a.example/")],
        ..example(ClientKind::Spa)
    };
    let wrong = check(&client);
    let members: Vec<&str> = wrong.iter().map(|wrong| wrong.member.as_ref()).collect();
    assert_eq!(members, ["client_name", "grant_types", "redirect_uris/0"]);
}

#[test]
fn a_client_has_one_way_in_which_its_certificate_is_known() {
    let with = |method, subject_dn: Option<&str>, san_dns: Option<&str>, jwks: Option<&str>| {
        let mut client = ClientMetadata { auth_method: Some(method), ..example(ClientKind::Web) };
        client.certificate.subject_dn = subject_dn.map(str::to_owned);
        client.certificate.san_dns = san_dns.map(str::to_owned);
        client.jwks = jwks.map(str::to_owned);
        check(&client).into_iter().map(|wrong| wrong.member.into_owned()).collect::<Vec<_>>()
    };
    let (method, name, host) =
        ("token_endpoint_auth_method", "tls_client_auth_subject_dn", "tls_client_auth_san_dns");
    let (by_authority, by_itself) = (AuthMethod::TlsClientAuth, AuthMethod::SelfSignedTls);
    for (found, expected) in [
        (with(by_authority, Some("CN=a"), None, None), &[][..]),
        (with(by_authority, None, Some("a.example"), None), &[]),
        (with(by_authority, None, None, None), &[method]),
        (with(by_authority, Some("CN=a"), Some("a.example"), None), &[host]),
        (with(by_authority, Some("a"), None, None), &[name]),
        (with(by_itself, None, None, Some("{}")), &[]),
        (with(by_itself, None, None, None), &[method]),
        (with(by_itself, Some("CN=a"), None, Some("{}")), &[name]),
        (with(AuthMethod::Basic, None, Some("a.example"), None), &[host]),
    ] {
        assert_eq!(found, expected);
    }
    let public =
        ClientMetadata { auth_method: Some(by_itself), jwks: Some("{}".into()), ..example(ClientKind::Spa) };
    assert!(check(&public)[0].sentence.contains("can only be none"));
}

#[test]
fn what_is_beside_a_request_object_cannot_count_where_the_setting_or_the_profile_demands_the_object() {
    let members = |profile: Option<Profile>, jar: Option<Demand>| -> Vec<String> {
        let mut client = ClientMetadata { profile, ..example(ClientKind::Web) };
        (client.messages.jar, client.messages.merges_object) = (jar, true);
        let wrong = check(&client).into_iter().filter(|wrong| wrong.member == "merge_request_object");
        wrong.map(|wrong| wrong.sentence).collect()
    };
    for (profile, jar, by) in [
        (None, Some(Demand::Require), "`jar` require"),
        (Some(Profile::Fapi2MessageSigning), None, "the profile fapi2-message-signing"),
        (Some(Profile::Fapi2MessageSigning), Some(Demand::Require), "the profile fapi2-message-signing"),
    ] {
        let found = members(profile, jar);
        assert!(found.len() == 1 && found[0].contains(by), "{found:?}");
    }
    assert!(members(Some(Profile::Fapi2), None).is_empty() && members(None, Some(Demand::Report)).is_empty());
}
