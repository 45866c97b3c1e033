//! Frames that are built from other frames.

use super::*;

/// [`sample`] with a frame between the table's frame and the statements: only it reads the former.
fn chain() -> RunInput {
    let mut input = sample();
    input.steps.insert(
        1,
        RunStep {
            number: 0,
            work: Work::Materialise {
                frame: "l_1".to_owned(),
                from: vec!["g_1".to_owned()],
                build_micros: 100,
            },
            texts: vec![own("CREATE VIEW {ns}_l_1 FROM {ns}_g_1")],
        },
    );
    for (step, number) in input.steps.iter_mut().zip(1..) {
        step.number = number;
        if let Work::Run(statement) = &mut step.work {
            for frame in &mut statement.frames {
                "l_1".clone_into(frame);
            }
        }
    }
    input
}

#[tokio::test]
async fn a_frame_that_only_another_one_reads_is_built() {
    let mut engine = Fake::default();
    let (outcome, ..) = play(&mut engine, &chain(), &options(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(
        engine.texts()[..4],
        [
            "CREATE VIEW hoist_7f3a_g_1",
            "CACHE TABLE hoist_7f3a_g_1",
            "CREATE VIEW hoist_7f3a_l_1 FROM hoist_7f3a_g_1",
            "INSERT a FROM hoist_7f3a_g_1",
        ]
    );
}

#[tokio::test]
async fn readers_run_as_written_where_what_their_frame_is_built_from_is_not_there() {
    let mut engine = Fake::default().on("CACHE TABLE hoist", Reply::fails("OOM", "heap"));
    let (outcome, record, events) =
        play(&mut engine, &chain(), &options(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(
        engine.texts()[..5],
        [
            "CREATE VIEW hoist_7f3a_g_1",
            "CACHE TABLE hoist_7f3a_g_1",
            "UNCACHE TABLE hoist_7f3a_g_1",
            "INSERT raw FROM d.g",
            "INSERT raw FROM d.g",
        ]
    );
    assert!(events.contains(&"skipped 2".to_owned()));
    assert_eq!(record.warnings.len(), 1);
}
