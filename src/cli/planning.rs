//! From analysed pipelines to plan files, and from plan files on disk.
#![expect(
    clippy::disallowed_methods,
    reason = "reads plan files and saved catalogs"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::failure::{Failure, FailureKind};
use super::output::write_file;
use super::paths;
use super::pipeline::Pipeline;
use crate::config::{Config, Origin, is_secret};
use crate::facts::access::{self, Declarations};
use crate::facts::catalog::Catalog;
use crate::facts::profile::Measurements;
use crate::facts::workload::{self, Workload};
use crate::planner::cost::CostModel;
use crate::planner::frame::Candidates;
use crate::planner::plan::{
    Forced, Media, Order, PlanOptions, SettingOptions, StorageLevel, Wanted, WantedLayout,
    WantedSettings, choose, propose,
};
use crate::planner::plan_file::{
    Gain, PlanFile, PlanFileInputs, PlanSettings, RestoreError, is_clearly_better, planning_keys,
};
use crate::planner::{check, emit, frame};
use crate::present::report::json;

/// Name of the plan file in the pipeline's `.hoist`.
pub(super) const PLAN_FILE: &str = "plan.json";
/// Name of the collected facts in the pipeline's `.hoist`.
const CATALOG_FILE: &str = "catalog.json";
/// Format of that file.
const CATALOG_SCHEMA: &str = "hoist-catalog/1";

/// Heap that a session is taken to have while none was ever seen, bytes.
const ASSUMED_HEAP: u64 = 4 << 30;
/// Heap that Spark keeps for itself, bytes (Spark: `UnifiedMemoryManager.RESERVED_SYSTEM_MEMORY_BYTES`).
const RESERVED_HEAP: u64 = 300 << 20;

