//! The built command on real Spark: the sample from set-up to proof, and runs that are interrupted or fail; both on
//! this machine and through a Livy server.

mod bucketed;
mod killed;
pub(crate) mod livy;
mod profiled;
mod sample;
mod sharing;
mod stopped;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::local_engine::{QUICK_JAVA, cache_dir, processes};

/// A folder in which commands run on the shared private Spark.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Home(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A command that starts a session.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.plain_command(arguments);
        let (key, setting) = QUICK_JAVA;
        command.args(["--conf", &format!("{key}={setting}")]);
        command
    }

    /// A command. Of the developer's environment only what finds Python and Java counts.
    fn plain_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hoist"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .env("HOIST_CACHE_DIR", cache_dir())
            // With half of it tasks sometimes find no room beside all frames of the sample.
            .env("HOIST_ENGINE_LOCAL_DRIVER_MEMORY", "2g")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in ["PATH", "JAVA_HOME"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// Runs a command that leaves no process and no scratch folder, whatever becomes of it.
    #[track_caller]
    fn hoist(&self, arguments: &[&str], code: i32) -> Said {
        let output = self.command(arguments).output().unwrap();
        self.ended(output, code)
    }

    #[track_caller]
    fn ended(&self, output: Output, code: i32) -> Said {
        let said = Said {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        let lines: Vec<&str> = said.err.lines().collect();
        let last = lines.split_at(lines.len().saturating_sub(12)).1.join("\n");
        assert_eq!(output.status.code(), Some(code), "{last}");
        assert_eq!(processes(self.0.path()), Vec::<String>::new());
        said
    }

    /// Nothing of an ended session is left in the `.hoist` of a pipeline: no scratch folder, no lock that names a
    /// holder, no sandbox.
    #[track_caller]
    fn assert_nothing_left(&self, pipeline: &str) {
        let hoist = self.path(pipeline).join(".hoist");
        assert_eq!(names(&hoist.join("scratch")), Vec::<String>::new());
        assert_eq!(std::fs::read(hoist.join("session.lock")).unwrap(), b"");
        assert!(!hoist.join("verify").exists());
    }
}

/// What a command said.
struct Said {
    out: String,
    err: String,
}

impl Said {
    #[track_caller]
    fn tells(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(self.err.contains(text), "no `{text}` in\n{}", self.err);
        }
        self
    }
}

/// Names of what lies in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
