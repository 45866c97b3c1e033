//! The statement layer: what kind of statement a token range is, which names it targets, where its query stands.
//!
//! Only the leading words are read here; queries go to the parser. Grammar: Spark `SqlBaseParser.g4`, rule
//! `statement`. A kind that is not listed is not understood: the caller makes it a barrier.

use std::ops::Range;

use super::dialect;
use super::query::Lowering;
use super::text::Text;
use crate::diagnostic::Severity;
use crate::frontend::statement::{Name, Query, StatementKind};

/// Why a statement is not understood.
pub(super) struct Failure {
    /// Code of the diagnostic.
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    /// A lowercase fragment.
    pub(super) message: String,
    /// The tokens it is about; the whole statement where absent.
    pub(super) range: Option<Range<usize>>,
}

/// What the statement in `range` does.
pub(super) fn kind(text: &Text<'_>, range: Range<usize>) -> Result<StatementKind, Failure> {
    let header = Header {
        text,
        range: range.clone(),
    };
    let mut at = range.start;
    if text.str(at) == "("
        || ["SELECT", "WITH", "VALUES"]
            .iter()
            .any(|w| text.is_word(at, w))
    {
        return header.query(at).map(StatementKind::Query);
    }
    let first = text.str(at).to_uppercase();
    at += 1;
    match first.as_str() {
        "INSERT" => header.insert(at),
        "CREATE" => header.create(at),
        "DROP" => header.drop(at),
        "TRUNCATE" => {
            let at = header.expect(at, "TABLE")?;
            let (target, _) = header.name(at)?;
            Ok(StatementKind::Truncate { target })
        }
        "USE" => {
            let at = header.skip_any(at, &["DATABASE", "SCHEMA", "NAMESPACE"]);
            let (database, at) = header.name(at)?;
            header.end(at)?;
            Ok(StatementKind::Use { database })
        }
        "SET" => header.set(at),
        "DESCRIBE" | "DESC" => {
            let at = header.skip_any(at, &["TABLE"]);
            let at = header.skip_any(at, &["EXTENDED", "FORMATTED"]);
            let no_table = [
                "QUERY",
                "FUNCTION",
                "DATABASE",
                "SCHEMA",
                "NAMESPACE",
                "SELECT",
                "WITH",
            ];
            let target = if no_table.iter().any(|word| text.is_word(at, word)) {
                None
            } else {
                Some(header.name(at)?.0)
            };
            Ok(StatementKind::Describe { target })
        }
        "SHOW" => Ok(StatementKind::Describe { target: None }),
        _ => Err(header.unknown()),
    }
}

struct Header<'a> {
    text: &'a Text<'a>,
    range: Range<usize>,
}

