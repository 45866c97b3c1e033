//! The front end takes any text: no panic, no hang, no overflow, spans inside the text.
//!
//! The short mode runs a few thousand texts. `HOIST_FUZZ_MINUTES=20 cargo test --release --test it fuzz -- --nocapture`
//! goes on for that long; `HOIST_FUZZ_SEED` starts elsewhere. Seeds are our own statements and, where there is one, the
//! corpus of `corpus.rs`.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use hoist::facts::access::{self, Declarations};
use hoist::facts::catalog::Catalog;
use hoist::frontend::source::{Sources, Variables};
use hoist::frontend::statement::Mentions;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::corpus;

/// Longest time for one text under 64 KiB: 1 s in release; unoptimised code is given more.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 1 });

/// Beyond this a text hangs the parser.
const HANG: Duration = Duration::from_mins(1);

/// Statements that mutations start from.
const SEEDS: [&str; 12] = [
    "WITH a AS (SELECT x, y FROM db.t WHERE d = DATE '2024-01-01') SELECT a.x, count(*) FROM a JOIN u USING (x) GROUP BY a.x HAVING count(*) > 1 ORDER BY 1 LIMIT 3",
    "INSERT OVERWRITE TABLE mart.daily PARTITION (day = '2024-01-01') SELECT /* b */ `a b`, CASE WHEN c IN (1, 2) THEN 'x' ELSE r'y\\' END FROM t LEFT JOIN v ON t.k <=> v.k",
    "CREATE TABLE IF NOT EXISTS db.t (a INT COMMENT 'it''s', b STRUCT<c: STRING>) USING parquet PARTITIONED BY (a) TBLPROPERTIES ('k' = 'v')",
    "CREATE OR REPLACE TEMPORARY VIEW v (a, b) AS SELECT transform(xs, x -> x + 1), t.* EXCEPT (c) FROM t LATERAL VIEW explode(ys) e AS y",
    "MERGE INTO t USING s ON t.k = s.k WHEN MATCHED AND s.d THEN DELETE WHEN NOT MATCHED THEN INSERT *",
    "FROM s INSERT INTO a SELECT x WHERE y INSERT OVERWRITE TABLE b SELECT z",
    "FROM t |> WHERE a > 1 |> AGGREGATE sum(b) AS s GROUP BY c |> ORDER BY s DESC",
    "SELECT * FROM (SELECT a, b FROM t) PIVOT (sum(a) FOR b IN ('x' AS x, 'y')) WHERE EXISTS (SELECT 1 FROM u WHERE u.i = t.i)",
    "SELECT TRANSFORM (a, b) USING 'cat' AS (c, d) FROM t; SET spark.sql.x = 1; -- end \\\n still; SELECT 1",
    "BEGIN DECLARE x INT DEFAULT 1; IF x > 0 THEN INSERT INTO t VALUES (1, 'a'), (2, \"b\"); END IF; END",
    "SELECT * FROM IDENTIFIER('a.' || 'b') VERSION AS OF 3, range(10) r, VALUES (1, 2) AS w (p, q), json.`/a/b.json`",
    "SELECT INTERVAL '1' DAY, 1Y, 1.5e3D, X'1F', sum(a) FILTER (WHERE b) OVER (PARTITION BY c ORDER BY d ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM ${db}.t_${x} WHERE '{{ ds }}' = e::date",
];

/// Words and signs that token soup is made of.
const SOUP: &str = "SELECT FROM WHERE GROUP BY ORDER HAVING JOIN LEFT SEMI ANTI CROSS NATURAL LATERAL VIEW ON USING AS WITH \
    RECURSIVE UNION ALL EXCEPT INTERSECT DISTINCT VALUES TABLE INSERT INTO OVERWRITE DIRECTORY PARTITION CREATE REPLACE \
    TEMPORARY IF NOT EXISTS LIKE MERGE UPDATE SET DELETE DROP ALTER CACHE EXPLAIN DESCRIBE BEGIN END CASE WHEN THEN ELSE \
    AND OR IN BETWEEN IS NULL INTERVAL DATE CAST OVER ROWS PIVOT UNPIVOT FOR TABLESAMPLE TRANSFORM WINDOW QUALIFY LIMIT \
    OFFSET CLUSTER DISTRIBUTE SORT IDENTIFIER TIMESTAMP OF VERSION EXTRACT FILTER STORED a b c t u v d1 72h `q` 'x' \"y\" \
    r'z\\' 1 2.5 3L . , ; ( ) [ ] { } + - * / % = == <=> <> < > || |> -> => :: : & | ^ ~ ! ? @ \\ ' \" ` -- /* */ /*+ ${x} \
    {{ }} {% %} {# #} \n";

fn seeds() -> Vec<String> {
    let mut seeds: Vec<String> = SEEDS.iter().map(|seed| (*seed).to_owned()).collect();
    seeds.extend(corpus::texts(200));
    seeds
}

fn soup() -> impl Strategy<Value = String> {
    let words: Vec<&str> = SOUP.split(' ').filter(|word| !word.is_empty()).collect();
    vec(prop::sample::select(words), 1..120).prop_map(|words| words.join(" "))
}

