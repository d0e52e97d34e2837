//! The kinds of clients, and whether one can keep a secret (RFC 6749 §2.1).

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::oauth::word::word;

/// What the application is, which decides whether it can keep a secret (RFC 6749 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum ClientKind {
    Web,
    Spa,
    Native,
    Service,
}

word!(ClientKind);

impl ClientKind {
    /// Whether the client is public: it runs where a secret could be read, so it has none.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Spa | Self::Native)
    }
}
