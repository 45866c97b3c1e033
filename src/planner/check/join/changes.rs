//! What changes in the text of a block that reads a join core, besides the name of its first table.

use std::collections::BTreeSet;

use super::place::{Part, Place, Stands};
use super::text::Core;
use crate::diagnostic::Span;
use crate::frontend::statement::{ColumnReference, Expression, Identifier, SelectItem, Shape};
use crate::planner::check::Check;
use crate::planner::check::change::{Change, Instead};
use crate::planner::check::emitted::{Placed, within};
use crate::planner::check::names::{Names, Role, query};

/// Tables that go, and columns that are called otherwise.
pub(in crate::planner::check) fn changes(
    check: &Check<'_>,
    core: &Core,
    place: &Place<'_>,
) -> Result<Vec<Change>, String> {
    let file = check
        .tokens
        .get(&place.statement.source)
        .ok_or("has no tokens to compare with")?;
    let file = within(file, place.statement.span);
    let mut removed = Vec::new();
    for number in place.members.iter().filter(|one| **one != place.first()) {
        let part = place.parts.get(*number).ok_or("loses no table")?;
        let span =
            gone(check, &file, part).ok_or("loses a table whose place in the text is not plain")?;
        removed.push(span);
    }
    let mut columns = Columns {
        core,
        place,
        file: &file,
        removed: &removed,
        seen: BTreeSet::new(),
        changes: Vec::new(),
    };
    columns.block()?;
    columns.nowhere_else()?;
    let mut changes = columns.changes;
    changes.extend(removed.into_iter().map(|span| Change {
        span,
        instead: Vec::new(),
    }));
    changes.sort_by_key(|change| change.span);
    changes.dedup_by_key(|change| change.span);
    Ok(changes)
}

/// From the comma or the words before `JOIN` to the end of the condition. Blanks before go too where nothing else
/// stands there, unless the tokens around would touch.
fn gone(check: &Check<'_>, file: &[Placed<'_>], part: &Part<'_>) -> Option<Span> {
    let table = part.table()?;
    let at = file
        .iter()
        .position(|token| token.span.start == table.name.span.start)?;
    let alias = table.alias.as_ref().map(|alias| alias.span.end);
    let named = alias.unwrap_or(table.name.span.end);
    let (before, _) = file.split_at_checked(at)?;
    let word = before.last()?;
    let (mut start, mut end) = (at - 1, named);
    if part.stands == Stands::Joined {
        if !word.is_word("join") {
            return None;
        }
        let kinds = ["inner", "cross", "left", "outer"];
        let leading = before.iter().rev().skip(1);
        start -= leading
            .take_while(|token| kinds.iter().any(|kind| token.is_word(kind)))
            .count();
        if let Some(last) = part.on.last() {
            end = condition_end(file, part, named, last.span.end)?;
        }
    } else if !word.is_symbol(",") {
        return None;
    }
    let first = file.get(start)?.span;
    let whole = Span { end, ..first };
    let Some(previous) = start.checked_sub(1).and_then(|index| file.get(index)) else {
        return Some(whole);
    };
    let next = file.iter().find(|token| token.span.start >= end);
    let blanks = Span {
        start: previous.span.end,
        end: first.start,
        ..first
    };
    let only_blanks = check.sources.text(blanks).chars().all(char::is_whitespace);
    let touches = next.is_some_and(|next| {
        let closing = next.is_symbol(")") || next.is_symbol(",") || next.is_symbol(";");
        next.span.start == end && !closing
    });
    Some(if only_blanks && !touches {
        Span {
            start: previous.span.end,
            ..whole
        }
    } else {
        whole
    })
}

/// Behind the brackets that close a condition.
fn condition_end(file: &[Placed<'_>], part: &Part<'_>, from: u32, last: u32) -> Option<u32> {
    let mut tokens = file.iter().filter(|token| token.span.start >= from);
    if !tokens.next()?.is_word("on") {
        return None;
    }
    let mut open = 0_u32;
    let mut end = last;
    for token in tokens {
        if part.on.iter().any(|test| test.span.contains(token.span)) {
            continue;
        }
        let behind = token.span.start >= last;
        if behind && open == 0 {
            return Some(end);
        }
        if token.is_symbol("(") && !behind {
            open += 1;
        } else if token.is_symbol(")") {
            open = open.checked_sub(1)?;
            end = end.max(token.span.end);
        } else if behind || !token.is_word("and") {
            return None;
        }
    }
    (open == 0).then_some(end)
}

/// Words behind which brackets hold a list of values; behind others they are those of a function, an `IN` or a type.
const OPERATORS: [&str; 19] = [
    "all", "and", "as", "between", "by", "case", "distinct", "div", "else", "from", "having",
    "ilike", "is", "like", "not", "or", "rlike", "then", "when",
];

/// How the name of a column matters where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Not at all.
    Value,
    /// It is a whole item of the select list without an alias.
    Item,
    /// It is in the name of what it stands in, or found by its name.
    Name,
    /// In an `ORDER BY`.
    Order,
}

