//! Code that may run or not, and code that runs any number of times: what holds after it is what holds after any of the
//! ways through it.

use ruff_python_ast as ast;

use super::super::state::{Names, State};
use super::super::value::Value;
use super::{Left, Walker};

/// Most rounds of a loop before what it binds is forgotten.
const MOST_ROUNDS: u32 = 4;
/// Most items of a constant list that a loop is followed for, one by one.
const MOST_ITEMS: usize = 200;

impl<'a> Walker<'a> {
    pub(super) fn perhaps(&mut self, body: &'a [ast::Stmt]) {
        if body.is_empty() {
            return;
        }
        let before = self.state.clone();
        self.uncertainly(|walker| walker.body(body));
        let after = std::mem::take(&mut self.state);
        self.state = before.or(after);
    }

    pub(super) fn condition(&mut self, statement: &'a ast::StmtIf) {
        if statement.elif_else_clauses.is_empty() && is_main(&statement.test) {
            return self.body(&statement.body);
        }
        self.evaluate(&statement.test);
        let mut last = false;
        let before = self.state.clone();
        self.uncertainly(|walker| walker.body(&statement.body));
        let mut joined = std::mem::replace(&mut self.state, before.clone());
        for clause in &statement.elif_else_clauses {
            match &clause.test {
                Some(test) => {
                    self.uncertainly(|walker| walker.evaluate(test));
                }
                None => last = true,
            }
            let tested = self.state.clone();
            self.uncertainly(|walker| walker.body(&clause.body));
            joined = joined.or(std::mem::replace(&mut self.state, tested));
        }
        self.state = if last {
            joined
        } else {
            joined.or(before).or(std::mem::take(&mut self.state))
        };
    }

    pub(super) fn each(&mut self, statement: &'a ast::StmtFor) {
        let iterated = self.evaluate(&statement.iter);
        let items = self
            .items(&iterated)
            .filter(|items| items.len() <= MOST_ITEMS);
        if let Some(items) = items
            && !Names::of(&statement.body).jumps
        {
            for item in items {
                self.assign(&statement.target, item);
                self.body(&statement.body);
                if self.state.dead {
                    break;
                }
            }
        } else {
            let item = self.item(&iterated);
            self.rounds(&statement.body, |walker| {
                walker.assign(&statement.target, item.clone());
            });
        }
        self.perhaps(&statement.orelse);
    }

    /// A loop that runs any number of times.
    pub(super) fn rounds(&mut self, body: &'a [ast::Stmt], mut head: impl FnMut(&mut Self)) {
        self.uncertain += 1;
        self.loops.push(Left::default());
        for round in 0..=MOST_ROUNDS {
            let before = self.state.clone();
            head(self);
            self.body(body);
            let after = std::mem::take(&mut self.state);
            let continued = self.loops.last_mut().and_then(|left| left.continues.take());
            let after = match continued {
                Some(continued) => after.or(continued),
                None => after,
            };
            self.state = before.clone().or(after);
            if self.state == before {
                break;
            }
            if round + 1 >= MOST_ROUNDS {
                for name in Names::of(body).stores.into_keys() {
                    self.state.forget(&name);
                }
            }
        }
        if let Some(Left {
            breaks: Some(broken),
            ..
        }) = self.loops.pop()
        {
            let state = std::mem::take(&mut self.state);
            self.state = state.or(broken);
        }
        self.uncertain -= 1;
    }

    pub(super) fn attempt(&mut self, statement: &'a ast::StmtTry) {
        let before = self.state.clone();
        self.uncertain += 1;
        self.body(&statement.body);
        let after = self.state.clone();
        // An error may come anywhere: what is bound once is bound or not, what is bound more often may be anything.
        let mut failed = before.or(State {
            dead: false,
            ..after.clone()
        });
        let names = Names::of(&statement.body);
        let often = names.stores.iter().filter(|(_, count)| **count > 1);
        for name in often
            .map(|(name, _)| name)
            .chain(&names.outer)
            .chain(&self.outer)
        {
            failed.forget(name);
        }
        self.body(&statement.orelse);
        let mut joined = std::mem::replace(&mut self.state, failed.clone());
        for handler in &statement.handlers {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            self.state = failed.clone();
            if let Some(name) = &handler.name {
                self.bind(name, Value::Plain);
            }
            self.body(&handler.body);
            joined = joined.or(std::mem::take(&mut self.state));
        }
        self.uncertain -= 1;
        self.state = joined;
        if !statement.finalbody.is_empty() {
            let ended = self.state.dead;
            self.state = std::mem::take(&mut self.state).or(failed);
            self.body(&statement.finalbody);
            self.state.dead |= ended;
        }
    }

    pub(super) fn cases(&mut self, statement: &'a ast::StmtMatch) {
        let subject = self.evaluate(&statement.subject);
        let part = if subject.is_plain() {
            Value::Plain
        } else {
            Value::Any(subject.lazy())
        };
        let before = self.state.clone();
        let mut joined = before.clone();
        for case in &statement.cases {
            self.state = before.clone();
            let mut names = Names::default();
            ruff_python_ast::visitor::Visitor::visit_pattern(&mut names, &case.pattern);
            for name in names.stores.keys() {
                self.bind(name, part.clone());
            }
            self.uncertainly(|walker| {
                if let Some(guard) = &case.guard {
                    walker.evaluate(guard);
                }
                walker.body(&case.body);
            });
            joined = joined.or(std::mem::take(&mut self.state));
        }
        self.state = joined;
    }
}

/// `__name__ == "__main__"`, which holds in a session.
fn is_main(test: &ast::Expr) -> bool {
    let ast::Expr::Compare(compare) = test else {
        return false;
    };
    let (ast::Expr::Name(name), [ast::CmpOp::Eq], [ast::Expr::StringLiteral(main)]) =
        (&*compare.left, &*compare.ops, &*compare.comparators)
    else {
        return false;
    };
    name.id == "__name__" && main.value.to_str() == "__main__"
}
