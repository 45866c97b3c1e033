//! Small Python in, printed actions out.

use proptest::prelude::*;

use super::super::parse;
use super::super::source::{Sources, Variables};
use super::super::statement::{Effect, MadeFunctions, Name, PythonDeed, PythonStep, StatementKind};

/// The steps of some files, with their sources.
fn steps(files: &[(&str, &str)]) -> (Vec<PythonStep>, Sources) {
    let variables = Variables::from([("day".to_owned(), "2024-06-30".to_owned())]);
    let sources = Sources::from_texts(files.iter().copied(), &variables);
    let parsed = parse(&sources);
    let steps = parsed
        .statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Python(step) => Some(step.clone()),
            _ => None,
        })
        .collect();
    (steps, sources)
}

/// The name of a function that is made; `*` where it can be any.
fn made(effect: &Effect) -> String {
    match effect {
        Effect::Rows { functions, .. } => match functions {
            MadeFunctions::None => String::new(),
            MadeFunctions::One(function) => format!(" {}", function.name.key()),
            MadeFunctions::Any => " *".to_owned(),
        },
        _ => String::new(),
    }
}

fn printed(step: &PythonStep) -> String {
    let mut texts: Vec<String> = step
        .actions
        .iter()
        .map(|action| {
            let name = Name::key;
            let path = |path: &Option<String>| path.clone().unwrap_or_else(|| "*".to_owned());
            let text = match &action.deed {
                PythonDeed::Read(table) => format!("read {}", name(table)),
                PythonDeed::ReadFiles(files) => format!("files {}", path(&files.path)),
                PythonDeed::Insert(table) => format!("insert {}", name(table)),
                PythonDeed::Save {
                    target,
                    replace,
                    located,
                } => {
                    let replace = if *replace { " replace" } else { "" };
                    let located = if *located { " located" } else { "" };
                    format!("save {}{replace}{located}", name(target))
                }
                PythonDeed::WriteFiles(files) => format!("write {}", path(&files.path)),
                PythonDeed::View { target, .. } => format!("view {}", name(target)),
                PythonDeed::Sql { statement, .. } => match &**statement {
                    StatementKind::Command(command) => {
                        format!("sql {}{}", command.word, made(&command.effect))
                    }
                    statement => format!("sql {}", statement.word()),
                },
            };
            if action.certain {
                text
            } else {
                format!("{text}?")
            }
        })
        .collect();
    texts.extend(
        step.unseen
            .iter()
            .map(|unseen| format!("unseen: {}", unseen.reason)),
    );
    texts.join("; ")
}

fn seen(text: &str) -> String {
    let (steps, _) = steps(&[("a.py", text)]);
    printed(&steps[0])
}

#[track_caller]
fn cases(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(seen(text), *expected, "{text}");
    }
}

#[test]
fn reads_are_seen() {
    cases(&[
        ("df = spark.table('db.a')", "read db.a"),
        ("spark.read.table('`db`.`a`').show()", "read db.a"),
        (
            "spark.read.parquet('/w/a', '/w/b')",
            "files /w/a; files /w/b",
        ),
        (
            "spark.read.format('csv').option('header', True).load('/w/a')",
            "files /w/a",
        ),
        (
            "spark.read.option('x', 1).schema('a int').json(['/w/a'])",
            "files /w/a",
        ),
        (
            "spark.read.format('jdbc').options(url='x').load()",
            "files *",
        ),
        ("spark.read.load('/w/a')", "files /w/a"),
        ("p = input(); spark.read.csv(p)", "files *"),
        ("spark.sql('SELECT x FROM a')", "sql query"),
        (
            "spark.sql(\"\"\"INSERT INTO b SELECT x FROM a\"\"\")",
            "sql insert_into",
        ),
        ("spark.sql('USE x'); spark.table('a')", "sql use; read a"),
        (
            "from pyspark.sql import SparkSession\ns = SparkSession.builder.appName('x').getOrCreate()\ns.table('a')",
            "read a",
        ),
        ("import pandas as pd\npd.read_csv('/w/a')", "files /w/a"),
        ("with open('/w/x') as f:\n    f.read()", "files /w/x"),
    ]);
}

