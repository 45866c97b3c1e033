//! The list.

use hoist::facts::access::{ReadId, TableVersion};
use hoist::frontend::statement::JoinKind;
use hoist::planner::check::Promise;
use hoist::planner::emit::{Language, ProgramText};
use hoist::planner::frame::{
    Again, Aggregation, Candidate, CoreMember, CoreReader, Definition, FrameKind, HullTest, Place,
    Reader, Widened,
};
use hoist::planner::plan::{FeedPlace, FrameId, Layout, Setting, Step};

use super::stages::Stages;

/// Where a fault is seeded.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// In the candidates.
    Frame(fn(&mut Stages)),
    /// In the plan.
    Plan(fn(&mut Stages)),
    /// In the program.
    Emit(fn(&mut Stages)),
}

/// One fault.
pub(super) struct Seeded {
    /// What is wrong.
    pub(super) name: &'static str,
    /// Makes it.
    pub(super) fault: Fault,
    /// The promise that `check` says is broken.
    pub(super) promise: Promise,
}

const fn frame(name: &'static str, promise: Promise, seed: fn(&mut Stages)) -> Seeded {
    Seeded {
        name,
        fault: Fault::Frame(seed),
        promise,
    }
}

const fn plan(name: &'static str, promise: Promise, seed: fn(&mut Stages)) -> Seeded {
    Seeded {
        name,
        fault: Fault::Plan(seed),
        promise,
    }
}

const fn emit(name: &'static str, promise: Promise, seed: fn(&mut Stages)) -> Seeded {
    Seeded {
        name,
        fault: Fault::Emit(seed),
        promise,
    }
}

