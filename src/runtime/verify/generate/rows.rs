//! Rows of a table, made so that the statements of the pipeline meet them.
//!
//! The first third of the rows is made to pass the tests of one statement each; in the others each special value of
//! each column, and NULL, is put in turn into such a row, so that a single value decides. Joined columns take numbers
//! of a small domain that all tables share: row by row one number for all of them, so that joins over several columns
//! meet too. Of that domain each table lacks some numbers and has some of its own; one number is heavy in the largest
//! tables. Some rows are duplicates, unless a key is declared.

use std::collections::BTreeSet;

use super::hints::Hints;
use super::random::Random;
use super::types::DataType;
use super::values::{Domain, Value, boundaries, near, passes};

/// Values of a partition column, at most.
const PARTITION_VALUES: usize = 5;
/// Numbers that a table lacks: one in so many.
const LACKING: usize = 8;

/// A column of a table.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) domain: Domain,
    pub(super) nullable: bool,
}

/// What rows are made for.
#[derive(Debug)]
pub(super) struct Shape<'a> {
    pub(super) table: &'a str,
    /// Position among the tables.
    pub(super) number: usize,
    /// One key has many rows.
    pub(super) heavy: bool,
    /// How many rows, about.
    pub(super) rows: usize,
    /// Positions of the columns whose values together occur at most once.
    pub(super) key: Vec<usize>,
    pub(super) seed: u64,
}

/// A row, one value for each column.
pub(super) type Row = Vec<Value>;

/// The rows of a table.
pub(super) fn rows(columns: &[Column], hints: &Hints, shape: &Shape<'_>) -> Vec<Row> {
    let mut maker = Maker::new(columns, hints, shape);
    let mut rows: Vec<Row> = (0..shape.rows).map(|number| maker.row(number)).collect();
    maker.place_specials(&mut rows);
    if shape.key.is_empty() {
        let copies: Vec<Row> = (0..=shape.rows / 20)
            .filter_map(|_| maker.random.pick(&rows).cloned())
            .collect();
        rows.extend(copies);
        rows
    } else {
        unique(rows, columns, &shape.key)
    }
}

/// A column with the values that it may take.
struct Choices<'a> {
    column: &'a Column,
    class: String,
    joined: bool,
    /// Around literals, then what is special about the type.
    special: Vec<Value>,
    ordinary: Vec<Value>,
}

struct Maker<'a> {
    columns: Vec<Choices<'a>>,
    hints: &'a Hints,
    shape: &'a Shape<'a>,
    /// Statements that test a column of the table.
    scopes: Vec<usize>,
    /// Numbers of the shared domain.
    keys: usize,
    random: Random,
}

impl<'a> Maker<'a> {
    fn new(columns: &'a [Column], hints: &'a Hints, shape: &'a Shape<'a>) -> Self {
        let columns: Vec<Choices<'_>> = columns
            .iter()
            .map(|column| Choices::new(column, hints, shape))
            .collect();
        let tested = |scope: &super::hints::Tests| {
            columns
                .iter()
                .any(|column| scope.contains_key(&column.class))
        };
        let scopes = hints.scopes().iter().enumerate();
        Maker {
            scopes: scopes
                .filter(|(_, scope)| tested(scope))
                .map(|(at, _)| at)
                .collect(),
            columns,
            hints,
            shape,
            keys: (shape.rows / 2).max(2),
            random: Random::new(shape.seed, shape.table),
        }
    }

    /// A row that is ordinary, or passes the tests of one statement.
    fn row(&mut self, number: usize) -> Row {
        let key = self.key(number);
        let scope = match self.scopes.len() {
            0 => None,
            count => self.scopes.get(number % count).copied(),
        };
        (0..self.columns.len())
            .map(|column| self.value(column, key, scope))
            .collect()
    }

    /// The number of the shared domain for a row.
    fn key(&mut self, number: usize) -> usize {
        let key = if number < self.keys {
            number
        } else if self.shape.heavy && self.random.chance(35) {
            0
        } else {
            self.random.below(self.keys)
        };
        // The table lacks this one; the heavy one it has.
        if key > 0 && key % LACKING == self.shape.number % LACKING {
            (key + 1) % self.keys
        } else {
            key
        }
    }

