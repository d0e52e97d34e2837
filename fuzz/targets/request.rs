//! What comes in the parameters of a request.

use std::sync::OnceLock;

use grantor::clock::Timestamp;
use grantor::oauth::client::demand::Demands;
use grantor::oauth::client::{BackchannelSettings, Client, ClientKind, ClientMetadata, DeliveryMode};
use grantor::oauth::display_text::is_shown;
use grantor::oauth::grant::authorization_details::authorization_type::{
    AuthorizationType, KnownAuthorizationTypes, RegisteredType,
};
use grantor::oauth::grant::authorization_details::{self, AuthorizationDetails};
use grantor::oauth::grant::device::UserCode;
use grantor::oauth::grant::granted::Granted;
use grantor::oauth::grant::resource::{KnownResources, RegisteredResources, Resource};
use grantor::oauth::grant::scope::{KnownScopes, Scope, ScopeRecord, narrow};
use grantor::oauth::id::ClientId;
use grantor::oauth::request::backchannel::{self, PersonHint};
use grantor::oauth::request::claims_request::ClaimsRequest;
use grantor::oauth::request::params::Params;
use grantor::oauth::request::received::{Received, Source};
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::oauth::request::request_object::{self, ObjectContext, Outside, RequestObject};
use grantor::oauth::request::return_address::ReturnAddress;
use grantor::oauth::request::{AnswerTo, Refusal, ServerContext, validate};
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::oauth::strict_json;
use grantor::oauth::token::algorithm::TokenAlgorithms;
use serde_json::json;

use super::{check_keeps_secret_beside, check_refusal, text, two};

const ISSUER: &str = "https://id.example";
const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

/// A form body or a query.
pub(super) fn form(input: &[u8]) {
    let params = match Params::parse(input) {
        Ok(params) => params,
        Err(error) => return check_refusal(&error),
    };
    let length: usize = params.pairs().iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(params.pairs().len() <= 100 && length <= 3 * input.len(), "a byte becomes U+FFFD at most");
    let written = serde_urlencoded::to_string(params.pairs()).expect("text");
    assert_eq!(Params::parse(written.as_bytes()).expect("what was written").pairs(), params.pairs());
    for name in ["a", "scope", "client_secret", "request", "authorization_details"] {
        match params.one(name) {
            Ok(Some(value)) => {
                assert!(params.count(name) == 1 && (1..=Params::MAX_TOKEN_LENGTH).contains(&value.len()));
                assert!(!value.contains(['\0', '\u{7f}', '\u{fffd}']), "{value:?}");
            }
            Ok(None) => assert!(params.pairs().iter().all(|(key, value)| key != name || value.is_empty())),
            Err(error) => check_refusal(&error),
        }
        match params.typed(name) {
            Ok(value) => assert_eq!(value, value.trim()),
            Err(error) => check_refusal(&error),
        }
        match params.all(name, 3) {
            Ok(values) => assert!(values.len() <= 3),
            Err(error) => check_refusal(&error),
        }
    }
}

/// What the server of these targets knows: three scopes, an API, and the type of RFC 9396 §2.
struct Known {
    scopes: Vec<ScopeRecord>,
    payment: RegisteredType,
    api: Resource,
}

impl KnownScopes for Known {
    fn find(&self, name: &str) -> Option<&ScopeRecord> {
        self.scopes.iter().find(|scope| scope.name == name)
    }
}

impl KnownResources for Known {
    fn resource(&self, uri: &str) -> Option<&Resource> {
        (uri == self.api.uri).then_some(&self.api)
    }
}

impl KnownAuthorizationTypes for Known {
    fn authorization_type(&self, name: &str) -> Option<&RegisteredType> {
        (name == self.payment.record.name).then_some(&self.payment)
    }

