//! What can still run after a failure: whatever no hazard orders after a statement that failed or was left out.

use std::collections::BTreeSet;

use super::input::RunStatement;

/// What failed statements, and those left out because of them, read and would have changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Failed {
    reads: BTreeSet<String>,
    starts: BTreeSet<String>,
    barrier: bool,
    python: bool,
    any: bool,
}

impl Failed {
    /// Adds a statement that failed or was left out.
    pub(super) fn add(&mut self, statement: &RunStatement) {
        self.any = true;
        self.reads
            .extend(statement.reads.iter().map(|version| table(version)));
        self.starts
            .extend(statement.starts.iter().map(|version| table(version)));
        self.barrier |= is_barrier(statement);
        self.python |= statement.kind == "python";
    }

    /// Why a later statement must not run; none where nothing orders it after a failed one.
    ///
    /// It must not read or change what a failed one should have changed, nor change what a failed one should have
    /// read (which would then be lost for the next attempt). Python files share a namespace.
    pub(super) fn blocks(&self, statement: &RunStatement) -> Option<String> {
        if !self.any {
            return None;
        }
        if self.barrier {
            return Some("a statement before it that cannot be seen through failed".to_owned());
        }
        if is_barrier(statement) {
            return Some("it cannot be seen through, and a statement before it failed".to_owned());
        }
        if self.python && statement.kind == "python" {
            return Some("a Python step before it failed, and they share their names".to_owned());
        }
        let mut reads = statement.reads.iter().map(|version| table(version));
        if let Some(name) = reads.find(|name| self.starts.contains(name)) {
            return Some(format!("`{name}` was not written"));
        }
        let mut starts = statement.starts.iter().map(|version| table(version));
        starts
            .find(|name| self.starts.contains(name) || self.reads.contains(name))
            .map(|name| format!("`{name}` is used by a statement that did not run"))
    }
}

/// Statements that everything after them may depend on.
fn is_barrier(statement: &RunStatement) -> bool {
    statement.barrier || matches!(statement.kind.as_str(), "use" | "set" | "opaque")
}

/// The table of `table@generation`.
fn table(version: &str) -> String {
    version
        .rsplit_once('@')
        .map_or(version, |(table, _)| table)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(kind: &str, reads: &[&str], starts: &[&str]) -> RunStatement {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        RunStatement {
            kind: kind.to_owned(),
            reads: owned(reads),
            starts: owned(starts),
            ..RunStatement::default()
        }
    }

    #[test]
    fn hazards_decide_what_goes_on() {
        let mut failed = Failed::default();
        let anything = statement("opaque", &["d.a@0"], &["d.a@1"]);
        assert_eq!(failed.blocks(&anything), None);
        failed.add(&statement("insert_overwrite", &["d.a@0"], &["d.b@1"]));
        let blocked = |statement: &RunStatement| failed.blocks(statement).is_some();
        // Reads after the write, writes after the write, writes after the read.
        assert!(blocked(&statement("query", &["d.b@1"], &[])));
        assert!(blocked(&statement("insert_into", &["d.c@0"], &["d.b@2"])));
        assert!(blocked(&statement("truncate", &[], &["d.a@1"])));
        // Sharing an input is no dependence.
        assert!(!blocked(&statement("insert_into", &["d.a@0"], &["d.d@1"])));
        assert!(blocked(&anything));
    }

    #[test]
    fn nothing_goes_on_after_a_setting_that_failed() {
        for kind in ["use", "set", "opaque"] {
            let mut failed = Failed::default();
            failed.add(&statement(kind, &[], &[]));
            assert!(
                failed.blocks(&statement("query", &[], &[])).is_some(),
                "{kind}"
            );
        }
    }

    #[test]
    fn python_steps_share_their_names() {
        let mut failed = Failed::default();
        failed.add(&statement("python", &["d.a@0"], &["d.b@1"]));
        assert!(
            failed
                .blocks(&statement("python", &["d.x@0"], &["d.y@1"]))
                .is_some()
        );
        assert!(
            failed
                .blocks(&statement("query", &["d.x@0"], &[]))
                .is_none()
        );
    }
}
