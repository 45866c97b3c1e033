//! Random pipelines: what they do (a shape) apart from how they are written (noise).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hoist::facts::catalog::{Catalog, ColumnFacts, TableFacts, TableKind, ViewFacts};
use proptest::prelude::*;

/// Tables that exist at the start; the databases share one table name.
pub(super) const TABLES: [&str; 4] = ["raw.a", "raw.b", "m.a", "m.c"];

/// Permanent views that exist at the start: name, database, text, and the names it reads.
pub(super) const VIEWS: [(&str, &str, &str, &[&str]); 2] = [
    (
        "raw.p",
        "raw",
        "SELECT a.* FROM a JOIN RAW.b ON a.id = b.id",
        &["raw.a", "raw.b"],
    ),
    // Over the other view; the common table expression hides a table.
    (
        "m.q",
        "m",
        "WITH c AS (SELECT * FROM raw.p) SELECT * FROM c",
        &["raw.p"],
    ),
];

/// What stands before the folder in the name of files that are read by path.
pub(super) const PATHS: &str = "parquet.";

/// Folders of the tables at the start, as [`TABLES`] has them: location in the catalog, and the folder that it means.
const PLACES: [[(&str, &str); 4]; 4] = [
    [
        ("file:/data/raw/a", "/data/raw/a"),
        ("file:/data/raw/b", "/data/raw/b"),
        ("file:/data/m/a", "/data/m/a"),
        ("file:/data/m/c", "/data/m/c"),
    ],
    // Two tables in one folder, written in two ways.
    [
        ("file:/data/raw/a", "/data/raw/a"),
        ("file:/data/raw/ab", "/data/raw/ab"),
        ("file:/data/m/a", "/data/m/a"),
        ("file:///data/raw/a/", "/data/raw/a"),
    ],
    // A table in a partition of another one.
    [
        ("file:/data/raw/a", "/data/raw/a"),
        ("file:/data/raw/a/day=1", "/data/raw/a/day=1"),
        ("file:/data/raw", "/data/raw"),
        ("file:/data/m/c", "/data/m/c"),
    ],
    // A table around two other ones.
    [
        ("file:/data/raw/b/a", "/data/raw/b/a"),
        ("file:/data/raw/b", "/data/raw/b"),
        ("file:/data/raw/b/c", "/data/raw/b/c"),
        ("file:/data/m/c", "/data/m/c"),
    ],
];

/// The columns that statements use.
const COLUMNS: [&str; 5] = ["id", "age", "kind", "day", "amount"];

/// What a statement does, as numbers that [`Shape::write`] interprets; shrinks well.
type Item = [u8; 8];

/// A pipeline apart from how it is written.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    items: Vec<Item>,
    /// Per table: power of two of its bytes, and whether it is CSV.
    sizes: [(u8, bool); 4],
    /// Where the tables lie: an index of [`PLACES`].
    places: usize,
    /// Power of two of the budget, bytes.
    pub(super) budget: u8,
    /// Files hold one or several statements.
    several: bool,
}

pub(super) fn shapes() -> impl Strategy<Value = Shape> {
    (
        prop::collection::vec(any::<Item>(), 4..=10_usize),
        prop::array::uniform4((27..34_u8, prop::bool::weighted(0.8))),
        prop_oneof![2 => Just(0), 1 => 1..PLACES.len()],
        26..38_u8,
        any::<bool>(),
    )
        .prop_map(|(items, sizes, places, budget, several)| Shape {
            items,
            sizes,
            places,
            budget,
            several,
        })
}

/// One pipeline as text.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// Texts of the statements in order.
    pub(super) statements: Vec<String>,
    /// Names and texts of the files in order.
    pub(super) files: Vec<(String, String)>,
}

/// A generator of noise, the same for the same seed (xorshift).
struct Noise(u64);

impl Noise {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// An identifier, quoted or not, in some case.
    fn word(&mut self, word: &str) -> String {
        match self.below(6) {
            0 => format!("`{word}`"),
            1 => word.to_uppercase(),
            _ => word.to_owned(),
        }
    }

    fn name(&mut self, name: &str) -> String {
        if let Some(folder) = name.strip_prefix(PATHS) {
            return format!("{PATHS}`{folder}`");
        }
        let parts: Vec<String> = name.split('.').map(|part| self.word(part)).collect();
        parts.join(".")
    }

