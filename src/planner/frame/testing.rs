//! Workloads built by hand, for the tests of `planner`.
