//! The sample pipeline through every stage that does no I/O, by snapshot, and what it promises to contain.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hoist::facts::access::{self, Declarations, Origin, Read, TableId, resolve};
use hoist::facts::catalog::Catalog;
use hoist::facts::workload::{self, Workload};
use hoist::frontend;
use hoist::frontend::source::{LoadOptions, Sources, Variables, load};
use hoist::frontend::statement::{StatementKind, ViewScope};
use hoist::planner::check::check;
use hoist::planner::cost::CostModel;
use hoist::planner::emit::{Program, emit};
use hoist::planner::frame::{self, Candidates, Definition};
use hoist::planner::plan::{Plan, PlanOptions, choose};

/// Everything the stages make of the sample.
struct Sample {
    sources: Sources,
    catalog: Catalog,
    workload: Workload,
    candidates: Candidates,
    plan: Plan,
    program: Program,
}

/// The files of the sample.
pub(crate) fn sources() -> Sources {
    let root = root();
    load(
        &root,
        std::slice::from_ref(&root),
        &LoadOptions::default(),
        &variables(),
    )
    .unwrap()
}

/// The folder of the sample.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("queries")
}

/// Values of the variables of the sample.
pub(crate) fn variables() -> Variables {
    Variables::from([("report_date".to_owned(), "2024-06-30".to_owned())])
}

/// What the settings of the sample declare.
pub(crate) fn declarations() -> Declarations {
    Declarations {
        default_database: "default".to_owned(),
        keys: BTreeMap::from([(
            "insurance.policies".to_owned(),
            vec!["policy_id".to_owned(), "version".to_owned()],
        )]),
        deterministic_functions: BTreeSet::new(),
    }
}

fn sample() -> Sample {
    let sources = sources();
    let declarations = declarations();
    let document: serde_json::Value =
        serde_json::from_str(include_str!("fixtures/sample-catalog.json")).unwrap();
    let catalog: Catalog = serde_json::from_value(document["catalog"].clone()).unwrap();
    let parsed = hoist::frontend::parse(&sources);
    assert_eq!(parsed.diagnostics, []);
    let accesses = access::resolve(&parsed.statements, &catalog, &declarations);
    assert_eq!(accesses.diagnostics, []);
    let workload = workload::build(parsed.statements, accesses);
    let candidates = frame::candidates(&workload, &sources, &catalog);
    let options = PlanOptions {
        budget_bytes: 2 << 30,
        margin_percent: 200,
        min_gain_micros: 200_000,
        frames: true,
        ..PlanOptions::default()
    };
    let plan = choose(
        &workload,
        &candidates,
        &CostModel::new(&workload, &catalog),
        &options,
    );
    let program = emit(&plan, &candidates, &workload, &sources);
    Sample {
        sources,
        catalog,
        workload,
        candidates,
        plan,
        program,
    }
}

impl Sample {
    fn named(&self) -> impl Iterator<Item = (&Read, &str)> {
        self.workload
            .accesses
            .iter()
            .flat_map(|access| &access.reads)
            .filter_map(|read| {
                let table = self.workload.table(read.version.table)?;
                matches!(read.origin, Origin::Named { .. }).then_some((read, table.name.as_str()))
            })
    }

    /// Statements that name all of `tables`.
    fn statements_reading(&self, tables: &[&str]) -> usize {
        let mut read: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for (access, table) in self.named() {
            read.entry(access.statement).or_default().insert(table);
        }
        read.values()
            .filter(|read| tables.iter().all(|table| read.contains(table)))
            .count()
    }
}

#[test]
fn the_header_of_the_python_step_says_what_is_seen_in_it() {
    let text = include_str!("../../queries/09_vehicles_clean.py");
    let touched = |text: &str| {
        let variables = Variables::from([("report_date".to_owned(), "2024-06-30".to_owned())]);
        let sources = Sources::from_texts([("09.py", text)], &variables);
        let parsed = frontend::parse(&sources);
        let found = resolve(
            &parsed.statements,
            &Catalog::default(),
            &Declarations::default(),
        );
        assert_eq!(found.diagnostics, []);
        let access = &found.accesses[0];
        assert_eq!(access.barrier, None);
        let name = |table: TableId| found.tables[table.0 as usize].name.clone();
        let reads: Vec<String> = access
            .reads
            .iter()
            .map(|read| name(read.version.table))
            .collect();
        let writes: Vec<String> = access
            .writes
            .iter()
            .map(|write| name(write.table))
            .collect();
        (reads, writes)
    };
    let (header, code) = text.split_once('\n').unwrap();
    assert!(header.starts_with("# hoist: "));
    assert_eq!(touched(text), touched(code));
    assert_eq!(
        touched(&format!("{header}\nimport helpers\n")),
        touched(code)
    );
    assert_eq!(touched(code).0, ["insurance.vehicles"]);
}

