//! Which plan a run follows, and what it teaches the next one.

use super::{Command, Job, stale};
use crate::cli::arguments::Frames;
use crate::cli::failure::Failure;
use crate::cli::output::write_file;
use crate::cli::pipeline::Pipeline;
use crate::cli::planning::{self, Known};
use crate::cli::profile::{self, Profiled};
use crate::facts::catalog::Catalog;
use crate::facts::workload::Workload;
use crate::planner::plan_file::PlanFile;
use crate::runtime::engine::SessionInfo;
use crate::runtime::run::{self, Event, Preparation, Recorder, RunInput};

impl Job<'_> {
    /// Whether it is the turn of a run without frames: of every `planner.canary`-th run that plans.
    pub(super) fn is_canary(
        command: &Command,
        pipeline: &Pipeline,
        saved: bool,
        profile: Option<&Profiled>,
    ) -> bool {
        let every = u64::from(pipeline.config.planner.canary);
        let plans = command.run.frames == Frames::On && !saved && !command.dry_run;
        let due = |known: &Profiled| known.profile.since_plain + 1 >= every;
        every > 0 && plans && command.run.force_frames.is_none() && profile.is_some_and(due)
    }

    /// The plan to run: the saved one if it still fits, otherwise one made now and saved; none without frames.
    pub(super) fn plan_of_run(
        &self,
        workload: &Workload,
        catalog: &Catalog,
        session: &SessionInfo,
        recorder: &mut Recorder<'_>,
    ) -> Result<Option<(PlanFile, Option<String>)>, Failure> {
        if !self.uses_frames() {
            return Ok(None);
        }
        let start = recorder.now();
        let mut remark = None;
        let plan = if let Some((file, plan)) = &self.saved {
            let reasons = self.drift(plan, catalog);
            if self.command.allow_drift {
                for reason in reasons {
                    recorder.warn(None, format!("the plan is stale: {reason}"));
                }
            } else {
                stale(file, &reasons)?;
            }
            plan.clone()
        } else {
            let plan;
            (plan, remark) = self.plan_anew(workload, catalog, session)?;
            plan
        };
        let micros = recorder.since(start);
        recorder.emit(&Event::Prepared {
            what: Preparation::Plan,
            micros,
        });
        Ok(Some((plan, remark)))
    }

    /// A plan made now and saved, or the earlier one and why it stays.
    fn plan_anew(
        &self,
        workload: &Workload,
        catalog: &Catalog,
        session: &SessionInfo,
    ) -> Result<(PlanFile, Option<String>), Failure> {
        let jobs = self.pipeline.config.planner.jobs;
        let budget = self.pipeline.config.planner.budget_bytes;
        let storage = session.storage_memory_bytes;
        let budget = budget.unwrap_or_else(|| planning::share_of(storage, jobs));
        // What another machine measured says nothing about this one.
        let here = profile::place(session);
        let measured = self.profile.as_ref();
        let measured = measured.filter(|known| known.profile.place == here);
        let measured = measured.map(|known| known.profile.measurements());
        let known = Known {
            catalog,
            measurements: &measured.unwrap_or_default(),
        };
        let new = self.plan(workload, known, budget)?;
        planning::save_catalog(&self.pipeline, catalog)?;
        if let Some((earlier, remark)) = self.earlier(&new, workload, known) {
            return Ok((earlier, Some(remark)));
        }
        write_file(&planning::default_plan_file(&self.pipeline), &new.to_json())?;
        Ok((new, None))
    }

    /// The earlier plan of the pipeline and why it stays, where it still fits and the new one is not clearly better.
    fn earlier(
        &self,
        new: &PlanFile,
        workload: &Workload,
        known: Known<'_>,
    ) -> Option<(PlanFile, String)> {
        let file = planning::default_plan_file(&self.pipeline);
        let earlier = planning::read_plan(&file).ok()?;
        let fits = self.command.run.force_frames.is_none()
            && earlier.tool == new.tool
            && earlier.settings == new.settings
            && earlier.steps != new.steps
            && self.drift(&earlier, known.catalog).is_empty()
            && planning::prove(&self.pipeline, &file, &earlier).is_ok();
        if !fits {
            return None;
        }
        let compared = planning::replaces(&self.pipeline, workload, known, new, &earlier);
        let remark = format!(
            "The earlier plan is kept: another one would gain {}, which is not clearly more than its {}.",
            compared.new, compared.earlier
        );
        (!compared.clearly).then_some((earlier, remark))
    }

    /// Adds what the run measured to the profile, whether or not it came to its end.
    pub(super) fn learn(
        &self,
        session: &SessionInfo,
        plan: Option<&PlanFile>,
        input: &RunInput,
        recorder: &mut Recorder<'_>,
    ) {
        let Some(Profiled { file, profile }) = &self.profile else {
            return;
        };
        let keys = profile::keys(&self.pipeline, plan);
        let place = profile::place(session);
        let samples = run::samples(recorder.record(), input, &keys, &place, plan.is_none());
        if samples.statements.is_empty() && samples.frames.is_empty() {
            return;
        }
        let mut learned = Profiled {
            file: file.clone(),
            profile: profile.clone(),
        };
        learned.profile.take(samples);
        if let Err(failure) = learned.save() {
            recorder.warn(
                None,
                format!("what was measured is lost: {}", failure.message),
            );
        }
    }
}
