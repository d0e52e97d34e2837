//! The options about signed requests and signed answers of a client.

use clap::Args;

use super::super::CliError;
use super::encryption::new_encryption;
use super::words::{AlgorithmOrDefault, DemandOrDefault, ObjectAlgorithmOrDefault};
use crate::oauth::client::{Encryption, SignedMessages};

#[derive(Args)]
pub(super) struct MessageOptions {
    /// Whether the application must sign its authorization requests; with default, or without this option, the server's
    /// oauth.jar decides
    #[arg(long)]
    pub(super) jar: Option<DemandOrDefault>,
    /// The only algorithm that signs the client's request objects; none is for objects that are not signed; default, or no
    /// option, is any for which the client has a key
    #[arg(long, value_name = "ALG")]
    pub(super) request_object_alg: Option<ObjectAlgorithmOrDefault>,
    /// Whether parameters beside the client's request objects count, too, as in OpenID Connect Core section 6
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(super) merge_request_object: Option<bool>,
    /// The algorithm that signs authorization responses to the client, if it asks for signed ones; default, or no option, is
    /// RS256, if the server offers it and the profile allows it
    #[arg(long, value_name = "ALG")]
    pub(super) jarm_alg: Option<AlgorithmOrDefault>,
    /// Encrypt signed authorization responses to the client; the values are those of --id-token-encryption
    #[arg(long, value_name = "\"ALG ENC\"")]
    pub(super) jarm_encryption: Option<String>,
}

impl MessageOptions {
    /// The change of the encryption that the option asks for.
    ///
    /// # Errors
    /// If it is no encryption.
    pub(super) fn encryption(&self) -> Result<Option<Option<Encryption>>, CliError> {
        new_encryption(self.jarm_encryption.as_deref())
    }

    /// The settings with the values that are given.
    pub(super) fn applied_to(
        &self,
        before: &SignedMessages,
        encryption: Option<Option<Encryption>>,
    ) -> SignedMessages {
        SignedMessages {
            jar: self.jar.map_or(before.jar, Into::into),
            object_alg: self.request_object_alg.map_or(before.object_alg, Into::into),
            merges_object: self.merge_request_object.unwrap_or(before.merges_object),
            response_alg: self.jarm_alg.map_or(before.response_alg, Into::into),
            response_encryption: encryption.unwrap_or(before.response_encryption),
        }
    }
}
