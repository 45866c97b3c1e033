//! Partitions that a frame would list before its readers do.

use super::texts::PlacedToken;
use super::{Context, Reason};
use crate::facts::access::{Access, Origin, Read, TableVersion};

impl Context<'_> {
    /// A frame must not read a partition that its readers leave alone, where that would be seen.
    ///
    /// Spark lists a partition when it first reads it and forgets the listing when the table is written by its name
    /// (Spark: `FileStatusCache`). What is written into it through another name between the frame and the first reader
    /// of its own would stay hidden. A statement that says nothing of partition columns reads all partitions itself.
    /// Statements that are not seen may write so as well, but nothing says that one does.
    pub(super) fn check_listing(
        &self,
        access: &Access,
        version: TableVersion,
    ) -> Result<(), Reason> {
        let facts = self.facts(version.table);
        let partitions = facts.map_or(&[][..], |facts| &facts.partition_columns);
        if partitions.is_empty() || !self.may_leave_out(access, version, partitions) {
            return Ok(());
        }
        let Some(other) = self.written_by_another_name(version) else {
            return Ok(());
        };
        let name = self.name(version.table);
        let text = format!(
            "`{name}` is read again after `{other}` is written, which shares files with it: Spark keeps the listing \
             of each partition that it has read, and a frame may read more partitions than its readers"
        );
        Err(Reason::new("stale-listing", text))
    }

    /// Whether a statement may leave out partitions that a frame for it reads: what it says of partition columns is
    /// more than tests that the frame makes as well.
    fn may_leave_out(&self, access: &Access, version: TableVersion, partitions: &[String]) -> bool {
        let reads = access.reads.iter().filter(|read| read.version == version);
        let reads: Vec<&Read> = reads.collect();
        // A view may give the column another name.
        let in_text = |read: &&Read| matches!(read.origin, Origin::Named { .. });
        let Some(statement) = self.workload.statement(access.statement) else {
            return true;
        };
        let text = self.texts.text(statement.span);
        if !reads.iter().all(in_text) || text.contains("${") || text.contains("{{") {
            return true;
        }
        let is_test = |token: &PlacedToken<'_>| {
            let mut filters = reads.iter().flat_map(|read| &read.filters);
            filters.any(|filter| filter.span.contains(token.span))
        };
        // Joined by names that are not written, too.
        let named = |token: &PlacedToken<'_>| {
            let word = token.text.trim_matches('`');
            let mut names = partitions.iter().map(String::as_str).chain(["natural"]);
            names.any(|name| name.eq_ignore_ascii_case(word))
        };
        let mut tokens = self.texts.within(statement.span).iter();
        tokens.any(|token| named(token) && !is_test(token))
    }

    /// The table through whose name the files of another one are changed after a version of that, which is read later
    /// on.
    fn written_by_another_name(&self, version: TableVersion) -> Option<String> {
        let table = version.table;
        let mut accesses = self.workload.accesses.iter();
        let changed = accesses.by_ref().find_map(|access| {
            let starts = access.starts.iter();
            let later = starts.filter(|start| start.table == table);
            let mut later = later.filter(|start| start.generation > version.generation);
            let other = access.writes.iter().find(|write| write.table != table)?;
            let itself = access.writes.iter().any(|write| write.table == table);
            (later.next().is_some() && !itself && access.barrier.is_none()).then_some(other.table)
        })?;
        let mut reads = accesses.flat_map(|access| &access.reads);
        reads
            .any(|read| read.version.table == table)
            .then(|| self.name(changed))
    }
}
