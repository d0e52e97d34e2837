//! Who acts: a person, a program or an operator at a machine, by which credential and from where.

use std::net::IpAddr;
use std::sync::Arc;

use strum::IntoStaticStr;

use super::fault::Fault;
use crate::oauth::permission::{Need, Permissions};

/// The one who acts, for the audit trail and for the rules about who may do what. It has no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    /// The user's id, the client's id, the id of the API key, or the name of the operating system's account. `None` if no
    /// one has proven who they are.
    pub id: Option<String>,
    /// The name that people use for it, if that is not the id.
    pub name: Option<String>,
    /// The client whose access token a person acts with. `None` for every other credential.
    pub client: Option<String>,
    /// `None` for commands and for the server itself.
    pub address: Option<IpAddr>,
    /// `None` for commands and for the server itself.
    pub request_id: Option<String>,
    pub authority: Authority,
}

/// What an actor may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// Everything: a command, whose account can read the database and the keys anyway, or the server itself.
    Unlimited,
    /// What a person may do about their own account, or a client about itself. The pages and endpoints offer nothing else.
    Own,
    /// What the credential for the management API permits.
    Limited(Permissions),
}

/// The kind of actor, which is also its kind of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ActorKind {
    /// A command, run by an account of the operating system.
    Command,
    /// The server itself, in work that no request asked for.
    Server,
    /// A person on the pages, in a session.
    Person,
    /// A client that has authenticated, or an access token of a client.
    Client,
    /// An access token that a client has for a person.
    PersonByClient,
    ApiKey,
    /// Someone who has not proven who they are.
    Stranger,
}

impl ActorKind {
    /// The word that is stored; it never changes its meaning.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

impl Actor {
    /// The server itself.
    pub fn server() -> Arc<Self> {
        Arc::new(Self::of(ActorKind::Server))
    }

    /// An actor of this kind. Nothing else is known about it.
    pub fn of(kind: ActorKind) -> Self {
        let authority = match kind {
            ActorKind::Command | ActorKind::Server => Authority::Unlimited,
            _ => Authority::Own,
        };
        Self { kind, id: None, name: None, client: None, address: None, request_id: None, authority }
    }

    /// Checks that the actor may do everything. `what` begins a sentence about the act, such as `a signing key`.
    ///
    /// # Errors
    /// If the actor may not do everything.
    pub fn must_be_owner(&self, what: &str) -> Result<(), Fault> {
        let sentence = || format!("{what} can be changed only by an owner, or with the scope grantor.write");
        match &self.authority {
            Authority::Limited(permissions) if !permissions.are_all() => Err(Fault::forbidden(sentence())),
            _ => Ok(()),
        }
    }

    /// Checks that the actor may do all that these permissions permit, and so may give them to others, and may change an
    /// object that has them.
    ///
    /// # Errors
    /// If the actor may do less.
    pub fn must_hold(&self, given: &Permissions) -> Result<(), Fault> {
        match &self.authority {
            Authority::Limited(own) if !own.include(given) => Err(Fault::forbidden(
                "no one can give permissions of the management API that go beyond their own, or change what has them",
            )),
            _ => Ok(()),
        }
    }

    /// Checks that the actor may do this beside the act itself. `why` begins a sentence that ends with the scope.
    ///
    /// # Errors
    /// If the actor may not do it.
    pub fn must_cover(&self, need: Need, why: &str) -> Result<(), Fault> {
        match &self.authority {
            Authority::Limited(own) if !own.cover(need) => {
                Err(Fault::forbidden(format!("{why}, so this needs {}, too", need.scope())))
            }
            _ => Ok(()),
        }
    }

    /// Whether the actor runs a command.
    pub fn is_command(&self) -> bool {
        self.kind == ActorKind::Command
    }
}
