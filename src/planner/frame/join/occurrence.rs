//! A block as a reader of a core: its tables of the core are one relation, at the place of the first of them.
//!
//! Why that is allowed, with `L` for what stands before, `X` for a relation between and `m` for a table of the core:
//!
//! | in the text | equals | because |
//! |---|---|---|
//! | `(L ⋈ X) ⋈ m`, the key of `m` in `L` | `(L ⋈ m) ⋈ X` | inner joins are products that are filtered |
//! | `(L ⟕ X) ⋈ m`, the key of `m` in `L` | `(L ⋈ m) ⟕ X` | each row of `L` is kept once per partner in `X`, whether it meets `m` before or after |
//! | `(L ⋈ X) ⟕ m`, `(L ⟕ X) ⟕ m`, the key of `m` in `L` | `(L ⟕ m) ⋈ X`, `(L ⟕ m) ⟕ X` | the same, `m` and `X` changing places |
//!
//! So no relation from the first table of the core to its last is joined otherwise than inner or left; none of those
//! left-joined by others gives a key to the core; what a removed `ON` says is said by the core, and nothing else. All
//! other tests of the block stay where they are.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{Graph, Leaf, Link, Standing, unshaped};
use super::cores::{Core, tables};
use super::references::{Mentions, Reference};
use crate::diagnostic::Span;
use crate::facts::access::{ReadId, SensitivityKind, TableVersion};
use crate::frontend::sql::TokenKind;
use crate::frontend::statement::JoinKind;
use crate::planner::frame::inputs::{code, why};
use crate::planner::frame::texts::PlacedToken;
use crate::planner::frame::walk::Names;
use crate::planner::frame::{Context, Reason};

/// A block that can read a core.
pub(super) struct Occurrence<'g, 'a> {
    /// The block.
    pub(super) graph: &'g Graph<'a>,
    /// The tables of the core in the order of the text, by their numbers in the block.
    pub(super) members: Vec<usize>,
    /// What goes: all tables of the core but the first, with the word or comma that joins them and their `ON`.
    pub(super) removed: Vec<Span>,
    /// What the block says about columns of the core.
    pub(super) mentions: Mentions,
}

/// The reads of a core in a block, in the order of the text; whether it can read a frame or not.
pub(super) fn reads(graph: &Graph<'_>, core: &Core) -> Vec<ReadId> {
    let members = members(graph, core);
    let leaves = members
        .iter()
        .filter_map(|number| graph.leaves.get(*number));
    leaves
        .filter_map(|leaf| leaf.read)
        .map(|read| read.id)
        .collect()
}

fn members(graph: &Graph<'_>, core: &Core) -> Vec<usize> {
    let tables = tables(core);
    let leaves = graph.leaves.iter().enumerate();
    leaves
        .filter(|(_, leaf)| {
            leaf.version()
                .is_some_and(|version| tables.contains(&version))
        })
        .map(|(number, _)| number)
        .collect()
}

impl<'g, 'a> Occurrence<'g, 'a> {
    /// The block as a reader of the core that it has, or why it cannot be one.
    pub(super) fn of(
        context: &Context<'_>,
        graph: &'g Graph<'a>,
        core: &Core,
        names: &Names<'a>,
    ) -> Result<Self, Reason> {
        let members = members(graph, core);
        for leaf in members
            .iter()
            .filter_map(|number| graph.leaves.get(*number))
        {
            if let Err(reason) = &leaf.usable {
                return Err(reason.clone());
            }
        }
        if let Some(problem) = &graph.problem {
            return Err(problem.clone());
        }
        if !graph.block.query.verbatim {
            return Err(unshaped(
                "the block is written in pipe syntax or stands for joins in brackets",
            ));
        }
        order(graph, &members, core)?;
        let removed = removed(context, graph, &members)?;
        failures(graph, core)?;
        hints(context, graph, &members)?;
        let mentions = Mentions::of(context, graph, &members, &removed, names)?;
        Ok(Occurrence {
            graph,
            members,
            removed,
            mentions,
        })
    }

    /// The table of the core that stands for a version.
    pub(super) fn member(&self, version: TableVersion) -> Option<(usize, &'g Leaf<'a>)> {
        let mut members = self.members.iter().copied();
        members.find_map(|number| {
            let leaf = self.graph.leaves.get(number)?;
            (leaf.version() == Some(version)).then_some((number, leaf))
        })
    }

