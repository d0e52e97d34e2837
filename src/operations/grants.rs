//! Grants: what people allowed applications.

use serde_json::{Value, json};

use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::list::{self, Cursor, List, Listing};
use super::steps::Step;
use super::terms::Version;
use super::{Context, Done, Outcome, consents};
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::oauth::grant::EndReason;
use crate::oauth::grant::consent::Consent;
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::identity::session::LiveSessions;
use crate::store::consents as stored_consents;
use crate::store::db::{Conn, Tx};
use crate::store::grant_records::{self, GrantFilter, GrantRecord};
use crate::store::grants;
use crate::store::page::Page;

const CURSOR: Cursor = Cursor::of("grants");

/// Returns a page of the grants, the newest first.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<GrantFilter>,
) -> Result<List<GrantRecord>, Denied<Faults>> {
    let live = context.config.live_sessions(context.now);
    let read = async move |conn: &mut Conn, page: &Page<GrantFilter, (Timestamp, String)>| {
        grant_records::list(conn, page, live).await
    };
    list::read(context, CURSOR, listing, read, |grant| (grant.created_at, grant.id.clone())).await
}

/// Finds a grant by its id.
///
/// # Errors
/// If there is no such grant.
pub async fn find(context: &Context<'_>, grant: &GrantId) -> Result<GrantRecord, Denied<Faults>> {
    let (grant, live) = (grant.clone(), context.config.live_sessions(context.now));
    context.read(async move |conn: &mut Conn| existing(conn, &grant, live).await).await
}

/// Revokes a grant and everything that was issued from it. The person's consent is kept. The outcome is the grant
/// before the act.
///
/// # Errors
/// If there is no such grant.
pub async fn revoke(context: &Context<'_>, grant: &GrantId) -> Outcome<GrantRecord> {
    let (grant, now, terms) = (grant.clone(), context.now, context.terms.clone());
    let live = context.config.live_sessions(now);
    context
        .act(async move |tx: &mut Tx| {
            let found = existing(tx, &grant, live).await?;
            terms.check(&members(&found))?;
            let client = ClientId::new(found.client_id.as_str());
            grants::revoke_of(tx, &grant, &client, EndReason::GrantRevoked, now).await?;
            let event = Event::new(Act::GrantRevoked, ObjectKind::Grant, grant.as_str())
                .with(&client)
                .of_user(&UserId::new(found.user_id.as_str()));
            Ok(Done { outcome: found, event })
        })
        .await
}

/// Revokes everything that a person gave a client: the consent, the grants, and codes that are not redeemed yet. The
/// outcome is the number of grants that ended.
///
/// # Errors
/// Only failures.
pub async fn revoke_access(context: &Context<'_>, user: &UserId, client: &ClientId) -> Outcome<u64> {
    let (user, client, now) = (user.clone(), client.clone(), context.now);
    let (of, at) = (user.clone(), client.clone());
    let look = async move |conn: &mut Conn| Ok(stored_consents::find(conn, &of, &at).await?);
    // The first step deletes it.
    let before: Option<Consent> = context.read(look).await?;
    let before = before.as_ref().map(consents::members).unwrap_or_default();
    let step = async move |tx: &mut Tx| {
        let (revoked, has_more) = grant_records::revoke_access(tx, &user, &client, now).await?;
        if has_more {
            return Ok(Step::More(revoked));
        }
        let event = Event::new(Act::ConsentTakenBack, ObjectKind::User, user.as_str()).with(&client);
        let event = event.deleting(before.clone());
        Ok::<_, Denied<Faults>>(Step::Last(Done { outcome: revoked, event }))
    };
    count(context, step).await
}

/// Revokes everything that a person gave clients, as [`revoke_access`] does for one client.
///
/// # Errors
/// Only failures.
pub async fn revoke_all_of_user(context: &Context<'_>, user: &UserId) -> Outcome<u64> {
    let (user, now) = (user.clone(), context.now);
    let step = async move |tx: &mut Tx| {
        let (revoked, has_more) = grant_records::revoke_all_of_user(tx, &user, now).await?;
        if has_more {
            return Ok(Step::More(revoked));
        }
        let event = Event::new(Act::UserGrantsRevoked, ObjectKind::User, user.as_str());
        Ok::<_, Denied<Faults>>(Step::Last(Done { outcome: revoked, event }))
    };
    count(context, step).await
}

/// Returns the version of a grant, which every refresh and the revocation change.
pub fn version(grant: &GrantRecord) -> Version {
    Version::of(&members(grant))
}

fn members(grant: &GrantRecord) -> Value {
    json!({
        "id": grant.id,
        "refreshed": grant.refresh_generation,
        "revoked_at": grant.revoked_at.map(Timestamp::iso),
    })
}

/// Runs all steps. The outcome is the sum of what they counted.
async fn count<F>(context: &Context<'_>, step: F) -> Outcome<u64>
where
    F: AsyncFn(&mut Tx) -> Result<Step<u64, u64>, Denied<Faults>> + Clone + Send + 'static,
{
    let mut before = 0;
    let done = context.act_in_steps(step, |counted: u64| before += counted).await?;
    Ok(Done { outcome: done.outcome + before, event: done.event })
}

async fn existing(
    conn: &mut Conn,
    grant: &GrantId,
    live: LiveSessions,
) -> Result<GrantRecord, Denied<Faults>> {
    let unknown = || Fault::not_found(format!("there is no grant with the id {grant}"));
    Ok(grant_records::find(conn, grant, live).await?.ok_or_else(unknown)?)
}
