//! Every kind of statement, and what hoist says of it: `tests/it/statements/*.sql`, one file per family.
//!
//! A snapshot shows for each statement its kind, what it reads (with columns; `*` where all or unknown), what it
//! writes, which tables it only describes, and why it is a barrier.

use std::fmt::Write;
use std::path::Path;

use hoist::facts::access::{self, Access, Accesses, Declarations, TableId, WriteKind};
use hoist::facts::catalog::Catalog;
use hoist::frontend::source::{Sources, Variables};

fn described(accesses: &Accesses, access: &Access) -> String {
    let name = |table: TableId| accesses.tables[table.0 as usize].name.as_str();
    let mut text = String::new();
    for read in &access.reads {
        let columns = read.columns.as_ref().map_or("*".to_owned(), |columns| {
            columns.iter().cloned().collect::<Vec<_>>().join(" ")
        });
        let version = read.version;
        let fixed = read
            .fixed
            .map_or(String::new(), |fixed| format!(", stays: {fixed:?}"));
        let (table, generation) = (name(version.table), version.generation);
        writeln!(text, "  reads {table}@{generation} ({columns}){fixed}").unwrap();
    }
    for write in &access.writes {
        let how = match write.kind {
            WriteKind::Replace => "replaces",
            WriteKind::Update => "updates",
            WriteKind::Define => "defines",
            WriteKind::Drop => "drops",
        };
        writeln!(text, "  {how} {}", name(write.table)).unwrap();
    }
    for table in &access.described {
        writeln!(text, "  describes {}", name(*table)).unwrap();
    }
    if let Some(barrier) = &access.barrier {
        writeln!(text, "  barrier: {}", barrier.reason).unwrap();
    }
    text
}

/// What hoist says of a file.
fn told(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let sources = Sources::from_texts([("statements.sql", text)], &Variables::new());
    let parsed = hoist::frontend::parse(&sources);
    let declarations = Declarations {
        default_database: "default".to_owned(),
        ..Declarations::default()
    };
    let accesses = access::resolve(&parsed.statements, &Catalog::default(), &declarations);
    let mut told = String::new();
    for (statement, access) in parsed.statements.iter().zip(&accesses.accesses) {
        let text = sources.text(statement.span);
        let first = text.lines().next().unwrap_or_default();
        writeln!(told, "{}: {first}", statement.kind.word()).unwrap();
        told.push_str(&described(&accesses, access));
    }
    for diagnostic in &parsed.diagnostics {
        let place = diagnostic
            .span
            .map_or_else(String::new, |span| sources.place(span));
        writeln!(told, "{}: {place}: {}", diagnostic.code, diagnostic.message).unwrap();
    }
    told
}

#[test]
fn every_kind_of_statement_is_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/statements");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        insta::assert_snapshot!(format!("statements_{name}"), told(&file));
    }
}
