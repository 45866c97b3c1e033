use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::*;
use crate::facts::access::{self, Declarations};
use crate::facts::catalog::{Catalog, ColumnFacts, TableFacts, TableKind};
use crate::facts::workload;
use crate::frontend;
use crate::frontend::source::{Sources, Variables};

/// Tables of the catalog, with their place.
const TABLES: [(&str, &str); 5] = [
    ("raw.a", "file:/w/raw/a"),
    ("raw.b", "file:/w/raw/b"),
    ("mart.a", "file:/w/mart/a"),
    ("mart.parted", "file:/w/mart/parted"),
    ("raw.inside", "file:/w/mart/a/inside"),
];

fn catalog() -> Catalog {
    let facts = |name: &str, location: &str| TableFacts {
        kind: TableKind::Managed,
        provider: Some("parquet".to_owned()),
        location: Some(location.to_owned()),
        columns: ["x", "p"]
            .map(|name| ColumnFacts {
                name: name.to_owned(),
                data_type: "int".to_owned(),
                nullable: true,
            })
            .into(),
        partition_columns: if name == "mart.parted" {
            vec!["p".to_owned()]
        } else {
            Vec::new()
        },
        ..TableFacts::default()
    };
    let tables = TABLES.map(|(name, place)| (name.to_owned(), facts(name, place)));
    let mut tables = BTreeMap::from(tables);
    tables.insert(
        "raw.shown".to_owned(),
        TableFacts {
            kind: TableKind::View,
            view: Some(crate::facts::catalog::ViewFacts {
                text: "SELECT x FROM a JOIN mart.a AS m USING (x)".to_owned(),
                database: "raw".to_owned(),
                settings: BTreeMap::new(),
            }),
            ..TableFacts::default()
        },
    );
    Catalog {
        spark_version: Some("3.5.6".to_owned()),
        tables,
        ..Catalog::default()
    }
}

fn state(left: &[&str]) -> State {
    let tables = TABLES.map(|(name, place)| {
        json!({
            "name": name,
            "kind": "managed",
            "definition": format!("CREATE TABLE spark_catalog.{name} (x INT, p INT) USING parquet"),
            "location": place,
            "location_text": place,
        })
    });
    State::read(json!({
        "current": "default",
        "databases": ["default", "raw", "mart"],
        "tables": tables,
        "views": [{
            "name": "raw.shown",
            "kind": "view",
            "database": "raw",
            "definition": "CREATE VIEW raw.shown (x) AS SELECT x FROM a JOIN mart.a AS m USING (x)",
            "depends": ["mart.a", "raw.a"],
        }],
        "into": {"name": "box", "exists": true, "location": "hdfs://h/box.db", "tables": left},
    }))
    .unwrap()
}

fn led_from(files: &[(&str, &str)], state: &State) -> Result<Redirected, VerifyError> {
    let variables = Variables::from([("db".to_owned(), "mart".to_owned())]);
    let sources = Sources::from_texts(files.to_vec(), &variables);
    let statements = frontend::parse(&sources).statements;
    let plain = RunInput::plain(&sources, &statements);
    let declarations = Declarations {
        default_database: "default".to_owned(),
        ..Declarations::default()
    };
    let catalog = catalog();
    let accesses = access::resolve(&statements, &catalog, &declarations);
    let workload = workload::build(statements, accesses);
    redirect(&IntoInput {
        workload: &workload,
        catalog: &catalog,
        declarations: &declarations,
        variables: &variables,
        state,
        outputs: &Outputs::new(&workload, &sources),
        plain: &plain,
        hoisted: &plain,
    })
}

/// The texts that a pipeline of one file becomes.
#[track_caller]
fn led(text: &str) -> Vec<String> {
    led_files(&[("a.sql", text)])
}

#[track_caller]
fn led_files(files: &[(&str, &str)]) -> Vec<String> {
    let redirected = led_from(files, &state(&[])).unwrap();
    assert_eq!(redirected.plain, redirected.hoisted);
    let steps = redirected.plain.steps.into_iter();
    steps
        .flat_map(|step| step.texts)
        .map(|text| text.text)
        .collect()
}

#[track_caller]
fn refused(text: &str, word: &str) {
    refused_files(&[("a.sql", text)], word);
}

#[track_caller]
fn refused_files(files: &[(&str, &str)], word: &str) {
    let error = led_from(files, &state(&[])).unwrap_err().to_string();
    assert!(error.contains(word), "{error}");
}

#[test]
fn what_is_written_is_led_away_and_what_is_read_stays() {
    assert_eq!(
        led(
            "USE raw; INSERT OVERWRITE mart.a /* from raw.a */ SELECT a.x, p FROM a JOIN `B` ON a.x = b.x;\n\
             CREATE TABLE IF NOT EXISTS `mart`.New USING orc AS SELECT x FROM spark_catalog.mart.a WHERE x > 1;\n\
             SELECT new.x FROM MART.new"
        ),
        [
            "USE raw",
            "INSERT OVERWRITE `box`.`a` /* from raw.a */ SELECT a.x, p FROM a JOIN `B` ON a.x = b.x",
            "CREATE TABLE IF NOT EXISTS `box`.`new` USING orc AS SELECT x FROM `box`.`a` WHERE x > 1",
            "SELECT new.x FROM `box`.`new`",
        ]
    );
}