impl Header<'_> {
    fn unknown(&self) -> Failure {
        let words: Vec<String> = (self.range.start..self.range.end.min(self.range.start + 2))
            .map(|index| self.text.str(index).to_uppercase())
            .collect();
        Failure {
            code: "opaque-statement",
            severity: Severity::Warning,
            message: format!("`{}` is not a statement hoist understands", words.join(" ")),
            range: None,
        }
    }

    fn unexpected(&self, at: usize, expected: &str) -> Failure {
        let found = if at < self.range.end {
            self.text.str(at)
        } else {
            "the end"
        };
        let last = at.min(self.range.end.saturating_sub(1));
        Failure {
            code: "parse-error",
            severity: Severity::Error,
            message: format!("expected {expected}, found `{found}`"),
            range: Some(last..last + 1),
        }
    }

    fn is(&self, at: usize, words: &[&str]) -> bool {
        at + words.len() <= self.range.end && self.text.words(at, words)
    }

    fn skip(&self, at: usize, words: &[&str]) -> usize {
        if self.is(at, words) {
            at + words.len()
        } else {
            at
        }
    }

    fn skip_any(&self, at: usize, words: &[&str]) -> usize {
        if words.iter().any(|word| self.is(at, &[word])) {
            at + 1
        } else {
            at
        }
    }

    fn expect(&self, at: usize, word: &str) -> Result<usize, Failure> {
        if self.is(at, &[word]) {
            Ok(at + 1)
        } else {
            Err(self.unexpected(at, &format!("`{word}`")))
        }
    }

    fn name(&self, at: usize) -> Result<(Name, usize), Failure> {
        let computed = self.is(at, &["IDENTIFIER"]) && self.text.str(at + 1) == "(";
        if computed {
            return Err(Failure {
                code: "opaque-statement",
                severity: Severity::Warning,
                message: "a name computed by `IDENTIFIER` is not understood".to_owned(),
                range: Some(at..at + 1),
            });
        }
        self.text
            .name(at..self.range.end)
            .ok_or_else(|| self.unexpected(at, "a name"))
    }

    fn end(&self, at: usize) -> Result<(), Failure> {
        if at == self.range.end {
            Ok(())
        } else {
            Err(self.unexpected(at, "the end of the statement"))
        }
    }

    /// The query from `at` to the end.
    fn query(&self, at: usize) -> Result<Query, Failure> {
        let range = at..self.range.end;
        let tokens = self.text.tokens(range.clone());
        let tree =
            dialect::parse_query(self.text.source().rendered(), tokens, at).map_err(|error| {
                let token = (at + error.token).min(self.range.end.saturating_sub(1));
                Failure {
                    code: "parse-error",
                    severity: Severity::Error,
                    message: error.message,
                    range: Some(token..token + 1),
                }
            })?;
        Lowering { text: self.text }
            .query(&tree, range)
            .map_err(|error| Failure {
                code: "opaque-statement",
                severity: Severity::Warning,
                message: error.0,
                range: None,
            })
    }

    /// `INSERT OVERWRITE|INTO [TABLE] name [PARTITION (…)] [IF NOT EXISTS] [(columns)|BY NAME] query`
    fn insert(&self, at: usize) -> Result<StatementKind, Failure> {
        let overwrite = self.is(at, &["OVERWRITE"]);
        let at = self.skip_any(at, &["OVERWRITE", "INTO"]);
        if self.is(at, &["DIRECTORY"]) || self.is(at, &["LOCAL", "DIRECTORY"]) {
            return Err(self.unknown());
        }
        let at = self.skip(at, &["TABLE"]);
        let (target, mut at) = self.name(at)?;
        let partition = self.is(at, &["PARTITION"]);
        if partition {
            at = self.after_brackets(at + 1)?;
        }
        at = self.skip(at, &["IF", "NOT", "EXISTS"]);
        if self.is(at, &["REPLACE", "WHERE"]) {
            return Err(self.unknown());
        }
        at = self.skip(at, &["BY", "NAME"]);
        let starts_query = |at| {
            ["SELECT", "WITH", "VALUES", "FROM", "TABLE"]
                .iter()
                .any(|word| self.is(at, &[word]))
        };
        // `(a, b) SELECT …` is a column list, `(SELECT …)` the query.
        if self.text.str(at) == "(" && !starts_query(at + 1) && self.text.str(at + 1) != "(" {
            at = self.after_brackets(at)?;
        }
        let query = self.query(at)?;
        Ok(StatementKind::Insert {
            target,
            overwrite,
            partition,
            query,
        })
    }

    fn after_brackets(&self, at: usize) -> Result<usize, Failure> {
        let inside = self
            .text
            .inside(at)
            .ok_or_else(|| self.unexpected(at, "`(`"))?;
        Ok(inside.end + 1)
    }

    fn create(&self, at: usize) -> Result<StatementKind, Failure> {
        let replace = self.is(at, &["OR", "REPLACE"]);
        let at = self.skip(at, &["OR", "REPLACE"]);
        if ["DATABASE", "SCHEMA", "NAMESPACE"]
            .iter()
            .any(|word| self.is(at, &[word]))
        {
            let at = self.skip(at + 1, &["IF", "NOT", "EXISTS"]);
            let (database, _) = self.name(at)?;
            return Ok(StatementKind::CreateDatabase { database });
        }
        let temporary = self.is(at, &["TEMPORARY"]) || self.is(at, &["TEMP"]);
        let at = self.skip_any(at, &["TEMPORARY", "TEMP"]);
        if self.is(at, &["VIEW"]) {
            return self.create_view(at + 1, temporary, replace);
        }
        let external = self.is(at, &["EXTERNAL"]);
        let at = self.skip(at, &["EXTERNAL"]);
        if temporary || !self.is(at, &["TABLE"]) {
            return Err(self.unknown());
        }
        let if_not_exists = self.is(at + 1, &["IF", "NOT", "EXISTS"]);
        let at = self.skip(at + 1, &["IF", "NOT", "EXISTS"]);
        let (target, at) = self.name(at)?;
        let start = self.query_start(at);
        let located = external
            || self
                .text
                .top(at..start.unwrap_or(self.range.end))
                .any(|index| {
                    ["LOCATION", "OPTIONS"]
                        .iter()
                        .any(|word| self.is(index, &[word]))
                        || self.is(index, &["STORED", "BY"])
                });
        match start {
            Some(start) => {
                let query = self.query(start)?;
                Ok(StatementKind::CreateTableAs {
                    target,
                    replace,
                    if_not_exists,
                    located,
                    query,
                })
            }
            None => Ok(StatementKind::CreateTable {
                target,
                if_not_exists,
                located,
            }),
        }
    }

    /// Where the query of a `CREATE TABLE … [AS] query` starts.
    fn query_start(&self, at: usize) -> Option<usize> {
        self.text.top(at..self.range.end).find_map(|index| {
            let after = index + 1;
            if self.is(index, &["AS"]) {
                return Some(after);
            }
            let with_query = self.is(index, &["WITH"]) && !self.is(after, &["SERDEPROPERTIES"]);
            (self.is(index, &["SELECT"]) || (with_query && self.text.str(after) != "("))
                .then_some(index)
        })
    }

    /// After `VIEW`: `[IF NOT EXISTS] name [(columns)] [COMMENT …] [TBLPROPERTIES …] AS query`
    fn create_view(
        &self,
        at: usize,
        temporary: bool,
        replace: bool,
    ) -> Result<StatementKind, Failure> {
        let at = self.skip(at, &["IF", "NOT", "EXISTS"]);
        let (target, at) = self.name(at)?;
        let renames = self.text.str(at) == "(";
        let start = self
            .text
            .top(at..self.range.end)
            .find(|index| self.is(*index, &["AS"]))
            .ok_or_else(|| self.unknown())?;
        let query = self.query(start + 1)?;
        if renames {
            return Err(Failure {
                message: "a view with a column list is not understood".to_owned(),
                ..self.unknown()
            });
        }
        Ok(StatementKind::CreateView {
            target,
            temporary,
            replace,
            query,
        })
    }

    fn drop(&self, at: usize) -> Result<StatementKind, Failure> {
        if !self.is(at, &["TABLE"]) && !self.is(at, &["VIEW"]) {
            return Err(self.unknown());
        }
        let at = self.skip(at + 1, &["IF", "EXISTS"]);
        let (target, at) = self.name(at)?;
        self.end(self.skip(at, &["PURGE"]))?;
        Ok(StatementKind::Drop { target })
    }

    /// `SET key = value`, `SET key`, `SET`, `SET TIME ZONE value`.
    fn set(&self, at: usize) -> Result<StatementKind, Failure> {
        if self.is(at, &["TIME", "ZONE"]) {
            let key = "spark.sql.session.timeZone".to_owned();
            return Ok(StatementKind::Set {
                key,
                value: Some(self.slice(at + 2..self.range.end)),
            });
        }
        let computed = ["VAR", "VARIABLE", "VARIABLES", "ROLE", "CATALOG"];
        if computed.iter().any(|word| self.is(at, &[word])) {
            return Err(self.unknown());
        }
        let equals = (at..self.range.end).find(|index| self.text.str(*index) == "=");
        let key = self
            .slice(at..equals.unwrap_or(self.range.end))
            .trim_matches('`')
            .to_owned();
        Ok(StatementKind::Set {
            key,
            value: equals.map(|index| self.slice(index + 1..self.range.end)),
        })
    }

    fn slice(&self, range: Range<usize>) -> String {
        self.text.source().text(self.text.span(range)).to_owned()
    }
}
