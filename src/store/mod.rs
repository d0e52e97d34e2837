//! Storage: a file per table over one executor.

pub mod access_tokens;
pub mod client_secrets;
pub mod clients;
pub mod codes;
pub mod consents;
pub mod db;
pub mod device_codes;
pub mod expired;
pub mod flows;
pub mod grant_records;
pub mod grants;
pub mod guesses;
pub mod leases;
pub mod logos;
pub mod logout_deliveries;
pub mod migrate;
pub mod resources;
pub mod scopes;
pub mod server_keys;
pub mod sessions;
pub mod signing_keys;
pub mod trusted_issuers;
pub mod used_assertions;
pub mod users;