#[test]
fn names_without_a_database_mean_what_they_mean_there() {
    assert_eq!(
        led(
            "USE mart; CREATE TEMPORARY VIEW t AS SELECT x FROM a; INSERT INTO a SELECT x, 1 FROM t;\n\
             DROP TABLE IF EXISTS t2; TRUNCATE TABLE a; SHOW CREATE TABLE a"
        ),
        [
            "USE mart",
            "CREATE TEMPORARY VIEW t AS SELECT x FROM `box`.`a`",
            "INSERT INTO `box`.`a` SELECT x, 1 FROM t",
            "DROP TABLE IF EXISTS `box`.`t2`",
            "TRUNCATE TABLE `box`.`a`",
            "SHOW CREATE TABLE `box`.`a`",
        ]
    );
}

#[test]
fn template_variables_stay_where_they_are_no_names() {
    assert_eq!(
        led("INSERT INTO ${db}.a SELECT x, 1 FROM raw.a WHERE p = '${db}'"),
        ["INSERT INTO `box`.`a` SELECT x, 1 FROM raw.a WHERE p = '${db}'"]
    );
}

#[test]
fn a_name_that_is_taken_gets_its_database_in_front_and_an_alias() {
    assert_eq!(
        led(
            "INSERT INTO mart.a SELECT 1, 1; INSERT INTO raw.a SELECT 2, 2;\n\
             SELECT a.x FROM raw.a; SELECT r.x FROM raw.a r JOIN mart.a USING (x); CACHE TABLE raw.a; TABLE raw.a"
        ),
        [
            "INSERT INTO `box`.`a` SELECT 1, 1",
            "INSERT INTO `box`.`raw__a` SELECT 2, 2",
            "SELECT a.x FROM `box`.`raw__a` AS `a`",
            "SELECT r.x FROM `box`.`raw__a` r JOIN `box`.`a` USING (x)",
            "CACHE TABLE `box`.`raw__a`",
            "TABLE `box`.`raw__a`",
        ]
    );
    refused(
        "INSERT INTO mart.a SELECT 1, 1; INSERT INTO raw.a SELECT 2, 2; SELECT x FROM raw.a TABLESAMPLE (5 ROWS)",
        "a.sql:1 cannot write into another database: `raw.a` gets another name and needs an alias",
    );
}

#[test]
fn views_over_what_is_written_go_along() {
    let text = "INSERT INTO mart.a SELECT 1, 1; SELECT x FROM raw.shown";
    assert_eq!(led(text)[1], "SELECT x FROM `box`.`shown`");
    let redirected = led_from(&[("a.sql", text)], &state(&[])).unwrap();
    let made = &redirected.state.json;
    assert_eq!(
        made["views"][0]["definition"],
        "CREATE VIEW `box`.`shown` (x) AS SELECT x FROM a JOIN `box`.`a` AS m USING (x)"
    );
    assert_eq!(made["views"][0]["name"], "box.shown");
    assert_eq!(
        made["tables"]
            .as_array()
            .unwrap()
            .iter()
            .map(|table| &table["definition"])
            .collect::<Vec<_>>(),
        ["CREATE TABLE `box`.`a` (x INT, p INT) USING parquet"]
    );
    assert_eq!(made["databases"], json!([]));
    assert_eq!(redirected.outputs.shown["box.a"], "mart.a");
    assert_eq!(redirected.database.folder(), "hdfs://h/box.db/_hoist");
}

#[test]
fn a_database_that_the_pipeline_makes_is_the_one_to_write_to() {
    assert_eq!(
        led(
            "CREATE DATABASE IF NOT EXISTS fresh; USE fresh; CREATE TABLE t AS SELECT 1 x; \
             CREATE DATABASE IF NOT EXISTS mart; SELECT x FROM t"
        ),
        [
            "CREATE DATABASE IF NOT EXISTS `box`",
            "USE `box`",
            "CREATE TABLE `box`.`t` AS SELECT 1 x",
            "CREATE DATABASE IF NOT EXISTS mart",
            "SELECT x FROM `box`.`t`",
        ]
    );
    refused("CREATE DATABASE fresh", "it makes the database `fresh`");
}

