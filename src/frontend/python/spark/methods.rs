//! What the methods of the session and its parts do: one line for each method that is known.
//!
//! Source of the names and of their arguments: `pyspark` 3.5 and 4.0. Methods of rows are in [`super::frame`], those of
//! what writes them in [`super::writer`].

/// A part of Spark whose methods are listed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Object {
    /// `spark`
    Session,
    /// `SparkSession.builder`
    Builder,
    /// `spark.sparkContext`
    Context,
    /// `spark.conf`
    Settings,
    /// `spark.udf`, `spark.udtf`
    Functions,
    /// `spark.catalog`
    Catalog,
    /// `spark.read`
    Reader,
}

/// What a call of a method does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// Nothing: it gives a value that holds no part of Spark.
    Nothing,
    /// Nothing where its arguments hold no part of Spark.
    NothingWithPlain,
    /// Gives the object that it is called on: what it sets bears on no rows.
    GivesItself,
    /// Gives the session.
    GivesSession,
    /// Gives rows that are made of the arguments.
    MakesRows,
    /// Reads the table that its first argument names.
    ReadsTable,
    /// Reads files of this format.
    ReadsFiles(&'static str),
    /// Reads files of the format that its second argument or the reader has.
    Loads,
    /// Reads what is no file.
    ReadsElsewhere,
    /// Says of which format files are that are read.
    SetsFormat,
    /// Runs the SQL that its first argument is.
    RunsSql,
    /// What this SQL does.
    Says(&'static str),
    /// What this SQL followed by a name does; the first argument, which has this name, is the name.
    SaysOf(&'static str, &'static str),
    /// Looks at the table that its first argument names. A second argument would say in which database.
    LooksAtTable,
    /// Looks at what there is.
    Looks,
    /// Sets the setting that its first argument names.
    Sets,
    /// The same, and gives the object that it is called on.
    SetsAndGivesItself,
    /// Sets it to its default.
    Unsets,
    /// Gives a function the name that its first argument is.
    MakesFunction,
    /// Makes a table over files, and gives its rows.
    CreatesTable,
}

const SESSION: [(&str, Does); 6] = [
    ("active", Does::GivesSession),
    ("createDataFrame", Does::MakesRows),
    ("getActiveSession", Does::GivesSession),
    ("range", Does::MakesRows),
    ("sql", Does::RunsSql),
    ("table", Does::ReadsTable),
];
const BUILDER: [(&str, Does); 5] = [
    ("appName", Does::GivesItself),
    ("config", Does::SetsAndGivesItself),
    ("enableHiveSupport", Does::GivesItself),
    ("getOrCreate", Does::GivesSession),
    ("master", Does::GivesItself),
];
const CONTEXT: [(&str, Does); 6] = [
    ("broadcast", Does::NothingWithPlain),
    ("getConf", Does::Nothing),
    ("getLocalProperty", Does::Nothing),
    ("setJobDescription", Does::Nothing),
    ("setJobGroup", Does::Nothing),
    ("setLogLevel", Does::Nothing),
];
const SETTINGS: [(&str, Does); 4] = [
    ("get", Does::Nothing),
    ("isModifiable", Does::Nothing),
    ("set", Does::Sets),
    ("unset", Does::Unsets),
];
const FUNCTIONS: [(&str, Does); 3] = [
    ("register", Does::MakesFunction),
    ("registerJavaFunction", Does::MakesFunction),
    ("registerJavaUDAF", Does::MakesFunction),
];
const CATALOG: [(&str, Does); 24] = [
    ("cacheTable", Does::SaysOf("CACHE TABLE", "tableName")),
    ("clearCache", Does::Says("CLEAR CACHE")),
    ("createExternalTable", Does::CreatesTable),
    ("createTable", Does::CreatesTable),
    ("currentCatalog", Does::Nothing),
    ("currentDatabase", Does::Nothing),
    ("databaseExists", Does::Looks),
    (
        "dropGlobalTempView",
        Does::SaysOf("DROP VIEW global_temp.", "viewName"),
    ),
    ("dropTempView", Does::SaysOf("DROP VIEW", "viewName")),
    ("functionExists", Does::Looks),
    ("getDatabase", Does::Looks),
    ("getFunction", Does::Looks),
    ("getTable", Does::LooksAtTable),
    ("isCached", Does::LooksAtTable),
    ("listCatalogs", Does::Nothing),
    ("listColumns", Does::LooksAtTable),
    ("listDatabases", Does::Looks),
    ("listFunctions", Does::Looks),
    ("listTables", Does::Looks),
    (
        "recoverPartitions",
        Does::SaysOf("MSCK REPAIR TABLE", "tableName"),
    ),
    ("refreshTable", Does::SaysOf("REFRESH TABLE", "tableName")),
    ("setCurrentDatabase", Does::SaysOf("USE", "dbName")),
    ("tableExists", Does::LooksAtTable),
    ("uncacheTable", Does::SaysOf("UNCACHE TABLE", "tableName")),
];
const READER: [(&str, Does); 12] = [
    ("csv", Does::ReadsFiles("csv")),
    ("format", Does::SetsFormat),
    ("jdbc", Does::ReadsElsewhere),
    ("json", Does::ReadsFiles("json")),
    ("load", Does::Loads),
    ("option", Does::GivesItself),
    ("options", Does::GivesItself),
    ("orc", Does::ReadsFiles("orc")),
    ("parquet", Does::ReadsFiles("parquet")),
    ("schema", Does::GivesItself),
    ("table", Does::ReadsTable),
    ("text", Does::ReadsFiles("text")),
];

impl Object {
    /// Its methods, by name in alphabetical order.
    fn methods(self) -> &'static [(&'static str, Does)] {
        match self {
            Object::Session => &SESSION,
            Object::Builder => &BUILDER,
            Object::Context => &CONTEXT,
            Object::Settings => &SETTINGS,
            Object::Functions => &FUNCTIONS,
            Object::Catalog => &CATALOG,
            Object::Reader => &READER,
        }
    }

    /// What the method does; none where it is not known.
    pub(super) fn method(self, name: &str) -> Option<Does> {
        let methods = self.methods().iter();
        let mut found = methods.filter(|(known, _)| *known == name);
        found.next().map(|(_, does)| *does)
    }

    /// What it is called in messages.
    pub(super) fn words(self) -> &'static str {
        match self {
            Object::Session => "the session",
            Object::Builder => "the builder of sessions",
            Object::Context => "the Spark context",
            Object::Settings => "the session's settings",
            Object::Functions => "the session's functions",
            Object::Catalog => "the catalog",
            Object::Reader => "a reader",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Object;

    #[test]
    fn every_method_is_listed_once() {
        for object in [
            Object::Session,
            Object::Builder,
            Object::Context,
            Object::Settings,
            Object::Functions,
            Object::Catalog,
            Object::Reader,
        ] {
            let methods = object.methods();
            assert!(
                methods.is_sorted_by(|(left, _), (right, _)| left < right),
                "{object:?}"
            );
            for (name, does) in methods {
                assert_eq!(object.method(name), Some(*does), "{name}");
            }
        }
    }
}
