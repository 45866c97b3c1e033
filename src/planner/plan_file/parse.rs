//! JSON → plan file, refusing what this version does not understand in full.

use serde::Deserialize;
use serde_json::error::Category;

use super::{PlanFile, SCHEMA, consistency};

/// Why a plan file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// No JSON at all, or cut off.
    #[error(
        "the plan file is not JSON at line {line}, column {column}: {detail}; make it anew with `hoist plan`"
    )]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        detail: String,
    },
    /// JSON of something else.
    #[error(
        "the document's `schema` is {found}, not a plan file's `{SCHEMA}`; give a file that `hoist plan` has written"
    )]
    NotAPlan {
        /// The schema named, in backquotes, or `missing`.
        found: String,
    },
    /// A later version of the format.
    #[error(
        "the plan file has schema `{schema}`: written by a newer hoist; use that version, or make it anew with `hoist plan`"
    )]
    Newer {
        /// The schema named.
        schema: String,
    },
    /// A field is unknown, missing, or of another type.
    #[error(
        "the plan file does not fit `{SCHEMA}` at line {line}, column {column}: {detail}; undo edits by hand, or make it anew with `hoist plan`"
    )]
    Content {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// Which field.
        detail: String,
    },
    /// The fields contradict each other.
    #[error(
        "the plan file contradicts itself: {detail}; undo edits by hand, or make it anew with `hoist plan`"
    )]
    Inconsistent {
        /// What does not fit.
        detail: String,
    },
}

/// The one field that every version has.
#[derive(Deserialize)]
struct Header {
    schema: Option<serde_json::Value>,
}

impl PlanFile {
    /// A plan file from its text. Refuses everything that [`PlanFile::to_json`] of this version cannot have
    /// written.
    ///
    /// # Errors
    /// Every variant of [`PlanFileError`] names its case.
    pub fn parse(text: &str) -> Result<PlanFile, PlanFileError> {
        let header: Header =
            serde_json::from_str(text).map_err(|error| match error.classify() {
                Category::Data => PlanFileError::NotAPlan {
                    found: "missing".to_owned(),
                },
                Category::Io | Category::Syntax | Category::Eof => PlanFileError::NotJson {
                    line: error.line(),
                    column: error.column(),
                    detail: detail(&error),
                },
            })?;
        check_schema(header.schema.as_ref())?;
        let file: PlanFile =
            serde_json::from_str(text).map_err(|error| PlanFileError::Content {
                line: error.line(),
                column: error.column(),
                detail: detail(&error),
            })?;
        consistency::check(&file).map_err(|detail| PlanFileError::Inconsistent { detail })?;
        Ok(file)
    }
}

fn check_schema(schema: Option<&serde_json::Value>) -> Result<(), PlanFileError> {
    let Some(schema) = schema.and_then(serde_json::Value::as_str) else {
        return Err(PlanFileError::NotAPlan {
            found: schema.map_or_else(|| "missing".to_owned(), |value| format!("`{value}`")),
        });
    };
    if schema == SCHEMA {
        return Ok(());
    }
    let version = |name: &str| {
        name.strip_prefix("hoist-plan/")
            .and_then(|number| number.parse::<u32>().ok())
    };
    if version(schema) > version(SCHEMA) {
        return Err(PlanFileError::Newer {
            schema: schema.to_owned(),
        });
    }
    Err(PlanFileError::NotAPlan {
        found: format!("`{schema}`"),
    })
}

/// The parser's message without its own position.
fn detail(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&position).unwrap_or(&text).to_owned()
}
