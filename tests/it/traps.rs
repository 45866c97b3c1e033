//! Traps: small pipelines, each of which would give other results if one rule were broken; all on real Spark.
//!
//! They are data, `traps/*.sql`, grouped by theme and read by `traps/parse.rs`. Each is run by the differential harness
//! with every frame that is possible. Nothing may differ, statements read the frames that they are expected to read
//! and no others, and a trap that frames could spring has at least one.
//!
//! `HOIST_SPARK4=1` runs them on the newest Spark 4, where statements may fail with other classes and rows may be other
//! ones than on Spark 3.5, but the two runs may not differ either; what is unlike Spark 3.5 is printed.
//! `HOIST_TRAPS=WORD,…` runs those whose name has one of the words in it.

mod parse;
mod spark4;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Instant;

use hoist::planner::plan::Layout;
use hoist::runtime::run::Work;

use self::parse::{Expected, Frames, Reads, Trap};
use crate::differential::{Catalog, Harness, Report};
use crate::local_engine::block_on;

/// Themes: file name and text.
const THEMES: [(&str, &str); 19] = [
    ("aggregates", include_str!("traps/aggregates.sql")),
    ("aliases", include_str!("traps/aliases.sql")),
    ("cache", include_str!("traps/cache.sql")),
    ("chains", include_str!("traps/chains.sql")),
    ("formats", include_str!("traps/formats.sql")),
    ("joins", include_str!("traps/joins.sql")),
    ("layout", include_str!("traps/layout.sql")),
    ("names", include_str!("traps/names.sql")),
    ("nulls", include_str!("traps/nulls.sql")),
    ("order", include_str!("traps/order.sql")),
    ("python", include_str!("traps/python.sql")),
    ("schema", include_str!("traps/schema.sql")),
    ("session", include_str!("traps/session.sql")),
    ("settings", include_str!("traps/settings.sql")),
    ("shapes", include_str!("traps/shapes.sql")),
    ("statements", include_str!("traps/statements.sql")),
    ("views", include_str!("traps/views.sql")),
    ("wider", include_str!("traps/wider.sql")),
    ("writes", include_str!("traps/writes.sql")),
];

fn traps() -> Vec<Trap> {
    THEMES
        .iter()
        .flat_map(|(theme, text)| parse::parse(theme, text))
        .collect()
}

#[test]
fn every_trap_has_a_name_of_its_own_and_says_what_it_is_for() {
    let traps = traps();
    let names: BTreeSet<&String> = traps.iter().map(|trap| &trap.pipeline.name).collect();
    assert_eq!(names.len(), traps.len());
    for trap in &traps {
        assert!(!trap.purpose.is_empty(), "{}", trap.pipeline.name);
    }
}

#[test]
fn no_trap_springs() {
    let words = std::env::var("HOIST_TRAPS").unwrap_or_default();
    let mut traps = traps();
    traps.retain(|trap| {
        let wanted = |word| trap.pipeline.name.contains(word);
        words.is_empty() || words.split(',').any(wanted)
    });
    let (in_memory, hive): (Vec<&Trap>, Vec<&Trap>) = traps
        .iter()
        .partition(|trap| trap.catalog == Catalog::InMemory);
    // Statements are too small for more than one core, so a session runs beside another one.
    let half = in_memory.len().div_ceil(2);
    let (first, second) = in_memory.split_at(half);
    let sprung = std::thread::scope(|scope| {
        let beside = scope.spawn(|| {
            block_on(run(Catalog::InMemory, second)) + &block_on(run(Catalog::Hive, &hive))
        });
        let sprung = block_on(run(Catalog::InMemory, first));
        sprung + &beside.join().unwrap()
    });
    assert!(sprung.is_empty(), "{sprung}");
}

/// Runs traps in one session. Gives what went wrong, in words.
async fn run(catalog: Catalog, traps: &[&Trap]) -> String {
    let mut sprung = String::new();
    if traps.is_empty() {
        return sprung;
    }
    let mut harness = if spark4::is_wanted() {
        Harness::open_with(catalog, spark4::options).await
    } else {
        Harness::open(catalog).await
    };
    for trap in traps {
        let start = Instant::now();
        let report = harness.compare(&trap.pipeline).await;
        let mut problems = problems(trap, &report);
        println!(
            "{:>5} ms  {} frames  {}  {}",
            start.elapsed().as_millis(),
            report.planned.plan.frames.len(),
            trap.pipeline.name,
            problems.join("; ")
        );
        if spark4::is_wanted() {
            problems = report.differences();
        }
        if !problems.is_empty() {
            let _ = writeln!(
                sprung,
                "\n{} ({})\n  {}\n{}",
                trap.pipeline.name,
                trap.purpose,
                problems.join("\n  "),
                program(&report)
            );
        }
    }
    harness.close().await;
    sprung
}

