//! Two people edited one file: their edits combined, and what cannot be combined laid open.
//!
//! Pure. Nothing is dropped silently: what is in neither the result nor a conflict was in both texts before.

mod changes;
mod lines;

pub(super) use lines::kept_lines;

use super::edit::{Draft, EditError, insert_like, tree};
use super::lines::LineIndex;
use super::source_map::SourceMap;
use super::syntax;
use crate::model::Value;
use changes::{Change, changes, entities};

/// Whose version is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What was typed here.
    Ours,
    /// What is on disk.
    Theirs,
}

/// A place where both sides say something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The entity in words (`component api`), or nothing for the layout of the file.
    pub entity: Option<String>,
    /// The key; empty for the whole entity.
    pub key: String,
    /// What was there before, as TOML; nothing where there was nothing.
    pub base: Option<String>,
    /// What this side says.
    pub ours: Option<String>,
    /// What the other side says.
    pub theirs: Option<String>,
}

/// A three-way merge.
#[derive(Debug, Clone)]
pub struct Merge {
    ours: Text,
    theirs: Text,
    our_changes: Vec<Change>,
    their_changes: Vec<Change>,
    /// For each conflict the changes that collide; none for the layout.
    collisions: Vec<(Vec<usize>, Vec<usize>)>,
    conflicts: Vec<Conflict>,
    /// The result where the lines alone could be combined.
    combined: Option<String>,
    /// Whose text carries the result when no conflict says otherwise.
    carrier: Side,
}

#[derive(Debug, Clone)]
struct Text {
    text: String,
    map: SourceMap,
}

impl Text {
    fn of(text: &str) -> Self {
        let (tree, _) = syntax::read(text);
        Self { text: text.to_owned(), map: SourceMap::new(tree, LineIndex::new(text)) }
    }
}

impl Merge {
    /// Combines what was made of `base` on both sides.
    pub fn new(base: &str, ours: &str, theirs: &str) -> Self {
        let (base, ours, theirs) = (Text::of(base), Text::of(ours), Text::of(theirs));
        let (our_changes, their_changes) = (changes(&base.map, &ours.map), changes(&base.map, &theirs.map));
        let collisions = collisions(&our_changes, &their_changes);
        let conflicts =
            collisions.iter().map(|pair| conflict(&base, &ours, &theirs, &our_changes, &their_changes, pair));
        let mut merge = Self {
            conflicts: conflicts.collect(),
            ours,
            theirs,
            our_changes,
            their_changes,
            collisions,
            combined: None,
            carrier: Side::Theirs,
        };
        merge.find_carrier(&base);
        merge
    }

    /// Where the sides collide. Empty: [`Merge::text`] is the result, with everything of both.
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// The merged text with a side for each conflict, in their order; theirs where none is given.
    ///
    /// # Errors
    /// Where an edit cannot be repeated in the other text: then a whole text has to be chosen.
    pub fn text(&self, choices: &[Side]) -> Result<String, EditError> {
        if let (Some(combined), true) = (&self.combined, self.conflicts.is_empty()) {
            return Ok(combined.clone());
        }
        let choice = |position: usize| choices.get(position).copied().unwrap_or(Side::Theirs);
        // The conflict about the layout, where there is one, is the last.
        let layout = self.conflicts.len() > self.collisions.len();
        let carrier = if layout { choice(self.collisions.len()) } else { self.carrier };
        let (text, other, edits) = match carrier {
            Side::Theirs => (&self.theirs, &self.ours, &self.our_changes),
            Side::Ours => (&self.ours, &self.theirs, &self.their_changes),
        };
        let mut colliding = vec![false; edits.len()];
        let mut chosen = Vec::new();
        for (position, (ours, theirs)) in self.collisions.iter().enumerate() {
            let mine = if carrier == Side::Theirs { ours } else { theirs };
            for index in mine {
                colliding[*index] = true;
            }
            if choice(position) != carrier {
                chosen.extend(self.widest(position).map(|change| as_in(other, change)));
            }
        }
        let free = edits.iter().zip(&colliding).filter(|(_, colliding)| !**colliding).map(|(change, _)| change);
        replay(text, other, free.chain(&chosen))
    }

    /// Of the changes that collide, the one that takes in all others.
    fn widest(&self, position: usize) -> Option<&Change> {
        widest(&self.our_changes, &self.their_changes, self.collisions.get(position)?)
    }

    fn find_carrier(&mut self, base: &Text) {
        if self.ours.text == self.theirs.text || self.theirs.text == base.text {
            self.combined = Some(self.ours.text.clone());
            return;
        }
        if self.ours.text == base.text {
            self.combined = Some(self.theirs.text.clone());
            return;
        }
        if self.conflicts.is_empty()
            && let Some(combined) = lines::combine(&base.text, &self.ours.text, &self.theirs.text)
            && let Ok(plain) = replay(&self.theirs, &self.ours, self.our_changes.iter())
            && changes(&Text::of(&plain).map, &Text::of(&combined).map).is_empty()
        {
            self.combined = Some(combined);
            return;
        }
        // A side whose text is its edits and nothing else can be repeated in the other text without loss.
        let only_edits =
            |side: &Text, edits: &[Change]| replay(base, side, edits.iter()).is_ok_and(|text| text == side.text);
        if only_edits(&self.ours, &self.our_changes) {
            self.carrier = Side::Theirs;
        } else if only_edits(&self.theirs, &self.their_changes) {
            self.carrier = Side::Ours;
        } else {
            self.conflicts.push(Conflict {
                entity: None,
                key: "comments and layout".to_owned(),
                base: None,
                ours: None,
                theirs: None,
            });
        }
    }
}

