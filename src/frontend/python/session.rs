//! What calls on the session do: tables, SQL, the catalog, settings, functions.

use ruff_text_size::TextRange;

use super::call::Arguments;
use super::value::{Lazy, Place, Reader, Value};
use super::walk::Walker;
use crate::diagnostic::{SourceId, Span};
use crate::frontend::source::{Source, SourceKind, Variables};
use crate::frontend::sql;
use crate::frontend::statement::{
    Command, Effect, Files, Identifier, MadeFunction, MadeFunctions, Name, PythonDeed,
    StatementKind, ViewScope,
};

impl<'a> Walker<'a> {
    pub(super) fn session_method(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match name {
            "table" => self.read_table(arguments, range),
            "sql" => self.sql(arguments, range),
            "createDataFrame" | "range" => Value::Frame(arguments.lazy()),
            "getActiveSession" | "active" => Value::Session,
            _ => self.unseen(range, format!("`{name}` of the session")),
        }
    }

    /// `spark.table(name)`
    pub(super) fn read_table(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        let Some(names) = self.names(arguments.get(0, "tableName"), arguments, range) else {
            return Value::Unknown;
        };
        let mut lazy = Lazy::default();
        self.one_of(names, |walker, name| {
            let range = walker.range_of(name.span, range);
            lazy.add(&walker.act(PythonDeed::Read(name), range));
        });
        Value::Frame(lazy)
    }

    /// The place of a name, where it stands in the file at hand.
    fn range_of(&self, span: Span, otherwise: TextRange) -> TextRange {
        if span.source == self.file {
            TextRange::new(span.start.into(), span.end.into())
        } else {
            otherwise
        }
    }

    /// Each of several things, of which one happens.
    pub(super) fn one_of<T>(&mut self, things: Vec<T>, mut work: impl FnMut(&mut Self, T)) {
        if things.len() == 1 {
            for thing in things {
                work(self, thing);
            }
        } else {
            self.uncertainly(|walker| things.into_iter().for_each(|thing| work(walker, thing)));
        }
    }

    /// The names of tables that an argument can be; notes that it is not seen where they are not known.
    pub(super) fn names(
        &mut self,
        argument: Option<&Value<'a>>,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Option<Vec<Name>> {
        let texts = argument.filter(|_| !arguments.open).and_then(Value::texts);
        let names: Option<Vec<Name>> = texts.and_then(|texts| {
            let name = |(text, place): (std::rc::Rc<str>, Option<Place>)| {
                self.table_name(&text, place, arguments.first)
            };
            texts.into_iter().map(name).collect()
        });
        if names.is_none() {
            self.unseen(range, "the name of a table is computed");
        }
        names
    }

    /// The name of a table in a text.
    pub(super) fn table_name(
        &self,
        text: &str,
        place: Option<Place>,
        otherwise: TextRange,
    ) -> Option<Name> {
        let whole = self.span(otherwise);
        let at = |start: usize, end: usize| match place {
            Some((source, first)) if source == self.file => {
                let offset =
                    |byte: usize| first.saturating_add(u32::try_from(byte).unwrap_or(u32::MAX));
                Span {
                    source,
                    start: offset(start),
                    end: offset(end),
                }
            }
            _ => whole,
        };
        let mut parts = Vec::new();
        let mut start = 0;
        let mut rest = text;
        loop {
            let (part, length) = if let Some(quoted) = rest.strip_prefix('`') {
                let end = quoted.find('`')?;
                (quoted.get(..end)?, end + 2)
            } else {
                let end = rest.find('.').unwrap_or(rest.len());
                let part = rest.get(..end)?;
                let plain = part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                (Some(part).filter(|_| plain)?, end)
            };
            if part.is_empty() {
                return None;
            }
            parts.push(Identifier {
                text: part.to_owned(),
                span: at(start, start + length),
            });
            start += length;
            rest = rest.get(length..)?;
            match rest.strip_prefix('.') {
                Some(after) => {
                    rest = after;
                    start += 1;
                }
                None if rest.is_empty() => break,
                None => return None,
            }
        }
        Some(Name {
            parts,
            span: at(0, text.len()),
        })
    }

    /// Files at a path, anywhere where it is not known.
    pub(super) fn files(&self, path: Option<&str>, range: TextRange) -> Files {
        Files {
            path: path.map(str::to_owned),
            span: self.span(range),
        }
    }

    /// `spark.sql(text)`
    pub(super) fn sql(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        // Values for markers are literals; anything else is put into the text.
        let filled = arguments
            .named
            .iter()
            .any(|(name, _)| !matches!(name.as_str(), "args" | "sqlQuery"));
        let texts = arguments
            .get(0, "sqlQuery")
            .filter(|_| !arguments.open && !filled)
            .and_then(Value::texts);
        let Some(texts) = texts else {
            return self.unseen(range, "the text of a SQL statement is computed");
        };
        let mut lazy = Lazy::default();
        let first = arguments.first;
        self.one_of(texts, |walker, (text, place)| {
            lazy.add(&walker.statement_of(&text, place, first));
        });
        Value::Frame(lazy)
    }

