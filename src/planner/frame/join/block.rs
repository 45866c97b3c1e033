//! The relations of one `SELECT` block in the order of the text, and which keys join them.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Span;
use crate::facts::access::{Access, Origin, Read, TableVersion};
use crate::frontend::statement::{
    Block, ColumnReference, Expression, Identifier, JoinColumns, JoinKind, Relation, Select, Shape,
    TableReference,
};
use crate::planner::frame::source::{Source, Usable};
use crate::planner::frame::walk::Names;
use crate::planner::frame::{Context, Reason};

/// A column of a table version, lower-case.
pub(super) type Key = (TableVersion, String);

/// Two columns that a join holds equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    /// Which rows are kept where nothing is equal.
    pub(super) link: Link,
    /// Of an inner join the smaller key, of an outer one that of the side which keeps its rows.
    pub(super) one: Key,
    /// The other key.
    pub(super) other: Key,
}

impl Edge {
    /// Whether one of its columns is of this table.
    pub(super) fn touches(&self, version: TableVersion) -> bool {
        self.one.0 == version || self.other.0 == version
    }

    fn inner(one: Key, other: Key) -> Self {
        let (one, other) = if one <= other {
            (one, other)
        } else {
            (other, one)
        };
        Edge {
            link: Link::Inner,
            one,
            other,
        }
    }
}

/// How an edge joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Link {
    /// Rows without a partner are dropped.
    Inner,
    /// Rows of the first side without a partner are kept.
    Left,
}

/// How a relation stands in its `FROM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Alone between commas.
    Alone,
    /// The first of a chain of joins.
    First,
    /// Behind the word `JOIN`.
    Joined,
}

/// A relation of a block.
pub(super) struct Leaf<'a> {
    /// How it is joined with what stands before it; inner for what follows a comma.
    pub(super) kind: JoinKind,
    /// Conjuncts of its `ON`.
    pub(super) on: &'a [Expression],
    /// Where it stands.
    pub(super) standing: Standing,
    /// The table it names; none for what is computed in place and for common table expressions.
    pub(super) table: Option<&'a TableReference>,
    /// That table's read.
    pub(super) read: Option<&'a Read>,
    /// What qualifies its columns, lower-case.
    pub(super) called: Option<String>,
    /// Its columns, lower-case; none where they are not known.
    columns: Option<BTreeSet<String>>,
    /// Another relation of the block reads the same rows.
    repeated: bool,
    /// The read as a frame could serve it.
    pub(super) usable: Result<Usable<'a>, Reason>,
    /// The edges of its `ON`, if it consists of nothing else.
    pub(super) on_edges: Option<BTreeSet<Edge>>,
}

impl Leaf<'_> {
    /// Whether it is known to have a column.
    pub(super) fn has(&self, column: &str) -> bool {
        let columns = self.columns.as_ref();
        columns.is_some_and(|columns| columns.contains(column))
    }

    /// The version that it reads, if it may be a member of a core.
    pub(super) fn version(&self) -> Option<TableVersion> {
        self.read
            .filter(|_| !self.repeated && self.columns.is_some())
            .map(|read| read.version)
    }
}

/// Tables of the workload as sources of frames.
pub(super) type Tables = BTreeMap<TableVersion, Result<Source, Reason>>;

/// A block as a graph: its tables, joined by keys.
pub(super) struct Graph<'a> {
    /// What the statement accesses.
    pub(super) access: &'a Access,
    /// The block.
    pub(super) block: Block<'a>,
    /// Its relations in the order of the text.
    pub(super) leaves: Vec<Leaf<'a>>,
    /// What joins its tables.
    pub(super) edges: BTreeSet<Edge>,
    /// Why nothing in it may move, if so.
    pub(super) problem: Option<Reason>,
}