    fn authorization_type_names(&self) -> Vec<String> {
        vec![self.payment.record.name.clone()]
    }
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let schema = json!({
            "type": "object",
            "required": ["instructedAmount"],
            "properties": {
                "type": { "const": "payment_initiation" },
                "locations": { "type": "array" },
                "instructedAmount": {
                    "type": "object",
                    "required": ["currency", "amount"],
                    "properties": { "currency": { "type": "string", "pattern": "^[A-Z]{3}$" }, "amount": {} },
                },
            },
        });
        authorization_details::check_schema(&schema).expect("a schema");
        let record = AuthorizationType {
            name: "payment_initiation".to_owned(),
            schema,
            ..AuthorizationType::default()
        };
        let scope = |name: &str| ScopeRecord { name: name.to_owned(), ..ScopeRecord::default() };
        Known {
            scopes: ["openid", "read", "write"].map(scope).into(),
            payment: RegisteredType::new(record),
            api: Resource {
                uri: "https://example.com/payments".to_owned(),
                version: 1,
                scopes: Scope::from_stored("read write"),
                format: grantor::oauth::client::TokenFormat::Opaque,
                algorithm: None,
                access_token_lifetime: None,
                servers: Vec::new(),
            },
        }
    })
}

/// The client whose requests these are: that of RFC 9101, with a place of its own.
fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let uris = ["https://client.example.org/cb", "https://app.example/cb?tenant=1"];
        let redirect_uris = uris.map(|uri| RegisteredUri::register(uri, ClientKind::Web).expect("a URI"));
        let metadata = ClientMetadata {
            redirect_uris: redirect_uris.into(),
            scopes: Scope::from_stored("openid read write"),
            ..ClientMetadata::new("Example", ClientKind::Web)
        };
        Client::new(ClientId::new("s6BhdRkqt3"), metadata)
    })
}

/// The same client, registered for pings: the server calls it when a person has answered.
fn notified() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let backchannel =
            BackchannelSettings { delivery: DeliveryMode::Ping, ..BackchannelSettings::default() };
        let scopes = Scope::from_stored("openid read write");
        let metadata =
            ClientMetadata { backchannel, scopes, ..ClientMetadata::new("Example", ClientKind::Web) };
        Client::new(ClientId::new("s6BhdRkqt3"), metadata)
    })
}

/// A server that demands nothing.
fn context() -> ServerContext<'static, Known> {
    let demands = Demands::NOTHING;
    let algorithms =
        TokenAlgorithms { usual: SigningAlgorithm::Es256, of_fapi: SigningAlgorithm::Es256, demands };
    ServerContext { catalogue: known(), issuer: ISSUER, demands, algorithms }
}

/// What a refusal of a backchannel request may show: all names, and the values of the parameters that are no secrets.
fn shown_of(params: &Params) -> String {
    let secrets = ["user_code", "client_notification_token", "id_token_hint", "login_hint_token"];
    let shown = params.pairs().iter().map(|(name, value)| match secrets.contains(&name.as_str()) {
        true => name.clone(),
        false => format!("{name}={value}"),
    });
    shown.collect::<Vec<_>>().join("&")
}

/// The parameters of a request about a person who answers elsewhere (CIBA).
pub(super) fn backchannel_request(input: &[u8]) {
    let Ok(params) = Params::parse(input) else { return };
    let asked = match backchannel::validate(notified(), &params, &context()) {
        Ok(asked) => asked,
        Err(error) => {
            check_keeps_secret_beside(&shown_of(&params), &error.description);
            return check_refusal(&error);
        }
    };
    let scope = asked.granted.scope.to_string();
    assert!(scope.split(' ').any(|name| name == "openid"), "{scope}");
    assert!(scope.split(' ').all(|name| ["openid", "read", "write"].contains(&name)), "{scope}");
    if let Some(message) = &asked.binding_message {
        assert!(is_shown(message.as_str()) && (1..=64).contains(&message.as_str().chars().count()));
    }
    let token = asked.notification_token.expect("a client with pings sends a token");
    assert!(
        token.len() <= 1024 && token.bytes().all(|byte| (0x21..0x7f).contains(&byte)),
        "a header takes it"
    );
    assert!(asked.requested_expiry.is_none_or(|expiry| expiry.as_i64() > 0));
    let (PersonHint::Name(hint) | PersonHint::IdToken(hint) | PersonHint::Token(hint)) = &asked.hint;
    assert!(!hint.is_empty(), "the request is about someone");
    let named = ["login_hint", "id_token_hint", "login_hint_token"];
    assert!(named.into_iter().any(|name| params.count(name) == 1), "{named:?}");
}

