//! Settings of the session hold their promise, are refused where a statement shows them, and faults are caught.

use std::collections::BTreeMap;

use super::layout::JOINED;
use super::pipelines::{derive_set, session};
use super::{faults_of, violations};
use crate::facts::access::Arrangement;
use crate::facts::catalog::SessionFacts;
use crate::planner::check::Promise;
use crate::planner::check::tests::sample::Sample;
use crate::planner::plan::{Medium, Setting, SettingOptions, WantedSettings};

const ADAPTIVE: &str = "spark.sql.adaptive.enabled";
const BROADCAST: &str = "spark.sql.autoBroadcastJoinThreshold";
const PARTITIONS: &str = "spark.sql.shuffle.partitions";

/// A session with adaptive plans switched off, the other settings as Spark has them.
fn tuned() -> SessionFacts {
    let tuning = [
        (ADAPTIVE, "false"),
        (BROADCAST, "10485760b"),
        (PARTITIONS, "200"),
    ];
    SessionFacts {
        tuning: tuning
            .map(|(key, value)| (key.to_lowercase(), value.to_owned()))
            .into(),
        tuned: [ADAPTIVE.to_owned()].into(),
        cores: Some(4),
        ..session()
    }
}

fn options(wanted: WantedSettings) -> SettingOptions {
    SettingOptions {
        wanted,
        configured: BTreeMap::new(),
        budget_bytes: 1 << 34,
    }
}

fn applied(files: &[(&str, &str)]) -> Sample {
    derive_set(files, tuned(), "3.5.6", &options(WantedSettings::Applied))
}

fn setting<'s>(sample: &'s Sample, key: &str) -> &'s Setting {
    let mut settings = sample.plan.settings.iter();
    settings.find(|setting| setting.key == key).unwrap()
}

/// What is decided on a setting, in words: its value, whether it is applied, and the codes of the reasons.
fn said(sample: &Sample, key: &str) -> String {
    assert_eq!(violations(sample), [""; 0]);
    let setting = setting(sample, key);
    let codes: Vec<&str> = setting.reasons.iter().map(|reason| reason.code).collect();
    let value = setting.value.as_deref().unwrap_or("-");
    let applied = if setting.applied { "applied" } else { "left" };
    format!("{value} {applied}: {}", codes.join(" "))
}

#[test]
fn what_no_statement_shows_is_set_first_and_set_back_last() {
    let sample = applied(&JOINED);
    // 9,000,000 rows of 32 bytes, twice, by 64 MiB.
    assert_eq!(said(&sample, PARTITIONS), "9 applied: fits-data");
    assert_eq!(said(&sample, ADAPTIVE), "true applied: adaptive-off");
    assert_eq!(said(&sample, BROADCAST), "- left: setting-suits");
    let texts = |texts: &[crate::planner::emit::ProgramText]| -> Vec<String> {
        texts.iter().map(|text| text.text.clone()).collect()
    };
    assert_eq!(
        texts(&sample.program.start),
        [
            "SET spark.sql.adaptive.enabled=true",
            "SET spark.sql.shuffle.partitions=9"
        ]
    );
    assert_eq!(
        texts(&sample.program.finish),
        [
            "DROP VIEW IF EXISTS {ns}_gd_1",
            "SET spark.sql.adaptive.enabled=false",
            "RESET spark.sql.shuffle.partitions"
        ]
    );
}

#[test]
fn the_user_says_whether_settings_are_set_shown_or_left() {
    let proposed = derive_set(
        &JOINED,
        tuned(),
        "3.5.6",
        &options(WantedSettings::Proposed),
    );
    assert_eq!(
        said(&proposed, PARTITIONS),
        "9 left: fits-data setting-proposed"
    );
    assert_eq!(proposed.program.start, []);
    let off = derive_set(&JOINED, tuned(), "3.5.6", &options(WantedSettings::Off));
    assert_eq!(off.plan.settings, []);
    // Nothing is known of the session.
    let unknown = derive_set(
        &JOINED,
        session(),
        "3.5.6",
        &options(WantedSettings::Applied),
    );
    assert_eq!(unknown.plan.settings, []);
    let mut configured = options(WantedSettings::Applied);
    let own = ("spark.sql.shuffle.partitions".to_owned(), "200".to_owned());
    configured.configured.extend([own]);
    let configured = derive_set(&JOINED, tuned(), "3.5.6", &configured);
    assert_eq!(
        said(&configured, PARTITIONS),
        "9 left: fits-data set-in-configuration"
    );
    let mut overruled = tuned();
    let initial = "spark.sql.adaptive.coalescepartitions.initialpartitionnum";
    overruled.tuned.insert(initial.to_owned());
    let overruled = derive_set(
        &JOINED,
        overruled,
        "3.5.6",
        &options(WantedSettings::Applied),
    );
    assert_eq!(
        said(&overruled, PARTITIONS),
        "9 left: fits-data set-in-configuration"
    );
}

