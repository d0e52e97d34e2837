//! The content of the demo's database: scopes, clients and a person, created once and found again later.

use super::data::SavedValues;
use super::logos;
use crate::app::App;
use crate::cli::CliError;
use crate::clock::Timestamp;
use crate::oauth::client::{
    Client, ClientKind, ClientMetadata, ClientSecret, GrantType, LogoutUris, SecretHash,
};
use crate::oauth::grant::scope::{Scope, ScopeRecord};
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::identity::claims::{Claims, Person};
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::operations::users::HashedPassword;
use crate::secret::{Hash, Secret, random_id};
use crate::store::db::Tx;
use crate::store::users;
use crate::store::{clients, scopes};

pub(super) const USERNAME: &str = "demo";
pub(super) const WEB: &str = "demo-web";
pub(super) const PUBLIC: &str = "demo-spa";
pub(super) const NOTES: &str = "demo-notes";
pub(super) const SERVICE: &str = "demo-service";
pub(super) const TELEVISION: &str = "demo-television";

/// The client with which the application signs a person in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SignInClient {
    /// Confidential, with a secret.
    Web,
    /// Public, with PKCE only.
    Public,
    /// The second application, confidential as well.
    Notes,
}

/// A scope of the demo, and its text on the consent page.
pub(super) struct DemoScope {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) is_sensitive: bool,
}

/// The scopes that the demo's clients may request.
pub(super) const OFFERED: [DemoScope; 6] = [
    // Every server has these three, with their own descriptions.
    DemoScope { name: "openid", description: "Know who you are", is_sensitive: false },
    DemoScope {
        name: "profile",
        description: "See your name and what else your profile says",
        is_sensitive: false,
    },
    DemoScope { name: "email", description: "See your email address", is_sensitive: false },
    DemoScope { name: "calendar.read", description: "See your calendar", is_sensitive: false },
    DemoScope { name: "calendar.write", description: "Change your calendar", is_sensitive: false },
    DemoScope { name: "payments", description: "Make payments from your account", is_sensitive: true },
];

/// A scope that exists, but no client of the demo may use.
const FORBIDDEN: DemoScope =
    DemoScope { name: "admin", description: "Administer the server", is_sensitive: true };

/// Creates everything that does not exist yet.
pub(super) async fn run(app: &App, saved: &SavedValues, origin: &str) -> Result<(), CliError> {
    let clients = demo_clients(saved, origin)?;
    let person = Person {
        id: UserId::new(random_id()),
        username: USERNAME.into(),
        name: Some("Demo Person".into()),
        email: Some("demo@example.com".into()),
        claims: Claims::new(),
        updated_at: Timestamp::from_unix(0),
    };
    let (policy, password) = (app.config.passwords.policy(), saved.password.clone());
    let password = HashedPassword::new(&app.passwords, policy, password, &person.names()).await?;
    let now = app.now();
    let work = async move |tx: &mut Tx| {
        for DemoScope { name, description, is_sensitive } in OFFERED.iter().chain([&FORBIDDEN]) {
            let consequence = (*name == "payments").then(|| "It can spend your money.".into());
            let (name, description) = ((*name).into(), (*description).into());
            let scope = ScopeRecord {
                name,
                description,
                consequence,
                sensitive: *is_sensitive,
                ..ScopeRecord::default()
            };
            scopes::save(tx, &scope, now).await?;
        }
        for logo in [logos::CALENDAR, logos::NOTES] {
            logo.save(tx).await?;
        }
        for (client, secret) in &clients {
            if clients::save(tx, client, now).await?
                && let Some(secret) = secret
            {
                clients::add_secret(tx, &client.id, secret, now).await?;
            }
        }
        // If the name is taken, this person was created by an earlier run.
        users::save(tx, &person, Some(password.hash()), now).await.map(drop)
    };
    Ok(app.db.write(work).await?)
}

fn demo_clients(saved: &SavedValues, origin: &str) -> Result<[(Client, Option<ClientSecret>); 5], CliError> {
    let client = |id, metadata| Client::new(ClientId::new(id), metadata);
    let to_path = |path, kind| RegisteredUri::register(&format!("{origin}{path}"), kind).map(|uri| vec![uri]);
    let to_app = |kind| to_path("/callback", kind);
    let all: Vec<&str> = OFFERED.iter().map(|scope| scope.name).collect();
    let all = Scope::from_stored(&all.join(" "));
    let site = |path: &str| format!("{origin}{path}");
    let web = ClientMetadata {
        links: logos::CALENDAR.links(site("/")),
        redirect_uris: to_app(ClientKind::Web)?,
        post_logout_redirect_uris: to_path("/notes", ClientKind::Web)?,
        scopes: all.clone(),
        ..ClientMetadata::new("Demo Calendar", ClientKind::Web)
    };
    let public = ClientMetadata {
        links: logos::CALENDAR.links(site("/")),
        redirect_uris: to_app(ClientKind::Spa)?,
        scopes: all,
        ..ClientMetadata::new("Demo Calendar in the browser", ClientKind::Spa)
    };
    let notes = ClientMetadata {
        links: logos::NOTES.links(site("/notes")),
        redirect_uris: to_path("/notes/callback", ClientKind::Web)?,
        scopes: Scope::from_stored("openid profile"),
        logout: LogoutUris {
            // By its address, because the server calls it, and localhost may be another one.
            back_channel: Some(format!("http://{}/notes/back-channel", saved.app)),
            front_channel: None,
        },
        // The first application has asked already; a second question would only delay what this one shows.
        first_party: true,
        ..ClientMetadata::new("Demo Notes", ClientKind::Web)
    };
    let television = ClientMetadata {
        links: logos::CALENDAR.links(site("/")),
        grants: vec![GrantType::DeviceCode, GrantType::RefreshToken],
        scopes: Scope::from_stored("openid profile calendar.read"),
        ..ClientMetadata::new("Demo Calendar on the television", ClientKind::Native)
    };
    let service = ClientMetadata {
        scopes: Scope::from_stored("calendar.read"),
        ..ClientMetadata::new("Demo Calendar's nightly job", ClientKind::Service)
    };
    Ok([
        (client(WEB, web), Some(secret(&saved.web_secret))),
        (client(PUBLIC, public), None),
        (client(NOTES, notes), Some(secret(&saved.notes_secret))),
        (client(TELEVISION, television), None),
        (client(SERVICE, service), Some(secret(&saved.service_secret))),
    ])
}

fn secret(secret: &Secret) -> ClientSecret {
    let hash = SecretHash::Sha256(Hash::of(secret.expose()).to_text());
    ClientSecret { id: random_id(), hash, sealed: None, expires_at: None }
}
