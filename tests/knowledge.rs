//! The method as data: complete, consistent, overridable, and each statement of the guide has a home.

use kneepoint::assets::CHECKLISTS;
use kneepoint::knowledge::{Home, Knowledge, KnowledgeProblem, Target, is_rule_code};
use kneepoint::model::{EntityKind, field_at};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Codes a text may name. Until the registry has every rule of the catalogue this is the catalogue itself; then replace
/// the body with the codes of `kneepoint::rules`.
/// The codes of rules that are not written yet: those that need a curve of latency or live figures.
const PLANNED: [&str; 12] =
    ["KP603", "KP608", "KP701", "KP702", "KP703", "KP704", "KP705", "KP706", "KP707", "KP708", "KP709", "KP710"];

/// Every code that a text may name: the registry's, and the planned ones.
fn is_known(code: &str) -> bool {
    is_written(code) || PLANNED.contains(&code)
}

/// Whether review format 1 has this table or key: what a question may fill and a row of the coverage table may name.
fn is_format_key(path: &str) -> bool {
    let mut keys = path.split('.');
    let kind = keys.next().and_then(EntityKind::of_table);
    let keys: Vec<&str> = keys.collect();
    kind.is_some_and(|kind| keys.is_empty() || field_at(kind, &keys).is_some())
}

fn overlay(path: &str, text: &str) -> (Knowledge, Vec<KnowledgeProblem>) {
    Knowledge::with_overlay(&[(path.to_owned(), text.to_owned())])
}

// ── The embedded data ────────────────────────────────────────────────────────────────────────────

