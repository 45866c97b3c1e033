//! The statement layer: what kind of statement a token range is, which names it targets, where its queries stand.
//!
//! Only headers are read here, word by word; queries and expressions go to the parser. Grammar: Spark
//! `SqlBaseParser.g4`, rule `statement`. A kind that is not listed is not understood: the caller makes it a barrier.

mod alter;
mod change;
mod create;
mod insert;
mod parts;
mod script;
mod session;

use std::ops::Range;

use self::parts::With;
use super::text::Text;
use crate::diagnostic::Severity;
use crate::frontend::statement::StatementKind;

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
    let at = range.start;
    if header.starts_script(at) {
        return header.script(at);
    }
    if header.is(at, &["WITH"]) {
        return header.with(at);
    }
    if header.is(at, &["FROM"]) {
        return header.insert_after_from(at, &With::default());
    }
    if header.starts_query(at) {
        return header.query(at..range.end).map(StatementKind::Query);
    }
    header.command(at)
}

/// One statement, and the reading of its header.
struct Header<'a> {
    text: &'a Text<'a>,
    range: Range<usize>,
}

impl Header<'_> {
    /// A statement that starts with a word of its own.
    fn command(&self, at: usize) -> Result<StatementKind, Failure> {
        let next = at + 1;
        match self.text.str(at).to_uppercase().as_str() {
            "INSERT" => self.insert(next, &With::default()),
            "MERGE" => self.merge(next, &With::default()),
            "UPDATE" => self.update(next, &With::default()),
            "DELETE" if self.is(next, &["FROM"]) => self.delete(next + 1, &With::default()),
            "LOAD" => self.load(next),
            "TRUNCATE" => self.truncate(next),
            "MSCK" | "REPAIR" => self.repair(at),
            "CREATE" | "REPLACE" => self.create(at),
            "DROP" => self.drop(next),
            "ALTER" => self.alter(next),
            "COMMENT" => self.comment(next),
            "USE" => self.use_database(next),
            "SET" => self.set(next),
            "RESET" => Ok(self.reset(next)),
            "ADD" | "LIST" | "DELETE" => self.resource(at),
            "CACHE" => self.cache(next),
            "UNCACHE" => self.uncache(next),
            "CLEAR" => self.clear_cache(next),
            "REFRESH" => self.refresh(next),
            "ANALYZE" => self.analyze(next),
            "DECLARE" => self.declare(next),
            "EXECUTE" => self.execute_immediate(next),
            "CALL" => self.call(next),
            "EXPLAIN" => self.explain(next),
            "DESCRIBE" | "DESC" => self.describe(next),
            "SHOW" => self.show(next),
            _ => Err(self.unknown()),
        }
    }
}
