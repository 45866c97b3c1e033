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
