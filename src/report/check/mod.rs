//! What `check` says about reviews, in every format: for people, for programs, for the places where CI shows it.
//!
//! Must not know exit codes. Every format says the same: what was found and how it stands, what could not be told, rules
//! that failed, stale lines of the baseline, what is wrong in the files. JSON is a contract (format 1): keys are added,
//! never renamed.

mod comment;
mod github;
mod json;
mod junit;
mod plain;
mod sarif;
mod uri;

pub use comment::check_markdown;
pub use github::check_github;
pub use json::check_json;
pub use junit::check_junit;
pub use plain::check_text;
pub use sarif::check_sarif;

pub(super) use json::{inert, number, pretty};

use super::context::Subject;
use super::text::counted;
use crate::document::Position;
use crate::model::{EntityKind, EntityRef, FixSafety, Gravity, Problem};
use crate::rules::baseline::StaleLine;
use crate::rules::{CannotTell, Finding, RuleInfo, Severity, Standing, Summary};
use std::collections::{BTreeMap, HashMap};

/// A run of `check`: reviews with what the rules say, and how they were judged.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// The reviews.
    pub subjects: &'a [Subject<'a>],
    /// The folder in which the command ran: files below it are named by their way from there. May be empty.
    pub folder: &'a str,
    /// From which severity on a finding fails the run, where any does.
    pub gate: Option<Severity>,
    /// What was there before, where a baseline is used.
    pub baseline: Option<BaselineUse<'a>>,
    /// Where links to the files begin (`https://…/blob/REVISION/`); without it they are relative.
    pub link: Option<&'a str>,
}

/// A baseline and what it came to.
#[derive(Debug, Clone, Copy)]
pub struct BaselineUse<'a> {
    /// The name of its file.
    pub file: &'a str,
    /// How many findings it names.
    pub lines: usize,
    /// Its lines that cover nothing.
    pub stale: &'a [StaleLine],
}

/// A file by its way from a folder, with `/` between the parts; a file elsewhere as it was named.
pub fn relative(file: &str, folder: &str) -> String {
    let file = file.replace(std::path::MAIN_SEPARATOR, "/");
    let folder = folder.replace(std::path::MAIN_SEPARATOR, "/");
    let below = (!folder.is_empty()).then(|| file.strip_prefix(folder.trim_end_matches('/'))?.strip_prefix('/'));
    let mut name = below.flatten().unwrap_or(&file);
    while let Some(rest) = name.strip_prefix("./") {
        name = rest.trim_start_matches('/');
    }
    name.to_owned()
}

