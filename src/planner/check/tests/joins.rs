//! Join cores of the real stages: what they hold and how readers are rewritten; every one passes the check, and faults
//! seeded into plan and program are caught.

use std::fmt::Write as _;

use crate::facts::catalog::Catalog;
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::planner::check::check;
use crate::planner::cost::CostModel;
use crate::planner::emit::{Program, emit};
use crate::planner::frame::testing::Pipeline;
use crate::planner::frame::{CandidateId, Candidates, FrameKind, candidates};
use crate::planner::plan::{Plan, PlanOptions, Step, choose};

/// A pipeline through all stages, join cores alone.
struct Joined {
    workload: Workload,
    sources: Sources,
    catalog: Catalog,
    found: Candidates,
    plan: Plan,
    program: Program,
}

impl Joined {
    fn new(texts: &[&str]) -> Self {
        let (workload, sources, catalog) = tables().sql(texts, &[]);
        let mut found = candidates(&workload, &sources, &catalog);
        found
            .candidates
            .retain(|candidate| candidate.kind() == FrameKind::JoinCore);
        for (candidate, number) in found.candidates.iter_mut().zip(0..) {
            candidate.id = CandidateId(number);
        }
        let costs = CostModel::new(&workload, &catalog);
        let options = PlanOptions {
            budget_bytes: 1 << 40,
            margin_percent: 0,
            min_gain_micros: 0,
            frames: true,
            ..PlanOptions::default()
        };
        let plan = choose(&workload, &found, &costs, &options);
        let program = emit(&plan, &found, &workload, &sources);
        Joined {
            workload,
            sources,
            catalog,
            found,
            plan,
            program,
        }
    }

    fn violations(&self) -> Vec<String> {
        let found = check(
            &self.workload,
            &self.sources,
            &self.catalog,
            &self.plan,
            &self.program,
        );
        found.iter().map(ToString::to_string).collect()
    }

    /// The definitions of frames and the texts of their readers; the reasons where there is no frame.
    fn shown(&self) -> String {
        let mut shown = String::new();
        for step in &self.program.steps {
            let texts = match step.step {
                Step::Release(_) => &[],
                _ => step.texts.get(..1).unwrap(),
            };
            for text in texts.iter().filter(|text| text.namespaced) {
                writeln!(shown, "{}", text.text).unwrap();
            }
        }
        let refusals = self.found.refusals.iter();
        for refusal in
            refusals.filter(|one| matches!(one.subject, crate::planner::plan::Subject::Join(_)))
        {
            writeln!(shown, "{}: {}", refusal.reason.code, refusal.reason.text).unwrap();
        }
        shown
    }
}

fn tables() -> Pipeline {
    Pipeline::default()
        .table(
            "m.p",
            "csv",
            Some(1 << 34),
            &[
                "id bigint",
                "cid bigint",
                "vid bigint",
                "status string",
                "premium decimal(12,2)",
                "s struct<f:int>",
            ],
        )
        .table(
            "m.c",
            "csv",
            Some(1 << 30),
            &["cid bigint", "status string", "name string", "born date"],
        )
        .table(
            "m.v",
            "csv",
            Some(1 << 30),
            &["vid bigint", "fuel string", "model int"],
        )
        .table(
            "m.g",
            "csv",
            Some(1 << 34),
            &["pid bigint", "status string", "amount double"],
        )
        .table("m.n", "csv", Some(1 << 30), &["cid int", "note string"])
}

/// What is planned for some texts, each a statement of its own; the check holds.
fn shown(texts: &[&str]) -> String {
    let joined = Joined::new(texts);
    assert_eq!(joined.violations(), [""; 0], "{}", joined.shown());
    joined.shown()
}

