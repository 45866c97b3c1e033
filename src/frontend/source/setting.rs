//! `SET key = value` statements: values that Spark fills in for `${key}` later on.
//!
//! Source: Spark `SparkSqlParser.visitSetConfiguration` and `SetCommand` (key of letters, digits, `_`, `.`, `:`; the
//! value is the rest of the statement, quotes and comments included; backquotes around key or value are left out; a
//! key `hivevar:x` is kept as `x`). What Spark does with `SET hiveconf:x` is odd: it keeps it under the full name, which
//! `${hiveconf:x}` does not read.

use std::collections::BTreeSet;

use super::Variables;

/// Families of keys that mean something to Spark, Hive or Hadoop. They are no variables: a statement that sets one may
/// be run at another time than its place says, and their values at run time come from many places.
const OWN_FAMILIES: [&str; 4] = ["spark.", "hive.", "mapred.", "mapreduce."];

/// The setting that turns substitution off.
const SUBSTITUTE: &str = "spark.sql.variable.substitute";

/// What the statements so far have set.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    values: Variables,
    /// Names set as `hiveconf:x`, which `${hiveconf:x}` does not read.
    for_hive: BTreeSet<String>,
    /// Substitution is turned off.
    off: bool,
    /// Inside `BEGIN … END`, where SET assigns variables of the script.
    script: bool,
}

impl Settings {
    /// The values.
    pub(super) fn values(&self) -> &Variables {
        &self.values
    }

    /// Whether a name was set as `hiveconf:…` only.
    pub(super) fn is_for_hive_only(&self, name: &str) -> bool {
        self.for_hive.contains(name)
    }

    /// Something ran that may have set anything.
    pub(super) fn forget(&mut self) {
        self.values.clear();
    }

    /// A file has ended.
    pub(super) fn end_file(&mut self) {
        self.script = false;
    }

    /// Takes note of a statement. `certain` is false where it may not run, or not in this form.
    pub(super) fn observe(&mut self, statement: &str, certain: bool) {
        let end = statement
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(statement.len());
        let (word, rest) = statement.split_at(end);
        let matters = ["SET", "RESET", "BEGIN", "EXECUTE", "CALL"];
        let Some(word) = matters
            .iter()
            .find(|known| word.eq_ignore_ascii_case(known))
        else {
            return;
        };
        if !certain || self.script {
            self.forget();
            return;
        }
        match *word {
            "SET" => self.set(rest),
            "RESET" => {
                let key = rest.trim().trim_matches('`');
                if key.is_empty() {
                    self.forget();
                } else {
                    self.values.remove(key);
                }
            }
            word => {
                self.script = word == "BEGIN";
                self.forget();
            }
        }
    }

    fn set(&mut self, rest: &str) {
        let Some((key, value)) = assignment(rest) else {
            return;
        };
        if key.eq_ignore_ascii_case(SUBSTITUTE) {
            self.off = !value.eq_ignore_ascii_case("true");
            self.forget();
            return;
        }
        let lower = key.to_lowercase();
        let own = OWN_FAMILIES.iter().any(|family| lower.starts_with(family));
        if own || self.off {
            return;
        }
        if let Some(name) = key.strip_prefix("hiveconf:") {
            self.for_hive.insert(name.to_owned());
        } else {
            let name = key.strip_prefix("hivevar:").unwrap_or(key);
            self.values.insert(name.to_owned(), value);
        }
    }
}

/// Key and value after `SET`; none for its other forms and for what Spark refuses.
fn assignment(rest: &str) -> Option<(&str, String)> {
    let rest = rest.trim();
    let (key, value) = if let Some(quoted) = rest.strip_prefix('`') {
        let (key, tail) = quoted.split_once('`')?;
        (key, tail.trim_start().strip_prefix('=')?)
    } else {
        let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '\\');
        let end = rest.find(|c| !is_key(c))?;
        let (key, tail) = rest.split_at(end);
        (key, tail.trim_start().strip_prefix('=')?)
    };
    let value = value.trim();
    let bare = value
        .strip_prefix('`')
        .and_then(|value| value.strip_suffix('`'));
    let refused = key.is_empty() || key.eq_ignore_ascii_case("role") || value.contains(';');
    (!refused).then(|| {
        let value = bare.map_or_else(|| value.to_owned(), |bare| bare.replace("``", "`"));
        (key, value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(statements: &[&str]) -> Vec<String> {
        let mut settings = Settings::default();
        for statement in statements {
            settings.observe(statement, true);
        }
        let values = settings.values.iter();
        values
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    #[test]
    fn values_are_what_spark_keeps() {
        assert_eq!(
            after(&[
                "SET a=2024-01-01",
                "set b\n =\n 'x y' ",
                "SET hivevar:c = 1",
                "SET `d e` = `f g`",
                "SET g == h",
                "SET i=",
            ]),
            ["a=2024-01-01", "b='x y'", "c=1", "d e=f g", "g== h", "i="]
        );
    }

    #[test]
    fn other_forms_set_nothing() {
        assert_eq!(
            after(&[
                "SET",
                "SET -v",
                "SET a",
                "SET TIME ZONE 'UTC'",
                "SET VARIABLE v = 3",
                "SET a-b = 3",
                "SET a = 'x;y'",
                "SET spark.sql.shuffle.partitions = 3",
                "SET hiveconf:h = 3",
                "SETTING a = 3",
                "SELECT 1 AS a",
            ]),
            [""; 0]
        );
    }

    #[test]
    fn what_may_set_anything_forgets_all() {
        assert_eq!(after(&["SET a=1", "SET b=1", "RESET a"]), ["b=1"]);
        assert_eq!(after(&["SET a=1", "RESET"]), [""; 0]);
        assert_eq!(
            after(&["SET a=1", "EXECUTE IMMEDIATE 'SET a = 2'"]),
            [""; 0]
        );
        assert_eq!(
            after(&["SET a=1", "BEGIN DECLARE x INT", "SET x = 2"]),
            [""; 0]
        );
        assert_eq!(
            after(&[
                "SET a=1",
                "SET spark.sql.variable.substitute = false",
                "SET a=2"
            ]),
            [""; 0]
        );
        let mut settings = Settings::default();
        settings.observe("SET a=1", true);
        settings.observe("SET b=1", false);
        assert!(settings.values().is_empty());
    }
}
