//! A small pipeline through all stages, each of which can be repeated after a fault in the one before.

use hoist::facts::access::{self, Declarations};
use hoist::facts::catalog::{Catalog, ColumnFacts, TableFacts, TableKind};
use hoist::facts::workload::{self, Workload};
use hoist::frontend;
use hoist::frontend::source::{Sources, Variables};
use hoist::planner::check::{Violation, check};
use hoist::planner::cost::CostModel;
use hoist::planner::emit::{Program, emit};
use hoist::planner::frame::{Candidate, Candidates, FrameKind, candidates};
use hoist::planner::plan::{Frame, Plan, PlanOptions, Step, choose};

/// Two databases with a table `gd` each, a subquery that stands in four places, a write, a setting, a subquery that selects
/// and filters differently in four places, a join that stands in three places, groupings of one table, and a statement to
/// which the order of rows that were written shows; subqueries in which other
/// ones and joins stand, and a join of a table that is read by itself.
const FILES: [(&str, &str); 11] = [
    (
        "1_before.sql",
        "USE m;\n\
         CREATE TABLE out.young AS SELECT policy_id, age FROM raw.gd WHERE age < 25;\n\
         CREATE TABLE out.old AS SELECT g.policy_id, g.day FROM raw.gd AS g WHERE g.age >= 95 AND g.day = '2024-06-30';\n\
         CREATE TABLE out.few AS SELECT /*+ COALESCE(1) */ count(DISTINCT policy_id + 0) AS n /* of the young */ FROM raw.gd WHERE age < 25;\n\
         CREATE TABLE out.last AS SELECT max(day) AS day FROM raw.gd WHERE age >= 95;\n\
         CREATE TABLE out.noisy AS SELECT policy_id, rand() AS r FROM raw.gd WHERE age < 25;\n\
         CREATE TABLE out.youngest AS SELECT count(DISTINCT age + 0) AS age FROM raw.gd WHERE age < 25;\n\
         CREATE TABLE out.any AS SELECT first(day) AS day FROM raw.gd WHERE age < 25;",
    ),
    (
        "2_latest.sql",
        "CREATE TABLE out.l1 AS WITH latest AS (SELECT policy_id, max(DISTINCT version + 0) AS version FROM raw.policies GROUP BY policy_id) \
         SELECT * FROM latest WHERE version > 1;\n\
         CREATE TABLE out.l2 AS SELECT count(*) AS n FROM (SELECT policy_id, max(DISTINCT version + 0) AS version FROM raw.policies GROUP BY policy_id) AS latest;\n\
         CREATE TABLE out.l3 AS SELECT l.policy_id FROM (SELECT policy_id, max(DISTINCT version + 0) AS version FROM raw.policies GROUP BY policy_id) l;\n\
         CREATE TABLE out.l4 AS SELECT max(l.version) AS version FROM (SELECT policy_id, max(DISTINCT version + 0) AS version FROM raw.policies GROUP BY policy_id) l;\n\
         CREATE TABLE out.l5 AS SELECT x.status FROM (SELECT policy_id, max(status) AS status FROM raw.policies WHERE version > 0 GROUP BY policy_id) x;",
    ),
    (
        "3_write.sql",
        "INSERT INTO raw.gd SELECT * FROM raw.staging;",
    ),
    (
        "4_after.sql",
        "CREATE TABLE out.a1 AS SELECT policy_id, region FROM raw.gd;\n\
         CREATE TABLE out.a2 AS SELECT region, count(*) AS n FROM raw.gd GROUP BY region;\n\
         CREATE TABLE out.a3 AS SELECT max(DISTINCT policy_id + 0) AS p FROM raw.gd;\n\
         CREATE TABLE out.a4 AS SELECT count(DISTINCT policy_id + 0) AS p FROM raw.gd;",
    ),
    (
        "5_tokyo.sql",
        "SET spark.sql.session.timeZone = Asia/Tokyo;\n\
         CREATE TABLE out.t1 AS SELECT policy_id, region FROM raw.gd;\n\
         CREATE TABLE out.t2 AS SELECT region, count(*) AS n FROM raw.gd GROUP BY region;\n\
         CREATE TABLE out.t3 AS SELECT max(DISTINCT policy_id + 0) AS p FROM raw.gd;\n\
         CREATE TABLE out.t4 AS SELECT avg(DISTINCT policy_id + 0) AS p FROM raw.gd;",
    ),
    (
        "6_wider.sql",
        "CREATE TABLE out.w1 AS SELECT x.age FROM (SELECT p.policy_id, g.age FROM raw.policies p JOIN m.gd g ON g.policy_id = p.policy_id + 0 \
         WHERE p.version > 1) x;\n\
         CREATE TABLE out.w2 AS SELECT x.region FROM (SELECT q.status AS age, h.region FROM raw.policies q JOIN m.gd h ON h.policy_id = q.policy_id + 0 \
         WHERE q.version > 1 AND q.status = 'a') x;\n\
         CREATE TABLE out.w3 AS SELECT x.n FROM (SELECT h.age + 1 AS n, q.policy_id FROM raw.policies q JOIN m.gd h ON h.policy_id = q.policy_id + 0 \
         WHERE h.day > '2024' AND q.version > 1) x;\n\
         CREATE TABLE out.w4 AS SELECT x.years FROM (SELECT g.age AS years FROM raw.policies p JOIN m.gd g ON g.policy_id = p.policy_id + 0 \
         WHERE p.version > 1) x;",
    ),
    (
        "7_join.sql",
        "CREATE TABLE out.j1 AS SELECT s.id, t.city, t.kind FROM raw.sales s JOIN raw.stores t ON s.store = t.store \
         WHERE s.id > 7;\n\
         CREATE TABLE out.j2 AS SELECT t.city, s.kind, max(s.id) AS id FROM raw.stores t JOIN raw.sales s ON s.store = t.store \
         WHERE s.kind = 'x' GROUP BY t.city, s.kind;\n\
         CREATE TABLE out.j3 AS SELECT count(*) AS n, min(s.id) AS id FROM raw.sales s, raw.stores t \
         WHERE t.store = s.store AND t.kind = 'y';",
    ),
    (
        "8_grouped.sql",
        "CREATE TABLE out.g1 AS SELECT policy_id, count(*) AS n, sum(km) AS km FROM raw.trips WHERE day = '2024' AND road = 'a' GROUP BY policy_id;\n\
         CREATE TABLE out.g2 AS SELECT t.policy_id, max(t.km) AS km FROM raw.trips t WHERE t.day = '2024' AND t.km > 5 GROUP BY t.policy_id;\n\
         CREATE TABLE out.g3 AS SELECT policy_id, min(km) AS km FROM raw.trips WHERE day = '2024' GROUP BY policy_id;\n\
         CREATE TABLE out.g4 AS SELECT policy_id, count(*) AS n FROM raw.trips WHERE day = '2024' AND km > 5 AND road = 'a' GROUP BY policy_id HAVING max(km) < 9;\n\
         CREATE TABLE out.g5 AS SELECT count(*) AS n, sum(km) AS km FROM raw.trips WHERE day = '2024' AND road = 'a' AND policy_id > 7;\n\
         CREATE TABLE out.g6 AS SELECT policy_id, min(km) AS km FROM raw.trips WHERE policy_id IN (1, 2) AND day = '2024' GROUP BY policy_id;",
    ),
    (
        "9_later.sql",
        "CREATE TABLE out.z AS SELECT first(region) AS region FROM out.a1;",
    ),
    (
        "a_chains.sql",
        "CREATE TABLE out.c1 AS WITH r AS (SELECT d.place, o.fee FROM (SELECT DISTINCT place, day FROM raw.visits) AS d \
         JOIN raw.offices o ON d.place = o.place) SELECT r.fee FROM r;\n\
         CREATE TABLE out.c2 AS SELECT max(x.fee) AS fee FROM (SELECT d.place, o.fee FROM (SELECT DISTINCT place, day FROM raw.visits) AS d \
         JOIN raw.offices o ON d.place = o.place) AS x;\n\
         CREATE TABLE out.c3 AS SELECT count(*) AS n FROM (SELECT DISTINCT place, day FROM raw.visits) AS d;\n\
         CREATE TABLE out.c4 AS SELECT min(d.day) AS day FROM (SELECT DISTINCT place, day FROM raw.visits) AS d;\n\
         CREATE TABLE out.k1 AS WITH k AS (SELECT a.team, count(c.day) AS n FROM raw.calls c JOIN raw.agents a ON c.agent = a.agent \
         GROUP BY a.team) SELECT k.n FROM k;\n\
         CREATE TABLE out.k2 AS SELECT max(x.n) AS n FROM (SELECT a.team, count(c.day) AS n FROM raw.calls c JOIN raw.agents a \
         ON c.agent = a.agent GROUP BY a.team) AS x;\n\
         CREATE TABLE out.k3 AS SELECT c.day, a.team FROM raw.calls c JOIN raw.agents a ON c.agent = a.agent;",
    ),
    (
        "b_reads.sql",
        "CREATE TABLE out.n1 AS SELECT n.word, t.title FROM raw.notes n JOIN raw.topics t ON n.topic = t.topic WHERE n.day > '2024';\n\
         CREATE TABLE out.n2 AS SELECT n.size, t.title FROM raw.notes n JOIN raw.topics t ON n.topic = t.topic WHERE n.day > '2024' AND n.size > 3;\n\
         CREATE TABLE out.n3 AS SELECT topic, word FROM raw.notes WHERE day > '2024';\n\
         CREATE TABLE out.n4 AS SELECT topic, size FROM raw.notes WHERE day > '2024' AND size < 9;",
    ),
];