fn bytes() -> impl Strategy<Value = String> {
    prop_oneof![
        vec(any::<u8>(), 0..400).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        vec(any::<char>(), 0..200).prop_map(|chars| chars.into_iter().collect()),
        // Deep and long ones.
        (
            prop::sample::select(vec![
                "(",
                "((t) ",
                "CASE ",
                "NOT ",
                "- ",
                "a.",
                "x -> ",
                "[",
                "SELECT * FROM ("
            ]),
            1..4000_usize
        )
            .prop_map(|(piece, count)| format!("SELECT {}", piece.repeat(count))),
    ]
}

/// Cuts, doubles, swaps and replaces pieces of a text at character borders.
fn mutated(seeds: Vec<String>) -> impl Strategy<Value = String> {
    let edit = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        0..5_u8,
        soup_piece(),
    );
    (prop::sample::select(seeds), vec(edit, 1..6)).prop_map(|(seed, edits)| {
        let mut text: Vec<char> = seed.chars().collect();
        for (from, to, how, piece) in edits {
            if text.is_empty() {
                break;
            }
            let (from, to) = (from.index(text.len()), to.index(text.len()));
            let (from, to) = (from.min(to), from.max(to));
            match how {
                0 => drop(text.drain(from..to)),
                1 => {
                    let copy: Vec<char> = text[from..to].to_vec();
                    text.splice(from..from, copy);
                }
                2 => text.swap(from, to),
                3 => text.truncate(to),
                _ => drop(text.splice(from..to.min(from + 3), piece.chars())),
            }
        }
        text.truncate(60_000);
        text.into_iter().collect()
    })
}

fn soup_piece() -> impl Strategy<Value = String> {
    let words: Vec<String> = SOUP.split(' ').map(|word| format!(" {word} ")).collect();
    prop::sample::select(words)
}

/// Everything that must hold for any text.
fn check(text: &str) -> Result<(), String> {
    let variables = Variables::from([("x".to_owned(), "1".to_owned())]);
    let sources = Sources::from_texts([("fuzz.sql", text)], &variables);
    let parsed = hoist::frontend::parse(&sources);
    if let Some(diagnostic) = parsed
        .diagnostics
        .iter()
        .find(|diagnostic| diagnostic.message.contains("the parser failed"))
    {
        return Err(diagnostic.message.clone());
    }
    let mut end = 0;
    for statement in &parsed.statements {
        let span = statement.span;
        if span.start < end
            || span.end < span.start
            || text.get(span.start as usize..span.end as usize).is_none()
        {
            return Err(format!("statement at {}..{}", span.start, span.end));
        }
        end = span.end;
        let mentions = Mentions::of(&statement.kind);
        let reads = mentions.reads.iter().map(|table| &table.name);
        for name in reads.chain(mentions.writes.iter().copied()) {
            if !span.contains(name.span)
                || text
                    .get(name.span.start as usize..name.span.end as usize)
                    .is_none()
            {
                return Err(format!(
                    "name {} at {}..{}",
                    name.key(),
                    name.span.start,
                    name.span.end
                ));
            }
        }
    }
    let declarations = Declarations {
        default_database: "default".to_owned(),
        ..Declarations::default()
    };
    let accesses = access::resolve(&parsed.statements, &Catalog::default(), &declarations);
    if accesses.accesses.len() != parsed.statements.len() {
        return Err("statements without access".to_owned());
    }
    Ok(())
}

#[test]
fn any_text_is_answered() {
    let minutes: Option<u64> = std::env::var("HOIST_FUZZ_MINUTES")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed: u64 = std::env::var("HOIST_FUZZ_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let mut bytes_of_seed = [0; 32];
    bytes_of_seed[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &bytes_of_seed),
    );
    let texts = prop_oneof![1 => bytes(), 2 => soup(), 4 => mutated(seeds())];
    // The worker answers each text; the test waits for it no longer than a hang.
    let (questions, texts_to_check) = mpsc::channel::<String>();
    let (answers, receive) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        for text in texts_to_check {
            let start = Instant::now();
            let answer = std::panic::catch_unwind(|| check(&text));
            let answer = answer.unwrap_or_else(|_| Err("a panic".to_owned()));
            if answers.send((answer, start.elapsed())).is_err() {
                break;
            }
        }
    });
    let start = Instant::now();
    let (mut count, mut slowest) = (0_u64, Duration::ZERO);
    while minutes.map_or(count < 3_000, |minutes| {
        start.elapsed() < Duration::from_secs(60 * minutes)
    }) {
        let text = texts.new_tree(&mut runner).unwrap().current();
        questions.send(text.clone()).unwrap();
        let Ok((answer, spent)) = receive.recv_timeout(HANG) else {
            panic!("seed {seed}, text {count} hangs:\n{text}");
        };
        if let Err(reason) = answer {
            panic!("seed {seed}, text {count}: {reason}:\n{text}");
        }
        assert!(
            spent < LIMIT,
            "seed {seed}, text {count} took {spent:?}:\n{text}"
        );
        slowest = slowest.max(spent);
        count += 1;
    }
    drop(questions);
    worker.join().unwrap();
    println!(
        "{count} texts in {:?}, the slowest in {slowest:?}",
        start.elapsed()
    );
}
