//! The algorithms that bring a content key to its recipient (RFC 7518 §4.1).

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::oauth::client::KeyManagement;

/// An `alg` of an encrypted token: those that clients can register, and the two for a shared secret.
///
/// Algorithms with a password (PBES2) are left out on purpose: their header decides how much work they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
pub enum Algorithm {
    #[strum(serialize = "RSA-OAEP")]
    RsaOaep,
    #[strum(serialize = "RSA-OAEP-256")]
    RsaOaep256,
    #[strum(serialize = "ECDH-ES")]
    EcdhEs,
    #[strum(serialize = "ECDH-ES+A128KW")]
    EcdhEsA128Kw,
    #[strum(serialize = "ECDH-ES+A256KW")]
    EcdhEsA256Kw,
    #[strum(serialize = "A128KW")]
    A128Kw,
    #[strum(serialize = "A256KW")]
    A256Kw,
}

impl Algorithm {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name in a header.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The algorithm with this name; `None` for any other text.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// The length in bytes of the AES key that wraps the content key; `None` if the algorithm has none.
    pub(super) fn wrapping_key_bytes(self) -> Option<usize> {
        match self {
            Self::RsaOaep | Self::RsaOaep256 | Self::EcdhEs => None,
            Self::EcdhEsA128Kw | Self::A128Kw => Some(16),
            Self::EcdhEsA256Kw | Self::A256Kw => Some(32),
        }
    }
}

impl From<KeyManagement> for Algorithm {
    fn from(registered: KeyManagement) -> Self {
        match registered {
            KeyManagement::RsaOaep => Self::RsaOaep,
            KeyManagement::RsaOaep256 => Self::RsaOaep256,
            KeyManagement::EcdhEs => Self::EcdhEs,
            KeyManagement::EcdhEsA128Kw => Self::EcdhEsA128Kw,
            KeyManagement::EcdhEsA256Kw => Self::EcdhEsA256Kw,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_has_the_same_name_for_clients_and_in_headers() {
        for registered in KeyManagement::ALL {
            assert_eq!(Algorithm::from(*registered).as_str(), registered.as_str());
        }
        for &algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(algorithm.as_str()), Some(algorithm));
        }
        for other in ["", "dir", "RSA1_5", "rsa-oaep", "PBES2-HS256+A128KW", "ECDH-ES "] {
            assert_eq!(Algorithm::parse(other), None, "{other}");
        }
    }
}
