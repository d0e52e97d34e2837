//! Client metadata in the database: what was written is what is read, and damage is found and named.

use grantor::clock::{Seconds, Timestamp};
use grantor::oauth::client::origin::Origin;
use grantor::oauth::client::{
    AssertionAudience, AuthMethod, Branding, Client, ClientKind, ClientMetadata, ContentEncryption, Demand,
    Encryption, GrantType, IdTokenClaims, KeyManagement, Links, LogoutUris, ObjectAlgorithm, SignedMessages,
    SubjectType, TokenFormat,
};
use grantor::oauth::grant::scope::Scope;
use grantor::oauth::id::ClientId;
use grantor::oauth::language_tag::LanguageTag;
use grantor::oauth::localized_text::LocalizedText;
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::oauth::request::response_type::ResponseType;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::store::clients;
use grantor::store::db::{Conn, DbError, Tx};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::TestServer;
use crate::support::database::statement_on;
use crate::support::relying_party::Registration;

fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    select(all)
}

fn some_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Vec<T>> {
    subsequence(all, 0..=all.len())
}

fn text() -> impl Strategy<Value = String> {
    "[^\u{0}]{1,40}"
}

fn uris() -> impl Strategy<Value = Vec<RegisteredUri>> {
    let address = "(https://[a-z]{1,9}\\.example|com\\.example\\.app:|http://127\\.0\\.0\\.1:[1-9][0-9]{3})/[!-~]{0,20}";
    vec(
        address.prop_filter_map("an address", |text| RegisteredUri::register(&text, ClientKind::Native).ok()),
        0..4,
    )
}

fn origins() -> impl Strategy<Value = Vec<Origin>> {
    vec("https://[a-z]{1,9}\\.example".prop_map(|text| Origin::register(&text).unwrap()), 0..3)
}

fn encryption() -> impl Strategy<Value = Option<Encryption>> {
    let both = (one_of(KeyManagement::FOR_CLIENTS), one_of(ContentEncryption::ALL));
    of(both.prop_map(|(algorithm, content)| Encryption { algorithm, content }))
}

fn jwks() -> impl Strategy<Value = Option<String>> {
    let key =
        (text(), any::<i64>()).prop_map(|(n, number)| json!({ "kty": "RSA", "n": n, "more": [number] }));
    of(vec(key, 0..3).prop_map(|keys| json!({ "keys": keys }).to_string()))
}

/// A text in up to three languages besides its default.
fn localized() -> impl Strategy<Value = LocalizedText> {
    let tag = select(&["de", "pt-BR", "zh-Hant-TW", "x-ours"][..]);
    (text(), vec((tag, text()), 0..4)).prop_map(|(default, others)| {
        let mut localized = LocalizedText::from(default);
        for (tag, other) in others {
            localized.insert(LanguageTag::parse(tag).unwrap(), other);
        }
        localized
    })
}

const SIGNED: &[SigningAlgorithm] = SigningAlgorithm::ALL;
const ANSWERED: &[ResponseType] = ResponseType::ALL;

/// What the consent page shows, and how the client may ask.
fn asked() -> impl Strategy<Value = ClientMetadata> {
    let who =
        (one_of(ClientKind::ALL), localized(), of(localized()), of(localized()), of(localized()), of(text()));
    let brand = (of(text()), of(text()), of(text()), of(text()), of(text()));
    let scopes = vec("[!#-\\[\\]-~]{1,9}", 0..5);
    let flows = (uris(), uris(), origins(), some_of(GrantType::ALL), some_of(ANSWERED), scopes);
    (who, brand, flows, of(one_of(Demand::ALL)), any::<(bool, bool, bool)>()).prop_map(
        |(who, brand, flows, pkce, asked)| {
            let (accent, background, background_dark, radius, logo_dark) = brand;
            let (kind, name, site, policy, terms, logo) = who;
            let (redirect_uris, post_logout_redirect_uris, origins, grants, response_types, scopes) = flows;
            ClientMetadata {
                links: Links { site, policy, terms, logo },
                branding: Branding { accent, background, background_dark, radius, logo_dark },
                redirect_uris,
                post_logout_redirect_uris,
                origins,
                grants,
                response_types,
                scopes: Scope::from_stored(&scopes.join(" ")),
                pkce,
                first_party: asked.0,
                may_reuse_consent: asked.1,
                partial_consent: asked.2,
                allowed_schemes: if asked.1 { vec!["cursor".to_owned()] } else { Vec::new() },
                ..ClientMetadata::new(name, kind)
            }
        },
    )
}

fn id_token_claims() -> impl Strategy<Value = IdTokenClaims> {
    let names = vec("[a-z]{1,9}_", 1..4).prop_map(|names| IdTokenClaims::parse(&names.join(" ")).unwrap());
    prop_oneof![Just(IdTokenClaims::None), Just(IdTokenClaims::Scopes), names]
}

/// How requests and responses are signed.
fn messages() -> impl Strategy<Value = SignedMessages> {
    let demand = (of(one_of(Demand::ALL)), of(one_of(ObjectAlgorithm::ALL)), any::<bool>());
    (demand, of(one_of(SIGNED)), encryption()).prop_map(|(demand, response_alg, response_encryption)| {
        let (jar, object_alg, merges_object) = demand;
        SignedMessages { jar, object_alg, merges_object, response_alg, response_encryption }
    })
}

