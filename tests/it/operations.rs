//! Operations as an API calls them: pages of lists, faults by member, and the events that acts are.

use grantor::clock::Seconds;
use grantor::failure::Denied;
use grantor::oauth::grant::scope::ScopeRecord;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::operations::event::Event;
use grantor::operations::fault::{FaultKind, Faults};
use grantor::operations::keys::{self, KeyRotation, Start};
use grantor::operations::list::{List, Listing};
use grantor::operations::users::{HashedPassword, NewUser, UserChanges};
use grantor::operations::{Context, logout_deliveries, scopes, sessions, trusted_issuers, users};
use grantor::secret::Secret;
use grantor::store::logout_deliveries::DeliveryFilter;
use grantor::store::users::UserFilter;
use serde_json::{Map, Value, json};

use crate::support::TestServer;

fn context(server: &TestServer) -> Context<'_> {
    server.app.operations(server.app.now())
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

/// The faults of a refused operation.
fn faults<T>(outcome: Result<T, Denied<Faults>>) -> Vec<(Option<&'static str>, FaultKind)> {
    let Err(Denied::Refused(faults)) = outcome else { panic!("refused") };
    faults.iter().map(|fault| (fault.member, fault.kind)).collect()
}

async fn password(server: &TestServer) -> HashedPassword {
    HashedPassword::new(&server.app.passwords, Secret::new("a marked password".into())).await.unwrap()
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
    let with = |part: &str| UserFilter { q: Some(part.into()), disabled: None };
    assert_eq!(names(1, with("D_X")).await, ["d_x"], "a pattern means itself");
    assert_eq!(names(1, with("@EXAMPLE")).await, all, "addresses are searched, too");
    users::disable(&context(&server), "c").await.unwrap();
    assert_eq!(names(1, UserFilter { q: None, disabled: Some(true) }).await, ["c"]);

    let known = by_pages(500, (), async |listing| scopes::list(&context(&server), listing).await).await;
    let two = by_pages(2, (), async |listing| scopes::list(&context(&server), listing).await).await;
    assert_eq!((two.len(), &two), (known.len(), &known));
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
    let foreign = Listing { filter: (), limit: 1, cursor: page.next };
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
        password: password(&server).await,
    };
    let mut refused = faults(users::create(&context(&server), user).await);
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
    let members = ["name", "description", "claims", "access_token_lifetime", "required_group"];
    assert_eq!(refused, members.map(invalid));

    server.user("alice").await;
    let bob = NewUser {
        username: "bob".into(),
        claims: claims(json!({"email": "Alice@example.com"})),
        password: password(&server).await,
    };
    let taken = users::create(&context(&server), bob).await;
    assert_eq!(faults(taken), [(Some("email"), FaultKind::Conflict)]);
    assert_eq!(faults(users::enable(&context(&server), "carol").await), [(None, FaultKind::NotFound)]);
    let empty = HashedPassword::new(&server.app.passwords, Secret::new(String::new()));
    assert_eq!(faults(empty.await), [(Some("password"), FaultKind::Invalid)]);
}

#[tokio::test]
async fn an_act_is_an_event_that_says_what_changed_and_no_secret() {
    let server = TestServer::start().await;
    let user = NewUser {
        username: "alice".into(),
        claims: claims(json!({"name": "Alice"})),
        password: password(&server).await,
    };
    let created = users::create(&context(&server), user).await.unwrap();
    let id = created.outcome.id;
    let says = |event: &Event| {
        let changed: Vec<_> =
            event.changes.iter().map(|change| json!([change.member, change.before, change.after])).collect();
        json!([event.act.word(), event.object.kind.word(), event.object.id, event.object.name, changed])
    };
    assert_eq!(says(&created.event), json!(["user.created", "user", id.as_str(), "alice", []]));
    let changes = UserChanges {
        username: Some("Alicia".into()),
        removed: vec!["name".into()],
        claims: claims(json!({"email": "a@example.com"})),
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
    let rotation = KeyRotation { algorithm: Some(SigningAlgorithm::Es256), start: Start::AtOnce };
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
