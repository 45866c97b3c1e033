//! Rules of evaluation that a session has: whether an expression that cannot give a value fails.

use std::collections::BTreeMap;

use crate::facts::catalog::Catalog;

/// The setting; on by default from Spark 4 on.
const ANSI: &str = "spark.sql.ansi.enabled";

/// What is known of the rules at one point of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// ANSI rules hold, or may hold.
    pub(super) strict: bool,
}

impl Rules {
    /// As a pipeline finds them: as the session says; without one, as the version has them by default, off in Spark 3.
    pub(super) fn of(catalog: &Catalog) -> Self {
        let session = catalog.session.as_ref();
        let stated = session.and_then(|session| session.settings.get(ANSI));
        let version = catalog.spark_version.as_deref();
        let off = stated.map_or_else(
            || version.is_some_and(|version| version.starts_with("3.")),
            |value| value.trim().eq_ignore_ascii_case("false"),
        );
        Rules { strict: !off }
    }

    /// Inside a permanent view that was made under these settings: under its own, or those of the session.
    pub(super) fn captured(self, settings: &BTreeMap<String, String>) -> Self {
        let on = settings
            .get(ANSI)
            .is_some_and(|value| !value.trim().eq_ignore_ascii_case("false"));
        Rules {
            strict: self.strict || on,
        }
    }

    /// After `SET key = value`, or `RESET` with no value.
    pub(super) fn set(&mut self, key: &str, value: Option<&str>) {
        let key = key.trim().trim_matches('`');
        if key.eq_ignore_ascii_case(ANSI) || value.is_none() {
            let off = value.is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
            self.strict = !off;
        }
    }

    /// After a statement that is not seen through.
    pub(super) fn lose(&mut self) {
        self.strict = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::catalog::SessionFacts;

    #[test]
    fn rules_are_strict_unless_known_not_to_be() {
        let of = |version: Option<&str>| {
            Rules::of(&Catalog {
                spark_version: version.map(str::to_owned),
                ..Catalog::default()
            })
        };
        let says = |value: &str| {
            let settings = [(ANSI.to_owned(), value.to_owned())].into();
            let session = SessionFacts {
                settings,
                ..SessionFacts::default()
            };
            Rules::of(&Catalog {
                session: Some(session),
                spark_version: Some("3.5.6".to_owned()),
                ..Catalog::default()
            })
        };
        assert!(says("true").strict);
        assert!(!says("false").strict);
        assert!(of(None).strict);
        assert!(of(Some("4.0.1")).strict);
        let mut rules = of(Some("3.5.6"));
        assert!(!rules.strict);
        rules.set("spark.sql.shuffle.partitions", Some("8"));
        assert!(!rules.strict);
        rules.set("spark.sql.ANSI.enabled", Some("true"));
        assert!(rules.strict);
        rules.set("`spark.sql.ansi.enabled`", Some(" false"));
        assert!(!rules.strict);
        let captured = |value: &str| [(ANSI.to_owned(), value.to_owned())].into();
        assert!(rules.captured(&captured("true")).strict);
        assert!(!rules.captured(&captured("false")).strict);
        rules.lose();
        assert!(rules.strict);
    }
}
