//! The answer of a search, with its certificate and how it came about.

use std::fmt;

use super::Schedule;

/// A schedule and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The best schedule found.
    pub schedule: Schedule,
    /// Its savings less its builds, microseconds.
    pub value: u64,
    /// No schedule is worth more, microseconds.
    pub bound: u64,
    /// What that says about the schedule.
    pub certificate: Certificate,
    /// How it was found.
    pub trace: SearchTrace,
}

/// How far a schedule is from the best one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certificate {
    /// None is worth more.
    Optimal,
    /// The best one is worth at most this much more, in thousandths of the bound, rounded up.
    Gap(u32),
}

impl Certificate {
    /// What a value and a bound prove, both in microseconds.
    pub fn of(value: u64, bound: u64) -> Self {
        let Some(missing) = bound.checked_sub(value).filter(|missing| *missing > 0) else {
            return Self::Optimal;
        };
        let parts = (u128::from(missing) * 1000).div_ceil(u128::from(bound));
        Self::Gap(u32::try_from(parts).unwrap_or(u32::MAX))
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Optimal => formatter.write_str("optimal"),
            Self::Gap(parts) => write!(formatter, "gap ≤ {}.{} %", parts / 10, parts % 10),
        }
    }
}

/// How far the search may go. It counts steps and never looks at a clock, so the same problem has the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps from state to state that the layered search over all orders may look at.
    pub nodes: u64,
    /// The same for one stretch of positions that is searched anew.
    pub window: u64,
    /// Rounds of ruin and recreate; fewer where there are few tasks or very many.
    pub rounds: u32,
}

impl Default for Limits {
    /// Up to 0.6 s of one core of 2024 for 200 tasks that are short of memory, where nothing is proved earlier.
    fn default() -> Self {
        Self {
            nodes: 24_000,
            window: 600,
            rounds: 12_000,
        }
    }
}

/// What the search did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchTrace {
    /// Options that were worth considering, of all given.
    pub options: (u32, u32),
    /// What each part found, in the order in which they ran.
    pub parts: Vec<Part>,
}

/// One part of the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which part.
    pub name: &'static str,
    /// The best value known after it, microseconds.
    pub value: u64,
    /// The smallest bound known after it, microseconds.
    pub bound: u64,
    /// Steps it looked at.
    pub nodes: u64,
    /// Why it ended.
    pub ended: Ended,
}

/// Why a part of the search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// Value and bound met.
    Proved,
    /// It looked at everything it was to look at.
    Finished,
    /// It had no steps left.
    Limit,
    /// The problem is too large for it.
    TooLarge,
}

impl Ended {
    /// Its word in plan files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Finished => "finished",
            Self::Limit => "limit",
            Self::TooLarge => "too-large",
        }
    }
}