    /// Blanks and comments where the text has one blank, outside of literals.
    fn layout(&mut self, text: &str) -> String {
        let mut out = String::new();
        for (number, piece) in text.split('\'').enumerate() {
            if number % 2 == 1 {
                write!(out, "'{piece}'").unwrap();
                continue;
            }
            for c in piece.chars() {
                if c != ' ' {
                    out.push(c);
                } else if self.below(4) > 0 {
                    out.push(' ');
                } else {
                    out.push_str(self.one_of(&[
                        "\n  ",
                        "  ",
                        "\t",
                        " /* FROM raw.b; */ ",
                        " -- it's `raw.a`\n",
                        "\r\n",
                    ]));
                }
            }
        }
        out
    }
}

/// What the names of a pipeline mean so far.
struct Session {
    database: &'static str,
    /// Temporary views that exist.
    views: Vec<&'static str>,
    /// Tables that `CREATE TABLE … AS` made, all with the columns used.
    made: Vec<String>,
    /// A statement that is not seen through came: one-part names may mean anything.
    unknown: bool,
}

impl Session {
    /// Whether a one-part name is known to mean this table.
    fn is_current(&self, name: &str) -> bool {
        let parts = name.split_once('.').filter(|_| !self.unknown);
        parts.is_some_and(|(database, table)| {
            database == self.database && !self.views.contains(&table)
        })
    }

    /// Something to read, by a number.
    fn source(&self, number: u8) -> String {
        let existing = |name: &str, instead: &str| {
            let table = format!("{}.{name}", self.database);
            let exists = TABLES.contains(&table.as_str()) || self.views.contains(&name);
            if exists { name } else { instead }.to_owned()
        };
        match number % 20 {
            0..=6 => "raw.a".to_owned(),
            7 => "raw.b".to_owned(),
            8 => "m.a".to_owned(),
            9 => "m.c".to_owned(),
            10..=11 => "a".to_owned(),
            12 => existing("b", "raw.b"),
            13 => existing("c", "m.c"),
            14 => existing("v", "raw.a"),
            15..=16 => "raw.p".to_owned(),
            17 => "m.q".to_owned(),
            18 => format!("{PATHS}/data/raw/a"),
            _ => self.made.last().map_or("raw.b", String::as_str).to_owned(),
        }
    }
}

impl Shape {
    /// Facts of large CSV tables and no statements, for texts given otherwise; the places are an index of [`PLACES`].
    pub(super) fn fixed(places: usize) -> Self {
        Shape {
            items: Vec::new(),
            sizes: [(30, true); 4],
            places,
            budget: 36,
            several: false,
        }
    }

    /// The pipeline as text; the seed decides blanks, comments, case, quotes, aliases and qualifiers.
    pub(super) fn write(&self, seed: u64) -> Written {
        let mut noise = Noise(seed | 1);
        let mut session = Session {
            database: "m",
            views: Vec::new(),
            made: Vec::new(),
            unknown: false,
        };
        let mut statements = Vec::new();
        let mut files: Vec<(String, String)> = Vec::new();
        for item in &self.items {
            let (text, python) = statement(*item, &mut session, &mut noise);
            let text = if python { text } else { noise.layout(&text) };
            let number = files.len() + 1;
            let goes_on = self.several && !python && item[7] % 2 == 0;
            match files.last_mut() {
                Some((name, file)) if goes_on && !name.contains("py") => {
                    file.push_str(";\n");
                    file.push_str(&text);
                }
                _ if python => files.push((format!("{number}_step.py"), text.clone())),
                _ => files.push((format!("{number}_step.sql"), text.clone())),
            }
            statements.push(text);
        }
        Written { statements, files }
    }

    /// Folders of the tables at the start.
    pub(super) fn folders(&self) -> BTreeMap<String, String> {
        let folders = PLACES[self.places].iter().map(|(_, folder)| *folder);
        let tables = TABLES.iter().zip(folders);
        tables
            .map(|(table, folder)| ((*table).to_owned(), folder.to_owned()))
            .collect()
    }

