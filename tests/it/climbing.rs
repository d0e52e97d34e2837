//! Ways to climb: what someone could change to get permissions beyond their own, and that only an owner can do it.

use std::pin::Pin;
use std::sync::Arc;

use grantor::clock::Timestamp;
use grantor::failure::Denied;
use grantor::oauth::client::{AuthMethod, Client, ClientKind, ClientMetadata, GrantType, TokenFormat};
use grantor::oauth::grant::management;
use grantor::oauth::grant::resource::Resource;
use grantor::oauth::grant::scope::{Scope, ScopeRecord};
use grantor::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer};
use grantor::oauth::id::{ClientId, UserId};
use grantor::oauth::identity::claims::Claims;
use grantor::oauth::identity::role::Role;
use grantor::oauth::permission::{Permissions, management_scopes};
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::operations::actor::{Actor, ActorKind, Authority};
use grantor::operations::api_keys::{self, ApiKeyChanges, NewApiKey};
use grantor::operations::clients::{self, ClientChange, Logos, NewClient, SecretSource, SectorReading};
use grantor::operations::fault::{FaultKind, Faults};
use grantor::operations::keys::{self, KeyRotation, Start};
use grantor::operations::list_change::ListChange;
use grantor::operations::resources::ResourceChanges;
use grantor::operations::scope_deletion::{self, InUse};
use grantor::operations::scopes::ScopeChanges;
use grantor::operations::terms::Terms;
use grantor::operations::trusted_issuers::TrustedIssuerChanges;
use grantor::operations::users::{self, HashedPassword, NewUser, UserChanges};
use grantor::operations::{Context, password_links, resources, scopes, trusted_issuers};
use grantor::secret::Secret;
use serde_json::json;

use crate::support::TestServer;
use crate::support::jwt::{jwks, key};
use crate::support::relying_party::Registration;
use crate::trusted_issuers::{IDP, SUBJECT, trust};

/// Everything but `grantor.write`.
const ALMOST_ALL: &str = "grantor.read grantor.clients.write grantor.users.write grantor.grants.write \
                          grantor.keys.write grantor.audit.write grantor.config.write";

pub(crate) fn limited(permissions: Permissions) -> Arc<Actor> {
    Arc::new(Actor { authority: Authority::Limited(permissions), ..Actor::of(ActorKind::ApiKey) })
}

fn holding(scope: &str) -> Arc<Actor> {
    limited(Permissions::of(&Scope::from_stored(scope)))
}

/// The kind of the first fault of an act; `None` if it was done.
type Way<'a> = (&'static str, Pin<Box<dyn Future<Output = Option<FaultKind>> + 'a>>);

fn refusal<T>(outcome: Result<T, Denied<Faults>>) -> Option<FaultKind> {
    match outcome {
        Ok(_) => None,
        Err(Denied::Refused(faults)) => Some(faults.kind()),
        Err(Denied::Failed(failure)) => panic!("{failure}"),
    }
}

