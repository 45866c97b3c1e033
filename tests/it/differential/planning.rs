//! Planning with every frame that is possible, and the proofs that come with a plan.

use std::collections::{BTreeMap, BTreeSet};

use hoist::facts::access;
use hoist::facts::catalog::{Catalog, TableFacts, TableKind};
use hoist::facts::workload::{self, Workload};
use hoist::frontend;
use hoist::frontend::source::{Sources, Variables};
use hoist::frontend::statement::Statement;
use hoist::planner::check::check;
use hoist::planner::cost::CostModel;
use hoist::planner::emit::{Program, emit};
use hoist::planner::frame::{Candidate, CandidateId, Candidates, FrameKind, candidates};
use hoist::planner::plan::{Plan, PlanOptions, SettingOptions, choose, propose};
use hoist::planner::plan_file::{PlanFile, PlanFileInputs, PlanSettings};
use hoist::runtime::run::RunInput;
use hoist::runtime::verify::Outputs;

use super::Pipeline;

/// Rows that the cost model takes every table to have.
const ROWS: u64 = 10_000_000;
/// Budget for frames, bytes.
const BUDGET: u64 = 1 << 60;

/// A pipeline through all stages up to the plan file.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) sources: Sources,
    pub(crate) catalog: Catalog,
    pub(crate) workload: Workload,
    pub(crate) plan: Plan,
    pub(crate) program: Program,
    pub(crate) file: PlanFile,
    /// What `check` says of it; nothing, if all is well.
    pub(crate) violations: Vec<String>,
    variables: Variables,
}

impl Planned {
    /// Plans. Panics where the plan is not the same after it was saved and read.
    pub(crate) fn new(sources: Sources, catalog: Catalog, pipeline: &Pipeline) -> Self {
        let declarations = &pipeline.declarations();
        let variables = &pipeline.variables;
        let statements = frontend::parse(&sources).statements;
        let accesses = access::resolve(&statements, &catalog, declarations);
        let workload = workload::build(statements, accesses);
        let mut candidates = candidates(&workload, &sources, &catalog);
        if let Some(kind) = pipeline.only {
            keep(&mut candidates, kind);
        }
        retain(&mut candidates, |candidate| {
            !pipeline.without.contains(&candidate.kind())
        });
        let slow = slow(&catalog);
        let mut options = PlanOptions {
            budget_bytes: BUDGET,
            margin_percent: 30,
            min_gain_micros: 0,
            frames: true,
            layout: pipeline.layout,
            ..PlanOptions::default()
        };
        let costs = CostModel::new(&workload, &slow);
        let mut plan = choose(&workload, &candidates, &costs, &options);
        if pipeline.tight {
            let largest = plan.frames.iter().map(|frame| frame.size_bytes).max();
            let shared = plan.summary.peak_bytes / 3 * 2;
            options.budget_bytes = shared.max(largest.unwrap_or(0));
            plan = choose(&workload, &candidates, &costs, &options);
        }
        plan.settings = propose(
            &plan,
            &workload,
            &sources,
            &costs,
            &SettingOptions {
                wanted: pipeline.settings,
                configured: BTreeMap::new(),
                budget_bytes: options.budget_bytes,
            },
        );
        let program = emit(&plan, &candidates, &workload, &sources);
        let settings = PlanSettings {
            default_database: declarations.default_database.clone(),
            frames: true,
            budget_bytes: options.budget_bytes,
            keys: declarations.keys.clone(),
            deterministic_functions: declarations.deterministic_functions.clone(),
            ..PlanSettings::default()
        };
        let file = PlanFile::new(PlanFileInputs {
            root: ".",
            sources: &sources,
            variables,
            settings: &settings,
            catalog: &catalog,
            workload: &workload,
            plan: &plan,
            program: &program,
        });
        let mut planned = Planned {
            sources,
            catalog,
            workload,
            plan,
            program,
            file,
            violations: Vec::new(),
            variables: variables.clone(),
        };
        planned.violations = planned.check(&planned.program);
        planned.assert_restored();
        planned
    }

