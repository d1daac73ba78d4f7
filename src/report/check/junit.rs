//! Findings as `JUnit` XML, for the test reports of CI: a suite a rule, a case an element.
//!
//! Only findings that fail the run are failures; the others are passed cases with a word of what was found, what does
//! not count or could not be told is skipped, a rule that failed and a file that cannot be read whole are errors.

use super::{Checked, decided, evidence, hurt};
use crate::model::Gravity;
use crate::report::text::line;
use crate::rules::{Finding, RuleInfo};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A case: what is inside its element, and what it counts as.
struct Case {
    name: String,
    class: String,
    inside: String,
    counts: Counts,
}

#[derive(Default, Clone, Copy)]
struct Counts {
    failures: usize,
    errors: usize,
    skipped: usize,
}

const FAILURE: Counts = Counts { failures: 1, errors: 0, skipped: 0 };
const ERROR: Counts = Counts { failures: 0, errors: 1, skipped: 0 };
const SKIPPED: Counts = Counts { failures: 0, errors: 0, skipped: 1 };
const PASSED: Counts = Counts { failures: 0, errors: 0, skipped: 0 };

/// The findings of reviews as `JUnit` XML.
pub fn check_junit(checked: &Checked<'_>) -> String {
    let mut suites: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    let suite = |code: &str, name: &str| format!("{code} {name}");
    for reviewed in checked.reviewed() {
        let file = &reviewed.file;
        for (finding, place) in &reviewed.findings {
            let at = place.map_or_else(|| file.clone(), |place| format!("{file}:{}:{}", place.line, place.column));
            suites.entry(suite(finding.code, finding.name)).or_default().push(case(checked, finding, file, &at));
        }
        for (doubt, _) in &reviewed.cannot_tell {
            suites.entry(suite(doubt.code, doubt.name)).or_default().push(Case {
                name: doubt.element.to_string(),
                class: file.clone(),
                inside: format!("<skipped{}/>", message(&format!("cannot tell: {} is missing", doubt.missing))),
                counts: SKIPPED,
            });
        }
        for (rule, count) in &reviewed.left_out {
            suites.entry(suite(rule.code, rule.name)).or_default().push(Case {
                name: format!("{count} more"),
                class: file.clone(),
                inside: format!("<skipped{}/>", message(&super::said_of_left_out(rule, *count))),
                counts: SKIPPED,
            });
        }
        for failed in &reviewed.subject.analysis.failed_rules {
            let said = format!("the rule failed and answered nothing: {}", failed.message);
            suites.entry(suite(failed.code, failed.name)).or_default().push(Case {
                name: "the rule itself".to_owned(),
                class: file.clone(),
                inside: format!("<error{} type=\"failed-rule\"/>", message(&said)),
                counts: ERROR,
            });
        }
        for (problem, at) in reviewed.problems.iter().filter(|(problem, _)| problem.gravity == Gravity::Error) {
            suites.entry("the file".to_owned()).or_default().push(Case {
                name: format!("{} at {}:{}", problem.kind.name(), at.line, at.column),
                class: file.clone(),
                inside: format!("<error{} type=\"{}\"/>", message(&problem.message), problem.kind.name()),
                counts: ERROR,
            });
        }
    }
    for (said, stale) in checked.stale() {
        let case = Case {
            name: stale.id.clone(),
            class: checked.baseline.map_or_else(String::new, |baseline| baseline.file.to_owned()),
            inside: format!("<skipped{}/>", message(&said)),
            counts: SKIPPED,
        };
        suites.entry("the baseline".to_owned()).or_default().push(case);
    }
    let silent: Vec<&RuleInfo> =
        checked.rules().into_iter().filter(|rule| !suites.contains_key(&suite(rule.code, rule.name))).collect();
    for rule in silent {
        let passed = checked.subjects.iter().map(|subject| Case {
            name: "nothing found".to_owned(),
            class: super::relative(subject.file, checked.folder),
            inside: String::new(),
            counts: PASSED,
        });
        suites.insert(suite(rule.code, rule.name), passed.collect());
    }
    write(&suites)
}

fn case(checked: &Checked<'_>, finding: &Finding, file: &str, at: &str) -> Case {
    let mut said = format!("{at}: {}: {}\n", finding.severity.word(), line(&finding.message));
    for (name, text) in [
        ("path", finding.path.as_ref().map(|path| path.join(" -> ")).unwrap_or_default()),
        ("evidence", evidence(finding)),
        ("hurts", hurt(finding)),
        ("help", finding.remedy.clone()),
        ("id", finding.id.clone()),
    ] {
        if !text.is_empty() {
            let _ = writeln!(said, "{name}: {}", line(&text));
        }
    }
    let (inside, counts) = if checked.fails(finding) {
        let kind = finding.severity.word();
        (format!("<failure{} type=\"{kind}\">{}</failure>", message(&finding.message), escaped(&said)), FAILURE)
    } else if finding.standing.counts() {
        (format!("<system-out>{}</system-out>", escaped(&said)), PASSED)
    } else {
        let why = decided(&finding.standing).unwrap_or_default();
        (format!("<skipped{}/>", message(&format!("{}: {why}", finding.standing.word()))), SKIPPED)
    };
    Case { name: finding.element.to_string(), class: file.to_owned(), inside, counts }
}

fn write(suites: &BTreeMap<String, Vec<Case>>) -> String {
    let sum = |cases: &[Case]| {
        cases.iter().fold(Counts::default(), |sum, case| Counts {
            failures: sum.failures + case.counts.failures,
            errors: sum.errors + case.counts.errors,
            skipped: sum.skipped + case.counts.skipped,
        })
    };
    let attributes = |name: &str, tests: usize, counts: Counts| {
        let Counts { failures, errors, skipped } = counts;
        let name = attribute(name);
        format!("name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
    };
    let all: Counts = suites.values().map(|cases| sum(cases)).fold(Counts::default(), |a, b| Counts {
        failures: a.failures + b.failures,
        errors: a.errors + b.errors,
        skipped: a.skipped + b.skipped,
    });
    let tests = suites.values().map(Vec::len).sum();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites {}>", attributes("kneepoint", tests, all));
    for (name, cases) in suites {
        let _ = writeln!(out, "  <testsuite {}>", attributes(name, cases.len(), sum(cases)));
        for case in cases {
            let (name, class) = (attribute(&case.name), attribute(&case.class));
            let _ = if case.inside.is_empty() {
                writeln!(out, "    <testcase name=\"{name}\" classname=\"{class}\"/>")
            } else {
                writeln!(out, "    <testcase name=\"{name}\" classname=\"{class}\">{}</testcase>", case.inside)
            };
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn message(text: &str) -> String {
    format!(" message=\"{}\"", attribute(text))
}

fn attribute(text: &str) -> String {
    escaped(&line(text)).replace('"', "&quot;")
}

/// A text as XML 1.0 may hold it: what XML has no characters for was made visible before, or is replaced here.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() && c != '\n' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
