//! Taking questions back: what was put but not yet sent is no longer needed. A request that was sent is paid for, so its
//! answer is awaited and kept.

use tokio::sync::watch;

/// Takes back a group of questions.
#[derive(Debug, Default)]
pub struct Recall(watch::Sender<bool>);

impl Recall {
    /// Lets no further question of the group be sent.
    pub fn take_back(&self) {
        self.0.send_replace(true);
    }

    /// Whether the group was taken back.
    pub fn is_taken_back(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when the group is taken back.
    pub async fn taken_back(&self) {
        let mut word = self.0.subscribe();
        // The sender lives as long as this does, so the wait ends by the word alone.
        let _open = word.wait_for(|taken_back| *taken_back).await;
    }
}
