//! The worked examples and the templates: they are read without a problem, they answer the promise, and the flaws that
//! are marked in them are the flaws that the rules find.

use jiff::civil::date;
use kneepoint::analysis::{Analysis, PromiseState, Settings, analyze};
use kneepoint::assets::{Asset, EXAMPLES, REVIEW_TEMPLATES};
use kneepoint::document::{Parsed, SourceMap, parse};
use kneepoint::model::{EntityKind, Evidence, Review};
use kneepoint::report;
use kneepoint::rules::{Finding, Severity, registry};
use std::collections::BTreeSet;
use std::path::Path;

fn analysed(text: &str) -> (Review, Analysis) {
    let (review, _, _) = parse(text);
    let day = review.head.date.unwrap_or(date(2026, 11, 23));
    let analysis = analyze(&review, &Evidence::default(), &Settings::new(day));
    (review, analysis)
}

/// The problems of a text, each with its line.
fn problems(name: &str, text: &str) -> Vec<String> {
    let (_, source, problems) = parse(text);
    problems
        .iter()
        .map(|problem| {
            let line = source.position(text, problem.span.start).line;
            format!("{name}:{line}: {}: {}", problem.kind.name(), problem.message)
        })
        .collect()
}

/// The codes of the `# flaw: CODE` comments.
fn planted(text: &str) -> BTreeSet<&str> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix("# flaw: "))
        .filter_map(|rest| rest.split(' ').next())
        .collect()
}

/// The design that has no flaw.
fn is_reference(example: &Asset) -> bool {
    example.path.contains("/reference/")
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_example_and_template_of_the_folders_is_embedded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, assets, file) in
        [("examples", EXAMPLES, Some("review.toml")), ("templates/reviews", REVIEW_TEMPLATES, None)]
    {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if file.is_some() != entry.file_type().unwrap().is_dir() {
                continue;
            }
            let path = file.map_or(format!("{folder}/{name}"), |file| format!("{folder}/{name}/{file}"));
            assert!(assets.iter().any(|asset: &Asset| asset.path == path), "{path} is not embedded");
        }
    }
}

#[test]
fn every_example_and_template_is_read_without_a_problem() {
    let all = EXAMPLES.iter().chain(REVIEW_TEMPLATES);
    none(&all.flat_map(|asset| problems(asset.path, asset.text)).collect::<Vec<_>>());
}

#[test]
fn every_example_answers_the_promise() {
    for example in EXAMPLES {
        let (review, analysis) = analysed(example.text);
        assert!(!matches!(analysis.promise.state, PromiseState::Unknown { .. }), "{}", example.path);
        assert!((12..=25).contains(&review.components.len()), "{}", example.path);
        assert!(!review.decisions.is_empty(), "{}", example.path);
        assert!(analysis.problems.is_empty(), "{}: {:?}", example.path, analysis.problems);
    }
}

/// The marks of a text: its line, its code, what is said, and the text behind it.
fn marks(text: &str) -> impl Iterator<Item = (usize, &str, &str, Vec<&str>)> {
    text.lines().enumerate().filter_map(|(at, line)| {
        let rest = line.trim_start().strip_prefix("# flaw: ")?;
        Some((at + 1, rest.split(' ').next()?, rest, text.lines().skip(at + 1).take(40).collect()))
    })
}

/// Whether a mark stands where the finding is: at its element, or with its name, or in front of it.
fn marked(finding: &Finding, text: &str, source: &SourceMap) -> bool {
    let named = finding.element.to_string();
    let at =
        finding.entity.and_then(|entity| source.entity(entity)).map(|node| source.position(text, node.span.start).line);
    let of_review = finding.entity.is_none_or(|entity| entity.kind == EntityKind::Head);
    marks(text).filter(|(_, code, _, _)| *code == finding.code).any(|(line, _, said, behind)| {
        of_review
            || at.is_some_and(|at| at.abs_diff(line) <= 4)
            || named.split([' ', '>', '-', ':']).filter(|part| part.len() > 3).any(|part| said.contains(part))
            || behind.iter().any(|line| line.contains(&format!("\"{named}\"")) || line.contains(&finding.id))
    })
}

