//! `INSERT` in all its forms, statements under `WITH`, and `FROM … INSERT … INSERT …`.

use std::ops::Range;

use super::parts::With;
use super::{Failure, Header};
use crate::frontend::statement::{Change, Command, Files, Name, Query, QueryBody, StatementKind};

/// Where an `INSERT` puts its rows.
enum Destination {
    Table {
        target: Name,
        overwrite: bool,
        /// Only part of the table is replaced.
        partial: bool,
    },
    Directory(Files),
}

impl Header<'_> {
    /// `WITH … query`, or common table expressions before a statement that changes a table.
    pub(super) fn with(&self, at: usize) -> Result<StatementKind, Failure> {
        let whole = || self.query(self.range.clone()).map(StatementKind::Query);
        let Some((body, last)) = self.after_ctes(at) else {
            return whole();
        };
        let prelude = || self.assembled(&[at..body, last]).map(With::of);
        let next = body + 1;
        match self.text.str(body).to_uppercase().as_str() {
            "INSERT" => self.insert(next, &prelude()?),
            "MERGE" => self.merge(next, &prelude()?),
            "UPDATE" => self.update(next, &prelude()?),
            "DELETE" => self.delete(self.expect(next, "FROM")?, &prelude()?),
            "FROM" if self.next_insert(body..self.range.end).is_some() => {
                self.insert_after_from(body, &prelude()?)
            }
            _ => whole(),
        }
    }

    /// Where the statement under `WITH` starts, and the last common table expression with its brackets.
    fn after_ctes(&self, at: usize) -> Option<(usize, Range<usize>)> {
        let mut at = self.skip(at + 1, &["RECURSIVE"]);
        loop {
            let (_, after) = self.text.name(at..self.range.end)?;
            at = after;
            if self.is_symbol(at, "(") {
                let after = self.after_brackets(at).ok()?;
                let is_body = !self.is_any(after, &["AS", "MAX"]) && !self.is_symbol(after, "(");
                if !is_body {
                    at = after;
                }
            }
            if self.is(at, &["MAX", "RECURSION", "LEVEL"]) {
                at += 4;
            }
            at = self.skip(at, &["AS"]);
            let open = at;
            at = self.after_brackets(at).ok()?;
            if !self.is_symbol(at, ",") {
                return Some((at, open..at));
            }
            at += 1;
        }
    }

    /// The next `INSERT INTO|OVERWRITE` outside brackets.
    fn next_insert(&self, range: Range<usize>) -> Option<usize> {
        self.text.top(range).find(|index| {
            self.is(*index, &["INSERT", "INTO"]) || self.is(*index, &["INSERT", "OVERWRITE"])
        })
    }

    /// After `INSERT`.
    pub(super) fn insert(&self, at: usize, with: &With) -> Result<StatementKind, Failure> {
        let (destination, at) = self.destination(at)?;
        let query = self.query_with(with, at..self.range.end)?;
        Ok(inserted(destination, query))
    }

    /// After `INSERT`, up to the query:
    /// `OVERWRITE|INTO [TABLE] name [PARTITION (…)] [IF NOT EXISTS] [(columns)|BY NAME]`,
    /// `INTO name REPLACE WHERE|ON|USING …`, `OVERWRITE [LOCAL] DIRECTORY …`.
    fn destination(&self, at: usize) -> Result<(Destination, usize), Failure> {
        let overwrite = self.is(at, &["OVERWRITE"]);
        let mut at = self.skip_any(at, &["OVERWRITE", "INTO"]);
        let local = self.skip(at, &["LOCAL"]);
        if overwrite && self.is(local, &["DIRECTORY"]) {
            let (files, at) = self.directory(local)?;
            return Ok((Destination::Directory(files), at));
        }
        if self.is(at, &["TABLE"]) && !self.is_symbol(at + 1, ".") {
            at += 1;
        }
        let (target, at) = self.name(at)?;
        let at = self.skip(at, &["WITH", "SCHEMA", "EVOLUTION"]);
        let at = self.skip_options(at)?;
        let partial = self.is(at, &["PARTITION"]);
        let at = self.skip_list(at, &["PARTITION"])?;
        let mut at = self.skip(at, &["IF", "NOT", "EXISTS"]);
        let (_, after) = self.alias(at, &[]);
        if self.is(after, &["REPLACE"]) {
            at = after;
        }
        if self.is(at, &["REPLACE"]) {
            let start = self
                .text
                .top(at..self.range.end)
                .find(|index| self.starts_rows(*index))
                .ok_or_else(|| self.unexpected(self.range.end, "a query"))?;
            // The condition may have queries of its own.
            if (at..start).any(|index| self.is(index, &["SELECT"])) {
                return Err(self.unknown());
            }
            at = start;
        } else if self.is(at, &["BY", "NAME"]) {
            at += 2;
        } else if self.is_symbol(at, "(") && self.is_column_list(at) {
            at = self.after_brackets(at)?;
        }
        let destination = Destination::Table {
            target,
            overwrite,
            partial,
        };
        Ok((destination, at))
    }

    /// After `WITH ('option' = value, …)`, where that stands here.
    fn skip_options(&self, at: usize) -> Result<usize, Failure> {
        if self.is(at, &["WITH"]) && self.is_symbol(at + 1, "(") {
            self.after_brackets(at + 1)
        } else {
            Ok(at)
        }
    }

    /// Whether a query starts here that stands after a condition.
    fn starts_rows(&self, at: usize) -> bool {
        let words = ["SELECT", "WITH", "VALUES", "FROM", "TABLE"];
        self.is_any(at, &words) && !self.is(at.saturating_sub(1), &["DISTINCT"])
    }

    /// `DIRECTORY [path] [USING provider] [OPTIONS (…)] [ROW FORMAT …] [STORED AS …]`
    fn directory(&self, at: usize) -> Result<(Files, usize), Failure> {
        let word = at;
        let mut files = Files {
            path: None,
            span: self.text.span(word..word + 1),
        };
        let mut at = at + 1;
        if self.is_string(at) {
            let (path, after) = self.string(at)?;
            files = Files {
                path: Some(path),
                span: self.text.span(at..after),
            };
            at = after;
        }
        let mut clauses = self.clauses(at)?;
        if let (None, Some(options)) = (&files.path, clauses.options.take()) {
            files.path = self.option(options, "path");
        }
        Ok((files, clauses.end))
    }

    /// `FROM relations INSERT … query [INSERT … query]…`; without `INSERT` a query that starts with its relations.
    pub(super) fn insert_after_from(
        &self,
        at: usize,
        with: &With,
    ) -> Result<StatementKind, Failure> {
        let Some(mut start) = self.next_insert(at..self.range.end) else {
            return self.query(self.range.clone()).map(StatementKind::Query);
        };
        let from = at..start;
        let mut inserts = Vec::new();
        while start < self.range.end {
            let end = self
                .next_insert(start + 1..self.range.end)
                .unwrap_or(self.range.end);
            let branch = Header {
                text: self.text,
                range: start..end,
            };
            let (destination, body) = branch.destination(start + 1)?;
            let query = with.over(self.branch(&from, body..end)?);
            inserts.push((destination, query));
            start = end;
        }
        if inserts.len() == 1
            && let Some((destination, query)) = inserts.pop()
        {
            return Ok(inserted(destination, query));
        }
        let mut command = Command::new("multi_insert");
        for (destination, query) in inserts {
            command.queries.push(query);
            command.changes.push(match destination {
                Destination::Table {
                    target,
                    overwrite: true,
                    partial: false,
                } => Change::AllRows(target),
                Destination::Table { target, .. } => Change::Rows(target),
                Destination::Directory(files) => Change::Files(files),
            });
        }
        Ok(StatementKind::Command(command))
    }

    /// The query of an `INSERT` whose relations stand before it.
    fn branch(&self, from: &Range<usize>, body: Range<usize>) -> Result<Query, Failure> {
        let mut query = self.assembled(&[from.clone(), body.clone()])?;
        query.verbatim = false;
        query.span = self.text.span(from.start..body.end);
        if let QueryBody::Select(select) = &mut query.body {
            select.span = query.span;
        }
        Ok(query)
    }
}

/// An `INSERT` of one query.
fn inserted(destination: Destination, query: Query) -> StatementKind {
    match destination {
        Destination::Table {
            target,
            overwrite,
            partial,
        } => StatementKind::Insert {
            target,
            overwrite,
            partition: partial,
            query,
        },
        Destination::Directory(files) => StatementKind::InsertDirectory { files, query },
    }
}
