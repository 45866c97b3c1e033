//! The clauses of a block, token by token.

use super::{Having, Look, Places, Problem};
use crate::diagnostic::Span;
use crate::frontend::statement::Expression;
use crate::planner::check::emitted::Placed;

impl Look<'_> {
    /// The block is `SELECT … FROM table [WHERE …] [GROUP BY …] [HAVING …]`, token by token behind the select list.
    pub(super) fn clauses(&self, name: Span, alias: Option<Span>) -> Result<Places, Problem> {
        let unread = "groups in a block whose clauses cannot be told apart";
        let select = self.select();
        if select.distinct || !select.other.is_empty() || !self.block.query.verbatim {
            return Err("groups in a block that does more".to_owned());
        }
        let from = select.clauses.from.ok_or(unread)?;
        let spans = |of: &[Expression]| of.iter().map(|one| one.span).collect::<Vec<_>>();
        let table: Vec<Span> = [Some(name), alias].into_iter().flatten().collect();
        let clauses = [
            (Some(from), vec!["from", "as"], vec![], table),
            (
                select.clauses.filter,
                vec!["where", "and"],
                vec!["(", ")"],
                spans(&select.filter),
            ),
            (
                select.clauses.group_by,
                vec!["group", "by"],
                vec![","],
                spans(&select.group_by),
            ),
            (
                select.clauses.having,
                vec!["having", "and"],
                vec!["(", ")"],
                spans(&select.having),
            ),
        ];
        let mut behind = from.start;
        for (clause, words, symbols, parts) in &clauses {
            let Some(clause) = clause else {
                if parts.is_empty() {
                    continue;
                }
                return Err(unread.to_owned());
            };
            // Nothing lies between this clause and the one before.
            let between = Span {
                start: behind,
                end: clause.start,
                ..from
            };
            let known = |token: &Placed<'_>| {
                parts.iter().any(|part| part.contains(token.span))
                    || words.iter().any(|word| token.is_word(word))
                    || symbols.iter().any(|symbol| token.is_symbol(symbol))
            };
            if behind > clause.start
                || self.within(between).next().is_some()
                || !self.within(*clause).all(known)
            {
                return Err(unread.to_owned());
            }
            behind = clause.end;
        }
        let rest = Span {
            start: behind,
            ..select.span
        };
        if behind > select.span.end || self.within(rest).next().is_some() {
            return Err(unread.to_owned());
        }
        let having = match select.clauses.having {
            None => None,
            Some(clause) => {
                let word = self.within(clause).next().ok_or(unread)?;
                Some(Having {
                    word: word.span,
                    end: clause.end,
                })
            }
        };
        Ok(Places {
            source: from.join(select.clauses.filter.unwrap_or(from)),
            keys: select.clauses.group_by,
            having,
        })
    }
}
