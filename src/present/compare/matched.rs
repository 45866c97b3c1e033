//! Which statement of one state is which of the other.

use std::collections::BTreeMap;

use super::State;
use crate::frontend::statement::{Name, Statement, StatementId};
use crate::present::rule::normalised;

/// Statements that both states have, by their numbers.
pub(super) struct Matched {
    /// By the statement now, the one before.
    before: BTreeMap<StatementId, StatementId>,
    /// By the statement before, the one now.
    now: BTreeMap<StatementId, StatementId>,
}

impl Matched {
    /// The same text in the same file is the same statement, then the same text anywhere, then what does the same to the
    /// same tables in the same file; of several, the first ones go together.
    pub(super) fn of(before: State<'_>, now: State<'_>) -> Matched {
        let mut matched = Matched {
            before: BTreeMap::new(),
            now: BTreeMap::new(),
        };
        let by_text = |state: State<'_>, one: &Statement| vec![file(state, one), text(state, one)];
        let by_text_alone = |state: State<'_>, one: &Statement| vec![text(state, one)];
        let by_deed = |state: State<'_>, one: &Statement| {
            let targets = one.kind.targets().into_iter().map(Name::key);
            let mut key = vec![file(state, one), one.kind.word().to_owned()];
            key.extend(targets);
            key
        };
        matched.add(before, now, by_text);
        matched.add(before, now, by_text_alone);
        matched.add(before, now, by_deed);
        matched
    }

    fn add(
        &mut self,
        before: State<'_>,
        now: State<'_>,
        key: impl Fn(State<'_>, &Statement) -> Vec<String>,
    ) {
        let mut free: BTreeMap<Vec<String>, Vec<StatementId>> = BTreeMap::new();
        let old = before.workload.statements.iter().rev();
        for one in old.filter(|one| !self.now.contains_key(&one.id)) {
            free.entry(key(before, one)).or_default().push(one.id);
        }
        for one in &now.workload.statements {
            if self.before.contains_key(&one.id) {
                continue;
            }
            let old = free.get_mut(&key(now, one)).and_then(Vec::pop);
            if let Some(old) = old {
                self.before.insert(one.id, old);
                self.now.insert(old, one.id);
            }
        }
    }

    /// What a statement was before; none for a new one.
    pub(super) fn before(&self, now: StatementId) -> Option<StatementId> {
        self.before.get(&now).copied()
    }

    /// What a statement is now; none for one that is gone.
    pub(super) fn now(&self, before: StatementId) -> Option<StatementId> {
        self.now.get(&before).copied()
    }
}

fn file(state: State<'_>, statement: &Statement) -> String {
    let source = state.sources.get(statement.source);
    source.map_or_else(String::new, |source| source.name.clone())
}

/// Its text without layout, comments and letter case.
pub(super) fn text(state: State<'_>, statement: &Statement) -> String {
    normalised(state.sources.text(statement.span))
}
