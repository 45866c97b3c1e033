//! What the statements and frames of a plan are made from, in bytes, for settings of the session.

use std::collections::BTreeSet;

use super::{CostModel, End};
use crate::facts::access::{Access, Read, TableVersion};

impl CostModel<'_> {
    /// Bytes of the columns and rows that a statement reads, as Spark holds them: at most what it exchanges at a time,
    /// unless joins multiply rows.
    ///
    /// # Errors
    /// The name of a table of unknown size.
    pub fn input_bytes(&self, access: &Access) -> Result<u64, String> {
        let tables = access.reads.iter();
        let tables = tables.filter(|read| !self.is_view(read.version.table));
        tables
            .map(|read| match self.read_bytes(read) {
                Some(bytes) => Ok(bytes),
                None => self.written_bytes(read),
            })
            .try_fold(0_u64, |sum, bytes| Ok(sum.saturating_add(bytes?)))
    }

    /// What the statements before had to make a version from, where nothing else is known of it.
    fn written_bytes(&self, read: &Read) -> Result<u64, String> {
        let version = read.version;
        let before = self.workload.accesses.iter();
        let before = before.take_while(|access| access.statement < read.statement);
        let mut writers = before.filter(|access| {
            let mut writes = access.writes.iter();
            writes.any(|write| write.table == version.table)
        });
        if version.generation == 0 || writers.clone().next().is_none() {
            let table = self.workload.table(version.table);
            return Err(table.map_or_else(String::new, |table| table.name.clone()));
        }
        // Each of them comes before the reader, so this ends.
        writers.try_fold(0_u64, |sum, writer| {
            Ok(sum.saturating_add(self.input_bytes(writer)?))
        })
    }

    /// The rows and columns that are read; none where their number is not known.
    fn read_bytes(&self, read: &Read) -> Option<u64> {
        let rows = self.at(End::Many).rows(read.version)?;
        let columns = read.columns.as_ref().map(BTreeSet::iter);
        let row = self.cells(read.version.table, columns).bytes;
        // Rows without columns are counted all the same.
        Some(rows.saturating_mul(row.max(1)))
    }

    /// Bytes of the files of a version, which Spark takes it to have while nothing is known of its columns; none where
    /// that is not known, and for views.
    pub fn file_bytes(&self, version: TableVersion) -> Option<u64> {
        let facts = self.facts(version.table)?;
        let known = !self.is_view(version.table);
        let usable = |bytes: &u64| version.generation == 0 || *bytes > 0;
        facts.size_bytes.filter(|bytes| known && usable(bytes))
    }
}
