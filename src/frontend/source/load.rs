//! Reading the files of a pipeline.
#![expect(
    clippy::disallowed_methods,
    reason = "the one stage of the front end that reads files"
)]

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Sources, Variables};

/// Largest file read, bytes: spans are `u32`, and pipeline code is written by people.
const LARGEST_FILE: u64 = 256 << 20;

/// What belongs to a pipeline.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Files in order, relative to the root; empty for the natural order of what is there.
    pub files: Vec<PathBuf>,
    /// Read sub-folders too.
    pub subfolders: bool,
    /// Folders left out, relative to the root: set-up scripts are no part of the pipeline.
    pub excluded: Vec<PathBuf>,
    /// Whether the path `-` is the standard input.
    pub standard_input: bool,
}

/// Name of the source that is read from the standard input.
pub const STANDARD_INPUT: &str = "<stdin>";

/// Why a pipeline cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The path does not exist.
    #[error("`{path}` does not exist")]
    Missing {
        /// The path.
        path: String,
    },
    /// Nothing to read.
    #[error("`{path}` has no .sql, .hql or .py file")]
    Empty {
        /// The folder.
        path: String,
    },
    /// The standard input, where it cannot be a file of the pipeline.
    #[error("`-` stands for the standard input, which {0}")]
    StandardInput(&'static str),
    /// A file with another ending, named explicitly.
    #[error("`{path}` is neither .sql, .hql nor .py")]
    UnknownKind {
        /// The file.
        path: String,
    },
    /// Not text.
    #[error("`{path}` is not UTF-8 text: byte {byte} is invalid")]
    NotText {
        /// The file.
        path: String,
        /// First invalid byte, from 0.
        byte: usize,
    },
    /// More than pipeline code ever is.
    #[error("`{path}` has {bytes} bytes, more than the {LARGEST_FILE} bytes that are read")]
    TooLarge {
        /// The file.
        path: String,
        /// Its size.
        bytes: u64,
    },
    /// The operating system refused.
    #[error("`{path}` cannot be read: {error}")]
    Io {
        /// The file or folder.
        path: String,
        /// Its reason.
        error: std::io::Error,
    },
}

/// The endings of SQL and Python files.
const ENDINGS: [&str; 3] = ["sql", "hql", "py"];

/// Reads a pipeline: a folder's files in natural order (`2_` before `10_`), or the files given.
///
/// The root of a single folder is that folder; names of sources are relative to it. Files given one by one keep
/// their order and the spelling of their paths relative to `root`; `-` is SQL from the standard input.
pub fn load(
    root: &Path,
    paths: &[PathBuf],
    options: &LoadOptions,
    variables: &Variables,
) -> Result<Sources, LoadError> {
    Ok(Sources::from_texts(
        load_texts(root, paths, options)?,
        variables,
    ))
}

