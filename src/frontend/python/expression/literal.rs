//! Texts, lists and dictionaries that are put together.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use super::super::state::Scope;
use super::super::text;
use super::super::value::{Lazy, Value};
use super::super::walk::Walker;

/// Most items of a constant list that a comprehension is followed for, one by one.
const MOST_ITEMS: usize = 200;

impl<'a> Walker<'a> {
    pub(super) fn f_string(&mut self, literal: &'a ast::ExprFString) -> Value<'a> {
        let mut parts = Vec::new();
        for part in &literal.value {
            match part {
                ast::FStringPart::Literal(literal) => parts.push(Value::text(&*literal.value)),
                ast::FStringPart::FString(f_string) => {
                    for element in &f_string.elements {
                        match element {
                            ast::InterpolatedStringElement::Literal(literal) => {
                                parts.push(Value::text(&*literal.value));
                            }
                            ast::InterpolatedStringElement::Interpolation(element) => {
                                let value = self.evaluate(&element.expression);
                                let plain = element.format_spec.is_none()
                                    && element.debug_text.is_none()
                                    && element.conversion == ast::ConversionFlag::None;
                                if let Some(spec) = &element.format_spec {
                                    for inner in spec.elements.interpolations() {
                                        self.evaluate(&inner.expression);
                                    }
                                }
                                parts.push(if plain { value } else { Value::Plain });
                            }
                        }
                    }
                }
            }
        }
        text::joined(&parts)
    }

    pub(super) fn list(&mut self, elts: &'a [ast::Expr], range: TextRange) -> Value<'a> {
        let mut items = Vec::new();
        let mut known = true;
        for elt in elts {
            let value = self.evaluate(elt);
            if elt.is_starred_expr() {
                if let Some(inner) = self.items(&value) {
                    items.extend(inner);
                } else {
                    known = false;
                    items.push(self.item(&value));
                }
            } else {
                items.push(value);
            }
        }
        self.listed(items, known, range)
    }

    /// A new list of these items; of any number of them where that is not known.
    pub(in super::super) fn listed(
        &mut self,
        items: Vec<Value<'a>>,
        known: bool,
        range: TextRange,
    ) -> Value<'a> {
        if known {
            return Value::List(self.place(range), Rc::new(items));
        }
        if items.iter().all(Value::is_plain) {
            return Value::Plain;
        }
        let mut lazy = Lazy::default();
        for item in &items {
            lazy.add(&item.lazy());
        }
        Value::Any(lazy)
    }

    pub(super) fn dict(&mut self, dict: &'a ast::ExprDict) -> Value<'a> {
        let mut items = Vec::new();
        let mut known = true;
        for item in &dict.items {
            let key = if let Some(key) = &item.key {
                self.evaluate(key)
            } else {
                known = false;
                Value::Plain
            };
            let value = self.evaluate(&item.value);
            items.push((key, value));
        }
        if known {
            return Value::Dict(self.place(dict.range()), Rc::new(items));
        }
        let values = items.into_iter().map(|(_, value)| value).collect();
        self.listed(values, false, dict.range())
    }

    pub(super) fn comprehension(
        &mut self,
        generators: &'a [ast::Comprehension],
        parts: &[&'a ast::Expr],
        range: TextRange,
    ) -> Value<'a> {
        let deferred = self.state.scopes.last().is_some_and(|scope| scope.deferred);
        self.state.scopes.push(Scope {
            transparent: true,
            deferred,
            ..Scope::default()
        });
        let mut made = Vec::new();
        let known = self.generate(generators, parts, &mut made);
        self.state.scopes.pop();
        self.listed(made, known, range)
    }

    fn generate(
        &mut self,
        generators: &'a [ast::Comprehension],
        parts: &[&'a ast::Expr],
        made: &mut Vec<Value<'a>>,
    ) -> bool {
        let Some((first, rest)) = generators.split_first() else {
            for part in parts {
                let value = self.evaluate(part);
                made.push(value);
            }
            return true;
        };
        let iterated = self.evaluate(&first.iter);
        let items = self
            .items(&iterated)
            .filter(|items| items.len() <= MOST_ITEMS);
        let mut known = items.is_some() && first.ifs.is_empty() && !first.is_async;
        let items = items.unwrap_or_else(|| vec![self.item(&iterated)]);
        for item in items {
            if !self.spend(first.range) {
                return false;
            }
            self.assign(&first.target, item);
            if known {
                known &= self.generate(rest, parts, made);
            } else {
                self.uncertainly(|walker| {
                    for condition in &first.ifs {
                        walker.evaluate(condition);
                    }
                    walker.generate(rest, parts, made);
                });
            }
        }
        known
    }
}
