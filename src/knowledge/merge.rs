//! Rows of several files become one list: later files replace, add to, or remove what earlier ones said, by id.
//!
//! A row that exists is changed key by key, so that a reader's file may hold one sentence; a new row must be complete.
//! Knows nothing of what the rows are about.

use super::problem::{KnowledgeProblem, nearest, quoted, suggest};
use super::sheet::Row;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use toml::{Table, Value};

/// Where a key of a finished row was written, for the rows that a reader can change.
pub(super) type KeyLines = BTreeMap<String, (Arc<str>, usize)>;

/// A row after all files had their say.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) id: String,
    fields: Table,
    /// The fields before the first change, to fall back on when the change cannot be read.
    original: Option<Table>,
    file: Arc<str>,
    line: usize,
    pub(super) keys: KeyLines,
    last_sheet: usize,
}

/// What a kind of row may hold.
pub(super) struct Shape<'a> {
    /// For messages: `pattern`.
    pub(super) kind: &'a str,
    /// Names of its keys.
    pub(super) known: &'a [&'a str],
    /// Names of the keys of arrays of tables inside it.
    pub(super) nested: &'a [(&'a str, &'a [&'a str])],
    /// What is put before an id without a dot.
    pub(super) prefix: Option<&'a str>,
    /// Whether `remove = true` is allowed.
    pub(super) removable: bool,
}

fn problem(file: &Arc<str>, line: usize, message: String, suggestion: Option<String>) -> KnowledgeProblem {
    KnowledgeProblem { file: file.to_string(), line, message, suggestion }
}

fn is_id(text: &str) -> bool {
    text.len() <= 80
        && text.starts_with(|sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit())
        && text.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-' || sign == '_')
}

/// The id of a row, with its prefix; or a problem.
fn id_of(row: &Row, shape: &Shape<'_>, problems: &mut Vec<KnowledgeProblem>) -> Option<String> {
    let line = row.keys.get("id").copied().unwrap_or(row.line);
    let Some(written) = row.fields.get("id").and_then(Value::as_str) else {
        let close = nearest_key(row, "id");
        problems.push(problem(&row.file, line, format!("a {} needs an `id`; it was left out", shape.kind), close));
        return None;
    };
    let local = match (shape.prefix, written.split_once('.')) {
        (Some(prefix), Some((before, local))) if before == prefix => local,
        (Some(prefix), Some(_)) => {
            let message = format!("{} does not belong to `{prefix}`; it was left out", quoted(written));
            problems.push(problem(&row.file, line, message, None));
            return None;
        }
        _ => written,
    };
    if !is_id(local) {
        let message = format!("{} is not an id: small letters, digits and `-` only; it was left out", quoted(written));
        problems.push(problem(&row.file, line, message, None));
        return None;
    }
    Some(shape.prefix.map_or_else(|| local.to_owned(), |prefix| format!("{prefix}.{local}")))
}

/// The key of the row that was probably meant to be `name`.
fn nearest_key(row: &Row, name: &str) -> Option<String> {
    row.fields.keys().any(|key| nearest(key, [name].into_iter()).is_some()).then(|| name.to_owned())
}

/// Takes out what the row must not hold, with a problem each.
fn clean(row: &mut Row, shape: &Shape<'_>, problems: &mut Vec<KnowledgeProblem>) {
    let file = Arc::clone(&row.file);
    let start = row.line;
    let lines = row.keys.clone();
    let line = |key: &str| lines.get(key).copied().unwrap_or(start);
    row.fields.retain(|key, value| {
        if key != "remove" && !shape.known.contains(&key) {
            let message = format!("a {} has no key {}; it was ignored", shape.kind, quoted(key));
            problems.push(problem(&file, line(key), message, suggest(problems, key, shape.known.iter().copied())));
            return false;
        }
        if value.as_str().is_some_and(|text| text.trim().is_empty()) {
            problems.push(problem(&file, line(key), format!("`{key}` is empty; it was ignored"), None));
            return false;
        }
        true
    });
    for (name, known) in shape.nested {
        let Some(Value::Array(rows)) = row.fields.get_mut(*name) else {
            continue;
        };
        for inner in rows.iter_mut().filter_map(Value::as_table_mut) {
            inner.retain(|key, _| {
                let fine = key == "remove" || known.contains(&key);
                if !fine {
                    let message = format!("`{name}` has no key {}; it was ignored", quoted(key));
                    problems.push(problem(&file, line(name), message, suggest(problems, key, known.iter().copied())));
                }
                fine
            });
        }
    }
}

