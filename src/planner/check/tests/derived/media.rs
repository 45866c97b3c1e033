//! Frames on every medium hold every promise; faults of what a medium needs are caught.

use super::pipelines::{BOTH, HULL, OVERWRITTEN, REPEATED, SESSION, VIEW, derive_on};
use super::{faults_of, violations};
use crate::frontend::statement::{StatementKind, Unseen};
use crate::planner::check::Promise;
use crate::planner::check::tests::sample::Sample;
use crate::planner::plan::{Medium, StorageLevel, Wanted};

fn scratch(files: &[(&str, &str)]) -> Sample {
    derive_on(files, Wanted::Scratch, StorageLevel::default())
}

/// Names of the frames and the words of their media.
fn media(sample: &Sample) -> Vec<(&str, &str)> {
    let frames = sample.plan.frames.iter();
    frames
        .map(|frame| (frame.name.as_str(), frame.medium.word()))
        .collect()
}

/// Replaces something in one of the texts of a step.
fn text(sample: &mut Sample, step: usize, text: usize, from: &str, to: &str) {
    let text = &mut sample.program.steps[step].texts[text].text;
    assert!(text.contains(from), "{text}");
    *text = text.replace(from, to);
}

#[test]
fn every_storage_level_is_proved() {
    for level in StorageLevel::ALL {
        let mut sample = derive_on(&HULL, Wanted::Memory, level);
        assert_eq!(sample.plan.frames[0].medium, Medium::Memory(level));
        assert_eq!(violations(&sample), [""; 0]);
        assert!(
            sample.program.steps[1].texts[1]
                .text
                .contains(&format!("'{}'", level.word()))
        );
        text(&mut sample, 1, 1, level.word(), "OFF_HEAP");
        assert_eq!(violations(&sample).len(), 1);
    }
}

