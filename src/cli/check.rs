//! `check`: what is wrong with the architecture, and whether the gate lets it through.

use super::arguments::{Check, CheckFormat, Gate};
use super::baseline::BaselineFile;
use super::custom::Customs;
use super::exit::{Exit, Failure};
use super::files;
use super::fix;
use super::load::{Judged, Loaded, load_one_of, today};
use super::output::Output;
use crate::analysis::{Analysis, Settings};
use crate::report::{self, BaselineUse, Checked, Subject};
use crate::rules::baseline::StaleLine;
use crate::rules::{Ratchet, Severity, chosen};
use std::path::{Path, PathBuf};

/// So many findings of one rule are listed here; all are counted.
const MOST_OF_A_RULE: usize = 1_000;

pub(super) fn check(check: &Check, output: &Output) -> Result<Exit, Failure> {
    let (_, unknown) = chosen(&check.select, &check.ignore);
    if let Some(unknown) = unknown.first() {
        return Err(Failure::unusable(format!("there is no rule `{}`", unknown.selector))
            .maybe(unknown.help.clone())
            .hint("`kneepoint rule` lists them all"));
    }
    check.refuse_stdin_twice()?;
    let folder = std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default();
    let read = |path: &PathBuf| BaselineFile::read(path, check.write_baseline, &folder);
    let mut baseline = check.baseline.as_ref().map(read).transpose()?;
    let settings = Settings {
        select: check.select.clone(),
        ignore: check.ignore.clone(),
        most: MOST_OF_A_RULE,
        overview: false,
        ids: check.write_baseline,
        ..Settings::new(check.as_of.unwrap_or_else(today))
    };
    spare_inputs(check)?;
    output.detail(&format!("dates are judged as of {}", settings.today));
    let for_review = |loaded: &Loaded, baseline: &Option<BaselineFile>| Settings {
        baseline: baseline
            .as_ref()
            .map(|file| file.baseline.ids_of(&report::relative(&loaded.file, &folder)))
            .unwrap_or_default(),
        ..settings.clone()
    };
    let mut exit = Exit::Fine;
    let mut judged: Vec<Judged> = Vec::new();
    let mut customs = Customs::default();
    for path in &check.paths {
        let one = load_one_of(path, &mut customs, output).and_then(|loaded| {
            let settings = for_review(&loaded, &baseline);
            if !check.fixes() {
                return Ok(loaded.judge(&settings));
            }
            let (loaded, code) = fix::fix(check, path, loaded, &settings, output)?;
            exit = exit.or_worse(code);
            Ok(loaded.judge(&settings))
        });
        match one {
            Ok(one) => judged.push(one),
            // The other files are still worth reading.
            Err(failure) => {
                output.failure(&failure);
                exit = exit.or_worse(failure.code);
            }
        }
    }
    if let Some(file) = baseline.as_mut().filter(|_| check.write_baseline) {
        let incomplete = exit != Exit::Fine || judged.iter().any(|judged| judged.exit() != Exit::Fine);
        if incomplete {
            output.failure(
                &Failure::unusable(format!("`{}` was not written: a review has errors", file.name))
                    .hint("what cannot be read whole would be taken for mended"),
            );
            exit = exit.or_worse(Exit::Unusable);
        } else {
            file.write(&judged, &folder, output)?;
            judged = judged.into_iter().map(|one| one.again(|loaded| for_review(loaded, &baseline))).collect();
        }
    }
    for judged in &judged {
        exit = exit.or_worse(match check.format {
            CheckFormat::Text => judged.say_problems(output),
            _ => judged.exit(),
        });
        exit = exit.or_worse(gate(check, &judged.analysis));
        for failed in &judged.analysis.failed_rules {
            let said =
                format!("{}: the rule {} {} failed: {}", judged.file(), failed.code, failed.name, failed.message);
            output.failure(
                &Failure::unusable(said)
                    .hint(format!("the other rules answered; `--ignore {}` leaves this one out", failed.code)),
            );
        }
        if judged.describes_nothing() {
            output.note(&format!("warning: {} describes no component: there is nothing to judge", judged.file()));
        }
    }
    if judged.is_empty() {
        return Ok(exit);
    }
    let said = say(check, output, &judged, baseline.as_ref(), &folder);
    // The process ends: to give a large review back piece by piece takes longer than many a rule.
    std::mem::forget(judged);
    said?;
    Ok(exit)
}

/// Says the result, in the format and at the place that were asked for.
fn say(
    check: &Check,
    output: &Output,
    judged: &[Judged],
    baseline: Option<&BaselineFile>,
    folder: &str,
) -> Result<(), Failure> {
    let subjects: Vec<Subject<'_>> = judged.iter().map(Judged::subject).collect();
    let names: Vec<String> = judged.iter().map(|judged| report::relative(judged.file(), folder)).collect();
    let ratchets: Vec<(&str, &Ratchet)> =
        names.iter().map(String::as_str).zip(judged.iter().map(|judged| &judged.analysis.ratchet)).collect();
    let stale: Vec<StaleLine> = baseline.map(|file| file.baseline.stale(&ratchets)).unwrap_or_default();
    if let (Some(file), Some(first)) = (baseline, stale.first()) {
        let more = if stale.len() > 1 { format!(" and {} more", stale.len() - 1) } else { String::new() };
        output.note(&format!(
            "warning: {}:{}: {} is stale{more}: {}; `--write-baseline` takes stale lines out",
            file.name, first.line, first.id, first.why
        ));
    }
    let link = link();
    let checked = Checked {
        subjects: &subjects,
        folder,
        gate: least(check.fail_on),
        baseline: baseline.map(|file| BaselineUse { file: &file.name, lines: file.baseline.count(), stale: &stale }),
        link: link.as_deref(),
    };
    let styled = if check.out.is_some() { report::Style::default() } else { output.style };
    let text = match check.format {
        CheckFormat::Text => report::check_text(&checked, styled, output.verbose()),
        CheckFormat::Json => report::check_json(&checked),
        CheckFormat::Sarif => report::check_sarif(&checked),
        CheckFormat::Junit => report::check_junit(&checked),
        CheckFormat::Github => report::check_github(&checked),
        CheckFormat::Markdown => report::check_markdown(&checked),
    };
    match &check.out {
        Some(path) => {
            files::replace(path, &text)?;
            output.note(&format!("wrote {}", path.display()));
        }
        // The diff is the result.
        None if check.diff => {}
        // The text that was mended is the result.
        None if check.fix && check.reads_stdin() => output.aside(&text),
        None => {
            output.result(&text)?;
        }
    }
    Ok(())
}

