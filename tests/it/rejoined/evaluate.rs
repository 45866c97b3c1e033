//! Evaluates joins the slow way: each relation in the order of the text, each row with each row.

use std::collections::BTreeMap;

/// A value: a number or NULL.
pub(super) type Value = Option<i64>;
/// Names of columns, and rows.
pub(super) type Table = (Vec<String>, Vec<Vec<Value>>);
/// Tables by name.
pub(super) type Tables = BTreeMap<String, Table>;

/// The rows of `SELECT columns FROM joins WHERE tests`, in the order of their values.
pub(super) fn rows(text: &str, tables: &Tables) -> Table {
    let mut reader = Reader {
        tokens: tokens(text),
        at: 0,
    };
    reader.query(tables)
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, '_' | '{' | '}') {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if !c.is_whitespace() && c != '`' {
            tokens.push(c.to_string());
        }
    }
    tokens.extend(Some(word).filter(|word| !word.is_empty()));
    tokens
}

/// A column: what qualifies it, if anything does, and its name.
type Column = (Option<String>, String);

enum Test {
    Equal(Column, Column),
    Greater(Column, i64),
    IsNull(Column),
    All(Vec<Test>),
    Any(Vec<Test>),
}

/// Rows of what is joined so far.
struct Joined {
    columns: Vec<(String, String)>,
    rows: Vec<Vec<Value>>,
}

impl Joined {
    fn value(&self, row: &[Value], (qualifier, name): &Column) -> Value {
        let mut found = self.columns.iter().enumerate().filter(|(_, column)| {
            column.1 == *name && qualifier.as_ref().is_none_or(|one| column.0 == *one)
        });
        let (index, _) = found
            .next()
            .unwrap_or_else(|| panic!("no column {qualifier:?} {name}"));
        assert!(
            found.next().is_none(),
            "several columns {qualifier:?} {name}"
        );
        row[index]
    }

    /// Unknown is no.
    fn holds(&self, row: &[Value], test: &Test) -> bool {
        match test {
            Test::All(tests) => tests.iter().all(|test| self.holds(row, test)),
            Test::Any(tests) => tests.iter().any(|test| self.holds(row, test)),
            Test::Equal(one, other) => {
                let (one, other) = (self.value(row, one), self.value(row, other));
                one.is_some() && one == other
            }
            Test::Greater(column, than) => self.value(row, column).is_some_and(|one| one > *than),
            Test::IsNull(column) => self.value(row, column).is_none(),
        }
    }
}

struct Reader {
    tokens: Vec<String>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        let token = self.peek().to_owned();
        self.at += 1;
        token
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek().eq_ignore_ascii_case(word);
        self.at += usize::from(found);
        found
    }

    fn query(&mut self, tables: &Tables) -> Table {
        assert!(self.take("SELECT"));
        let mut items = Vec::new();
        loop {
            let column = self.column();
            let name = if self.take("AS") {
                self.next()
            } else {
                column.1.clone()
            };
            items.push((column, name));
            if !self.take(",") {
                break;
            }
        }
        assert!(self.take("FROM"));
        let mut joined = Joined {
            columns: Vec::new(),
            rows: vec![Vec::new()],
        };
        self.join(tables, &mut joined, "CROSS");
        loop {
            let kind = if self.take(",") || self.take("CROSS") {
                "CROSS"
            } else if self.take("LEFT") {
                match (self.take("SEMI"), self.take("ANTI")) {
                    (true, _) => "SEMI",
                    (_, true) => "ANTI",
                    _ => "LEFT",
                }
            } else if self.take("INNER") || self.peek() == "JOIN" {
                "INNER"
            } else {
                break;
            };
            self.take("JOIN");
            self.join(tables, &mut joined, kind);
        }
        let tests = if self.take("WHERE") {
            self.tests()
        } else {
            Test::All(Vec::new())
        };
        assert_eq!(self.peek(), "", "not understood");
        let kept = joined.rows.iter().filter(|row| joined.holds(row, &tests));
        let mut rows: Vec<Vec<Value>> = kept
            .map(|row| {
                let items = items.iter();
                items.map(|(column, _)| joined.value(row, column)).collect()
            })
            .collect();
        rows.sort();
        (items.into_iter().map(|(_, name)| name).collect(), rows)
    }

    fn join(&mut self, tables: &Tables, joined: &mut Joined, kind: &str) {
        let mut name = self.next();
        let mut called = name.clone();
        while self.take(".") {
            called = self.next();
            name = format!("{name}.{called}");
        }
        let words = ["", ",", "ON", "WHERE", "JOIN", "INNER", "LEFT", "CROSS"];
        if self.take("AS") || !words.contains(&self.peek()) {
            called = self.next();
        }
        let (columns, rows) = &tables[&name];
        let width = joined.columns.len();
        let added = columns
            .iter()
            .map(|column| (called.clone(), column.clone()));
        joined.columns.extend(added);
        let tests = if self.take("ON") {
            self.tests()
        } else {
            Test::All(Vec::new())
        };
        let mut after = Vec::new();
        for before in std::mem::take(&mut joined.rows) {
            let together = rows
                .iter()
                .map(|row| [before.clone(), row.clone()].concat());
            let met: Vec<Vec<Value>> = together.filter(|row| joined.holds(row, &tests)).collect();
            match kind {
                "SEMI" if !met.is_empty() => after.push(before),
                "ANTI" if met.is_empty() => after.push(before),
                "SEMI" | "ANTI" => {}
                "LEFT" if met.is_empty() => {
                    after.push([before, vec![None; columns.len()]].concat());
                }
                _ => after.extend(met),
            }
        }
        joined.rows = after;
        if matches!(kind, "SEMI" | "ANTI") {
            joined.columns.truncate(width);
        }
    }

    /// `OR` binds less than `AND`.
    fn tests(&mut self) -> Test {
        let mut any = Vec::new();
        loop {
            let mut all = vec![self.test()];
            while self.take("AND") {
                all.push(self.test());
            }
            any.push(Test::All(all));
            if !self.take("OR") {
                return Test::Any(any);
            }
        }
    }

    fn test(&mut self) -> Test {
        if self.take("(") {
            let inside = self.tests();
            assert!(self.take(")"), "{:?}", self.tokens);
            return inside;
        }
        let column = self.column();
        if self.take("=") {
            Test::Equal(column, self.column())
        } else if self.take(">") {
            Test::Greater(column, self.next().parse().unwrap())
        } else {
            assert!(self.take("IS") && self.take("NULL"), "{:?}", self.tokens);
            Test::IsNull(column)
        }
    }

    fn column(&mut self) -> Column {
        let first = self.next();
        if self.take(".") {
            (Some(first), self.next())
        } else {
            (None, first)
        }
    }
}