macro_rules! ways {
    ($($what:literal => $act:expr),+ $(,)?) => {
        vec![$(($what, Box::pin(async move { refusal($act.await) }) as Pin<Box<dyn Future<Output = _> + '_>>)),+]
    };
}

/// A server with an owner, an operator, an auditor and a person without a role; a client of the management API and another
/// one; a trusted issuer and an API key.
struct Place {
    server: TestServer,
    /// The id of the secret of the client `robot`.
    secret: String,
    api_key: String,
    kid: String,
    password: HashedPassword,
}

impl Place {
    async fn new() -> Self {
        let server = TestServer::start().await;
        for (name, role) in [
            ("owner", Some(Role::Owner)),
            ("operator", Some(Role::Operator)),
            ("auditor", Some(Role::Auditor)),
            ("plain", None),
        ] {
            let user = server.user(name).await;
            server.store(async move |tx| grantor::store::users::set_role(tx, &user, role).await).await;
        }
        server.register(Registration::service("robot").scopes("grantor.clients.read read")).await;
        server.register(Registration::web("shop").scopes("read")).await;
        trust(&server, IDP, IssuerKeys::Here(jwks(&[&key(SigningAlgorithm::Es256)])), &[]).await;
        let all = server.app.operations(server.app.now(), Actor::server());
        let robot = clients::find(&all, &ClientId::new("robot")).await.unwrap();
        let secret = robot.secrets[0].id.clone();
        trusted_issuers::link_subject(&all, IDP, "linked", "plain").await.unwrap();
        let new =
            NewApiKey { name: "Key".into(), scope: Scope::from_stored("grantor.read"), expires_at: None };
        let api_key = api_keys::create(&all, new).await.unwrap().outcome.record.id;
        let current = server.app.key_set.current(all.now).await.unwrap();
        let kid = current.signing(SigningAlgorithm::Es256).unwrap().kid().to_owned();
        let (passwords, policy) = (&server.app.passwords, server.app.config.passwords.policy());
        let password =
            HashedPassword::new(passwords, policy, Secret::new("climbing up a wall".into()), &[]).await;
        Self { secret, api_key, kid, password: password.unwrap(), server }
    }

    fn context(&self, actor: Arc<Actor>, is_rehearsal: bool) -> Context<'_> {
        let context = self.server.app.operations(self.server.app.now(), actor);
        Context { terms: Terms { is_rehearsal, ..Terms::default() }, ..context }
    }

    async fn id(&self, user: &str) -> UserId {
        let all = self.context(Actor::server(), false);
        users::find(&all, user).await.unwrap().person.id
    }

    /// What is stored of everything that a way could change.
    async fn state(&self) -> String {
        self.server
            .store(async move |tx| {
                let mut state = String::new();
                for query in [
                    "SELECT id || version || COALESCE(role, '') || COALESCE(password_hash, '') FROM users ORDER BY id",
                    "SELECT user_id || created_at FROM password_links ORDER BY user_id",
                    "SELECT id || version || metadata FROM clients ORDER BY id",
                    "SELECT id || client_id FROM client_secrets ORDER BY id",
                    "SELECT issuer || scopes FROM trusted_issuers ORDER BY issuer",
                    "SELECT issuer || subject FROM trusted_subjects ORDER BY subject",
                    "SELECT kid || COALESCE(retired_at, 0) FROM signing_keys ORDER BY kid",
                    "SELECT id || name || scope FROM api_keys ORDER BY id",
                    "SELECT name || version FROM scopes ORDER BY name",
                    "SELECT uri || scopes FROM resources ORDER BY uri",
                ] {
                    let rows: Vec<(String,)> = tx.query(query).all().await?;
                    state.extend(rows.into_iter().map(|(row,)| row + "\n"));
                }
                Ok(state)
            })
            .await
    }
}

fn user(name: &str, role: Option<Role>) -> NewUser {
    NewUser { username: name.into(), claims: Claims::new(), role, user_code: None }
}

fn named(name: &str) -> UserChanges {
    let claims = json!({ "name": name }).as_object().unwrap().clone();
    UserChanges { claims, ..UserChanges::default() }
}

fn with_role(role: Option<Role>) -> UserChanges {
    UserChanges { role: Some(role), ..UserChanges::default() }
}

fn client(scopes: &str) -> NewClient {
    let metadata = ClientMetadata {
        scopes: Scope::from_stored(scopes),
        ..ClientMetadata::new("New".to_owned(), ClientKind::Service)
    };
    NewClient { client: Client::new(ClientId::new("new"), metadata), secret: None, logos: Logos::default() }
}

async fn edited(
    context: &Context<'_>,
    id: &str,
    edit: impl Fn(&mut Client) + Send + 'static,
) -> Result<(), Denied<Faults>> {
    let edit = move |client: &Client| {
        let mut client = client.clone();
        edit(&mut client);
        Ok::<_, Faults>(client)
    };
    let change = ClientChange { edit, logos: Logos::default(), sector: SectorReading::AsNeeded };
    clients::update(context, &ClientId::new(id), change).await.map(drop)
}

/// Ways over people.
fn over_people<'a>(place: &'a Place, context: &'a Context<'a>, owner: &'a UserId) -> Vec<Way<'a>> {
    let password = || place.password.clone();
    ways![
        "a new owner" => users::create(context, user("new", Some(Role::Owner)), password()),
        "a new auditor" => users::create(context, user("new", Some(Role::Auditor)), password()),
        "an invited operator" => password_links::invite(context, user("new", Some(Role::Operator))),
        "a role for a person" => users::update(context, "plain", with_role(Some(Role::Auditor))),
        "a higher role" => users::update(context, "operator", with_role(Some(Role::Owner))),
        "a lower role" => users::update(context, "operator", with_role(None)),
        "the role of an owner" => users::update(context, "owner", with_role(Some(Role::Auditor))),
        "the name of an owner" => users::update(context, "owner", named("Somebody")),
        "the password of an owner" => users::set_password(context, "owner", password()),
        "a link for an owner" => password_links::create(context, "owner"),
        "to disable an owner" => users::disable(context, "owner"),
        "to enable an owner" => users::enable(context, "owner"),
        "to delete an owner" => users::delete(context, owner),
    ]
}

/// Ways over clients.
fn over_clients<'a>(place: &'a Place, context: &'a Context<'a>, robot: &'a ClientId) -> Vec<Way<'a>> {
    let uri = || RegisteredUri::register("https://evil.example/cb", ClientKind::Web).unwrap();
    let keys = jwks(&[&key(SigningAlgorithm::Es256)]);
    ways![
        "a new client of the management API" => clients::create(context, client("grantor.clients.read")),
        "a scope for a client" => edited(context, "shop", |it| it.scopes = Scope::from_stored("grantor.read")),
        "to take a scope" => edited(context, "robot", |it| it.scopes = Scope::from_stored("read")),
        "a redirect URI" => edited(context, "robot", move |it| it.redirect_uris.push(uri())),
        "a key" => edited(context, "robot", move |it| it.jwks = Some(keys.clone())),
        "an address of keys" => edited(context, "robot", |it| it.jwks_uri = Some("https://evil.example".into())),
        "a method" => edited(context, "robot", |it| it.auth_method = Some(AuthMethod::Post)),
        "a grant type" => edited(context, "robot", |it| it.grants.push(GrantType::JwtBearer)),
        "who may act for a client" => edited(context, "robot", |it| it.may_act = Some(ClientId::new("robot"))),
        "to disable a client" => edited(context, "robot", |it| it.disabled = true),
        "a secret" => clients::add_secret(context, robot, SecretSource::Generated, None),
        "to remove a secret" => async move {
            let removal = clients::check_remove_secret(context, robot, &place.secret).await?;
            clients::remove_secret(context, robot, &place.secret, removal).await
        },
        "the end of a secret" => clients::set_secret_end(context, robot, &place.secret, None),
        "to delete a client" => clients::delete(context, robot),
    ]
}

/// Ways over the server itself.
fn over_the_server<'a>(place: &'a Place, context: &'a Context<'a>) -> Vec<Way<'a>> {
    let issuer = TrustedIssuer {
        issuer: "https://evil.example".into(),
        keys: IssuerKeys::Here(jwks(&[&key(SigningAlgorithm::Es256)])),
        scopes: Scope::from_stored("read"),
        audience: None,
        clients: Vec::new(),
    };
    let of_issuer =
        TrustedIssuerChanges { keys: Some(issuer.keys.clone()), ..TrustedIssuerChanges::default() };
    let rotation = KeyRotation { algorithm: Some(SigningAlgorithm::Es256.into()), start: Start::AtOnce };
    let new_key =
        NewApiKey { name: "New".into(), scope: Scope::from_stored("grantor.read"), expires_at: None };
    let (id, renamed) = (&place.api_key, ApiKeyChanges { name: Some("Mine".into()), expires_at: None });
    ways![
        "a trusted issuer" => trusted_issuers::create(context, issuer),
        "the keys of an issuer" => trusted_issuers::update(context, IDP, of_issuer),
        "to delete an issuer" => trusted_issuers::delete(context, IDP),
        "to link a subject" => trusted_issuers::link_subject(context, IDP, SUBJECT, "owner"),
        "to unlink a subject" => trusted_issuers::unlink_subject(context, IDP, "linked"),
        "a signing key" => async move {
            let due = keys::check_rotate(context, rotation).await?;
            keys::rotate(context, place.server.app.keys.master(), due).await
        },
        "a new API key" => api_keys::create(context, new_key),
        "the end of an API key" => api_keys::update(context, id, renamed),
        "to delete an API key" => api_keys::delete(context, id),
    ]
}

