//! `MERGE`, `UPDATE`, `DELETE`, `LOAD DATA`, `TRUNCATE`, `MSCK REPAIR`: rows of a table that exists.
//!
//! What the first three read is given as a query over the target and the source, so that names in their conditions
//! resolve as Spark resolves them.

use std::ops::Range;

use super::parts::{With, item};
use super::{Failure, Header};
use crate::frontend::statement::{
    Change, Command, Files, Join, JoinColumns, JoinKind, Relation, SelectItem, StatementKind,
};

impl Header<'_> {
    /// After `MERGE`: `[WITH SCHEMA EVOLUTION] INTO target [alias] USING source [alias] ON condition WHEN …`
    pub(super) fn merge(&self, at: usize, with: &With) -> Result<StatementKind, Failure> {
        let at = self.skip(at, &["WITH", "SCHEMA", "EVOLUTION"]);
        let at = self.expect(at, "INTO")?;
        let (target, at) = self.reference(at, &["USING"])?;
        let at = self.expect(at, "USING")?;
        let on = self
            .find(at..self.range.end, &["ON"])
            .ok_or_else(|| self.unexpected(self.range.end, "`ON`"))?;
        let source = self.relation(at..on)?;
        let at = on + 1;
        let clauses = self
            .text
            .top(at..self.range.end)
            .filter(|index| self.starts_when(*index))
            .collect::<Vec<_>>();
        let Some(first) = clauses.first().copied() else {
            return Err(self.unexpected(self.range.end, "`WHEN`"));
        };
        let condition = self.expression(at..first)?;
        let mut items = Vec::new();
        let ends = clauses.iter().skip(1).copied();
        for (start, end) in clauses.iter().zip(ends.chain([self.range.end])) {
            self.when(*start..end, &mut items)?;
        }
        let mut command = Command::new("merge");
        command.changes.push(Change::Rows(target.name.clone()));
        let join = Join {
            relation: source,
            // Rows without a match are inserted or, with `BY SOURCE`, changed.
            kind: JoinKind::Full,
            on: vec![condition],
            using: JoinColumns::None,
        };
        let joined = Relation::Joined {
            first: Box::new(Relation::Table(target)),
            joins: vec![join],
        };
        let query = self.select(items, vec![joined], Vec::new());
        command.queries.push(with.over(query));
        Ok(StatementKind::Command(command))
    }

    fn starts_when(&self, at: usize) -> bool {
        self.is(at, &["WHEN", "MATCHED"]) || self.is(at, &["WHEN", "NOT", "MATCHED"])
    }

    /// `WHEN [NOT] MATCHED [BY SOURCE|TARGET] [AND condition] THEN action`
    fn when(&self, range: Range<usize>, items: &mut Vec<SelectItem>) -> Result<(), Failure> {
        let then = self
            .find(range.clone(), &["THEN"])
            .ok_or_else(|| self.unexpected(range.end, "`THEN`"))?;
        if let Some(and) = self.find(range.start..then, &["AND"]) {
            items.push(item(self.expression(and + 1..then)?));
        }
        let action = then + 1;
        if self.is(action, &["UPDATE", "SET"]) {
            self.assignments(action + 2..range.end, items)
        } else if self.is(action, &["INSERT"]) {
            self.inserted(action + 1..range.end, items)
        } else {
            let after = self.expect(action, "DELETE")?;
            if after == range.end {
                Ok(())
            } else {
                Err(self.unexpected(after, "`WHEN`"))
            }
        }
    }

    /// `*`, or `column = expression, …`
    fn assignments(&self, range: Range<usize>, items: &mut Vec<SelectItem>) -> Result<(), Failure> {
        if range.len() == 1 && self.is_symbol(range.start, "*") {
            items.push(self.all_columns());
            return Ok(());
        }
        for entry in self.text.list(range) {
            let (_, equals) = self.name(entry.start)?;
            if !self.is_symbol(equals, "=") && !self.is_symbol(equals, "==") {
                return Err(self.unexpected(equals, "`=`"));
            }
            if !self.is_default(equals + 1..entry.end) {
                items.push(item(self.expression(equals + 1..entry.end)?));
            }
        }
        Ok(())
    }

    /// The word that stands for a column's own default.
    fn is_default(&self, range: Range<usize>) -> bool {
        range.len() == 1 && self.is(range.start, &["DEFAULT"])
    }

    /// `*`, or `[(columns)] VALUES (expression, …)`
    fn inserted(&self, range: Range<usize>, items: &mut Vec<SelectItem>) -> Result<(), Failure> {
        if range.len() == 1 && self.is_symbol(range.start, "*") {
            items.push(self.all_columns());
            return Ok(());
        }
        let mut at = range.start;
        if self.is_symbol(at, "(") {
            at = self.after_brackets(at)?;
        }
        let at = self.expect(at, "VALUES")?;
        let (values, after) = self.brackets(at)?;
        if after != range.end {
            return Err(self.unexpected(after, "`WHEN`"));
        }
        for value in self.text.list(values) {
            if !self.is_default(value.clone()) {
                items.push(item(self.expression(value)?));
            }
        }
        Ok(())
    }

    /// After `UPDATE`: `target [alias] SET column = expression, … [WHERE condition]`
    pub(super) fn update(&self, at: usize, with: &With) -> Result<StatementKind, Failure> {
        let (target, at) = self.reference(at, &["SET"])?;
        let at = self.expect(at, "SET")?;
        let place = self
            .find(at..self.range.end, &["WHERE"])
            .unwrap_or(self.range.end);
        let mut items = Vec::new();
        self.assignments(at..place, &mut items)?;
        let filter = if place < self.range.end {
            vec![self.expression(place + 1..self.range.end)?]
        } else {
            Vec::new()
        };
        let mut command = Command::new("update");
        command.changes.push(Change::Rows(target.name.clone()));
        let query = self.select(items, vec![Relation::Table(target)], filter);
        command.queries.push(with.over(query));
        Ok(StatementKind::Command(command))
    }

    /// After `DELETE FROM`: `target [alias] [WHERE condition]`
    pub(super) fn delete(&self, at: usize, with: &With) -> Result<StatementKind, Failure> {
        let (target, at) = self.reference(at, &["WHERE"])?;
        let mut command = Command::new("delete");
        if at == self.range.end {
            command.changes.push(Change::AllRows(target.name));
            return Ok(StatementKind::Command(command));
        }
        let at = self.expect(at, "WHERE")?;
        let condition = self.expression(at..self.range.end)?;
        command.changes.push(Change::Rows(target.name.clone()));
        let query = self.select(Vec::new(), vec![Relation::Table(target)], vec![condition]);
        command.queries.push(with.over(query));
        Ok(StatementKind::Command(command))
    }

    /// After `LOAD`: `DATA [LOCAL] INPATH 'path' [OVERWRITE] INTO TABLE name [PARTITION (…)]`
    pub(super) fn load(&self, at: usize) -> Result<StatementKind, Failure> {
        let at = self.expect(at, "DATA")?;
        let local = self.is(at, &["LOCAL"]);
        let at = self.expect(self.skip(at, &["LOCAL"]), "INPATH")?;
        let (path, after) = self.string(at)?;
        let span = self.text.span(at..after);
        let overwrite = self.is(after, &["OVERWRITE"]);
        let at = self.skip(after, &["OVERWRITE"]);
        let at = self.expect(self.expect(at, "INTO")?, "TABLE")?;
        let (target, at) = self.name(at)?;
        let partition = self.is(at, &["PARTITION"]);
        self.end(self.skip_list(at, &["PARTITION"])?)?;
        let mut command = Command::new("load");
        if !local {
            // The files are moved.
            let path = Some(path);
            command.changes.push(Change::Files(Files { path, span }));
        }
        command.changes.push(if overwrite && !partition {
            Change::AllRows(target)
        } else {
            Change::Rows(target)
        });
        Ok(StatementKind::Command(command))
    }

    /// After `TRUNCATE`: `TABLE name [PARTITION (…)]`
    pub(super) fn truncate(&self, at: usize) -> Result<StatementKind, Failure> {
        let at = self.expect(at, "TABLE")?;
        let (target, at) = self.name(at)?;
        if at == self.range.end {
            return Ok(StatementKind::Truncate { target });
        }
        self.end(self.skip_list(at, &["PARTITION"])?)?;
        let mut command = Command::new("truncate");
        command.changes.push(Change::Rows(target));
        Ok(StatementKind::Command(command))
    }

    /// `[MSCK] REPAIR TABLE name [ADD|DROP|SYNC PARTITIONS]`
    pub(super) fn repair(&self, at: usize) -> Result<StatementKind, Failure> {
        let at = self.expect(self.skip(at, &["MSCK"]), "REPAIR")?;
        let (target, at) = self.name(self.expect(at, "TABLE")?)?;
        let at = self.skip_any(at, &["ADD", "DROP", "SYNC"]);
        self.end(self.skip(at, &["PARTITIONS"]))?;
        let mut command = Command::new("repair");
        command.changes.push(Change::Rows(target));
        Ok(StatementKind::Command(command))
    }
}
