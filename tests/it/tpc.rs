//! Pipelines of TPC-DS and TPC-H statements: whatever is drawn, every plan holds what it promises.

mod pipelines;

use hoist::planner::frame::{Candidate, FrameKind};

use self::pipelines::{Way, suites};

#[test]
fn every_plan_holds_its_promises() {
    let Some(suites) = suites() else {
        println!("the corpus is absent: nothing is tested; HOIST_CORPUS says where it is");
        return;
    };
    for suite in suites {
        assert!(suite.statements.len() > 20, "{}", suite.name);
        for seed in 0..3 {
            for (without_limit, margin_percent) in [(false, 200), (true, 200), (true, 0)] {
                let way = Way {
                    without_limit,
                    margin_percent,
                };
                let planned = suite.planned(seed, 25, way);
                let violations = planned.violations.iter().map(ToString::to_string);
                let violations: Vec<String> = violations.collect();
                assert_eq!(
                    violations, [""; 0],
                    "{} {seed} {margin_percent}",
                    suite.name
                );
                if without_limit {
                    let kinds = planned.candidates.candidates.iter().map(Candidate::kind);
                    assert!(
                        kinds
                            .into_iter()
                            .any(|kind| kind == FrameKind::CoveringRead)
                    );
                    let (before, once) = suite.scanned(&planned.workload);
                    assert!(once < before && suite.scanned_after(&planned) <= before);
                }
            }
        }
    }
}
