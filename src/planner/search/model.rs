//! What is decided and what a decision looks like: integers only, microseconds and bytes.

/// A task: its row in [`Problem::tasks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

/// A way to keep a frame: its row in [`Problem::options`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OptionId(pub u32);

/// Tasks to be ordered, frames that may live meanwhile, and the memory they share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// In the given order, which is a valid one.
    pub tasks: Vec<Task>,
    /// In any order: the answer does not depend on it.
    pub options: Vec<FrameOption>,
    /// What living frames and the running task may occupy together, bytes.
    pub budget_bytes: u64,
}

/// Something that runs once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// Tasks that must have run before: direct predecessors suffice. Each precedes this one in the given order.
    pub after: Vec<TaskId>,
    /// What it needs while it runs, bytes. A task larger than the budget still runs, with no frame alive.
    pub working_bytes: u64,
}

/// One way to keep one frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameOption {
    /// Alternatives (media, layouts) of one frame share this number.
    pub candidate: u32,
    /// What it occupies while it lives, bytes.
    pub bytes: u64,
    /// What building it costs each time, microseconds; pessimistic: margins are the caller's.
    pub build_micros: u64,
    /// Whom it can serve.
    pub uses: Vec<Use>,
    /// Tasks across which no residency may live: one that lives when such a task runs ends with it.
    pub ended_by: Vec<TaskId>,
}

/// A read that a living frame can serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Who reads.
    pub by: User,
    /// Which reads of that user are served, sorted; each is served by at most one frame.
    pub slots: Vec<u32>,
    /// What that saves, microseconds: once for a task, once per build of an option. A build costs at least nothing.
    pub saving_micros: u64,
    /// Where the user is an option: a frame built with this use must be let go no later than its parent.
    pub holds: bool,
}

/// Who reads a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum User {
    /// A task, when it runs.
    Task(TaskId),
    /// Another option, whenever it is built. These relations form no circle.
    Build(OptionId),
}

/// An order of the tasks and where frames live in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Every task once.
    pub order: Vec<TaskId>,
    /// Sorted by first position, then by option.
    pub residencies: Vec<Residency>,
}

/// A stretch of positions over which a frame lives: it is built just before the task at `from` runs, and let go after
/// the task at `to` has run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Residency {
    /// First position in the order.
    pub from: u32,
    /// Last position in the order.
    pub to: u32,
    /// What lives.
    pub option: OptionId,
    /// What it serves, sorted.
    pub served: Vec<Served>,
}

/// One use that a residency serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Served {
    /// Position of the task, or of the task before which the reading frame is built.
    pub at: u32,
    /// Row in [`FrameOption::uses`].
    pub usage: u32,
}

/// Why a problem cannot be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProblemError {
    /// A task comes after one that does not precede it in the given order.
    #[error("task {} comes after a later or unknown task", .0.0)]
    Order(TaskId),
    /// An option names a task or an option that does not exist.
    #[error("option {} names an unknown user", .0.0)]
    Unknown(OptionId),
    /// Options are built from each other in a circle.
    #[error("option {} is built from itself", .0.0)]
    Circle(OptionId),
}
