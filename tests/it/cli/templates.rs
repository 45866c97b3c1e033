//! Templates from outside: where values come from, what is missing or not understood, SQL from the standard input.

use serde_json::Value;

use super::{Folder, Ran};

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout()).unwrap()
}

/// Tables read, statement by statement.
fn reads(analysis: &Value) -> Vec<Vec<String>> {
    let statements = analysis["statements"].as_array().unwrap().iter();
    statements
        .map(|statement| {
            let reads = statement["reads"].as_array().unwrap().iter();
            reads
                .map(|read| read["table"].as_str().unwrap().to_owned())
                .collect()
        })
        .collect()
}

fn analysed(files: &[(&str, &str)], arguments: &[&str]) -> Value {
    let all = [&["analyze", "p", "--format", "json"], arguments].concat();
    let ran = Folder::new(files).hoist(&all);
    ran.ends(0);
    json(&ran)
}

#[test]
fn sql_is_read_from_the_standard_input() {
    let folder = Folder::new(&[("other.sql", "SELECT 1")]);
    let text = b"INSERT INTO db.b SELECT x FROM db.t;\nSELECT a b c;\n";
    let ran = folder.hoist_reading(&["analyze", "-", "--format", "json"], text);
    ran.ends(1);
    let analysis = json(&ran);
    assert_eq!(reads(&analysis), [vec!["db.t"], vec![]]);
    assert_eq!(analysis["statements"][0]["file"], "<stdin>");
    assert_eq!(analysis["findings"][0]["file"], "<stdin>");
    assert_eq!(analysis["findings"][0]["line"], 2);
    assert_eq!(ran.stderr(), "");
    let ran = folder.hoist_reading(&["analyze", "-", "--set", "t=db.u"], b"SELECT x FROM ${t}");
    ran.ends(0);
    assert!(ran.stdout().contains("db.u"), "{}", ran.stdout());
}

#[test]
fn the_standard_input_is_read_once_and_by_analyze_only() {
    let folder = Folder::new(&[]);
    for command in ["plan", "execute", "verify"] {
        folder.hoist(&[command, "-"]).fails(
            2,
            "error: `-` stands for the standard input, which only `hoist analyze` reads\n  help: give the folder of \
             the pipeline or its files; `./-` is a file of that name\n",
        );
    }
    let ran = folder.hoist_reading(&["analyze", "-", "-"], b"SELECT 1");
    assert!(
        ran.stderr().contains("can be read only once"),
        "{}",
        ran.stderr()
    );
    ran.ends(2);
    folder.hoist_reading(&["analyze", "-"], b"SELECT \xff").fails(
        2,
        "error: `<stdin>` is not UTF-8 text: byte 7 is invalid\n  help: save the file as UTF-8, or move it out of \
         the pipeline's folder\n",
    );
}

#[test]
fn values_come_from_options_then_the_file_then_set_statements() {
    let files = [
        (
            "p/1.sql",
            "SET a = m.set; SET b = m.set; SET c = m.set; SELECT x FROM ${a}",
        ),
        (
            "p/2.sql",
            "SELECT x FROM ${hivevar:b}; SELECT x FROM ${spark:c}; SELECT x FROM {{ params.d }}",
        ),
        (
            "p/hoist.toml",
            "[variables]\na = \"m.file\"\n\"hiveconf:b\" = \"m.file\"\nparams.d = \"m.file\"\n",
        ),
    ];
    let analysis = analysed(
        &files,
        &["--set", "a=m.option", "--set", "hivevar:b=m.option"],
    );
    assert_eq!(
        reads(&analysis).concat(),
        ["m.option", "m.option", "m.set", "m.file"]
    );
    assert_eq!(analysis["findings"].as_array().map(Vec::len), Some(0));
}