/// Metadata with every member that a client can have, of which each is valid.
fn metadata() -> impl Strategy<Value = ClientMetadata> {
    let audience = of(one_of(AssertionAudience::ALL));
    let proof = (of(one_of(AuthMethod::ALL)), jwks(), of(text()), audience);
    let id_tokens = (of(one_of(SIGNED)), encryption(), id_token_claims());
    let answers = (id_tokens, of(one_of(SIGNED)), encryption(), of(text()), of(text()));
    let people = (one_of(SubjectType::ALL), of(text()), of(text()), of("[ -~]{1,30}"), any::<(bool, bool)>());
    let resources = vec("https://[a-z]{1,9}\\.example", 0..3);
    let tokens = (one_of(TokenFormat::ALL), resources, of(any::<i64>().prop_map(Seconds::new)));
    let all = (asked(), messages(), proof, answers, people, tokens);
    all.prop_map(|(asked, messages, proof, answers, people, tokens)| {
        let (auth_method, jwks, jwks_uri, assertion_audience) = proof;
        let (id_tokens, userinfo_alg, userinfo_encryption, back, front) = answers;
        let (id_token_alg, id_token_encryption, id_token_claims) = id_tokens;
        let (subject_type, sector_identifier_uri, required_group, may_act, may) = people;
        let (token_format, resources, access_token_lifetime) = tokens;
        ClientMetadata {
            messages,
            auth_method,
            id_token_alg,
            id_token_encryption,
            id_token_claims,
            userinfo_alg,
            userinfo_encryption,
            jwks,
            jwks_uri,
            assertion_audience,
            logout: LogoutUris { back_channel: back, front_channel: front },
            subject_type,
            sector_identifier_uri,
            token_format,
            resources,
            access_token_lifetime,
            required_group,
            may_act: may_act.map(ClientId::new),
            may_impersonate: may.0,
            may_widen_resources: may.1,
            ..asked
        }
    })
}

async fn read(server: &TestServer, id: &ClientId) -> Result<Client, DbError> {
    let key = id.clone();
    let find = async move |conn: &mut Conn| clients::find(conn, &key).await;
    Ok(server.app.db.read(find).await?.expect("a client").client)
}

#[tokio::test]
async fn any_client_comes_back_from_its_row_as_it_was() {
    let server = TestServer::start().await;
    let (any, mut runner) = (metadata(), TestRunner::default());
    for at in 0..50 {
        let mut next = || any.new_tree(&mut runner).unwrap().current();
        let first = Client::new(ClientId::new(format!("client {at}")), next());
        let second = Client { metadata: next(), disabled: true, ..first.clone() };
        let (new, changed) = (first.clone(), second.clone());
        server.store(async move |tx: &mut Tx| clients::save(tx, &new, Timestamp::from_unix(1)).await).await;
        let stored = read(&server, &first.id).await.unwrap();
        assert_eq!((&stored.metadata, stored.version, stored.disabled), (&first.metadata, 1, false));
        server
            .store(async move |tx: &mut Tx| clients::update(tx, &changed, Timestamp::from_unix(2)).await)
            .await;
        let stored = read(&server, &first.id).await.unwrap();
        assert_eq!((&stored.metadata, stored.version, stored.disabled), (&second.metadata, 2, true));
    }
}

/// Writes a text where the metadata of a client is.
async fn damage(server: &TestServer, metadata: &str) {
    let metadata = metadata.replace('\'', "''");
    let sql = format!("UPDATE clients SET metadata = '{metadata}', version = version + 1 WHERE id = 'web'");
    statement_on(&server.database.url, &sql).await;
}

#[tokio::test]
async fn a_damaged_member_is_a_failure_that_names_the_column_and_not_what_is_in_it() {
    let server = TestServer::start().await;
    let web = server.register(Registration::web("web")).await;
    let id = ClientId::new("web");
    let whole: Value =
        serde_json::from_str(&read(&server, &id).await.unwrap().metadata.to_json().unwrap()).unwrap();
    let mut texts: Vec<String> = ["", "{", "null", "[]", "7", "{}"].map(str::to_owned).into();
    let members = whole.as_object().unwrap().keys().cloned();
    for member in members.chain(["jwks", "may_act", "pkce", "token_endpoint_auth_method"].map(str::to_owned))
    {
        for damaged in [json!(7), json!({ "nonsense": 1 }), json!([7]), json!([["nonsense"]])] {
            let mut client = whole.clone();
            client[&member] = damaged;
            texts.push(client.to_string());
        }
    }
    for word in [
        "kind",
        "subject_type",
        "token_format",
        "pkce",
        "jwks",
        "id_token_signed_response_alg",
        "redirect_uris",
    ] {
        let mut client = whole.clone();
        client[word] = if word == "redirect_uris" { json!(["nonsense"]) } else { json!("nonsense") };
        texts.push(client.to_string());
    }
    for text in texts {
        damage(&server, &text).await;
        let error = read(&server, &id).await.unwrap_err();
        assert_eq!(error.to_string(), "invalid data in clients web: metadata", "{text}");
    }
    let answer = web.token(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).await;
    assert_eq!((answer.status.as_u16(), answer.get("error").as_str()), (500, "server_error"));
    damage(&server, &whole.to_string()).await;
    assert_eq!(read(&server, &id).await.unwrap().name.as_str(), "The web application");
}
