//! Operations as an API calls them: pages of lists, faults by member, and the events that acts are.

use std::borrow::Cow;

use grantor::cache::row_budgets::Draw;
use grantor::clock::{Seconds, Timestamp};
use grantor::failure::Denied;
use grantor::network::Networks;
use grantor::oauth::client::GrantType;
use grantor::oauth::grant::device::{DeviceAnswer, DeviceRequest, UserCode};
use grantor::oauth::grant::scope::ScopeRecord;
use grantor::oauth::grant::trusted_issuer::IssuerKeys;
use grantor::oauth::id::{ClientId, FlowId, SessionId, UserId};
use grantor::oauth::identity::authentication::{Amr, Authentication, Proof};
use grantor::oauth::identity::group::Groups;
use grantor::oauth::request::interaction::SignedIn;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::operations::devices::{self, FoundDevice, TypedCode};
use grantor::operations::event::Event;
use grantor::operations::fault::{FaultKind, Faults};
use grantor::operations::keys::{self, KeyRotation, Start};
use grantor::operations::list::{List, Listing};
use grantor::operations::sessions::{ProvenSignIn, SessionStart};
use grantor::operations::users::{HashedPassword, NewUser, UserChanges};
use grantor::operations::{
    Context, clients, logout_deliveries, resources, scopes, sessions, trusted_issuers, users,
};
use grantor::secret::{Hash, Secret};
use grantor::store::clients::ClientFilter;
use grantor::store::deliveries::DeliveryFilter;
use grantor::store::flows::FlowKey;
use grantor::store::page::NameFilter;
use grantor::store::sessions::NewSession;
use grantor::store::users::UserFilter;
use serde_json::{Map, Value, json};

use crate::support::relying_party::Registration;
use crate::support::{Application, TestServer};
use crate::trusted_issuers::trust;

fn context(server: &TestServer) -> Context<'_> {
    server.app.operations(server.app.now(), grantor::operations::actor::Actor::server())
}

/// Reads a list by pages of `limit`; each page but the last is full.
async fn by_pages<F: Clone, T>(
    limit: u32,
    filter: F,
    list: impl AsyncFn(Listing<F>) -> Result<List<T>, Denied<Faults>>,
) -> Vec<T> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = list(Listing { filter: filter.clone(), limit, cursor }).await.unwrap();
        assert!(page.next.is_none() || page.items.len() == limit as usize);
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}

/// The faults of a refused operation, which are about usual members or the first claim.
fn faults<T>(outcome: Result<T, Denied<Faults>>) -> Vec<(Option<&'static str>, FaultKind)> {
    let Err(Denied::Refused(faults)) = outcome else { panic!("refused") };
    let name = |member: &Cow<'static, str>| match member {
        Cow::Borrowed(name) => *name,
        Cow::Owned(name) if name == "claims/0" => "claims/0",
        Cow::Owned(name) => panic!("{name} is not one of the usual members"),
    };
    faults.iter().map(|fault| (fault.member.as_ref().map(name), fault.kind)).collect()
}

async fn password(server: &TestServer) -> HashedPassword {
    let (passwords, policy) = (&server.app.passwords, server.app.config.passwords.policy());
    HashedPassword::new(passwords, policy, Secret::new("a marked password".into()), &[]).await.unwrap()
}

fn claims(value: Value) -> Map<String, Value> {
    let Value::Object(claims) = value else { panic!("an object") };
    claims
}

