//! Keys: the master key, the keys that sign, and the keys of others.

pub mod master;
pub mod remote;
pub mod signing;
