//! What differs between two runs, in words.

use std::collections::{BTreeMap, BTreeSet};

use hoist::runtime::run::{RunRecord, StepKind, StepState};

use super::{Output, Planned, Side};

/// Rows shown of each kind of difference.
const SHOWN: usize = 5;

pub(super) fn differences(planned: &Planned, plain: &Side, hoisted: &Side) -> Vec<String> {
    let mut found = planned.violations.clone();
    let (left, right) = (failures(&plain.record), failures(&hoisted.record));
    if left != right {
        found.push(format!(
            "the plain run failed at {left:?}, the hoisted one at {right:?}: {:?}",
            hoisted.record.failures
        ));
    }
    if !hoisted.record.left_behind.is_empty() {
        found.push(format!("left behind: {:?}", hoisted.record.left_behind));
    }
    let ordered = planned.ordered();
    let any_branch = has_set_operation(planned);
    let names: BTreeSet<&String> = plain.outputs.keys().chain(hoisted.outputs.keys()).collect();
    for name in names {
        match (plain.outputs.get(name), hoisted.outputs.get(name)) {
            (Some(left), Some(right)) => {
                let order = name
                    .strip_prefix("result ")
                    .and_then(|name| ordered.get(name));
                let [left, right] = [left, right].map(|output| {
                    if any_branch {
                        without_file_nullability(output)
                    } else {
                        output.clone()
                    }
                });
                found.extend(
                    output(&left, &right, order.is_some())
                        .into_iter()
                        .map(|what| format!("{name}: {what}")),
                );
            }
            (Some(_), None) => found.push(format!("{name}: there only after the plain run")),
            (None, _) => found.push(format!("{name}: there only after the hoisted run")),
        }
    }
    found
}

/// Whether a statement unites rows of several queries.
///
/// Adaptive execution drops the inputs of a union that turn out empty (Spark: `AQEPropagateEmptyRelation`), the first
/// ones that are finished, and the last one, which stays whatever it has, says which columns can be NULL. So which of two
/// empty inputs is first decides what the files note; the catalog and readers in Spark do not look at it.
fn has_set_operation(planned: &Planned) -> bool {
    planned.statements().iter().any(|statement| {
        let text = planned.sources.text(statement.span).to_uppercase();
        ["UNION", "INTERSECT", "EXCEPT", "MINUS"]
            .iter()
            .any(|word| text.contains(word))
    })
}

/// The same where the schemas noted in files say of no column that it cannot be NULL.
fn without_file_nullability(output: &Output) -> Output {
    let mut output = output.clone();
    if let Some(schemas) = output.facts.get_mut("files") {
        *schemas = schemas.replace("\"nullable\":false", "\"nullable\":true");
    }
    output
}

/// Statements that failed, and how.
fn failures(record: &RunRecord) -> Vec<(String, String)> {
    let failed = record
        .steps
        .iter()
        .filter(|step| step.kind == StepKind::Run && step.state == StepState::Failed);
    failed
        .zip(&record.failures)
        .map(|(step, failure)| (step.title.clone(), failure.class.clone()))
        .collect()
}

fn output(left: &Output, right: &Output, ordered: bool) -> Vec<String> {
    let mut found = Vec::new();
    let aspects: BTreeSet<&String> = left.facts.keys().chain(right.facts.keys()).collect();
    for aspect in aspects {
        let (plain, hoisted) = (left.facts.get(aspect), right.facts.get(aspect));
        if plain != hoisted {
            found.push(format!("its {aspect} is {hoisted:?} instead of {plain:?}"));
        }
    }
    let missing = beyond(&left.rows, &right.rows);
    let extra = beyond(&right.rows, &left.rows);
    if !missing.is_empty() {
        found.push(format!("rows are missing: {}", missing.join(" ")));
    }
    if !extra.is_empty() {
        found.push(format!("rows too many: {}", extra.join(" ")));
    }
    if ordered && found.is_empty() && left.rows != right.rows {
        found.push(format!(
            "the order of rows is {:?} instead of {:?}",
            right.rows, left.rows
        ));
    }
    found
}

/// The first rows of a bag that another one has not, or not as often.
fn beyond(bag: &[String], other: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    for row in other {
        *counts.entry(row).or_default() += 1;
    }
    let mut rows: Vec<&String> = bag.iter().collect();
    rows.sort();
    rows.retain(|row| match counts.get_mut(row) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    rows.into_iter().take(SHOWN).cloned().collect()
}

#[test]
fn nullability_in_files_can_be_left_out_and_nothing_else() {
    let noted = |text: &str| Output {
        facts: BTreeMap::from([("files".to_owned(), text.to_owned())]),
        rows: vec!["1".to_owned()],
    };
    let one = noted("{\"name\":\"a\",\"type\":\"long\",\"nullable\":false}");
    let other = noted("{\"name\":\"a\",\"type\":\"long\",\"nullable\":true}");
    assert_eq!(without_file_nullability(&one), other);
    let typed = noted("{\"name\":\"a\",\"type\":\"int\",\"nullable\":true}");
    assert_ne!(
        without_file_nullability(&one),
        without_file_nullability(&typed)
    );
}

#[test]
fn differences_of_outputs_are_found() {
    let made = |facts: &[(&str, &str)], rows: &[&str]| Output {
        facts: facts
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
        rows: rows.iter().map(|row| (*row).to_owned()).collect(),
    };
    let one = made(&[("schema", "a int")], &["1", "2", "2"]);
    let other = |facts: &[(&str, &str)], rows: &[&str], ordered| {
        output(&one, &made(facts, rows), ordered).join("; ")
    };
    let schema = [("schema", "a int")];
    assert_eq!(other(&schema, &["2", "1", "2"], false), "");
    assert!(other(&schema, &["2", "1", "2"], true).contains("order"));
    assert!(other(&schema, &["1", "2"], false).contains("missing: 2"));
    assert!(other(&schema, &["1", "1", "2", "2"], false).contains("too many: 1"));
    assert!(other(&[("schema", "A int")], &["1", "2", "2"], false).contains("its schema"));
    assert!(other(&[], &["1", "2", "2"], false).contains("None instead of"));
}