/// What is seeded, and which promise catches it.
#[rustfmt::skip]
pub(super) const FAULTS: [Seeded; 115] = [
    // What a frame holds.
    frame("a column is left out", Promise::Covering, |s| { columns(s).pop(); }),
    frame("a column is taken instead of another", Promise::Covering, |s| {
        "region".clone_into(columns(s).last_mut().unwrap());
    }),
    frame("the filter of one reader is left out", Promise::Covering, |s| { hull(s).pop(); }),
    frame("the filter is narrower at a boundary", Promise::Covering, |s| {
        " < 24".clone_into(&mut hull(s)[0][0].after);
    }),
    frame("the filter has one more test", Promise::Covering, |s| {
        let test = HullTest { member: 0, column: "region".to_owned(), before: String::new(), after: " = 'n'".to_owned() };
        hull(s)[0].push(test);
    }),
    frame("the filter tests another column", Promise::Covering, |s| "policy_id".clone_into(&mut hull(s)[0][0].column)),
    frame("another table of the same schema", Promise::Covering, |s| {
        let staging = version(s, "raw.staging");
        if let Definition::CoveringRead { version, .. } = &mut covering(s).definition { *version = staging; }
        covering(s).inputs = vec![staging];
    }),
    frame("a later version of the table", Promise::Residency, |s| covering(s).inputs[0].generation += 1),
    frame("the dependences are lost", Promise::Residency, |s| covering(s).inputs.clear()),
    frame("a reader is given the read of another statement", Promise::Text, |s| {
        let reader = Reader { statement: reader(s, "out.l3 ").statement, ..reader(s, "out.young ") };
        covering(s).readers.push(reader);
    }),
    frame("another subquery is taken for an equal one", Promise::Repetition, |s| {
        let other = subquery(s, "out.l5 ");
        repeated(s).readers[3] = other;
    }),
    frame("the body of another subquery", Promise::Repetition, |s| {
        let body = s.workload.subquery(subquery(s, "out.l5 ").subquery().unwrap()).unwrap().body;
        let at = s.run_of("out.l5 ");
        let Step::Run(statement) = s.plan.steps[at] else { return };
        let first = subquery_of(s, statement);
        if let Definition::RepeatedSubquery { body: own, .. } = &mut repeated(s).definition { *own = body; }
        repeated(s).readers[0] = first;
    }),
    frame("a column of a wider frame is computed from another relation", Promise::Repetition, |s| {
        let added = widened(s).columns.iter_mut().find_map(|column| column.added.as_mut()).unwrap();
        "`g`.policy_id".clone_into(added);
    }),
    frame("a reader of a wider frame takes another column", Promise::Text, |s| {
        let share = widened(s).shares.values_mut().nth(3).unwrap();
        share.outputs[0].0 = 0;
    }),
    frame("a reader of a wider frame gives a column another name", Promise::Text, |s| {
        let share = widened(s).shares.values_mut().nth(3).unwrap();
        "age".clone_into(&mut share.outputs[0].1);
    }),
    frame("a reader of a wider frame loses a test", Promise::Text, |s| {
        widened(s).shares.values_mut().nth(2).unwrap().tests.clear();
    }),
    frame("a reader of a wider frame tests another column", Promise::Text, |s| {
        let test = widened(s).shares.values_mut().nth(2).unwrap().tests.first_mut().unwrap();
        *test = test.replace("`day`", "`age`");
    }),
    frame("a wider frame is made from a subquery that filters more", Promise::Repetition, |s| {
        let other = *widened(s).shares.keys().nth(1).unwrap();
        widened(s).base = other;
    }),

    // What a frame has per group.
    frame("an aggregate over other rows", Promise::Aggregation, |s| { aggregation(s).columns[0].tests.pop(); }),
    frame("an aggregate of another reader", Promise::Text, |s| aggregation(s).uses[0].calls[0].column = 4),
    frame("another aggregate of the same rows", Promise::Text, |s| {
        let calls = &mut aggregation(s).uses[0].calls;
        let first = calls[0].column;
        calls[0].column = calls[1].column;
        calls[1].column = first;
    }),
    frame("absent groups are not left out", Promise::Text, |s| aggregation(s).uses[0].guard = None),
    frame("absent groups of another reader are left out", Promise::Text, |s| {
        aggregation(s).uses[0].guard = aggregation(s).uses[1].guard;
    }),
    frame("the rows of one reader are left out", Promise::Aggregation, |s| {
        let rest = aggregation(s).columns[0].tests.clone();
        aggregation(s).others = vec![rest];
    }),
    frame("a test of all readers is lost", Promise::Aggregation, |s| aggregation(s).common.clear()),
    frame("a test of one reader is made for all", Promise::Aggregation, |s| {
        let test = aggregation(s).columns[0].tests[0].clone();
        aggregation(s).common.push(test);
    }),
    frame("groups are finer", Promise::Aggregation, |s| aggregation(s).keys.push("road".to_owned())),
    frame("all rows are one group", Promise::Aggregation, |s| aggregation(s).keys.clear()),
    frame("a condition on groups is lost", Promise::Text, |s| aggregation(s).uses[3].having = None),
    frame("a test that stays with its reader is lost", Promise::Text, |s| aggregation(s).uses[5].kept.clear()),
    frame("a test of all readers stays with one", Promise::Text, |s| {
        let kept = aggregation(s).uses[5].kept[0];
        aggregation(s).uses[0].kept.push(kept);
    }),
    frame("groups are counted instead of their rows", Promise::Text, |s| {
        aggregation(s).uses[4].calls[0].again = Again::Same("count".to_owned());
    }),
    frame("a number of rows may be NULL", Promise::Text, |s| aggregation(s).uses[4].calls[0].again = Again::Sums(None)),
    frame("values of groups are those of all", Promise::Text, |s| aggregation(s).uses[4].calls[1].again = Again::Not),
    frame("a column has the name of another", Promise::Aggregation, |s| {
        let name = aggregation(s).columns[0].name.clone();
        aggregation(s).columns[1].name = name;
    }),
    frame("a column has a name of the readers'", Promise::Aggregation, |s| {
        "km".clone_into(&mut aggregation(s).columns[0].name);
    }),

    // When it lives.
    plan("a frame is kept across a write", Promise::Residency, |s| {
        let (release, write) = (s.step(Step::Release(FrameId(0))), s.run_of("INSERT INTO raw.gd"));
        s.shift(release, write);
    }),
    plan("a frame is built before the write it should follow", Promise::Residency, |s| {
        let (build, write) = (s.step(Step::Materialise(FrameId(3))), s.run_of("INSERT INTO raw.gd"));
        s.shift(build, write);
    }),
    plan("a reader is moved before a write", Promise::Order, |s| {
        let (reader, write) = (s.run_of("out.a3 "), s.run_of("INSERT INTO raw.gd"));
        s.shift(reader, write);
    }),
    plan("a write is moved before a reader", Promise::Order, |s| {
        let (write, reader) = (s.run_of("INSERT INTO raw.gd"), s.run_of("out.any "));
        s.shift(write, reader);
    }),
    plan("a frame is released before its last reader", Promise::Residency, |s| {
        let release = s.step(Step::Release(FrameId(0)));
        s.shift(release, release - 1);
    }),
    plan("a frame is never released", Promise::Residency, |s| {
        let release = s.step(Step::Release(FrameId(0)));
        s.plan.steps.remove(release);
    }),
    plan("a frame is released twice", Promise::Residency, |s| {
        let release = s.step(Step::Release(FrameId(0)));
        s.plan.steps.insert(release, Step::Release(FrameId(0)));
    }),
    plan("a frame is never built", Promise::Residency, |s| {
        let build = s.step(Step::Materialise(FrameId(0)));
        s.plan.steps.remove(build);
    }),
    plan("a frame is built after its first reader", Promise::Residency, |s| {
        let build = s.step(Step::Materialise(FrameId(0)));
        s.shift(build, build + 1);
    }),
    plan("a frame lives across a change of the time zone", Promise::Residency, |s| {
        let (release, set) = (s.step(Step::Release(FrameId(3))), s.run_of("SET spark"));
        s.shift(release, set);
    }),
    plan("a reader is moved across a change of the time zone", Promise::Order, |s| {
        let (reader, set) = (s.run_of("out.t2 "), s.run_of("SET spark"));
        s.shift(reader, set);
    }),
    plan("`USE` is moved", Promise::Order, |s| {
        let (used, reader) = (s.run_of("USE m"), s.run_of("out.few "));
        s.shift(used, reader);
    }),
    plan("a statement runs twice", Promise::Order, |s| {
        let at = s.run_of("INSERT INTO raw.gd");
        let step = s.plan.steps[at];
        s.plan.steps.insert(at, step);
    }),
    plan("a statement is left out", Promise::Order, |s| {
        let at = s.run_of("out.youngest ");
        s.plan.steps.remove(at);
    }),
    plan("a frame has the name of a table", Promise::Text, |s| "policies".clone_into(&mut s.frame("gd_1").name)),
    plan("two frames have one name", Promise::Text, |s| "gd_1".clone_into(&mut s.frame("gd_2").name)),
    plan("a frame claims not to read what it reads", Promise::Residency, |s| s.frame("gd_2").inputs.clear()),
    plan("a reader of one frame is given to another", Promise::Covering, |s| {
        let reader = s.frame("gd_1").readers.remove(0);
        s.frame("gd_2").readers.insert(0, reader);
    }),
    plan("a reader of the next version is given to a frame that is kept for it", Promise::Residency, |s| {
        let reader = reader(s, "out.a1 ");
        s.frame("gd_1").readers.push(reader);
        let (release, last) = (s.step(Step::Release(FrameId(0))), s.run_of("out.a1 "));
        s.shift(release, last);
    }),
    plan("a reader whose result depends on the order of rows", Promise::Sensitivity, |s| {
        let reader = reader(s, "out.any ");
        s.frame("gd_1").readers.push(reader);
        let release = s.step(Step::Release(FrameId(0)));
        s.shift(release, release + 1);
    }),
    plan("frames that live together exceed the budget", Promise::Totals, |s| {
        s.frame("gd_1").size_bytes = s.plan.summary.budget_bytes + 1;
    }),
    plan("the totals are wrong", Promise::Totals, |s| s.plan.summary.scans_after -= 1),

    // What joined tables hold, and what their readers lose.
    frame("tables are joined on another key", Promise::Joining, |s| "other".clone_into(&mut members(s)[1].keys[0].column)),
    frame("an inner join becomes a left join", Promise::Joining, |s| members(s)[1].kind = JoinKind::Left),
    frame("columns of one name change places", Promise::Text, |s| {
        let members = members(s);
        let kind = |member: &CoreMember| member.columns.iter().position(|column| column.column == "kind").unwrap();
        let (one, other) = (kind(&members[0]), kind(&members[1]));
        let name = members[0].columns[one].name.clone();
        members[0].columns[one].name = std::mem::replace(&mut members[1].columns[other].name, name);
    }),
    frame("a column of joined tables is left out", Promise::Text, |s| { members(s)[1].columns.remove(0); }),
    frame("a reader keeps the old name of a column", Promise::Text, |s| { core_readers(s)[0].references.pop(); }),
    frame("a test goes with a table", Promise::Text, |s| core_readers(s)[1].removed[0].end += 19),
    frame("the filter of joined tables forgets a reader", Promise::Joining, |s| { core_hull(s).pop(); }),
    frame("the filter of joined tables is narrower", Promise::Joining, |s| " > 8".clone_into(&mut core_hull(s)[0][0].after)),
    frame("the filter tests another of the joined tables", Promise::Joining, |s| core_hull(s)[1][0].member = 1),
    emit("a table stays beside the frame that holds it", Promise::Text, |s| {
        s.edit("out.j1 ", "sales_stores_1 s", "sales_stores_1 s JOIN raw.stores t ON s.store = t.store");
    }),
    plan("a reader of joined tables replaces one of them", Promise::Joining, |s| {
        s.frame("sales_stores_1").readers[0].reads.pop();
    }),
    // How its rows are spread.
    plan("a frame is clustered by a column that it has not", Promise::Layout, |s| cluster(s, "gd_1", "region", 8)),
    plan("a frame is clustered into no parts", Promise::Layout, |s| cluster(s, "gd_1", "age", 0)),
    plan("a frame is clustered although a reader shows that", Promise::Layout, |s| cluster(s, "gd_3", "region", 8)),
    plan("a frame is clustered although what is written shows that", Promise::Layout, |s| cluster(s, "gd_2", "region", 8)),
    emit("a clustered frame is left as it comes", Promise::Layout, |s| spread(s, "/*+ REPARTITION(8, `age`) */ ", "")),
    emit("a frame is clustered by another column", Promise::Layout, |s| spread(s, "(8, `age`)", "(8, `day`)")),
    emit("a frame is clustered into other parts", Promise::Layout, |s| spread(s, "(8, `age`)", "(9, `age`)")),
    emit("a plain frame is spread", Promise::Layout, |s| {
        let at = s.step(Step::Materialise(FrameId(0)));
        s.edit_step(at, "SELECT * FROM", "SELECT /*+ REPARTITION(3) */ * FROM");
    }),

    // How the session is set.
    plan("a setting is applied although statements show it", Promise::Settings, |s| set(s, "spark.sql.shuffle.partitions", "8")),
    plan("adaptive plans are switched on although statements show it", Promise::Settings, |s| {
        set(s, "spark.sql.adaptive.enabled", "true");
    }),
    plan("a setting that changes rows is applied", Promise::Settings, |s| set(s, "spark.sql.ansi.enabled", "false")),
    plan("a setting is applied that the session is not known to have", Promise::Settings, |s| {
        set(s, "spark.sql.shuffle.partitions", "8");
        s.catalog.session = None;
    }),
    emit("a setting is set that the plan does not apply", Promise::Settings, |s| {
        s.program.start.push(statement("SET spark.sql.shuffle.partitions=8"));
    }),
    emit("a setting is given back that was not set", Promise::Text, |s| {
        s.program.finish.push(statement("RESET spark.sql.shuffle.partitions"));
    }),

    // What is submitted.
    emit("the alias of a table is lost", Promise::Text, |s| s.edit("out.young ", " AS gd", "")),
    emit("the alias of a table is another one", Promise::Text, |s| s.edit("out.young ", " AS gd", " AS g")),
    emit("a reader loses its own filter", Promise::Text, |s| s.edit("out.young ", " WHERE age < 25", "")),
    emit("a hint is lost", Promise::Text, |s| s.edit("out.few ", "/*+ COALESCE(1) */ ", "")),
    emit("a comment is lost", Promise::Text, |s| s.edit("out.few ", " /* of the young */", "")),
    emit("another table is written", Promise::Text, |s| s.edit("out.young ", "out.young", "out.youth")),
    emit("a reader reads another frame", Promise::Text, |s| s.edit("out.young ", "gd_1", "gd_2")),
    emit("a statement that must read the table reads a frame", Promise::Text, |s| {
        s.edit("out.any ", "raw.gd", "{ns}_gd_1 AS gd");
        let at = s.run_of("out.any ");
        s.program.steps[at].texts[0].namespaced = true;
    }),
    emit("a frame is defined but not cached", Promise::Text, |s| {
        let at = s.step(Step::Materialise(FrameId(0)));
        s.program.steps[at].texts.pop();
    }),
    emit("a frame bears no mark of the run", Promise::Sharing, |s| {
        let at = s.step(Step::Materialise(FrameId(0)));
        s.edit_step(at, "'{ns}' IS NOT NULL", "'{ns}' IS NULL");
    }),
    plan("what a frame is built from is let go before", Promise::Residency, |s| {
        let (release, build) = (s.step(Step::Release(FrameId(1))), s.step(Step::Materialise(FrameId(2))));
        s.shift(release, build);
    }),
    plan("a frame is said to build another one", Promise::Residency, |s| {
        s.plan.frames[1].feeds[0].frame = FrameId(5);
    }),
    plan("a frame is said to be read where another table is", Promise::Covering, |s| {
        let other = s.plan.frames[0].readers[0].clone();
        s.plan.frames[1].feeds[0].place = FeedPlace::Text(other);
    }),
    plan("a subquery is built before the one in it", Promise::Residency, |s| {
        let (outer, inner) = (s.step(Step::Materialise(FrameId(9))), s.step(Step::Materialise(FrameId(8))));
        s.shift(outer, inner);
    }),
    plan("a frame is said to be built from what another statement joins", Promise::Text, |s| {
        let other = s.plan.frames[10].readers[0].clone();
        s.plan.frames[10].feeds[0].place = FeedPlace::Text(other);
    }),
    plan("a frame claims to depend on one table of those joined below it", Promise::Residency, |s| {
        s.frame("k_1").inputs.truncate(1);
    }),
    emit("a subquery in the text of a frame takes other columns", Promise::Repetition, |s| {
        let at = s.step(Step::Materialise(FrameId(9)));
        s.edit_step(at, "`place`, `day`", "`day`, `place`");
    }),
    emit("joined rows are counted otherwise in the text of a frame", Promise::Repetition, |s| {
        let at = s.step(Step::Materialise(FrameId(11)));
        s.edit_step(at, "count(", "min(");
    }),
    plan("a covering read is said to stand for another of the joined tables", Promise::Text, |s| {
        let topics = version(s, "raw.topics");
        s.frame("notes_1").feeds[0].place = FeedPlace::Table(topics);
    }),
    emit("rows that joined tables keep are left out below them", Promise::Joining, |s| {
        let at = s.step(Step::Materialise(FrameId(12)));
        s.edit_step(at, " > '2024'", " > '2025'");
    }),
    emit("a column that joined tables have is left out below them", Promise::Joining, |s| {
        let at = s.step(Step::Materialise(FrameId(12)));
        s.edit_step(at, "`word`, ", "");
    }),
    emit("joined tables keep rows that are left out below them", Promise::Joining, |s| {
        let at = s.step(Step::Materialise(FrameId(13)));
        s.edit_step(at, " WHERE `n`.`day` > '2024'", "");
    }),
    emit("the columns of a replaced subquery change places", Promise::Text, |s| {
        s.edit("out.l1 ", "`policy_id`, `version`", "`version`, `policy_id`");
    }),
    emit("a wider frame filters by another reader's test", Promise::Repetition, |s| {
        let at = s.step(Step::Materialise(FrameId(5)));
        s.edit_step(at, "p.version > 1", "p.version > 1 AND p.status = 'a'");
    }),
    emit("a test behind a wider frame loses a condition", Promise::Text, |s| s.edit("out.w3 ", " > '2024'", " >= '2024'")),
    emit("absent groups stay", Promise::Text, |s| s.edit("out.g2 ", "n2 > 0", "n2 >= 0")),
    emit("a condition on groups is joined by `OR`", Promise::Text, |s| s.edit("out.g4 ", "AND (", "OR (")),
    emit("the values of other rows are read", Promise::Text, |s| s.edit("out.g1 ", "a1", "a3")),
    emit("a test that stays is widened", Promise::Text, |s| s.edit("out.g6 ", "IN (1, 2)", "IN (1, 2, 3)")),
    emit("a group is grouped again", Promise::Text, |s| s.edit("out.g1 ", "a2", "sum(a2)")),
    emit("the largest group is taken for their sum", Promise::Text, |s| s.edit("out.g5 ", "sum(a2)", "max(a2)")),
    emit("parents are dropped first", Promise::Text, |s| s.program.finish.reverse()),
];

