//! Kinds of clients, and whether one can keep a secret (RFC 6749 §2.1).

words! {
    /// What the application is, and with that whether it can keep a secret (RFC 6749 §2.1).
    ClientKind { Web = "web", Spa = "spa", Native = "native", Service = "service" }
}

impl ClientKind {
    /// Runs where a secret could be read, so it has none.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Spa | Self::Native)
    }
}
