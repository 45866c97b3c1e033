//! What the definitions that are the text of no reader need of their tables: a covering read may stand there instead.

use std::collections::BTreeSet;

use super::{Aggregation, CoreMember, Definition, Formula, HullTest, Part};
use crate::facts::access::TableVersion;
use crate::frontend::statement::JoinKind;

/// What a definition needs of one of its tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::planner) struct Needed {
    /// The table.
    pub(in crate::planner) version: TableVersion,
    /// Its columns, lower-case.
    pub(in crate::planner) columns: BTreeSet<String>,
    /// The rows that pass all tests of one of these; all rows where there are none.
    rows: Vec<BTreeSet<String>>,
}

impl Needed {
    /// Whether tests leave out rows.
    pub(in crate::planner) fn is_filtered(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Whether all rows that are needed pass a hull.
    fn pass(&self, hull: &[Vec<HullTest>]) -> bool {
        let passes = |tests: &BTreeSet<String>| {
            let mut own = hull.iter();
            own.any(|own| own.iter().all(|test| tests.contains(&of_hull(test))))
        };
        hull.is_empty() || (self.is_filtered() && self.rows.iter().all(passes))
    }
}

impl Definition {
    /// What it needs of each of its tables, where it is joined tables or groups of one.
    pub(in crate::planner) fn needed(&self) -> Vec<Needed> {
        match self {
            Definition::JoinCore { members, hull, .. } => {
                let once = |number: &usize| {
                    let version = members.get(*number).map(|member| member.version);
                    let same = members.iter().filter(|one| Some(one.version) == version);
                    same.count() == 1
                };
                // What is joined with itself could be two frames.
                let numbers = (0..members.len()).filter(once);
                let needed = numbers.filter_map(|number| of_member(members, hull, number));
                needed.collect()
            }
            Definition::CoveringAggregate(aggregation) => vec![of_groups(aggregation)],
            Definition::CoveringRead { .. }
            | Definition::RepeatedSubquery { .. }
            | Definition::WidenedSubquery(_) => Vec::new(),
        }
    }

    /// Whether it is a covering read that has all that is needed of a table.
    pub(in crate::planner) fn provides(&self, needed: &Needed) -> bool {
        let Definition::CoveringRead {
            version,
            columns,
            hull,
            ..
        } = self
        else {
            return false;
        };
        let columns: BTreeSet<String> =
            columns.iter().map(|column| column.to_lowercase()).collect();
        *version == needed.version && needed.columns.is_subset(&columns) && needed.pass(hull)
    }
}

/// Columns that are selected, join or are tested, and rows that pass the tests of the hull.
fn of_member(members: &[CoreMember], hull: &[Vec<HullTest>], number: usize) -> Option<Needed> {
    let member = members.get(number)?;
    let own = |tests: &Vec<HullTest>| -> Vec<HullTest> {
        let tests = tests.iter().filter(|test| test.member == number);
        tests.cloned().collect()
    };
    let hull: Vec<Vec<HullTest>> = hull.iter().map(own).collect();
    let keys = members.iter().flat_map(|other| &other.keys);
    let met = keys.filter(|key| key.member == number);
    let columns = member.columns.iter().map(|column| &column.column);
    let columns = columns
        .chain(member.keys.iter().map(|key| &key.column))
        .chain(met.map(|key| &key.other))
        .chain(hull.iter().flatten().map(|test| &test.column));
    Some(Needed {
        version: member.version,
        columns: columns.map(|column| column.to_lowercase()).collect(),
        // Nothing tests what is filled with NULLs.
        rows: match member.kind {
            JoinKind::Left => Vec::new(),
            _ => hull
                .iter()
                .map(|tests| tests.iter().map(of_hull).collect())
                .collect(),
        },
    })
}

fn of_groups(aggregation: &Aggregation) -> Needed {
    let common: BTreeSet<String> = aggregation.common.iter().map(of_formula).collect();
    let others = aggregation.others.iter();
    let rows: Vec<BTreeSet<String>> = others
        .map(|tests| tests.iter().map(of_formula).chain(common.clone()).collect())
        .collect();
    let columns = aggregation.read.iter().chain(&aggregation.keys);
    Needed {
        version: aggregation.version,
        columns: columns.map(|column| column.to_lowercase()).collect(),
        rows: if rows.is_empty() { vec![common] } else { rows },
    }
}

fn of_hull(test: &HullTest) -> String {
    spelled([&test.before, &marked(&test.column), &test.after].map(String::as_str))
}

fn of_formula(formula: &Formula) -> String {
    let parts = formula.parts.iter().map(|part| match part {
        Part::Text(text) => text.clone(),
        Part::Column(column) => marked(column),
    });
    let parts: Vec<String> = parts.collect();
    spelled(parts.iter().map(String::as_str))
}

fn marked(column: &str) -> String {
    format!("`{}`", column.to_lowercase())
}

/// Blanks between do not matter.
fn spelled<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let text: String = parts.into_iter().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::access::TableId;

    const VERSION: TableVersion = TableVersion {
        table: TableId(0),
        generation: 0,
    };

    fn test(column: &str, after: &str) -> HullTest {
        HullTest {
            member: 0,
            column: column.to_owned(),
            before: String::new(),
            after: after.to_owned(),
        }
    }

    fn read(columns: &[&str], hull: Vec<Vec<HullTest>>) -> Definition {
        Definition::CoveringRead {
            version: VERSION,
            written: false,
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            hull,
        }
    }

    fn needed(columns: &[&str], rows: &[Vec<HullTest>]) -> Needed {
        Needed {
            version: VERSION,
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            rows: rows
                .iter()
                .map(|tests| tests.iter().map(of_hull).collect())
                .collect(),
        }
    }

    #[test]
    fn a_covering_read_provides_columns_and_rows_that_it_has() {
        let (young, old, late) = (
            test("Age", " < 5"),
            test("age", " > 90"),
            test("day", " = 1"),
        );
        let narrow = vec![vec![young.clone()], vec![old.clone()]];
        let all = needed(&["age"], &[]);
        assert!(read(&["AGE", "day"], Vec::new()).provides(&all));
        assert!(!read(&["day"], Vec::new()).provides(&all));
        assert!(!read(&["age"], narrow.clone()).provides(&all));
        let some = |rows: &[Vec<HullTest>]| {
            read(&["age", "day"], narrow.clone()).provides(&needed(&["age", "day"], rows))
        };
        assert!(some(&[
            vec![test("age", "  <  5"), late.clone()],
            vec![old]
        ]));
        assert!(!some(&[vec![young], vec![late.clone()]]));
        assert!(!some(&[Vec::new()]));
        assert!(!some(&[vec![late]]));
    }

    #[test]
    fn what_is_filled_with_nulls_needs_all_rows_of_its_table() {
        let member = |kind| CoreMember {
            version: VERSION,
            alias: "t".to_owned(),
            kind,
            keys: Vec::new(),
            columns: Vec::new(),
        };
        let hull = vec![vec![test("age", " < 5")]];
        let rows = |kind| of_member(&[member(kind)], &hull, 0).unwrap().is_filtered();
        assert!(rows(JoinKind::Inner));
        assert!(!rows(JoinKind::Left));
    }
}
