//! Times for people and programs: ISO 8601 in UTC.

pub(super) use crate::clock::iso;
