//! Whole tables: added, removed, copied.

use super::blocks;
use super::draft::Draft;
use super::error::EditError;
use super::literal::{key as key_of, literal, quoted};
use super::path::Place;
use super::splice::Plan;
use super::{list, tree, value};
use crate::model::{Element, EntityKind, EntityRef, Node, Shape, Span, Value, field_at};

/// The TOML for what was typed as the value of a key.
pub(crate) fn typed(kind: EntityKind, keys: &[&str], input: &str) -> Result<String, EditError> {
    literal(shape_at(kind, keys)?, input).map_err(EditError::Invalid)
}

/// The shape of the value at keys: of a position in a list, that of an element.
pub(crate) fn shape_at(kind: EntityKind, keys: &[&str]) -> Result<Shape, EditError> {
    let table = if kind.many() { format!("[[{}]]", kind.table()) } else { format!("[{}]", kind.table()) };
    let unknown = || EditError::NoKey { table: table.clone(), key: keys.join(".") };
    let mut shape = Shape::Table(kind.fields());
    for key in keys {
        shape = match shape {
            Shape::Table(fields) => fields.iter().find(|field| field.name == *key).ok_or_else(unknown)?.shape,
            Shape::List(inner) if key.parse::<usize>().is_ok() => *inner,
            Shape::Map(inner) => *inner,
            // The parts of a range and of a service time.
            Shape::Quantity { .. } if crate::model::RANGE_KEYS.contains(key) => shape,
            Shape::ServiceTime if *key == "mean" => duration(),
            Shape::ServiceTime if *key == "cv" => number(),
            _ => return Err(unknown()),
        };
    }
    Ok(shape)
}

fn duration() -> Shape {
    field_at(EntityKind::Dependency, &["timeout"]).map_or(Shape::Text, |field| field.shape)
}

fn number() -> Shape {
    field_at(EntityKind::Component, &["cores"]).map_or(Shape::Text, |field| field.shape)
}

/// Sets a value given as TOML.
pub(crate) fn set(draft: &mut Draft, entity: EntityRef, keys: &[&str], toml: &str) -> Result<(), EditError> {
    let place = Place::new(&draft.map, entity, keys);
    if entity.kind.many() && draft.map.entity(entity).is_none() {
        return Err(EditError::NoEntity(entity.kind));
    }
    let Some(wanted) = super::literal::value_of(toml) else { return Err(EditError::Tangled) };
    tree::put(&mut draft.expected, &place.keys, wanted.value);
    let plan = match value::set(&draft.text, &draft.map, &place, toml)? {
        value::Setting::Plan(plan) => plan,
        value::Setting::UnsetFirst => {
            let plan = value::unset(&draft.text, &draft.map, &place)?;
            draft.apply(plan)?;
            match value::set(&draft.text, &draft.map, &place, toml)? {
                value::Setting::Plan(plan) => plan,
                value::Setting::UnsetFirst => return Err(EditError::Tangled),
            }
        }
    };
    draft.apply(plan)
}

/// Takes a value away.
pub(crate) fn unset(draft: &mut Draft, entity: EntityRef, keys: &[&str]) -> Result<(), EditError> {
    let place = Place::new(&draft.map, entity, keys);
    let plan = value::unset(&draft.text, &draft.map, &place)?;
    tree::take(&mut draft.expected, &place.keys);
    draft.apply(plan)
}

/// Adds a table of a kind with values given as TOML; keys may be dotted.
pub(crate) fn add(draft: &mut Draft, kind: EntityKind, fields: &[(Vec<&str>, String)]) -> Result<EntityRef, EditError> {
    if !kind.many() {
        return add_single(draft, kind, fields);
    }
    let index = match draft.map.root().get(kind.table()).map(|node| &node.value) {
        None => 0,
        Some(Value::Array(items)) => items.len(),
        Some(_) => return Err(EditError::Tangled),
    };
    let entity = EntityRef::new(kind, index);
    let first_level: Vec<(&str, &str)> = fields
        .iter()
        .filter_map(|(keys, toml)| if let [key] = keys.as_slice() { Some((*key, toml.as_str())) } else { None })
        .collect();
    let node = draft.map.root().get(kind.table());
    let inline = node.and_then(|node| Some((node, node.array()?))).filter(|(_, items)| {
        items.iter().all(|item| item.table().is_none_or(|table| table.form == crate::model::TableForm::Inline))
    });
    let lines = |separator: &str| {
        let lines: Vec<_> = first_level.iter().map(|(key, toml)| format!("{} = {toml}", key_of(key))).collect();
        lines.join(separator)
    };
    let plan = if let Some((node, items)) = inline {
        let element = format!("{{ {} }}", lines(", "));
        list::insert_item(&draft.text, node, items, index, &element).ok_or(EditError::Tangled)?
    } else {
        let block = format!("[[{}]]\n{}", kind.table(), lines("\n"));
        let at = blocks::place_for(&draft.text, &draft.map, kind);
        blocks::insert_block(&draft.text, at, &format!("{}\n", block.trim_end()))
    };
    let path = [kind.table().to_owned()];
    if let Some(items) = tree::array_mut(&mut draft.expected, &path) {
        items.push(Node { span: Span::default(), value: table_of(&first_level) });
    }
    draft.apply(plan)?;
    for (keys, toml) in fields.iter().filter(|(keys, _)| keys.len() > 1) {
        set(draft, entity, keys, toml)?;
    }
    Ok(entity)
}

