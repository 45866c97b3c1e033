//! Arguments and configuration → the pipeline's files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::arguments::{EngineChoice, EngineKind};
use super::environment::RESERVED;
use super::failure::Failure;
use super::output::Output;
use super::{Context, paths};
use crate::config::{self, Config, Override, Request};
use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::access::{self, Accesses, Declarations};
use crate::facts::catalog::Catalog;
use crate::facts::workload::{self, Workload};
use crate::frontend;
use crate::frontend::Parsed;
use crate::frontend::source::{LoadOptions, Source, Sources, Variables, load, load_texts};
use crate::present::report::diagnostics;

/// A pipeline as read from disk.
pub(super) struct Pipeline {
    /// Its folder; names of sources are relative to it.
    pub(super) root: PathBuf,
    /// Its files.
    pub(super) sources: Sources,
    /// Its configuration.
    pub(super) config: Config,
}

/// What is known about a pipeline's statements.
pub(super) struct Analysis {
    /// Statements, accesses, order.
    pub(super) workload: Workload,
    /// Everything to say about the text.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A setting given as an option of a command.
pub(super) fn option(key: &str, value: &str, flag: &'static str) -> Override {
    Override {
        name: key.split('.').map(str::to_owned).collect(),
        value: value.to_owned(),
        flag,
    }
}

/// The engine given as `--engine` and `--url`.
pub(super) fn engine(choice: &EngineChoice) -> Vec<Override> {
    let mut overrides = Vec::new();
    match (choice.engine, &choice.url) {
        (Some(EngineKind::Local), _) => overrides.push(option("engine.kind", "local", "--engine")),
        (Some(EngineKind::Livy), _) => overrides.push(option("engine.kind", "livy", "--engine")),
        (None, Some(_)) => overrides.push(option("engine.kind", "livy", "--url")),
        (None, None) => {}
    }
    let url = choice.url.iter();
    overrides.extend(url.map(|url| option("engine.livy.url", url, "--url")));
    overrides
}

/// What is done about settings of the session, given as `--settings`.
pub(super) fn session_settings(word: Option<&str>) -> Option<Override> {
    word.map(|word| option("planner.settings", word, "--settings"))
}

/// Spark settings given as `--conf`.
pub(super) fn spark_settings(pairs: &[(String, String)]) -> Vec<Override> {
    pairs
        .iter()
        .map(|(key, value)| Override {
            name: vec!["engine".to_owned(), "conf".to_owned(), key.clone()],
            value: value.clone(),
            flag: "--conf",
        })
        .collect()
}

/// The configuration that applies to a path; warnings are told.
pub(super) fn configuration(
    context: &Context<'_>,
    start: Option<&Path>,
    overrides: Vec<Override>,
    output: &mut Output,
) -> Result<Config, Failure> {
    let config = untold_configuration(context, start, overrides)?;
    for warning in &config.warnings {
        output.warning(warning);
    }
    Ok(config)
}

/// The same, its warnings untold.
pub(super) fn untold_configuration(
    context: &Context<'_>,
    start: Option<&Path>,
    mut overrides: Vec<Override>,
) -> Result<Config, Failure> {
    let variables = context.shared.variables.iter();
    overrides.extend(variables.map(|(name, value)| Override {
        name: vec!["variables".to_owned(), name.clone()],
        value: value.clone(),
        flag: "--set",
    }));
    if context.shared.env {
        overrides.push(option("pipeline.environment_variables", "true", "--env"));
    }
    let environment = &context.environment.hoist;
    let from_environment = environment.get("HOIST_CONFIG").map(Path::new);
    Ok(config::load(&Request {
        file: context.shared.config.as_deref().or(from_environment),
        start,
        current: &context.environment.current,
        environment,
        overrides,
        reserved: &RESERVED,
    })?)
}

/// Reads the pipeline that the arguments name: folder or files, otherwise the folder of the configuration.
pub(super) fn read(
    context: &Context<'_>,
    given: &[PathBuf],
    overrides: Vec<Override>,
    output: &mut Output,
) -> Result<Pipeline, Failure> {
    read_with(context, given, overrides, false, output)
}

/// The same where the path `-` is SQL from the standard input.
pub(super) fn read_or_standard_input(
    context: &Context<'_>,
    given: &[PathBuf],
    output: &mut Output,
) -> Result<Pipeline, Failure> {
    read_with(context, given, Vec::new(), true, output)
}

fn read_with(
    context: &Context<'_>,
    given: &[PathBuf],
    overrides: Vec<Override>,
    standard_input: bool,
    output: &mut Output,
) -> Result<Pipeline, Failure> {
    let mut config = configuration(
        context,
        given.first().map(PathBuf::as_path),
        overrides,
        output,
    )?;
    let folder = config.file.as_deref().and_then(Path::parent);
    let root = paths::root(given, folder);
    let texts = read_files(&config, &root, given, standard_input)?;
    if config.pipeline.environment_variables {
        // Only what the files ask for: nothing else of the environment goes anywhere.
        for name in Sources::environment_names(texts.iter().map(|(_, text)| text.as_str())) {
            if let Some(value) = context.environment.variable(name) {
                let given = config.variables.entry(format!("env:{name}"));
                given.or_insert_with(|| value.to_owned());
            }
        }
    }
    let sources = Sources::from_texts(texts, &config.variables);
    Ok(Pipeline {
        root,
        sources,
        config,
    })
}

/// Names and texts of the files.
fn read_files(
    config: &Config,
    root: &Path,
    given: &[PathBuf],
    standard_input: bool,
) -> Result<Vec<(String, String)>, Failure> {
    let folder = config
        .file
        .as_deref()
        .and_then(Path::parent)
        .map(paths::named);
    // A list of files belongs to the folder of the configuration that names them.
    let listed = folder.as_deref() == Some(&paths::named(root));
    let options = LoadOptions {
        files: if listed {
            config.pipeline.files.clone()
        } else {
            Vec::new()
        },
        subfolders: config.pipeline.subfolders,
        excluded: config
            .setup
            .path
            .iter()
            .filter_map(|path| path.strip_prefix(root).ok())
            .map(Path::to_path_buf)
            .collect(),
        standard_input,
    };
    let whole = [root.to_path_buf()];
    let paths = if given.is_empty() { &whole } else { given };
    Ok(load_texts(root, paths, &options)?)
}

/// Reads the set-up scripts; none where none are configured. Their templates must be understood.
pub(super) fn read_setup(config: &Config) -> Result<Option<(PathBuf, Sources)>, Failure> {
    let Some(path) = &config.setup.path else {
        return Ok(None);
    };
    let options = LoadOptions::default();
    let root = if path.is_dir() {
        path.clone()
    } else {
        paths::named(path.parent().unwrap_or(Path::new("")))
    };
    let variables = set_up_variables(config);
    let sources = load(&root, std::slice::from_ref(path), &options, &variables)
        .map_err(|error| Failure::from(error).hint("`[setup] path` in hoist.toml names it"))?;
    if let Some(problem) = sources.template_problems().first() {
        let place = problem
            .span
            .map_or_else(String::new, |span| sources.place(span));
        let failure = Failure::input(format!("set-up: {place}: {}", problem.message));
        return Err(failure.hint(problem.help.clone().unwrap_or_default()));
    }
    Ok(Some((root, sources)))
}

/// Variables of the set-up scripts: those of the pipeline, then their own.
pub(super) fn set_up_variables(config: &Config) -> Variables {
    let mut variables = config.variables.clone();
    let own = &config.setup.variables;
    variables.extend(
        own.iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    variables
}

impl Pipeline {
    /// Folder of what hoist writes beside the pipeline.
    pub(super) fn home(&self) -> PathBuf {
        self.root.join(paths::HOME)
    }

    /// What the configuration declares about tables and functions. Where the session's current database is known, it
    /// is that: what one-part names mean is Spark's to say.
    pub(super) fn declarations(&self, catalog: &Catalog) -> Declarations {
        let planner = &self.config.planner;
        let session = catalog.session.as_ref();
        let database = session.map_or(&planner.default_database, |session| &session.database);
        let keys = self.config.keys.iter().map(|(table, columns)| {
            let name = if table.contains('.') {
                table.clone()
            } else {
                format!("{database}.{table}")
            };
            (name, columns.clone())
        });
        Declarations {
            default_database: database.clone(),
            keys: keys.collect(),
            deterministic_functions: planner.deterministic_functions.clone(),
        }
    }

    /// The statements of sources that this configuration governs: the pipeline's own, its set-up scripts, the texts
    /// of a saved plan. One bound for all, or they would differ in what is understood.
    pub(super) fn parse(&self, sources: &Sources) -> Parsed {
        frontend::parse_within(sources, self.config.pipeline.max_statement_bytes)
    }

    /// Resolves every statement against what is known about tables.
    pub(super) fn analyse(&self, catalog: &Catalog) -> Analysis {
        let parsed = self.parse(&self.sources);
        let accesses = access::resolve(&parsed.statements, catalog, &self.declarations(catalog));
        let Accesses { diagnostics, .. } = &accesses;
        let mut all = parsed.diagnostics;
        all.extend(diagnostics.iter().cloned());
        Analysis {
            workload: workload::build(parsed.statements, accesses),
            diagnostics: all,
        }
    }

    /// Canonical names of the tables worth asking a catalog for.
    pub(super) fn table_names(&self, catalog: &Catalog) -> Vec<String> {
        let parsed = self.parse(&self.sources);
        access::names(&access::resolve(
            &parsed.statements,
            catalog,
            &self.declarations(catalog),
        ))
    }

    /// A pipeline that is to run needs templates that are understood and a value for every variable; each place where
    /// that fails is shown.
    pub(super) fn require_variables(&self, output: &mut Output) -> Result<(), Failure> {
        require(&self.sources, output)
    }
}

/// Refuses files with templates that are not understood, or variables without a value.
fn require(sources: &Sources, output: &mut Output) -> Result<(), Failure> {
    let problems = sources.template_problems();
    let missing = sources.missing_variables();
    if problems.is_empty() && missing.is_empty() {
        return Ok(());
    }
    let all: Vec<Diagnostic> = problems.iter().chain(&missing).cloned().collect();
    output.explain(&diagnostics::text(&all, sources, true));
    if let Some(first) = problems.first() {
        let others = match problems.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let place = first
            .span
            .map_or_else(String::new, |span| sources.place(span));
        let failure = Failure::input(format!("{place}: {}{others}", first.message));
        return Err(failure.hint("`hoist analyze` shows what can be read without them"));
    }
    let names: BTreeMap<&str, &str> = sources
        .iter()
        .flat_map(Source::missing)
        .map(|missing| (missing.name.as_str(), missing.help.as_str()))
        .collect();
    let listed: Vec<String> = names.keys().map(|name| format!("`{name}`")).collect();
    let (noun, verb) = if names.len() == 1 {
        ("variable", "has")
    } else {
        ("variables", "have")
    };
    let failure = Failure::input(format!(
        "template {noun} {} {verb} no value",
        listed.join(", ")
    ));
    Err(match names.into_values().next() {
        Some(help) => failure.hint(help),
        None => failure,
    })
}

/// What is wrong with templates, as findings: what can be read all the same was read, so they are warnings here.
pub(super) fn templates_as_warnings(sources: &Sources) -> Vec<Diagnostic> {
    let mut findings = sources.missing_variables();
    findings.extend(sources.template_problems());
    for diagnostic in &mut findings {
        diagnostic.severity = Severity::Warning;
    }
    findings
}
