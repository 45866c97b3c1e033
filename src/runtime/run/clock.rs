//! The machine's clock, and names for runs made from it.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where the clock is read; everything else takes it as an argument"
)]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::record::Clock;

/// The machine's clock; steady after its creation even where the machine's time is changed.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
    epoch_micros: u64,
}

impl SystemClock {
    /// Reads the machine's time once.
    pub fn new() -> Self {
        let epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        SystemClock {
            start: Instant::now(),
            epoch_micros: u64::try_from(epoch.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock::new()
    }
}

impl Clock for SystemClock {
    fn epoch_micros(&self) -> u64 {
        let since = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.epoch_micros.saturating_add(since)
    }
}

/// An id for a run: eight hexadecimal digits, other for other times and processes.
pub fn run_id(clock: &dyn Clock, process: u32) -> String {
    let digest = Sha256::digest(format!("{} {process}", clock.epoch_micros()));
    let number = digest
        .iter()
        .take(4)
        .fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{number:08x}")
}