/// Whether a path given for a pipeline is that of a plan file.
pub(super) fn is_plan_file(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

/// The plan file beside a pipeline.
pub(super) fn default_plan_file(pipeline: &Pipeline) -> PathBuf {
    pipeline.home().join(PLAN_FILE)
}

/// Memory for frames where the session's storage memory is known, bytes: what is left where each statement that may run
/// at once has as much as all frames. Spark gives execution at least half of the pool (`spark.memory.storageFraction`).
pub(super) fn share_of(storage_memory_bytes: u64, jobs: u32) -> u64 {
    storage_memory_bytes / (u64::from(jobs) + 1)
}

/// Memory for frames without a session: as configured, as an earlier plan had it, or a share of the heap that the
/// session will have (Spark: `spark.memory.fraction` = 0.6 of what it does not reserve).
pub(super) fn offline_budget(config: &Config, earlier: Option<&PlanFile>) -> u64 {
    let heap = config.engine.driver_memory_bytes.unwrap_or(ASSUMED_HEAP);
    let jobs = config.planner.jobs;
    let seen = |plan: &PlanFile| {
        let statements = u64::from(plan.settings.jobs).saturating_add(1);
        let storage = plan.settings.budget_bytes.saturating_mul(statements);
        share_of(storage, jobs)
    };
    let assumed = || share_of(heap.saturating_sub(RESERVED_HEAP) / 10 * 6, jobs);
    let configured = config.planner.budget_bytes;
    configured
        .or_else(|| earlier.map(seen))
        .unwrap_or_else(assumed)
}

/// What influences planning besides files and facts.
pub(super) fn settings(
    pipeline: &Pipeline,
    catalog: &Catalog,
    budget_bytes: u64,
    frames: bool,
    forced: Option<&str>,
) -> PlanSettings {
    let config = &pipeline.config;
    let declarations = pipeline.declarations(catalog);
    PlanSettings {
        default_database: declarations.default_database,
        frames,
        budget_bytes,
        jobs: config.planner.jobs,
        margin_percent: config.planner.margin_percent,
        min_gain_micros: config.planner.min_gain_micros,
        medium: config.planner.medium.clone(),
        storage_level: config.planner.storage_level.clone(),
        layout: config.planner.layout.clone(),
        order: config.planner.order.clone(),
        session_settings: config.planner.settings.clone(),
        forced: forced.map(str::to_owned),
        catalog: if config.engine.in_memory_catalog {
            "in-memory"
        } else {
            "hive"
        }
        .to_owned(),
        engine_conf: config
            .engine
            .conf
            .iter()
            .filter(|(key, _)| key.starts_with("spark.sql.") && !is_secret(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        keys: declarations.keys,
        deterministic_functions: declarations.deterministic_functions,
    }
}

/// What an earlier plan did about settings of the session, where neither the configuration nor an option says anything.
pub(super) fn session_settings_of(earlier: &PlanFile, config: &Config) -> Option<String> {
    let mut settings = config.settings.iter();
    let chosen = settings.any(|setting| {
        setting.name == ["planner", "settings"] && setting.origin != Origin::Default
    });
    (!chosen).then(|| earlier.settings.session_settings.clone())
}

/// Whether there is a place for scratch tables: on a cluster only where one is configured.
pub(super) fn has_scratch(config: &Config) -> bool {
    config.planner.scratch.is_some() || !config.engine.livy
}

/// What planning knows of the tables and of earlier runs.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) measurements: &'a Measurements,
}

/// Plans from facts about tables alone.
pub(super) fn plan(
    pipeline: &Pipeline,
    workload: &Workload,
    catalog: &Catalog,
    settings: &PlanSettings,
    scratch: bool,
    file: &Path,
    current: &Path,
) -> Result<PlanFile, Failure> {
    let known = Known {
        catalog,
        measurements: &Measurements::default(),
    };
    plan_with(pipeline, workload, known, settings, scratch, file, current)
}

/// Costs by what is known, and the measurements that they are from.
fn costs<'w>(
    pipeline: &Pipeline,
    workload: &'w Workload,
    candidates: &Candidates,
    known: Known<'w>,
) -> (CostModel<'w>, Measurements) {
    let costs = CostModel::new(workload, known.catalog);
    if known.measurements.is_empty() {
        return (costs, Measurements::default());
    }
    let keys = planning_keys(workload, candidates, &pipeline.sources);
    let names = keys.statements.values().chain(keys.candidates.values());
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    let used = known.measurements.only(|name| names.contains(name));
    (costs.with_measurements(&used, &keys, candidates), used)
}

/// Whether a new plan gains clearly more than an earlier one, which does otherwise keep its place.
pub(super) fn replaces(
    pipeline: &Pipeline,
    workload: &Workload,
    known: Known<'_>,
    new: &PlanFile,
    earlier: &PlanFile,
) -> Replaces {
    let candidates = frame::candidates(workload, &pipeline.sources, known.catalog);
    let keys = planning_keys(workload, &candidates, &pipeline.sources);
    let costs = CostModel::new(workload, known.catalog);
    let costs = costs.with_measurements(known.measurements, &keys, &candidates);
    let gains = [new, earlier].map(|plan| {
        let gain = plan.gain(workload, &pipeline.sources, &candidates, &costs);
        gain.unwrap_or(Gain {
            micros: i128::from(plan.summary.gain_micros),
            ..Gain::default()
        })
    });
    let [new, earlier] = gains;
    Replaces {
        clearly: is_clearly_better(new, earlier),
        new,
        earlier,
    }
}

/// How two plans compare.
pub(super) struct Replaces {
    pub(super) clearly: bool,
    pub(super) new: Gain,
    pub(super) earlier: Gain,
}

/// Plans, and proves that the plan keeps its promises. `file` is where it will lie; `scratch` says whether frames may
/// live in scratch tables.
pub(super) fn plan_with(
    pipeline: &Pipeline,
    workload: &Workload,
    known: Known<'_>,
    settings: &PlanSettings,
    scratch: bool,
    file: &Path,
    current: &Path,
) -> Result<PlanFile, Failure> {
    let sources = &pipeline.sources;
    let catalog = known.catalog;
    let candidates = frame::candidates(workload, sources, catalog);
    let (costs, measurements) = costs(pipeline, workload, &candidates, known);
    let forced = settings.forced.as_deref();
    let forced = forced.map(|text| Forced::resolve(text, workload, &candidates));
    let forced = forced
        .transpose()
        .map_err(|error| Failure::input(error.to_string()).hint(error.help()))?;
    let mut plan = choose(
        workload,
        &candidates,
        &costs,
        &PlanOptions {
            budget_bytes: settings.budget_bytes,
            margin_percent: settings.margin_percent,
            min_gain_micros: settings.min_gain_micros,
            frames: settings.frames,
            media: Media {
                wanted: Wanted::of(&settings.medium).unwrap_or_default(),
                level: StorageLevel::of(&settings.storage_level).unwrap_or_default(),
                scratch,
            },
            layout: WantedLayout::of_setting(&settings.layout).unwrap_or_default(),
            order: Order::of(&settings.order).unwrap_or_default(),
            forced,
        },
    );
    plan.settings = propose(
        &plan,
        workload,
        sources,
        &costs,
        &SettingOptions {
            wanted: WantedSettings::of(&settings.session_settings).unwrap_or_default(),
            configured: settings.engine_conf.clone(),
            budget_bytes: settings.budget_bytes,
        },
    );
    let program = emit::emit(&plan, &candidates, workload, sources);
    let violations = check::check(workload, sources, catalog, &plan, &program);
    if let Some(first) = violations.first() {
        let others = violations.len() - 1;
        let others = if others > 0 {
            format!(" (and {others} more)")
        } else {
            String::new()
        };
        return Err(Failure::new(
            FailureKind::Internal,
            format!("the plan would break a promise: {first}{others}"),
        )
        .hint("this is a defect of hoist; `hoist execute --frames off` runs the original text"));
    }
    let folder = current.join(file.parent().unwrap_or(Path::new("")));
    let root = paths::relative(&folder, &current.join(&pipeline.root));
    let file = PlanFile::new(PlanFileInputs {
        root: &root,
        sources,
        variables: &pipeline.config.variables,
        settings,
        catalog,
        workload,
        plan: &plan,
        program: &program,
    });
    Ok(PlanFile {
        measurements,
        ..file
    })
}

/// Proves anew, from the files and from what was known when it was made, that a saved plan keeps its promises.
pub(super) fn prove(pipeline: &Pipeline, file: &Path, plan: &PlanFile) -> Result<(), Failure> {
    let refused = |what: &str| {
        let message = format!("plan `{}` {what}", file.display());
        Failure::new(FailureKind::StalePlan, message)
            .hint(format!("`hoist plan -o {}` makes it anew", file.display()))
    };
    let unlike = |error: RestoreError| refused(&format!("does not fit its pipeline: {error}"));
    let sources = plan
        .sources(&pipeline.sources, &pipeline.config.variables)
        .map_err(unlike)?;
    let statements = pipeline.parse(&sources).statements;
    let declarations = Declarations {
        default_database: plan.settings.default_database.clone(),
        keys: plan.settings.keys.clone(),
        deterministic_functions: plan.settings.deterministic_functions.clone(),
    };
    let accesses = access::resolve(&statements, &plan.catalog, &declarations);
    let workload = workload::build(statements, accesses);
    let (restored, program) = plan.restore(&workload, &sources).map_err(unlike)?;
    let violations = check::check(&workload, &sources, &plan.catalog, &restored, &program);
    if violations.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = violations.iter().map(ToString::to_string).collect();
    Err(refused(&format!(
        "would break a promise: {}",
        listed.join("; ")
    )))
}

/// Reads a plan file.
pub(super) fn read_plan(path: &Path) -> Result<PlanFile, Failure> {
    let shown = path.display();
    let text = std::fs::read(path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            Failure::input(format!("plan file `{shown}` does not exist"))
                .hint(format!("`hoist plan PATH -o {shown}` writes it"))
        } else {
            let message = format!("plan file `{shown}` cannot be read: {error}");
            Failure::new(FailureKind::StalePlan, message)
        }
    })?;
    let text = String::from_utf8(text).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        Failure::new(
            FailureKind::StalePlan,
            format!("plan file `{shown}` is not UTF-8 text: byte {byte} is invalid"),
        )
        .hint("make it anew with `hoist plan`")
    })?;
    PlanFile::parse(&text).map_err(|error| {
        let message = error.to_string();
        // The error names the next step after its last semicolon.
        let (what, hint) = message
            .rsplit_once("; ")
            .unwrap_or((&message, "make it anew with `hoist plan`"));
        Failure::new(FailureKind::StalePlan, format!("`{shown}`: {what}")).hint(hint)
    })
}

