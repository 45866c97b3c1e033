//! What a statement does.

use super::{Identifier, Name, PythonStep, Query};
use crate::diagnostic::Span;

/// What a statement does. Anything not understood is [`StatementKind::Opaque`]: a barrier.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// A bare query; its rows go to the caller.
    Query(Query),
    /// `INSERT INTO|OVERWRITE [TABLE] target … query`.
    Insert {
        /// The table written.
        target: Name,
        /// Replaces the rows (of the table or of the partitions named).
        overwrite: bool,
        /// Has a `PARTITION (…)` clause: only part of the table is replaced.
        partition: bool,
        /// The rows.
        query: Query,
    },
    /// `CREATE [OR REPLACE] TABLE … AS query`.
    CreateTableAs {
        /// The table made.
        target: Name,
        /// Replaces an existing table.
        replace: bool,
        /// Does nothing where the table exists.
        if_not_exists: bool,
        /// May name where its rows lie (`EXTERNAL`, `LOCATION`, `OPTIONS`, `STORED BY`), so that it may share them
        /// with another table.
        located: bool,
        /// The rows.
        query: Query,
    },
    /// `CREATE TABLE …` without rows.
    CreateTable {
        /// The table made.
        target: Name,
        /// Does nothing where the table exists.
        if_not_exists: bool,
        /// May name where its rows lie (`EXTERNAL`, `LOCATION`, `OPTIONS`, `STORED BY`), so that it may share them
        /// with another table.
        located: bool,
        /// Replaces an existing table: `[CREATE OR] REPLACE TABLE`.
        replace: bool,
        /// Where its columns come from.
        columns: ColumnSource,
    },
    /// `INSERT OVERWRITE [LOCAL] DIRECTORY … query`.
    InsertDirectory {
        /// Where the rows go.
        files: Files,
        /// The rows.
        query: Query,
    },
    /// `CREATE [OR REPLACE] [[GLOBAL] TEMPORARY] VIEW … AS query`, `ALTER VIEW … AS query`.
    CreateView {
        /// The view made.
        target: Name,
        /// Where it lives.
        scope: ViewScope,
        /// Replaces an existing view.
        replace: bool,
        /// Does nothing where the view exists.
        if_not_exists: bool,
        /// Names of its columns, where they are listed.
        columns: Vec<Identifier>,
        /// Its definition, read whenever the view is used.
        query: Query,
    },
    /// `DROP TABLE|VIEW [IF EXISTS] …`.
    Drop {
        /// What is dropped.
        target: Name,
    },
    /// `TRUNCATE TABLE …`.
    Truncate {
        /// The table emptied.
        target: Name,
    },
    /// `USE [DATABASE] name`.
    Use {
        /// The new current database.
        database: Name,
    },
    /// `CREATE DATABASE …`: changes no table.
    CreateDatabase {
        /// The database made.
        database: Name,
    },
    /// `SET key = value`.
    Set {
        /// The setting, as written.
        key: String,
        /// Its new value; none where the statement only shows it.
        value: Option<String>,
    },
    /// `DESCRIBE`, `SHOW`, … of metadata only: reads no rows and changes nothing.
    Describe {
        /// The table described, where one is named.
        target: Option<Name>,
    },
    /// `EXPLAIN …`, `DESCRIBE QUERY …`: the statement is analysed and not run.
    Explain {
        /// The word for this kind.
        word: &'static str,
        /// What is analysed.
        statement: Box<StatementKind>,
    },
    /// `BEGIN … END`: statements of a script in the order of the text, those of loops and branches included.
    Script(Vec<StatementKind>),
    /// Any other statement.
    Command(Command),
    /// A Python file.
    Python(PythonStep),
    /// A statement that cannot be seen through.
    Opaque {
        /// Why, as a lowercase fragment.
        reason: String,
    },
}

/// Where the columns of a table that is made without rows come from.
#[derive(Clone, Debug)]
pub enum ColumnSource {
    /// The statement lists them.
    Listed,
    /// They are those of another table: `LIKE`.
    Like(Name),
    /// They are those of the files that lie there.
    Files,
}

