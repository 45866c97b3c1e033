//! What depends on the order of rows, and what is proven not to; filters that hold for single tables.
//!
//! What follows for sharing from the traits that are found here (Spark's functions: [`super::functions`]):
//!
//! | the result depends on | examples | may stand in what a frame computes | its statement may read frames |
//! |---|---|---|---|
//! | arguments and settings | most | yes | yes |
//! | the evaluation | `rand()`, `uuid()`, `current_date`, `current_user` | no: all readers would get one value | yes: over the same rows it is as free as before |
//! | the order of rows, which a declared key makes unique | `row_number()` over a key, `LIMIT` after `ORDER BY` of a key | yes | yes |
//! | the order of rows otherwise | ties, `LIMIT`, `first`, `collect_list`, `ROWS` bounds | no | no |
//! | the place in a split of the rows | `rand(7)`, `monotonically_increasing_id()` | no | no |
//! | where rows come from | `input_file_name()`, `_metadata` | no | no: it is empty over cached rows |
//! | a sample | `TABLESAMPLE` | no | no |
//! | a function that is not known | a function of the user that is not declared | no | no |
//! | nothing, but it may fail on some values | `element_at`, under ANSI rules every cast | no: tests of a reader may keep rows from it | yes: over the same rows it fails alike |
//!
//! Order-sensitive statements read tables as they are, even where a frame in memory holds all rows of a table. Running the
//! plain pipeline twice gives the same order in practice; through a frame it is the same only if the same files are
//! packed into the same splits and joined in the same way. Spark packs the files that are left after partitions are pruned, by their
//! total size (`FilePartition.maxSplitBytes`), and chooses joins by estimated sizes, which for a loaded frame can be ten
//! times those of its table; neither is known here.

use super::block::Walk;
use super::from::Block;
use super::functions::Failure;
use super::scope::Clause;
use super::{Filter, Fixed, SensitivityKind, functions};
use crate::diagnostic::Span;
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

    /// Notes what in an expression may fail on some values.
    pub(super) fn failures(&mut self, expression: &Expression) {
        if expression.operators.failing {
            let what = "an operator that may fail";
            self.sensitivity(SensitivityKind::MayFail, expression.span, what);
        } else if expression.operators.strict {
            self.strict(
                expression.span,
                "an operator that may fail under ANSI rules",
            );
        }
        for call in &expression.calls {
            let fails = match functions::failure(&call.name, call.arguments) {
                // Declared: it gives a value for all arguments. Unknown: that says more.
                _ if self.is_declared(call) || self.is_unknown(call) => false,
                Failure::Never => false,
                Failure::Ansi => self.session.rules.strict,
                Failure::May => true,
            };
            if fails {
                self.sensitivity(SensitivityKind::MayFail, call.span, &call.name);
            }
        }
    }

    fn is_declared(&self, call: &Call) -> bool {
        let declared = &self.declarations.deterministic_functions;
        declared.contains(&call.name)
    }

    fn is_unknown(&self, call: &Call) -> bool {
        self.trait_of(call) == Some(SensitivityKind::UnknownFunction)
    }

    /// Notes what may fail under ANSI rules, where they may hold.
    pub(super) fn strict(&mut self, span: Span, what: &str) {
        if self.session.rules.strict {
            self.sensitivity(SensitivityKind::MayFail, span, what);
        }
    }

    fn trait_of(&self, call: &Call) -> Option<SensitivityKind> {
        let proven = call
            .window
            .as_ref()
            .is_some_and(|window| self.is_unique(window));
        let by_rows = call.window.as_ref().is_some_and(|window| window.rows);
        if self.is_declared(call) {
            return (by_rows && !proven).then_some(SensitivityKind::OrderSensitive);
        }
        if self.session.functions.may_have_made(&call.name) {
            return Some(SensitivityKind::UnknownFunction);
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
