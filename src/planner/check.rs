//! Stage `check`: accesses + plan + program → every promise re-derived independently.
