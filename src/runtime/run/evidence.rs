//! Proof of what Spark did: executed plans from its SQL status store.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::runtime::collect::{SnippetError, value};
use crate::runtime::engine::Engine;

/// Reads the status store; `hoist_vars["prefix"]` says which executions.
const PLANS: &str = include_str!("plans.py");

/// The plan of one SQL execution as it was carried out, adaptive changes included.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ExecutedPlan {
    /// Label of the submission.
    pub label: String,
    /// Spark's text (`physicalPlanDescription`). A read of a frame is `Scan In-memory table <view>`.
    pub text: String,
}

/// Executed plans of the submissions whose label starts with `label_prefix`, in order of execution. Spark keeps the
/// last `spark.sql.ui.retainedExecutions` (1000) ones.
pub async fn executed_plans<E: Engine>(
    engine: &mut E,
    label_prefix: &str,
) -> Result<Vec<ExecutedPlan>, SnippetError> {
    let variables = BTreeMap::from([("prefix".to_owned(), label_prefix.to_owned())]);
    value(engine, "executed plans", PLANS, variables).await
}
