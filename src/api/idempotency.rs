//! `Idempotency-Key`: a request that comes again gets the answer that the first one got, and nothing is done twice
//! (draft-ietf-httpapi-idempotency-key-header).

use std::any::Any;
use std::sync::Arc;

use actix_web::http::header::HeaderName;
use actix_web::web::BytesMut;
use futures_util::future::LocalBoxFuture;

use super::body;
use super::call::ApiCall;
use super::error::ApiError;
use super::query::invalid;
use super::reply::ApiReply;
use crate::clock::{Seconds, Timestamp};
use crate::failure::{Denied, Failure};
use crate::keys::answer_key::AnswerKey;
use crate::members::Members;
use crate::oauth::reason::Reason;
use crate::operations::fault::Faults;
use crate::operations::terms::{AnswerKeeper, Terms};
use crate::operations::{Context, Done};
use crate::secret::Hash;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::kept_answers::{self, KeptAnswer};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// How long an answer is kept.
const KEPT_FOR: Seconds = Seconds::new(24 * 3600);
/// How many answers are kept for one holder of a credential.
const MOST_KEPT: i64 = 10_000;
/// The largest length of a key in bytes.
const MAX_KEY_LENGTH: usize = 255;

/// What names a request with an Idempotency-Key.
struct KeyedRequest {
    id: Hash,
    holder: String,
    /// The hash of the route, of what the sender may do, and of the body.
    request: Hash,
    key: AnswerKey,
    now: Timestamp,
}

