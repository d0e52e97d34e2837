//! Access tokens of ours whose signatures were found good: the servers of an API ask about each again and again, and a
//! signature stays what it is. What the token is worth now, the database says each time.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::jose::verify::{Expiry, named_key, verify};
use crate::keys::signing::Current;
use crate::oauth::token::{JwtClaims, TYP};
use crate::secret::Hash;

/// Tokens that are remembered; what is seldom asked about makes room.
const MOST: usize = 4096;

/// The claims by the hashes of whole tokens, signatures included.
pub struct VerifiedTokens(Cache<Hash, Arc<Verified>>);

struct Verified {
    kid: String,
    claims: JwtClaims,
}

impl VerifiedTokens {
    pub fn new() -> Self {
        Self(Cache::new(MOST))
    }

    /// What an access token says that a published key signed, whenever it expires; `None` when it is none.
    pub fn claims(&self, token: &str, keys: &Current) -> Option<JwtClaims> {
        let hash = Hash::of(token);
        // A key that was taken out of use takes along what it has signed.
        if let Some(known) = self.0.get(&hash)
            && keys.publishes(&known.kid)
        {
            return Some(known.claims.clone());
        }
        // Only good ones are kept: nobody fills this with tokens of his own making.
        let claims: JwtClaims = verify(token, TYP, keys.published(), Expiry::Ignored).ok()?;
        let kid = named_key(token)?;
        self.0.insert(hash, Arc::new(Verified { kid, claims: claims.clone() }));
        Some(claims)
    }
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self::new()
    }
}
