//! Carrying out what the methods of the session and its parts do.

use ruff_text_size::TextRange;

use super::super::call::Arguments;
use super::super::value::{Lazy, Reader, Value};
use super::super::walk::Walker;
use super::methods::{Does, Object};
use crate::frontend::statement::{
    Command, Effect, Identifier, MadeFunction, MadeFunctions, Name, PythonDeed, StatementKind,
};

impl<'a> Walker<'a> {
    /// A method of the session or a part of it; `own` is what it is called on.
    pub(in super::super) fn spark_method(
        &mut self,
        object: Object,
        own: Value<'a>,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let not_known = format!("`{name}` of {}", object.words());
        let Some(does) = object.method(name) else {
            return self.unseen(range, not_known);
        };
        match does {
            Does::Nothing => Value::Plain,
            Does::NothingWithPlain if arguments.are_plain() => Value::Plain,
            Does::GivesItself => own,
            Does::GivesSession => Value::Session,
            Does::MakesRows => Value::Frame(arguments.lazy()),
            Does::ReadsTable => self.read_table(arguments, range),
            Does::ReadsFiles(format) => self.read_files(Some(format), arguments, range),
            Does::Loads => {
                let format = match arguments.get(1, "format") {
                    Some(format) => format.one_text(),
                    None => match own {
                        Value::Reader(reader) => reader.format,
                        _ => None,
                    },
                };
                self.read_files(format.as_deref(), arguments, range)
            }
            Does::ReadsElsewhere => self.read_files(None, &Arguments::default(), range),
            Does::SetsFormat => Value::Reader(Reader {
                format: arguments.get(0, "source").and_then(Value::one_text),
            }),
            Does::RunsSql => self.sql(arguments, range),
            Does::Says(text) => {
                self.statement_of(text, None, range);
                Value::Plain
            }
            Does::SaysOf(text, argument) => self.say_of(text, argument, arguments, range),
            Does::LooksAtTable if arguments.positional.len() <= 1 => {
                self.say_of("DESCRIBE TABLE", "tableName", arguments, range)
            }
            Does::NothingWithPlain | Does::LooksAtTable => self.unseen(range, not_known),
            Does::Looks => {
                self.command(StatementKind::Describe { target: None }, range);
                Value::Plain
            }
            Does::Sets => {
                self.set(arguments, range);
                Value::Plain
            }
            Does::SetsAndGivesItself => {
                self.set(arguments, range);
                own
            }
            Does::Unsets => self.unset(arguments, range),
            Does::MakesFunction => self.make_function(arguments, range),
            Does::CreatesTable => self.create_table(arguments, range),
        }
    }

    /// What a SQL statement that ends with a name does.
    fn say_of(
        &mut self,
        text: &str,
        argument: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let Some(names) = self.names(arguments.get(0, argument), arguments, range) else {
            return Value::Unknown;
        };
        self.one_of(names, |walker, name| {
            let parts = name.parts.iter().map(|part| format!("`{}`", part.text));
            let parts: Vec<_> = parts.collect();
            let separator = if text.ends_with('.') { "" } else { " " };
            let text = format!("{text}{separator}{}", parts.join("."));
            walker.statement_of(&text, None, range);
        });
        Value::Plain
    }

    fn set(&mut self, arguments: &Arguments<'a>, range: TextRange) {
        let key = arguments.get(0, "key").filter(|_| !arguments.open);
        let Some(keys) = key.and_then(Value::texts) else {
            self.unseen(range, "the name of a setting is computed");
            return;
        };
        let value = arguments.get(1, "value").and_then(Value::one_text);
        self.one_of(keys, |walker, (key, _)| {
            let set = StatementKind::Set {
                key: key.to_string(),
                value: Some(value.as_deref().unwrap_or_default().to_owned()),
            };
            walker.command(set, range);
        });
    }

    fn unset(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        let key = arguments.get(0, "key").and_then(Value::one_text);
        let Some(key) = key else {
            return self.unseen(range, "the name of a setting is computed");
        };
        let mut command = Command::new("reset");
        command.effect = Effect::Reset(key.to_string());
        self.command(StatementKind::Command(command), range);
        Value::Plain
    }

    /// A function gets a name: any name, where it is not known.
    fn make_function(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        for value in arguments.all() {
            if self.escape(value, range) {
                self.unseen(range, "a function of Spark whose code uses Spark");
            }
        }
        let name = arguments.get(0, "name").filter(|_| !arguments.open);
        let made = match name.and_then(Value::texts) {
            None => vec![MadeFunctions::Any],
            Some(texts) => {
                let span = self.span(arguments.first);
                let texts = texts.into_iter();
                texts
                    .map(|(text, _)| {
                        // The whole text is the name: functions of a database cannot be registered.
                        let text = text.to_string();
                        let parts = vec![Identifier { text, span }];
                        MadeFunctions::One(MadeFunction {
                            name: Name { parts, span },
                            has_query: false,
                        })
                    })
                    .collect()
            }
        };
        self.one_of(made, |walker, functions| {
            let mut command = Command::new("create_function");
            command.effect = Effect::Rows {
                reason: "a function gets another meaning",
                functions,
            };
            walker.command(StatementKind::Command(command), range);
        });
        Value::Column
    }

    fn create_table(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        let name = arguments.get(0, "tableName");
        let Some(names) = self.names(name, arguments, range) else {
            return Value::Unknown;
        };
        let mut lazy = Lazy::default();
        self.one_of(names, |walker, target| {
            let read = PythonDeed::Read(target.clone());
            walker.act(
                PythonDeed::Save {
                    target,
                    replace: false,
                    located: true,
                },
                range,
            );
            lazy.add(&walker.act(read, range));
        });
        Value::Frame(lazy)
    }
}
