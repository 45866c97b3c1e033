//! hoist: a dataframe cache and optimisation planner for Spark SQL pipelines.

pub mod diagnostic;
pub mod facts;
pub mod frontend;
pub mod planner;
pub mod runtime;