struct Columns<'c, 'a> {
    core: &'c Core,
    place: &'c Place<'a>,
    file: &'c [Placed<'a>],
    removed: &'c [Span],
    /// Qualifiers of the block that are accounted for.
    seen: BTreeSet<u32>,
    changes: Vec<Change>,
}

impl Columns<'_, '_> {
    fn block(&mut self) -> Result<(), String> {
        let (select, query) = (self.place.block.select, self.place.block.query);
        for item in &select.items {
            match item {
                SelectItem::Expression { expression, alias } => {
                    let bare = matches!(expression.columns.as_slice(), [column]
                        if expression.shape == Shape::Column && is_all(column, expression));
                    let used = match alias {
                        Some(_) => Use::Value,
                        None if bare => Use::Item,
                        None => Use::Name,
                    };
                    self.expression(expression, used)?;
                }
                SelectItem::Wildcard { qualifier, .. } => {
                    self.star(qualifier.as_ref().map(|name| name.parts.as_slice()))?;
                }
            }
        }
        let on = self.place.parts.iter().flat_map(|part| part.on);
        let clauses = [
            &select.filter,
            &select.group_by,
            &select.having,
            &select.other,
        ];
        let all: Vec<&Expression> = on.chain(clauses.into_iter().flatten()).collect();
        for expression in all {
            self.expression(expression, Use::Value)?;
        }
        for expression in query.order_by.iter().chain(&query.tail) {
            self.expression(expression, Use::Order)?;
        }
        Ok(())
    }

    fn expression(&mut self, expression: &Expression, used: Use) -> Result<(), String> {
        let used = if used == Use::Value && self.makes_fields(expression) {
            Use::Name
        } else {
            used
        };
        let windows = expression.calls.iter();
        let windows = windows.filter_map(|call| call.window.as_ref()?.keys.as_ref());
        for reference in expression.columns.iter().chain(windows.flatten()) {
            self.reference(reference, used)?;
        }
        for star in &expression.stars {
            self.star(star.as_ref().map(|name| name.parts.as_slice()))?;
        }
        for query in &expression.queries {
            // Whatever in it is not qualified may mean a table around it.
            let names = Names::of(query);
            for (span, role) in names.roles.values() {
                if *role != Role::Column {
                    continue;
                }
                let token = self.file.iter().find(|token| token.span == *span);
                if let Some(key) = token.map(Placed::key) {
                    self.by_name(&key)?;
                }
            }
        }
        Ok(())
    }

    fn reference(&mut self, reference: &ColumnReference, used: Use) -> Result<(), String> {
        let (called, column) = match reference.parts.as_slice() {
            [] => return Ok(()),
            [only] if self.is_removed(only) => return Ok(()),
            [only] => return self.unqualified(only, used),
            [called, column, ..] => (called, column),
        };
        if self.is_removed(called) {
            self.seen.insert(called.span.start);
            return Ok(());
        }
        let Some(member) = self.member(&called.key()) else {
            return self.unqualified(called, used);
        };
        self.seen.insert(called.span.start);
        let key = column.key();
        let name = self.core.name(member, &key).ok_or_else(|| {
            format!(
                "needs `{}.{}`, which the frame does not hold",
                called.text, column.text
            )
        })?;
        let first = self.place.parts.get(self.place.first());
        let anchor = first.and_then(Part::called).ok_or("names no first table")?;
        if name.to_lowercase() == key {
            if called.key() != anchor {
                self.changes.push(Change {
                    span: called.span,
                    instead: vec![Instead::Named(anchor)],
                });
            }
            return Ok(());
        }
        let mut instead = vec![
            Instead::Named(anchor),
            Instead::Symbol("."),
            Instead::Named(name.to_lowercase()),
        ];
        match used {
            Use::Value => {}
            Use::Item => {
                instead.extend([Instead::Word("as"), Instead::Spelled(column.text.clone())]);
            }
            Use::Order if !self.place.block.select.distinct => {}
            Use::Name | Use::Order => {
                return Err(format!(
                    "gives something the name of `{}.{}`, which the frame calls otherwise",
                    called.text, column.text
                ));
            }
        }
        self.changes.push(Change {
            span: called.span.join(column.span),
            instead,
        });
        Ok(())
    }

    /// Whether the reader no longer says it.
    fn is_removed(&self, name: &Identifier) -> bool {
        self.removed.iter().any(|span| span.contains(name.span))
    }

