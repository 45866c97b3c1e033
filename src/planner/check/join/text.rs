//! What the text of a frame joins.

use std::collections::BTreeSet;

use crate::facts::access::{TableId, TableVersion};
use crate::facts::catalog::TableKind;
use crate::frontend::statement::{
    ColumnReference, Expression, Join, JoinColumns, JoinKind, QueryBody, Relation, SelectItem,
    Shape, StatementKind, TableReference,
};
use crate::planner::check::Check;
use crate::planner::check::frames::Built;
use crate::planner::check::hull::{Hull, hull, steady_tests};

/// A column of one of the tables, by the table's number.
pub(in crate::planner::check) type Side = (usize, String);

/// Two equal columns, the smaller one first.
pub(in crate::planner::check) type Pair = (Side, Side);

pub(super) fn pair(one: Side, other: Side) -> Pair {
    if one <= other {
        (one, other)
    } else {
        (other, one)
    }
}

/// What stands for a column of a table in the tests of a filter.
pub(super) fn marker(member: usize, column: &str) -> String {
    format!("{member}:{column}")
}

/// Joined tables.
#[derive(Debug)]
pub(in crate::planner::check) struct Core {
    pub(super) members: Vec<Member>,
    /// The filter, columns as [`marker`]s; none for all rows.
    pub(super) hull: Option<Hull>,
    /// Table, column in lower case, and the name that it has in the frame.
    pub(super) columns: Vec<(usize, String, String)>,
}

/// One of the tables.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) version: TableVersion,
    called: String,
    /// Filled with NULLs where nothing meets its key.
    pub(super) outer: bool,
    /// Its `ON`.
    pub(super) keys: BTreeSet<Pair>,
    /// All columns of its table, lower-case, with their types.
    pub(super) table: Vec<(String, String)>,
}

impl Core {
    /// Reads the definition of a frame.
    pub(super) fn of(check: &Check<'_>, built: &Built<'_, '_>) -> Result<Self, String> {
        let query = built.query;
        let more = || "is more than joined tables".to_owned();
        let QueryBody::Select(select) = &query.body else {
            return Err(more());
        };
        let [Relation::Joined { first, joins }] = select.from.as_slice() else {
            return Err(more());
        };
        let plain = query.ctes.is_empty()
            && query.order_by.is_empty()
            && query.tail.is_empty()
            && !query.limited
            && !select.distinct
            && !select.grouped
            && select.group_by.is_empty()
            && select.having.is_empty()
            && select.other.is_empty();
        if !plain {
            return Err(more());
        }
        let mut core = Core {
            members: Vec::new(),
            hull: None,
            columns: Vec::new(),
        };
        core.add(check, built, first, false)?;
        for join in joins {
            core.join(check, built, join)?;
        }
        let filter = hull(built, select).ok_or("has a filter that cannot be read again")?;
        core.hull = filter.map(|hull| hull.marked(&|called, column| core.marked(called, column)));
        core.items(&select.items)?;
        Ok(core)
    }

    fn add(
        &mut self,
        check: &Check<'_>,
        built: &Built<'_, '_>,
        relation: &Relation,
        outer: bool,
    ) -> Result<(), String> {
        let Relation::Table(TableReference {
            name,
            alias: Some(alias),
            columns,
            modified: false,
            ..
        }) = relation
        else {
            return Err("joins something else than tables with aliases".to_owned());
        };
        let version = built
            .resolve(check, name)
            .and_then(|table| built.version(table))
            .ok_or_else(|| format!("joins `{}`, which is none of its inputs", name.key()))?;
        let called = alias.key();
        let mut known = self.members.iter();
        if known.any(|member| member.version == version || member.called == called) {
            return Err(format!("joins `{called}` twice"));
        }
        let table = columns_of(check, version)
            .filter(|_| columns.is_empty())
            .ok_or_else(|| format!("joins `{called}`, whose columns are not known"))?;
        self.members.push(Member {
            version,
            called,
            outer,
            keys: BTreeSet::new(),
            table,
        });
        Ok(())
    }

    fn join(
        &mut self,
        check: &Check<'_>,
        built: &Built<'_, '_>,
        join: &Join,
    ) -> Result<(), String> {
        let outer = match join.kind {
            JoinKind::Inner => false,
            JoinKind::Left => true,
            _ => return Err("joins otherwise than inner or left".to_owned()),
        };
        if join.using != JoinColumns::None || join.on.is_empty() {
            return Err("joins tables without a condition".to_owned());
        }
        if !outer && self.members.iter().any(|member| member.outer) {
            return Err("joins a table with others that are filled with NULLs".to_owned());
        }
        self.add(check, built, &join.relation, outer)?;
        let last = self.members.len() - 1;
        for test in &join.on {
            let pair = self.key(test, last)?;
            if let Some(member) = self.members.last_mut() {
                member.keys.insert(pair);
            }
        }
        Ok(())
    }

