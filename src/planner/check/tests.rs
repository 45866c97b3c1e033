//! A correct plan passes; each promise has seeded faults that are caught.

mod derived;
mod joins;
mod sample;

use self::sample::{Sample, namespaced, sample};
use super::*;
use crate::facts::access::{Barrier, Fixed, Origin, Sensitivity, SensitivityKind};
use crate::facts::catalog::TableKind;
use crate::planner::emit::{Language, ProgramText};

/// The violations of a sample with one fault; each must break the promise named.
fn faults(promise: Promise, mutations: &[&dyn Fn(&mut Sample)]) -> String {
    let shown = mutations.iter().enumerate().map(|(number, mutate)| {
        let mut sample = sample();
        mutate(&mut sample);
        let violations = sample.check();
        assert!(
            violations
                .iter()
                .any(|violation| violation.promise == promise),
            "fault {number} is not seen as {promise}: {violations:?}"
        );
        violations
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    });
    shown.collect::<Vec<_>>().join("\n\n")
}

#[test]
fn a_correct_plan_holds_every_promise() {
    let sample = sample();
    let violations: Vec<String> = sample.check().iter().map(ToString::to_string).collect();
    assert_eq!(violations, [""; 0]);
}

#[test]
fn a_plain_plan_holds_every_promise() {
    let mut sample = sample();
    sample.plan.frames.clear();
    sample.plan.steps = (0..6)
        .map(|number| Step::Run(StatementId(number)))
        .collect();
    let statements = &sample.workload.statements;
    sample.program = Program {
        start: Vec::new(),
        steps: statements
            .iter()
            .map(|statement| ProgramStep {
                step: Step::Run(statement.id),
                texts: vec![ProgramText {
                    language: Language::Sql,
                    text: sample.sources.text(statement.span).to_owned(),
                    namespaced: false,
                }],
            })
            .collect(),
        finish: Vec::new(),
    };
    sample.plan.summary.frames = 0;
    sample.plan.summary.scans_after = 6;
    sample.plan.summary.peak_bytes = 0;
    assert_eq!(sample.check(), []);
}

#[test]
fn equivalent_spellings_are_accepted() {
    let mut sample = sample();
    sample.text(1, "AS gd", "as `GD`");
    sample.text(
        0,
        "WHERE (age < 25 AND day = '${day}')",
        "WHERE (((AGE < 25)) AND ((day = '${day}')))",
    );
    sample.text(0, "policy_id, age, day", "*");
    sample.text(4, "SELECT p.policy_id, max(p.version) AS v FROM raw.policies p GROUP BY p.policy_id", "select policy.policy_id, max(policy.version) v from `RAW`.policies as policy group by policy.policy_id");
    assert_eq!(sample.check(), []);
}

#[test]
fn faults_of_order_are_caught() {
    insta::assert_snapshot!(faults(
        Promise::Order,
        &[
            &|sample| sample.shift(9, 8),
            &|sample| sample.shift(8, 0),
            &|sample| sample.remove(9),
            &|sample| {
                let (step, text) = (sample.plan.steps[9], sample.program.steps[9].clone());
                sample.plan.steps.push(step);
                sample.program.steps.push(text);
            },
            &|sample| {
                sample.workload.accesses[4].starts[0].generation = 0;
            },
            &|sample| {
                let span = sample.workload.statements[3].span;
                let reason = "unknown".to_owned();
                sample.workload.accesses[3].barrier =
                    Some(crate::facts::access::Barrier { reason, span });
                sample.shift(9, 0);
            },
        ],
    ));
}

#[test]
fn faults_of_residency_are_caught() {
    insta::assert_snapshot!(faults(
        Promise::Residency,
        &[
            // Kept across a write, released too early or never, built too late or twice or without reader.
            &|sample| sample.shift(3, 8),
            &|sample| sample.shift(3, 2),
            &|sample| sample.remove(7),
            &|sample| sample.shift(0, 2),
            &|sample| sample.remove(0),
            &|sample| {
                let (step, text) = (sample.plan.steps[0], sample.program.steps[0].clone());
                sample.plan.steps.insert(4, step);
                sample.program.steps.insert(4, text);
            },
            &|sample| {
                sample.plan.frames[0].readers.clear();
            },
            // Another version, an input not declared, a barrier crossed, a reader that writes the input.
            &|sample| sample.plan.frames[0].inputs[0].generation = 1,
            &|sample| sample.plan.frames[1].inputs.clear(),
            &|sample| {
                let span = sample.workload.statements[2].span;
                let reason = "unknown".to_owned();
                sample.workload.accesses[2].barrier =
                    Some(crate::facts::access::Barrier { reason, span });
            },
            &|sample| {
                let write = sample.workload.accesses[4].writes[0].clone();
                sample.workload.accesses[1].writes.push(write);
            },
            &|sample| {
                let mut read = sample.workload.accesses[0].reads[0].clone();
                read.id = ReadId(100);
                read.origin = Origin::ThroughView(read.version.table);
                read.version = sample.workload.accesses[4].reads[0].version;
                sample.workload.accesses[0].reads.push(read);
            },
            // What an unqualified name means is not known.
            &|sample| sample.text(0, "raw.gd", "gd"),
        ],
    ));
}

