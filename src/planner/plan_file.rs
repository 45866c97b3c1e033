//! Stage `plan_file`: plan + program + facts + fingerprints ↔ versioned JSON.
