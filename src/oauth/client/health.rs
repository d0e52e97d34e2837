//! What could be demanded of a client, or taken from it, without breaking it: answered from what was counted.

use serde_json::{Value, json};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::clock::Timestamp;
use crate::oauth::activity::{FactCounts, FactKind, FactTally};
use crate::oauth::client::demand::{Demanded, Demands};
use crate::oauth::client::{Client, ClientKind, Demand, GrantType};
use crate::oauth::reason::Reason;
use crate::oauth::word::word;

/// Something that could be demanded of a client, or a part of its registration that could be removed. The word never
/// changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Policy {
    /// A challenge for each code (RFC 7636).
    Pkce,
    /// Pushed authorization requests (RFC 9126).
    Par,
    /// Signed authorization requests (RFC 9101).
    Jar,
    /// The redirect URI in the request that redeems a code (RFC 6749 §4.1.3).
    TokenRedirectUri,
    /// A proof of a key with each token request (RFC 9449).
    Dpop,
    /// A `state` in each authorization request (RFC 6749 §10.12).
    State,
    /// A nonce in each request with the scope `openid` (OpenID Connect Core §3.1.2.1).
    Nonce,
    /// The redirect URI as it is registered, with its port, too.
    ExactRedirectUri,
    /// No second answer to a replaced refresh token (`tokens.refresh_token_grace`).
    RefreshWithoutGrace,
    RemoveRedirectUri,
    RemoveScope,
    RemoveGrantType,
    RemoveSecret,
}

impl Policy {
    /// The demand that can be `off`, `report` or `require`; `None` for every other policy.
    pub fn demanded(self) -> Option<Demanded> {
        match self {
            Self::Pkce => Some(Demanded::Pkce),
            Self::Par => Some(Demanded::Par),
            Self::Jar => Some(Demanded::Jar),
            Self::TokenRedirectUri => Some(Demanded::TokenRedirectUri),
            Self::Dpop => Some(Demanded::Dpop),
            Self::State
            | Self::Nonce
            | Self::ExactRedirectUri
            | Self::RefreshWithoutGrace
            | Self::RemoveRedirectUri
            | Self::RemoveScope
            | Self::RemoveGrantType
            | Self::RemoveSecret => None,
        }
    }
}

/// Whether a policy could be required now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum HealthVerdict {
    /// Nothing would have been refused.
    Safe,
    /// Requests that were answered would have been refused.
    WouldRefuse,
    /// There were no requests that the policy is about.
    NoTraffic,
    /// The demand is off, so the server has not counted what would have been refused.
    NotCounted,
    /// The server demands it of this client already.
    AlwaysRequired,
}

word!(Policy, HealthVerdict);

/// The answer for one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyHealth {
    pub policy: Policy,
    /// What would be removed; `None` for a demand.
    pub value: Option<String>,
    pub verdict: HealthVerdict,
    /// How many requests would have been refused, and when the last of them came.
    pub refused: Option<FactTally>,
    /// The verdict in a sentence.
    pub sentence: String,
}

/// A valid secret, as far as its use is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretUse {
    pub id: String,
    pub last_used_at: Option<Timestamp>,
}

/// What is known about a client.
#[derive(Clone, Copy, Debug)]
pub struct ObservedClient<'a> {
    pub client: &'a Client,
    /// What is demanded of clients without settings of their own.
    pub demands: Demands,
    pub counts: &'a FactCounts,
    /// The valid secrets, the oldest first.
    pub secrets: &'a [SecretUse],
    /// Since when the counts count.
    pub since: Timestamp,
}

impl PolicyHealth {
    pub fn to_json(&self) -> Value {
        json!({
            "policy": self.policy.as_str(),
            "value": self.value,
            "verdict": self.verdict.as_str(),
            "count": self.refused.map_or(0, |tally| tally.count),
            "last_at": self.refused.map(|tally| tally.last.iso()),
            "sentence": self.sentence,
        })
    }
}

