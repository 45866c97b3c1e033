//! What a read depends on through views, and whether that can be shared at all.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, Reason};
use crate::facts::access::{
    Access, Fixed, Origin, Read, ReadId, SensitivityKind, TableId, TableVersion, WriteKind,
};
use crate::facts::catalog::{SessionFacts, TableFacts, TableKind};
use crate::frontend::statement::{StatementId, StatementKind};

/// The versions that some reads of one statement depend on, themselves included.
pub(super) fn closure(access: &Access, reads: &[ReadId]) -> BTreeSet<TableVersion> {
    let mut versions: BTreeSet<TableVersion> = access
        .reads
        .iter()
        .filter(|read| reads.contains(&read.id))
        .map(|read| read.version)
        .collect();
    loop {
        let tables: BTreeSet<TableId> = versions.iter().map(|version| version.table).collect();
        let before = versions.len();
        versions.extend(access.reads.iter().filter_map(|read| match read.origin {
            Origin::ThroughView(view) if tables.contains(&view) => Some(read.version),
            _ => None,
        }));
        if versions.len() == before {
            return versions;
        }
    }
}

impl Context<'_> {
    /// The table's name as messages show it.
    pub(super) fn name(&self, table: TableId) -> String {
        self.workload
            .table(table)
            .map(|table| table.name.clone())
            .unwrap_or_default()
    }

    /// Facts of a table that is not a temporary view.
    pub(super) fn facts(&self, table: TableId) -> Option<&TableFacts> {
        let table = self.workload.table(table)?;
        if table.temporary {
            None
        } else {
            self.catalog.tables.get(&table.name)
        }
    }

    /// Why nothing that depends on these versions can be shared, if so.
    pub(super) fn check_inputs(
        &self,
        access: &Access,
        versions: &BTreeSet<TableVersion>,
    ) -> Result<(), Reason> {
        let mut reads = access.reads.iter();
        if let Some(read) = reads.find(|read| read.unseen && versions.contains(&read.version)) {
            return Err(self.unseen_view(read.version.table));
        }
        for version in versions {
            let temporary = self
                .workload
                .table(version.table)
                .is_some_and(|table| table.temporary);
            if temporary || self.is_made_a_view(version.table) {
                self.check_view(access.statement, version.table)?;
            } else {
                self.check_table(*version)?;
                self.check_listing(access, *version)?;
            }
        }
        Ok(())
    }

    /// A view whose definition is not seen may read anything.
    fn unseen_view(&self, view: TableId) -> Reason {
        let name = self.name(view);
        let text = match self.facts(view) {
            None => format!("the definition of the view `{name}` is not seen"),
            Some(facts) if facts.kind == TableKind::Temporary => format!(
                "the session has a temporary view named as `{name}`: what it reads is not known"
            ),
            Some(facts) if facts.view.is_none() => format!(
                "`{name}` is a permanent view: what its text reads is known where the plan is made \
                 through an engine or with a catalog file that holds the text"
            ),
            Some(_) => format!("`{name}` is a permanent view whose text is not understood"),
        };
        Reason::new("view", text)
    }

    /// Whether a statement of the pipeline makes it a view.
    fn is_made_a_view(&self, table: TableId) -> bool {
        let mut accesses = self.workload.accesses.iter();
        accesses.any(|access| {
            let statement = self.workload.statement(access.statement);
            let kind = statement.map(|statement| &statement.kind);
            matches!(kind, Some(StatementKind::CreateView { .. }))
                && access.writes.iter().any(|write| write.table == table)
        })
    }

    /// A view that the pipeline defines is shared only if the definition gives the same rows at each use.
    fn check_view(&self, reader: StatementId, view: TableId) -> Result<(), Reason> {
        let definition = self
            .workload
            .accesses
            .iter()
            .take(reader.0 as usize)
            .rfind(|access| access.writes.iter().any(|write| write.table == view));
        if definition.is_some() && !self.is_made_a_view(view) {
            let text = format!("`{}` is kept by `CACHE TABLE … AS`", self.name(view));
            return Err(Reason::new("view", text));
        }
        let sensitivity = definition.and_then(|access| access.sensitivities.first());
        match sensitivity {
            None => Ok(()),
            Some(sensitivity) => Err(Reason::new(
                code(sensitivity.kind),
                format!(
                    "the view `{}` uses `{}`, {}",
                    self.name(view),
                    sensitivity.what,
                    why(sensitivity.kind)
                ),
            )),
        }
    }

    fn check_table(&self, version: TableVersion) -> Result<(), Reason> {
        let name = self.name(version.table);
        let facts = self.facts(version.table);
        // Spark asks a table for the columns that are left when outer queries have been merged with what stands
        // inside them, so a subquery that is written in the same way elsewhere may read other columns there.
        if facts.is_some_and(|facts| facts.rows_depend_on_columns) {
            let text = format!(
                "which malformed rows of `{name}` are read depends on the columns that a statement needs"
            );
            return Err(Reason::new("malformed-rows", text));
        }
        match facts.map(|facts| facts.kind) {
            Some(TableKind::Managed | TableKind::External | TableKind::View) => Ok(()),
            Some(TableKind::Temporary) => Err(self.unseen_view(version.table)),
            Some(TableKind::Missing) if version.generation > 0 => Err(Reason::new(
                "schema-unknown",
                format!(
                    "`{name}` does not exist before the run: its schema and size are known from \
                     the next run on"
                ),
            )),
            Some(TableKind::Missing) => Err(Reason::new(
                "schema-unknown",
                format!("`{name}` does not exist"),
            )),
            None => Err(Reason::new(
                "schema-unknown",
                format!(
                    "the schema of `{name}` is unknown: plan through an engine or give a catalog \
                     file"
                ),
            )),
        }
    }

    /// Whether the catalog's schema is that of this version: no statement before it may have changed it.
    pub(super) fn schema_is_current(&self, version: TableVersion) -> bool {
        self.workload.accesses.iter().all(|access| {
            let mut writes = access.writes.iter();
            let may_define =
                access.barrier.is_some() || writes.any(|write| write.table == version.table);
            let statement = self.workload.statement(access.statement);
            let keeps_schema = statement.is_some_and(|statement| keeps_schema(&statement.kind));
            // Last, as a statement may start a version of every table.
            let starts_it = || {
                access.starts.iter().any(|start| {
                    start.table == version.table && start.generation <= version.generation
                })
            };
            !may_define || keeps_schema || !starts_it()
        })
    }

    /// Whether a statement of the pipeline has written a version: not so where another write may have touched it.
    pub(super) fn is_written(&self, version: TableVersion) -> bool {
        let writes = self
            .workload
            .accesses
            .iter()
            .flat_map(|access| &access.writes);
        let mut writes = writes.filter(|write| write.kind != WriteKind::Define);
        writes.any(|write| write.produces == version)
    }

    /// Why a statement reads no frame at all, whatever it is about.
    pub(super) fn check_statement(
        &self,
        access: &Access,
        inputs: &BTreeSet<TableVersion>,
    ) -> Result<(), Reason> {
        if access.barrier.is_some() {
            return Err(Reason::new(
                "barrier",
                "the statement cannot be seen through",
            ));
        }
        let session = self.catalog.session.as_ref();
        if let Some(unusual) = session.and_then(SessionFacts::unusual_names) {
            let text = format!("names may mean something else in this session: {unusual}");
            return Err(Reason::new("session", text));
        }
        let statement = self.workload.statement(access.statement);
        let Some(statement) = statement.filter(|statement| statement.kind.query().is_some()) else {
            return Err(Reason::new(
                "not-a-query",
                "the statement is not a query to be rewritten",
            ));
        };
        if let Some(held) = super::placeholder(self.texts.text(statement.span)) {
            let text = format!("the statement holds the text `{held}`");
            return Err(Reason::new("placeholder", text));
        }
        if let Some(start) = access
            .starts
            .iter()
            .find(|start| inputs.iter().any(|input| input.table == start.table))
        {
            let text = format!(
                "the statement may change `{}`, which it reads",
                self.name(start.table)
            );
            return Err(Reason::new("written-by-reader", text));
        }
        self.check_padding(statement, access, inputs)?;
        let sharing = access
            .sensitivities
            .iter()
            // What varies at each use, or may fail, does so over the same rows.
            .find(|sensitivity| {
                !matches!(
                    sensitivity.kind,
                    SensitivityKind::NonDeterministic | SensitivityKind::MayFail
                )
            });
        match sharing {
            None => Ok(()),
            Some(sensitivity) => Err(Reason::new(
                code(sensitivity.kind),
                format!(
                    "the statement uses `{}`, {}",
                    sensitivity.what,
                    why(sensitivity.kind)
                ),
            )),
        }
    }
}

