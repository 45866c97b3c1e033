//! Saved plans: what the file gives back holds every promise, and edits by hand are caught.

use super::feeds::{self, GROUPS, GROUPS_OF_READ, JOINED_OF_READ, NESTED};
use super::layout::{JOINED, clustered};
use super::pipelines::{BOTH, HULL, OVERWRITTEN, REPEATED, SESSION, derive, derive_with};
use crate::facts::access::{Declarations, resolve};
use crate::facts::workload::build;
use crate::frontend::source::{Sources, Variables};
use crate::planner::check::check;
use crate::planner::check::tests::sample::Sample;
use crate::planner::frame::FrameKind;
use crate::planner::plan::{Frame, Layout, Plan, Wanted};
use crate::planner::plan_file::{LayoutEntry, PlanFile, PlanFileInputs, PlanSettings};

/// One statement that reads the table twice, in one line; only the second read is served.
const TWICE: [(&str, &str); 4] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS SELECT raw.gd.age, o.day FROM raw.gd JOIN raw.gd o ON o.policy_id = gd.policy_id",
    ),
    ("2.sql", "CREATE TABLE m.b AS SELECT o.day FROM raw.gd o"),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT a.age, b.day FROM raw.gd a JOIN raw.gd b ON a.policy_id = b.policy_id",
    ),
    ("4.sql", "CREATE TABLE m.d AS SELECT o.day FROM raw.gd o"),
];

fn variables() -> Variables {
    Variables::from([("day".to_owned(), "2024-06-30".to_owned())])
}

fn saved(sample: &Sample) -> PlanFile {
    let file = PlanFile::new(PlanFileInputs {
        root: ".",
        sources: &sample.sources,
        variables: &variables(),
        settings: &PlanSettings {
            default_database: "default".to_owned(),
            ..PlanSettings::default()
        },
        catalog: &sample.catalog,
        workload: &sample.workload,
        plan: &sample.plan,
        program: &sample.program,
    });
    PlanFile::parse(&file.to_json()).unwrap()
}

/// The plan that a file gives back over some files, and the promises that it breaks.
fn proved(file: &PlanFile, found: &Sources) -> Result<(Plan, Vec<String>), String> {
    let sources = file
        .sources(found, &variables())
        .map_err(|error| error.to_string())?;
    let statements = crate::frontend::parse(&sources).statements;
    let declarations = Declarations {
        default_database: file.settings.default_database.clone(),
        ..Declarations::default()
    };
    let accesses = resolve(&statements, &file.catalog, &declarations);
    let workload = build(statements, accesses);
    let (plan, program) = file
        .restore(&workload, &sources)
        .map_err(|error| error.to_string())?;
    let violations = check(&workload, &sources, &file.catalog, &plan, &program);
    Ok((plan, violations.iter().map(ToString::to_string).collect()))
}

fn without_candidates(frames: &[Frame]) -> Vec<Frame> {
    let mut frames = frames.to_vec();
    for frame in &mut frames {
        frame.candidate = None;
    }
    frames
}

#[test]
fn a_saved_plan_is_the_plan_and_holds_every_promise() {
    let pipelines: [&[_]; 11] = [
        &HULL,
        &REPEATED,
        &OVERWRITTEN,
        &SESSION,
        &BOTH,
        &TWICE,
        &NESTED,
        &GROUPS,
        &feeds::JOINED,
        &JOINED_OF_READ,
        &GROUPS_OF_READ,
    ];
    for files in pipelines {
        for frames in [true, false] {
            let sample = derive_with(files, frames);
            let (plan, violations) = proved(&saved(&sample), &sample.sources).unwrap();
            assert_eq!(violations, [""; 0]);
            assert_eq!(plan.frames, without_candidates(&sample.plan.frames));
            assert_eq!(plan.frames.is_empty(), !frames);
            assert_eq!(plan.steps, sample.plan.steps);
            assert_eq!(plan.summary, sample.plan.summary);
        }
    }
}

#[test]
fn a_reader_is_told_from_another_read_of_its_table_in_the_same_line() {
    let sample = derive(&TWICE);
    let reads = |frame: &Frame| -> Vec<u32> {
        let readers = frame.readers.iter();
        readers.map(|reader| reader.reads[0].0).collect()
    };
    // The first read of the first statement is fixed by a column with the full name of the table.
    assert_eq!(reads(&sample.plan.frames[0]), [1, 2, 3, 4, 5]);
    let (plan, _) = proved(&saved(&sample), &sample.sources).unwrap();
    assert_eq!(reads(&plan.frames[0]), [1, 2, 3, 4, 5]);
}

#[test]
fn a_file_that_does_not_say_where_its_readers_read_is_restored_in_text_order() {
    let sample = derive(&HULL);
    let mut file = saved(&sample);
    for reader in file.frames.iter_mut().flat_map(|frame| &mut frame.readers) {
        assert!(reader.at.take().is_some());
    }
    let (plan, violations) = proved(&file, &sample.sources).unwrap();
    assert_eq!(violations, [""; 0]);
    assert_eq!(plan.frames, without_candidates(&sample.plan.frames));
}