/// A setting of the session is applied.
fn set(stages: &mut Stages, key: &str, value: &str) {
    let session = stages.catalog.session.get_or_insert_default();
    session.tuning.insert(key.to_lowercase(), "200".to_owned());
    stages.plan.settings.push(Setting {
        key: key.to_owned(),
        before: "200".to_owned(),
        tuned: false,
        value: Some(value.to_owned()),
        applied: true,
        reasons: Vec::new(),
    });
}

fn statement(text: &str) -> ProgramText {
    ProgramText {
        language: Language::Sql,
        text: text.to_owned(),
        namespaced: false,
    }
}

fn cluster(stages: &mut Stages, frame: &str, column: &str, parts: u32) {
    stages.frame(frame).layout = Layout::Clustered {
        columns: vec![column.to_owned()],
        parts,
    };
}

/// A fault in the text of a frame that may be clustered.
fn spread(stages: &mut Stages, from: &str, to: &str) {
    cluster(stages, "gd_1", "age", 8);
    stages.emit_again();
    assert_eq!(stages.violations(), Vec::<String>::new());
    let at = stages.step(Step::Materialise(FrameId(0)));
    stages.edit_step(at, from, to);
}

fn covering(stages: &mut Stages) -> &mut Candidate {
    stages.candidate(FrameKind::CoveringRead)
}