/// A statement that planning need not tell from others: what it changes, reads and mentions.
#[derive(Clone, Debug)]
pub struct Command {
    /// The word for this kind.
    pub word: &'static str,
    /// What it changes, in the order of the text.
    pub changes: Vec<Change>,
    /// Tables of which only metadata is used.
    pub described: Vec<Name>,
    /// Queries whose rows it computes now. A statement that tests the rows of its target names it in their `FROM`.
    pub queries: Vec<Query>,
    /// What else it does.
    pub effect: Effect,
}

impl Command {
    /// A command that does nothing yet.
    pub fn new(word: &'static str) -> Self {
        Command {
            word,
            changes: Vec::new(),
            described: Vec::new(),
            queries: Vec::new(),
            effect: Effect::None,
        }
    }
}

/// A change by a [`Command`].
#[derive(Clone, Debug)]
pub enum Change {
    /// Rows of a table are added, changed or removed.
    Rows(Name),
    /// All rows of a table are replaced.
    AllRows(Name),
    /// A table's schema, properties, partitions or place change.
    Definition(Name),
    /// Only words about a table change.
    Comment(Name),
    /// A table or view gets another name, in the same database where the new name has one part.
    Rename {
        /// The name that it loses.
        from: Name,
        /// The name that it gets.
        to: Name,
    },
    /// A temporary view over something that is not seen: `CREATE TEMPORARY VIEW … USING …`.
    View {
        /// The view.
        target: Name,
        /// Where it lives.
        scope: ViewScope,
    },
    /// A temporary view of the command's query: `CACHE TABLE … AS query`.
    CachedQuery(Name),
    /// A table's listing of files is read anew: it may show other rows.
    Refresh(Name),
    /// Cached rows of a table or view are dropped, and those of what is cached on it.
    Uncache(Name),
    /// Files are moved away, or their listing is read anew.
    Files(Files),
}

/// Files at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The path; none where the text does not give it.
    pub path: Option<String>,
    /// The path in the text, or the words that stand for it.
    pub span: Span,
}

/// Where a view lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewScope {
    /// In the catalog.
    Permanent,
    /// In the session.
    Temporary,
    /// In the database `global_temp`, as long as the application.
    GlobalTemporary,
    /// Wherever the view is that is altered.
    Existing,
}

/// What a [`Command`] does besides changing tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// Something that bears neither on rows nor on names, but that later statements may need.
    InPlace,
    /// Everything that is cached is dropped, whoever has cached it.
    Uncaches,
    /// A setting gets its default.
    Reset(String),
    /// A function or variable that later statements may use gets another meaning.
    Rows {
        /// Why, as a lowercase fragment.
        reason: &'static str,
        /// The functions that are made.
        functions: MadeFunctions,
    },
    /// Names of tables may mean other tables, and settings may have other values; no function is made.
    Names {
        /// Why, as a lowercase fragment.
        reason: &'static str,
    },
    /// It may do anything.
    Unseen {
        /// Why, as a lowercase fragment.
        reason: &'static str,
    },
}

/// Functions that a statement makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MadeFunctions {
    /// None.
    None,
    /// One.
    One(MadeFunction),
    /// Functions whose names are known only when the statement runs.
    Any,
}

/// A function that a statement makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeFunction {
    /// Its name.
    pub name: Name,
    /// Its body is SQL and has a query: whoever calls it reads what that query reads.
    pub has_query: bool,
}

