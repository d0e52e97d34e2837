//! The roles of people, and that an owner remains.

use std::time::Duration;

use grantor::clock::{Clock, Timestamp};
use grantor::failure::Denied;
use grantor::oauth::grant::scope::Scope;
use grantor::oauth::identity::claims::Claims;
use grantor::oauth::identity::role::Role;
use grantor::oauth::permission::Permissions;
use grantor::operations::actor::Actor;
use grantor::operations::api_keys::{self, ApiKeyChanges, NewApiKey};
use grantor::operations::fault::{FaultKind, Faults};
use grantor::operations::password_links;
use grantor::operations::terms::{Terms, Version};
use grantor::operations::users::{self, NewUser, UserChanges};
use grantor::operations::{Context, Outcome};
use grantor::server::open_database;
use grantor::store::db::Db;
use serde_json::{Value, json};

use crate::climbing::limited;
use crate::support::{Operator, TestServer};

const OWNERS: &str = "SELECT COUNT(*) FROM users WHERE role = 'owner' AND disabled_at IS NULL";

fn context_on<'a>(server: &'a TestServer, db: &'a Db) -> Context<'a> {
    let context = server.app.operations(server.app.now(), limited(Permissions::all()));
    Context { db, ..context }
}

fn context(server: &TestServer) -> Context<'_> {
    context_on(server, &server.app.db)
}

fn to(role: Option<Role>) -> UserChanges {
    UserChanges { role: Some(role), ..UserChanges::default() }
}

async fn make_owner(server: &TestServer, name: &str) {
    let by_command = Context { actor: Actor::server(), ..context(server) };
    users::enable(&by_command, name).await.unwrap();
    users::update(&by_command, name, to(Some(Role::Owner))).await.unwrap();
}

/// Whether an act was refused because the last owner would be lost.
fn is_last_owner<T>(outcome: Result<T, Denied<Faults>>) -> bool {
    match outcome {
        Ok(_) => false,
        Err(Denied::Refused(faults)) => {
            let sentence = &faults.iter().next().unwrap().sentence;
            assert!(sentence.starts_with("this is the last owner"), "{sentence}");
            faults.kind() == FaultKind::Conflict
        }
        Err(Denied::Failed(failure)) => panic!("{failure}"),
    }
}

