use std::collections::BTreeSet;

use super::*;
use crate::diagnostic::Span;
use crate::facts::access::{
    Access, Origin, Read, ReadId, Table, TableId, TableVersion, Write, WriteKind,
};
use crate::facts::catalog::{
    Bucketing, ColumnFacts, SessionFacts, TableFacts, TableKind, ViewFacts,
};
use crate::facts::workload::Workload;
use crate::frontend::source::{Source, Sources, Variables};
use crate::frontend::statement::{Identifier, StatementId};
use crate::planner::emit::{Program, ProgramStep};
use crate::planner::frame::{Place, Reader};
use crate::planner::plan::{
    Decision, Frame, FrameId, Layout, Medium, Plan, ReasonFor, Step, Subject,
};

const FILES: [(&str, &str); 2] = [
    (
        "01_young.sql",
        "-- Young drivers.\nCREATE TABLE mart.young AS\nSELECT policy_id, age FROM raw.general_data\nWHERE age < 25 AND day = '${day}'",
    ),
    (
        "02_old.sql",
        "CREATE TABLE ${mart}.old AS\nSELECT policy_id FROM raw.general_data g WHERE g.age > 70 AND g.day = '${day}';",
    ),
];

/// A pipeline of two statements that read one table, with one covering frame.
struct Sample {
    variables: Variables,
    sources: Sources,
    settings: PlanSettings,
    catalog: Catalog,
    workload: Workload,
    plan: Plan,
    program: Program,
}

fn facts(kind: TableKind, columns: &[(&str, &str)]) -> TableFacts {
    TableFacts {
        kind,
        provider: Some("csv".to_owned()),
        location: Some("file:/warehouse/raw.db/general_data".to_owned()),
        columns: columns
            .iter()
            .map(|(name, data_type)| ColumnFacts {
                name: (*name).to_owned(),
                data_type: (*data_type).to_owned(),
                nullable: true,
            })
            .collect(),
        partition_columns: Vec::new(),
        size_bytes: Some(1_000_000),
        rows: Some(40_000),
        ..TableFacts::default()
    }
}

fn find(source: &Source, text: &str) -> Span {
    let start = u32::try_from(source.template().find(text).unwrap()).unwrap();
    Span {
        source: source.id,
        start,
        end: start + u32::try_from(text.len()).unwrap(),
    }
}

fn version(table: u32, generation: u32) -> TableVersion {
    TableVersion {
        table: TableId(table),
        generation,
    }
}

