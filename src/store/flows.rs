//! Flows: authorization requests that wait for a person, one for each tab, each bound to one browser.
//!
//! The address of a flow's pages contains the request, so a flow has no row until a person does something for it. Only a
//! request that is too long for an address has a row from its beginning.

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::id::{FlowId, GrantId, SessionId};
use crate::oauth::request::interaction::FlowProgress;
use crate::oauth::request::received::Received;
use crate::secret::{Hash, equal, from_base64url, to_base64url};

/// For how many seconds a flow that has ended still leads back to its application.
const MEMORY: Seconds = Seconds::new(24 * 3600);
/// For how many seconds the row of a pushed request that has ended still leads back to its application. Strangers can push,
/// so it is short.
const PUSHED_MEMORY: Seconds = Seconds::new(300);

/// The id of a flow, and the time at which it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowKey {
    pub id: FlowId,
    pub expires_at: Timestamp,
}

impl FlowKey {
    /// From this time on, the flow is unknown and its row may be deleted.
    pub fn purge_after(&self) -> Timestamp {
        self.expires_at + MEMORY
    }

    /// From this time on, the row of a pushed request may be deleted. What becomes of the request has a row of its own.
    pub fn purge_pushed_after(&self) -> Timestamp {
        self.expires_at + PUSHED_MEMORY
    }
}

/// What waits for a person.
#[derive(Clone, Debug)]
pub enum FlowRequest {
    /// The authorization request of an application.
    Application(Received),
    /// The request of a device, which its own row holds (RFC 8628).
    Device(GrantId),
    /// The request of an application for a person who answers elsewhere, which its own row holds (CIBA Core §7).
    Backchannel(GrantId),
}

/// A request that waits, and the browser in which it began. Nothing of it ever changes.
#[derive(Clone, Debug)]
pub struct Flow {
    pub key: FlowKey,
    pub waiting: FlowRequest,
    /// The hash of the browser's secret.
    browser: Vec<u8>,
}

impl Flow {
    /// A flow of the browser with this secret.
    pub fn new(key: FlowKey, waiting: FlowRequest, browser: &str) -> Self {
        Self { key, waiting, browser: Hash::of(browser).as_bytes().to_vec() }
    }

    /// The flow under another id.
    #[must_use]
    pub fn with_id(mut self, id: FlowId) -> Self {
        self.key.id = id;
        self
    }

    /// Whether the client of the request pushed it (RFC 9126).
    pub fn is_pushed(&self) -> bool {
        matches!(&self.waiting, FlowRequest::Application(received) if received.is_pushed())
    }

    /// Whether a browser has it. `false` for a pushed request as it comes by its `request_uri`.
    pub fn is_opened(&self) -> bool {
        !self.is_pushed() || !self.belongs_to("")
    }

    /// Whether this secret is that of the browser in which the flow began.
    pub fn belongs_to(&self, browser: &str) -> bool {
        equal(&self.browser, Hash::of(browser).as_bytes())
    }

    /// The whole flow as text, for a row or for an address.
    pub fn to_text(&self) -> String {
        let FlowKey { id, expires_at } = &self.key;
        let (kind, request) = match &self.waiting {
            FlowRequest::Application(received) => ("application", received.to_json()),
            FlowRequest::Device(device) => ("device", device.to_string()),
            FlowRequest::Backchannel(request) => ("backchannel", request.to_string()),
        };
        let browser = to_base64url(&self.browser);
        format!("{id} {browser} {} {kind} {request}", expires_at.as_unix())
    }

    /// Reads [`Self::to_text`]; `None` if the text has another form.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(5, ' ');
        let (id, browser, expires_at) = (parts.next()?, parts.next()?, parts.next()?.parse().ok()?);
        let (kind, request) = (parts.next()?, parts.next()?);
        let waiting = match kind {
            "application" => FlowRequest::Application(Received::from_json(request)?),
            "device" => FlowRequest::Device(GrantId::new(request)),
            "backchannel" => FlowRequest::Backchannel(GrantId::new(request)),
            _ => return None,
        };
        let key = FlowKey { id: FlowId::new(id), expires_at: Timestamp::from_unix(expires_at) };
        Some(Self { key, waiting, browser: from_base64url(browser)? })
    }
}

/// What is stored about a flow. The default is a flow without a row.
#[derive(Clone, Debug, Default)]
pub struct StoredFlow {
    /// The flow itself, if its row has the request.
    pub flow: Option<Flow>,
    pub progress: FlowProgress,
    /// Whether the request has its answer.
    pub is_answered: bool,
}

#[derive(FromRow)]
struct FlowRow {
    request: Option<String>,
    signed_in: Option<String>,
    consented: Option<String>,
    chosen: Option<String>,
    answered_at: Option<Timestamp>,
}

/// What is stored about a flow. `None` if there is no row, or if the row may be deleted at `now`.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, id: &FlowId, now: Timestamp) -> Result<Option<StoredFlow>, DbError> {
    let row: Option<FlowRow> = conn
        .query(
            "SELECT request, signed_in, consented, chosen, answered_at FROM flows
             WHERE id = $1 AND purge_after > $2",
        )
        .bind(id.as_str())
        .bind(now)
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let corrupt = || DbError::Corrupt { table: "flows", id: id.to_string(), what: "request" };
    let read = |text: &String| Flow::read(text).filter(|flow| flow.key.id == *id).ok_or_else(corrupt);
    Ok(Some(StoredFlow {
        flow: row.request.as_ref().map(read).transpose()?,
        progress: FlowProgress {
            signed_in: row.signed_in.map(SessionId::new),
            consented: row.consented.map(SessionId::new),
            chosen: row.chosen.map(SessionId::new),
        },
        is_answered: row.answered_at.is_some(),
    }))
}

