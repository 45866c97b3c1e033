use proptest::prelude::*;

use super::*;

mod brute;
mod draw;

const WIDE: Limits = Limits {
    nodes: u64::MAX,
    window: 100,
    rounds: 100,
};

/// The problem with its options listed in another order.
fn shuffled(problem: &Problem, by: usize) -> Problem {
    let count = problem.options.len();
    let place = |row: usize| (row * 7 + by) % count;
    let mut options = vec![FrameOption::default(); count];
    for (row, option) in problem.options.iter().enumerate() {
        let mut option = option.clone();
        for usage in &mut option.uses {
            if let User::Build(child) = &mut usage.by {
                child.0 = u32::try_from(place(child.0 as usize)).unwrap();
            }
        }
        options[place(row)] = option;
    }
    Problem {
        options,
        ..problem.clone()
    }
}

/// A schedule with its options written out.
fn spelt(problem: &Problem, schedule: &Schedule) -> String {
    let residencies = schedule.residencies.iter().map(|residency| {
        let option = &problem.options[residency.option.0 as usize];
        let served = residency.served.iter().map(|served| {
            let usage = &option.uses[served.usage as usize];
            let by = match usage.by {
                User::Task(task) => task.0,
                User::Build(_) => u32::MAX,
            };
            (served.at, by, &usage.slots, usage.saving_micros)
        });
        let mut served: Vec<_> = served.collect();
        served.sort_unstable();
        (
            residency.from,
            residency.to,
            option.bytes,
            option.build_micros,
            served,
        )
    });
    let mut residencies: Vec<_> = residencies.collect();
    residencies.sort_unstable();
    format!("{:?} {residencies:?}", schedule.order)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn layered_search_finds_what_brute_force_finds(problem in draw::problem(5, 4)) {
        let found = find(&problem, WIDE).unwrap();
        prop_assert_eq!(evaluate(&problem, &found.schedule), Ok(i128::from(found.value)));
        prop_assert_eq!(found.certificate, Certificate::Optimal);
        prop_assert_eq!(found.value.cast_signed(), brute::best(&problem));
    }

    #[test]
    fn few_steps_give_a_sound_schedule_and_bound(problem in draw::problem(5, 4), nodes in 0..40_u64) {
        let found = find(&problem, Limits { nodes, window: nodes, rounds: 200 }).unwrap();
        prop_assert_eq!(evaluate(&problem, &found.schedule), Ok(i128::from(found.value)));
        prop_assert!(brute::best(&problem) <= found.bound.cast_signed());
        prop_assert_eq!(found.certificate == Certificate::Optimal, found.value == found.bound);
    }

    #[test]
    fn listing_of_options_changes_nothing(problem in draw::problem(8, 6), by in 0..6_usize) {
        let other = shuffled(&problem, by);
        let (one, two) = (find(&problem, WIDE).unwrap(), find(&other, WIDE).unwrap());
        prop_assert_eq!((one.value, one.bound, one.trace), (two.value, two.bound, two.trace));
        prop_assert_eq!(spelt(&problem, &one.schedule), spelt(&other, &two.schedule));
    }
}

fn table(bytes: u64, build_micros: u64, readers: &[u32]) -> FrameOption {
    let usage = |task: &u32| Use {
        by: User::Task(TaskId(*task)),
        slots: vec![u32::try_from(bytes).unwrap()],
        saving_micros: 10,
        holds: false,
    };
    FrameOption {
        bytes,
        build_micros,
        uses: readers.iter().map(usage).collect(),
        ..FrameOption::default()
    }
}

#[test]
fn readers_of_one_frame_are_brought_together_where_two_do_not_fit() {
    let problem = Problem {
        tasks: vec![Task::default(); 4],
        options: vec![table(6, 12, &[0, 2]), table(7, 12, &[1, 3])],
        budget_bytes: 10,
    };
    let found = find(&problem, Limits::default()).unwrap();
    assert_eq!((found.value, found.certificate), (16, Certificate::Optimal));
    let order: Vec<u32> = found.schedule.order.iter().map(|task| task.0).collect();
    assert_eq!(order, [0, 2, 1, 3]);
}

#[test]
fn references_to_nothing_and_circles_are_refused() {
    let mut problem = Problem {
        tasks: vec![Task::default()],
        options: vec![table(1, 1, &[1])],
        budget_bytes: 10,
    };
    let refused = |problem: &Problem| find(problem, Limits::default()).unwrap_err();
    assert_eq!(refused(&problem), ProblemError::Unknown(OptionId(0)));
    problem.options[0].uses[0].by = User::Build(OptionId(0));
    assert_eq!(refused(&problem), ProblemError::Circle(OptionId(0)));
    problem.options.clear();
    problem.tasks[0].after = vec![TaskId(0)];
    assert_eq!(refused(&problem), ProblemError::Order(TaskId(0)));
}