    fn value(&mut self, column: usize, key: usize, scope: Option<usize>) -> Value {
        let Some(of) = self.columns.get(column) else {
            return Value::Null;
        };
        let random = &mut self.random;
        if of.column.nullable && random.chance(4) {
            return Value::Null;
        }
        let tests = scope
            .and_then(|scope| self.hints.scopes().get(scope))
            .and_then(|scope| scope.get(&of.class));
        if of.joined && (tests.is_none() || random.chance(50)) {
            let number = match random.below(100) {
                0..=83 => key,
                84..=93 => random.below(self.keys),
                // Without a partner.
                _ => self.keys + self.shape.number * 4 + random.below(3),
            };
            return of.column.domain.key(number);
        }
        if let Some(tests) = tests
            && random.chance(90)
        {
            let domain = &of.column.domain;
            let passing: Vec<&Value> = of
                .ordinary
                .iter()
                .chain(&of.special)
                .filter(|value| {
                    let results = tests.iter().map(|test| passes(domain, value, test));
                    **value != Value::Null
                        && results.into_iter().all(|passed| passed != Some(false))
                })
                .collect();
            if let Some(value) = random.pick(&passing) {
                return (*value).clone();
            }
        }
        let from = if random.chance(15) {
            &of.special
        } else {
            &of.ordinary
        };
        random
            .pick(from)
            .or_else(|| of.ordinary.first())
            .cloned()
            .unwrap_or(Value::Null)
    }

    /// Puts each special value into a row of its own, as far as there are rows.
    fn place_specials(&self, rows: &mut [Row]) {
        let clean = rows.len() / 3;
        let Some(rows) = rows.get_mut(clean..).filter(|rows| !rows.is_empty()) else {
            return;
        };
        let count = rows.len();
        let apart = (count / self.columns.len().max(1)).max(1);
        for (at, of) in self.columns.iter().enumerate() {
            let null = of.column.nullable.then_some(&Value::Null);
            for (index, value) in null.into_iter().chain(&of.special).take(count).enumerate() {
                let row = rows.get_mut((at * apart + index) % count);
                if let Some(cell) = row.and_then(|row| row.get_mut(at)) {
                    cell.clone_from(value);
                }
            }
        }
    }
}

impl<'a> Choices<'a> {
    fn new(column: &'a Column, hints: &Hints, shape: &Shape<'_>) -> Self {
        let class = hints.class(&column.name);
        let domain = &column.domain;
        let tests = hints.tests(&class);
        let around = tests.iter().flat_map(|test| near(domain, test));
        let mut special: Vec<Value> = Vec::new();
        let mut seen = BTreeSet::new();
        let boundaries = boundaries(domain);
        // Long lists of literals leave room for what is special about the type.
        let room = (shape.rows * 2 / 3)
            .saturating_sub(boundaries.len() + 1)
            .max(3);
        for value in around {
            if special.len() < room && seen.insert(domain.cell(&value)) {
                special.push(value);
            }
        }
        special.extend(
            boundaries
                .into_iter()
                .filter(|value| seen.insert(domain.cell(value))),
        );
        let mut ordinary = domain.ordinary();
        if domain.partition {
            special.truncate(PARTITION_VALUES);
            ordinary.truncate(PARTITION_VALUES.saturating_sub(special.len()).max(1));
        }
        Choices {
            column,
            joined: hints.is_joined(&class) && !domain.data_type.is_nested(),
            class,
            special,
            ordinary,
        }
    }
}

/// Gives rows whose key occurred another one, and leaves out those for which none is found.
fn unique(rows: Vec<Row>, columns: &[Column], key: &[usize]) -> Vec<Row> {
    let mut seen = BTreeSet::new();
    let text = |row: &Row| -> Vec<Option<String>> {
        let cells = key.iter().map(|at| {
            let (column, value) = (columns.get(*at)?, row.get(*at)?);
            let comparable = match value {
                // Equal, although their texts differ.
                Value::Float(number) if *number == 0.0 => Value::Float(0.0),
                // `CHAR` and other collations of blanks.
                Value::Text(text) => Value::Text(text.trim_end_matches(' ').to_owned()),
                value => value.clone(),
            };
            column.domain.cell(&comparable)
        });
        cells.collect()
    };
    let limit = rows.len() * 2 + 10;
    let mut kept = Vec::new();
    for mut row in rows {
        let mut is_new = seen.insert(text(&row));
        // The last columns of a key tell rows of one thing apart.
        for at in key.iter().rev() {
            if is_new {
                break;
            }
            let (Some(column), Some(before)) = (columns.get(*at), row.get(*at).cloned()) else {
                continue;
            };
            if column.domain.partition || column.domain.data_type == DataType::Boolean {
                continue;
            }
            for number in 0..limit {
                if let Some(cell) = row.get_mut(*at) {
                    *cell = column.domain.key(number);
                }
                is_new = seen.insert(text(&row));
                if is_new {
                    break;
                }
            }
            if !is_new && let Some(cell) = row.get_mut(*at) {
                *cell = before;
            }
        }
        if is_new {
            kept.push(row);
        }
    }
    kept
}