#[test]
fn every_file_of_the_folder_is_embedded_and_without_problems() {
    fn walk(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("the folder is readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                let relative = path.strip_prefix(root()).expect("below the root");
                found.insert(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&root().join("checklists"), &mut found);
    let embedded: BTreeSet<String> = CHECKLISTS.iter().map(|asset| asset.path.to_owned()).collect();
    assert_eq!(found, embedded);
    assert_eq!(Knowledge::embedded_problems(), []);
}

#[test]
fn embedded_on_first_use_is_the_same_as_assembled_at_once() {
    let lazy = Knowledge::embedded();
    let (whole, problems) = overlay("own.toml", "title = \"Own\"\npurpose = \"Own.\"\n");
    assert_eq!(problems, []);
    assert_eq!(lazy.steps(), whole.steps());
    assert_eq!(lazy.checklists(), &whole.checklists()[..lazy.checklists().len()]);
    assert_eq!(lazy.patterns(), whole.patterns());
    assert_eq!(lazy.decision_tables(), whole.decision_tables());
    assert_eq!(lazy.signatures(), whole.signatures());
    assert_eq!(lazy.principles(), whole.principles());
    assert_eq!(lazy.guidance(), whole.guidance());
    assert_eq!(lazy.glossary(), whole.glossary());
}

#[test]
fn the_five_steps_have_the_questions_of_the_method() {
    let steps = Knowledge::embedded().steps();
    let counts: Vec<(u8, &str, usize)> =
        steps.iter().map(|step| (step.number, step.id.as_str(), step.questions.len())).collect();
    assert_eq!(
        counts,
        [(1, "targets", 11), (2, "fast-path", 12), (3, "bottleneck", 12), (4, "failure", 12), (5, "proof", 10)]
    );
    for step in steps {
        assert!(step.purpose.matches(". ").count() == 1 && step.purpose.ends_with('.'), "{}: two sentences", step.id);
        for question in &step.questions {
            assert!(
                question.skip.is_some() && question.auto.is_some() && question.unknown.is_some(),
                "{}",
                question.id
            );
            assert_eq!(question.home, Home::Step(step.number));
        }
        for key in &step.records {
            assert!(is_format_key(key), "{}: {key}", step.id);
        }
    }
}

#[test]
fn the_checklists_are_all_there() {
    let lists = Knowledge::embedded().checklists();
    let ids: BTreeSet<&str> = lists.iter().map(|list| list.id.as_str()).collect();
    for id in [
        "fast-path-list",
        "write-path-list",
        "caching",
        "queues",
        "resilience",
        "data",
        "multi-region",
        "observability",
        "load-test",
        "cost",
        "migration",
        "abuse",
        "llm",
        "tenancy",
        "capacity-planning",
        "launch",
    ] {
        assert!(ids.contains(id), "{id}");
        let path = format!("checklists/{id}.toml");
        assert!(CHECKLISTS.iter().any(|asset| asset.path == path), "the file of {id} carries its name");
    }
    for list in lists {
        assert!(list.items.len() >= 8, "{}", list.id);
    }
}

#[test]
fn questions_are_unique_complete_and_findable() {
    let knowledge = Knowledge::embedded();
    let mut ids = BTreeSet::new();
    let mut reasons = BTreeMap::new();
    for question in knowledge.questions() {
        assert!(ids.insert(question.id.as_str()), "twice: {}", question.id);
        assert!(question.text.len() > 20 && question.why.len() > 20, "{}", question.id);
        if let Some(other) = reasons.insert(question.why.as_str(), question.id.as_str()) {
            panic!("{} and {other} have the same reason", question.id);
        }
        assert_eq!(knowledge.question(&question.id), Some(question));
        for key in &question.fills {
            assert!(is_format_key(key), "{} fills {key}, which is no key of the format", question.id);
        }
        // The two questions to which no key and no rule belongs say so by being asked of people.
        let lives = !question.fills.is_empty() || !question.rules.is_empty() || question.found_in.is_some();
        assert!(lives, "{}: nobody knows where its answer lives", question.id);
    }
    assert!(ids.len() >= 57 + 105 + 30, "{}", ids.len());
    assert_eq!(knowledge.question("fast-path.nothing"), None);
}

#[test]
fn what_is_written_is_not_planned() {
    let written: Vec<_> = PLANNED.iter().filter(|code| is_written(code)).collect();
    assert!(written.is_empty(), "take {written:?} off the list");
}

#[test]
fn every_code_is_in_the_rule_catalogue() {
    for asset in CHECKLISTS {
        for (at, _) in asset.text.match_indices("KP") {
            let code: String = asset.text[at..].chars().take_while(char::is_ascii_alphanumeric).collect();
            assert!(is_rule_code(&code) && is_known(&code), "{}: {code}", asset.path);
        }
    }
}

#[test]
fn no_text_is_empty() {
    fn visit(path: &str, value: &toml::Value) {
        match value {
            toml::Value::String(text) => assert!(!text.trim().is_empty(), "{path}: an empty text"),
            toml::Value::Array(rows) => {
                assert!(
                    !rows.is_empty() || path.rsplit_once('.').is_some_and(|(_, key)| key == "rules"),
                    "{path}: an empty list"
                );
                for row in rows {
                    visit(path, row);
                }
            }
            toml::Value::Table(table) => {
                for (key, value) in table {
                    visit(&format!("{path}.{key}"), value);
                }
            }
            _ => {}
        }
    }
    for asset in CHECKLISTS {
        visit(asset.path, &toml::Value::Table(asset.text.parse().expect("valid TOML")));
    }
}

#[test]
fn every_reference_resolves() {
    let knowledge = Knowledge::embedded();
    let guidance = knowledge.guidance();
    let topics = guidance
        .groups()
        .into_iter()
        .flat_map(|(_, topics)| topics)
        .chain(knowledge.dimensions())
        .chain(knowledge.axes());
    let mut see: Vec<&String> = topics.clone().flat_map(|topic| &topic.see).collect();
    see.extend(knowledge.patterns().iter().flat_map(|pattern| &pattern.see));
    see.extend(knowledge.signatures().iter().flat_map(|signature| &signature.see));
    see.extend(knowledge.principles().iter().flat_map(|principle| &principle.see));
    see.extend(knowledge.antipatterns().iter().flat_map(|anti| &anti.see));
    see.extend(knowledge.glossary().iter().flat_map(|term| &term.see));
    assert!(see.len() > 250, "{}", see.len());
    for reference in see {
        assert!(knowledge.resolve(reference).is_some(), "{reference} leads nowhere");
    }
    let asked = knowledge.principles().iter().flat_map(|principle| &principle.questions);
    for id in topics.flat_map(|topic| &topic.questions).chain(asked) {
        assert!(knowledge.question(id).is_some(), "{id} is no question");
    }
    assert_eq!(knowledge.resolve("pattern:nothing"), None);
    assert_eq!(knowledge.resolve("outbox"), None);
}

#[test]
fn decision_tables_score_every_option_by_every_criterion() {
    let knowledge = Knowledge::embedded();
    assert!(knowledge.decision_tables().len() >= 9);
    assert!(!knowledge.decision_rule().is_empty());
    for table in knowledge.decision_tables() {
        let criteria: BTreeSet<&str> = table.criteria.iter().map(|criterion| criterion.id.as_str()).collect();
        assert!(table.options.len() >= 3 && criteria.len() == table.criteria.len(), "{}", table.id);
        for option in &table.options {
            let scored: BTreeSet<&str> = option.scores.keys().map(String::as_str).collect();
            assert_eq!(scored, criteria, "{}/{}", table.id, option.id);
            assert!(option.scores.values().all(|score| (1..=5).contains(score)), "{}/{}", table.id, option.id);
            if let Some(pattern) = &option.pattern {
                assert!(knowledge.pattern(pattern).is_some(), "{}/{}: {pattern}", table.id, option.id);
            }
            // A table in which one option is best at everything decides nothing.
            let beaten =
                table.options.iter().any(|other| option.scores.iter().any(|(name, score)| other.scores[name] > *score));
            assert!(beaten, "{}/{} is best at everything", table.id, option.id);
        }
    }
}

#[test]
fn the_catalogue_is_as_wide_as_the_method() {
    let knowledge = Knowledge::embedded();
    let wanted = "async-queue event-stream outbox cache-aside read-through write-through write-behind edge-cache read-replica cqrs \
                  materialised-view search-index sharding append-only-log idempotency-key rate-limit load-shedding backpressure bulkhead \
                  circuit-breaker timeout retry graceful-degradation autoscaling stateless-compute connection-pooler singleflight \
                  hedged-request fan-out-on-write fan-out-on-read hybrid-fan-out per-tenant-quota cell-isolation active-passive \
                  active-active modular-monolith service-split precomputation";
    for id in wanted.split_whitespace() {
        assert!(knowledge.pattern(id).is_some(), "{id}");
    }
    assert_eq!((knowledge.principles().len(), knowledge.dimensions().len(), knowledge.axes().len()), (6, 6, 4));
    assert_eq!(knowledge.guidance().phases.len(), 4);
    assert!(knowledge.signatures().len() >= 12 && knowledge.glossary().len() >= 50);
}

#[test]
fn words_are_found_however_they_are_written() {
    let knowledge = Knowledge::embedded();
    let id = |word: &str| knowledge.term(word).map(|term| term.id.as_str());
    assert_eq!(id("Backpressure"), Some("backpressure"));
    assert_eq!(id("  DLQ "), Some("dead-letter"));
    assert_eq!(id("p99"), Some("percentile"));
    assert_eq!(id("SLOs"), Some("slo"));
    assert_eq!(id("Utilization"), Some("utilisation"));
    assert_eq!(id(""), None);
    assert_eq!(id("s"), None);
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for term in knowledge.glossary() {
        for name in [&term.word].into_iter().chain(&term.aliases) {
            if let Some(other) = names.insert(name.to_lowercase(), &term.id) {
                assert_eq!(other, term.id, "{name} means two things");
            }
        }
    }
}

// ── A reader's own files ─────────────────────────────────────────────────────────────────────────

#[test]
fn a_file_changes_one_sentence_and_keeps_the_rest() {
    let (knowledge, problems) = overlay("caching.toml", "[[item]]\nid = \"stampede\"\ntext = \"Ours: one refills.\"\n");
    assert_eq!(problems, []);
    let changed = knowledge.question("caching.stampede").expect("still there");
    let before = Knowledge::embedded().question("caching.stampede").expect("there");
    assert_eq!(changed.text, "Ours: one refills.");
    assert_eq!((&changed.why, &changed.rules, &changed.home), (&before.why, &before.rules, &before.home));
    assert_eq!(knowledge.questions().count(), Knowledge::embedded().questions().count());
}

#[test]
fn a_file_adds_and_removes() {
    let text = "[[item]]\nid = \"caching.ours\"\ntext = \"Ask the shop team\"\nwhy = \"They know\"\nclass = \"ask\"\n\n\
                [[item]]\nid = \"negative\"\nremove = true\n";
    let (knowledge, problems) = overlay("checklists/caching.toml", text);
    assert_eq!(problems, []);
    assert!(knowledge.question("caching.ours").is_some());
    assert!(knowledge.question("caching.negative").is_none());

    let own = "title = \"House rules\"\npurpose = \"Ours.\"\n[[item]]\nid = \"names\"\ntext = \"t\"\nwhy = \"w\"\nclass = \"ask\"\n";
    let (knowledge, problems) = overlay("house.toml", own);
    assert_eq!(problems, []);
    assert_eq!(knowledge.checklists().last().map(|list| list.id.as_str()), Some("house"));
    assert_eq!(knowledge.question("house.names").map(|item| &item.home), Some(&Home::Checklist("house".to_owned())));

    let (knowledge, problems) = overlay("llm.toml", "remove = true\n");
    assert_eq!(problems, []);
    assert!(knowledge.checklist("llm").is_none() && knowledge.question("llm.long-tail").is_none());
    let dangling = knowledge.patterns().iter().flat_map(|pattern| &pattern.see).any(|see| see == "checklist:llm");
    assert!(!dangling, "what pointed to the list does so no longer");
}

#[test]
fn later_files_win() {
    let file = |text: &str| ("caching.toml".to_owned(), format!("[[item]]\nid = \"stampede\"\n{text}\n"));
    let (knowledge, problems) =
        Knowledge::with_overlay(&[file("text = \"first\""), file("text = \"second\""), file("remove = true")]);
    assert_eq!((problems, knowledge.question("caching.stampede")), (vec![], None));
    let (knowledge, problems) = Knowledge::with_overlay(&[file("text = \"first\""), file("text = \"second\"")]);
    assert_eq!(problems, []);
    assert_eq!(knowledge.question("caching.stampede").map(|item| item.text.as_str()), Some("second"));
}

#[test]
fn a_table_is_changed_option_by_option() {
    let text = "[[table]]\nid = \"queue-or-stream\"\n\n[[table.option]]\nid = \"queue\"\nprice = \"ours\"\n\n\
                [[table.option]]\nid = \"both\"\nremove = true\n";
    let (knowledge, problems) = overlay("catalogue/decisions.toml", text);
    assert_eq!(problems, []);
    let table = knowledge.decision_table("queue-or-stream").expect("kept");
    let queue = table.options.iter().find(|option| option.id == "queue").expect("kept");
    assert_eq!(queue.price, "ours");
    assert!(!queue.when.is_empty());
    assert!(table.options.iter().all(|option| option.id != "both"));
}

#[test]
fn a_slip_is_reported_with_its_line_and_the_nearest_name() {
    let cases = [
        ("caching.toml", "[[item]]\nid = \"stampede\"\ntxet = \"x\"\n", 3, Some("text")),
        ("caching.toml", "\n[[item]]\nid = \"stampde\"\ntext = \"x\"\n", 2, Some("caching.stampede")),
        ("caching.toml", "[[item]]\nid = \"stampde\"\nremove = true\n", 2, Some("caching.stampede")),
        ("caching.toml", "[[itme]]\nid = \"stampede\"\n", 1, Some("item")),
        ("caching.toml", "titel = \"x\"\n", 1, Some("title")),
        ("caching.toml", "[item]\nid = \"stampede\"\n", 1, None),
        ("caching.toml", "[[item]]\nid = \"queues.bounded\"\n", 2, None),
        ("caching.toml", "[[item]]\nid = \"Bad Id\"\n", 2, None),
        ("caching.toml", "[[item]]\nid = \"stampede\"\ntext = \"\"\n", 3, None),
        ("caching.toml", "[[item]]\nid = \"stampede\"\n[[item]]\nid = \"stampede\"\n", 4, None),
        ("caching.toml", "[[item]]\ntext = \"no id\"\n", 1, None),
        ("caching.toml", "[[item]]\nid = \"stampede\"\nrules = [\"KP3O4\"]\n", 3, None),
        ("caching.toml", "[[item]]\nid = \"stampede\"\nwhy = \"ok\"\ntext = 7\n", 4, None),
        ("caching.toml", "[[item]]\nid = \"stampede\"\nclass = \"derive\"\n", 1, None),
        ("caching.toml", "id = \"caching\"\nx = [\n", 2, None),
        (
            "catalogue/patterns.toml",
            "[[pattern]]\nid = \"outbox\"\nsee = [\"pattern:async-queu\"]\n",
            3,
            Some("pattern:async-queue"),
        ),
        ("catalogue/pattern.toml", "", 1, Some("catalogue/patterns.toml")),
        ("steps/1-targets.toml", "id = \"target\"\n", 1, Some("targets")),
        ("steps/1-targets.toml", "remove = true\n", 1, None),
        ("targets.toml", "title = \"x\"\npurpose = \"y\"\n", 1, None),
        ("notes.md", "# hello", 1, None),
    ];
    for (path, text, line, suggestion) in cases {
        let (knowledge, problems) = overlay(path, text);
        let as_expected = |problem: &KnowledgeProblem| {
            problem.line == line && problem.suggestion.as_deref() == suggestion && problem.file == path
        };
        assert!(problems.iter().any(as_expected), "{path} {text:?}: {problems:#?}");
        let kept = knowledge.question("caching.stampede").expect("a mistake spoils nothing");
        assert_eq!(kept.text, Knowledge::embedded().question("caching.stampede").expect("there").text, "{text:?}");
        assert_eq!(knowledge.steps(), Knowledge::embedded().steps());
    }
}

#[test]
fn hostile_files_neither_panic_nor_spoil() {
    let deep = format!("x = {}1{}\n", "[".repeat(50_000), "]".repeat(50_000));
    let many: Vec<String> = (0..3_000)
        .map(|number| {
            format!(
                "[[item]]
id = \"stampede{number}\"
"
            )
        })
        .collect();
    let many = many.concat();
    let huge = "# ".repeat(1_000_000);
    let long = format!("[[item]]\nid = \"{}\"\n", "a".repeat(1_000_000));
    let escape = "[[item]]\nid = \"a\\u001b[2Jb\"\n\"k\\u001b[2J\" = 1\n";
    for text in
        [deep.as_str(), many.as_str(), huge.as_str(), long.as_str(), escape, "\0\0", "\u{feff}[[item]]", "= = =\n[[[["]
    {
        let (knowledge, problems) = overlay("caching.toml", text);
        assert!(!problems.is_empty());
        for problem in problems {
            assert!(!problem.to_string().contains('\u{1b}') && problem.message.len() < 2_000, "{problem:?}");
        }
        assert!(knowledge.question("caching.stampede").is_some());
    }
}

// ── The coverage table ───────────────────────────────────────────────────────────────────────────

const TEMPLATES: [&str; 6] =
    ["ecommerce", "social-feed", "saas-multi-tenant", "analytics-ingestion", "llm-rag", "blank"];
const SCREENS: &str = "targets flows bottlenecks failure-paths proof graph findings decisions checklists document knowledge \
                       help promise-line";

struct CoverageRow {
    line: usize,
    statement: String,
    targets: Vec<String>,
}

/// The rows of the tables in `docs/coverage.md`: the last cell holds the targets, each in backticks.
fn coverage() -> Vec<CoverageRow> {
    let text = include_str!("../docs/coverage.md");
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some((statement, targets)) = line.trim().trim_matches('|').rsplit_once('|') else {
            continue;
        };
        let statement = statement.trim();
        if !line.starts_with('|') || statement.starts_with("---") || statement == "Statement" {
            continue;
        }
        let targets = targets.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        rows.push(CoverageRow { line: number + 1, statement: statement.to_owned(), targets });
    }
    rows
}

fn is_file_target(target: &str) -> bool {
    target.starts_with("templates/") || target.starts_with("examples/")
}

/// Whether the registry has this rule.
fn is_written(code: &str) -> bool {
    kneepoint::rules::registry::find(code).is_some()
}

/// Why a target leads nowhere, if it does.
fn broken(target: &str) -> Option<String> {
    let knowledge = Knowledge::embedded();
    if let Some(code) = target.strip_prefix("rule:") {
        return (!is_written(code)).then(|| format!("no rule {code}"));
    }
    if let Some(code) = target.strip_prefix("planned:") {
        if is_written(code) {
            return Some(format!("{code} is written now: it is rule:{code}"));
        }
        return (!PLANNED.contains(&code)).then(|| format!("no rule {code} is planned"));
    }
    if let Some(key) = target.strip_prefix("format:") {
        return (!is_format_key(key)).then(|| format!("no key {key} in the format"));
    }
    if let Some(screen) = target.strip_prefix("screen:") {
        return (!SCREENS.split_whitespace().any(|name| name == screen)).then(|| format!("no screen {screen}"));
    }
    if !target.starts_with("checklists/") {
        return Some("a target is checklists/…, rule:, format:, screen:, templates/ or examples/".to_owned());
    }
    let (path, fragment) = target.split_once('#').map_or((target, None), |(path, fragment)| (path, Some(fragment)));
    if !CHECKLISTS.iter().any(|asset| asset.path == path) {
        return Some(format!("no file {path}"));
    }
    let fragment = fragment?;
    let name = path.trim_start_matches("checklists/").trim_end_matches(".toml");
    let found = match name {
        "catalogue/patterns" => knowledge.pattern(fragment).is_some(),
        "catalogue/signatures" => knowledge.resolve(&format!("signature:{fragment}")).is_some(),
        "catalogue/glossary" => knowledge.resolve(&format!("term:{fragment}")).is_some(),
        "catalogue/decisions" => {
            let (table, option) =
                fragment.split_once('/').map_or((fragment, None), |(table, option)| (table, Some(option)));
            let has = |id: &str| {
                knowledge.decision_table(table).is_some_and(|table| table.options.iter().any(|option| option.id == id))
            };
            fragment == "rule" || knowledge.decision_table(table).is_some() && option.is_none_or(has)
        }
        "catalogue/principles" => {
            matches!(
                knowledge.resolve(fragment),
                Some(Target::Principle(_) | Target::AntiPattern(_) | Target::Topic(_))
            )
        }
        _ => match name.strip_prefix("steps/").and_then(|step| step.chars().next()?.to_digit(10)) {
            Some(number) => {
                let step = knowledge.steps().iter().find(|step| u32::from(step.number) == number);
                step.is_some_and(|step| knowledge.question(&format!("{}.{fragment}", step.id)).is_some())
            }
            None => knowledge.question(&format!("{name}.{fragment}")).is_some(),
        },
    };
    (!found).then(|| format!("no {fragment} in {path}"))
}

#[test]
fn every_row_of_the_coverage_table_leads_somewhere() {
    let rows = coverage();
    assert!(rows.len() >= 200, "{} rows: the guide has more statements", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        if row.targets.iter().all(|target| target.starts_with("planned:")) {
            wrong.push(format!("line {}: nothing covers {:?}", row.line, row.statement));
        }
        for target in row.targets.iter().filter(|target| !is_file_target(target)) {
            wrong.extend(broken(target).map(|why| format!("line {}: `{target}`: {why}", row.line)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn templates_and_examples_of_the_coverage_table_exist() {
    let mut named = BTreeSet::new();
    for row in coverage() {
        for target in row.targets.iter().filter(|target| is_file_target(target)) {
            let known = TEMPLATES.iter().any(|name| {
                *target == format!("templates/reviews/{name}.toml")
                    || (*name != "blank" && *target == format!("examples/{name}/review.toml"))
            }) || target == "examples/reference/review.toml";
            assert!(known, "line {}: `{target}` is neither a template nor an example", row.line);
            named.insert(target.clone());
        }
    }
    assert_eq!(named.len(), 12, "five templates with an example each, the blank one, the reference: {named:?}");
    let missing: Vec<&String> = named.iter().filter(|target| !root().join(target).exists()).collect();
    assert!(missing.is_empty(), "missing (are templates/ and examples/ merged?): {missing:?}");
}

#[test]
fn the_coverage_check_can_fail() {
    for target in [
        "rule:KP999",
        "rule:KP608",
        "planned:KP203",
        "planned:KP999",
        "format:component.nothing",
        "screen:nowhere",
        "checklists/nothing.toml",
        "checklists/caching.toml#nothing",
        "checklists/steps/1-targets.toml#walk",
        "checklists/catalogue/patterns.toml#term",
        "checklists/catalogue/decisions.toml#write-model/nothing",
        "checklists/catalogue/principles.toml#pattern:outbox",
        "src/lib.rs",
    ] {
        assert!(broken(target).is_some(), "{target}");
    }
    for target in [
        "rule:KP203",
        "planned:KP608",
        "format:component.cache",
        "format:growth.cost.monthly_budget",
        "checklists/caching.toml",
        "checklists/caching.toml#stampede",
        "checklists/steps/2-fast-path.toml#walk",
        "checklists/catalogue/decisions.toml#write-model/single-writer",
        "checklists/catalogue/principles.toml#layer:data",
    ] {
        assert_eq!(broken(target), None, "{target}");
    }
}
