//! `CREATE` and `REPLACE`: tables in any order of clauses, views, functions, databases.

use std::ops::Range;

use super::{Failure, Header};
use crate::frontend::statement::{
    Change, ColumnSource, Command, Effect, Identifier, MadeFunction, MadeFunctions, StatementKind,
    ViewScope,
};

/// The clauses of a table.
#[derive(Default)]
pub(super) struct Clauses {
    /// What is inside `OPTIONS (…)`.
    pub(super) options: Option<Range<usize>>,
    /// Has a clause that may name where its rows lie.
    pub(super) located: bool,
    /// The place after them.
    pub(super) end: usize,
}

/// What stands before the name of a view.
struct ViewHeader {
    scope: ViewScope,
    replace: bool,
}

impl Header<'_> {
    pub(super) fn create(&self, at: usize) -> Result<StatementKind, Failure> {
        let replaces = self.is(at, &["REPLACE"]);
        let mut at = at + 1;
        let replace = replaces || self.is(at, &["OR", "REPLACE"]);
        if !replaces {
            at = self.skip(at, &["OR", "REPLACE"]);
        }
        if self.is_any(at, &["DATABASE", "SCHEMA", "NAMESPACE"]) {
            let at = self.skip(at + 1, &["IF", "NOT", "EXISTS"]);
            let (database, _) = self.name(at)?;
            return Ok(StatementKind::CreateDatabase { database });
        }
        let global = self.is(at, &["GLOBAL"]);
        let at = self.skip(at, &["GLOBAL"]);
        let temporary = self.is_any(at, &["TEMPORARY", "TEMP"]);
        let at = self.skip_any(at, &["TEMPORARY", "TEMP"]);
        let scope = match (temporary, global) {
            (true, true) => ViewScope::GlobalTemporary,
            (true, false) => ViewScope::Temporary,
            (false, _) => ViewScope::Permanent,
        };
        if self.is(at, &["VIEW"]) {
            return self.create_view(at + 1, &ViewHeader { scope, replace });
        }
        if self.is(at, &["FUNCTION"]) {
            return self.create_function(at + 1);
        }
        let external = self.is(at, &["EXTERNAL"]);
        let at = self.skip(at, &["EXTERNAL"]);
        if !temporary && self.is(at, &["TABLE"]) {
            return self.create_table(at + 1, replace, external);
        }
        if self.is(at, &["INDEX"]) {
            return self.index("create_index", at + 1);
        }
        if self.is(at, &["VARIABLE"]) {
            return self.declare(at);
        }
        Err(self.unknown())
    }

    /// After `TABLE`: `[IF NOT EXISTS] name [(columns)] [LIKE name] clauses [[AS] query]`
    fn create_table(
        &self,
        at: usize,
        replace: bool,
        external: bool,
    ) -> Result<StatementKind, Failure> {
        let if_not_exists = self.is(at, &["IF", "NOT", "EXISTS"]);
        let at = self.skip(at, &["IF", "NOT", "EXISTS"]);
        let (target, mut at) = self.name(at)?;
        let mut columns = ColumnSource::Files;
        if self.is(at, &["LIKE"]) {
            let (name, after) = self.name(at + 1)?;
            columns = ColumnSource::Like(name);
            at = after;
        } else if self.is_symbol(at, "(") && !self.is_query_in_brackets(at) {
            columns = ColumnSource::Listed;
            at = self.after_brackets(at)?;
        }
        let clauses = self.clauses(at)?;
        let located = external || clauses.located;
        let at = self.skip(clauses.end, &["AS"]);
        if at == self.range.end && at == clauses.end {
            return Ok(StatementKind::CreateTable {
                target,
                if_not_exists,
                located,
                replace,
                columns,
            });
        }
        if !self.starts_query(at) {
            return Err(self.unexpected(at, "a clause of `CREATE TABLE` or a query"));
        }
        Ok(StatementKind::CreateTableAs {
            target,
            replace,
            if_not_exists,
            located,
            query: self.query(at..self.range.end)?,
        })
    }

    /// `CREATE TABLE t (SELECT …)`: columns never start with these words followed by more than a type.
    fn is_query_in_brackets(&self, at: usize) -> bool {
        let first = at + 1;
        self.is_symbol(first, "(")
            || self.is_any(first, &["SELECT", "WITH"])
            || (self.is_any(first, &["VALUES", "FROM", "TABLE"])
                && self
                    .after_brackets(at)
                    .is_ok_and(|after| after == self.range.end)
                && !self.text.inside(at).is_some_and(|inside| {
                    // `(values int, …)` is a list of columns.
                    self.text.list(inside).iter().all(|entry| entry.len() == 2)
                }))
    }

    /// The clauses of a table in any order, up to the first word that belongs to none.
    pub(super) fn clauses(&self, mut at: usize) -> Result<Clauses, Failure> {
        let mut clauses = Clauses::default();
        loop {
            let start = at;
            if self.is(at, &["OPTIONS"]) {
                let (inside, after) = self.brackets(at + 1)?;
                clauses.options = Some(inside);
                clauses.located = true;
                at = after;
            }
            if self.is(at, &["LOCATION"]) {
                clauses.located = true;
                at = self.string(at + 1)?.1;
            }
            if self.is(at, &["STORED"]) {
                clauses.located |= self.is(at + 1, &["BY"]);
                at = self.stored(at + 1)?;
            }
            if self.is(at, &["USING"]) {
                at = self.name(at + 1)?.1;
            }
            if self.is(at, &["COMMENT"]) {
                at = self.string(at + 1)?.1;
            }
            if self.is(at, &["ROW", "FORMAT"]) {
                at = self.row_format(at + 2)?;
            }
            at = self.skip_list(at, &["TBLPROPERTIES"])?;
            at = self.skip_list(at, &["PARTITIONED", "BY"])?;
            at = self.skip_list(at, &["CLUSTER", "BY"])?;
            at = self.skip_list(at, &["WITH", "SERDEPROPERTIES"])?;
            if self.is(at, &["SKEWED", "BY"]) {
                at = self.after_brackets(at + 2)?;
                at = self.skip_list(at, &["ON"])?;
                at = self.skip(at, &["STORED", "AS", "DIRECTORIES"]);
            }
            if self.is(at, &["CLUSTERED", "BY"]) {
                at = self.after_brackets(at + 2)?;
                at = self.skip_list(at, &["SORTED", "BY"])?;
                at = self.expect(at, "INTO")?;
                at = self.expect(at + 1, "BUCKETS")?;
            }
            let collation = self.skip(at, &["DEFAULT"]);
            if self.is(collation, &["COLLATION"]) {
                at = self.name(collation + 1)?.1;
            }
            if at == start {
                clauses.end = at;
                return Ok(clauses);
            }
        }
    }

    /// After `STORED`: `AS format`, `AS INPUTFORMAT '…' OUTPUTFORMAT '…' …`, `AS DIRECTORIES`, `BY '…'`.
    fn stored(&self, at: usize) -> Result<usize, Failure> {
        if self.is(at, &["BY"]) {
            return Ok(self.string(at + 1)?.1);
        }
        let mut at = self.expect(at, "AS")?;
        if !self.is_string(at + 1) {
            return Ok(self.name(at)?.1);
        }
        let formats = ["INPUTFORMAT", "OUTPUTFORMAT", "INPUTDRIVER", "OUTPUTDRIVER"];
        while self.is_any(at, &formats) {
            at = self.string(at + 1)?.1;
        }
        Ok(at)
    }

    /// After `ROW FORMAT`: `SERDE '…'`, or `DELIMITED` with its terminators.
    fn row_format(&self, at: usize) -> Result<usize, Failure> {
        if self.is(at, &["SERDE"]) {
            return Ok(self.string(at + 1)?.1);
        }
        let mut at = self.expect(at, "DELIMITED")?;
        let clauses: [&[&str]; 6] = [
            &["FIELDS", "TERMINATED", "BY"],
            &["ESCAPED", "BY"],
            &["COLLECTION", "ITEMS", "TERMINATED", "BY"],
            &["MAP", "KEYS", "TERMINATED", "BY"],
            &["LINES", "TERMINATED", "BY"],
            &["NULL", "DEFINED", "AS"],
        ];
        while let Some(words) = clauses.iter().find(|words| self.is(at, words)) {
            at = self.string(at + words.len())?.1;
        }
        Ok(at)
    }

    /// The value of an option that is given as a string.
    pub(super) fn option(&self, options: Range<usize>, key: &str) -> Option<String> {
        self.text.list(options).into_iter().find_map(|entry| {
            let name = self.text.str(entry.start).trim_matches(['\'', '"', '`']);
            let value = entry.start + 1;
            let value = value + usize::from(self.is_symbol(value, "="));
            name.eq_ignore_ascii_case(key)
                .then(|| self.string(value).ok())
                .flatten()
                .map(|(value, _)| value)
        })
    }

    /// After `VIEW`: `[IF NOT EXISTS] name [(columns)] clauses AS query`, or `USING provider [OPTIONS (…)]`.
    fn create_view(&self, at: usize, header: &ViewHeader) -> Result<StatementKind, Failure> {
        let &ViewHeader { scope, replace } = header;
        let if_not_exists = self.is(at, &["IF", "NOT", "EXISTS"]);
        let at = self.skip(at, &["IF", "NOT", "EXISTS"]);
        let (target, mut at) = self.name(at)?;
        let mut list = None;
        if self.is_symbol(at, "(") {
            let (inside, after) = self.brackets(at)?;
            list = Some(inside);
            at = after;
        }
        if self.is(at, &["USING"]) {
            self.end(self.clauses(at)?.end)?;
            let mut command = Command::new("create_temporary_view");
            command.changes.push(Change::View { target, scope });
            return Ok(StatementKind::Command(command));
        }
        let at = self.expect(self.view_clauses(at)?, "AS")?;
        let columns = list.map_or_else(Vec::new, |list| self.view_columns(list));
        Ok(StatementKind::CreateView {
            target,
            scope,
            replace,
            if_not_exists,
            columns,
            query: self.query(at..self.range.end)?,
        })
    }

    fn view_clauses(&self, mut at: usize) -> Result<usize, Failure> {
        loop {
            let start = at;
            at = self.clauses(at)?.end;
            at = self.skip_list(at, &["PARTITIONED", "ON"])?;
            for binding in [
                &["WITH", "SCHEMA", "TYPE", "EVOLUTION"][..],
                &["WITH", "SCHEMA", "EVOLUTION"],
                &["WITH", "SCHEMA", "BINDING"],
                &["WITH", "SCHEMA", "COMPENSATION"],
            ] {
                at = self.skip(at, binding);
            }
            if at == start {
                return Ok(at);
            }
        }
    }

    /// Names of the columns of a view, their comments aside.
    fn view_columns(&self, list: Range<usize>) -> Vec<Identifier> {
        let entries = self.text.list(list).into_iter();
        entries
            .map(|entry| self.text.identifier(entry.start))
            .collect()
    }

    /// After `FUNCTION`: `[IF NOT EXISTS] name AS 'class' …`, or `name(parameters) … RETURN body`.
    fn create_function(&self, at: usize) -> Result<StatementKind, Failure> {
        let at = self.skip(at, &["IF", "NOT", "EXISTS"]);
        let (name, at) = self.name(at)?;
        let body = self.find(at..self.range.end, &["RETURN"]);
        let mut command = Command::new("create_function");
        command.effect = function_changed(MadeFunctions::One(MadeFunction {
            name,
            has_query: body.is_some_and(|body| self.has_query(body + 1..self.range.end)),
        }));
        Ok(StatementKind::Command(command))
    }

    /// Whether an expression may hold a query, or is one.
    fn has_query(&self, range: Range<usize>) -> bool {
        let first = range.start;
        range.into_iter().any(|index| {
            let begins = index == first || self.is_symbol(index - 1, "(");
            self.is(index, &["SELECT"]) || (begins && self.is_any(index, &["FROM", "TABLE"]))
        })
    }

    /// After `INDEX`: `[IF [NOT] EXISTS] name ON [TABLE] table …`.
    pub(super) fn index(&self, word: &'static str, at: usize) -> Result<StatementKind, Failure> {
        let at = self.skip(at, &["IF", "NOT", "EXISTS"]);
        let at = self.skip(at, &["IF", "EXISTS"]);
        let (_, at) = self.name(at)?;
        let at = self.skip(self.expect(at, "ON")?, &["TABLE"]);
        let mut command = Command::new(word);
        command.changes.push(Change::Definition(self.name(at)?.0));
        Ok(StatementKind::Command(command))
    }
}

/// A function gets another meaning.
pub(super) fn function_changed(functions: MadeFunctions) -> Effect {
    Effect::Rows {
        reason: "a function that later statements may call is made or removed",
        functions,
    }
}
