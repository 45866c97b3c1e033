//! A small pipeline with a correct plan, made by hand, and ways to spoil it.

use std::collections::BTreeMap;

use crate::diagnostic::Span;
use crate::facts::access::{
    Exchanges, Filter, Origin, Table, TableId, TableVersion, Write, WriteKind,
};
use crate::facts::catalog::{ColumnFacts, TableFacts, TableKind};
use crate::facts::workload::{Hazard, HazardKind};
use crate::frontend::source::Variables;
use crate::frontend::statement::{
    Identifier, Query, QueryBody, Relation, Select, SelectItem, Shape, StatementKind,
};
use crate::planner::check::names::Names;
use crate::planner::check::*;
use crate::planner::emit::{Language, ProgramText};
use crate::planner::frame::{CandidateId, FrameKind, Place, Reader};
use crate::planner::plan::{Layout, Medium, Summary};

const FILES: [(&str, &str); 6] = [
    (
        "01_young.sql",
        "CREATE TABLE m.young AS -- the young\nSELECT policy_id, age FROM raw.gd WHERE age < 25 AND day = '${day}';",
    ),
    (
        "02_old.sql",
        "CREATE TABLE m.old AS SELECT g.policy_id\nFROM raw.gd g WHERE (g.age BETWEEN 70 AND 90) AND g.Day = '${day}'",
    ),
    (
        "03_latest.sql",
        "CREATE TABLE m.a AS WITH latest AS (\n  SELECT p.policy_id, max(p.version) AS v FROM raw.policies p GROUP BY p.policy_id\n) SELECT policy_id, v FROM latest",
    ),
    (
        "04_latest.sql",
        "CREATE TABLE m.b AS SELECT x.V FROM (select q.`policy_id`, MAX(q.version) V /* last */ from raw.policies AS q group by q.policy_id) x",
    ),
    (
        "05_load.sql",
        "INSERT OVERWRITE raw.gd SELECT policy_id, age, day FROM raw.staging",
    ),
    ("06_all.sql", "CREATE TABLE m.whole AS SELECT * FROM raw.gd"),
];

#[derive(Clone)]
pub(super) struct Sample {
    pub(super) sources: Sources,
    pub(super) workload: Workload,
    pub(super) catalog: Catalog,
    pub(super) plan: Plan,
    pub(super) program: Program,
}

/// Accesses of the sample's plain statements: two-part names, one relation per block.
struct Reading<'a> {
    sources: &'a Sources,
    workload: Workload,
    current: BTreeMap<TableId, u32>,
}

impl Reading<'_> {
    fn version(&mut self, name: &str) -> TableVersion {
        let known = self.workload.tables.iter().find(|table| table.name == name);
        let id = known.map_or_else(
            || TableId(u32::try_from(self.workload.tables.len()).unwrap()),
            |table| table.id,
        );
        if known.is_none() {
            self.workload.tables.push(Table {
                id,
                name: name.to_owned(),
                temporary: false,
            });
        }
        TableVersion {
            table: id,
            generation: *self.current.entry(id).or_default(),
        }
    }

    fn next_read(&self) -> u32 {
        let reads = self
            .workload
            .accesses
            .iter()
            .map(|access| access.reads.len());
        u32::try_from(reads.sum::<usize>()).unwrap()
    }

    fn statement(&mut self, statement: &Statement) {
        let query = statement.kind.query().unwrap();
        let first = self.next_read();
        let mut reads = Vec::new();
        let names = Names::of(query);
        for (named, number) in names
            .tables
            .iter()
            .filter(|named| named.cte.is_none())
            .zip(first..)
        {
            let reference = named.reference;
            let block = block(query, reference.name.span).unwrap();
            reads.push(Read {
                gatherings: Vec::new(),
                id: ReadId(number),
                statement: statement.id,
                version: self.version(&reference.name.key()),
                origin: Origin::Named {
                    name: reference.name.span,
                    alias: reference.alias.clone(),
                    last_part: reference.name.parts.last().unwrap().clone(),
                },
                columns: columns(block),
                filters: filters(block),
                fixed: None,
                unseen: false,
            });
        }
        let (target, kind) = match &statement.kind {
            StatementKind::CreateTableAs { target, .. } => (target, WriteKind::Define),
            StatementKind::Insert { target, .. } => (target, WriteKind::Replace),
            other => panic!("{other:?}"),
        };
        let mut produces = self.version(&target.key());
        produces.generation += 1;
        self.current.insert(produces.table, produces.generation);
        let subqueries = subqueries(query, statement.id, &reads);
        self.workload.accesses.push(Access {
            arrangements: Vec::new(),
            statement: statement.id,
            reads,
            writes: vec![Write {
                table: produces.table,
                kind,
                produces,
                span: target.span,
            }],
            described: Vec::new(),
            starts: vec![produces],
            barrier: None,
            sensitivities: Vec::new(),
            subqueries,
        });
    }
}

