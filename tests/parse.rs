//! TOML in, model and problems out: the contract of `document::parse`.

use kneepoint::document::parse;
use kneepoint::model::{ComponentKind, EntityKind, EntityRef, ProblemKind};
use kneepoint::units::Quantity;

/// `line:column kind message (help)` of every problem of a text.
fn problems(text: &str) -> Vec<String> {
    let (_, map, problems) = parse(text);
    problems
        .iter()
        .map(|problem| {
            let at = map.position(text, problem.span.start);
            let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}:{} {} {}{help}", at.line, at.column, problem.kind.name(), problem.message)
        })
        .collect()
}

#[test]
fn the_whole_format_is_read_without_a_problem() {
    let text = include_str!("data/whole-format.toml");
    assert_eq!(problems(text), Vec::<String>::new());
    let (review, map, _) = parse(text);
    let api = review.component("api").unwrap();
    assert_eq!(api.kind, Some(ComponentKind::Service));
    assert_eq!(api.autoscale.as_ref().unwrap().max.unwrap().value(), 20.0);
    assert_eq!(api.service_time.unwrap().mean.value(), 0.006);
    let database = review.component("orders-db").unwrap();
    assert_eq!(database.data.as_ref().unwrap().retention.unwrap().likely().value(), 2.0 * 365.0 * 86_400.0);
    assert_eq!(database.recovery.as_ref().unwrap().rto.unwrap().value(), 900.0);
    let flow = review.flow("checkout").unwrap();
    assert_eq!(flow.calls.as_ref().unwrap().len(), 7);
    assert_eq!(review.decisions[0].trigger.as_ref().unwrap().duration.unwrap().value(), 3600.0);
    let timeout = map.place(EntityRef::new(EntityKind::Dependency, 0), &["timeout"]).unwrap();
    assert_eq!(&text[timeout.range()], "\"250ms\"");
}

#[test]
fn a_slip_is_reported_at_its_place_with_what_was_meant() {
    let text = r#"format = 1
[[component]]
id = "api"
kind = "servce"
replcas = 3
workers = "many"
service_time = "6 parsecs"
availability = 120

[[component]]
id = "api"

[[dependency]]
from = "api"
to = "orders-bd"

[[component]]
id = "orders-db"
"#;
    assert_eq!(
        problems(text),
        [
            "4:8 unknown-word `servce` is not a component kind (did you mean `service`?)",
            "5:1 unknown-key [[component]] has no key `replcas` (did you mean `replicas`?)",
            "6:11 wrong-type `many` is no count: a count is written 6",
            "7:16 wrong-type `6 parsecs` is no duration: a duration is written \"250ms\", \"1.5s\", \"2h\", \"28d\" or \"12mo\"",
            "8:16 out-of-range a percentage lies above 0 and up to 100",
            "11:6 duplicate a second component with the id `api`; the first is used",
            "15:6 dangling-reference there is no component `orders-bd` (did you mean `orders-db`?)",
        ]
    );
}

#[test]
fn broken_toml_in_the_middle_leaves_the_rest_readable() {
    let text = "format = 1\n[[component]]\nid = \"a\"\nreplicas = = 3\n[component\nid = 4\n\n[[component]]\nid = \"b\"\nworkers = 8\n[[flow]]\nid = \"f\"\nentry = \"b\"\nrate = \"5/s\"\n";
    let (review, _, found) = parse(text);
    assert!(review.component("a").is_some());
    assert_eq!(review.component("b").unwrap().workers.unwrap().value(), 8.0);
    assert_eq!(review.flow("f").unwrap().rate.unwrap().value(), 5.0);
    assert!(found.iter().any(|problem| problem.kind == ProblemKind::Syntax));
}

#[test]
fn an_unclosed_string_or_list_does_not_swallow_the_program() {
    for text in [
        "a = \"",
        "[[component]]\nid = \"a\nkind = 1",
        "[[flow]]\ncalls = [\n{ from = \"a\"\n",
        "[",
        "= 1",
        "\u{0}",
        "a.b.c",
        "x = [[[[",
    ] {
        let _ = parse(text);
    }
    let deep = format!("a = {}", "[".repeat(100_000));
    let _ = parse(&deep);
    let dotted = format!("{}x = 1", "a.".repeat(100_000));
    let _ = parse(&dotted);
}

#[test]
fn calls_that_go_round_or_are_never_made_are_said() {
    let text = r#"
[[component]]
id = "a"
[[component]]
id = "b"
[[component]]
id = "c"
[[dependency]]
from = "a"
to = "b"
[[dependency]]
from = "b"
to = "a"
[[dependency]]
from = "c"
to = "a"
[[flow]]
id = "f"
entry = "a"
calls = [{ from = "a", to = "b" }, { from = "b", to = "a" }, { from = "c", to = "a" }]
"#;
    assert_eq!(
        problems(text),
        [
            "20:36 contradiction the calls of flow `f` go round in a circle through `a`",
            "20:62 contradiction this call is never made: nothing of the flow reaches `c`",
        ]
    );
}

