//! Python files: declared, seen, and what they read through names of earlier files.

use super::*;
use crate::diagnostic::Severity;

fn resolved_python(text: &str) -> Resolved {
    resolved_files(&[("1.py", text)], &catalog())
}

fn codes(resolved: &Resolved) -> Vec<(&str, &str)> {
    resolved
        .accesses
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let place = diagnostic
                .span
                .map_or("", |span| resolved.sources.text(span));
            (diagnostic.code, place)
        })
        .collect()
}

#[test]
fn python_steps_access_what_they_declare() {
    let files = [
        ("1.sql", "CREATE TEMP VIEW v AS SELECT x FROM a"),
        (
            "2.py",
            "# hoist: reads v, db.b; writes db.c; views p\nimport helpers\n",
        ),
        ("3.sql", "SELECT x FROM p"),
    ];
    let mut resolved = resolved_files(&files, &catalog());
    assert_eq!(codes(&resolved), []);
    assert_eq!(resolved.reads(), "p@1(x)");
    assert_eq!(resolved.sensitivities(), "UnknownFunction p");
    resolved.accesses.accesses.pop();
    assert_eq!(resolved.reads(), "=v@1(*), ~db.a@0(*), =db.b@0(*)");
    assert_eq!(resolved.starts(), "db.c@1 p@1");
    // A view made by code may depend on anything.
    let files = [files[1], ("3.sql", "TRUNCATE TABLE a")];
    assert_eq!(
        resolved_files(&files, &catalog()).starts(),
        "db.v@2 p@2 db.a@1"
    );
}

#[test]
fn a_step_that_is_not_seen_is_a_barrier_where_it_declares_nothing() {
    let files = [
        ("1.sql", "SELECT x FROM a"),
        ("2.py", "x = 1\nimport helpers\nspark.table(x)\n"),
    ];
    let resolved = resolved_files(&files, &catalog());
    assert_eq!(resolved.starts(), "db.a@1");
    assert!(resolved.accesses.accesses[1].barrier.is_some());
    assert_eq!(codes(&resolved), [("undeclared-python", "helpers")]);
    let diagnostic = &resolved.accesses.diagnostics[0];
    assert_eq!(diagnostic.labels.len(), 1);
    assert!(diagnostic.help.as_ref().unwrap().contains("# hoist: reads"));
}

#[test]
fn what_is_seen_is_accessed_without_a_header() {
    let cases = [
        ("spark.table('a')", "+db.a@0(*)", ""),
        (
            "spark.sql('SELECT x FROM a JOIN db.b USING (x)')",
            "+db.a@0(*), +db.b@0(*)",
            "",
        ),
        (
            "spark.table('a').write.insertInto('b')",
            "+db.a@0(*)",
            "db.b@1",
        ),
        // It reads what it finds, also where it writes first.
        (
            "spark.range(1).write.insertInto('b')\nspark.table('b')",
            "+db.b@0(*)",
            "db.b@1",
        ),
        ("spark.read.parquet('/w/b/x')", "+path:/w/b/x@0(*)", ""),
        ("spark.range(1).write.parquet('/w/c')", "", "path:/w/c@1"),
        (
            "spark.sql('USE other')\nspark.table('a')",
            "+other.a@0(*)",
            "",
        ),
        (
            "spark.sql('CREATE TEMP VIEW v AS SELECT x FROM a')\nspark.table('v')",
            "+v@0(*), ~db.a@0(*)",
            "v@1",
        ),
        ("spark.sql('TRUNCATE TABLE a')", "", "db.a@1"),
        (
            "for i in [1, 2]:\n    spark.sql('INSERT INTO db.b SELECT 1')",
            "",
            "db.b@2",
        ),
    ];
    for (text, reads, starts) in cases {
        let resolved = resolved_python(text);
        assert_eq!(codes(&resolved), [], "{text}");
        assert_eq!(resolved.reads(), reads, "{text}");
        assert_eq!(resolved.starts(), starts, "{text}");
        let access = &resolved.accesses.accesses[0];
        assert!(access.barrier.is_none(), "{text}");
        for write in &access.writes {
            assert!(access.starts.contains(&write.produces), "{text}");
        }
    }
}

#[test]
fn the_place_of_a_read_is_where_its_name_stands() {
    let resolved = resolved_python("t = 'a'\nspark.sql('SELECT 1 FROM db.b')\nspark.table(t)\n");
    let places: Vec<&str> = resolved.accesses.accesses[0]
        .reads
        .iter()
        .map(|read| match read.origin {
            Origin::Recognised(span) => resolved.sources.text(span),
            _ => "",
        })
        .collect();
    assert_eq!(places, ["db.b", "a"]);
}

#[test]
fn the_session_is_as_code_may_leave_it() {
    let barrier = |text: &str| resolved_python(text).accesses.accesses[0].barrier.is_some();
    for text in [
        "spark.conf.set('spark.sql.session.timeZone', 'UTC')",
        "spark.udf.register('f', lambda x: x)",
        "if input():\n    spark.sql('USE other')",
        "if input():\n    spark.range(1).createOrReplaceTempView('v')",
        "for t in open('/x'):\n    spark.catalog.dropTempView('v')",
        "try:\n    spark.sql('DROP TABLE a')\nexcept Exception:\n    pass",
    ] {
        assert!(barrier(text), "{text}");
    }
    for text in [
        "spark.conf.set('spark.sql.shuffle.partitions', 8)",
        "spark.sql('USE other')",
        "spark.range(1).createOrReplaceTempView('v')",
        "for v in ['v', 'w']:\n    spark.range(1).createOrReplaceTempView(v)",
        "if input():\n    spark.table('a').write.insertInto('b')",
    ] {
        assert!(!barrier(text), "{text}");
    }
}

