//! Pings about answers to backchannel requests.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::store::backchannel_pings::PingRecord;
use crate::store::deliveries::next_attempt;

/// Returns the members of a ping, without its secrets. Times are in RFC 3339.
pub fn to_json(ping: &PingRecord) -> Value {
    json!({
        "client_id": ping.client_id,
        "request_id": ping.grant_id,
        "state": ping.state,
        "attempts": ping.attempts,
        "created_at": ping.created_at.iso(),
        "next_attempt_at": next_attempt_at(ping),
        "done_at": ping.done_at.map(Timestamp::iso),
        "expires_at": ping.expires_at.iso(),
        "last_error": ping.last_error,
    })
}

/// The time of the next attempt in RFC 3339. `None` if no attempt follows.
pub fn next_attempt_at(ping: &PingRecord) -> Option<String> {
    next_attempt(&ping.state, ping.next_attempt_at).map(Timestamp::iso)
}