const GD: [&str; 4] = ["policy_id bigint", "age int", "day string", "region string"];
const TRIPS: [&str; 4] = ["policy_id bigint", "km int", "road string", "day string"];
const POLICIES: [&str; 3] = ["policy_id bigint", "version int", "status string"];

const SALES: [&str; 4] = ["id bigint", "store int", "kind string", "other int"];
const VISITS: [&str; 3] = ["place int", "day string", "note string"];
const OFFICES: [&str; 2] = ["place int", "fee int"];
const CALLS: [&str; 2] = ["agent int", "day string"];
const AGENTS: [&str; 2] = ["agent int", "team string"];
const NOTES: [&str; 4] = ["topic int", "word string", "size int", "day string"];
const TOPICS: [&str; 2] = ["topic int", "title string"];
const STORES: [&str; 4] = ["store int", "city string", "kind string", "other int"];

/// Tables that exist before the run; all others do not.
const TABLES: [(&str, &[&str]); 13] = [
    ("raw.gd", &GD),
    ("raw.staging", &GD),
    ("m.gd", &GD),
    ("raw.policies", &POLICIES),
    ("raw.sales", &SALES),
    ("raw.stores", &STORES),
    ("raw.trips", &TRIPS),
    ("raw.visits", &VISITS),
    ("raw.offices", &OFFICES),
    ("raw.calls", &CALLS),
    ("raw.agents", &AGENTS),
    ("raw.notes", &NOTES),
    ("raw.topics", &TOPICS),
];

