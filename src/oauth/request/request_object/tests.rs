use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::oauth::client::{ClientKind, Demand, Encryption, example};
use crate::oauth::request::params::Params;
use crate::oauth::request::received::{Received, Source};
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::oauth::request::response_mode::ResponseMode;
use crate::oauth::request::{Refusal, client_id};

const ISSUER: &str = "https://id.example";
const NOW: Timestamp = Timestamp::from_unix(10_000);

fn client() -> Client {
    let uri = "https://app.example/cb";
    example(ClientKind::Web).with(|metadata| {
        metadata.redirect_uris = vec![RegisteredUri::register(uri, ClientKind::Web).unwrap()];
    })
}

fn demands(jar: Demand) -> Demands {
    Demands { jar, ..Demands::NOTHING }
}

fn context(client: &Client) -> ObjectContext<'_> {
    ObjectContext { client, issuer: ISSUER, demands: demands(Demand::Off), now: NOW }
}

fn encoded(part: &str) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// The object with this header and these claims.
fn written(header: &Value, claims: &Value) -> String {
    let signature = if header["alg"] == "none" { "" } else { "c2lnbmF0dXJl" };
    format!("{}.{}.{signature}", encoded(&header.to_string()), encoded(&claims.to_string()))
}

fn with(base: Value, change: &Value) -> Value {
    let mut claims = base;
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn claims(change: &Value) -> Value {
    let id = client().id.to_string();
    with(json!({ "iss": id, "client_id": id, "aud": ISSUER, "exp": 10_060, "response_type": "code" }), change)
}

fn checked(client: &Client, jar: Demand, change: &Value) -> Result<(), Reason> {
    let object = RequestObject::read(&written(&json!({ "alg": "ES256" }), &claims(change)));
    let object = object.map_err(|error| error.reason)?;
    object.check(&ObjectContext { demands: demands(jar), ..context(client) }).map_err(|error| error.reason)
}

#[test]
fn only_a_signed_token_of_the_right_type_is_read() {
    let good = claims(&json!({}));
    for header in [
        json!({ "alg": "ES256" }),
        json!({ "alg": "none" }),
        json!({ "alg": "EdDSA", "typ": "JWT", "kid": "k" }),
        json!({ "alg": "PS256", "typ": "application/OAuth-Authz-Req+JWT" }),
    ] {
        assert!(RequestObject::read(&written(&header, &good)).is_ok(), "{header}");
    }
    for (header, reason) in [
        (json!({ "alg": "HS256" }), Reason::RequestObjectAlgorithm),
        (json!({ "alg": "None" }), Reason::RequestObjectAlgorithm),
        (json!({ "alg": ["ES256"] }), Reason::RequestObjectAlgorithm),
        (json!({}), Reason::RequestObjectAlgorithm),
        (json!({ "alg": "ES256", "typ": "at+jwt" }), Reason::RequestObjectType),
        (json!({ "alg": "ES256", "typ": "client-authentication+jwt" }), Reason::RequestObjectType),
        (json!({ "alg": "ES256", "typ": null }), Reason::RequestObjectType),
        (json!({ "alg": "ES256", "crit": ["b64"], "b64": false }), Reason::RequestObjectMalformed),
    ] {
        assert_eq!(RequestObject::read(&written(&header, &good)).unwrap_err().reason, reason, "{header}");
    }
    let signed = written(&json!({ "alg": "ES256" }), &good);
    let unsigned = written(&json!({ "alg": "none" }), &good);
    let twice = format!("{}.{}.AAAA", encoded(r#"{"alg":"ES256"}"#), encoded(r#"{"iss":"a","iss":"b"}"#));
    let twice_in_header = format!("{}.{}.", encoded(r#"{"alg":"none","alg":"ES256"}"#), encoded("{}"));
    let deep = format!("{}.{}.AAAA", encoded(r#"{"alg":"ES256"}"#), encoded(&r#"{"a":"#.repeat(5000)));
    for (token, reason) in [
        (String::new(), Reason::RequestObjectMalformed),
        ("a.b".to_owned(), Reason::RequestObjectMalformed),
        (format!("{signed}.x"), Reason::RequestObjectMalformed),
        (format!("{unsigned}AAAA"), Reason::RequestObjectMalformed),
        (signed.trim_end_matches("c2lnbmF0dXJl").to_owned(), Reason::RequestObjectMalformed),
        (signed.replacen('.', "!.", 1), Reason::RequestObjectMalformed),
        (twice, Reason::RequestObjectMalformed),
        (twice_in_header, Reason::RequestObjectMalformed),
        (deep, Reason::RequestObjectMalformed),
        ("a.b.c.d.e".to_owned(), Reason::RequestObjectEncrypted),
    ] {
        assert_eq!(RequestObject::read(&token).unwrap_err().reason, reason, "{token:.80}");
    }
}

#[test]
fn an_object_is_the_clients_for_this_server_and_lives_for_an_hour_at_most() {
    let client = client();
    let good = |jar, change: Value| assert_eq!(checked(&client, jar, &change), Ok(()), "{change}");
    good(Demand::Off, json!({}));
    good(Demand::Off, json!({ "aud": ["https://other.example", ISSUER] }));
    good(Demand::Off, json!({ "exp": 9941 }));
    good(Demand::Off, json!({ "exp": 13_660, "iat": 10_060 }));
    good(Demand::Off, json!({ "exp": 13_660.5 }));
    good(Demand::Off, json!({ "nbf": 10_060, "iat": 0, "exp": 13_660 }));
    good(Demand::Off, json!({ "sub": "a person" }));
    good(Demand::Require, json!({ "nbf": 10_000 }));
    for (change, reason) in [
        (json!({ "iss": "other" }), Reason::RequestObjectClient),
        (json!({ "iss": null }), Reason::RequestObjectClient),
        (json!({ "client_id": "other" }), Reason::RequestObjectClient),
        (json!({ "client_id": null }), Reason::RequestObjectClient),
        (json!({ "sub": client.id.as_str() }), Reason::RequestObjectClient),
        (json!({ "client_id": ["app"] }), Reason::RequestObjectMalformed),
        (json!({ "iss": 7 }), Reason::RequestObjectMalformed),
        (json!({ "exp": "10060" }), Reason::RequestObjectMalformed),
        (json!({ "nbf": -1 }), Reason::RequestObjectMalformed),
        (json!({ "aud": null }), Reason::RequestObjectAudience),
        (json!({ "aud": [] }), Reason::RequestObjectAudience),
        (json!({ "aud": [[ISSUER]] }), Reason::RequestObjectAudience),
        (json!({ "aud": "https://id.example/" }), Reason::RequestObjectAudience),
        (json!({ "aud": "https://id.example/par" }), Reason::RequestObjectAudience),
        (json!({ "exp": null }), Reason::RequestObjectTimes),
        (json!({ "exp": 9940 }), Reason::RequestObjectTimes),
        (json!({ "exp": 13_661 }), Reason::RequestObjectTimes),
        (json!({ "exp": 10_060, "nbf": 6459 }), Reason::RequestObjectTimes),
        (json!({ "exp": 10_060, "iat": 6459 }), Reason::RequestObjectTimes),
        (json!({ "exp": 1e300 }), Reason::RequestObjectTimes),
        (json!({ "exp": u64::MAX }), Reason::RequestObjectTimes),
        (json!({ "nbf": 10_061, "exp": 10_100 }), Reason::RequestObjectTimes),
        (json!({ "iat": 10_061, "exp": 10_100 }), Reason::RequestObjectTimes),
        (json!({ "request": "e30.e30." }), Reason::RequestObjectNested),
        (json!({ "request_uri": "urn:ietf:params:oauth:request_uri:x" }), Reason::RequestObjectNested),
        (json!({ "request_uri": 0 }), Reason::RequestObjectNested),
    ] {
        assert_eq!(checked(&client, Demand::Off, &change), Err(reason), "{change}");
    }
    let without_begin = checked(&client, Demand::Require, &json!({ "iat": 10_000 }));
    assert_eq!(without_begin, Err(Reason::RequestObjectTimes));
}

#[test]
fn the_registration_decides_about_the_algorithm() {
    let unsigned = RequestObject::read(&written(&json!({ "alg": "none" }), &claims(&json!({})))).unwrap();
    let signed = RequestObject::read(&written(&json!({ "alg": "ES256" }), &claims(&json!({})))).unwrap();
    for (registered, good) in [
        (None, &signed),
        (Some(ObjectAlgorithm::Es256), &signed),
        (Some(ObjectAlgorithm::Unsigned), &unsigned),
    ] {
        let client = client().with(|metadata| metadata.messages.object_alg = registered);
        assert_eq!(good.check(&context(&client)), Ok(()), "{registered:?}");
        let bad = if good.is_signed() { &unsigned } else { &signed };
        let refused = bad.check(&context(&client)).unwrap_err();
        assert_eq!(refused.reason, Reason::RequestObjectAlgorithm, "{registered:?}");
        let expected = match registered {
            None => {
                "the request object has the alg none, and this client is not registered for it; sign the object with a key of \
                 the client, or register request_object_signing_alg none"
                    .to_owned()
            }
            Some(only) => {
                let came = if good.is_signed() { "none" } else { "ES256" };
                let only = only.as_str();
                format!("the request object has the alg {came}, and this client is registered for {only}")
            }
        };
        assert_eq!(refused.description, expected);
    }
    let other = client().with(|metadata| metadata.messages.object_alg = Some(ObjectAlgorithm::Ps256));
    assert!(signed.check(&context(&other)).is_err());
}

fn read_from(client: &Client, outside: &str, change: &Value) -> Result<Received, Reason> {
    let object = RequestObject::read(&written(&json!({ "alg": "ES256" }), &claims(change))).unwrap();
    object.check(&context(client)).map_err(|error| error.reason)?;
    let params = Params::parse(outside.as_bytes()).unwrap();
    let outside = Outside { source: Source::Query, params: &params };
    object.into_received(outside, &context(client)).map_err(|error| error.reason)
}

#[test]
fn only_what_is_inside_counts() {
    let client = client();
    let outside = format!("client_id={}&scope=outside&state=s&request=x&prompt=none", client.id);
    let change = json!({ "scope": "openid", "max_age": 60, "claims": { "id_token": { "email": null } },
                         "resource": ["https://a.example", "https://b.example"], "other": { "x": [] } });
    let received = read_from(&client, &outside, &change).unwrap();
    let params = received.params();
    assert_eq!(client_id(&received), Ok(client.id.clone()));
    assert_eq!(params.one("scope"), Ok(Some("openid")));
    assert_eq!(params.one("max_age"), Ok(Some("60")));
    assert_eq!(params.one("claims"), Ok(Some(r#"{"id_token":{"email":null}}"#)));
    assert_eq!(params.all("resource", 5).unwrap(), ["https://a.example", "https://b.example"]);
    assert_eq!((params.count("state"), params.count("prompt"), params.count("request")), (0, 0, 0));
    assert!(received.is_signed() && !received.is_pushed());
    assert_eq!(received.source_of("scope"), Some(Source::SignedObject));
    assert_eq!(received.source_of("client_id"), Some(Source::Query));
    for other in [
        json!({ "scope": ["openid"] }),
        json!({ "scope": null, "state": {} }),
        json!({ "resource": [7] }),
        json!({ "redirect_uri": ["https://app.example/cb"] }),
    ] {
        let refused = read_from(&client, &outside, &other);
        assert_eq!(refused.err(), Some(Reason::RequestObjectMalformed), "{other}");
    }
}

#[test]
fn parameters_outside_count_for_a_client_that_is_registered_so_and_need_not_be_signed() {
    let client = client().with(|metadata| metadata.messages.merges_object = true);
    let bare = json!({ "iss": null, "aud": null, "exp": null, "client_id": null, "scope": "inside" });
    let outside = |more: &str| format!("client_id={}&response_type=code&scope=openid{more}", client.id);
    let merged = read_from(&client, &outside("&state=s&request=x"), &bare).unwrap();
    assert_eq!(merged.params().one("scope"), Ok(Some("inside")));
    assert_eq!(merged.params().one("state"), Ok(Some("s")));
    assert_eq!((merged.params().count("response_type"), merged.params().count("request")), (1, 0));
    assert_eq!(merged.source_of("state"), Some(Source::Query));
    for (query, reason) in [
        (format!("client_id={}&scope=openid", client.id), Reason::RequestObjectOutside),
        (format!("client_id={}&response_type=code", client.id), Reason::RequestObjectOutside),
        (outside("").replace("code", "id_token"), Reason::RequestObjectOutside),
        (outside("&scope=b"), Reason::ParameterRepeated),
    ] {
        assert_eq!(read_from(&client, &query, &bare).err(), Some(reason), "{query}");
    }
    for (change, reason) in [
        (json!({ "iss": "other" }), Reason::RequestObjectClient),
        (json!({ "client_id": "other" }), Reason::RequestObjectClient),
        (json!({ "aud": "https://other.example" }), Reason::RequestObjectAudience),
        (json!({ "exp": 9000 }), Reason::RequestObjectTimes),
    ] {
        let change = with(bare.clone(), &change);
        assert_eq!(read_from(&client, &outside(""), &change).err(), Some(reason), "{change}");
    }
    let both = with(bare.clone(), &json!({ "scope": "openid email" }));
    let without = outside("").replace("scope=openid", "scope=openid2");
    assert_eq!(read_from(&client, &without, &both).err(), Some(Reason::RequestObjectOutside));
    assert!(read_from(&client, &outside(""), &both).is_ok());
    // A demand is for the whole request.
    let object = RequestObject::read(&written(&json!({ "alg": "ES256" }), &with(claims(&json!({})), &bare)));
    let demanded = ObjectContext { demands: demands(Demand::Require), ..context(&client) };
    assert!(object.unwrap().check(&demanded).is_err());
}

#[test]
fn a_refusal_goes_to_a_registered_redirect_uri_as_the_object_asks() {
    let client = client();
    let refused = |inside: Value, outside: &str| {
        let object = RequestObject::read(&written(&json!({ "alg": "ES256" }), &inside)).unwrap();
        let params = Params::parse(outside.as_bytes()).unwrap();
        refuse(
            (&client, &Demands::NOTHING),
            Some(&object),
            &params,
            Reason::RequestObjectSignature.because("x"),
        )
    };
    let uri = "https://app.example/cb";
    let to = |refusal| match refusal {
        Refusal::Redirect { to, state, .. } => Some((to.mode(), state)),
        _ => None,
    };
    let here = json!({ "redirect_uri": uri, "state": "inside", "response_mode": "form_post" });
    let state = |text: &str| Some(text.to_owned());
    assert_eq!(to(refused(here.clone(), "state=outside")), Some((ResponseMode::FormPost, state("inside"))));
    let signed = with(here, &json!({ "response_mode": "jwt", "state": ["x"] }));
    assert_eq!(to(refused(signed, "state=outside")), Some((ResponseMode::QueryJwt, state("outside"))));
    let by_query = format!("redirect_uri={uri}&response_mode=fragment");
    assert_eq!(to(refused(json!({}), &by_query)), Some((ResponseMode::Fragment, None)));
    assert_eq!(to(refused(json!({ "state": "a\nb" }), &by_query)), Some((ResponseMode::Fragment, None)));
    let elsewhere = json!({ "redirect_uri": "https://evil.example/" });
    assert_eq!(to(refused(elsewhere, &by_query)), None);
    assert_eq!(to(refused(json!({}), "")), None);
    assert_eq!(to(refused(json!({}), &format!("{by_query}&redirect_uri={uri}"))), None);
}

#[test]
fn what_is_wrong_in_a_header_is_quoted_whatever_its_form() {
    for (header, sentence) in [
        (
            json!({ "alg": "ES256", "typ": 1 }),
            "the request object has the typ 1, and not oauth-authz-req+jwt or JWT",
        ),
        (json!({ "alg": "ES256", "typ": null }), "the request object has the typ null, and not"),
        (json!({ "alg": "ES256", "typ": "" }), "the request object has an empty typ, and not"),
        (json!({ "alg": 1 }), "the request object has the alg 1; use one of"),
        (json!({ "alg": "" }), "the request object has an empty alg; use one of"),
        (json!({}), "the request object has no alg; use one of"),
    ] {
        let error = RequestObject::read(&written(&header, &claims(&json!({})))).unwrap_err();
        assert!(error.description.starts_with(sentence), "{header}: {}", error.description);
    }
}

#[test]
fn an_encrypted_response_may_have_tokens_in_the_query() {
    let keys = json!({ "keys": [] }).to_string();
    let client = client().with(|metadata| {
        metadata.messages.response_encryption = Encryption::parse("ECDH-ES");
        metadata.jwks = Some(keys.clone());
    });
    let params = Params::parse(b"redirect_uri=https://app.example/cb&response_mode=query.jwt").unwrap();
    let Refusal::Redirect { to, .. } =
        refuse((&client, &Demands::NOTHING), None, &params, Reason::RequestObjectTimes.because("x"))
    else {
        panic!("the redirect URI is registered");
    };
    assert_eq!(to.protection().and_then(|it| it.encryption.clone()).map(|(_, jwks)| jwks), Some(keys));
}

/// The object of RFC 9101 §4, its claims and its parameters.
#[test]
fn the_example_of_rfc_9101_is_read() {
    let client = Client { id: crate::oauth::id::ClientId::new("s6BhdRkqt3"), ..client() };
    let inside = json!({
        "iss": "s6BhdRkqt3", "aud": "https://server.example.com", "response_type": "code id_token",
        "client_id": "s6BhdRkqt3", "redirect_uri": "https://client.example.org/cb", "scope": "openid",
        "state": "af0ifjsldkj", "nonce": "n-0S6_WzA2Mj", "max_age": 86400,
    });
    let object = RequestObject::read(&written(&json!({ "alg": "RS256", "kid": "k2bdc" }), &inside)).unwrap();
    let context = ObjectContext { issuer: "https://server.example.com", ..context(&client) };
    // The example has no exp.
    assert_eq!(object.check(&context).unwrap_err().reason, Reason::RequestObjectTimes);
    let params = Params::parse(b"client_id=s6BhdRkqt3").unwrap();
    let received =
        object.into_received(Outside { source: Source::Query, params: &params }, &context).unwrap();
    for (name, value) in [
        ("response_type", "code id_token"),
        ("redirect_uri", "https://client.example.org/cb"),
        ("scope", "openid"),
        ("state", "af0ifjsldkj"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("max_age", "86400"),
    ] {
        assert_eq!(received.params().one(name), Ok(Some(value)), "{name}");
    }
}

proptest! {
    #[test]
    fn no_object_causes_a_panic(header in "[ -~]{0,40}", claims in "[ -~]{0,80}", rest in "[.a-zA-Z0-9_-]{0,20}") {
        let client = client();
        for token in [
            format!("{header}.{claims}.{rest}"),
            format!("{}.{}.{rest}", encoded(&header), encoded(&claims)),
            format!("{}.{}.{rest}", encoded(r#"{"alg":"ES256"}"#), encoded(&claims)),
        ] {
            if let Ok(object) = RequestObject::read(&token) {
                let _ = object.check(&context(&client));
            }
        }
    }

    #[test]
    fn what_a_parameter_says_is_what_the_object_says(state in "\\PC{1,40}", scope in "[a-z ]{1,30}", age in 0..u32::MAX) {
        let client = client();
        let change = json!({ "state": state, "scope": scope, "max_age": age });
        let received = read_from(&client, "client_id=x&state=outside&scope=outside", &change).unwrap();
        let pairs = received.params().pairs();
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        prop_assert_eq!(value("state"), Some(state));
        prop_assert_eq!(value("scope"), Some(scope));
        prop_assert_eq!(value("max_age"), Some(age.to_string()));
        prop_assert_eq!(pairs.len(), 5);
    }
}
