//! What `check` prints, in every format: complete, valid by the schema of the format, and inert whatever a review says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the steps that tests share stop at the first surprise")]

#[path = "check/place.rs"]
mod place;
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
use place::Place;
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

/// The JSON schema of SARIF 2.1.0 by OASIS (`Schemata/sarif-schema-2.1.0.json` of oasis-tcs/sarif-spec), as the crate
/// serde-sarif 0.8.0 carries it.
const SCHEMA: &str = include_str!("data/sarif-schema-2.1.0.json");

/// The log, valid by the schema; and references that no schema can check.
fn sarif(text: &str) -> Value {
    use std::sync::LazyLock;
    static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        // The schema has one pattern, of a key that is not used here, that is none: `]` without `[`.
        let schema = SCHEMA.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
        jsonschema::draft7::new(&serde_json::from_str(&schema).unwrap()).unwrap()
    });
    let log: Value = serde_json::from_str(text).unwrap();
    let faults: Vec<String> =
        VALIDATOR.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()), "{uri}");
        assert_eq!(result["properties"]["id"], result["partialFingerprints"]["kneepointFindingId/v1"]);
    }
    log
}

/// High, medium and low findings; a path; a fix; an acceptance; a doubt.
const VARIED: &str = r#"format = 1
[[component]]
id = "edge"
[[component]]
id = "api"
[[component]]
id = "b"
[[component]]
id = "c"
[[component]]
id = "d"
[[component]]
id = "db"
kind = "database"
[[dependency]]
from = "edge"
to = "api"
mode = "sync"
timeout = "1s"
[[dependency]]
from = "api"
to = "b"
mode = "sync"
timeout = "100ms"
retry = { attempts = 2, backoff = "exponential", base = "10ms" }
[[dependency]]
from = "b"
to = "c"
mode = "sync"
[[dependency]]
from = "c"
to = "d"
mode = "sync"
timeout = "100ms"
[[dependency]]
from = "d"
to = "db"
mode = "sync"
timeout = "100ms"
[[flow]]
id = "checkout"
entry = "edge"
critical = true
calls = [
  { from = "edge", to = "api" },
  { from = "api", to = "b" },
  { from = "b", to = "c" },
  { from = "c", to = "d" },
  { from = "d", to = "db" },
]
[[triage]]
finding = "KP104@review"
status = "accepted"
reason = "grown, | <b>up</b>"
expires = 2027-01-01
[[triage]]
finding = "KP203@b->gone"
status = "accepted"
"#;

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

/// Many findings of every level.
fn many(count: usize) -> String {
    let mut text = String::from("format = 1\n[[component]]\nid = \"api\"\n");
    let mut calls = String::new();
    for number in 0..count {
        let _ = write!(
            text,
            "[[component]]\nid = \"c{number}\"\n[[dependency]]\nfrom = \"api\"\nto = \"c{number}\"\nmode = \"sync\"\n"
        );
        let _ = writeln!(calls, "  {{ from = \"api\", to = \"c{number}\" }},");
    }
    let _ = write!(text, "[[flow]]\nid = \"f\"\nentry = \"api\"\ncritical = true\ncalls = [\n{calls}]\n");
    text
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
    let settings = Settings { most: usize::MAX, ..Settings::new(jiff::civil::date(2026, 11, 23)) };
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
        assert!(start.elapsed() < Duration::from_secs(10), "{format}: {:?}, {length} bytes", start.elapsed());
    }
    // One line holds everything: columns are still found in one walk.
    let one_line = text.replace("[[", "").len();
    assert!(one_line > 100_000);
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

#[test]
fn exit_codes_are_never_a_count() {
    let place = Place::new();
    for count in [255, 256, 257, 512] {
        place.write("x.review.toml", many(count));
        for format in FORMATS {
            let ran = place.run(&["check", "x.review.toml", "--select", "KP203", "--format", format]);
            assert_eq!(ran.code, 1, "{count} findings, {format}");
            if format == "json" {
                let json: Value = serde_json::from_str(&ran.out).unwrap();
                assert_eq!(json["summary"]["high"], count);
                assert_eq!(json["findings"].as_array().unwrap().len(), count);
            }
        }
    }
}

#[test]
fn what_cannot_be_read_comes_before_findings_and_findings_before_doubt() {
    let place = Place::new();
    place.write("found.review.toml", VARIED);
    place.write("doubt.review.toml", VARIED.replace("timeout = \"1s\"", "timeout = \"1h\""));
    place.write("broken.review.toml", "format = 1\n[[component]\n");
    place.write("fine.review.toml", "format = 1\n[[component]]\nid = \"a\"\n");
    let code = |arguments: &[&str]| place.run(&[&["check"], arguments].concat()).code;
    let unknown = "--fail-on-unknown";
    assert_eq!(code(&["found.review.toml", "--select", "KP203"]), 1);
    assert_eq!(code(&["found.review.toml", "--select", "KP203", "--fail-on", "never"]), 0);
    assert_eq!(code(&["doubt.review.toml", "--select", "KP204", unknown]), 3);
    assert_eq!(code(&["doubt.review.toml", "--select", "KP204", unknown, "--fail-on", "never"]), 3);
    assert_eq!(code(&["doubt.review.toml", "found.review.toml", "--select", "KP203,KP204", unknown]), 1);
    assert_eq!(code(&["fine.review.toml", "--select", "KP203", unknown]), 0);
    assert_eq!(code(&["broken.review.toml", "found.review.toml", "--select", "KP203"]), 2);
    assert_eq!(code(&["no.toml", "doubt.review.toml", "--select", "KP204", unknown]), 2);
    assert_eq!(code(&["found.review.toml", "--format", "xml"]), 2);
}