#[tokio::test]
async fn no_one_but_an_owner_climbs_by_any_way_and_an_owner_may_do_each_of_them() {
    let place = Place::new().await;
    let (owner, robot) = (place.id("owner").await, ClientId::new("robot"));
    let before = place.state().await;
    for actor in [
        holding(ALMOST_ALL),
        limited(Role::Operator.limit()),
        limited(Role::Auditor.limit()),
        holding("read"),
    ] {
        let context = place.context(actor.clone(), false);
        let ways = over_people(&place, &context, &owner).into_iter();
        let ways =
            ways.chain(over_clients(&place, &context, &robot)).chain(over_the_server(&place, &context));
        for (what, way) in ways {
            assert_eq!(way.await, Some(FaultKind::Forbidden), "{what} by {:?}", actor.authority);
        }
        let retired = keys::retire(&context, &place.kid).await;
        assert_eq!(refusal(retired), Some(FaultKind::Forbidden), "to retire a key");
        assert_eq!(place.state().await, before, "a refused act changes nothing");
    }
    // Another owner, so that this one is not the last.
    let second = place.id("plain").await;
    place
        .server
        .store(async move |tx| grantor::store::users::set_role(tx, &second, Some(Role::Owner)).await)
        .await;
    let before = place.state().await;
    let context = place.context(holding("grantor.write"), true);
    let ways = over_people(&place, &context, &owner).into_iter();
    for (what, way) in ways.chain(over_the_server(&place, &context)) {
        assert_eq!(way.await, None, "{what} by an owner");
    }
    for (what, way) in over_clients(&place, &context, &robot) {
        // Some of these would make a client that cannot be, which is found after the question who may.
        assert_ne!(way.await, Some(FaultKind::Forbidden), "{what} by an owner");
    }
    assert_eq!(place.state().await, before, "a rehearsal changes nothing");
}

