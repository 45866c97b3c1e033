//! Workloads for the tests of `planner`: built by hand (texts are real, facts about them are stated) or from SQL.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{SourceId, Span};
use crate::facts::access::{
    Access, Accesses, Barrier, Declarations, Filter, Origin, Read, ReadId, Sensitivity,
    SensitivityKind, Table, TableId, TableVersion, Write, WriteKind, resolve,
};
use crate::facts::catalog::{Catalog, ColumnFacts, TableFacts, TableKind};
use crate::facts::workload::{Workload, build};
use crate::frontend::source::{Sources, Variables};
use crate::frontend::statement::{
    Clauses, Identifier, LiteralKind, Name, Query, QueryBody, Relation, Select, Statement,
    StatementId, StatementKind, TableReference, TestOperator,
};

/// A pipeline under construction: one file per statement.
#[derive(Default)]
pub(in crate::planner) struct Pipeline {
    texts: Vec<String>,
    tables: Vec<Table>,
    catalog: Catalog,
    plans: Vec<Facts>,
    generations: BTreeMap<TableId, u32>,
}

/// What is stated about one statement.
#[derive(Clone, Default)]
pub(in crate::planner) struct Facts {
    reads: Vec<ReadFacts>,
    write: Option<String>,
    barrier: bool,
    sensitivity: Option<SensitivityKind>,
}

#[derive(Clone)]
struct ReadFacts {
    table: String,
    alias: bool,
    columns: Option<Vec<String>>,
    filters: Vec<(String, String, TestOperator, LiteralKind)>,
}

impl Facts {
    /// A read of a table by its full name, which the text must hold; the last read of a table that the text names
    /// several times is its last mention.
    pub(in crate::planner) fn read(mut self, table: &str, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        self.reads.push(ReadFacts {
            table: table.to_owned(),
            alias: false,
            columns: Some(columns),
            filters: Vec::new(),
        });
        self
    }

    pub(in crate::planner) fn all_columns(mut self) -> Self {
        self.reads.last_mut().unwrap().columns = None;
        self
    }

    pub(in crate::planner) fn aliased(mut self) -> Self {
        self.reads.last_mut().unwrap().alias = true;
        self
    }

    /// A test of the last read, by its text and the column in it.
    pub(in crate::planner) fn filter(
        mut self,
        text: &str,
        column: &str,
        literal: LiteralKind,
    ) -> Self {
        let filter = (
            text.to_owned(),
            column.to_owned(),
            TestOperator::Compare,
            literal,
        );
        self.reads.last_mut().unwrap().filters.push(filter);
        self
    }

    pub(in crate::planner) fn write(mut self, table: &str) -> Self {
        self.write = Some(table.to_owned());
        self
    }

    pub(in crate::planner) fn sensitive(mut self, kind: SensitivityKind) -> Self {
        self.sensitivity = Some(kind);
        self
    }

    pub(in crate::planner) fn barrier() -> Self {
        Facts {
            barrier: true,
            ..Facts::default()
        }
    }
}

impl Pipeline {
    /// A table of the catalog; its columns are `name type`.
    pub(in crate::planner) fn table(
        mut self,
        name: &str,
        provider: &str,
        bytes: Option<u64>,
        columns: &[&str],
    ) -> Self {
        let columns = columns.iter().map(|column| {
            let (name, data_type) = column.split_once(' ').unwrap();
            ColumnFacts {
                name: name.to_owned(),
                data_type: data_type.to_owned(),
                nullable: true,
            }
        });
        let facts = TableFacts {
            kind: TableKind::External,
            provider: Some(provider.to_owned()),
            location: Some(format!("file:/warehouse/{name}")),
            columns: columns.collect(),
            partition_columns: Vec::new(),
            size_bytes: bytes,
            rows: None,
            ..TableFacts::default()
        };
        self.catalog.tables.insert(name.to_owned(), facts);
        self
    }