    pub(super) fn catalog(&self, names: &[String]) -> Catalog {
        let columns = COLUMNS.map(|name| {
            let data_type = if matches!(name, "kind" | "day") {
                "string"
            } else {
                "int"
            };
            (name.to_owned(), data_type)
        });
        let idle = (0..25).map(|number| (format!("idle_{number}"), "string"));
        let columns: Vec<ColumnFacts> = columns
            .into_iter()
            .chain(idle)
            .map(|(name, data_type)| ColumnFacts {
                name,
                data_type: data_type.to_owned(),
                nullable: true,
            })
            .collect();
        let facts = |name: &String| {
            let table = TABLES.iter().position(|table| table == name);
            let view = VIEWS.iter().find(|(view, ..)| view == name);
            let known = table.is_some() || view.is_some();
            let size = table.map(|number| self.sizes[number]);
            let provider = size.map(|(_, csv)| if csv { "csv" } else { "parquet" });
            let facts = TableFacts {
                kind: if view.is_some() {
                    TableKind::View
                } else if known {
                    TableKind::Managed
                } else {
                    TableKind::Missing
                },
                provider: provider.map(ToOwned::to_owned),
                location: table.map(|number| PLACES[self.places][number].0.to_owned()),
                columns: if known { columns.clone() } else { Vec::new() },
                partition_columns: Vec::new(),
                size_bytes: size.map(|(power, _)| 1 << power),
                rows: None,
                view: view.map(|(_, database, text, _)| ViewFacts {
                    text: (*text).to_owned(),
                    database: (*database).to_owned(),
                    settings: BTreeMap::new(),
                }),
                ..TableFacts::default()
            };
            (name.clone(), facts)
        };
        Catalog {
            spark_version: Some("3.5.6".to_owned()),
            session: None,
            databases: BTreeMap::new(),
            tables: names
                .iter()
                .map(String::as_str)
                // What the views read, through each other, is known as well.
                .chain(VIEWS.iter().map(|(view, ..)| *view))
                .chain(TABLES)
                .map(|name| facts(&name.to_owned()))
                .collect::<BTreeMap<_, _>>(),
        }
    }
}

const FILTERS: [&str; 6] = [
    "?age < 25",
    "?age BETWEEN 30 AND 60 AND ?kind = 'car'",
    "?day >= '${day}'",
    "?kind IN ('car', 'it is -- from raw.b')",
    "?age < 25 OR ?amount > 3",
    "?amount IS NOT NULL AND ?age >= 18",
];

/// A statement, and whether it is Python.
fn statement(item: Item, session: &mut Session, noise: &mut Noise) -> (String, bool) {
    match item[0] {
        0..=11 => {
            session.database = if session.database == "m" { "raw" } else { "m" };
            (format!("USE {}", noise.word(session.database)), false)
        }
        12..=28 => {
            // A view named as a table hides the table of one-part names.
            let name = ["v", "b", "a"][usize::from(item[1] % 3)];
            // Over a table, or over anything that cannot read this view in turn.
            let from = session.source(item[2]);
            let allowed = match name {
                "v" => from != "v",
                "b" => from.contains('.') || from == "a",
                _ => from.contains('.'),
            };
            let from = if allowed { from.as_str() } else { "raw.a" };
            let filter = FILTERS[usize::from(item[3] % 6)].replace('?', "");
            let columns = COLUMNS.join(", ");
            let temporary = noise.one_of(&["TEMP", "TEMPORARY"]);
            let text = format!(
                "CREATE OR REPLACE {temporary} VIEW {} AS SELECT {columns} FROM {} WHERE {filter}",
                noise.word(name),
                noise.name(from),
            );
            if !session.views.contains(&name) {
                session.views.push(name);
            }
            (text, false)
        }
        29..=33 => match session.views.pop() {
            Some(view) => (format!("DROP VIEW {}", noise.word(view)), false),
            None => (query(item, session, noise), false),
        },
        34..=40 => {
            let header = "# hoist: reads raw.b; writes m.c\n".to_owned();
            (
                header + "spark.table('raw.b').write.insertInto('m.c')\n",
                true,
            )
        }
        41..=43 => {
            session.unknown = true;
            ("spark.sql(open('unknown.sql').read())\n".to_owned(), true)
        }
        44..=62 => {
            let target = TABLES[usize::from(item[1] % 4)];
            let from = TABLES[usize::from(item[2] % 4)];
            let how = insert(item[3]);
            let filter = FILTERS[usize::from(item[4] % 6)].replace('?', "");
            let text = format!(
                "{how} {} SELECT * FROM {} WHERE {filter}",
                noise.name(target),
                noise.name(from)
            );
            (text, false)
        }
        63..=140 => {
            let target = format!("m.made_{}", session.made.len());
            let query = query(item, session, noise);
            let text = format!("CREATE TABLE {} AS {query}", noise.name(&target));
            session.made.push(target);
            (text, false)
        }
        _ => (query(item, session, noise), false),
    }
}

