//! Wakes background work of this node when there is something new.

use tokio::sync::Notify;

/// Wakes one task, such as the delivery of logout notifications when a session has ended on this node.
#[derive(Debug, Default)]
pub struct Wake(Notify);

impl Wake {
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Waits for the next [`Self::wake`].
    pub(super) async fn woken(&self) {
        self.0.notified().await;
    }
}