impl StatementKind {
    /// The word for this kind in documents and messages.
    pub fn word(&self) -> &'static str {
        match self {
            StatementKind::Query(_) => "query",
            StatementKind::Insert {
                overwrite: true, ..
            } => "insert_overwrite",
            StatementKind::Insert { .. } => "insert_into",
            StatementKind::InsertDirectory { .. } => "insert_directory",
            StatementKind::CreateTableAs { .. } => "create_table_as",
            StatementKind::CreateTable { .. } => "create_table",
            StatementKind::CreateView { scope, .. } => match scope {
                ViewScope::Permanent => "create_view",
                ViewScope::Temporary | ViewScope::GlobalTemporary => "create_temporary_view",
                ViewScope::Existing => "alter_view",
            },
            StatementKind::Drop { .. } => "drop",
            StatementKind::Truncate { .. } => "truncate",
            StatementKind::Use { .. } => "use",
            StatementKind::CreateDatabase { .. } => "create_database",
            StatementKind::Set { .. } => "set",
            StatementKind::Describe { .. } => "describe",
            StatementKind::Explain { word, .. } => word,
            StatementKind::Script(_) => "script",
            StatementKind::Command(command) => command.word,
            StatementKind::Python(_) => "python",
            StatementKind::Opaque { .. } => "opaque",
        }
    }

    /// Every query in the statement, definitions of views and what is only analysed included.
    pub fn queries(&self) -> Vec<&Query> {
        match self {
            StatementKind::CreateView { query, .. } => vec![query],
            StatementKind::Explain { statement, .. } => statement.queries(),
            StatementKind::Script(statements) => {
                statements.iter().flat_map(Self::queries).collect()
            }
            _ => self.evaluated(),
        }
    }

    /// Names of what the statement makes, changes or removes.
    pub fn targets(&self) -> Vec<&Name> {
        match self {
            StatementKind::Insert { target, .. }
            | StatementKind::CreateTableAs { target, .. }
            | StatementKind::CreateTable { target, .. }
            | StatementKind::CreateView { target, .. }
            | StatementKind::Drop { target }
            | StatementKind::Truncate { target } => vec![target],
            StatementKind::Explain { statement, .. } => statement.targets(),
            StatementKind::Script(statements) => {
                statements.iter().flat_map(Self::targets).collect()
            }
            StatementKind::Command(command) => {
                command.changes.iter().flat_map(Change::targets).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Names of tables of which only metadata is used.
    pub fn described(&self) -> Vec<&Name> {
        match self {
            StatementKind::Describe { target } => target.iter().collect(),
            StatementKind::CreateTable {
                columns: ColumnSource::Like(like),
                ..
            } => vec![like],
            StatementKind::Explain { statement, .. } => statement.described(),
            StatementKind::Script(statements) => {
                statements.iter().flat_map(Self::described).collect()
            }
            StatementKind::Command(command) => {
                let refreshed = command.changes.iter().filter_map(|change| match change {
                    Change::Refresh(name) | Change::Uncache(name) => Some(name),
                    _ => None,
                });
                command.described.iter().chain(refreshed).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The one query whose rows the statement computes now and whose text may be edited. A view's definition is not:
    /// it is read where the view is used.
    pub fn query(&self) -> Option<&Query> {
        match self {
            StatementKind::Query(query)
            | StatementKind::Insert { query, .. }
            | StatementKind::InsertDirectory { query, .. }
            | StatementKind::CreateTableAs { query, .. } => Some(query),
            _ => None,
        }
    }

    /// Every query whose rows the statement computes when it runs.
    pub fn evaluated(&self) -> Vec<&Query> {
        match self {
            StatementKind::Command(command) => command.queries.iter().collect(),
            StatementKind::Script(statements) => {
                statements.iter().flat_map(Self::evaluated).collect()
            }
            _ => self.query().into_iter().collect(),
        }
    }
}

impl Change {
    /// Names that it changes; a refreshed table is only described.
    pub fn targets(&self) -> Vec<&Name> {
        match self {
            Change::Rows(target)
            | Change::AllRows(target)
            | Change::Definition(target)
            | Change::Comment(target)
            | Change::CachedQuery(target)
            | Change::View { target, .. } => vec![target],
            Change::Rename { from, to } => vec![from, to],
            Change::Refresh(_) | Change::Uncache(_) | Change::Files(_) => Vec::new(),
        }
    }
}
