//! The logo for the consent page.

use std::path::Path;

use super::super::Trouble;
use crate::secret::Hash;
use crate::store::db::{DbError, Tx};
use crate::store::logos;

/// The largest size of a logo, in bytes.
const LARGEST: usize = 128 * 1024;

/// A logo whose first bytes show that it is a picture of a known type.
pub(super) struct Logo {
    pub(super) digest: String,
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl Logo {
    pub(super) fn read(path: &Path) -> Result<Self, Trouble> {
        let place = path.display();
        let bytes =
            std::fs::read(path).map_err(|error| format!("the logo {place} cannot be read: {error}"))?;
        if bytes.len() > LARGEST {
            return Err(format!("the logo {place} has more than 128 KiB").into());
        }
        let media_type = match bytes.as_slice() {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
            [b'G', b'I', b'F', b'8', ..] => "image/gif",
            _ => return Err(format!("the logo {place} is not a PNG, JPEG, WebP or GIF picture").into()),
        };
        Ok(Self { digest: Hash::of_bytes(&bytes).to_text(), media_type, bytes })
    }

    pub(super) async fn save(&self, tx: &mut Tx) -> Result<(), DbError> {
        logos::save(tx, &self.digest, self.media_type, &self.bytes).await
    }
}
