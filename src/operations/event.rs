//! Records of acts as values. The place that stores an event adds the actor and the time. No event contains a secret.

use std::net::IpAddr;

use serde::Serialize;
use serde_json::{Map, Value};
use strum::{IntoStaticStr, VariantArray};

use super::actor::{Actor, ActorKind};
use crate::clock::Timestamp;
use crate::oauth::id::{ClientId, UserId};
use crate::secret::ordered_id;
use crate::store::db::{DbError, Tx};
use crate::store::events::{self, NewEvent};

/// An act that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub act: Act,
    pub object: Object,
    /// The client that the act concerns, if that is not the object.
    pub client: Option<ClientId>,
    /// The user that the act concerns, if that is neither the object nor the actor.
    pub user: Option<UserId>,
    /// Why something was refused, or ended by itself: a word of the error reference.
    pub reason: Option<&'static str>,
    /// What an update changed, all of a new object, or all of one that was deleted. Empty for other acts, and for an update
    /// that changed nothing.
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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub member: String,
    /// `null` if the object did not have the member.
    pub before: Value,
    /// `null` if the object no longer has the member.
    pub after: Value,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
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
    #[strum(serialize = "authorization_type.created")]
    AuthorizationTypeCreated,
    #[strum(serialize = "authorization_type.updated")]
    AuthorizationTypeUpdated,
    #[strum(serialize = "authorization_type.deleted")]
    AuthorizationTypeDeleted,
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
    /// A client revoked one access token.
    #[strum(serialize = "token.revoked")]
    TokenRevoked,
    /// A client got tokens.
    #[strum(serialize = "token.issued")]
    TokenIssued,
    /// Name or password was wrong, or was not checked because of wrong ones before.
    #[strum(serialize = "session.refused")]
    SessionRefused,
    /// A client did not prove who it is.
    #[strum(serialize = "client.refused")]
    ClientRefused,
    #[strum(serialize = "consent.given")]
    ConsentGiven,
    #[strum(serialize = "consent.taken_back")]
    ConsentTakenBack,
    #[strum(serialize = "device.allowed")]
    DeviceAllowed,
    #[strum(serialize = "device.denied")]
    DeviceDenied,
    #[strum(serialize = "backchannel.allowed")]
    BackchannelAllowed,
    #[strum(serialize = "backchannel.denied")]
    BackchannelDenied,
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
    /// A request to the management API had a wrong or ended API key or access token.
    #[strum(serialize = "api_key.refused")]
    ApiKeyRefused,
    /// Who asked the management API or the console is known, and may not do that.
    #[strum(serialize = "management.forbidden")]
    ManagementForbidden,
    #[strum(serialize = "clocks.forgotten")]
    ClocksForgotten,
    #[strum(serialize = "logout_deliveries.retried")]
    LogoutDeliveriesRetried,
    #[strum(serialize = "webhook.created")]
    WebhookCreated,
    #[strum(serialize = "webhook.updated")]
    WebhookUpdated,
    /// The server has disabled it, because its receiver asked for that or every attempt failed for days.
    #[strum(serialize = "webhook.disabled")]
    WebhookDisabled,
    #[strum(serialize = "webhook.secret_rotated")]
    WebhookSecretRotated,
    #[strum(serialize = "webhook.retried")]
    WebhookRetried,
    #[strum(serialize = "webhook.tested")]
    WebhookTested,
    /// Events were deleted because of their age before the webhook got them.
    #[strum(serialize = "webhook.events_missed")]
    WebhookEventsMissed,
    #[strum(serialize = "webhook.deleted")]
    WebhookDeleted,
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
    AuthorizationType,
    TrustedIssuer,
    Client,
    Session,
    Grant,
    /// An access token, by the id of its grant, or of the client if it has none.
    Token,
    /// The request of a device, by the id of the grant that it asks for.
    Device,
    /// The request of an application for a person who answers elsewhere, by the id of the grant that it asks for.
    Backchannel,
    Key,
    ApiKey,
    LogoutDeliveries,
    Clocks,
    Webhook,
}

impl ObjectKind {
    /// The word that is stored; it never changes its meaning.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

impl Event {
    /// An event about this object.
    pub fn new(act: Act, kind: ObjectKind, id: impl Into<String>) -> Self {
        let object = Object { kind, id: id.into(), name: None };
        Self { act, object, client: None, user: None, reason: None, changes: Vec::new() }
    }

    /// The same event, with the `name` that people use for the object.
    pub(super) fn named(mut self, name: impl Into<String>) -> Self {
        self.object.name = Some(name.into());
        self
    }

    /// The same event, about the object and this client.
    pub fn with(mut self, client: &ClientId) -> Self {
        self.client = Some(client.clone());
        self
    }

    /// The same event, which concerns this user beside the object.
    pub fn of_user(mut self, user: &UserId) -> Self {
        self.user = Some(user.clone());
        self
    }

    /// The same event, with the word of its reason.
    pub fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The same event, with every member of the object that the act has made. None of them is secret.
    pub(super) fn creating(self, after: Value) -> Self {
        self.changing(Value::Null, after)
    }

    /// The same event, with every member that the object had before the act deleted it. None of them is secret.
    pub(super) fn deleting(self, before: Value) -> Self {
        self.changing(before, Value::Null)
    }

    /// The same event, with every member that differs between the two states of the object.
    pub fn changing(mut self, before: Value, after: Value) -> Self {
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

impl Event {
    /// The event as it is stored under this id.
    pub fn record(&self, id: String, actor: &Actor, time: Timestamp) -> NewEvent {
        let Object { kind, id: object_id, name } = &self.object;
        let object_if = |wanted: ObjectKind| (*kind == wanted).then(|| object_id.clone());
        let is_person = matches!(actor.kind, ActorKind::Person | ActorKind::PersonByClient);
        let user = self.user.as_ref().map(ToString::to_string).or_else(|| object_if(ObjectKind::User));
        let client = self.client.as_ref().map(ToString::to_string).or_else(|| object_if(ObjectKind::Client));
        NewEvent {
            id,
            time,
            act: self.act.word().to_owned(),
            object_kind: kind.word().to_owned(),
            object_id: storable(object_id.clone()),
            object_name: name.clone().map(storable),
            actor_kind: actor.kind.word().to_owned(),
            actor_id: actor.id.clone().map(storable),
            actor_name: actor.name.clone().map(storable),
            actor_client: actor.client.clone().map(storable),
            user_id: user.or_else(|| actor.id.clone().filter(|_| is_person)).map(storable),
            client_id: client.or_else(|| actor.client.clone()).map(storable),
            address: actor.address.as_ref().map(IpAddr::to_string),
            request_id: actor.request_id.clone().map(storable),
            reason: self.reason.map(str::to_owned),
            changes: self.changes_as_json(),
        }
    }

    /// Stores the event in the transaction of what it records; `now` is the time of that.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn save(&self, tx: &mut Tx, actor: &Actor, now: Timestamp) -> Result<(), DbError> {
        events::save(tx, &[self.record(ordered_id(now), actor, now)]).await
    }

    /// The changes as a JSON array. `None` if nothing changed.
    fn changes_as_json(&self) -> Option<String> {
        // Names and JSON values can always be written.
        (!self.changes.is_empty()).then(|| serde_json::to_string(&self.changes).ok()).flatten()
    }
}

/// The text without U+0000, which cannot be stored.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
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
