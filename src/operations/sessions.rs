//! Sessions: who is signed in.

use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::list::{self, Cursor, List, Listing};
use super::{Context, Done, Outcome};
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::oauth::grant::Ended;
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::store::db::{Conn, DbError, Tx};
use crate::store::grants;
use crate::store::page::Page;
use crate::store::sessions::{self, LiveSessions, SessionRecord};

/// A session that a person has signed out of.
#[derive(Clone, Debug)]
pub struct SignedOut {
    pub session: SessionId,
    /// The clients that the browser is to inform (OpenID Connect Front-Channel Logout).
    pub clients: Vec<ClientId>,
}

const CURSOR: Cursor = Cursor("sessions");

/// Returns a page of the live sessions of one user or of all; the last one to sign in comes first.
///
/// # Errors
///
///  An invalid limit or cursor.
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

/// Counts the live sessions of a user.
///
/// # Errors
///
///  Only failures.
pub async fn count(context: &Context<'_>, user: &UserId) -> Result<i64, Denied<Faults>> {
    let (user, live) = (user.clone(), live(context));
    context.read(async move |conn: &mut Conn| Ok(sessions::count(conn, &user, live).await?)).await
}

/// Ends a session, and what applications hold by it, except offline access; applications get a logout token.
///
/// # Errors
///
///  There is no such session.
pub async fn end(context: &Context<'_>, session: &SessionId) -> Outcome<()> {
    let (session, now) = (session.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            if !sessions::end(tx, &session, Ended::SessionEnded, now).await? {
                let sentence = format!("there is no session with the id {session}");
                return Err(Fault::not_found(sentence).into());
            }
            let event = Event::new(Act::SessionEnded, ObjectKind::Session, session.as_str());
            Ok(Done { outcome: (), event })
        })
        .await
}

/// Ends the sessions that a person signs out of, as [`end`] does; one outcome for each.
///
/// # Errors
///
/// Only a failing database: a session that is over already is as good as ended.
pub async fn sign_out(
    context: &Context<'_>,
    sessions: Vec<SessionId>,
) -> Result<Vec<Done<SignedOut>>, DbError> {
    let now = context.now;
    context
        .act_on_each(async move |tx: &mut Tx| {
            let mut done = Vec::new();
            for session in &sessions {
                sessions::end(tx, session, Ended::SignedOut, now).await?;
                let clients = grants::front_channel_of_session(tx, session).await?;
                let event = Event::new(Act::SessionSignedOut, ObjectKind::Session, session.as_str());
                done.push(Done { outcome: SignedOut { session: session.clone(), clients }, event });
            }
            Ok(done)
        })
        .await
}

/// Ends all sessions of a user, as [`end`] does. The outcome is their number.
///
/// # Errors
///
///  Only failures.
pub async fn end_of_user(context: &Context<'_>, user: &UserId) -> Outcome<u64> {
    let (user, now) = (user.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            let ended = sessions::end_of_user(tx, &user, Ended::SessionEnded, now).await?;
            let event = Event::new(Act::UserSessionsEnded, ObjectKind::User, user.as_str());
            Ok(Done { outcome: ended, event })
        })
        .await
}

fn live(context: &Context<'_>) -> LiveSessions {
    LiveSessions {
        idle_since: context.now - context.config.sessions.idle_lifetime.seconds(),
        now: context.now,
    }
}
