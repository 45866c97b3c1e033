//! What a pipeline writes, and which of its texts name a folder.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::frontend::sql::{Token, TokenKind, tokens};
use crate::frontend::statement::{Query, QueryBody, Shape, StatementKind};

/// What there is to compare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    /// Tables and permanent views written, by canonical name.
    pub tables: BTreeSet<String>,
    /// Bare queries with a top-level `ORDER BY`, by file and position in it, with the columns they are ordered by;
    /// an empty list where those are not plain columns.
    pub ordered: BTreeMap<(String, u32), Vec<String>>,
    /// `file:line` of every statement that cannot be seen through.
    pub barriers: Vec<String>,
    /// What tables are called in the report, where that is not their name.
    pub shown: BTreeMap<String, String>,
}

impl Outputs {
    /// The outputs of a workload.
    pub fn new(workload: &Workload, sources: &Sources) -> Self {
        let mut outputs = Outputs::default();
        for (statement, access) in workload.statements.iter().zip(&workload.accesses) {
            for write in &access.writes {
                let table = workload.tables.get(write.table.0 as usize);
                if let Some(table) = table.filter(|table| !table.temporary) {
                    outputs.tables.insert(table.name.clone());
                }
            }
            if access.barrier.is_some() {
                outputs.barriers.push(sources.place(statement.span));
            }
            if let StatementKind::Query(query) = &statement.kind
                && let Some(keys) = order(query)
                && let Some(source) = sources.get(statement.source)
            {
                let key = (source.name.clone(), statement.number);
                outputs.ordered.insert(key, keys);
            }
        }
        outputs
    }
}

/// The columns a query's rows are ordered by; none without a top-level `ORDER BY`.
fn order(query: &Query) -> Option<Vec<String>> {
    if query.order_by.is_empty() {
        return match &query.body {
            QueryBody::Nested(inner) => order(inner),
            _ => None,
        };
    }
    let keys = query.order_by.iter().map(|key| {
        let column = (key.shape == Shape::Column).then(|| key.columns.first())??;
        column.parts.last().map(|part| part.text.clone())
    });
    Some(keys.collect::<Option<_>>().unwrap_or_default())
}

/// A clause that names a folder or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// `DIRECTORY` with its path, in a statement without other such clauses.
    Directory(String),
    /// Any other.
    Other(String),
}

impl std::fmt::Display for Clause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Clause::Directory(_) => f.write_str("`DIRECTORY`"),
            Clause::Other(clause) => f.write_str(clause),
        }
    }
}

/// The clause before the query that names a folder or a file.
pub(super) fn path_clause(text: &str) -> Option<Clause> {
    let Ok(tokens) = tokens(text) else {
        return Some(Clause::Other("text that is not understood".to_owned()));
    };
    let word = |token: &Token| {
        let range = token.range.start as usize..token.range.end as usize;
        text.get(range).unwrap_or_default().to_uppercase()
    };
    let head: Vec<&Token> = tokens
        .iter()
        .take_while(|token| !matches!(word(token).as_str(), "SELECT" | "WITH" | "VALUES"))
        .collect();
    let is_text = |index: usize| {
        let token = tokens.get(index);
        token.is_some_and(|token| token.kind == TokenKind::String)
    };
    let found: Vec<(usize, String)> = head
        .iter()
        .enumerate()
        .filter_map(|(index, token)| {
            let name = word(token);
            let named = match name.as_str() {
                "LOCATION" | "DIRECTORY" | "INPATH" => is_text(index + 1),
                "PATH" | "'PATH'" | "\"PATH\"" => is_text(index + 1) || is_text(index + 2),
                // parquet.`/folder`
                "PARQUET" | "ORC" | "CSV" | "JSON" | "TEXT" | "AVRO" => {
                    tokens.get(index + 2).is_some_and(|token| {
                        token.kind == TokenKind::QuotedIdentifier && word(token).contains('/')
                    })
                }
                _ => false,
            };
            named.then_some((index, name))
        })
        .collect();
    let (index, name) = found.first()?;
    let literal = tokens.get(index + 1).map(|token| {
        let range = token.range.start as usize..token.range.end as usize;
        text.get(range).unwrap_or_default()
    });
    match (literal, found.len()) {
        (Some(literal), 1) if name == "DIRECTORY" => {
            let path = literal.trim_matches(['\'', '"']).to_owned();
            Some(Clause::Directory(path))
        }
        _ => Some(Clause::Other(format!(
            "`{}`",
            name.trim_matches(['\'', '"'])
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_that_name_a_folder_are_found() {
        for text in [
            "CREATE TABLE t (a INT) USING csv LOCATION '/data/t'",
            "INSERT OVERWRITE LOCAL DIRECTORY '/data/t' USING csv SELECT 1",
            "LOAD DATA LOCAL INPATH '/data/t' INTO TABLE t",
            "CREATE TABLE t USING csv OPTIONS (path '/data/t') AS SELECT 1",
            "CREATE TABLE t USING csv OPTIONS ('path' = '/data/t')",
            "INSERT INTO parquet.`/data/t` SELECT 1",
            "ALTER TABLE t SET LOCATION '/data/t'",
        ] {
            assert!(path_clause(text).is_some(), "{text}");
        }
    }

    #[test]
    fn other_statements_are_not() {
        for text in [
            "INSERT INTO d.t SELECT path, location FROM d.s WHERE path = '/data'",
            "CREATE TABLE t COMMENT 'LOCATION' USING parquet AS SELECT 'x' location",
            "CREATE TABLE t (location STRING COMMENT 'where') USING orc -- LOCATION '/x'",
            "DROP TABLE IF EXISTS `parquet`",
        ] {
            assert_eq!(path_clause(text), None, "{text}");
        }
    }
}
