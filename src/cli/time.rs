//! Times in ISO 8601, in UTC.

pub(super) use crate::clock::iso;