fn sample() -> Sample {
    let variables: Variables = [("day", "2024-06-30"), ("mart", "mart")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let sources = Sources::from_texts(FILES, &variables);
    let mut workload = Workload::default();
    for (number, name) in (0..).zip(["raw.general_data", "mart.young", "mart.old"]) {
        workload.tables.push(Table {
            id: TableId(number),
            name: name.to_owned(),
            temporary: false,
        });
    }
    workload.statements = crate::frontend::parse(&sources).statements;
    for ((source, number), target) in sources.iter().zip(0..).zip(["mart.young", "${mart}.old"]) {
        let target = find(source, target);
        let name = find(source, "raw.general_data");
        let identifier = |span: Span| Identifier {
            text: sources.text(span).to_owned(),
            span,
        };
        workload.accesses.push(Access {
            arrangements: Vec::new(),
            statement: StatementId(number),
            reads: vec![Read {
                gatherings: Vec::new(),
                id: ReadId(number),
                statement: StatementId(number),
                version: version(0, 0),
                origin: Origin::Named {
                    name,
                    alias: None,
                    last_part: identifier(find(source, "general_data")),
                },
                columns: Some(BTreeSet::from(["policy_id".to_owned(), "age".to_owned()])),
                filters: Vec::new(),
                fixed: None,
                unseen: false,
            }],
            writes: vec![Write {
                table: TableId(number + 1),
                kind: WriteKind::Define,
                produces: version(number + 1, 1),
                span: target,
            }],
            described: Vec::new(),
            starts: vec![version(number + 1, 1)],
            barrier: None,
            sensitivities: Vec::new(),
            subqueries: Vec::new(),
        });
    }
    Sample {
        settings: PlanSettings {
            default_database: "default".to_owned(),
            frames: true,
            budget_bytes: 1 << 30,
            margin_percent: 200,
            min_gain_micros: 200_000,
            catalog: "hive".to_owned(),
            engine_conf: [("spark.sql.ansi.enabled".to_owned(), "false".to_owned())].into(),
            keys: [(
                "raw.general_data".to_owned(),
                vec!["policy_id".to_owned(), "day".to_owned()],
            )]
            .into(),
            deterministic_functions: BTreeSet::from(["mask_name".to_owned()]),
            ..PlanSettings::default()
        },
        catalog: Catalog {
            spark_version: Some("3.5.6".to_owned()),
            session: None,
            databases: BTreeMap::new(),
            tables: [
                (
                    "raw.general_data".to_owned(),
                    facts(
                        TableKind::External,
                        &[("policy_id", "bigint"), ("age", "int"), ("day", "date")],
                    ),
                ),
                ("mart.old".to_owned(), TableFacts::default()),
            ]
            .into(),
        },
        plan: plan(),
        program: program(),
        variables,
        sources,
        workload,
    }
}

fn plan() -> Plan {
    Plan {
        moved: Vec::new(),
        searched: None,
        frames: vec![Frame {
            id: FrameId(0),
            name: "general_data_1".to_owned(),
            candidate: None,
            kind: FrameKind::CoveringRead,
            medium: Medium::default(),
            layout: Layout::default(),
            readers: (0..2)
                .map(|number| Reader {
                    statement: StatementId(number),
                    reads: vec![ReadId(number)],
                    place: Place::Name,
                })
                .collect(),
            feeds: Vec::new(),
            inputs: vec![version(0, 0)],
            size_bytes: 300_000,
            build_micros: 900_000,
            saving_micros: 2_000_000,
        }],
        steps: vec![
            Step::Materialise(FrameId(0)),
            Step::Run(StatementId(0)),
            Step::Run(StatementId(1)),
            Step::Release(FrameId(0)),
        ],
        settings: Vec::new(),
        decisions: vec![Decision {
            subject: Subject::Table(version(0, 0)),
            reads: vec![ReadId(0), ReadId(1)],
            frame: Some(FrameId(0)),
            reasons: vec![ReasonFor {
                code: "pays",
                text: "2 readers save 2.0 s for 0.9 s of building".to_owned(),
                statements: vec![StatementId(0), StatementId(1)],
            }],
        }],
        summary: Summary {
            statements: 2,
            frames: 1,
            scans_before: 2,
            scans_after: 1,
            gain_micros: 1_100_000,
            peak_bytes: 300_000,
            budget_bytes: 1 << 30,
        },
    }
}

fn program() -> Program {
    let text = |text: &str, namespaced: bool| ProgramText {
        language: Language::Sql,
        text: text.to_owned(),
        namespaced,
    };
    Program {
        start: Vec::new(),
        steps: vec![
            ProgramStep {
                step: Step::Materialise(FrameId(0)),
                texts: vec![
                    text(
                        "CREATE OR REPLACE TEMP VIEW {ns}_general_data_1 AS SELECT policy_id, age, day FROM raw.general_data",
                        true,
                    ),
                    text(
                        "CACHE TABLE {ns}_general_data_1 OPTIONS('storageLevel' 'MEMORY_AND_DISK')",
                        true,
                    ),
                ],
            },
            ProgramStep {
                step: Step::Run(StatementId(0)),
                texts: vec![text(
                    "CREATE TABLE mart.young AS\nSELECT policy_id, age FROM {ns}_general_data_1 AS general_data\nWHERE age < 25 AND day = '${day}'",
                    true,
                )],
            },
            ProgramStep {
                step: Step::Run(StatementId(1)),
                texts: vec![text(
                    "CREATE TABLE ${mart}.old AS\nSELECT policy_id FROM {ns}_general_data_1 g WHERE g.age > 70 AND g.day = '${day}'",
                    true,
                )],
            },
            ProgramStep {
                step: Step::Release(FrameId(0)),
                texts: vec![text("UNCACHE TABLE IF EXISTS {ns}_general_data_1", true)],
            },
        ],
        finish: vec![text("DROP VIEW IF EXISTS {ns}_general_data_1", true)],
    }
}

impl Sample {
    fn file(&self) -> PlanFile {
        let mut file = PlanFile::new(PlanFileInputs {
            root: "..",
            sources: &self.sources,
            variables: &self.variables,
            settings: &self.settings,
            catalog: &self.catalog,
            workload: &self.workload,
            plan: &self.plan,
            program: &self.program,
        });
        file.tool = "hoist 0.0.0".to_owned();
        file
    }

    fn drift_from(&self, file: &PlanFile) -> Vec<String> {
        drift(
            file,
            &self.sources,
            &self.variables,
            &self.settings,
            &self.catalog,
        )
        .iter()
        .map(ToString::to_string)
        .collect()
    }

    fn with_files(mut self, files: &[(&str, &str)]) -> Self {
        self.sources = Sources::from_texts(files.iter().copied(), &self.variables);
        self
    }

    fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self.sources = Sources::from_texts(FILES, &self.variables);
        self
    }
}

