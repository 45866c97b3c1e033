//! Arguments of the command line. Texts here are what `--help` shows.

mod value;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub(super) use self::value::{PlannerSettings, Threshold};
use self::value::{database, format_and_file, pair, planner_settings, rows_of_a_table, threshold};

const EXIT_CODES: &str = "\
Exit codes:
  0        done
  1        findings at or above --fail-on, --check differs, or verify found a difference
  2        usage, configuration or input is wrong
  3        the plan is stale or unreadable
  4        the run failed
  130/143  interrupted by SIGINT/SIGTERM

stdout carries what was asked for and nothing else; progress, warnings and errors go to stderr.
Precedence: options, then the environment (HOIST_PLANNER_BUDGET, HOIST_VAR_<name>, HOIST_CONFIG,
HOIST_CACHE_DIR, HOIST_LOG, ...), then hoist.toml, then the defaults.

Example:
  hoist execute queries";

/// Plans and runs Spark SQL pipelines in one session, computing what is read repeatedly only once.
///
/// A pipeline is a folder (or a list of files) of .sql, .hql and .py files in natural file-name order.
/// hoist.toml beside them configures it. Results are those of the plain run.
#[derive(Debug, Parser)]
#[command(name = "hoist", version, after_help = EXIT_CODES, max_term_width = 100, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) shared: Shared,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options that every command has.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Shared options")]
pub(super) struct Shared {
    /// Configuration file, instead of the nearest hoist.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Value of a template variable `${NAME}` or `{{ NAME }}`; may be repeated
    #[arg(long = "set", global = true, value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) variables: Vec<(String, String)>,
    /// Fill in `${env:NAME}` from the environment
    #[arg(long = "env", global = true)]
    pub(super) env: bool,
    /// Say less: once for errors and results only, twice for the exit code only
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) quiet: u8,
    /// Log to stderr: once for what is done, twice for details
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(super) color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// Where the terminal shows them.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Shows what the statements read and write, repeated tables, hazards and barriers; never connects
    Analyze(Analyze),
    /// Chooses frames and the order of work, and writes the plan file; never connects
    Plan(Plan),
    /// Runs a saved plan; or, given a pipeline, opens a session, plans and runs it
    Execute(Execute),
    /// Runs the plain and the hoisted pipeline from the same state and compares every output
    Verify(Verify),
    /// Collects facts about the tables of a pipeline through the engine; runs no statement of it
    Catalog(Catalog),
    /// Tells a reviewer of findings and of the plan, and what a change does to both; never connects
    Report(Report),
    /// Why: tells of a frame, a table, a step, a statement or a reason from the plan file; or of a rule
    Explain(Explain),
    /// The engine: shows it, or installs the local Spark
    #[command(subcommand)]
    Engine(Engine),
    /// The configuration
    #[command(subcommand)]
    Config(Config),
}

/// Which documents to write, and where to; `F` are the formats that the command knows.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Documents")]
pub(super) struct Documents<F: ValueEnum + Clone + Send + Sync + 'static> {
    /// Format of the document
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: F,
    /// Write the document to FILE instead of stdout
    #[arg(short = 'o', value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// A further document, such as json=analysis.json; may be repeated
    #[arg(long, value_name = "FORMAT=FILE", value_parser = format_and_file::<F>)]
    pub(super) output: Vec<(F, PathBuf)>,
}

/// Formats of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ComparisonFormat {
    /// For people, 80 columns wide.
    #[default]
    Text,
    /// For programs, with a versioned schema.
    Json,
    /// For CI servers: a test case per output.
    Junit,
}

/// Formats of documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people, 80 columns wide.
    #[default]
    Text,
    /// For programs, with a versioned schema.
    Json,
}

/// Formats of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// For people, 80 columns wide.
    #[default]
    Text,
    /// The plan file itself.
    Json,
    /// For a comment on a change: tables, the graph and diffs.
    Markdown,
    /// Statements and frames as a graph for Graphviz.
    Dot,
    /// The same graph for Mermaid, folded where it is too large to be drawn.
    Mermaid,
    /// One page to look at, which loads nothing.
    Html,
}

