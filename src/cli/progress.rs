//! Events of a session and of a run, as they are told on the terminal.
//!
//! One line per finished step. In between, one line is redrawn where the terminal allows it; otherwise a plain line
//! every 30 seconds shows that something still runs.

use super::output::Output;
use crate::present::report::layout::{bytes, micros};
use crate::present::report::run::preview;
use crate::runtime::engine::{Notice, Progress};
use crate::runtime::run::{Event, StepInfo, StepKind};

/// Time between two signs of life, microseconds.
const HEARTBEAT: u64 = 30_000_000;

/// What engines tell while a session is made.
pub(super) struct Notices<'a> {
    output: &'a mut Output,
}

impl<'a> Notices<'a> {
    pub(super) fn new(output: &'a mut Output) -> Self {
        Notices { output }
    }

    pub(super) fn tell(&mut self, notice: &Notice) {
        notice_line(self.output, notice);
    }
}

fn notice_line(output: &mut Output, notice: &Notice) {
    match notice {
        Notice::Installing { what, folder } => {
            output.say(&format!(
                "installing {what} in {} (once; some minutes)",
                folder.display()
            ));
        }
        Notice::Installed {
            folder,
            elapsed_micros,
        } => {
            output.end_progress();
            output.say(&format!(
                "installed in {} ({})",
                folder.display(),
                micros(*elapsed_micros)
            ));
        }
        Notice::Starting { what, log } => {
            output.say(&format!("starting {what}; log: {}", log.display()));
        }
        // Told only where it changes: elsewhere than on a terminal it is worth a line of its own.
        Notice::InstallProgress { line } | Notice::Waiting { line } => {
            if output.is_interactive() {
                output.progress(&format!("  {line}"));
            } else {
                output.say(&format!("  {line}"));
            }
        }
        Notice::Started {
            session,
            elapsed_micros,
        } => {
            output.say(&format!(
                "session {} is ready: {}, {} for cached data ({})",
                session.id,
                cores(session.cores),
                bytes(session.storage_memory_bytes),
                micros(*elapsed_micros)
            ));
        }
        Notice::Warning { message } => output.warning(message),
    }
}

fn cores(cores: u32) -> String {
    if cores == 1 {
        "1 core".to_owned()
    } else {
        format!("{cores} cores")
    }
}

/// Tells the events of a run.
pub(super) struct RunProgress<'a> {
    output: &'a mut Output,
    /// Steps of the run; 0 before it starts.
    steps: u32,
    current: Option<StepInfo>,
    /// Time of finished steps, microseconds.
    elapsed: u64,
    /// Time in the current step at the last sign of life, microseconds.
    last_beat: u64,
    /// Which part of the work, where it is not the run itself: its rows are not the artefact.
    part: &'static str,
}

impl<'a> RunProgress<'a> {
    pub(super) fn new(output: &'a mut Output) -> Self {
        RunProgress {
            output,
            steps: 0,
            current: None,
            elapsed: 0,
            last_beat: 0,
            part: "",
        }
    }

    /// Tells an event of work that is not the run itself, such as `set-up`.
    pub(super) fn tell_part(&mut self, part: &'static str, event: &Event) {
        self.part = part;
        self.tell(event);
        self.part = "";
    }

    pub(super) fn tell(&mut self, event: &Event) {
        match event {
            Event::Notice(notice) => notice_line(self.output, notice),
            Event::RunStarted { steps, .. } => {
                self.steps = *steps;
                self.elapsed = 0;
            }
            Event::StepStarted { step } => {
                self.last_beat = 0;
                self.current = Some(step.clone());
                self.running(0, &Progress::default());
            }
            Event::StepProgress {
                progress, micros, ..
            } => self.running(*micros, progress),
            Event::StepFinished {
                micros,
                output,
                result,
                ..
            } => {
                self.ended(*micros, "");
                let printed = output.stdout.trim_end();
                if !printed.is_empty() {
                    self.output.say(printed);
                }
                let title = self.current.as_ref().map_or("", |step| step.title.as_str());
                if let Some(folder) = result {
                    self.output
                        .say(&format!("         result in {}", folder.display()));
                } else if self.part.is_empty() && !output.columns.is_empty() {
                    // A reader of stdout that has gone does not stop the run.
                    let _ = self.output.artefact(&preview(title, output));
                }
            }
            Event::StepFailed {
                micros, failure, ..
            } => {
                self.ended(*micros, "  failed");
                let frame = self
                    .current
                    .as_ref()
                    .is_some_and(|step| step.kind != StepKind::Run);
                if frame {
                    self.output
                        .say(&format!("         {}: {}", failure.class, failure.message));
                }
            }
            Event::StepCancelled { micros, .. } => self.ended(*micros, "  cancelled"),
            Event::StepSkipped { step, reason } => {
                let line = self.line(step);
                self.output.say(&format!("{line}  skipped: {reason}"));
            }
            Event::Warning { message, .. } => self.output.warning(message),
            Event::Interrupted { level } => {
                let text = if *level < 2 {
                    "stopping: what runs is cancelled and cleaned up (again to end at once)"
                } else {
                    "ending at once"
                };
                self.output.end_progress();
                self.output.explain(text);
            }
            Event::SessionOpened { .. }
            | Event::Prepared { .. }
            | Event::Cleaned { .. }
            | Event::RunFinished { .. }
            | Event::SessionClosed { .. } => self.output.end_progress(),
        }
    }

    fn line(&self, step: &StepInfo) -> String {
        let verb = match step.kind {
            StepKind::Materialise => "build",
            StepKind::Run => "run",
            StepKind::Release => "release",
        };
        let width = self.steps.to_string().len();
        let part = if self.part.is_empty() {
            String::new()
        } else {
            format!("{:<8}", self.part)
        };
        format!(
            "{part}[{:>width$}/{}] {verb:<7} {:<34}",
            step.number, self.steps, step.title
        )
    }

    fn running(&mut self, step_micros: u64, progress: &Progress) {
        let Some(step) = &self.current else {
            return;
        };
        let share = (progress.tasks_done * 100)
            .checked_div(progress.tasks_total)
            .or_else(|| progress.percent.map(u64::from))
            .map_or_else(|| "    ".to_owned(), |share| format!("{share:>3}%"));
        let estimate = step.estimate_micros.map_or_else(String::new, |estimate| {
            format!(" of about {} of work", micros(estimate))
        });
        let text = format!(
            "{} {share}  {}{estimate}, {} in all",
            self.line(step),
            micros(step_micros),
            micros(self.elapsed + step_micros)
        );
        if self.output.is_interactive() {
            self.output.progress(&text);
        } else if step_micros >= self.last_beat + HEARTBEAT {
            self.last_beat = step_micros;
            self.output.say(&text);
        }
    }

    fn ended(&mut self, step_micros: u64, note: &str) {
        self.elapsed += step_micros;
        self.output.end_progress();
        if let Some(step) = &self.current {
            let line = self.line(step);
            self.output
                .say(&format!("{line} {:>9}{note}", micros(step_micros)));
        }
    }
}