/// Names and texts of a pipeline's files, templates as they are.
pub fn load_texts(
    root: &Path,
    paths: &[PathBuf],
    options: &LoadOptions,
) -> Result<Vec<(String, String)>, LoadError> {
    let mut files = Vec::new();
    for path in paths {
        if is_standard_input(path) {
            let refused = if !options.standard_input {
                Some("only `hoist analyze` reads")
            } else if files.contains(path) {
                Some("can be read only once")
            } else {
                None
            };
            if let Some(reason) = refused {
                return Err(LoadError::StandardInput(reason));
            }
            files.push(path.clone());
            continue;
        }
        let folder = path.is_dir();
        if !folder && !path.exists() {
            return Err(LoadError::Missing { path: show(path) });
        }
        if !folder {
            if !has_known_ending(path) {
                return Err(LoadError::UnknownKind { path: show(path) });
            }
            files.push(path.clone());
        } else if options.files.is_empty() {
            let before = files.len();
            walk(path, path, options, &mut files)?;
            if files.len() == before {
                return Err(LoadError::Empty { path: show(path) });
            }
        } else {
            files.extend(options.files.iter().map(|file| path.join(file)));
        }
    }
    let mut texts = Vec::new();
    for file in files {
        if is_standard_input(&file) {
            let text = read_standard_input(std::io::stdin().lock())?;
            texts.push((STANDARD_INPUT.to_owned(), text));
            continue;
        }
        let name = file.strip_prefix(root).unwrap_or(&file);
        let name = name
            .iter()
            .map(|part| part.to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        texts.push((name, read(&file)?));
    }
    Ok(texts)
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn read_standard_input(input: impl std::io::Read) -> Result<String, LoadError> {
    let path = STANDARD_INPUT.to_owned();
    let mut bytes = Vec::new();
    if let Err(error) = input.take(LARGEST_FILE + 1).read_to_end(&mut bytes) {
        return Err(LoadError::Io { path, error });
    }
    let length = bytes.len() as u64;
    if length > LARGEST_FILE {
        return Err(LoadError::TooLarge {
            path,
            bytes: length,
        });
    }
    text(&path, bytes)
}

fn text(path: &str, bytes: Vec<u8>) -> Result<String, LoadError> {
    String::from_utf8(bytes).map_err(|error| LoadError::NotText {
        path: path.to_owned(),
        byte: error.utf8_error().valid_up_to(),
    })
}

fn walk(
    root: &Path,
    folder: &Path,
    options: &LoadOptions,
    files: &mut Vec<PathBuf>,
) -> Result<(), LoadError> {
    let failed = |error| LoadError::Io {
        path: show(folder),
        error,
    };
    let mut entries = std::fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(failed)?;
    entries.sort_by_cached_key(|path| {
        natural_key(&path.file_name().unwrap_or_default().to_string_lossy())
    });
    for entry in entries {
        let hidden = entry
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let relative = entry.strip_prefix(root).unwrap_or(&entry);
        if hidden || options.excluded.iter().any(|excluded| excluded == relative) {
            continue;
        }
        if entry.is_dir() {
            if options.subfolders {
                walk(root, &entry, options, files)?;
            }
        } else if has_known_ending(&entry) {
            files.push(entry);
        }
    }
    Ok(())
}

/// A key under which digits compare as numbers: `2_a` before `10_a`; letter case last, so that the order is total.
fn natural_key(name: &str) -> (Vec<(u8, u128, String)>, String) {
    let mut key = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest
            .find(|c: char| c.is_ascii_digit() != digits)
            .unwrap_or(rest.len());
        let (run, tail) = rest.split_at(end);
        key.push(match run.parse() {
            Ok(number) if digits => (0, number, String::new()),
            _ => (1, 0, run.to_lowercase()),
        });
        rest = tail;
    }
    (key, name.to_owned())
}

fn has_known_ending(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| {
            ENDINGS
                .iter()
                .any(|known| ending.eq_ignore_ascii_case(known))
        })
}

fn read(path: &Path) -> Result<String, LoadError> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => LoadError::Missing { path: show(path) },
        _ => LoadError::Io {
            path: show(path),
            error,
        },
    };
    let bytes = path.metadata().map_err(failed)?.len();
    if bytes > LARGEST_FILE {
        return Err(LoadError::TooLarge {
            path: show(path),
            bytes,
        });
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    text(&show(path), bytes)
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_order_as_numbers() {
        let mut names = [
            "10_b.sql", "2_a.sql", "2_A.sql", "1.sql", "a.sql", "02_a.sql",
        ];
        names.sort_by_cached_key(|name| natural_key(name));
        assert_eq!(
            names,
            [
                "1.sql", "02_a.sql", "2_A.sql", "2_a.sql", "10_b.sql", "a.sql"
            ]
        );
    }

    #[test]
    fn a_folder_is_read_without_its_excluded_and_hidden_parts() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "SELECT 1").unwrap();
        };
        for name in [
            "b.sql",
            "a.py",
            "notes.txt",
            ".x.sql",
            "setup/s.sql",
            "sub/c.sql",
        ] {
            write(name);
        }
        let names = |options: &LoadOptions| -> Vec<String> {
            let paths = [folder.path().to_owned()];
            let sources = load(folder.path(), &paths, options, &Variables::new()).unwrap();
            sources.iter().map(|source| source.name.clone()).collect()
        };
        let mut options = LoadOptions {
            excluded: vec!["setup".into()],
            ..LoadOptions::default()
        };
        assert_eq!(names(&options), ["a.py", "b.sql"]);
        options.subfolders = true;
        assert_eq!(names(&options), ["a.py", "b.sql", "sub/c.sql"]);
        options.files = vec!["b.sql".into(), "a.py".into()];
        assert_eq!(names(&options), ["b.sql", "a.py"]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let load_one = |path: PathBuf| {
            load(
                folder.path(),
                &[path],
                &LoadOptions::default(),
                &Variables::new(),
            )
            .unwrap_err()
        };
        assert!(matches!(
            load_one(folder.path().to_owned()),
            LoadError::Empty { .. }
        ));
        assert!(matches!(
            load_one(folder.path().join("no")),
            LoadError::Missing { .. }
        ));
        std::fs::write(folder.path().join("x.sql"), b"SELECT \xff").unwrap();
        let error = load_one(folder.path().join("x.sql"));
        assert!(
            matches!(error, LoadError::NotText { byte: 7, .. }),
            "{error}"
        );
        std::fs::write(folder.path().join("x.txt"), "").unwrap();
        assert!(matches!(
            load_one(folder.path().join("x.txt")),
            LoadError::UnknownKind { .. }
        ));
    }
}
