//! Canonical names, and places of files as far as two names may mean the same rows.

use crate::frontend::statement::Name;

/// Prefix of the canonical name of files that are read by path.
const PATH_PREFIX: &str = "path:";

/// First parts that make a name with a slash a path (Spark: `ResolveSQLOnFile`, formats of `DataSourceRegister`).
const FORMATS: [&str; 11] = [
    "avro",
    "binaryfile",
    "csv",
    "delta",
    "hudi",
    "iceberg",
    "json",
    "orc",
    "parquet",
    "text",
    "xml",
];

/// File systems whose authority is a bucket: two buckets never hold the same file.
const BUCKET_SCHEMES: [&str; 12] = [
    "abfs", "abfss", "cosn", "gs", "obs", "oss", "s3", "s3a", "s3n", "swift", "wasb", "wasbs",
];

/// The canonical name of a table written as `name`, where it is no temporary view.
///
/// `database` and `catalog` are the current ones; no catalog stands for `spark_catalog`.
pub(super) fn canonical(name: &Name, database: &str, catalog: Option<&str>) -> String {
    if let Some(path) = path(name) {
        return format!("{PATH_PREFIX}{path}");
    }
    let mut parts: Vec<String> = name
        .parts
        .iter()
        .map(crate::frontend::statement::Identifier::key)
        .collect();
    if parts.len() == 1 {
        parts.insert(0, database.to_owned());
    }
    if parts.len() == 2
        && let Some(catalog) = catalog
    {
        parts.insert(0, catalog.to_owned());
    }
    if parts.len() == 3
        && parts
            .first()
            .is_some_and(|catalog| catalog == "spark_catalog")
    {
        parts.remove(0);
    }
    parts.join(".")
}

/// The path of a name such as ``parquet.`/data/x` ``.
fn path(name: &Name) -> Option<&str> {
    let [format, path] = name.parts.as_slice() else {
        return None;
    };
    // A class of a format has dots: ```org.example.Format`.`/data/x` ``.
    let is_format = FORMATS.contains(&format.key().as_str()) || format.text.contains('.');
    (is_format && path.text.contains('/')).then_some(&path.text)
}

/// Whether a name that no catalog entry has may be read all the same: files of a format at a relative path
/// (`csv.folder`), or a table of another catalog by the name of a branch, a tag or a snapshot (`lake.db.t.branch_x`).
pub(super) fn names_more(canonical: &str) -> bool {
    canonical
        .split_once('.')
        .is_some_and(|(first, rest)| FORMATS.contains(&first) || rest.contains('.'))
}

/// The canonical name of files at a path; of files anywhere where it is not known.
pub(super) fn files(path: Option<&str>) -> String {
    format!("{PATH_PREFIX}{}", path.unwrap_or_default())
}

/// The path in a canonical name, if it names files and not a table.
pub(super) fn path_of(canonical: &str) -> Option<&str> {
    canonical.strip_prefix(PATH_PREFIX)
}

/// A folder or file, comparable with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// The bucket, where the file system has buckets.
    bucket: Option<String>,
    /// Folders from the root, lower-case because some file systems ignore case.
    folders: Vec<String>,
}

impl Location {
    /// Reads a URI or an absolute path. None where comparing it could mislead: a relative path, `..`, or an escape.
    pub(super) fn parse(text: &str) -> Option<Location> {
        if text.contains('%') {
            return None;
        }
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if !scheme.contains('/') => (scheme.to_lowercase(), rest),
            _ => (String::new(), text),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
            None => ("", rest.strip_prefix('/')?),
        };
        let bucket = BUCKET_SCHEMES
            .contains(&scheme.as_str())
            .then(|| authority.to_lowercase());
        let mut folders = Vec::new();
        for folder in path.split('/') {
            match folder {
                "" | "." => {}
                ".." => return None,
                // A pattern can mean anything below its fixed part.
                folder if folder.contains(['*', '?', '[', '{']) => break,
                folder => folders.push(folder.to_lowercase()),
            }
        }
        Some(Location { bucket, folders })
    }

    /// The folders from the root, lower-case.
    pub(super) fn folders(&self) -> &[String] {
        &self.folders
    }

    /// Whether a folder on the way to it has the name, or the place itself.
    pub(super) fn has_folder(&self, name: &str) -> bool {
        self.folders.iter().any(|folder| folder == name)
    }

    /// Whether one may lie in the other. Authorities that are no buckets are not compared: a name node has many
    /// names, and a path without a scheme lies in whatever the default file system is.
    pub(super) fn overlaps(&self, other: &Location) -> bool {
        if let (Some(left), Some(right)) = (&self.bucket, &other.bucket)
            && left != right
        {
            return false;
        }
        let mut both = self.folders.iter().zip(&other.folders);
        both.all(|(left, right)| left == right)
    }
}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn places_overlap_where_one_may_lie_in_the_other() {
        let cases = [
            ("file:/w/a", "file:/w/a", true),
            ("file:/w/a", "/w/a/year=2024", true),
            ("hdfs://one/w/a", "hdfs://two:8020/w/A/", true),
            ("file:/w/a", "file:///w/b", false),
            ("file:/w/a", "file:/w/ab", false),
            ("s3://raw/x", "s3a://mart/x", false),
            ("s3://raw/x", "s3a://raw/x/y", true),
            ("s3://raw/x", "/x", true),
            ("/w/*/a", "/w/b", true),
            ("/", "s3://raw/x", true),
        ];
        for (left, right, expected) in cases {
            let (a, b) = (
                Location::parse(left).unwrap(),
                Location::parse(right).unwrap(),
            );
            assert_eq!(a.overlaps(&b), expected, "{left} and {right}");
            assert_eq!(b.overlaps(&a), expected, "{right} and {left}");
        }
    }

    #[test]
    fn places_that_cannot_be_compared_are_none() {
        for text in ["data/x", "/w/../x", "file:/a%20b", ""] {
            assert_eq!(Location::parse(text), None, "{text}");
        }
    }
}
