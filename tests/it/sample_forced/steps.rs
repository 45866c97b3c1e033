//! Which steps of the sample run with forced frames, and which versions of tables they leave.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hoist::runtime::run::{RunInput, RunStatement, Work};
use hoist::runtime::verify::{Output, Outputs, Place};

use crate::run::{statement, step};

/// What the statements of the sample leave.
pub(super) struct Leaves {
    /// Versions of tables that the pipeline fills, by the place of the statement that writes them.
    written: BTreeMap<String, Vec<String>>,
    /// The last version of each table.
    last: BTreeMap<String, String>,
    /// Columns by which the rows of bare queries are ordered, by file and position in it.
    ordered: BTreeMap<(String, u32), Vec<String>>,
}

impl Leaves {
    /// Of all steps of the sample.
    pub(super) fn new(input: &RunInput, outputs: &Outputs) -> Self {
        let mut leaves = Leaves {
            written: BTreeMap::new(),
            last: BTreeMap::new(),
            ordered: outputs.ordered.clone(),
        };
        for statement in statements(input) {
            let versions = statement.starts.iter();
            for version in versions.filter(|version| is_output(version)) {
                let written = leaves.written.entry(statement.place()).or_default();
                written.push(version.clone());
                leaves
                    .last
                    .insert(table(version).to_owned(), version.clone());
            }
        }
        leaves
    }

    /// The versions that the statement at a place writes, and whether each is overwritten later.
    fn versions(&self, place: &str) -> impl Iterator<Item = (&String, bool)> {
        let versions = self.written.get(place).into_iter().flatten();
        versions.map(|version| (version, self.last[table(version)] != *version))
    }

    /// The steps with a query behind each one that writes a version which is overwritten later.
    pub(super) fn with_passing(&self, input: &RunInput) -> RunInput {
        let mut number = input.steps.iter().map(|step| step.number).max().unwrap();
        let mut with = RunInput {
            start: input.start.clone(),
            steps: Vec::new(),
            finish: input.finish.clone(),
        };
        for one in &input.steps {
            with.steps.push(one.clone());
            let Work::Run(of) = &one.work else {
                continue;
            };
            for (version, _) in self.versions(&of.place()).filter(|(_, passing)| *passing) {
                number += 1;
                let file = format!("{}.sql", version.replace(['.', '@'], "_"));
                let query = format!("SELECT * FROM {}", table(version));
                let work = Work::Run(statement(&file, 1, "query"));
                with.steps.push(step(number, work, &[&query]));
            }
        }
        with
    }

    /// What steps leave: results of queries, and the tables whose last version they write.
    pub(super) fn of(&self, input: &RunInput, results: &Path) -> Vec<Output> {
        let mut outputs = Vec::new();
        let names = input.result_names();
        for one in &input.steps {
            let Work::Run(of) = &one.work else {
                continue;
            };
            if let Some(name) = names.get(&one.number) {
                outputs.push(Output {
                    name: format!("query {name}"),
                    place: Place::Result {
                        path: format!("file:{}", results.join(name).display()),
                        order: self.ordered.get(&(of.file.clone(), of.number)).cloned(),
                    },
                    unstable: BTreeSet::new(),
                });
            }
            let place = of.place();
            let last = self.versions(&place).filter(|(_, passing)| !passing);
            outputs.extend(last.map(|(version, _)| Output::table(table(version))));
        }
        outputs
    }
}

/// Whether a version (`table@generation`) is one of a table that the pipeline fills.
fn is_output(version: &str) -> bool {
    version.starts_with("mart.")
}

/// The table of a version.
fn table(version: &str) -> &str {
    version.split('@').next().unwrap()
}

pub(super) fn statements(input: &RunInput) -> impl Iterator<Item = &RunStatement> {
    input.steps.iter().filter_map(|step| match &step.work {
        Work::Run(statement) => Some(statement),
        Work::Materialise { .. } | Work::Release { .. } => None,
    })
}

/// The places of what the frames of a plan affect: readers, what reads the temporary views that these make, what all of
/// them depend on, and what sets the session up.
pub(super) fn affected(input: &RunInput) -> BTreeSet<String> {
    let all: Vec<&RunStatement> = statements(input).collect();
    let readers = all.iter().filter(|one| !one.frames.is_empty());
    let mut wanted: BTreeSet<String> = readers.map(|one| one.place()).collect();
    let reads_any = |one: &RunStatement, versions: &BTreeSet<&String>| {
        one.reads.iter().any(|version| versions.contains(version))
    };
    // Temporary views that readers make, one over the other.
    loop {
        let made: BTreeSet<&String> = all
            .iter()
            .filter(|one| wanted.contains(&one.place()))
            .flat_map(|one| &one.starts)
            .filter(|version| !is_output(version))
            .collect();
        let before = wanted.len();
        wanted.extend(
            all.iter()
                .filter(|one| reads_any(one, &made))
                .map(|one| one.place()),
        );
        if wanted.len() == before {
            break;
        }
    }
    wanted.extend(
        all.iter()
            .filter(|one| one.starts.is_empty() && one.kind != "query")
            .map(|one| one.place()),
    );
    loop {
        let needed: BTreeSet<&String> = all
            .iter()
            .filter(|one| wanted.contains(&one.place()))
            .flat_map(|one| &one.reads)
            .collect();
        let before = wanted.len();
        let starts_any =
            |one: &RunStatement| one.starts.iter().any(|version| needed.contains(version));
        wanted.extend(
            all.iter()
                .filter(|one| starts_any(one))
                .map(|one| one.place()),
        );
        if wanted.len() == before {
            return wanted;
        }
    }
}
