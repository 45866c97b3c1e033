//! What the statements and frames of a plan are made from, in bytes, for settings of the session.

use std::collections::{BTreeMap, BTreeSet};

use super::{CostModel, End};
use crate::facts::access::{Read, TableId, TableVersion};

impl CostModel<'_> {
    /// Per statement, the bytes of the columns and rows that it reads, as Spark holds them: at most what it exchanges at a
    /// time, unless joins multiply rows. Of a version of which nothing else is known, what the statements before had to
    /// make it from. Where that is not known either, the table.
    pub fn input_bytes(&self) -> Vec<Result<u64, TableId>> {
        let mut made: BTreeMap<TableId, Result<u64, TableId>> = BTreeMap::new();
        let mut inputs = Vec::new();
        for access in &self.workload.accesses {
            let tables = access.reads.iter();
            let tables = tables.filter(|read| !self.is_view(read.version.table));
            let bytes = tables.map(|read| {
                let table = read.version.table;
                self.read_bytes(read).map_or_else(
                    || {
                        let written = made.get(&table).filter(|_| read.version.generation > 0);
                        written.copied().unwrap_or(Err(table))
                    },
                    Ok,
                )
            });
            let sum = bytes.fold(Ok(0), both);
            for write in &access.writes {
                let before = made.get(&write.table).copied().unwrap_or(Ok(0));
                made.insert(write.table, both(before, sum));
            }
            inputs.push(sum);
        }
        inputs
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

fn both(a: Result<u64, TableId>, b: Result<u64, TableId>) -> Result<u64, TableId> {
    Ok(a?.saturating_add(b?))
}
