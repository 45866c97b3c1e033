//! `hoist explain`.

use super::arguments::Explain as Command;
use super::failure::Failure;
use super::output::Output;
use super::paths::{HOME, root};
use super::{Context, ExitStatus, pipeline, planning};
use crate::config::closest;
use crate::present::report::{explain, rules};
use crate::present::rule::rule;

pub(super) fn run(
    command: &Command,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    if let Some(rule) = rule(&command.what) {
        output.artefact(&rules::page(rule))?;
        return Ok(ExitStatus::Done);
    }
    let given = command.path.as_deref();
    let file = match given {
        Some(path) if planning::is_plan_file(path) => path.to_path_buf(),
        _ => {
            let config = pipeline::configuration(context, given, Vec::new(), output)?;
            let folder = config.file.as_deref().and_then(std::path::Path::parent);
            let paths: Vec<_> = command.path.iter().cloned().collect();
            root(&paths, folder).join(HOME).join(planning::PLAN_FILE)
        }
    };
    let plan = planning::read_plan(&file)?;
    let Some(text) = explain::text(&plan, &command.what) else {
        let subjects = explain::subjects(&plan);
        let shown = file.display();
        let failure = Failure::input(format!("`{shown}` says nothing of `{}`", command.what));
        let near = closest(&command.what, subjects.iter().map(String::as_str));
        return Err(match near {
            Some(near) => failure.hint(format!("it does of `{near}`")),
            None => failure.hint("`hoist plan` lists frames, tables and statements"),
        });
    };
    output.artefact(&text)?;
    Ok(ExitStatus::Done)
}