/// The file after an edit of its JSON.
fn parse_edited(edit: impl FnOnce(&mut serde_json::Value)) -> Result<PlanFile, String> {
    let mut document = serde_json::from_str(&sample().file().to_json()).unwrap();
    edit(&mut document);
    PlanFile::parse(&serde_json::to_string_pretty(&document).unwrap())
        .map_err(|error| error.to_string())
}

#[test]
fn the_format_is_frozen() {
    insta::assert_snapshot!(sample().file().to_json());
}

#[test]
fn same_inputs_give_the_same_bytes_and_round_trip() {
    let file = sample().file();
    let text = file.to_json();
    assert_eq!(sample().file().to_json(), text);
    assert!(text.ends_with("}\n"));
    assert!(!text.contains('\r'));
    let parsed = PlanFile::parse(&text).unwrap();
    assert_eq!(parsed, file);
    assert_eq!(parsed.to_json(), text);
}

#[test]
fn an_old_plan_file_is_still_read() {
    let file = PlanFile::parse(include_str!("../../../tests/it/fixtures/plan-1.json")).unwrap();
    assert_eq!(file.frames[0].name, "general_data_1");
    assert_eq!(file.steps.len(), 4);
    assert_eq!(file.frames[0].readers[0].at, None);
    assert_eq!(sample().drift_from(&file), [""; 0]);
}

