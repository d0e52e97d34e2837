//! Waking the work of this node, when there is something new for it.

use tokio::sync::Notify;

/// Wakes the delivery of sign-outs, when a session has just been ended here.
#[derive(Debug, Default)]
pub struct BackChannel(Notify);

impl BackChannel {
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Waits until somebody wakes it.
    pub(super) async fn woken(&self) {
        self.0.notified().await;
    }
}
