//! Candidates and refusals of SQL texts, printed; and what the emitted texts of such frames look like.

mod aggregates;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::testing::Pipeline;
use super::{
    Candidate, CandidateId, Computed, Definition, Formula, FrameKind, Part, Value, Widened,
    WidenedColumn, candidates,
};
use crate::facts::catalog::{TableKind, ViewFacts};
use crate::planner::cost::CostModel;
use crate::planner::emit::emit;
use crate::planner::plan::{PlanOptions, choose};

fn tables() -> Pipeline {
    let size = Some(64 << 20);
    let columns = [
        "Id bigint",
        "year int",
        "status string",
        "premium decimal(12,2)",
        "day date",
    ];
    Pipeline::default()
        .table("m.policies", "csv", size, &columns)
        .table(
            "m.copy",
            "parquet",
            size,
            &["a bigint", "b string", "c string"],
        )
        .table(
            "m.claims",
            "csv",
            size,
            &["claim bigint", "id bigint", "paid double", "note string"],
        )
        .table("m.log", "json", size, &["id bigint", "line string"])
        .facts("m.log", |facts| facts.rows_depend_on_columns = true)
}

/// The same, and a permanent view with this text.
fn tables_and_view(text: &'static str) -> Pipeline {
    tables()
        .table("m.active", "", None, &["Id bigint", "year int"])
        .facts("m.active", |facts| {
            facts.kind = TableKind::View;
            facts.provider = None;
            facts.location = None;
            facts.view = (!text.is_empty()).then(|| ViewFacts {
                text: text.to_owned(),
                database: "m".to_owned(),
                settings: BTreeMap::new(),
            });
        })
}

fn formula(formula: &Formula) -> String {
    let parts = formula.parts.iter().map(|part| match part {
        Part::Text(text) => text.clone(),
        Part::Column(column) => format!("[{column}]"),
    });
    parts.collect()
}

fn tests(tests: &[Formula]) -> String {
    tests.iter().map(formula).collect::<Vec<_>>().join(" & ")
}

fn computed(column: &Computed) -> String {
    let value = match &column.value {
        Value::Call(call) => formula(call),
        Value::Rows => "rows".to_owned(),
    };
    match column.tests.as_slice() {
        [] => format!("{}: {value}", column.name),
        own => format!("{}: {value} if {}", column.name, tests(own)),
    }
}

/// One line per candidate and refusal.
fn shown(texts: &[&str]) -> String {
    shown_with(texts, &[])
}

fn shown_with(texts: &[&str], variables: &[(&str, &str)]) -> String {
    shown_of(tables(), texts, variables)
}

fn shown_of(tables: Pipeline, texts: &[&str], variables: &[(&str, &str)]) -> String {
    let (workload, sources, catalog) = tables.sql(texts, variables);
    let found = candidates(&workload, &sources, &catalog);
    let mut text = String::new();
    for candidate in &found.candidates {
        let readers: Vec<u32> = candidate
            .readers
            .iter()
            .map(|reader| reader.statement.0)
            .collect();
        match &candidate.definition {
            Definition::CoveringRead { columns, hull, .. } => {
                let hull: Vec<String> = hull
                    .iter()
                    .map(|tests| {
                        let conjuncts = tests
                            .iter()
                            .map(|t| format!("{}[{}]{}", t.before, t.column, t.after));
                        conjuncts.collect::<Vec<_>>().join(" & ")
                    })
                    .collect();
                writeln!(
                    text,
                    "covering {} where {} for {readers:?}",
                    columns.join(","),
                    hull.join(" | ")
                )
            }
            Definition::RepeatedSubquery { columns, .. } => {
                writeln!(text, "subquery {} for {readers:?}", columns.join(","))
            }
            Definition::WidenedSubquery(widened) => {
                writeln!(text, "{}", shown_widened(widened, &readers))
            }
            Definition::JoinCore { members, .. } => {
                let names = members.iter().map(|member| member.alias.as_str());
                let names: Vec<&str> = names.collect();
                writeln!(text, "join {} for {readers:?}", names.join(","))
            }
            Definition::CoveringAggregate(aggregation) => writeln!(
                text,
                "aggregate {} by {} where {} & {} for {readers:?}",
                aggregation
                    .columns
                    .iter()
                    .map(computed)
                    .collect::<Vec<_>>()
                    .join(", "),
                aggregation.keys.join(","),
                tests(&aggregation.common),
                aggregation
                    .others
                    .iter()
                    .map(|one| tests(one))
                    .collect::<Vec<_>>()
                    .join(" | "),
            ),
        }
        .unwrap();
    }
    for refusal in &found.refusals {
        writeln!(text, "{}: {}", refusal.reason.code, refusal.reason.text).unwrap();
    }
    text
}

