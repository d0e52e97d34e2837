//! The deployment of `deploy/cluster`, whose machines fail: three PostgreSQL machines under Patroni, two nodes behind
//! HAProxy.

use std::iter::Sum;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use grantor::store::db::Engine;

use crate::support::browser::http_client;
use crate::support::database::{TestDatabase, engine};
use crate::support::deployment::Deployment;
use crate::support::load::Load;
use crate::support::process::ServerProcess;
use crate::support::proxy::{Proxy, by_way_of};
use crate::support::{Application, Browser, TestServer, left_out};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");
/// `http.deadline` of the deployment, and some tolerance for a busy machine.
const MAX_OUTAGE: Duration = Duration::from_millis(11_500);

async fn deployment() -> Option<Deployment> {
    if engine() == Engine::Sqlite {
        return None;
    }
    let deployment = Deployment::start().await;
    if deployment.is_none() {
        left_out("the deployment whose machines die, because patroni, etcd and haproxy are not installed");
    }
    deployment
}

/// A server of the test's own on the deployment's database, which registers clients and reads the tables.
async fn beside(deployment: &Deployment, options: &[(&str, &str)]) -> TestServer {
    let database = TestDatabase::at(&deployment.database_url(0));
    let common = deployment.options();
    let common: Vec<_> = common.iter().map(|(name, value)| (*name, value.as_str())).collect();
    TestServer::start_on(database, &[&common, options].concat()).await
}

/// What fails, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outage {
    /// `kill -9` of PostgreSQL on the primary; its Patroni starts it again.
    OfPostgres,
    /// The synchronous standby's machine, which each commit waits for, loses its power.
    OfTheSecond,
    /// The primary's machine loses its power.
    OfThePrimary,
    /// All processes of the primary stop, and its connections stay open; then its watchdog resets it.
    Frozen,
}

impl Outage {
    /// Whether another machine becomes the primary.
    fn is_succeeded(self) -> bool {
        matches!(self, Self::OfThePrimary | Self::Frozen)
    }
}

/// What applications and a watcher saw during the failure.
#[derive(Default)]
struct Observed {
    /// Access tokens that were issued.
    tokens: Vec<String>,
    /// How many answers said that the service is unavailable.
    away: usize,
}

impl Sum for Observed {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, seen| {
            sum.tokens.extend(seen.tokens);
            sum.away += seen.away;
            sum
        })
    }
}

/// Fetches tokens one after the other until the load ends.
async fn fetch(app: &Application, load: &Load) -> Observed {
    let mut seen = Observed::default();
    while load.goes_on() {
        let began = Instant::now();
        let answer = app.token(&[GRANT]).await;
        assert!(began.elapsed() < MAX_OUTAGE, "no request hangs: {:?}, {answer:?}", began.elapsed());
        match answer.status.as_u16() {
            200 => {
                let token = answer.get("access_token");
                let reply = app.post("/introspect", &[("token", &token)]).await;
                match reply.status.as_u16() {
                    200 => assert_eq!(reply.json()["active"], true, "no node asks who does not know it"),
                    _ => reply.assert_is_away(),
                }
                seen.tokens.push(token);
                load.count();
            }
            _ => {
                answer.assert_is_away();
                seen.away += 1;
            }
        }
    }
    seen
}

