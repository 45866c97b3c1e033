//! The clauses of a block, token by token.

use super::Look;
use crate::diagnostic::Span;
use crate::frontend::sql::TokenKind;
use crate::frontend::statement::{Block, Expression, SelectItem};
use crate::planner::frame::Reason;
use crate::planner::frame::texts::PlacedToken;

/// Where the clauses of a block stand.
#[derive(Clone, Copy, Debug)]
pub(in crate::planner::frame::aggregate) struct Places {
    /// From `FROM` to the end of `WHERE`.
    pub(in crate::planner::frame::aggregate) filtered: Span,
    /// From `FROM` to the end of `GROUP BY`.
    pub(in crate::planner::frame::aggregate) rows: Span,
    /// The word `HAVING`, and the condition.
    pub(in crate::planner::frame::aggregate) having: Option<(Span, Span)>,
}

impl Look<'_, '_> {
    /// `SELECT … FROM table [WHERE …] [GROUP BY …] [HAVING …]` and nothing else.
    pub(super) fn shape(&self) -> Result<(), Reason> {
        let Block { select, query } = self.one.block;
        let table = self.one.reference;
        let plain = query.verbatim
            && !select.distinct
            && select.other.is_empty()
            && !table.modified
            && !table.bare
            && table.columns.is_empty();
        if !plain {
            let text = "it is more than `SELECT … FROM table WHERE … GROUP BY … HAVING …`";
            return Err(Reason::new("block-shape", text));
        }
        let name = table.name.span;
        let before = Span {
            end: name.start,
            ..select.span
        };
        let after = Span {
            start: name.end,
            ..select.span
        };
        let texts = self.context.texts;
        let loose = [before, after].map(|part| texts.loose_variable(part));
        if let Some(variable) = loose.into_iter().flatten().next() {
            let text = format!("the variable `{variable}` stands outside strings and numbers");
            return Err(Reason::new("template-variable", text));
        }
        let mut expressions = self.expressions();
        if expressions.any(|expression| !expression.queries.is_empty()) {
            let text = "it holds a subquery in an expression";
            return Err(Reason::new("nested-query", text));
        }
        Ok(())
    }

    /// Every expression of the block and of what orders it.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let Block { select, query } = self.one.block;
        let items = select.items.iter().filter_map(|item| match item {
            SelectItem::Expression { expression, .. } => Some(expression),
            SelectItem::Wildcard { .. } => None,
        });
        items
            .chain(&select.filter)
            .chain(&select.group_by)
            .chain(&select.having)
            .chain(&query.order_by)
            .chain(&query.tail)
    }

    /// Where the rows come from, and `HAVING`: every token in these clauses belongs to what was understood of them.
    pub(super) fn places(&self) -> Result<Places, Reason> {
        let unclear = || {
            let text = "the text of its clauses is not plain";
            Reason::new("block-shape", text)
        };
        let select = self.one.block.select;
        let clauses = select.clauses;
        let from = clauses.from.ok_or_else(unclear)?;
        let items = select.items.iter().map(|item| match item {
            SelectItem::Expression { expression, alias } => alias
                .as_ref()
                .map_or(expression.span.end, |alias| alias.span.end),
            SelectItem::Wildcard { span, .. } => span.end,
        });
        let mut last = items.max().unwrap_or(select.span.start);
        let all = [clauses.filter, clauses.group_by, clauses.having];
        for clause in [Some(from)].into_iter().chain(all).flatten() {
            if clause.start < last || !select.span.contains(clause) {
                return Err(unclear());
            }
            last = clause.end;
        }
        let filtered = from.join(clauses.filter.unwrap_or(from));
        let rows = filtered.join(clauses.group_by.unwrap_or(filtered));
        let table = self.one.reference;
        let alias = table.alias.as_ref().map(|alias| alias.span);
        let spans = |of: &[Expression]| of.iter().map(|one| one.span).collect::<Vec<_>>();
        let named: Vec<Span> = [Some(table.name.span), alias]
            .into_iter()
            .flatten()
            .collect();
        let understood = self.is(from, &["from", "as"], &[], &named)
            && clauses.filter.is_none_or(|clause| {
                self.is(clause, &["where", "and"], &["(", ")"], &spans(&select.filter))
            })
            && clauses.group_by.is_none_or(|clause| {
                self.is(clause, &["group", "by"], &[","], &spans(&select.group_by))
            })
            && clauses.having.is_none_or(|clause| {
                self.is(clause, &["having", "and"], &["(", ")"], &spans(&select.having))
            })
            && clauses.filter.is_none() == select.filter.is_empty()
            && clauses.group_by.is_none() == select.group_by.is_empty()
            && clauses.having.is_none() == select.having.is_empty()
            // Nothing stands between or behind the clauses.
            && self.tokens(select.span).all(|token| {
                token.span.end <= from.start
                    || [Some(from)].into_iter().chain(all).flatten().any(|clause| clause.contains(token.span))
            });
        if !understood {
            return Err(unclear());
        }
        let having = match clauses.having {
            None => None,
            Some(clause) => {
                let word = self.tokens(clause).next().ok_or_else(unclear)?.span;
                let condition = Span {
                    start: word.end,
                    ..clause
                };
                Some((word, condition))
            }
        };
        Ok(Places {
            filtered,
            rows,
            having,
        })
    }

    pub(super) fn tokens(&self, span: Span) -> impl Iterator<Item = &PlacedToken<'_>> {
        self.context.texts.within(span).iter()
    }

    /// Whether all tokens of a clause are some words and symbols, or belong to some places in it.
    pub(super) fn is(
        &self,
        clause: Span,
        words: &[&str],
        symbols: &[&str],
        places: &[Span],
    ) -> bool {
        self.tokens(clause).all(|token| {
            let apart = match token.kind {
                TokenKind::Word => words
                    .iter()
                    .any(|word| token.text.eq_ignore_ascii_case(word)),
                TokenKind::Symbol => symbols.contains(&token.text),
                _ => false,
            };
            places.iter().any(|place| place.contains(token.span)) || apart
        })
    }
}
