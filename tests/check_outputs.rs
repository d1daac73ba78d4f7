//! What `check` prints, in every format: complete, valid by the schema of the format, and inert whatever a review says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the steps that tests share stop at the first surprise")]

#[path = "check/samples.rs"]
mod samples;
#[path = "check/xml.rs"]
mod xml;

use kneepoint::analysis::{Settings, analyze};
use kneepoint::assets::EXAMPLES;
use kneepoint::document::parse;
use kneepoint::knowledge::Knowledge;
use kneepoint::model::Evidence;
use kneepoint::report::{self, BaselineUse, Checked, Style, Subject};
use kneepoint::rules::baseline::StaleLine;
use kneepoint::rules::{FailedRule, Severity, registry};
use samples::{VARIED, many, sarif};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::{Duration, Instant};

const FORMATS: [&str; 6] = ["text", "json", "sarif", "junit", "github", "markdown"];

/// A run over one text, as the command line has it, and what every format says of it.
fn said(text: &str, baseline: &[&str], failed: bool) -> Vec<(&'static str, String)> {
    let (review, source, problems) = parse(text);
    let evidence = Evidence::default();
    let mut settings = Settings::new(jiff::civil::date(2026, 11, 23));
    settings.baseline = baseline.iter().map(|id| (*id).to_owned()).collect();
    let mut analysis = analyze(&review, &evidence, &settings);
    if failed {
        let message = "index out of bounds\u{1b}[2J".to_owned();
        analysis.failed_rules.push(FailedRule { code: "KP203", name: "missing-timeout", message });
    }
    let subject = Subject {
        file: "docs/the shop.review.toml",
        text,
        review: &review,
        source: &source,
        problems: &problems,
        analysis: &analysis,
        evidence: &evidence,
        as_of: settings.today,
        knowledge: Knowledge::embedded(),
    };
    let stale = [StaleLine { line: 7, id: "KP203@gone->\u{1b}x".to_owned(), why: "it is not found any more" }];
    let checked = Checked {
        subjects: &[subject],
        folder: "",
        gate: Some(Severity::High),
        baseline: (!baseline.is_empty()).then_some(BaselineUse { file: "known", lines: 9, stale: &stale }),
        link: None,
    };
    vec![
        ("text", report::check_text(&checked, Style::default(), true)),
        ("json", report::check_json(&checked)),
        ("sarif", report::check_sarif(&checked)),
        ("junit", report::check_junit(&checked)),
        ("github", report::check_github(&checked)),
        ("markdown", report::check_markdown(&checked)),
    ]
}

fn of(text: &str, format: &str) -> String {
    said(text, &[], false).into_iter().find(|(name, _)| *name == format).unwrap().1
}

#[test]
fn sarif_is_valid_and_keeps_what_kneepoint_says() {
    for example in EXAMPLES {
        sarif(&of(example.text, "sarif"));
    }
    let all = said(VARIED, &["KP203@b->c", "KP203@gone->x"], true);
    let log = sarif(&all[2].1);
    let run = &log["runs"][0];
    let json: Value = serde_json::from_str(&all[1].1).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(findings.len(), results.len());
    assert_eq!(
        results[0]["locations"][0]["physicalLocation"]["artifactLocation"],
        serde_json::json!({ "uri": "docs/the%20shop.review.toml", "uriBaseId": "%SRCROOT%" })
    );
    let mut levels = BTreeSet::new();
    for (finding, result) in findings.iter().zip(results) {
        let properties = &result["properties"];
        for key in ["id", "severity", "confidence", "status", "path", "flows", "slos", "evidence", "element", "remedy"]
        {
            assert_eq!(finding[key], properties[key], "{key}");
        }
        let level = match finding["severity"].as_str().unwrap() {
            "high" => "error",
            "medium" => "warning",
            _ => "note",
        };
        assert_eq!(result["level"], level);
        levels.insert(level);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!((&finding["line"], &finding["column"]), (&region["startLine"], &region["startColumn"]));
        // What does not count is suppressed, with why; nothing else is.
        let suppressed = result["suppressions"][0]["justification"].is_string();
        assert_eq!(finding["counts"].as_bool().unwrap(), !suppressed, "{result}");
        let new = finding["status"] != "baselined";
        assert_eq!(result["baselineState"], if new { "new" } else { "unchanged" });
        let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().map(Vec::len);
        assert_eq!(steps, finding["path"].as_array().map(Vec::len));
        assert_eq!(result["fixes"].as_array().map_or(0, Vec::len), finding["fixes"].as_array().unwrap().len());
    }
    assert_eq!(levels.len(), 3, "{levels:?}");
    assert!(findings.iter().any(|finding| finding["path"].as_array().is_some_and(|path| path.len() == 6)));
    assert!(findings.iter().any(|finding| finding["status"] == "accepted"));
    assert!(findings.iter().any(|finding| finding["status"] == "baselined"));
    for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
        let help = rule["help"]["markdown"].as_str().unwrap();
        assert!(help.contains("## When to accept it") && help.contains("## Why it fails in production"), "{help}");
        assert!(rule["properties"]["confidence"].is_string() && rule["properties"]["severity"].is_string());
    }
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let of_kind = |kind: &str| notes.iter().filter(|note| note["descriptor"]["id"] == kind).count();
    assert_eq!((of_kind("failed-rule"), of_kind("cannot-tell")), (1, json["cannot_tell"].as_array().unwrap().len()));
    assert!(
        run["invocations"][0]["toolConfigurationNotifications"][0]["message"]["text"]
            .as_str()
            .unwrap()
            .contains("KP203@gone")
    );
}

