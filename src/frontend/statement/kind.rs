//! What a statement does.

use super::{Name, Query};
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
    },
    /// `CREATE [OR REPLACE] [TEMPORARY] VIEW … AS query`.
    CreateView {
        /// The view made.
        target: Name,
        /// Lives in the session only.
        temporary: bool,
        /// Replaces an existing view.
        replace: bool,
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
    /// A Python file.
    Python(PythonStep),
    /// A statement that cannot be seen through.
    Opaque {
        /// Why, as a lowercase fragment.
        reason: String,
    },
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
            StatementKind::CreateTableAs { .. } => "create_table_as",
            StatementKind::CreateTable { .. } => "create_table",
            StatementKind::CreateView {
                temporary: true, ..
            } => "create_temporary_view",
            StatementKind::CreateView { .. } => "create_view",
            StatementKind::Drop { .. } => "drop",
            StatementKind::Truncate { .. } => "truncate",
            StatementKind::Use { .. } => "use",
            StatementKind::CreateDatabase { .. } => "create_database",
            StatementKind::Set { .. } => "set",
            StatementKind::Describe { .. } => "describe",
            StatementKind::Python(_) => "python",
            StatementKind::Opaque { .. } => "opaque",
        }
    }

    /// Every query in the statement, definitions of views included.
    pub fn queries(&self) -> Vec<&Query> {
        match self {
            StatementKind::CreateView { query, .. } => vec![query],
            _ => self.query().into_iter().collect(),
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
            _ => Vec::new(),
        }
    }

    /// Names of tables of which only metadata is used.
    pub fn described(&self) -> Vec<&Name> {
        match self {
            StatementKind::Describe { target } => target.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The query whose rows the statement computes now. A view's definition is not: it is read where the view is
    /// used.
    pub fn query(&self) -> Option<&Query> {
        match self {
            StatementKind::Query(query)
            | StatementKind::Insert { query, .. }
            | StatementKind::CreateTableAs { query, .. } => Some(query),
            _ => None,
        }
    }
}

/// What a Python file of the pipeline declares about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PythonStep {
    /// Tables read; none where nothing is declared, which makes the step a barrier.
    pub declared: Option<PythonDeclaration>,
}

/// The header comment `# hoist: reads a, b; writes c; views v`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PythonDeclaration {
    /// Tables whose rows the step reads.
    pub reads: Vec<Name>,
    /// Tables it writes.
    pub writes: Vec<Name>,
    /// Temporary views it defines.
    pub views: Vec<Name>,
    /// The header.
    pub span: Option<Span>,
}
