//! The clocks of the nodes.

use super::event::{Act, Event, ObjectKind};
use super::{Context, Done, Outcome};
use crate::store::clocks;
use crate::store::db::Tx;

/// Forgets the times that nodes left in the database; nodes that run write theirs again. The outcome is the number of
/// forgotten times.
///
/// # Errors
/// Only failures.
pub async fn forget(context: &Context<'_>) -> Outcome<u64> {
    context
        .act(async move |tx: &mut Tx| {
            let forgotten = clocks::forget(tx).await?;
            Ok(Done { outcome: forgotten, event: Event::new(Act::ClocksForgotten, ObjectKind::Clocks, "") })
        })
        .await
}