#[test]
fn a_registered_function_is_not_the_built_in_of_its_name() {
    let unknown = |text: &str| {
        let reader = "SELECT upper(x), lower(x) FROM a";
        let files = [("1.sql", reader), ("2.py", text), ("3.sql", reader)];
        let mut resolved = resolved_files(&files, &catalog());
        let after = resolved.sensitivities();
        resolved.accesses.accesses.truncate(1);
        assert_eq!(resolved.sensitivities(), "");
        after
    };
    let one = "UnknownFunction upper";
    let all = "UnknownFunction upper, UnknownFunction lower";
    for (text, expected) in [
        ("spark.udf.register('f', lambda x: x)", ""),
        ("spark.udf.register('UPPER', lambda x: x)", one),
        // A header does not speak of functions.
        (
            "# hoist: reads a\nspark.udf.register('upper', lambda x: x)",
            one,
        ),
        (
            "if input():\n    spark.udf.register('upper', lambda x: x)",
            one,
        ),
        (
            "spark.sql(\"CREATE TEMPORARY FUNCTION upper AS 'org.example.Upper'\")",
            one,
        ),
        (
            "spark.udf.registerJavaFunction('upper', 'org.example.Upper')",
            one,
        ),
        (
            "for f in ['upper', 'lower']:\n    spark.udf.register(f, lambda x: x)",
            all,
        ),
        ("spark.udf.register(input(), lambda x: x)", all),
        (
            "# hoist: reads a\nspark.udf.register(input(), lambda x: x)",
            all,
        ),
        // What is not seen may register any function, unless a header covers it.
        ("import helpers\nhelpers.prepare(spark)", all),
        (
            "# hoist: reads a\nimport helpers\nhelpers.prepare(spark)",
            "",
        ),
    ] {
        assert_eq!(unknown(text), expected, "{text}");
    }
}

#[test]
fn a_header_that_hides_what_is_seen_is_an_error() {
    let cases: [(&str, &[&str]); 7] = [
        ("# hoist: reads a\nspark.table('db.a')", &[]),
        // Says more than is seen.
        (
            "# hoist: reads a, db.b; writes db.c; views v\nspark.table('a')",
            &[],
        ),
        ("# hoist: reads a\nspark.table('db.b')", &["db.b"]),
        (
            "# hoist: reads a\nspark.table('a').write.insertInto('c')",
            &["'c'"],
        ),
        (
            "# hoist: reads a; writes c\nspark.table('a').write.insertInto('c')\nspark.table('c')",
            &[],
        ),
        (
            "# hoist: reads a\nspark.table('a').createOrReplaceTempView('v')",
            &["v"],
        ),
        (
            "# hoist: reads a\nspark.sql('INSERT INTO db.b SELECT w FROM db.c')",
            &["db.b", "db.c"],
        ),
    ];
    for (text, places) in cases {
        let resolved = resolved_python(text);
        let found = codes(&resolved);
        assert!(
            found
                .iter()
                .all(|(code, _)| *code == "python-contradiction"),
            "{text}: {found:?}"
        );
        let found: Vec<&str> = found
            .iter()
            .map(|(_, place)| place.trim_matches('\''))
            .collect();
        let places: Vec<&str> = places
            .iter()
            .map(|place| place.trim_matches('\''))
            .collect();
        assert_eq!(found, places, "{text}");
        for diagnostic in &resolved.accesses.diagnostics {
            assert_eq!(diagnostic.severity, Severity::Error);
            let header = diagnostic.labels[0].span;
            assert!(resolved.sources.text(header).starts_with("# hoist:"));
        }
        assert!(resolved.accesses.accesses[0].barrier.is_none(), "{text}");
    }
}

#[test]
fn lazy_frames_are_read_where_they_are_used() {
    let files = [
        (
            "1.py",
            "df = spark.table('a')\nother = spark.table('db.b')\n",
        ),
        ("2.sql", "INSERT INTO a SELECT 1"),
        ("3.py", "clean = df.filter('x > 1')\n"),
        ("4.py", "clean.write.insertInto('db.c')\n"),
    ];
    let mut resolved = resolved_files(&files, &catalog());
    assert_eq!(resolved.reads(), "*db.a@1(*)");
    resolved.accesses.accesses.pop();
    assert_eq!(resolved.reads(), "*db.a@1(*)");
    // Also through a view, which may have another definition by then.
    let files = [
        ("1.sql", "CREATE TEMP VIEW v AS SELECT x FROM a"),
        ("2.py", "df = spark.table('v')\n"),
        ("3.py", "df.show()\n"),
    ];
    let reads = resolved_files(&files, &catalog()).reads();
    assert_eq!(reads, "*db.a@0(*), *v@1(*)");
}

#[test]
fn names_of_a_file_that_is_not_seen_carry_anything() {
    let files = [
        (
            "1.py",
            "import helpers\ndfs = []\ndfs.append(helpers.load(spark))\n",
        ),
        ("2.py", "for df in dfs:\n    df.show()\n"),
    ];
    let resolved = resolved_files(&files, &catalog());
    assert!(resolved.accesses.accesses[1].barrier.is_some());
    let files = [
        (
            "1.py",
            "# hoist: reads a\nimport helpers\ndfs = []\ndfs.append(helpers.load(spark))\n",
        ),
        files[1],
    ];
    let resolved = resolved_files(&files, &catalog());
    assert_eq!(resolved.reads(), "*db.a@0(*)");
    assert!(resolved.accesses.accesses[1].barrier.is_none());
}
