//! Sessions: who is signed in.

use serde_json::{Value, json};

use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::guesses::CountedGuess;
use super::list::{self, Cursor, List, Listing};
use super::steps::Step;
use super::{Context, Done, Outcome};
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::oauth::grant::EndReason;
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::oauth::identity::authentication::Proof;
use crate::oauth::identity::session::LiveSessions;
use crate::secret::Hash;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::flows::FlowKey;
use crate::store::page::Page;
use crate::store::sessions::{self, EndedSession, NewSession, SessionRecord, SessionTimes};
use crate::store::steps::STEP;
use crate::store::{flows, grants, revocations, users};

/// A session that is to begin, for the request that a person signs in for.
#[derive(Clone, Debug)]
pub struct SessionStart {
    pub session: NewSession,
    /// The cookie of the session that the person already has in this browser, which is renewed.
    pub before: Option<Hash>,
    /// The sessions that end to make room.
    pub surplus: Vec<SessionId>,
    /// The application that the person signs in for, and the flow; `None` if the person connects a device and has not typed
    /// its code yet.
    pub flow: Option<(ClientId, FlowKey)>,
}

/// A sign-in whose proof has been verified.
pub struct ProvenSignIn {
    pub start: SessionStart,
    pub proof: Proof,
    /// The hash of the password with the current parameters, if the stored hash has others.
    pub rehashed: Option<String>,
    /// The guess that was right, if it was counted.
    pub guess: Option<CountedGuess>,
}

/// A session that a person has signed out of.
#[derive(Clone, Debug)]
pub struct SignedOut {
    pub session: SessionId,
    /// The clients that the browser must notify (OpenID Connect Front-Channel Logout).
    pub clients: Vec<ClientId>,
}

const CURSOR: Cursor = Cursor::of("sessions");

/// Returns a page of the live sessions of one user or of all; the last one to sign in comes first.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<Option<UserId>>,
) -> Result<List<SessionRecord>, Denied<Faults>> {
    let live = live(context);
    let read = async move |conn: &mut Conn, page: &Page<Option<UserId>, (Timestamp, String)>| {
        sessions::list(conn, page, live).await
    };
    list::read(context, CURSOR, listing, read, |session| (session.auth_time, session.id.clone())).await
}

/// Finds a session by its id, also one that is no longer live.
///
/// # Errors
/// If there is no such session.
pub async fn find(context: &Context<'_>, session: &SessionId) -> Result<SessionRecord, Denied<Faults>> {
    let id = session.clone();
    let look = async move |conn: &mut Conn| Ok(sessions::find_record(conn, &id).await?);
    Ok(context.read(look).await?.ok_or_else(|| unknown(session))?)
}

/// Counts the live sessions of a user.
///
/// # Errors
/// Only failures.
pub async fn count(context: &Context<'_>, user: &UserId) -> Result<i64, Denied<Faults>> {
    let (user, live) = (user.clone(), live(context));
    context.read(async move |conn: &mut Conn| Ok(sessions::count(conn, &user, live).await?)).await
}

/// Signs a person in: begins a session with a new cookie, or renews the one that the person has in this browser. The
/// outcome is the session.
///
/// # Errors
/// If what was proven no longer holds: the password was changed, or the user disabled.
pub async fn sign_in(context: &Context<'_>, sign_in: ProvenSignIn) -> Outcome<SessionId> {
    context
        .act(async move |tx: &mut Tx| {
            let ProvenSignIn { start, proof, rehashed, guess } = &sign_in;
            let stale = || Fault::conflict(None, "the account has changed since the proof was verified");
            let session = begin(tx, start, proof).await?.ok_or_else(stale)?;
            if let (Some(new), Proof::Password { hash }) = (rehashed, proof) {
                users::rehash(tx, &start.session.user, hash, new).await?;
            }
            if let Some(guess) = guess {
                guess.take_back(tx).await?;
            }
            let begun =
                SessionTimes { auth_time: start.session.begins_at, expires_at: start.session.expires_at };
            let mut event = event(Act::SessionBegun, &session).of_user(&start.session.user);
            event = event.creating(members(&begun));
            if let Some((client, _)) = &start.flow {
                event = event.with(client);
            }
            Ok(Done { outcome: session, event })
        })
        .await
}

/// Stores a session if its user may still sign in with what was proven; `None` if not.
pub(super) async fn begin(
    tx: &mut Tx,
    start: &SessionStart,
    proof: &Proof,
) -> Result<Option<SessionId>, DbError> {
    let SessionStart { session, before, surplus, flow, .. } = start;
    let Some(id) = sessions::begin(tx, before.as_ref(), session, proof).await? else { return Ok(None) };
    for other in surplus {
        sessions::end(tx, other, EndReason::SessionReplaced, session.begins_at).await?;
    }
    if let Some((_, flow)) = flow {
        flows::note_signed_in(tx, flow, &id).await?;
    }
    Ok(Some(id))
}

/// Notes the session in which a person wants to continue a request.
///
/// # Errors
/// Only a failing database.
pub async fn choose(
    context: &Context<'_>,
    session: &SessionId,
    client: &ClientId,
    flow: &FlowKey,
) -> Result<Done<()>, DbError> {
    let (session, client, flow) = (session.clone(), client.clone(), flow.clone());
    context
        .act(async move |tx: &mut Tx| {
            flows::note_chosen(tx, &flow, &session).await?;
            Ok(Done { outcome: (), event: event(Act::SessionChosen, &session).with(&client) })
        })
        .await
}