/// Stores a flow with its request. If it is stored already, its browser is replaced by the one of `flow`.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, flow: &Flow) -> Result<(), DbError> {
    save_until(tx, flow, flow.key.purge_after()).await
}

/// Stores a pushed request.
///
/// # Errors
/// Only failures of the database.
pub async fn save_pushed(tx: &mut Tx, flow: &Flow) -> Result<(), DbError> {
    save_until(tx, flow, flow.key.purge_pushed_after()).await
}

async fn save_until(tx: &mut Tx, flow: &Flow, purge_after: Timestamp) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO flows (id, request, purge_after) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET request = excluded.request",
    )
    .bind(flow.key.id.as_str())
    .bind(flow.to_text())
    .bind(purge_after)
    .execute()
    .await
    .map(drop)
}

/// Records that the person signed in for this request, in a new `session`, which the request then uses.
///
/// # Errors
/// Only failures of the database.
pub async fn note_signed_in(tx: &mut Tx, flow: &FlowKey, session: &SessionId) -> Result<(), DbError> {
    const NOTE: &str = "INSERT INTO flows (id, signed_in, chosen, purge_after) VALUES ($1, $2, $2, $3)
         ON CONFLICT (id) DO UPDATE SET signed_in = excluded.signed_in, chosen = excluded.chosen";
    note(tx, NOTE, flow, session).await
}

/// Records that the person chose `session` for this request.
///
/// # Errors
/// Only failures of the database.
pub async fn note_chosen(tx: &mut Tx, flow: &FlowKey, session: &SessionId) -> Result<(), DbError> {
    const NOTE: &str = "INSERT INTO flows (id, chosen, purge_after) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET chosen = excluded.chosen";
    note(tx, NOTE, flow, session).await
}

/// Records that the person consented to this request in `session`.
///
/// # Errors
/// Only failures of the database.
pub async fn note_consented(tx: &mut Tx, flow: &FlowKey, session: &SessionId) -> Result<(), DbError> {
    const NOTE: &str = "INSERT INTO flows (id, consented, purge_after) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET consented = excluded.consented";
    note(tx, NOTE, flow, session).await
}

async fn note(tx: &mut Tx, note: &'static str, flow: &FlowKey, session: &SessionId) -> Result<(), DbError> {
    let note = tx.query(note).bind(flow.id.as_str()).bind(session.as_str()).bind(flow.purge_after());
    note.execute().await.map(drop)
}

/// Records that the request gets its answer. `false` if it has one already: of several callers, one gets `true`.
///
/// # Errors
/// Only failures of the database.
pub async fn answer(tx: &mut Tx, flow: &FlowKey, now: Timestamp) -> Result<bool, DbError> {
    let answered = tx
        .query(
            "INSERT INTO flows (id, answered_at, purge_after) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET answered_at = excluded.answered_at WHERE flows.answered_at IS NULL",
        )
        .bind(flow.id.as_str())
        .bind(now)
        .bind(flow.purge_after())
        .execute()
        .await?;
    Ok(answered == 1)
}

/// Records that the request has no answer after all, in the transaction of [`answer`].
///
/// # Errors
/// Only failures of the database.
pub async fn take_answer_back(tx: &mut Tx, flow: &FlowKey) -> Result<(), DbError> {
    let open = tx.query("UPDATE flows SET answered_at = NULL WHERE id = $1").bind(flow.id.as_str());
    open.execute().await.map(drop)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oauth::request::params::Params;
    use crate::oauth::request::received::Source;

    fn key() -> FlowKey {
        FlowKey { id: FlowId::new("id"), expires_at: Timestamp::from_unix(1_700_000_000) }
    }

    #[test]
    fn only_the_browser_that_began_a_flow_has_it() {
        let flow = Flow::new(key(), FlowRequest::Device(GrantId::new("grant")), "secret");
        let read = Flow::read(&flow.to_text()).unwrap();
        assert!(read.belongs_to("secret") && !read.belongs_to("Secret"));
        assert!(matches!(read.waiting, FlowRequest::Device(device) if device.as_str() == "grant"));
    }

    #[test]
    fn a_text_of_another_form_is_not_read() {
        let flow = Flow::new(key(), FlowRequest::Device(GrantId::new("grant")), "secret");
        let text = flow.to_text();
        for other in ["", "id", &text.replace("device", "letter"), &text.replace("1700000000", "soon")] {
            assert!(Flow::read(other).is_none(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_flow_is_read_as_it_was_written(state in "\\PC{0,60}") {
            let params = Params::from_pairs(vec![("state".into(), state.clone())]);
            let waiting = FlowRequest::Application(Received::resolve(Source::Query, params));
            let read = Flow::read(&Flow::new(key(), waiting, "secret").to_text()).unwrap();
            prop_assert_eq!(&read.key, &key());
            let FlowRequest::Application(received) = read.waiting else { panic!("of an application") };
            prop_assert_eq!(&received.params().pairs()[0].1, &state);
        }
    }
}
