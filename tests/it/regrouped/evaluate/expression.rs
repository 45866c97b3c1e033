//! Expressions of rows and groups, under SQL's three values of truth.

use std::collections::{BTreeMap, BTreeSet};

use super::Value;

/// An expression.
pub(super) enum Expression {
    Number(i64),
    /// By its name, whatever qualifies it.
    Column(String),
    Operation(String, Vec<Expression>),
    /// Function, whether values count once, arguments (none for `*`), and which rows.
    Aggregate(String, bool, Vec<Expression>, Option<Box<Expression>>),
}

/// What an expression is about: a row, or a group of rows with what they are grouped by.
pub(super) struct Scope<'s> {
    columns: &'s [String],
    rows: Vec<&'s [Value]>,
    keys: Option<BTreeMap<String, Value>>,
}

impl<'s> Scope<'s> {
    pub(super) fn row(columns: &'s [String], row: &'s [Value]) -> Self {
        Scope {
            columns,
            rows: vec![row],
            keys: None,
        }
    }

    pub(super) fn group(
        columns: &'s [String],
        rows: &[&'s Vec<Value>],
        keys: BTreeMap<String, Value>,
    ) -> Self {
        Scope {
            columns,
            rows: rows.iter().map(|row| row.as_slice()).collect(),
            keys: Some(keys),
        }
    }

    pub(super) fn column(&self, name: &str) -> Value {
        if let Some(keys) = &self.keys {
            return keys[name];
        }
        let place = self.columns.iter().position(|column| column == name);
        self.rows[0][place.unwrap_or_else(|| panic!("no column {name}"))]
    }
}

impl Expression {
    pub(super) fn aggregates(&self) -> bool {
        match self {
            Expression::Number(_) | Expression::Column(_) => false,
            Expression::Operation(_, parts) => parts.iter().any(Expression::aggregates),
            Expression::Aggregate(..) => true,
        }
    }

    /// Unknown is no.
    pub(super) fn holds(&self, scope: &Scope<'_>) -> bool {
        self.value(scope) == Some(1)
    }

