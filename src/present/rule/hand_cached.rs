//! `CACHE TABLE` in the user's text: respected, and told of where it is useless, lost, or costs more than it saves.
//!
//! | code | when |
//! |---|---|
//! | `useless-cache` | what is cached is read less than twice before it ends |
//! | `lost-cache` | what is cached changes while it is still read: Spark drops it, or loads it again unasked |
//! | `wide-cache` | a columnar table is cached whole, and its readers need less than half of its columns |
//! | `kept-cache` | it is held to the end of the session, although its last reader comes before |
//!
//! Caching loads all columns, and every row is loaded once more than it is read; on columnar files reading a few columns
//! again is cheap. Measured on Spark 3.5: caching whole Parquet tables made pipelines 1.24 to 1.6 times slower.

use std::collections::BTreeSet;

use super::{Facts, Found, Level, Page, Rule};
use crate::diagnostic::Span;
use crate::facts::access::{Access, Read, TableId};
use crate::facts::catalog::{TableFacts, TableKind};
use crate::facts::workload::Workload;
use crate::frontend::statement::{Command, Statement, StatementKind};

/// Formats of which only the columns asked for are read.
const COLUMNAR: [&str; 2] = ["parquet", "orc"];

pub(super) const USELESS: Rule = Rule {
    name: "useless-cache",
    level: Level::Warn,
    summary: "a cached table is read less than twice",
    page: Page {
        what: "`CACHE TABLE` of something that is read less than twice before it is uncached, changed or the pipeline ends. Silent where a statement follows that cannot be seen through.",
        why: "Loading the cache reads everything once and writes it to memory, which costs more than the one read that it \
              serves.",
        bad: "CACHE TABLE sales.orders;\nINSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders",
        good: "INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders",
        fix: "leave it out: loading the cache costs more than reading the table once",
    },
    find: |facts| findings(facts, &USELESS),
};

pub(super) const LOST: Rule = Rule {
    name: "lost-cache",
    level: Level::Warn,
    summary: "a cached table changes while it is still read",
    page: Page {
        what: "`CACHE TABLE` of a table that a statement changes before its last reader.",
        why: "The change ends what is cached: Spark drops it, or loads all of it again unasked.",
        bad: "CACHE TABLE sales.orders;\nSELECT id FROM sales.orders;\nSELECT day FROM sales.orders;\n\
              INSERT INTO sales.orders SELECT * FROM sales.returns;\nSELECT id FROM sales.orders",
        good: "INSERT INTO sales.orders SELECT * FROM sales.returns;\nCACHE TABLE sales.orders;\n\
               SELECT id FROM sales.orders;\nSELECT day FROM sales.orders",
        fix: "cache it behind the statement that changes it, or uncache it before",
    },
    find: |facts| findings(facts, &LOST),
};

pub(super) const WIDE: Rule = Rule {
    name: "wide-cache",
    level: Level::Warn,
    summary: "a columnar table is cached whole for few of its columns",
    page: Page {
        what: "`CACHE TABLE` of a whole Parquet or ORC table whose readers need less than half of its columns. Needs facts \
               about tables.",
        why: "The cache loads every column; from columnar files only those are read that are asked for. Measured on Spark \
              3.5, caching whole Parquet tables made pipelines 1.24 to 1.6 times slower.",
        bad: "CACHE TABLE sales.events;\nSELECT c1 FROM sales.events;\nSELECT c2 FROM sales.events",
        good: "SELECT c1 FROM sales.events;\nSELECT c2 FROM sales.events",
        fix: "leave it to hoist, which caches the columns that are needed where that pays",
    },
    find: |facts| findings(facts, &WIDE),
};

pub(super) const KEPT: Rule = Rule {
    name: "kept-cache",
    level: Level::Info,
    summary: "a cached table is held after its last reader",
    page: Page {
        what: "`CACHE TABLE` without `UNCACHE TABLE` behind its last reader, where statements follow.",
        why: "What is cached takes memory from the statements that follow, and may be pushed to disk to no use.",
        bad: "CACHE TABLE sales.orders;\nSELECT id FROM sales.orders;\nSELECT day FROM sales.orders;\n\
              SELECT id FROM sales.customers",
        good: "CACHE TABLE sales.orders;\nSELECT id FROM sales.orders;\nSELECT day FROM sales.orders;\n\
               UNCACHE TABLE sales.orders;\nSELECT id FROM sales.customers",
        fix: "write `UNCACHE TABLE` behind the last reader: it gives the memory back",
    },
    find: |facts| findings(facts, &KEPT),
};