impl<'a> Graph<'a> {
    pub(super) fn of(
        context: &Context<'_>,
        access: &'a Access,
        names: &Names<'_>,
        block: Block<'a>,
        tables: &Tables,
    ) -> Self {
        let mut shape = Shaped::of(block.select);
        let mut leaves: Vec<Leaf<'a>> = shape
            .places
            .drain(..)
            .map(|place| place.leaf(context, access, names, tables))
            .collect();
        let mut seen: BTreeMap<TableVersion, usize> = BTreeMap::new();
        let mut called: BTreeMap<String, usize> = BTreeMap::new();
        for leaf in &leaves {
            if let Some(read) = leaf.read {
                *seen.entry(read.version).or_default() += 1;
            }
            if let Some(name) = &leaf.called {
                *called.entry(name.clone()).or_default() += 1;
            }
        }
        for leaf in &mut leaves {
            let times = leaf.read.and_then(|read| seen.get(&read.version));
            leaf.repeated = times.is_some_and(|times| *times > 1);
        }
        if let Some((name, _)) = called.iter().find(|(_, times)| **times > 1) {
            let text = format!("two relations of one `FROM` are called `{name}`");
            shape.problem.get_or_insert(unshaped(&text));
        }
        let mut graph = Graph {
            access,
            block,
            leaves,
            edges: BTreeSet::new(),
            problem: shape.problem,
        };
        graph.connect();
        graph
    }

    fn connect(&mut self) {
        for number in 0..self.leaves.len() {
            let Some(leaf) = self.leaves.get(number) else {
                continue;
            };
            let found: Vec<Option<Edge>> = match leaf.kind {
                JoinKind::Inner => leaf.on.iter().map(|test| self.inner(test)).collect(),
                JoinKind::Left => leaf.on.iter().map(|test| self.left(number, test)).collect(),
                JoinKind::Right | JoinKind::Full | JoinKind::Semi | JoinKind::Anti => vec![None],
            };
            let all: Option<BTreeSet<Edge>> = found.iter().cloned().collect();
            // A part of the condition of an outer join is another join.
            if leaf.kind == JoinKind::Inner {
                self.edges.extend(found.into_iter().flatten());
            } else {
                self.edges.extend(all.iter().flatten().cloned());
            }
            if let Some(leaf) = self.leaves.get_mut(number) {
                leaf.on_edges = all;
            }
        }
        let filter = self.block.select.filter.iter();
        let found: Vec<Edge> = filter.filter_map(|test| self.inner(test)).collect();
        self.edges.extend(found);
    }

    /// A test that holds for every row: an edge between two tables that no outer join fills with NULLs.
    fn inner(&self, test: &Expression) -> Option<Edge> {
        let (one, other) = self.sides(test)?;
        let is_inner = |number: usize| {
            let leaf = self.leaves.get(number);
            leaf.is_some_and(|leaf| leaf.kind == JoinKind::Inner)
        };
        (is_inner(one.0) && is_inner(other.0)).then(|| Edge::inner(one.1, other.1))
    }

    /// A test in the condition of the left join of a relation.
    fn left(&self, supplied: usize, test: &Expression) -> Option<Edge> {
        let (one, other) = self.sides(test)?;
        let ((kept, one), other) = if other.0 == supplied {
            (one, other.1)
        } else if one.0 == supplied {
            (other, one.1)
        } else {
            return None;
        };
        let kept = self.leaves.get(kept)?;
        (kept.kind == JoinKind::Inner).then_some(Edge {
            link: Link::Left,
            one,
            other,
        })
    }

    /// The edge that a test of keys is, wherever it stands.
    pub(super) fn edge(&self, test: &Expression) -> Option<Edge> {
        let (one, other) = self.sides(test)?;
        self.inner(test)
            .or_else(|| self.left(one.0, test))
            .or_else(|| self.left(other.0, test))
    }

    /// The two tables and columns of `column = column`.
    fn sides(&self, test: &Expression) -> Option<((usize, Key), (usize, Key))> {
        let (Shape::Equality, [one, other]) = (&test.shape, test.columns.as_slice()) else {
            return None;
        };
        let (one, other) = (self.column(one)?, self.column(other)?);
        (one.0 != other.0).then_some((one, other))
    }

