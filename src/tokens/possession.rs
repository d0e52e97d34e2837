//! What the sender of a request has proven to hold: the key of a DPoP proof, or the certificate of the connection.

use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::oauth::error::OAuthError;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;
use crate::oauth::token::binding::Binding;
use crate::secret::Hash;
use crate::store::db::Tx;
use crate::store::{clients, used_assertions};

/// A verified proof of possession. The default is that nothing was proven.
#[derive(Clone, Debug, Default)]
pub struct Possession {
    /// What the tokens of the answer are bound to; `None` if the request proves nothing.
    pub binding: Option<Binding>,
    /// The proof, if it may be used only once. `None` for a certificate, and where nothing was proven.
    pub once: Option<SingleUse>,
}

/// What identifies a proof, and until when its use must be remembered.
#[derive(Clone, Debug)]
pub struct SingleUse {
    pub id: Hash,
    pub until: Timestamp,
}

impl Possession {
    /// Uses the proof up, in the transaction that stores what it is used for. The transaction does so once it knows that the
    /// request is good, so that strangers store nothing.
    ///
    /// # Errors
    /// If the proof was used before, on any node; otherwise only failures of the database.
    pub async fn use_up(&self, tx: &mut Tx) -> Result<(), Denied<OAuthError>> {
        let Some(SingleUse { id, until }) = &self.once else { return Ok(()) };
        match used_assertions::consume(tx, id, *until).await? {
            true => Ok(()),
            false => Err(replayed().into()),
        }
    }

    /// Uses the proof up if the client is still the one that has authenticated. Otherwise returns `false` and leaves the proof
    /// unused, because the client may try it again.
    ///
    /// # Errors
    /// As [`Self::use_up`].
    pub async fn use_up_for(
        &self,
        tx: &mut Tx,
        client: (&ClientId, i64),
    ) -> Result<bool, Denied<OAuthError>> {
        let Some(SingleUse { id, until }) = &self.once else {
            return Ok(clients::is_unchanged(tx, client.0, client.1).await?);
        };
        if used_assertions::consume_for_client(tx, id, *until, client).await? {
            return Ok(true);
        }
        match clients::is_unchanged(tx, client.0, client.1).await? {
            true => Err(replayed().into()),
            false => Ok(false),
        }
    }
}

fn replayed() -> OAuthError {
    Reason::DpopReplayed.because("the DPoP proof was used before; sign a new one for each request")
}
