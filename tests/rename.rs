//! A new name for anything leaves no orphan anywhere, in one step of undo.

#[path = "workbench/harness.rs"]
mod harness;

use harness::Bench;
use kneepoint::analysis::{Analysis, Settings, analyze};
use kneepoint::document::{Document, parse};
use kneepoint::model::{Element, EntityKind, EntityRef, Evidence, Renaming, Review};
use kneepoint::workbench::Effect;
use std::collections::BTreeSet;

const FILES: [(&str, &str); 6] = [
    ("analytics-ingestion", include_str!("../examples/analytics-ingestion/review.toml")),
    ("ecommerce", include_str!("../examples/ecommerce/review.toml")),
    ("llm-rag", include_str!("../examples/llm-rag/review.toml")),
    ("saas-multi-tenant", include_str!("../examples/saas-multi-tenant/review.toml")),
    ("social-feed", include_str!("../examples/social-feed/review.toml")),
    ("whole-format", include_str!("data/whole-format.toml")),
];
const KINDS: [EntityKind; 6] = [
    EntityKind::Component,
    EntityKind::Flow,
    EntityKind::Slo,
    EntityKind::Hotspot,
    EntityKind::Decision,
    EntityKind::Action,
];

fn analysed(review: &Review) -> Analysis {
    analyze(review, &Evidence::default(), &Settings::new(jiff::civil::date(2026, 11, 23)))
}

fn ids(document: &Document, kind: EntityKind) -> Vec<String> {
    let count = document.review().count(kind);
    (0..count).filter_map(|index| document.cell(EntityRef::new(kind, index), &["id"])).collect()
}

/// What is said of a review, apart from the words: findings, what cannot be told, and problems.
fn said(document: &Document, renaming: Option<&Renaming>) -> BTreeSet<String> {
    let analysis = analysed(document.review());
    let new = |text: String| renaming.and_then(|renaming| renaming.finding(&text)).unwrap_or(text);
    let mut said = BTreeSet::new();
    for finding in &analysis.findings {
        let id = new(finding.id.clone());
        said.insert(format!("{id} {} {}", finding.severity.word(), finding.standing.word()));
    }
    for unknown in &analysis.cannot_tell {
        let id = new(format!("{}@{}", unknown.code, unknown.element.compact()));
        said.insert(format!("{id} cannot tell {}", unknown.missing));
    }
    let problems = document.problems().iter().chain(&analysis.problems);
    said.extend(problems.map(|problem| format!("problem {:?}", problem.kind)));
    said.insert(format!("{} problems", document.problems().len() + analysis.problems.len()));
    said
}

#[test]
fn a_new_name_for_anything_leaves_no_orphan_and_says_the_same() {
    let mut renamed = 0;
    for (file, text) in FILES {
        let mut document = Document::new(text.to_owned());
        for kind in KINDS {
            for old in ids(&document, kind) {
                let place = format!("{file}: {} {old}", kind.called());
                let renaming = Renaming::new(document.review(), kind, &old, "quite-another-name");
                let before = said(&document, Some(&renaming));
                document.rename(kind, &old, "quite-another-name").unwrap_or_else(|error| panic!("{place}: {error}"));
                assert_eq!(said(&document, None), before, "{place}");
                document.undo();
                assert_eq!(document.text(), text, "{place}: undo");
                assert!(document.send_renames().is_empty(), "{place}: nothing is to be told to the files beside");
                renamed += 1;
            }
        }
    }
    assert!(renamed > 150, "{renamed}");
}