/// Whether a statement leaves the columns of every table as they are.
pub(super) fn keeps_schema(kind: &StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::Insert { .. }
            | StatementKind::Truncate { .. }
            | StatementKind::Set { .. }
            | StatementKind::Use { .. }
    )
}

/// Refused reads with the same reason, together, in order of the reasons.
#[derive(Default)]
pub(super) struct Refused {
    by_reason: BTreeMap<Reason, Vec<ReadId>>,
}

impl Refused {
    pub(super) fn add(&mut self, reason: Reason, reads: impl IntoIterator<Item = ReadId>) {
        self.by_reason.entry(reason).or_default().extend(reads);
    }

    pub(super) fn into_refusals(self, subject: &super::Subject) -> Vec<super::Refusal> {
        let mut refusals: Vec<_> = self
            .by_reason
            .into_iter()
            .map(|(reason, mut reads)| {
                reads.sort_unstable();
                reads.dedup();
                super::Refusal {
                    subject: subject.clone(),
                    reads,
                    reason,
                }
            })
            .collect();
        refusals.sort_by(|a, b| a.reads.cmp(&b.reads));
        refusals
    }
}

/// Reads of a table by its name in a `FROM`.
pub(super) fn is_named(read: &Read) -> bool {
    matches!(read.origin, Origin::Named { .. })
}