    /// An equality of the last table with an earlier one that is not filled with NULLs.
    fn key(&self, test: &Expression, last: usize) -> Result<Pair, String> {
        let strange = || "joins tables on something else than equal columns".to_owned();
        let (Shape::Equality, [one, other]) = (&test.shape, test.columns.as_slice()) else {
            return Err(strange());
        };
        let (one, other) = (self.side(one), self.side(other));
        let (Some(one), Some(other)) = (one, other) else {
            return Err(strange());
        };
        let earlier = match (one.0 == last, other.0 == last) {
            (true, false) => other.0,
            (false, true) => one.0,
            _ => return Err(strange()),
        };
        if self.members.get(earlier).is_none_or(|member| member.outer) {
            return Err("joins a table with another that is filled with NULLs".to_owned());
        }
        let types = [self.type_of(&one), self.type_of(&other)];
        if types[0] != types[1] || !types[0].is_some_and(is_plain) {
            return Err(
                "joins columns of two types, or of one that is not compared as it is".to_owned(),
            );
        }
        Ok(pair(one, other))
    }

    fn side(&self, reference: &ColumnReference) -> Option<Side> {
        let [called, column] = reference.parts.as_slice() else {
            return None;
        };
        self.column(&called.key(), column.key())
    }

    fn column(&self, called: &str, column: String) -> Option<Side> {
        let mut members = self.members.iter();
        let number = members.position(|member| member.called == called)?;
        self.has(number, &column).then_some((number, column))
    }

    fn marked(&self, called: &str, column: &str) -> Option<String> {
        let (member, column) = self.column(called, column.to_owned())?;
        Some(marker(member, &column))
    }

    /// A test of its filter that may fail on rows of other readers, or is of a table filled with NULLs.
    pub(super) fn unsteady(&self, check: &Check<'_>) -> Option<String> {
        let hull = self.hull.as_ref()?;
        let members = self.members.iter().enumerate();
        let kept = members.filter(|(_, member)| !member.outer);
        let steady = kept.flat_map(|(number, member)| {
            let mark = |column: &str| marker(number, column);
            steady_tests(check, Some(member.version), mark)
        });
        hull.unsteady(&steady.collect())
    }

    fn type_of(&self, side: &Side) -> Option<&str> {
        let mut table = self.members.get(side.0)?.table.iter();
        let found = table.find(|(name, _)| *name == side.1)?;
        Some(found.1.as_str())
    }

    fn items(&mut self, items: &[SelectItem]) -> Result<(), String> {
        for item in items {
            let SelectItem::Expression { expression, alias } = item else {
                return Err("has columns that are not listed".to_owned());
            };
            let column = match expression.columns.as_slice() {
                [column] if expression.shape == Shape::Column => Some(column),
                _ => None,
            };
            let Some((column, (member, key))) =
                column.and_then(|column| Some((column, self.side(column)?)))
            else {
                return Err("computes columns".to_owned());
            };
            let Some(name) = alias.as_ref().or(column.parts.last()) else {
                return Err("computes columns".to_owned());
            };
            let mut names = self.columns.iter();
            if names.any(|(_, _, known)| known.to_lowercase() == name.key()) {
                return Err(format!("has two columns `{}`", name.text));
            }
            self.columns.push((member, key, name.text.clone()));
        }
        Ok(())
    }

    /// What the frame calls a column.
    pub(super) fn name(&self, member: usize, column: &str) -> Option<&str> {
        let mut columns = self.columns.iter();
        columns
            .find(|(number, key, _)| *number == member && key == column)
            .map(|(_, _, name)| name.as_str())
    }

    /// Whether a table has a column.
    pub(super) fn has(&self, member: usize, column: &str) -> bool {
        let member = self.members.get(member);
        member.is_some_and(|member| member.table.iter().any(|(name, _)| name == column))
    }
}

/// Types that are compared as they are.
fn is_plain(data_type: &str) -> bool {
    const PLAIN: [&str; 13] = [
        "bigint",
        "binary",
        "boolean",
        "date",
        "double",
        "float",
        "int",
        "integer",
        "smallint",
        "string",
        "timestamp",
        "timestamp_ntz",
        "tinyint",
    ];
    PLAIN.contains(&data_type) || data_type == "decimal" || data_type.starts_with("decimal(")
}

/// All columns of a version, where the catalog's are still those.
pub(super) fn columns_of(
    check: &Check<'_>,
    version: TableVersion,
) -> Option<Vec<(String, String)>> {
    let table = check.workload.tables.iter();
    let table = table.clone().find(|known| known.id == version.table)?;
    if table.temporary || is_redefined(check, version.table, version.generation) {
        return None;
    }
    let facts = check.catalog.tables.get(&table.name)?;
    let known = facts.kind != TableKind::Missing && !facts.columns.is_empty();
    known.then(|| {
        let columns = facts.columns.iter();
        columns
            .map(|column| {
                let data_type = column.data_type.trim().to_lowercase();
                (column.name.to_lowercase(), data_type)
            })
            .collect()
    })
}

/// Whether a statement before a generation may have given the table other columns.
fn is_redefined(check: &Check<'_>, table: TableId, generation: u32) -> bool {
    check.workload.accesses.iter().any(|access| {
        let mut starts = access.starts.iter();
        let starts = starts.any(|start| start.table == table && start.generation <= generation);
        let kind = check.statements.get(&access.statement);
        let keeps = kind.is_some_and(|(statement, _)| {
            matches!(
                statement.kind,
                StatementKind::Insert { .. }
                    | StatementKind::Truncate { .. }
                    | StatementKind::Set { .. }
                    | StatementKind::Use { .. }
            )
        });
        let writes = access.writes.iter().any(|write| write.table == table);
        starts && !keeps && (writes || access.barrier.is_some())
    })
}