#[tokio::test]
async fn no_one_changes_a_person_who_may_do_more() {
    let place = Place::new().await;
    let change = async |actor: Arc<Actor>, target: &str| {
        refusal(users::update(&place.context(actor, false), target, named("New name")).await)
    };
    let forbidden = Some(FaultKind::Forbidden);
    let operator = || limited(Role::Operator.limit());
    for (actor, target, expected) in [
        (operator(), "plain", None),
        (operator(), "operator", None),
        // An auditor sees the API keys, and an operator does not.
        (operator(), "auditor", forbidden),
        (holding("grantor.users.write"), "plain", None),
        (holding("grantor.users.write"), "operator", forbidden),
        (holding("grantor.users.write"), "auditor", forbidden),
        (holding(ALMOST_ALL), "operator", None),
        (holding(ALMOST_ALL), "auditor", None),
        (holding("grantor.write"), "owner", None),
    ] {
        assert_eq!(change(actor.clone(), target).await, expected, "{target} by {:?}", actor.authority);
        let password = place.password.clone();
        let set = users::set_password(&place.context(actor, true), target, password).await;
        assert_eq!(refusal(set), expected, "the password of {target}");
    }
}

#[tokio::test]
async fn a_link_from_before_a_role_was_given_does_not_open_the_account_of_an_owner() {
    let place = Place::new().await;
    let by_operator = place.context(limited(Role::Operator.limit()), false);
    let link = password_links::create(&by_operator, "plain").await.unwrap().outcome;
    let token = link.token.expose().as_str();
    users::update(&by_operator, "plain", named("Plain")).await.unwrap();
    assert!(password_links::find(&by_operator, token).await.unwrap().is_some());
    let by_owner = place.context(holding("grantor.write"), false);
    users::update(&by_owner, "plain", with_role(Some(Role::Owner))).await.unwrap();
    assert!(password_links::find(&by_operator, token).await.unwrap().is_none());
    let redeemed = password_links::redeem(&by_operator, token, place.password.clone()).await;
    assert_eq!(refusal(redeemed), Some(FaultKind::NotFound));
}

