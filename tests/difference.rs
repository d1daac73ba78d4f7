//! The difference between two reviews: what is told on pairs of reviews, and what holds for all of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

use jiff::civil::date;
use kneepoint::analysis::difference::{Difference, Side, Turn, difference};
use kneepoint::analysis::{Analysis, Settings, analyze};
use kneepoint::document::{SourceMap, parse};
use kneepoint::model::{Evidence, Gravity, Node, Problem, Review, Table, Value};
use kneepoint::report::{Compared, Origin, Style, difference_json, difference_markdown, difference_text};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const WHOLE: &str = include_str!("data/whole-format.toml");

struct Version {
    text: String,
    review: Review,
    source: SourceMap,
    problems: Vec<Problem>,
    analysis: Analysis,
}

impl Version {
    fn of(text: &str) -> Self {
        let (review, source, problems) = parse(text);
        // A few rules: what others say is theirs to prove.
        let select = ["KP102", "KP105", "KP203", "KP204", "KP307", "KP313", "KP502", "KP902"].map(str::to_owned);
        let settings = Settings { select: select.into(), ..Settings::new(date(2026, 11, 23)) };
        let analysis = analyze(&review, &Evidence::default(), &settings);
        Self { text: text.to_owned(), review, source, problems, analysis }
    }

    fn side(&self) -> Side<'_> {
        Side { text: &self.text, review: &self.review, source: &self.source, analysis: &self.analysis }
    }

    fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.gravity == Gravity::Error).count()
    }
}

fn between(before: &str, after: &str) -> Difference {
    difference(Version::of(before).side(), Version::of(after).side())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every example and template, and the file that uses every key.
fn reviews() -> Vec<(PathBuf, String)> {
    let mut paths = vec![root().join("tests/data/whole-format.toml")];
    for folder in ["examples", "templates/reviews"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let path = if path.is_dir() { path.join("review.toml") } else { path };
            if path.extension().is_some_and(|extension| extension == "toml") && path.is_file() {
                paths.push(path);
            }
        }
    }
    assert!(paths.len() > 8, "{paths:?}");
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What is told of a difference, for a message.
fn told(found: &Difference) -> String {
    let origin = |name| Origin { name, errors: 0 };
    let compared = Compared { before: origin("before"), after: origin("after"), difference: found };
    difference_text(&compared, Style::default())
}

#[test]
fn a_review_is_no_different_from_itself() {
    for (path, text) in reviews() {
        let found = between(&text, &text);
        assert!(found.is_empty(), "{}:\n{}", path.display(), told(&found));
    }
}

/// The text with its tables in the opposite order; tables inside a table stay behind it.
fn upside_down(text: &str) -> String {
    let mut blocks: Vec<String> = vec![String::new()];
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        let quotes = line.matches("\"\"\"").count() + line.matches("'''").count();
        let header = line.trim_start().strip_prefix('[').filter(|_| !inside && !line.starts_with(' '));
        let name = header.and_then(|rest| rest.trim_start_matches('[').split(']').next());
        if name.is_some_and(|name| !name.contains('.')) {
            blocks.push(String::new());
        }
        blocks.last_mut().unwrap().push_str(line);
        inside ^= quotes % 2 == 1;
    }
    let top = blocks.remove(0);
    blocks.reverse();
    top + &blocks.concat()
}

#[test]
fn order_layout_and_comments_are_no_difference() {
    let mut differing = 0;
    for (path, text) in reviews() {
        let spaced = text.replace(" = ", "  =   ").replace("\n[[", "\n# and now\n\n[[");
        for other in [upside_down(&text), spaced, text.replace('\n', "\r\n")] {
            differing += usize::from(text != other);
            let found = between(&text, &other);
            let said: Vec<_> = found.entities.iter().chain(&between(&other, &text).entities).cloned().collect();
            assert!(said.is_empty() && found.file.is_empty(), "{}:\n{}", path.display(), told(&found));
            assert!(found.headroom.is_same() && found.cost.is_same(), "{}:\n{}", path.display(), told(&found));
            assert!(found.findings.is_empty(), "{}:\n{}", path.display(), told(&found));
        }
    }
    assert!(differing > 20, "{differing}");
}

