//! The logo for the consent page.

use crate::operations::fault::Fault;
use crate::secret::Hash;
use crate::store::db::{DbError, Tx};
use crate::store::logos;

/// The largest size of a logo, in bytes.
const MAX_SIZE: usize = 128 * 1024;

/// A logo whose first bytes show that it is a picture of a known type.
#[derive(Clone, Debug)]
pub struct Logo {
    digest: String,
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl Logo {
    /// Checks a logo.
    ///
    /// # Errors
    ///
    /// A picture that is too large, or that is not PNG, JPEG, WebP or GIF.
    pub fn new(bytes: Vec<u8>) -> Result<Self, Fault> {
        if bytes.len() > MAX_SIZE {
            return Err(Fault::invalid("logo", "the logo has more than 128 KiB"));
        }
        let media_type = match bytes.as_slice() {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
            [b'G', b'I', b'F', b'8', ..] => "image/gif",
            _ => return Err(Fault::invalid("logo", "the logo is not a PNG, JPEG, WebP or GIF picture")),
        };
        Ok(Self { digest: Hash::of_bytes(&bytes).to_text(), media_type, bytes })
    }

    /// The digest under which the logo is stored and served.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub(super) async fn save(&self, tx: &mut Tx) -> Result<(), DbError> {
        logos::save(tx, &self.digest, self.media_type, &self.bytes).await
    }
}
