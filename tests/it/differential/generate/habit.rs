//! Habits: tables that a pipeline joins on the same columns again and again, and one that it groups by the same columns.
//! Everything else of the blocks that do so is their own.

use super::Generator;
use super::expression::Bound;
use super::query::Made;
use super::schema::{Column, Relation, SCALARS, Type};
use super::source::{From, Joined};

/// Two tables that are joined in the same way.
#[derive(Clone, Debug)]
pub(super) struct Joining {
    tables: [String; 2],
    /// A column of each.
    on: [String; 2],
    how: Joined,
}

/// A table that is grouped by the same columns, or by fewer.
#[derive(Clone, Debug)]
pub(super) struct Grouping {
    table: String,
    keys: Vec<String>,
}

impl Generator {
    /// Decides on the habits of the pipeline, out of the tables that there are at its beginning.
    pub(super) fn habits(&mut self, tables: &[Relation]) {
        for _ in 0..2 {
            let (one, other) = (self.random.one(tables), self.random.one(tables));
            let pairs: Vec<(&Column, &Column)> = one
                .columns
                .iter()
                .filter(|column| SCALARS.contains(&column.of))
                .flat_map(|column| other.columns.iter().map(move |other| (column, other)))
                .filter(|(column, other)| column.of == other.of && column.name == other.name)
                .collect();
            if one.name == other.name || pairs.is_empty() {
                continue;
            }
            let (column, same) = *self.random.one(&pairs);
            self.joinings.push(Joining {
                tables: [one.name.clone(), other.name.clone()],
                on: [column.name.clone(), same.name.clone()],
                how: self
                    .random
                    .weighted(&[(60, Joined::Inner), (40, Joined::Left)]),
            });
        }
        let table = self.random.one(tables);
        let mut keys: Vec<String> = Vec::new();
        for _ in 0..self.random.between(1, 2) {
            let column = self.random.one(&table.columns);
            if SCALARS.contains(&column.of) && !keys.contains(&column.name) {
                keys.push(column.name.clone());
            }
        }
        if !keys.is_empty() {
            let table = table.name.clone();
            self.groupings.push(Grouping { table, keys });
        }
    }

    /// Now and then tables joined as usual in this pipeline, where they may be read.
    pub(super) fn usual_join(&mut self) -> Option<From> {
        if !self.random.percent(self.usual[0]) {
            return None;
        }
        let first = self.random.percent(75) || self.joinings.len() < 2;
        let joining = self.joinings.get(usize::from(!first));
        let Joining { tables, on, how } = joining.cloned()?;
        let one = self.usual_table(&tables[0])?;
        let other = self.usual_table(&tables[1])?;
        self.tag("usual join");
        let (one, other) = (self.named(&one, true), self.named(&other, true));
        let key = |from: &From, name: &str| {
            let mut scope = from.scope.iter();
            let bound = scope.find(|bound| bound.name == name);
            bound.map(|bound| bound.text.clone())
        };
        let condition = format!("{} = {}", key(&one, &on[0])?, key(&other, &on[1])?);
        Some(self.join_on(&one, &other, how, &condition))
    }

    /// Now and then a block that groups as usual in this pipeline, where it may read the table.
    pub(super) fn usual_grouping(&mut self, wanted: Option<&[Column]>) -> Option<Made> {
        if !self.random.percent(self.usual[1]) {
            return None;
        }
        let Grouping { table, mut keys } = self.groupings.first().cloned()?;
        let relation = self.usual_table(&table)?;
        self.tag("usual grouping");
        let from = self.named(&relation, false);
        if self.random.percent(20) {
            keys.truncate(1);
        }
        let tests: Vec<String> = [60, 25]
            .into_iter()
            .filter_map(|percent| {
                let tested = self.random.percent(percent);
                tested.then(|| self.test(&from.scope, 0))
            })
            .collect();
        let tests = if tests.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", tests.join(" AND "))
        };
        let keys: Vec<Bound> = keys
            .iter()
            .filter_map(|key| from.scope.iter().find(|bound| bound.name == *key))
            .cloned()
            .collect();
        let calls = (0..self.random.between(1, 3))
            .map(|_| self.usual_call(&from.scope))
            .collect();
        Some(self.grouped(&from, &tests, &keys, calls, wanted))
    }

    /// The table of a habit, where the statement may read it.
    fn usual_table(&self, name: &str) -> Option<Relation> {
        let relation = self.relation(name)?;
        self.allowed(relation).then(|| relation.clone())
    }

    /// An aggregate: mostly one of those that can be computed for several readers at once.
    fn usual_call(&mut self, scope: &[Bound]) -> (String, Type) {
        if self.random.percent(15) {
            return self.aggregate_call(scope);
        }
        let number = self.expression(scope, Type::Int, 0);
        match self.random.below(5) {
            0 => ("COUNT(*)".to_owned(), Type::Bigint),
            1 => (format!("COUNT({number})"), Type::Bigint),
            2 => (format!("SUM({number})"), Type::Bigint),
            3 => (format!("MIN({number})"), Type::Int),
            _ => {
                let text = self.expression(scope, Type::Text, 0);
                (format!("MAX({text})"), Type::Text)
            }
        }
    }
}