/// Asks a node for its health until the load ends. Returns when it was asked, and whether it was ready.
async fn watch(node: &ServerProcess, load: &Load) -> Vec<(Instant, bool)> {
    let mut reply = Vec::new();
    while load.goes_on() {
        let began = Instant::now();
        let status = async |path: &str| {
            let answer = http_client().get(format!("{}{path}", node.url)).send().await.expect("an answer");
            answer.status().as_u16()
        };
        assert_eq!(status("/healthz").await, 200, "the process lives");
        let ready = status("/readyz").await;
        assert!([200, 503].contains(&ready), "/readyz answers {ready}");
        assert!(began.elapsed() < MAX_OUTAGE, "{:?}", began.elapsed());
        reply.push((began, ready == 200));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    reply
}

#[track_caller]
fn assert_told_the_truth(reply: &[(Instant, bool)], died: Instant) {
    assert!(reply.iter().any(|(_, is_ready)| !is_ready), "every node said so");
    // A node notices within three seconds. No other machine takes over sooner than this, because Patroni's lease on the
    // primary lasts 20 s.
    let without_primary = died + Duration::from_secs(4)..died + Duration::from_secs(8);
    assert!(reply.iter().all(|(asked, is_ready)| !without_primary.contains(asked) || !is_ready));
}

/// Redeems each code once. Returns for each whether it was answered with tokens.
async fn redeem(web: &Application, codes: &[String]) -> Vec<bool> {
    let redeem = async |code: &String| {
        let answer = web.redeem_by_hand(code).await;
        assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
        answer.status == 200
    };
    join_all(codes.iter().map(redeem)).await
}

/// Asserts that everything that was answered is still in the database when it is back.
async fn nothing_is_lost(
    service: &Application,
    seen: &Observed,
    web: &Application,
    codes: &[(String, bool)],
) {
    for tokens in seen.tokens.chunks(16) {
        for reply in join_all(tokens.iter().map(|token| service.introspect(token))).await {
            assert_eq!(reply["active"], true, "a token that somebody holds is known");
        }
    }
    for (code, was_answered) in codes {
        let again = web.redeem_by_hand(code).await;
        // Without an answer the code may have been redeemed or not; with an answer it has been.
        assert!(again.status == 400 || (again.status == 200 && !was_answered), "{again:?}");
        assert_eq!(web.redeem_by_hand(code).await.status, 400, "no code is redeemed twice");
    }
}

async fn codes(web: &Application, browser: &mut Browser, count: usize) -> Vec<String> {
    let mut codes = Vec::new();
    for _ in 0..count {
        codes.push(web.code(browser).await);
    }
    codes
}

/// Waits until a token is issued. Every answer until then must say that the service is unavailable.
async fn recovery(app: &Application) {
    let began = Instant::now();
    loop {
        let answer = app.token(&[GRANT]).await;
        if answer.status == 200 {
            return;
        }
        answer.assert_is_away();
        assert!(began.elapsed() < Duration::from_secs(90), "it does not recover");
    }
}

/// Makes the primary fail while codes are redeemed, and waits until every node issues tokens again. Returns which
/// redemptions were answered, and when the failure began.
async fn die(
    death: Outage,
    deployment: &Deployment,
    nodes: &[ServerProcess],
    (service, load): (&Application, &Load),
    redeemed: impl Future<Output = Vec<bool>>,
) -> (Vec<bool>, Instant) {
    let (primary, second) = deployment.pair_but(None).await;
    let machine = &deployment.databases[primary];
    load.has_more(64).await;
    match death {
        Outage::OfPostgres => machine.kill_postgres(),
        Outage::OfThePrimary => machine.kill(),
        Outage::OfTheSecond => deployment.databases[second].kill(),
        Outage::Frozen => machine.signal_all("STOP"),
    }
    let died = Instant::now();
    let answered = redeemed.await;
    deployment.pair_but(death.is_succeeded().then_some(primary)).await;
    if death == Outage::Frozen {
        machine.kill();
    }
    for node in nodes {
        recovery(&service.at(&node.url)).await;
    }
    (answered, died)
}

#[tokio::test]
async fn nothing_that_was_answered_is_lost_when_the_primary_fails() {
    let Some(mut deployment) = deployment().await else { return };
    let mut nodes = vec![deployment.node(0), deployment.node(1)];
    let mut server = beside(&deployment, &[]).await;
    server.url = deployment.public_url();
    let (service, web) = (server.service().await, server.web().await);
    let mut alice = server.alice().await;
    for death in [Outage::OfPostgres, Outage::OfTheSecond, Outage::OfThePrimary, Outage::Frozen] {
        let fresh = codes(&web, &mut alice, 16).await;
        let load = Load::default();
        let callers = join_all((0..8).map(|_| fetch(&service, &load)));
        let watchers = join_all(nodes.iter().map(|node| watch(node, &load)));
        let dies = async {
            let redeemed = redeem(&web, &fresh);
            let outcome = die(death, &deployment, &nodes, (&service, &load), redeemed).await;
            load.ends();
            outcome
        };
        let (seen, reply, (answered, died)) = tokio::join!(callers, watchers, dies);
        let seen: Observed = seen.into_iter().sum();
        // In the other cases the database is back so soon that a request may simply have waited.
        if death.is_succeeded() {
            assert!(seen.away > 0, "it was away");
            reply.iter().for_each(|reply| assert_told_the_truth(reply, died));
        }
        let codes: Vec<_> = fresh.into_iter().zip(answered).collect();
        nothing_is_lost(&service, &seen, &web, &codes).await;
        deployment.start_what_is_dead();
        deployment.all_follow().await;
    }
    // The balancer passes over a node that has failed.
    drop(nodes.pop());
    for _ in 0..20 {
        let answer = service.token(&[GRANT]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn a_commit_without_a_second_copy_is_not_answered() {
    let Some(deployment) = deployment().await else { return };
    let (primary, second) = deployment.pair_but(None).await;
    let url = by_way_of(&deployment.database_url(0), deployment.databases[primary].postgres_at());
    let options = [("database.url", url.as_str()), ("http.deadline", "3s"), ("database.connections", "32")];
    let server = beside(&deployment, &options).await;
    let service = server.service().await;
    let held = service.token(&[GRANT]).await.get("access_token");
    // A statement timeout that fires during the commit would also end the wait for the synchronous standby.
    let limit = "SELECT setting::bigint FROM pg_settings WHERE name = 'statement_timeout'";
    assert!(server.number(limit).await > 2000);
    deployment.databases.iter().for_each(|machine| machine.signal_patroni("STOP"));
    deployment.databases[second].signal_postgres("STOP");
    for _ in 0..2 {
        // In both rounds together fewer than there are connections, so that some are left for reading: a connection that
        // waits is given up a second after the deadline of its request.
        for answer in join_all((0..12).map(|_| service.token(&[GRANT]))).await {
            answer.assert_is_away();
        }
        server.readiness(503).await;
        assert_eq!(service.introspect(&held).await["active"], true, "what is there can be read");
    }
    deployment.databases[second].signal_postgres("CONT");
    deployment.databases.iter().for_each(|machine| machine.signal_patroni("CONT"));
    recovery(&service).await;
}

/// A server that reaches the deployment's database through a proxy, an application, and a token that the application
/// holds.
async fn on_the_way_to(deployment: &Deployment, machine: usize) -> (Proxy, TestServer, Application, String) {
    let proxy = Proxy::before(deployment.databases[machine].postgres_at()).await;
    let url = by_way_of(&deployment.database_url(0), proxy.address());
    let server = beside(deployment, &[("database.url", &url), ("http.deadline", "2s")]).await;
    let service = server.service().await;
    let held = service.token(&[GRANT]).await.get("access_token");
    (proxy, server, service, held)
}

#[tokio::test]
async fn a_standby_is_not_used_even_if_the_address_leads_to_it() {
    let Some(deployment) = deployment().await else { return };
    let (primary, standby) = deployment.pair_but(None).await;
    let (proxy, server, service, held) = on_the_way_to(&deployment, primary).await;
    proxy.turn_to(deployment.databases[standby].postgres_at()).await;
    for _ in 0..3 {
        service.post("/introspect", &[("token", &held)]).await.assert_is_away();
        service.token(&[GRANT]).await.assert_is_away();
        server.readiness(503).await;
    }
    proxy.turn_to(deployment.databases[primary].postgres_at()).await;
    recovery(&service).await;
    assert_eq!(service.introspect(&held).await["active"], true);
}

#[tokio::test]
async fn a_replaced_primary_that_does_not_know_it_is_not_used() {
    let Some(deployment) = deployment().await else { return };
    let (former, successor) = deployment.pair_but(None).await;
    let (proxy, server, service, held) = on_the_way_to(&deployment, former).await;
    deployment.databases.iter().for_each(|machine| machine.signal_patroni("STOP"));
    deployment.databases[successor].promote().await;
    proxy.turn_to(deployment.databases[successor].postgres_at()).await;
    recovery(&service).await;
    let new = service.token(&[GRANT]).await.get("access_token");
    proxy.turn_to(deployment.databases[former].postgres_at()).await;
    for _ in 0..3 {
        for token in [&held, &new] {
            service.post("/introspect", &[("token", token)]).await.assert_is_away();
        }
        server.readiness(503).await;
    }
    proxy.turn_to(deployment.databases[successor].postgres_at()).await;
    recovery(&service).await;
    assert_eq!(service.introspect(&new).await["active"], true);
}
