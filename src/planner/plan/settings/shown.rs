//! Which statements may show how joins and exchanges are done.
//!
//! Another number of tasks, another plan or another join gives the same rows in another order, in files of other sizes.
//! A setting is the same for the whole session, and what one run writes the next one reads: so every statement counts,
//! wherever it stands and whatever it reads.
//!
//! | shows it | for |
//! |---|---|
//! | a statement that depends on the order of rows, on where they come from, or calls what is not known | all settings |
//! | one that computes what depends on it in the last digits, or leaves ties (`access::arrange`) | all |
//! | one that may fail on some values: an adaptive plan leaves out what joins nothing, and so does a broadcast | all but the number of tasks |
//! | a view that is made: it keeps the settings of the session, and what reads it is not seen | all |
//! | Python, scripts, commands that read rows, what shows plans, statistics or settings, and what is not seen | all |

use std::collections::BTreeMap;

use super::Key;
use crate::facts::access::{Access, SensitivityKind};
use crate::facts::workload::Workload;
use crate::frontend::statement::{Statement, StatementId, StatementKind};

/// What shows a setting, and where, in order of words; empty where nothing does.
pub(super) fn by(workload: &Workload, key: Key) -> BTreeMap<String, Vec<StatementId>> {
    let mut shown: BTreeMap<String, Vec<StatementId>> = BTreeMap::new();
    for (statement, access) in workload.statements.iter().zip(&workload.accesses) {
        if let Some(what) = shows(statement, access, key) {
            shown.entry(what).or_default().push(statement.id);
        }
    }
    shown
}

fn shows(statement: &Statement, access: &Access, key: Key) -> Option<String> {
    match &statement.kind {
        StatementKind::Query(_)
        | StatementKind::Insert { .. }
        | StatementKind::InsertDirectory { .. }
        | StatementKind::CreateTableAs { .. } => {
            if access.barrier.is_some() {
                return Some("a statement that cannot be seen through".to_owned());
            }
            in_query(access, key)
        }
        // Another time zone, say: it shows nothing itself.
        StatementKind::Set { value: Some(_), .. } | StatementKind::Use { .. } => None,
        StatementKind::Drop { .. }
        | StatementKind::Truncate { .. }
        | StatementKind::CreateDatabase { .. }
        | StatementKind::CreateTable { .. }
        | StatementKind::Command(_)
            if access.barrier.is_none()
                && access.reads.is_empty()
                && !collects_statistics(statement) =>
        {
            None
        }
        StatementKind::CreateView { .. } => Some("a view is made".to_owned()),
        kind => Some(format!("a statement that is no query (`{}`)", kind.word())),
    }
}

/// `ANALYZE TABLE`: sizes of files are among the statistics.
fn collects_statistics(statement: &Statement) -> bool {
    statement.kind.word() == "analyze"
}

fn in_query(access: &Access, key: Key) -> Option<String> {
    let sensitive = access.sensitivities.iter().find(|found| match found.kind {
        SensitivityKind::UnknownFunction
        | SensitivityKind::RowOrigin
        | SensitivityKind::Sampling
        | SensitivityKind::OrderSensitive => true,
        SensitivityKind::MayFail => key != Key::Partitions,
        // Another value each time, however rows are spread.
        SensitivityKind::NonDeterministic => false,
    });
    let sensitive = sensitive.map(|found| &found.what);
    let what = sensitive.or_else(|| access.arrangements.first().map(|found| &found.what))?;
    Some(format!("`{what}`"))
}
