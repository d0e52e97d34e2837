//! On what terms an act is done: as a rehearsal, only if the object is still the same, once for a key of the caller.

use std::any::Any;
use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::fault::{Fault, FaultKind};
use crate::secret::Hash;
use crate::store::db::{DbError, Tx};

/// The terms of an act. The default: do it, whatever the state of the object is.
#[derive(Clone, Default)]
pub struct Terms {
    /// Everything is checked as usual, and nothing is kept.
    pub is_rehearsal: bool,
    /// The act is refused unless the object has one of these versions. `None`: whichever version it has.
    pub versions: Option<Vec<Version>>,
    /// Runs at the end of the act's own transaction.
    pub keeper: Option<Arc<dyn AnswerKeeper>>,
}

/// Stores the answer of an act in the act's own transaction.
pub trait AnswerKeeper: Send + Sync {
    /// Stores the answer for `outcome`, the outcome of the act.
    fn keep<'a>(
        &'a self,
        tx: &'a mut Tx,
        outcome: &'a (dyn Any + Send),
    ) -> LocalBoxFuture<'a, Result<(), DbError>>;
}

/// A version of an object: a hash of all its settings, so two states with the same settings have the same version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

impl Version {
    /// The version of an object with these members.
    pub fn of(members: &Value) -> Self {
        let mut text = Hash::of(&members.to_string()).to_text();
        text.truncate(22);
        Self(text)
    }

    /// Reads what [`Self::as_str`] returned. Any text is a version, although no object may have it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Terms {
    /// Checks the version of an object with these members, inside the act's transaction.
    ///
    /// # Errors
    /// If the object has another version.
    pub fn check(&self, members: &Value) -> Result<(), Fault> {
        match &self.versions {
            Some(versions) if !versions.contains(&Version::of(members)) => Err(Fault {
                member: None,
                kind: FaultKind::OtherVersion,
                sentence: "the object was changed since it was read; read it again, and repeat the change"
                    .into(),
            }),
            _ => Ok(()),
        }
    }
}
