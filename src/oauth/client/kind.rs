//! The kinds of clients, and whether one can keep a secret (RFC 6749 §2.1).

words! {
    /// What the application is, which decides whether it can keep a secret (RFC 6749 §2.1).
    ClientKind { Web = "web", Spa = "spa", Native = "native", Service = "service" }
}

impl ClientKind {
    /// Whether the client is public: it runs where a secret could be read, so it has none.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Spa | Self::Native)
    }
}