#[tokio::test]
async fn a_role_is_given_shown_searched_and_taken() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = ["user", "create", "--username", "olga", "--role", "operator", "--generate"];
    assert_eq!(operator.json(&create)["role"], "operator");
    server.user("alice").await;
    assert_eq!(operator.json(&["user", "show", "alice"])["role"], Value::Null);
    assert_eq!(operator.json(&["user", "update", "alice", "--role", "owner"])["role"], "owner");
    let invited = operator.json(&["user", "invite", "--username", "audrey", "--role", "auditor"]);
    assert_eq!(invited["role"], "auditor");
    server.user("bob").await;
    let names = |role: &str| {
        let listed = operator.json(&["user", "list", "--role", role]);
        let users = listed.as_array().unwrap().iter();
        users.map(|user| user["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((names("owner"), names("operator")), (vec!["alice".to_owned()], vec!["olga".to_owned()]));
    assert_eq!((names("auditor"), names("none")), (vec!["audrey".to_owned()], vec!["bob".to_owned()]));
    let table = operator.done(&["user", "list"]);
    assert!(
        table.starts_with("USERNAME") && table.contains("  ROLE  ") && table.contains("operator"),
        "{table}"
    );
    let shown = operator.done(&["user", "show", "olga"]);
    let role = shown.lines().find_map(|line| line.strip_prefix("role "));
    assert_eq!(role.map(str::trim), Some("operator"), "{shown}");
    assert_eq!(operator.json(&["user", "update", "olga", "--name", "Olga"])["role"], "operator", "it stays");
    let taken = operator.json(&["user", "update", "alice", "--role", "none"]);
    assert_eq!(taken["role"], Value::Null, "a command may take the last owner");
    operator.done(&["user", "update", "olga", "--role", "owner"]);
    operator.done(&["user", "delete", "olga", "--yes"]);
    assert_eq!(server.number(OWNERS).await, 0);
}

#[tokio::test]
async fn a_role_is_part_of_the_version_and_of_the_event() {
    let server = TestServer::start().await;
    server.user("alice").await;
    let here = context(&server);
    let before = users::find(&here, "alice").await.unwrap();
    let done = users::update(&here, "alice", to(Some(Role::Auditor))).await.unwrap();
    let changes: Vec<Value> =
        done.event.changes.iter().map(|change| json!([change.member, change.before, change.after])).collect();
    assert_eq!(Value::from(changes), json!([["role", null, "auditor"]]));
    let stale: Version = users::version(&before);
    assert_ne!(stale, users::version(&done.outcome));
    assert_eq!(users::version(&users::find(&here, "alice").await.unwrap()), users::version(&done.outcome));
    let on_condition =
        Context { terms: Terms { versions: Some(vec![stale]), ..Terms::default() }, ..here.clone() };
    let Err(Denied::Refused(faults)) = users::update(&on_condition, "alice", to(None)).await else {
        panic!("a lost update")
    };
    assert_eq!(faults.kind(), FaultKind::OtherVersion);
}

#[tokio::test]
async fn the_last_owner_is_not_lost_by_any_act_but_a_command() {
    let server = TestServer::start().await;
    let alice = server.user("alice").await;
    let bob = server.user("bob").await;
    make_owner(&server, "alice").await;
    let here = context(&server);
    assert!(is_last_owner(users::update(&here, "alice", to(Some(Role::Operator))).await));
    assert!(is_last_owner(users::update(&here, "alice", to(None)).await));
    assert!(is_last_owner(users::disable(&here, "alice").await));
    assert!(is_last_owner(users::delete(&here, &alice).await));
    assert_eq!(server.number(OWNERS).await, 1);

    // A disabled owner is not one, and does not keep the last one from being needed.
    make_owner(&server, "bob").await;
    users::disable(&here, "bob").await.unwrap();
    assert!(is_last_owner(users::disable(&here, "alice").await));
    users::delete(&here, &bob).await.unwrap();

    // A key with grantor.write is an owner as long as it is live.
    let new =
        |scope: &str| NewApiKey { name: "Key".into(), scope: Scope::from_stored(scope), expires_at: None };
    api_keys::create(&here, new("grantor.read grantor.clients.write")).await.unwrap();
    assert!(is_last_owner(users::disable(&here, "alice").await), "that key may not do everything");
    let key = api_keys::create(&here, new("grantor.write")).await.unwrap().outcome.record;
    users::delete(&here, &alice).await.unwrap();
    assert!(is_last_owner(api_keys::delete(&here, &key.id).await));
    let soon = here.now + grantor::clock::Seconds::new(60);
    let ends = || ApiKeyChanges { name: None, expires_at: Some(Some(soon)) };
    assert!(is_last_owner(api_keys::update(&here, &key.id, ends()).await), "it would be lost in a minute");
    let second = api_keys::create(&here, new("grantor.write grantor.read")).await.unwrap().outcome.record;
    api_keys::update(&here, &second.id, ends()).await.unwrap();
    server.clock.advance(Duration::from_secs(61));
    assert!(is_last_owner(api_keys::delete(&context(&server), &key.id).await), "the other one has ended");
    api_keys::delete(&context(&server), &second.id).await.unwrap();
    Operator::of(&server).done(&["api-key", "delete", &key.id, "--yes"]);
}

fn key(scope: &str, expires_at: Option<Timestamp>) -> NewApiKey {
    NewApiKey { name: "Key".into(), scope: Scope::from_stored(scope), expires_at }
}

#[tokio::test]
async fn a_key_that_ends_is_no_owner_in_place_of_one_that_stays() {
    let server = TestServer::start().await;
    let here = context(&server);
    let after = |seconds: i64| Some(here.now + grantor::clock::Seconds::new(seconds));
    let made =
        async |end| api_keys::create(&here, key("grantor.write", end)).await.unwrap().outcome.record.id;
    let ends = |end| ApiKeyChanges { name: None, expires_at: Some(end) };
    let (stays, short) = (made(None).await, made(after(5)).await);
    assert!(is_last_owner(api_keys::delete(&here, &stays).await), "the other one ends in 5 seconds");
    assert!(is_last_owner(api_keys::update(&here, &stays, ends(after(60))).await));
    // Someone who was invited cannot sign in yet, and is not needed either.
    let invited =
        NewUser { username: "inv".into(), claims: Claims::new(), role: Some(Role::Owner), user_code: None };
    let invited = password_links::invite(&here, invited).await.unwrap().outcome.user.person;
    assert!(is_last_owner(api_keys::delete(&here, &stays).await), "the person has no password");
    users::update(&here, "inv", to(None)).await.unwrap();
    users::update(&here, "inv", to(Some(Role::Owner))).await.unwrap();
    users::disable(&here, "inv").await.unwrap();
    users::delete(&here, &invited.id).await.unwrap();

    let alice = server.user("alice").await;
    make_owner(&server, "alice").await;
    api_keys::delete(&here, &stays).await.unwrap();
    assert!(is_last_owner(users::delete(&here, &alice).await), "the key ends in 5 seconds");
    Operator::of(&server).done(&["user", "update", "alice", "--role", "none"]);

    // Where every key ends, none is lost before another one that ends no later takes its place.
    assert!(is_last_owner(api_keys::delete(&here, &short).await));
    let longer = made(after(60)).await;
    assert!(is_last_owner(api_keys::delete(&here, &longer).await));
    assert!(is_last_owner(api_keys::update(&here, &longer, ends(after(30))).await));
    api_keys::update(&here, &longer, ends(after(90))).await.unwrap();
    api_keys::delete(&here, &short).await.unwrap();
    assert!(is_last_owner(api_keys::delete(&here, &longer).await));
    let same = made(after(90)).await;
    api_keys::delete(&here, &longer).await.unwrap();
    api_keys::update(&here, &same, ends(None)).await.unwrap();
}

/// Another connection to the database of a server, as another node has.
async fn other_node(server: &TestServer) -> Db {
    open_database(&server.app.config, &Clock::System, Duration::from_secs(10)).await.expect("a database")
}

/// Runs two acts at the same moment again and again, each of which takes one of the two owners. One of them remains.
async fn one_of_two_remains<A, B, T>(server: &TestServer, first: A, second: B)
where
    A: AsyncFn() -> Outcome<T>,
    B: AsyncFn() -> Outcome<T>,
{
    for round in 0..12 {
        make_owner(server, "alice").await;
        make_owner(server, "bob").await;
        let (first, second) = tokio::join!(first(), second());
        let refused = [is_last_owner(first), is_last_owner(second)];
        assert_eq!(refused.iter().filter(|is_refused| **is_refused).count(), 1, "round {round}");
        assert_eq!(server.number(OWNERS).await, 1, "round {round}");
    }
}

#[tokio::test]
async fn one_of_two_owners_who_demote_each_other_at_once_remains() {
    let server = TestServer::start().await;
    server.user("alice").await;
    server.user("bob").await;
    let here = context(&server);
    let demote = async |name: &'static str| users::update(&here, name, to(None)).await;
    one_of_two_remains(&server, async || demote("alice").await, async || demote("bob").await).await;
}

#[tokio::test]
async fn one_of_two_owners_remains_also_if_each_is_at_another_node() {
    let server = TestServer::start().await;
    server.user("alice").await;
    server.user("bob").await;
    let nodes = [other_node(&server).await, other_node(&server).await];
    let [here, there] = [context_on(&server, &nodes[0]), context_on(&server, &nodes[1])];
    let demote = async |node: &Context<'_>, name: &'static str| users::update(node, name, to(None)).await;
    let both = (async || demote(&here, "alice").await, async || demote(&there, "bob").await);
    one_of_two_remains(&server, both.0, both.1).await;
    let disable = async |node: &Context<'_>, name: &'static str| users::disable(node, name).await;
    let both = (async || disable(&here, "alice").await, async || disable(&there, "bob").await);
    one_of_two_remains(&server, both.0, both.1).await;
}

#[tokio::test]
async fn one_key_remains_without_an_end_if_one_node_deletes_and_the_other_sets_an_end() {
    let server = TestServer::start().await;
    let nodes = [other_node(&server).await, other_node(&server).await];
    let [here, there] = [context_on(&server, &nodes[0]), context_on(&server, &nodes[1])];
    let soon = Some(Some(here.now + grantor::clock::Seconds::new(60)));
    let changes = || ApiKeyChanges { name: None, expires_at: soon };
    let made = async || api_keys::create(&here, key("grantor.write", None)).await.unwrap().outcome.record.id;
    let mut first = made().await;
    for round in 0..12 {
        let second = made().await;
        let (deleted, ending) =
            tokio::join!(api_keys::delete(&here, &first), api_keys::update(&there, &second, changes()));
        let refused = [is_last_owner(deleted), is_last_owner(ending)];
        assert_eq!(refused.iter().filter(|is_refused| **is_refused).count(), 1, "round {round}");
        let lasting = "SELECT COUNT(*) FROM api_keys WHERE expires_at IS NULL";
        assert_eq!(server.number(lasting).await, 1, "round {round}");
        if refused[1] {
            first = second;
        }
    }
}