    /// The columns of a table of the core that are needed from a frame, lower-case: those of the read, except for
    /// keys that only a removed `ON` names.
    pub(super) fn needed(&self, number: usize) -> BTreeSet<String> {
        let Some(leaf) = self.graph.leaves.get(number) else {
            return BTreeSet::new();
        };
        let qualified = self.mentions.references.iter();
        let mut needed: BTreeSet<String> = qualified
            .filter(|reference| reference.member == number)
            .map(|reference| reference.column.clone())
            .collect();
        if let Ok(usable) = &leaf.usable {
            let unqualified = &self.mentions.unqualified;
            let all = usable.columns.iter();
            needed.extend(all.filter(|column| unqualified.contains(*column)).cloned());
        }
        needed
    }

    /// References by the table that they mean.
    pub(super) fn references(&self) -> impl Iterator<Item = (TableVersion, &Reference)> {
        self.mentions.references.iter().filter_map(|reference| {
            let leaf = self.graph.leaves.get(reference.member)?;
            Some((leaf.version()?, reference))
        })
    }
}

/// Whether the joins may change places as the table at the top says.
fn order(graph: &Graph<'_>, members: &[usize], core: &Core) -> Result<(), Reason> {
    let (Some(first), Some(last)) = (members.first(), members.last()) else {
        return Err(unshaped("no table of it is left"));
    };
    let between = graph.leaves.get(*first..=*last).unwrap_or(&[]);
    let anchor = between.first();
    if anchor.is_none_or(|leaf| leaf.kind != JoinKind::Inner) {
        return Err(unshaped(
            "the first of its tables is joined by an outer join",
        ));
    }
    let moves = |leaf: &&Leaf<'_>| matches!(leaf.kind, JoinKind::Inner | JoinKind::Left);
    if !between.iter().all(|leaf| moves(&leaf)) {
        return Err(unshaped("a semi or anti join stands between its tables"));
    }
    for number in members.iter().skip(1) {
        let Some(leaf) = graph.leaves.get(*number) else {
            continue;
        };
        let whole = match (leaf.standing, leaf.kind) {
            (Standing::First, _) => {
                return Err(unshaped(
                    "one of its tables begins a chain of joins of its own",
                ));
            }
            (Standing::Alone, _) => true,
            (Standing::Joined, JoinKind::Left) => {
                let of_core: BTreeSet<_> = core
                    .iter()
                    .filter(|edge| edge.link == Link::Left && Some(edge.other.0) == leaf.version())
                    .cloned()
                    .collect();
                leaf.on_edges.as_ref() == Some(&of_core)
            }
            (Standing::Joined, _) => {
                let edges = leaf.on_edges.as_ref();
                edges.is_some_and(|edges| edges.is_subset(core))
            }
        };
        if !whole {
            let table = leaf.called.as_deref().unwrap_or("");
            let text =
                format!("the `ON` of `{table}` says more than what the places have in common");
            return Err(Reason::new("join-condition", text));
        }
    }
    Ok(())
}

/// What goes of the text.
fn removed(
    context: &Context<'_>,
    graph: &Graph<'_>,
    members: &[usize],
) -> Result<Vec<Span>, Reason> {
    let statement = context.workload.statement(graph.access.statement);
    let tokens = statement.map_or(&[][..], |statement| context.texts.within(statement.span));
    let leaves = members.iter().skip(1);
    let leaves = leaves.filter_map(|number| graph.leaves.get(*number));
    leaves
        .map(|leaf| {
            let name = leaf.table.map(|table| table.name.span);
            let span = name.and_then(|_| whole(tokens, leaf));
            let (Some(name), Some(span)) = (name, span) else {
                let text = "the place of one of its tables is not plain text";
                return Err(Reason::new("template-variable", text));
            };
            let before = Span {
                end: name.start,
                ..span
            };
            let after = Span {
                start: name.end,
                ..span
            };
            for part in [before, after] {
                if let Some(variable) = context.texts.loose_variable(part) {
                    let text =
                        format!("the variable `{variable}` stands outside strings and numbers");
                    return Err(Reason::new("template-variable", text));
                }
            }
            Ok(with_blanks(context, tokens, span))
        })
        .collect()
}

