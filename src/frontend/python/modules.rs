//! Modules and names of Python whose effects are known.

/// What a call into a module can do, besides giving a value that holds no part of Spark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    None,
    /// Gives a column or a type.
    Column,
    /// Reads files.
    ReadsFiles,
    /// Changes files.
    WritesFiles,
    /// Cannot be told.
    Unknown,
}

/// Modules of which nothing touches Spark, tables, files or code that is not seen. Their parts too.
const HARMLESS: [&str; 52] = [
    "__future__",
    "abc",
    "argparse",
    "base64",
    "bisect",
    "calendar",
    "cmath",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "datetime",
    "dateutil",
    "decimal",
    "difflib",
    "enum",
    "errno",
    "fnmatch",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "itertools",
    "json",
    "keyword",
    "locale",
    "logging",
    "math",
    "numbers",
    "operator",
    "platform",
    "pprint",
    "pytz",
    "random",
    "re",
    "scipy",
    "secrets",
    "statistics",
    "string",
    "struct",
    "sys",
    "textwrap",
    "time",
    "traceback",
    "types",
    "typing",
    "typing_extensions",
    "unicodedata",
    "uuid",
    "warnings",
];
/// The rest of them.
const HARMLESS_TOO: [&str; 4] = ["zlib", "zoneinfo", "numpy", "pandas"];
/// Parts of those modules that read or change files, or run code that is not seen.
const EXCEPTIONS: [(&str, Effect); 28] = [
    ("argparse.FileType", Effect::WritesFiles),
    ("logging.FileHandler", Effect::WritesFiles),
    ("logging.basicConfig", Effect::WritesFiles),
    ("logging.config", Effect::Unknown),
    ("logging.handlers", Effect::WritesFiles),
    ("numpy.DataSource", Effect::ReadsFiles),
    ("numpy.ctypeslib", Effect::Unknown),
    ("numpy.f2py", Effect::Unknown),
    ("numpy.fromfile", Effect::ReadsFiles),
    ("numpy.fromregex", Effect::ReadsFiles),
    ("numpy.genfromtxt", Effect::ReadsFiles),
    ("numpy.load", Effect::Unknown),
    ("numpy.loadtxt", Effect::ReadsFiles),
    ("numpy.memmap", Effect::WritesFiles),
    ("numpy.save", Effect::WritesFiles),
    ("numpy.savetxt", Effect::WritesFiles),
    ("numpy.savez", Effect::WritesFiles),
    ("numpy.savez_compressed", Effect::WritesFiles),
    ("pandas.ExcelFile", Effect::ReadsFiles),
    ("pandas.ExcelWriter", Effect::WritesFiles),
    ("pandas.HDFStore", Effect::WritesFiles),
    ("pandas.eval", Effect::Unknown),
    ("pandas.read_pickle", Effect::Unknown),
    ("pandas.read_sql", Effect::Unknown),
    ("pandas.read_sql_query", Effect::Unknown),
    ("scipy.io", Effect::WritesFiles),
    ("sys.modules", Effect::Unknown),
    ("sys.settrace", Effect::Unknown),
];
/// Parts of `pyspark` that only make columns, types and windows.
const COLUMNS: [&str; 7] = [
    "pyspark.sql.Column",
    "pyspark.sql.Row",
    "pyspark.sql.Window",
    "pyspark.sql.column",
    "pyspark.sql.functions",
    "pyspark.sql.types",
    "pyspark.sql.window",
];
/// Parts of `pyspark` whose calls are read by name.
const READ: [&str; 13] = [
    "pyspark",
    "pyspark.SparkConf",
    "pyspark.SparkContext",
    "pyspark.StorageLevel",
    "pyspark.sql",
    "pyspark.sql.DataFrame",
    "pyspark.sql.GroupedData",
    "pyspark.sql.SparkSession",
    "pyspark.sql.dataframe",
    "pyspark.sql.dataframe.DataFrame",
    "pyspark.sql.session",
    "pyspark.sql.session.SparkSession",
    "pyspark.storagelevel",
];
/// Parts of `os` that only look at texts or at the process.
const OS_TEXTS: [&str; 14] = [
    "os.environ",
    "os.getcwd",
    "os.getenv",
    "os.getpid",
    "os.linesep",
    "os.name",
    "os.path.basename",
    "os.path.dirname",
    "os.path.join",
    "os.path.normpath",
    "os.path.split",
    "os.path.splitext",
    "os.sep",
    "os.uname",
];
/// Parts of `os` that look at files.
const OS_READS: [&str; 10] = [
    "os.listdir",
    "os.path.abspath",
    "os.path.exists",
    "os.path.getmtime",
    "os.path.getsize",
    "os.path.isdir",
    "os.path.isfile",
    "os.scandir",
    "os.stat",
    "os.walk",
];
/// Parts of `os` that change files.
const OS_WRITES: [&str; 11] = [
    "os.link",
    "os.makedirs",
    "os.mkdir",
    "os.remove",
    "os.removedirs",
    "os.rename",
    "os.renames",
    "os.replace",
    "os.rmdir",
    "os.symlink",
    "os.unlink",
];

