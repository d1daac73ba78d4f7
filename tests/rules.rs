//! The rules on their literate fixtures, on their own examples, and the reference that is generated from them.
//!
//! `UPDATE=1 cargo test --test rules` rewrites the expected blocks and `docs/rules.md`; read the difference before you keep it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the steps that tests share stop at the first surprise"
)]

use kneepoint::analysis::{Analysis, Settings, analyze};
use kneepoint::document::{Document, parse};
use kneepoint::model::Evidence;
use kneepoint::rules::{Finding, RuleInfo, Severity, Standing, registry};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

fn settings() -> Settings {
    Settings::new("2026-11-23".parse().unwrap())
}

fn analysed(text: &str, settings: &Settings) -> Analysis {
    analyze(&parse(text).0, &Evidence::default(), settings)
}

/// One section of a fixture.
#[derive(Debug)]
struct Case {
    heading: String,
    toml: String,
    expected: String,
}

#[derive(Debug, PartialEq, Clone, Copy)]
enum Kind {
    Fires,
    Silent,
    CannotTell,
}

impl Case {
    fn kind(&self) -> Kind {
        match self.heading.split_once(':').map(|(kind, _)| kind.trim()) {
            Some("fires") => Kind::Fires,
            Some("silent") => Kind::Silent,
            Some("cannot tell") => Kind::CannotTell,
            _ => panic!("`## {}` is not fires, silent or cannot tell", self.heading),
        }
    }

    /// What the rule says about the section's review.
    fn said(&self, info: &RuleInfo) -> String {
        let (_, map, problems) = parse(&self.toml);
        let places: Vec<_> = problems
            .iter()
            .map(|problem| (map.position(&self.toml, problem.span.start).line, &problem.message))
            .collect();
        assert!(problems.is_empty(), "{} ## {}: {places:?}", info.code, self.heading);
        let analysis = analysed(&self.toml, &settings());
        let mut said = String::new();
        for finding in analysis.findings.iter().filter(|finding| finding.code == info.code) {
            said.push_str(&described(finding));
        }
        for unknown in analysis.cannot_tell.iter().filter(|unknown| unknown.code == info.code) {
            writeln!(said, "cannot tell {}: {} is missing", unknown.element, unknown.missing).unwrap();
        }
        said
    }
}

fn described(finding: &Finding) -> String {
    let mut text = format!(
        "{} {} {}{}\n  {}\n  remedy: {}\n",
        finding.severity.word(),
        finding.confidence.word(),
        finding.id,
        if finding.standing == Standing::Open { String::new() } else { format!(" ({})", finding.standing.word()) },
        finding.message,
        finding.remedy
    );
    for fix in &finding.fixes {
        writeln!(text, "  fix ({}): {}", fix.safety.word(), fix.title).unwrap();
    }
    for (title, names) in [("flows", &finding.flows), ("slos", &finding.slos)] {
        if !names.is_empty() {
            writeln!(text, "  {title}: {}", names.join(", ")).unwrap();
        }
    }
    text
}

/// The sections of a fixture: a heading, a block of TOML, and what is expected as a block of text.
fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut block: Option<&str> = None;
    for line in text.lines() {
        match (block, line) {
            (None, line) if line.starts_with("## ") => {
                let heading = line[3..].trim().to_owned();
                cases.push(Case { heading, toml: String::new(), expected: String::new() });
            }
            (None, "```toml" | "```text") => block = Some(&line[3..]),
            (Some(_), "```") => block = None,
            (Some(language), line) => {
                let case = cases.last_mut().expect("a block stands below a heading");
                let target = if language == "toml" { &mut case.toml } else { &mut case.expected };
                target.push_str(line);
                target.push('\n');
            }
            _ => {}
        }
    }
    assert!(block.is_none(), "a block is not closed");
    cases
}