fn repeated(stages: &mut Stages) -> &mut Candidate {
    stages.candidate(FrameKind::RepeatedSubquery)
}

fn widened(stages: &mut Stages) -> &mut Widened {
    let candidates = stages.candidates.candidates.iter_mut();
    let widened = candidates.filter_map(|candidate| match &mut candidate.definition {
        Definition::WidenedSubquery(widened) => Some(widened),
        _ => None,
    });
    widened.max_by_key(|widened| widened.shares.len()).unwrap()
}

fn aggregation(stages: &mut Stages) -> &mut Aggregation {
    match &mut stages.candidate(FrameKind::CoveringAggregate).definition {
        Definition::CoveringAggregate(aggregation) => aggregation,
        other => panic!("{other:?}"),
    }
}

fn columns(stages: &mut Stages) -> &mut Vec<String> {
    match &mut covering(stages).definition {
        Definition::CoveringRead { columns, .. } => columns,
        other => panic!("{other:?}"),
    }
}

fn hull(stages: &mut Stages) -> &mut Vec<Vec<HullTest>> {
    match &mut covering(stages).definition {
        Definition::CoveringRead { hull, .. } => hull,
        other => panic!("{other:?}"),
    }
}

fn members(stages: &mut Stages) -> &mut Vec<CoreMember> {
    match &mut stages.candidate(FrameKind::JoinCore).definition {
        Definition::JoinCore { members, .. } => members,
        other => panic!("{other:?}"),
    }
}

