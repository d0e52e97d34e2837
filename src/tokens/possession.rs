//! What the sender of a request has proven to hold: the key of a DPoP proof, the certificate of the connection, or both.

use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::token::binding::Binding;
use crate::secret::Hash;
use crate::store::db::{Batch, Db, Tx};
use crate::store::used_assertions;

/// A verified proof of possession. The default is that nothing was proven.
#[derive(Clone, Debug, Default)]
pub struct Possession {
    /// What the tokens of the answer are bound to; `None` if the request proves nothing.
    pub binding: Option<Binding>,
    /// What the sender proves beside it, to which no token of the answer is bound: a key beside a certificate, or the other way
    /// around.
    pub beside: Option<Binding>,
    /// The proof of a key, which may be used only once. `None` if the request has no such proof.
    pub once: Option<SingleUse>,
}

/// What identifies a proof, and until when its use must be remembered.
#[derive(Clone, Debug)]
pub struct SingleUse {
    pub id: Hash,
    pub until: Timestamp,
}

impl Possession {
    /// All that the sender proves, for what is bound already: a code or a refresh token.
    pub fn proven(&self) -> [Option<&Binding>; 2] {
        [self.binding.as_ref(), self.beside.as_ref()]
    }

    /// Uses the proof up, in the transaction that stores what it is used for. The transaction does so once it knows that the
    /// request is good, so that strangers store nothing.
    ///
    /// # Errors
    /// If the proof was used before, on any node; otherwise only failures of the database.
    pub async fn use_up(&self, tx: &mut Tx) -> Result<(), Denied<OAuthError>> {
        match &self.once {
            Some(SingleUse { id, until }) => accepted(used_assertions::consume(tx, id, *until).await?),
            None => Ok(()),
        }
    }

    /// Uses the proof up in a transaction of its own, for requests that have no other one.
    ///
    /// # Errors
    /// Those of [`Self::use_up`].
    pub async fn use_up_alone(&self, db: &Db) -> Result<(), Denied<OAuthError>> {
        let Some(SingleUse { id, until }) = &self.once else { return Ok(()) };
        accepted(db.run(used_assertions::consume_in(Batch::new(), id, *until)).await? == [1])
    }
}

fn accepted(is_new: bool) -> Result<(), Denied<OAuthError>> {
    if is_new { Ok(()) } else { Err(replayed().into()) }
}

/// The refusal of a proof that was used before.
pub fn replayed() -> OAuthError {
    Reason::DpopReplayed.because("the DPoP proof was used before; sign a new one for each request")
}
