//! A block of the user's that reads groups instead of making them: what it groups, and what it says of the groups.

mod calls;
mod clauses;
mod types;

pub(super) use self::types::is_exact;

use std::collections::BTreeSet;

use super::again::Again;
use super::condition::{Test, bare, conjuncts, is_any, tokens};
use crate::diagnostic::Span;
use crate::facts::access::{Access, Origin, Read, TableVersion};
use crate::frontend::statement::{self, ColumnReference, Select, Shape};
use crate::planner::check::Check;
use crate::planner::check::canonical::NOT_ONLY_NAMES;
use crate::planner::check::change::Instead;
use crate::planner::check::emitted::Placed;
use crate::planner::check::names::query;
use crate::planner::frame::{Place, Reader};

/// The block of a reader.
pub(super) struct Block {
    pub(super) version: TableVersion,
    /// What its table is called, lower-case.
    pub(super) called: String,
    /// Columns grouped by, lower-case.
    pub(super) keys: BTreeSet<String>,
    /// Groups by them in several ways: `ROLLUP`, `CUBE`, `GROUPING SETS`.
    pub(super) several: bool,
    /// The tests of its rows, each once.
    pub(super) tests: Vec<Test>,
    /// The same as they are written.
    pub(super) written: Vec<Vec<Instead>>,
    /// Its aggregates, by place.
    pub(super) calls: Vec<Aggregate>,
    pub(super) places: Places,
    /// Names and words of the statement, lower-case.
    pub(super) words: BTreeSet<String>,
}

/// A call of an aggregate.
pub(super) struct Aggregate {
    pub(super) place: Span,
    pub(super) call: Test,
    /// How its values over some groups give its value over all of their rows; none where they do not.
    pub(super) again: Option<Again>,
    /// Adds up what gives another value in another order.
    pub(super) drifts: bool,
}

/// Where its clauses stand.
#[derive(Clone, Copy)]
pub(super) struct Places {
    /// `FROM … WHERE …`.
    pub(super) source: Span,
    /// `GROUP BY …`.
    pub(super) keys: Option<Span>,
    pub(super) having: Option<Having>,
}

impl Places {
    /// All that makes groups.
    pub(super) fn rows(&self) -> Span {
        self.keys.map_or(self.source, |keys| self.source.join(keys))
    }
}

/// The condition on groups.
#[derive(Clone, Copy)]
pub(super) struct Having {
    /// The word.
    pub(super) word: Span,
    /// Behind its last token.
    pub(super) end: u32,
}

type Problem = String;

impl Block {
    /// What the block says, or why its groups cannot be read from a frame.
    pub(super) fn of(check: &Check<'_>, reader: &Reader) -> Result<Self, Problem> {
        let [id] = reader.reads.as_slice() else {
            return Err("replaces not exactly one read".to_owned());
        };
        let read = check
            .reads
            .get(id)
            .copied()
            .filter(|read| read.statement == reader.statement && read.fixed.is_none())
            .ok_or("replaces a read that must stay as it is")?;
        if reader.place != Place::Block {
            return Err("replaces something else than a grouping".to_owned());
        }
        let Origin::Named {
            name,
            alias,
            last_part,
        } = &read.origin
        else {
            return Err("replaces a read that has no place in the text".to_owned());
        };
        let (statement, access) = check
            .statements
            .get(&reader.statement)
            .ok_or("is no statement")?;
        let file = check.tokens.get(&statement.source).ok_or("has no tokens")?;
        let reads_it = |block: &statement::Block<'_>| match block.select.from.as_slice() {
            [statement::Relation::Table(table)] => {
                table.name.span == *name && !table.modified && table.columns.is_empty()
            }
            _ => false,
        };
        let blocks = query(statement).map(statement::Query::blocks);
        let block = blocks.into_iter().flatten().find(reads_it);
        let block = block.ok_or("has no block that groups its table alone")?;
        let called = alias.as_ref().unwrap_or(last_part);
        let look = Look {
            check,
            access,
            read,
            called: called.key(),
            file,
            block,
        };
        let alias = alias.as_ref().map(|alias| alias.span);
        let places = look.clauses(*name, alias)?;
        let (keys, several) = look.keys()?;
        let (tests, written) = look.tests()?.into_iter().unzip();
        let calls = look.calls(&keys, several)?;
        let rows = places.rows();
        let called_at: Vec<Span> = calls.iter().map(|call| call.place).collect();
        look.steady(rows, &called_at)?;
        look.types(&keys, rows, &called_at)?;
        let inside = file
            .iter()
            .filter(|token| statement.span.contains(token.span));
        Ok(Block {
            version: read.version,
            called: called.key(),
            keys,
            several,
            tests,
            written,
            calls,
            places,
            words: inside
                .filter(|token| token.is_name())
                .map(Placed::key)
                .collect(),
        })
    }
}

