//! `FROM`: what is read, and joins.

use super::expression::Bound;
use super::query::Made;
use super::random::Random;
use super::schema::{Column, Kind, Relation, SCALARS, Type};
use super::{Generator, Pasted, Pasting};

/// A `FROM` and what it brings into scope.
#[derive(Clone, Debug)]
pub(super) struct From {
    pub(super) text: String,
    pub(super) scope: Vec<Bound>,
    /// What inner queries may refer to: everything with its qualifier.
    pub(super) outer: Vec<Bound>,
    pub(super) rows: u32,
    /// One relation without joins: `*` is its columns.
    pub(super) single: Option<Vec<Column>>,
}

/// How two sides are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    Inner,
    Left,
    Right,
    Full,
    Semi,
    Anti,
    Cross,
    Using,
    Natural,
}

impl Joined {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Joined::Inner => ("JOIN", "inner join"),
            Joined::Left => ("LEFT JOIN", "left join"),
            Joined::Right => ("RIGHT OUTER JOIN", "right join"),
            Joined::Full => ("FULL OUTER JOIN", "full join"),
            Joined::Semi => ("LEFT SEMI JOIN", "semi join"),
            Joined::Anti => ("LEFT ANTI JOIN", "anti join"),
            Joined::Cross => ("CROSS JOIN", "cross join"),
            Joined::Using => ("LEFT JOIN", "join using"),
            Joined::Natural => ("NATURAL JOIN", "natural join"),
        }
    }
}

impl Generator {
    /// Whether the statement being made may read it.
    pub(super) fn allowed(&self, relation: &Relation) -> bool {
        let storage = self.limits.storage.as_ref();
        let name = self.limits.name.as_ref();
        let read = storage.is_some_and(|storage| relation.storages.contains(storage))
            || name.is_some_and(|name| relation.name == *name || relation.names.contains(name));
        let unseen = self.limits.permanent && relation.kind == Kind::Temporary;
        !read && !unseen
    }

    /// Something to read: mostly a hot table, or what was made lately.
    pub(super) fn pick(&mut self) -> Option<Relation> {
        let hot: Vec<Relation> = self
            .hot
            .iter()
            .filter_map(|name| self.relation(name))
            .filter(|relation| self.allowed(relation))
            .cloned()
            .collect();
        if !hot.is_empty() && self.random.percent(60) {
            return Some(
                hot[if self.random.percent(65) {
                    0
                } else {
                    hot.len() - 1
                }]
                .clone(),
            );
        }
        let all: Vec<&Relation> = self
            .relations
            .iter()
            .filter(|relation| self.allowed(relation))
            .collect();
        let late = &all[all.len().saturating_sub(4)..];
        let from = if self.random.percent(50) {
            late
        } else {
            &all[..]
        };
        (!from.is_empty()).then(|| (*self.random.one(from)).clone())
    }

    /// A relation by its name, with an alias or without.
    pub(super) fn named(&mut self, relation: &Relation, aliased: bool) -> From {
        self.storages.extend(relation.storages.iter().cloned());
        self.names.insert(relation.name.clone());
        self.names.extend(relation.names.iter().cloned());
        match relation.kind {
            Kind::View => self.tag("permanent view read"),
            Kind::Temporary => self.tag("temporary view read"),
            Kind::Path => self.tag("path read"),
            Kind::Table if relation.name.starts_with("mart.") => self.tag("written table read"),
            Kind::Table => {}
        }
        let name = self.name_of(relation);
        let bare = !aliased && relation.kind != Kind::Path && self.noise.percent(40);
        let alias = self.alias();
        let (text, qualifier) = if bare {
            (name, relation.last_part().to_owned())
        } else if self.noise.percent(50) {
            (format!("{name} AS {alias}"), alias)
        } else {
            (format!("{name} {alias}"), alias)
        };
        self.over(text, &qualifier, &relation.columns, relation.rows)
    }

    /// A `FROM` of one relation.
    pub(super) fn over(
        &mut self,
        text: String,
        qualifier: &str,
        columns: &[Column],
        rows: u32,
    ) -> From {
        let outer: Vec<Bound> = columns
            .iter()
            .map(|column| Bound {
                text: format!("{}.{}", self.word(qualifier), self.word(&column.name)),
                name: column.name.clone(),
                of: column.of,
                declared: column.declared,
            })
            .collect();
        From {
            text,
            scope: outer.clone(),
            outer,
            rows,
            single: Some(columns.to_vec()),
        }
    }

