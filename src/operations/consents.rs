//! Consents: what a person allows an application.

use super::event::{Act, Event, ObjectKind};
use super::{Context, Done};
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::store::db::{DbError, Tx};
use crate::store::flows::FlowKey;
use crate::store::{consents, flows};

/// A person's answer on the consent page.
#[derive(Clone, Debug)]
pub struct ConsentAnswer {
    pub user: UserId,
    pub client: ClientId,
    pub allowed: Granted,
    /// The request that asked for consent, and the session in which the person answered.
    pub flow: FlowKey,
    pub session: SessionId,
}

/// Remembers what a person allows a client, and that the request has its answer.
///
/// # Errors
///
/// Only a failing database.
pub async fn give(context: &Context<'_>, given: ConsentAnswer) -> Result<Done<()>, DbError> {
    let now = context.now;
    context
        .act(async move |tx: &mut Tx| {
            consents::allow(tx, &given.user, &given.client, &given.allowed, now).await?;
            flows::note_consented(tx, &given.flow, &given.session).await?;
            let event =
                Event::new(Act::ConsentGiven, ObjectKind::User, given.user.as_str()).with(&given.client);
            Ok(Done { outcome: (), event })
        })
        .await
}