#[test]
fn writes_are_seen() {
    cases(&[
        (
            "spark.range(3).write.mode('overwrite').saveAsTable('db.a')",
            "save db.a replace",
        ),
        (
            "spark.range(3).write.saveAsTable('a', mode='append')",
            "save a",
        ),
        (
            "spark.range(3).write.option('path', '/x').saveAsTable('a')",
            "save a located",
        ),
        (
            "spark.range(3).write.partitionBy('x').insertInto('a', overwrite=True)",
            "insert a",
        ),
        (
            "spark.range(3).write.format('csv').save('/w/a')",
            "write /w/a",
        ),
        (
            "spark.range(3).write.mode('append').parquet('/w/a')",
            "write /w/a",
        ),
        (
            "spark.range(3).writeTo('c.d.a').using('iceberg').createOrReplace()",
            "save c.d.a replace",
        ),
        (
            "spark.range(3).writeTo('a').overwritePartitions()",
            "insert a",
        ),
        ("spark.range(3).createOrReplaceTempView('v')", "view v"),
        ("spark.catalog.dropTempView('v')", "sql drop"),
        (
            "spark.catalog.cacheTable('a'); spark.catalog.clearCache()",
            "sql cache_table; sql clear_cache",
        ),
        ("spark.catalog.setCurrentDatabase('d')", "sql use"),
        ("spark.catalog.tableExists('a')", "sql describe"),
        ("spark.conf.set('spark.sql.ansi.enabled', True)", "sql set"),
        ("spark.conf.unset('spark.sql.ansi.enabled')", "sql reset"),
        (
            "spark.udf.register('f', lambda x: x + 1)",
            "sql create_function f",
        ),
        ("spark.range(3).toPandas().to_csv('/w/a')", "write /w/a"),
        ("import shutil\nshutil.rmtree('/w/a')", "write /w/a"),
        ("open('/w/a', 'w').write('x')", "write /w/a"),
        (
            "from pyspark.sql.functions import *\nopen('/w/a', 'w')",
            "write /w/a",
        ),
    ]);
}

#[test]
fn functions_are_registered_by_name() {
    cases(&[
        (
            "spark.udf.register(name='Upper', f=lambda x: x)",
            "sql create_function upper",
        ),
        (
            "spark.udf.registerJavaFunction('year', 'org.example.Year', 'int')",
            "sql create_function year",
        ),
        (
            "spark.udf.registerJavaUDAF('total', 'org.example.Total')",
            "sql create_function total",
        ),
        (
            "class Rows:\n    pass\nspark.udtf.register('rows', Rows)",
            "sql create_function rows",
        ),
        (
            "for f in ['lower', 'upper']:\n    spark.udf.register(f, lambda x: x)",
            "sql create_function lower; sql create_function upper",
        ),
        (
            "def add(session, name):\n    session.udf.register(name, lambda x: x)\nadd(spark, 'f')\nadd(spark, 'g')",
            "sql create_function f; sql create_function g",
        ),
        (
            "if input():\n    spark.udf.register('f', lambda x: x)",
            "sql create_function f?",
        ),
        (
            "name = 'f'\nif input():\n    name = 'g'\nspark.udf.register(name, lambda x: x)",
            "sql create_function g?; sql create_function f?",
        ),
        (
            "spark.udf.register(input(), lambda x: x)",
            "sql create_function *",
        ),
        (
            "for name in open('/w/a'):\n    spark.udf.register(name, lambda x: x)",
            "files /w/a; sql create_function *?; sql create_function *?",
        ),
        (
            "def f(x):\n    return x\nspark.udf.register(f.__name__, f)",
            "sql create_function *",
        ),
        (
            "given = input()\nspark.udf.register(*given)",
            "sql create_function *",
        ),
        (
            "register = spark.udf.register\nregister('f', lambda x: x)",
            "unseen: a call of something that is not known",
        ),
    ]);
}

