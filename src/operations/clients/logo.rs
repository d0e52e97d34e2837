//! A picture for the consent page.

use crate::operations::fault::Fault;
use crate::secret::Hash;
use crate::store::db::{DbError, Tx};
use crate::store::logos;

/// Bytes of a logo at most.
const LARGEST: usize = 128 * 1024;

/// A picture that was checked by its first bytes.
#[derive(Clone, Debug)]
pub struct Logo {
    digest: String,
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl Logo {
    /// Checks a picture.
    ///
    /// # Errors
    ///
    /// A picture that is too large, and one of another kind than PNG, JPEG, WebP and GIF.
    pub fn new(bytes: Vec<u8>) -> Result<Self, Fault> {
        if bytes.len() > LARGEST {
            return Err(Fault::invalid("logo", "the logo has more than 128 KiB"));
        }
        let media_type = match bytes.as_slice() {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
            [b'G', b'I', b'F', b'8', ..] => "image/gif",
            _ => return Err(Fault::invalid("logo", "the logo is neither PNG nor JPEG, WebP or GIF")),
        };
        Ok(Self { digest: Hash::of_bytes(&bytes).to_text(), media_type, bytes })
    }

    /// What the picture is stored and served under.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub(super) async fn save(&self, tx: &mut Tx) -> Result<(), DbError> {
        logos::save(tx, &self.digest, self.media_type, &self.bytes).await
    }
}
