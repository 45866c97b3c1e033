//! Workloads of the benchmark, each drawn from a seed.

use hoist::planner::search::{FrameOption, Problem, Task, TaskId, Use, User};

use super::random::Random;

/// Bytes of the budget that are a share of all frames.
fn share(problem: &Problem, share: f64) -> u64 {
    let all: u64 = problem.options.iter().map(|option| option.bytes).sum();
    (all as f64 * share) as u64
}

fn usage(task: usize, slot: usize, saving: f64) -> Use {
    Use {
        by: User::Task(TaskId(task as u32)),
        slots: vec![slot as u32],
        saving_micros: saving as u64,
        holds: false,
    }
}

/// Statements that each write a table, in layers, in the manner of S/C's generator: a statement reads one to three
/// tables of earlier layers, mostly of the last one. A written table can be kept: 0.3 of a read builds the frame, each
/// consumer saves one read. One byte is read per 1/1000 µs. Sizes are log-normal, sigma 1.
pub fn intermediates(statements: usize, budget: f64, seed: u64) -> Problem {
    let mut random = Random(seed);
    let mut layers: Vec<Vec<usize>> = Vec::new();
    let mut at = 0;
    while at < statements {
        let width = (2 + random.below(4)).min(statements - at);
        layers.push((at..at + width).collect());
        at += width;
    }
    let mut problem = Problem::default();
    let mut consumers = vec![Vec::new(); statements];
    for (depth, layer) in layers.iter().enumerate() {
        for statement in layer {
            let mut after = Vec::new();
            for _ in 0..=random.below(3) {
                let Some(last) = depth.checked_sub(1) else {
                    break;
                };
                let from = if random.unit() < 0.7 {
                    last
                } else {
                    random.below(depth)
                };
                let parent = layers[from][random.below(layers[from].len())];
                if !after.contains(&TaskId(parent as u32)) {
                    after.push(TaskId(parent as u32));
                    consumers[parent].push(*statement);
                }
            }
            problem.tasks.push(Task {
                after,
                working_bytes: 0,
            });
        }
    }
    for (statement, readers) in consumers.iter().enumerate() {
        let bytes = 1e9 * random.log_normal(1.0);
        let read = bytes / 1000.0;
        problem.options.push(FrameOption {
            candidate: statement as u32,
            bytes: bytes as u64,
            build_micros: (0.3 * read) as u64,
            uses: readers
                .iter()
                .map(|reader| usage(*reader, statement, read))
                .collect(),
            ended_by: Vec::new(),
        });
    }
    problem.budget_bytes = share(&problem, budget);
    problem
}

/// Bytes of a table's covering frame in GB, and how many of the queries read it: shaped like TPC-DS at scale factor 100
/// (three large facts, their returns and inventory, many small dimensions).
const TABLES: [(f64, f64); 21] = [
    (17.0, 0.50),
    (14.0, 0.33),
    (9.0, 0.30),
    (7.0, 0.07),
    (4.0, 0.15),
    (2.5, 0.13),
    (1.5, 0.10),
    (1.5, 0.30),
    (0.5, 0.28),
    (0.4, 0.15),
    (0.3, 0.50),
    (0.2, 0.10),
    (0.1, 0.10),
    (0.05, 0.85),
    (0.02, 0.30),
    (0.01, 0.10),
    (0.01, 0.15),
    (0.005, 0.15),
    (0.002, 0.10),
    (0.001, 0.05),
    (0.001, 0.05),
];

/// Queries that only read shared tables, in any order. Building a frame scans it once; a query served by it avoids the
/// scan of its own columns, 0.57 of the frame on average. One byte is read per 1/1000 µs. Past 25 queries the tables
/// are repeated, one set per 25 queries, and queries of all sets are mixed.
pub fn readers(queries: usize, budget: f64, seed: u64) -> Problem {
    let mut random = Random(seed);
    let sets = queries.div_ceil(25);
    let mut problem = Problem {
        tasks: vec![Task::default(); queries],
        ..Problem::default()
    };
    for row in 0..TABLES.len() * sets {
        let read = TABLES[row % TABLES.len()].0 * 1e6 * random.log_normal(0.2);
        problem.options.push(FrameOption {
            candidate: row as u32,
            bytes: (read * 1000.0) as u64,
            build_micros: read as u64,
            ..FrameOption::default()
        });
    }
    for query in 0..queries {
        let set = random.below(sets);
        for (table, (_, often)) in TABLES.iter().enumerate() {
            if random.unit() < *often {
                let row = set * TABLES.len() + table;
                let option = &mut problem.options[row];
                let part = 0.25 + 0.64 * random.unit();
                let saving = option.build_micros as f64 * part;
                option.uses.push(usage(query, row, saving));
            }
        }
    }
    let sets = if sets > 1 { 4.0 / sets as f64 } else { 1.0 };
    problem.budget_bytes = share(&problem, budget * sets);
    problem
}