#[test]
fn the_same_value_may_be_written_in_many_ways() {
    let review = |value: &str| format!("[[component]]\nid = \"a\"\n{value}\n");
    let dependency = |value: &str| format!("[[dependency]]\nfrom = \"a\"\nto = \"b\"\n{value}\n");
    let same = [
        (dependency("timeout = \"250ms\""), dependency("timeout = '0.25s'")),
        (dependency("timeout = \"250ms\""), dependency("timeout = { low = \"0.25s\", high = \"250ms\" }")),
        (dependency("retry = { budget = 0.85 }"), dependency("[dependency.retry]\nbudget = \"85%\"")),
        (dependency("retry.attempts = 2"), dependency("retry = { attempts = 2.0 }")),
        (review("rate_limit = \"1k/s\""), review("rate_limit = \"60e3/min\"")),
        (review("cost_per_hour = 1e3"), review("cost_per_hour = \"1k\"")),
        (review("service_time = \"6ms\""), review("service_time = { mean = \"0.006s\" }")),
        (
            review("service_time = { low = \"1ms\", high = \"3ms\" }"),
            review("service_time = { low = \"1ms\", likely = \"2ms\", high = \"3ms\" }"),
        ),
        (review("regions = [\"x\", \"y\"]"), review("regions = [\"y\", \"x\"]")),
        (review("name = \"caf\\u00e9\""), review("name = 'café'")),
        (review("data = {}"), review("")),
        (review("data = { size = \"1GB\" }"), review("[component.data]\nsize = \"1000MB\"")),
        ("[[measure]]\nat = \"a->b\"\n".to_owned(), "[[measure]]\nat = \"a -> b\"\n".to_owned()),
        (
            "[[action]]\nid = \"a\"\ndue = 2026-12-10\n".to_owned(),
            "[[action]]\nid = \"a\"\ndue = \"2026-12-10\"\n".to_owned(),
        ),
    ];
    for (before, after) in same {
        let found = between(&before, &after);
        assert!(found.entities.is_empty(), "{before}\n{after}\n{}", told(&found));
    }
    let other = [
        (dependency("timeout = \"250ms\""), dependency("timeout = \"250.0001ms\"")),
        (review("cost_per_hour = 123456789012"), review("cost_per_hour = 123456789013")),
        (review("regions = [\"x\", \"x\"]"), review("regions = [\"x\"]")),
        (review("name = \"a b\""), review("name = \"a  b\"")),
        (review("name = \"a\""), review("name = \"a\\u200b\"")),
        (review("workers = 5"), review("workers = \"five\"")),
        (review("stateless = true"), review("stateless = \"true\"")),
        (review("colour = 1"), review("colour = 2")),
    ];
    for (before, after) in other {
        let found = between(&before, &after);
        let [change] = found.entities.as_slice() else { panic!("{before}\n{after}\n{}", told(&found)) };
        let [field] = change.fields.as_slice() else { panic!("{before}\n{after}\n{}", told(&found)) };
        assert_ne!(field.before, field.after, "what differs looks different");
    }
}

/// A value in the text: its entity's table, its keys, where it stands.
type Leaf = (String, Vec<String>, std::ops::Range<usize>, Value);

fn leaves(node: &Node, way: &mut Vec<String>, found: &mut Vec<Leaf>, table: &str) {
    match &node.value {
        Value::Table(inner) => {
            for entry in &inner.entries {
                way.push(entry.key.to_string());
                leaves(&entry.node, way, found, table);
                way.pop();
            }
        }
        Value::Array(items) if items.iter().any(|item| item.table().is_some()) => {
            for (place, item) in items.iter().enumerate() {
                way.push(place.to_string());
                leaves(item, way, found, table);
                way.pop();
            }
        }
        value => found.push((table.to_owned(), way.clone(), node.span.range(), value.clone())),
    }
}

/// Another value of the same kind.
fn other(literal: &str, value: &Value) -> String {
    let digit = |text: &str| {
        let place = text.find(|c: char| matches!(c, '1'..='9')).or_else(|| text.rfind('0'));
        place.map(|place| {
            let next = match text.as_bytes()[place] {
                b'1' => '2',
                _ => '1',
            };
            format!("{}{next}{}", &text[..place], &text[place + 1..])
        })
    };
    match value {
        Value::Boolean(value) => (!value).to_string(),
        Value::Date(_) => literal.replace("2026", "2025").replace("2027", "2024"),
        Value::Integer(_) | Value::Float(_) => digit(literal).unwrap(),
        Value::Text(text) if text.starts_with(|c: char| c.is_ascii_digit()) => digit(literal).unwrap(),
        Value::Text(text) => format!("{:?}", format!("{text}x")),
        Value::Array(_) => literal.replacen('[', "[\"one-more\", ", 1),
        other => panic!("{other:?}"),
    }
}

