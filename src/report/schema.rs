//! The JSON schema of the review file, for editors: completion, documentation and checks while one types.
//!
//! Written from the declarations of the format, so that it cannot say something else. It is draft 7, which the TOML
//! editors understand. It knows shapes, not references: whether a component exists is for `check` to say.

use super::check::pretty;
use crate::model::{EntityKind, FieldSpec, RANGE_KEYS, Shape, Target};
use crate::units::{Count, Multiple, Number, Percent, Quantity, Ratio, Seconds};
use serde_json::{Map, Value, json};

/// A number as the format reads it, without its unit.
const NUMBER: &str = r"\+?([0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)([eE][+-]?[0-9_]+)?";

/// The schema of format 1, indented, with a line end.
pub fn schema() -> String {
    let mut tables = Map::new();
    tables.insert("format".to_owned(), described(json!({ "const": 1 }), "The format of the file: 1.", &[]));
    let included = json!({ "type": "array", "items": { "type": "string" } });
    tables.insert("include".to_owned(), described(included, "Files whose tables are appended.", &[]));
    for kind in EntityKind::ALL {
        let one = table(kind.fields(), kind.required(), true);
        let called = kind.called();
        let schema = if kind.many() { json!({ "type": "array", "items": one }) } else { one };
        let doc = if kind.many() { format!("One {called} each.") } else { format!("The {called}.") };
        tables.insert(kind.table().to_owned(), described(schema, &doc, &[]));
    }
    pretty(&json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Kneepoint review",
        "description": "A review of an architecture, format 1 (*.review.toml).",
        "type": "object",
        "additionalProperties": false,
        "properties": tables,
    }))
}

fn table(fields: &[FieldSpec], required: &[&str], closed: bool) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": !closed, "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(field: &FieldSpec) -> Value {
    let mut doc = field.doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut words: &[&str] = &[];
    match field.shape {
        Shape::Quantity { name, example, .. } => {
            doc = format!("{doc} A {name}: {}, or a range.", example.replace('"', ""));
        }
        Shape::ServiceTime => doc = format!("{doc} A duration or range, or {{ mean, cv }}."),
        Shape::Choice(_, docs) => words = docs,
        Shape::Reference(target) => doc = format!("{doc} {}", points_to(target)),
        _ => {}
    }
    let required = if field.name == "calls" { EntityKind::Dependency.required() } else { &[] };
    described(shape(field.shape, required), &doc, words)
}

/// With the sentence in the two places where editors look for it, and one for each word of a choice.
fn described(mut schema: Value, doc: &str, words: &[&str]) -> Value {
    let words: Vec<String> = words.iter().map(|word| word.trim().to_owned()).collect();
    schema["description"] = json!(doc);
    schema["x-taplo"] = if words.is_empty() {
        json!({ "docs": { "main": doc } })
    } else {
        schema["enumDescriptions"] = json!(words);
        json!({ "docs": { "main": doc, "enumValues": words } })
    };
    schema
}

fn points_to(target: Target) -> &'static str {
    match target {
        Target::Component => "The id of a component.",
        Target::Flow => "The id of a flow.",
        Target::Element => "A component, a flow, or a dependency as `a -> b`.",
        Target::Question => "The id of a question of the method.",
        Target::Pattern => "The id of a pattern of the catalogue.",
        Target::Finding => "A finding, `CODE@element`.",
    }
}

fn shape(shape: Shape, required: &[&str]) -> Value {
    match shape {
        Shape::Text | Shape::Reference(_) => json!({ "type": "string" }),
        Shape::Id => json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]*$" }),
        Shape::Boolean => json!({ "type": "boolean" }),
        // Editors hand dates over as texts.
        Shape::Date => json!({ "type": "string", "pattern": "^\\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\\s*$" }),
        Shape::Choice(words, _) => json!({ "enum": words }),
        Shape::Quantity { name, bare, units, .. } => range(&quantity(name, bare, units)),
        Shape::ServiceTime => {
            let time = range(&quantity(Seconds::NAME, Seconds::BARE, Seconds::UNITS));
            let varies = json!({
                "type": "object",
                "additionalProperties": false,
                "properties": { "mean": time, "cv": range(&quantity(Number::NAME, Number::BARE, Number::UNITS)) },
                "required": ["mean"],
            });
            let mut ways = time["anyOf"].as_array().cloned().unwrap_or_default();
            ways.push(varies);
            json!({ "anyOf": ways })
        }
        Shape::List(inner) => json!({ "type": "array", "items": self::shape(*inner, required) }),
        // A table without declared keys is the team's own.
        Shape::Table(fields) => table(fields, required, !fields.is_empty()),
        Shape::Map(inner) => json!({ "type": "object", "additionalProperties": self::shape(*inner, &[]) }),
    }
}

/// The ways to write one value of a quantity.
fn quantity(name: &str, bare: bool, units: &str) -> Vec<Value> {
    let unit = if bare { format!("({units})?") } else { format!("({units})") };
    // A zero needs no unit.
    let zero = r"|^\s*\+?0[0_]*(\.[0_]*)?\s*$";
    let pattern = format!(r"^\s*{NUMBER}\s*{unit}\s*$");
    let text = json!({ "type": "string", "pattern": if bare { pattern } else { pattern + zero } });
    if !bare {
        return vec![text, json!({ "const": 0 })];
    }
    let mut number = json!({ "type": "number", "minimum": 0 });
    if name == Ratio::NAME {
        number["maximum"] = json!(1);
    } else if name == Percent::NAME {
        number = json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 100 });
    } else if name == Multiple::NAME {
        number = json!({ "type": "number", "exclusiveMinimum": 0 });
    } else if name == Count::NAME {
        number["multipleOf"] = json!(1);
    }
    vec![number, text]
}

/// One value, or a range of them.
fn range(one: &[Value]) -> Value {
    let end = json!({ "anyOf": one });
    let ends: Map<String, Value> = RANGE_KEYS.iter().map(|key| ((*key).to_owned(), end.clone())).collect();
    let mut ways = one.to_vec();
    ways.push(json!({ "type": "object", "additionalProperties": false, "properties": ends }));
    json!({ "anyOf": ways })
}