    /// What one SQL statement does.
    fn statement_of(&mut self, text: &str, place: Option<Place>, range: TextRange) -> Lazy {
        if text.contains("${") {
            self.unseen(range, "Spark fills in variables of the text when it runs");
            return Lazy::everything();
        }
        let source = Source::new(SourceId(0), "", SourceKind::Python, text, &Variables::new());
        let (statements, diagnostics) = sql::parse(&source, self.max_statement_bytes);
        let [statement] = statements.as_slice() else {
            self.unseen(range, "a text that is not one SQL statement");
            return Lazy::everything();
        };
        let at = place
            .filter(|(source, _)| *source == self.file)
            .map(|(_, first)| first);
        if let StatementKind::Opaque { reason } = &statement.kind {
            let place = diagnostics.first().and_then(|diagnostic| diagnostic.span);
            let range = match (at, place) {
                (Some(at), Some(span)) => {
                    TextRange::new((at + span.start).into(), (at + span.end).into())
                }
                _ => range,
            };
            self.unseen(
                range,
                format!("a SQL statement that is not understood: {reason}"),
            );
            return Lazy::everything();
        }
        let deed = PythonDeed::Sql {
            statement: Box::new(statement.kind.clone()),
            at,
        };
        self.act(deed, range)
    }

    /// A call that says what a SQL statement says.
    fn same_as(&mut self, text: &str, range: TextRange) {
        self.statement_of(text, None, range);
    }

    pub(super) fn builder_method(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match name {
            "getOrCreate" => Value::Session,
            "appName" | "master" | "enableHiveSupport" => Value::Builder,
            "config" => {
                self.set(arguments.get(0, "key"), arguments, range);
                Value::Builder
            }
            _ => self.unseen(range, format!("`{name}` of the builder of sessions")),
        }
    }

    pub(super) fn context_method(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match name {
            "setLogLevel" | "setJobGroup" | "setJobDescription" | "getConf"
            | "getLocalProperty" => Value::Plain,
            "broadcast" if arguments.are_plain() => Value::Plain,
            _ => self.unseen(range, format!("`{name}` of the Spark context")),
        }
    }

    pub(super) fn settings_method(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match name {
            "get" | "isModifiable" => Value::Plain,
            "set" => {
                self.set(arguments.get(0, "key"), arguments, range);
                Value::Plain
            }
            "unset" => {
                let key = arguments.get(0, "key").and_then(Value::one_text);
                let Some(key) = key else {
                    return self.unseen(range, "the name of a setting is computed");
                };
                let mut command = Command::new("reset");
                command.effect = Effect::Reset(key.to_string());
                self.command(StatementKind::Command(command), range);
                Value::Plain
            }
            _ => self.unseen(range, format!("`{name}` of the session's settings")),
        }
    }

    fn set(&mut self, key: Option<&Value<'a>>, arguments: &Arguments<'a>, range: TextRange) {
        let Some(keys) = key.filter(|_| !arguments.open).and_then(Value::texts) else {
            self.unseen(range, "the name of a setting is computed");
            return;
        };
        let value = arguments.get(1, "value").and_then(Value::one_text);
        self.one_of(keys, |walker, (key, _)| {
            let set = StatementKind::Set {
                key: key.to_string(),
                value: Some(value.as_deref().unwrap_or_default().to_owned()),
            };
            walker.command(set, range);
        });
    }

    fn command(&mut self, statement: StatementKind, range: TextRange) {
        let deed = PythonDeed::Sql {
            statement: Box::new(statement),
            at: None,
        };
        self.act(deed, range);
    }

    pub(super) fn functions_method(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        if !name.starts_with("register") {
            return self.unseen(range, format!("`{name}` of the session's functions"));
        }
        for value in arguments.all() {
            if self.escape(value, range) {
                self.unseen(range, "a function of Spark whose code uses Spark");
            }
        }
        let names = arguments
            .get(0, "name")
            .filter(|_| !arguments.open)
            .and_then(Value::texts);
        let Some(names) = names else {
            self.make_function(MadeFunctions::Any, range);
            return Value::Column;
        };
        let span = self.span(arguments.first);
        self.one_of(names, |walker, (text, _)| {
            // The whole text is the name: functions of a database cannot be registered.
            let text = text.to_string();
            let name = Name {
                parts: vec![Identifier { text, span }],
                span,
            };
            let function = MadeFunction {
                name,
                has_query: false,
            };
            walker.make_function(MadeFunctions::One(function), range);
        });
        Value::Column
    }

    fn make_function(&mut self, functions: MadeFunctions, range: TextRange) {
        let mut command = Command::new("create_function");
        command.effect = Effect::Rows {
            reason: "a function gets another meaning",
            functions,
        };
        self.command(StatementKind::Command(command), range);
    }