/// Keys that entities are known by: another value is another entity.
const KNOWN_BY: [(&str, &[&str]); 16] = [
    ("slo", &["id"]),
    ("component", &["id"]),
    ("flow", &["id"]),
    ("hotspot", &["id"]),
    ("decision", &["id"]),
    ("action", &["id"]),
    ("dependency", &["from", "to"]),
    ("failure", &["at", "when"]),
    ("measure", &["at", "signal"]),
    ("answer", &["question"]),
    ("triage", &["finding"]),
    ("parked", &["title"]),
    ("meeting", &["date"]),
    ("load_test", &["flow"]),
    ("review", &[]),
    ("growth", &[]),
];

#[test]
fn every_edit_of_one_key_is_told_as_that_key_and_nothing_else() {
    let before = Version::of(WHOLE);
    let tables: &Table = before.source.root();
    let mut all = Vec::new();
    for entry in &tables.entries {
        let node = &entry.node;
        match &node.value {
            Value::Array(items) => {
                for item in items {
                    leaves(item, &mut Vec::new(), &mut all, &entry.key);
                }
            }
            _ => leaves(node, &mut Vec::new(), &mut all, &entry.key),
        }
    }
    assert!(all.len() > 200, "{}", all.len());
    let mut kinds = BTreeSet::new();
    for (table, keys, range, value) in all {
        let literal = &WHOLE[range.clone()];
        let changed = other(literal, &value);
        let text = format!("{}{changed}{}", &WHOLE[..range.start], &WHOLE[range.end..]);
        let after = Version::of(&text);
        let found = difference(before.side(), after.side());
        let what = format!("{table}.{}: {literal} → {changed}\n{}", keys.join("."), told(&found));
        assert!(!found.is_empty(), "{what}");
        if table == "format" {
            assert!(found.entities.is_empty() && found.file.len() == 1, "{what}");
            continue;
        }
        kinds.insert(table.clone());
        let known_by = KNOWN_BY.iter().find(|(known, _)| *known == table).map_or(&[][..], |(_, keys)| *keys);
        if known_by.iter().any(|key| keys == [*key]) {
            let turns: Vec<Turn> =
                found.entities.iter().map(kneepoint::analysis::difference::EntityChange::turn).collect();
            let renamed = found.entities.len() == 1 && found.entities[0].was.is_some();
            assert!(renamed || turns == [Turn::Added, Turn::Removed], "{what}");
            assert!(found.entities.iter().all(|change| change.kind.table() == table), "{what}");
            assert!(!renamed || found.entities[0].fields.is_empty(), "{what}");
            continue;
        }
        let [change] = found.entities.as_slice() else { panic!("{what}") };
        assert_eq!((change.kind.table(), change.turn()), (table.as_str(), Turn::Changed), "{what}");
        if keys[0] == "calls" && ["from", "to"].contains(&keys[2].as_str()) {
            let gone = change.fields.iter().filter(|field| field.after.is_none()).count();
            let came = change.fields.iter().filter(|field| field.before.is_none()).count();
            assert_eq!((gone, came, change.fields.len()), (1, 1, 2), "{what}");
            continue;
        }
        let [field] = change.fields.as_slice() else { panic!("{what}") };
        assert_eq!(field.keys, keys, "{what}");
        assert!(field.before.is_some() && field.after.is_some() && field.before != field.after, "{what}");
    }
    assert_eq!(kinds.len(), 19, "every table was edited: {kinds:?}");
}

#[test]
fn a_renamed_element_is_one_change_wherever_it_is_named() {
    for (path, text) in reviews() {
        let mut document = kneepoint::document::Document::new(text.clone());
        let Some(component) = document.review().components.first().map(|component| component.id().to_owned()) else {
            continue;
        };
        document.rename(kneepoint::model::EntityKind::Component, &component, "quite-another-name").unwrap();
        let found = between(&text, document.text());
        let what = format!("{}: {component}\n{}", path.display(), told(&found));
        let [change] = found.entities.as_slice() else { panic!("{what}") };
        assert_eq!(
            (change.was.as_deref(), change.name.as_str()),
            (Some(component.as_str()), "quite-another-name"),
            "{what}"
        );
        assert!(change.fields.is_empty() && found.has_no_consequence(), "{what}");
    }
}

