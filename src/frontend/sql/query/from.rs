//! Relations of the syntax tree → [`Relation`].

use std::ops::Range;

use sqlparser::ast::{self, JoinConstraint, JoinOperator, TableFactor};
use sqlparser::keywords::Keyword;

use super::{Lowering, NotUnderstood, not_understood};
use crate::frontend::sql::words::Mark;
use crate::frontend::statement::{
    Identifier, Join, JoinColumns, JoinKind, Relation, TableReference,
};

impl Lowering<'_> {
    /// A relation with its joins.
    pub(super) fn joined(
        &self,
        joined: &ast::TableWithJoins,
        range: Range<usize>,
    ) -> Result<Relation, NotUnderstood> {
        if joined.joins.is_empty() {
            return self.relation(&joined.relation, range);
        }
        // Where each join starts, and its word `JOIN`.
        let mut starts: Vec<(usize, usize)> = Vec::with_capacity(joined.joins.len());
        for index in self.text.top(range.clone()) {
            if self.text.is(index, Keyword::JOIN) {
                let mut start = index;
                while start > range.start && self.is_join_word(start - 1) {
                    start -= 1;
                }
                starts.push((start, index));
            }
        }
        if starts.len() != joined.joins.len() {
            return Err(not_understood("the text of a join"));
        }
        let first_end = starts.first().map_or(range.end, |(start, _)| *start);
        let first = self.relation(&joined.relation, range.start..first_end)?;
        let ends = starts
            .iter()
            .skip(1)
            .map(|(start, _)| *start)
            .chain([range.end]);
        let joins = joined.joins.iter().zip(&starts).zip(ends);
        Ok(Relation::Joined {
            first: Box::new(first),
            joins: joins
                .map(|((join, (_, word)), end)| self.join(join, word + 1..end))
                .collect::<Result<_, _>>()?,
        })
    }

    fn is_join_word(&self, index: usize) -> bool {
        matches!(
            self.text.keyword(index),
            Keyword::INNER
                | Keyword::CROSS
                | Keyword::LEFT
                | Keyword::RIGHT
                | Keyword::FULL
                | Keyword::OUTER
                | Keyword::SEMI
                | Keyword::ANTI
                | Keyword::NATURAL
        )
    }

    /// `range`: from the word after `JOIN` to the next join or the end.
    fn join(&self, join: &ast::Join, range: Range<usize>) -> Result<Join, NotUnderstood> {
        let (kind, constraint) = match &join.join_operator {
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::CrossJoin(constraint) => (JoinKind::Inner, constraint),
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
                (JoinKind::Left, constraint)
            }
            JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
                (JoinKind::Right, constraint)
            }
            JoinOperator::FullOuter(constraint) => (JoinKind::Full, constraint),
            JoinOperator::Semi(constraint) | JoinOperator::LeftSemi(constraint) => {
                (JoinKind::Semi, constraint)
            }
            JoinOperator::Anti(constraint) | JoinOperator::LeftAnti(constraint) => {
                (JoinKind::Anti, constraint)
            }
            _ => return Err(not_understood("this kind of join")),
        };
        let condition = self
            .text
            .top(range.clone())
            .find(|index| matches!(self.text.keyword(*index), Keyword::ON | Keyword::USING));
        let end = condition.unwrap_or(range.end);
        let relation = self.relation(&join.relation, range.start..end)?;
        let (on, using) = match (constraint, condition) {
            (JoinConstraint::On(expr), Some(at)) => {
                (self.conjuncts(expr, at + 1..range.end)?, JoinColumns::None)
            }
            (JoinConstraint::Using(names), Some(_)) => {
                let columns = names
                    .iter()
                    .map(|name| {
                        self.object_name(name)?
                            .parts
                            .pop()
                            .ok_or_else(|| not_understood("an empty `USING` column"))
                    })
                    .collect::<Result<Vec<Identifier>, _>>()?;
                (Vec::new(), JoinColumns::Using(columns))
            }
            (JoinConstraint::Natural, None) => (Vec::new(), JoinColumns::Natural),
            (JoinConstraint::None, None) => (Vec::new(), JoinColumns::None),
            _ => return Err(not_understood("the text of a join condition")),
        };
        Ok(Join {
            relation,
            kind,
            on,
            using,
        })
    }

    fn relation(
        &self,
        factor: &TableFactor,
        range: Range<usize>,
    ) -> Result<Relation, NotUnderstood> {
        let mark = self.text.mark(range.start);
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                version: None,
                sample: None,
                ..
            } => {
                let (alias, columns) = self.alias(alias.as_ref())?;
                Ok(Relation::Table(TableReference {
                    name: self.object_name(name)?,
                    alias,
                    columns,
                    modified: mark == Mark::Modified,
                    bare: mark == Mark::Bare,
                }))
            }
            TableFactor::Function {
                name, args, alias, ..
            } if mark != Mark::Modified => self.table_function(name, args, alias.as_ref()),
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                sample: None,
            } => {
                let open = range.start + usize::from(self.text.is(range.start, Keyword::LATERAL));
                let inside = self
                    .text
                    .inside(open)
                    .ok_or_else(|| not_understood("the text of a derived table"))?;
                let (alias, columns) = self.alias(alias.as_ref())?;
                Ok(Relation::Derived {
                    query: Box::new(self.query(subquery, inside)?),
                    alias,
                    columns,
                    lateral: *lateral,
                    modified: self.text.mark(open) == Mark::Modified,
                })
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } if mark == Mark::None => {
                let inside = self
                    .text
                    .unwrap(&range)
                    .ok_or_else(|| not_understood("the text of a join in brackets"))?;
                self.joined(table_with_joins, inside)
            }
            _ => Err(not_understood("this kind of relation")),
        }
    }

    fn table_function(
        &self,
        name: &ast::ObjectName,
        args: &[ast::FunctionArg],
        alias: Option<&ast::TableAlias>,
    ) -> Result<Relation, NotUnderstood> {
        let lost = || not_understood("the text of a table function");
        let ends = name.0.first().zip(name.0.last()).ok_or_else(lost)?;
        let word = |part: &ast::ObjectNamePart| part.as_ident().and_then(Self::word);
        let (start, end) = word(ends.0).zip(word(ends.1)).ok_or_else(lost)?;
        let inside = self.text.inside(end + 1).ok_or_else(lost)?;
        let whole = self.text.mark(start) == Mark::Whole;
        let called = if whole { None } else { Some(name) };
        let arguments = self.arguments(called, args, start..inside.end + 1)?;
        let (alias, columns) = self.alias(alias)?;
        Ok(Relation::Function {
            arguments: vec![arguments],
            // A word that is not in the text.
            alias: alias.filter(|alias| !alias.text.is_empty()),
            columns,
            whole,
        })
    }

    fn alias(
        &self,
        alias: Option<&ast::TableAlias>,
    ) -> Result<(Option<Identifier>, Vec<Identifier>), NotUnderstood> {
        let Some(alias) = alias else {
            return Ok((None, Vec::new()));
        };
        let columns = alias
            .columns
            .iter()
            .map(|column| self.identifier(&column.name))
            .collect::<Result<_, _>>()?;
        Ok((Some(self.identifier(&alias.name)?), columns))
    }
}