#[test]
fn adaptive_plans_are_switched_on_where_they_keep_the_rows_of_frames() {
    let old = derive_set(&JOINED, tuned(), "3.5.0", &options(WantedSettings::Applied));
    assert_eq!(
        said(&old, ADAPTIVE),
        "true left: adaptive-off spark-version"
    );
    // Tasks of 128 MiB then, not of the 64 to which adaptive plans merge them.
    assert_eq!(said(&old, PARTITIONS), "8 applied: fits-data");
    let mut on = tuned();
    on.tuning.insert(ADAPTIVE.to_owned(), "true".to_owned());
    let advisory = "spark.sql.adaptive.advisorypartitionsizeinbytes";
    on.tuning.insert(advisory.to_owned(), "1MB".to_owned());
    let on = derive_set(&JOINED, on, "3.5.0", &options(WantedSettings::Applied));
    assert_eq!(said(&on, ADAPTIVE), "- left: setting-suits");
    assert_eq!(said(&on, PARTITIONS), "550 applied: fits-data");
}

/// Each is a statement beside two that show nothing.
#[test]
fn what_shows_how_joins_and_exchanges_are_done_keeps_the_settings_as_they_are() {
    let shown = "arrangement-shows";
    let all = [
        "SELECT first(age) AS f FROM raw.staging",
        "SELECT age FROM raw.staging LIMIT 3",
        "SELECT age FROM raw.staging ORDER BY age",
        "SELECT avg(age) AS a FROM raw.staging",
        "SELECT rand(7) AS r FROM raw.staging",
        "SELECT spark_partition_id() AS p FROM raw.staging",
        "SELECT monotonically_increasing_id() AS i FROM raw.staging",
        "SELECT input_file_name() AS f FROM raw.staging",
        "SELECT age FROM raw.staging TABLESAMPLE (10 PERCENT)",
        "SELECT age, row_number() OVER (PARTITION BY day ORDER BY age) AS n FROM raw.staging",
        "SELECT f(age) AS x FROM raw.staging",
        "CREATE TEMPORARY VIEW v AS SELECT age FROM raw.staging",
        "SELECT age FROM raw.old",
        "EXPLAIN SELECT age FROM raw.staging",
        "DESCRIBE EXTENDED raw.staging",
        "ANALYZE TABLE raw.staging COMPUTE STATISTICS",
        "SET spark.sql.session.timeZone",
        "ADD JAR 'x.jar'; CREATE FUNCTION f AS 'f'",
        "MERGE INTO m.z USING raw.staging s ON z.age = s.age WHEN MATCHED THEN DELETE",
    ];
    for text in all {
        let sample = applied(&[JOINED[0], JOINED[1], ("3.sql", text)]);
        for key in [ADAPTIVE, PARTITIONS] {
            let said = said(&sample, key);
            assert!(
                said.contains("left: ") && said.ends_with(shown),
                "{text}: {said}"
            );
            let place = &setting(&sample, key).reasons.last().unwrap().statements;
            assert!(!place.is_empty(), "{text}");
        }
        assert_eq!(sample.program.start, [], "{text}");
    }
    let none = [
        "SELECT rand() AS r, age FROM raw.staging",
        "SELECT count(*) AS n, max(age) AS a FROM raw.staging GROUP BY day",
        "SET spark.sql.session.timeZone = Asia/Tokyo",
        "USE raw",
        "DROP TABLE IF EXISTS m.z",
        "TRUNCATE TABLE m.z",
        "CREATE TABLE m.z (a INT)",
    ];
    for text in none {
        let sample = applied(&[JOINED[0], JOINED[1], ("3.sql", text)]);
        assert_eq!(
            said(&sample, ADAPTIVE),
            "true applied: adaptive-off",
            "{text}"
        );
        assert!(setting(&sample, PARTITIONS).applied, "{text}");
    }
    // An adaptive plan does not compute what joins nothing; the number of tasks changes no plan.
    let fails = "SELECT element_at(array(age), 1) AS e FROM raw.staging";
    let sample = applied(&[JOINED[0], JOINED[1], ("3.sql", fails)]);
    assert_eq!(
        said(&sample, ADAPTIVE),
        format!("true left: adaptive-off {shown}")
    );
    assert!(setting(&sample, PARTITIONS).applied);
}