fn findings(facts: &Facts<'_>, wanted: &Rule) -> Vec<Found> {
    facts
        .statements()
        .enumerate()
        .filter(|(_, (statement, _))| is(statement, "cache_table"))
        .filter_map(|(at, (statement, access))| cached(facts.workload, at, statement, access))
        .flat_map(|cached| cached.findings(facts))
        .filter(|found| found.diagnostic.code == wanted.name)
        .collect()
}

fn is(statement: &Statement, word: &str) -> bool {
    statement.kind.word() == word
}

/// A table that is cached by hand.
struct Cached<'a> {
    table: TableId,
    span: Span,
    /// Reads of it while it is cached.
    reads: Vec<&'a Read>,
    /// What ends it, and whether it is read again afterwards.
    end: End,
    /// Whether it is a table, and not a query of its own.
    whole: bool,
}

enum End {
    /// Uncached by hand.
    Uncached,
    /// Changed by a statement, at this place; whether it is read later on.
    Changed(Span, bool),
    /// By something that cannot be seen through: what happens then is not known.
    Unknown,
    /// With the session.
    Session,
}

fn cached<'a>(
    workload: &'a Workload,
    at: usize,
    statement: &Statement,
    access: &Access,
) -> Option<Cached<'a>> {
    let StatementKind::Command(Command { changes, .. }) = &statement.kind else {
        return None;
    };
    let whole = changes.is_empty();
    let table = if whole {
        access.reads.first()?.version.table
    } else {
        access.writes.first()?.table
    };
    let mut cached = Cached {
        table,
        span: statement.span,
        reads: Vec::new(),
        end: End::Session,
        whole,
    };
    let later = workload
        .statements
        .iter()
        .zip(&workload.accesses)
        .skip(at + 1);
    for (number, (other, access)) in later.clone().enumerate() {
        let here = access
            .reads
            .iter()
            .filter(|read| read.version.table == table);
        let is_cache = is(other, "cache_table");
        cached.reads.extend(here.filter(|_| !is_cache));
        let changes = access.starts.iter().any(|start| start.table == table);
        if is(other, "uncache_table") && changes || is(other, "clear_cache") {
            cached.end = End::Uncached;
            break;
        }
        if access.barrier.is_some() {
            cached.end = End::Unknown;
            break;
        }
        if changes {
            let mut after = later.clone().skip(number + 1);
            let read = after.any(|(_, access)| {
                let mut reads = access.reads.iter();
                reads.any(|read| read.version.table == table)
            });
            cached.end = End::Changed(other.span, read);
            break;
        }
    }
    Some(cached)
}