#[test]
fn the_sample_is_the_pipeline_it_claims_to_be() {
    let sample = sample();
    let statements = &sample.workload.statements;
    assert_eq!(statements.len(), 25);
    let kind = |wanted: fn(&StatementKind) -> bool| {
        statements
            .iter()
            .filter(|statement| wanted(&statement.kind))
            .count()
    };
    assert_eq!(kind(|kind| matches!(kind, StatementKind::Python(_))), 1);
    assert_eq!(kind(|kind| matches!(kind, StatementKind::Query(_))), 1);
    assert_eq!(kind(|kind| matches!(kind, StatementKind::Opaque { .. })), 0);
    assert!(
        kind(|kind| matches!(
            kind,
            StatementKind::CreateView {
                scope: ViewScope::Temporary,
                ..
            }
        )) >= 1
    );
    assert!(
        sample
            .workload
            .accesses
            .iter()
            .all(|access| access.barrier.is_none())
    );

    let sources: BTreeSet<&str> = sample
        .named()
        .filter(|(read, table)| read.version.generation == 0 && table.starts_with("insurance."))
        .map(|(_, table)| table)
        .collect();
    assert_eq!(
        sources.len(),
        9,
        "vehicles are read by the Python step too: {sources:?}"
    );
    assert!(sample.statements_reading(&["insurance.general_data"]) >= 12);
    let joined = [
        "insurance.policies",
        "insurance.customers",
        "insurance.vehicles",
    ];
    assert!(sample.statements_reading(&joined) >= 6);
    let features = sample.statements_reading(&["insurance.trips"])
        + sample.statements_reading(&["insurance.claims"]);
    assert!(features >= 6);
    let generations: BTreeSet<u32> = sample
        .named()
        .filter(|(_, table)| *table == "mart.exposure")
        .map(|(read, _)| read.version.generation)
        .collect();
    assert_eq!(generations.len(), 2, "overwritten between two readers");
    assert!(
        sample
            .sources
            .iter()
            .any(|source| source.variables().any(|(v, _)| v == "report_date"))
    );
    for source in &sample.sources {
        let comment = source.template().lines().next().unwrap_or("");
        assert!(
            comment.starts_with("-- ") || comment.starts_with("# "),
            "{}",
            source.name
        );
    }
}