    pub(super) fn catalog_method(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match name {
            "currentDatabase" | "currentCatalog" | "listCatalogs" => return Value::Plain,
            "listTables" | "listDatabases" | "listFunctions" | "databaseExists" | "getDatabase"
            | "functionExists" | "getFunction" => {
                self.command(StatementKind::Describe { target: None }, range);
                return Value::Plain;
            }
            "clearCache" => {
                self.same_as("CLEAR CACHE", range);
                return Value::Plain;
            }
            _ => {}
        }
        let argument = ["tableName", "viewName", "dbName"]
            .iter()
            .find_map(|name| arguments.get(0, name));
        let statement = match name {
            "tableExists" | "getTable" | "listColumns" | "isCached"
                if arguments.positional.len() <= 1 =>
            {
                "DESCRIBE TABLE "
            }
            "cacheTable" => "CACHE TABLE ",
            "uncacheTable" => "UNCACHE TABLE ",
            "refreshTable" => "REFRESH TABLE ",
            "recoverPartitions" => "MSCK REPAIR TABLE ",
            "setCurrentDatabase" => "USE ",
            "dropTempView" => "DROP VIEW ",
            "dropGlobalTempView" => "DROP VIEW global_temp.",
            "createTable" | "createExternalTable" => {
                let Some(names) = self.names(argument, arguments, range) else {
                    return Value::Unknown;
                };
                let mut lazy = Lazy::default();
                self.one_of(names, |walker, target| {
                    let read = PythonDeed::Read(target.clone());
                    walker.act(
                        PythonDeed::Save {
                            target,
                            replace: false,
                            located: true,
                        },
                        range,
                    );
                    lazy.add(&walker.act(read, range));
                });
                return Value::Frame(lazy);
            }
            _ => return self.unseen(range, format!("`{name}` of the catalog")),
        };
        let Some(names) = self.names(argument, arguments, range) else {
            return Value::Unknown;
        };
        self.one_of(names, |walker, name| {
            let parts: Vec<_> = name
                .parts
                .iter()
                .map(|part| format!("`{}`", part.text))
                .collect();
            walker.same_as(&format!("{statement}{}", parts.join(".")), range);
        });
        Value::Plain
    }

    pub(super) fn reader_method(
        &mut self,
        mut reader: Reader,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match name {
            "format" => {
                reader.format = arguments.get(0, "source").and_then(Value::one_text);
                Value::Reader(reader)
            }
            "schema" | "option" | "options" => Value::Reader(reader),
            "table" => self.read_table(arguments, range),
            "parquet" | "csv" | "json" | "orc" | "text" => {
                self.read_files(Some(name), arguments, range)
            }
            "load" => {
                let format = arguments.get(1, "format").map(Value::one_text);
                let format = format.unwrap_or(reader.format);
                self.read_files(format.as_deref(), arguments, range)
            }
            "jdbc" => self.read_files(None, &Arguments::default(), range),
            _ => self.unseen(range, format!("`{name}` of a reader")),
        }
    }

    /// Reads of files: at the paths where the format says that they are paths, else anywhere.
    fn read_files(
        &mut self,
        format: Option<&str>,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let by_path = format.is_some_and(|format| {
            [
                "parquet",
                "csv",
                "json",
                "orc",
                "text",
                "avro",
                "delta",
                "binaryfile",
                "xml",
            ]
            .contains(&format.to_lowercase().as_str())
        });
        // `parquet(*paths)`; the others take one path or a list of paths first.
        let mut paths = match format {
            Some("parquet" | "orc") => arguments.positional.clone(),
            _ => arguments.positional.first().cloned().into_iter().collect(),
        };
        let named = arguments
            .named
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "path" | "paths"));
        paths.extend(named.map(|(_, value)| value.clone()));
        let mut lazy = arguments.lazy();
        let mut read = Vec::new();
        for value in paths {
            let items = self.items(&value).unwrap_or_else(|| vec![value]);
            for item in items {
                match item.texts().filter(|_| by_path && !arguments.open) {
                    Some(texts) => read.extend(texts.into_iter().map(|(text, _)| Some(text))),
                    None => read.push(None),
                }
            }
        }
        if read.is_empty() {
            read.push(None);
        }
        let first = if arguments.positional.is_empty() {
            range
        } else {
            arguments.first
        };
        for path in read {
            let files = self.files(path.as_deref(), first);
            lazy.add(&self.act(PythonDeed::ReadFiles(files), first));
        }
        Value::Frame(lazy)
    }

    /// Defines a temporary view.
    pub(super) fn define_view(
        &mut self,
        scope: ViewScope,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        if let Some(names) = self.names(arguments.get(0, "name"), arguments, range) {
            self.one_of(names, |walker, target| {
                walker.act(PythonDeed::View { target, scope }, range);
            });
        }
        Value::Plain
    }
}