fn insert(number: u8) -> &'static str {
    ["INSERT OVERWRITE", "INSERT INTO", "INSERT OVERWRITE TABLE"][usize::from(number % 3)]
}

/// A relation as `FROM` has it, and what qualifies its columns.
fn relation(source: &str, alias: &str, session: &Session, noise: &mut Noise) -> (String, String) {
    let last = source.rsplit('.').next().unwrap().to_owned();
    let short = session.is_current(source) && noise.below(3) == 0;
    let name = noise.name(if short { &last } else { source });
    match noise.below(3) {
        0 if !source.starts_with(PATHS) => (name, format!("{}.", noise.word(&last))),
        1 => (format!("{name} AS {alias}"), format!("{alias}.")),
        _ => (format!("{name} {alias}"), format!("{}.", noise.word(alias))),
    }
}

/// A query with the columns that every later reader asks for.
fn query(item: Item, session: &Session, noise: &mut Noise) -> String {
    let source = session.source(item[1]);
    let filter = |number: u8, qualifier: &str| {
        let filter = FILTERS.get(usize::from(number % 8));
        filter.map_or_else(String::new, |filter| {
            format!(" WHERE {}", filter.replace('?', qualifier))
        })
    };
    let alias = noise.one_of(&["p", "pol", "q"]);
    match item[2] % 12 {
        0..=3 => {
            let (from, q) = relation(&source, alias, session, noise);
            let q = if noise.below(2) == 0 {
                String::new()
            } else {
                q
            };
            let filter = filter(item[3], &q);
            format!("SELECT {q}id, {q}age, {q}kind, {q}day, {q}amount FROM {from}{filter}")
        }
        4 => {
            let (from, q) = relation(&source, alias, session, noise);
            let filter = filter(item[3], &q);
            format!(
                "SELECT {q}id, max({q}age) AS age, {q}kind, min({q}day) AS day, sum({q}amount) AS amount FROM {from}{filter} GROUP BY {q}id, {q}kind"
            )
        }
        5 => {
            let other = session.source(item[4]);
            // Aliases always: both sides may be one table.
            let (left, right) = (noise.name(&source), noise.name(&other));
            let join = noise.one_of(&["JOIN", "INNER JOIN"]);
            let filter = filter(item[3], "x.");
            format!(
                "SELECT x.id, x.age, y.kind, y.day, y.amount FROM {left} x {join} {right} AS y ON x.id = y.id{filter}"
            )
        }
        pasted => {
            // The same bodies in many statements, cosmetics apart; few differ.
            let source = match item[1] % 8 {
                0..=5 => "raw.a".to_owned(),
                _ => source,
            };
            let (from, q) = relation(&source, alias, session, noise);
            let filter = filter(if item[5] < 32 { 0 } else { 7 }, &q);
            let optional = noise.one_of(&["AS ", ""]);
            let max = noise.one_of(&["max", "MAX"]);
            let side = noise.one_of(&["o", "other"]);
            let joined = if item[3] < 32 {
                String::new()
            } else {
                let optional = noise.one_of(&["AS ", ""]);
                let name = noise.name("raw.b");
                format!(" JOIN {name} {optional}{side} ON {side}.id = {q}id")
            };
            let body = format!(
                "SELECT {q}id, {max}({q}age) {optional}age, {q}kind FROM {from}{joined}{filter} GROUP BY {q}id, {q}kind"
            );
            let least = item[5] % 4;
            if pasted == 6 {
                format!(
                    "SELECT d.id, d.age, d.kind, '1' AS day, 2 AS amount FROM ({body}) d WHERE d.age > {least}"
                )
            } else {
                // One name is that of a table: inside the body it means the table.
                let name = ["l", "latest", "a"][usize::from(item[6] % 3)];
                let own = if pasted < 10 {
                    String::new()
                } else {
                    format!(" JOIN {name} z ON z.id = t.id")
                };
                format!(
                    "WITH {name} AS ({body}) SELECT t.id, t.age, t.kind, '1' AS day, 2 AS amount FROM {name} t{own} WHERE t.age > {least}"
                )
            }
        }
    }
}