/// Formats of facts and findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum FindingsFormat {
    /// For people, 80 columns wide.
    #[default]
    Text,
    /// For programs, with a versioned schema; the only other one with facts.
    Json,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
    /// Marks on the lines of a change, in a GitHub workflow.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// For CI servers: a test case per finding.
    Junit,
    /// For a comment on a change.
    Markdown,
    /// One page to look at, which loads nothing.
    Html,
}

/// Which findings make a command fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Errors.
    #[default]
    Error,
    /// Errors and warnings.
    Warning,
    /// None.
    Never,
}

/// Whether frames are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Frames {
    /// As planned.
    #[default]
    On,
    /// Not at all: the original text in file order.
    Off,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hoist analyze queries --format json -o analysis.json\n  \
                  echo 'SELECT x FROM db.t WHERE day = ${day}' | hoist analyze - --set day=3 --format json"
)]
pub(super) struct Analyze {
    /// Folder or files of the pipeline, `-` for SQL from stdin [default: the folder of hoist.toml, or the working directory]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Facts about tables [default: those in .hoist/plan.json or .hoist/catalog.json, which catalog and execute write]
    #[arg(long, value_name = "FILE")]
    pub(super) catalog: Option<PathBuf>,
    /// Least severity of findings that gives exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub(super) fail_on: FailOn,
    #[command(flatten)]
    pub(super) documents: Documents<FindingsFormat>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hoist report queries --base-ref origin/main --fail-on new --output markdown=comment.md\n  \
                  hoist report queries --base queries/.hoist/plan.json --fail-on regression=5%"
)]
pub(super) struct Report {
    /// Folder or files of the pipeline [default: the folder of hoist.toml, or the working directory]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Facts about tables [default: those in .hoist/plan.json or .hoist/catalog.json, which catalog and execute write]
    #[arg(long, value_name = "FILE")]
    pub(super) catalog: Option<PathBuf>,
    /// Compare with a saved plan, or with the pipeline in another folder
    #[arg(long, value_name = "PLAN.json|DIR")]
    pub(super) base: Option<PathBuf>,
    /// Compare with the pipeline as a revision of its git repository has it
    #[arg(long, value_name = "REF", conflicts_with = "base")]
    pub(super) base_ref: Option<String>,
    /// Show the times of a run beside the plan, in the document for html: the journal that execute --journal writes
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
    /// What gives exit code 1: findings of a severity, new findings, or a hoisted run that reads tables that much more
    /// often than before; may be repeated
    #[arg(
        long,
        value_name = "error|warning|new|regression=N%|never",
        default_value = "error",
        value_parser = threshold
    )]
    pub(super) fail_on: Vec<Threshold>,
    #[command(flatten)]
    pub(super) documents: Documents<FindingsFormat>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hoist explain insurance.policies queries\n  hoist explain trips_1 queries/.hoist/plan.json\n  \
                  hoist explain not-worth queries\n  hoist explain cross-join"
)]
pub(super) struct Explain {
    /// A frame, a table or subquery, the number of a step, a statement such as `02_load.sql:3`, a reason such as not-worth,
    /// or a rule such as cross-join
    #[arg(value_name = "WHAT")]
    pub(super) what: String,
    /// Folder of the pipeline, or a plan file [default: the folder of hoist.toml, or the working directory]
    #[arg(value_name = "PATH")]
    pub(super) path: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hoist plan queries -o plan.json\n  hoist plan queries -o plan.json --check\n  \
                  hoist plan queries --what-if budget=8GiB --what-if budget=1GiB,medium=scratch"
)]
pub(super) struct Plan {
    /// Folder or files of the pipeline [default: the folder of hoist.toml, or the working directory]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The plan file [default: .hoist/plan.json beside the pipeline]
    #[arg(short = 'o', value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Write nothing; exit with 1 and the reasons if the plan file would differ
    #[arg(long)]
    pub(super) check: bool,
    /// Facts about tables [default: those in the plan file, then .hoist/catalog.json, which catalog and execute write]
    #[arg(long, value_name = "FILE")]
    pub(super) catalog: Option<PathBuf>,
    #[command(flatten)]
    pub(super) profile: ProfileChoice,
    /// Memory for frames, such as 2GiB
    #[arg(long, value_name = "SIZE")]
    pub(super) budget: Option<String>,
    /// Spark settings that suit the data: none, shown, or set where no statement of the pipeline shows it
    #[arg(long, value_name = "off|propose|apply")]
    pub(super) settings: Option<String>,
    /// Also tell how the choice was searched: bounds, steps, and why each part of the search ended
    #[arg(long)]
    pub(super) explain_search: bool,
    /// For tests: frames whether or not they pay, and no others: `all`, a kind, a name or a number, several with
    /// commas, a medium or storage level behind a colon, and a layout behind another one
    #[arg(long, value_name = "WHAT[:MEDIUM[:LAYOUT]]", hide_short_help = true)]
    pub(super) force_frames: Option<String>,
    /// Write nothing; show what the plan would be with other settings of `planner` in hoist.toml; may be repeated
    #[arg(
        long,
        value_name = "KEY=VALUE[,KEY=VALUE]…",
        value_parser = planner_settings,
        conflicts_with_all = ["check", "file", "format", "output"]
    )]
    pub(super) what_if: Vec<PlannerSettings>,
    /// Format of the summary on stdout; json is the plan file itself
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: PlanFormat,
    /// A further document, such as text=plan.txt; may be repeated
    #[arg(long, value_name = "FORMAT=FILE", value_parser = format_and_file::<PlanFormat>)]
    pub(super) output: Vec<(PlanFormat, PathBuf)>,
}