#[tokio::test]
async fn a_list_by_pages_has_everything_once_and_in_order() {
    let server = TestServer::start().await;
    for name in ["b", "a", "d_x", "c", "dax"] {
        server.user(name).await;
    }
    let names = async |limit, filter| {
        let found = by_pages(limit, filter, async |listing| users::list(&context(&server), listing).await);
        found.await.into_iter().map(|user| user.person.username).collect::<Vec<_>>()
    };
    let all = names(500, UserFilter::default()).await;
    assert_eq!(all.len(), 5);
    for limit in [1, 2, 4, 5, 6] {
        assert_eq!(names(limit, UserFilter::default()).await, all, "by {limit}");
    }
    let with = |part: &str| UserFilter { q: Some(part.into()), ..UserFilter::default() };
    assert_eq!(names(1, with("D_X")).await, ["d_x"], "a pattern means itself");
    assert_eq!(names(1, with("@EXAMPLE")).await, all, "addresses are searched, too");
    users::disable(&context(&server), "c").await.unwrap();
    assert_eq!(names(1, UserFilter { disabled: Some(true), ..UserFilter::default() }).await, ["c"]);

    let known = async |limit| {
        let all = NameFilter::default();
        by_pages(limit, all, async |listing| scopes::list(&context(&server), listing).await).await
    };
    assert_eq!(known(2).await, known(500).await);
}

/// The names of a list that match `q`, read in pages of one.
async fn search<T>(
    q: &str,
    list: impl AsyncFn(Listing<NameFilter>) -> Result<List<T>, Denied<Faults>>,
    name: impl Fn(T) -> String,
) -> Vec<String> {
    by_pages(1, NameFilter { q: Some(q.into()) }, list).await.into_iter().map(name).collect()
}

#[tokio::test]
async fn lists_are_searched_by_a_part_of_the_name_in_any_spelling() {
    let server = TestServer::start().await;
    let here = context(&server);
    for uri in ["https://api.example.com/Pay", "https://api.example.com/x_y", "https://api.example.com/xay"] {
        server.resource(uri, "read").await;
    }
    let resource = async |q: &str| {
        search(q, async |listing| resources::list(&here, listing).await, |resource| resource.uri).await
    };
    assert_eq!(resource("/PAY").await, ["https://api.example.com/Pay"]);
    assert_eq!(resource("X_Y").await, ["https://api.example.com/x_y"], "a pattern means itself");
    assert_eq!(resource("api.").await.len(), 3);
    assert!(resource("nowhere").await.is_empty());

    let scope = async |q: &str| {
        search(q, async |listing| scopes::list(&here, listing).await, |scope| scope.name).await
    };
    assert_eq!(scope("Offline").await, ["offline_access"]);
    assert_eq!(scope("PHO").await, ["phone"]);

    for issuer in ["https://ci.example.com", "https://IDP.example.com"] {
        trust(&server, issuer, IssuerKeys::Here("{\"keys\":[]}".into()), &[]).await;
    }
    let issuer = async |q: &str| {
        let list = async |listing| trusted_issuers::list(&here, listing).await;
        search(q, list, |issuer| issuer.issuer).await
    };
    assert_eq!(issuer("idp").await, ["https://IDP.example.com"]);
    assert_eq!(issuer("https").await.len(), 2);
}

