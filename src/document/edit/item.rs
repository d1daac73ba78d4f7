//! Elements of a list of an entity: put in and moved, however the list is written.

use super::blocks;
use super::draft::{Draft, Lines};
use super::entity::set;
use super::error::EditError;
use super::list;
use super::literal::key as key_of;
use super::path::Place;
use super::splice::Plan;
use super::tree;
use crate::model::{EntityRef, Entry};

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
    let line = |entry: &Entry| {
        let raw = super::literal::raw_of(toml, &entry.node).unwrap_or_default();
        format!("{} = {raw}\n", key_of(&entry.key))
    };
    let lines = format!("[[{}]]\n{}", name.join("."), table.entries.iter().map(line).collect::<String>());
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
    let line_end = draft.text.line_end();
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