    /// A name that may be a column of several relations, or of the select list.
    fn unqualified(&self, name: &Identifier, used: Use) -> Result<(), String> {
        let key = name.key();
        let output = self.place.block.select.items.iter().any(|item| match item {
            SelectItem::Expression { expression, alias } => {
                let plain = match expression.columns.as_slice() {
                    [column] if expression.shape == Shape::Column => column.parts.last(),
                    _ => None,
                };
                let output = alias.as_ref().or(plain);
                output.is_some_and(|output| output.key() == key)
            }
            SelectItem::Wildcard { .. } => false,
        });
        if used == Use::Order && output {
            return Ok(());
        }
        let members = 0..self.core.members.len();
        let owners: Vec<usize> = members.filter(|one| self.core.has(*one, &key)).collect();
        match owners.as_slice() {
            [] => Ok(()),
            [member] if self.is_called(*member, &key) => Ok(()),
            _ => Err(format!(
                "names `{}`, which means something else in the frame",
                name.text
            )),
        }
    }

    /// A name in a nested query.
    fn by_name(&self, key: &str) -> Result<(), String> {
        let renamed = self
            .core
            .columns
            .iter()
            .any(|(_, column, name)| column == key && name.to_lowercase() != key);
        let lost = (0..self.core.members.len())
            .any(|member| self.core.has(member, key) && self.core.name(member, key).is_none());
        if renamed || lost {
            return Err(format!(
                "names `{key}` in a nested query, which may mean something else in the frame"
            ));
        }
        Ok(())
    }

    fn is_called(&self, member: usize, key: &str) -> bool {
        let name = self.core.name(member, key);
        name.is_some_and(|name| name.to_lowercase() == key)
    }

    fn member(&self, called: &str) -> Option<usize> {
        let mut parts = self.place.parts.iter();
        let part = parts.find(|part| part.called().as_deref() == Some(called))?;
        part.member
    }

    fn star(&mut self, qualifier: Option<&[Identifier]>) -> Result<(), String> {
        match qualifier {
            Some([called]) if self.member(&called.key()).is_none() => Ok(()),
            _ => Err("takes all columns of tables that a frame replaces".to_owned()),
        }
    }

    /// Whether the expression may make fields that are called as columns are.
    fn makes_fields(&self, expression: &Expression) -> bool {
        let mut calls = expression.calls.iter();
        if calls.any(|call| call.name == "struct" || call.name == "arrays_zip") {
            return true;
        }
        let mut open: Vec<bool> = Vec::new();
        let mut applied = false;
        for token in within(self.file, expression.span) {
            if token.is_symbol("(") {
                open.push(!applied);
            } else if token.is_symbol(")") {
                open.pop();
            } else if token.is_symbol(",") && open.last() == Some(&true) {
                return true;
            }
            applied = token.is_name() && !OPERATORS.iter().any(|word| token.is_word(word));
        }
        false
    }

    /// No other place of the statement names one of the tables.
    fn nowhere_else(&self) -> Result<(), String> {
        let whole = query(self.place.statement).ok_or("has no query to read a frame in")?;
        let names = Names::of(whole);
        let spans: Vec<Span> = self
            .place
            .members
            .iter()
            .filter_map(|number| Some(self.place.parts.get(*number)?.table()?.name.span))
            .collect();
        let tables = names.tables.iter();
        let numbers: Vec<usize> = tables
            .filter(|table| spans.contains(&table.reference.name.span))
            .map(|table| table.number)
            .collect();
        for (span, role) in names.roles.values() {
            let Role::Qualifier(number) = role else {
                continue;
            };
            if numbers.contains(number) && !self.seen.contains(&span.start) {
                return Err("names a table that a frame replaces from outside its block".to_owned());
            }
        }
        // What orders the block from outside sees the qualifiers of its columns.
        let called: Vec<String> = self
            .place
            .members
            .iter()
            .filter_map(|number| self.place.parts.get(*number)?.called())
            .collect();
        let block = self.place.block.select.span;
        let outside = self.file.windows(2).any(|pair| match pair {
            [name, dot] => {
                let behind = name.span.start >= block.end;
                behind
                    && name.is_name()
                    && dot.is_symbol(".")
                    && called.contains(&name.key())
                    && !self.seen.contains(&name.span.start)
                    && !names.roles.contains_key(&name.span.start)
            }
            _ => false,
        });
        if outside {
            return Err("orders a block by a table that a frame replaces".to_owned());
        }
        Ok(())
    }
}

/// Whether an expression is a column with its qualifier and nothing around it.
fn is_all(column: &ColumnReference, expression: &Expression) -> bool {
    match column.parts.as_slice() {
        [first, last] => first.span.join(last.span) == expression.span,
        _ => false,
    }
}
