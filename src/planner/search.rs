//! Stage `search`: tasks to be ordered, frames that may live meanwhile and a budget → the order and the residencies of
//! largest value, with a certificate.
//!
//! A pure stage on integers: it knows nothing of SQL, Spark or the rest of hoist. Chosen jointly are the order of the
//! tasks (consistent with what must come before what), which frames live, in which of their alternative ways, and
//! over which stretches of the order; a frame may be dropped and built anew. At each position the living frames and
//! the running task fit the budget; each read of a task is served by at most one frame. The value is what the uses
//! save less what the builds cost.
//!
//! Either half is hard by itself: for a fixed order this is the temporal knapsack (unsplittable flow on a path;
//! Bonsma, Schulz and Wiese, SIAM J. Comput. 43, 2014), strongly NP-hard even with uniform capacity; for fixed frames
//! it contains peak-memory ordering. S/C (Li, Pi and Park, ICDE 2023) alternates between the two and stops in a local
//! optimum; here one layered search runs over both.
//!
//! Ties go to the given order; else neighbours go back to it as far as the value allows. Steps are
//! counted, no clock is read: the answer depends on the problem only, and not on how its options are listed.
//!
//! ```text
//! problem ─ instance ─ prices, selection ─ given order ─ seeds ─ all orders ─ stretches ─ schedule + certificate
//!          (canonical,   (bound)            (responses,                       (searched
//!           pruned)                          layered search)                   anew)
//! ```

mod dense;
mod dual;
mod evaluate;
mod find;
mod found;
mod greedy;
mod instance;
mod layered;
mod model;
mod moves;
mod pack;
mod random;
mod room;
mod ruin;
mod schedule;
mod seeds;
mod select;
#[cfg(test)]
mod tests;
mod timeline;
mod windows;

pub use self::evaluate::{Violation, evaluate};
pub use self::find::find;
pub use self::found::{Certificate, Ended, Found, Limits, Part, SearchTrace};
pub use self::model::{
    FrameOption, OptionId, Problem, ProblemError, Residency, Schedule, Served, Task, TaskId, Use,
    User,
};