/// Where links to files of this revision begin, in a job of GitHub Actions.
fn link() -> Option<String> {
    let of = |name: &str| std::env::var(name).ok();
    let plain = |text: &String| text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/".contains(c));
    let server = of("GITHUB_SERVER_URL").filter(plain).filter(|server| server.starts_with("https://"))?;
    let (repository, revision) = (of("GITHUB_REPOSITORY").filter(plain)?, of("GITHUB_SHA").filter(plain)?);
    Some(format!("{}/{repository}/blob/{revision}/", server.trim_end_matches('/')))
}

fn least(gate: Gate) -> Option<Severity> {
    match gate {
        Gate::High => Some(Severity::High),
        Gate::Medium => Some(Severity::Medium),
        Gate::Low => Some(Severity::Low),
        Gate::Never => None,
    }
}

/// What one review comes to. A rule that failed leaves the question open whether there is more: no verdict.
fn gate(check: &Check, analysis: &Analysis) -> Exit {
    let least = least(check.fail_on);
    let mut findings = analysis.findings.iter().filter(|finding| finding.standing.counts());
    if !analysis.failed_rules.is_empty() {
        Exit::Unusable
    } else if least.is_some_and(|least| findings.any(|finding| finding.severity >= least)) {
        Exit::Findings
    } else if check.fail_on_unknown && !analysis.cannot_tell.is_empty() {
        Exit::Undecided
    } else {
        Exit::Fine
    }
}

impl Check {
    /// Whether fixes are made, or shown.
    fn fixes(&self) -> bool {
        self.fix || self.diff
    }

    fn reads_stdin(&self) -> bool {
        self.paths.iter().any(|path| path == Path::new("-"))
    }

    /// Whether what is printed is for people, so that a diff may stand in front of it.
    pub(super) fn result_is_readable(&self) -> bool {
        self.format == CheckFormat::Text || self.out.is_some()
    }

    fn refuse_stdin_twice(&self) -> Result<(), Failure> {
        if !self.reads_stdin() {
            return Ok(());
        }
        if self.paths.iter().filter(|path| *path == Path::new("-")).count() > 1 {
            return Err(Failure::unusable("stdin can be read only once"));
        }
        if self.fix && (self.paths.len() > 1 || !self.result_is_readable()) {
            return Err(Failure::unusable(
                "`--fix` of stdin prints the mended review: one review, and no other format",
            )
            .hint("`--out FILE` takes the report"));
        }
        Ok(())
    }
}

/// Refuses to write the report over a review or the baseline: what a team wrote would be gone.
fn spare_inputs(check: &Check) -> Result<(), Failure> {
    let Some(out) = &check.out else { return Ok(()) };
    let Ok(real) = std::fs::canonicalize(out) else { return Ok(()) };
    let inputs = check.paths.iter().chain(&check.baseline);
    if inputs.filter_map(|path| std::fs::canonicalize(path).ok()).any(|input| input == real) {
        return Err(Failure::unusable(format!("`{}` is read by this command: it is not overwritten", out.display()))
            .hint("give `--out` another name"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;
    use crate::model::Evidence;
    use crate::rules::FailedRule;
    use clap::Parser;

    fn analysed(text: &str) -> Analysis {
        crate::analysis::analyze(&parse(text).0, &Evidence::default(), &Settings::new(jiff::civil::date(2026, 11, 23)))
    }

    fn asked(arguments: &[&str]) -> Check {
        let arguments =
            super::super::arguments::Arguments::parse_from([&["kneepoint", "check", "x"], arguments].concat());
        let Some(super::super::arguments::Command::Check(check)) = arguments.command else { panic!("no check") };
        check
    }

    #[test]
    fn a_rule_that_failed_is_no_verdict() {
        let mut analysis = analysed(
            "component = [{ id = 'a' }, { id = 'b' }]\ndependency = [{ from = 'a', to = 'b', mode = 'sync' }]\nflow = [{ id = 'f', entry = 'a', critical = true, calls = [{ from = 'a', to = 'b' }] }]",
        );
        assert_eq!(gate(&asked(&[]), &analysis), Exit::Findings);
        analysis.failed_rules.push(FailedRule { code: "KP299", name: "x", message: "y".to_owned() });
        assert_eq!(gate(&asked(&[]), &analysis), Exit::Unusable);
        assert_eq!(gate(&asked(&["--fail-on", "never"]), &analysis), Exit::Unusable);
    }
}
