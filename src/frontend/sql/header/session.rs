//! Statements about the session, and those that show or describe something.

use std::ops::Range;

use super::parts::item;
use super::{Failure, Header, kind};
use crate::frontend::statement::{
    Change, Command, Effect, Files, MadeFunctions, Name, Relation, SelectItem, StatementKind,
    TableReference,
};

impl Header<'_> {
    /// After `USE`.
    pub(super) fn use_database(&self, at: usize) -> Result<StatementKind, Failure> {
        let named = self.skip_any(at, &["DATABASE", "SCHEMA", "NAMESPACE"]);
        let (database, at) = self.name(if named < self.range.end { named } else { at })?;
        self.end(at)?;
        Ok(StatementKind::Use { database })
    }

    /// `SET key = value`, `SET key`, `SET -v`, `SET`, `SET TIME ZONE value`, `SET VAR …`, `SET CATALOG name`.
    pub(super) fn set(&self, at: usize) -> Result<StatementKind, Failure> {
        let is_key = self.is_symbol(at + 1, "=") || at + 1 == self.range.end;
        if self.is(at, &["TIME", "ZONE"]) {
            let key = "spark.sql.session.timeZone".to_owned();
            return Ok(StatementKind::Set {
                key,
                value: Some(self.slice(at + 2..self.range.end)),
            });
        }
        if !is_key && self.is_any(at, &["VAR", "VARIABLE"]) {
            return self.set_variable(at + 1);
        }
        if !is_key && self.is(at, &["CATALOG"]) {
            let mut command = Command::new("set_catalog");
            let reason = "which database becomes the current one is not known";
            command.effect = Effect::Names { reason };
            return Ok(StatementKind::Command(command));
        }
        let equals = (at..self.range.end).find(|index| self.text.str(*index) == "=");
        let key = self
            .slice(at..equals.unwrap_or(self.range.end))
            .trim()
            .trim_matches('`')
            .to_owned();
        Ok(StatementKind::Set {
            key,
            value: equals.map(|index| self.slice(index + 1..self.range.end)),
        })
    }

    /// `name = expression, …` or `(name, …) = (query)`
    pub(super) fn set_variable(&self, at: usize) -> Result<StatementKind, Failure> {
        let mut items = Vec::new();
        if self.is_symbol(at, "(") {
            let equals = self.after_brackets(at)?;
            if !self.is_symbol(equals, "=") {
                return Err(self.unexpected(equals, "`=`"));
            }
            let (inside, after) = self.brackets(equals + 1)?;
            self.end(after)?;
            let mut command = variable("set_variable");
            command.queries.push(self.query(inside)?);
            return Ok(StatementKind::Command(command));
        }
        for entry in self.text.list(at..self.range.end) {
            let equals = self.after_name(entry.start)?;
            if !self.is_symbol(equals, "=") {
                return Err(self.unexpected(equals, "`=`"));
            }
            items.push(item(self.expression(equals + 1..entry.end)?));
        }
        let mut command = variable("set_variable");
        command
            .queries
            .push(self.select(items, Vec::new(), Vec::new()));
        Ok(StatementKind::Command(command))
    }

    /// After `DECLARE`: `[OR REPLACE] [VARIABLE] name, … [type] [DEFAULT|= expression]`
    pub(super) fn declare(&self, at: usize) -> Result<StatementKind, Failure> {
        let at = self.skip(at, &["OR", "REPLACE"]);
        let named = self.skip_any(at, &["VARIABLE", "VAR"]);
        // `VAR` may be the name itself.
        let after = self.after_name(named).or_else(|_| self.after_name(at))?;
        let mut command = variable("declare_variable");
        let value = self.text.top(after..self.range.end);
        let mut value =
            value.filter(|index| self.is(*index, &["DEFAULT"]) || self.is_symbol(*index, "="));
        if let Some(value) = value.next() {
            let value = item(self.expression(value + 1..self.range.end)?);
            let query = self.select(vec![value], Vec::new(), Vec::new());
            command.queries.push(query);
        }
        Ok(StatementKind::Command(command))
    }

    /// `RESET [key]`
    pub(super) fn reset(&self, at: usize) -> StatementKind {
        let mut command = Command::new("reset");
        let key = self.slice(at..self.range.end).trim_matches('`').to_owned();
        command.effect = if key.is_empty() {
            let reason = "every setting gets its default";
            Effect::Names { reason }
        } else {
            Effect::Reset(key)
        };
        StatementKind::Command(command)
    }

    /// After `EXECUTE`: `IMMEDIATE text [INTO …] [USING …]`
    pub(super) fn execute_immediate(&self, at: usize) -> Result<StatementKind, Failure> {
        self.expect(at, "IMMEDIATE")?;
        let mut command = Command::new("execute_immediate");
        let reason = "the statement is computed when it runs";
        command.effect = Effect::Unseen { reason };
        Ok(StatementKind::Command(command))
    }

    /// After `CALL`.
    pub(super) fn call(&self, at: usize) -> Result<StatementKind, Failure> {
        let (_, at) = self.name(at)?;
        self.end(self.after_brackets(at)?)?;
        let mut command = Command::new("call");
        let reason = "what the procedure does is not known";
        command.effect = Effect::Unseen { reason };
        Ok(StatementKind::Command(command))
    }

    /// `ADD|LIST|DELETE JAR[S]|FILE[S]|ARCHIVE[S] …`
    pub(super) fn resource(&self, at: usize) -> Result<StatementKind, Failure> {
        let kinds = ["JAR", "JARS", "FILE", "FILES", "ARCHIVE", "ARCHIVES"];
        if !self.is_any(at + 1, &kinds) {
            return Err(self.unknown());
        }
        let word = match self.text.str(at).to_uppercase().as_str() {
            "ADD" => "add_resource",
            "LIST" => "list_resources",
            _ => "delete_resource",
        };
        Ok(in_place(word))
    }

    /// After `CACHE`: `[LAZY] TABLE name [OPTIONS (…)] [[AS] query]`
    pub(super) fn cache(&self, at: usize) -> Result<StatementKind, Failure> {
        let at = self.expect(self.skip(at, &["LAZY"]), "TABLE")?;
        let (target, at) = self.name(at)?;
        let at = self.skip_list(at, &["OPTIONS"])?;
        let mut command = Command::new("cache_table");
        command.effect = Effect::InPlace;
        if at == self.range.end {
            let from = Relation::Table(TableReference {
                name: target,
                alias: None,
                columns: Vec::new(),
                modified: false,
                bare: true,
            });
            let items = vec![self.all_columns()];
            command
                .queries
                .push(self.select(items, vec![from], Vec::new()));
        } else {
            let at = self.skip(at, &["AS"]);
            command.queries.push(self.query(at..self.range.end)?);
            command.changes.push(Change::CachedQuery(target));
        }
        Ok(StatementKind::Command(command))
    }

    /// After `UNCACHE`: `TABLE [IF EXISTS] name`
    pub(super) fn uncache(&self, at: usize) -> Result<StatementKind, Failure> {
        let at = self.skip(self.expect(at, "TABLE")?, &["IF", "EXISTS"]);
        let (target, at) = self.name(at)?;
        self.end(at)?;
        let mut command = Command::new("uncache_table");
        command.effect = Effect::InPlace;
        command.changes.push(Change::Uncache(target));
        Ok(StatementKind::Command(command))
    }

    /// After `CLEAR`: `CACHE`
    pub(super) fn clear_cache(&self, at: usize) -> Result<StatementKind, Failure> {
        self.end(self.expect(at, "CACHE")?)?;
        let mut command = Command::new("clear_cache");
        command.effect = Effect::Uncaches;
        Ok(StatementKind::Command(command))
    }

    /// After `REFRESH`: `[TABLE] name`, `FUNCTION name`, or a path.
    pub(super) fn refresh(&self, at: usize) -> Result<StatementKind, Failure> {
        let mut command = Command::new("refresh");
        let more = at + 1 < self.range.end;
        if self.is(at, &["FUNCTION"]) && more {
            self.name(at + 1)?;
            command.effect = super::create::function_changed(MadeFunctions::None);
        } else if self.is(at, &["TABLE"]) && more {
            let (target, at) = self.name(at + 1)?;
            self.end(at)?;
            command.changes.push(Change::Refresh(target));
        } else if at == self.range.end {
            return Err(self.unexpected(at, "a table or a path"));
        } else {
            let path = self.string(at).ok().map(|(path, _)| path);
            let span = self.text.span(at..self.range.end);
            command.changes.push(Change::Files(Files { path, span }));
        }
        Ok(StatementKind::Command(command))
    }

    /// After `ANALYZE`: `TABLE name …`, `TABLES …`
    pub(super) fn analyze(&self, at: usize) -> Result<StatementKind, Failure> {
        let mut command = Command::new("analyze");
        if self.is(at, &["TABLES"]) {
            command.effect = Effect::InPlace;
        } else {
            let (target, at) = self.name(self.expect(at, "TABLE")?)?;
            let at = self.skip_list(at, &["PARTITION"])?;
            self.expect(at, "COMPUTE")?;
            command.described.push(target);
        }
        Ok(StatementKind::Command(command))
    }

    /// After `EXPLAIN`: `[LOGICAL|FORMATTED|EXTENDED|CODEGEN|COST] statement`
    pub(super) fn explain(&self, at: usize) -> Result<StatementKind, Failure> {
        let modes = ["LOGICAL", "FORMATTED", "EXTENDED", "CODEGEN", "COST"];
        let at = self.skip_any(at, &modes);
        if at == self.range.end {
            return Err(self.unexpected(at, "a statement"));
        }
        Ok(StatementKind::Explain {
            word: "explain",
            statement: Box::new(kind(self.text, at..self.range.end)?),
        })
    }

    /// After `DESCRIBE`: a function, a database, a query, or a table and what of it.
    pub(super) fn describe(&self, at: usize) -> Result<StatementKind, Failure> {
        let more = at + 1 < self.range.end;
        let no_table = ["FUNCTION", "DATABASE", "SCHEMA", "NAMESPACE", "PROCEDURE"];
        if more && self.is_any(at, &no_table) {
            return Ok(StatementKind::Describe { target: None });
        }
        let query = if more { self.skip(at, &["QUERY"]) } else { at };
        if more && (query > at || !self.is(at, &["TABLE"])) && self.starts_query(query) {
            return Ok(StatementKind::Explain {
                word: "describe_query",
                statement: Box::new(StatementKind::Query(self.query(query..self.range.end)?)),
            });
        }
        let at = if more { self.skip(at, &["TABLE"]) } else { at };
        let name = self.skip_any(at, &["EXTENDED", "FORMATTED"]);
        let (target, _) = self.name(if name < self.range.end { name } else { at })?;
        Ok(StatementKind::Describe {
            target: Some(target),
        })
    }

    /// After `SHOW`: of what can be shown, only these name a table.
    pub(super) fn show(&self, at: usize) -> Result<StatementKind, Failure> {
        if at == self.range.end {
            return Err(self.unexpected(at, "what is shown"));
        }
        let name = if self.is_any(at, &["COLUMNS"]) {
            self.skip_any(at + 1, &["FROM", "IN"])
        } else if self.is_any(at, &["PARTITIONS", "TBLPROPERTIES"]) {
            at + 1
        } else if self.is(at, &["CREATE", "TABLE"]) {
            at + 2
        } else {
            return Ok(StatementKind::Describe { target: None });
        };
        let (mut target, after) = self.name(name)?;
        let database = self.skip_any(after, &["FROM", "IN"]);
        if self.is(at, &["COLUMNS"]) && database > after && target.parts.len() == 1 {
            let (database, _) = self.name(database)?;
            target = Name {
                parts: database.parts.into_iter().chain(target.parts).collect(),
                span: target.span,
            };
        }
        Ok(StatementKind::Describe {
            target: Some(target),
        })
    }

    /// What a condition of a script reads.
    pub(super) fn condition(&self, range: Range<usize>) -> Result<StatementKind, Failure> {
        let mut command = Command::new("condition");
        let items: Vec<SelectItem> = vec![item(self.expression(range)?)];
        command
            .queries
            .push(self.select(items, Vec::new(), Vec::new()));
        Ok(StatementKind::Command(command))
    }

    fn slice(&self, range: Range<usize>) -> String {
        let source = self.text.source();
        source.text(self.text.span(range)).to_owned()
    }
}

fn in_place(word: &'static str) -> StatementKind {
    let mut command = Command::new(word);
    command.effect = Effect::InPlace;
    StatementKind::Command(command)
}

/// A variable gets another meaning.
fn variable(word: &'static str) -> Command {
    let mut command = Command::new(word);
    command.effect = Effect::Rows {
        reason: "a variable that later statements may use is made or changed",
        functions: MadeFunctions::None,
    };
    command
}
