//! What this process has counted and not written yet: hourly counts of the server, and facts about each client.
//!
//! A request adds to a table in memory, under a lock that only its own thread uses most of the time. Once a minute
//! `work::activity` takes everything and writes it. The size is bounded, and what is beyond the bound is counted as dropped.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use prometheus_client::metrics::counter::Counter;
use tokio::sync::{Mutex as Turn, MutexGuard};

use crate::clock::Timestamp;
use crate::metrics::counters::SignInResult;
use crate::oauth::activity::{CountKind, FactCounts, FactKind, FactTally, HOUR, begin_of};
use crate::oauth::client::demand::Demanded;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::grant::scope::OPENID;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;
use crate::oauth::request::return_address::ReturnAddress;
use crate::oauth::request::{AnswerTo, AuthorizationRequest};

/// How many facts of clients may wait to be written, which takes about 20 MB. Further ones are dropped, and counted.
pub const MAX_FACTS: usize = 200_000;
/// Of how many hours counts may wait, for example while the database is away.
pub const MAX_HOURS: usize = 48;
/// Enough that the threads of most machines do not wait for each other.
const SHARDS: usize = 16;

/// The counts that wait to be written.
#[derive(Debug, Default)]
pub struct Activity {
    shards: [Mutex<BTreeMap<Timestamp, HourCounts>>; SHARDS],
    /// The number of facts in all shards.
    facts: AtomicUsize,
    /// Taken by the task that writes.
    turn: Turn<()>,
    dropped: Counter,
}

/// What was counted in one hour.
#[derive(Debug, Default)]
pub struct HourCounts {
    pub server: HashMap<(CountKind, &'static str), u64>,
    pub clients: HashMap<ClientId, Vec<CountedFact>>,
}

/// A fact about a client. Its value is from a closed list or from the client's registration.
#[derive(Debug)]
pub struct CountedFact {
    kind: FactKind,
    value: Box<str>,
    tally: FactTally,
}

/// The hour in which something is being counted.
struct OpenHour<'a> {
    hour: &'a mut HourCounts,
    activity: &'a Activity,
    at: Timestamp,
}

impl Activity {
    /// Counts an attempt to sign in.
    pub fn signed_in(&self, result: SignInResult, at: Timestamp) {
        self.count(at, |counting| counting.add(CountKind::SignIns, result.into()));
    }

    /// Counts an answer of `/token`. `scope` is the scope of the answer.
    pub fn issued(&self, client: &Client, grant: GrantType, scope: &str, at: Timestamp) {
        self.issue(client, grant.as_str(), scope, at);
    }

    /// Counts tokens in an answer of `/authorize`: the grant type `implicit` (RFC 7591 §2).
    pub fn issued_implicitly(&self, client: &Client, scope: &str, at: Timestamp) {
        self.issue(client, "implicit", scope, at);
    }

    fn issue(&self, client: &Client, grant: &'static str, scope: &str, at: Timestamp) {
        let scopes = scope.split(' ').filter(|name| client.scopes.contains(name));
        let scopes = scopes.map(|name| (FactKind::Scope, name));
        self.count(at, |counting| {
            counting.add(CountKind::Tokens, grant);
            counting.facts(&client.id, std::iter::once((FactKind::GrantType, grant)).chain(scopes));
        });
    }