/// Groups of changes that cannot all be made.
fn collisions(ours: &[Change], theirs: &[Change]) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut by_identity = std::collections::HashMap::<_, Vec<usize>>::new();
    for (index, change) in theirs.iter().enumerate() {
        by_identity.entry(&change.identity).or_default().push(index);
    }
    let mut found: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for (index, change) in ours.iter().enumerate() {
        let others = by_identity.get(&change.identity).map(Vec::as_slice).unwrap_or_default();
        let others: Vec<usize> = others.iter().copied().filter(|other| change.collides(&theirs[*other])).collect();
        if others.is_empty() {
            continue;
        }
        // Several of ours against one of theirs (an entity they removed) is one question.
        match found.iter_mut().find(|(_, known)| known.iter().any(|known| others.contains(known))) {
            Some((mine, known)) => {
                mine.push(index);
                known.extend(others.into_iter().filter(|other| !known.contains(other)).collect::<Vec<_>>());
            }
            None => found.push((vec![index], others)),
        }
    }
    found
}

fn conflict(
    base: &Text,
    ours: &Text,
    theirs: &Text,
    our_changes: &[Change],
    their_changes: &[Change],
    collision: &(Vec<usize>, Vec<usize>),
) -> Conflict {
    let Some(change) = widest(our_changes, their_changes, collision) else {
        return Conflict { entity: None, key: String::new(), base: None, ours: None, theirs: None };
    };
    let identity = &change.identity;
    let written = |text: &Text| {
        let entity = entities(&text.map).get(identity).copied()?;
        let keys: Vec<&str> = change.keys.iter().map(String::as_str).collect();
        text.map.value(entity, &keys).map(|node| super::edit::written(&text.text, node))
    };
    let name = if identity.name.is_empty() { String::new() } else { format!(" {}", identity.name) };
    Conflict {
        entity: Some(format!("{}{name}", identity.kind.called())),
        key: change.keys.join("."),
        base: written(base),
        ours: written(ours),
        theirs: written(theirs),
    }
}

/// Of changes that collide, the one at the shortest path: the others lie inside it.
fn widest<'a>(
    ours: &'a [Change],
    theirs: &'a [Change],
    (mine, others): &(Vec<usize>, Vec<usize>),
) -> Option<&'a Change> {
    let all = mine.iter().map(|index| &ours[*index]).chain(others.iter().map(|index| &theirs[*index]));
    all.min_by_key(|change| change.keys.len())
}

/// The change that leads to what a text says at a place.
fn as_in(text: &Text, change: &Change) -> Change {
    let keys: Vec<&str> = change.keys.iter().map(String::as_str).collect();
    let entity = entities(&text.map).get(&change.identity).copied();
    let after = entity.and_then(|entity| text.map.value(entity, &keys)).map(|node| node.value.clone());
    Change { after, ..change.clone() }
}

/// Makes the changes of one side in the text of the other.
fn replay<'a>(text: &Text, other: &Text, edits: impl Iterator<Item = &'a Change>) -> Result<String, EditError> {
    let mut draft = Draft::new(&text.text, &text.map, &[]);
    draft.tolerate(&text.text);
    for change in edits {
        apply(&mut draft, other, change)?;
    }
    draft.check()?;
    Ok(draft.text)
}

fn apply(draft: &mut Draft, other: &Text, change: &Change) -> Result<(), EditError> {
    let here = entities(&draft.map).get(&change.identity).copied();
    let there = entities(&other.map).get(&change.identity).copied();
    let keys: Vec<&str> = change.keys.iter().map(String::as_str).collect();
    match (&change.after, here, there) {
        (None, None, _) => Ok(()),
        (None, Some(here), _) => {
            if draft.map.value(here, &keys).is_none() {
                return Ok(());
            }
            super::edit::entity::unset(draft, here, &keys)
        }
        (Some(_), None, Some(there)) => insert_like(draft, &other.text, &other.map, there),
        (Some(value), Some(here), Some(there)) => {
            let Some(node) = other.map.value(there, &keys) else { return Err(EditError::Tangled) };
            if draft.map.value(here, &keys).is_some_and(|node| tree::same(&node.value, value)) {
                return Ok(());
            }
            if keys.is_empty() {
                // The whole entity is another one here: it goes, theirs comes.
                super::edit::entity::remove(draft, here)?;
                return insert_like(draft, &other.text, &other.map, there);
            }
            if matches!(node.value, Value::Invalid) {
                return Err(EditError::Tangled);
            }
            super::edit::entity::set(draft, here, &keys, &super::edit::written(&other.text, node))
        }
        (Some(_), _, None) => Err(EditError::Tangled),
    }
}