/// From the word or comma that joins a relation to the end of its `ON`.
fn whole(tokens: &[PlacedToken<'_>], leaf: &Leaf<'_>) -> Option<Span> {
    let table = leaf.table?;
    let name = table.name.span;
    let at = tokens
        .iter()
        .position(|token| token.span.start == name.start)?;
    let end = table.alias.as_ref().map_or(name, |alias| alias.span).end;
    let is = |index: usize, words: &[&str]| {
        tokens.get(index).is_some_and(|token| {
            token.kind != TokenKind::QuotedIdentifier
                && words
                    .iter()
                    .any(|word| token.text.eq_ignore_ascii_case(word))
        })
    };
    let mut start = at.checked_sub(1)?;
    if leaf.standing == Standing::Alone {
        let comma = tokens.get(start).filter(|_| is(start, &[","]))?;
        return Some(Span { end, ..comma.span });
    }
    if !is(start, &["join"]) {
        return None;
    }
    while start
        .checked_sub(1)
        .is_some_and(|before| is(before, &["inner", "cross", "left", "outer"]))
    {
        start -= 1;
    }
    let join = tokens.get(start)?.span;
    let Some(last) = leaf.on.last() else {
        return Some(Span { end, ..join });
    };
    let on = tokens.iter().position(|token| token.span.start >= end)?;
    if !is(on, &["on"]) {
        return None;
    }
    let inside = |span: Span| leaf.on.iter().any(|test| test.span.contains(span));
    let (mut depth, mut end) = (0_usize, last.span.end);
    for token in tokens
        .get(on + 1..)?
        .iter()
        .filter(|token| !inside(token.span))
    {
        if token.span.start >= last.span.end && depth == 0 {
            break;
        }
        match token.text {
            "(" => depth += 1,
            ")" => {
                depth = depth.checked_sub(1)?;
                end = end.max(token.span.end);
            }
            word if word.eq_ignore_ascii_case("and") => {}
            _ => return None,
        }
    }
    (depth == 0).then_some(Span { end, ..join })
}

/// With the blanks before it, where nothing but blanks stands there and the tokens around it stay apart.
fn with_blanks(context: &Context<'_>, tokens: &[PlacedToken<'_>], span: Span) -> Span {
    let before = tokens
        .iter()
        .rev()
        .find(|token| token.span.end <= span.start);
    let after = tokens.iter().find(|token| token.span.start >= span.end);
    let Some(before) = before else { return span };
    let gap = Span {
        start: before.span.end,
        end: span.start,
        ..span
    };
    let apart = after
        .is_none_or(|after| after.span.start > span.end || matches!(after.text, ")" | "," | ";"));
    let blank = context.texts.text(gap).chars().all(char::is_whitespace);
    if apart && blank { span.join(gap) } else { span }
}

/// What may fail does so over the rows that are left of it where the block is computed: those are other ones when
/// tables are joined before. Comparing keys of one type cannot fail.
fn failures(graph: &Graph<'_>, core: &Core) -> Result<(), Reason> {
    let select = graph.block.select;
    let keys = graph.leaves.iter().flat_map(|leaf| leaf.on);
    let keys: Vec<Span> = keys
        .chain(&select.filter)
        .filter(|test| graph.edge(test).is_some_and(|edge| core.contains(&edge)))
        .map(|test| test.span)
        .collect();
    let mut sensitivities = graph.access.sensitivities.iter();
    let failing = sensitivities.find(|found| {
        found.kind == SensitivityKind::MayFail
            && graph.block.query.span.contains(found.span)
            && !keys.contains(&found.span)
    });
    match failing {
        None => Ok(()),
        Some(found) => Err(Reason::new(
            code(found.kind),
            format!("it uses `{}`, {}", found.what, why(found.kind)),
        )),
    }
}

/// A hint that names a table of the core would name nothing.
fn hints(context: &Context<'_>, graph: &Graph<'_>, members: &[usize]) -> Result<(), Reason> {
    let select = graph.block.select;
    let text = context.texts.text(select.span);
    let mut called: BTreeMap<&str, usize> = BTreeMap::new();
    for number in members {
        if let Some(name) = graph
            .leaves
            .get(*number)
            .and_then(|leaf| leaf.called.as_deref())
        {
            called.insert(name, *number);
        }
    }
    let hints = text.match_indices("/*+").filter_map(|(start, _)| {
        let rest = text.get(start..)?;
        Some(rest.split("*/").next().unwrap_or(rest).to_lowercase())
    });
    for hint in hints {
        let mut words = hint.split(|c: char| !c.is_alphanumeric() && c != '_');
        if let Some(word) = words.find(|word| called.contains_key(word)) {
            let text = format!("a hint names `{word}`");
            return Err(Reason::new("hint", text));
        }
    }
    Ok(())
}