/// A frame for subqueries that select or filter differently: its columns, and what each reader takes.
fn shown_widened(widened: &Widened, readers: &[u32]) -> String {
    let column = |column: &WidenedColumn| match &column.added {
        Some(text) => format!("{} = {text}", column.name),
        None => column.name.clone(),
    };
    let columns: Vec<String> = widened.columns.iter().map(column).collect();
    let shares = widened.shares.values().zip(readers);
    let shares = shares.map(|(share, reader)| {
        let outputs: Vec<String> = share
            .outputs
            .iter()
            .map(|(number, name)| format!("{number} {name}"))
            .collect();
        let mut tests = String::new();
        for test in &share.tests {
            tests.extend([" if ", test]);
        }
        format!("\n  {reader}: {}{tests}", outputs.join(", "))
    });
    format!(
        "widened {}{}",
        columns.join(", "),
        shares.collect::<String>()
    )
}

/// The rewritten and added texts, each once, of a pipeline that repeats some texts often enough for frames to pay.
fn emitted(texts: &[&str]) -> String {
    emitted_with(texts, |_| true)
}

/// The same with some of the candidates.
fn emitted_with(texts: &[&str], taken: fn(&Candidate) -> bool) -> String {
    let (workload, sources, catalog) = tables().sql(&texts.repeat(20), &[]);
    let mut found = candidates(&workload, &sources, &catalog);
    found.candidates.retain(taken);
    for (candidate, number) in found.candidates.iter_mut().zip(0..) {
        candidate.id = CandidateId(number);
    }
    let costs = CostModel::new(&workload, &catalog);
    let options = PlanOptions {
        budget_bytes: u64::MAX,
        margin_percent: 100,
        min_gain_micros: 0,
        frames: true,
        ..PlanOptions::default()
    };
    let plan = choose(&workload, &found, &costs, &options);
    let program = emit(&plan, &found, &workload, &sources);
    let texts = program
        .steps
        .iter()
        .flat_map(|step| &step.texts)
        .chain(&program.finish);
    let mut shown: Vec<&str> = Vec::new();
    for one in texts.filter(|one| one.namespaced) {
        if !shown.contains(&one.text.as_str()) {
            shown.push(&one.text);
        }
    }
    shown.join("\n")
}

