//! What expressions give.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use super::modules::{self, Effect};
use super::state::Scope;
use super::text;
use super::value::{Code, Constant, Lazy, Place, Reader, Value, Writer};
use super::walk::Walker;

/// Nesting of expressions and calls that is followed.
const MOST_DEPTH: u32 = 200;

impl<'a> Walker<'a> {
    pub(super) fn evaluate(&mut self, expression: &'a ast::Expr) -> Value<'a> {
        if self.depth >= MOST_DEPTH {
            return self.unseen(expression.range(), "too deep to follow");
        }
        self.depth += 1;
        let value = self.expression(expression);
        self.depth -= 1;
        value
    }

    fn place(&self, range: TextRange) -> Place {
        (self.file, range.start().to_u32())
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of expression")]
    fn expression(&mut self, expression: &'a ast::Expr) -> Value<'a> {
        match expression {
            ast::Expr::StringLiteral(literal) => {
                let text: Rc<str> = literal.value.to_str().into();
                let part = literal.value.iter().next();
                let place = part
                    .filter(|_| !literal.value.is_implicit_concatenated())
                    .and_then(|part| {
                        let content = part.content_range();
                        // Escapes make the text another one than what stands in the file.
                        (content.len().to_usize() == text.len() && !text.contains('\r'))
                            .then_some((self.file, content.start().to_u32()))
                    });
                Value::Constants(vec![Constant::Text(text, place)])
            }
            ast::Expr::NumberLiteral(literal) => match &literal.value {
                ast::Number::Int(number) => match number.as_i64() {
                    Some(number) => Value::Constants(vec![Constant::Number(number)]),
                    None => Value::Plain,
                },
                _ => Value::Plain,
            },
            ast::Expr::BooleanLiteral(literal) => {
                Value::Constants(vec![Constant::Truth(literal.value)])
            }
            ast::Expr::NoneLiteral(_) => Value::Constants(vec![Constant::Nothing]),
            ast::Expr::BytesLiteral(_) | ast::Expr::EllipsisLiteral(_) => Value::Plain,
            ast::Expr::FString(literal) => self.f_string(literal),
            ast::Expr::TString(literal) => self.unseen(literal.range(), "a template string"),
            ast::Expr::Name(name) => self.name(&name.id, name.range()),
            ast::Expr::List(ast::ExprList { elts, .. })
            | ast::Expr::Tuple(ast::ExprTuple { elts, .. })
            | ast::Expr::Set(ast::ExprSet { elts, .. }) => self.list(elts, expression.range()),
            ast::Expr::Dict(dict) => self.dict(dict),
            ast::Expr::Attribute(attribute) => {
                let base = self.evaluate(&attribute.value);
                self.attribute(&base, &attribute.attr, attribute.range())
            }
            ast::Expr::Subscript(subscript) => self.subscript(subscript),
            ast::Expr::Call(call) => self.call(call),
            ast::Expr::BinOp(operation) => {
                let left = self.evaluate(&operation.left);
                let right = self.evaluate(&operation.right);
                self.operation(operation.op, left, right)
            }
            ast::Expr::UnaryOp(operation) => {
                let value = self.evaluate(&operation.operand);
                match value {
                    Value::Column => Value::Column,
                    value if value.is_plain() => Value::Plain,
                    value => Value::Any(value.lazy()),
                }
            }
            ast::Expr::BoolOp(operation) => {
                let mut values = operation.values.iter();
                let first = values
                    .next()
                    .map_or(Value::Plain, |value| self.evaluate(value));
                values.fold(first, |value, next| {
                    let next = self.uncertainly(|walker| walker.evaluate(next));
                    value.or(next)
                })
            }
            ast::Expr::Compare(compare) => {
                let mut column = self.evaluate(&compare.left) == Value::Column;
                for value in &compare.comparators {
                    column |= self.evaluate(value) == Value::Column;
                }
                if column { Value::Column } else { Value::Plain }
            }
            ast::Expr::If(choice) => {
                self.evaluate(&choice.test);
                let then = self.uncertainly(|walker| walker.evaluate(&choice.body));
                let other = self.uncertainly(|walker| walker.evaluate(&choice.orelse));
                then.or(other)
            }
            ast::Expr::Named(named) => {
                let value = self.evaluate(&named.value);
                if self.state.scopes.iter().any(|scope| scope.transparent) {
                    // Binds a name of the scope around a comprehension.
                    self.unseen(named.range(), "a name that a comprehension binds");
                }
                self.assign(&named.target, value.clone());
                value
            }
            ast::Expr::Lambda(lambda) => {
                let function = self.function(
                    Code::Lambda(lambda),
                    lambda.parameters.as_deref(),
                    lambda.range(),
                );
                Value::Function(function)
            }
            ast::Expr::ListComp(of) => self.comprehension(&of.generators, &[&of.elt], of.range()),
            ast::Expr::SetComp(of) => self.comprehension(&of.generators, &[&of.elt], of.range()),
            ast::Expr::DictComp(of) => {
                let mut parts: Vec<&ast::Expr> = of.key.iter().map(|key| &**key).collect();
                parts.push(&of.value);
                let value = self.comprehension(&of.generators, &parts, of.range());
                if value.is_plain() {
                    Value::Plain
                } else {
                    Value::Any(value.lazy())
                }
            }
            ast::Expr::Generator(of) => {
                let before = self.effects();
                let value = self.comprehension(&of.generators, &[&of.elt], of.range());
                // Runs when it is used, perhaps in a later file; what is seen here may not be what it meets then.
                if self.effects() > before {
                    Value::Unknown
                } else {
                    value
                }
            }
            ast::Expr::Starred(starred) => self.evaluate(&starred.value),
            ast::Expr::Slice(slice) => {
                for part in [&slice.lower, &slice.upper, &slice.step]
                    .into_iter()
                    .flatten()
                {
                    self.evaluate(part);
                }
                Value::Plain
            }
            ast::Expr::Await(of) => {
                self.evaluate(&of.value);
                self.unseen(of.range(), "code that waits")
            }
            ast::Expr::Yield(of) => {
                if let Some(value) = &of.value {
                    let value = self.evaluate(value);
                    self.escape(&value, of.range());
                }
                Value::Any(Lazy::everything())
            }
            ast::Expr::YieldFrom(of) => {
                self.evaluate(&of.value);
                Value::Any(Lazy::everything())
            }
            ast::Expr::IpyEscapeCommand(of) => self.unseen(of.range(), "a command of a notebook"),
        }
    }

    fn f_string(&mut self, literal: &'a ast::ExprFString) -> Value<'a> {
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

    fn list(&mut self, elts: &'a [ast::Expr], range: TextRange) -> Value<'a> {
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
    pub(super) fn listed(
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

    fn dict(&mut self, dict: &'a ast::ExprDict) -> Value<'a> {
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

    fn comprehension(
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
        let items = self.items(&iterated).filter(|items| items.len() <= 200);
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

    /// A binary operation.
    pub(super) fn operation(
        &mut self,
        operator: ast::Operator,
        left: Value<'a>,
        right: Value<'a>,
    ) -> Value<'a> {
        if left == Value::Column || right == Value::Column {
            return Value::Column;
        }
        match (operator, &left, &right) {
            (ast::Operator::Add, Value::Constants(a), Value::Constants(b))
                if a.iter()
                    .chain(b)
                    .all(|constant| matches!(constant, Constant::Text(..))) =>
            {
                text::joined(&[left, right])
            }
            (ast::Operator::Add, Value::List(place, _), Value::List(..)) => {
                match (self.items(&left), self.items(&right)) {
                    (Some(mut items), Some(more)) => {
                        items.extend(more);
                        Value::List(*place, Rc::new(items))
                    }
                    _ => Value::Any(Lazy::everything()),
                }
            }
            (ast::Operator::Mod, Value::Constants(_), _) => {
                match (left.one_text(), self.items(&right)) {
                    (Some(template), Some(values)) if matches!(right, Value::List(..)) => {
                        text::percent(&template, &values)
                    }
                    (Some(template), None) => text::percent(&template, &[right]),
                    _ => Value::Plain,
                }
            }
            _ if left.is_plain() && right.is_plain() => Value::Plain,
            _ => {
                let mut lazy = left.lazy();
                lazy.add(&right.lazy());
                Value::Any(lazy)
            }
        }
    }

    fn subscript(&mut self, subscript: &'a ast::ExprSubscript) -> Value<'a> {
        let base = self.evaluate(&subscript.value);
        let index = self.evaluate(&subscript.slice);
        self.indexed(&base, &index, subscript.range())
    }

    /// `base[index]`
    pub(super) fn indexed(
        &mut self,
        base: &Value<'a>,
        index: &Value<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match base {
            Value::Variables => match index.one_text() {
                Some(name) => self.variable(&name),
                None => Value::Plain,
            },
            Value::List(..) => match (self.items(base), index) {
                (Some(items), Value::Constants(constants)) => match constants.as_slice() {
                    [Constant::Number(number)] => {
                        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                        let position = if *number < 0 {
                            number + length
                        } else {
                            *number
                        };
                        let position = usize::try_from(position).ok();
                        position
                            .and_then(|at| items.get(at).cloned())
                            .unwrap_or(Value::Plain)
                    }
                    _ => self.item(base),
                },
                (Some(items), Value::Plain) => {
                    // One of them, or some of them.
                    if items.iter().all(Value::is_plain) {
                        Value::Plain
                    } else {
                        Value::Any(base.lazy())
                    }
                }
                _ => self.item(base),
            },
            Value::Dict(place, items) => {
                if self.changed.contains(place) {
                    return Value::Any(Lazy::everything());
                }
                let mut found = items.iter().filter(|(key, _)| match (key, index) {
                    (Value::Constants(keys), Value::Constants(wanted)) => {
                        keys.iter().any(|key| wanted.contains(key))
                    }
                    _ => true,
                });
                let first = found
                    .next()
                    .map_or(Value::Plain, |(_, value)| value.clone());
                found.fold(first, |value, (_, next)| value.or(next.clone()))
            }
            Value::Frame(lazy) => match index.texts() {
                Some(_) => Value::Column,
                None => Value::Any(lazy.clone()),
            },
            Value::Column => Value::Column,
            Value::Module(_) => Value::Plain,
            Value::Session | Value::Catalog | Value::Context | Value::Builder => {
                self.unseen(range, "a use of the session that is not known")
            }
            value => self.item(value),
        }
    }

    /// The value of a template variable.
    pub(super) fn variable(&mut self, name: &str) -> Value<'a> {
        match self.variables.get(name) {
            Some(value) => {
                self.step.variables.insert(name.to_owned());
                Value::text(value.as_str())
            }
            None => Value::Plain,
        }
    }

    /// `base.name`, where it is not called.
    pub(super) fn attribute(
        &mut self,
        base: &Value<'a>,
        name: &str,
        range: TextRange,
    ) -> Value<'a> {
        match (base, name) {
            (Value::Session | Value::Any(_), "read") => Value::Reader(Reader {
                format: Some("parquet".into()),
            }),
            (Value::Session | Value::Any(_), "catalog") => Value::Catalog,
            (Value::Session | Value::Any(_), "conf") => Value::Settings,
            (Value::Session | Value::Any(_), "udf" | "udtf") => Value::Functions,
            (Value::Session | Value::Any(_), "sparkContext") => Value::Context,
            (Value::Session, "version") => Value::Plain,
            (Value::Frame(_) | Value::Any(_), "sparkSession") => Value::Session,
            (Value::Frame(lazy) | Value::Any(lazy), "write") => {
                Value::Writer(Writer::default(), lazy.clone())
            }
            (Value::Frame(lazy), "na" | "stat") => Value::Frame(lazy.clone()),
            (Value::Frame(_), "schema" | "columns" | "dtypes" | "storageLevel" | "isStreaming") => {
                Value::Plain
            }
            (
                Value::Frame(_) | Value::Any(_),
                "rdd" | "writeStream" | "readStream" | "streams" | "sql_ctx" | "_sc" | "_jvm"
                | "client",
            ) => Value::Unknown,
            (Value::Frame(_) | Value::Any(_) | Value::Session | Value::Context, name)
                if name.starts_with('_') =>
            {
                Value::Unknown
            }
            // A method that is called later.
            (Value::Frame(_), name) if super::frame::is_method(name) => Value::Unknown,
            (Value::Any(_), name) if super::frame::has_effects(name) => Value::Unknown,
            (Value::Frame(_) | Value::Column, _) => Value::Column,
            (
                Value::Context,
                "version" | "applicationId" | "defaultParallelism" | "uiWebUrl" | "appName"
                | "master",
            ) => Value::Plain,
            (Value::Module(path), _) => self.part(path, name, range),
            (Value::Class { .. }, _) => Value::Any(Lazy::everything()),
            (Value::Any(lazy), _) => Value::Any(lazy.clone()),
            (value, _) if value.is_plain() && !self.leaked => Value::Plain,
            (value, _) if value.is_plain() => Value::Any(Lazy::everything()),
            _ => Value::Unknown,
        }
    }

    /// A part of a module.
    fn part(&mut self, path: &str, name: &str, range: TextRange) -> Value<'a> {
        let path = format!("{path}.{name}");
        if modules::effect(&path) == Effect::Column && modules::is_of_shell(name) {
            return self.unseen(range, format!("`{path}` is more than columns"));
        }
        if path.ends_with("SparkSession.builder") {
            return Value::Builder;
        }
        if modules::is_known(&path)
            || path.starts_with("builtins.")
            || matches!(modules::effect(&path), Effect::Column)
            || ["pyspark.", "os.", "shutil.", "glob."]
                .iter()
                .any(|module| path.starts_with(module))
        {
            return Value::Module(path.into());
        }
        self.unseen(range, format!("what `{path}` does is not known"))
    }
}
