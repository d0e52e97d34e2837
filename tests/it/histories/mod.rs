//! Histories of codes, refreshes, replays and revocations: whatever happens in whatever order, a simple model knows what each
//! request gets and which tokens are active afterwards.
//!
//! proptest makes the histories, and shortens one that fails. On PostgreSQL there are two nodes. With `TEST_SOAK=1` there are
//! many more histories.

mod model;
mod step;
mod world;

use std::cell::Cell;
use std::fmt::Write as _;

use grantor::oauth::client::TokenFormat;
use grantor::oauth::id::ClientId;
use grantor::store::db::Engine;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use tokio::runtime::Runtime;

use crate::api::Api;
use crate::support::TestServer;
use crate::support::database::engine;
use crate::support::dpop::ProofKey;
use crate::support::relying_party::Registration;
use model::{Model, Outcome};
use step::{Kind, Step};
use world::{APIS, Nodes, OBSERVER, World};

/// How many histories each kind of client has with the same servers: the time only goes on, and keys have an age.
const HISTORIES: u32 = 20;

async fn nodes() -> Nodes {
    let options = [("limits.enabled", "false")];
    let server = TestServer::start_with(&options).await;
    let observer = server.register(Registration::service(OBSERVER)).await;
    for (api, format) in APIS.into_iter().zip([TokenFormat::Opaque, TokenFormat::Jwt]) {
        let change = |resource: &mut grantor::oauth::grant::resource::Resource| {
            resource.format = format;
            resource.servers = vec![ClientId::new(OBSERVER)];
        };
        server.resource_with(api, "read", change).await;
    }
    let api = Api::owner(&server).await;
    let mut all = vec![server];
    if engine() == Engine::Postgres {
        let second = all[0].another_node(&options).await;
        all.push(second);
    }
    Nodes { all, observer, api, keys: [ProofKey::new(), ProofKey::of("EdDSA")] }
}

/// Does the steps at the servers and in the model.
///
/// # Errors
/// What has happened, in words, up to the first difference.
async fn run(nodes: &Nodes, kind: Kind, number: usize, steps: &[Step]) -> Result<(), String> {
    let mut world = World::new(nodes, kind, number).await;
    let mut model = Model::new(kind, nodes.all[0].app.now().as_unix());
    let mut story = format!("a client that is {kind:?}:\n");
    for (at, step) in steps.iter().enumerate() {
        let mut after = model.clone();
        let expected = after.does(*step);
        if expected == Outcome::Impossible {
            continue;
        }
        // The step names what was there before it.
        let found = world.does(*step, &model).await;
        let shown = found.as_ref().map_or_else(ToString::to_string, |found| format!("{found:?}"));
        let _ = writeln!(story, "{at}. {step}: {shown}");
        if found.as_ref() != Ok(&expected) {
            return Err(format!("{story}but the model expects: {expected:?}"));
        }
        model = after;
        world.check(&model, at).await.map_err(|why| format!("{story}but then {why}"))?;
    }
    Ok(())
}

fn hold(kind: Kind) {
    let rounds = if std::env::var("TEST_SOAK").is_ok() { 100 } else { 1 };
    let runtime = Runtime::new().unwrap();
    for _ in 0..rounds {
        let nodes = runtime.block_on(nodes());
        let count = Cell::new(0);
        let config = Config {
            cases: HISTORIES,
            failure_persistence: None,
            max_shrink_iters: 300,
            ..Config::default()
        };
        let outcome = TestRunner::new(config).run(&step::history(kind), |steps| {
            count.set(count.get() + 1);
            runtime.block_on(run(&nodes, kind, count.get(), &steps)).map_err(TestCaseError::fail)
        });
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(story, _)) => panic!("{story}"),
            Err(TestError::Abort(why)) => panic!("{why}"),
        }
    }
}

#[test]
fn every_history_of_a_confidential_client_goes_as_the_model_says() {
    hold(Kind::Confidential);
}

#[test]
fn every_history_of_a_public_client_goes_as_the_model_says() {
    hold(Kind::Public);
}

#[test]
fn every_history_of_a_public_client_with_bound_tokens_goes_as_the_model_says() {
    hold(Kind::PublicBound);
}

#[test]
fn every_history_of_a_client_that_keeps_its_refresh_tokens_goes_as_the_model_says() {
    hold(Kind::Keeping);
}