#[test]
fn columns_are_united_in_the_order_and_spelling_of_the_table() {
    insta::assert_snapshot!(shown(&[
        "SELECT status, ID FROM m.policies",
        "SELECT p.YEAR FROM policies p",
        "SELECT count(*) FROM `m`.`policies`",
    ]), @"
    covering Id,year,status where  for [0, 1, 2]
    covering year where  for [1, 2]
    ");
    insta::assert_snapshot!(shown(&["SELECT count(*) FROM policies", "SELECT count(1) FROM policies"]), @"
    covering Id where  for [0, 1]
    outputs-unknown: the output column `count(*)` has no name of its own
    outputs-unknown: the output column `count(1)` has no name of its own
    ");
}

#[test]
fn hulls_copy_the_tests_of_the_readers() {
    insta::assert_snapshot!(shown(&[
        "SELECT id FROM policies p WHERE p.Year >= 2020 AND status = 'A' AND premium > '5'",
        "SELECT id FROM policies WHERE 2020 < year OR status = 'B'",
    ]), @"covering Id,year,status,premium where  for [0, 1]");
    insta::assert_snapshot!(shown(&[
        "SELECT id FROM policies p WHERE p.Year >= 2020 AND status = 'A' AND premium > '5'",
        "SELECT id FROM policies WHERE status  = /* same */ 'A' AND year BETWEEN 1 AND 2 AND upper(status) = 'A'",
        "SELECT id FROM policies WHERE day >= '2024-01-01' AND id IS NOT NULL",
    ]), @"
    covering Id,year,status,premium,day where [year] >= 2020 & [status] = 'A' | [status] = 'A' & [year] BETWEEN 1 AND 2 | [day] >= '2024-01-01' & [Id] IS NOT NULL for [0, 1, 2]
    covering Id,year,status,premium where [year] >= 2020 & [status] = 'A' | [status] = 'A' & [year] BETWEEN 1 AND 2 for [0, 1]
    ");
}

#[test]
fn variables_stay_in_literals_only() {
    let variables = [("day", "2024-06-30"), ("year", "2020"), ("column", "year")];
    insta::assert_snapshot!(shown_with(&[
        "SELECT id FROM policies WHERE day >= '${day}'",
        "SELECT id FROM policies WHERE year > ${year}",
        "SELECT id FROM policies WHERE status = 'b' AND ${column} = 1",
    ], &variables), @"
    covering Id,year,status,day where [day] >= '${day}' | [year] > ${year} | [status] = 'b' for [0, 1, 2]
    covering Id,year,status where [year] > ${year} | [status] = 'b' for [1, 2]
    ");
}

#[test]
fn a_self_join_is_two_readers() {
    insta::assert_snapshot!(shown(&["SELECT a.id FROM policies a JOIN policies b ON a.id = b.id WHERE a.year = 1 AND b.status = 'x'"]), @"covering Id,year,status where [year] = 1 | [status] = 'x' for [0, 0]");
}

#[test]
fn cosmetics_do_not_matter() {
    insta::assert_snapshot!(shown(&[
        "WITH l AS (SELECT p.id, max(p.premium) AS best FROM m.policies p WHERE p.year > 1 GROUP BY p.id) SELECT * FROM l",
        "with latest as (\n  select q.ID, MAX(q.premium) best -- the best\n from `policies` AS q where q.`year` > 1 group by q.id\n) select best from latest",
        "SELECT x.id FROM (SELECT policies.Id, max(policies.premium) `best` FROM policies WHERE policies.year > 1 GROUP BY policies.id) x",
    ]), @"
    covering Id,year,premium where [year] > 1 for [0, 1, 2]
    subquery id,best for [0, 1, 2]
    aggregate a1: max([premium]) by Id where [year] > 1 &  for [0, 1, 2]
    ");
}

/// The candidates among some texts that are repeated subqueries.
fn subqueries(texts: &[&str]) -> Vec<String> {
    let shown = shown(texts);
    let lines = shown.lines().filter(|line| line.starts_with("subquery"));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_order_of_conjuncts_and_their_brackets_do_not_matter() {
    assert_eq!(
        subqueries(&[
            "SELECT 1 FROM (SELECT a.id FROM claims a JOIN claims b ON a.id = b.claim AND a.note = b.note WHERE a.note = 'A' AND (b.id > 1 OR b.id < 0) AND a.id BETWEEN 1 AND 9) x",
            "SELECT 1 FROM (SELECT a.id FROM claims a JOIN claims b ON (b.note = a.note AND (b.claim = a.id)) WHERE ((b.id > 1 OR b.id < 0)) AND (a.id BETWEEN 1 AND 9 AND a.note = 'A')) x",
        ]),
        ["subquery id for [0, 1]"]
    );
    assert_eq!(
        subqueries(&[
            "SELECT 1 FROM (SELECT claim FROM claims GROUP BY claim HAVING count(*) > 1 AND claim > (SELECT max(year) FROM policies WHERE status = 'x' AND id = 1)) x",
            "SELECT 1 FROM (SELECT claim FROM claims GROUP BY claim HAVING (claim > (SELECT max(year) FROM policies WHERE id = 1 AND (status = 'x')) AND count(*) > 1)) x",
        ]),
        ["subquery claim for [0, 1]"]
    );
}

#[test]
fn conjuncts_are_told_apart_from_what_or_joins() {
    assert_eq!(
        subqueries(&[
            "SELECT 1 FROM (SELECT id FROM claims WHERE (id = 1 OR id = 2) AND note = 'A') x",
            "SELECT 1 FROM (SELECT id FROM claims WHERE id = 1 OR id = 2 AND note = 'A') x",
            "SELECT 1 FROM (SELECT id FROM claims WHERE note = 'A' AND id = 1 OR id = 2) x",
            "SELECT 1 FROM (SELECT id FROM claims WHERE NOT (id = 1 AND note = 'A')) x",
            "SELECT 1 FROM (SELECT id FROM claims WHERE id = 1 AND note = 'A') x",
            "SELECT 1 FROM (SELECT id FROM claims WHERE NOT id = 1 AND note = 'A') x",
        ]),
        [""; 0]
    );
    // The sides of other tests, and what stands in other clauses, keep their places.
    assert_eq!(
        subqueries(&[
            "SELECT 1 FROM (SELECT a.id FROM claims a JOIN claims b ON a.id < b.id) x",
            "SELECT 1 FROM (SELECT a.id FROM claims a JOIN claims b ON b.id < a.id) x",
            "SELECT 1 FROM (SELECT a.id FROM claims a JOIN claims b ON a.id = b.claim WHERE a.note = 'A') x",
            "SELECT 1 FROM (SELECT a.id FROM claims a JOIN claims b ON a.id = b.claim AND a.note = 'A') x",
            "SELECT 1 FROM (SELECT id, claim FROM claims GROUP BY id, claim HAVING count(*) > 1) x",
            "SELECT 1 FROM (SELECT id, claim FROM claims GROUP BY claim, id HAVING count(*) > 1) x",
        ]),
        [""; 0]
    );
}

#[test]
fn what_differs_is_not_shared() {
    // Another literal, another order of aliases, another output name, another table.
    insta::assert_snapshot!(shown(&[
        "SELECT 1 FROM (SELECT id FROM claims WHERE note = 'A') x",
        "SELECT 1 FROM (SELECT id FROM claims WHERE note = 'a') x",
    ]), @"covering id,note where [note] = 'A' | [note] = 'a' for [0, 1]");
    insta::assert_snapshot!(shown(&[
        "SELECT 1 FROM (SELECT a.id FROM claims a JOIN claims b ON a.id = b.claim) x",
        "SELECT 1 FROM (SELECT b.id FROM claims a JOIN claims b ON a.id = b.claim) x",
    ]), @"
    covering claim,id where  for [0, 0, 1, 1]
    covering claim,id where  for [0, 1, 1]
    covering id where  for [0, 1]
    widened id, id_2 = b.id
      0: 0 id
      1: 1 id
    ");
    insta::assert_snapshot!(shown(&[
        "SELECT 1 FROM (SELECT id AS n FROM claims) x",
        "SELECT 1 FROM (SELECT id AS m FROM claims) x",
        "SELECT 1 FROM (SELECT id AS m FROM policies) x",
    ]), @"covering id where  for [0, 1]");
    insta::assert_snapshot!(shown(&[
        "SELECT 1 FROM (SELECT `null` AS n FROM claims) x",
        "SELECT 1 FROM (SELECT null AS n FROM claims) x",
    ]), @"
    unknown-column: the statement asks `m.claims` for a column that it is not known to have
    single-reader: one read is left: there is nothing to share
    ");
}

#[test]
fn subqueries_that_are_not_the_same_each_time_are_refused() {
    insta::assert_snapshot!(shown(&[
        "SELECT 1 FROM (SELECT id, rand() AS r FROM claims) x",
        "SELECT 1 FROM (SELECT id, rand() AS r FROM claims) x",
    ]), @"
    covering id where  for [0, 1]
    non-deterministic: it uses `rand`, which gives other values at each evaluation
    non-deterministic: it uses `rand`, which gives other values at each evaluation
    ");
    insta::assert_snapshot!(shown(&[
        "WITH a AS (SELECT id FROM claims), b AS (SELECT id FROM a) SELECT * FROM b",
        "WITH a AS (SELECT id FROM claims), b AS (SELECT id FROM a) SELECT * FROM b",
    ]), @"
    covering id where  for [0, 1]
    subquery id for [0, 1]
    outputs-unknown: its output columns have no distinct names: an alias for each makes it shareable
    ");
    insta::assert_snapshot!(shown(&[
        "SELECT 1 FROM (SELECT id FROM claims) x",
        "INSERT OVERWRITE TABLE claims SELECT * FROM policies",
        "SELECT 1 FROM (SELECT id FROM claims) x",
    ]), @"");
}

#[test]
fn a_subquery_reader_keeps_its_names() {
    insta::assert_snapshot!(emitted(&[
        "WITH l AS (SELECT p.id, count(DISTINCT p.premium + 1) AS best FROM m.policies p GROUP BY p.id) SELECT * FROM l -- end",
        "WITH latest AS ( select q.ID, count(distinct q.premium + 1) Best from policies q group by q.id ) SELECT latest.BEST FROM latest",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_l_1 AS SELECT * FROM (SELECT p.id, count(DISTINCT p.premium + 1) AS best FROM m.policies p GROUP BY p.id) WHERE '{ns}' IS NOT NULL
    CACHE TABLE {ns}_l_1 OPTIONS ('storageLevel' 'MEMORY_AND_DISK')
    WITH l AS (SELECT `id`, `best` FROM {ns}_l_1) SELECT * FROM l
    WITH latest AS ( SELECT `ID`, `Best` FROM {ns}_l_1 ) SELECT latest.BEST FROM latest
    UNCACHE TABLE IF EXISTS {ns}_l_1
    DROP VIEW IF EXISTS {ns}_l_1
    ");
}

#[test]
fn a_nested_subquery_is_edited_once() {
    let nested =
        "SELECT n FROM (SELECT y.id, count(*) AS n FROM (SELECT id FROM claims) y GROUP BY y.id) x";
    insta::assert_snapshot!(emitted(&[nested, nested]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_x_1 AS SELECT * FROM (SELECT y.id, count(*) AS n FROM (SELECT id FROM claims) y GROUP BY y.id) WHERE '{ns}' IS NOT NULL
    CACHE TABLE {ns}_x_1 OPTIONS ('storageLevel' 'MEMORY_AND_DISK')
    SELECT n FROM (SELECT `id`, `n` FROM {ns}_x_1) x
    UNCACHE TABLE IF EXISTS {ns}_x_1
    DROP VIEW IF EXISTS {ns}_x_1
    ");
}

#[test]
fn readers_keep_aliases_comments_and_variables() {
    let texts = [
        "SELECT policies.id /* x */ FROM\n  m.policies -- all\nWHERE policies.year > 1",
        "SELECT p.id FROM `policies` p WHERE p.year > 1 AND p.status IN ('policies', 'b')",
        "INSERT INTO m.copy SELECT id, 'policies', `policies`.status FROM `policies` WHERE year > 1",
    ];
    let reads = |candidate: &Candidate| candidate.kind() == FrameKind::CoveringRead;
    insta::assert_snapshot!(emitted_with(&texts, reads), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_policies_1 AS SELECT * FROM (SELECT `Id`, `year`, `status` FROM `m`.`policies` WHERE `year` > 1) WHERE '{ns}' IS NOT NULL
    CACHE TABLE {ns}_policies_1 OPTIONS ('storageLevel' 'MEMORY_AND_DISK')
    SELECT policies.id /* x */ FROM
      {ns}_policies_1 AS policies -- all
    WHERE policies.year > 1
    SELECT p.id FROM {ns}_policies_1 p WHERE p.year > 1 AND p.status IN ('policies', 'b')
    INSERT INTO m.copy SELECT id, 'policies', `policies`.status FROM {ns}_policies_1 AS `policies` WHERE year > 1
    UNCACHE TABLE IF EXISTS {ns}_policies_1
    DROP VIEW IF EXISTS {ns}_policies_1
    ");
}

#[test]
fn an_unknown_table_is_refused_with_what_to_do() {
    insta::assert_snapshot!(shown(&["SELECT a FROM other", "SELECT a FROM other"]), @"
    schema-unknown: the schema of `m.other` is unknown: plan through an engine or give a catalog file
    schema-unknown: the schema of `m.other` is unknown: plan through an engine or give a catalog file
    ");
}

#[test]
fn a_name_that_may_be_a_temporary_view_is_not_shared() {
    let tables = tables().facts("m.policies", |facts| facts.kind = TableKind::Temporary);
    insta::assert_snapshot!(shown_of(tables, &["SELECT id FROM policies", "SELECT year FROM policies"], &[]), @"view: the session has a temporary view named as `m.policies`: what it reads is not known");
}

#[test]
fn nothing_is_shared_where_names_may_mean_something_else() {
    let texts = ["SELECT id FROM policies", "SELECT year FROM policies"];
    let found = |key: &str, value: &str| shown_of(tables().session(key, value), &texts, &[]);
    insta::assert_snapshot!(found("spark.sql.casesensitive", "false"), @"covering Id,year where  for [0, 1]");
    insta::assert_snapshot!(found("spark.sql.casesensitive", "true"), @"session: names may mean something else in this session: `spark.sql.casesensitive` is `true`");
}

#[test]
fn a_temporary_view_is_shared_unless_its_rows_vary() {
    insta::assert_snapshot!(shown(&[
        "CREATE TEMPORARY VIEW v AS SELECT id, year FROM policies WHERE status = 'a'",
        "SELECT id FROM v",
        "SELECT year FROM v WHERE id > 1",
    ]), @"covering id,year where  for [1, 2]");
    insta::assert_snapshot!(shown(&[
        "CREATE TEMPORARY VIEW v AS SELECT id, rand() AS r FROM policies",
        "SELECT id FROM v",
        "SELECT r FROM v",
    ]), @"non-deterministic: the view uses `rand`, which gives other values at each evaluation");
}

#[test]
fn a_permanent_view_is_shared_where_its_text_is_seen_and_its_rows_do_not_vary() {
    let readers = "SELECT id FROM active; SELECT year FROM m.active WHERE id > 1";
    let plain = "SELECT id, year FROM policies";
    let cases = [
        (plain, readers, "covering Id,year where  for [0, 1]"),
        (
            "",
            readers,
            "view: `m.active` is a permanent view: what its text reads is known where the plan is made through an engine or with a catalog file that holds the text",
        ),
        (
            "SELECT oops(",
            readers,
            "view: `m.active` is a permanent view whose text is not understood",
        ),
        (
            "SELECT id, CAST(rand() AS int) AS year FROM policies",
            readers,
            "non-deterministic: the view uses `rand`, which gives other values at each evaluation",
        ),
        (
            "SELECT id, 1 AS year FROM elsewhere",
            readers,
            "schema-unknown: the schema of `m.elsewhere` is unknown: plan through an engine or give a catalog file",
        ),
        // What it reads changes between its readers, or what it does not read.
        (
            plain,
            "SELECT id FROM active; TRUNCATE TABLE policies; SELECT year FROM active",
            "",
        ),
        (
            plain,
            "SELECT id FROM active; TRUNCATE TABLE claims; SELECT year FROM active",
            "covering Id,year where  for [0, 2]",
        ),
        // Defined by the pipeline.
        (
            plain,
            "CREATE VIEW fresh AS SELECT id FROM policies; SELECT id FROM fresh; SELECT 1 AS n FROM fresh",
            "covering id where  for [1, 2]",
        ),
        (
            plain,
            "CREATE VIEW fresh AS SELECT uuid() AS id FROM policies; SELECT id FROM fresh; SELECT 1 AS n FROM fresh",
            "non-deterministic: the view uses `uuid`, which gives other values at each evaluation",
        ),
    ];
    for (text, statements, expected) in cases {
        let statements: Vec<&str> = statements.split("; ").collect();
        let shown = shown_of(tables_and_view(text), &statements, &[]);
        assert_eq!(shown.trim(), expected, "{text}: {statements:?}");
    }
}

#[test]
fn rows_that_depend_on_the_columns_read_are_not_shared() {
    insta::assert_snapshot!(shown(&["SELECT id FROM log", "SELECT line FROM log"]), @"malformed-rows: which malformed rows of `m.log` are read depends on the columns that a statement needs");
    insta::assert_snapshot!(shown(&[
        "CREATE TEMPORARY VIEW v AS SELECT id, line FROM log",
        "SELECT id FROM v",
        "SELECT line FROM v",
    ]), @"malformed-rows: which malformed rows of `m.log` are read depends on the columns that a statement needs");
    // What stands around a subquery decides which of its columns are read.
    insta::assert_snapshot!(shown(&[
        "WITH w AS (SELECT id, line FROM log) SELECT id FROM w",
        "WITH w AS (SELECT id, line FROM log) SELECT line FROM w",
    ]), @"
    malformed-rows: which malformed rows of `m.log` are read depends on the columns that a statement needs
    malformed-rows: which malformed rows of `m.log` are read depends on the columns that a statement needs
    ");
}

/// The widened subqueries among the candidates of some texts.
fn widened(texts: &[&str]) -> String {
    let shown = shown(texts);
    let mut kept = String::new();
    for line in shown.lines() {
        if line.starts_with("widened") || line.starts_with("  ") {
            let _ = writeln!(kept, "{line}");
        }
    }
    kept
}

#[test]
fn subqueries_that_select_other_columns_share_what_all_of_them_select() {
    insta::assert_snapshot!(widened(&[
        "SELECT 1 FROM (SELECT p.id, max(p.premium) AS best FROM policies p WHERE p.year > 1 GROUP BY p.id) x",
        "SELECT 1 FROM (SELECT q.id AS k, count(*) AS n, max(q.premium) AS m FROM policies q WHERE (q.year > 1) GROUP BY q.id) x",
        "SELECT 1 FROM (SELECT sum(policies.premium) / count(*) AS best, policies.ID FROM m.policies WHERE policies.year > 1 GROUP BY policies.id) x",
    ]), @"
    widened id, best, n = count(*), best_2 = sum(`p`.premium) / count(*)
      0: 0 id, 1 best
      1: 0 k, 2 n, 1 m
      2: 3 best, 0 ID
    ");
}

#[test]
fn subqueries_that_filter_more_test_what_the_frame_shows() {
    insta::assert_snapshot!(widened(&[
        "SELECT 1 FROM (SELECT a.id FROM claims a JOIN policies b ON a.id = b.id WHERE b.year > 1) x",
        "SELECT 1 FROM (SELECT c.id, d.status FROM claims c JOIN policies d ON c.id = d.id WHERE d.year > 1 AND (c.note = 'A' OR d.status = 'x') AND paid > 2) x",
        "SELECT 1 FROM (SELECT c.id FROM claims c JOIN policies d ON c.id = d.id WHERE d.year > 1 AND c.note = 'A' ) x",
    ]), @"
    widened id, status = `b`.status, note = `a`.note, paid = paid
      0: 0 id
      1: 0 id, 1 status if (`note` = 'A' OR `status` = 'x') if `paid` > 2
      2: 0 id if `note` = 'A'
    ");
}