/// Bytes that all frames may occupy.
const BUDGET: u64 = 1 << 40;

/// What each stage has made.
pub(super) struct Stages {
    pub(super) sources: Sources,
    pub(super) catalog: Catalog,
    pub(super) workload: Workload,
    pub(super) candidates: Candidates,
    pub(super) plan: Plan,
    pub(super) program: Program,
}

fn catalog(names: &[String]) -> Catalog {
    let facts = |name: &String| {
        let known = TABLES.iter().find(|(table, _)| table == name);
        let column = |text: &&str| {
            let (name, data_type) = text.split_once(' ').unwrap();
            ColumnFacts {
                name: name.to_owned(),
                data_type: data_type.to_owned(),
                nullable: true,
            }
        };
        let facts = known.map_or_else(TableFacts::default, |(_, columns)| TableFacts {
            kind: TableKind::External,
            provider: Some("csv".to_owned()),
            location: Some(format!("file:/data/{}", name.replace('.', "/"))),
            columns: columns.iter().map(column).collect(),
            size_bytes: Some(4_000_000_000),
            rows: Some(9_000_000),
            ..TableFacts::default()
        });
        (name.clone(), facts)
    };
    Catalog {
        spark_version: Some("3.5.6".to_owned()),
        tables: names.iter().map(facts).collect(),
        ..Catalog::default()
    }
}

