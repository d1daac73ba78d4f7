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
    let plan = match inline {
        Some((node, items)) => {
            let body: Vec<_> = first_level.iter().map(|(key, toml)| format!("{} = {toml}", key_of(key))).collect();
            let element = format!("{{ {} }}", body.join(", "));
            list::insert_item(&draft.text, node, items, index, &element).ok_or(EditError::Tangled)?
        }
        None => {
            let mut lines = format!("[[{}]]\n", kind.table());
            for (key, toml) in &first_level {
                lines.push_str(&format!("{} = {toml}\n", key_of(key)));
            }
            blocks::insert_block(&draft.text, blocks::place_for(&draft.text, &draft.map, kind), &lines)
        }
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

/// Puts an element into a list of an entity, made where there is none.
pub(crate) fn insert_item(
    draft: &mut Draft,
    entity: EntityRef,
    keys: &[&str],
    position: usize,
    toml: &str,
) -> Result<(), EditError> {
    let place = Place::new(&draft.map, entity, keys);
    let Some(node) = place.node(&draft.map) else {
        return set(draft, entity, keys, &format!("[{toml}]"));
    };
    let Some(items) = node.array() else { return Err(EditError::NoValue(keys.join("."))) };
    let position = position.min(items.len());
    let Some(wanted) = super::literal::value_of(toml) else { return Err(EditError::Tangled) };
    let headers = items.iter().any(|item| item.table().is_some_and(|t| t.form == crate::model::TableForm::Header));
    let plan = if headers {
        header_item(draft, &place, position, toml)?
    } else {
        list::insert_item(&draft.text, node, items, position, toml).ok_or(EditError::Tangled)?
    };
    if let Some(items) = tree::array_mut(&mut draft.expected, &place.keys) {
        items.insert(position.min(items.len()), wanted);
    }
    draft.apply(plan)
}

/// `[[flow.calls]]` with the keys of an inline table.
fn header_item(draft: &Draft, place: &Place, position: usize, toml: &str) -> Result<Plan, EditError> {
    let steps = place.steps(&draft.map, place.keys.len());
    let name: Vec<String> = steps.iter().map(|(key, _)| key_of(key)).collect();
    let Some(item) = super::literal::value_of(toml) else { return Err(EditError::Tangled) };
    let Some(table) = item.table() else { return Err(EditError::Tangled) };
    let mut lines = format!("[[{}]]\n", name.join("."));
    for entry in &table.entries {
        let raw = super::literal::raw_of(toml, &entry.node).unwrap_or_default();
        lines.push_str(&format!("{} = {raw}\n", key_of(&entry.key)));
    }
    let block_of = |position: usize| {
        let mut keys = place.keys.clone();
        keys.push(position.to_string());
        let item = Place { kind: place.kind, keys };
        blocks::below(&draft.map, &item.steps(&draft.map, item.keys.len()))
    };
    let blocks = &draft.map.tree.blocks;
    let at = match position.checked_sub(1).and_then(|before| block_of(before).last().copied()) {
        Some(last) => blocks::content_end(&draft.text, &draft.map, &blocks[last]),
        None => match block_of(0).first() {
            Some(first) => blocks::attached_start(&draft.text, &blocks[*first]),
            None => return Err(EditError::Tangled),
        },
    };
    Ok(blocks::insert_block(&draft.text, at, &lines))
}

/// Moves an element of a list.
pub(crate) fn move_item(
    draft: &mut Draft,
    entity: EntityRef,
    keys: &[&str],
    from: usize,
    to: usize,
) -> Result<(), EditError> {
    let place = Place::new(&draft.map, entity, keys);
    let Some((node, items)) = place.node(&draft.map).and_then(|node| Some((node, node.array()?))) else {
        return Err(EditError::NoValue(keys.join(".")));
    };
    if from >= items.len() || to >= items.len() {
        return Err(EditError::NoValue(format!("{}.{}", keys.join("."), from.max(to))));
    }
    let plan = if items.iter().any(|item| item.table().is_some_and(|t| t.form == crate::model::TableForm::Header)) {
        move_blocks(draft, &place, from, to)?
    } else {
        list::move_item(&draft.text, node, items, from, to).ok_or(EditError::Tangled)?
    };
    if let Some(items) = tree::array_mut(&mut draft.expected, &place.keys) {
        let item = items.remove(from);
        items.insert(to, item);
    }
    draft.apply(plan)
}

/// Moves the blocks of one table of an array of tables: slots stay, what stands in them changes.
fn move_blocks(draft: &Draft, place: &Place, from: usize, to: usize) -> Result<Plan, EditError> {
    let slot = |position: usize| {
        let mut keys = place.keys.clone();
        keys.push(position.to_string());
        let item = Place { kind: place.kind, keys };
        let positions = blocks::below(&draft.map, &item.steps(&draft.map, item.keys.len()));
        let blocks = &draft.map.tree.blocks;
        let (first, last) = (positions.first()?, positions.last()?);
        let start = blocks::attached_start(&draft.text, &blocks[*first]);
        let end = blocks::content_end(&draft.text, &draft.map, &blocks[*last]);
        (last - first + 1 == positions.len() && start < end).then_some(start..end)
    };
    let (low, high) = (from.min(to), from.max(to));
    let slots: Option<Vec<_>> = (low..=high).map(slot).collect();
    let Some(slots) = slots else { return Err(EditError::Tangled) };
    let line_end = super::draft::Lines::line_end(draft.text.as_str());
    let mut texts: Vec<String> =
        slots.iter().map(|slot| draft.text[slot.clone()].trim_end_matches(['\r', '\n']).to_owned()).collect();
    let moved = texts.remove(from - low);
    texts.insert(to - low, moved);
    let mut plan = Plan::default();
    for (slot, mut text) in slots.into_iter().zip(texts) {
        if draft.text[slot.clone()].ends_with('\n') {
            text.push_str(line_end);
        }
        plan.and(slot, text);
    }
    Ok(plan)
}

/// The first line of a file that has none.
pub(crate) fn begin(draft: &mut Draft) -> Result<(), EditError> {
    let line_end = super::draft::Lines::line_end(draft.text.as_str());
    tree::put(&mut draft.expected, &["format".to_owned()], Value::Integer(1));
    draft.apply(Plan::replace(0..draft.text.len(), format!("format = 1{line_end}")))
}
