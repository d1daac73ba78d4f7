//! Whether a value fits a shape of the format: the leaves are read by the model itself.

use crate::model::{
    Field, FieldSpec, Node, Problem, ProblemKind, Reader, ServiceTime, Shape, Value, did_you_mean, quote,
};
use crate::units::{Bytes, Count, Estimate, Multiple, Number, PerSecond, Percent, Quantity, Ratio, Seconds};

/// What is wrong with a value of a shape, as one sentence.
pub(crate) fn fits(shape: Shape, node: &Node) -> Result<(), String> {
    match shape {
        Shape::Text | Shape::Reference(_) => read::<String>(node),
        Shape::Id => read::<crate::model::Id>(node),
        Shape::Boolean => read::<bool>(node),
        Shape::Date => read::<jiff::civil::Date>(node),
        Shape::ServiceTime => read::<ServiceTime>(node),
        Shape::Quantity { name, .. } => quantity(name, node),
        Shape::Choice(words, _) => choice(words, node),
        Shape::List(inner) => {
            let Value::Array(items) = &node.value else { return Err(wanted(node, "a list")) };
            items.iter().try_for_each(|item| fits(*inner, item))
        }
        Shape::Map(inner) => {
            let Value::Table(table) = &node.value else { return Err(wanted(node, "a table")) };
            table.entries.iter().try_for_each(|entry| fits(*inner, &entry.node))
        }
        Shape::Table(fields) => {
            let Value::Table(table) = &node.value else { return Err(wanted(node, "a table")) };
            table.entries.iter().try_for_each(|entry| match fields.iter().find(|field| field.name == entry.key) {
                Some(field) => fits(field.shape, &entry.node).map_err(|error| format!("`{}`: {error}", field.name)),
                None => Err(unknown_key(&entry.key, fields)),
            })
        }
    }
}

fn wanted(node: &Node, what: &str) -> String {
    format!("expected {what}, found {}", node.value.called())
}

fn unknown_key(key: &str, fields: &[FieldSpec]) -> String {
    let help = did_you_mean(key, fields.iter().map(|field| field.name)).unwrap_or_else(|| {
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        format!("there are: {}", names.join(", "))
    });
    format!("there is no key {} here; {help}", quote(key))
}

fn read<T: Field>(node: &Node) -> Result<(), String> {
    let mut reader = Reader::default();
    let value = T::read(node, &mut reader);
    // A text with odd characters is still that text: it is shown safely everywhere.
    match reader.problems.into_iter().find(|problem| problem.kind != ProblemKind::OddText) {
        Some(problem) => Err(sentence(problem)),
        None if value.is_none() => Err(format!("{} cannot be used here", node.value.called())),
        None => Ok(()),
    }
}

fn sentence(problem: Problem) -> String {
    match problem.help {
        Some(help) => format!("{}; {help}", problem.message),
        None => problem.message,
    }
}

fn quantity(name: &str, node: &Node) -> Result<(), String> {
    macro_rules! by_name {
        ($($quantity:ident),+) => {
            $( if name == $quantity::NAME { return read::<Estimate<$quantity>>(node); } )+
        };
    }
    by_name!(Seconds, PerSecond, Ratio, Percent, Bytes, Count, Number, Multiple);
    Err(format!("a {name} cannot be checked"))
}

fn choice(words: &[&str], node: &Node) -> Result<(), String> {
    let Value::Text(text) = &node.value else { return Err(wanted(node, "a word")) };
    if words.contains(&text.as_str()) {
        return Ok(());
    }
    let help = did_you_mean(text, words.iter().copied()).unwrap_or_else(|| format!("one of: {}", words.join(", ")));
    Err(format!("{} is not one of the words; {help}", quote(text)))
}
