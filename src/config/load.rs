//! Finding the file and laying the layers over each other.
#![expect(
    clippy::disallowed_methods,
    reason = "the module that reads hoist.toml"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::frontend::source::{Variables, variable_name};

use super::{
    Config, ConfigError, EngineConfig, FILE_NAME, KEYS, Key, Kind, LivyConfig, Origin, Override,
    PipelineConfig, PlannerConfig, Setting, SetupConfig, Value, closest, file, parse_duration,
    parse_size, value,
};
use crate::frontend;
use crate::present::rule::Level;

/// Prefix of environment variables that give template variables: `HOIST_VAR_report_date`.
const VARIABLE_PREFIX: &str = "HOIST_VAR_";

/// What to read.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The file named with `--config` or `HOIST_CONFIG`.
    pub file: Option<&'a Path>,
    /// First path of the pipeline: the file is searched from here upward.
    pub start: Option<&'a Path>,
    /// Working directory: searched upward next.
    pub current: &'a Path,
    /// Environment variables whose names begin with `HOIST_`.
    pub environment: &'a BTreeMap<String, String>,
    /// Settings of the command line.
    pub overrides: Vec<Override>,
    /// Environment variables of `HOIST_` that are no settings.
    pub reserved: &'a [&'a str],
}

/// Reads the configuration.
pub fn load(request: &Request<'_>) -> Result<Config, ConfigError> {
    let file = match request.file {
        Some(file) if !file.is_file() => {
            return Err(ConfigError::Missing {
                path: file.display().to_string(),
            });
        }
        Some(file) => Some(file.to_path_buf()),
        None => request
            .start
            .and_then(|start| find_upward(start, request.current))
            .or_else(|| find_upward(Path::new(""), request.current)),
    };
    let mut layers = Layers::default();
    for key in KEYS {
        if let Some(default) = key.default {
            layers.set(Setting {
                name: key.path.split('.').map(str::to_owned).collect(),
                kind: key.kind,
                value: Value::Scalar(default.to_owned()),
                origin: Origin::Default,
            });
        }
    }
    if let Some(file) = &file {
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError::Io {
            path: file.display().to_string(),
            error,
        })?;
        for setting in file::parse(file, &text)? {
            layers.set(setting);
        }
    }
    let warnings = environment(request, &mut layers)?;
    for change in &request.overrides {
        let kind = KEYS
            .iter()
            .find(|key| key.matches(&change.name))
            .map_or(Kind::Scalar, |key| key.kind);
        layers.set(from_text(
            &change.name,
            kind,
            &change.value,
            Origin::Flag(change.flag),
        )?);
    }
    Ok(layers.into_config(file, warnings))
}

/// The nearest `hoist.toml` from a file or folder upward.
fn find_upward(start: &Path, current: &Path) -> Option<PathBuf> {
    // Relative paths stay relative in messages as long as the file lies below the working directory.
    let relative = start
        .ancestors()
        .map(|folder| folder.join(FILE_NAME))
        .find(|file| current.join(file).is_file());
    relative.or_else(|| {
        let absolute = current.join(start);
        absolute
            .ancestors()
            .map(|folder| folder.join(FILE_NAME))
            .find(|file| file.is_file())
    })
}

/// Applies the environment; returns warnings about variables that are no settings.
fn environment(request: &Request<'_>, layers: &mut Layers) -> Result<Vec<String>, ConfigError> {
    let known: BTreeMap<String, Key> = KEYS
        .iter()
        .filter_map(|key| Some((key.environment()?, *key)))
        .collect();
    let mut warnings = Vec::new();
    for (name, text) in request.environment {
        let origin = Origin::Environment(name.clone());
        if let Some(variable) = name.strip_prefix(VARIABLE_PREFIX) {
            let path = ["variables".to_owned(), variable.to_owned()];
            layers.set(from_text(&path, Kind::Scalar, text, origin)?);
        } else if let Some(key) = known.get(name) {
            let path: Vec<String> = key.path.split('.').map(str::to_owned).collect();
            layers.set(from_text(&path, key.kind, text, origin)?);
        } else if !request.reserved.contains(&name.as_str()) {
            let names = known.keys().map(String::as_str);
            let nearest = closest(name, names.chain(request.reserved.iter().copied()));
            warnings.push(match nearest {
                Some(nearest) => {
                    format!("environment variable `{name}` is unknown; did you mean `{nearest}`?")
                }
                None => format!("environment variable `{name}` is unknown and has no effect"),
            });
        }
    }
    Ok(warnings)
}

