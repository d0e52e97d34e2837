//! How answers to a client are encrypted, as two members of its registration (OpenID Connect Registration §2).

use crate::oauth::client::vocabulary::{ContentEncryption, KeyManagement};

/// How responses for the client are encrypted (OpenID Connect Registration §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encryption {
    pub algorithm: KeyManagement,
    pub content: ContentEncryption,
}

impl Encryption {
    /// Parses `ALG ENC`, or `ALG` alone, which means A256GCM. `None` if a word is not an algorithm that a client can
    /// register.
    pub fn parse(text: &str) -> Option<Self> {
        let (algorithm, content) =
            text.split_once(' ').unwrap_or((text, ContentEncryption::A256Gcm.as_str()));
        Some(Self {
            algorithm: KeyManagement::parse(algorithm).filter(|known| known.is_for_clients())?,
            content: ContentEncryption::parse(content)?,
        })
    }
}

/// Reads and writes an [`Encryption`] as two members, `…_alg` and `…_enc`. Without `…_enc`, the content encryption is
/// A128CBC-HS256 (OpenID Connect Registration §2).
macro_rules! encrypted_response {
    ($name:ident, $alg:literal, $enc:literal) => {
        pub(super) mod $name {
            use serde::de::Error as _;
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            use super::{ContentEncryption, Encryption, KeyManagement};

            #[derive(Serialize, Deserialize)]
            struct Members {
                #[serde(rename = $alg)]
                algorithm: Option<KeyManagement>,
                #[serde(rename = $enc)]
                content: Option<ContentEncryption>,
            }

            pub(in crate::oauth::client) fn serialize<S: Serializer>(
                encryption: &Option<Encryption>,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let (algorithm, content) =
                    (encryption.map(|it| it.algorithm), encryption.map(|it| it.content));
                Members { algorithm, content }.serialize(serializer)
            }

            pub(in crate::oauth::client) fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Option<Encryption>, D::Error> {
                let Members { algorithm, content } = Members::deserialize(deserializer)?;
                match (algorithm, content) {
                    (None, None) => Ok(None),
                    (None, Some(_)) => Err(D::Error::custom(concat!($enc, " without ", $alg))),
                    (Some(algorithm), _) if !algorithm.is_for_clients() => {
                        Err(D::Error::custom("not a registered word"))
                    }
                    (Some(algorithm), content) => {
                        let content = content.unwrap_or(ContentEncryption::A128CbcHs256);
                        Ok(Some(Encryption { algorithm, content }))
                    }
                }
            }
        }
    };
}

encrypted_response!(
    id_token_encrypted_response,
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc"
);
encrypted_response!(
    userinfo_encrypted_response,
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc"
);
encrypted_response!(
    authorization_encrypted_response,
    "authorization_encrypted_response_alg",
    "authorization_encrypted_response_enc"
);