#[test]
fn accesses() {
    let sample = sample();
    let mut text = String::new();
    for (statement, access) in sample
        .workload
        .statements
        .iter()
        .zip(&sample.workload.accesses)
    {
        writeln!(
            text,
            "{} {}",
            sample.sources.place(statement.span),
            statement.kind.word()
        )
        .unwrap();
        for read in &access.reads {
            let table = &sample.workload.table(read.version.table).unwrap().name;
            let columns = read
                .columns
                .as_ref()
                .map_or("all or unknown".to_owned(), |columns| {
                    columns.iter().cloned().collect::<Vec<_>>().join(" ")
                });
            let origin = match read.origin {
                Origin::Named { .. } => "",
                Origin::ThroughView(_) => " through a view",
                Origin::Declared(_) => " declared",
                Origin::Recognised(_) => " recognised",
                Origin::Carried => " carried",
            };
            writeln!(
                text,
                "  reads {table}@{}{origin}: {columns}",
                read.version.generation
            )
            .unwrap();
            for filter in &read.filters {
                writeln!(text, "    where {}", sample.sources.text(filter.span)).unwrap();
            }
        }
        for write in &access.writes {
            let table = &sample.workload.table(write.table).unwrap().name;
            writeln!(
                text,
                "  writes {table}@{} ({:?})",
                write.produces.generation, write.kind
            )
            .unwrap();
        }
        for sensitivity in &access.sensitivities {
            writeln!(
                text,
                "  sensitive: {:?} {}",
                sensitivity.kind, sensitivity.what
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn hazards() {
    let sample = sample();
    let place = |id| {
        sample
            .sources
            .place(sample.workload.statement(id).unwrap().span)
    };
    let mut text = String::new();
    for hazard in &sample.workload.hazards {
        let table = hazard.table.and_then(|id| sample.workload.table(id));
        let table = table.map_or("", |table| table.name.as_str());
        writeln!(
            text,
            "{} -> {}: {:?} {table}",
            place(hazard.from),
            place(hazard.to),
            hazard.kind
        )
        .unwrap();
    }
    insta::assert_snapshot!(text);
}

/// A definition; of a join core what it joins, without the places of its readers.
fn shown(definition: &Definition) -> String {
    let Definition::JoinCore { members, hull, .. } = definition else {
        return format!("{definition:?}");
    };
    let members = members.iter().map(|member| {
        let keys = member.keys.iter();
        let keys = keys.map(|key| format!("{} = {}.{}", key.column, key.member, key.other));
        let columns = member.columns.iter();
        let columns = columns.map(|column| format!("{} AS {}", column.column, column.name));
        format!(
            "\n  {:?} {:?} {} ON [{}]: {}",
            member.kind,
            member.version,
            member.alias,
            keys.collect::<Vec<_>>().join(", "),
            columns.collect::<Vec<_>>().join(", ")
        )
    });
    format!("{}\n  hull {hull:?}", members.collect::<String>())
}

#[test]
fn candidates() {
    let sample = sample();
    let mut text = String::new();
    for candidate in &sample.candidates.candidates {
        let readers: Vec<String> = candidate
            .readers
            .iter()
            .map(|reader| {
                sample
                    .sources
                    .place(sample.workload.statement(reader.statement).unwrap().span)
            })
            .collect();
        let definition = shown(&candidate.definition);
        writeln!(text, "{:?} {definition}", candidate.kind()).unwrap();
        writeln!(text, "  readers {}", readers.join(" ")).unwrap();
    }
    for refusal in &sample.candidates.refusals {
        let reason = &refusal.reason;
        writeln!(
            text,
            "refused {:?}: {} {}",
            refusal.subject, reason.code, reason.text
        )
        .unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn decisions() {
    let sample = sample();
    let frames: Vec<&str> = sample
        .plan
        .frames
        .iter()
        .map(|frame| frame.name.as_str())
        .collect();
    assert!(frames.len() >= 2, "{frames:?}");
    let refused = |table: &str| {
        sample.catalog.tables[table].provider.as_deref() == Some("parquet")
            && sample.plan.decisions.iter().any(|decision| {
                decision.frame.is_none()
                    && decision.reasons[0].code == "not-worth"
                    && decision.reasons[0].text.contains(table)
            })
    };
    assert!(
        refused("insurance.customers"),
        "a repeated Parquet table is refused with its reason"
    );
    let mut text = format!("{:#?}\n", sample.plan.summary);
    for decision in &sample.plan.decisions {
        for reason in &decision.reasons {
            writeln!(text, "{}: {}", reason.code, reason.text).unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn program() {
    let sample = sample();
    let violations = check(
        &sample.workload,
        &sample.sources,
        &sample.catalog,
        &sample.plan,
        &sample.program,
    );
    assert!(violations.is_empty(), "{violations:?}");
    let mut text = String::new();
    for step in &sample.program.steps {
        writeln!(text, "==== {:?}", step.step).unwrap();
        for part in step.texts.iter().filter(|part| part.namespaced) {
            writeln!(text, "{}\n----", part.text).unwrap();
        }
    }
    for part in &sample.program.finish {
        writeln!(text, "{}", part.text).unwrap();
    }
    insta::assert_snapshot!(text);
}

/// Codes of reasons in the source of the planner: after `Reason::new(`, and where a code is chosen by a `match`.
fn reason_codes() -> BTreeSet<String> {
    let planner = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/planner");
    let mut files = vec![planner.join("plan/decide.rs")];
    let mut folders = vec![planner.join("frame")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let list = if path.is_dir() {
                &mut folders
            } else {
                &mut files
            };
            list.push(path);
        }
    }
    let mut codes = BTreeSet::new();
    for file in files {
        if file.ends_with("tests.rs") || file.ends_with("lift.rs") {
            continue;
        }
        let text = std::fs::read_to_string(file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        for (before, rest) in text.match_indices('"').map(|(at, _)| text.split_at(at)) {
            let before = before.trim_end();
            let chooses = ["Reason::new(", "=> (", "=>"]
                .iter()
                .any(|end| before.ends_with(end));
            let code = rest[1..].split('"').next().unwrap();
            let kebab = code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if chooses && kebab && !code.is_empty() {
                codes.insert(code.to_owned());
            }
        }
    }
    codes
}

#[test]
fn every_refusal_says_what_lifts_it() {
    let codes = reason_codes();
    assert!(codes.len() > 30, "{codes:?}");
    for code in &codes {
        let lift = frame::lift(code);
        assert!(lift.is_some(), "nothing is said of what lifts `{code}`");
        if let Some(advice) = lift.and_then(frame::Lift::advice) {
            let fragment = advice.chars().next().is_some_and(char::is_lowercase);
            assert!(fragment && !advice.ends_with('.'), "{advice}");
        }
    }
    assert_eq!(frame::lift("no-such-code"), None);
}

/// Soundness does not eat the gain: of the sample every repeated read and subquery could use a frame, and what does not
/// would gain too little.
#[test]
fn nothing_of_the_sample_is_refused() {
    let sample = sample();
    assert_eq!(sample.candidates.refusals, []);
    let decisions = sample.plan.decisions.iter();
    let codes: BTreeSet<&str> = decisions
        .flat_map(|decision| &decision.reasons)
        .map(|reason| reason.code)
        .collect();
    let allowed = [
        "chosen",
        "not-worth",
        "served-by-another-frame",
        "widens-frame",
    ];
    for code in codes {
        assert!(allowed.contains(&code), "{code}");
    }
}