/// Ends a session and the grants in it, except those with offline access; applications get a logout token.
///
/// # Errors
/// If there is no such session.
pub async fn end(context: &Context<'_>, session: &SessionId) -> Outcome<()> {
    let (id, now) = (session.clone(), context.now);
    let done = context
        .act(async move |tx: &mut Tx| {
            let ended = sessions::end(tx, &id, EndReason::SessionEnded, now).await?;
            let Some(user) = &ended.user else {
                return Err(unknown(&id).into());
            };
            let mut event = event(Act::SessionEnded, &id).of_user(user);
            if let Some(times) = &ended.times {
                event = event.deleting(members(times));
            }
            Ok::<_, Denied<Faults>>(Done { outcome: ended, event })
        })
        .await?;
    revoke_the_rest(context, session, done.outcome, EndReason::SessionEnded).await?;
    Ok(Done { outcome: (), event: done.event })
}

/// Revokes the other grants of a session that had very many. They have ended with the session; this makes it visible.
async fn revoke_the_rest(
    context: &Context<'_>,
    session: &SessionId,
    mut ended: EndedSession,
    why: EndReason,
) -> Result<(), DbError> {
    while ended.has_more() && !context.terms.is_rehearsal {
        let (id, now) = (session.clone(), context.now);
        let revoke = async move |tx: &mut Tx| revocations::revoke_of_session(tx, &id, why, now).await;
        ended.revoked = context.db.write(revoke).await?;
    }
    Ok(())
}

/// Ends the sessions that a person signs out of, as [`end`] does; one outcome for each.
///
/// # Errors
/// Only a failing database: a session that is over already is as good as ended.
pub async fn sign_out(
    context: &Context<'_>,
    sessions: Vec<SessionId>,
) -> Result<Vec<Done<SignedOut>>, DbError> {
    let now = context.now;
    let ended = context
        .act_on_each(async move |tx: &mut Tx| {
            let mut done = Vec::new();
            for session in &sessions {
                let ended = sessions::end(tx, session, EndReason::SignedOut, now).await?;
                let clients = grants::front_channel_of_session(tx, session).await?;
                let mut event = event(Act::SessionSignedOut, session);
                event.user = ended.user.clone();
                if let Some(times) = &ended.times {
                    event = event.deleting(members(times));
                }
                let signed_out = SignedOut { session: session.clone(), clients };
                done.push(Done { outcome: (signed_out, ended), event });
            }
            Ok::<_, DbError>(done)
        })
        .await?;
    let mut done = Vec::new();
    for Done { outcome: (signed_out, ended), event } in ended {
        revoke_the_rest(context, &signed_out.session, ended, EndReason::SignedOut).await?;
        done.push(Done { outcome: signed_out, event });
    }
    Ok(done)
}

/// Ends the grants that one client has in a session, except those with offline access. The session itself continues if
/// it has not ended. The outcome is the number of grants that ended.
///
/// # Errors
/// Only a failing database.
pub async fn sign_out_at_client(
    context: &Context<'_>,
    session: &SessionId,
    client: &ClientId,
) -> Result<Done<u64>, DbError> {
    let (session, client, now) = (session.clone(), client.clone(), context.now);
    let step = async move |tx: &mut Tx| {
        let ended =
            revocations::revoke_of_session_at(tx, &session, &client, EndReason::SignedOut, now).await?;
        if ended >= STEP.unsigned_abs() {
            return Ok(Step::More(ended));
        }
        let event = Event::new(Act::SessionSignedOutAtClient, ObjectKind::Session, session.as_str());
        Ok::<_, DbError>(Step::Last(Done { outcome: ended, event: event.with(&client) }))
    };
    let mut before = 0;
    let done = context.act_in_steps(step, |ended: u64| before += ended).await?;
    Ok(Done { outcome: done.outcome + before, event: done.event })
}

/// Ends all sessions of a user, as [`end`] does. The outcome is their number.
///
/// # Errors
/// Only failures.
pub async fn end_of_user(context: &Context<'_>, user: &UserId) -> Outcome<u64> {
    let (user, now) = (user.clone(), context.now);
    let step = async move |tx: &mut Tx| {
        let ended = sessions::end_of_user(tx, &user, EndReason::SessionEnded, now).await?;
        if ended.has_more {
            return Ok(Step::More(ended.sessions));
        }
        let event = Event::new(Act::UserSessionsEnded, ObjectKind::User, user.as_str());
        Ok::<_, Denied<Faults>>(Step::Last(Done { outcome: ended.sessions, event }))
    };
    let mut before = 0;
    let done = context.act_in_steps(step, |ended: u64| before += ended).await?;
    Ok(Done { outcome: done.outcome + before, event: done.event })
}

fn unknown(session: &SessionId) -> Fault {
    Fault::not_found(format!("there is no session with the id {session}"))
}

fn members(times: &SessionTimes) -> Value {
    json!({ "auth_time": times.auth_time.iso(), "expires_at": times.expires_at.iso() })
}

fn event(act: Act, session: &SessionId) -> Event {
    Event::new(act, ObjectKind::Session, session.as_str())
}

fn live(context: &Context<'_>) -> LiveSessions {
    context.config.live_sessions(context.now)
}
