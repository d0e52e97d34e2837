//! The steps of a history, in words.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::select;

/// A kind of client, by what its tokens are bound to and whether its refresh tokens rotate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// With a secret; its refresh tokens rotate.
    Confidential,
    /// Public; its refresh tokens rotate, and are bound to the key of the first proof, whenever it comes.
    Public,
    /// Public; a proof is demanded.
    PublicBound,
    /// With a secret; a proof is demanded, and its refresh tokens stay as they are.
    Keeping,
}

impl Kind {
    pub(super) fn is_public(self) -> bool {
        matches!(self, Self::Public | Self::PublicBound)
    }

    pub(super) fn demands_proof(self) -> bool {
        matches!(self, Self::PublicBound | Self::Keeping)
    }

    pub(super) fn rotates(self) -> bool {
        self != Self::Keeping
    }
}

/// Which of several keys signs the proof of a request; `None` if the request has no proof.
pub(super) type Proof = Option<usize>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verifier {
    Missing,
    Right,
    Wrong,
}

/// How many things of a kind are between the newest one and this one. The number wraps around.
#[derive(Clone, Copy, Debug)]
pub(super) struct Back(pub(super) usize);

impl Back {
    /// The index among this number of things; `None` if there are no things.
    pub(super) fn of(self, count: usize) -> Option<usize> {
        (count > 0).then(|| count - 1 - self.0 % count)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// The person opens the application, and signs in and allows it where they are asked.
    Authorize {
        pkce: bool,
        offline: bool,
        jwt: bool,
    },
    Redeem {
        code: Back,
        verifier: Verifier,
        proof: Proof,
        node: usize,
    },
    Refresh {
        token: Back,
        proof: Proof,
        node: usize,
    },
    RevokeAccessToken {
        token: Back,
        node: usize,
    },
    RevokeRefreshToken {
        token: Back,
        node: usize,
    },
    SignOut,
    /// The operator revokes a grant.
    RevokeGrant {
        grant: Back,
    },
    /// The operator takes the consent back.
    TakeConsent,
    DisableUser,
    EnableUser,
    DeleteUser,
    DisableClient,
    EnableClient,
    DeleteClient,
    Wait {
        seconds: u64,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proof = |proof: &Proof| {
            proof.map_or("without a proof".to_owned(), |key| format!("with a proof of key {key}"))
        };
        let is = |is: bool, what: &'static str| if is { what } else { "" };
        match self {
            Self::Authorize { pkce, offline, jwt } => write!(
                f,
                "the application asks for a code{}{}{}",
                is(!pkce, " without PKCE"),
                is(*offline, " with offline access"),
                is(*jwt, " for JWTs")
            ),
            Self::Redeem { code, verifier, proof: by, node } => {
                let verifier = match verifier {
                    Verifier::Missing => "no verifier",
                    Verifier::Right => "the verifier",
                    Verifier::Wrong => "another verifier",
                };
                write!(f, "it redeems the code {} with {verifier}, {}, at node {node}", code.0, proof(by))
            }
            Self::Refresh { token, proof: by, node } => {
                write!(f, "it refreshes with the refresh token {} {}, at node {node}", token.0, proof(by))
            }
            Self::RevokeAccessToken { token, node } => {
                write!(f, "it revokes the access token {}, at node {node}", token.0)
            }
            Self::RevokeRefreshToken { token, node } => {
                write!(f, "it revokes the refresh token {}, at node {node}", token.0)
            }
            Self::SignOut => f.write_str("the person signs out"),
            Self::RevokeGrant { grant } => write!(f, "the operator revokes the grant {}", grant.0),
            Self::TakeConsent => f.write_str("the operator takes the consent back"),
            Self::DisableUser => f.write_str("the operator disables the person"),
            Self::EnableUser => f.write_str("the operator enables the person"),
            Self::DeleteUser => f.write_str("the operator deletes the person"),
            Self::DisableClient => f.write_str("the operator disables the client"),
            Self::EnableClient => f.write_str("the operator enables the client"),
            Self::DeleteClient => f.write_str("the operator deletes the client"),
            Self::Wait { seconds } => write!(f, "{seconds} seconds pass"),
        }
    }
}

/// Times on both sides of each that the server knows: the grace of refresh tokens (10 s), the interval in which a session
/// is noted and the lifetime of a code (60 s), that of an access token (600 s), and the idle time of a session (8 h).
const WAITS: [u64; 6] = [3, 7, 13, 71, 661, 5 * 3600];

/// The newest thing most of the time.
fn back() -> impl Strategy<Value = Back> {
    prop_oneof![3 => Just(0), 1 => 0..6_usize].prop_map(Back)
}

fn node() -> impl Strategy<Value = usize> {
    0..2_usize
}

/// What a client of this kind usually proves.
fn proof(kind: Kind) -> impl Strategy<Value = Proof> {
    let usual = kind.demands_proof().then_some(0);
    prop_oneof![5 => Just(usual), 2 => Just(Some(0)), 1 => Just(Some(1)), 1 => Just(None)]
}

pub(super) fn step(kind: Kind) -> impl Strategy<Value = Step> {
    let verifier =
        prop_oneof![6 => Just(Verifier::Right), 1 => Just(Verifier::Missing), 1 => Just(Verifier::Wrong)];
    let pkce = prop_oneof![4 => Just(true), 1 => Just(false)];
    prop_oneof![
        8 => (pkce, any::<bool>(), any::<bool>())
            .prop_map(|(pkce, offline, jwt)| Step::Authorize { pkce, offline, jwt }),
        10 => (back(), verifier, proof(kind), node())
            .prop_map(|(code, verifier, proof, node)| Step::Redeem { code, verifier, proof, node }),
        14 => (back(), proof(kind), node()).prop_map(|(token, proof, node)| Step::Refresh { token, proof, node }),
        6 => select(&WAITS[..]).prop_map(|seconds| Step::Wait { seconds }),
        2 => (back(), node()).prop_map(|(token, node)| Step::RevokeAccessToken { token, node }),
        2 => (back(), node()).prop_map(|(token, node)| Step::RevokeRefreshToken { token, node }),
        2 => Just(Step::SignOut),
        2 => back().prop_map(|grant| Step::RevokeGrant { grant }),
        2 => Just(Step::TakeConsent),
        1 => Just(Step::DisableUser),
        2 => Just(Step::EnableUser),
        1 => Just(Step::DeleteUser),
        1 => Just(Step::DisableClient),
        2 => Just(Step::EnableClient),
        1 => Just(Step::DeleteClient),
    ]
}

/// A history: a code and its tokens, and what happens then.
pub(super) fn history(kind: Kind) -> impl Strategy<Value = Vec<Step>> {
    let begin = (any::<bool>(), any::<bool>(), node()).prop_map(move |(offline, jwt, node)| {
        let proof = kind.demands_proof().then_some(0);
        [
            Step::Authorize { pkce: true, offline, jwt },
            Step::Redeem { code: Back(0), verifier: Verifier::Right, proof, node },
        ]
    });
    (begin, proptest::collection::vec(step(kind), 0..14))
        .prop_map(|(begin, rest)| [&begin[..], &rest[..]].concat())
}