#[test]
fn faults_of_text_are_caught() {
    insta::assert_snapshot!(faults(
        Promise::Text,
        &[
            // The user's text altered, or searched for the prefix, or in another language.
            &|sample| sample.text(9, "SELECT *", "SELECT  *"),
            &|sample| sample.program.steps[9].texts[0].namespaced = true,
            &|sample| sample.program.steps[9].texts[0].language = Language::Python,
            &|sample| sample.text(1, "age < 25", "age < 26"),
            &|sample| sample.text(1, "-- the young", ""),
            &|sample| sample.program.steps[1].texts[0].text.push_str(" LIMIT 1"),
            &|sample| sample.program.steps[1].texts[0].namespaced = false,
            // The alias lost, wrong or doubled; another frame; a place left out.
            &|sample| sample.text(1, " AS gd", ""),
            &|sample| sample.text(1, " AS gd", " AS g"),
            &|sample| sample.text(2, " g ", " AS gd "),
            &|sample| sample.text(2, "{ns}_gd_1", "{ns}_latest_1"),
            &|sample| sample.text(2, "{ns}_gd_1", "raw.gd"),
            &|sample| sample.workload.accesses[0].reads[0].fixed =
                Some(Fixed::FullyQualifiedColumn),
            // A projection with other, renamed or swapped columns.
            &|sample| sample.text(6, "policy_id, V", "policy_id, v"),
            &|sample| sample.text(6, "policy_id, V", "V, policy_id"),
            &|sample| sample.text(6, "policy_id, V", "*"),
            &|sample| sample.text(4, "AS v", "AS w"),
            &|sample| sample.text(6, "{ns}_latest_1)", "{ns}_latest_1 LIMIT 5)"),
            // Building, releasing, dropping.
            &|sample| sample.text(0, "TEMP VIEW", "VIEW"),
            &|sample| sample.text(0, "OR REPLACE ", ""),
            &|sample| sample.text(0, "{ns}_gd_1", "{ns}_gd_2"),
            &|sample| {
                sample.program.steps[0].texts.pop();
            },
            &|sample| sample.program.steps[0].texts[1] =
                namespaced("CACHE LAZY TABLE {ns}_gd_1 OPTIONS('storageLevel' 'MEMORY_AND_DISK')"),
            &|sample| sample.text(3, "{ns}_gd_1", "{ns}_latest_1"),
            &|sample| sample.program.finish.reverse(),
            &|sample| {
                sample.program.finish.pop();
            },
            // Names that could be mistaken.
            &|sample| sample.plan.frames[0].name = "gd".to_owned(),
            &|sample| sample.plan.frames[0].name = "latest_1".to_owned(),
            &|sample| sample.plan.frames[0].name = "a b".to_owned(),
            &|sample| sample.program.steps.swap(8, 9),
        ],
    ));
}

#[test]
fn faults_of_covering_reads_are_caught() {
    insta::assert_snapshot!(faults(
        Promise::Covering,
        &[
            &|sample| sample.text(0, "policy_id, age, day", "policy_id, day"),
            &|sample| sample.text(0, "policy_id, age, day", "policy_id, age + 1 AS age, day"),
            &|sample| sample.text(0, "policy_id, age, day", "policy_id, day AS age, day"),
            &|sample| sample.text(0, "policy_id, age, day", "DISTINCT policy_id, age, day"),
            &|sample| sample.text(0, "policy_id, age, day", "policy_id, age, colour"),
            // Too narrow.
            &|sample| sample.text(0, "age < 25", "age < 24"),
            &|sample| sample.text(0, ") OR (", ") AND ("),
            &|sample| sample.text(0, "age BETWEEN 70 AND 90", "age BETWEEN 70 AND 80"),
            &|sample| sample.text(
                0,
                "(age < 25 AND day = '${day}')",
                "(age < 25 AND day = '${day}' AND policy_id > 0)"
            ),
            &|sample| sample.text(0, "'${day}'", "'2024-06-30'"),
            &|sample| sample.text(0, ") OR (", ") OR NOT ("),
            // Another table, more than one, more than a filter.
            &|sample| sample.text(0, "raw.gd", "raw.policies"),
            &|sample| sample.text(0, "raw.gd", "raw.gd JOIN raw.staging"),
            &|sample| sample.text(0, ") WHERE '{ns}'", " LIMIT 10) WHERE '{ns}'"),
            // A test that may fail on rows of other readers.
            &|sample| {
                let facts = sample.catalog.tables.get_mut("raw.gd").unwrap();
                facts.columns[2].data_type = "int".to_owned();
            },
            // A reader that needs all columns.
            &|sample| {
                sample.text(0, "policy_id, age, day", "policy_id, day, age");
                sample.workload.accesses[0].reads[0].columns = None;
            },
            &|sample| {
                sample.workload.accesses[0].reads[0].filters.pop();
            },
        ],
    ));
}