#[test]
fn names_in_python_files_are_replaced_where_they_are_written() {
    let python = "# hoist: reads raw.a; writes mart.made\nOUT = 'mart.made'\nf = spark.table('raw.a')\n\
                  f.write.saveAsTable(OUT)\nspark.sql(\"INSERT INTO mart.a SELECT x, 1 FROM mart.made\")\n";
    assert_eq!(
        led_files(&[("a.py", python), ("b.sql", "SELECT x FROM mart.made")]),
        [
            &python
                .replace("mart.made", "box.made")
                .replace("INTO mart.a", "INTO `box`.`a`")
                .replace("FROM box.made", "FROM `box`.`made`"),
            "SELECT x FROM `box`.`made`",
        ]
    );
    refused_files(
        &[("a.py", "# hoist: writes mart.a\nexec(open('x').read())\n")],
        "more than its header and names tell",
    );
    refused_files(
        &[(
            "a.py",
            "spark.table('raw.a').write.insertInto('ma' + 'rt.a')\n",
        )],
        "the name `mart.a` is computed",
    );
    refused_files(&[("a.py", "exec('x')\n")], "cannot be seen through");
}

#[test]
fn what_changes_more_than_named_tables_is_refused() {
    for (text, word) in [
        ("DROP DATABASE mart CASCADE", "cannot be seen through"),
        (
            "ALTER DATABASE mart SET DBPROPERTIES ('a' = 'b')",
            "more of the catalog than a table",
        ),
        (
            "CREATE FUNCTION mart.f AS 'x.Y'",
            "a function that later statements may call",
        ),
        ("ANALYZE TABLE raw.a COMPUTE STATISTICS", "statistics"),
        ("LOAD DATA INPATH '/x' INTO TABLE mart.a", "files"),
        ("CALL x()", "cannot be seen through"),
        (
            "INSERT INTO mart.a SELECT 1, 1; SELECT mart.a.x FROM mart.a",
            "qualified by a database",
        ),
        (
            "INSERT INTO mart.a SELECT 1, 1; SELECT x FROM raw.inside",
            "`raw.inside` may share its files",
        ),
        ("INSERT INTO box.a SELECT 1", "the pipeline uses `box.a`"),
        (
            "INSERT INTO other.d.t SELECT 1",
            "no table of Spark's own catalog",
        ),
    ] {
        refused(text, word);
    }
    for text in [
        "CREATE TEMPORARY FUNCTION f AS 'x.Y'",
        "SET spark.sql.shuffle.partitions = 3",
        "ADD JAR '/x.jar'",
        "INSERT INTO mart.a SELECT 1, 1; ANALYZE TABLE mart.a COMPUTE STATISTICS",
        "REFRESH TABLE raw.a",
    ] {
        led(text);
    }
}

#[test]
fn words_about_a_table_and_folders_stay_in_the_database() {
    let comment = "INSERT INTO mart.a SELECT 1, 1; COMMENT ON TABLE mart.a IS 'x'";
    assert_eq!(led(comment)[1], "COMMENT ON TABLE `box`.`a` IS 'x'");
    let folder = "INSERT OVERWRITE DIRECTORY '/out.d/x' USING parquet SELECT x FROM raw.a";
    assert_eq!(
        led(folder),
        [folder],
        "the folder is led away with the others"
    );
    // Of a table that is written for no other reason.
    let words = led_from(&[("a.sql", "COMMENT ON TABLE raw.a IS 'x'")], &state(&[]));
    let words = words.map(|redirected| redirected.plain.steps[0].texts[0].text.clone());
    match words {
        Ok(text) => assert_eq!(text, "COMMENT ON TABLE `box`.`a` IS 'x'"),
        Err(error) => assert!(error.to_string().contains("it would change `raw.a`")),
    }
    refused_files(
        &[("a.py", "spark.table('raw.a').write.parquet('/out.d/x')\n")],
        "/out.d/x",
    );
}

#[test]
fn a_database_with_tables_takes_nothing() {
    let error = led_from(
        &[("a.sql", "INSERT INTO mart.a SELECT 1, 1")],
        &state(&["old"]),
    );
    let error = error.unwrap_err();
    assert!(
        error.to_string().contains("has tables already: `old`"),
        "{error}"
    );
    assert!(error.help().contains("drop them"), "{}", error.help());
}

#[test]
fn tables_that_are_replaced_before_they_are_read_need_no_rows() {
    let emptied = |text: &str| -> BTreeSet<String> {
        led_from(&[("a.sql", text)], &state(&[]))
            .unwrap()
            .database
            .emptied
    };
    assert_eq!(
        emptied("INSERT OVERWRITE mart.a SELECT 1, 1; SELECT x FROM mart.a"),
        BTreeSet::from(["box.a".to_owned()])
    );
    for text in [
        "SELECT x FROM mart.a; INSERT OVERWRITE mart.a SELECT 1, 1",
        "INSERT OVERWRITE mart.a SELECT x, 1 FROM mart.a",
        "INSERT INTO mart.a SELECT 1, 1",
        "INSERT OVERWRITE mart.parted SELECT 1, 1",
        // The view reads the table.
        "SELECT x FROM raw.shown; INSERT OVERWRITE mart.a SELECT 1, 1",
    ] {
        assert_eq!(emptied(text), BTreeSet::new(), "{text}");
    }
}