    pub(super) fn value(&self, scope: &Scope<'_>) -> Value {
        match self {
            Expression::Number(number) => Some(*number),
            Expression::Column(name) => scope.column(name),
            Expression::Operation(operator, parts) => {
                let values: Vec<Value> = parts.iter().map(|part| part.value(scope)).collect();
                operation(operator, &values)
            }
            Expression::Aggregate(function, distinct, arguments, filter) => {
                let rows = scope.rows.iter().map(|row| Scope::row(scope.columns, row));
                let rows = rows.filter(|row| filter.as_ref().is_none_or(|test| test.holds(row)));
                let tuples = rows.map(|row| -> Vec<Value> {
                    arguments.iter().map(|one| one.value(&row)).collect()
                });
                let mut tuples: Vec<Vec<Value>> = tuples
                    .filter(|tuple| tuple.iter().all(Option::is_some))
                    .collect();
                if *distinct {
                    tuples = tuples
                        .into_iter()
                        .collect::<BTreeSet<_>>()
                        .into_iter()
                        .collect();
                }
                aggregate(function, &tuples)
            }
        }
    }
}

fn aggregate(function: &str, tuples: &[Vec<Value>]) -> Value {
    let values = || tuples.iter().filter_map(|tuple| tuple[0]);
    match function {
        "count" => Some(i64::try_from(tuples.len()).unwrap()),
        "sum" if tuples.is_empty() => None,
        "sum" | "count_if" => Some(values().sum()),
        "min" | "every" | "bool_and" => values().min(),
        "max" | "any" | "bool_or" => values().max(),
        _ => panic!("no aggregate {function}"),
    }
}

fn operation(operator: &str, values: &[Value]) -> Value {
    let truth = |truth: bool| Some(i64::from(truth));
    match (operator, values) {
        ("AND", [Some(0), _] | [_, Some(0)]) | ("OR", [Some(0), Some(0)]) => Some(0),
        ("OR", [Some(1), _] | [_, Some(1)]) | ("AND", [Some(1), Some(1)]) => Some(1),
        ("AND" | "OR", [_, _]) => None,
        ("NOT", [value]) => value.map(|value| 1 - value),
        ("CASE", parts) => {
            let mut pairs = parts.chunks_exact(2);
            let first = pairs.find(|pair| pair[0] == Some(1));
            first.and_then(|pair| pair[1])
        }
        ("IS", [value]) => truth(value.is_none()),
        ("<=>", [one, other]) => truth(one == other),
        ("coalesce", values) => values.iter().copied().flatten().next(),
        ("IN", [value, list @ ..]) => match value {
            Some(_) if list.contains(value) => Some(1),
            Some(_) if list.iter().all(Option::is_some) => Some(0),
            _ => None,
        },
        (_, [Some(one), Some(other)]) => match operator {
            "=" => truth(one == other),
            "<>" => truth(one != other),
            "<" => truth(one < other),
            "<=" => truth(one <= other),
            ">" => truth(one > other),
            ">=" => truth(one >= other),
            "+" => Some(one + other),
            "-" => Some(one - other),
            _ => panic!("no operator {operator}"),
        },
        (_, [_, _]) => None,
        _ => panic!("{operator} of {values:?}"),
    }
}

/// Reads tokens.
pub(super) struct Reader {
    tokens: Vec<String>,
    at: usize,
}

impl Reader {
    pub(super) fn new(text: &str) -> Self {
        let mut tokens: Vec<String> = Vec::new();
        let mut kind = ' ';
        for c in text.chars() {
            let this = match c {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '{' | '}' => 'w',
                '<' | '=' | '>' => 'o',
                '`' => '`',
                c if c.is_whitespace() => ' ',
                _ => 's',
            };
            match (this, tokens.last_mut()) {
                (' ' | '`', _) => {}
                ('w' | 'o', Some(last)) if kind == this => last.push(c),
                _ => tokens.push(c.to_string()),
            }
            kind = this;
        }
        Reader { tokens, at: 0 }
    }

    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    pub(super) fn next(&mut self) -> String {
        let token = self.peek().to_owned();
        self.at += 1;
        token
    }

    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.peek().eq_ignore_ascii_case(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn end(&self) {
        assert_eq!(self.peek(), "", "not understood in {:?}", self.tokens);
    }

    pub(super) fn expression(&mut self) -> Expression {
        let mut whole = self.conjunction();
        while self.take("OR") {
            whole = Expression::Operation("OR".to_owned(), vec![whole, self.conjunction()]);
        }
        whole
    }

    fn conjunction(&mut self) -> Expression {
        let mut whole = self.negation();
        while self.take("AND") {
            whole = Expression::Operation("AND".to_owned(), vec![whole, self.negation()]);
        }
        whole
    }

    fn negation(&mut self) -> Expression {
        if self.take("NOT") {
            return not(self.negation());
        }
        let one = self.sum();
        if self.take("IS") {
            let negated = self.take("NOT");
            assert!(self.take("NULL"));
            let test = Expression::Operation("IS".to_owned(), vec![one]);
            return if negated { not(test) } else { test };
        }
        if self.take("IN") {
            let mut parts = vec![one];
            parts.extend(self.list());
            return Expression::Operation("IN".to_owned(), parts);
        }
        if ["=", "<>", "<", "<=", ">", ">=", "<=>"].contains(&self.peek()) {
            let operator = self.next();
            return Expression::Operation(operator, vec![one, self.sum()]);
        }
        one
    }

    fn sum(&mut self) -> Expression {
        let mut whole = self.primary();
        while ["+", "-"].contains(&self.peek()) {
            let operator = self.next();
            whole = Expression::Operation(operator, vec![whole, self.primary()]);
        }
        whole
    }

    fn list(&mut self) -> Vec<Expression> {
        assert!(self.take("("));
        let mut list = Vec::new();
        while !self.take(")") {
            if !self.take("*") {
                list.push(self.expression());
            }
            self.take(",");
        }
        list
    }

    fn primary(&mut self) -> Expression {
        if self.take("(") {
            let inner = self.expression();
            assert!(self.take(")"), "{:?}", self.tokens);
            return inner;
        }
        if self.take("CASE") {
            let mut parts = Vec::new();
            while self.take("WHEN") {
                parts.push(self.expression());
                assert!(self.take("THEN"));
                parts.push(self.expression());
            }
            assert!(self.take("END"), "{:?}", self.tokens);
            return Expression::Operation("CASE".to_owned(), parts);
        }
        let mut name = self.next();
        if let Ok(number) = name.parse() {
            return Expression::Number(number);
        }
        while self.take(".") {
            name = self.next();
        }
        if self.peek() != "(" {
            return Expression::Column(name);
        }
        let name = name.to_lowercase();
        if self.tokens[self.at + 1].eq_ignore_ascii_case("DISTINCT") {
            self.tokens.remove(self.at + 1);
            return Expression::Aggregate(name, true, self.list(), self.filter());
        }
        let arguments = self.list();
        match name.as_str() {
            "coalesce" => Expression::Operation(name, arguments),
            _ => Expression::Aggregate(name, false, arguments, self.filter()),
        }
    }

    fn filter(&mut self) -> Option<Box<Expression>> {
        self.take("FILTER").then(|| {
            assert!(self.take("(") && self.take("WHERE"));
            let test = self.expression();
            assert!(self.take(")"));
            Box::new(test)
        })
    }

    /// Each grouping of `GROUP BY`: all of its columns, and whether they are there.
    pub(super) fn grouping_sets(&mut self) -> Option<Vec<Vec<(String, bool)>>> {
        if !self.take("GROUP") {
            return None;
        }
        assert!(self.take("BY"));
        let mut word = self.peek().to_uppercase();
        let bracketed = ["ROLLUP", "CUBE"].contains(&word.as_str());
        self.at += 2 * usize::from(bracketed);
        let mut columns = Vec::new();
        loop {
            let Expression::Column(column) = self.primary() else {
                panic!("no column in {:?}", self.tokens)
            };
            columns.push(column);
            if !self.take(",") {
                break;
            }
        }
        assert!(!bracketed || self.take(")"));
        if self.take("WITH") {
            word = self.next();
        }
        let count = columns.len();
        let there: Vec<Vec<bool>> = match word.as_str() {
            "ROLLUP" => (0..=count)
                .map(|kept| (0..count).map(|place| place < kept).collect())
                .collect(),
            "CUBE" => (0..1_usize << count)
                .map(|kept| (0..count).map(|place| kept >> place & 1 == 1).collect())
                .collect(),
            _ => vec![vec![true; count]],
        };
        let sets = there.into_iter();
        Some(
            sets.map(|there| columns.iter().cloned().zip(there).collect())
                .collect(),
        )
    }
}

fn not(test: Expression) -> Expression {
    Expression::Operation("NOT".to_owned(), vec![test])
}
