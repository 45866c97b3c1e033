//! Counts what each rule finds in SQL of others, and draws a sample to be read by hand.
//!
//! The statements lie outside the project: in `../shared/corpus`, or where `HOIST_CORPUS` says.
//! `HOIST_SEED=1 cargo test --test it rules::counted -- --ignored --nocapture` prints both; another seed draws others,
//! and `HOIST_SAMPLE` sets how many.

use std::collections::{BTreeMap, BTreeSet};

use hoist::facts::access::{Declarations, resolve};
use hoist::facts::catalog::Catalog;
use hoist::facts::workload;
use hoist::frontend::source::{Sources, Variables};
use hoist::planner::frame;
use hoist::present::report::diagnostics;
use hoist::present::rule::{Facts, Finding, Levels, findings};

use crate::corpus::files;

/// Findings that are drawn where nobody says otherwise.
const SAMPLE: usize = 50;
/// Bytes of a statement that are shown with a finding.
const SHOWN: usize = 1500;

/// A finding as it is shown.
struct Shown {
    rule: &'static str,
    text: String,
}

/// Findings of the files of one folder.
fn pipeline(folder: &str, files: &BTreeMap<String, String>) -> (usize, Vec<Shown>) {
    let sources = Sources::from_texts(files, &Variables::new());
    let declarations = Declarations {
        default_database: "default".to_owned(),
        ..Declarations::default()
    };
    let catalog = Catalog::default();
    let parsed = hoist::frontend::parse(&sources);
    let accesses = resolve(&parsed.statements, &catalog, &declarations);
    let mut told = parsed.diagnostics;
    told.extend(accesses.diagnostics.iter().cloned());
    told.extend(sources.missing_variables());
    told.extend(sources.template_problems());
    let workload = workload::build(parsed.statements, accesses);
    let candidates = frame::candidates(&workload, &sources, &catalog);
    let facts = Facts {
        sources: &sources,
        workload: &workload,
        catalog: &catalog,
        candidates: &candidates,
        told: &told,
    };
    let shown = |finding: Finding| {
        let diagnostic = finding.diagnostic;
        let statements = workload.statements.iter();
        let around = diagnostic.span.and_then(|span| {
            let mut around = statements.filter(|one| one.span.contains(span));
            around.next()
        });
        let statement = around.map_or("", |one| sources.text(one.span));
        let end = statement.floor_char_boundary(SHOWN);
        let told = diagnostics::text(std::slice::from_ref(&diagnostic), &sources, false);
        Shown {
            rule: diagnostic.code,
            text: format!("{folder}\n{told}\n{}", &statement[..end]),
        }
    };
    let found = findings(&facts, &Levels::new());
    let found = found.into_iter().map(shown).collect();
    (workload.statements.len(), found)
}

/// Numbers that look random, the same for a seed (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[test]
#[ignore = "prints what is to be read by hand"]
fn what_rules_find_in_sql_of_others() {
    let Some(files) = files() else {
        eprintln!("no corpus of SQL statements");
        return;
    };
    let mut folders: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (path, text) in files {
        let (folder, name) = path.rsplit_once('/').unwrap();
        let texts = folders.entry(folder.to_owned()).or_default();
        texts.insert(name.to_owned(), text);
    }
    let mut statements = 0;
    let mut all = Vec::new();
    let mut counts: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for (folder, files) in &folders {
        let (parsed, found) = pipeline(folder, files);
        statements += parsed;
        for one in &found {
            let (count, folders) = counts.entry(one.rule).or_default();
            *count += 1;
            folders.insert(folder);
        }
        all.extend(found);
    }
    eprintln!("{statements} statements in {} folders", folders.len());
    for (rule, (count, folders)) in &counts {
        eprintln!("{count:5} {rule} in {} folders", folders.len());
    }
    assert!(statements > 0);
    let number = |name| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let mut state: u64 = number("HOIST_SEED").unwrap_or(1);
    let drawn = number("HOIST_SAMPLE").map_or(SAMPLE, |drawn| usize::try_from(drawn).unwrap());
    for number in 0..drawn.min(all.len()) {
        let left = u64::try_from(all.len() - number).unwrap();
        let drawn = usize::try_from(next(&mut state) % left).unwrap();
        all.swap(number, number + drawn);
        eprintln!("\n===== {} {}", number + 1, all[number].text);
    }
}
