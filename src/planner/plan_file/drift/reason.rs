//! Reasons why a plan no longer fits, in words.

use std::fmt;

/// One reason why a plan no longer fits. Its `Display` is one lowercase sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// A file that the plan does not know.
    FileAdded {
        /// Its name.
        name: String,
    },
    /// A file of the plan that is gone.
    FileRemoved {
        /// Its name.
        name: String,
    },
    /// A file with other tokens.
    FileChanged {
        /// Its name.
        name: String,
    },
    /// The same files in another order.
    FilesReordered,
    /// A variable that decides names, with another value; or one that decides names only before or after.
    VariableChanged {
        /// Its name.
        name: String,
        /// Its value in the plan, where it decided names.
        old: Option<String>,
        /// Its value now, where it decides names.
        new: Option<String>,
    },
    /// A setting with another value.
    SettingChanged {
        /// Its key.
        key: String,
        /// Its value in the plan; `none` where it had none.
        old: String,
        /// Its value now; `none` where it has none.
        new: String,
    },
    /// Another schema, kind, format or location of a table.
    TableChanged {
        /// Its canonical name.
        table: String,
        /// What changed.
        aspect: TableAspect,
        /// What the plan was made for.
        old: String,
        /// What is found.
        new: String,
    },
    /// Facts about a table that the plan was made with, and that are not known now.
    TableUnknown {
        /// Its canonical name.
        table: String,
    },
}

/// What changed about a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableAspect {
    /// Whether it exists, and as what.
    Kind,
    /// Format of its files.
    Provider,
    /// Where its files lie.
    Location,
    /// Where partitions lie that do not lie in the table's folder.
    Partitions,
    /// Columns: names, types, order, nullability; partition columns.
    Columns,
    /// Whether its rows depend on the columns that are read.
    MalformedRows,
    /// How its files are bucketed.
    Bucketing,
    /// Text of a view.
    ViewText,
    /// Where names in the text of a view lie.
    ViewDatabase,
    /// Settings that a view captured.
    ViewSettings,
}

impl fmt::Display for TableAspect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            TableAspect::Kind => "kind",
            TableAspect::Provider => "format",
            TableAspect::Location => "location",
            TableAspect::Partitions => "place of partitions outside the folder",
            TableAspect::Columns => "columns",
            TableAspect::MalformedRows => "reading of malformed rows",
            TableAspect::Bucketing => "bucketing",
            TableAspect::ViewText => "text",
            TableAspect::ViewDatabase => "captured database",
            TableAspect::ViewSettings => "captured settings",
        })
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Drift::FileAdded { name } => write!(formatter, "file `{name}` is new"),
            Drift::FileRemoved { name } => write!(formatter, "file `{name}` is gone"),
            Drift::FileChanged { name } => write!(formatter, "file `{name}` has changed"),
            Drift::FilesReordered => formatter.write_str("the files come in another order"),
            Drift::VariableChanged { name, old, new } => match (old, new) {
                (Some(old), Some(new)) => write!(
                    formatter,
                    "variable `{name}`, which decides names, was `{old}` and is `{new}`"
                ),
                (_, Some(new)) => write!(
                    formatter,
                    "variable `{name}` did not decide names and does now: `{new}`"
                ),
                (Some(old), None) => write!(
                    formatter,
                    "variable `{name}` decided names as `{old}` and has no such value now"
                ),
                (None, None) => {
                    write!(
                        formatter,
                        "variable `{name}` decides names and has no value"
                    )
                }
            },
            Drift::SettingChanged { key, old, new } => {
                write!(formatter, "setting `{key}` was `{old}` and is `{new}`")
            }
            Drift::TableChanged {
                table,
                aspect: TableAspect::Columns,
                old,
                new,
            } => write!(
                formatter,
                "columns of table `{table}` have changed: `{old}` was planned with, `{new}` is found"
            ),
            Drift::TableChanged {
                table,
                aspect,
                old,
                new,
            } => write!(
                formatter,
                "{aspect} of table `{table}` was `{old}` and is `{new}`"
            ),
            Drift::TableUnknown { table } => write!(
                formatter,
                "nothing is known about table `{table}`, which the plan has facts about"
            ),
        }
    }
}

impl Drift {
    /// Whether statements may mean something else than those the plan was made from.
    pub fn changes_statements(&self) -> bool {
        match self {
            Drift::FileAdded { .. }
            | Drift::FileRemoved { .. }
            | Drift::FileChanged { .. }
            | Drift::FilesReordered
            | Drift::VariableChanged { .. } => true,
            Drift::SettingChanged { .. }
            | Drift::TableChanged { .. }
            | Drift::TableUnknown { .. } => false,
        }
    }
}