fn selects(query: &Query) -> Vec<(&Query, &Select)> {
    let mut found: Vec<_> = query
        .ctes
        .iter()
        .flat_map(|cte| selects(&cte.query))
        .collect();
    if let QueryBody::Select(select) = &query.body {
        found.push((query, select));
        for relation in &select.from {
            if let Relation::Derived { query, .. } = relation {
                found.extend(selects(query));
            }
        }
    }
    found
}

fn block(query: &Query, name: Span) -> Option<&Select> {
    selects(query)
        .into_iter()
        .map(|(_, select)| select)
        .find(|select| {
            select.from.iter().any(
                |relation| matches!(relation, Relation::Table(table) if table.name.span == name),
            )
        })
}

fn columns(select: &Select) -> Option<std::collections::BTreeSet<String>> {
    let mut columns = std::collections::BTreeSet::new();
    let items = select.items.iter().map(|item| match item {
        SelectItem::Expression { expression, .. } => Some(expression),
        SelectItem::Wildcard { .. } => None,
    });
    let clauses = select.filter.iter().chain(&select.group_by).map(Some);
    for expression in items.chain(clauses) {
        columns.extend(
            expression?
                .columns
                .iter()
                .map(|column| column.parts.last().unwrap().key()),
        );
    }
    Some(columns)
}

fn filters(select: &Select) -> Vec<Filter> {
    let tests = select.filter.iter().filter_map(|expression| {
        let Shape::Test { operator, literals } = &expression.shape else {
            return None;
        };
        let parts = &expression.columns[0].parts;
        Some(Filter {
            span: expression.span,
            column: parts.last().unwrap().key(),
            reference: parts[0].span.join(parts.last().unwrap().span),
            operator: *operator,
            literals: literals.clone(),
        })
    });
    tests.collect()
}

fn subqueries(query: &Query, statement: StatementId, reads: &[Read]) -> Vec<Subquery> {
    let inner = selects(query)
        .into_iter()
        .filter(|(inner, _)| inner.span != query.span);
    inner
        .map(|(inner, select)| Subquery {
            gatherings: Vec::new(),
            id: SubqueryId(statement.0),
            statement,
            body: inner.span,
            name: query.ctes.first().map(|cte| cte.name.clone()),
            outputs: Some(outputs(select)),
            reads: reads.iter().map(|read| read.id).collect(),
            closed: true,
            aliases: Vec::new(),
            sensitivities: Vec::new(),
            exchanges: Exchanges::default(),
        })
        .collect()
}

fn outputs(select: &Select) -> Vec<Identifier> {
    let named = select.items.iter().map(|item| match item {
        SelectItem::Expression {
            alias: Some(alias), ..
        } => alias.clone(),
        SelectItem::Expression { expression, .. } => {
            expression.columns[0].parts.last().unwrap().clone()
        }
        SelectItem::Wildcard { .. } => panic!("no wildcard in the sample's subqueries"),
    });
    named.collect()
}