#[test]
fn the_first_table_becomes_the_frame_and_the_others_go() {
    insta::assert_snapshot!(shown(&[
        "SELECT p.id, c.name\nFROM m.p p\nJOIN m.c c ON p.cid = c.cid -- customers\nJOIN m.v v ON p.vid = v.vid\nWHERE v.fuel = 'x'",
        "SELECT k.name, count(*) FROM m.c AS k INNER JOIN m.p ON (k.cid = p.cid), m.g JOIN m.n ON m.n.cid = 1, m.v w WHERE g.pid = p.id AND w.vid = p.vid GROUP BY k.name",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_p_c_v_1 AS SELECT * FROM (SELECT `p`.`id`, `p`.`vid`, `c`.`name`, `v`.`vid` AS `v_vid`, `v`.`fuel` FROM `m`.`p` AS `p` JOIN `m`.`c` AS `c` ON `p`.`cid` = `c`.`cid` JOIN `m`.`v` AS `v` ON `p`.`vid` = `v`.`vid`) WHERE '{ns}' IS NOT NULL
    SELECT p.id, p.name
    FROM {ns}_p_c_v_1 p -- customers

    WHERE p.fuel = 'x'
    SELECT k.name, count(*) FROM {ns}_p_c_v_1 AS k, m.g JOIN m.n ON m.n.cid = 1 WHERE g.pid = k.id AND k.v_vid = k.vid GROUP BY k.name
    ");
}

#[test]
fn a_key_that_only_a_join_names_goes_with_it() {
    insta::assert_snapshot!(shown(&[
        "SELECT premium, amount FROM m.p JOIN m.g ON pid = id WHERE premium > 4",
        "SELECT model, fuel, amount FROM m.g JOIN m.p ON (id = pid) JOIN m.v ON v.vid = p.vid LEFT JOIN m.n ON note = fuel",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_p_g_1 AS SELECT * FROM (SELECT `p`.`vid`, `p`.`premium`, `g`.`amount` FROM `m`.`p` AS `p` JOIN `m`.`g` AS `g` ON `p`.`id` = `g`.`pid`) WHERE '{ns}' IS NOT NULL
    SELECT premium, amount FROM {ns}_p_g_1 AS p WHERE premium > 4
    SELECT model, fuel, amount FROM {ns}_p_g_1 AS g JOIN m.v ON v.vid = g.vid LEFT JOIN m.n ON note = fuel
    ");
}

#[test]
fn columns_of_one_name_are_told_apart() {
    insta::assert_snapshot!(shown(&[
        "SELECT p.status, c.status FROM m.p p JOIN m.c c ON p.cid = c.cid",
        "SELECT c.Status, upper(p.status) AS u, count(*) AS customers_status FROM m.c JOIN m.p ON p.cid = c.cid GROUP BY c.status, p.status ORDER BY c.status",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_p_c_1 AS SELECT * FROM (SELECT `p`.`status`, `c`.`status` AS `c_status` FROM `m`.`p` AS `p` JOIN `m`.`c` AS `c` ON `p`.`cid` = `c`.`cid`) WHERE '{ns}' IS NOT NULL
    SELECT p.status, p.c_status AS `status` FROM {ns}_p_c_1 p
    SELECT c.c_status AS `Status`, upper(c.status) AS u, count(*) AS customers_status FROM {ns}_p_c_1 AS c GROUP BY c.c_status, c.status ORDER BY c.c_status
    ");
}

#[test]
fn a_left_join_that_hangs_on_the_core_belongs_to_it() {
    insta::assert_snapshot!(shown(&[
        "SELECT p.id, c.name, v.fuel FROM m.p p LEFT JOIN m.c c ON p.cid = c.cid JOIN m.v v ON v.vid = p.vid WHERE c.name IS NULL",
        "SELECT p.id, c.name, v.fuel FROM m.v v JOIN m.p p ON v.vid = p.vid JOIN m.g g ON g.pid = p.id LEFT OUTER JOIN m.c c ON c.cid = p.cid",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_p_v_c_1 AS SELECT * FROM (SELECT `p`.`id`, `v`.`fuel`, `c`.`name` FROM `m`.`p` AS `p` JOIN `m`.`v` AS `v` ON `p`.`vid` = `v`.`vid` LEFT JOIN `m`.`c` AS `c` ON `p`.`cid` = `c`.`cid`) WHERE '{ns}' IS NOT NULL
    SELECT p.id, p.name, p.fuel FROM {ns}_p_v_c_1 p WHERE p.name IS NULL
    SELECT v.id, v.name, v.fuel FROM {ns}_p_v_c_1 v JOIN m.g g ON g.pid = v.id
    ");
}

#[test]
fn rows_that_no_reader_keeps_are_left_out() {
    insta::assert_snapshot!(shown(&[
        "SELECT p.id, c.name FROM m.p p JOIN m.c c ON p.cid = c.cid WHERE p.status = 'on' AND c.status = 'gold'",
        "SELECT p.id FROM m.c c JOIN m.p p ON p.cid = c.cid LEFT SEMI JOIN m.g g ON g.pid = p.id AND p.status = 'on' WHERE c.born > '2001-01-01'",
        // What is said behind an outer join says nothing of the frame's rows.
        "SELECT p.id FROM m.p p LEFT JOIN m.v v ON v.vid = p.vid WHERE p.premium < 5 AND v.fuel = 'x'",
        "SELECT p.id, v.model FROM m.p p LEFT JOIN m.v v ON v.vid = p.vid WHERE v.fuel IS NULL AND p.premium < 5",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_p_c_1 AS SELECT * FROM (SELECT `p`.`id`, `p`.`status`, `c`.`status` AS `c_status`, `c`.`name`, `c`.`born` FROM `m`.`p` AS `p` JOIN `m`.`c` AS `c` ON `p`.`cid` = `c`.`cid` WHERE `p`.`status` = 'on' AND (`c`.`status` = 'gold' OR `c`.`born` > '2001-01-01')) WHERE '{ns}' IS NOT NULL
    SELECT p.id, p.name FROM {ns}_p_c_1 p WHERE p.status = 'on' AND p.c_status = 'gold'
    SELECT c.id FROM {ns}_p_c_1 c LEFT SEMI JOIN m.g g ON g.pid = c.id AND c.status = 'on' WHERE c.born > '2001-01-01'
    CREATE OR REPLACE TEMPORARY VIEW {ns}_p_v_1 AS SELECT * FROM (SELECT `p`.`id`, `p`.`premium`, `v`.`fuel`, `v`.`model` FROM `m`.`p` AS `p` LEFT JOIN `m`.`v` AS `v` ON `p`.`vid` = `v`.`vid` WHERE `p`.`premium` < 5) WHERE '{ns}' IS NOT NULL
    SELECT p.id FROM {ns}_p_v_1 p WHERE p.premium < 5 AND p.fuel = 'x'
    SELECT p.id, p.model FROM {ns}_p_v_1 p WHERE p.fuel IS NULL AND p.premium < 5
    ");
}

#[test]
fn a_nested_query_names_no_column_that_the_frame_has_lost() {
    insta::assert_snapshot!(shown(&[
        "SELECT p.id, c.name FROM m.p p JOIN m.c c ON p.cid = c.cid WHERE p.id IN (SELECT pid FROM m.g WHERE status = 'x')",
        "SELECT p.id FROM m.p p JOIN m.c c ON p.cid = c.cid WHERE c.name > 'n'",
        "SELECT p.premium, c.name FROM m.p p JOIN m.c c ON p.cid = c.cid",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_p_c_1 AS SELECT * FROM (SELECT `p`.`id`, `p`.`premium`, `c`.`name` FROM `m`.`p` AS `p` JOIN `m`.`c` AS `c` ON `p`.`cid` = `c`.`cid`) WHERE '{ns}' IS NOT NULL
    SELECT p.id FROM {ns}_p_c_1 p WHERE p.name > 'n'
    SELECT p.premium, p.name FROM {ns}_p_c_1 p
    nested-query: a nested query names `status`, which the frame does not have and `p` has
    ");
}

#[test]
fn a_nested_query_names_no_column_that_the_frame_calls_otherwise() {
    insta::assert_snapshot!(shown(&[
        "SELECT p.id, p.status FROM m.p p JOIN m.c c ON p.cid = c.cid WHERE p.id IN (SELECT g.pid FROM m.g g WHERE g.status = 'x')",
        "SELECT p.id, p.status, c.status AS s FROM m.p p JOIN m.c c ON p.cid = c.cid",
        "SELECT p.premium, c.status AS s, p.status FROM m.p p JOIN m.c c ON p.cid = c.cid",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_p_c_1 AS SELECT * FROM (SELECT `p`.`id`, `p`.`status`, `p`.`premium`, `c`.`status` AS `c_status` FROM `m`.`p` AS `p` JOIN `m`.`c` AS `c` ON `p`.`cid` = `c`.`cid`) WHERE '{ns}' IS NOT NULL
    SELECT p.id, p.status, p.c_status AS s FROM {ns}_p_c_1 p
    SELECT p.premium, p.c_status AS s, p.status FROM {ns}_p_c_1 p
    column-name: the frame's name for `c.status` would give it another meaning
    ");
}

#[test]
fn faults_of_a_filter_are_caught() {
    let texts = [
        "SELECT p.id, c.name FROM m.p p JOIN m.c c ON p.cid = c.cid WHERE p.status = 'on' AND c.status = 'gold'",
        "SELECT p.id, c.name FROM m.p p JOIN m.c c ON p.cid = c.cid WHERE p.status = 'on' AND c.status = 'tin'",
        "SELECT p.premium FROM m.p p WHERE p.status = 'off' OR p.premium > 4",
        "SELECT p.id FROM m.p p WHERE p.premium > 4 AND p.id < 'x'",
    ];
    let with = |old: &str, new: &str| {
        let mut joined = Joined::new(&texts);
        assert_eq!(joined.violations(), [""; 0]);
        let step = joined.program.steps.iter_mut();
        let text = step.flat_map(|step| &mut step.texts).next().unwrap();
        assert!(text.text.contains(old), "{}", text.text);
        text.text = text.text.replacen(old, new, 1);
        format!("{old} -> {new}\n  {}", joined.violations().join("\n  "))
    };
    insta::assert_snapshot!([
        with(" OR `c`.`status` = 'tin'", ""),
        with("`p`.`status` = 'on'", "`p`.`premium` > 4"),
        with("`c`.`status` = 'tin'", "`p`.`status` = 'tin'"),
        with("'tin'", "'TIN'"),
        with("'gold' OR ", "'gold' AND "),
        with("`p`.`status` = 'on' AND", "`p`.`id` < 'x' AND"),
        with("WHERE `p`", "WHERE NOT `p`"),
    ].join("\n"), @"
     OR `c`.`status` = 'tin' -> 
      step 3 (`001.sql:1`) breaks the promise `joining`: needs rows that the frame which joins its tables may leave out
    `p`.`status` = 'on' -> `p`.`premium` > 4
      step 2 (`000.sql:1`) breaks the promise `joining`: needs rows that the frame which joins its tables may leave out
      step 3 (`001.sql:1`) breaks the promise `joining`: needs rows that the frame which joins its tables may leave out
    `c`.`status` = 'tin' -> `p`.`status` = 'tin'
      step 1 breaks the promise `joining`: frame `p_c_1` makes the test `0:status y:= s:'tin'`, which may fail on rows of other readers, or is of a table filled with NULLs
      step 3 (`001.sql:1`) breaks the promise `joining`: needs rows that the frame which joins its tables may leave out
    'tin' -> 'TIN'
      step 1 breaks the promise `joining`: frame `p_c_1` makes the test `1:status y:= s:'TIN'`, which may fail on rows of other readers, or is of a table filled with NULLs
      step 3 (`001.sql:1`) breaks the promise `joining`: needs rows that the frame which joins its tables may leave out
    'gold' OR  -> 'gold' AND 
      step 2 (`000.sql:1`) breaks the promise `joining`: needs rows that the frame which joins its tables may leave out
      step 3 (`001.sql:1`) breaks the promise `joining`: needs rows that the frame which joins its tables may leave out
    `p`.`status` = 'on' AND -> `p`.`id` < 'x' AND
      step 1 breaks the promise `joining`: frame `p_c_1` makes the test `0:id y:< s:'x'`, which may fail on rows of other readers, or is of a table filled with NULLs
      step 2 (`000.sql:1`) breaks the promise `joining`: needs rows that the frame which joins its tables may leave out
      step 3 (`001.sql:1`) breaks the promise `joining`: needs rows that the frame which joins its tables may leave out
    WHERE `p` -> WHERE NOT `p`
      step 1 breaks the promise `joining`: frame `p_c_1` makes the test `i:not 0:status y:= s:'on'`, which may fail on rows of other readers, or is of a table filled with NULLs
      step 2 (`000.sql:1`) breaks the promise `joining`: needs rows that the frame which joins its tables may leave out
      step 3 (`001.sql:1`) breaks the promise `joining`: needs rows that the frame which joins its tables may leave out
    ");
}

#[test]
fn what_cannot_move_is_refused() {
    let with = |other: &str| {
        shown(&[
            "SELECT p.id, c.name FROM m.p p JOIN m.c c ON p.cid = c.cid",
            other,
        ])
    };
    insta::assert_snapshot!([
        "SELECT * FROM m.p p JOIN m.c c ON p.cid = c.cid",
        "SELECT p.id FROM m.p p LEFT JOIN m.c c ON p.cid = c.cid",
        "SELECT p.id FROM m.p p RIGHT JOIN m.g g ON g.pid = p.id JOIN m.c c ON p.cid = c.cid",
        "SELECT p.id FROM m.p p LEFT SEMI JOIN m.g g ON g.pid = p.id JOIN m.c c ON p.cid = c.cid",
        "SELECT p.id FROM m.p p JOIN m.c c ON p.cid = c.cid AND c.born > p.s.f",
        "SELECT p.id FROM m.p p JOIN m.c c ON p.cid = c.cid WHERE EXISTS (SELECT 1 FROM m.g WHERE g.pid = c.cid)",
        "SELECT /*+ BROADCAST(c) */ p.id FROM m.p p JOIN m.c c ON p.cid = c.cid",
        "SELECT p.id FROM m.p p JOIN m.c c USING (cid)",
        "SELECT p.id FROM m.p p, (m.g JOIN m.c c ON g.pid = c.cid) WHERE c.cid = p.cid",
        "SELECT p.id FROM m.p p JOIN m.c c ON p.cid = c.cid LATERAL VIEW explode(array(1)) t AS x",
        "SELECT p.id, c.name RLIKE 'a' AS r FROM m.p p JOIN m.c c ON p.cid = c.cid",
        "SELECT p.status, struct(c.status) AS s FROM m.p p JOIN m.c c ON p.cid = c.cid",
        "SELECT p.status, upper(c.status) FROM m.p p JOIN m.c c ON p.cid = c.cid",
        "SELECT p.status, (c.status, 1) AS t FROM m.p p JOIN m.c c ON p.cid = c.cid",
        "(SELECT c.name FROM m.p p JOIN m.c c ON p.cid = c.cid) ORDER BY c.name",
    ].map(with).join("--\n"), @"
    single-reader: one place is left: there is nothing to share
    all-columns: a `*` stands for columns of its tables, in their order
    --
    --
    single-reader: one place is left: there is nothing to share
    join-shape: a right or full outer join fills tables with NULLs
    --
    single-reader: one place is left: there is nothing to share
    join-shape: a semi or anti join stands between its tables
    --
    single-reader: one place is left: there is nothing to share
    join-condition: the `ON` of `c` says more than what the places have in common
    --
    single-reader: one place is left: there is nothing to share
    nested-query: a nested query names `c`
    --
    single-reader: one place is left: there is nothing to share
    hint: a hint names `c`
    --
    --
    single-reader: one place is left: there is nothing to share
    join-condition: the `ON` of `c` says more than what the places have in common
    --
    single-reader: one place is left: there is nothing to share
    join-shape: a relation is computed for each row of those before it
    --
    single-reader: one place is left: there is nothing to share
    may-fail: it uses `an operator that may fail`, which may fail on rows that the tests of one reader keep from it and those of another do not
    --
    single-reader: one place is left: there is nothing to share
    column-name: the frame's name for `status` would give it another meaning
    --
    single-reader: one place is left: there is nothing to share
    column-name: the frame's name for `status` would give it another meaning
    --
    single-reader: one place is left: there is nothing to share
    column-name: the frame's name for `status` would give it another meaning
    --
    single-reader: one place is left: there is nothing to share
    column-name: what `c` means cannot be told from the text alone
    ");
}

#[test]
fn keys_of_two_types_are_refused() {
    insta::assert_snapshot!(shown(&[
        "SELECT p.id, n.note FROM m.p p JOIN m.n n ON p.cid = n.cid",
        "SELECT p.vid, n.note FROM m.p p JOIN m.n n ON p.cid = n.cid",
    ]), @"join-types: the keys `cid` and `cid` are of the types bigint and int");
}