/// Merges the rows of one group, file after file. The number says which file a row is from.
pub(super) fn merge(rows: Vec<(usize, Row)>, shape: &Shape<'_>, problems: &mut Vec<KnowledgeProblem>) -> Vec<Merged> {
    let mut merged: Vec<Option<Merged>> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    for (sheet, mut row) in rows {
        clean(&mut row, shape, problems);
        let Some(id) = id_of(&row, shape, problems) else {
            continue;
        };
        let line = row.keys.get("id").copied().unwrap_or(row.line);
        let at = index.get(&id).copied();
        if at.and_then(|at| merged[at].as_ref()).is_some_and(|earlier| earlier.last_sheet == sheet) {
            let message = format!("the {} `{id}` is in this file already; the second was ignored", shape.kind);
            problems.push(problem(&row.file, line, message, None));
            continue;
        }
        if let Some(remove) = row.fields.remove("remove") {
            match (remove.as_bool(), at.and_then(|at| merged[at].take())) {
                (Some(true), Some(_)) if shape.removable => {
                    index.remove(&id);
                    continue;
                }
                (Some(true), Some(kept)) => {
                    if let Some(at) = at {
                        merged[at] = Some(kept);
                    }
                    problems.push(problem(
                        &row.file,
                        line,
                        format!("a {} cannot be removed; it was kept", shape.kind),
                        None,
                    ));
                    continue;
                }
                (Some(true), None) => {
                    let message = format!("there is no {} {} to remove", shape.kind, quoted(&id));
                    problems.push(problem(
                        &row.file,
                        line,
                        message,
                        suggest(problems, &id, index.keys().map(String::as_str)),
                    ));
                    continue;
                }
                (other, kept) => {
                    if let (Some(at), Some(kept)) = (at, kept) {
                        merged[at] = Some(kept);
                    }
                    if other.is_none() {
                        let line = row.keys.get("remove").copied().unwrap_or(line);
                        problems.push(problem(&row.file, line, "`remove` is true or false".to_owned(), None));
                    }
                }
            }
        }
        let keys =
            row.keys.iter().filter(|_| row.reportable).map(|(key, line)| (key.clone(), (Arc::clone(&row.file), *line)));
        if let Some(base) = at.and_then(|at| merged[at].as_mut()) {
            base.original.get_or_insert_with(|| base.fields.clone());
            base.keys.extend(keys);
            base.last_sheet = sheet;
            (base.file, base.line) = (Arc::clone(&row.file), row.line);
            row.fields.remove("id");
            overlay(&mut base.fields, row.fields, shape);
        } else {
            row.fields.insert("id".to_owned(), Value::String(id.clone()));
            index.insert(id.clone(), merged.len());
            let keys = keys.collect();
            let Row { fields, file, line, .. } = row;
            merged.push(Some(Merged { id, fields, original: None, file, line, keys, last_sheet: sheet }));
        }
    }
    merged.into_iter().flatten().collect()
}

/// Writes `change` over `base`; arrays of tables named in the shape are merged by id, everything else is replaced.
fn overlay(base: &mut Table, change: Table, shape: &Shape<'_>) {
    for (key, value) in change {
        let nested = shape.nested.iter().any(|(name, _)| *name == key);
        match (nested, base.get_mut(&key), value) {
            (true, Some(Value::Array(rows)), Value::Array(changes)) => overlay_rows(rows, changes),
            (_, _, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn overlay_rows(rows: &mut Vec<Value>, changes: Vec<Value>) {
    for change in changes {
        let id = change.get("id").cloned();
        let at = rows.iter().position(|row| id.is_some() && row.get("id") == id.as_ref());
        let remove = change.get("remove").and_then(Value::as_bool) == Some(true);
        match (at, remove, change) {
            (Some(at), true, _) => {
                rows.remove(at);
            }
            (None, true, _) => {}
            (Some(at), false, Value::Table(change)) => {
                if let Some(row) = rows[at].as_table_mut() {
                    row.extend(change);
                }
            }
            (_, false, change) => rows.push(change),
        }
    }
}

/// Gives rows their type. A changed row that cannot be read keeps its earlier content; a new one is left out.
pub(super) fn typed<T: DeserializeOwned>(
    rows: Vec<Merged>,
    kind: &str,
    problems: &mut Vec<KnowledgeProblem>,
) -> Vec<(T, Merged)> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let mut out = Vec::with_capacity(rows.len());
    for mut row in rows {
        let error = match Value::Table(row.fields.clone()).try_into::<T>() {
            Ok(value) => {
                out.push((value, row));
                continue;
            }
            Err(error) => error,
        };
        let (file, line) = culprit(&row).unwrap_or((Arc::clone(&row.file), row.line));
        let earlier = row.original.take().and_then(|fields| Value::Table(fields).try_into::<T>().ok());
        let text = error.message().lines().next().unwrap_or("it cannot be read").to_owned();
        let outcome = if earlier.is_some() { "the change was ignored" } else { "it was left out" };
        // A new row that is incomplete is most often a change of an old one whose id was mistyped.
        let close = if earlier.is_some() { None } else { suggest(problems, &row.id, ids.iter().map(String::as_str)) };
        problems.push(problem(&file, line, format!("the {kind} `{}`: {text}; {outcome}", row.id), close));
        if let Some(value) = earlier {
            row.keys.clear();
            out.push((value, row));
        }
    }
    out
}

/// The line of the key whose type is wrong: the one whose value differs in kind from what it replaced.
fn culprit(row: &Merged) -> Option<(Arc<str>, usize)> {
    let original = row.original.as_ref()?;
    let (key, _) =
        row.fields.iter().find(|(key, value)| original.get(*key).is_some_and(|before| !before.same_type(value)))?;
    row.keys.get(key).cloned()
}