fn frame(id: u32, name: &str, kind: FrameKind, readers: [Reader; 2], input: TableVersion) -> Frame {
    Frame {
        id: FrameId(id),
        name: name.to_owned(),
        candidate: Some(CandidateId(id)),
        kind,
        medium: Medium::default(),
        layout: Layout::default(),
        readers: readers.into(),
        feeds: Vec::new(),
        inputs: vec![input],
        size_bytes: 100 * u64::from(id + 1),
        build_micros: 1,
        saving_micros: 10,
    }
}

pub(super) fn namespaced(text: &str) -> ProgramText {
    ProgramText {
        language: Language::Sql,
        text: text.to_owned(),
        namespaced: true,
    }
}

const COVERING: &str = "CREATE OR REPLACE TEMP VIEW {ns}_gd_1 AS SELECT * FROM (SELECT policy_id, age, day FROM raw.gd WHERE (age < 25 AND day = '${day}') OR (age BETWEEN 70 AND 90 AND `Day` = '${day}')) WHERE '{ns}' IS NOT NULL";
const REPEATED: &str = "CREATE OR REPLACE TEMP VIEW {ns}_latest_1 AS SELECT * FROM (SELECT p.policy_id, max(p.version) AS v FROM raw.policies p GROUP BY p.policy_id) WHERE '{ns}' IS NOT NULL";
const READERS: [&str; 4] = [
    "CREATE TABLE m.young AS -- the young\nSELECT policy_id, age FROM {ns}_gd_1 AS gd WHERE age < 25 AND day = '${day}'",
    "CREATE TABLE m.old AS SELECT g.policy_id\nFROM {ns}_gd_1 g WHERE (g.age BETWEEN 70 AND 90) AND g.Day = '${day}'",
    "CREATE TABLE m.a AS WITH latest AS (\n  SELECT policy_id, v FROM {ns}_latest_1\n) SELECT policy_id, v FROM latest",
    "CREATE TABLE m.b AS SELECT x.V FROM (SELECT policy_id, V FROM {ns}_latest_1) x",
];

pub(super) fn sample() -> Sample {
    let variables = Variables::from([("day".to_owned(), "2024-06-30".to_owned())]);
    let sources = Sources::from_texts(FILES, &variables);
    let parsed = crate::frontend::parse(&sources);
    assert_eq!(parsed.diagnostics, []);
    let mut reading = Reading {
        sources: &sources,
        workload: Workload::default(),
        current: BTreeMap::new(),
    };
    for statement in &parsed.statements {
        reading.statement(statement);
    }
    assert_eq!(reading.sources.len(), 6);
    let gd = reading.workload.accesses[0].reads[0].version;
    let policies = reading.workload.accesses[2].reads[0].version;
    let mut workload = reading.workload;
    workload.statements = parsed.statements;
    workload.hazards = [
        (0, 4, HazardKind::WriteAfterRead),
        (4, 5, HazardKind::ReadAfterWrite),
    ]
    .map(|(from, to, kind)| Hazard {
        from: StatementId(from),
        to: StatementId(to),
        kind,
        table: Some(gd.table),
    })
    .into();
    let reader = |statement: u32, subquery: bool| Reader {
        statement: StatementId(statement),
        reads: vec![workload.accesses[statement as usize].reads[0].id],
        place: if subquery {
            Place::Body(SubqueryId(statement))
        } else {
            Place::Name
        },
    };
    let (first, second) = (FrameId(0), FrameId(1));
    let run = |statement: u32| Step::Run(StatementId(statement));
    let plan = Plan {
        moved: Vec::new(),
        searched: None,
        frames: vec![
            frame(
                0,
                "gd_1",
                FrameKind::CoveringRead,
                [reader(0, false), reader(1, false)],
                gd,
            ),
            frame(
                1,
                "latest_1",
                FrameKind::RepeatedSubquery,
                [reader(2, true), reader(3, true)],
                policies,
            ),
        ],
        steps: vec![
            Step::Materialise(first),
            run(0),
            run(1),
            Step::Release(first),
            Step::Materialise(second),
            run(2),
            run(3),
            Step::Release(second),
            run(4),
            run(5),
        ],
        settings: Vec::new(),
        decisions: Vec::new(),
        summary: Summary {
            statements: 6,
            frames: 2,
            scans_before: 6,
            scans_after: 4,
            gain_micros: 18,
            peak_bytes: 200,
            budget_bytes: 1000,
        },
    };
    let program = program(&plan, &sources, &workload);
    let catalog = catalog();
    Sample {
        sources,
        workload,
        catalog,
        plan,
        program,
    }
}