fn is_part_of(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What using a part of a module by this path can do.
pub(super) fn effect(path: &str) -> Effect {
    let within = |list: &[&str]| list.iter().any(|module| is_part_of(path, module));
    if within(&COLUMNS) {
        return Effect::Column;
    }
    if let Some((_, effect)) = EXCEPTIONS.iter().find(|(part, _)| is_part_of(path, part)) {
        return *effect;
    }
    if path.starts_with("pandas.read_") {
        return Effect::ReadsFiles;
    }
    if within(&HARMLESS) || within(&HARMLESS_TOO) || within(&OS_TEXTS) {
        return Effect::None;
    }
    if within(&OS_READS) || is_part_of(path, "glob") {
        return Effect::ReadsFiles;
    }
    if within(&OS_WRITES) || is_part_of(path, "shutil") {
        return Effect::WritesFiles;
    }
    Effect::Unknown
}

/// Whether importing this runs only code that is known: a module all of whose parts are judged where they are used.
pub(super) fn is_known(path: &str) -> bool {
    READ.contains(&path)
        || COLUMNS.iter().any(|part| is_part_of(path, part))
        || ["os", "os.path", "shutil", "glob"].contains(&path)
        || OS_TEXTS.contains(&path)
        || OS_READS.contains(&path)
        || OS_WRITES.contains(&path)
        || ["shutil.", "glob."]
            .iter()
            .any(|module| path.starts_with(module))
        || matches!(
            effect(path),
            Effect::None | Effect::ReadsFiles | Effect::WritesFiles
        )
        || EXCEPTIONS.iter().any(|(part, _)| *part == path)
}

/// Names that shells bind, and parts of modules for columns that are something else.
const SHELL: [&str; 16] = [
    "DataFrame",
    "HiveContext",
    "JVMView",
    "SQLContext",
    "SparkContext",
    "SparkSession",
    "dbutils",
    "display",
    "displayHTML",
    "functools",
    "get_active_spark_context",
    "get_ipython",
    "sc",
    "sqlContext",
    "sys",
    "warnings",
];

/// Whether a name means something of the session or the process, not a function that makes columns.
pub(super) fn is_of_shell(name: &str) -> bool {
    name.starts_with('_') || SHELL.contains(&name)
}

/// Whether a module keeps something that another file can see: the order of such files matters.
pub(super) fn has_state(path: &str) -> bool {
    [
        "random",
        "numpy.random",
        "os",
        "sys",
        "locale",
        "logging",
        "warnings",
        "shutil",
        "glob",
        "uuid",
        "decimal",
    ]
    .iter()
    .any(|module| is_part_of(path, module))
}

/// Builtin functions and types whose only effect is their result. Source: Python's `builtins`.
const BUILTINS: [&str; 56] = [
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "complex",
    "dict",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "hasattr",
    "hash",
    "hex",
    "id",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "zip",
    "exit",
    "quit",
];

/// Whether a name is a builtin whose only effect is its result; exceptions and constants are too.
pub(super) fn is_harmless_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
        || ["Error", "Exception", "Warning"]
            .iter()
            .any(|end| name.ends_with(end))
        || [
            "Exception",
            "KeyboardInterrupt",
            "StopIteration",
            "SystemExit",
            "NotImplemented",
            "Ellipsis",
        ]
        .contains(&name)
}

/// Methods of data in Python (pandas, numpy, pathlib, files) that write files or databases when called.
const WRITING_METHODS: [&str; 26] = [
    "savefig",
    "to_clipboard",
    "to_csv",
    "to_excel",
    "to_feather",
    "to_gbq",
    "to_hdf",
    "to_html",
    "to_json",
    "to_latex",
    "to_markdown",
    "to_orc",
    "to_parquet",
    "to_pickle",
    "to_sql",
    "to_stata",
    "to_string",
    "to_xml",
    "tofile",
    "touch",
    "unlink",
    "mkdir",
    "rmdir",
    "write_bytes",
    "write_text",
    "dump",
];

/// Whether a method of data in Python writes files. Texts of `to_csv()` and its like without a target go nowhere.
pub(super) fn writes_files(method: &str) -> bool {
    WRITING_METHODS.contains(&method)
}

#[cfg(test)]
mod tests {
    use super::{Effect, effect, is_known};

    #[test]
    fn parts_of_modules_are_judged_by_their_path() {
        assert_eq!(effect("datetime.date.today"), Effect::None);
        assert_eq!(effect("pandas.DataFrame"), Effect::None);
        assert_eq!(effect("pandas.read_csv"), Effect::ReadsFiles);
        assert_eq!(effect("os.remove"), Effect::WritesFiles);
        assert_eq!(effect("os.system"), Effect::Unknown);
        assert_eq!(effect("pyspark.sql.functions.col"), Effect::Column);
        assert_eq!(effect("subprocess.run"), Effect::Unknown);
        assert_eq!(effect("jsonschema"), Effect::Unknown);
        assert!(is_known("os") && is_known("pyspark.sql.SparkSession"));
        assert!(!is_known("helpers") && !is_known("pyspark.pandas") && !is_known("subprocess"));
    }
}
