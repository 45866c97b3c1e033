//! Signals of the operating system → interrupts of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::ExitStatus;
use crate::runtime::run::Cancel;

/// Hears SIGINT and SIGTERM while it lives: the first stops the run in order, the second at once.
pub(super) struct Interrupts {
    pub(super) cancel: Cancel,
    terminated: Arc<AtomicBool>,
    listener: tokio::task::JoinHandle<()>,
}

impl Interrupts {
    /// Starts to listen; called within the asynchronous runtime.
    pub(super) fn listen() -> Self {
        let cancel = Cancel::default();
        let terminated = Arc::new(AtomicBool::new(false));
        let listener = tokio::spawn(listen(cancel.clone(), Arc::clone(&terminated)));
        Interrupts {
            cancel,
            terminated,
            listener,
        }
    }

    /// How an interrupted command ends.
    pub(super) fn status(&self) -> ExitStatus {
        if self.terminated.load(Ordering::Relaxed) {
            ExitStatus::Terminated
        } else {
            ExitStatus::Interrupted
        }
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

#[cfg(unix)]
async fn listen(cancel: Cancel, terminated: Arc<AtomicBool>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    loop {
        tokio::select! {
            heard = tokio::signal::ctrl_c() => if heard.is_err() { return },
            heard = terminate.recv() => {
                if heard.is_none() {
                    return;
                }
                terminated.store(true, Ordering::Relaxed);
            }
        }
        cancel.interrupt();
    }
}

#[cfg(not(unix))]
async fn listen(cancel: Cancel, _terminated: Arc<AtomicBool>) {
    while tokio::signal::ctrl_c().await.is_ok() {
        cancel.interrupt();
    }
}
