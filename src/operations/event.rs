//! Records of acts as values. The place that stores an event adds the actor and the time. No event contains a secret.

use serde_json::{Map, Value};

use crate::oauth::id::ClientId;

/// An act that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub act: Act,
    pub object: Object,
    /// The client that the act concerns, if the object is a person.
    pub client: Option<ClientId>,
    /// What an update changed. Empty for other acts, and for an update that changed nothing.
    pub changes: Vec<Change>,
}

/// The object of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub kind: ObjectKind,
    pub id: String,
    /// The name that people use for it, if that is not the id.
    pub name: Option<String>,
}

/// The value of a member before and after an act.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub member: String,
    /// `null` if the object did not have the member.
    pub before: Value,
    /// `null` if the object no longer has the member.
    pub after: Value,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant),* }

        impl $name {
            /// The word that is stored. Its meaning never changes.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

words! {
    /// What was done.
    Act {
        UserCreated = "user.created",
        UserSignedUp = "user.signed_up",
        UserUpdated = "user.updated",
        UserPasswordSet = "user.password_set",
        UserDisabled = "user.disabled",
        UserEnabled = "user.enabled",
        UserDeleted = "user.deleted",
        ScopeCreated = "scope.created",
        ScopeUpdated = "scope.updated",
        ScopeDeleted = "scope.deleted",
        ResourceCreated = "resource.created",
        ResourceUpdated = "resource.updated",
        ResourceDeleted = "resource.deleted",
        TrustedIssuerCreated = "trusted_issuer.created",
        TrustedIssuerUpdated = "trusted_issuer.updated",
        TrustedIssuerDeleted = "trusted_issuer.deleted",
        SubjectLinked = "trusted_issuer.subject_linked",
        SubjectUnlinked = "trusted_issuer.subject_unlinked",
        ClientCreated = "client.created",
        ClientUpdated = "client.updated",
        ClientDeleted = "client.deleted",
        ClientSecretAdded = "client.secret_added",
        ClientSecretRemoved = "client.secret_removed",
        SessionEnded = "session.ended",
        SessionSignedOut = "session.signed_out",
        UserSessionsEnded = "user.sessions_ended",
        GrantRevoked = "grant.revoked",
        ConsentGiven = "consent.given",
        ConsentTakenBack = "consent.taken_back",
        KeyCreated = "key.created",
        KeyRetired = "key.retired",
        LogoutDeliveriesRetried = "logout_deliveries.retried",
    }
}

words! {
    /// The kind of object.
    ObjectKind {
        User = "user",
        Scope = "scope",
        Resource = "resource",
        TrustedIssuer = "trusted_issuer",
        Client = "client",
        Session = "session",
        Grant = "grant",
        Key = "key",
        LogoutDeliveries = "logout_deliveries",
    }
}

impl Event {
    pub(super) fn new(act: Act, kind: ObjectKind, id: impl Into<String>) -> Self {
        Self { act, object: Object { kind, id: id.into(), name: None }, client: None, changes: Vec::new() }
    }

    /// The same event, with the `name` that people use for the object.
    pub(super) fn named(mut self, name: impl Into<String>) -> Self {
        self.object.name = Some(name.into());
        self
    }

    /// The same event, about the object and this client.
    pub(super) fn with(mut self, client: &ClientId) -> Self {
        self.client = Some(client.clone());
        self
    }

    /// The same event, with every member that differs between the two states of the object.
    pub(super) fn changing(mut self, before: Value, after: Value) -> Self {
        let (before, mut after) = (members(before), members(after));
        for (member, before) in before {
            let after = after.remove(&member).unwrap_or_default();
            if before != after {
                self.changes.push(Change { member, before, after });
            }
        }
        let added = after.into_iter().filter(|(_, after)| !after.is_null());
        self.changes.extend(added.map(|(member, after)| Change { member, before: Value::Null, after }));
        self
    }
}

fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_update_says_what_was_changed_added_and_removed() {
        let event = Event::new(Act::UserUpdated, ObjectKind::User, "u").changing(
            json!({"a": 1, "b": "same", "c": true, "d": null}),
            json!({"a": 2, "b": "same", "e": [1], "f": null}),
        );
        let changes: Vec<Value> = event
            .changes
            .into_iter()
            .map(|change| json!([change.member, change.before, change.after]))
            .collect();
        assert_eq!(Value::from(changes), json!([["a", 1, 2], ["c", true, null], ["e", null, [1]]]));
    }
}