#[test]
fn every_planted_flaw_is_found_and_nothing_high_or_medium_besides() {
    let mut wrong = Vec::new();
    for example in EXAMPLES {
        let (_, source, _) = parse(example.text);
        let (_, analysis) = analysed(example.text);
        let planted = planted(example.text);
        if is_reference(example) {
            assert!(planted.is_empty(), "{}: {planted:?}", example.path);
        } else {
            assert!((3..=9).contains(&planted.len()), "{}: {planted:?}", example.path);
        }
        for (line, code, said, _) in marks(example.text) {
            match registry::find(code) {
                None => wrong.push(format!("{}:{line}: no rule has the code {code}", example.path)),
                Some(rule) if !said.starts_with(&format!("{code} {}: ", rule.info.name)) => {
                    wrong.push(format!("{}:{line}: {code} is {}", example.path, rule.info.name));
                }
                Some(_) if !analysis.findings.iter().any(|finding| finding.code == code) => {
                    wrong.push(format!("{}:{line}: {code} is planted and not found", example.path));
                }
                Some(_) => {}
            }
        }
        wrong.extend(
            analysis
                .findings
                .iter()
                .filter(|finding| finding.standing.counts())
                .filter(|finding| finding.severity >= Severity::Medium && !marked(finding, example.text, &source))
                .map(|finding| format!("{}: {} is not planted there: {}", example.path, finding.id, finding.message)),
        );
    }
    none(&wrong);
}

/// Without the line that a flaw is marked at, the file is another one: the mark stands where the finding is.
#[test]
fn a_flaw_is_marked_where_it_is_found() {
    let mut wrong = Vec::new();
    for example in EXAMPLES {
        let (_, source, _) = parse(example.text);
        let (_, analysis) = analysed(example.text);
        for code in planted(example.text) {
            let found: Vec<_> = analysis.findings.iter().filter(|finding| finding.code == code).collect();
            if !found.iter().any(|finding| marked(finding, example.text, &source)) {
                let found: Vec<_> = found.iter().map(|finding| &finding.id).collect();
                wrong.push(format!("{}: {code} is found elsewhere: {found:?}", example.path));
            }
        }
    }
    none(&wrong);
}

/// The table of examples/README.md: what saturates first and at which load, and which flaws are planted.
#[test]
fn the_guide_to_the_examples_tells_the_computed_numbers() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/README.md")).unwrap();
    let mut wrong = Vec::new();
    for example in EXAMPLES {
        let name = example.path.split('/').nth(1).unwrap();
        let row = readme.lines().find(|line| line.starts_with(&format!("| [{name}]"))).expect("a row");
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let codes: BTreeSet<&str> = cells[4].split(' ').collect();
        let codes = if codes == BTreeSet::from(["none"]) { BTreeSet::new() } else { codes };
        if codes != planted(example.text) {
            wrong.push(format!("{name}: flaws {codes:?}, marked {:?}", planted(example.text)));
        }
        let (_, analysis) = analysed(example.text);
        let first = &analysis.capacity.saturations[0];
        let resource = &analysis.capacity.resources[first.resource];
        let computed = (resource.element.to_string(), format!("{:.1}", first.at_load.likely));
        let says = |cell: &str, multiple: &str| cell.contains(&format!("`{}`", computed.0)) && multiple == computed.1;
        // A tenant's or key's share of a store is full before the store: a finding says so, capacity says the rest.
        let share =
            analysis.findings.iter().any(|finding| finding.code == "KP302" && finding.message.contains(cells[2]));
        let then = cells[3].rsplit_once(' ').unwrap_or_default();
        if !(says(cells[1], cells[2]) || share && says(then.0, then.1)) {
            wrong.push(format!("{name}: {} at {}, computed {computed:?}", cells[1], cells[2]));
        }
    }
    none(&wrong);
}

