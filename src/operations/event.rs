//! Records of acts as values. The place that stores an event adds the actor and the time. No event contains a secret.

use serde_json::{Map, Value};
use strum::IntoStaticStr;

use crate::oauth::id::ClientId;

/// An act that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub act: Act,
    pub object: Object,
    /// The client that the act concerns, if that is not the object.
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

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
pub enum Act {
    #[strum(serialize = "user.created")]
    UserCreated,
    #[strum(serialize = "user.signed_up")]
    UserSignedUp,
    #[strum(serialize = "user.updated")]
    UserUpdated,
    #[strum(serialize = "user.password_set")]
    UserPasswordSet,
    #[strum(serialize = "user.invited")]
    UserInvited,
    #[strum(serialize = "user.password_link_created")]
    UserPasswordLinkCreated,
    #[strum(serialize = "user.disabled")]
    UserDisabled,
    #[strum(serialize = "user.enabled")]
    UserEnabled,
    #[strum(serialize = "user.deleted")]
    UserDeleted,
    #[strum(serialize = "scope.created")]
    ScopeCreated,
    #[strum(serialize = "scope.updated")]
    ScopeUpdated,
    #[strum(serialize = "scope.deleted")]
    ScopeDeleted,
    #[strum(serialize = "resource.created")]
    ResourceCreated,
    #[strum(serialize = "resource.updated")]
    ResourceUpdated,
    #[strum(serialize = "resource.deleted")]
    ResourceDeleted,
    #[strum(serialize = "trusted_issuer.created")]
    TrustedIssuerCreated,
    #[strum(serialize = "trusted_issuer.updated")]
    TrustedIssuerUpdated,
    #[strum(serialize = "trusted_issuer.deleted")]
    TrustedIssuerDeleted,
    #[strum(serialize = "trusted_issuer.subject_linked")]
    SubjectLinked,
    #[strum(serialize = "trusted_issuer.subject_unlinked")]
    SubjectUnlinked,
    #[strum(serialize = "client.created")]
    ClientCreated,
    #[strum(serialize = "client.updated")]
    ClientUpdated,
    #[strum(serialize = "client.deleted")]
    ClientDeleted,
    #[strum(serialize = "client.secret_added")]
    ClientSecretAdded,
    #[strum(serialize = "client.secret_changed")]
    ClientSecretChanged,
    #[strum(serialize = "client.secret_removed")]
    ClientSecretRemoved,
    #[strum(serialize = "session.begun")]
    SessionBegun,
    #[strum(serialize = "session.chosen")]
    SessionChosen,
    #[strum(serialize = "session.ended")]
    SessionEnded,
    #[strum(serialize = "session.signed_out")]
    SessionSignedOut,
    /// A client asked to sign out a person whose session this browser does not have. Only the client's own grants ended.
    #[strum(serialize = "session.signed_out_at_client")]
    SessionSignedOutAtClient,
    #[strum(serialize = "user.sessions_ended")]
    UserSessionsEnded,
    #[strum(serialize = "user.grants_revoked")]
    UserGrantsRevoked,
    #[strum(serialize = "client.grants_revoked")]
    ClientGrantsRevoked,
    #[strum(serialize = "grant.revoked")]
    GrantRevoked,
    #[strum(serialize = "consent.given")]
    ConsentGiven,
    #[strum(serialize = "consent.taken_back")]
    ConsentTakenBack,
    #[strum(serialize = "device.allowed")]
    DeviceAllowed,
    #[strum(serialize = "device.denied")]
    DeviceDenied,
    #[strum(serialize = "key.created")]
    KeyCreated,
    #[strum(serialize = "key.retired")]
    KeyRetired,
    #[strum(serialize = "api_key.created")]
    ApiKeyCreated,
    #[strum(serialize = "api_key.updated")]
    ApiKeyUpdated,
    #[strum(serialize = "api_key.deleted")]
    ApiKeyDeleted,
    #[strum(serialize = "clocks.forgotten")]
    ClocksForgotten,
    #[strum(serialize = "logout_deliveries.retried")]
    LogoutDeliveriesRetried,
}

impl Act {
    /// The word that is stored; it never changes its meaning.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// The kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ObjectKind {
    User,
    Scope,
    Resource,
    TrustedIssuer,
    Client,
    Session,
    Grant,
    /// The request of a device, by the id of the grant that it asks for.
    Device,
    Key,
    ApiKey,
    LogoutDeliveries,
    Clocks,
}

impl ObjectKind {
    /// The word that is stored; it never changes its meaning.
    pub fn word(self) -> &'static str {
        self.into()
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
