//! Spark settings of a local session.
#![expect(clippy::disallowed_methods, reason = "asks the system for its memory")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::home::Session;
use super::{CatalogKind, LocalOptions};
use crate::runtime::engine::{EngineError, SESSION_CONF};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// Share of the machine's memory for the driver's heap, in percent. The rest is for Python workers, the Java
/// runtime's own needs and the file cache.
const MEMORY_SHARE: u64 = 40;
/// Memory assumed where the system does not tell, in bytes.
const ASSUMED_MEMORY: u64 = 8 * GIB;

/// Settings that would make another kind of session, and what to use instead.
const REFUSED: [(&str, &str); 6] = [
    ("spark.master", "it is `master` in [engine.local]"),
    (
        "spark.sql.catalogImplementation",
        "it is `catalog` in [engine.local]",
    ),
    (
        "spark.submit.deployMode",
        "a local session runs its driver itself",
    ),
    ("spark.remote", "a local session is no Spark Connect client"),
    (
        "spark.api.mode",
        "a local session is no Spark Connect client",
    ),
    (
        "spark.driver.defaultJavaOptions",
        "use spark.driver.extraJavaOptions",
    ),
];

/// Checks the user's settings before anything is started.
pub(super) fn check(options: &LocalOptions) -> Result<(), EngineError> {
    for (key, reason) in REFUSED {
        if options.conf.contains_key(key) {
            return Err(EngineError::RefusedSetting {
                key: key.to_owned(),
                reason,
            });
        }
    }
    Ok(())
}

/// Heap of the driver in bytes.
pub(super) fn driver_memory(options: &LocalOptions) -> u64 {
    options.driver_memory_bytes.unwrap_or_else(|| {
        let share = machine_memory().unwrap_or(ASSUMED_MEMORY) / 100 * MEMORY_SHARE;
        share.clamp(GIB, 16 * GIB)
    })
}

/// All settings of the session: the engine's own, over which the user's win.
pub(super) fn all(options: &LocalOptions, session: &Session) -> BTreeMap<String, String> {
    let home = &session.home;
    let mut conf = BTreeMap::new();
    let mut set = |key: &str, value: String| {
        conf.insert(key.to_owned(), value);
    };
    set("spark.app.name", "hoist".to_owned());
    set(
        "spark.master",
        options
            .master
            .clone()
            .unwrap_or_else(|| "local[*]".to_owned()),
    );
    set(
        "spark.driver.memory",
        format!("{}m", driver_memory(options) / MIB),
    );
    set("spark.driver.host", "127.0.0.1".to_owned());
    set("spark.driver.bindAddress", "127.0.0.1".to_owned());
    set("spark.ui.enabled", "false".to_owned());
    set("spark.ui.showConsoleProgress", "false".to_owned());
    match options.catalog {
        CatalogKind::Hive | CatalogKind::TransientHive => {
            set("spark.sql.catalogImplementation", "hive".to_owned());
            set("spark.sql.warehouse.dir", file_uri(&home.join("warehouse")));
            let database = if options.catalog == CatalogKind::TransientHive {
                "memory:metastore".to_owned()
            } else {
                format!(";databaseName={}", home.join("metastore").display())
            };
            set(
                "spark.hadoop.javax.jdo.option.ConnectionURL",
                format!("jdbc:derby:{database};create=true"),
            );
            // Hive makes these folders whether or not Spark uses them.
            let scratch = session.scratch.join("hive");
            for key in ["scratchdir", "local.scratchdir"] {
                set(
                    &format!("spark.hadoop.hive.exec.{key}"),
                    scratch.display().to_string(),
                );
            }
            set(
                "spark.hadoop.hive.downloaded.resources.dir",
                scratch.join("resources").display().to_string(),
            );
        }
        CatalogKind::InMemory => {
            set("spark.sql.catalogImplementation", "in-memory".to_owned());
            // Files of tables that the next session does not know would be in its way.
            set(
                "spark.sql.warehouse.dir",
                file_uri(&session.scratch.join("warehouse")),
            );
        }
    }
    for (key, value) in &options.conf {
        set(key, value.clone());
    }
    for (key, value) in SESSION_CONF {
        set(key, value.to_owned());
    }
    // Several folders may be named; each session has its own in every one of them.
    set(
        "spark.local.dir",
        session
            .local_dirs
            .iter()
            .map(|dir| dir.display().to_string())
            .collect::<Vec<_>>()
            .join(","),
    );
    let mut java_options = vec![
        format!(
            "-Dlog4j2.configurationFile={}",
            session.log_settings.display()
        ),
        format!("-Djava.io.tmpdir={}", session.temp.display()),
        format!("-Dderby.stream.error.file={}", session.derby_log.display()),
        // Otherwise a killed Java leaves a file in the system's temporary folder.
        "-XX:-UsePerfData".to_owned(),
    ]
    .into_iter()
    .map(|option| quoted(&option))
    .collect::<Vec<_>>();
    java_options.extend(options.conf.get("spark.driver.extraJavaOptions").cloned());
    set("spark.driver.extraJavaOptions", java_options.join(" "));
    conf
}

/// The folders named by `spark.local.dir` of the user.
pub(super) fn local_dirs(options: &LocalOptions) -> Vec<PathBuf> {
    options
        .conf
        .get("spark.local.dir")
        .map(|value| {
            value
                .split(',')
                .map(str::trim)
                .filter(|dir| !dir.is_empty())
                .map(PathBuf::from)
                .collect()
        })
        .unwrap_or_default()
}

/// A Java option for `spark.driver.extraJavaOptions`, which Spark splits as a shell does
/// (Spark: launcher/CommandBuilderUtils.parseOptionString).
fn quoted(option: &str) -> String {
    format!("\"{}\"", option.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The path as Hadoop reads it: with a scheme, so that a configured default file system does not apply, and without
/// percent signs, which Hadoop would take literally.
pub(super) fn file_uri(path: &Path) -> String {
    format!("file:{}", path.display())
}

/// Memory that this process may use, in bytes: the machine's, or the control group's where that is less.
fn machine_memory() -> Option<u64> {
    let total = if let Ok(text) = std::fs::read_to_string("/proc/meminfo") {
        memory_total(&text)?
    } else {
        let output = std::process::Command::new("/usr/sbin/sysctl")
            .args(["-n", "hw.memsize"])
            .output();
        String::from_utf8(output.ok()?.stdout)
            .ok()?
            .trim()
            .parse()
            .ok()?
    };
    let group = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ]
    .into_iter()
    .filter_map(|path| {
        std::fs::read_to_string(path)
            .ok()?
            .trim()
            .parse::<u64>()
            .ok()
    })
    .min();
    Some(group.map_or(total, |group| group.min(total)))
}

fn memory_total(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_the_machine() {
        assert_eq!(memory_total("MemFree: 1 kB\n"), None);
        assert_eq!(
            memory_total("MemTotal:       24689764 kB\nMemFree: 1 kB\n"),
            Some(25_282_318_336)
        );
    }

    #[test]
    fn java_options_survive_blanks_and_quotes() {
        assert_eq!(quoted(r#"-Dx=/a b/"c"\d"#), r#""-Dx=/a b/\"c\"\\d""#);
    }
}