    /// What `check` says of a program for this plan.
    pub(crate) fn check(&self, program: &Program) -> Vec<String> {
        let violations = check(
            &self.workload,
            &self.sources,
            &self.catalog,
            &self.plan,
            program,
        );
        violations.iter().map(ToString::to_string).collect()
    }

    /// The plan of a saved and read plan file is the same one.
    fn assert_restored(&self) {
        let read = PlanFile::parse(&self.file.to_json()).unwrap();
        assert_eq!(read, self.file);
        let sources = read.sources(&self.sources, &self.variables).unwrap();
        let (_, program) = read.restore(&self.workload, &sources).unwrap();
        assert_eq!(program.steps.len(), self.program.steps.len());
        assert_eq!(program.start, self.program.start);
    }

    /// The statements as written.
    pub(crate) fn plain(&self) -> RunInput {
        RunInput::plain(&self.sources, self.statements())
    }

    /// The plan.
    pub(crate) fn hoisted(&self) -> RunInput {
        RunInput::from_plan(&self.file)
    }

    pub(crate) fn statements(&self) -> &[Statement] {
        &self.workload.statements
    }

    /// The order of a bare query's rows counts: its name among the results, and the columns that decide it.
    pub(super) fn ordered(&self) -> BTreeMap<String, Vec<String>> {
        let outputs = Outputs::new(&self.workload, &self.sources);
        let plain = self.plain();
        let names = plain.result_names();
        let steps = plain.steps.iter().filter_map(|step| {
            let hoist::runtime::run::Work::Run(statement) = &step.work else {
                return None;
            };
            let key = (statement.file.clone(), statement.number);
            let columns = outputs.ordered.get(&key)?;
            Some((names.get(&step.number)?.clone(), columns.clone()))
        });
        steps.collect()
    }

    /// Codes of all decisions.
    pub(crate) fn reasons(&self) -> BTreeSet<&'static str> {
        let reasons = self.plan.decisions.iter().flat_map(|one| &one.reasons);
        let settings = self.plan.settings.iter().flat_map(|one| &one.reasons);
        reasons.chain(settings).map(|reason| reason.code).collect()
    }

    /// Settings of the session that are applied, `key=value`.
    pub(crate) fn applied(&self) -> BTreeSet<String> {
        let applied = self.plan.settings.iter().filter(|one| one.applied);
        let texts = applied.filter_map(|one| Some(format!("{}={}", one.key, one.value.as_ref()?)));
        texts.collect()
    }
}

/// The same tables as the cost model is told of them: so slow to read that every frame pays; and one whose rows are what
/// the others are grouped by, so that groups are few.
fn slow(catalog: &Catalog) -> Catalog {
    let mut slow = catalog.clone();
    for facts in slow.tables.values_mut() {
        facts.rows = Some(ROWS);
        facts.provider = Some("json".to_owned());
        // A read that can skip partitions is taken to cost nothing.
        facts.partition_columns.clear();
    }
    let columns = slow.tables.values().flat_map(|facts| &facts.columns);
    let groups = TableFacts {
        kind: TableKind::External,
        provider: Some("json".to_owned()),
        columns: columns.cloned().collect(),
        rows: Some(1),
        ..TableFacts::default()
    };
    slow.tables.insert("groups.of_all".to_owned(), groups);
    slow
}

/// Leaves candidates of one kind, if there are any.
fn keep(candidates: &mut Candidates, kind: FrameKind) {
    let mut all = candidates.candidates.iter();
    if all.any(|candidate| candidate.kind() == kind) {
        retain(candidates, |candidate| candidate.kind() == kind);
    }
}

/// Leaves some candidates.
fn retain(candidates: &mut Candidates, taken: impl Fn(&Candidate) -> bool) {
    candidates.candidates.retain(taken);
    for (candidate, number) in candidates.candidates.iter_mut().zip(0..) {
        candidate.id = CandidateId(number);
    }
}