/// A replacement as a viewer makes it: lines and columns of characters.
fn replaced(text: &str, replacement: &Value) -> String {
    let offset = |line: &str, column: &str| {
        let region = &replacement["deletedRegion"];
        let (line, column) = (region[line].as_u64().unwrap() as usize, region[column].as_u64().unwrap() as usize);
        let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        text[start..].char_indices().nth(column - 1).map_or(text.len(), |(at, _)| start + at)
    };
    let (from, to) = (offset("startLine", "startColumn"), offset("endLine", "endColumn"));
    format!("{}{}{}", &text[..from], replacement["insertedContent"]["text"].as_str().unwrap(), &text[to..])
}

#[test]
fn a_fix_in_sarif_is_the_edit_that_the_program_makes() {
    let log = sarif(&of(VARIED, "sarif"));
    let results = log["runs"][0]["results"].as_array().unwrap();
    let jitter = results.iter().find(|result| result["ruleId"] == "KP401").unwrap();
    let change = &jitter["fixes"][0]["artifactChanges"][0];
    assert_eq!(jitter["fixes"][0]["properties"]["safety"], "safe");
    let mended = replaced(VARIED, &change["replacements"][0]);
    assert_eq!(mended, VARIED.replace("base = \"10ms\" }", "base = \"10ms\", jitter = true }"));
}

#[test]
fn junit_fails_only_what_fails_the_run() {
    let all = said(VARIED, &["KP203@b->c"], true);
    let suites = xml::read(&all[3].1);
    let json: Value = serde_json::from_str(&all[1].1).unwrap();
    let high = json["summary"]["high"].as_u64().unwrap() as usize;
    let (mut failures, mut skipped, mut errors) = (0, 0, 0);
    let root = &suites[0];
    assert_eq!((root.name.as_str(), root.attribute("name")), ("testsuites", "kneepoint"));
    for suite in &root.children {
        let mut own = (0, 0, 0);
        for case in &suite.children {
            assert!(case.name == "testcase" && !case.attribute("name").is_empty());
            for inside in &case.children {
                match inside.name.as_str() {
                    "failure" => own.0 += 1,
                    "skipped" => own.1 += 1,
                    "error" => own.2 += 1,
                    "system-out" => {}
                    other => panic!("{other}"),
                }
            }
        }
        let said = |name: &str| suite.attribute(name).parse::<usize>().unwrap();
        assert_eq!((said("failures"), said("skipped"), said("errors")), own, "{}", suite.attribute("name"));
        assert_eq!(said("tests"), suite.children.len());
        failures += own.0;
        skipped += own.1;
        errors += own.2;
    }
    assert_eq!(failures, high);
    assert_eq!(errors, 1, "the rule that failed");
    let count = |key: &str| json["summary"][key].as_u64().unwrap() as usize;
    assert_eq!(skipped, count("triaged") + count("baselined") + count("cannot_tell") + count("stale"));
    // Every rule that ran has its suite.
    assert!(root.children.len() >= registry::infos().count());
}

#[test]
fn github_gets_no_more_than_it_shows() {
    let text = of(&many(40), "github");
    let commands: Vec<&str> = text.lines().filter(|line| line.starts_with("::")).collect();
    for level in ["::error ", "::warning ", "::notice "] {
        assert!(commands.iter().filter(|line| line.starts_with(level)).count() <= 10, "{level}");
    }
    assert_eq!(commands.iter().filter(|line| line.starts_with("::error ")).count(), 10);
    let last = commands.iter().find(|line| line.starts_with("::notice title=kneepoint::")).unwrap();
    let more = text.lines().filter(|line| line.starts_with("- ")).count();
    assert!(more > 30 && last.contains(&format!("{more} more in the log of this step")), "{last}");
    let first = commands[0];
    assert!(
        first.starts_with("::error file=docs/the shop.review.toml,line=") && first.contains(",title=KP"),
        "{first}"
    );
    let one = of("format = 1\n[[component]]\nid = \"a\"\n", "github");
    assert!(one.lines().all(|line| line.starts_with("::") && !line.contains('\r')), "{one}");
}

