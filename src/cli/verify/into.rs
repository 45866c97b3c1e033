//! `hoist verify --into DATABASE`: both runs in sessions that share the user's catalog.

use std::path::Path;

use super::{Verifier, ended};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::prepare::SetUp;
use crate::cli::session::EngineOptions;
use crate::runtime::verify::Comparison;

impl Verifier<'_> {
    /// Compares with every write in a database of the user's catalog; none where the user interrupted.
    pub(super) async fn led_into(
        &self,
        database: &str,
        output: &mut Output,
    ) -> Result<Option<Comparison>, Failure> {
        let (context, pipeline) = (self.context, self.pipeline);
        let config = &pipeline.config;
        if !config.engine.livy && config.engine.in_memory_catalog {
            return Err(Failure::input(format!(
                "the tables in `{database}` would go with each session: the catalog is in memory"
            ))
            .hint("leave out `--into`: without it, every run has a catalog of its own"));
        }
        let options = EngineOptions::of(context, config, &pipeline.home())?;
        // The set-up scripts would write to the pipeline's own tables.
        let inputs = self.inputs(options.engine(), SetUp::Never, output);
        let Some(inputs) = inputs.await? else {
            return Ok(None);
        };
        let mut make = |_: &Path| options.engine();
        ended(self.both(&inputs, &mut make, output).await)
    }
}