/// Where sessions are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineKind {
    /// Spark on this machine.
    Local,
    /// A Livy server.
    Livy,
}

/// Where sessions are made.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct EngineChoice {
    /// Where the session is made [default: `kind` under `engine` in hoist.toml, local otherwise]
    #[arg(long, value_name = "local|livy", hide_possible_values = true)]
    pub(super) engine: Option<EngineKind>,
    #[arg(
        long,
        value_name = "URL",
        help = "Address of the Livy server, such as http://host:8998; means --engine livy"
    )]
    pub(super) url: Option<String>,
}

/// How a session is made and what runs in it.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    /// Use frames, or run the original text in file order
    #[arg(
        long,
        value_name = "on|off",
        default_value = "on",
        hide_possible_values = true
    )]
    pub(super) frames: Frames,
    /// Spark setting of the session; may be repeated
    #[arg(long = "conf", value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) conf: Vec<(String, String)>,
    /// Memory for frames, such as 2GiB
    #[arg(long, value_name = "SIZE")]
    pub(super) budget: Option<String>,
    /// Spark settings that suit the data: none, shown, or set where no statement of the pipeline shows it
    #[arg(long, value_name = "off|propose|apply")]
    pub(super) settings: Option<String>,
    /// For tests: frames whether or not they pay, and no others: `all`, a kind, a name or a number, several with
    /// commas, a medium or storage level behind a colon, and a layout behind another one
    #[arg(long, value_name = "WHAT[:MEDIUM[:LAYOUT]]", hide_short_help = true)]
    pub(super) force_frames: Option<String>,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one option of the command line"
)]
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hoist execute queries --set report_date=2024-06-30 --results out"
)]
pub(super) struct Execute {
    /// A plan file; or folder or files of the pipeline [default: the folder of hoist.toml]
    #[arg(value_name = "PLAN.json|PATH")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) engine: EngineChoice,
    #[command(flatten)]
    pub(super) run: RunOptions,
    /// Run the set-up scripts first, even if no source table is missing
    #[arg(long)]
    pub(super) setup: bool,
    /// Write complete results of bare SELECTs to this folder, as Parquet
    #[arg(long, value_name = "DIR")]
    pub(super) results: Option<PathBuf>,
    /// Write what happens to this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
    /// Print what would be submitted and stop; never connects
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Run a plan although the pipeline has changed since
    #[arg(long)]
    pub(super) allow_drift: bool,
    /// After a failing statement go on with what does not depend on it
    #[arg(long)]
    pub(super) keep_going: bool,
    #[command(flatten)]
    pub(super) profile: ProfileChoice,
}