#[test]
fn frames_in_scratch_tables_hold_every_promise() {
    let expected: [(&[_], &[_]); 6] = [
        (&HULL, &[("gd_1", "scratch")]),
        (&REPEATED, &[("latest_1", "memory")]),
        (
            &BOTH,
            &[
                ("policies_1", "scratch"),
                ("gd_1", "scratch"),
                ("l_1", "memory"),
            ],
        ),
        (&OVERWRITTEN, &[("gd_1", "scratch"), ("gd_2", "memory")]),
        (&VIEW, &[("oldest_1", "memory")]),
        // The last one is behind a Python file that is not seen through, which may set what it likes.
        (
            &SESSION,
            &[
                ("young_1", "memory"),
                ("policies_1", "scratch"),
                ("gd_1", "scratch"),
                ("gd_2", "memory"),
            ],
        ),
    ];
    for (files, expected) in expected {
        let sample = scratch(files);
        assert_eq!(violations(&sample), [""; 0]);
        assert_eq!(media(&sample), expected);
    }
    let sample = scratch(&HULL);
    let steps = [1, 6].map(|step| &sample.program.steps[step].texts);
    let texts = steps.into_iter().flatten().chain(&sample.program.finish);
    let texts: Vec<&str> = texts.map(|text| text.text.as_str()).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

/// Steps of [`HULL`]: `USE`, build, four readers, release, the overwriting, a reader of what it leaves.
#[test]
fn faults_of_scratch_tables_are_caught() {
    let sample = scratch(&HULL);
    insta::assert_snapshot!(faults_of(
        &sample,
        Promise::Text,
        &[
            // The database: elsewhere, of another name, without the mark by which a later run knows it; not made.
            &|sample| text(sample, 1, 0, "{scratch}", "/tmp"),
            &|sample| text(
                sample,
                1,
                0,
                "DATABASE IF NOT EXISTS {ns}",
                "DATABASE IF NOT EXISTS raw"
            ),
            &|sample| text(sample, 1, 0, " = '{ns}'", " = ''"),
            &|sample| {
                sample.program.steps[1].texts.remove(0);
            },
            // What an earlier attempt left: kept, or a table of the user's dropped.
            &|sample| text(sample, 1, 1, "{ns}.gd_1", "{ns}.gd_2"),
            &|sample| text(sample, 1, 1, "{ns}.", "raw."),
            // The table: in another format, place, database; made only once; with the user's own placeholder.
            &|sample| text(sample, 1, 2, "parquet", "csv"),
            &|sample| text(sample, 1, 2, "AS SELECT", "LOCATION '/tmp/{ns}' AS SELECT"),
            &|sample| text(sample, 1, 2, "{ns}.gd_1", "raw.gd_1"),
            &|sample| text(sample, 1, 2, "TABLE ", "TABLE IF NOT EXISTS "),
            &|sample| text(sample, 1, 2, "'${day}'", "'{scratch}'"),
            // The view: fewer rows, fewer columns, another table, permanent.
            &|sample| text(sample, 1, 3, "FROM {ns}.gd_1", "FROM {ns}.gd_1 LIMIT 5"),
            &|sample| text(sample, 1, 3, "*", "age"),
            &|sample| text(sample, 1, 3, "{ns}.gd_1", "raw.gd"),
            &|sample| text(sample, 1, 3, "TEMPORARY ", ""),
            // Not dropped, another one dropped, the database dropped too early or not at all, or another one.
            &|sample| text(
                sample,
                6,
                0,
                "DROP TABLE IF EXISTS {ns}.gd_1",
                "UNCACHE TABLE {ns}_gd_1"
            ),
            &|sample| text(sample, 6, 0, "gd_1", "gd_2"),
            &|sample| text(
                sample,
                6,
                0,
                "DROP TABLE IF EXISTS {ns}.gd_1",
                "DROP DATABASE {ns} CASCADE"
            ),
            &|sample| {
                sample.program.finish.pop();
            },
            &|sample| sample.program.finish[1].text = "DROP DATABASE IF EXISTS {ns}".to_owned(),
            &|sample| sample.program.finish[1].text =
                "DROP DATABASE IF EXISTS raw CASCADE".to_owned(),
            &|sample| sample.program.finish.reverse(),
            // What is said of the frame is not what is done.
            &|sample| sample.plan.frames[0].medium = Medium::default(),
        ],
    ));
    insta::assert_snapshot!(faults_of(
        &sample,
        Promise::Covering,
        &[
            &|sample| text(sample, 1, 2, "`age`, `day`", "`day`"),
            &|sample| text(sample, 1, 2, "`age` < 25", "`age` < 24"),
        ],
    ));
    let mut memory = derive_on(&HULL, Wanted::Memory, StorageLevel::default());
    memory.plan.frames[0].medium = Medium::Scratch;
    assert!(!violations(&memory).is_empty());
}

#[test]
fn a_scratch_table_that_a_reader_could_tell_from_memory_is_caught() {
    let set = |sample: &mut Sample, key: &str, value: &str| {
        let session = sample.catalog.session.as_mut().unwrap();
        session.settings.insert(key.to_owned(), value.to_owned());
    };
    let covering = scratch(&HULL);
    insta::assert_snapshot!(faults_of(
        &covering,
        Promise::Medium,
        &[
            &|sample| sample.catalog.session = None,
            &|sample| set(
                sample,
                "spark.sql.parquet.outputtimestamptype",
                "TIMESTAMP_MILLIS"
            ),
            &|sample| set(sample, "spark.sql.parquet.int96rebasemodeinwrite", "LEGACY"),
            &|sample| set(sample, "spark.sql.legacy.parquet.nanosasLong", "true"),
        ],
    ));
    // A table that is read as one whose columns may hold NULL keeps what a view does not.
    let folder = [
        (
            "1.sql",
            "INSERT OVERWRITE DIRECTORY '/out/a' USING parquet SELECT policy_id, age FROM raw.gd WHERE age < 25",
        ),
        (
            "2.sql",
            "INSERT OVERWRITE DIRECTORY '/out/b' USING parquet SELECT policy_id FROM raw.gd WHERE age < 25",
        ),
        (
            "3.sql",
            "SELECT policy_id FROM raw.gd WHERE age < 25; SELECT age FROM raw.gd WHERE age < 25",
        ),
    ];
    let written = scratch(&folder);
    assert_eq!(media(&written), [("gd_1", "scratch")]);
    assert_eq!(violations(&written), [""; 0]);
    insta::assert_snapshot!(faults_of(
        &written,
        Promise::Medium,
        &[&|sample| {
            sample.catalog.tables.get_mut("raw.gd").unwrap().provider = Some("delta".to_owned());
        }],
    ));
}

/// Where a table would be told from memory, the frame stays in memory, and the decision says why.
#[test]
fn the_planner_keeps_such_frames_in_memory() {
    let sample = scratch(&REPEATED);
    assert_eq!(violations(&sample), [""; 0]);
    let reasons = sample.plan.decisions.iter();
    let reasons = reasons.flat_map(|decision| &decision.reasons);
    let kept: Vec<&str> = reasons
        .filter(|reason| reason.code == "kept-in-memory")
        .map(|reason| reason.text.as_str())
        .collect();
    assert_eq!(
        kept,
        [
            "the frame is kept in memory: what its readers write would mark columns that never hold NULL otherwise"
        ]
    );
}

/// A header says what a Python file reads and writes, but not which settings it changes.
#[test]
fn what_a_header_covers_may_change_settings() {
    let behind = |code: &str| {
        let text = format!("# hoist: reads raw.staging; writes m.scored\n{code}\n");
        let files = [HULL[0], HULL[1], ("3.py", &text), HULL[2], HULL[3]];
        scratch(&files)
    };
    let mut seen = behind("spark.table('raw.staging').write.saveAsTable('m.scored')");
    assert_eq!(media(&seen), [("gd_1", "scratch")]);
    assert_eq!(violations(&seen), [""; 0]);
    let unseen = behind("import helpers\nhelpers.score(spark)");
    let expected = [("gd_1", "scratch"), ("gd_2", "memory")];
    assert_eq!(media(&unseen), expected, "readers behind it have their own");
    assert_eq!(violations(&unseen), [""; 0]);
    for statement in &mut seen.workload.statements {
        let span = statement.span;
        if let StatementKind::Python(step) = &mut statement.kind {
            let reason = "it is hidden".to_owned();
            step.unseen.push(Unseen { reason, span });
        }
    }
    let told = violations(&seen);
    let settings = "settings of Parquet may change before its last reader";
    assert!(told.len() == 1 && told[0].contains(settings), "{told:?}");
}
