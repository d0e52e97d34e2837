//! The public keys that registrations contain themselves, parsed once instead of for each request.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::jose::foreign::ForeignKeys;
use crate::secret::Hash;

/// The maximum number of sets; rarely used ones are dropped.
const MAX_SETS: usize = 1024;

/// Parsed JWK Sets by the hashes of their texts, so a changed registration has other keys at once.
pub struct RegisteredKeys(Cache<Hash, Arc<ForeignKeys>>);

impl RegisteredKeys {
    /// An empty cache.
    pub fn new() -> Self {
        Self(Cache::new(MAX_SETS))
    }

    /// The keys of a JWK Set, which a registration contains; none if the text is not a JWK Set.
    pub fn of(&self, jwks: &str) -> Arc<ForeignKeys> {
        let hash = Hash::of(jwks);
        self.0.get(&hash).unwrap_or_else(|| {
            let keys = Arc::new(ForeignKeys::read(jwks).unwrap_or_default());
            self.0.insert(hash, keys.clone());
            keys
        })
    }
}

impl Default for RegisteredKeys {
    fn default() -> Self {
        Self::new()
    }
}
