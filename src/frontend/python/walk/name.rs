//! Names: binding them, and what they mean where they are used.

use ruff_text_size::TextRange;

use super::super::state::Binding;
use super::super::value::{Lazy, Value};
use super::super::{call, modules};
use super::Walker;

impl<'a> Walker<'a> {
    /// Binds a name here.
    pub(in super::super) fn bind(&mut self, name: &str, value: Value<'a>) {
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
    pub(in super::super) fn is_late(&self, name: &str) -> bool {
        self.late.contains(name)
    }

    /// What a name means.
    pub(in super::super) fn name(&mut self, name: &str, range: TextRange) -> Value<'a> {
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
            && !call::is_builtin(name)
            && !modules::is_of_shell(name)
        {
            return Value::Module(format!("{module}.{name}").into());
        }
        if matches!(name, "__name__" | "__file__" | "__doc__") {
            return Value::Plain;
        }
        if modules::is_harmless_builtin(name) || call::is_builtin(name) {
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
}