    /// Counts an authorization request that got its answer. The request of a device is not counted here: it has no
    /// redirect URI, state or nonce.
    pub fn authorized(&self, client: &Client, request: &AuthorizationRequest, at: Timestamp) {
        let AnswerTo::Application { return_to, state } = &request.answer_to else { return };
        let (has_code, is_openid) =
            (request.response_type.has_code(), request.granted.scope.contains(OPENID));
        let registered = registered_as(client, return_to);
        let facts = [
            (true, FactKind::Authorized),
            (has_code, FactKind::AuthorizedCode),
            (has_code && request.challenge.is_none(), FactKind::WithoutPkce),
            (is_openid, FactKind::AuthorizedOpenid),
            (is_openid && request.nonce.is_none(), FactKind::WithoutNonce),
            (state.is_none(), FactKind::WithoutState),
            (registered.is_some_and(|uri| uri != return_to.as_str()), FactKind::OtherPort),
        ];
        let facts = facts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, kind)| (kind, ""));
        let uri = registered.map(|uri| (FactKind::RedirectUri, uri));
        self.count(at, |counting| counting.facts(&client.id, facts.chain(uri)));
    }

    /// Counts an answered request by whether it met a demand that is only reported.
    pub fn demanded(&self, client: &ClientId, (what, is_met): (Demanded, bool), at: Timestamp) {
        let kind = if is_met { FactKind::DemandMet } else { FactKind::DemandMissed };
        self.count(at, |counting| counting.facts(client, [(kind, what.as_str())]));
    }

    /// Counts a right secret.
    pub fn secret_used(&self, client: &ClientId, secret: &str, at: Timestamp) {
        self.count(at, |counting| counting.facts(client, [(FactKind::Secret, secret)]));
    }

    /// Counts a replaced refresh token that got its successor again.
    pub fn refresh_answered_again(&self, client: &ClientId, at: Timestamp) {
        self.count(at, |counting| counting.facts(client, [(FactKind::RefreshAnsweredAgain, "")]));
    }

    /// Counts an answer with an error. `client`: the client that the request named, if it exists.
    pub fn refused(&self, client: Option<&Client>, reason: Reason, at: Timestamp) {
        // A device or application has to wait for its person: nothing is refused.
        if reason.is_waiting() {
            return;
        }
        self.count(at, |counting| {
            counting.add(CountKind::Refusals, reason.word());
            if let Some(client) = client {
                counting.facts(&client.id, [(FactKind::Refused, reason.word())]);
            }
        });
    }

    /// What was dropped since the start, because too much waited.
    pub fn dropped(&self) -> Counter {
        self.dropped.clone()
    }

    /// Waits until no one else writes counts. When this returns, no counts are on their way.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Takes everything that waits, by the beginning of the hour.
    pub fn take(&self) -> BTreeMap<Timestamp, HourCounts> {
        let mut taken: BTreeMap<Timestamp, HourCounts> = BTreeMap::new();
        for shard in &self.shards {
            let hours = std::mem::take(&mut *shard.lock().unwrap_or_else(PoisonError::into_inner));
            for (at, hour) in hours {
                self.facts.fetch_sub(hour.facts(), Ordering::Relaxed);
                taken.entry(at).or_default().merge(hour);
            }
        }
        taken
    }

    /// Puts back what could not be written; an hour without counts leaves nothing.
    pub fn put_back(&self, at: Timestamp, hour: HourCounts) {
        if hour.server.is_empty() && hour.clients.is_empty() {
            return;
        }
        let mut hours = self.shard().lock().unwrap_or_else(PoisonError::into_inner);
        if hours.len() >= MAX_HOURS && !hours.contains_key(&at) {
            self.dropped.inc_by(hour.server.values().sum());
            return;
        }
        let waiting = hours.entry(at).or_default();
        let before = waiting.facts();
        let mut left = MAX_FACTS.saturating_sub(self.facts.load(Ordering::Relaxed));
        for (client, facts) in hour.clients {
            if facts.len() <= left {
                left -= facts.len();
                waiting.merge_client(client, facts);
            } else {
                self.dropped.inc();
            }
        }
        for (count, number) in hour.server {
            *waiting.server.entry(count).or_default() += number;
        }
        self.facts.fetch_add(waiting.facts() - before, Ordering::Relaxed);
    }

    fn count(&self, at: Timestamp, count: impl FnOnce(&mut OpenHour<'_>)) {
        let begins_at = begin_of(HOUR, at);
        let mut hours = self.shard().lock().unwrap_or_else(PoisonError::into_inner);
        if hours.len() >= MAX_HOURS && !hours.contains_key(&begins_at) {
            self.dropped.inc();
            return;
        }
        count(&mut OpenHour { hour: hours.entry(begins_at).or_default(), activity: self, at });
    }

    /// The shard of this thread.
    fn shard(&self) -> &Mutex<BTreeMap<Timestamp, HourCounts>> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
        }
        &self.shards[OWN.with(|own| *own)]
    }
}

/// The registered redirect URI to which an answer is sent. It differs from the address at most in the port.
fn registered_as<'c>(client: &'c Client, return_to: &ReturnAddress) -> Option<&'c str> {
    let uris = &client.redirect_uris;
    let exact = uris.iter().find(|uri| uri.as_str() == return_to.as_str());
    let found = exact.or_else(|| uris.iter().find(|uri| uri.matches(return_to.as_str(), client.kind)));
    found.map(|uri| uri.as_str())
}