#[test]
fn names_bound_to_constants_are_followed() {
    cases(&[
        ("DB = 'db'\nT = f'{DB}.a'\nspark.table(T)", "read db.a"),
        ("spark.table('{}.{t}'.format('db', t='a'))", "read db.a"),
        (
            "spark.table('%s.a' % 'db'); spark.table('%s.%s' % ('db', 'b'))",
            "read db.a; read db.b",
        ),
        ("spark.table('db' + '.' + 'a')", "read db.a"),
        (
            "spark.table('a_' + hoist_vars['day'][:4])",
            "unseen: the name of a table is computed",
        ),
        (
            "d = hoist_vars['day'].replace('-', '')\nspark.table(f'a_{d}')",
            "read a_20240630",
        ),
        ("for t in ['a', 'b']:\n    spark.table(t)", "read a; read b"),
        (
            "T = {'x': 'a', 'y': 'b'}\nfor k, v in T.items():\n    spark.table(v)",
            "read a; read b",
        ),
        (
            "fs = [spark.table(t) for t in ('a', 'b')]\nfs[0].union(fs[1]).write.saveAsTable('c')",
            "read a; read b; save c",
        ),
        (
            "t = 'a' if input() else 'b'\nspark.table(t)",
            "read a?; read b?",
        ),
        (
            "if input():\n    t = 'a'\nelse:\n    t = 'b'\nspark.table(t)",
            "read a?; read b?",
        ),
        (
            "def load(t):\n    return spark.table(t)\nload('a').join(load(t='b'), 'x')",
            "read a; read b",
        ),
        ("def go(s, t='a'):\n    s.table(t)\ngo(spark)", "read a"),
        ("def never():\n    spark.table(x)\n", ""),
        ("load = lambda t: spark.table(t)\nload('a')", "read a"),
        ("if __name__ == '__main__':\n    spark.table('a')", "read a"),
        ("s = spark\nr = s.read\nr.table('a')", "read a"),
        (
            "T = ['a']\nT.append('b')\nfor t in T:\n    spark.table(t)",
            "unseen: the name of a table is computed",
        ),
        (
            "T = ['a']\nU = T\nU[0] = 'b'\nspark.table(T[0])",
            "unseen: the name of a table is computed",
        ),
        (
            "t = 'a'\nwhile input():\n    spark.table(t)\n    t = 'b'",
            "read a?; read a?; read b?",
        ),
        (
            "try:\n    df = spark.table('a')\nexcept Exception:\n    df = spark.table('b')\ndf.write.saveAsTable('c')",
            "read a?; read b?; save c",
        ),
    ]);
}

#[test]
fn what_cannot_be_told_is_not_seen() {
    for text in [
        "exec('x')",
        "eval(input())",
        "getattr(spark, input())('a')",
        "import helpers",
        "from .lib import x",
        "import subprocess",
        "import importlib",
        "spark.table(input())",
        "spark.sql(input())",
        "spark.sql('SELECT * FROM {df}', df=spark.range(1))",
        "spark.sql('SELECT * FROM ${db}.a')",
        "spark.sql('SELECT 1; SELECT 2')",
        "spark.sql('LOCK TABLE a')",
        "spark.newSession()",
        "spark.stop()",
        "spark._jsparkSession.sql('x')",
        "spark.range(1).writeStream.start()",
        "spark.range(1).rdd.saveAsTextFile('/x')",
        "spark.range(1).filter('x in (select y from t)')",
        "spark.range(1).filter(input())",
        "from pyspark.sql import functions as F\nF.expr('exists (select 1 from t)')",
        "from delta.tables import DeltaTable\nDeltaTable.forName(spark, 'a').delete()",
        "import os\nos.system('x')",
        "undefined_name.table('a')",
        "spark = 1",
        "x = []\nx.append(spark)\nx[0].stop()",
        "def f(g):\n    g('a')\nf([spark][0].table)\n",
        "import threading\nthreading.Thread(target=lambda: spark.table('a')).start()",
        "list(map(lambda t: spark.table(t), ['a']))",
        "class A:\n    def f(self, t):\n        return spark.table(t)\n",
        "def f():\n    f()\n    spark.table('a')\nf()",
        "spark.read.foo('x')",
        "from x import *",
        "list(map(spark.table, ['a']))",
        "list(map(spark.range(1).createOrReplaceTempView, ['v']))",
        "make = spark.range(1).createOrReplaceTempView\nmake('v')",
        "list(map(exec, ['x']))",
        "m = spark.range(1).select\nm('id').write.saveAsTable('t')",
        "from functools import lru_cache\ndf = spark.range(1)\n@lru_cache\ndef load():\n    return df\nload().write.saveAsTable(input())",
        "from pyspark.sql.functions import *\nsc.textFile('/x').saveAsTextFile('/y')",
        "from pyspark.sql.functions import *\nexec('x')",
        "from pyspark.sql import functions as F\nF.SparkContext._active_spark_context.textFile('x')",
        "from pyspark.sql import Row\nRow(x=spark.range(1)).x.write.saveAsTable(input())",
        "import copy\nclass H:\n    pass\nh = H()\nh.df = spark.range(1)\ncopy.copy(h).df.write.saveAsTable(input())",
        "def load():\n    spark.table(input())\nclass A:\n    def load(self):\n        pass\n    def go(self):\n        load()\n",
        "d = {}\nd['s'] = spark\nfor s in d.values():\n    s.newSession()",
    ] {
        let seen = seen(text);
        assert!(seen.contains("unseen"), "{text}: {seen}");
    }
}

