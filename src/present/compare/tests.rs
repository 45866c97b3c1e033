use super::*;
use crate::diagnostic::{Diagnostic, Severity, SourceId, Span};
use crate::facts::access::{Declarations, resolve};
use crate::facts::catalog::{Catalog, TableFacts, TableKind};
use crate::facts::workload;
use crate::frontend::source::Variables;

/// Statements and their order, with a place of its own for each table `db.a` to `db.h`.
fn pipeline(files: &[(&str, &str)]) -> (Sources, Workload) {
    let sources = Sources::from_texts(files.iter().copied(), &Variables::new());
    let tables = ('a'..='h').map(|letter| {
        let facts = TableFacts {
            kind: TableKind::Managed,
            location: Some(format!("file:/w/{letter}")),
            ..TableFacts::default()
        };
        (format!("db.{letter}"), facts)
    });
    let catalog = Catalog {
        tables: tables.collect(),
        ..Catalog::default()
    };
    let declarations = Declarations {
        default_database: "db".to_owned(),
        ..Declarations::default()
    };
    let parsed = crate::frontend::parse(&sources);
    let accesses = resolve(&parsed.statements, &catalog, &declarations);
    (sources, workload::build(parsed.statements, accesses))
}

fn state<'a>(of: &'a (Sources, Workload), findings: &'a [Finding]) -> State<'a> {
    State {
        sources: &of.0,
        workload: &of.1,
        findings,
        plan: None,
        work_micros: None,
    }
}

fn findings(prints: &[&str]) -> Vec<Finding> {
    let span = Span {
        source: SourceId(0),
        start: 0,
        end: 1,
    };
    let finding = |print: &&str| Finding {
        diagnostic: Diagnostic::new("cross-join", Severity::Warning, span, "m"),
        table: None,
        fingerprint: (*print).to_owned(),
    };
    prints.iter().map(finding).collect()
}

#[test]
fn findings_are_the_same_by_their_fingerprints() {
    let (before, after) = (findings(&["a", "b"]), findings(&["b", "c", "d"]));
    let empty = pipeline(&[]);
    let comparison = compare(state(&empty, &before), state(&empty, &after));
    let prints = |found: &[&Finding]| -> Vec<String> {
        found.iter().map(|one| one.fingerprint.clone()).collect()
    };
    assert_eq!(prints(&comparison.new), ["c", "d"]);
    assert_eq!(prints(&comparison.fixed), ["a"]);
    assert_eq!(comparison.remaining, 1);
    assert_eq!(comparison.prints(), BTreeSet::from(["c", "d"]));
}

#[test]
fn a_regression_is_more_than_it_may_be() {
    let compared = |before, now| Comparison {
        effort: Some(Effort {
            by: Measure::Reads,
            before,
            now,
        }),
        ..Comparison::default()
    };
    assert!(compared(100, 106).regresses(5));
    assert!(!compared(100, 105).regresses(5));
    assert!(!compared(100, 90).regresses(0));
    assert!(!Comparison::default().regresses(0));
}

const BEFORE: &[(&str, &str)] = &[
    (
        "1.sql",
        "INSERT OVERWRITE db.b SELECT x FROM db.a;\nINSERT OVERWRITE db.c SELECT x FROM db.b",
    ),
    ("2.sql", "INSERT INTO db.d SELECT x FROM db.c"),
];

#[test]
fn moved_lines_and_files_change_nothing() {
    let before = pipeline(BEFORE);
    let now = pipeline(&[
        (
            "1.sql",
            "-- why\n\ninsert overwrite db.b\nSELECT x FROM db.a",
        ),
        (
            "2.sql",
            "INSERT OVERWRITE db.c SELECT x FROM db.b;\nINSERT INTO db.d SELECT x FROM db.c",
        ),
    ]);
    let comparison = compare(state(&before, &[]), state(&now, &[]));
    assert_eq!(comparison.statements, []);
    assert_eq!(comparison.tables, []);
    assert_eq!(comparison.hazards, []);
}

#[test]
fn statements_come_go_and_change() {
    let before = pipeline(BEFORE);
    let now = pipeline(&[
        (
            "1.sql",
            "INSERT OVERWRITE db.b SELECT x FROM db.a WHERE x > 1",
        ),
        ("2.sql", "INSERT INTO db.d SELECT x FROM db.c"),
        ("3.sql", "SELECT x FROM db.a"),
    ]);
    let comparison = compare(state(&before, &[]), state(&now, &[]));
    let told = |one: &StatementChange| (one.place.clone(), one.change, one.details.clone());
    let told: Vec<_> = comparison.statements.iter().map(told).collect();
    let text = vec!["its text is another".to_owned()];
    assert_eq!(
        told,
        [
            ("1.sql:1".to_owned(), Change::Changes, text),
            ("3.sql:1".to_owned(), Change::Comes, vec![]),
            ("1.sql:2".to_owned(), Change::Goes, vec![]),
        ]
    );
    let tables: Vec<_> = comparison
        .tables
        .iter()
        .map(|one| (one.table.as_str(), one.reads, one.writes))
        .collect();
    assert_eq!(
        tables,
        [
            ("db.a", (1, 2), (0, 0)),
            ("db.b", (1, 0), (1, 1)),
            ("db.c", (1, 1), (1, 0)),
        ]
    );
}

#[test]
fn a_hazard_is_new_where_the_base_has_no_order() {
    let before = pipeline(BEFORE);
    // One between two others takes over a part of the order that was there; what it reads and writes is new.
    let between = pipeline(&[
        (
            "1.sql",
            "INSERT OVERWRITE db.b SELECT x FROM db.a;\nINSERT INTO db.a SELECT x FROM db.e;\nINSERT OVERWRITE db.c SELECT x FROM db.b",
        ),
        ("2.sql", "INSERT INTO db.d SELECT x FROM db.c"),
    ]);
    let told = |comparison: &Comparison<'_>| -> Vec<String> {
        let hazards = comparison.hazards.iter();
        hazards
            .map(|one| format!("{} {} {:?} {:?}", one.from, one.to, one.kind, one.table))
            .collect()
    };
    let comparison = compare(state(&before, &[]), state(&between, &[]));
    assert_eq!(
        told(&comparison),
        [r#"1.sql:1 1.sql:2 WriteAfterRead Some("db.a")"#]
    );
    // Without the statement between them the first and the last one keep the order that they had by way of it.
    let comparison = compare(state(&between, &[]), state(&before, &[]));
    assert_eq!(told(&comparison), [""; 0]);
    // Two that change places.
    let turned = pipeline(&[
        (
            "1.sql",
            "INSERT OVERWRITE db.c SELECT x FROM db.b;\nINSERT OVERWRITE db.b SELECT x FROM db.a",
        ),
        ("2.sql", "INSERT INTO db.d SELECT x FROM db.c"),
    ]);
    let comparison = compare(state(&before, &[]), state(&turned, &[]));
    assert_eq!(
        told(&comparison),
        [r#"1.sql:1 1.sql:2 WriteAfterRead Some("db.b")"#]
    );
}