/// A review in which a component is named in every place the format has.
const EVERYWHERE: &str = r#"format = 1
component = [
  { id = "api", kind = "service", deploys_with = "pay" },
  { id = "pay", kind = "service", recovery = { standby = "none" } },
  { id = "cache", kind = "cache" }, { id = "pay-queue", kind = "queue" },
]
dependency = [
  { from = "api", to = "pay", mode = "sync" }, { from = "api", to = "cache", fallback = "pay" },
  { from = "pay", to = "pay-queue", mode = "async" },
]
slo = [{ id = "pay-fast", component = "pay", indicator = "latency", objective = 99 }]
hotspot = [{ id = "h", at = "pay", signal = "pay busy" }, { id = "i", at = "api -> pay" }]
failure = [{ at = "api -> pay", when = "slow" }, { at = "pay", when = "down" }]
measure = [{ at = "pay", signal = "rate", query = "up{service='pay'}" }, { at = "api -> pay", signal = "p99" }]
answer = [{ question = "fast-path.timeouts", answer = "yes", evidence = "api -> pay", note = "pay answers" }]
decision = [{ id = "d", findings = ["KP203@api->pay", "missing-timeout@api -> pay"], measure = "pay-busy",
  trigger = { measure = "pay-busy", above = 0.6 } }, { id = "e", trigger = { measure = "pay-queue", above = 9 } }]
triage = [{ finding = "KP203@api->pay", status = "accepted" }, { finding = "KP408@*->pay" },
  { finding = "KP901@triage.KP408@*->pay", status = "accepted" }]
action = [{ id = "a1", from = "KP203@api->pay" }, { id = "a2", from = "pay" }]
parked = [{ title = "pay later", from = "api->pay" }]

[[flow]]
id = "buy"
entry = "api"
calls = [{ from = "api", to = "cache" }, { from = "api", to = "pay", on_miss = "cache" }, { from = "pay", to = "pay-queue" }]

[[meeting]]
items = [{ at = "pay", out = "decided" }]
lines = [{ at = "card:api->pay:slow", text = "pay is slow" }, { at = "KP201@buy:api->…->pay" }]
"#;

#[test]
fn a_component_is_followed_to_every_place_and_out_of_no_sentence() {
    let mut bench = Bench::open(EVERYWHERE);
    bench.keys(r#"2 down R ctrl-u "billing" enter"#);
    let left: Vec<_> = bench
        .text()
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| word.split("->").any(|word| word == "pay"))
        .collect();
    assert_eq!(left.len(), 4, "the query, the note, the title and the minutes: {}", bench.text());
    for text in [
        r#"deploys_with = "billing""#,
        r#"fallback = "billing""#,
        r#"signal = "billing busy""#,
        "service='pay'",
        r#"evidence = "api -> billing", note = "pay answers""#,
        r#""missing-timeout@api -> billing"], measure = "billing-busy""#,
        r#"{ measure = "pay-queue", above = 9 }"#,
        r#""KP901@triage.KP408@*->billing""#,
        r#"{ id = "a2", from = "billing" }"#,
        r#""card:api->billing:slow""#,
        r#""KP201@buy:api->…->billing""#,
        r#"id = "pay-fast", component = "billing""#,
    ] {
        assert!(bench.text().contains(text), "{text}: {}", bench.text());
    }
    assert_eq!(parse(bench.text()).2, parse(EVERYWHERE).2);
    bench.keys("u");
    assert_eq!(bench.text(), EVERYWHERE);
}