/// A review with its findings and where they stand in the file.
struct Reviewed<'a> {
    subject: &'a Subject<'a>,
    /// The file by its way from the folder.
    file: String,
    findings: Vec<(&'a Finding, Option<Position>)>,
    cannot_tell: Vec<(&'a CannotTell, Option<Position>)>,
    /// The rules that could not tell more often than is listed, and how much more often.
    left_out: Vec<(&'static RuleInfo, usize)>,
    problems: Vec<(&'a Problem, Position)>,
}

impl<'a> Checked<'a> {
    fn reviewed(&self) -> Vec<Reviewed<'a>> {
        let one = |subject: &'a Subject<'a>| {
            let analysis = subject.analysis;
            let wanted = analysis.findings.iter().map(|finding| (finding.entity, finding.keys.as_slice()));
            let undecided: [String; 0] = [];
            let places = places(
                subject,
                wanted.chain(analysis.cannot_tell.iter().map(|doubt| (doubt.entity, undecided.as_slice()))),
            );
            let (found, doubts) = places.split_at(analysis.findings.len());
            Reviewed {
                subject,
                file: relative(subject.file, self.folder),
                findings: analysis.findings.iter().zip(found.iter().copied()).collect(),
                cannot_tell: analysis.cannot_tell.iter().zip(doubts.iter().copied()).collect(),
                left_out: left_out(analysis),
                problems: problems(subject),
            }
        };
        self.subjects.iter().map(one).collect()
    }

    /// The rules that any review was judged by, by code.
    fn rules(&self) -> Vec<&'static RuleInfo> {
        let rules: BTreeMap<&str, &'static RuleInfo> =
            self.subjects.iter().flat_map(|subject| &subject.analysis.rules).map(|rule| (rule.code, *rule)).collect();
        rules.into_values().collect()
    }

    fn total(&self) -> Total {
        let mut total = Total { files: self.subjects.len(), ..Total::default() };
        for subject in self.subjects {
            let summary = subject.analysis.summary;
            total.summary.high += summary.high;
            total.summary.medium += summary.medium;
            total.summary.low += summary.low;
            total.summary.note += summary.note;
            total.summary.cannot_tell += summary.cannot_tell;
            total.summary.triaged += summary.triaged;
            total.summary.baselined += summary.baselined;
            total.summary.passed += summary.passed;
            total.errors += subject.problems.iter().filter(|problem| problem.gravity == Gravity::Error).count();
            total.failed += subject.analysis.failed_rules.len();
            for finding in subject.analysis.findings.iter().filter(|finding| finding.standing.counts()) {
                total.safe += usize::from(finding.fixes.iter().any(|fix| fix.safety == FixSafety::Safe));
                total.mendable += usize::from(!finding.fixes.is_empty());
            }
        }
        total.stale = self.baseline.map_or(0, |baseline| baseline.stale.len());
        total
    }

    fn fails(&self, finding: &Finding) -> bool {
        finding.standing.counts() && self.gate.is_some_and(|gate| finding.severity >= gate)
    }

    /// What is said of each line of the baseline that covers nothing, and where it stands.
    fn stale(&self) -> Vec<(String, &'a StaleLine)> {
        let said = |(file, stale): (&str, &'a StaleLine)| {
            (format!("line {} of {file} is stale: {}: {}", stale.line, stale.id, stale.why), stale)
        };
        let lines = self.baseline.iter().flat_map(|baseline| baseline.stale.iter().map(|stale| (baseline.file, stale)));
        lines.map(said).collect()
    }
}

fn left_out(analysis: &crate::analysis::Analysis) -> Vec<(&'static RuleInfo, usize)> {
    let counts = analysis.cannot_tell_left_out();
    analysis.rules.iter().filter_map(|rule| Some((*rule, *counts.get(rule.code)?))).collect()
}

/// `KP405 failure-path-undecided cannot tell at 49,000 more places that are not listed`.
fn said_of_left_out(rule: &RuleInfo, count: usize) -> String {
    format!("{} {} cannot tell at {} that are not listed", rule.code, rule.name, counted(count, "more place"))
}

/// Where values of entities stand, in the order in which they are asked for.
fn places<'k>(
    subject: &Subject<'_>,
    wanted: impl Iterator<Item = (Option<EntityRef>, &'k [String])>,
) -> Vec<Option<Position>> {
    let start = |(entity, keys): (Option<EntityRef>, &[String])| {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        Some(subject.source.place(entity?, &keys)?.start)
    };
    positions(subject, wanted.map(start))
}

fn problems<'a>(subject: &Subject<'a>) -> Vec<(&'a Problem, Position)> {
    let places = positions(subject, subject.problems.iter().map(|problem| Some(problem.span.start)));
    subject.problems.iter().zip(places.into_iter().map(Option::unwrap_or_default)).collect()
}

/// Offsets as lines and columns, in the order in which they come.
///
/// Columns are counted on from place to place: a file that is one long line costs one walk.
fn positions(subject: &Subject<'_>, offsets: impl Iterator<Item = Option<usize>>) -> Vec<Option<Position>> {
    let (text, lines) = (subject.text, subject.source.lines());
    let offsets: Vec<Option<usize>> = offsets.collect();
    let mut found = vec![None; offsets.len()];
    let mut sorted: Vec<(usize, usize)> =
        offsets.iter().enumerate().filter_map(|(index, offset)| Some(((*offset)?.min(text.len()), index))).collect();
    sorted.sort_unstable();
    let (mut line, mut from, mut column) = (usize::MAX, 0, 0);
    for (mut offset, index) in sorted {
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let own = lines.line_of(offset);
        if own != line {
            (line, from, column) = (own, lines.line_range(own).start.min(offset), 1);
        }
        column += text[from..offset].chars().count();
        from = offset;
        found[index] = Some(Position { line: own + 1, column });
    }
    found
}