#[test]
fn several_reviews_are_one_result_in_every_format() {
    let place = Place::new();
    place.write("a.review.toml", VARIED);
    place.write("b.review.toml", many(3));
    for format in FORMATS {
        let ran = place.run(&["check", "a.review.toml", "b.review.toml", "--select", "KP203", "--format", format]);
        assert_eq!(ran.code, 1, "{format}: {}", ran.err);
        assert!(ran.out.contains("a.review.toml") && ran.out.contains("b.review.toml"), "{format}: {}", ran.out);
        match format {
            "json" => assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap()["summary"]["high"], 4),
            "sarif" => assert_eq!(sarif(&ran.out)["runs"][0]["results"].as_array().map(Vec::len), Some(4)),
            "junit" => assert_eq!(xml::read(&ran.out)[0].attribute("failures"), "4"),
            "text" => assert!(ran.out.ends_with("4 high · 2 files.\n"), "{}", ran.out),
            _ => {}
        }
        // No colour where nobody asked for it, and to a file as to stdout.
        assert!(!ran.out.contains('\u{1b}'));
        let out = format!("{format}.out");
        let again = place.run_on(
            &["check", "a.review.toml", "b.review.toml", "--select", "KP203", "--format", format, "--out", &out],
            "",
        );
        assert_eq!((again.code, again.out.as_str(), again.err.as_str()), (1, "", format!("wrote {out}\n").as_str()));
        assert_eq!(place.read(&out), ran.out);
    }
}

#[test]
fn colour_is_for_text_only_and_only_for_those_who_ask() {
    let place = Place::new();
    place.write("a.review.toml", VARIED);
    for format in FORMATS {
        let mut forced = place.command(&["check", "a.review.toml", "--format", format, "--color", "always"]);
        let colour = String::from_utf8(forced.output().unwrap().stdout).unwrap().contains('\u{1b}');
        assert_eq!(colour, format == "text", "{format}");
        let mut never = place.command(&["check", "a.review.toml", "--format", format]);
        let ran = never.env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1").output().unwrap();
        assert!(!String::from_utf8(ran.stdout).unwrap().contains('\u{1b}'), "{format}");
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure_of_ours() {
    let place = Place::new();
    place.write("a.review.toml", many(400));
    for format in FORMATS {
        let mut child = place.command(&["check", "a.review.toml", "--format", format]).spawn().unwrap();
        drop(child.stdout.take());
        let ran = child.wait_with_output().unwrap();
        assert_eq!((ran.status.code(), ran.stderr.is_empty()), (Some(1), true), "{format}");
    }
}

/// The story of a team: two decided about, the rest in a baseline, and one flaw more.
#[test]
fn a_pull_request_shows_the_one_flaw_it_adds() {
    let place = Place::new();
    let example = EXAMPLES.iter().find(|asset| asset.path.contains("ecommerce")).unwrap().text;
    place.write("shop.review.toml", example);
    let as_of = ["--as-of", "2026-11-23"];
    let json = |arguments: &[&str]| -> Value {
        let arguments = [&["check", "shop.review.toml", "--format", "json"], &as_of[..], arguments].concat();
        serde_json::from_str(&place.run(&arguments).out).unwrap()
    };
    let open: Vec<String> = json(&[])["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["status"] == "open")
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .collect();
    let mut text = example.to_owned();
    for id in &open[..2] {
        let _ = write!(
            text,
            "\n[[triage]]\nfinding = {id:?}\nstatus = \"accepted\"\nreason = \"known\"\nby = \"the team\"\ndate = 2026-11-23\n"
        );
    }
    place.write("shop.review.toml", &text);
    let with = ["check", "shop.review.toml", "--baseline", "shop.baseline", "--as-of", "2026-11-23"];
    assert_eq!(place.run(&[&with[..], &["--write-baseline", "--fail-on", "low"]].concat()).code, 0);
    let flawed = text.replacen("jitter = true", "jitter = false", 1);
    assert_ne!(flawed, text);
    place.write("shop.review.toml", &flawed);
    let found = json(&["--baseline", "shop.baseline"]);
    let new: Vec<&Value> =
        found["findings"].as_array().unwrap().iter().filter(|finding| finding["counts"] == true).collect();
    let ids: Vec<&str> = new.iter().map(|finding| finding["id"].as_str().unwrap()).collect();
    assert!(ids.len() == 1 && ids[0].starts_with("KP401@"), "{ids:?}");
    let ran = place.run(&[&with[..], &["--format", "markdown"]].concat());
    assert!(ran.out.contains("### Kneepoint: 1 new finding\n"), "{}", ran.out);
    assert_eq!(ran.out.matches("| [KP").count(), 1, "{}", ran.out);
    let seen: usize = ran.out.split("<details>").next().unwrap().lines().count();
    assert!(seen < 15, "one screen: {}", ran.out);
    // In a job of GitHub Actions the link leads to the line in this revision.
    let mut job = place.command(&[&with[..], &["--format", "markdown"]].concat());
    job.env("GITHUB_SERVER_URL", "https://github.com").env("GITHUB_REPOSITORY", "o/r").env("GITHUB_SHA", "abc123");
    let ran = String::from_utf8(job.output().unwrap().stdout).unwrap();
    assert!(ran.contains("](https://github.com/o/r/blob/abc123/shop.review.toml#L"), "{ran}");
    for (format, mark) in [("github", "::warning "), ("junit", "<system-out>")] {
        let ran = place.run(&[&with[..], &["--format", format]].concat());
        assert_eq!(ran.out.matches(mark).count(), 1, "{}", ran.out);
    }
}