/// The fixture with what each section really says as its expected block.
fn rewritten(text: &str, info: &RuleInfo) -> String {
    let said: Vec<String> = cases(text).iter().map(|case| case.said(info)).collect();
    let mut fresh = String::new();
    let mut section = 0;
    let mut skipping = false;
    for line in text.lines() {
        if line.starts_with("## ") {
            section += 1;
        }
        if line == "```text" {
            skipping = true;
        }
        if !skipping {
            fresh.push_str(line);
            fresh.push('\n');
        }
        if line == "```" && skipping {
            skipping = false;
        } else if line == "```" && section > 0 && !said[section - 1].is_empty() {
            // The expected block follows the review directly.
            write!(fresh, "\n```text\n{}```\n", said[section - 1]).unwrap();
        }
    }
    let mut tidy = String::new();
    let mut blank = 0;
    for line in fresh.lines() {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank < 2 {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy.trim_end().to_owned() + "\n"
}

#[test]
fn every_rule_says_what_its_fixture_expects() {
    let mut wrong = Vec::new();
    for info in registry::infos() {
        let path = here("tests/rules").join(format!("{}.md", info.code));
        let text =
            fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} has no fixture {}", info.code, path.display()));
        if updating() {
            fs::write(&path, rewritten(&text, info)).unwrap();
            continue;
        }
        assert!(text.starts_with(&format!("# {} {}\n", info.code, info.name)), "{}: title", path.display());
        let cases = cases(&text);
        for kind in [Kind::Fires, Kind::Silent] {
            assert!(cases.iter().any(|case| case.kind() == kind), "{} has no section that is {kind:?}", info.code);
        }
        for case in &cases {
            let said = case.said(info);
            let fires = said.contains(&format!("{}@", info.code));
            let unsure = said.contains("cannot tell ");
            let right = match case.kind() {
                Kind::Fires => fires,
                Kind::Silent => !fires && !unsure,
                Kind::CannotTell => unsure,
            };
            if !right || said != case.expected {
                wrong.push(format!("{} ## {}\nexpected:\n{}said:\n{said}", info.code, case.heading, case.expected));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A fix is a whole answer: its finding is gone, nothing new of weight comes, and the text says no more than that.
#[test]
fn every_fix_of_a_fixture_mends_its_finding() {
    let mut tried = 0;
    for info in registry::infos() {
        let text = fs::read_to_string(here("tests/rules").join(format!("{}.md", info.code))).unwrap_or_default();
        for case in cases(&text) {
            let before = analysed(&case.toml, &settings());
            for finding in before.findings.iter().filter(|finding| finding.code == info.code) {
                for fix in &finding.fixes {
                    tried += 1;
                    let place = format!("{} ## {}: {}", info.code, case.heading, fix.title);
                    let mut document = Document::new(case.toml.clone());
                    document.apply(&fix.title, &fix.changes).unwrap_or_else(|error| panic!("{place}: {error}"));
                    assert!(document.problems().is_empty(), "{place}: {:?}", document.problems());
                    let after = analysed(document.text(), &settings());
                    assert!(after.findings.iter().all(|still| still.id != finding.id), "{place}: it still fires");
                    for new in after.findings.iter().filter(|new| new.severity >= Severity::Medium) {
                        let known = before.findings.iter().any(|old| old.id == new.id);
                        assert!(known, "{place}: it brings {}: {}", new.id, new.message);
                    }
                    document.undo();
                    assert_eq!(document.text(), case.toml, "{place}: undo");
                }
            }
        }
    }
    assert!(tried > 0);
}

#[test]
fn every_fixture_belongs_to_a_rule() {
    for entry in fs::read_dir(here("tests/rules")).unwrap() {
        let path = entry.unwrap().path();
        let code = path.file_stem().unwrap().to_str().unwrap();
        assert!(registry::find(code).is_some(), "{} belongs to no rule", path.display());
    }
}

#[test]
fn every_rule_fires_on_the_example_of_its_documentation() {
    for info in registry::infos() {
        let example = info.sections[2].1;
        let toml = example.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let (_, _, problems) = parse(toml);
        // An entry of the ledger that matches nothing is no problem of the file; everything else must be clean.
        assert!(problems.is_empty(), "{}: {problems:?}", info.code);
        let analysis = analysed(toml, &settings());
        assert!(analysis.findings.iter().any(|finding| finding.code == info.code), "{} is silent:\n{toml}", info.code);
    }
}

/// `docs/rules.md`: everything that is known about every rule.
fn reference() -> String {
    let mut text = String::from(
        "# Rules\n\n<!-- Written by `UPDATE=1 cargo test --test rules` from the declarations in src/rules/checks. Do not edit. -->\n\n\
         A rule says *finding*, *pass* or *cannot tell* about each element it applies to. Codes and names are accepted everywhere \
         and are never used again for another rule. `kneepoint rule CODE` shows one of these pages.\n\n\
         | Code | Name | Severity | Confidence | Fires on |\n|---|---|---|---|---|\n",
    );
    for info in registry::infos() {
        let RuleInfo { code, name, summary, .. } = info;
        let (severity, confidence) = (info.severity.word(), info.confidence.word());
        writeln!(
            text,
            "| [{code}](#{}-{name}) | {name} | {severity} | {confidence} | {summary} |",
            code.to_lowercase()
        )
        .unwrap();
    }
    let mut family = None;
    for info in registry::infos() {
        if family != Some(info.family) {
            family = Some(info.family);
            write!(text, "\n## {}\n", info.family.title()).unwrap();
        }
        write!(text, "\n### {} {}\n\n", info.code, info.name).unwrap();
        writeln!(text, "*{}, {}*: {}.", info.severity.word(), info.confidence.word(), info.summary).unwrap();
        for (title, section) in info.sections {
            write!(text, "\n#### {title}\n\n{}\n", section.trim()).unwrap();
        }
        if !info.settings.is_empty() {
            text.push_str("\n#### Settings\n\n| Key | Default | Decides | Source |\n|---|---|---|---|\n");
            for setting in info.settings {
                let (key, default) = (setting.key, setting.default);
                writeln!(text, "| `{}.{key}` | {default} | {} | {} |", info.code, setting.about, setting.source)
                    .unwrap();
            }
        }
        let reads: Vec<String> = info.reads.iter().map(|key| format!("`{key}`")).collect();
        write!(text, "\nReads {}.\n", reads.join(", ")).unwrap();
    }
    text
}

#[test]
fn the_reference_is_fresh() {
    let path = here("docs/rules.md");
    if updating() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, reference()).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == reference(),
        "docs/rules.md is stale: UPDATE=1 cargo test --test rules"
    );
}