/// Checks that answers go only to where the client is registered.
fn check_address(to: &ReturnAddress) {
    let registered = &client().redirect_uris;
    assert!(registered.iter().any(|uri| uri.as_str() == to.as_str()), "{}", to.as_str());
}

fn check_stored(received: &Received) {
    let back = Received::from_json(&received.to_json()).expect("what was stored");
    assert_eq!(back.params().pairs(), received.params().pairs());
    assert_eq!(back.to_json(), received.to_json());
    if received.check_length().is_ok() {
        let stored = received.clone().with_verified_hint(&"x".repeat(43)).to_json();
        assert!(stored.len() <= Received::MAX_STORED, "{}", stored.len());
    }
}

/// Checks a whole request: what is granted is the client's, and answers go to its addresses.
fn check_request(received: &Received) {
    check_stored(received);
    let state = received.params().one("state");
    match validate(client(), received, &context()) {
        Ok(request) => {
            let AnswerTo::Application { return_to, state: kept } = &request.answer_to else {
                panic!("{:?}", request.answer_to)
            };
            check_address(return_to);
            assert_eq!(Ok(kept.as_deref()), state);
            assert!(request.granted.scope.names().all(|name| client().scopes.contains(name)));
            let stored = Granted::from_stored(&request.granted.to_stored());
            assert_eq!(stored.as_ref(), Some(&request.granted));
        }
        Err(refusal) => {
            check_refusal(refusal.error());
            if let Refusal::Redirect { to, state: kept, .. } = &refusal {
                check_address(to);
                assert_eq!(kept.as_deref(), state.ok().flatten());
            }
        }
    }
}

/// A query of the authorization endpoint.
pub(super) fn authorization_request(input: &[u8]) {
    if let Ok(params) = Params::parse(input) {
        check_request(&Received::resolve(Source::Query, params));
    }
}

