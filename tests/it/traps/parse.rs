//! Traps from their text.
//!
//! ```text
//! --! trap NAME
//! -- What it guards against.
//! --! hive                          needs Hive's catalog
//! --! no frame                      the plan has none; otherwise it has one at least
//! --! maybe frame                   the plan may have none
//! --! subqueries                    frames are made of subqueries only, not of tables
//! --! aggregates                    frames are covering aggregates only
//! --! no aggregates                 frames are made of anything but covering aggregates
//! --! no tables                     frames are made of anything but tables read alone
//! --! clustered [FRAME …]           layouts are wanted, and those frames alone have one; all are covering reads
//! --! settings [KEY=VALUE …]        settings are applied where nothing shows it: these, keys without `spark.sql.`
//! --! reason CODE                   among the reasons of its decisions
//! --! variable NAME=VALUE           of templates
//! --! key TABLE=COLUMN,…            declared to be unique
//! --! deterministic FUNCTION        declared to be so
//! --! row OUTPUT (…)                a row that the plain run leaves, as Python shows it
//! --! setup
//! SQL, each statement ending with `;` at the end of a line
//! --! file NAME
//! --! framed [FRAME …]              the next statement reads frames: those, if any are named
//! --! raw                           the next statement reads none
//! --! fails CLASS                   the next statement fails
//! text of the file
//! ```

use std::collections::{BTreeMap, BTreeSet};

use hoist::planner::frame::FrameKind;
use hoist::planner::plan::{WantedLayout, WantedSettings};

use crate::differential::{Catalog, Pipeline};

/// A trap.
#[derive(Debug)]
pub(super) struct Trap {
    /// What it guards against.
    pub(super) purpose: String,
    pub(super) catalog: Catalog,
    pub(super) pipeline: Pipeline,
    pub(super) frames: Frames,
    /// Codes of reasons that decisions have.
    pub(super) reasons: Vec<String>,
    /// Frames whose rows are clustered; none where no layout is wanted.
    pub(super) clustered: Option<BTreeSet<String>>,
    /// Settings of the session that are applied; none where they are only proposed.
    pub(super) settings: Option<BTreeSet<String>>,
    /// Rows that the plain run leaves: output and row.
    pub(super) rows: Vec<(String, String)>,
    /// By statement (`file:line`).
    pub(super) expected: BTreeMap<String, Expected>,
}

/// How many frames the plan has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frames {
    /// One at least.
    Some,
    None,
    Any,
}

/// What is expected of a statement.
#[derive(Debug, Default)]
pub(super) struct Expected {
    pub(super) reads: Reads,
    /// The class of its failure.
    pub(super) fails: Option<String>,
}

/// What frames a statement reads.
#[derive(Debug, Default)]
pub(super) enum Reads {
    #[default]
    Anything,
    Raw,
    /// Some: these, if any are named.
    Framed(BTreeSet<String>),
}

impl Trap {
    fn new(name: &str) -> Self {
        Trap {
            purpose: String::new(),
            catalog: Catalog::InMemory,
            pipeline: Pipeline {
                name: name.to_owned(),
                ..Pipeline::default()
            },
            frames: Frames::Some,
            reasons: Vec::new(),
            clustered: None,
            settings: None,
            rows: Vec::new(),
            expected: BTreeMap::new(),
        }
    }
}

/// Where a line of text goes.
enum Part {
    Head,
    Setup,
    File,
}

/// The traps of a theme, named `<theme>_<name>`.
pub(super) fn parse(theme: &str, text: &str) -> Vec<Trap> {
    let mut traps: Vec<Trap> = Vec::new();
    let mut part = Part::Head;
    let mut waiting: Option<Expected> = None;
    for line in text.lines() {
        let directive = line.strip_prefix("--! ");
        if let Some(name) = directive.and_then(|one| one.strip_prefix("trap ")) {
            traps.push(Trap::new(&format!("{theme}_{name}")));
            part = Part::Head;
            continue;
        }
        let Some(trap) = traps.last_mut() else {
            continue;
        };
        match (directive, &part) {
            (Some("setup"), _) => part = Part::Setup,
            (Some(directive), Part::File) if expects(directive, &mut waiting) => {}
            (Some(directive), _) => {
                if let Some(name) = directive.strip_prefix("file ") {
                    trap.pipeline.files.push((name.to_owned(), String::new()));
                    part = Part::File;
                } else {
                    head(trap, directive);
                }
            }
            (None, Part::Head) => {
                let line = line.trim_start_matches('-').trim();
                if !trap.purpose.is_empty() && !line.is_empty() {
                    trap.purpose.push(' ');
                }
                trap.purpose.push_str(line);
            }
            (None, Part::Setup) => statement(&mut trap.pipeline.setup, line),
            (None, Part::File) => {
                let (name, text) = trap.pipeline.files.last_mut().unwrap();
                text.push_str(line);
                text.push('\n');
                if !line.trim().is_empty()
                    && let Some(expected) = waiting.take()
                {
                    let place = format!("{name}:{}", text.lines().count());
                    trap.expected.insert(place, expected);
                }
            }
        }
    }
    traps
}