/// The answers for all policies that can be about this client.
pub fn policies(observed: &ObservedClient<'_>) -> Vec<PolicyHealth> {
    let mut found = Vec::new();
    let client = observed.client;
    if asks_in_browsers(client) {
        found.extend([pkce(observed), state(observed), nonce(observed), exact_redirect_uri(observed)]);
        found.push(observed.reported(Policy::Par, Demanded::Par));
    }
    found.extend(jar(observed));
    if client.grants.contains(&GrantType::AuthorizationCode) {
        found.push(observed.reported(Policy::TokenRedirectUri, Demanded::TokenRedirectUri));
    }
    found.push(observed.reported(Policy::Dpop, Demanded::Dpop));
    if client.grants.contains(&GrantType::RefreshToken) {
        found.push(refresh_without_grace(observed));
    }
    found.extend(removable(observed));
    found.extend(old_secrets(observed));
    found
}

/// Whether the client sends authorization requests through browsers.
fn asks_in_browsers(client: &Client) -> bool {
    client.grants.contains(&GrantType::AuthorizationCode) || !client.response_types.is_empty()
}

fn pkce(observed: &ObservedClient<'_>) -> PolicyHealth {
    let client = observed.client;
    if client.must(Demanded::Pkce, &observed.demands) {
        return always(Policy::Pkce, "This client must use PKCE already.");
    }
    let what = ["request for a code", "requests for a code", "had a code_challenge", "had no code_challenge"];
    observed.demand(Policy::Pkce, (FactKind::AuthorizedCode, FactKind::WithoutPkce), what)
}

fn state(observed: &ObservedClient<'_>) -> PolicyHealth {
    let what = ["authorization request", "authorization requests", "had a state", "had no state"];
    observed.demand(Policy::State, (FactKind::Authorized, FactKind::WithoutState), what)
}

fn nonce(observed: &ObservedClient<'_>) -> PolicyHealth {
    let what =
        ["request with the scope openid", "requests with the scope openid", "had a nonce", "had no nonce"];
    observed.demand(Policy::Nonce, (FactKind::AuthorizedOpenid, FactKind::WithoutNonce), what)
}

/// The answer about signed requests: in a browser, or about a person elsewhere (CIBA). `None` if the client sends neither.
fn jar(observed: &ObservedClient<'_>) -> Option<PolicyHealth> {
    let client = observed.client;
    let is_elsewhere = client.grants.contains(&GrantType::Ciba);
    match asks_in_browsers(client) {
        false if !is_elsewhere => None,
        false if client.backchannel.request_alg.is_some() => {
            Some(always(Policy::Jar, "This client must sign its backchannel requests already."))
        }
        _ => Some(observed.reported(Policy::Jar, Demanded::Jar)),
    }
}

fn exact_redirect_uri(observed: &ObservedClient<'_>) -> PolicyHealth {
    let client = observed.client;
    let is_free = client.kind == ClientKind::Native
        && client.redirect_uris.iter().any(|uri| uri.has_free_port(client.kind));
    if !is_free {
        return always(
            Policy::ExactRedirectUri,
            "Redirect URIs of this client are compared byte by byte already.",
        );
    }
    let what = [
        "authorization request",
        "authorization requests",
        "had the redirect URI as it is registered",
        "had another port than the registered redirect URI",
    ];
    observed.demand(Policy::ExactRedirectUri, (FactKind::Authorized, FactKind::OtherPort), what)
}

fn refresh_without_grace(observed: &ObservedClient<'_>) -> PolicyHealth {
    let all = observed.counts.of(FactKind::GrantType, GrantType::RefreshToken.as_str());
    let again = observed.counts.of(FactKind::RefreshAnsweredAgain, "");
    let what = [
        "refresh",
        "refreshes",
        "came with the valid token",
        "came with a token that was replaced a moment before",
    ];
    verdict(Policy::RefreshWithoutGrace, all.map_or(0, |tally| tally.count), again, what)
}

fn always(policy: Policy, sentence: &str) -> PolicyHealth {
    let (verdict, sentence) = (HealthVerdict::AlwaysRequired, sentence.to_owned());
    PolicyHealth { policy, value: None, verdict, refused: None, sentence }
}