/// A request object: a token as it comes, or the JSON of its header and of its claims in two lines.
pub(super) fn request_object(input: &[u8]) {
    let Some(whole) = text(input) else { return };
    let encode = |part: &str| grantor::secret::to_base64url(part.as_bytes());
    let token = match two(input) {
        Some((header, claims)) => {
            let signature = if header.contains("\"none\"") { "" } else { "c2ln" };
            format!("{}.{}.{signature}", encode(header), encode(claims))
        }
        None => whole.to_owned(),
    };
    let outside = Params::from_pairs(
        [("client_id", "s6BhdRkqt3"), ("scope", "write"), ("state", "outside"), ("nonce", "outside")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    );
    let object = match RequestObject::read(&token) {
        Ok(object) => object,
        Err(error) => {
            check_refusal(&error);
            let refusal = request_object::refuse((client(), &Demands::NOTHING), None, &outside, error);
            return assert!(matches!(refusal, Refusal::Page(_)), "nothing says where to");
        }
    };
    let issuer = "https://server.example.com";
    let context = ObjectContext { client: client(), issuer, demands: Demands::NOTHING, now: NOW };
    let checked = object.check(&context).and_then(|()| {
        let outside = Outside { source: Source::Query, params: &outside };
        object.clone().into_received(outside, &context)
    });
    match checked {
        Ok(received) => {
            assert!(object.is_signed(), "the client may not leave its requests unsigned");
            for name in ["state", "nonce", "scope"] {
                let one = received.params().one(name);
                assert!(one != Ok(Some("outside")) && received.source_of(name) != Some(Source::Query));
            }
            assert!(received.source_of("request").is_none() && received.source_of("request_uri").is_none());
            assert_eq!(received.params().one("client_id"), Ok(Some("s6BhdRkqt3")));
            check_request(&received);
        }
        Err(error) => {
            check_refusal(&error);
            if let Refusal::Redirect { to, .. } =
                request_object::refuse((client(), &Demands::NOTHING), Some(&object), &outside, error)
            {
                check_address(&to);
            }
        }
    }
}

/// The parameter `claims`.
pub(super) fn claims(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let request = match ClaimsRequest::parse(text) {
        Ok(request) => request,
        Err(error) => return check_refusal(&error),
    };
    assert!(text.len() <= 8 * 1024 && request.names().len() <= 128);
    assert!(strict_json::read(input, 127).is_ok(), "two readers could understand it differently");
    let stored = serde_json::to_string(&request).expect("JSON");
    assert_eq!(serde_json::from_str::<ClaimsRequest>(&stored).expect("what was stored"), request);
    let few = request.clone().limited_to(&["email", "name"].into());
    assert!(
        few.names().iter().all(|name| ["email", "name"].contains(&name.split('#').next().unwrap_or(name)))
    );
    assert!(few.names().is_subset(&request.names()));
    assert_eq!(request.and(&request), request);
}

/// The parameter `authorization_details`.
pub(super) fn authorization_details(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let details = match AuthorizationDetails::parse(text) {
        Ok(details) => details,
        Err(error) => return check_refusal(&error),
    };
    let count = details.iter().count();
    assert!((1..=authorization_details::MAX_DETAILS).contains(&count));
    assert!(details.iter().all(|detail| authorization_details::type_of(detail).is_some_and(is_shown)));
    assert_eq!(AuthorizationDetails::parse(&details.to_json()).expect("what was written"), details);
    assert_eq!(details.clone().within(&details).as_ref(), Ok(&details));
    assert!(details.without(&details).is_empty());
    let registered = RegisteredResources { resources: known(), issuer: ISSUER };
    match details.check(client(), &registered) {
        Ok(()) => assert!(details.iter().all(|detail| detail["instructedAmount"]["amount"] != json!(null)
            || detail["instructedAmount"].as_object().is_some_and(|amount| amount.contains_key("amount")))),
        Err(error) => check_refusal(&error),
    }
}

/// The parameter `scope`.
pub(super) fn scope(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let granted = Scope::from_stored("read write");
    match Scope::parse(text) {
        Ok(scope) => {
            let names: Vec<&str> = scope.names().collect();
            assert!(
                (1..=64).contains(&names.len())
                    && names.iter().all(|name| name.len() <= Scope::MAX_NAME_LENGTH)
            );
            assert_eq!(Scope::parse(&scope.to_string()).as_ref(), Ok(&scope));
            assert_eq!(Scope::from_stored(&scope.to_string()), scope);
        }
        Err(error) => check_refusal(&error),
    }
    match narrow(Some(text), &granted) {
        Ok(narrowed) => assert!(narrowed.names().all(|name| granted.contains(name))),
        Err(error) => check_refusal(&error),
    }
}

/// The code that a person types for a device.
pub(super) fn user_code(input: &[u8]) {
    let Some(typed) = text(input) else { return };
    if let Some(code) = UserCode::parse(typed) {
        assert!(code.as_str().len() == 8 && code.as_str().bytes().all(|byte| byte.is_ascii_uppercase()));
        for again in [code.to_string(), code.as_str().to_lowercase(), format!(" {code}\t")] {
            assert_eq!(UserCode::parse(&again).as_ref(), Some(&code), "{again}");
        }
    }
    if let Some(code) = UserCode::of_bytes(input) {
        assert_eq!(UserCode::parse(code.as_str()), Some(code));
    }
}