/// Which measurements of earlier runs are used.
#[derive(Debug, Args)]
pub(super) struct ProfileChoice {
    /// Measurements of earlier runs; execute adds its own [default: .hoist/profile.json beside the pipeline]
    #[arg(id = "measurements", long = "profile", value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Neither use nor take measurements
    #[arg(long = "no-profile", conflicts_with = "measurements")]
    pub(super) unwanted: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hoist verify queries\n  hoist verify queries --plain-runs 1 --output junit=verify.xml\n  hoist verify queries --engine livy --url http://host:8998 --into scratch\n  hoist verify queries --generate --catalog catalog.json --seed 0 --seed 1"
)]
pub(super) struct Verify {
    /// Folder or files of the pipeline [default: the folder of hoist.toml, or the working directory]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// How often the plain pipeline runs: what differs between two runs is not held against the hoisted one; with 1
    /// every difference counts
    #[arg(long, value_name = "1|2", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(super) plain_runs: u8,
    /// Lead every write into this database of the pipeline's own catalog, which must be empty or not exist; needed on
    /// Livy, whose sessions share one catalog
    #[arg(long, value_name = "DATABASE", conflicts_with = "generate", value_parser = database)]
    pub(super) into: Option<String>,
    /// Use data made from the schemas in the catalog file instead of tables
    #[arg(long)]
    pub(super) generate: bool,
    /// Facts about tables [default: those in .hoist/plan.json or .hoist/catalog.json, which execute writes]
    #[arg(long, value_name = "FILE", requires = "generate")]
    pub(super) catalog: Option<PathBuf>,
    /// Seed of the data, 0 by default; may be repeated: from 1 on, some tables are empty
    #[arg(long, value_name = "N", requires = "generate")]
    pub(super) seed: Vec<u64>,
    /// Rows of each table, about, at least 40 and 200 by default
    #[arg(long, value_name = "N", requires = "generate", value_parser = rows_of_a_table)]
    pub(super) rows: Option<usize>,
    #[command(flatten)]
    pub(super) engine: EngineChoice,
    #[command(flatten)]
    pub(super) run: RunOptions,
    #[command(flatten)]
    pub(super) documents: Documents<ComparisonFormat>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hoist catalog queries -o catalog.json\n  hoist plan queries --catalog catalog.json"
)]
pub(super) struct Catalog {
    /// Folder or files of the pipeline [default: the folder of hoist.toml, or the working directory]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The catalog file [default: .hoist/catalog.json beside the pipeline]
    #[arg(short = 'o', value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Format of the summary on stdout; json is the catalog file itself
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) engine: EngineChoice,
    /// Spark setting of the session; may be repeated
    #[arg(long = "conf", value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) conf: Vec<(String, String)>,
}

#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  hoist engine status")]
pub(super) enum Engine {
    /// Installs Spark and Java in a private environment, if no usable ones are found
    Install,
    /// Says which Python, Java and Spark a session would use, or whether the Livy server answers
    Status(EngineChoice),
}

#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  hoist config show queries")]
pub(super) enum Config {
    /// Prints every effective value and where it comes from
    Show {
        /// Folder or file of the pipeline [default: the working directory]
        #[arg(value_name = "PATH")]
        path: Option<PathBuf>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example_and_the_top_names_every_exit_code() {
        let command = Arguments::command();
        for subcommand in command.get_subcommands() {
            let help = subcommand.get_after_help().map(ToString::to_string);
            assert!(
                help.is_some_and(|help| help.contains("hoist ")),
                "{} has no example",
                subcommand.get_name()
            );
        }
        for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "130/143"] {
            assert!(EXIT_CODES.contains(&format!("\n  {code}")), "{code}");
        }
    }
}
