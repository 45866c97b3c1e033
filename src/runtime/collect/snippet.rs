//! Asking the session for a JSON value by an embedded Python text.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::runtime::engine::{Engine, EngineError, Language, Status, Submission, Want};

/// An embedded question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum SnippetError {
    /// The engine could not do its job.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Spark or Python refused it.
    #[error("Spark could not answer `{label}`: {class}: {message}")]
    Failed {
        /// Name of the question.
        label: String,
        /// Spark's error class or the exception's name.
        class: String,
        /// What was said.
        message: String,
    },
    /// It was cancelled.
    #[error("`{label}` was cancelled")]
    Cancelled {
        /// Name of the question.
        label: String,
    },
    /// The answer is not what the text should give: a defect of hoist or a Spark that behaves differently.
    #[error("the answer to `{label}` is not understood: {detail}")]
    Unreadable {
        /// Name of the question.
        label: String,
        /// What is wrong with it.
        detail: String,
    },
}

impl SnippetError {
    /// The next step, a lowercase fragment.
    pub fn help(&self) -> String {
        match self {
            Self::Engine(error) => error.help(),
            Self::Failed { .. } => "the log of the session has Spark's complete message".to_owned(),
            Self::Cancelled { .. } => "run the command again".to_owned(),
            Self::Unreadable { .. } => {
                "this Spark version may not be supported; 3.3 to 3.5 are".to_owned()
            }
        }
    }
}

/// Runs a Python text that binds `hoist_value`, and reads that value.
pub(in crate::runtime) async fn value<E: Engine, T: DeserializeOwned>(
    engine: &mut E,
    label: &str,
    text: &str,
    variables: BTreeMap<String, String>,
) -> Result<T, SnippetError> {
    let submission = Submission {
        label: label.to_owned(),
        language: Language::Python,
        text: text.to_owned(),
        want: Want::Value,
        variables,
        file: None,
    };
    let id = engine.submit(submission).await?;
    let label = label.to_owned();
    let unreadable = |detail: String| SnippetError::Unreadable {
        label: label.clone(),
        detail,
    };
    match engine.wait(id, &mut |_| {}).await? {
        Status::Done(output) => {
            let value = output
                .value
                .ok_or_else(|| unreadable("no value".to_owned()))?;
            serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))
        }
        Status::Failed(failure) => Err(SnippetError::Failed {
            label,
            class: failure.class,
            message: failure.message,
        }),
        Status::Cancelled => Err(SnippetError::Cancelled { label }),
        Status::Running(_) => Err(unreadable("it has not ended".to_owned())),
    }
}
