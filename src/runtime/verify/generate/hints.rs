//! What the text of a pipeline says about values: what columns are compared with, and which columns are joined.
//!
//! Columns go by their last name, wherever they come from: data that hit too much do no harm, so no scope is resolved.
//! Names that carry the same values (`a.x = b.y`, `USING (x)`, `x IN (SELECT y …)`, `x AS y`) form one class. Text
//! that is not understood gives no hint.

mod operand;
mod read;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::frontend::statement::LiteralKind;

/// A literal of the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Literal {
    /// Its type family.
    pub(super) kind: LiteralKind,
    /// Its value, without quotes and suffixes.
    pub(super) text: String,
}

/// How a column is compared with literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Between,
    NotBetween,
    Like,
    NotLike,
    /// Near each other in a way that is not looked into.
    Near,
}

/// A comparison of a column, or of a function of it, with literals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Test {
    /// The outermost function around the column, lower-case.
    pub(super) function: Option<String>,
    /// How it is compared.
    pub(super) operator: Operator,
    /// With what.
    pub(super) literals: Vec<Literal>,
}

/// Tests by column name or class.
pub(super) type Tests = BTreeMap<String, Vec<Test>>;

/// What the texts of a pipeline say about values.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    /// Tests of each statement that has any.
    scopes: Vec<Tests>,
    /// Names that carry the same values.
    names: Names,
    /// Names that an equality joins.
    joined: BTreeSet<String>,
}

impl Hints {
    /// The hints in SQL texts, each of one or more statements.
    pub(super) fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hints = Hints::default();
        for text in texts {
            read::read(text, &mut hints);
        }
        let Hints {
            scopes,
            names,
            joined,
        } = hints;
        Hints {
            scopes: scopes
                .into_iter()
                .map(|scope| names.by_class(scope))
                .collect(),
            joined: joined.iter().map(|name| names.class(name)).collect(),
            names,
        }
    }

    /// The class of a column, by which its tests are found.
    pub(super) fn class(&self, column: &str) -> String {
        self.names.class(&column.to_lowercase())
    }

    /// Whether columns of a class are joined.
    pub(super) fn is_joined(&self, class: &str) -> bool {
        self.joined.contains(class)
    }

    /// Every test of a class, without repetition.
    pub(super) fn tests(&self, class: &str) -> Vec<&Test> {
        let found: BTreeSet<&Test> = self
            .scopes
            .iter()
            .filter_map(|scope| scope.get(class))
            .flatten()
            .collect();
        found.into_iter().collect()
    }

    /// The tests of each statement, by class.
    pub(super) fn scopes(&self) -> &[Tests] {
        &self.scopes
    }

    /// Dates that columns are compared with, most recent first.
    pub(super) fn dates(&self) -> Vec<i64> {
        let literals = self.scopes.iter().flat_map(BTreeMap::values).flatten();
        let dates: BTreeSet<i64> = literals
            .flat_map(|test| &test.literals)
            .filter(|literal| literal.kind != LiteralKind::Number)
            .filter_map(|literal| super::calendar::read_date(&literal.text))
            .collect();
        dates.into_iter().rev().collect()
    }
}

/// Sets of names that carry the same values.
#[derive(Clone, Debug, Default)]
struct Names {
    /// Every name that is not the first of its set, with an earlier one.
    parents: BTreeMap<String, String>,
}

impl Names {
    fn class(&self, name: &str) -> String {
        let mut name = name;
        while let Some(parent) = self.parents.get(name) {
            name = parent;
        }
        name.to_owned()
    }

    fn join(&mut self, left: &str, right: &str) {
        let (left, right) = (self.class(left), self.class(right));
        if left < right {
            self.parents.insert(right, left);
        } else if right < left {
            self.parents.insert(left, right);
        }
    }

    fn by_class(&self, scope: Tests) -> Tests {
        let mut merged = Tests::new();
        for (name, tests) in scope {
            merged.entry(self.class(&name)).or_default().extend(tests);
        }
        merged
    }
}
