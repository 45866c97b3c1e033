//! What there is to read about a rule.

/// The page of a rule. Its examples are pipelines: `-- 2.sql` alone on a line begins the next file. Where one needs
/// facts about tables, they are those of the tests.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// What exactly is found, and when it stays silent.
    pub what: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// A pipeline with the finding.
    pub bad: &'static str,
    /// The same without it.
    pub good: &'static str,
    /// What to do, an imperative sentence.
    pub fix: &'static str,
}