/// The answer for a demand that `refused` of `all` requests did not meet.
fn verdict(
    policy: Policy,
    all: u64,
    refused: Option<FactTally>,
    [request, requests, met, missed]: [&str; 4],
) -> PolicyHealth {
    let (verdict, sentence) = match refused {
        _ if all == 0 => (HealthVerdict::NoTraffic, format!("There were no {requests}.")),
        None if all == 1 => (HealthVerdict::Safe, format!("The only {request} {met}.")),
        Some(_) if all == 1 => (HealthVerdict::WouldRefuse, format!("The only {request} {missed}.")),
        None => (HealthVerdict::Safe, format!("All of {all} {requests} {met}.")),
        Some(tally) => (HealthVerdict::WouldRefuse, format!("{} of {all} {requests} {missed}.", tally.count)),
    };
    PolicyHealth { policy, value: None, verdict, refused, sentence }
}

impl ObservedClient<'_> {
    /// The answer for a demand on the requests `all`, which the requests `refused` among them did not meet.
    fn demand(&self, policy: Policy, (all, refused): (FactKind, FactKind), what: [&str; 4]) -> PolicyHealth {
        verdict(policy, self.counts.number(all), self.counts.of(refused, ""), what)
    }

    /// The answer for a demand whose requests are counted while it is set to `report`.
    fn reported(&self, policy: Policy, what: Demanded) -> PolicyHealth {
        let [met, missed] =
            [FactKind::DemandMet, FactKind::DemandMissed].map(|kind| self.counts.of(kind, what.as_str()));
        let number = |tally: Option<FactTally>| tally.map_or(0, |tally| tally.count);
        let name = what.as_str();
        match self.client.demand(what, &self.demands) {
            Demand::Require => always(policy, "The server requires this of the client already."),
            Demand::Off if met.is_none() && missed.is_none() => PolicyHealth {
                policy,
                value: None,
                verdict: HealthVerdict::NotCounted,
                refused: None,
                sentence: format!("Requests are counted as soon as {name} is set to report."),
            },
            Demand::Off | Demand::Report => {
                let requests = [
                    "request that was counted",
                    "requests that were counted",
                    "met the demand",
                    "would have been refused",
                ];
                verdict(policy, number(met) + number(missed), missed, requests)
            }
        }
    }
}

/// The registered values that were not used. They can be removed if there was any use of other values.
fn removable(observed: &ObservedClient<'_>) -> Vec<PolicyHealth> {
    let ObservedClient { client, counts, .. } = observed;
    let uris = client.redirect_uris.iter().map(|uri| uri.as_str());
    let grants = client.grants.iter().map(|grant| grant.as_str());
    let scopes = client.scopes.names();
    let kinds: [(Policy, FactKind, Vec<&str>); 3] = [
        (Policy::RemoveRedirectUri, FactKind::RedirectUri, uris.collect()),
        (Policy::RemoveScope, FactKind::Scope, scopes.collect()),
        (Policy::RemoveGrantType, FactKind::GrantType, grants.collect()),
    ];
    let mut found = Vec::new();
    for (policy, kind, values) in kinds {
        let is_used = counts.values(kind).next().is_some();
        let unused = values.into_iter().filter(|value| counts.of(kind, value).is_none());
        found.extend(unused.map(|value| {
            let (verdict, sentence) = match is_used {
                true => (HealthVerdict::Safe, format!("{} was not used.", name_of(kind))),
                false => (
                    HealthVerdict::NoTraffic,
                    format!("{} was not used, and neither was any other.", name_of(kind)),
                ),
            };
            PolicyHealth { policy, value: Some(value.to_owned()), verdict, refused: None, sentence }
        }));
    }
    found
}

fn name_of(kind: FactKind) -> &'static str {
    match kind {
        FactKind::RedirectUri => "The redirect URI",
        FactKind::Scope => "The scope",
        _ => "The grant type",
    }
}