#[test]
fn faults_of_repeated_subqueries_are_caught() {
    insta::assert_snapshot!(faults(
        Promise::Repetition,
        &[
            &|sample| sample.text(4, "max(", "min("),
            &|sample| sample.text(4, "SELECT p.policy_id,", "SELECT"),
            &|sample| sample.text(4, " GROUP BY", " WHERE p.version > 0 GROUP BY"),
            &|sample| sample.text(4, "max(p.version) AS v", "p.policy_id AS v"),
            &|sample| sample.workload.accesses[3].subqueries[0].closed = false,
            &|sample| {
                let other = sample.workload.accesses[0].reads[0].version;
                sample.workload.accesses[3].reads[0].version = other;
                sample.plan.frames[1].inputs.push(other);
            },
        ],
    ));
}

#[test]
fn faults_of_sensitivity_are_caught() {
    let sensitivity = |kind, span| Sensitivity {
        kind,
        span,
        what: "rand".to_owned(),
    };
    insta::assert_snapshot!(faults(
        Promise::Sensitivity,
        &[
            &|sample| {
                let span = sample.workload.statements[1].span;
                let found = sensitivity(SensitivityKind::RowOrigin, span);
                sample.workload.accesses[1].sensitivities.push(found);
            },
            &|sample| {
                let span = sample.workload.statements[0].span;
                let found = sensitivity(SensitivityKind::Sampling, span);
                sample.workload.accesses[0].sensitivities.push(found);
            },
            &|sample| {
                let span = sample.workload.statements[0].span;
                let found = sensitivity(SensitivityKind::OrderSensitive, span);
                sample.workload.accesses[0].sensitivities.push(found);
            },
            &|sample| {
                let subquery = &mut sample.workload.accesses[2].subqueries[0];
                let found = sensitivity(SensitivityKind::NonDeterministic, subquery.body);
                subquery.sensitivities.push(found);
            },
            &|sample| {
                let subquery = &mut sample.workload.accesses[2].subqueries[0];
                let found = sensitivity(SensitivityKind::MayFail, subquery.body);
                subquery.sensitivities.push(found);
            },
            &|sample| {
                sample.catalog.tables.get_mut("raw.gd").unwrap().kind = TableKind::View;
            },
            &|sample| {
                let facts = sample.catalog.tables.get_mut("raw.gd").unwrap();
                facts.rows_depend_on_columns = true;
            },
            &|sample| {
                let mut facts = sample.catalog.tables["raw.gd"].clone();
                facts.rows_depend_on_columns = true;
                let tables = &mut sample.catalog.tables;
                tables.insert("raw.policies".to_owned(), facts);
            },
            // All columns of the table, read by statements that write.
            &|sample| {
                let facts = sample.catalog.tables.get_mut("raw.gd").unwrap();
                "array<char(5)>".clone_into(&mut facts.columns[0].data_type);
            },
            // A statement before them may make the table anew, and nobody knows how.
            &|sample| {
                let version = sample.workload.accesses[0].reads[0].version;
                let access = &mut sample.workload.accesses[0];
                let (reason, span) = ("opaque".to_owned(), sample.workload.statements[0].span);
                access.barrier = Some(Barrier { reason, span });
                access.starts.push(version);
            },
            // Nothing tells its columns.
            &|sample| {
                sample.catalog.tables.remove("raw.policies");
            },
        ],
    ));
}

#[test]
fn faults_of_sharing_are_caught() {
    let mark = " WHERE '{ns}' IS NOT NULL";
    insta::assert_snapshot!(faults(
        Promise::Sharing,
        &[
            &|sample| sample.text(0, mark, " WHERE '{ns}' IS NULL"),
            &|sample| sample.text(0, mark, " WHERE '{ns}' IS NOT NULL LIMIT 9"),
            &|sample| sample.text(0, mark, " WHERE '{ns}' IS NOT NULL AND 1 = 0"),
            &|sample| sample.text(0, "SELECT * FROM", "SELECT DISTINCT * FROM"),
        ],
    ));
    // Without the mark at all.
    let mut unmarked = sample();
    unmarked.text(0, "SELECT * FROM (", "");
    unmarked.text(0, ") WHERE '{ns}' IS NOT NULL", "");
    assert!(!unmarked.check().is_empty());
}

#[test]
fn faults_of_totals_are_caught() {
    insta::assert_snapshot!(faults(
        Promise::Totals,
        &[
            &|sample| sample.plan.summary.peak_bytes = 100,
            &|sample| sample.plan.summary.budget_bytes = 199,
            &|sample| sample.plan.summary.scans_before = 7,
            &|sample| sample.plan.summary.scans_after = 3,
            &|sample| sample.plan.summary.statements = 5,
            &|sample| sample.plan.summary.frames = 1,
            // Both live at one time.
            &|sample| sample.shift(3, 7),
        ],
    ));
}
