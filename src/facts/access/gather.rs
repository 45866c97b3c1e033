//! Gatherings: the columns by whose values a block brings rows together, each time with an exchange.
//!
//! | clause | gathers |
//! |---|---|
//! | `ON a.x = b.x AND a.y = b.y`, `USING (x, y)` | each input by `{x, y}`, where all of them are columns of one relation |
//! | `WHERE a.x = b.x` | the same, for each pair of relations |
//! | `GROUP BY x, y` | by `{x, y}`, where all of them are columns of one relation |
//!
//! What is not seen is only a gathering that is not known: nothing is proven with these facts.

use std::collections::{BTreeMap, BTreeSet};

use super::block::Walk;
use super::from::Block;
use super::scope::Clause;
use super::{GatheredBy, Gathering};
use crate::frontend::statement::{Expression, Identifier, JoinColumns, Select, Shape};

/// Columns of relations, by number, that a clause gathers by.
type Columns = Vec<(usize, String)>;

impl Walk<'_, '_> {
    /// Attaches to every read and subquery of the block the columns that it is gathered by.
    pub(super) fn gatherings(&mut self, select: &Select, block: &Block<'_>) {
        let mut found: Vec<(GatheredBy, Columns)> = Vec::new();
        for join in &block.joins {
            let numbers = |side: &std::ops::Range<usize>| {
                let side = block.relations.get(side.clone());
                side.unwrap_or_default().to_vec()
            };
            for side in [numbers(&join.left), numbers(&join.right)] {
                let equated = join.on.iter().filter_map(|test| self.equated(test));
                let mut columns: Columns = equated
                    .flatten()
                    .filter(|(relation, _)| side.contains(relation))
                    .collect();
                if let JoinColumns::Using(names) = join.using {
                    let owned = names.iter().filter_map(|name| self.owned(name, &side));
                    columns.extend(owned);
                }
                found.push((GatheredBy::Join, columns));
            }
        }
        let mut pairs: BTreeMap<(usize, usize), [Columns; 2]> = BTreeMap::new();
        for [a, b] in select.filter.iter().filter_map(|test| self.equated(test)) {
            let (a, b) = if a.0 < b.0 { (a, b) } else { (b, a) };
            let [left, right] = pairs.entry((a.0, b.0)).or_default();
            left.push(a);
            right.push(b);
        }
        let sides = pairs.into_values().flatten();
        found.extend(sides.map(|columns| (GatheredBy::Join, columns)));
        let keys = select.group_by.iter().map(|key| match key.shape {
            Shape::Column => self.certain(key.columns.first()?, Clause::Aliases),
            _ => None,
        });
        let keys: Option<Columns> = keys.collect();
        found.extend(keys.map(|columns| (GatheredBy::Grouping, columns)));
        for (by, columns) in found {
            self.gather(by, &columns);
        }
    }

    /// The columns of two relations that a test equates.
    fn equated(&self, test: &Expression) -> Option<[(usize, String); 2]> {
        let (Shape::Equality, [a, b]) = (&test.shape, test.columns.as_slice()) else {
            return None;
        };
        let pair = [
            self.certain(a, Clause::Plain)?,
            self.certain(b, Clause::Plain)?,
        ];
        (pair[0].0 != pair[1].0).then_some(pair)
    }

    /// The only relation of one side that has a column.
    fn owned(&self, column: &Identifier, side: &[usize]) -> Option<(usize, String)> {
        let key = column.key();
        let has = |number: &&usize| {
            let relation = self.relations.get(**number);
            relation.is_some_and(|relation| relation.schema.has(&key))
        };
        let mut owners = side.iter().filter(has);
        match (owners.next(), owners.next()) {
            (Some(only), None) => Some((*only, key)),
            _ => None,
        }
    }

    /// Columns of several relations gather none of them alone.
    fn gather(&mut self, by: GatheredBy, columns: &Columns) {
        let Some((first, _)) = columns.first() else {
            return;
        };
        if columns.iter().any(|(relation, _)| relation != first) {
            return;
        }
        let gathering = Gathering {
            by,
            columns: columns
                .iter()
                .map(|(_, column)| column.clone())
                .collect::<BTreeSet<_>>(),
        };
        let Some(relation) = self.relations.get(*first) else {
            return;
        };
        let read = relation
            .read
            .and_then(|read| self.found.reads.get_mut(read));
        if let Some(read) = read {
            read.gatherings.push(gathering);
        } else if let Some(subquery) = relation.subquery
            && let Some(subquery) = self.found.subqueries.get_mut(subquery)
        {
            subquery.gatherings.push(gathering);
        }
    }
}
