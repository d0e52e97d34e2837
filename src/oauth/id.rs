//! Types for identifiers, so that they cannot be confused.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Wraps an id without checking it.
            pub fn new(value: impl Into<String>) -> Self {
                Self(value.into())
            }

            /// The id as it is sent and stored.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identifier! {
    /// Identifies a client: any VSCHAR, including space and colon (RFC 6749 A.1).
    ClientId
}
identifier! {
    /// Identifies a user permanently; the username may change.
    UserId
}
identifier! {
    /// Identifies a session. It does not give access to the session: that needs the cookie, whose hash is the key.
    SessionId
}
identifier! {
    /// Identifies one authorization that a user gave a client; its code, refresh and access tokens belong to it.
    GrantId
}
identifier! {
    /// Identifies an authorization request that waits for a person.
    FlowId
}

/// Reads an id that was stored.
impl TryFrom<String> for ClientId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a client id")
    }
}

impl Serialize for ClientId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ClientId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Checks that an id can be a part of an address. Programs and browsers take `.` and `..` out of addresses, also if they are
/// percent-encoded (RFC 3986 §6.2.2.3), so nothing could reach the object.
///
/// # Errors
/// A sentence for the operator.
pub fn check_in_address(id: &str) -> Result<(), String> {
    match id {
        "." | ".." => Err(format!(
            "{id} cannot be an id: programs and browsers take it out of addresses, so the object could not be reached"
        )),
        _ => Ok(()),
    }
}

impl ClientId {
    /// The maximum length in characters.
    pub const MAX_LENGTH: usize = 255;

    /// Parses `1*VSCHAR` of limited length (RFC 6749 A.1); `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= Self::MAX_LENGTH;
        (fits && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))).then(|| Self::new(text))
    }
}