impl Stages {
    /// Every stage without a fault.
    pub(super) fn new() -> Self {
        let sources = Sources::from_texts(FILES, &Variables::new());
        let declarations = Declarations {
            default_database: "default".to_owned(),
            ..Declarations::default()
        };
        let statements = frontend::parse(&sources).statements;
        let names = access::names(&access::resolve(
            &statements,
            &Catalog::default(),
            &declarations,
        ));
        let catalog = catalog(&names);
        let accesses = access::resolve(&statements, &catalog, &declarations);
        let workload = workload::build(statements, accesses);
        let candidates = candidates(&workload, &sources, &catalog);
        let plan = chosen(&workload, &candidates, &catalog);
        let program = emit(&plan, &candidates, &workload, &sources);
        Stages {
            sources,
            catalog,
            workload,
            candidates,
            plan,
            program,
        }
    }

    /// Everything after `frame`.
    pub(super) fn choose_again(&mut self) {
        self.plan = chosen(&self.workload, &self.candidates, &self.catalog);
        self.emit_again();
    }

    /// Everything after `plan`.
    pub(super) fn emit_again(&mut self) {
        self.program = emit(&self.plan, &self.candidates, &self.workload, &self.sources);
    }

    pub(super) fn broken(&self) -> Vec<Violation> {
        check(
            &self.workload,
            &self.sources,
            &self.catalog,
            &self.plan,
            &self.program,
        )
    }

    pub(super) fn violations(&self) -> Vec<String> {
        self.broken().iter().map(ToString::to_string).collect()
    }

    /// The first candidate of a kind that a chosen frame was made from. Others of the kind for the same readers lose them:
    /// they would take the place of one that a fault makes dearer.
    pub(super) fn candidate(&mut self, kind: FrameKind) -> &mut Candidate {
        let chosen = self
            .plan
            .frames
            .iter()
            .find(|frame| frame.kind == kind)
            .and_then(|frame| frame.candidate)
            .unwrap();
        let (mut own, others): (Vec<_>, Vec<_>) = self
            .candidates
            .candidates
            .iter_mut()
            .partition(|candidate| candidate.id == chosen);
        let own = own.pop().unwrap();
        for other in others.into_iter().filter(|other| other.kind() == kind) {
            let taken = |reads: &[_]| own.readers.iter().any(|reader| reader.reads == reads);
            other.readers.retain(|reader| !taken(&reader.reads));
        }
        own
    }

    /// A frame by its name.
    pub(super) fn frame(&mut self, name: &str) -> &mut Frame {
        self.plan
            .frames
            .iter_mut()
            .find(|frame| frame.name == name)
            .unwrap()
    }

    /// The index of the step that runs the statement which holds a text.
    pub(super) fn run_of(&self, text: &str) -> usize {
        let statement = self
            .workload
            .statements
            .iter()
            .find(|statement| self.sources.text(statement.span).contains(text))
            .unwrap();
        self.step(Step::Run(statement.id))
    }

    /// The index of a step.
    pub(super) fn step(&self, step: Step) -> usize {
        self.plan.steps.iter().position(|one| *one == step).unwrap()
    }

    /// Moves a step of the plan to before another one, which stands at `to` now.
    pub(super) fn shift(&mut self, from: usize, to: usize) {
        let step = self.plan.steps.remove(from);
        self.plan.steps.insert(to, step);
    }

    /// Replaces a text of the program, in the step that runs the statement which holds `of`.
    pub(super) fn edit(&mut self, of: &str, from: &str, to: &str) {
        let index = self.run_of(of);
        self.edit_step(index, from, to);
    }

    /// Replaces a text of the program in one step.
    pub(super) fn edit_step(&mut self, index: usize, from: &str, to: &str) {
        let text = &mut self.program.steps[index].texts[0].text;
        assert!(text.contains(from), "`{from}` is not in `{text}`");
        *text = text.replacen(from, to, 1);
    }
}

fn chosen(workload: &Workload, candidates: &Candidates, catalog: &Catalog) -> Plan {
    choose(
        workload,
        candidates,
        &CostModel::new(workload, catalog),
        &PlanOptions {
            budget_bytes: BUDGET,
            // Frames that hardly pay are taken, too.
            margin_percent: 30,
            min_gain_micros: 0,
            frames: true,
            ..PlanOptions::default()
        },
    )
}
