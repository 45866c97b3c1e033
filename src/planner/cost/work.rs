//! What the statements of a pipeline cost as they are written.

use super::repeated::computed;
use super::{CostModel, End, Estimate, Work, join, sum};
use crate::facts::access::{Access, Origin};

impl CostModel<'_> {
    /// Spark work of all statements, microseconds: scans, and what brings rows together. A statement that cannot be seen
    /// through counts nothing. None where the size of a table is not known that a statement reads.
    pub fn work(&self) -> Option<u64> {
        let estimate = self.at(End::Few);
        let statements = self.workload.accesses.iter();
        let seen = statements.filter(|access| access.barrier.is_none());
        seen.map(|access| estimate.work(access))
            .try_fold(0_u64, |all, one| Some(all.saturating_add(one?)))
    }
}

impl Estimate<'_> {
    /// The scans of a statement as written, and what its query computes from them, microseconds. None where the size of a
    /// table is not known.
    pub(super) fn work(&self, access: &Access) -> Option<u64> {
        let mut inputs: Vec<(Work, u64)> = Vec::new();
        // What is below a view is among the reads; the view itself has no rows of its own.
        let stored = access
            .reads
            .iter()
            .filter(|read| !self.model.is_view(read.version.table));
        for read in stored.filter(|read| !matches!(read.origin, Origin::Carried)) {
            let work = self.scan(access, read, false)?;
            let bytes = join::bytes(self, read.version, work.rows, self.used(read));
            inputs.push((work, bytes));
        }
        // Its own query has all of its reads.
        let query = access
            .subqueries
            .iter()
            .max_by_key(|query| (query.reads.len(), std::cmp::Reverse(query.id)));
        let work = match query {
            Some(query) => computed(self, &inputs, query),
            None => inputs
                .iter()
                .fold(Work::default(), |total, (work, _)| sum(total, *work)),
        };
        Some(work.micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::frame::testing::{Facts, Pipeline};

    /// Work of reads of a table of so many rows, each by a statement of its own.
    fn work(rows: Option<u64>, reads: u32) -> Option<u64> {
        let mut pipeline = Pipeline::default()
            .table("m.t", "parquet", None, &["c double"])
            .facts("m.t", |facts| facts.rows = rows);
        for _ in 0..reads {
            pipeline =
                pipeline.statement("SELECT c FROM m.t", Facts::default().read("m.t", &["c"]));
        }
        let (workload, _, catalog) = pipeline.build();
        CostModel::new(&workload, &catalog).work()
    }

    #[test]
    fn work_grows_with_rows_and_reads_and_is_unknown_without_sizes() {
        let one = work(Some(1_000_000), 1).unwrap();
        assert!(one > 0);
        assert_eq!(work(Some(1_000_000), 3), Some(3 * one));
        assert_eq!(work(Some(2_000_000), 1), Some(2 * one));
        assert_eq!(work(None, 1), None);
        assert_eq!(work(None, 0), Some(0));
    }
}