#[test]
fn the_environment_is_read_where_it_is_allowed() {
    let folder = Folder::new(&[
        ("p/1.sql", "SELECT x FROM ${env:SOURCE}"),
        ("q/1.sql", "SELECT x FROM ${env:SOURCE}"),
        ("q/hoist.toml", "[pipeline]\nenvironment_variables = true\n"),
        ("r/1.sql", "SELECT x FROM ${env:HOIST_LIVY_TOKEN}"),
    ]);
    let environment = [("SOURCE", "m.env"), ("HOIST_LIVY_TOKEN", "m.token")];
    let read = |arguments: &[&str]| {
        let ran = folder.hoist_with(arguments, &environment);
        ran.ends(0);
        let analysis = json(&ran);
        (reads(&analysis).concat(), analysis["findings"].clone())
    };
    let (tables, _) = read(&["analyze", "p", "--format", "json", "--env"]);
    assert_eq!(tables, ["m.env"]);
    let (tables, _) = read(&["analyze", "q", "--format", "json"]);
    assert_eq!(tables, ["m.env"]);
    let (tables, findings) = read(&["analyze", "p", "--format", "json"]);
    assert_ne!(tables, ["m.env"]);
    let help = findings[0]["help"].as_str().unwrap();
    assert!(
        help.contains("--set env:SOURCE=VALUE")
            && help.contains("--env")
            && help.contains("environment_variables"),
        "{help}"
    );
    let (tables, _) = read(&["analyze", "r", "--format", "json", "--env"]);
    assert_ne!(tables, ["m.token"], "secrets of hoist are no variables");
}

#[test]
fn a_commented_out_variable_needs_no_value() {
    let files = [(
        "p/1.sql",
        "-- WHERE d = '${day}'\nSELECT x /* {{ ds }} */ FROM db.t",
    )];
    let folder = Folder::new(&files);
    folder.hoist(&["plan", "p"]).ends(0);
    folder
        .hoist(&["analyze", "p", "--fail-on", "warning"])
        .ends(0);
}

#[test]
fn a_template_that_is_not_understood_stops_what_runs() {
    let folder = Folder::new(&[(
        "p/a.sql",
        "SELECT x FROM db.t WHERE day = '{{ macros.ds_add(ds, -1) }}'",
    )]);
    for command in ["plan", "execute", "verify"] {
        let ran = folder.hoist(&[command, "p", "--set", "ds=2024-06-30"]);
        ran.ends(2);
        let told = ran.stderr();
        assert!(
            told.contains("error: a.sql:1: the template expression `{{ macros.ds_add(ds, -1) }}` is not understood"),
            "{told}"
        );
        assert_eq!(ran.stdout(), "");
    }
    let ran = folder.hoist(&["analyze", "p", "--format", "json"]);
    ran.ends(0);
    let analysis = json(&ran);
    assert_eq!(reads(&analysis), [vec!["db.t"]]);
    assert_eq!(analysis["findings"][0]["code"], "template");
    assert_eq!(analysis["findings"][0]["severity"], "warning");
}

#[test]
fn statements_that_a_block_decides_about_are_barriers() {
    let analysis = analysed(
        &[(
            "p/a.sql",
            "SELECT x FROM db.a;\n{% if full %}\nTRUNCATE TABLE db.a; SELECT\n{% endif %}\nx FROM db.b;\nSELECT x FROM db.c",
        )],
        &[],
    );
    let statements = analysis["statements"].as_array().unwrap();
    let kinds: Vec<&str> = statements
        .iter()
        .map(|s| s["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["query", "opaque", "query"]);
    assert!(statements[0]["barrier"] == false && statements[1]["barrier"] == true);
    assert_eq!(reads(&analysis), [vec!["db.a"], vec![], vec!["db.c"]]);
    assert_eq!(
        analysis["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["code"] == "template")
            .count(),
        1
    );
}

#[test]
fn values_of_set_statements_are_left_to_spark() {
    let folder = Folder::new(&[(
        "p/a.sql",
        "SET target = m.a;\nINSERT INTO ${target} SELECT x FROM db.t WHERE d = '${day}';\n\
         SET target = m.b;\nINSERT INTO ${target} SELECT x FROM db.t WHERE d = '${day}';\n",
    )]);
    let day = ["--set", "day=2024-06-30"];
    let ran = folder.hoist(&[&["execute", "p", "--dry-run"][..], &day].concat());
    ran.ends(0);
    let program = ran.stdout();
    assert_eq!(
        program.matches("INSERT INTO ${target} SELECT").count(),
        2,
        "{program}"
    );
    assert_eq!(program.matches("d = '2024-06-30'").count(), 2, "{program}");
    // The first use comes before the value.
    folder.write("p/0.sql", b"SELECT '${target}'");
    folder.hoist(&[&["plan", "p"][..], &day].concat()).ends(2);
}
