//! Where a pipeline lies and what lies beside it.

use std::path::{Component, Path, PathBuf};

/// Folder of everything hoist writes beside a pipeline.
pub(super) const HOME: &str = ".hoist";

/// `.` for an empty path, which the operating system refuses.
pub(super) fn named(path: &Path) -> PathBuf {
    if path.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        path.to_path_buf()
    }
}

/// The root of a pipeline: the folder given; for files the folder of the configuration where it holds them all,
/// otherwise the folder of the first.
pub(super) fn root(paths: &[PathBuf], configuration: Option<&Path>) -> PathBuf {
    match paths {
        [folder] if folder.is_dir() => folder.clone(),
        [] => named(configuration.unwrap_or(Path::new(""))),
        [first, ..] => {
            let holds_all = |folder: &&Path| paths.iter().all(|path| path.starts_with(folder));
            let folder = configuration.filter(holds_all);
            named(folder.or(first.parent()).unwrap_or(Path::new("")))
        }
    }
}

/// The same path without steps that lead back: `q/.hoist/..` is `q`. Steps before the beginning stay.
pub(super) fn tidy(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for component in path.components() {
        match (component, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (other, _) => parts.push(other),
        }
    }
    named(&parts.iter().collect::<PathBuf>())
}

/// The path that leads from one folder to another place, with `/`; the absolute path where there is none.
pub(super) fn relative(from: &Path, to: &Path) -> String {
    let parts = |path: &Path| -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        for component in path.components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    parts.pop();
                }
                other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
            }
        }
        parts
    };
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - shared);
    let down = to.iter().skip(shared).cloned();
    let path: Vec<String> = up.chain(down).collect();
    if path.is_empty() {
        ".".to_owned()
    } else {
        path.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_lead_back() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(way("/a/q/.hoist", "/a/q"), "..");
        assert_eq!(way("/a", "/a/./q"), "q");
        assert_eq!(way("/a/b/../c", "/a/c"), ".");
        assert_eq!(way("/a/b/c", "/a/d/e"), "../../d/e");
    }

    #[test]
    fn tidy_paths_do_not_lead_back() {
        for (path, tidied) in [
            ("q/.hoist/..", "q"),
            (".hoist/..", "."),
            ("./../a/./b", "../a/b"),
            ("/a/../b", "/b"),
        ] {
            assert_eq!(tidy(Path::new(path)), PathBuf::from(tidied), "{path}");
        }
    }

    #[test]
    fn the_root_holds_every_file() {
        let paths = [PathBuf::from("p/x/a.sql"), PathBuf::from("p/y/b.sql")];
        assert_eq!(root(&paths, Some(Path::new("p"))), PathBuf::from("p"));
        assert_eq!(root(&paths, None), PathBuf::from("p/x"));
        assert_eq!(root(&paths, Some(Path::new("q"))), PathBuf::from("p/x"));
        assert_eq!(root(&[PathBuf::from("a.sql")], None), PathBuf::from("."));
        assert_eq!(root(&[], None), PathBuf::from("."));
    }
}
