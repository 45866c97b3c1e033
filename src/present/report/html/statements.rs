//! Every statement, in the order of the files: what it does, reads and writes.

use maud::{Markup, html};

use super::keys::{Keys, link, statement_key};
use super::room::{self, PLACES, fitting};
use super::shown::shown;
use super::{Page, Section};
use crate::facts::access::{Access, TableId};
use crate::frontend::statement::Statement;
use crate::present::report::analysis::{direct, name};
use crate::present::report::layout::count;

#[expect(
    clippy::unnecessary_wraps,
    reason = "sections have one shape, and others may be missing"
)]
pub(super) fn section(page: &Page<'_>, keys: &Keys<'_>) -> Option<Section> {
    let workload = page.workload;
    let statements = workload.statements.iter().zip(&workload.accesses);
    let rows = statements.map(|(statement, access)| row(page, keys, statement, access));
    let (rows, left_out) = fitting(rows, room::STATEMENTS);
    let body = html! {
        details open[rows.len() <= 60] {
            summary { (count(workload.statements.len(), "statement")) " in the order of the files" }
            div.scroll tabindex="0" role="region" aria-label="Statements" {
                table {
                    caption { "Statements, in the order of the files" }
                    thead {
                        tr {
                            th.number scope="col" { "no." }
                            th scope="col" { "statement" }
                            th scope="col" { "kind" }
                            th scope="col" { "reads" }
                            th scope="col" { "writes" }
                            th scope="col" { "frames" }
                        }
                    }
                    tbody { @for row in &rows { (row) } }
                }
            }
            @if left_out > 0 {
                p.note { "Left out, as this page has no room for them: " (count(left_out, "further statement")) "." }
            }
        }
    };
    Some(Section {
        id: "statements",
        title: "Statements",
        body,
    })
}

fn row(page: &Page<'_>, keys: &Keys<'_>, statement: &Statement, access: &Access) -> Markup {
    let key = statement_key(statement.id);
    let place = page.review.files.sources.place(statement.span);
    let frames = keys
        .run_by(statement.id)
        .and_then(|step| step.statement.as_ref())
        .map_or(&[][..], |statement| &statement.frames);
    let reads = access.reads.iter().filter(|read| direct(read));
    html! {
        tr #(key) data-find {
            td.number { (statement.id.0 + 1) }
            th scope="row" { (link(Some(&key), &place)) }
            td {
                (statement.kind.word().replace('_', " "))
                @if access.barrier.is_some() { " " span.no { "barrier" } }
            }
            td { (tables(page, reads.map(|read| read.version.table))) }
            td { (tables(page, access.writes.iter().map(|write| write.table))) }
            td { @for frame in frames { (keys.frame_link(frame)) " " } }
        }
    }
}

/// Names of tables, each once.
fn tables(page: &Page<'_>, tables: impl Iterator<Item = TableId>) -> Markup {
    let mut names: Vec<&str> = tables.map(|table| name(page.workload, table)).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(PLACES);
    html! {
        @for (at, name) in names.iter().take(PLACES).enumerate() {
            @if at > 0 { ", " }
            (shown(name))
        }
        @if more > 0 { " and " (more) " more" }
    }
}