/// `hoist-catalog/1`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogDocument {
    schema: String,
    catalog: Catalog,
}

/// Saves collected facts beside the pipeline, for planning without an engine.
pub(super) fn save_catalog(pipeline: &Pipeline, catalog: &Catalog) -> Result<(), Failure> {
    write_file(&default_catalog_file(pipeline), &catalog_text(catalog))
}

/// The file of collected facts beside a pipeline.
pub(super) fn default_catalog_file(pipeline: &Pipeline) -> PathBuf {
    pipeline.home().join(CATALOG_FILE)
}

/// The text of such a file.
pub(super) fn catalog_text(catalog: &Catalog) -> String {
    json::pretty(&CatalogDocument {
        schema: CATALOG_SCHEMA.to_owned(),
        catalog: catalog.clone(),
    })
}

/// Facts without an engine: from the file named, from the earlier plan, or as saved by the last run.
pub(super) fn offline_catalog(
    pipeline: &Pipeline,
    named: Option<&Path>,
    earlier: Option<&PlanFile>,
) -> Result<Catalog, Failure> {
    if let Some(path) = named {
        return read_catalog(path);
    }
    if let Some(plan) = earlier.filter(|plan| !plan.catalog.tables.is_empty()) {
        return Ok(plan.catalog.clone());
    }
    let saved = default_catalog_file(pipeline);
    if saved.is_file() {
        read_catalog(&saved)
    } else {
        Ok(Catalog::default())
    }
}

fn read_catalog(path: &Path) -> Result<Catalog, Failure> {
    let shown = path.display();
    let failed = |reason: String| {
        Failure::input(format!("catalog file `{shown}` cannot be read: {reason}"))
            .hint(format!("`hoist catalog PATH -o {shown}` makes it"))
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let document: CatalogDocument =
        serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    if document.schema == CATALOG_SCHEMA {
        Ok(document.catalog)
    } else {
        Err(failed(format!(
            "its schema is `{}`, expected `{CATALOG_SCHEMA}`",
            document.schema
        )))
    }
}
