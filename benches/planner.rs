//! The search of the planner against the exact optimum, its own bound and what others do.
//!
//! `cargo bench --bench planner` prints the tables; `-- quick` leaves out the largest problems. Workloads are seeded
//! (`planner/workload.rs` describes them), so only times differ from run to run.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a benchmark draws numbers, reads the clock and prints"
)]

#[path = "planner/baselines.rs"]
mod baselines;
#[path = "planner/random.rs"]
mod random;
#[path = "planner/workload.rs"]
mod workload;

use std::collections::BTreeSet;
use std::time::Instant;

use hoist::planner::search::{Certificate, Found, Limits, OptionId, Problem, evaluate, find};

use self::baselines::Reads;

/// Finds, and checks the answer independently.
fn solve(problem: &Problem, limits: Limits) -> (Found, f64) {
    let start = Instant::now();
    let found = find(problem, limits).unwrap_or_else(|error| unreachable!("{error}"));
    let spent = start.elapsed().as_secs_f64() * 1e3;
    assert_eq!(
        evaluate(problem, &found.schedule),
        Ok(i128::from(found.value))
    );
    (found, spent)
}

/// Mean, smallest, share that is one.
fn summary(ratios: &[f64]) -> String {
    let mean = ratios.iter().sum::<f64>() / ratios.len().max(1) as f64;
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let whole = ratios.iter().filter(|ratio| **ratio > 1.0 - 1e-9).count();
    format!(
        "mean {mean:.4}  worst {least:.4}  equal {whole}/{}",
        ratios.len()
    )
}

fn ratio(value: i64, of: u64) -> f64 {
    if of == 0 {
        1.0
    } else {
        value as f64 / of as f64
    }
}

fn intermediates() {
    println!("written intermediates, random layered DAGs: value / exact optimum (wide limit)");
    for statements in [10, 14, 18, 22, 26] {
        for budget in [0.1, 0.2, 0.3, 0.5] {
            let (mut ours, mut theirs, mut times) = (Vec::new(), Vec::new(), Vec::new());
            let (mut proved, mut exact_time, mut unproved) = (0, 0.0, 0);
            for seed in 0..6 {
                let problem =
                    workload::intermediates(statements, budget, seed * 1000 + statements as u64);
                let (best, spent) = solve(
                    &problem,
                    Limits {
                        nodes: 2_000_000,
                        ..Limits::default()
                    },
                );
                exact_time += spent / 6.0;
                unproved += usize::from(best.certificate != Certificate::Optimal);
                let (found, spent) = solve(&problem, Limits::default());
                proved += usize::from(found.certificate == Certificate::Optimal);
                times.push(spent);
                ours.push(ratio(found.value as i64, best.value));
                let alternation = Reads::new(&problem).alternation();
                assert!(found.value as i64 >= alternation, "S/C finds more");
                theirs.push(ratio(alternation, best.value));
            }
            let slowest = times.iter().copied().fold(0.0, f64::max);
            println!(
                "  n={statements} budget={:>2.0}%  {}  proved {proved}/6  ≤ {slowest:.1} ms | wide {exact_time:.0} ms, unproved {unproved} | S/C {}",
                budget * 100.0,
                summary(&ours),
                summary(&theirs)
            );
        }
    }
}

fn beyond() {
    println!("beyond exact reach: value / best known (ours with ten times the steps)");
    for statements in [60, 100, 200] {
        for (name, draw) in [
            (
                "intermediates",
                workload::intermediates as fn(usize, f64, u64) -> Problem,
            ),
            ("pipeline", workload::pipeline),
        ] {
            let (mut ours, mut theirs, mut bounds, mut slowest) =
                (Vec::new(), Vec::new(), Vec::new(), 0.0_f64);
            for seed in 0..15 {
                let problem = draw(statements, 0.1 + 0.1 * (seed % 5) as f64, seed);
                let limits = Limits::default();
                let (best, _) = solve(
                    &problem,
                    Limits {
                        nodes: limits.nodes * 10,
                        window: limits.window * 10,
                        rounds: limits.rounds * 10,
                    },
                );
                let (found, spent) = solve(&problem, limits);
                let alternation = Reads::new(&problem).alternation();
                let best = best.value.max(found.value);
                slowest = slowest.max(spent);
                ours.push(ratio(found.value as i64, best));
                bounds.push(ratio(found.value as i64, found.bound));
                if name == "intermediates" {
                    assert!(found.value as i64 >= alternation, "S/C finds more");
                    theirs.push(ratio(alternation, best));
                }
            }
            println!(
                "  {name} n={statements}  {}  / bound {}  ≤ {slowest:.0} ms | S/C {}",
                summary(&ours),
                summary(&bounds),
                summary(&theirs)
            );
        }
    }
}

