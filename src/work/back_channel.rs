//! Back-channel logout: tells applications of ended sessions, as long as it takes (OpenID Connect Back-Channel Logout).
//!
//! What is to be told stands in the database, written with the end of the session. Every node looks for what is due;
//! who claims a row moves its next attempt beyond the end of this one, so a node that dies leaves it for later, and
//! nobody tells it twice at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinSet};

use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::clock::Seconds;
use crate::failure::Failure;
use crate::fetch::FetchError;
use crate::oauth::id::ClientId;
use crate::oauth::identity::logout_token::pause_after;
use crate::store::db::{Conn, Tx};
use crate::store::logout_deliveries::{self, Due, Outcome};
use crate::tokens::id_token::Signer;

/// How often a node looks for what another one, or the command line, has left to be told.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Calls at one time, in all and to one application: who does not answer holds up itself.
const CALLS: usize = 64;
const CALLS_TO_ONE: usize = 4;
/// Seconds for noting what became of a call, after its deadline.
const NOTING: Seconds = 30;

/// Tells what is due, as long as the server runs.
pub async fn run(app: Arc<App>) {
    let mut calls = Calls::default();
    let mut is_away = false;
    loop {
        match calls.begin(&app).await {
            Ok(()) => is_away = false,
            // Once for an outage: the next look is in a second.
            Err(failure) if !is_away => {
                is_away = true;
                tracing::warn!("sign-outs wait for the database: {}", failure.chain());
            }
            Err(_) => {}
        }
        tokio::select! {
            () = app.back_channel.woken() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = calls.end_of_one(), if !calls.tasks.is_empty() => {}
        }
    }
}

/// The calls under way.
#[derive(Default)]
struct Calls {
    tasks: JoinSet<()>,
    to: HashMap<Id, ClientId>,
}

impl Calls {
    /// Begins as many calls as may be made now.
    async fn begin(&mut self, app: &Arc<App>) -> Result<(), Failure> {
        let now = app.now();
        let find = async move |conn: &mut Conn| logout_deliveries::clients_due(conn, now).await;
        for client in app.db.read(find).await? {
            let under_way = self.to.values().filter(|called| **called == client).count();
            let most = CALLS_TO_ONE.saturating_sub(under_way).min(CALLS.saturating_sub(self.tasks.len()));
            if most == 0 {
                continue;
            }
            let until = now + app.config.fetch.deadline.seconds() + NOTING;
            let claim =
                async move |tx: &mut Tx| logout_deliveries::claim(tx, &client, most, until, now).await;
            for due in app.db.write(claim).await? {
                let (app, client) = (app.clone(), due.client.clone());
                let call = self.tasks.spawn_local(async move { tell_and_settle(&app, due).await });
                self.to.insert(call.id(), client);
            }
        }
        Ok(())
    }

    /// Waits for the end of a call, in whatever way it ends.
    async fn end_of_one(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                tracing::error!("telling an application of a sign-out broke off: {error}");
                error.id()
            }
            None => return,
        };
        self.to.remove(&id);
    }
}

async fn tell_and_settle(app: &App, due: Due) {
    let outcome = match tell(app, &due).await {
        Ok(()) => Outcome::Delivered,
        Err(NotTold::Never(why)) => Outcome::Failed(why.into()),
        Err(NotTold::Now(why)) => match pause_after(due.attempt) {
            Some(pause) => Outcome::Again { why, at: app.now() + pause },
            None => Outcome::Failed(why),
        },
    };
    let (client, session, attempt) = (due.client.as_str(), due.session.as_str(), due.attempt);
    match &outcome {
        Outcome::Delivered => {
            tracing::info!(client, session, attempt, "an application was told of a sign-out");
        }
        Outcome::Again { why, .. } => {
            tracing::info!(
                client,
                session,
                attempt,
                "an application will be told again of a sign-out: {why}"
            );
        }
        Outcome::Failed(why) => {
            tracing::warn!(client, session, attempt, "an application cannot be told of a sign-out: {why}");
        }
    }
    let (client, now) = (due.client.clone(), app.now());
    let settle = async move |tx: &mut Tx| logout_deliveries::settle(tx, &due, &outcome, now).await;
    if let Err(error) = app.db.write(settle).await {
        tracing::warn!(client = client.as_str(), "what became of a sign-out was not noted: {error}");
    }
}

/// Why an application was not told.
enum NotTold {
    /// It may be another time.
    Now(String),
    Never(&'static str),
}

impl From<Failure> for NotTold {
    fn from(failure: Failure) -> Self {
        tracing::error!("a logout token was not made: {}", failure.chain());
        Self::Now("this server failed to make the logout token".into())
    }
}

impl From<FetchError> for NotTold {
    fn from(error: FetchError) -> Self {
        Self::Now(error.to_string())
    }
}

async fn tell(app: &App, due: &Due) -> Result<(), NotTold> {
    let client = app.cache.client(&due.client, Freshness::Now).await?;
    let Some(client) = client.as_deref().map(|client| &client.client).filter(|client| !client.disabled)
    else {
        return Err(NotTold::Never("the client is gone or disabled"));
    };
    let Some(uri) = &client.logout.back_channel else {
        return Err(NotTold::Never("the client has no back-channel logout URI any more"));
    };
    let Some(signer) = Signer::of(app, client).await? else {
        return Err(NotTold::Never("the client may not use the scope openid any more"));
    };
    let token = signer.sign_logout(&due.user, &due.session)?;
    // A token of our own has no character that a form would have to encode.
    let answer = app.fetcher.post_form(uri, format!("logout_token={token}")).await?;
    match answer.status.as_u16() {
        200 | 204 => Ok(()),
        _ => Err(NotTold::Now(format!("it answered {}", answer.status))),
    }
}
