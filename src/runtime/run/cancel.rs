//! Interrupting a run from outside.

use std::sync::Arc;

use tokio::sync::watch;

/// How far a run was interrupted; clones share one level.
///
/// ```text
/// 0 ──interrupt──▶ 1 stop: cancel what runs, clean up, close ──interrupt──▶ 2 drop everything at once
/// ```
#[derive(Clone, Debug)]
pub struct Cancel {
    level: Arc<watch::Sender<u8>>,
}

impl Default for Cancel {
    fn default() -> Self {
        Cancel {
            level: Arc::new(watch::Sender::new(0)),
        }
    }
}

impl Cancel {
    /// One level further; gives the new level.
    pub fn interrupt(&self) -> u8 {
        let mut now = 0;
        self.level.send_modify(|level| {
            *level = level.saturating_add(1);
            now = *level;
        });
        now
    }

    /// The level now.
    pub fn level(&self) -> u8 {
        *self.level.borrow()
    }

    /// Waits until the level is at least this.
    pub async fn reached(&self, level: u8) {
        let mut receiver = self.level.subscribe();
        let ended = receiver.wait_for(|now| *now >= level).await.is_err();
        if ended {
            // Without a sender nobody can interrupt any more; `self` holds one, so this is not reached.
            std::future::pending::<()>().await;
        }
    }
}
