//! Following a file statement by statement: every branch, every loop until nothing changes, every call of a function
//! of the pipeline with its arguments.
//!
//! What may happen counts as happening. What cannot be told is noted as not seen; nothing is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use super::state::{Binding, Names, Scope, State};
use super::value::{Code, Function, Lazy, Place, Value};
use crate::diagnostic::{Diagnostic, SourceId, Span};
use crate::frontend::source::Variables;
use crate::frontend::statement::{PythonAction, PythonDeed, PythonStep, Unseen};

/// Most statements and calls that are followed in one file.
const MOST_STEPS: u32 = 20_000;
/// Most rounds of a loop before what it binds is forgotten.
const MOST_ROUNDS: u32 = 4;
/// Most items of a constant list that a loop is followed for, one by one.
const MOST_ITEMS: usize = 200;

/// Follows the Python files of a pipeline in order.
pub(super) struct Walker<'a> {
    /// Values of template variables.
    pub variables: &'a Variables,
    /// The file at hand.
    pub file: SourceId,
    /// Longest SQL statement that is looked into, bytes.
    pub max_statement_bytes: u64,
    /// What names mean here.
    pub state: State<'a>,
    /// What is seen of the file at hand.
    pub step: PythonStep,
    /// What there is to say about texts of SQL in it.
    pub diagnostics: Vec<Diagnostic>,
    /// Lists and dictionaries that something has changed.
    pub changed: BTreeSet<Place>,
    /// Something of Spark may lie in a value that is taken for plain.
    pub leaked: bool,
    /// Calls being followed.
    pub depth: u32,
    /// Modules all of whose names are imported.
    pub stars: Vec<Rc<str>>,
    /// How often each name is bound in the file at hand.
    stores: BTreeMap<String, u32>,
    /// Names that functions bind outside of themselves.
    outer: BTreeSet<String>,
    /// Names used by code of which it is not known when it runs.
    late: BTreeSet<String>,
    /// Functions of which it is not known when they run, and whether they have effects.
    pub escaped: BTreeMap<Place, bool>,
    returns: Vec<Returned<'a>>,
    loops: Vec<Left<'a>>,
    uncertain: u32,
    steps: u32,
}

/// Where a call returns.
#[derive(Default)]
struct Returned<'a> {
    value: Option<Value<'a>>,
    state: Option<State<'a>>,
}

/// Where a loop is left or goes on.
#[derive(Default)]
struct Left<'a> {
    breaks: Option<State<'a>>,
    continues: Option<State<'a>>,
}

fn add<'a>(to: &mut Option<State<'a>>, state: State<'a>) {
    *to = Some(match to.take() {
        Some(other) => other.or(state),
        None => state,
    });
}

impl<'a> Walker<'a> {
    /// Before the first file.
    pub(super) fn new(variables: &'a Variables, max_statement_bytes: u64) -> Self {
        Walker {
            variables,
            file: SourceId(0),
            max_statement_bytes,
            state: State::default(),
            step: PythonStep::default(),
            diagnostics: Vec::new(),
            changed: BTreeSet::new(),
            leaked: false,
            depth: 0,
            stars: Vec::new(),
            stores: BTreeMap::new(),
            outer: BTreeSet::new(),
            late: BTreeSet::new(),
            escaped: BTreeMap::new(),
            returns: Vec::new(),
            loops: Vec::new(),
            uncertain: 0,
            steps: 0,
        }
    }

    /// Follows the next file.
    pub(super) fn file(
        &mut self,
        file: SourceId,
        body: &'a [ast::Stmt],
    ) -> (PythonStep, Vec<Diagnostic>) {
        self.start(file);
        let names = Names::of(body);
        self.stores = names.stores;
        self.outer.extend(names.outer);
        self.body(body);
        self.finish()
    }

    /// A file of which nothing is known but that it may bind any name.
    pub(super) fn unknown_file(&mut self, file: SourceId) {
        self.start(file);
        self.lose_names();
        self.finish();
    }

    fn start(&mut self, file: SourceId) {
        self.file = file;
        self.steps = 0;
        self.state.dead = false;
        self.state.scopes.clear();
        self.uncertain = 0;
        for binding in self.state.globals.values_mut() {
            binding.earlier = true;
        }
        for (name, value) in [("spark", Value::Session), ("hoist_vars", Value::Variables)] {
            let binding = Binding {
                value,
                earlier: false,
            };
            self.state.globals.insert(name.to_owned(), binding);
        }
    }