fn shares() {
    println!(
        "25 independent readers over shared tables: share of avoidable scan bytes (median of 20)"
    );
    for (name, budget) in [("1/3", 1.0 / 3.0), ("1/2", 0.5), ("2/3", 2.0 / 3.0)] {
        let mut columns: Vec<(&str, Vec<f64>)> = Vec::new();
        for seed in 0..20 {
            let problem = workload::readers(25, budget, seed);
            let free = Problem {
                budget_bytes: u64::MAX >> 8,
                ..problem.clone()
            };
            let all = solve(&free, Limits::default()).0.value;
            let (found, spent) = solve(&problem, Limits::default());
            let reads = Reads::new(&problem);
            let values = [
                ("ours", ratio(found.value as i64, all)),
                ("its bound", ratio(found.bound as i64, all)),
                ("every repeated", ratio(reads.every_repeated(), all)),
                ("LRU", ratio(reads.evicting(false), all)),
                ("LRC", ratio(reads.evicting(true), all)),
                ("greedy static", ratio(reads.greedy_static(), all)),
                ("knapsack", ratio(reads.knapsack(), all)),
                ("first to last", ratio(reads.first_to_last(), all)),
                ("S/C", ratio(reads.alternation(), all)),
                ("ms", spent),
            ];
            for (row, (name, value)) in values.into_iter().enumerate() {
                if columns.len() <= row {
                    columns.push((name, Vec::new()));
                }
                columns[row].1.push(value);
            }
        }
        print!("  budget {name}:");
        for (name, mut values) in columns {
            values.sort_by(f64::total_cmp);
            print!("  {name} {:.2}", values[values.len() / 2]);
        }
        println!();
    }
}

fn growth(sizes: &[usize]) {
    println!("time and growth");
    for (name, draw) in [
        (
            "pipeline",
            workload::pipeline as fn(usize, f64, u64) -> Problem,
        ),
        ("intermediates", workload::intermediates),
        ("readers", workload::readers),
    ] {
        let mut before: Option<(usize, f64)> = None;
        for size in sizes {
            let budget = if name == "intermediates" {
                0.3 * (30.0 / *size as f64).min(1.0)
            } else {
                0.3
            };
            let problem = draw(*size, budget, 7);
            let (found, spent) = solve(&problem, Limits::default());
            let growth = before.map_or(String::new(), |(n, ms)| {
                format!(
                    "  ~ n^{:.2}",
                    (spent / ms).ln() / (*size as f64 / n as f64).ln()
                )
            });
            println!(
                "  {name} n={size} options={}: {spent:.1} ms{growth}  {}  {}",
                problem.options.len(),
                found.certificate,
                peak()
            );
            if std::env::args().any(|word| word == "trace") {
                for part in &found.trace.parts {
                    println!("      {part:?}");
                }
            }
            before = Some((*size, spent));
        }
    }
}

/// What changes in the schedule when every size, cost and saving moves by up to 5 %.
fn stability() {
    println!("stability: sizes, costs and savings moved by up to 5 % (10 draws per row)");
    for (name, draw) in [
        (
            "intermediates n=25",
            workload::intermediates as fn(usize, f64, u64) -> Problem,
        ),
        ("readers n=25", workload::readers),
        ("pipeline n=25", workload::pipeline),
    ] {
        let (mut frames, mut changed, mut moved, mut lost) = (0, 0, 0, 0.0);
        for seed in 0..10 {
            let problem = draw(25, 0.3, seed);
            let other = workload::perturbed(&problem, 0.05, seed);
            let (before, after) = (
                solve(&problem, Limits::default()).0,
                solve(&other, Limits::default()).0,
            );
            let chosen = |found: &Found| -> BTreeSet<OptionId> {
                found
                    .schedule
                    .residencies
                    .iter()
                    .map(|life| life.option)
                    .collect()
            };
            let (one, two) = (chosen(&before), chosen(&after));
            frames += one.len();
            changed += one.symmetric_difference(&two).count();
            let orders = before.schedule.order.iter().zip(&after.schedule.order);
            moved += orders.filter(|(one, two)| one != two).count();
            // What the schedule for the old figures would be worth under the new ones, where it still fits.
            if let Ok(kept) = evaluate(&other, &before.schedule) {
                lost += (1.0 - kept as f64 / after.value.max(1) as f64) / 10.0;
            }
        }
        println!(
            "  {name}: {frames} frames, {changed} changed; {moved} of 250 positions hold another task; keeping the old one loses {:.1} %",
            lost * 100.0
        );
    }
}

/// Memory enough, many frames for the same reads: the usual case.
fn competing() {
    println!("25 statements, memory enough, frames that compete for the same reads");
    for options in [30, 100, 300] {
        let (mut slowest, mut proved, mut gaps) = (0.0_f64, 0, Vec::new());
        for seed in 0..10 {
            let (found, spent) = solve(&workload::competing(options, seed), Limits::default());
            slowest = slowest.max(spent);
            proved += usize::from(found.certificate == Certificate::Optimal);
            gaps.push(ratio(found.value as i64, found.bound));
        }
        println!(
            "  {options} options: proved {proved}/10  value / bound {}  ≤ {slowest:.1} ms",
            summary(&gaps)
        );
    }
}

/// The most memory this process has had, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or(String::new(), |line| format!("peak {}", line.trim()))
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let wants = |word: &str| words.iter().any(|given| given == word);
    let some = [
        "growth",
        "shares",
        "intermediates",
        "beyond",
        "stability",
        "competing",
    ]
    .iter()
    .any(|word| wants(word));
    let sizes: &[usize] = if wants("small") {
        &[25]
    } else if wants("quick") {
        &[25, 200, 1000]
    } else {
        &[25, 200, 1000, 10_000]
    };
    if !some || wants("growth") {
        growth(sizes);
    }
    if !some || wants("shares") {
        shares();
    }
    if !some || wants("intermediates") {
        intermediates();
    }
    if !some || wants("beyond") {
        beyond();
    }
    if !some || wants("competing") {
        competing();
    }
    if !some || wants("stability") {
        stability();
    }
}
