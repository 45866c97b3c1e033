//! Pipelines and facts for tests of rules.

use super::{Facts, Finding, Levels, findings};
use crate::diagnostic::Severity;
use crate::facts::access::{Declarations, resolve};
use crate::facts::catalog::{Catalog, ColumnFacts, TableFacts, TableKind};
use crate::facts::workload;
use crate::frontend::source::{Sources, Variables};
use crate::frontend::{MAX_STATEMENT_BYTES, parse_within};
use crate::planner::frame;

/// Files of a text: `-- 2.sql` alone on a line begins the next one.
pub(super) fn files(text: &str) -> Vec<(String, String)> {
    let mut files = vec![("1.sql".to_owned(), String::new())];
    for line in text.lines() {
        let name = line.strip_prefix("-- ").filter(|name| {
            let ending = std::path::Path::new(name).extension();
            !name.contains(' ') && ending.is_some_and(|ending| ending == "sql" || ending == "py")
        });
        match (name, files.last_mut()) {
            (Some(name), Some((last, text))) if text.is_empty() => name.clone_into(last),
            (Some(name), _) => files.push((name.to_owned(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    files
}

fn table(columns: &[(&str, &str)]) -> TableFacts {
    let column = |(name, data_type): &(&str, &str)| ColumnFacts {
        name: (*name).to_owned(),
        data_type: (*data_type).to_owned(),
        nullable: true,
    };
    TableFacts {
        kind: TableKind::Managed,
        provider: Some("parquet".to_owned()),
        columns: columns.iter().map(column).collect(),
        size_bytes: Some(1 << 20),
        ..TableFacts::default()
    }
}

/// The tables that examples of pages use.
pub(super) fn catalog() -> Catalog {
    let days = [("id", "bigint"), ("customer", "bigint"), ("day", "string")];
    let wide: Vec<String> = (1..=24).map(|number| format!("c{number}")).collect();
    let wide: Vec<(&str, &str)> = wide.iter().map(|name| (name.as_str(), "int")).collect();
    let visits = TableFacts {
        partition_columns: vec!["day".to_owned()],
        size_bytes: Some(64 << 30),
        ..table(&[("id", "bigint"), ("amount", "double"), ("day", "string")])
    };
    let one_row = TableFacts {
        rows: Some(1),
        ..table(&[("day", "string")])
    };
    let text = TableFacts {
        provider: Some("csv".to_owned()),
        ..table(&[("id", "bigint"), ("line", "string")])
    };
    let versions = TableFacts {
        provider: Some("delta".to_owned()),
        ..table(&[("id", "bigint")])
    };
    let returns = [
        ("id", "bigint"),
        ("day", "string"),
        ("order_code", "string"),
    ];
    let tables = [
        ("sales.orders", table(&days)),
        ("sales.returns", table(&returns)),
        (
            "sales.customers",
            table(&[("id", "bigint"), ("name", "string")]),
        ),
        ("sales.daily", table(&days[..2])),
        ("sales.events", table(&wide)),
        ("sales.visits", visits),
        ("sales.today", one_row),
        ("sales.log", text),
        ("sales.versions", versions),
        ("sales.gone", TableFacts::default()),
    ];
    let located = tables.map(|(name, mut facts)| {
        facts.location = (facts.kind == TableKind::Managed).then(|| format!("file:/w/{name}"));
        (name.to_owned(), facts)
    });
    Catalog {
        tables: located.into(),
        ..Catalog::default()
    }
}

/// The bound on the length of statements in the first line of a text, `-- longest: 60`.
fn longest(text: &str) -> u64 {
    let line = text.lines().next();
    let bytes = line.and_then(|line| line.strip_prefix("-- longest: "));
    bytes.map_or(MAX_STATEMENT_BYTES, |bytes| bytes.parse().unwrap())
}

/// Findings of a pipeline, with its files.
pub(super) fn found(text: &str, catalog: &Catalog, levels: &Levels) -> (Vec<Finding>, Sources) {
    let sources = Sources::from_texts(files(text), &Variables::new());
    let declarations = Declarations {
        default_database: "db".to_owned(),
        ..Declarations::default()
    };
    let parsed = parse_within(&sources, longest(text));
    let accesses = resolve(&parsed.statements, catalog, &declarations);
    let mut told = parsed.diagnostics;
    told.extend(accesses.diagnostics.iter().cloned());
    let templates = [sources.missing_variables(), sources.template_problems()];
    told.extend(templates.into_iter().flatten().map(|mut diagnostic| {
        diagnostic.severity = Severity::Warning;
        diagnostic
    }));
    let workload = workload::build(parsed.statements, accesses);
    let candidates = frame::candidates(&workload, &sources, catalog);
    let facts = Facts {
        sources: &sources,
        workload: &workload,
        catalog,
        candidates: &candidates,
        told: &told,
    };
    let found = findings(&facts, levels);
    (found, sources)
}

/// Codes of the findings of a pipeline, in order.
pub(super) fn codes_with(text: &str, catalog: &Catalog) -> Vec<&'static str> {
    let (found, _) = found(text, catalog, &Levels::new());
    found
        .iter()
        .map(|finding| finding.diagnostic.code)
        .collect()
}

/// The same with the facts of the examples.
pub(super) fn codes(text: &str) -> Vec<&'static str> {
    codes_with(text, &catalog())
}