/// A pipeline as they are: each statement reads a few of the shared tables, some read what others wrote, every frame
/// may live in memory or on disk, and wide frames compete with narrow ones for the same reads.
pub fn pipeline(statements: usize, budget: f64, seed: u64) -> Problem {
    let mut random = Random(seed);
    let mut problem = Problem::default();
    let tables = (statements * 2 / 5).max(1);
    let mut reads: Vec<Vec<(usize, f64)>> = vec![Vec::new(); tables];
    for statement in 0..statements {
        let mut after = Vec::new();
        for _ in 0..random.below(3) {
            if statement > 0 {
                let back = 1 + random.below(statement.min(30));
                after.push(TaskId((statement - back) as u32));
            }
        }
        let home = statement * tables / statements;
        for _ in 0..2 + random.below(3) {
            let near = home + random.below(20);
            let table = if random.unit() < 0.7 {
                near.saturating_sub(10).min(tables - 1)
            } else {
                random.below(tables)
            };
            reads[table].push((statement, 0.4 + 0.6 * random.unit()));
        }
        let working_bytes = (2e8 * random.log_normal(1.0)) as u64;
        problem.tasks.push(Task {
            after,
            working_bytes,
        });
    }
    for (table, reads) in reads.iter().enumerate() {
        let bytes = 1e9 * random.log_normal(1.2);
        let scan = bytes / 1000.0;
        for (kind, (size, build, saves)) in [(1.0, 1.2, 1.0), (0.6, 1.0, 0.6), (0.0, 1.6, 0.7)]
            .into_iter()
            .enumerate()
        {
            let chosen = reads
                .iter()
                .enumerate()
                .filter(|(row, _)| kind != 1 || row % 3 != 0);
            problem.options.push(FrameOption {
                candidate: table as u32,
                bytes: (bytes * size) as u64,
                build_micros: (scan * build) as u64,
                uses: chosen
                    .map(|(row, (statement, part))| {
                        usage(*statement, table * 100 + row, scan * part * saves)
                    })
                    .collect(),
                ended_by: Vec::new(),
            });
        }
    }
    problem.budget_bytes = share(&problem, budget * 30.0 / tables.max(30) as f64);
    problem
}

/// The same problem with every size, cost and saving moved by up to a share.
pub fn perturbed(problem: &Problem, by: f64, seed: u64) -> Problem {
    let mut random = Random(seed ^ 0x5EED);
    let mut problem = problem.clone();
    let mut moved = |value: &mut u64| {
        *value = (*value as f64 * (1.0 + by * (2.0 * random.unit() - 1.0))) as u64;
    };
    for option in &mut problem.options {
        moved(&mut option.bytes);
        moved(&mut option.build_micros);
        for usage in &mut option.uses {
            moved(&mut usage.saving_micros);
        }
    }
    problem
}

/// A pipeline of 25 statements with memory enough, and up to 300 frames that compete for the same reads: per table a
/// few covering frames over different subsets of its readers, and joins of two tables that serve a read of both.
pub fn competing(options: usize, seed: u64) -> Problem {
    let mut random = Random(seed);
    let mut problem = Problem {
        tasks: vec![Task::default(); 25],
        budget_bytes: 1 << 50,
        ..Problem::default()
    };
    let tables = 10;
    let reads: Vec<(usize, usize, f64)> = (0..25)
        .flat_map(|task| [(task, 0), (task, 1), (task, 2), (task, 3)])
        .map(|(task, _)| (task, random.below(tables), 0.5 + random.unit()))
        .collect();
    for number in 0..options {
        let (one, other) = (random.below(tables), random.below(tables));
        let share = 0.3 + 0.7 * random.unit();
        let mut uses: Vec<Use> = Vec::new();
        for (slot, (task, table, weight)) in reads.iter().enumerate() {
            if (*table == one || number % 3 == 0 && *table == other) && random.unit() < share {
                let saving = 1e6 * weight * (0.6 + 0.4 * random.unit());
                uses.push(usage(*task, slot, saving));
            }
        }
        problem.options.push(FrameOption {
            candidate: one as u32,
            bytes: (1e9 * random.log_normal(1.0)) as u64,
            build_micros: (1e6 * (1.0 + 2.0 * random.unit())) as u64,
            uses,
            ended_by: Vec::new(),
        });
    }
    problem
}
