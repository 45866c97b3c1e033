//! Random problems: small ones that use every part of the model.

use proptest::prelude::*;

use super::super::*;

/// Up to so many tasks and options.
pub(super) fn problem(tasks: usize, options: usize) -> impl Strategy<Value = Problem> {
    (1..=tasks, 0..=options).prop_flat_map(|(tasks, options)| {
        (
            prop::collection::vec(task(tasks), tasks),
            prop::collection::vec(option(tasks, options), options),
            4..14_u64,
        )
            .prop_map(|(tasks, options, budget_bytes)| shaped(tasks, options, budget_bytes))
    })
}

fn task(tasks: usize) -> impl Strategy<Value = Task> {
    let before = prop::collection::vec(0..u32::try_from(tasks).unwrap(), 0..3);
    let working = prop_oneof![3 => Just(0), 2 => 1..6_u64, 1 => Just(20)];
    (before, working).prop_map(|(before, working_bytes)| Task {
        after: before.into_iter().map(TaskId).collect(),
        working_bytes,
    })
}

fn option(tasks: usize, options: usize) -> impl Strategy<Value = FrameOption> {
    let task = 0..u32::try_from(tasks).unwrap();
    let child = 0..u32::try_from(options).unwrap();
    let by = prop_oneof![
        4 => task.clone().prop_map(|task| User::Task(TaskId(task))),
        1 => child.prop_map(|child| User::Build(OptionId(child))),
    ];
    let slots = prop::collection::btree_set(0..3_u32, 1..3);
    let usage = (by, slots, 0..10_u64, any::<bool>()).prop_map(|(by, slots, saving, holds)| Use {
        by,
        slots: slots.into_iter().collect(),
        saving_micros: saving,
        holds: holds && matches!(by, User::Build(_)),
    });
    (
        0..2_u32,
        1..8_u64,
        0..12_u64,
        prop::collection::vec(usage, 1..5),
        prop::collection::vec(task.prop_map(TaskId), 0..2),
    )
        .prop_map(
            |(candidate, bytes, build_micros, uses, ended_by)| FrameOption {
                candidate,
                bytes,
                build_micros,
                uses,
                ended_by,
            },
        )
}

/// Drops references that a sound problem does not have.
fn shaped(mut tasks: Vec<Task>, mut options: Vec<FrameOption>, budget_bytes: u64) -> Problem {
    for (row, task) in (0..).zip(&mut tasks) {
        task.after.retain(|before| before.0 < row);
    }
    for (row, option) in (0..).zip(&mut options) {
        option.uses.retain(|usage| match usage.by {
            User::Task(_) => true,
            User::Build(child) => child.0 > row,
        });
    }
    Problem {
        tasks,
        options,
        budget_bytes,
    }
}
