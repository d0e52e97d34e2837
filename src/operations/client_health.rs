//! How a client uses the server, and what could be demanded of it, or taken from it, without breaking it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Context;
use super::clients::existing;
use super::fault::Faults;
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::oauth::activity::{FactCounts, FactKind, KEPT};
use crate::oauth::client::Demand;
use crate::oauth::client::demand::Demanded;
use crate::oauth::client::health::{self, ObservedClient, PolicyHealth, RefreshUse, SecretUse};
use crate::oauth::id::ClientId;
use crate::store::client_secrets::SecretRecord;
use crate::store::clients::ClientRecord;
use crate::store::db::Conn;
use crate::store::{client_activity, client_uses};

/// What was counted about a client in the last 30 days. It can be a minute old, because each node writes its counts once a
/// minute.
#[derive(Clone, Debug)]
pub struct ClientHealth {
    pub record: ClientRecord,
    /// The beginning of the first day with a count; `None` without any.
    pub counted_since: Option<Timestamp>,
    counts: FactCounts,
    /// The use of each registered redirect URI, scope and grant type.
    pub uses: Vec<ValueUse>,
    pub refresh: RefreshUse,
    pub policies: Vec<PolicyHealth>,
}

/// The use of a redirect URI, a scope or a grant type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueUse {
    pub kind: FactKind,
    pub value: String,
    /// How often in the last 30 days.
    pub count: u64,
    /// `None`: never. Exact to the hour if it is longer ago than 30 days.
    pub last_used_at: Option<Timestamp>,
}

/// Finds what was counted about a client.
///
/// # Errors
/// If there is no such client.
pub async fn find(context: &Context<'_>, client: &ClientId) -> Result<ClientHealth, Denied<Faults>> {
    let (id, since) = (client.clone(), context.now - KEPT);
    let read = async move |conn: &mut Conn| {
        let record = existing(conn, &id).await?;
        let (counts, first) = client_activity::find(conn, &id, since).await?;
        Ok::<_, Denied<Faults>>((record, counts, first, client_uses::list(conn, &id).await?))
    };
    let (record, counts, counted_since, noted) = context.read(read).await?;
    let noted: HashMap<(String, String), Timestamp> =
        noted.into_iter().map(|row| ((row.kind, row.value), row.last_used_at)).collect();
    let valid = record.secrets.iter().filter(|secret| secret.is_live(context.now));
    let secrets: Vec<SecretUse> =
        valid.map(|secret| SecretUse { id: secret.id.clone(), last_used_at: secret.last_used_at }).collect();
    let policies = health::policies(&ObservedClient {
        client: &record.client,
        demands: context.config.oauth.demands(),
        counts: &counts,
        secrets: &secrets,
        since,
    });
    let uses = uses(&record, &counts, &noted);
    Ok(ClientHealth { uses, refresh: RefreshUse::of(&counts), policies, record, counted_since, counts })
}

/// The demands on a client that are only reported, each with whether requiring it would have refused requests of the last 30
/// days.
///
/// # Errors
/// If there is no such client.
pub async fn reported(context: &Context<'_>, client: &ClientId) -> Result<Vec<PolicyHealth>, Denied<Faults>> {
    let mut health = find(context, client).await?;
    let (client, demands) = (&health.record.client, context.config.oauth.demands());
    let is_reported = |what: Demanded| client.demand(what, &demands) == Demand::Report;
    health.policies.retain(|known| known.policy.demanded().is_some_and(is_reported));
    Ok(health.policies)
}

/// The use of each registered value.
fn uses(
    record: &ClientRecord,
    counts: &FactCounts,
    noted: &HashMap<(String, String), Timestamp>,
) -> Vec<ValueUse> {
    let client = &record.client;
    let uris = client.redirect_uris.iter().map(|uri| (FactKind::RedirectUri, uri.as_str()));
    let scopes = client.scopes.names().map(|name| (FactKind::Scope, name));
    let grants = client.grants.iter().map(|grant| (FactKind::GrantType, grant.as_str()));
    let implicit = (!client.response_types.is_empty()).then_some((FactKind::GrantType, "implicit"));
    let used = |(kind, value): (FactKind, &str)| {
        let counted = counts.of(kind, value);
        let noted = noted.get(&(kind.as_str().to_owned(), value.to_owned())).copied();
        ValueUse {
            kind,
            value: value.to_owned(),
            count: counted.map_or(0, |tally| tally.count),
            last_used_at: counted.map(|tally| tally.last).max(noted),
        }
    };
    uris.chain(scopes).chain(grants).chain(implicit).map(used).collect()
}

impl ClientHealth {
    /// The authorization requests that were answered, by what they had.
    pub fn authorizations(&self) -> [(&'static str, u64); 7] {
        [
            ("answered", self.counts.number(FactKind::Authorized)),
            ("with_code", self.counts.number(FactKind::AuthorizedCode)),
            ("without_pkce", self.counts.number(FactKind::WithoutPkce)),
            ("without_state", self.counts.number(FactKind::WithoutState)),
            ("with_openid", self.counts.number(FactKind::AuthorizedOpenid)),
            ("without_nonce", self.counts.number(FactKind::WithoutNonce)),
            ("other_port", self.counts.number(FactKind::OtherPort)),
        ]
    }

    /// The requests that were refused, by the word of the reason: how often, and when last. The most frequent comes first.
    pub fn refused(&self) -> Vec<(&str, u64, Timestamp)> {
        let refused = self.counts.values(FactKind::Refused);
        let mut refused: Vec<_> = refused.map(|(word, tally)| (word, tally.count, tally.last)).collect();
        refused.sort_by_key(|(word, count, _)| (std::cmp::Reverse(*count), *word));
        refused
    }

    /// How often a secret was used in the last 30 days.
    pub fn secret_uses(&self, secret: &SecretRecord) -> u64 {
        self.counts.of(FactKind::Secret, &secret.id).map_or(0, |tally| tally.count)
    }

    /// The JSON of the health, as the management API and the command line show it.
    pub fn to_json(&self) -> Value {
        let time = |at: Option<Timestamp>| at.map(Timestamp::iso);
        let secret = |secret: &SecretRecord| {
            json!({
                "id": secret.id,
                "created_at": secret.created_at.iso(),
                "expires_at": time(secret.expires_at),
                "last_used_at": time(secret.last_used_at),
                "count": self.secret_uses(secret),
            })
        };
        let of = |kind: FactKind| {
            let own = self.uses.iter().filter(|used| used.kind == kind);
            own.map(|used| {
                json!({ "value": used.value, "count": used.count, "last_used_at": time(used.last_used_at) })
            })
            .collect::<Value>()
        };
        let refused = |(word, count, last): (&str, u64, Timestamp)| json!({ "reason": word, "count": count, "last_at": last.iso() });
        let authorizations: Value = self
            .authorizations()
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count.into()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        json!({
            "client_id": self.record.client.id,
            "counted_since": time(self.counted_since),
            "authorizations": authorizations,
            "redirect_uris": of(FactKind::RedirectUri),
            "scopes": of(FactKind::Scope),
            "grant_types": of(FactKind::GrantType),
            "secrets": self.record.secrets.iter().map(secret).collect::<Value>(),
            "refresh": {
                "refreshed": self.refresh.refreshed,
                "answered_again": self.refresh.answered_again,
                "reused": self.refresh.reused,
            },
            "refused": self.refused().into_iter().map(refused).collect::<Value>(),
            "policies": self.policies.iter().map(PolicyHealth::to_json).collect::<Value>(),
        })
    }
}
