//! A sign-in: when and how a person proved who they are (OpenID Connect Core §2: `auth_time`, `amr`, `acr`).

use std::collections::BTreeSet;

use crate::clock::Timestamp;

/// The authentication context class for one factor (OpenID Connect Core §2).
const ACR_ONE_FACTOR: &str = "1";
/// Every `acr` value that a sign-in at this server can have.
pub const ACR_VALUES: [&str; 1] = [ACR_ONE_FACTOR];

/// An authentication method (RFC 8176 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amr {
    /// A password.
    Pwd,
}

impl Amr {
    const ALL: [Self; 1] = [Self::Pwd];

    /// The name as in `amr`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pwd => "pwd",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}

/// What a person has proven. When the session begins, the database is asked whether it still holds, because the
/// password may have been changed in the meantime.
#[derive(Clone)]
pub enum Proof {
    /// The password, as its PHC string.
    Password { hash: String },
}

impl Proof {
    /// The method that was used.
    pub fn method(&self) -> Amr {
        match self {
            Self::Password { .. } => Amr::Pwd,
        }
    }
}

/// A sign-in, as sessions, codes and grants store it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// When the person last proved who they are: `auth_time`, in seconds since 1970.
    pub at: Timestamp,
    /// Empty if no one signed in here, but a trusted issuer vouched for the person.
    methods: BTreeSet<Amr>,
}

impl Authentication {
    /// A sign-in at this server.
    pub fn by(method: Amr, at: Timestamp) -> Self {
        Self { at, methods: BTreeSet::from([method]) }
    }

    /// The statement of a trusted issuer, instead of a sign-in.
    pub fn by_issuer(at: Timestamp) -> Self {
        Self { at, methods: BTreeSet::new() }
    }

    /// The names of the methods, sorted (RFC 8176 §2).
    pub fn amr(&self) -> Vec<&'static str> {
        self.methods.iter().map(|method| method.as_str()).collect()
    }

    /// The authentication context class of the methods. `None` if no one signed in here.
    pub fn acr(&self) -> Option<&'static str> {
        (!self.methods.is_empty()).then_some(ACR_ONE_FACTOR)
    }

    /// Reads the columns `auth_time` and `amr`. `None` if a method is unknown.
    pub fn from_stored(at: Timestamp, amr: &str) -> Option<Self> {
        let names = amr.split(' ').filter(|name| !name.is_empty());
        Some(Self { at, methods: names.map(Amr::parse).collect::<Option<_>>()? })
    }

    /// The value of the column `amr`: the methods, separated by spaces.
    pub fn stored_amr(&self) -> String {
        self.amr().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amr_and_acr_follow_from_the_methods_and_come_back_from_the_store() {
        let password = Authentication::by(Amr::Pwd, Timestamp::from_unix(7));
        assert_eq!((password.amr(), password.acr()), (vec!["pwd"], Some("1")));
        assert!(ACR_VALUES.contains(&password.acr().unwrap()));
        let by_issuer = Authentication::by_issuer(Timestamp::from_unix(7));
        assert_eq!((by_issuer.amr(), by_issuer.acr()), (vec![], None));
        for authentication in [password, by_issuer] {
            let stored = authentication.stored_amr();
            assert_eq!(Authentication::from_stored(Timestamp::from_unix(7), &stored), Some(authentication));
        }
        assert_eq!(Authentication::from_stored(Timestamp::from_unix(7), "pwd telepathy"), None);
    }
}
