//! Edits of a document: each case is a text, an edit, and the text it must lead to, byte for byte.
#![expect(clippy::unwrap_used, reason = "what fails in a test fails the test")]

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

#[test]
fn a_renamed_component_keeps_every_reference() {
    let mut document = Document::new(WHOLE.to_owned());
    document.rename(COMPONENT, "payments", "billing").unwrap();
    assert!(document.problems().is_empty(), "{:?}", document.problems());
    let expected = WHOLE
        .replace("to = \"payments\"", "to = \"billing\"")
        .replace("id = \"payments\"", "id = \"billing\"")
        .replace("\"api -> payments\"", "\"api -> billing\"")
        .replace("card:checkout-api->payments:slow", "card:checkout-api->billing:slow")
        .replace("KP203@api->payments", "KP203@api->billing");
    assert_eq!(document.text(), expected);
    document.rename(EntityKind::Flow, "checkout", "buy").unwrap();
    assert!(document.problems().is_empty(), "{:?}", document.problems());
    assert_eq!(
        document.text(),
        expected
            .replace("flow      = \"checkout\"", "flow      = \"buy\"")
            .replace("flow = \"checkout\"", "flow = \"buy\"")
            .replace("id       = \"checkout\"", "id       = \"buy\"")
    );
    assert!(matches!(document.rename(COMPONENT, "api", "billing"), Err(EditError::Taken { .. })));
    assert!(matches!(document.rename(COMPONENT, "api", "B I"), Err(EditError::Invalid(_))));
    assert!(matches!(document.rename(COMPONENT, "nobody", "x"), Err(EditError::NoEntity(_))));
    document.undo().unwrap();
    assert_eq!(document.next_undo().unwrap().text, "rename component payments to billing");
    document.undo().unwrap();
    assert_eq!(document.text(), WHOLE);
}

