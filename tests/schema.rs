//! The JSON schema of the format: what the program reads without a problem is valid by it, and what it does not read is
//! not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the steps that tests share stop at the first surprise")]

use jsonschema::Validator;
use kneepoint::assets::{EXAMPLES, REVIEW_TEMPLATES};
use kneepoint::document::parse;
use kneepoint::model::{EntityKind, Node, ProblemKind, Table, Value};
use kneepoint::report::schema;
use serde_json::json;

fn validator() -> Validator {
    jsonschema::draft7::new(&serde_json::from_str(&schema()).unwrap()).unwrap()
}

/// A value as an editor hands it to a schema: dates are texts.
fn of_node(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Text(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::Boolean(value) => json!(value),
        Value::Date(date) => json!(date.to_string()),
        Value::Array(items) => items.iter().map(of_node).collect(),
        Value::Table(table) => of_table(table),
        other @ Value::Invalid => panic!("{other:?}"),
    }
}

fn of_table(table: &Table) -> serde_json::Value {
    table.entries.iter().map(|entry| (entry.key.to_string(), of_node(&entry.node))).collect()
}

fn faults(validator: &Validator, text: &str) -> Vec<String> {
    let value = of_table(parse(text).1.root());
    validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_schema_is_one() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    assert!(jsonschema::draft7::meta::is_valid(&schema));
}

#[test]
fn every_example_and_template_is_valid() {
    let validator = validator();
    for asset in EXAMPLES.iter().chain(REVIEW_TEMPLATES) {
        assert_eq!(faults(&validator, asset.text), Vec::<String>::new(), "{}", asset.path);
    }
    let whole = std::fs::read_to_string("tests/data/whole-format.toml").unwrap();
    assert_eq!(faults(&validator, &whole), Vec::<String>::new());
}

#[test]
fn schema_and_reader_agree_about_values() {
    let validator = validator();
    let keys = [
        ("timeout", "[[dependency]]\nfrom = 'a'\nto = 'b'\n"),
        ("mode", "[[dependency]]\nfrom = 'a'\nto = 'b'\n"),
        ("network", "[[dependency]]\nfrom = 'a'\nto = 'b'\n"),
        ("rate_limit", "[[component]]\nid = 'a'\n"),
        ("replicas", "[[component]]\nid = 'a'\n"),
        ("availability", "[[component]]\nid = 'a'\n"),
        ("service_time", "[[component]]\nid = 'a'\n"),
        ("stateless", "[[component]]\nid = 'a'\n"),
        ("regions", "[[component]]\nid = 'a'\n"),
        ("payload", "[[flow]]\nid = 'f'\nentry = 'a'\n"),
        ("value_share", "[[flow]]\nid = 'f'\nentry = 'a'\n"),
        ("peak", "[[flow]]\nid = 'f'\nentry = 'a'\n"),
        ("date", "[[decision]]\nid = 'd'\n"),
        ("id", "[[decision]]\n"),
        ("weights", "[[decision]]\nid = 'd'\n"),
    ];
    let values = [
        "'250ms'",
        "'1.5s'",
        "' 3 h '",
        "'5'",
        "'0'",
        "0",
        "5",
        "-1",
        "0.5",
        "1.5",
        "101",
        "'85%'",
        "'120%'",
        "'400/s'",
        "'2.5k/s'",
        "'90 / min'",
        "'1M/day'",
        "'4KiB'",
        "'1.5GB'",
        "'12 parsecs'",
        "''",
        "'soon'",
        "true",
        "'sync'",
        "'Sync'",
        "[]",
        "['x']",
        "{ low = '1ms', high = '2ms' }",
        "{ low = 1, likely = 2, high = 3 }",
        "{ mean = '6ms', cv = 1.0 }",
        "{ cv = 1.0 }",
        "{ lo = 1 }",
        "2026-11-23",
        "'2026-11-23'",
        "'orders-db'",
        "'Orders DB'",
        "'2x'",
        "'3k'",
        "{ latency = 3 }",
        "'1e3ms'",
    ];
    let mut compared = (0, 0);
    for (key, head) in keys {
        for value in values {
            let text = format!("{head}{key} = {value}\n");
            // Dangling references, and the order of the ends of a range, are beyond a schema; so are numbers in texts.
            let (_, _, problems) = parse(&text);
            let beyond = |kind: ProblemKind| {
                matches!(kind, ProblemKind::DanglingReference | ProblemKind::OddText | ProblemKind::Contradiction)
            };
            let wrong: Vec<_> = problems.iter().filter(|problem| !beyond(problem.kind)).collect();
            // An editor hands a date over as a text, so that it may stand where a text does.
            if value == "2026-11-23" {
                continue;
            }
            let out_of_range = wrong.iter().any(|problem| problem.kind == ProblemKind::OutOfRange);
            let faults = faults(&validator, &text);
            if wrong.is_empty() {
                compared.0 += 1;
                assert_eq!(faults, Vec::<String>::new(), "{text}");
            } else if !(out_of_range && value.starts_with('\'')) && value != "{ low = 1, likely = 2, high = 3 }" {
                compared.1 += 1;
                assert!(!faults.is_empty(), "{text}: {wrong:?}");
            }
        }
    }
    assert!(compared.0 > 60 && compared.1 > 200, "{compared:?}");
}

#[test]
fn an_unknown_key_and_a_missing_one_are_faults() {
    let validator = validator();
    assert_eq!(faults(&validator, "format = 1\n[[component]]\nid = 'a'\n"), Vec::<String>::new());
    for text in ["fromat = 1", "format = 2", "[[component]]\nid = 'a'\nkinds = 'x'", "[component]\nid = 'a'"] {
        assert!(!faults(&validator, text).is_empty(), "{text}");
    }
    for kind in EntityKind::ALL.iter().filter(|kind| kind.many()) {
        let text = format!("[[{}]]\n", kind.table());
        let (_, _, problems) = parse(&text);
        let missing = problems.iter().filter(|problem| problem.message.contains(" needs `"));
        let mut missing: Vec<_> = missing.filter_map(|problem| problem.message.split('`').nth(1)).collect();
        missing.sort_unstable();
        let mut required = kind.required().to_vec();
        required.sort_unstable();
        // An SLO also needs one of two keys, which is said in other words.
        missing.retain(|key| *kind != EntityKind::Slo || *key == "id");
        assert_eq!(missing, required, "{text}");
        assert_eq!(faults(&validator, &text).is_empty(), required.is_empty(), "{text}");
    }
}

#[test]
fn every_key_says_what_it_is_for() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    for kind in EntityKind::ALL {
        let table = &schema["properties"][kind.table()];
        let table = if kind.many() { &table["items"] } else { table };
        for field in kind.fields() {
            let property = &table["properties"][field.name];
            assert!(property["description"].as_str().is_some_and(|doc| doc.len() > 3), "{kind:?}.{}", field.name);
        }
    }
    let kinds = &schema["properties"]["component"]["items"]["properties"]["kind"];
    assert_eq!(
        kinds["enum"].as_array().unwrap().len(),
        kinds["x-taplo"]["docs"]["enumValues"].as_array().unwrap().len()
    );
}