#[test]
fn plain_python_is_no_barrier() {
    for text in [
        "import json, re, math\nfrom datetime import date\nx = json.dumps({'a': [1, 2]})\nprint(re.sub('a', 'b', x), math.pi, date.today())",
        "import pandas as pd\nimport numpy as np\npdf = pd.DataFrame({'a': np.arange(3)})\npdf['b'] = pdf['a'] * 2\nspark.createDataFrame(pdf).show()",
        "from pyspark.sql import functions as F, Window\nw = Window.partitionBy('a').orderBy(F.col('b').desc())\nspark.range(1).withColumn('n', F.row_number().over(w)).filter(F.col('n') == 1).show()",
        "from pyspark.sql.functions import *\nspark.range(1).select(col('id'), sum('id'), lit(1)).show()",
        "from pyspark.sql.functions import udf\n@udf('string')\ndef f(x):\n    return x.lower()\nspark.range(1).select(f('id')).show()",
        "class Rule:\n    def __init__(self, name):\n        self.name = name\n    def test(self, x):\n        return x == self.name\nr = Rule('a')\nprint(r.test('b'))",
        "xs = []\nfor i in range(3):\n    xs.append(i)\nif len(xs) > 2:\n    raise ValueError('too many')",
        "def add(a, *b, **c):\n    return a\nprint(add(1, 2, x=3))",
        "match 3:\n    case [a, *b]:\n        print(a)\n    case {'x': y}:\n        print(y)\n    case _:\n        pass",
        "if (n := 3) > 2:\n    print(f'{n:>3} {n!r} {n=}')",
        "async def f():\n    return 1\n",
        "spark.range(1).filter(\"id > 1 and name like 'x%'\").selectExpr('id as x').count()",
    ] {
        assert_eq!(seen(text), "", "{text}");
    }
}

#[test]
fn places_are_exact() {
    let text = "# x\nt = 'db.a'\nspark.table(t)\nspark.sql(\"SELECT x FROM db.b\")\n";
    let (steps, sources) = steps(&[("a.py", text)]);
    let step = &steps[0];
    assert_eq!(sources.text(step.actions[0].span), "db.a");
    assert_eq!(sources.text(step.actions[1].span), "\"SELECT x FROM db.b\"");
    let PythonDeed::Sql { at, .. } = &step.actions[1].deed else {
        panic!()
    };
    assert_eq!(
        *at,
        Some(u32::try_from(text.find("SELECT").unwrap()).unwrap())
    );
}

#[test]
fn names_of_earlier_files_carry_their_reads() {
    let (steps, _) = steps(&[
        (
            "1.py",
            "a = spark.table('a')\nb = spark.table('b')\nT = 'x'\ndef save(df, t):\n    df.write.saveAsTable(t)\n",
        ),
        ("2.sql", "SELECT 1"),
        ("3.py", "c = a.filter('x > 1')\n"),
        ("4.py", "save(c, T)\n"),
        ("5.py", "import math\nprint(math.pi)\n"),
    ]);
    let carried = |step: &PythonStep| -> Vec<u32> {
        assert!(!step.names.carried.everything);
        step.names
            .carried
            .actions
            .iter()
            .map(|(_, action)| *action)
            .collect()
    };
    assert_eq!(printed(&steps[2]), "save x");
    assert_eq!(carried(&steps[1]), [0]);
    assert_eq!(carried(&steps[2]), [0]);
    assert_eq!(
        steps[2].names.uses.keys().collect::<Vec<_>>(),
        ["T", "c", "save"]
    );
    assert!(!steps[0].names.independent(&steps[1].names));
    assert!(!steps[1].names.independent(&steps[2].names));
    assert!(steps[1].names.independent(&steps[3].names));
}