    /// One side of a join, or all there is.
    fn item(&mut self, depth: usize, aliased: bool) -> From {
        let pasted = if depth < 2 { 24 } else { 0 };
        let derived = if depth < 1 { 8 } else { 0 };
        match self
            .random
            .weighted(&[(75, 0), (pasted, 1), (derived, 2), (4, 3)])
        {
            1 => {
                if let Some(made) = self.pasted() {
                    self.tag("pasted derived table");
                    return self.derived(&made);
                }
            }
            2 => {
                self.tag("derived table");
                let made = self.query(None, depth + 1);
                return self.derived(&made);
            }
            3 => return self.values(),
            _ => {}
        }
        match self.pick() {
            Some(relation) => self.named(&relation, aliased),
            None => self.values(),
        }
    }

    fn derived(&mut self, made: &Made) -> From {
        let alias = self.alias();
        let text = format!("({}) AS {alias}", made.text);
        self.over(text, &alias, &made.columns, made.rows)
    }

    fn values(&mut self) -> From {
        self.tag("inline table");
        let alias = self.alias();
        let columns = [Column::new("id", Type::Int), Column::new("k", Type::Text)];
        let text =
            format!("VALUES (1, 'a'), (2, CAST(NULL AS STRING)), (3, ' b') AS {alias} (id, k)");
        self.over(text, &alias, &columns, 3)
    }

    /// A subquery that other statements have, too; some of them select other columns or filter more.
    pub(super) fn pasted(&mut self) -> Option<Made> {
        let Pasted { seed, relations } = self.random.one(&self.pasted).clone();
        let relations: Option<Vec<Relation>> = relations
            .iter()
            .map(|name| self.relation(name).cloned())
            .collect();
        let relations = relations?;
        if !relations.iter().all(|relation| self.allowed(relation)) {
            return None;
        }
        let varies = self.random.percent(45);
        let more = varies && self.random.percent(30);
        let items = if varies {
            self.tag("varied subquery");
            self.random.next()
        } else {
            seed ^ 0x11
        };
        self.pasting = Some(Pasting {
            items: Random::new(items),
            more,
        });
        let own = std::mem::replace(&mut self.random, Random::new(seed));
        let mut from = self.named(&relations[0], true);
        if self.random.percent(40) {
            let other = self.named(&relations[1], true);
            let left = self.random.percent(50);
            let joined = if left { Joined::Left } else { Joined::Inner };
            from = self.join(&from, &other, joined);
        }
        let made = self.select_over(from, None, 2, true);
        self.random = own;
        self.pasting = None;
        Some(made)
    }

    /// A whole `FROM`.
    pub(super) fn from(&mut self, depth: usize) -> From {
        if let Some(first) = self.usual_join() {
            return self.joins(first, depth);
        }
        let first = self.item(depth, depth > 0);
        self.joins(first, depth)
    }

    /// Joins other things to what there is.
    pub(super) fn joins(&mut self, first: From, depth: usize) -> From {
        let mut from = first;
        for number in 0..self.random.weighted(&[(55, 0), (33, 1), (12, 2)]) {
            let other = self.item(depth.max(1), true);
            if from.rows.saturating_mul(other.rows) > 2000 {
                break;
            }
            let first = number == 0 && from.single.is_some();
            let joined = self.joined(&from, &other, first);
            from = self.join(&from, &other, joined);
            if matches!(joined, Joined::Using | Joined::Natural) {
                // A column that both sides have goes by its bare name, which a third table could have, too.
                break;
            }
        }
        if from.single.is_none() {
            self.unqualified(&mut from);
        }
        from
    }

    fn joined(&mut self, left: &From, right: &From, first: bool) -> Joined {
        let common = |from: &From, of: &From| {
            from.scope
                .iter()
                .filter(|one| of.scope.iter().any(|other| other.name == one.name))
                .count()
        };
        let alike = left.scope.iter().all(|one| {
            let same = right.scope.iter().find(|other| other.name == one.name);
            same.is_none_or(|other| other.of == one.of && !one.of.is_nested())
        });
        let shared = usize::from(first && alike && common(left, right) > 0);
        let small = usize::from(left.rows * right.rows < 150);
        self.random.weighted(&[
            (25, Joined::Inner),
            (20, Joined::Left),
            (8, Joined::Right),
            (8, Joined::Full),
            (8, Joined::Semi),
            (8, Joined::Anti),
            (5 * small, Joined::Cross),
            (10 * shared, Joined::Using),
            (8 * shared, Joined::Natural),
        ])
    }

