//! What depends on the order of rows, and what is proven not to; filters that hold for single tables.

use super::block::Walk;
use super::from::Block;
use super::scope::Clause;
use super::{Filter, Fixed, SensitivityKind, functions};
use crate::frontend::statement::{
    Call, ColumnReference, Expression, JoinKind, Select, SelectItem, Shape, Window,
};

impl Walk<'_, '_> {
    /// Notes what the calls of an expression bring along.
    pub(super) fn calls(&mut self, expression: &Expression) {
        for call in &expression.calls {
            if let Some(kind) = self.trait_of(call) {
                self.sensitivity(kind, call.span, &call.name);
            }
        }
    }

    fn trait_of(&self, call: &Call) -> Option<SensitivityKind> {
        let proven = call
            .window
            .as_ref()
            .is_some_and(|window| self.is_unique(window));
        let by_rows = call.window.as_ref().is_some_and(|window| window.rows);
        if self
            .declarations
            .deterministic_functions
            .contains(&call.name)
        {
            return (by_rows && !proven).then_some(SensitivityKind::OrderSensitive);
        }
        match functions::classify(&call.name, call.arguments) {
            Some(SensitivityKind::OrderSensitive) if proven => None,
            // The bounds count rows: ties decide which.
            None if by_rows && !proven => Some(SensitivityKind::OrderSensitive),
            kind => kind,
        }
    }

    fn is_unique(&self, window: &Window) -> bool {
        window
            .keys
            .as_ref()
            .is_some_and(|keys| self.holds_key(keys.iter()))
    }

    /// Whether the columns contain a declared key of the only table of the innermost block: then no two of its rows
    /// are equal in them. (A join could repeat rows.)
    fn holds_key<'r>(&self, columns: impl Iterator<Item = &'r ColumnReference>) -> bool {
        let Some([only]) = self.scopes.last().map(|scope| scope.relations.as_slice()) else {
            return false;
        };
        let Some(read) = self
            .relations
            .get(*only)
            .and_then(|relation| relation.read)
            .and_then(|read| self.found.reads.get(read))
        else {
            return false;
        };
        if matches!(
            read.fixed,
            Some(Fixed::Modified | Fixed::AfterUnknownSession)
        ) {
            return false;
        }
        let Some(key) = self.declarations.keys.get(self.session.name(read.table)) else {
            return false;
        };
        let named: Vec<String> = columns
            .filter_map(|column| self.certain(column, Clause::Aliases))
            .map(|(_, column)| column)
            .collect();
        !key.is_empty()
            && key
                .iter()
                .all(|column| named.contains(&column.to_lowercase()))
    }

    /// Whether `ORDER BY` leaves no choice.
    pub(super) fn is_ordered_uniquely(&self, select: &Select, order_by: &[Expression]) -> bool {
        if select.grouped || select.distinct {
            return false;
        }
        let columns = order_by.iter().filter_map(|key| {
            let ordered = plain_column(key)?;
            let [name] = ordered.parts.as_slice() else {
                return Some(ordered);
            };
            // An alias of the select list comes first.
            let aliased = select.items.iter().find_map(|item| match item {
                SelectItem::Expression {
                    expression,
                    alias: Some(alias),
                } if alias.key() == name.key() => Some(expression),
                _ => None,
            });
            match aliased {
                Some(expression) => plain_column(expression),
                None => Some(ordered),
            }
        });
        self.holds_key(columns)
    }

    /// Attaches to every read the tests that each of its useful rows passes.
    ///
    /// | where the test stands | holds for | because |
    /// |---|---|---|
    /// | `WHERE` | tables whose rows no outer join replaces by NULLs | every joined row carries the value that is tested |
    /// | `ON` of an inner join | both inputs | a row that fails it joins nothing |
    /// | `ON` of a left (right) join | the right (left) input | a row that fails it is never matched; the other input keeps its rows whatever they are |
    /// | `ON` of a semi join | both inputs | a row that fails it neither matches nor is kept |
    /// | `ON` of an anti join | the right input | a left row that fails it is kept |
    /// | `ON` of a full join | none | both inputs keep their rows |
    ///
    /// An `ON` above an outer join says nothing of the input that the outer join fills with NULLs, and a block with
    /// a lateral relation says nothing at all: what is computed per row is not looked into.
    pub(super) fn filters(&mut self, block: &Block<'_>, filter: &[Expression]) {
        if block.lateral {
            return;
        }
        let mut filled = vec![false; block.relations.len()];
        for join in &block.joins {
            let (left, right) = match join.kind {
                JoinKind::Inner | JoinKind::Semi => (true, true),
                JoinKind::Left | JoinKind::Anti => (false, true),
                JoinKind::Right => (true, false),
                JoinKind::Full => (false, false),
            };
            for test in join.on {
                self.filter(test, block, |position| {
                    let stands = (left && join.left.contains(&position))
                        || (right && join.right.contains(&position));
                    stands && filled.get(position) == Some(&false)
                });
            }
            let hidden = match join.kind {
                JoinKind::Inner => 0..0,
                // The right input of a semi or anti join is not seen above it.
                JoinKind::Left | JoinKind::Semi | JoinKind::Anti => join.right.clone(),
                JoinKind::Right => join.left.clone(),
                JoinKind::Full => join.left.start..join.right.end,
            };
            for position in hidden {
                if let Some(filled) = filled.get_mut(position) {
                    *filled = true;
                }
            }
        }
        for test in filter {
            self.filter(test, block, |position| filled.get(position) == Some(&false));
        }
    }

    fn filter(&mut self, test: &Expression, block: &Block<'_>, holds: impl Fn(usize) -> bool) {
        let (Shape::Test { operator, literals }, [reference]) =
            (&test.shape, test.columns.as_slice())
        else {
            return;
        };
        let Some((relation, column)) = self.certain(reference, Clause::Plain) else {
            return;
        };
        let position = block.relations.iter().position(|it| *it == relation);
        if !position.is_some_and(holds) {
            return;
        }
        if let (Some(first), Some(last)) = (reference.parts.first(), reference.parts.last())
            && let Some(read) = self.relations.get(relation).and_then(|it| it.read)
            && let Some(read) = self.found.reads.get_mut(read)
        {
            read.filters.push(Filter {
                span: test.span,
                column,
                reference: first.span.join(last.span),
                operator: *operator,
                literals: literals.clone(),
            });
        }
    }
}

fn plain_column(expression: &Expression) -> Option<&ColumnReference> {
    match (&expression.shape, expression.columns.as_slice()) {
        (Shape::Column, [column]) => Some(column),
        _ => None,
    }
}