impl Cached<'_> {
    fn findings(&self, facts: &Facts<'_>) -> Vec<Found> {
        let name = facts.name(self.table);
        let found = |rule: &Rule, message: String| rule.found(Some(name), self.span, message);
        let readers: BTreeSet<_> = self.reads.iter().map(|read| read.statement).collect();
        if self.reads.len() < 2 && !matches!(self.end, End::Unknown) {
            let message = if self.reads.is_empty() {
                format!("`{name}` is cached and never read afterwards")
            } else {
                format!("`{name}` is cached and read only once")
            };
            return vec![found(&USELESS, message)];
        }
        let mut all = Vec::new();
        if let End::Changed(place, true) = self.end {
            let message = format!("`{name}` is cached, then changed while it is still read");
            all.push(found(&LOST, message).label(place, "what is cached ends here"));
        }
        let narrow = facts.table(self.table).and_then(|facts| self.narrow(facts));
        if let Some((needed, columns)) = narrow {
            let readers = readers.len();
            let message = format!(
                "`{name}` is cached with {columns} columns, of which its {readers} readers need {needed}"
            );
            all.push(found(&WIDE, message));
        }
        let last = facts
            .workload
            .statements
            .last()
            .map(|statement| statement.id);
        let is_over = self.reads.last().map(|read| Some(read.statement) != last);
        if matches!(self.end, End::Session) && is_over == Some(true) {
            let message = format!("`{name}` stays cached after its last reader");
            all.push(found(&KEPT, message));
        }
        all
    }

    /// Columns that the readers need and columns that there are, where that is less than half of them.
    fn narrow(&self, facts: &TableFacts) -> Option<(usize, usize)> {
        let columnar = facts
            .provider
            .as_deref()
            .is_some_and(|name| COLUMNAR.contains(&name));
        let table = matches!(facts.kind, TableKind::Managed | TableKind::External);
        let mut needed = BTreeSet::new();
        for read in &self.reads {
            needed.extend(read.columns.as_ref()?);
        }
        let all = facts.columns.len();
        (self.whole && columnar && table && needed.len() * 2 < all).then_some((needed.len(), all))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::codes_with;
    use super::*;
    use crate::facts::catalog::{Catalog, ColumnFacts};

    fn codes(text: &str) -> Vec<&'static str> {
        let column = |number| ColumnFacts {
            name: format!("c{number}"),
            data_type: "int".to_owned(),
            nullable: true,
        };
        let facts = |provider: &str| TableFacts {
            kind: TableKind::Managed,
            provider: Some(provider.to_owned()),
            columns: (0..10).map(column).collect(),
            ..TableFacts::default()
        };
        let tables = [("db.wide", facts("parquet")), ("db.text", facts("csv"))];
        let catalog = Catalog {
            tables: tables.map(|(name, facts)| (name.to_owned(), facts)).into(),
            ..Catalog::default()
        };
        let mut codes = codes_with(text, &catalog);
        codes.retain(|code| code.ends_with("-cache"));
        codes
    }

    #[test]
    fn what_is_read_once_is_useless() {
        for text in [
            "CACHE TABLE wide",
            "CACHE TABLE wide; SELECT c1 FROM wide",
            "CACHE TABLE wide; SELECT c1 FROM wide; INSERT INTO wide SELECT * FROM text; SELECT c1 FROM wide",
            "CACHE TABLE w AS SELECT c1 FROM wide; SELECT c1 FROM w",
        ] {
            assert_eq!(codes(text), ["useless-cache"], "{text}");
        }
        for text in [
            "CACHE TABLE text; SELECT c1 FROM text; SELECT c2 FROM text",
            "CACHE TABLE w AS SELECT c1 FROM wide; SELECT c1 FROM w; SELECT c1 FROM db.text JOIN w USING (c1)",
            "CACHE TABLE text; SELECT a.c1 FROM text a JOIN text b ON a.c1 = b.c1; UNCACHE TABLE text",
            // What comes is not known.
            "CACHE TABLE text; what is this",
        ] {
            assert_eq!(codes(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_is_changed_while_it_is_read_is_lost() {
        let twice = "SELECT c1 FROM text; SELECT c2 FROM text";
        let change = "INSERT INTO text SELECT * FROM wide";
        let lost = format!("CACHE TABLE text; {twice}; {change}; SELECT c1 FROM text");
        assert_eq!(codes(&lost), ["lost-cache"]);
        for kept in [
            format!("CACHE TABLE text; {twice}; {change}"),
            format!("CACHE TABLE text; {twice}; UNCACHE TABLE text; {change}; SELECT c1 FROM text"),
        ] {
            assert_eq!(codes(&kept), [""; 0], "{kept}");
        }
    }

    #[test]
    fn a_columnar_table_is_not_cached_whole_for_few_columns() {
        let few = "SELECT c1 FROM wide; SELECT c2 FROM wide";
        assert_eq!(codes(&format!("CACHE TABLE wide; {few}")), ["wide-cache"]);
        for text in [
            "CACHE TABLE wide; SELECT c1, c2, c3 FROM wide; SELECT c4, c5 FROM wide",
            "CACHE TABLE wide; SELECT c1 FROM wide; SELECT * FROM wide",
            "CACHE TABLE text; SELECT c1 FROM text; SELECT c2 FROM text",
            "CACHE TABLE w AS SELECT c1, c2 FROM wide; SELECT c1 FROM w; SELECT c2 FROM w",
        ] {
            assert_eq!(codes(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_stays_cached_after_its_last_reader_is_kept() {
        let twice = "CACHE TABLE text; SELECT c1 FROM text; SELECT c2 FROM text";
        assert_eq!(
            codes(&format!("{twice}; SELECT c1 FROM wide")),
            ["kept-cache"]
        );
        for text in [
            format!("{twice}; UNCACHE TABLE text; SELECT c1 FROM wide"),
            format!("{twice}; CLEAR CACHE; SELECT c1 FROM wide"),
        ] {
            assert_eq!(codes(&text), [""; 0], "{text}");
        }
    }
}
