//! The command line: arguments, printing, exit codes. The only place that knows clap, and the only one that prints.
//!
//! Results go to stdout, everything else to stderr. Must not compute anything: it reads, asks the layers below, writes.

mod arguments;
mod baseline;
mod check;
mod custom;
mod difference;
mod exit;
mod export;
mod files;
mod fix;
mod load;
mod measure;
mod open;
mod output;
mod show;

use arguments::{Arguments, Command};
use clap::{CommandFactory, Parser};
use exit::{Exit, Failure};
use output::Output;
use std::process::ExitCode;

/// Runs the program: reads the arguments, does what they say, answers with the exit code.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are results, everything else is a usage error; a broken pipe is silent.
            let code = if error.use_stderr() { Exit::Unusable } else { Exit::Fine };
            let _ = error.print();
            return code.into();
        }
    };
    let output = Output::new(&arguments.global);
    let code = match dispatch(arguments, &output) {
        Ok(code) => code,
        Err(failure) => {
            output.failure(&failure);
            failure.code
        }
    };
    code.into()
}

fn dispatch(arguments: Arguments, output: &Output) -> Result<Exit, Failure> {
    let offline = arguments.global.offline;
    if let Some(config) = &arguments.global.config {
        files::read(config)?;
    }
    // Options may stand before the command, a review may not.
    if let (Some(review), Some(_)) = (&arguments.review, &arguments.command) {
        return Err(Failure::unusable(format!("`{}` stands before a command", review.display()))
            .hint("give the command first: `kneepoint check FILE`; without a command FILE is opened"));
    }
    match arguments.command {
        None => open::review(arguments.review.as_deref(), output),
        Some(Command::Demo(demo)) => open::demo(&demo, output),
        Some(Command::New(new)) => files::new(&new, output),
        Some(Command::Check(check)) => check::check(&check, output),
        Some(Command::Rule(rule)) => show::rule(&rule, output),
        Some(Command::Capacity(capacity)) => show::capacity(&capacity, output),
        Some(Command::Measure(measure)) => measure::measure(&measure, offline, output),
        Some(Command::Export(export)) => export::export(&export, output),
        Some(Command::Diff(diff)) => difference::diff(&diff, output),
        Some(Command::Method(method)) => custom::method(&method, output),
        Some(Command::Schema { out }) => show::schema(out.as_deref(), output),
        Some(Command::Man) => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Arguments::command()).render(&mut page);
            rendered.map_err(|error| Failure::unusable(format!("the manual page cannot be written: {error}")))?;
            output.result(&String::from_utf8_lossy(&page))
        }
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "kneepoint", &mut script);
            output.result(&String::from_utf8_lossy(&script))
        }
    }
}