    /// The member and column that a reference certainly means.
    fn column(&self, reference: &ColumnReference) -> Option<(usize, Key)> {
        let parts: Vec<String> = reference.parts.iter().map(Identifier::key).collect();
        let mut leaves = self.leaves.iter().enumerate();
        let (number, leaf, column) = match parts.as_slice() {
            [called, column] => {
                let (number, leaf) =
                    leaves.find(|(_, leaf)| leaf.called.as_deref() == Some(called))?;
                (number, leaf, column)
            }
            [column] if self.leaves.iter().all(|leaf| leaf.columns.is_some()) => {
                let mut owners = leaves.filter(|(_, leaf)| leaf.has(column));
                let (number, leaf) = owners.next()?;
                if owners.next().is_some() {
                    return None;
                }
                (number, leaf, column)
            }
            _ => return None,
        };
        leaf.has(column)
            .then_some((number, (leaf.version()?, column.clone())))
    }
}

/// A relation before it is looked up.
struct Placed<'a> {
    relation: &'a Relation,
    kind: JoinKind,
    on: &'a [Expression],
    standing: Standing,
}

impl<'a> Placed<'a> {
    fn leaf(
        self,
        context: &Context<'_>,
        access: &'a Access,
        names: &Names<'_>,
        tables: &Tables,
    ) -> Leaf<'a> {
        let none = || Reason::new("not-a-query", "it is no table that is read by its name");
        let mut leaf = Leaf {
            kind: self.kind,
            on: self.on,
            standing: self.standing,
            table: None,
            read: None,
            called: None,
            columns: None,
            repeated: false,
            usable: Err(none()),
            on_edges: None,
        };
        match self.relation {
            Relation::Table(table) => {
                let called = table.alias.as_ref().or(table.name.parts.last());
                leaf.called = called.map(Identifier::key);
                leaf.table = Some(table);
                leaf.read = named(access, table.name.span);
            }
            Relation::Derived { alias, .. } | Relation::Function { alias, .. } => {
                leaf.called = alias.as_ref().map(Identifier::key);
            }
            Relation::Joined { .. } => {}
        }
        if let Some(read) = leaf.read {
            match tables.get(&read.version) {
                Some(Ok(source)) => {
                    let columns = source.columns.iter().flatten();
                    let known = source.current && source.columns.is_some();
                    leaf.columns =
                        known.then(|| columns.map(|(name, _)| name.to_lowercase()).collect());
                    leaf.usable = source.usable(context, read, Some(names));
                }
                Some(Err(reason)) => leaf.usable = Err(reason.clone()),
                None => {}
            }
        }
        leaf
    }
}

/// The read of a table at this place.
fn named(access: &Access, place: Span) -> Option<&Read> {
    access
        .reads
        .iter()
        .find(|read| matches!(read.origin, Origin::Named { name, .. } if name == place))
}

/// The relations of a `FROM` one after another.
struct Shaped<'a> {
    places: Vec<Placed<'a>>,
    problem: Option<Reason>,
}

impl<'a> Shaped<'a> {
    fn of(select: &'a Select) -> Self {
        let mut shaped = Shaped {
            places: Vec::new(),
            problem: None,
        };
        for relation in &select.from {
            let Relation::Joined { first, joins } = relation else {
                shaped.place(relation, JoinKind::Inner, &[], Standing::Alone);
                continue;
            };
            shaped.place(first, JoinKind::Inner, &[], Standing::First);
            for join in joins {
                shaped.place(&join.relation, join.kind, &join.on, Standing::Joined);
                if join.using != JoinColumns::None {
                    shaped.refuse("tables are joined by the names of their columns");
                }
                if matches!(join.kind, JoinKind::Right | JoinKind::Full) {
                    shaped.refuse("a right or full outer join fills tables with NULLs");
                }
            }
        }
        shaped
    }

    fn place(
        &mut self,
        relation: &'a Relation,
        kind: JoinKind,
        on: &'a [Expression],
        standing: Standing,
    ) {
        match relation {
            Relation::Joined { .. } => self.refuse("joins stand in brackets"),
            Relation::Function { .. } | Relation::Derived { lateral: true, .. } => {
                self.refuse("a relation is computed for each row of those before it");
            }
            Relation::Table(_) | Relation::Derived { .. } => {}
        }
        self.places.push(Placed {
            relation,
            kind,
            on,
            standing,
        });
    }

    fn refuse(&mut self, text: &str) {
        self.problem.get_or_insert(unshaped(text));
    }
}

/// A block whose joins cannot be put in another order.
pub(super) fn unshaped(text: &str) -> Reason {
    Reason::new("join-shape", text)
}