    fn join(&mut self, left: &From, right: &From, joined: Joined) -> From {
        let condition = match joined {
            Joined::Using | Joined::Natural | Joined::Cross => String::new(),
            _ => self.condition(left, right),
        };
        self.join_on(left, right, joined, &condition)
    }

    /// A join with that condition, where such a join has one.
    pub(super) fn join_on(
        &mut self,
        left: &From,
        right: &From,
        joined: Joined,
        condition: &str,
    ) -> From {
        let (words, feature) = joined.words();
        self.tag(feature);
        let mut text = format!("{} {words} {}", left.text, right.text);
        let mut scope = left.scope.clone();
        let mut outer = left.outer.clone();
        match joined {
            Joined::Using | Joined::Natural => {
                let is_common =
                    |one: &Bound, of: &From| of.scope.iter().any(|other| other.name == one.name);
                let mut common: Vec<Bound> = left
                    .scope
                    .iter()
                    .filter(|one| is_common(one, right))
                    .cloned()
                    .collect();
                if joined == Joined::Using {
                    common.truncate(1);
                    text = format!("{text} USING ({})", common[0].name);
                }
                let rest = |from: &[Bound]| -> Vec<Bound> {
                    let own = |one: &&Bound| !common.iter().any(|other| other.name == one.name);
                    from.iter().filter(own).cloned().collect()
                };
                scope = common
                    .iter()
                    .map(|bound| Bound {
                        text: bound.name.clone(),
                        ..bound.clone()
                    })
                    .chain(rest(&left.scope))
                    .chain(rest(&right.scope))
                    .collect();
                outer = [rest(&left.outer), rest(&right.outer)].concat();
            }
            Joined::Cross => {
                scope.extend(right.scope.iter().cloned());
                outer.extend(right.outer.iter().cloned());
            }
            _ => {
                text = format!("{text} ON {condition}");
                if !matches!(joined, Joined::Semi | Joined::Anti) {
                    scope.extend(right.scope.iter().cloned());
                    outer.extend(right.outer.iter().cloned());
                }
            }
        }
        let (one, other) = (left.rows, right.rows);
        let rows = match joined {
            Joined::Semi | Joined::Anti => one,
            Joined::Cross => one * other,
            _ => one * other / 3 + one + other,
        };
        From {
            text,
            scope,
            outer,
            rows,
            single: None,
        }
    }

    /// An equality of columns of one type, and perhaps more.
    fn condition(&mut self, left: &From, right: &From) -> String {
        let mut pairs: Vec<(Bound, Bound)> = Vec::new();
        for one in left.scope.iter().filter(|one| SCALARS.contains(&one.of)) {
            for other in right.scope.iter().filter(|other| other.of == one.of) {
                let copies = if one.name == other.name { 4 } else { 1 };
                pairs.extend(vec![(one.clone(), other.clone()); copies]);
            }
        }
        let mut condition = if pairs.is_empty() {
            "1 = 1".to_owned()
        } else {
            let (one, other) = self.random.one(&pairs);
            let (one, other) = (one.text.clone(), other.text.clone());
            let operator = if self.random.percent(10) { "<=>" } else { "=" };
            format!("{one} {operator} {other}")
        };
        if self.random.percent(30) {
            let side = if self.random.percent(60) { right } else { left };
            condition = format!("{condition} AND {}", self.test(&side.scope, 0));
        }
        condition
    }

    /// Takes qualifiers away where a column's name is the only one.
    pub(super) fn unqualified(&mut self, from: &mut From) {
        if !self.random.percent(40) {
            return;
        }
        let names: Vec<String> = from.scope.iter().map(|bound| bound.name.clone()).collect();
        for bound in &mut from.scope {
            if names.iter().filter(|name| **name == bound.name).count() == 1 {
                bound.text.clone_from(&bound.name);
            }
        }
    }
}
