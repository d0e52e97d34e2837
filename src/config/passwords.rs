//! How passwords are hashed, and which ones people may choose.

use serde::Deserialize;

use crate::oauth::identity::password::PasswordPolicy;

#[derive(Clone, Debug, Deserialize)]
pub struct PasswordOptions {
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
    pub concurrency: usize,
    pub queue: usize,
    pub min_length: usize,
}

impl PasswordOptions {
    /// The rule for new passwords.
    pub fn policy(&self) -> PasswordPolicy {
        PasswordPolicy { min_length: self.min_length }
    }
}