/// A setting from text: lists are separated by commas.
fn from_text(
    name: &[String],
    kind: Kind,
    text: &str,
    origin: Origin,
) -> Result<Setting, ConfigError> {
    if !kind.accepts(text) {
        return Err(ConfigError::WrongValue {
            place: origin.to_string(),
            key: name.join("."),
            found: format!("\"{text}\""),
            expected: kind.expected(),
        });
    }
    let value = if kind == Kind::List {
        let entries = text.split(',').map(str::trim);
        Value::List(
            entries
                .filter(|entry| !entry.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    } else {
        Value::Scalar(text.to_owned())
    };
    Ok(Setting {
        name: name.to_vec(),
        kind,
        value,
        origin,
    })
}

/// Settings while they are gathered: later layers replace earlier ones.
#[derive(Default)]
struct Layers {
    settings: BTreeMap<Vec<String>, Setting>,
}

impl Layers {
    fn set(&mut self, setting: Setting) {
        self.settings.insert(setting.name.clone(), setting);
    }

    fn scalar(&self, path: &str) -> Option<&str> {
        let name: Vec<String> = path.split('.').map(str::to_owned).collect();
        match &self.settings.get(&name)?.value {
            Value::Scalar(text) => Some(text),
            Value::List(_) => None,
        }
    }

    /// A scalar that is not `auto`.
    fn chosen(&self, path: &str) -> Option<&str> {
        self.scalar(path).filter(|text| *text != "auto")
    }

    fn list(&self, path: &str) -> Vec<String> {
        let name: Vec<String> = path.split('.').map(str::to_owned).collect();
        match self.settings.get(&name).map(|setting| &setting.value) {
            Some(Value::List(entries)) => entries.clone(),
            _ => Vec::new(),
        }
    }

    /// Scalars of a table with names of the user.
    fn map(&self, path: &str) -> BTreeMap<String, String> {
        let table: Vec<&str> = path.split('.').collect();
        self.settings
            .values()
            .filter_map(|setting| {
                let (before, rest) = setting.name.split_at_checked(table.len())?;
                match &setting.value {
                    Value::Scalar(text) if before == table && !rest.is_empty() => {
                        Some((rest.join("."), text.clone()))
                    }
                    _ => None,
                }
            })
            .collect()
    }

    /// Template variables under the names by which they are looked up: `hivevar:x` is `x`. Where both are given, the
    /// one from the higher layer counts.
    fn variables(&self, path: &str) -> Variables {
        let given = self.map(path);
        let table: Vec<&str> = path.split('.').collect();
        let rank = |name: &str| {
            let found = self.settings.values().find(|setting| {
                let (before, rest) = setting
                    .name
                    .split_at_checked(table.len())
                    .unwrap_or_default();
                before == table && rest.join(".") == name
            });
            match found.map(|setting| &setting.origin) {
                Some(Origin::Flag(_)) => 3,
                Some(Origin::Environment(_)) => 2,
                Some(Origin::File { .. }) => 1,
                Some(Origin::Default) | None => 0,
            }
        };
        let mut ranked: Vec<(u32, &String, &String)> = given
            .iter()
            .map(|(name, value)| (rank(name), name, value))
            .collect();
        ranked.sort();
        ranked
            .into_iter()
            .map(|(_, name, value)| (variable_name(name).to_owned(), value.clone()))
            .collect()
    }

    /// `[engine.livy]`.
    fn livy(&self, located: &dyn Fn(&str) -> Option<PathBuf>) -> LivyConfig {
        let text = |name: &str| {
            self.scalar(&format!("engine.livy.{name}"))
                .map(str::to_owned)
        };
        let number = |name: &str| text(name)?.parse().ok();
        let micros = |name: &str| text(name).as_deref().and_then(parse_duration);
        let file = |name: &str| located(&format!("engine.livy.{name}"));
        LivyConfig {
            url: text("url"),
            user: text("user"),
            password_file: file("password_file"),
            token_file: file("token_file"),
            ca_file: file("ca_file"),
            verify_tls: text("verify_tls").as_deref() != Some("false"),
            name: text("name"),
            kind: text("kind"),
            proxy_user: text("proxy_user"),
            queue: text("queue"),
            driver_memory: text("driver_memory"),
            driver_cores: number("driver_cores"),
            executor_memory: text("executor_memory"),
            executor_cores: number("executor_cores"),
            num_executors: number("num_executors"),
            jars: self.list("engine.livy.jars"),
            py_files: self.list("engine.livy.py_files"),
            idle_timeout: text("idle_timeout"),
            heartbeat_micros: micros("heartbeat").unwrap_or(300_000_000),
            poll_interval_micros: micros("poll_interval").unwrap_or(2_000_000),
            request_timeout_micros: micros("request_timeout").unwrap_or(60_000_000),
            start_timeout_micros: micros("start_timeout").unwrap_or(600_000_000),
            statement_timeout_micros: micros("statement_timeout"),
        }
    }

    /// `[planner]`; `located` says where a path of a key lies.
    fn planner(&self, located: &impl Fn(&str) -> Option<PathBuf>) -> PlannerConfig {
        PlannerConfig {
            budget_bytes: self.scalar("planner.budget").and_then(parse_size),
            jobs: self
                .scalar("planner.jobs")
                .and_then(value::parse_count)
                .unwrap_or(1),
            margin_percent: self
                .scalar("planner.margin")
                .and_then(value::parse_hundredths)
                .unwrap_or(200),
            min_gain_micros: self
                .scalar("planner.min_gain")
                .and_then(parse_duration)
                .unwrap_or(200_000),
            canary: self
                .scalar("planner.canary")
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(0),
            medium: self.scalar("planner.medium").unwrap_or("memory").to_owned(),
            layout: self.scalar("planner.layout").unwrap_or("off").to_owned(),
            order: self.scalar("planner.order").unwrap_or("free").to_owned(),
            settings: self
                .scalar("planner.settings")
                .unwrap_or("propose")
                .to_owned(),
            storage_level: self
                .scalar("planner.storage_level")
                .unwrap_or("MEMORY_AND_DISK")
                .to_owned(),
            scratch: match self.chosen("planner.scratch") {
                Some(address) if address.contains("://") => Some(PathBuf::from(address)),
                _ => located("planner.scratch"),
            },
            default_database: self
                .scalar("planner.default_database")
                .unwrap_or("default")
                .to_lowercase(),
            deterministic_functions: self
                .list("planner.deterministic_functions")
                .into_iter()
                .map(|name| name.to_lowercase())
                .collect(),
        }
    }

    fn into_config(self, file: Option<PathBuf>, warnings: Vec<String>) -> Config {
        let folder = file
            .as_deref()
            .and_then(Path::parent)
            .map_or_else(PathBuf::new, Path::to_path_buf);
        let keys = self
            .settings
            .values()
            .filter_map(|setting| match (setting.name.as_slice(), &setting.value) {
                ([tables, table @ .., key], Value::List(columns))
                    if tables == "tables" && key == "key" =>
                {
                    let columns = columns.iter().map(|column| column.to_lowercase());
                    Some((table.join(".").to_lowercase(), columns.collect()))
                }
                _ => None,
            })
            .collect();
        // Paths of the file are relative to it; those of flags and environment to the working directory.
        let located = |path: &str| {
            let text = self.chosen(path)?;
            let name: Vec<String> = path.split('.').map(str::to_owned).collect();
            match self.settings.get(&name).map(|setting| &setting.origin) {
                // A bare word is a command to look up, not a path.
                Some(Origin::File { .. }) if text.contains(['/', '\\']) => Some(folder.join(text)),
                _ => Some(PathBuf::from(text)),
            }
        };
        let size = |path| self.chosen(path).and_then(parse_size);
        let config = Config {
            pipeline: PipelineConfig {
                files: self
                    .list("pipeline.files")
                    .into_iter()
                    .map(PathBuf::from)
                    .collect(),
                subfolders: self.scalar("pipeline.subfolders") == Some("true"),
                max_statement_bytes: size("pipeline.max_statement_bytes")
                    .unwrap_or(frontend::MAX_STATEMENT_BYTES),
                environment_variables: self.scalar("pipeline.environment_variables")
                    == Some("true"),
            },
            variables: self.variables("variables"),
            setup: SetupConfig {
                path: self.scalar("setup.path").map(|path| folder.join(path)),
                variables: self.variables("setup.variables"),
            },
            planner: self.planner(&located),
            engine: EngineConfig {
                livy: self.scalar("engine.kind") == Some("livy"),
                server: self.livy(&located),
                python: located("engine.local.python"),
                spark_home: located("engine.local.spark_home"),
                driver_memory_bytes: size("engine.local.driver_memory"),
                master: self
                    .scalar("engine.local.master")
                    .unwrap_or("local[*]")
                    .to_owned(),
                in_memory_catalog: self.scalar("engine.local.catalog") == Some("in-memory"),
                conf: self.map("engine.conf"),
            },
            keys,
            rules: self
                .map("rules")
                .into_iter()
                .filter_map(|(name, word)| Some((name, Level::of(&word)?)))
                .collect(),
            file,
            settings: Vec::new(),
            warnings,
        };
        let mut settings: Vec<Setting> = self.settings.into_values().collect();
        settings.sort_by_key(|setting| KEYS.iter().position(|key| key.matches(&setting.name)));
        Config { settings, ..config }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        let mut layers = Layers::default();
        for setting in file::parse(Path::new("hoist.toml"), text)? {
            layers.set(setting);
        }
        Ok(layers.into_config(Some(PathBuf::from("hoist.toml")), Vec::new()))
    }

    fn error(text: &str) -> String {
        let error = read(text).unwrap_err();
        format!("{error}; {}", error.help())
    }

    #[test]
    fn an_unknown_key_names_its_place_and_the_nearest_known() {
        assert_eq!(
            error("[planner]\n# words\nbudgt = \"2g\"\n"),
            "hoist.toml:3: unknown key `planner.budgt`; did you mean `planner.budget`?"
        );
        assert_eq!(
            error("\n[planer]\nmargin = 2"),
            "hoist.toml:2: unknown key `planer`; did you mean `planner`?"
        );
    }

    #[test]
    fn a_wrong_value_names_what_is_expected() {
        assert_eq!(
            error("[planner]\nbudget = 2"),
            "hoist.toml:2: `planner.budget` is 2, expected a size such as \"2GiB\", or \"auto\"; \
             give a size such as \"2GiB\", or \"auto\""
        );
        assert!(error("planner = 3").contains("`planner` is 3, expected a table"));
        assert!(error("[engine]\nkind = \"livvy\"").contains("expected \"local\" or \"livy\""));
        assert!(error("[pipeline]\nsubfolders = \"yes\"").contains("expected true or false"));
        assert!(error("[planner\n").starts_with("hoist.toml:1: "));
    }

    #[test]
    fn values_arrive_in_their_own_types() {
        let config = read(
            "[variables]\nday = 2024-06-30\nn = 3\n[planner]\nmargin = 1.5\nbudget = \"2GiB\"\n\
             [engine.conf]\nspark.sql.shuffle.partitions = 8\n\"spark.x\" = true\n\
             [tables.\"Mart.T\"]\nkey = [\"Id\"]\n",
        )
        .unwrap();
        assert_eq!(
            config.variables.get("day").map(String::as_str),
            Some("2024-06-30")
        );
        assert_eq!(config.variables.get("n").map(String::as_str), Some("3"));
        assert_eq!(config.planner.margin_percent, 150);
        assert_eq!(config.planner.budget_bytes, Some(2 << 30));
        assert_eq!(
            config.engine.conf,
            BTreeMap::from([
                ("spark.sql.shuffle.partitions".to_owned(), "8".to_owned()),
                ("spark.x".to_owned(), "true".to_owned())
            ])
        );
        assert_eq!(config.keys.get("mart.t"), Some(&vec!["id".to_owned()]));
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join(FILE_NAME),
            "[planner]\nbudget = \"1g\"\nmargin = 3\nmin_gain = \"1s\"\n",
        )
        .unwrap();
        let environment = BTreeMap::from([
            ("HOIST_PLANNER_BUDGET".to_owned(), "2g".to_owned()),
            ("HOIST_PLANNER_MARGIN".to_owned(), "4".to_owned()),
            ("HOIST_VAR_day".to_owned(), "monday".to_owned()),
            ("HOIST_PLANER_MARGIN".to_owned(), "5".to_owned()),
        ]);
        let config = load(&Request {
            file: None,
            start: Some(&folder.path().join("sub/a.sql")),
            current: Path::new("/"),
            environment: &environment,
            overrides: vec![Override {
                name: vec!["planner".to_owned(), "budget".to_owned()],
                value: "3g".to_owned(),
                flag: "--budget",
            }],
            reserved: &[],
        })
        .unwrap();
        assert_eq!(config.planner.budget_bytes, Some(3 << 30));
        assert_eq!(config.planner.margin_percent, 400);
        assert_eq!(config.planner.min_gain_micros, 1_000_000);
        assert_eq!(config.planner.default_database, "default");
        assert_eq!(
            config.variables.get("day").map(String::as_str),
            Some("monday")
        );
        assert_eq!(
            config.warnings,
            [
                "environment variable `HOIST_PLANER_MARGIN` is unknown; did you mean `HOIST_PLANNER_MARGIN`?"
            ]
        );
        let origins: Vec<String> = config
            .settings
            .iter()
            .filter(|setting| setting.name.first().is_some_and(|name| name == "planner"))
            .map(|setting| setting.origin.to_string())
            .collect();
        assert_eq!(origins.first().map(String::as_str), Some("option --budget"));
        assert_eq!(
            origins.get(2).map(String::as_str),
            Some("environment HOIST_PLANNER_MARGIN")
        );
        assert!(
            origins
                .get(3)
                .is_some_and(|origin| origin.ends_with("hoist.toml:4"))
        );
    }
}