#[test]
fn a_gap_is_rounded_up() {
    assert_eq!(Certificate::of(998, 1000), Certificate::Gap(2));
    assert_eq!(Certificate::of(9999, 10_000).to_string(), "gap ≤ 0.1 %");
    assert_eq!(Certificate::of(5, 5).to_string(), "optimal");
}

/// The problem with all memory and no end of frames.
fn unbounded(problem: &Problem) -> Problem {
    let mut problem = problem.clone();
    problem.budget_bytes = 1000;
    for option in &mut problem.options {
        option.ended_by.clear();
    }
    problem
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn free_memory_bounds_every_schedule(problem in draw::problem(5, 4)) {
        let bound = |problem: &Problem| {
            let instance = instance::Instance::new(problem).unwrap();
            let selection = select::select(&instance);
            prop_assert!(selection.bound <= dual::prices(&instance).bound());
            Ok(selection.bound)
        };
        prop_assert!(brute::best(&problem) <= bound(&problem)?);
        let feeds = |option: &FrameOption| {
            option.uses.iter().any(|usage| matches!(usage.by, User::Build(_)))
        };
        let free = unbounded(&problem);
        if !free.options.iter().any(feeds) {
            prop_assert_eq!(brute::best(&free), bound(&free)?);
        }
    }

    #[test]
    fn responses_give_sound_schedules(problem in draw::problem(8, 6)) {
        let instance = instance::Instance::new(&problem).unwrap();
        let order: Vec<TaskId> = instance.tasks.ids().collect();
        for (density, priced) in greedy::WAYS {
            let price = if priced { 300_000 } else { 0 };
            let draft = greedy::fill(&instance, &order, density, price).draft();
            let value = evaluate(&problem, &draft.schedule(&instance));
            prop_assert_eq!(value, Ok(i128::from(draft.value)));
        }
    }

    #[test]
    fn ruin_and_recreate_stays_sound_and_never_loses(problem in draw::problem(6, 4), rounds in 1..80_u64) {
        let instance = instance::Instance::new(&problem).unwrap();
        for order in seeds::seeds(&instance) {
            let filled = greedy::fill(&instance, &order, greedy::Density::Gain, 300_000);
            let before = filled.draft();
            prop_assert_eq!(filled.value(), before.value);
            let Some(draft) = ruin::improve(&instance, &before, rounds) else { continue };
            prop_assert!(draft.value > before.value);
            prop_assert!(draft.value <= brute::best(&problem));
            let value = evaluate(&problem, &draft.schedule(&instance));
            prop_assert_eq!(value, Ok(i128::from(draft.value)));
        }
    }

    #[test]
    fn stretches_searched_anew_stay_sound(problem in draw::problem(9, 6), length in 2..6_usize) {
        let instance = instance::Instance::new(&problem).unwrap();
        for order in seeds::seeds(&instance) {
            let mut draft = greedy::fill(&instance, &order, greedy::Density::Gain, 300_000).draft();
            for offset in 0..3 {
                let before = draft.value;
                draft = windows::sweep(&instance, &draft, length, offset, 500).0.unwrap_or(draft);
                prop_assert!(draft.value >= before);
                let value = evaluate(&problem, &draft.schedule(&instance));
                prop_assert_eq!(value, Ok(i128::from(draft.value)));
            }
        }
    }

    #[test]
    fn tasks_go_back_only_as_far_as_the_value_allows(problem in draw::problem(8, 5)) {
        let instance = instance::Instance::new(&problem).unwrap();
        let swaps = |order: &[TaskId]| -> usize {
            let later = |at: usize| order[at + 1..].iter().filter(move |task| **task < order[at]);
            (0..order.len()).map(|at| later(at).count()).sum()
        };
        for order in seeds::seeds(&instance) {
            let draft = greedy::fill(&instance, &order, greedy::Density::Gain, 0).draft();
            let steady = windows::towards_given(&instance, &draft, 1000);
            prop_assert!(steady.value >= draft.value);
            prop_assert!(swaps(&steady.order) <= swaps(&draft.order));
            let value = evaluate(&problem, &steady.schedule(&instance));
            prop_assert_eq!(value, Ok(i128::from(steady.value)));
        }
    }
}

#[test]
fn tasks_that_share_nothing_stay_in_given_order() {
    let mut problem = Problem {
        tasks: vec![Task::default(); 7],
        options: vec![table(6, 12, &[0, 4]), table(7, 12, &[2, 5])],
        budget_bytes: 10,
    };
    problem.tasks[6].after = vec![TaskId(1)];
    let found = find(&problem, Limits::default()).unwrap();
    assert_eq!((found.value, found.certificate), (16, Certificate::Optimal));
    let order: Vec<u32> = found.schedule.order.iter().map(|task| task.0).collect();
    assert_eq!(order, [0, 1, 4, 2, 3, 5, 6]);
}