/// Does an act for a POST, once for each Idempotency-Key. `body` is the body, with the members that were read of it. `act` runs
/// the operation, as [`body::act`] does, and `reply` makes the answer from its outcome.
///
/// # Errors
/// Everything that is wrong with the body and the query; those of the operation; or if the key belongs to another request, or
/// to one that is still being processed.
pub(super) async fn once<'a, T, A, R>(
    call: &ApiCall<'a>,
    body: (Members, BytesMut),
    act: A,
    reply: R,
) -> Result<ApiReply, ApiError>
where
    T: Send + 'static,
    A: AsyncFnOnce(Context<'a>) -> Result<Done<T>, Denied<Faults>>,
    R: Fn(&T) -> ApiReply + Send + Sync + 'static,
{
    once_for(call, body, async |context| Ok(act(context).await?.outcome), reply).await
}

/// Does an act as [`once`] does, for an operation that returns its outcome alone, or one for each of several objects.
///
/// # Errors
/// Those of [`once`].
pub(super) async fn once_for<'a, T, A, R>(
    call: &ApiCall<'a>,
    body: (Members, BytesMut),
    act: A,
    reply: R,
) -> Result<ApiReply, ApiError>
where
    T: Send + 'static,
    A: AsyncFnOnce(Context<'a>) -> Result<T, Denied<Faults>>,
    R: Fn(&T) -> ApiReply + Send + Sync + 'static,
{
    let (members, body) = body;
    if let Err(wrong) = body::end(call, members) {
        return Err(wrong.refused(act(call.rehearsal()).await.err()));
    }
    let Some(keyed) = KeyedRequest::of(call, &body)?.filter(|_| !call.is_rehearsal()) else {
        return Ok(reply(&act(call.context()).await?));
    };
    let Some(_taken) = call.app.requests_in_work.take(keyed.id) else {
        let sentence = "a request with this Idempotency-Key is still being processed";
        return Err(Reason::ApiIdempotencyKeyReused.because(sentence).after(Seconds::new(1)).into());
    };
    if let Some(kept) = keyed.kept(call).await? {
        return Ok(kept);
    }
    keyed.check_room(call).await?;
    let keyed = Arc::new(keyed);
    let reply = Arc::new(reply);
    let shared = reply.clone();
    let shown = move |outcome: &(dyn Any + Send)| outcome.downcast_ref::<T>().map(|outcome| shared(outcome));
    let keeper = Keeper { keyed: keyed.clone(), shown: Box::new(shown) };
    let terms = Terms { keeper: Some(Arc::new(keeper)), ..Terms::default() };
    match act(call.context_with(terms)).await {
        Ok(outcome) => Ok(reply(&outcome)),
        // Another node was first.
        Err(Denied::Failed(Failure::Database(DbError::AnswerKept))) => {
            let busy = || {
                Reason::ApiIdempotencyKeyReused
                    .because("another node was processing a request with this Idempotency-Key")
            };
            keyed.kept(call).await?.ok_or_else(|| busy().after(Seconds::new(1)).into())
        }
        Err(denied) => Err(denied.into()),
    }
}

impl KeyedRequest {
    /// `None` if the request has no Idempotency-Key.
    fn of(call: &ApiCall<'_>, body: &[u8]) -> Result<Option<Self>, ApiError> {
        let mut values = call.request.headers().get_all(&HEADER);
        let Some(value) = values.next() else { return Ok(None) };
        let text = value.to_str().ok().filter(|_| values.next().is_none()).map(str::trim);
        let is_visible = |text: &&str| text.bytes().all(|byte| byte.is_ascii_graphic());
        let text = text.filter(|text| (1..=MAX_KEY_LENGTH).contains(&text.len())).filter(is_visible);
        let sentence =
            format!("Idempotency-Key is 1 to {MAX_KEY_LENGTH} visible characters of ASCII, and comes once");
        let text = text.ok_or_else(|| invalid(sentence))?;
        let holder = call.caller.holder.clone();
        let (path, query) = (&call.request.path, call.request.query_string());
        let route = format!("{path}?{query}\0{}\0", call.caller.permissions().scope());
        Ok(Some(Self {
            id: Hash::of_bytes(&call.app.keys.kept_answer_mac(&format!("id {holder}"), text)),
            request: Hash::of_bytes(&[route.as_bytes(), body].concat()),
            key: AnswerKey::of(&call.app.keys.kept_answer_mac(&holder, text))?,
            holder,
            now: call.request.now,
        }))
    }

    /// The answer that is kept for this request.
    async fn kept(&self, call: &ApiCall<'_>) -> Result<Option<ApiReply>, ApiError> {
        let (id, now) = (self.id, self.now);
        let find = async move |conn: &mut Conn| kept_answers::find(conn, &id, now).await;
        let Some(kept) = call.app.db.read(find).await? else { return Ok(None) };
        if kept.request != self.request.as_bytes() {
            let sentence = "this Idempotency-Key came before with another body or address, or when the sender had other \
                            permissions";
            return Err(Reason::ApiIdempotencyKeyReused.because(sentence).into());
        }
        let opened =
            self.key.open(&kept.sealed).and_then(|text| serde_json::from_slice::<ApiReply>(&text).ok());
        let broken = || Failure::Internal("an answer that was kept cannot be opened".into());
        Ok(Some(opened.ok_or_else(broken)?.replayed()))
    }

    async fn check_room(&self, call: &ApiCall<'_>) -> Result<(), ApiError> {
        let (holder, now) = (self.holder.clone(), self.now);
        let count = async move |conn: &mut Conn| kept_answers::count(conn, &holder, now).await;
        if call.app.db.read(count).await? < MOST_KEPT {
            return Ok(());
        }
        let sentence = format!("{MOST_KEPT} answers are kept for this credential, which is the most");
        Err(Reason::ApiIdempotencyKeysTooMany.because(sentence).after(Seconds::new(3600)).into())
    }
}

type ShownOutcome = Box<dyn Fn(&(dyn Any + Send)) -> Option<ApiReply> + Send + Sync>;

struct Keeper {
    keyed: Arc<KeyedRequest>,
    shown: ShownOutcome,
}

impl AnswerKeeper for Keeper {
    fn keep<'a>(
        &'a self,
        tx: &'a mut Tx,
        outcome: &'a (dyn Any + Send),
    ) -> LocalBoxFuture<'a, Result<(), DbError>> {
        Box::pin(async move {
            let keyed = &*self.keyed;
            let text = (self.shown)(outcome).and_then(|reply| serde_json::to_vec(&reply).ok());
            let sealed = text.and_then(|text| keyed.key.seal(text)).ok_or(DbError::Swallowed)?;
            let answer = KeptAnswer { request: keyed.request.as_bytes().to_vec(), sealed };
            let times = (keyed.now, keyed.now + KEPT_FOR);
            match kept_answers::save(tx, (&keyed.id, &keyed.holder), &answer, times).await? {
                true => Ok(()),
                false => Err(DbError::AnswerKept),
            }
        })
    }
}