#[test]
fn independence_is_of_names() {
    let independent = |one: &str, other: &str| {
        let (steps, _) = steps(&[("1.py", one), ("2.py", other)]);
        let both = steps[0].names.independent(&steps[1].names);
        assert_eq!(both, steps[1].names.independent(&steps[0].names));
        both
    };
    let import = "from pyspark.sql import functions as F\n";
    assert!(independent(
        &format!("{import}a = 1"),
        &format!("{import}b = 2")
    ));
    assert!(!independent("x = 1", "x = 2"));
    assert!(!independent("x = 1", "print(x)"));
    assert!(!independent("def f(): pass", "f()"));
    assert!(!independent(
        "import random\nrandom.seed(1)",
        "import random\nprint(random.random())"
    ));
    assert!(!independent("x = 1", "exec('x = 2')"));
    assert!(!independent("x = 1", "for x in [1]: pass"));
    assert!(!independent("import math as m", "m = 1"));
    assert!(!independent(
        "def f():\n    global g\n    g = 1\nf()",
        "g = 2"
    ));
}

#[test]
fn variables_that_decide_are_told() {
    let deciding = |text: &str| {
        let variables = Variables::from([
            ("day".to_owned(), "d1".to_owned()),
            ("x".to_owned(), "y".to_owned()),
        ]);
        super::deciding_variables(&Sources::from_texts([("a.py", text)], &variables))
    };
    assert!(deciding("print(hoist_vars['day'])").is_empty());
    assert_eq!(
        deciding("spark.table(hoist_vars['day'])\nprint(hoist_vars['x'])")
            .into_iter()
            .collect::<Vec<_>>(),
        ["day"]
    );
}

#[test]
fn text_that_is_no_python_is_a_barrier() {
    for text in ["def", "x = (", "%sql SELECT 1", "\u{0}", "print 'a'"] {
        let (steps, _) = steps(&[("a.py", text)]);
        assert!(!steps[0].is_seen(), "{text}");
    }
}

#[test]
fn deep_code_is_answered() {
    let brackets = format!("x = {}1{}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(seen(&brackets), "");
    let deep = [
        format!("x = {}1", "-".repeat(50_000)),
        format!("x = {}1", "1 + ".repeat(50_000)),
        format!("x{}", ".a".repeat(50_000)),
        format!("{}spark.table('a')", "not ".repeat(20_000)),
    ];
    for text in deep {
        let (steps, _) = steps(&[("a.py", &text)]);
        assert!(!steps[0].is_seen(), "{}", &text[..20]);
    }
}

/// Pieces that are put together at random.
const PIECES: [&str; 36] = [
    "spark",
    ".table(",
    "'a'",
    ")",
    ".read",
    ".parquet(",
    ".sql(",
    "'SELECT * FROM t'",
    "\n",
    "    ",
    "def f(x):\n",
    "return ",
    "for t in ",
    "['a', 'b']",
    ":\n",
    "if ",
    "else:\n",
    "x",
    " = ",
    "lambda x: ",
    "f'{x}.",
    "class A:\n",
    "try:\n",
    "except:\n",
    "import ",
    "os",
    "with ",
    " as ",
    "x[",
    "]",
    "{",
    "}",
    "*",
    "**",
    "yield ",
    "match x:\n    case ",
];

proptest! {
    #[test]
    fn no_text_panics(text in prop::collection::vec(prop_oneof![
        8 => prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,3}",
    ], 0..30)) {
        let text = text.concat();
        steps(&[("a.py", &text), ("b.py", &text)]);
    }

    /// A name that is not known at the end of any chain of plain statements is never taken for one that is.
    #[test]
    fn a_computed_name_is_never_seen(
        binds in prop::collection::vec((0_u8..6, 0_u8..4), 0..6),
        target in 0_u8..4,
    ) {
        let mut text = String::from("n0 = input()\nn1 = 'a'\nn2 = ['a', input()]\nn3 = 'b'\n");
        for (kind, name) in &binds {
            let line = match kind {
                0 => format!("n{name} = n{name}\n"),
                1 => format!("if input():\n    n{name} = 'c'\n"),
                2 => format!("n{name} = input() if n1 else n{name}\n"),
                3 => format!("for n{name} in n2:\n    pass\n"),
                4 => format!("n{name} = [n{name}][0]\n"),
                _ => format!("n{name} = (lambda v: v)(n{name})\n"),
            };
            text.push_str(&line);
        }
        // What may come from `input()`, told apart on its own.
        let mut computed = [true, false, true, false];
        for (kind, name) in &binds {
            let name = usize::from(*name);
            if matches!(kind, 2 | 3) {
                computed[name] = true;
            }
        }
        let text = format!("{text}spark.table(n{target})\n");
        let seen = seen(&text);
        if computed[usize::from(target)] {
            prop_assert!(seen.contains("unseen"), "{text}: {seen}");
        }
    }
}