    fn finish(&mut self) -> (PythonStep, Vec<Diagnostic>) {
        let mut step = std::mem::take(&mut self.step);
        step.unseen
            .sort_by_key(|unseen| (unseen.span, unseen.reason.clone()));
        step.unseen.dedup();
        // Code that is not seen may reach the namespace.
        step.names.unknown |= !step.unseen.is_empty();
        (step, std::mem::take(&mut self.diagnostics))
    }

    /// Any name may mean anything.
    pub(super) fn lose_names(&mut self) {
        self.step.names.unknown = true;
        self.step.names.carried.everything = true;
        for binding in self.state.globals.values_mut() {
            if !matches!(binding.value, Value::Session | Value::Variables) {
                binding.value = Value::Unknown;
            }
        }
    }

    pub(super) fn span(&self, range: TextRange) -> Span {
        Span {
            source: self.file,
            start: range.start().to_u32(),
            end: range.end().to_u32(),
        }
    }

    /// Notes a place whose effect is not known.
    pub(super) fn unseen(&mut self, range: TextRange, reason: impl Into<String>) -> Value<'a> {
        let unseen = Unseen {
            reason: reason.into(),
            span: self.span(range),
        };
        if !self.step.unseen.contains(&unseen) {
            self.step.unseen.push(unseen);
        }
        self.leaked = true;
        Value::Unknown
    }

    /// Notes something that the file does; gives the reads that hang on it.
    pub(super) fn act(&mut self, deed: PythonDeed, range: TextRange) -> Lazy {
        let position = u32::try_from(self.step.actions.len()).unwrap_or(u32::MAX);
        self.step.actions.push(PythonAction {
            deed,
            span: self.span(range),
            certain: self.uncertain == 0,
        });
        Lazy {
            everything: false,
            actions: BTreeSet::from([(self.file, position)]),
        }
    }

    /// Number of things noted, to tell whether code has effects.
    pub(super) fn effects(&self) -> usize {
        self.step.actions.len() + self.step.unseen.len()
    }

    /// Whether there is anything left to spend on following the file.
    pub(super) fn spend(&mut self, range: TextRange) -> bool {
        self.steps += 1;
        if self.steps == MOST_STEPS {
            self.unseen(range, "the file does too much to follow it to its end");
            self.lose_names();
        }
        self.steps < MOST_STEPS
    }

    pub(super) fn body(&mut self, body: &'a [ast::Stmt]) {
        for statement in body {
            if self.state.dead || !self.spend(statement.range()) {
                return;
            }
            self.statement(statement);
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of statement")]
    fn statement(&mut self, statement: &'a ast::Stmt) {
        match statement {
            ast::Stmt::Expr(statement) => {
                self.evaluate(&statement.value);
            }
            ast::Stmt::Assign(statement) => {
                let value = self.evaluate(&statement.value);
                for target in &statement.targets {
                    self.assign(target, value.clone());
                }
            }
            ast::Stmt::AnnAssign(statement) => {
                if let Some(value) = &statement.value {
                    let value = self.evaluate(value);
                    self.assign(&statement.target, value);
                }
            }
            ast::Stmt::AugAssign(statement) => self.augment(statement),
            ast::Stmt::FunctionDef(function) => self.define(function),
            ast::Stmt::ClassDef(class) => self.class(class),
            ast::Stmt::Import(import) => self.import(import),
            ast::Stmt::ImportFrom(import) => self.import_from(import),
            ast::Stmt::If(statement) => self.condition(statement),
            ast::Stmt::For(statement) => self.each(statement),
            ast::Stmt::While(statement) => {
                self.evaluate(&statement.test);
                self.rounds(&statement.body, |walker| {
                    walker.evaluate(&statement.test);
                });
                self.perhaps(&statement.orelse);
            }
            ast::Stmt::With(statement) => {
                for item in &statement.items {
                    let value = self.evaluate(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        let value = if value.is_plain() {
                            value
                        } else {
                            Value::Any(value.lazy())
                        };
                        self.assign(target, value);
                    }
                }
                self.body(&statement.body);
            }
            ast::Stmt::Try(statement) => self.attempt(statement),
            ast::Stmt::Match(statement) => self.cases(statement),
            ast::Stmt::Return(statement) => {
                let value = match &statement.value {
                    Some(value) => self.evaluate(value),
                    None => Value::Constants(vec![super::value::Constant::Nothing]),
                };
                let state = self.state.clone();
                if let Some(returned) = self.returns.last_mut() {
                    returned.value = Some(match returned.value.take() {
                        Some(other) => other.or(value),
                        None => value,
                    });
                    add(&mut returned.state, state);
                }
                self.state.dead = true;
            }
            ast::Stmt::Raise(statement) => {
                for value in [&statement.exc, &statement.cause].into_iter().flatten() {
                    self.evaluate(value);
                }
                self.state.dead = true;
            }
            ast::Stmt::Break(_) => {
                let state = self.state.clone();
                if let Some(left) = self.loops.last_mut() {
                    add(&mut left.breaks, state);
                }
                self.state.dead = true;
            }
            ast::Stmt::Continue(_) => {
                let state = self.state.clone();
                if let Some(left) = self.loops.last_mut() {
                    add(&mut left.continues, state);
                }
                self.state.dead = true;
            }
            ast::Stmt::Delete(statement) => {
                for target in &statement.targets {
                    self.assign(target, Value::Unknown);
                }
            }
            ast::Stmt::Assert(statement) => {
                self.evaluate(&statement.test);
                if let Some(message) = &statement.msg {
                    self.evaluate(message);
                }
            }
            ast::Stmt::Global(statement) => {
                if let Some(scope) = self.state.scopes.last_mut() {
                    scope
                        .globals
                        .extend(statement.names.iter().map(ToString::to_string));
                }
            }
            ast::Stmt::Nonlocal(statement) => {
                self.unseen(
                    statement.range(),
                    "names of the function around it are changed",
                );
            }
            ast::Stmt::TypeAlias(statement) => self.assign(&statement.name, Value::Plain),
            ast::Stmt::Pass(_) => {}
            ast::Stmt::IpyEscapeCommand(statement) => {
                self.unseen(statement.range(), "a command of a notebook");
            }
        }
    }

    /// Runs code that may not run.
    pub(super) fn uncertainly<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        self.uncertain += 1;
        let result = work(self);
        self.uncertain -= 1;
        result
    }

    fn perhaps(&mut self, body: &'a [ast::Stmt]) {
        if body.is_empty() {
            return;
        }
        let before = self.state.clone();
        self.uncertainly(|walker| walker.body(body));
        let after = std::mem::take(&mut self.state);
        self.state = before.or(after);
    }

    fn condition(&mut self, statement: &'a ast::StmtIf) {
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

    fn each(&mut self, statement: &'a ast::StmtFor) {
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

    fn attempt(&mut self, statement: &'a ast::StmtTry) {
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

    fn cases(&mut self, statement: &'a ast::StmtMatch) {
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

    /// Binds a name here.
    pub(super) fn bind(&mut self, name: &str, value: Value<'a>) {
        let module = match &value {
            Value::Module(path) => Some(path.to_string()),
            _ => None,
        };
        match self.state.scopes.last_mut() {
            Some(scope) if !scope.globals.contains(name) => {
                scope.locals.insert(name.to_owned(), value);
            }
            _ => {
                let bound = self
                    .step
                    .names
                    .binds
                    .entry(name.to_owned())
                    .or_insert_with(|| module.clone());
                if *bound != module {
                    *bound = None;
                }
                let binding = Binding {
                    value,
                    earlier: false,
                };
                self.state.globals.insert(name.to_owned(), binding);
            }
        }
    }

    /// Names that code uses of which it is not known when it runs must not change their meaning.
    pub(super) fn is_late(&self, name: &str) -> bool {
        self.late.contains(name)
    }

    /// What a name means.
    pub(super) fn name(&mut self, name: &str, range: TextRange) -> Value<'a> {
        for scope in self.state.scopes.iter().rev() {
            if let Some(value) = scope.locals.get(name) {
                return value.clone();
            }
            if scope.transparent {
                continue;
            }
            if let Some((_, value)) = scope.captured.iter().find(|(captured, _)| captured == name) {
                return value.clone();
            }
            break;
        }
        let deferred = self.state.scopes.iter().any(|scope| scope.deferred);
        if let Some(binding) = self.state.globals.get(name).cloned() {
            return self.global(name, binding, deferred, range);
        }
        if let Some(module) = self.stars.last()
            && !super::call::is_builtin(name)
            && !super::modules::is_of_shell(name)
        {
            return Value::Module(format!("{module}.{name}").into());
        }
        if matches!(name, "__name__" | "__file__" | "__doc__") {
            return Value::Plain;
        }
        if super::modules::is_harmless_builtin(name) || super::call::is_builtin(name) {
            return Value::Module(format!("builtins.{name}").into());
        }
        if deferred && self.stores.contains_key(name) {
            // Bound further down, before this code can run.
            return Value::Any(Lazy::everything());
        }
        self.unseen(range, format!("`{name}` is bound by no file before"))
    }

    /// Whether something may have been put into a value since it was made.
    fn may_hold_anything(&self, value: &Value<'a>) -> bool {
        match value {
            Value::List(place, items) => {
                self.changed.contains(place)
                    || items.iter().any(|item| self.may_hold_anything(item))
            }
            Value::Dict(place, items) => {
                let mut items = items.iter();
                self.changed.contains(place)
                    || items.any(|(_, value)| self.may_hold_anything(value))
            }
            Value::Plain => self.leaked,
            Value::Function(function) => {
                let mut defaults = function.defaults.iter();
                defaults.any(|value| self.may_hold_anything(value))
            }
            _ => false,
        }
    }

    fn global(
        &mut self,
        name: &str,
        binding: Binding<'a>,
        deferred: bool,
        range: TextRange,
    ) -> Value<'a> {
        let Binding { value, earlier } = binding;
        if earlier {
            let lazy = value.lazy();
            let anything = self.may_hold_anything(&value);
            let names = &mut self.step.names;
            names.carried.everything |= lazy.everything || anything;
            names.carried.actions.extend(lazy.actions);
            let changes = !value.is_fixed();
            *names.uses.entry(name.to_owned()).or_default() |= changes;
            if value == (Value::Class { effects: true }) {
                return self.unseen(
                    range,
                    format!("`{name}` is code of an earlier file that uses Spark"),
                );
            }
        }
        if deferred && !matches!(value, Value::Session | Value::Variables) {
            self.late.insert(name.to_owned());
            let once = self.stores.get(name).is_none_or(|count| *count == 1);
            if !once || earlier {
                return Value::Any(value.lazy());
            }
        }
        value
    }

    /// A call of a function of the pipeline.
    pub(super) fn follow(
        &mut self,
        function: &Function<'a>,
        locals: BTreeMap<String, Value<'a>>,
        deferred: bool,
    ) -> Value<'a> {
        let scope = Scope {
            locals,
            captured: function.captured.clone(),
            deferred,
            ..Scope::default()
        };
        let below = std::mem::take(&mut self.state.scopes);
        // What lies below is not seen from inside, and only this call can see what it binds.
        self.state.scopes = vec![scope];
        if below.iter().any(|scope| scope.deferred)
            && let Some(scope) = self.state.scopes.last_mut()
        {
            scope.deferred = true;
        }
        let loops = std::mem::take(&mut self.loops);
        self.returns.push(Returned::default());
        let falls = match function.code {
            Code::Lambda(lambda) => Some(self.evaluate(&lambda.body)),
            Code::Defined(definition) => {
                let names = Names::of(&definition.body);
                let last = matches!(definition.body.last(), Some(ast::Stmt::Return(_)));
                let before = definition.body.len().saturating_sub(usize::from(last));
                let early = Names::of(definition.body.get(..before).unwrap_or_default()).jumps;
                let effects = self.effects();
                let maybe = u32::from(early || names.yields);
                self.uncertain += maybe;
                self.body(&definition.body);
                self.uncertain -= maybe;
                if names.yields || definition.is_async {
                    let effects = self.effects() > effects;
                    let value = if effects {
                        Value::Unknown
                    } else {
                        Value::Any(Lazy::everything())
                    };
                    Some(value)
                } else {
                    (!self.state.dead)
                        .then(|| Value::Constants(vec![super::value::Constant::Nothing]))
                }
            }
        };
        let returned = self.returns.pop().unwrap_or_default();
        self.loops = loops;
        let mut state = std::mem::take(&mut self.state);
        if let Some(other) = returned.state {
            state = state.or(other);
        }
        state.scopes = below;
        self.state = state;
        match (returned.value, falls) {
            (Some(value), Some(falls)) => value.or(falls),
            (Some(value), None) | (None, Some(value)) => value,
            // Always raises.
            (None, None) => Value::Unknown,
        }
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