#[test]
fn layout_and_comments_may_change_and_statements_may_not() {
    let pipelines: [&[_]; 3] = [&HULL, &REPEATED, &SESSION];
    for files in pipelines {
        let file = saved(&derive(files));
        let tidied = files.iter().map(|(name, text)| {
            let python = name.contains(".py");
            let tidied = text
                .replace("; ", " ;\n\n-- next;\n")
                .replace(" FROM ", "\n  FROM ");
            let tidied = format!("-- first\n;{tidied}\n;");
            (*name, if python { (*text).to_owned() } else { tidied })
        });
        let sources = Sources::from_texts(tidied, &variables());
        let (_, violations) = proved(&file, &sources).unwrap();
        assert_eq!(violations, [""; 0]);
    }
    let file = saved(&derive(&HULL));
    let refused = |from: &str, to: &str| {
        let changed = HULL.map(|(name, text)| (name, text.replace(from, to)));
        proved(&file, &Sources::from_texts(changed, &variables())).unwrap_err()
    };
    let other = "its original texts are not those of file `5.sql`";
    assert_eq!(refused("count(*) FROM gd", "count(age) FROM gd"), other);
    assert_eq!(refused("; SELECT count(*) FROM gd", ""), other);
    let fewer = Sources::from_texts(HULL.iter().take(4).copied(), &variables());
    assert_eq!(proved(&file, &fewer).unwrap_err(), other);
}

/// Says why a plan file of [`HULL`] is refused after an edit by hand that its reader lets pass.
fn edited(edit: &dyn Fn(&mut PlanFile)) -> String {
    let sample = derive(&HULL);
    let mut file = saved(&sample);
    edit(&mut file);
    let file = PlanFile::parse(&file.to_json()).unwrap();
    match proved(&file, &sample.sources) {
        Err(error) => error,
        Ok((_, violations)) => {
            assert!(!violations.is_empty(), "the edit is not seen");
            violations.join("\n")
        }
    }
}

/// Changes the text of a frame and what its entry says about it.
fn frame_text(file: &mut PlanFile, from: &str, to: &str) {
    let text = &mut file.steps[1].texts[0].text;
    assert!(text.contains(from), "{text}");
    *text = text.replacen(from, to, 1);
    file.frames[0].definition = file.frames[0].definition.replacen(from, to, 1);
}

/// Exchanges a step with the next one, numbers and all.
fn swap(file: &mut PlanFile, first: u32) {
    let index = first as usize - 1;
    file.steps.swap(index, index + 1);
    for (step, number) in file.steps.iter_mut().zip(1..) {
        step.number = number;
    }
    let frame = &mut file.frames[0];
    let readers = frame.readers.iter_mut().map(|reader| &mut reader.step);
    for number in readers.chain([&mut frame.built_in]) {
        if *number == first {
            *number += 1;
        } else if *number == first + 1 {
            *number -= 1;
        }
    }
    let steps = || frame.readers.iter().map(|reader| reader.step);
    (frame.built_before, frame.released_after) = (steps().min().unwrap(), steps().max().unwrap());
}

#[test]
fn edits_by_hand_are_refused() {
    assert_eq!(derive(&HULL).plan.frames[0].kind, FrameKind::CoveringRead);
    insta::assert_snapshot!(
        [
            // The frame: rows left out, a column left out, its text and its entry not the same.
            edited(&|file| frame_text(file, " OR `age` >= 95", "")),
            edited(&|file| frame_text(file, "`age` < 25", "`age` < 24")),
            edited(&|file| frame_text(file, "`age`, `day`", "`day`")),
            edited(&|file| frame_text(file, "`raw`.`gd`", "`raw`.`staging`")),
            edited(&|file| file.frames[0].definition.push(' ')),
            edited(&|file| file.frames[0].inputs.clear()),
            edited(&|file| file.frames[0].inputs[0] = "raw.other@0".to_owned()),
            // A statement: its text, what it is said to be, to read, and to stand.
            edited(&|file| file.steps[2].texts[0].text.push_str(" LIMIT 5")),
            edited(&|file| {
                let text = file.steps[7].texts[0].text.replace("staging", "gd");
                file.steps[7].texts[0].text.clone_from(&text);
                file.steps[7].original = Some(text);
            }),
            edited(&|file| file.steps[7].statement.as_mut().unwrap().reads.clear()),
            edited(&|file| file.steps[7].statement.as_mut().unwrap().number = 9),
            edited(&|file| file.frames[0].readers[2].at = Some(3)),
            // The order: a statement and the `USE` that gives its names their meaning, a read and the overwriting.
            edited(&|file| {
                swap(file, 1);
                swap(file, 2);
            }),
            edited(&|file| {
                file.steps[8].statement.as_mut().unwrap().reads = vec!["raw.gd@0".to_owned()];
                swap(file, 8);
            }),
            // The totals and the end.
            edited(&|file| file.summary.scans_after += 1),
            edited(&|file| file.finish.clear()),
        ]
        .join("\n\n")
    );
}

#[test]
fn a_layout_comes_back_and_another_one_is_caught() {
    for medium in [Wanted::Memory, Wanted::Scratch] {
        let sample = clustered(&JOINED, medium);
        let file = saved(&sample);
        let (plan, broken) = proved(&file, &sample.sources).unwrap();
        assert_eq!(broken, [""; 0]);
        assert_eq!(plan.frames[0].layout, sample.plan.frames[0].layout);
        assert_ne!(plan.frames[0].layout, Layout::Plain);
        // As files were before there were layouts.
        let mut older = file.clone();
        older.frames[0].layout = None;
        let (plan, broken) = proved(&older, &sample.sources).unwrap();
        assert_eq!(plan.frames[0].layout, Layout::Plain);
        assert!(!broken.is_empty());
        let mut other = file;
        let Some(LayoutEntry::Clustered { parts, .. }) = &mut other.frames[0].layout else {
            panic!("{:?}", other.frames[0].layout);
        };
        *parts += 1;
        let (_, broken) = proved(&other, &sample.sources).unwrap();
        assert!(
            broken.iter().any(|line| line.contains("`layout`")),
            "{broken:?}"
        );
    }
}