#[test]
fn every_unit_must_be_said_and_a_range_must_be_in_order() {
    let text = "[[component]]\nid = \"a\"\nservice_time = 6\nworkers = { low = 8, high = 2 }\ncores = { lo = 1, high = 2 }\nrate_limit = nan\n";
    assert_eq!(
        problems(text),
        [
            "3:16 wrong-type a duration needs a unit: \"250ms\", \"1.5s\", \"2h\", \"28d\" or \"12mo\"",
            "4:11 contradiction a range has its low end below its likely value below its high end",
            "5:9 missing-key a range of a number needs `low` and `high`",
            "5:11 unknown-key a range has no key `lo` (did you mean `low`?)",
            "6:14 wrong-type a rate needs a unit: \"400/s\", \"2.5k/s\", \"90/min\" or \"1M/day\"",
        ]
    );
}

#[test]
fn what_is_never_closed_ends_at_the_next_header() {
    let text = "[[flow]]\nid = \"f\"\ncalls = [\n  { from = \"a\", to = \"b\" },\n  [1, 2],\n\n[[component]] # next\nid = \"a\"\nname = \"\"\"\nnever\n\n[[component]]\nid = \"b\"\ncache = { ttl = \"5m\"\n[component.data]\nshards = 4\n";
    let (review, map, found) = parse(text);
    assert_eq!(review.components.iter().map(|component| component.id().to_owned()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(review.component("b").unwrap().data.as_ref().unwrap().shards.unwrap().value(), 4.0);
    assert_eq!(review.component("b").unwrap().cache.as_ref().unwrap().ttl.unwrap().value(), 300.0);
    let mut lines: Vec<_> = found
        .iter()
        .filter(|problem| problem.kind == ProblemKind::Syntax)
        .map(|problem| map.position(text, problem.span.start).line)
        .collect();
    lines.dedup();
    assert_eq!(lines, [3, 9, 14]);
}

#[test]
fn lists_of_lists_are_not_taken_for_headers() {
    let text = "[[component]]\nid = \"a\"\nregions = [\n  [\"x\"],\n[true],\n[1],\n[nan],\n]\nworkers = 3\n";
    let (review, _, found) = parse(text);
    assert!(found.iter().all(|problem| problem.kind == ProblemKind::WrongType), "{found:?}");
    assert_eq!(review.component("a").unwrap().workers.unwrap().value(), 3.0);
}

#[test]
fn one_bracket_where_two_are_meant_is_a_new_table_and_said() {
    let text = "[[component]]\nid = \"a\"\n\n[component]\nid = \"b\"\n\n[component.cache]\nttl = \"5m\"\n";
    let (review, _, _) = parse(text);
    assert_eq!(review.components.len(), 2);
    assert!(review.component("b").unwrap().cache.is_some() && review.component("a").unwrap().cache.is_none());
    assert_eq!(problems(text), ["4:2 syntax `component` stands several times: write it with two brackets, `[[…]]`"]);
}

#[test]
fn what_is_said_at_a_key_is_given_as_words_and_nothing_where_nothing_is() {
    let text = "[growth]\npeak = 6.0\n[[component]]\nid = 'a'\nowner = '  '\nsignals = []\n\
                queue = { limit = 200 }\ncache = { ttl = '5m', invalidation = 'event' }\n\
                [[load_test]]\nflow = 'f'\npoints = [{ rate = '10/s', p99 = '1s' }, { rate = '20/s' }]\n";
    let (review, _, problems) = parse(text);
    assert_eq!(problems.len(), 1, "the flow is missing: {problems:?}");
    let component = EntityRef::new(EntityKind::Component, 0);
    let said = |entity, keys: &[&str]| review.said(entity, keys);
    assert_eq!(said(EntityRef::only(EntityKind::Growth), &["peak"]).as_deref(), Some("6×"));
    assert_eq!(said(component, &["cache", "ttl"]).as_deref(), Some("5 min"));
    assert_eq!(said(component, &["cache", "invalidation"]).as_deref(), Some("event"));
    assert_eq!(said(component, &["queue"]).as_deref(), Some("limit 200"));
    for nothing in [&["owner"][..], &["signals"], &["cache", "hit_ratio"], &["data", "rows"], &["no-such-key"]] {
        assert_eq!(said(component, nothing), None, "{nothing:?}");
    }
    assert_eq!(said(EntityRef::new(EntityKind::Component, 7), &["id"]), None);
    let test = EntityRef::new(EntityKind::LoadTest, 0);
    assert_eq!(said(test, &["points"]).as_deref(), Some("2"));
    assert_eq!(said(test, &["points", "rate"]).as_deref(), Some("10/s, 20/s"));
    assert_eq!(said(test, &["points", "p99"]), None, "one point does not say it");
}
#[test]
fn every_entity_of_the_whole_format_says_every_key_it_holds() {
    let (review, map, _) = parse(include_str!("data/whole-format.toml"));
    let mut asked = 0;
    for kind in EntityKind::ALL {
        for index in 0..review.count(*kind) {
            let entity = EntityRef::new(*kind, index);
            let Some(table) = map.entity(entity).and_then(|node| node.table()) else { continue };
            for entry in &table.entries {
                asked += 1;
                assert!(review.said(entity, &[&entry.key]).is_some(), "{entity}: {}", entry.key);
            }
        }
    }
    assert!(asked > 150, "{asked}");
}