fn add_single(draft: &mut Draft, kind: EntityKind, fields: &[(Vec<&str>, String)]) -> Result<EntityRef, EditError> {
    let entity = EntityRef::only(kind);
    if draft.map.entity(entity).is_some() {
        return Err(EditError::Taken { kind, id: kind.table().to_owned() });
    }
    if fields.is_empty() {
        let at = blocks::place_for(&draft.text, &draft.map, kind);
        draft.apply(blocks::insert_block(&draft.text, at, &format!("[{}]\n", kind.table())))?;
    }
    for (keys, toml) in fields {
        set(draft, entity, keys, toml)?;
    }
    Ok(entity)
}

fn table_of(fields: &[(&str, &str)]) -> Value {
    let mut table = crate::model::Table::default();
    for (key, toml) in fields {
        if let Some(node) = super::literal::value_of(toml) {
            tree::put(&mut table, &[(*key).to_owned()], node.value);
        }
    }
    Value::Table(table)
}

/// Removes a table with everything below it.
pub(crate) fn remove(draft: &mut Draft, entity: EntityRef) -> Result<(), EditError> {
    if draft.map.entity(entity).is_none() {
        return Err(EditError::NoEntity(entity.kind));
    }
    unset(draft, entity, &[])
}

/// Copies a table to below itself, with another id (or other ends, `a -> b`).
pub(crate) fn duplicate(draft: &mut Draft, entity: EntityRef, new_id: &str) -> Result<EntityRef, EditError> {
    let place = Place::new(&draft.map, entity, &[]);
    let Some(node) = draft.map.entity(entity) else { return Err(EditError::NoEntity(entity.kind)) };
    if !entity.kind.many() {
        return Err(EditError::Taken { kind: entity.kind, id: entity.kind.table().to_owned() });
    }
    let copy = node.clone();
    let steps = place.steps(&draft.map, place.keys.len());
    let positions = blocks::below(&draft.map, &steps);
    let plan = match (positions.first(), positions.last()) {
        (Some(first), Some(last)) if last - first + 1 == positions.len() => {
            let blocks = &draft.map.tree.blocks;
            let end = blocks::content_end(&draft.text, &draft.map, &blocks[*last]);
            let mut lines = draft.text[blocks[*first].start..end].replace("\r\n", "\n");
            if !lines.ends_with('\n') {
                lines.push('\n');
            }
            blocks::insert_block(&draft.text, end, &lines)
        }
        (None, _) => {
            let list = draft.map.root().get(entity.kind.table());
            let Some((list, items)) = list.and_then(|node| Some((node, node.array()?))) else {
                return Err(EditError::Tangled);
            };
            let element = draft.text.get(node.span.range()).unwrap_or_default();
            list::insert_item(&draft.text, list, items, entity.index + 1, element).ok_or(EditError::Tangled)?
        }
        _ => return Err(EditError::Tangled),
    };
    if let Some(items) = tree::array_mut(&mut draft.expected, &[entity.kind.table().to_owned()]) {
        items.insert((entity.index + 1).min(items.len()), copy);
    }
    draft.apply(plan)?;
    let new = EntityRef::new(entity.kind, entity.index + 1);
    if field_at(entity.kind, &["id"]).is_some() {
        set(draft, new, &["id"], &typed(entity.kind, &["id"], new_id)?)?;
    } else if let (EntityKind::Dependency, Some((from, to))) = (entity.kind, Element::ends(new_id)) {
        set(draft, new, &["from"], &quoted(from))?;
        set(draft, new, &["to"], &quoted(to))?;
    }
    Ok(new)
}

/// The first line of a file that has none.
pub(crate) fn begin(draft: &mut Draft) -> Result<(), EditError> {
    let line_end = super::draft::Lines::line_end(draft.text.as_str());
    tree::put(&mut draft.expected, &["format".to_owned()], Value::Integer(1));
    draft.apply(Plan::replace(0..draft.text.len(), format!("format = 1{line_end}")))
}

/// Adds an entity as it stands in another text, with its comments.
pub(crate) fn insert_like(
    draft: &mut Draft,
    other_text: &str,
    other: &crate::document::source_map::SourceMap,
    entity: EntityRef,
) -> Result<(), EditError> {
    let Some(node) = other.entity(entity) else { return Err(EditError::NoEntity(entity.kind)) };
    let kind = entity.kind;
    let place = Place::new(other, entity, &[]);
    let positions = blocks::below(other, &place.steps(other, place.keys.len()));
    let (Some(first), Some(last)) = (positions.first(), positions.last()) else {
        let Some(table) = node.table() else { return Err(EditError::Tangled) };
        let fields: Vec<_> = table
            .entries
            .iter()
            .map(|entry| (vec![entry.key.as_str()], super::literal::written(other_text, &entry.node)))
            .collect();
        return add(draft, kind, &fields).map(|_| ());
    };
    let theirs = &other.tree.blocks;
    let start = blocks::attached_start(other_text, &theirs[*first]);
    let end = blocks::content_end(other_text, other, &theirs[*last]);
    let mut lines = other_text.get(start..end).unwrap_or_default().replace("\r\n", "\n");
    if !lines.ends_with('\n') {
        lines.push('\n');
    }
    let path = [kind.table().to_owned()];
    if kind.many() {
        if let Some(items) = tree::array_mut(&mut draft.expected, &path) {
            items.push(node.clone());
        }
    } else {
        tree::put(&mut draft.expected, &path, node.value.clone());
    }
    draft.apply(blocks::insert_block(&draft.text, blocks::place_for(&draft.text, &draft.map, kind), &lines))
}
