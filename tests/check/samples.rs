//! Reviews that have something of everything, and the schema that SARIF is held against.

use serde_json::Value;
use std::fmt::Write;

/// High, medium and low findings; a path; a fix; an acceptance; a doubt.
pub const VARIED: &str = r#"format = 1
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

/// Many findings of every level.
pub fn many(count: usize) -> String {
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

/// The JSON schema of SARIF 2.1.0 by OASIS (`Schemata/sarif-schema-2.1.0.json` of oasis-tcs/sarif-spec), as the crate
/// serde-sarif 0.8.0 carries it.
const SCHEMA: &str = include_str!("../data/sarif-schema-2.1.0.json");

/// The log, valid by the schema; and references that no schema can check.
pub fn sarif(text: &str) -> Value {
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
