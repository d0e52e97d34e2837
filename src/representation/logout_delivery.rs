//! Deliveries of logout tokens.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::store::deliveries::next_attempt;
use crate::store::logout_deliveries::Delivery;

/// Returns the members of a delivery. Times are in RFC 3339.
pub fn to_json(delivery: &Delivery) -> Value {
    json!({
        "client_id": delivery.client_id,
        "session_id": delivery.session_id,
        "user_id": delivery.user_id,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created_at": delivery.created_at.iso(),
        "next_attempt_at": next_attempt_at(delivery),
        "done_at": delivery.done_at.map(Timestamp::iso),
        "last_error": delivery.last_error,
    })
}

/// The time of the next attempt in RFC 3339. `None` if no attempt follows.
pub fn next_attempt_at(delivery: &Delivery) -> Option<String> {
    next_attempt(&delivery.state, delivery.next_attempt_at).map(Timestamp::iso)
}
