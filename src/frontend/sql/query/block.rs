//! Blocks of the syntax tree → [`Select`].

use std::ops::Range;

use sqlparser::ast::{self, GroupByExpr, SelectItemQualifiedWildcardKind};
use sqlparser::keywords::Keyword;

use super::{Lowering, NotUnderstood, not_understood};
use crate::frontend::sql::words::Words;
use crate::frontend::statement::{Call, Clauses, Expression, Select, SelectItem};

impl Lowering<'_> {
    pub(super) fn select(
        &self,
        select: &ast::Select,
        range: Range<usize>,
    ) -> Result<Select, NotUnderstood> {
        let plain = select.connect_by.is_empty()
            && select.lateral_views.is_empty()
            && select.named_window.is_empty()
            && select.cluster_by.is_empty()
            && select.distribute_by.is_empty()
            && select.sort_by.is_empty()
            && select.prewhere.is_none()
            && select.into.is_none()
            && select.top.is_none()
            && select.value_table_mode.is_none();
        if !plain || !self.text.is(range.start, Keyword::SELECT) {
            return Err(not_understood("a clause of this SELECT"));
        }
        let clauses = Ranges::find(self.text, range.clone());
        let items = self.items(select, clauses.items(self.text))?;
        let from = match (&clauses.from, select.from.is_empty()) {
            (None, true) => Vec::new(),
            (Some(clause), false) => {
                let entries = self.text.list(clause.clone());
                if entries.len() != select.from.len() {
                    return Err(not_understood("the text of `FROM`"));
                }
                let entries = select.from.iter().zip(entries);
                entries
                    .map(|(entry, range)| self.joined(entry, range))
                    .collect::<Result<_, _>>()?
            }
            _ => return Err(not_understood("the text of `FROM`")),
        };
        let filter = self.condition(select.selection.as_ref(), clauses.filter.as_ref())?;
        let having = self.condition(select.having.as_ref(), clauses.having.as_ref())?;
        let other = self.condition(select.qualify.as_ref(), clauses.other.as_ref())?;
        let GroupByExpr::Expressions(keys, _) = &select.group_by else {
            return Err(not_understood("the text of `GROUP BY`"));
        };
        let group_by = match &clauses.group_by {
            None if keys.is_empty() => Vec::new(),
            Some(clause) => self.expressions(keys, clause.clone())?,
            None => return Err(not_understood("the text of `GROUP BY`")),
        };
        let aggregates = items.iter().any(|item| match item {
            SelectItem::Expression { expression, .. } => {
                expression.calls.iter().any(Call::is_aggregate)
            }
            SelectItem::Wildcard { .. } => false,
        });
        Ok(Select {
            span: self.text.span(range),
            distinct: select.distinct.is_some(),
            items,
            from,
            filter,
            grouped: aggregates || !group_by.is_empty() || !having.is_empty(),
            group_by,
            having,
            other,
            clauses: clauses.places(self.text),
        })
    }

    fn condition(
        &self,
        condition: Option<&ast::Expr>,
        clause: Option<&Range<usize>>,
    ) -> Result<Vec<Expression>, NotUnderstood> {
        match (condition, clause) {
            (None, None) => Ok(Vec::new()),
            (Some(condition), Some(clause)) => self.conjuncts(condition, clause.clone()),
            _ => Err(not_understood("the text of a condition")),
        }
    }

    fn items(
        &self,
        select: &ast::Select,
        range: Range<usize>,
    ) -> Result<Vec<SelectItem>, NotUnderstood> {
        let entries = self.text.list(range);
        if entries.len() != select.projection.len() {
            return Err(not_understood("the text of the select list"));
        }
        select
            .projection
            .iter()
            .zip(entries)
            .map(|(item, range)| self.item(item, range))
            .collect()
    }

    fn item(
        &self,
        item: &ast::SelectItem,
        range: Range<usize>,
    ) -> Result<SelectItem, NotUnderstood> {
        match item {
            ast::SelectItem::UnnamedExpr(expr) => Ok(SelectItem::Expression {
                expression: self.expression(expr, range)?,
                alias: None,
            }),
            ast::SelectItem::ExprWithAlias { expr, alias } => {
                let end = range.end.saturating_sub(2);
                if end <= range.start || !self.text.is(end, Keyword::AS) {
                    return Err(not_understood("the text of an alias"));
                }
                Ok(SelectItem::Expression {
                    expression: self.expression(expr, range.start..end)?,
                    alias: Some(self.identifier(alias)?),
                })
            }
            ast::SelectItem::Wildcard(_) => Ok(SelectItem::Wildcard {
                qualifier: None,
                span: self.text.span(range),
            }),
            ast::SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(name),
                _,
            ) => Ok(SelectItem::Wildcard {
                qualifier: Some(self.object_name(name)?),
                span: self.text.span(range),
            }),
            _ => Err(not_understood("an item of the select list")),
        }
    }
}

/// Where the clauses of a block stand, without their words.
#[derive(Default)]
struct Ranges {
    /// The block up to its first clause.
    head: Range<usize>,
    from: Option<Range<usize>>,
    filter: Option<Range<usize>>,
    group_by: Option<Range<usize>>,
    having: Option<Range<usize>>,
    other: Option<Range<usize>>,
}

impl Ranges {
    fn find(text: &Words<'_>, range: Range<usize>) -> Self {
        let words: Vec<usize> = text
            .top(range.clone())
            .filter(|index| {
                matches!(
                    text.keyword(*index),
                    Keyword::FROM
                        | Keyword::WHERE
                        | Keyword::GROUP
                        | Keyword::HAVING
                        | Keyword::QUALIFY
                )
            })
            .collect();
        let mut clauses = Ranges {
            head: range.start..words.first().copied().unwrap_or(range.end),
            ..Ranges::default()
        };
        let ends = words.iter().skip(1).copied().chain([range.end]);
        for (word, end) in words.iter().copied().zip(ends) {
            let after = Some(word + 1..end);
            match text.keyword(word) {
                Keyword::FROM => clauses.from = after,
                Keyword::WHERE => clauses.filter = after,
                Keyword::GROUP => clauses.group_by = Some(word + 2..end),
                Keyword::HAVING => clauses.having = after,
                _ => clauses.other = after,
            }
        }
        clauses
    }

    /// The same in the text, with their words.
    fn places(&self, text: &Words<'_>) -> Clauses {
        let place = |clause: &Option<Range<usize>>, words: usize| {
            let clause = clause.as_ref()?;
            Some(text.span(clause.start.checked_sub(words)?..clause.end))
        };
        Clauses {
            from: place(&self.from, 1),
            filter: place(&self.filter, 1),
            group_by: place(&self.group_by, 2),
            having: place(&self.having, 1),
        }
    }

    /// The select list.
    fn items(&self, text: &Words<'_>) -> Range<usize> {
        let distinct = text.is(self.head.start + 1, Keyword::DISTINCT);
        self.head.start + 1 + usize::from(distinct)..self.head.end
    }
}
