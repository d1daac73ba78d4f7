//! Edits of a document: each case is a text, an edit, and the text it must lead to, byte for byte.

use kneepoint::document::{Document, EditError};
use kneepoint::model::{EntityKind, EntityRef};

const WHOLE: &str = include_str!("data/whole-format.toml");

fn entity(kind: EntityKind, index: usize) -> EntityRef {
    EntityRef::new(kind, index)
}

/// Performs an edit, compares the text, and undoes and redoes it.
#[track_caller]
fn leads_to<T: std::fmt::Debug>(before: &str, edit: impl FnOnce(&mut Document) -> Result<T, EditError>, after: &str) {
    let mut document = Document::new(before.to_owned());
    edit(&mut document).unwrap();
    assert_eq!(document.text(), after);
    assert!(document.is_dirty());
    document.undo().unwrap();
    assert_eq!(document.text(), before);
    assert!(!document.is_dirty());
    document.redo().unwrap();
    assert_eq!(document.text(), after);
}

/// Every line that an edit changed: what went, what came.
fn line_diff(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let before: Vec<_> = before.split_inclusive('\n').collect();
    let after: Vec<_> = after.split_inclusive('\n').collect();
    let start = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let most = before.len().min(after.len()) - start;
    let end = before.iter().rev().zip(after.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let part = |lines: &[&str]| lines[start..lines.len() - end].iter().map(|line| (*line).to_owned()).collect();
    (part(&before), part(&after))
}

const DEPENDENCY: EntityKind = EntityKind::Dependency;
const COMPONENT: EntityKind = EntityKind::Component;

#[test]
fn a_value_is_replaced_and_its_comment_stays() {
    leads_to(
        "[[component]]\nid      = \"api\"   # the api\nworkers = 64      # each\n",
        |d| d.set(entity(COMPONENT, 0), &["workers"], "128"),
        "[[component]]\nid      = \"api\"   # the api\nworkers = 128      # each\n",
    );
}

#[test]
fn a_new_key_takes_the_style_of_its_neighbours() {
    leads_to(
        "[[component]]\n  id    = \"api\"\n  kind  = \"service\"   # kind\n          # service | worker\n\n[[component]]\nid = \"b\"\n",
        |d| d.set(entity(COMPONENT, 0), &["zones"], "3"),
        "[[component]]\n  id    = \"api\"\n  kind  = \"service\"   # kind\n          # service | worker\n  zones = 3\n\n[[component]]\nid = \"b\"\n",
    );
    leads_to(
        "[[component]]\r\nid = \"api\"\r\n",
        |d| d.set(entity(COMPONENT, 0), &["zones"], "3"),
        "[[component]]\r\nid = \"api\"\r\nzones = 3\r\n",
    );
    leads_to(
        "[[component]]\nid = \"api\"",
        |d| d.set(entity(COMPONENT, 0), &["zones"], "3"),
        "[[component]]\nid = \"api\"\nzones = 3",
    );
    leads_to("[[component]]", |d| d.set(entity(COMPONENT, 0), &["id"], "api"), "[[component]]\nid = \"api\"");
}

#[test]
fn nested_keys_go_where_their_table_is() {
    leads_to(
        "[[component]]\nid = \"c\"\ncache = { pattern = \"cache-aside\" } # aside\n",
        |d| d.set(entity(COMPONENT, 0), &["cache", "ttl"], "5m"),
        "[[component]]\nid = \"c\"\ncache = { pattern = \"cache-aside\", ttl = \"5m\" } # aside\n",
    );
    leads_to(
        "[[component]]\nid = \"c\"\n\n[component.cache]\npattern = \"cache-aside\"\n\n[[component]]\nid = \"d\"\n",
        |d| d.set(entity(COMPONENT, 0), &["cache", "ttl"], "5m"),
        "[[component]]\nid = \"c\"\n\n[component.cache]\npattern = \"cache-aside\"\nttl = \"5m\"\n\n[[component]]\nid = \"d\"\n",
    );
    leads_to(
        "[[component]]\nid = \"c\"\n\n[component.cache]\npattern = \"cache-aside\"\n\n[[component]]\nid = \"d\"\n",
        |d| d.set(entity(COMPONENT, 1), &["cache", "ttl"], "5m"),
        "[[component]]\nid = \"c\"\n\n[component.cache]\npattern = \"cache-aside\"\n\n[[component]]\nid = \"d\"\ncache = { ttl = \"5m\" }\n",
    );
    leads_to(
        "[[component]]\nid = \"c\"\ncache.pattern = \"cache-aside\"\nzones = 3\n",
        |d| d.set(entity(COMPONENT, 0), &["cache", "ttl"], "5m"),
        "[[component]]\nid = \"c\"\ncache.pattern = \"cache-aside\"\ncache.ttl = \"5m\"\nzones = 3\n",
    );
    leads_to(
        "[[component]]\nid = \"c\"\ncache = {}\n",
        |d| d.set(entity(COMPONENT, 0), &["cache", "ttl"], "5m"),
        "[[component]]\nid = \"c\"\ncache = { ttl = \"5m\" }\n",
    );
    leads_to(
        "[growth.cost]\ncurrency = \"EUR\"\n",
        |d| d.set(EntityRef::only(EntityKind::Growth), &["traffic"], "2"),
        "[growth]\ntraffic = 2\n\n[growth.cost]\ncurrency = \"EUR\"\n",
    );
}

#[test]
fn a_missing_table_is_made_where_the_format_has_it() {
    leads_to(
        "format = 1\n\n[review]\ntitle = \"t\"\n\n[[component]]\nid = \"a\"\n",
        |d| d.set(EntityRef::only(EntityKind::Growth), &["traffic"], "2.0"),
        "format = 1\n\n[review]\ntitle = \"t\"\n\n[growth]\ntraffic = 2.0\n\n[[component]]\nid = \"a\"\n",
    );
    leads_to(
        "format = 1\n\n[review]\ntitle = \"t\"\n",
        |d| d.set(EntityRef::only(EntityKind::Growth), &["cost", "currency"], "EUR"),
        "format = 1\n\n[review]\ntitle = \"t\"\n\n[growth]\ncost = { currency = \"EUR\" }\n",
    );
    leads_to(
        "",
        |d| d.set(EntityRef::only(EntityKind::Head), &["title"], "My review"),
        "format = 1\n\n[review]\ntitle = \"My review\"\n",
    );
}

#[test]
fn a_value_goes_with_its_line_or_its_comma() {
    leads_to(
        "[[component]]\nid = \"c\"\nzones = 3 # three\nworkers = 4\n",
        |d| d.unset(entity(COMPONENT, 0), &["zones"]),
        "[[component]]\nid = \"c\"\nworkers = 4\n",
    );
    leads_to(
        "[[component]]\nid = \"c\"\nzones = 3",
        |d| d.unset(entity(COMPONENT, 0), &["zones"]),
        "[[component]]\nid = \"c\"",
    );
    let cache = "[[component]]\nid = \"c\"\ncache = { pattern = \"cache-aside\", ttl = \"5m\" } # aside\n";
    leads_to(
        cache,
        |d| d.unset(entity(COMPONENT, 0), &["cache", "ttl"]),
        "[[component]]\nid = \"c\"\ncache = { pattern = \"cache-aside\" } # aside\n",
    );
    leads_to(
        cache,
        |d| d.unset(entity(COMPONENT, 0), &["cache", "pattern"]),
        "[[component]]\nid = \"c\"\ncache = { ttl = \"5m\" } # aside\n",
    );
    leads_to(
        "[[component]]\nid = \"c\"\ncache = { ttl = \"5m\" }\nzones = 1\n",
        |d| d.unset(entity(COMPONENT, 0), &["cache", "ttl"]),
        "[[component]]\nid = \"c\"\nzones = 1\n",
    );
}

#[test]
fn entities_come_and_go_with_their_gaps() {
    let two = "format = 1\n\n# first\n[[component]]\nid = \"a\"\n\n[component.cache]\nttl = \"5m\"\n\n# ── more ──\n\n# second\n[[component]]\nid = \"b\"\n\n[[dependency]]\nfrom = \"a\"\nto = \"b\"\n";
    leads_to(
        two,
        |d| d.remove(entity(COMPONENT, 0)),
        "format = 1\n\n# ── more ──\n\n# second\n[[component]]\nid = \"b\"\n\n[[dependency]]\nfrom = \"a\"\nto = \"b\"\n",
    );
    leads_to(
        two,
        |d| d.remove(entity(COMPONENT, 1)),
        "format = 1\n\n# first\n[[component]]\nid = \"a\"\n\n[component.cache]\nttl = \"5m\"\n\n# ── more ──\n\n[[dependency]]\nfrom = \"a\"\nto = \"b\"\n",
    );
    leads_to(
        two,
        |d| d.remove(entity(DEPENDENCY, 0)),
        "format = 1\n\n# first\n[[component]]\nid = \"a\"\n\n[component.cache]\nttl = \"5m\"\n\n# ── more ──\n\n# second\n[[component]]\nid = \"b\"\n",
    );
    leads_to(
        two,
        |d| d.add(COMPONENT, &[("id", "c"), ("kind", "Cache"), ("cache.ttl", "1m")]),
        "format = 1\n\n# first\n[[component]]\nid = \"a\"\n\n[component.cache]\nttl = \"5m\"\n\n# ── more ──\n\n# second\n[[component]]\nid = \"b\"\n\n[[component]]\nid = \"c\"\nkind = \"cache\"\ncache = { ttl = \"1m\" }\n\n[[dependency]]\nfrom = \"a\"\nto = \"b\"\n",
    );
    leads_to(
        two,
        |d| d.add(EntityKind::Slo, &[("id", "s")]),
        "format = 1\n\n[[slo]]\nid = \"s\"\n\n# first\n[[component]]\nid = \"a\"\n\n[component.cache]\nttl = \"5m\"\n\n# ── more ──\n\n# second\n[[component]]\nid = \"b\"\n\n[[dependency]]\nfrom = \"a\"\nto = \"b\"\n",
    );
    leads_to(
        "[[component]]\nid = \"a\" # a\nzones = 3\n",
        |d| d.duplicate(entity(COMPONENT, 0), "b"),
        "[[component]]\nid = \"a\" # a\nzones = 3\n\n[[component]]\nid = \"b\" # a\nzones = 3\n",
    );
}

const FLOW: &str = "[[flow]]\nid = \"f\"\ncalls = [   # in order\n  { from = \"a\", to = \"b\" },   # one\n  # over two\n  { from = \"a\", to = \"c\" }    # two\n]\n";

#[test]
fn list_elements_keep_their_lines() {
    let flow = entity(EntityKind::Flow, 0);
    leads_to(
        FLOW,
        |d| d.insert_item(flow, &["calls"], 9, "{ from = \"a\", to = \"d\" }"),
        "[[flow]]\nid = \"f\"\ncalls = [   # in order\n  { from = \"a\", to = \"b\" },   # one\n  # over two\n  { from = \"a\", to = \"c\" },    # two\n  { from = \"a\", to = \"d\" }\n]\n",
    );
    leads_to(
        FLOW,
        |d| d.insert_item(flow, &["calls"], 1, "{ from = \"a\", to = \"d\" }"),
        "[[flow]]\nid = \"f\"\ncalls = [   # in order\n  { from = \"a\", to = \"b\" },   # one\n  { from = \"a\", to = \"d\" },\n  # over two\n  { from = \"a\", to = \"c\" }    # two\n]\n",
    );
    leads_to(
        FLOW,
        |d| d.remove_item(flow, &["calls"], 0),
        "[[flow]]\nid = \"f\"\ncalls = [   # in order\n  # over two\n  { from = \"a\", to = \"c\" }    # two\n]\n",
    );
    leads_to(
        FLOW,
        |d| d.move_item(flow, &["calls"], 1, 0),
        "[[flow]]\nid = \"f\"\ncalls = [   # in order\n  # over two\n  { from = \"a\", to = \"c\" },    # two\n  { from = \"a\", to = \"b\" },   # one\n]\n",
    );
    leads_to(
        FLOW,
        |d| d.set(flow, &["calls", "1", "probability"], "30%"),
        "[[flow]]\nid = \"f\"\ncalls = [   # in order\n  { from = \"a\", to = \"b\" },   # one\n  # over two\n  { from = \"a\", to = \"c\", probability = \"30%\" }    # two\n]\n",
    );
    let single = "[[component]]\nid = \"a\"\nregions = [\"x\", \"y\"] # two\n";
    leads_to(
        single,
        |d| d.insert_item(entity(COMPONENT, 0), &["regions"], 0, "w"),
        "[[component]]\nid = \"a\"\nregions = [\"w\", \"x\", \"y\"] # two\n",
    );
    leads_to(
        single,
        |d| d.insert_item(entity(COMPONENT, 0), &["regions"], 2, "z"),
        "[[component]]\nid = \"a\"\nregions = [\"x\", \"y\", \"z\"] # two\n",
    );
    leads_to(
        single,
        |d| d.remove_item(entity(COMPONENT, 0), &["regions"], 1),
        "[[component]]\nid = \"a\"\nregions = [\"x\"] # two\n",
    );
    leads_to(
        single,
        |d| d.move_item(entity(COMPONENT, 0), &["regions"], 0, 1),
        "[[component]]\nid = \"a\"\nregions = [\"y\", \"x\"] # two\n",
    );
    leads_to(
        "[[component]]\nid = \"a\"\n",
        |d| d.insert_item(entity(COMPONENT, 0), &["regions"], 0, "w"),
        "[[component]]\nid = \"a\"\nregions = [\"w\"]\n",
    );
    leads_to(
        "[[flow]]\nid = \"f\"\n\n[[flow.calls]]\nfrom = \"a\"\nto = \"b\"\n\n[[flow.calls]]\nfrom = \"b\"\nto = \"c\"\n",
        |d| d.insert_item(flow, &["calls"], 1, "{ from = \"x\", to = \"y\" }"),
        "[[flow]]\nid = \"f\"\n\n[[flow.calls]]\nfrom = \"a\"\nto = \"b\"\n\n[[flow.calls]]\nfrom = \"x\"\nto = \"y\"\n\n[[flow.calls]]\nfrom = \"b\"\nto = \"c\"\n",
    );
}

#[test]
fn a_one_field_edit_of_the_whole_format_changes_one_line() {
    let cases: &[(EntityKind, usize, &[&str], &str)] = &[
        (EntityKind::Head, 0, &["title"], "A \"new\" title"),
        (EntityKind::Growth, 0, &["cost", "monthly_budget"], "50000"),
        (COMPONENT, 0, &["service_time"], "4ms..6ms..12ms"),
        (COMPONENT, 0, &["autoscale", "target"], "70%"),
        (COMPONENT, 2, &["data", "shards"], "4"),
        (COMPONENT, 3, &["broker", "dead_letter"], "no"),
        (DEPENDENCY, 0, &["retry", "cap"], "2s"),
        (EntityKind::Flow, 0, &["calls", "3", "count"], "3"),
        (EntityKind::Decision, 0, &["options", "0", "scores", "latency"], "5"),
        (EntityKind::Prometheus, 0, &["headers_env", "X-Scope-OrgID"], "OTHER"),
    ];
    for (kind, index, keys, input) in cases {
        let mut document = Document::new(WHOLE.to_owned());
        document.set(entity(*kind, *index), keys, input).unwrap();
        let (went, came) = line_diff(WHOLE, document.text());
        assert_eq!((went.len(), came.len()), (1, 1), "{keys:?}: {went:?} {came:?}");
        assert_eq!(
            document.cell(entity(*kind, *index), keys).as_deref(),
            Some(if *input == "no" { "false" } else { *input })
        );
        document.undo().unwrap();
        assert_eq!(document.text(), WHOLE);
    }
}