/// The parts of a fixture: `## title`, then a block of each language.
fn cases(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut fence: Option<String> = None;
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("````") {
            fence = if fence.take().is_some() { None } else { Some(language.to_owned()) };
            if let (Some(language), Some((_, blocks))) = (&fence, found.last_mut()) {
                blocks.push((language.clone(), String::new()));
            }
        } else if fence.is_some() {
            let block = &mut found.last_mut().unwrap().1.last_mut().unwrap().1;
            block.push_str(line);
            block.push('\n');
        } else if let Some(title) = line.strip_prefix("## ") {
            found.push((title.to_owned(), Vec::new()));
        }
    }
    found
}

#[test]
fn what_is_told_of_pairs_of_reviews() {
    let path = root().join("tests/difference/pairs.md");
    let fixture = fs::read_to_string(&path).unwrap();
    let mut written = fixture.split("## ").next().unwrap().to_owned();
    let all = cases(&fixture);
    assert!(all.len() >= 10);
    for (title, blocks) in &all {
        let block = |name: &str| blocks.iter().find(|(language, _)| language == name).map(|(_, text)| text.as_str());
        let (before, after) = (Version::of(block("toml before").unwrap()), Version::of(block("toml after").unwrap()));
        let found = difference(before.side(), after.side());
        let compared = Compared {
            before: Origin { name: "before.toml", errors: before.errors() },
            after: Origin { name: "after.toml", errors: after.errors() },
            difference: &found,
        };
        let text = difference_text(&compared, Style::default());
        let comment = difference_markdown(&compared);
        let open = comment.split("<details>").next().unwrap();
        assert!(open.lines().count() <= 32, "more than a screen:\n{comment}");
        let json: serde_json::Value = serde_json::from_str(&difference_json(&compared)).unwrap();
        assert_eq!((&json["format"], &json["same"]), (&1.into(), &found.is_empty().into()));
        let _ = write!(written, "## {title}\n\n");
        for (language, part) in [
            ("toml before", block("toml before").unwrap()),
            ("toml after", block("toml after").unwrap()),
            ("text", text.as_str()),
        ] {
            let _ = write!(written, "````{language}\n{part}````\n\n");
        }
        if block("markdown").is_some() {
            let _ = write!(written, "````markdown\n{comment}````\n\n");
        }
    }
    let written = written.trim_end().to_owned() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, written).unwrap();
    } else {
        assert_eq!(fixture, written, "UPDATE=1 cargo test --test difference writes it");
    }
}

#[test]
fn text_that_commands_a_terminal_or_a_document_is_only_text() {
    let review = |name: &str| format!("[[component]]\nid = \"a\"\nname = \"{name}\"\n");
    let found = between(&review("plain"), &review("\\u001b[31m|</details><!-- x -->\\u202e@all `code`"));
    let origin = Origin { name: "x`\u{1b}[2J", errors: 1 };
    let compared = Compared { before: origin, after: origin, difference: &found };
    for text in
        [difference_text(&compared, Style::default()), difference_markdown(&compared), difference_json(&compared)]
    {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
    let comment = difference_markdown(&compared);
    assert_eq!(comment.matches("</details>").count(), comment.matches("<details>").count(), "{comment}");
    assert_eq!(comment.matches("<!--").count(), 1, "{comment}");
}

/// A chain of services with a flow through some of them.
fn many(count: usize, name: impl Fn(usize) -> String) -> String {
    let mut text = String::from("format = 1\n");
    for index in 0..count {
        let _ =
            write!(text, "[[component]]\nid = \"{}\"\nkind = \"service\"\nworkers = {}\n", name(index), index % 50 + 1);
    }
    for index in 1..count {
        for before in [index / 2, index - 1] {
            let _ = write!(text, "[[dependency]]\nfrom = \"{}\"\nto = \"{}\"\n", name(before), name(index));
        }
    }
    text
}

#[test]
fn thousands_of_elements_that_all_have_new_names_take_no_longer_than_their_analysis() {
    let before = Version::of(&many(3_000, |index| format!("old-{index}")));
    let after = Version::of(&many(3_000, |index| format!("new-{}", 2_999 - index)));
    let begun = Instant::now();
    let found = difference(before.side(), after.side());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(!found.is_empty());
    let compared = Compared {
        before: Origin { name: "a", errors: 0 },
        after: Origin { name: "b", errors: 0 },
        difference: &found,
    };
    let comment = difference_markdown(&compared);
    assert!(comment.chars().count() < 65_536, "a comment has room for {}", comment.chars().count());
}