#[tokio::test]
async fn other_clients_and_people_can_be_changed_without_being_an_owner() {
    let place = Place::new().await;
    let context = place.context(limited(Role::Operator.limit()), false);
    edited(&context, "shop", |client| client.scopes = Scope::from_stored("read write")).await.unwrap();
    clients::create(&context, client("read")).await.unwrap();
    clients::add_secret(&context, &ClientId::new("new"), SecretSource::Generated, None).await.unwrap();
    clients::delete(&context, &ClientId::new("new")).await.unwrap();
    users::create(&context, user("new", None), place.password.clone()).await.unwrap();
    password_links::create(&context, "new").await.unwrap();
    users::delete(&context, &place.id("new").await).await.unwrap();
}

#[tokio::test]
async fn scopes_and_the_resource_of_the_management_api_cannot_be_changed_by_anyone() {
    let place = Place::new().await;
    let before = place.state().await;
    for actor in [Actor::server(), holding("grantor.write"), Arc::new(Actor::of(ActorKind::Command))] {
        let context = place.context(actor, false);
        for name in management_scopes() {
            let scope = ScopeRecord { name, description: "Mine".into(), ..ScopeRecord::default() };
            let (conflict, changes) = (
                Some(FaultKind::Conflict),
                ScopeChanges { sensitive: Some(false), ..ScopeChanges::default() },
            );
            assert_eq!(refusal(scopes::update(&context, &scope.name, changes).await), conflict);
            assert_eq!(
                refusal(scope_deletion::delete(&context, &scope.name, InUse::TakeAway).await),
                conflict
            );
            assert_eq!(refusal(scopes::create(&context, scope).await), Some(FaultKind::Invalid));
        }
        let scope =
            ScopeRecord { name: "grantor.new".into(), description: "Mine".into(), ..ScopeRecord::default() };
        assert_eq!(refusal(scopes::create(&context, scope).await), Some(FaultKind::Invalid));
        let own = management::uri(&context.config.issuer(context.config.listen.port()));
        let resource = |uri: &str, scopes: &str| Resource {
            uri: uri.to_owned(),
            version: 1,
            scopes: Scope::from_stored(scopes),
            format: TokenFormat::Jwt,
            algorithm: None,
            access_token_lifetime: None,
            servers: vec![ClientId::new("shop")],
        };
        let taken = resources::create(&context, resource(&own, "read")).await;
        assert_eq!(refusal(taken), Some(FaultKind::Conflict));
        let with_scope = resources::create(&context, resource("urn:mine", "grantor.read")).await;
        assert_eq!(refusal(with_scope), Some(FaultKind::Invalid));
        let added = ResourceChanges {
            scopes: ListChange::Edit { add: vec!["grantor.read".into()], remove: Vec::new() },
            ..ResourceChanges::default()
        };
        let plain = resource("urn:plain", "read");
        place
            .server
            .store(async move |tx| grantor::store::resources::save(tx, &plain, Timestamp::from_unix(0)).await)
            .await;
        assert_eq!(refusal(resources::update(&context, "urn:plain", added).await), Some(FaultKind::Invalid));
        place.server.sql("DELETE FROM resources").await;
    }
    assert_eq!(place.state().await, before);
}
