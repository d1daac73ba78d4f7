//! `check`: what is wrong with the architecture, and whether the gate lets it through.

use super::arguments::{Check, Gate, TextOrJson};
use super::custom::Customs;
use super::exit::{Exit, Failure};
use super::load::{Judged, load_one_of, today};
use super::output::Output;
use crate::analysis::Settings;
use crate::report::{Subject, check_json, check_text};
use crate::rules::{Severity, chosen};

pub(super) fn check(check: &Check, output: &Output) -> Result<Exit, Failure> {
    let (_, unknown) = chosen(&check.select, &check.ignore);
    if let Some(unknown) = unknown.first() {
        return Err(Failure::unusable(format!("there is no rule `{}`", unknown.selector))
            .maybe(unknown.help.clone())
            .hint("`kneepoint rule` lists them all"));
    }
    let settings = Settings {
        select: check.select.clone(),
        ignore: check.ignore.clone(),
        ..Settings::new(check.as_of.unwrap_or_else(today))
    };
    output.detail(&format!("dates are judged as of {}", settings.today));
    let mut exit = Exit::Fine;
    let mut judged: Vec<Judged> = Vec::new();
    let mut customs = Customs::default();
    for path in &check.paths {
        match load_one_of(path, &mut customs, output) {
            Ok(loaded) => judged.push(loaded.judge(&settings)),
            // The other files are still worth reading.
            Err(failure) => {
                output.failure(&failure);
                exit = exit.or_worse(failure.code);
            }
        }
    }
    for judged in &judged {
        exit = exit.or_worse(match check.format {
            TextOrJson::Text => judged.say_problems(output),
            TextOrJson::Json => judged.exit(),
        });
        exit = exit.or_worse(gate(check, judged));
        if judged.describes_nothing() {
            output.note(&format!("warning: {} describes no component: there is nothing to judge", judged.file()));
        }
    }
    if judged.is_empty() {
        return Ok(exit);
    }
    let subjects: Vec<Subject<'_>> = judged.iter().map(Judged::subject).collect();
    output.result(&match check.format {
        TextOrJson::Text => check_text(&subjects, output.style, output.verbose()),
        TextOrJson::Json => check_json(&subjects),
    })?;
    Ok(exit)
}

fn gate(check: &Check, judged: &Judged) -> Exit {
    let least = match check.fail_on {
        Gate::High => Some(Severity::High),
        Gate::Medium => Some(Severity::Medium),
        Gate::Low => Some(Severity::Low),
        Gate::Never => None,
    };
    let mut findings = judged.analysis.findings.iter().filter(|finding| finding.standing.counts());
    if least.is_some_and(|least| findings.any(|finding| finding.severity >= least)) {
        Exit::Findings
    } else if check.fail_on_unknown && !judged.analysis.cannot_tell.is_empty() {
        Exit::Undecided
    } else {
        Exit::Fine
    }
}
