//! Subqueries that are equal but for what they select and how much they filter: one frame with what all of them select,
//! filtered as the weakest of them.
//!
//! ```text
//! SELECT p.id, max(p.v) AS v FROM t p GROUP BY p.id      frame   SELECT p.id, max(p.v) AS v, count(*) AS n
//! SELECT q.id AS k, count(*) AS n FROM t q GROUP BY q.id           FROM t p GROUP BY p.id
//!                                                        reader  SELECT `id` AS `k`, `n` FROM frame
//! ```
//!
//! A reader selects from the frame what it selected itself, and keeps the tests that the frame does not make. It may do
//! so after the frame has been computed because nothing in between depends on the rows that the tests leave out:
//!
//! | the block | a test behind it |
//! |---|---|
//! | joins and filters | of any columns: the frame has them, more of them where it must |
//! | groups | none |
//! | has windows in the reader's list | none |
//!
//! What each subquery must be, so that an item means the same in the frame: see [`mod@block`].

mod block;
mod respell;

use std::collections::{BTreeMap, BTreeSet};

use self::block::Block;
use self::respell::Respelled;
use super::inputs::closure;
use super::repeated::{check, named};
use super::walk::Names;
use super::{Candidate, CandidateId, Candidates, Context, Definition, Place, Reader, Subject};
use crate::diagnostic::Span;
use crate::facts::access::{Exchanges, SubqueryId};

/// Candidates made of subqueries with one block, widest first. Where filters differ in many ways, most of the candidates
/// serve few readers.
const MOST_OF_A_BLOCK: usize = 8;

/// What a frame computes for subqueries that select or filter differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widened {
    /// The subquery whose text it is made from. Its filter is the frame's.
    pub base: SubqueryId,
    /// Where columns are added to its select list: behind this.
    pub list_end: Span,
    /// The frame's columns: those of the base, then those that are added.
    pub columns: Vec<WidenedColumn>,
    /// What the readers take.
    pub shares: BTreeMap<SubqueryId, Share>,
}

/// A column of such a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WidenedColumn {
    /// Its name, unlike that of any other one.
    pub name: String,
    /// What it is computed by, in the base's names; none where the base has it.
    pub added: Option<String>,
}

/// What one reader takes of such a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its output columns: number of the frame's column, and the name it gives to it.
    pub outputs: Vec<(usize, String)>,
    /// Tests that the frame does not make, in the frame's names.
    pub tests: Vec<String>,
    /// Numbers of the frame's columns that the tests name.
    pub tested: Vec<usize>,
}

impl Share {
    /// The frame's columns that it needs.
    pub fn needs(&self) -> BTreeSet<usize> {
        let outputs = self.outputs.iter().map(|(column, _)| *column);
        outputs.chain(self.tested.iter().copied()).collect()
    }
}

/// Adds the candidates of every block that stands in several places.
pub(super) fn find(context: &Context<'_>, found: &mut Candidates) {
    let all_names: Vec<_> = context
        .workload
        .accesses
        .iter()
        .filter(|access| !access.subqueries.is_empty())
        .filter_map(|access| {
            let statement = context.workload.statement(access.statement)?;
            let query = statement.kind.query()?;
            Some((access, query, Names::of(query)))
        })
        .collect();
    let mut groups: BTreeMap<Vec<String>, Vec<Block<'_>>> = BTreeMap::new();
    for (access, query, names) in &all_names {
        let blocks = query.blocks();
        for subquery in &access.subqueries {
            // A covering read serves what only reads and filters one table.
            if subquery.exchanges == Exchanges::default()
                || check(context, access, subquery).is_err()
            {
                continue;
            }
            let mut own = blocks.iter();
            let block = own
                .find(|block| block.query.span == subquery.body)
                .and_then(|block| Block::of(context, access, subquery, block.query, names));
            if let Some(block) = block {
                groups.entry(block.key.clone()).or_default().push(block);
            }
        }
    }
    let mut groups: Vec<_> = groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect();
    groups.sort_by_key(|group| group.first().map(|block| block.subquery.id));
    for group in groups {
        add(context, &group, found);
    }
}

fn add(context: &Context<'_>, group: &[Block<'_>], found: &mut Candidates) {
    let filters: BTreeSet<Vec<&[String]>> = group.iter().map(Block::filter).collect();
    let mut candidates: Vec<Candidate> = filters
        .into_iter()
        .filter_map(|filter| candidate(context, group, &filter))
        .collect();
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.readers.len()));
    candidates.truncate(MOST_OF_A_BLOCK);
    let readers = candidates.iter().flat_map(|candidate| &candidate.readers);
    let members: BTreeSet<SubqueryId> = readers.filter_map(Reader::subquery).collect();
    let subject = Subject::Subquery(members.into_iter().collect());
    for candidate in &mut candidates {
        candidate.subject = subject.clone();
    }
    found.candidates.extend(candidates);
}

/// The frame with one of the filters, for all that filter at least as much; none where they are the same subquery.
fn candidate(
    context: &Context<'_>,
    group: &[Block<'_>],
    filter: &[&[String]],
) -> Option<Candidate> {
    let fitting: Vec<&Block<'_>> = group
        .iter()
        .filter(|block| block.may_follow(filter))
        .collect();
    let base = *fitting.iter().find(|block| block.filter() == filter)?;
    if fitting.len() < 2 || fitting.iter().all(|block| block.says_the_same(base)) {
        return None;
    }
    let mut frame = Respelled::new(context, base);
    let mut shares = BTreeMap::new();
    let mut readers = Vec::new();
    for block in fitting {
        if let Some(share) = frame.share(block, filter) {
            shares.insert(block.subquery.id, share);
            readers.push(Reader {
                statement: block.access.statement,
                reads: named(block.access, block.subquery),
                place: Place::Body(block.subquery.id),
            });
        }
    }
    if readers.len() < 2 {
        return None;
    }
    Some(Candidate {
        id: CandidateId(0),
        inputs: closure(base.access, &base.subquery.reads)
            .into_iter()
            .collect(),
        definition: Definition::WidenedSubquery(Widened {
            base: base.subquery.id,
            list_end: base.list_end,
            columns: frame.columns,
            shares,
        }),
        readers,
        subject: Subject::Subquery(Vec::new()),
    })
}