pub(super) struct Look<'c> {
    check: &'c Check<'c>,
    access: &'c Access,
    read: &'c Read,
    called: String,
    file: &'c [Placed<'c>],
    block: statement::Block<'c>,
}

impl Look<'_> {
    fn select(&self) -> &Select {
        self.block.select
    }

    fn within(&self, place: Span) -> impl Iterator<Item = &Placed<'_>> {
        let start = self
            .file
            .partition_point(|token| token.span.start < place.start);
        let rest = self.file.get(start..).unwrap_or(&[]).iter();
        rest.take_while(move |token| token.span.end <= place.end)
    }

    /// The column of the table that a reference means: the only relation of the block has it.
    fn column(&self, reference: &ColumnReference) -> Option<String> {
        let name = match reference.parts.as_slice() {
            [name] => name,
            [qualifier, name] if qualifier.key() == self.called => name,
            _ => return None,
        };
        let key = name.key();
        let quoted = name.span.end - name.span.start > u32::try_from(name.text.len()).ok()?;
        if NOT_ONLY_NAMES.contains(&key.as_str()) && !quoted {
            return None;
        }
        self.data_type(&key)?;
        // Without a list every column is needed.
        let needed = self.read.columns.as_ref();
        needed
            .is_none_or(|needed| needed.contains(&key))
            .then_some(key)
    }

    fn text(&self, place: Span, columns: &[ColumnReference]) -> Result<Test, Problem> {
        tokens(self.file, place, columns, |reference| {
            self.column(reference)
        })
        .ok_or_else(|| "names something else than columns of its table".to_owned())
    }

    /// The columns grouped by, and whether they are grouped by in several ways.
    fn keys(&self) -> Result<(BTreeSet<String>, bool), Problem> {
        const BESIDE: [&str; 8] = [
            "w:rollup",
            "w:cube",
            "w:grouping",
            "w:sets",
            "w:with",
            "y:(",
            "y:)",
            "y:,",
        ];
        let problem = || "groups by more than columns".to_owned();
        let mut keys = BTreeSet::new();
        let mut several = false;
        for key in &self.select().group_by {
            let text = self.text(key.span, &key.columns)?;
            let known = text.iter().filter_map(|token| token.strip_prefix("c:"));
            let known: Vec<&str> = known.collect();
            if known.is_empty() {
                return Err(problem());
            }
            let plain = key.shape == Shape::Column && text.len() == 1;
            if !plain {
                let mut others = text.iter().filter(|token| !token.starts_with("c:"));
                let sets =
                    |token: &String| ["w:rollup", "w:cube", "w:sets"].contains(&token.as_str());
                if !text.iter().any(sets) || !others.all(|token| BESIDE.contains(&token.as_str())) {
                    return Err(problem());
                }
                several = true;
            }
            keys.extend(known.into_iter().map(str::to_owned));
        }
        Ok((keys, several))
    }

    /// The tests of rows, each once, with their tokens as written.
    fn tests(&self) -> Result<Vec<(Test, Vec<Instead>)>, Problem> {
        let mut tests: Vec<(Test, Vec<Instead>)> = Vec::new();
        for test in &self.select().filter {
            if !test.queries.is_empty() || !test.stars.is_empty() {
                return Err("tests its rows by a query".to_owned());
            }
            if test
                .calls
                .iter()
                .any(|call| call.window.is_some() || call.is_aggregate())
            {
                return Err("tests its rows by other rows".to_owned());
            }
            let text = self.text(test.span, &test.columns)?;
            let text = bare(&text);
            if tests.iter().any(|(known, _)| known == text) {
                continue;
            }
            let tokens = self.within(test.span);
            let mut written: Vec<Instead> = tokens
                .map(|token| Instead::Written(token.text.to_owned()))
                .collect();
            if test.shape == Shape::Other {
                written.insert(0, Instead::Symbol("("));
                written.push(Instead::Symbol(")"));
            } else if conjuncts(text).len() > 1 || is_any(text) {
                return Err("tests its rows in a way that is not understood".to_owned());
            }
            tests.push((text.to_vec(), written));
        }
        Ok(tests)
    }
}