#[test]
fn what_the_pipeline_names_is_its_own() {
    let cases = [
        ("SET spark.sql.shuffle.partitions = 7", PARTITIONS),
        ("SET SPARK.SQL.shuffle.Partitions = 7", PARTITIONS),
        ("SET mapred.reduce.tasks = 7", PARTITIONS),
        ("SET spark.sql.adaptive.enabled = false", ADAPTIVE),
        (
            "SELECT 'spark.sql.adaptive.enabled' AS k FROM raw.gd",
            ADAPTIVE,
        ),
        (
            "-- not spark.sql.shuffle.partitions\nSELECT age FROM raw.gd",
            PARTITIONS,
        ),
    ];
    for (text, key) in cases {
        let sample = applied(&[JOINED[0], JOINED[1], ("3.sql", text)]);
        let said = said(&sample, key);
        assert!(
            said.contains("left: ") && said.contains("set-in-pipeline"),
            "{text}: {said}"
        );
    }
}

/// A covering read of 9 MB of CSV that is more in memory.
fn grown(change: impl Fn(&mut Sample)) -> Sample {
    let mut sample = applied(&JOINED);
    change(&mut sample);
    sample
}

#[test]
fn a_frame_is_broadcast_where_its_table_is() {
    use crate::planner::cost::CostModel;
    use crate::planner::plan::propose;
    let propose = |source: u64, frame: u64, other: u64, budget: u64| {
        let sample = grown(|sample| {
            for (name, facts) in &mut sample.catalog.tables {
                facts.size_bytes = facts.size_bytes.map(|_| match name.as_str() {
                    "raw.gd" => source,
                    _ => other,
                });
            }
            sample.plan.frames[0].size_bytes = frame;
            assert!(matches!(sample.plan.frames[0].medium, Medium::Memory(_)));
        });
        let costs = CostModel::new(&sample.workload, &sample.catalog);
        let options = SettingOptions {
            budget_bytes: budget,
            ..options(WantedSettings::Applied)
        };
        let settings = propose(
            &sample.plan,
            &sample.workload,
            &sample.sources,
            &costs,
            &options,
        );
        let found = settings
            .into_iter()
            .find(|setting| setting.key == BROADCAST);
        let found = found.unwrap();
        let value = found.value.as_deref().unwrap_or("-").to_owned();
        format!("{value} {}", found.reasons[0].code)
    };
    let mib = |number: u64| number << 20;
    let large = mib(100_000);
    let twice = mib(60).to_string();
    assert_eq!(
        propose(mib(5), mib(30), large, large),
        format!("{twice} keeps-broadcast")
    );
    // As large as before, not broadcast before, still small enough.
    assert_eq!(propose(mib(11), mib(30), large, large), "- setting-suits");
    assert_eq!(propose(mib(5), mib(10), large, large), "- setting-suits");
    // Below the next table; not where that leaves no room for the frame.
    let below = (mib(40) - 1).to_string();
    assert_eq!(
        propose(mib(5), mib(30), mib(40), large),
        format!("{below} keeps-broadcast")
    );
    assert_eq!(
        propose(mib(5), mib(30), mib(20), large),
        "- broadcasts-more"
    );
    // Too much memory, too far from what the session has.
    assert_eq!(
        propose(mib(5), mib(30), large, mib(100)),
        "- broadcasts-more"
    );
    assert_eq!(propose(mib(5), mib(161), large, large), "- broadcasts-more");
}

#[test]
fn faults_of_settings_are_caught() {
    let sample = applied(&JOINED);
    let set = |sample: &mut Sample, number: usize, value: &str| {
        let setting = &mut sample.plan.settings[number];
        setting.value = Some(value.to_owned());
        setting.applied = true;
        sample.program.start[number.min(1)].text = format!("SET {}={value}", setting.key);
    };
    insta::assert_snapshot!(faults_of(
        &sample,
        Promise::Settings,
        &[
            // Texts: none, another value, another key, not given back, given back otherwise.
            &|sample| sample.program.start.clear(),
            &|sample| "SET spark.sql.shuffle.partitions=13"
                .clone_into(&mut sample.program.start[1].text),
            &|sample| "SET spark.sql.ansi.enabled=true"
                .clone_into(&mut sample.program.start[0].text),
            &|sample| {
                sample.program.finish.pop();
            },
            &|sample| "RESET".clone_into(&mut sample.program.finish[2].text),
            &|sample| sample.plan.settings[0].applied = false,
            // Values.
            &|sample| set(sample, 0, "false"),
            &|sample| set(sample, 2, "0"),
            &|sample| {
                sample.plan.settings[2].before = "100".to_owned();
            },
            &|sample| "3.5.0".clone_into(sample.catalog.spark_version.as_mut().unwrap()),
            // What shows it.
            &|sample| {
                let span = sample.workload.statements[0].span;
                let what = "sum".to_owned();
                sample.workload.accesses[0]
                    .arrangements
                    .push(Arrangement { span, what });
            },
        ],
    ));
}