/// Why the name of a table stays as it is.
pub(super) fn fixed_reason(fixed: Fixed, table: &str) -> Reason {
    let (code, text) = match fixed {
        Fixed::Modified => (
            "modified",
            format!("a modifier such as `TABLESAMPLE` or `VERSION AS OF` hangs on `{table}`"),
        ),
        Fixed::Bare => (
            "bare-table",
            format!("`{table}` stands where it can have no alias"),
        ),
        Fixed::FullyQualifiedColumn => (
            "qualified-column",
            format!("a column is qualified by the full name `{table}`"),
        ),
        Fixed::ViewDefinition => (
            "view-definition",
            format!("`{table}` is named in the definition of a view"),
        ),
        Fixed::WrittenByReader => (
            "written-by-reader",
            format!("the statement also writes `{table}`"),
        ),
        Fixed::UnknownColumn => (
            "unknown-column",
            format!("the statement asks `{table}` for a column that it is not known to have"),
        ),
        Fixed::AfterUnknownSession => (
            "barrier",
            format!(
                "`{table}` is named without its database after a statement that cannot be seen \
                 through: it may mean another table"
            ),
        ),
        Fixed::NotAQuery => (
            "not-a-query",
            format!("`{table}` is read by a statement that is more than one query to be rewritten"),
        ),
        Fixed::Redefined => (
            "schema-unknown",
            format!("all columns of `{table}` are needed, and the pipeline may have redefined it"),
        ),
    };
    Reason::new(code, text)
}

/// The code of a reason by sensitivity.
pub(super) fn code(kind: SensitivityKind) -> &'static str {
    match kind {
        SensitivityKind::NonDeterministic => "non-deterministic",
        SensitivityKind::UnknownFunction => "unknown-function",
        SensitivityKind::RowOrigin => "row-origin",
        SensitivityKind::Sampling => "sampling",
        SensitivityKind::OrderSensitive => "order-sensitive",
        SensitivityKind::MayFail => "may-fail",
    }
}

/// Continues "… uses `x`, ".
pub(super) fn why(kind: SensitivityKind) -> &'static str {
    match kind {
        SensitivityKind::NonDeterministic => "which gives other values at each evaluation",
        SensitivityKind::UnknownFunction => "which is not known to be deterministic",
        SensitivityKind::RowOrigin => "which tells where a row comes from",
        SensitivityKind::Sampling => "which reads other rows at each use",
        SensitivityKind::OrderSensitive => "whose result depends on the order of rows",
        SensitivityKind::MayFail => {
            "which may fail on rows that the tests of one reader keep from it and those of another do not"
        }
    }
}