#[test]
fn what_is_typed_is_read_by_the_shape_of_its_key() {
    let document = Document::new(WHOLE.to_owned());
    let typed = |kind, index, keys: &[&str], input: &str| {
        let mut document = document.clone();
        document.set(entity(kind, index), keys, input).map(|()| {
            let node = document.map().value(entity(kind, index), keys).unwrap();
            document.text()[node.span.range()].to_owned()
        })
    };
    let component = |keys: &[&str], input: &str| typed(COMPONENT, 0, keys, input).map_err(|error| error.to_string());
    assert_eq!(component(&["service_time"], "6ms cv 1.5"), Ok("{ mean = \"6ms\", cv = 1.5 }".to_owned()));
    assert_eq!(
        component(&["service_time"], "4ms..6ms..12ms"),
        Ok("{ low = \"4ms\", likely = \"6ms\", high = \"12ms\" }".to_owned())
    );
    assert_eq!(component(&["rate_limit"], "1k/s..3k/s"), Ok("{ low = \"1k/s\", high = \"3k/s\" }".to_owned()));
    assert_eq!(component(&["replicas"], "4..8"), Ok("{ low = 4, high = 8 }".to_owned()));
    assert_eq!(component(&["stateless"], "No"), Ok("false".to_owned()));
    assert_eq!(component(&["kind"], "Load Balancer"), Ok("\"load-balancer\"".to_owned()));
    assert_eq!(component(&["regions"], "eu-west-1, us-east-1"), Ok("[\"eu-west-1\", \"us-east-1\"]".to_owned()));
    assert_eq!(component(&["regions"], "[\"a\", 'b']"), Ok("[\"a\", 'b']".to_owned()));
    assert_eq!(
        component(&["name"], "say \"hi\"\nC:\\x\u{1b}[0m"),
        Ok("\"say \\\"hi\\\"\\nC:\\\\x\\u001B[0m\"".to_owned())
    );
    assert_eq!(component(&["name"], "\"quoted\""), Ok("\"quoted\"".to_owned()));
    assert_eq!(component(&["autoscale"], "min = 2, max = 4"), Ok("{ min = 2, max = 4 }".to_owned()));
    assert_eq!(
        component(&["kind"], "servise"),
        Err("`servise` is not one of the words; did you mean `service`?".to_owned())
    );
    assert_eq!(component(&["replicas"], "many"), Err("`many` is no count: a count is written 6".to_owned()));
    assert_eq!(
        component(&["service_time"], "6"),
        Err("a duration needs a unit: \"250ms\", \"1.5s\", \"2h\", \"28d\" or \"12mo\"".to_owned())
    );
    assert_eq!(
        component(&["service_time"], "9ms..3ms"),
        Err("a range has its low end below its likely value below its high end".to_owned())
    );
    assert_eq!(component(&["autoscale"], "mim = 2"), Err("there is no key `mim` here; did you mean `min`?".to_owned()));
    assert_eq!(
        component(&["id"], "My Api"),
        Err("`My Api` is not an id: small letters, digits and dashes; did you mean `my-api`?".to_owned())
    );
    assert_eq!(component(&["id"], "orders-db"), Err("there is already a component with the id `orders-db`".to_owned()));
    assert_eq!(component(&["nothing"], "1"), Err("[[component]] has no key `nothing`".to_owned()));
    assert_eq!(component(&["replicas"], "3\n[evil]"), Err("`3\n[evil]` is no count: a count is written 6".to_owned()));
    assert_eq!(component(&["replicas"], "nan"), Err("`nan` is no count: a count is written 6".to_owned()));
    let flow = |input: &str| typed(EntityKind::Flow, 0, &["calls"], input).map_err(|error| error.to_string());
    assert_eq!(flow("{ from = \"a\", to = \"b\" }"), Ok("[{ from = \"a\", to = \"b\" }]".to_owned()));
    assert!(flow("a, b").is_err() && flow("{ from = \"a\", too = \"b\" }").is_err());
    assert_eq!(typed(EntityKind::Head, 0, &["date"], "2027-02-01"), Ok("2027-02-01".to_owned()));
    assert!(typed(EntityKind::Head, 0, &["date"], "2027-02-31").is_err());
    assert_eq!(document.cell(entity(COMPONENT, 0), &["service_time"]).as_deref(), Some("6ms cv 1.0"));
    assert_eq!(document.cell(entity(COMPONENT, 2), &["recovery", "last_drill"]).as_deref(), Some("2026-05-02"));
    assert_eq!(document.cell(entity(COMPONENT, 0), &["signals"]).as_deref(), Some("metrics, logs, traces"));
    assert_eq!(document.cell(entity(COMPONENT, 0), &["cache"]), None);
}

#[test]
fn editing_works_where_the_file_is_broken_elsewhere_and_refuses_where_it_cannot() {
    leads_to(
        "[[component]]\nid = \"a\"\nreplicas = = 3\nworkers = 2\n\n[broken\nx\n\n[[component]]\nid = \"b\"\n",
        |d| d.set(entity(COMPONENT, 1), &["zones"], "2"),
        "[[component]]\nid = \"a\"\nreplicas = = 3\nworkers = 2\n\n[broken\nx\n\n[[component]]\nid = \"b\"\nzones = 2\n",
    );
    for (text, keys, input) in [
        ("[[component]]\nid = \"a\"\nzones = 1\nzones = 2\n", &["zones"][..], None),
        ("[[component]]\nid = \"a\"\ncache = { ttl = \"5m\"\n", &["cache", "pattern"][..], Some("cache-aside")),
        ("[[component]]\nid = \"a\"\ncache = 3\n", &["cache", "ttl"][..], Some("5m")),
        ("[[component]]\nid = \"a\"\n", &["zones"][..], None),
    ] {
        let mut document = Document::new(text.to_owned());
        let revision = document.revision();
        let result = match input {
            Some(input) => document.set(entity(COMPONENT, 0), keys, input),
            None => document.unset(entity(COMPONENT, 0), keys),
        };
        assert!(result.is_err(), "{text}: {}", document.text());
        assert_eq!((document.text(), document.revision(), document.is_dirty()), (text, revision, false));
        assert!(document.undo().is_none());
    }
}