const HOSTILE: &[&str] = &[
    "a|b||c",
    "</details><script>alert(1)</script>",
    "<!-- x --> & &amp; \"q\" 'p' ]]> <![CDATA[",
    "\u{1b}[31mred\u{7}\u{9b}0m\u{0}\u{fffe}",
    "x\n::error file=a::b\r\n::stop-commands::t",
    "##[error]x ::set-output name=a::b %0A%25,:",
    "[l](javascript:alert(1)) ![i](http://e/x) @all #1",
    "\u{202e}reversed\u{2066}",
    "```\nfence\n```\n# h\n- i",
    "{{ 7 }} ${{ github.token }} $(id)",
    "",
];

fn hostile(text: &str) -> String {
    let t = serde_json::to_string(text).unwrap().replace('\u{7f}', "\\u007f");
    format!(
        "format = 1\n[review]\ntitle = {t}\n[[component]]\nid = {t}\nname = {t}\n[[component]]\nid = \"b\"\n[[component]]\nid = \"c\"\n\
         [[dependency]]\nfrom = {t}\nto = \"b\"\nmode = \"sync\"\n[[dependency]]\nfrom = \"b\"\nto = \"c\"\nmode = \"sync\"\ntimeout = \"1s\"\n\
         retry = {{ attempts = 2 }}\n[[flow]]\nid = {t}\nentry = {t}\ncritical = true\ncalls = [{{ from = {t}, to = \"b\" }}, {{ from = \"b\", to = \"c\" }}]\n\
         [[triage]]\nfinding = {t}\nstatus = \"accepted\"\nreason = {t}\n[[triage]]\nfinding = \"KP203@*->b\"\nstatus = \"accepted\"\nreason = {t}\n"
    )
}

/// Every table has rows of one width; no HTML but what folds; links lead into the file only.
fn markdown_is_well_formed(text: &str) {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let mut bars = None;
    for line in text.lines() {
        if !line.starts_with('|') {
            bars = None;
            continue;
        }
        let count = line.replace("\\|", "").matches('|').count();
        assert_eq!(*bars.get_or_insert(count), count, "{line}");
    }
    let mut open = 0;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("docs/the%20shop.review.toml"), "{dest_url}");
            }
            Event::Start(Tag::Image { dest_url, .. }) => panic!("{dest_url}"),
            Event::Html(html) | Event::InlineHtml(html) => match html.trim() {
                "<br>" | "<!-- kneepoint check -->" => {}
                "</details>" => open -= 1,
                html if html.starts_with("<details><summary>") && html.ends_with("</summary>") => {
                    assert!(!html["<details><summary>".len()..html.len() - "</summary>".len()].contains('<'), "{html}");
                    open += 1;
                }
                other => panic!("html: {other:?}"),
            },
            _ => {}
        }
    }
    assert_eq!(open, 0, "folds that are open");
    assert!(text.len() < 65_536, "{} bytes", text.len());
    assert!(!text.contains("@all"), "nobody is notified");
}

#[test]
fn hostile_names_have_no_power_in_any_format() {
    let long = "x".repeat(100_000);
    for name in HOSTILE.iter().copied().chain([long.as_str()]) {
        for (format, text) in said(&hostile(name), &["KP203@b->c", "KP402@b->c"], true) {
            let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202e}' | '\u{2066}'));
            assert_eq!(bad, None, "{format}: {name:?}: {text}");
            match format {
                "json" => drop(serde_json::from_str::<Value>(&text).unwrap()),
                "sarif" => drop(sarif(&text)),
                "junit" => drop(xml::read(&text)),
                "github" => {
                    for line in text.lines() {
                        let known = ["::error ", "::warning ", "::notice ", "::group::", "::endgroup::", "- "];
                        assert!(known.iter().any(|begin| line.starts_with(begin)), "{line}");
                        assert!(!line.contains("##["), "{line}");
                        if line.starts_with("::e") && !line.starts_with("::endgroup") || line.starts_with("::w") {
                            let properties = line.split("::").nth(1).unwrap();
                            assert!(properties.split(',').all(|one| one.contains('=')), "{line}");
                        }
                    }
                }
                "markdown" => markdown_is_well_formed(&text),
                _ => {}
            }
        }
    }
}