/// How many of each, over all reviews.
#[derive(Default, Clone, Copy)]
struct Total {
    summary: Summary,
    errors: usize,
    failed: usize,
    stale: usize,
    files: usize,
    /// Findings that count and have a fix that may be made without looking.
    safe: usize,
    /// Findings that count and have any fix.
    mendable: usize,
}

impl Total {
    /// How many findings count.
    fn counting(&self) -> usize {
        self.summary.high + self.summary.medium + self.summary.low + self.summary.note
    }

    /// What is not a finding that counts, each as a few words.
    fn beside(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut say = |count: usize, text: String| {
            if count > 0 {
                words.push(text);
            }
        };
        say(self.errors, format!("{} in what was read", counted(self.errors, "error")));
        say(self.failed, format!("{} failed", counted(self.failed, "rule")));
        say(self.summary.cannot_tell, format!("{} cannot tell", counted_only(self.summary.cannot_tell)));
        say(self.summary.baselined, format!("{} baselined", counted_only(self.summary.baselined)));
        say(self.summary.triaged, format!("{} decided about", counted_only(self.summary.triaged)));
        say(self.stale, format!("{} in the baseline", counted(self.stale, "stale line")));
        words
    }
}

fn counted_only(count: usize) -> String {
    crate::units::thousands(count as f64)
}

/// Why a finding does not count, or has a mark.
fn decided(standing: &Standing) -> Option<String> {
    match standing {
        Standing::Open => None,
        Standing::Baselined => Some("it was there when the baseline was written".to_owned()),
        Standing::Triaged(mark) | Standing::Expired(mark) => {
            let reason = mark.reason.as_deref().filter(|reason| !reason.trim().is_empty()).unwrap_or("no reason given");
            let until = mark.expires.map(|day| format!(" (until {day})")).unwrap_or_default();
            Some(format!("{reason}{until}"))
        }
    }
}

/// The evidence of a finding in words.
fn evidence(finding: &Finding) -> String {
    let facts: Vec<String> = finding
        .evidence
        .iter()
        .map(|fact| format!("{} {}", fact.name.replace('_', " "), super::context::show_figure(&fact.figure)))
        .collect();
    facts.join(" · ")
}

/// The flows and SLOs that a finding hurts; an SLO of the name of its flow is said once.
fn hurt(finding: &Finding) -> String {
    let mut names: Vec<&str> = finding.flows.iter().map(String::as_str).collect();
    names.extend(finding.slos.iter().map(String::as_str).filter(|slo| !finding.flows.iter().any(|flow| flow == slo)));
    names.join(", ")
}

/// Where components stand, by their ids.
fn components<'a>(subject: &Subject<'a>) -> HashMap<&'a str, Option<Position>> {
    let components = &subject.review.components;
    let none: [String; 0] = [];
    let entities = (0..components.len()).map(|index| Some(EntityRef::new(EntityKind::Component, index)));
    let places = places(subject, entities.map(|entity| (entity, none.as_slice())));
    // Of two with one id the first is meant.
    components.iter().map(crate::model::Component::id).zip(places).rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ways_from_the_folder() {
        assert_eq!(relative("./a/./b.toml", ""), "a/./b.toml");
        assert_eq!(relative("/work/a/b.toml", "/work"), "a/b.toml");
        assert_eq!(relative("/work/a/b.toml", "/wor"), "/work/a/b.toml");
        assert_eq!(relative("../b.toml", "/work"), "../b.toml");
    }
}
