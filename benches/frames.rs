//! Where frames win and where they lose, on real Spark, beside what the cost model says.
//!
//! `cargo bench --bench frames` runs pairs of small pipelines (`frames/pairs.rs`): of each kind of frame one where it should
//! win and one where it should lose. In one warm session each pipeline runs as written and with its frames, turn by turn,
//! three times after one turn that warms up; medians are printed. CPU is that of the session's Java process, user and
//! system. `HOIST_PAIRS=WORD,…` runs those with one of the words in their names.
//!
//! ```text
//! pair   CPU s and wall s as written, with frames   gain: measured, predicted, by a profile   does the planner take it?
//! ```
//!
//! The profile is that of the turn that warms up and the first one that is measured. Gains are in CPU seconds, net of
//! building. A difference below 10 % is noise: it confirms and refutes nothing.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a broken fixture ends the benchmark"
)]

#[path = "frames/pairs.rs"]
mod pairs;
#[path = "frames/session.rs"]
mod session;

use hoist::facts::profile::Profile;
use hoist::planner::frame::FrameKind;

use self::pairs::{PAIRS, Pair};
use self::session::{Cost, Session};

/// Turns that are measured.
const TURNS: usize = 3;
/// Differences below this share of the plain run are noise, percent.
const NOISE_PERCENT: i64 = 10;

fn main() {
    let words = std::env::var("HOIST_PAIRS").unwrap_or_default();
    let wanted =
        |pair: &&Pair| words.is_empty() || words.split(',').any(|word| pair.name.contains(word));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut session = Session::open().await;
        println!(
            "{:<28} {:>15} {:>15} {:>8} {:>8} {:>8}  {:<12} {:<6} verdict",
            "pair", "CPU plain/frame", "wall", "measured", "model", "profile", "signs", "taken"
        );
        let mut right = (0, 0, 0);
        for pair in PAIRS.iter().filter(wanted) {
            if let Some((model, profile)) = measure(&mut session, pair).await {
                right.0 += usize::from(model);
                right.1 += usize::from(profile);
                right.2 += 1;
            }
        }
        println!(
            "sign right in {} of {} pairs beyond noise, by a profile in {}",
            right.0, right.2, right.1
        );
        session.close().await;
    });
}

/// Runs a pair and prints its line. Whether the model is right about the sign, before and by a profile; none where the
/// difference is noise.
async fn measure(session: &mut Session, pair: &Pair) -> Option<(bool, bool)> {
    session.set_up(pair).await;
    let planned = session.plan(pair).await;
    let kinds: Vec<FrameKind> = planned
        .forced
        .plan
        .frames
        .iter()
        .map(|one| one.kind)
        .collect();
    assert!(
        !kinds.is_empty() && kinds.iter().all(|kind| *kind == pair.kind),
        "{}: {kinds:?}",
        pair.name
    );
    let mut plain = Vec::new();
    let mut hoisted = Vec::new();
    let mut profile = Profile::default();
    let mut later = Profile::default();
    for turn in 0..=TURNS {
        let learning = if turn > 1 { &mut later } else { &mut profile };
        let one = session.run(&planned, false, learning).await;
        let other = session.run(&planned, true, learning).await;
        // The first turn warms up.
        if turn > 0 {
            plain.push(one);
            hoisted.push(other);
        }
    }
    let (plain, hoisted) = (Cost::median(&plain), Cost::median(&hoisted));
    let gain = plain.cpu_micros - hoisted.cpu_micros;
    let predicted = planned.predicted_micros();
    let noise = gain.abs() * 100 < plain.cpu_micros * NOISE_PERCENT;
    let by_profile = planned.predicted_by(&profile);
    let right = (gain > 0) == (predicted > 0);
    let right_then = (gain > 0) == (by_profile > 0);
    let word = |right: bool| if right { "right" } else { "WRONG" };
    println!(
        "{:<28} {:>7.1} {:>7.1} {:>7.1} {:>7.1} {:>8.1} {:>8.1} {:>8.1}  {:<12} {:<6} {}",
        pair.name,
        seconds(plain.cpu_micros),
        seconds(hoisted.cpu_micros),
        seconds(plain.wall_micros),
        seconds(hoisted.wall_micros),
        seconds(gain),
        seconds(predicted),
        seconds(by_profile),
        if noise {
            "noise".to_owned()
        } else {
            format!("{} {}", word(right), word(right_then))
        },
        if planned.taken { "yes" } else { "no" },
        planned.reason,
    );
    (!noise).then_some((right, right_then))
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}