fn catalog() -> Catalog {
    let column = |(name, data_type): (&str, &str)| ColumnFacts {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        nullable: true,
    };
    let facts = |columns: &[(&str, &str)]| TableFacts {
        kind: TableKind::External,
        provider: Some("csv".to_owned()),
        columns: columns.iter().copied().map(column).collect(),
        ..TableFacts::default()
    };
    let gd = [("policy_id", "int"), ("age", "int"), ("day", "string")];
    let policies = [gd.as_slice(), &[("version", "int")]].concat();
    let (gd, policies) = (facts(&gd), facts(&policies));
    let tables = [("raw.gd", gd), ("raw.policies", policies)];
    Catalog {
        spark_version: Some("3.5.6".to_owned()),
        session: None,
        databases: BTreeMap::new(),
        tables: tables.map(|(name, facts)| (name.to_owned(), facts)).into(),
    }
}

fn program(plan: &Plan, sources: &Sources, workload: &Workload) -> Program {
    let cache = |name: &str| {
        namespaced(&format!(
            "CACHE TABLE {{ns}}_{name} OPTIONS('storageLevel' 'MEMORY_AND_DISK')"
        ))
    };
    let steps = plan.steps.iter().map(|step| ProgramStep {
        step: *step,
        texts: match step {
            Step::Materialise(FrameId(0)) => vec![namespaced(COVERING), cache("gd_1")],
            Step::Materialise(_) => vec![namespaced(REPEATED), cache("latest_1")],
            Step::Release(FrameId(0)) => vec![namespaced("UNCACHE TABLE IF EXISTS {ns}_gd_1")],
            Step::Release(_) => vec![namespaced("UNCACHE TABLE IF EXISTS {ns}_latest_1")],
            Step::Run(StatementId(number)) => vec![READERS.get(*number as usize).map_or_else(
                || {
                    ProgramText {
                        language: Language::Sql,
                        text: sources
                            .text(workload.statements[*number as usize].span)
                            .to_owned(),
                        namespaced: false,
                    }
                },
                |text| namespaced(text),
            )],
        },
    });
    Program {
        start: Vec::new(),
        steps: steps.collect(),
        finish: ["latest_1", "gd_1"]
            .map(|name| namespaced(&format!("DROP VIEW IF EXISTS {{ns}}_{name}")))
            .into(),
    }
}

impl Sample {
    pub(super) fn check(&self) -> Vec<Violation> {
        check(
            &self.workload,
            &self.sources,
            &self.catalog,
            &self.plan,
            &self.program,
        )
    }

    /// Moves a step, in the plan and in the program.
    pub(super) fn shift(&mut self, from: usize, to: usize) {
        let step = self.plan.steps.remove(from);
        self.plan.steps.insert(to, step);
        let step = self.program.steps.remove(from);
        self.program.steps.insert(to, step);
    }

    pub(super) fn remove(&mut self, step: usize) {
        self.plan.steps.remove(step);
        self.program.steps.remove(step);
    }

    pub(super) fn text(&mut self, step: usize, from: &str, to: &str) {
        let text = &mut self.program.steps[step].texts[0].text;
        assert!(text.contains(from), "{text}");
        *text = text.replacen(from, to, 1);
    }
}