/// Everything that is not as it should be.
fn problems(trap: &Trap, report: &Report) -> Vec<String> {
    let mut problems = report.differences();
    let plain = &report.plain;
    let failed: Vec<(&str, &str)> = plain
        .record
        .failures
        .iter()
        .map(|failure| (failure.place.as_str(), failure.class.as_str()))
        .collect();
    let expected: Vec<(&str, &str)> = trap
        .expected
        .iter()
        .filter_map(|(place, expected)| Some((place.as_str(), expected.fails.as_deref()?)))
        .collect();
    let place = |failed: &str, expected: &str| {
        failed == expected || failed.starts_with(&format!("{expected}:"))
    };
    let as_expected = failed.len() == expected.len()
        && failed
            .iter()
            .zip(&expected)
            .all(|(one, other)| one.1 == other.1 && place(one.0, other.0));
    if !as_expected {
        problems.push(format!(
            "the plain run failed at {:?}, expected {expected:?}",
            plain.record.failures
        ));
    }
    match (trap.frames, report.planned.plan.frames.len()) {
        (Frames::Some, 0) => problems.push("the plan has no frame".to_owned()),
        (Frames::None, 1..) => problems.push("the plan has a frame".to_owned()),
        _ => {}
    }
    for reason in &trap.reasons {
        if !report.planned.reasons().contains(reason.as_str()) {
            let given = report.planned.reasons();
            problems.push(format!("no reason `{reason}` among {given:?}"));
        }
    }
    for (output, row) in &trap.rows {
        let rows = plain.outputs.get(output).map(|output| &output.rows);
        if !rows.is_some_and(|rows| rows.contains(row)) {
            problems.push(format!("`{output}` was to have the row {row}: {rows:?}"));
        }
    }
    if let Some(expected) = &trap.clustered {
        let frames = report.planned.plan.frames.iter();
        let clustered = frames.filter(|frame| frame.layout != Layout::Plain);
        let clustered: BTreeSet<String> = clustered.map(|frame| frame.name.clone()).collect();
        if clustered != *expected {
            problems.push(format!(
                "{clustered:?} are clustered, expected {expected:?}"
            ));
        }
    }
    if let Some(expected) = &trap.settings {
        let applied = report.planned.applied();
        if applied != *expected {
            problems.push(format!("{applied:?} are set, expected {expected:?}"));
        }
    }
    problems.extend(reads(trap, report));
    problems
}

/// Which statements read which frames: as the plan says, and as the trap does.
fn reads(trap: &Trap, report: &Report) -> Vec<String> {
    let mut problems = Vec::new();
    let planned = report.planned_reads();
    let none = BTreeSet::new();
    for (place, used) in &report.hoisted.used {
        let planned = planned.get(place).unwrap_or(&none);
        if !used.is_subset(planned) {
            problems.push(format!("{place} read {used:?}, planned was {planned:?}"));
        }
    }
    for (place, Expected { reads, .. }) in &trap.expected {
        let Some(planned) = planned.get(place) else {
            problems.push(format!("no statement begins at {place}"));
            continue;
        };
        let used = report.hoisted.used.get(place).unwrap_or(&none);
        match reads {
            Reads::Anything => {}
            Reads::Raw if planned.is_empty() && used.is_empty() => {}
            Reads::Framed(names) if !planned.is_empty() && used == planned => {
                if !names.is_empty() && names != planned {
                    problems.push(format!("{place} reads {planned:?}, expected {names:?}"));
                }
            }
            Reads::Raw | Reads::Framed(_) => problems.push(format!(
                "{place} was expected to be {reads:?}: planned {planned:?}, read {used:?}"
            )),
        }
    }
    problems
}

/// What ran, and why.
fn program(report: &Report) -> String {
    let mut text = String::new();
    for step in report.planned.hoisted().steps {
        let what = match &step.work {
            Work::Run(statement) => format!("run {}", statement.place()),
            Work::Materialise { frame, .. } => format!("materialise {frame}"),
            Work::Release { frame } => format!("release {frame}"),
        };
        let _ = writeln!(text, "  -- {what}");
        for one in &step.texts {
            let _ = writeln!(text, "  {}", one.text);
        }
    }
    for setting in &report.planned.plan.settings {
        for reason in &setting.reasons {
            let _ = writeln!(text, "  {}: {}: {}", setting.key, reason.code, reason.text);
        }
    }
    for decision in &report.planned.plan.decisions {
        for reason in &decision.reasons {
            let _ = writeln!(
                text,
                "  {:?}: {}: {}",
                decision.subject, reason.code, reason.text
            );
        }
    }
    text
}