impl OpenHour<'_> {
    fn add(&mut self, kind: CountKind, word: &'static str) {
        *self.hour.server.entry((kind, word)).or_default() += 1;
    }

    /// Counts facts about a client. Only a fact that is new in this hour takes memory.
    fn facts<'v>(&mut self, client: &ClientId, facts: impl IntoIterator<Item = (FactKind, &'v str)>) {
        let clients = &mut self.hour.clients;
        let has_room = || self.activity.facts.load(Ordering::Relaxed) < MAX_FACTS;
        let known = match clients.get_mut(client) {
            Some(known) => known,
            None if !has_room() => {
                self.activity.dropped.inc();
                return;
            }
            None => clients.entry(client.clone()).or_default(),
        };
        let tally = FactTally { count: 1, last: self.at };
        for (kind, value) in facts {
            if let Some(fact) = known.iter_mut().find(|fact| fact.is(kind, value)) {
                fact.tally.add(tally);
            } else if has_room() {
                self.activity.facts.fetch_add(1, Ordering::Relaxed);
                known.push(CountedFact { kind, value: value.into(), tally });
            } else {
                self.activity.dropped.inc();
            }
        }
    }
}

impl CountedFact {
    fn is(&self, kind: FactKind, value: &str) -> bool {
        self.kind == kind && *self.value == *value
    }
}

impl HourCounts {
    /// The number of facts about clients.
    fn facts(&self) -> usize {
        self.clients.values().map(Vec::len).sum()
    }

    fn merge(&mut self, other: Self) {
        for (count, number) in other.server {
            *self.server.entry(count).or_default() += number;
        }
        for (client, facts) in other.clients {
            self.merge_client(client, facts);
        }
    }

    fn merge_client(&mut self, client: ClientId, facts: Vec<CountedFact>) {
        let known = self.clients.entry(client).or_default();
        for fact in facts {
            match known.iter_mut().find(|other| other.is(fact.kind, &fact.value)) {
                Some(other) => other.tally.add(fact.tally),
                None => known.push(fact),
            }
        }
    }

    /// The counts of some facts, as they are stored.
    pub fn counts(facts: &[CountedFact]) -> FactCounts {
        let mut counts = FactCounts::default();
        for CountedFact { kind, value, tally } in facts {
            counts.add(*kind, value, *tally);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Seconds;
    use crate::oauth::client::{ClientKind, ClientMetadata};

    const NOW: Timestamp = Timestamp::from_unix(1_000_000_800);

    fn client(id: &str) -> Client {
        Client::new(ClientId::new(id), ClientMetadata::new("Example", ClientKind::Web))
    }

    #[test]
    fn what_several_threads_count_is_taken_together_and_once() {
        let activity = Activity::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        activity.refused(Some(&client("web")), Reason::CodeExpired, NOW);
                        activity.signed_in(SignInResult::Wrong, NOW + HOUR);
                    }
                });
            }
        });
        let taken = activity.take();
        let [(first, refused), (second, signed_in)] = &taken.iter().collect::<Vec<_>>()[..] else {
            panic!("{taken:?}")
        };
        assert_eq!((**first, **second), (begin_of(HOUR, NOW), begin_of(HOUR, NOW) + HOUR));
        let counts = HourCounts::counts(&refused.clients[&ClientId::new("web")]);
        let tally = counts.of(FactKind::Refused, "code.expired");
        assert_eq!(tally, Some(FactTally { count: 400, last: NOW }));
        assert_eq!(signed_in.server[&(CountKind::SignIns, "wrong")], 400);
        assert!(activity.take().is_empty());
    }

    #[test]
    fn the_memory_is_bounded_and_what_is_dropped_is_counted() {
        let activity = Activity::default();
        for number in 0..MAX_FACTS + 5 {
            activity.refused(Some(&client(&number.to_string())), Reason::CodeExpired, NOW);
        }
        assert_eq!(activity.dropped().get(), 5);
        let taken = activity.take();
        assert_eq!(taken.values().map(HourCounts::facts).sum::<usize>(), MAX_FACTS);
        assert_eq!(activity.facts.load(Ordering::Relaxed), 0);
        // The database is away for days.
        for hours in 0..100 {
            activity.signed_in(SignInResult::Wrong, NOW + HOUR * hours);
        }
        assert_eq!((activity.take().len(), activity.dropped().get()), (MAX_HOURS, 5 + 52));
    }

    #[test]
    fn what_was_put_back_is_taken_again_with_what_came_since() {
        let activity = Activity::default();
        activity.secret_used(&ClientId::new("web"), "one", NOW);
        for (at, hour) in activity.take() {
            activity.put_back(at, hour);
        }
        activity.put_back(NOW + HOUR, HourCounts::default());
        activity.secret_used(&ClientId::new("web"), "one", NOW + Seconds::new(1));
        let taken = activity.take();
        assert_eq!(taken.len(), 1, "an hour without counts leaves nothing");
        let counts = HourCounts::counts(&taken[&begin_of(HOUR, NOW)].clients[&ClientId::new("web")]);
        let expected = FactTally { count: 2, last: NOW + Seconds::new(1) };
        assert_eq!(counts.of(FactKind::Secret, "one"), Some(expected));
    }
}