/// The secrets that are older than the newest one.
fn old_secrets(observed: &ObservedClient<'_>) -> Vec<PolicyHealth> {
    let Some((newest, old)) = observed.secrets.split_last() else { return Vec::new() };
    let is_recent = |secret: &SecretUse| secret.last_used_at.is_some_and(|last| last >= observed.since);
    let answer = |secret: &SecretUse| {
        let counted = observed.counts.of(FactKind::Secret, &secret.id);
        let refused = match (counted, secret.last_used_at) {
            (Some(tally), _) => Some(tally),
            // The counts of the last minute are not written yet.
            (None, Some(last)) if is_recent(secret) => Some(FactTally { count: 1, last }),
            (None, _) => None,
        };
        let (verdict, sentence) = match refused {
            Some(FactTally { count: 1, .. }) => {
                (HealthVerdict::WouldRefuse, "This old secret is still used: once.".to_owned())
            }
            Some(FactTally { count, .. }) => {
                (HealthVerdict::WouldRefuse, format!("This old secret is still used: {count} times."))
            }
            None if is_recent(newest) => (HealthVerdict::Safe, "Only newer secrets were used.".to_owned()),
            None => (HealthVerdict::NoTraffic, "No secret was used.".to_owned()),
        };
        PolicyHealth {
            policy: Policy::RemoveSecret,
            value: Some(secret.id.clone()),
            verdict,
            refused,
            sentence,
        }
    };
    old.iter().map(answer).collect()
}

/// How refresh tokens are used: refreshes, those of them that got the same answer again, and tokens that were reused and
/// so ended their chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshUse {
    pub refreshed: u64,
    pub answered_again: u64,
    pub reused: u64,
}