/// A line of TOML behind a mark of a comment; none for a sentence.
fn uncommented<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(mark)?;
    let key = rest.split_once('=').map_or("", |(key, _)| key.trim());
    let toml = !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || "_.".contains(c));
    (toml || rest.starts_with('[')).then_some(rest)
}

/// Whoever opens a starter is asked for what is missing, and not told what is wrong with the starter.
#[test]
fn a_template_says_little_and_nothing_high() {
    for template in REVIEW_TEMPLATES {
        let (_, analysis) = analysed(template.text);
        let found = |severity| analysis.findings.iter().filter(move |finding| finding.severity == severity);
        let high: Vec<&str> = found(Severity::High).map(|finding| finding.id.as_str()).collect();
        assert!(high.is_empty(), "{}: {high:?}", template.path);
        let medium: Vec<&str> = found(Severity::Medium).map(|finding| finding.id.as_str()).collect();
        assert!(medium.len() <= 9, "{}: {medium:?}", template.path);
        assert!(analysis.findings.len() <= 20, "{}: {}", template.path, analysis.findings.len());
    }
}

#[test]
fn the_gaps_of_a_template_can_be_filled_by_taking_the_mark_away() {
    for template in REVIEW_TEMPLATES.iter().filter(|template| !template.path.ends_with("blank.toml")) {
        let mut filled = 0;
        let lines = template.text.lines().map(|line| match uncommented(line, "# TODO ") {
            Some(toml) => {
                filled += 1;
                format!("{toml}\n")
            }
            None => format!("{line}\n"),
        });
        let text: String = lines.collect();
        assert!(filled > 10, "{}: {filled} gaps", template.path);
        none(&problems(template.path, &text));
    }
}

#[test]
fn the_blank_template_with_its_comments_in_force_is_a_review() {
    let blank = REVIEW_TEMPLATES.iter().find(|template| template.path.ends_with("blank.toml")).unwrap();
    let mut inside = false;
    let mut text = String::new();
    for line in blank.text.lines() {
        // A table goes on to the next line that is not a comment; lists in it span lines.
        inside = line.starts_with("# ") && (inside || uncommented(line, "# ").is_some());
        let toml = line.strip_prefix("# ").filter(|_| inside).unwrap_or(line);
        text.push_str(toml);
        text.push('\n');
    }
    none(&problems(blank.path, &text));
    let (review, analysis) = analysed(&text);
    assert!(review.components.len() > 1 && !review.flows.is_empty());
    assert!(!matches!(analysis.promise.state, PromiseState::Unknown { .. }), "{:?}", analysis.promise);
}

/// The document of an example, as the workbench writes it.
fn document(text: &str) -> String {
    let (review, map, problems) = parse(text);
    let parsed = Parsed { review, map, problems };
    let (day, custom) = (date(2026, 11, 23), report::Custom::default());
    report::document("review.toml", text, &parsed, &Evidence::default(), day, &custom)
        .unwrap_or_else(|error| error.to_string())
}

#[test]
fn the_command_line_exports_the_same_bytes() {
    for Asset { path, .. } in EXAMPLES {
        let out = Path::new(path).with_file_name("review.md");
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_kneepoint"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["export", path, "--check", "--out"])
            .arg(&out)
            .output();
        assert!(ran.is_ok_and(|ran| ran.status.success()), "{path}");
    }
}

#[test]
fn every_example_stands_beside_its_document() {
    let mut stale = Vec::new();
    for Asset { path, text } in EXAMPLES {
        let there = Path::new(env!("CARGO_MANIFEST_DIR")).join(path).with_file_name("review.md");
        let now = document(text);
        if std::fs::read_to_string(&there).unwrap_or_default() == now {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&there, now).unwrap_or_default();
        } else {
            stale.push(format!("{}: UPDATE=1 writes it anew", there.display()));
        }
    }
    none(&stale);
}