#[tokio::test]
async fn clients_are_searched_by_id_and_by_the_name_that_they_have_now() {
    let server = TestServer::start().await;
    let named = |id: &str, name: &str| {
        let mut client = Registration::web(id);
        client.client.metadata.name = name.into();
        client
    };
    for (id, name) in [("Shop-1", "CAFÉ Überall"), ("shop-2", "Bar"), ("desk", "The shop's desk")] {
        server.register(named(id, name)).await;
    }
    let ids = async |q: &str| {
        let filter = ClientFilter { q: Some(q.into()), ..ClientFilter::default() };
        let found = by_pages(1, filter, async |listing| clients::list(&context(&server), listing).await);
        found.await.into_iter().map(|record| record.client.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids("SHOP").await, ["Shop-1", "desk", "shop-2"], "id and name");
    assert_eq!(ids("cafe\u{301} ü").await, ["Shop-1"], "another spelling of é");
    assert_eq!(ids("shop_1").await, [""; 0], "a pattern means itself");
    let renamed = named("Shop-1", "Inn").client;
    server
        .store(async move |tx| grantor::store::clients::update(tx, &renamed, Timestamp::from_unix(0)).await)
        .await;
    assert_eq!((ids("café").await, ids("inn").await), (vec![], vec!["Shop-1".to_owned()]));
}

#[tokio::test]
async fn sessions_of_one_second_are_listed_once_each() {
    let server = TestServer::start().await;
    let (web, mut first) = (server.web().await, server.alice().await);
    let mut others = [first.stranger(), first.stranger(), first.stranger()];
    web.code(&mut first).await;
    for browser in &mut others {
        web.code(browser).await;
    }
    let ids = async |limit| {
        let found = by_pages(limit, None, async |listing| sessions::list(&context(&server), listing).await);
        found.await.into_iter().map(|session| session.id).collect::<Vec<_>>()
    };
    let all = ids(500).await;
    assert_eq!(all.len(), 4);
    assert_eq!((ids(1).await, ids(3).await), (all.clone(), all));
    let of_none = Listing { filter: DeliveryFilter::default(), limit: 1, cursor: None };
    assert!(logout_deliveries::list(&context(&server), of_none).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_cursor_of_another_list_and_a_page_that_is_too_large_are_refused() {
    let server = TestServer::start().await;
    server.user("alice").await;
    server.user("bob").await;
    let listing = Listing { filter: UserFilter::default(), limit: 1, cursor: None };
    let page = users::list(&context(&server), listing.clone()).await.unwrap();
    let foreign = Listing { filter: NameFilter::default(), limit: 1, cursor: page.next };
    let refused = faults(scopes::list(&context(&server), foreign.clone()).await);
    assert_eq!(refused, [(Some("cursor"), FaultKind::Invalid)]);
    let refused = faults(trusted_issuers::list(&context(&server), foreign).await);
    assert_eq!(refused, [(Some("cursor"), FaultKind::Invalid)]);
    let large = Listing { limit: 501, ..listing };
    assert_eq!(faults(users::list(&context(&server), large).await), [(Some("limit"), FaultKind::Invalid)]);
}

#[tokio::test]
async fn every_wrong_member_is_named_at_once_and_nothing_is_changed() {
    let server = TestServer::start().await;
    let user = NewUser {
        username: "a@b".into(),
        claims: claims(json!({"email": "nowhere", "groups": "staff", "iss": "x", "name": "Alice"})),
        role: None,
        user_code: None,
    };
    let mut refused = faults(users::create(&context(&server), user, password(&server).await).await);
    refused.sort_by_key(|(member, _)| *member);
    let invalid = |member| (Some(member), FaultKind::Invalid);
    assert_eq!(refused, ["claims", "email", "groups", "username"].map(invalid));
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 0);

    let scope = ScopeRecord {
        name: "a b".into(),
        description: " ".into(),
        claims: vec!["iss".into()],
        access_token_lifetime: Some(Seconds::ZERO),
        required_group: Some(String::new()),
        ..ScopeRecord::default()
    };
    let refused = faults(scopes::create(&context(&server), scope).await);
    let members = ["name", "description", "claims/0", "access_token_lifetime", "required_group"];
    assert_eq!(refused, members.map(invalid));

    server.user("alice").await;
    let email = claims(json!({"email": "Alice@example.com"}));
    let bob = NewUser { username: "bob".into(), claims: email, role: None, user_code: None };
    let taken = users::create(&context(&server), bob, password(&server).await).await;
    assert_eq!(faults(taken), [(Some("email"), FaultKind::Conflict)]);
    assert_eq!(faults(users::enable(&context(&server), "carol").await), [(None, FaultKind::NotFound)]);
    let empty = HashedPassword::new(
        &server.app.passwords,
        server.app.config.passwords.policy(),
        Secret::new(String::new()),
        &[],
    );
    assert_eq!(faults(empty.await), [(Some("password"), FaultKind::Invalid)]);
}

#[tokio::test]
async fn an_act_is_an_event_that_says_what_changed_and_no_secret() {
    let server = TestServer::start().await;
    let user = NewUser {
        username: "alice".into(),
        claims: claims(json!({"name": "Alice"})),
        role: None,
        user_code: None,
    };
    let created = users::create(&context(&server), user, password(&server).await).await.unwrap();
    let id = created.outcome.person.id;
    let says = |event: &Event| {
        let changed: Vec<_> =
            event.changes.iter().map(|change| json!([change.member, change.before, change.after])).collect();
        json!([event.act.word(), event.object.kind.word(), event.object.id, event.object.name, changed])
    };
    let made = json!([
        ["claims", null, {}],
        ["disabled", null, false],
        ["name", null, "Alice"],
        ["username", null, "alice"]
    ]);
    assert_eq!(says(&created.event), json!(["user.created", "user", id.as_str(), "alice", made]));
    let changes = UserChanges {
        username: Some("Alicia".into()),
        removed: vec!["name".into()],
        claims: claims(json!({"email": "a@example.com"})),
        ..UserChanges::default()
    };
    let updated = users::update(&context(&server), "alice", changes).await.unwrap();
    let changed =
        json!([["email", null, "a@example.com"], ["name", "Alice", null], ["username", "alice", "Alicia"]]);
    assert_eq!(says(&updated.event), json!(["user.updated", "user", id.as_str(), "Alicia", changed]));
    let set = users::set_password(&context(&server), "alicia", password(&server).await).await.unwrap();
    assert_eq!(says(&set.event), json!(["user.password_set", "user", id.as_str(), "Alicia", []]));
    for event in [created.event, updated.event, set.event] {
        let text = format!("{event:?}");
        assert!(!text.contains("marked") && !text.contains("$argon2"), "{text}");
    }
}

#[tokio::test]
async fn keys_are_not_made_if_somebody_has_rotated_since_the_question() {
    let server = TestServer::start().await;
    let (context, master) = (context(&server), server.app.keys.master());
    let rotation = KeyRotation { algorithm: Some(SigningAlgorithm::Es256.into()), start: Start::AtOnce };
    let first = keys::check_rotate(&context, rotation).await.unwrap();
    let second = keys::check_rotate(&context, rotation).await.unwrap();
    assert_eq!(keys::rotate(&context, master, first).await.unwrap().len(), 1);
    let count = async || {
        keys::list(&context, Listing { filter: (), limit: 100, cursor: None }).await.unwrap().items.len()
    };
    let before = count().await;
    assert_eq!(faults(keys::rotate(&context, master, second).await), [(None, FaultKind::Conflict)]);
    assert_eq!(count().await, before);
}

/// The act, the object and the client of an event.
fn says(event: &Event) -> Value {
    let client = event.client.as_ref().map(ClientId::as_str);
    json!([event.act.word(), event.object.kind.word(), event.object.id, client])
}

/// A sign-in of `user` in a new session, which ends the sessions `surplus`.
fn flow() -> FlowKey {
    FlowKey { id: FlowId::new("flow"), expires_at: Timestamp::from_unix(1_900_000_000) }
}

fn sign_in(
    server: &TestServer,
    user: &UserId,
    id: &str,
    surplus: &[SessionId],
    hash: String,
) -> ProvenSignIn {
    let now = server.app.now();
    let session = NewSession {
        cookie: Hash::of(id),
        id: SessionId::new(id),
        user: user.clone(),
        begins_at: now,
        expires_at: now + Seconds::new(3600),
    };
    let start = SessionStart {
        session,
        before: None,
        surplus: surplus.to_vec(),
        flow: Some((ClientId::new("web"), flow())),
    };
    ProvenSignIn { start, proof: Proof::Password { hash }, rehashed: None, guess: None }
}

#[tokio::test]
async fn a_sign_in_is_an_event_and_needs_a_proof_that_still_holds() {
    let server = TestServer::start().await;
    let here = context(&server);
    let user = server.user("alice").await;
    let id = user.clone();
    let hash = server
        .store(async move |tx| {
            let query = tx.query("SELECT password_hash FROM users WHERE id = $1").bind(id.as_str());
            query.optional::<(String,)>().await
        })
        .await
        .unwrap()
        .0;
    let sessions_of = async || {
        let found = by_pages(500, None, async |listing| sessions::list(&here, listing).await).await;
        found.into_iter().map(|session| session.id).collect::<Vec<_>>()
    };
    let begun = sessions::sign_in(&here, sign_in(&server, &user, "one", &[], hash.clone())).await.unwrap();
    assert_eq!(says(&begun.event), json!(["session.begun", "session", "one", "web"]));
    let next = sign_in(&server, &user, "two", &[begun.outcome], hash);
    let begun = sessions::sign_in(&here, next).await.unwrap();
    assert_eq!(sessions_of().await, ["two"], "the surplus session has ended");
    let chosen = sessions::choose(&here, &begun.outcome, &ClientId::new("web"), &flow()).await;
    assert_eq!(says(&chosen.unwrap().event), json!(["session.chosen", "session", "two", "web"]));

    let stale = sign_in(&server, &user, "three", &[begun.outcome], "another hash".into());
    let refused = faults(sessions::sign_in(&here, stale).await);
    assert_eq!(refused, [(None, FaultKind::Conflict)]);
    assert_eq!(sessions_of().await, ["two"], "a refused sign-in ends nothing");
}

/// The device that waits with the code of a new request.
async fn waiting(server: &TestServer, tv: &Application) -> (UserCode, DeviceRequest) {
    let answer = tv.post("/device_authorization", &[("scope", "read")]).await;
    let code = UserCode::parse(&answer.get("user_code")).unwrap();
    let networks = Networks::of("203.0.113.1".parse().unwrap());
    let typed =
        TypedCode { code: code.clone(), user: UserId::new("alice"), networks, draw: Draw::unlimited() };
    match devices::find_by_code(&context(server), typed).await.unwrap() {
        FoundDevice::Device(device) => (code, *device),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_answer_to_a_device_is_an_event_and_counts_once() {
    let server = TestServer::start().await;
    let here = context(&server);
    let tv = server.register(Registration::native("tv").grants(&[GrantType::DeviceCode])).await;
    let in_session = |session: &str| SignedIn {
        session: SessionId::new(session),
        user: UserId::new("alice"),
        username: "alice".into(),
        authentication: Authentication::by(Amr::Pwd, here.now),
        groups: Groups::of_claims("{}"),
        consent: None,
    };
    let (code, device) = waiting(&server, &tv).await;
    assert_eq!(device.answer, DeviceAnswer::Awaited(code));
    for _ in 0..2 {
        let allowed = devices::allow(
            &here,
            &device.grant,
            &device.client,
            &in_session("s"),
            (device.granted.clone(), 0),
        )
        .await
        .unwrap();
        let said = json!(["device.allowed", "device", device.grant.as_str(), "tv"]);
        assert_eq!(says(&allowed.event), said, "also when the page is submitted again");
    }
    let other = devices::allow(
        &here,
        &device.grant,
        &device.client,
        &in_session("other"),
        (device.granted.clone(), 0),
    )
    .await;
    assert_eq!(faults(other), [(None, FaultKind::Conflict)]);

    let (_, device) = waiting(&server, &tv).await;
    let denied = devices::deny(&here, &device.grant, &device.client).await.unwrap();
    assert_eq!(says(&denied.event), json!(["device.denied", "device", device.grant.as_str(), "tv"]));
    let late =
        devices::allow(&here, &device.grant, &device.client, &in_session("s"), (device.granted.clone(), 0))
            .await;
    assert_eq!(faults(late), [(None, FaultKind::Conflict)]);
}