#[test]
fn every_format_says_what_failed_and_what_is_stale() {
    for (format, text) in said(VARIED, &["KP203@b->c"], true) {
        assert!(text.contains("KP203") && text.contains("index out of bounds"), "{format}: {text}");
        assert!(text.contains("KP203@gone") && text.contains("it is not found any more"), "{format}: {text}");
        assert!(text.contains("checkout"), "{format}");
    }
    let json: Value = serde_json::from_str(&said(VARIED, &["x"], true)[1].1).unwrap();
    assert_eq!(json["failed_rules"][0]["code"], "KP203");
    assert_eq!(json["thresholds"]["KP201.hops"], 4.0);
}

#[test]
fn text_shows_the_lines_the_path_and_the_way_out() {
    let text = of(VARIED, "text");
    assert!(
        text.contains(
            "api -> b\n  docs/the shop.review.toml:25:9: medium: KP401 retry-without-backoff-or-jitter: api asks b again 2 times without jitter\n"
        ),
        "{text}"
    );
    let excerpt = "    20 | [[dependency]]\n    21 | from = \"api\"\n    22 | to = \"b\"\n       …\n    25 | retry = { attempts = 2, backoff = \"exponential\", base = \"10ms\" }\n       |         ^^^^^^^^^^^";
    assert!(text.contains(excerpt), "{text}");
    assert!(text.contains("\ncheckout: edge -> api -> b -> c -> d -> db\n"), "{text}");
    assert!(text.contains("    fix: set retry.jitter = true (safe: `--fix` makes it)\n"), "{text}");
    assert!(text.contains("    decided: grown, | <b>up</b> (until 2027-01-01)\n"), "{text}");
    for line in text.lines().filter(|line| line.starts_with("    ")) {
        assert!(line.chars().count() <= 100, "{line}");
    }
    // Several findings at one line show it once.
    assert_eq!(text.matches("    27 | from = \"b\"\n").count(), 1, "{text}");
    assert!(text.lines().last().unwrap().contains(" that `--fix` mends"), "{text}");
}

#[test]
fn ten_thousand_findings_are_said_at_once() {
    let text = many(5_000);
    let (review, source, problems) = parse(&text);
    let select = vec!["KP203".to_owned()];
    let settings = Settings { most: usize::MAX, select, ..Settings::new(jiff::civil::date(2026, 11, 23)) };
    let analysis = analyze(&review, &Evidence::default(), &settings);
    assert!(analysis.findings.len() >= 5_000, "{}", analysis.findings.len());
    let evidence = Evidence::default();
    let subject = Subject {
        file: "x",
        text: &text,
        review: &review,
        source: &source,
        problems: &problems,
        analysis: &analysis,
        evidence: &evidence,
        as_of: settings.today,
        knowledge: Knowledge::embedded(),
    };
    let subjects = [subject, subject];
    let checked = Checked { subjects: &subjects, folder: "", gate: None, baseline: None, link: None };
    let writers: [fn(&Checked<'_>) -> String; 6] = [
        |checked| report::check_text(checked, Style { colour: true }, true),
        report::check_json,
        report::check_sarif,
        report::check_junit,
        report::check_github,
        report::check_markdown,
    ];
    for (format, write) in FORMATS.iter().zip(writers) {
        let start = Instant::now();
        let length = write(&checked).len();
        // A debug build on a busy machine; anything quadratic would take minutes.
        assert!(start.elapsed() < Duration::from_secs(20), "{format}: {:?}, {length} bytes", start.elapsed());
    }
    // One line holds everything: columns are still found in one walk.
    let mut inline = String::from("component = [{ id = \"api\" }");
    for number in 0..5_000 {
        let _ = write!(inline, ", {{ id = \"c{number}\" }}");
    }
    inline.push_str("]\ndependency = [");
    for number in 0..5_000 {
        let _ = write!(inline, "{{ from = \"api\", to = \"c{number}\", mode = \"sync\" }}, ");
    }
    inline.push_str("]\n");
    let start = Instant::now();
    let json: Value = serde_json::from_str(&of(&inline, "json")).unwrap();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    let place = &json["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "KP203").unwrap();
    let column = inline.lines().nth(1).unwrap().find(&format!(
        "{{ from = \"api\", to = \"{}\"",
        place["element"].as_str().unwrap().rsplit(' ').next().unwrap()
    ));
    assert_eq!((place["line"].as_u64(), place["column"].as_u64()), (Some(2), column.map(|at| at as u64 + 1)));
}
