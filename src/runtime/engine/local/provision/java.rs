//! Java runtimes on this machine.

use std::ffi::OsStr;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::python::executables;

/// Java releases that Spark 3.3 to 3.5 run on.
pub(super) const ACCEPTED: RangeInclusive<u32> = 8..=17;
/// Longest time that a Java may take to say what it is.
const PROBE_TIME: Duration = Duration::from_secs(30);

/// A Java runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Java {
    /// Folder with `bin/java`.
    pub(super) home: PathBuf,
    /// As `17.0.9` or `1.8.0_392`.
    pub(super) version: String,
    /// As 17 or 8.
    pub(super) release: u32,
}

impl fmt::Display for Java {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Java {} at `{}`", self.version, self.home.display())
    }
}

/// The first accepted Java of: the one named by the user, the one packaged with the interpreter, those on the search
/// path. The error is one that was found but is not accepted.
pub(super) async fn find(
    named: Option<&Path>,
    packaged: Option<&Path>,
    search_path: Option<&OsStr>,
    accepted: &RangeInclusive<u32>,
) -> Result<Java, Option<Java>> {
    let mut refused = None;
    let homes = [named, packaged]
        .into_iter()
        .flatten()
        .map(|home| home.join("bin").join("java"));
    for executable in homes.chain(executables("java", search_path)) {
        match probe(&executable).await {
            Some(java) if accepted.contains(&java.release) => return Ok(java),
            Some(java) => {
                refused.get_or_insert(java);
            }
            None => {}
        }
    }
    Err(refused)
}

async fn probe(executable: &Path) -> Option<Java> {
    let mut command = Command::new(executable);
    command.args(["-XshowSettings:properties", "-version"]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PROBE_TIME, command.output())
        .await
        .ok()?
        .ok()?;
    if !output.status.success() {
        return None;
    }
    // Properties go to stderr up to Java 8 and to either afterwards.
    let mut text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.push('\n');
    text.push_str(&String::from_utf8_lossy(&output.stdout));
    parse(&text)
}

/// Reads `java -XshowSettings:properties -version`.
fn parse(text: &str) -> Option<Java> {
    let property = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
    };
    let version = property("java.version").or_else(|| {
        // `openjdk version "17.0.9" 2023-10-17`
        let line = text.lines().find(|line| line.contains(" version \""))?;
        line.split('"').nth(1).map(str::to_owned)
    })?;
    let home = PathBuf::from(property("java.home")?);
    let mut numbers = version
        .split(|c: char| !c.is_ascii_digit())
        .map(str::parse::<u32>);
    let release = match numbers.next()?.ok()? {
        1 => numbers.next()?.ok()?,
        release => release,
    };
    Some(Java {
        home,
        version,
        release,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_java_8_17_and_early_access() {
        let release = |version: &str| {
            let text = format!(
                "Property settings:\n    java.home = /opt/java\n    java.version = {version}\n"
            );
            parse(&text).map(|java| java.release)
        };
        assert_eq!(release("1.8.0_392"), Some(8));
        assert_eq!(release("17.0.9"), Some(17));
        assert_eq!(release("21"), Some(21));
        assert_eq!(release("25-ea"), Some(25));
        assert_eq!(release("unknown"), None);
    }

    #[test]
    fn the_version_line_serves_where_the_property_is_missing() {
        let text = "    java.home = /opt/java 17\nopenjdk version \"17.0.15\" 2025-04-15\n";
        let java = parse(text).unwrap();
        assert_eq!(java.to_string(), "Java 17.0.15 at `/opt/java 17`");
    }

    #[test]
    fn no_home_is_no_java() {
        assert_eq!(parse("openjdk version \"17.0.15\" 2025-04-15\n"), None);
    }
}