/// Takes an expectation of the next statement in; whether it is one.
fn expects(directive: &str, waiting: &mut Option<Expected>) -> bool {
    let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
    let expected = waiting.get_or_insert_default();
    match word {
        "framed" => {
            expected.reads = Reads::Framed(rest.split_whitespace().map(str::to_owned).collect());
        }
        "raw" => expected.reads = Reads::Raw,
        "fails" => expected.fails = Some(rest.to_owned()),
        _ => {
            *waiting = None;
            return false;
        }
    }
    true
}

fn head(trap: &mut Trap, directive: &str) {
    let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
    let pair = || {
        let (name, value) = rest.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    };
    match word {
        "hive" => trap.catalog = Catalog::Hive,
        "no" if rest == "frame" => trap.frames = Frames::None,
        "maybe" if rest == "frame" => trap.frames = Frames::Any,
        "no" if rest == "aggregates" => {
            trap.pipeline.without.push(FrameKind::CoveringAggregate);
        }
        "no" if rest == "tables" => trap.pipeline.without.push(FrameKind::CoveringRead),
        "aggregates" => trap.pipeline.only = Some(FrameKind::CoveringAggregate),
        "subqueries" => trap.pipeline.only = Some(FrameKind::RepeatedSubquery),
        "clustered" => {
            trap.pipeline.layout = WantedLayout::Clustered;
            trap.pipeline.only.get_or_insert(FrameKind::CoveringRead);
            trap.clustered = Some(rest.split_whitespace().map(str::to_owned).collect());
        }
        "settings" => {
            trap.pipeline.settings = WantedSettings::Applied;
            let settings = rest.split_whitespace();
            trap.settings = Some(settings.map(|one| format!("spark.sql.{one}")).collect());
        }
        "reason" => trap.reasons.push(rest.to_owned()),
        "variable" => {
            let (name, value) = pair();
            trap.pipeline.variables.insert(name, value);
        }
        "key" => {
            let (table, columns) = pair();
            let columns = columns.split(',').map(str::to_owned).collect();
            trap.pipeline.keys.insert(table, columns);
        }
        "deterministic" => {
            trap.pipeline
                .deterministic_functions
                .insert(rest.to_owned());
        }
        "row" => {
            let (output, row) = rest.split_once(" (").unwrap();
            trap.rows.push((output.to_owned(), format!("({row}")));
        }
        _ => panic!("`{directive}` is not known, in {}", trap.pipeline.name),
    }
}

/// Adds a line to a list of statements.
fn statement(statements: &mut Vec<String>, line: &str) {
    if line.trim().is_empty() {
        return;
    }
    match statements.last_mut() {
        Some(last) if !last.ends_with(';') => {
            last.push('\n');
            last.push_str(line.trim_end());
        }
        _ => statements.push(line.trim_end().to_owned()),
    }
}

#[test]
fn a_trap_is_read() {
    let text = "-- A theme.\n\n--! trap one\n-- First\n-- line.\n--! key d.t=a,b\n--! row table d.o (1, 'x')\n--! setup\n\
                CREATE TABLE d.t\n  USING csv;\nCREATE DATABASE e;\n--! file 1.sql\n-- a comment\nSELECT 1;\n\n\
                --! framed t_1\n--! fails BAD\nSELECT 2;\n--! raw\nSELECT 3;\n--! trap two\n-- Second.\n";
    let traps = parse("t", text);
    let [one, two] = traps.as_slice() else {
        panic!("{traps:?}")
    };
    assert_eq!(one.pipeline.name, "t_one");
    assert_eq!(one.purpose, "First line.");
    assert_eq!(one.pipeline.keys["d.t"], ["a", "b"]);
    assert_eq!(one.rows, [("table d.o".to_owned(), "(1, 'x')".to_owned())]);
    assert_eq!(
        one.pipeline.setup,
        ["CREATE TABLE d.t\n  USING csv;", "CREATE DATABASE e;"]
    );
    let (name, text) = &one.pipeline.files[0];
    assert_eq!(name, "1.sql");
    assert_eq!(text, "-- a comment\nSELECT 1;\n\nSELECT 2;\nSELECT 3;\n");
    let fourth = &one.expected["1.sql:4"];
    assert_eq!(fourth.fails.as_deref(), Some("BAD"));
    assert!(matches!(&fourth.reads, Reads::Framed(names) if names.contains("t_1")));
    assert!(matches!(one.expected["1.sql:5"].reads, Reads::Raw));
    assert_eq!(two.purpose, "Second.");
}
