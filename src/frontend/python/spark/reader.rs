//! Files that `spark.read` reads.

use ruff_text_size::TextRange;

use super::super::call::Arguments;
use super::super::value::Value;
use super::super::walk::Walker;
use crate::frontend::statement::PythonDeed;

impl<'a> Walker<'a> {
    /// Reads of files: at the paths where the format says that they are paths, else anywhere.
    pub(super) fn read_files(
        &mut self,
        format: Option<&str>,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let by_path = format.is_some_and(|format| {
            [
                "parquet",
                "csv",
                "json",
                "orc",
                "text",
                "avro",
                "delta",
                "binaryfile",
                "xml",
            ]
            .contains(&format.to_lowercase().as_str())
        });
        // `parquet(*paths)`; the others take one path or a list of paths first.
        let mut paths = match format {
            Some("parquet" | "orc") => arguments.positional.clone(),
            _ => arguments.positional.first().cloned().into_iter().collect(),
        };
        let named = arguments
            .named
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "path" | "paths"));
        paths.extend(named.map(|(_, value)| value.clone()));
        let mut lazy = arguments.lazy();
        let mut read = Vec::new();
        for value in paths {
            let items = self.items(&value).unwrap_or_else(|| vec![value]);
            for item in items {
                match item.texts().filter(|_| by_path && !arguments.open) {
                    Some(texts) => read.extend(texts.into_iter().map(|(text, _)| Some(text))),
                    None => read.push(None),
                }
            }
        }
        if read.is_empty() {
            read.push(None);
        }
        let first = if arguments.positional.is_empty() {
            range
        } else {
            arguments.first
        };
        for path in read {
            let files = self.files(path.as_deref(), first);
            lazy.add(&self.act(PythonDeed::ReadFiles(files), first));
        }
        Value::Frame(lazy)
    }
}
