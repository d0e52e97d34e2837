//! A cache of JWTs whose signatures were verified: the servers of an API ask about the same token again and again.
//! Whether the token is still valid is asked of the database each time.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::jose::verify::{Expiry, named_key, verify};
use crate::keys::signing::CurrentKeys;
use crate::oauth::token::{JwtClaims, TYP};
use crate::secret::Hash;

/// The maximum number of tokens; rarely used ones are dropped.
const MAX_TOKENS: usize = 4096;

/// The claims by the hash of the whole token, including the signature.
pub struct VerifiedTokens(Cache<Hash, Arc<Verified>>);

struct Verified {
    kid: String,
    claims: JwtClaims,
}

impl VerifiedTokens {
    /// An empty cache.
    pub fn new() -> Self {
        Self(Cache::new(MAX_TOKENS))
    }

    /// The claims of an access token that a published key signed, even if it has expired. `None` if it is not such a
    /// token.
    pub fn claims(&self, token: &str, keys: &CurrentKeys) -> Option<JwtClaims> {
        let hash = Hash::of(token);
        // When a key is retired, its tokens are no longer accepted.
        if let Some(known) = self.0.get(&hash)
            && keys.publishes(&known.kid)
        {
            return Some(known.claims.clone());
        }
        // Only valid tokens are kept, so invented tokens cannot fill the cache.
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
