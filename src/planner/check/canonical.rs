//! A query as tokens without what cannot matter: layout, comments, letter case of names, optional `AS`, aliases of
//! relations and names of common table expressions. Strings, numbers and variables stay as written.

use super::emitted::{Placed, within};
use super::names::{Names, Role, TableUse};
use crate::frontend::statement::Query;

/// Words that mean something else in backquotes, where a column may stand.
const NOT_ONLY_NAMES: [&str; 10] = [
    "current_catalog",
    "current_database",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtimestamp",
    "null",
    "session_user",
    "user",
];

/// The tokens of a query for comparing; none where `table` does not know what one of its relations is.
pub(super) fn tokens(
    query: &Query,
    file: &[Placed<'_>],
    mut table: impl FnMut(&TableUse<'_>) -> Option<String>,
) -> Option<Vec<String>> {
    let names = Names::of(query);
    let mut canonical = Vec::new();
    let mut done = query.span.start;
    for token in within(file, query.span) {
        if token.span.start < done {
            continue;
        }
        let Some((span, role)) = names.roles.get(&token.span.start) else {
            if !token.is_word("as") {
                canonical.push(token.normalised());
            }
            continue;
        };
        done = span.end;
        match role {
            Role::Alias => {}
            Role::Qualifier(number) => canonical.push(format!("#{number}")),
            Role::Cte(number) => canonical.push(format!("@{number}")),
            Role::Table(index) => {
                let relation = names.tables.get(*index)?;
                canonical.push(match relation.cte {
                    Some(number) => format!("@{number}"),
                    None => format!("t:{}", table(relation)?),
                });
            }
            Role::Column => canonical.push(column(&token)),
        }
    }
    Some(canonical)
}

fn column(token: &Placed<'_>) -> String {
    let key = token.key();
    if NOT_ONLY_NAMES.contains(&key.as_str()) {
        return token.normalised();
    }
    format!("i:{key}")
}
