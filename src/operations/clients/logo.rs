//! The logos of clients.

use crate::files::picture::Picture;
use crate::oauth::client::Client;
use crate::operations::fault::Fault;
use crate::secret::Hash;
use crate::store::db::{DbError, Tx};
use crate::store::logos;

/// A logo whose first bytes show that it is a picture of a known type.
#[derive(Clone, Debug)]
pub struct Logo {
    digest: String,
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl Logo {
    /// The largest size of a logo, in bytes.
    pub const MAX_SIZE: usize = 128 * 1024;

    /// Checks a logo.
    ///
    /// # Errors
    /// If the picture is too large, or is not PNG, JPEG, WebP or GIF.
    pub fn new(bytes: Vec<u8>) -> Result<Self, Fault> {
        if bytes.len() > Self::MAX_SIZE {
            return Err(Fault::invalid("logo", "the logo has more than 128 KiB"));
        }
        let media_type = match Picture::of(&bytes) {
            Some(kind @ (Picture::Png | Picture::Jpeg | Picture::WebP | Picture::Gif)) => kind.media_type(),
            _ => return Err(Fault::invalid("logo", "the logo is not a PNG, JPEG, WebP or GIF picture")),
        };
        Ok(Self { digest: Hash::of_bytes(&bytes).to_text(), media_type, bytes })
    }

    /// The digest under which the logo is stored and served.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    async fn save(&self, tx: &mut Tx) -> Result<(), DbError> {
        logos::save(tx, &self.digest, self.media_type, &self.bytes).await
    }
}

/// The logos that are stored with a client, or replace those before. `None` changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Logos {
    pub logo: Option<Logo>,
    /// For the dark scheme.
    pub dark: Option<Logo>,
}

impl Logos {
    /// The client with the digests of these logos.
    pub(super) fn given_to(&self, mut client: Client) -> Client {
        if let Some(logo) = &self.logo {
            client.links.logo = Some(logo.digest().to_owned());
        }
        if let Some(dark) = &self.dark {
            client.branding.logo_dark = Some(dark.digest().to_owned());
        }
        client
    }

    pub(super) async fn save(&self, tx: &mut Tx) -> Result<(), DbError> {
        for logo in [&self.logo, &self.dark].into_iter().flatten() {
            logo.save(tx).await?;
        }
        Ok(())
    }
}

/// Deletes the logos that a client had, except those that a client still has.
///
/// # Errors
/// Only failures of the database.
pub(super) async fn delete_unused(tx: &mut Tx, had: &Client) -> Result<(), DbError> {
    for digest in [&had.links.logo, &had.branding.logo_dark].into_iter().flatten() {
        logos::delete_unused(tx, digest).await?;
    }
    Ok(())
}