impl RefreshUse {
    pub fn of(counts: &FactCounts) -> Self {
        let number = |kind, value| counts.of(kind, value).map_or(0, |tally| tally.count);
        Self {
            refreshed: number(FactKind::GrantType, GrantType::RefreshToken.as_str()),
            answered_again: number(FactKind::RefreshAnsweredAgain, ""),
            reused: number(FactKind::Refused, Reason::RefreshTokenReused.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Seconds;
    use crate::oauth::client::{ObjectAlgorithm, example};

    const NOW: Timestamp = Timestamp::from_unix(2_000_000);

    fn secret(id: &str, last_used_at: Option<Timestamp>) -> SecretUse {
        SecretUse { id: id.to_owned(), last_used_at }
    }

    /// The verdicts for a client, each with what it is about.
    fn verdicts(
        client: &Client,
        counts: &FactCounts,
        secrets: &[SecretUse],
    ) -> Vec<(Policy, String, HealthVerdict)> {
        let since = NOW - Seconds::new(1000);
        let demands = Demands { par: Demand::Report, ..Demands::NOTHING };
        let observed = ObservedClient { client, demands, counts, secrets, since };
        let answers = policies(&observed).into_iter();
        answers.map(|answer| (answer.policy, answer.value.unwrap_or_default(), answer.verdict)).collect()
    }

    fn counts(facts: &[(FactKind, &str, u64)]) -> FactCounts {
        let mut counts = FactCounts::default();
        for (kind, value, count) in facts {
            counts.add(*kind, value, FactTally { count: *count, last: NOW });
        }
        counts
    }

    #[test]
    fn a_demand_is_safe_only_if_there_were_requests_and_all_met_it() {
        let web = example(ClientKind::Web);
        let of = |client: &Client, facts: &[(FactKind, &str, u64)], policy| {
            let found = verdicts(client, &counts(facts), &[]);
            found.into_iter().find(|(other, ..)| *other == policy).map(|(.., verdict)| verdict)
        };
        let five = (FactKind::AuthorizedCode, "", 5);
        assert_eq!(of(&web, &[], Policy::Pkce), Some(HealthVerdict::NoTraffic));
        assert_eq!(of(&web, &[five], Policy::Pkce), Some(HealthVerdict::Safe));
        let one = (FactKind::WithoutPkce, "", 1);
        assert_eq!(of(&web, &[five, one], Policy::Pkce), Some(HealthVerdict::WouldRefuse));
        let spa = example(ClientKind::Spa);
        assert_eq!(of(&spa, &[five], Policy::Pkce), Some(HealthVerdict::AlwaysRequired));
        let strict = web.clone().with(|metadata| metadata.pkce = Some(Demand::Require));
        assert_eq!(of(&strict, &[five], Policy::Pkce), Some(HealthVerdict::AlwaysRequired));
        assert_eq!(of(&web, &[], Policy::ExactRedirectUri), Some(HealthVerdict::AlwaysRequired));
        assert_eq!(of(&example(ClientKind::Service), &[], Policy::State), None, "it sends no one to sign in");
    }

    #[test]
    fn a_client_that_asks_only_elsewhere_has_an_answer_about_signed_requests() {
        let of = |client: &Client| {
            let found = verdicts(client, &FactCounts::default(), &[]);
            found.into_iter().find(|(policy, ..)| *policy == Policy::Jar).map(|(.., verdict)| verdict)
        };
        let service = example(ClientKind::Service);
        assert_eq!(of(&service), None, "it sends no authorization requests");
        let asking = service.with(|metadata| metadata.grants = vec![GrantType::Ciba]);
        assert_eq!(of(&asking), Some(HealthVerdict::NotCounted));
        let signing = asking.with(|metadata| metadata.backchannel.request_alg = Some(ObjectAlgorithm::Es256));
        assert_eq!(of(&signing), Some(HealthVerdict::AlwaysRequired));
        let web =
            example(ClientKind::Web).with(|metadata| metadata.backchannel = signing.backchannel.clone());
        assert_eq!(of(&web), Some(HealthVerdict::NotCounted), "its other requests need no signature");
    }

    #[test]
    fn what_was_not_used_can_be_removed_if_something_else_was() {
        let web = example(ClientKind::Web);
        let used = counts(&[
            (FactKind::RedirectUri, "https://app.example/cb", 1),
            (FactKind::Scope, "read", 1),
            (FactKind::GrantType, "authorization_code", 1),
        ]);
        let found = |counts: &FactCounts, verdict| {
            let all = verdicts(&web, counts, &[]).into_iter();
            let removals = all.filter(|(_, value, found)| !value.is_empty() && *found == verdict);
            removals.map(|(_, value, _)| value).collect::<Vec<_>>()
        };
        assert_eq!(found(&used, HealthVerdict::Safe), ["write", "refresh_token"]);
        let none = FactCounts::default();
        assert_eq!(found(&none, HealthVerdict::Safe), Vec::<String>::new());
        assert_eq!(found(&none, HealthVerdict::NoTraffic).len(), 5);
    }

    #[test]
    fn an_old_secret_can_be_removed_if_only_newer_ones_are_used() {
        let web = example(ClientKind::Web);
        let (long_ago, now) = (Some(NOW - Seconds::new(5000)), Some(NOW));
        let of = |secrets: &[SecretUse], facts: &[(FactKind, &str, u64)]| {
            let all = verdicts(&web, &counts(facts), secrets).into_iter();
            let old = all.filter(|(policy, ..)| *policy == Policy::RemoveSecret);
            old.map(|(_, value, verdict)| (value, verdict)).collect::<Vec<_>>()
        };
        let old = |verdict| vec![("old".to_owned(), verdict)];
        assert!(of(&[secret("only", now)], &[]).is_empty());
        let (rotated, both) =
            ([secret("old", long_ago), secret("new", now)], [secret("old", now), secret("new", now)]);
        assert_eq!(of(&rotated, &[]), old(HealthVerdict::Safe));
        assert_eq!(of(&rotated, &[(FactKind::Secret, "old", 3)]), old(HealthVerdict::WouldRefuse));
        assert_eq!(of(&both, &[]), old(HealthVerdict::WouldRefuse));
        assert_eq!(of(&[secret("old", long_ago), secret("new", None)], &[]), old(HealthVerdict::NoTraffic));
    }
}