    /// The workload of SQL texts over the tables given, one file per text, the current database being `m`.
    pub(in crate::planner) fn sql(
        mut self,
        texts: &[&str],
        variables: &[(&str, &str)],
    ) -> (Workload, Sources, Catalog) {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let files = texts
            .iter()
            .enumerate()
            .map(|(number, text)| (format!("{number:03}.sql"), *text));
        let sources = Sources::from_texts(files, &variables.collect());
        let parsed = crate::frontend::parse(&sources);
        assert_eq!(parsed.diagnostics, [], "the texts of a test are understood");
        let declarations = Declarations {
            default_database: "m".to_owned(),
            ..Declarations::default()
        };
        let version = &mut self.catalog.spark_version;
        version.get_or_insert_with(|| "3.5.6".to_owned());
        let accesses = resolve(&parsed.statements, &self.catalog, &declarations);
        (build(parsed.statements, accesses), sources, self.catalog)
    }

    /// Changes the facts of a table.
    pub(in crate::planner) fn facts(
        mut self,
        name: &str,
        change: impl Fn(&mut TableFacts),
    ) -> Self {
        change(self.catalog.tables.get_mut(name).unwrap());
        self
    }

    /// The session has this value of a setting.
    pub(in crate::planner) fn session(mut self, key: &str, value: &str) -> Self {
        let session = self.catalog.session.get_or_insert_default();
        session.database = "m".to_owned();
        session.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    pub(in crate::planner) fn statement(mut self, text: &str, facts: Facts) -> Self {
        self.texts.push(text.to_owned());
        self.plans.push(facts);
        self
    }

    fn id(&mut self, name: &str) -> TableId {
        if let Some(table) = self.tables.iter().find(|table| table.name == name) {
            return table.id;
        }
        let id = TableId(self.tables.len().try_into().unwrap());
        self.tables.push(Table {
            id,
            name: name.to_owned(),
            temporary: false,
        });
        id
    }

    pub(in crate::planner) fn build(mut self) -> (Workload, Sources, Catalog) {
        let texts: Vec<_> = self.texts.iter().enumerate().collect();
        let texts = texts
            .iter()
            .map(|(number, text)| (format!("{number:03}.sql"), text.as_str()));
        let sources = Sources::from_texts(texts, &Variables::new());
        let mut statements = Vec::new();
        let mut accesses = Vec::new();
        let mut reads = 0;
        for (number, facts) in self.plans.clone().into_iter().enumerate() {
            let source = SourceId(number.try_into().unwrap());
            let text = self.texts[number].clone();
            let id = StatementId(source.0);
            let mut access = access(id);
            let mut from = Vec::new();
            for read in facts.reads {
                let (read, relation) = self.place(id, source, &text, &read, ReadId(reads));
                reads += 1;
                access.reads.push(read);
                from.push(relation);
            }
            let whole = span(source, 0, text.len());
            if let Some(kind) = facts.sensitivity {
                access.sensitivities.push(Sensitivity {
                    kind,
                    span: whole,
                    what: "f".to_owned(),
                });
            }
            if facts.barrier {
                access.barrier = Some(Barrier {
                    reason: "opaque".to_owned(),
                    span: whole,
                });
                let tables: Vec<TableId> = self.tables.iter().map(|table| table.id).collect();
                access.starts = tables.into_iter().map(|table| self.bump(table)).collect();
            }
            let kind = if facts.barrier {
                StatementKind::Opaque {
                    reason: "opaque".to_owned(),
                }
            } else if let Some(target) = &facts.write {
                let table = self.id(target);
                let produces = self.bump(table);
                access.starts.push(produces);
                let kind = WriteKind::Replace;
                access.writes.push(Write {
                    table,
                    kind,
                    produces,
                    span: whole,
                });
                let target = Name {
                    parts: vec![identifier(target, whole)],
                    span: whole,
                };
                let query = query(whole, from);
                StatementKind::Insert {
                    target,
                    overwrite: true,
                    partition: false,
                    query,
                }
            } else {
                StatementKind::Query(query(whole, from))
            };
            statements.push(Statement {
                id,
                source,
                span: whole,
                number: 1,
                kind,
            });
            accesses.push(access);
        }
        let accesses = Accesses {
            tables: self.tables,
            accesses,
            diagnostics: Vec::new(),
        };
        (build(statements, accesses), sources, self.catalog)
    }

    fn bump(&mut self, table: TableId) -> TableVersion {
        let generation = self.generations.entry(table).or_default();
        *generation += 1;
        TableVersion {
            table,
            generation: *generation,
        }
    }

    fn place(
        &mut self,
        statement: StatementId,
        source: SourceId,
        text: &str,
        facts: &ReadFacts,
        id: ReadId,
    ) -> (Read, Relation) {
        let table = self.id(&facts.table);
        let version = TableVersion {
            table,
            generation: self.generations.get(&table).copied().unwrap_or(0),
        };
        let start = text.rfind(&facts.table).unwrap();
        let name = span(source, start, start + facts.table.len());
        let last = facts.table.rsplit('.').next().unwrap();
        let last_part = identifier(
            last,
            span(source, name.end as usize - last.len(), name.end as usize),
        );
        let alias = facts.alias.then(|| {
            let after = &text[name.end as usize + 1..];
            let length = after
                .find(|c: char| !c.is_alphanumeric())
                .unwrap_or(after.len());
            let start = name.end as usize + 1;
            identifier(&after[..length], span(source, start, start + length))
        });
        let filters = facts
            .filters
            .iter()
            .map(|(test, column, operator, literal)| {
                let start = text.find(test.as_str()).unwrap();
                let inner = start + test.find(column.as_str()).unwrap();
                Filter {
                    span: span(source, start, start + test.len()),
                    column: column.rsplit('.').next().unwrap().to_lowercase(),
                    reference: span(source, inner, inner + column.len()),
                    operator: *operator,
                    literals: vec![*literal],
                }
            });
        let read = Read {
            gatherings: Vec::new(),
            id,
            statement,
            version,
            origin: Origin::Named {
                name,
                alias: alias.clone(),
                last_part: last_part.clone(),
            },
            columns: facts
                .columns
                .as_ref()
                .map(|columns| columns.iter().cloned().collect::<BTreeSet<_>>()),
            filters: filters.collect(),
            fixed: None,
            unseen: false,
        };
        let reference = TableReference {
            name: Name {
                parts: vec![last_part],
                span: name,
            },
            alias,
            columns: Vec::new(),
            modified: false,
            bare: false,
        };
        (read, Relation::Table(reference))
    }
}

fn access(statement: StatementId) -> Access {
    Access {
        statement,
        reads: Vec::new(),
        writes: Vec::new(),
        described: Vec::new(),
        starts: Vec::new(),
        barrier: None,
        sensitivities: Vec::new(),
        arrangements: Vec::new(),
        subqueries: Vec::new(),
    }
}

fn identifier(text: &str, span: Span) -> Identifier {
    Identifier {
        text: text.to_owned(),
        span,
    }
}

fn span(source: SourceId, start: usize, end: usize) -> Span {
    Span {
        source,
        start: start.try_into().unwrap(),
        end: end.try_into().unwrap(),
    }
}

fn query(span: Span, from: Vec<Relation>) -> Query {
    let select = Select {
        span,
        distinct: false,
        items: Vec::new(),
        from,
        filter: Vec::new(),
        group_by: Vec::new(),
        grouped: false,
        having: Vec::new(),
        other: Vec::new(),
        clauses: Clauses::default(),
    };
    Query {
        span,
        verbatim: true,
        ctes: Vec::new(),
        body: QueryBody::Select(Box::new(select)),
        order_by: Vec::new(),
        tail: Vec::new(),
        limited: false,
    }
}
