//! Evaluates groupings of one table the slow way: every aggregate over the rows of every group.

mod expression;

use std::collections::{BTreeMap, BTreeSet};

use self::expression::{Expression, Reader, Scope};

/// A value: a number or NULL. Truth is 1, untruth 0.
pub(super) type Value = Option<i64>;
/// Names of columns, and rows.
pub(super) type Table = (Vec<String>, Vec<Vec<Value>>);
/// Tables by name.
pub(super) type Tables = BTreeMap<String, Table>;

/// The rows of `SELECT items FROM table [WHERE …] [GROUP BY …] [HAVING …]`, in the order of their values.
pub(super) fn rows(text: &str, tables: &Tables) -> Table {
    let mut reader = Reader::new(text);
    assert!(reader.take("SELECT"), "{text}");
    let mut items = Vec::new();
    loop {
        let expression = reader.expression();
        let name = match &expression {
            Expression::Column(name) => name.clone(),
            _ => String::new(),
        };
        let name = if reader.take("AS") {
            reader.next()
        } else {
            name
        };
        assert!(!name.is_empty(), "an item without a name in {text}");
        items.push((expression, name));
        if !reader.take(",") {
            break;
        }
    }
    assert!(reader.take("FROM"), "{text}");
    let mut name = reader.next();
    while reader.take(".") {
        name = format!("{name}.{}", reader.next());
    }
    if reader.take("AS") {
        reader.next();
    }
    let (columns, all) = &tables[&name];
    let filter = reader.take("WHERE").then(|| reader.expression());
    let sets = reader.grouping_sets();
    let having = reader.take("HAVING").then(|| reader.expression());
    reader.end();

    let kept: Vec<&Vec<Value>> = all
        .iter()
        .filter(|row| {
            let scope = Scope::row(columns, row);
            filter.as_ref().is_none_or(|test| test.holds(&scope))
        })
        .collect();
    let expressions = items
        .iter()
        .map(|(expression, _)| expression)
        .chain(&having);
    let mut found: Vec<Vec<Value>> = Vec::new();
    let mut give = |scope: &Scope<'_>| {
        if having.as_ref().is_none_or(|test| test.holds(scope)) {
            let items = items.iter();
            found.push(items.map(|(item, _)| item.value(scope)).collect());
        }
    };
    match sets {
        None if !expressions.into_iter().any(Expression::aggregates) => {
            for row in kept {
                give(&Scope::row(columns, row));
            }
        }
        // All rows are one group, even if there are none.
        None => give(&Scope::group(columns, &kept, BTreeMap::new())),
        Some(sets) => {
            for set in sets {
                group(columns, &kept, &set, &mut give);
            }
        }
    }
    found.sort();
    (items.into_iter().map(|(_, name)| name).collect(), found)
}

/// Each group of one grouping: by the columns that are there, with NULL for the others.
fn group(
    columns: &[String],
    rows: &[&Vec<Value>],
    set: &[(String, bool)],
    give: &mut impl FnMut(&Scope<'_>),
) {
    let keys = |row: &[Value]| -> Vec<Value> {
        let scope = Scope::row(columns, row);
        set.iter()
            .map(|(name, there)| there.then(|| scope.column(name)).flatten())
            .collect()
    };
    let groups: BTreeSet<Vec<Value>> = rows.iter().map(|row| keys(row)).collect();
    for group in groups {
        let members = rows.iter().copied().filter(|row| keys(row) == group);
        let members: Vec<&Vec<Value>> = members.collect();
        let names = set.iter().map(|(name, _)| name.clone());
        give(&Scope::group(
            columns,
            &members,
            names.zip(group.clone()).collect(),
        ));
    }
}
