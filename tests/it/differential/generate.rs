//! Random pipelines that are valid by construction, the same for the same seed.
//!
//! The generator knows the columns and types of everything that it makes, and what depends on what: a query names only
//! what exists where it stands, an overwrite reads nothing that lies where it writes, a view is replaced by one with the
//! same columns. Expressions have exactly the type that is wanted and never throw, in ANSI mode either. Where Spark
//! leaves a choice, the statement leaves none: orders are total over columns that tell rows apart, and sums of doubles
//! are exact in any order.
//!
//! Readers overlap: two *hot* tables are read by most statements, with tests that come from a few *themes*, some
//! subqueries are pasted again and again, and a pipeline has its *habits*: tables that it joins on the same columns, and
//! one that it groups by the same ones. What is *cosmetic* (aliases, case, blanks, comments, how a name is written)
//! comes from a generator of its own, so that a pasted subquery differs in nothing else.

mod base;
mod expression;
mod habit;
mod layout;
mod query;
pub(crate) mod random;
mod schema;
mod source;
mod statement;

use std::collections::BTreeSet;

use hoist::facts::catalog::Catalog;
use hoist::planner::frame::FrameKind;

use self::habit::{Grouping, Joining};
use self::random::Random;
use self::schema::{Column, Kind, Relation, Type};
use super::Pipeline;

/// Kinds of frames that are taken alone, one pipeline after another: a covering read would serve readers of the others.
pub(crate) const ONLY: [Option<FrameKind>; 4] = [
    None,
    Some(FrameKind::RepeatedSubquery),
    Some(FrameKind::JoinCore),
    Some(FrameKind::CoveringAggregate),
];

/// A pipeline, and what is in it.
#[derive(Clone, Debug)]
pub(super) struct Generated {
    pub(super) pipeline: Pipeline,
    /// Texts of its statements.
    pub(super) statements: Vec<String>,
    /// Facts of the tables that the set-up makes.
    pub(super) catalog: Catalog,
    /// Words for what its statements have.
    pub(super) features: BTreeSet<&'static str>,
}

/// The pipeline of a seed.
pub(super) fn generate(seed: u64) -> Generated {
    let mut generator = Generator::new(seed);
    let setup = generator.base();
    let catalog = generator.catalog();
    let count = generator.random.between(6, 20);
    generator.themes();
    while generator.statements.len() < count {
        generator.statement(count);
    }
    let files = generator.files();
    Generated {
        pipeline: Pipeline {
            name: format!("seed_{seed}"),
            setup,
            files,
            only: only(seed),
            // Not in step with the kinds.
            tight: (seed / 4).is_multiple_of(2),
            ..Pipeline::default()
        },
        statements: generator.statements,
        catalog,
        features: generator.features,
    }
}

/// The kind of frames that the pipeline of a seed has alone.
fn only(seed: u64) -> Option<FrameKind> {
    ONLY[usize::try_from(seed).unwrap() % ONLY.len()]
}

/// The files of a pipeline with these statements, a few in each.
pub(super) fn files(statements: &[String], random: u64) -> Vec<(String, String)> {
    let mut random = Random::new(random);
    let mut files: Vec<(String, String)> = Vec::new();
    for statement in statements {
        match files.last_mut() {
            Some((_, text)) if random.percent(40) => {
                text.push_str(";\n");
                text.push_str(statement);
            }
            _ => files.push((format!("{}_step.sql", files.len() + 1), statement.clone())),
        }
    }
    files
}

/// A test that several readers have, with constants of their own.
#[derive(Clone, Debug)]
struct Theme {
    column: String,
    of: Type,
    shape: usize,
}

/// A subquery that is pasted: the same seed and relations give the same text, cosmetics apart.
#[derive(Clone, Debug)]
struct Pasted {
    seed: u64,
    relations: Vec<String>,
}

/// A pasted subquery that is being made.
#[derive(Debug)]
struct Pasting {
    /// Decides on its select list.
    items: Random,
    /// It has one more test than others.
    more: bool,
}

/// What the query being made must not do.
#[derive(Clone, Debug, Default)]
struct Limits {
    /// Read what lies there.
    storage: Option<String>,
    /// Name this, directly or through views.
    name: Option<String>,
    /// Name temporary views.
    permanent: bool,
}

struct Generator {
    seed: u64,
    /// Decides what there is.
    random: Random,
    /// Decides how it is written.
    noise: Random,
    relations: Vec<Relation>,
    /// Names of the tables that most statements read.
    hot: Vec<String>,
    themes: Vec<Theme>,
    pasted: Vec<Pasted>,
    joinings: Vec<Joining>,
    groupings: Vec<Grouping>,
    /// How often a block joins, and groups, as usual, percent.
    usual: [usize; 2],
    pasting: Option<Pasting>,
    database: &'static str,
    statements: Vec<String>,
    features: BTreeSet<&'static str>,
    limits: Limits,
    /// Common table expressions in scope.
    hidden: Vec<String>,
    /// What the statement read so far: where it lies, and how it is called.
    storages: BTreeSet<String>,
    names: BTreeSet<String>,
    /// For names that nothing else has.
    number: usize,
    ansi: bool,
    dynamic: bool,
}

impl Generator {
    fn new(seed: u64) -> Self {
        Generator {
            seed,
            random: Random::new(seed),
            noise: Random::new(seed ^ 0x5eed),
            relations: Vec::new(),
            hot: Vec::new(),
            themes: Vec::new(),
            pasted: Vec::new(),
            joinings: Vec::new(),
            groupings: Vec::new(),
            usual: match only(seed) {
                Some(FrameKind::JoinCore) => [60, 10],
                Some(FrameKind::CoveringAggregate) => [10, 55],
                _ => [18, 14],
            },
            pasting: None,
            database: "default",
            statements: Vec::new(),
            features: BTreeSet::new(),
            limits: Limits::default(),
            hidden: Vec::new(),
            storages: BTreeSet::new(),
            names: BTreeSet::new(),
            number: 0,
            ansi: false,
            dynamic: false,
        }
    }

    fn tag(&mut self, feature: &'static str) {
        self.features.insert(feature);
    }

    /// A name that nothing else has.
    fn fresh(&mut self, stem: &str) -> String {
        self.number += 1;
        format!("{stem}{}", self.number)
    }

    fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.name == name)
    }

    fn files(&self) -> Vec<(String, String)> {
        files(&self.statements, self.seed)
    }

    /// The tables, columns and shapes of tests that readers share.
    fn themes(&mut self) {
        let tables: Vec<Relation> = self
            .relations
            .iter()
            .filter(|relation| relation.kind == Kind::Table)
            .cloned()
            .collect();
        let first = self.random.below(tables.len());
        let second = self.random.below(tables.len());
        for index in [first, second] {
            self.hot.push(tables[index].name.clone());
            for _ in 0..2 {
                let columns: Vec<&Column> = tables[index]
                    .columns
                    .iter()
                    .filter(|column| !column.of.is_nested())
                    .collect();
                let column = *self.random.one(&columns);
                self.themes.push(Theme {
                    column: column.name.clone(),
                    of: column.of,
                    shape: self.random.below(6),
                });
            }
        }
        for _ in 0..2 {
            let other = self.random.one(&tables).name.clone();
            let relations = vec![self.hot[0].clone(), other];
            let seed = self.random.next();
            self.pasted.push(Pasted { seed, relations });
        }
        self.habits(&tables);
    }
}
