//! Following a function of the pipeline where it is called.

use std::collections::BTreeMap;

use ruff_python_ast as ast;

use super::super::state::{Names, Scope};
use super::super::value::{Code, Constant, Function, Lazy, Value};
use super::{Returned, Walker};

impl<'a> Walker<'a> {
    /// A call of a function of the pipeline.
    pub(in super::super) fn follow(
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
                    (!self.state.dead).then(|| Value::Constants(vec![Constant::Nothing]))
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