fn core_readers(stages: &mut Stages) -> &mut Vec<CoreReader> {
    match &mut stages.candidate(FrameKind::JoinCore).definition {
        Definition::JoinCore { readers, .. } => readers,
        other => panic!("{other:?}"),
    }
}

fn core_hull(stages: &mut Stages) -> &mut Vec<Vec<HullTest>> {
    match &mut stages.candidate(FrameKind::JoinCore).definition {
        Definition::JoinCore { hull, .. } => hull,
        other => panic!("{other:?}"),
    }
}

/// The version of a table before the run.
fn version(stages: &Stages, name: &str) -> TableVersion {
    let mut tables = stages.workload.tables.iter();
    let table = tables.find(|table| table.name == name).unwrap().id;
    TableVersion {
        table,
        generation: 0,
    }
}

/// The first read of the statement that holds a text, as a reader of its table.
fn reader(stages: &Stages, text: &str) -> Reader {
    let Step::Run(statement) = stages.plan.steps[stages.run_of(text)] else {
        panic!("{text}");
    };
    let access = stages.workload.access(statement).unwrap();
    let reads: Vec<ReadId> = access.reads.iter().take(1).map(|read| read.id).collect();
    Reader {
        statement,
        reads,
        place: Place::Name,
    }
}

/// The first subquery in the query of the statement that holds a text, as a reader.
fn subquery(stages: &Stages, text: &str) -> Reader {
    let Step::Run(statement) = stages.plan.steps[stages.run_of(text)] else {
        panic!("{text}");
    };
    subquery_of(stages, statement)
}

fn subquery_of(stages: &Stages, statement: hoist::frontend::statement::StatementId) -> Reader {
    let subquery = &stages.workload.access(statement).unwrap().subqueries[1];
    Reader {
        statement,
        reads: subquery.reads.clone(),
        place: Place::Body(subquery.id),
    }
}
