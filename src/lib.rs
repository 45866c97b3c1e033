//! hoist: a dataframe cache and optimisation planner for Spark SQL pipelines.

pub mod diagnostic;
pub mod runtime;