#[test]
fn what_is_no_plan_file_is_refused_with_a_next_step() {
    let error = |text: &str| PlanFile::parse(text).unwrap_err().to_string();
    let text = sample().file().to_json();
    insta::assert_snapshot!(
        [
            error(""),
            error("{\n  \"schema\": hello\n}"),
            error(text.get(..text.len() / 2).unwrap()),
            error("[]"),
            error("{}"),
            error("{\"schema\": 1}"),
            error("{\"schema\": \"hoist-analysis/1\"}"),
            error(&text.replace("hoist-plan/1", "hoist-plan/2")),
            error(&text.replace("\"tool\"", "\"tools\"")),
            error(&text.replace("  \"tool\": \"hoist 0.0.0\",\n", "")),
            error(&text.replace("\"number\": 1,", "\"number\": \"one\",")),
        ]
        .join("\n")
    );
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    let mut messages = Vec::new();
    let mut refuse = |edit: &dyn Fn(&mut serde_json::Value)| {
        messages.push(parse_edited(|document| edit(document)).unwrap_err());
    };
    refuse(&|file| file["steps"][2]["number"] = 7.into());
    refuse(&|file| file["steps"][3]["frame"] = "other".into());
    refuse(&|file| file["steps"][1]["statement"]["frames"][0] = "other".into());
    refuse(&|file| file["steps"].as_array_mut().unwrap().truncate(3));
    refuse(&|file| file["steps"][0]["texts"] = serde_json::json!([]));
    refuse(&|file| {
        let steps = file["steps"].as_array_mut().unwrap();
        steps.swap(2, 3);
        steps[2]["number"] = 3.into();
        steps[3]["number"] = 4.into();
    });
    refuse(&|file| file["steps"][2]["statement"]["reads"][0] = "raw.general_data@1".into());
    refuse(&|file| {
        file["steps"][1]["statement"]["starts"] =
            serde_json::json!(["mart.young@1", "raw.general_data@1"]);
        file["steps"][2]["statement"]["reads"][0] = "raw.general_data@1".into();
    });
    refuse(&|file| file["steps"][2]["statement"]["file"] = "01_young.sql".into());
    refuse(&|file| file["frames"][0]["readers"][1]["step"] = 2.into());
    refuse(&|file| file["summary"]["peak_bytes"] = 1.into());
    refuse(&|file| file["summary"]["budget_bytes"] = 299_999.into());
    refuse(&|file| file["decisions"][0]["frame"] = "other".into());
    refuse(&|file| file["finish"][0]["text"] = "DROP VIEW x".into());
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn nothing_has_drifted_from_a_fresh_plan() {
    assert_eq!(sample().drift_from(&sample().file()), [""; 0]);
}

#[test]
fn values_sizes_layout_and_tables_that_the_pipeline_makes_are_no_drift() {
    let file = sample().file();
    let mut tonight = sample().with_variable("day", "2025-01-01");
    let general = tonight.catalog.tables.get_mut("raw.general_data").unwrap();
    general.size_bytes = None;
    general.rows = Some(7);
    let made = facts(TableKind::Managed, &[("policy_id", "bigint")]);
    let location = Some("file:/warehouse/mart.db/old".to_owned());
    tonight
        .catalog
        .tables
        .insert("mart.old".to_owned(), TableFacts { location, ..made });
    tonight.catalog.spark_version = None;
    assert_eq!(tonight.drift_from(&file), [""; 0]);
    let second = FILES[1].1.replace('\n', "\n  -- old drivers\n  ");
    let tidied = sample().with_files(&[FILES[0], (FILES[1].0, &second)]);
    assert_eq!(tidied.drift_from(&file), [""; 0]);
}

/// What views captured, bucketing, and what the session gives names and rows their meaning with.
fn view_and_session_drift() -> Vec<String> {
    let with = |text: &str, database: &str, zone: &str, buckets: Option<u32>| {
        let mut sample = sample();
        let setting = [("spark.sql.session.timezone".to_owned(), zone.to_owned())];
        sample.catalog.session = Some(SessionFacts {
            database: database.to_owned(),
            settings: setting.clone().into(),
            ..SessionFacts::default()
        });
        let facts = sample.catalog.tables.get_mut("raw.general_data").unwrap();
        facts.view = Some(ViewFacts {
            text: text.to_owned(),
            database: database.to_owned(),
            settings: setting.into(),
        });
        facts.bucketing = buckets.map(|buckets| Bucketing {
            buckets,
            columns: vec!["policy_id".to_owned()],
            sort_columns: vec!["age".to_owned()],
        });
        sample
    };
    let file = with("SELECT 1", "default", "UTC", None).file();
    assert_eq!(
        with("SELECT 1", "default", "UTC", None).drift_from(&file),
        [""; 0]
    );
    let mut sentences = with("SELECT 2", "raw", "Asia/Tokyo", Some(8)).drift_from(&file);
    // A session of which nothing is known is not another session.
    let mut unknown = with("SELECT 1", "default", "UTC", None);
    unknown.catalog.session = None;
    sentences.extend(unknown.drift_from(&file));
    sentences
}

#[test]
fn every_kind_of_drift_is_one_sentence() {
    let file = sample().file();
    let mut sentences = Vec::new();
    let changed = FILES[1].1.replace("70", "75");
    sentences.extend(
        sample()
            .with_files(&[(FILES[1].0, &changed), ("03_new.sql", "SELECT 1")])
            .drift_from(&file),
    );
    sentences.extend(sample().with_files(&[FILES[1], FILES[0]]).drift_from(&file));
    sentences.extend(
        sample()
            .with_variable("mart", "test_mart")
            .drift_from(&file),
    );
    sentences.extend(sample().with_variable("day", "x' OR '").drift_from(&file));
    let mut other = sample();
    other.settings.budget_bytes = 1 << 20;
    other.settings.keys.clear();
    other.settings.engine_conf.insert(
        "spark.sql.session.timeZone".to_owned(),
        "Asia/Tokyo".to_owned(),
    );
    sentences.extend(other.drift_from(&file));
    let mut other = sample();
    let general = other.catalog.tables.get_mut("raw.general_data").unwrap();
    general.kind = TableKind::View;
    general.provider = None;
    general.location = Some("s3://lake/general_data".to_owned());
    general.outside = Some(vec!["s3://old/data".to_owned()]);
    general.columns.swap(0, 1);
    general.rows_depend_on_columns = true;
    other.catalog.tables.remove("mart.old");
    sentences.extend(other.drift_from(&file));
    let mut other = sample();
    other.catalog.tables.insert(
        "mart.old".to_owned(),
        facts(TableKind::Managed, &[("policy_id", "bigint")]),
    );
    sentences.extend(other.drift_from(&file));
    let with_database = |place: &str| {
        let mut sample = sample();
        let place = ("mart".to_owned(), place.to_owned());
        sample.catalog.databases = [place].into();
        sample
    };
    let here = with_database("file:/warehouse/mart.db").file();
    sentences.extend(with_database("s3://lake/mart").drift_from(&here));
    // The first night makes the database.
    assert_eq!(with_database("s3://lake/mart").drift_from(&file), [""; 0]);
    sentences.extend(view_and_session_drift());
    insta::assert_snapshot!(sentences.join("\n"));
}