#[test]
fn every_component_of_the_shop_is_renamed_with_keys_in_one_step() {
    let shop = FILES[1].1;
    let mut bench = Bench::open(shop);
    let orphans = |bench: &Bench| {
        let analysis = bench.bench.session().analysis.clone().unwrap();
        analysis.findings.iter().filter(|finding| finding.code == "KP901").count()
    };
    let before = orphans(&bench);
    let count = parse(shop).0.components.len();
    bench.keys("2");
    for row in 0..count {
        bench.keys("home");
        for _ in 0..row {
            bench.keys("down");
        }
        bench.keys(&format!(r#"R ctrl-u "renamed-{row}" enter"#));
        assert!(bench.text().contains(&format!("\"renamed-{row}\"")), "{row}");
        assert_eq!(orphans(&bench), before, "{row}");
        bench.keys("u");
        assert_eq!(bench.text(), shop, "{row}");
    }
}

#[test]
fn a_flow_and_a_component_of_one_name_are_told_apart_by_what_was_found() {
    // KP101 is about the flow, KP302 about the component; the ids do not tell.
    let text = r#"format = 1
component = [{ id = "search", kind = "database", data = { hottest_key_share = 0.9, shards = 4 } }, { id = "gate" }]
dependency = [{ from = "gate", to = "search", mode = "sync", timeout = "1s" }]
flow = [{ id = "search", entry = "gate", rate = "9/s", critical = true, calls = [{ from = "gate", to = "search" }] }]
triage = [{ finding = "KP101@search", status = "accepted" }, { finding = "KP302@search", status = "accepted" }]
"#;
    let mut bench = Bench::open(text);
    let ids: Vec<_> = analysed(&parse(text).0).findings.into_iter().map(|finding| finding.id).collect();
    assert!(ids.contains(&"KP101@search".to_owned()) && ids.contains(&"KP302@search".to_owned()), "{ids:?}");
    bench.keys(r#"2 R ctrl-u "index" enter"#);
    assert!(bench.text().contains("\"KP101@search\"") && bench.text().contains("\"KP302@index\""), "{}", bench.text());
    // And a name is not taken from the other of the two.
    bench.keys(r#"u down R ctrl-u "search" enter esc"#);
    assert_eq!(bench.text(), text);
}

#[test]
fn the_files_beside_are_told_of_new_names_when_the_review_is_saved() {
    let mut bench = Bench::open(harness::SMALL);
    let told = |bench: &mut Bench| -> Vec<(String, String)> {
        let effects = std::mem::take(&mut bench.effects).into_iter();
        let renames = effects.filter_map(|effect| match effect {
            Effect::RenameBeside { renames, .. } => Some(renames),
            _ => None,
        });
        renames.flatten().map(|renaming| (renaming.old, renaming.new)).collect()
    };
    let pair = |old: &str, new: &str| (old.to_owned(), new.to_owned());
    bench.keys(r#"2 R ctrl-u "front" enter"#);
    assert_eq!(told(&mut bench), [], "nothing before the save");
    bench.keys("u w");
    assert_eq!(told(&mut bench), [], "taken back before the save");
    bench.keys("U w");
    assert_eq!(told(&mut bench), [pair("api", "front")]);
    bench.keys("u");
    bench.keys("w");
    assert_eq!(told(&mut bench), [pair("front", "api")], "the way back is told as well");
    // A save that fails takes nothing along; the next one does.
    bench.broken_disk = Some("the disk is full.".to_owned());
    bench.keys("U w");
    assert_eq!(told(&mut bench), []);
    bench.broken_disk = None;
    bench.keys("w");
    assert_eq!(told(&mut bench), [pair("api", "front")]);
    bench.keys("w");
    assert_eq!(told(&mut bench), [], "once");
}

// The grammar of names.

fn renaming(kind: EntityKind, old: &str) -> Renaming {
    let text = "component = [{ id = 'api' }, { id = 'db' }, { id = 'search' }, { id = 'api-queue' }]
        flow = [{ id = 'buy', entry = 'api' }, { id = 'search', entry = 'api' }]
        slo = [{ id = 'fast', flow = 'buy' }, { id = 'buy', flow = 'buy' }]
        decision = [{ id = 'later' }]";
    Renaming::new(&parse(text).0, kind, old, "new")
}

#[test]
fn findings_are_renamed_part_by_part() {
    let api = renaming(EntityKind::Component, "api");
    for (old, new) in [
        ("KP203@api->db", "KP203@new->db"),
        ("KP203@ api -> db", "KP203@ new -> db"),
        ("KP203@*->api", "KP203@*->new"),
        ("KP201@buy:api->…->db", "KP201@buy:new->…->db"),
        ("KP604@buy:api", "KP604@buy:new"),
        ("missing-timeout@api->db", "missing-timeout@new->db"),
        ("KP901@triage.KP203@api->db", "KP901@triage.KP203@new->db"),
        ("KP901@triage.KP901@triage.KP203@api", "KP901@triage.KP901@triage.KP203@new"),
        ("KP203@api", "KP203@new"),
    ] {
        assert_eq!(api.finding(old).as_deref(), Some(new), "{old}");
    }
    for text in [
        "KP203@ap*->db",
        "KP203@*->*",
        "KP203@apis",
        "KP904@decision.api",
        "KP201@api:db",
        "api",
        "KP203@x->y",
        "@",
        "",
    ] {
        assert_eq!(api.finding(text), None, "{text}");
    }
    assert_eq!(renaming(EntityKind::Flow, "buy").finding("KP201@buy:api->db").as_deref(), Some("KP201@new:api->db"));
    assert_eq!(renaming(EntityKind::Slo, "fast").finding("KP105@fast").as_deref(), Some("KP105@new"));
    let later = renaming(EntityKind::Decision, "later");
    assert_eq!(later.finding("KP904@decision.later").as_deref(), Some("KP904@decision.new"));
    assert_eq!(later.finding("KP904@action.later"), None);
}

#[test]
fn a_name_that_several_have_means_the_first_unless_it_is_known_better() {
    let (component, flow) = (renaming(EntityKind::Component, "search"), renaming(EntityKind::Flow, "search"));
    assert_eq!(component.element("search").as_deref(), Some("new"));
    assert_eq!(flow.element("search"), None);
    assert_eq!(flow.finding("KP101@search"), None);
    let about = [("KP101@search", &Element::Flow("search".to_owned()))];
    assert_eq!(flow.knowing(about).finding("KP101@search").as_deref(), Some("KP101@new"));
    assert_eq!(component.knowing(about).finding("KP101@search"), None);
    assert_eq!(renaming(EntityKind::Slo, "buy").finding("KP105@buy"), None, "it means the flow");
    assert_eq!(
        renaming(EntityKind::Flow, "search").finding("KP201@search:api->db").as_deref(),
        Some("KP201@new:api->db")
    );
}

#[test]
fn loose_names_and_signals_are_followed_and_sentences_stay() {
    let api = renaming(EntityKind::Component, "api");
    for (old, new) in [
        ("card:api->db:slow", "card:new->db:slow"),
        ("api -> db", "new -> db"),
        ("component:api", "component:new"),
        ("finding:KP203@api->db", "finding:KP203@new->db"),
        ("api", "new"),
    ] {
        assert_eq!(api.name(old).as_deref(), Some(new), "{old}");
    }
    for text in ["flow:api", "the api is slow", "rapid", "decision.api", "buy", ""] {
        assert_eq!(api.name(text), None, "{text}");
    }
    assert_eq!(renaming(EntityKind::Flow, "buy").name("buy:api->db").as_deref(), Some("new:api->db"));
    assert_eq!(renaming(EntityKind::Decision, "later").name("later").as_deref(), Some("new"));
    assert_eq!(api.signal("api-busy").as_deref(), Some("new-busy"));
    assert_eq!(api.signal("api p99").as_deref(), Some("new p99"));
    assert_eq!(api.signal("api-queue"), None, "another component");
    assert_eq!(api.signal("api-share"), None);
}

#[test]
fn a_pattern_of_one_component_alone_goes_with_it() {
    let alone = "component = [{ id = 'payments' }, { id = 'api' }]
        dependency = [{ from = 'api', to = 'payments', mode = 'sync' }]
        triage = [{ finding = 'KP203@*->pay*', status = 'accepted', expires = 2027-01-01 }]";
    let mut document = Document::new(alone.to_owned());
    document.rename(EntityKind::Component, "payments", "billing").unwrap();
    assert!(document.text().contains("'KP203@*->billing'"), "{}", document.text());
    document.rename(EntityKind::Component, "billing", "billing-2").unwrap();
    assert!(document.text().contains("'KP203@*->billing-2'"), "{}", document.text());
    // One that still matches, or that is about others too, stays as it was written.
    let mut document = Document::new(alone.replace("'api' }]", "'api' }, { id = 'payroll' }]"));
    document.rename(EntityKind::Component, "payments", "billing").unwrap();
    assert!(document.text().contains("'KP203@*->pay*'"), "{}", document.text());
}
