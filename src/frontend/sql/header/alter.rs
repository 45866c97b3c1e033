//! `ALTER`, `DROP` and `COMMENT ON`.

use super::create::function_changed;
use super::{Failure, Header};
use crate::frontend::statement::{
    Change, Command, Effect, MadeFunctions, StatementKind, ViewScope,
};

impl Header<'_> {
    /// After `ALTER`.
    pub(super) fn alter(&self, at: usize) -> Result<StatementKind, Failure> {
        if self.is_any(at, &["DATABASE", "SCHEMA", "NAMESPACE"]) {
            let (_, at) = self.name(at + 1)?;
            let mut command = Command::new("alter_database");
            command.effect = if self.is(at, &["SET", "LOCATION"]) {
                let reason = "tables that are made in the database lie elsewhere from now on";
                Effect::Unseen { reason }
            } else {
                Effect::InPlace
            };
            return Ok(StatementKind::Command(command));
        }
        let view = self.is(at, &["VIEW"]);
        if !view && !self.is(at, &["TABLE"]) {
            return Err(self.unknown());
        }
        let (target, at) = self.name(at + 1)?;
        let query = self.skip(at, &["AS"]);
        if view && !self.is(at, &["WITH", "SCHEMA"]) && self.starts_query(query) {
            return Ok(StatementKind::CreateView {
                target,
                scope: ViewScope::Existing,
                replace: true,
                if_not_exists: false,
                columns: Vec::new(),
                query: self.query(query..self.range.end)?,
            });
        }
        let mut command = Command::new(if view { "alter_view" } else { "alter_table" });
        command.changes.push(if self.is(at, &["RENAME", "TO"]) {
            let (to, at) = self.name(at + 2)?;
            self.end(at)?;
            Change::Rename { from: target, to }
        } else if at == self.range.end {
            return Err(self.unexpected(at, "what is altered"));
        } else {
            Change::Definition(target)
        });
        Ok(StatementKind::Command(command))
    }

    /// After `DROP`.
    pub(super) fn drop(&self, at: usize) -> Result<StatementKind, Failure> {
        let what = self.skip_any(at, &["TEMPORARY", "TEMP"]);
        let name = self.skip(what + 1, &["IF", "EXISTS"]);
        if self.is_any(at, &["TABLE", "VIEW"]) {
            let (target, at) = self.name(name)?;
            self.end(self.skip(at, &["PURGE"]))?;
            return Ok(StatementKind::Drop { target });
        }
        if self.is(at, &["INDEX"]) {
            return self.index("drop_index", at + 1);
        }
        let (word, effect) = if self.is(what, &["FUNCTION"]) {
            ("drop_function", function_changed(MadeFunctions::None))
        } else if self.is_any(what, &["VARIABLE", "VAR"]) {
            let reason = "a variable that later statements may use is removed";
            let effect = Effect::Rows {
                reason,
                functions: MadeFunctions::None,
            };
            ("drop_variable", effect)
        } else if self.is_any(at, &["DATABASE", "SCHEMA", "NAMESPACE"]) {
            let reason = "which tables go with the database is not known";
            ("drop_database", Effect::Names { reason })
        } else {
            return Err(self.unknown());
        };
        self.after_name(name)?;
        let mut command = Command::new(word);
        command.effect = effect;
        Ok(StatementKind::Command(command))
    }

    /// After `COMMENT`: `ON DATABASE|TABLE name IS '…'`.
    pub(super) fn comment(&self, at: usize) -> Result<StatementKind, Failure> {
        let at = self.expect(at, "ON")?;
        let mut command = Command::new("comment");
        let (name, after) = self.name(at + 1)?;
        self.expect(after, "IS")?;
        if self.is(at, &["TABLE"]) {
            command.changes.push(Change::Comment(name));
        } else if self.is_any(at, &["DATABASE", "SCHEMA", "NAMESPACE"]) {
            command.effect = Effect::InPlace;
        } else {
            return Err(self.unknown());
        }
        Ok(StatementKind::Command(command))
    }
}
