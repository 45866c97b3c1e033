//! Imports.

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use super::super::modules::{self, Effect};
use super::super::value::Value;
use super::super::walk::Walker;

impl<'a> Walker<'a> {
    pub(in super::super) fn import(&mut self, import: &'a ast::StmtImport) {
        for alias in &import.names {
            let path = alias.name.as_str();
            let known = modules::is_known(path);
            if !known {
                self.unknown_module(path, alias.range());
            }
            let (name, path) = if let Some(name) = &alias.asname {
                (name.as_str(), path)
            } else {
                let first = path.split('.').next().unwrap_or(path);
                (first, first)
            };
            let value = if known {
                Value::Module(path.into())
            } else {
                Value::Unknown
            };
            self.bind(name, value);
            self.step.names.unknown |= modules::has_state(path);
        }
    }

    pub(in super::super) fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        if import.level > 0 {
            self.unknown_module(
                &format!("{}{module}", ".".repeat(import.level as usize)),
                import.range(),
            );
        }
        for alias in &import.names {
            let part = alias.name.as_str();
            if part == "*" {
                self.step.names.unknown = true;
                if matches!(modules::effect(module), Effect::Column) {
                    self.stars.push(module.into());
                } else {
                    self.unseen(import.range(), format!("any name may come from `{module}`"));
                    self.lose_names();
                }
                continue;
            }
            let path = format!("{module}.{part}");
            let known =
                import.level == 0 && (modules::is_known(&path) || modules::is_known(module));
            if !known && import.level == 0 {
                self.unknown_module(module, import.range());
            }
            let name = alias.asname.as_ref().unwrap_or(&alias.name);
            let value = if !known {
                Value::Unknown
            } else if module == "__future__" {
                Value::Plain
            } else {
                Value::Module(path.as_str().into())
            };
            self.bind(name, value);
            self.step.names.unknown |= modules::has_state(&path);
        }
    }

    fn unknown_module(&mut self, path: &str, range: TextRange) {
        self.unseen(range, format!("what the module `{path}` does is not known"));
    }
}
