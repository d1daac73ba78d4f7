//! Edits: each one step of undo, each said, each refused with a reason rather than half done.

use super::follow::Names;
use crate::document::UndoLabel;
use crate::model::{EntityKind, EntityRef, Renaming, Shape, as_id};
use crate::workbench::Workbench;
use crate::workbench::message::Effect;
use crate::workbench::overlays::{AddField, AddForm, Adding, Overlay, Prompt, Purpose, suggestions};
use crate::workbench::place::Place;
use crate::workbench::screens::{self, Body, Target, add_keys, item_fields};
use crate::workbench::view::{Line, Role};

pub(super) type Edited = Result<Vec<Effect>, String>;

fn strs(keys: &[String]) -> Vec<&str> {
    keys.iter().map(String::as_str).collect()
}

impl Workbench {
    pub(super) fn set(&mut self, entity: EntityRef, keys: &[String], value: &str) -> Edited {
        if keys.len() == 1 && keys[0] == "id" {
            let from = self.session.document.cell(entity, &["id"]).unwrap_or_default();
            if !from.is_empty() {
                return self.rename(entity.kind, &from, value);
            }
        }
        self.session.document.set(entity, &strs(keys), value).map_err(|error| error.to_string())?;
        self.edited();
        Ok(Vec::new())
    }

    pub(super) fn clear(&mut self, entity: EntityRef, keys: &[String]) -> Edited {
        self.session.document.unset(entity, &strs(keys)).map_err(|error| error.to_string())?;
        self.edited();
        Ok(Vec::new())
    }

    pub(super) fn add(&mut self, adding: &Adding, values: &[(String, String)]) -> Edited {
        let fields: Vec<(&str, &str)> = values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        match adding {
            Adding::Entity(kind) => {
                let entity = self.session.document.add(*kind, &fields).map_err(|error| error.to_string())?;
                self.edited();
                self.show_entity(entity);
                let name = self.session.name_of(entity);
                self.say(Line::of(Role::Good, format!("Added {} {name}. u takes it back.", kind.called())));
            }
            Adding::Values(entity) => {
                let text = |key: &str| self.session.document.cell(*entity, &[key]).unwrap_or_default();
                let changed = fields.iter().filter(|(key, value)| text(key) != *value);
                let (gone, set): (Vec<_>, Vec<_>) = changed.copied().partition(|(_, value)| value.trim().is_empty());
                if !set.is_empty() {
                    self.session.document.set_many(*entity, &set).map_err(|error| error.to_string())?;
                }
                for (key, _) in gone {
                    self.session.document.unset(*entity, &[key]).map_err(|error| error.to_string())?;
                }
                self.edited();
                let name = self.session.name_of(*entity);
                self.say(Line::of(Role::Good, format!("Changed {} {name}. u takes it back.", entity.kind.called())));
            }
            Adding::Item(entity, key, position) => {
                let spec = item_fields(entity.kind, key).unwrap_or_default();
                let mut parts = Vec::new();
                for (name, value) in &fields {
                    let field = spec.iter().find(|field| field.name == *name).ok_or("there is no such key")?;
                    let literal = crate::document::literal(field.shape, value)?;
                    parts.push(format!("{name} = {literal}"));
                }
                let toml = format!("{{ {} }}", parts.join(", "));
                self.session
                    .document
                    .insert_item(*entity, &[key], *position, &toml)
                    .map_err(|error| error.to_string())?;
                self.edited();
                let mut cursor = self.navigation.cursor();
                cursor.row = *position;
                self.navigation.set_cursor(cursor);
            }
        }
        Ok(Vec::new())
    }

    pub(super) fn rename(&mut self, kind: EntityKind, from: &str, to: &str) -> Edited {
        let analysis = self.session.analysis.clone();
        let findings = analysis.iter().flat_map(|analysis| &analysis.findings);
        let about = findings.map(|finding| (finding.id.as_str(), &finding.element));
        self.session.document.rename_knowing(kind, from, to, about).map_err(|error| error.to_string())?;
        if let Some(renaming) = self.session.document.next_undo().and_then(|label| label.renamed.clone()) {
            self.follow_name(&renaming);
        }
        self.edited();
        self.say(Line::of(Role::Good, format!("Renamed {from} to {to}, and every reference to it. u takes it back.")));
        Ok(Vec::new())
    }

    /// What is known or chosen by name goes with the name.
    fn follow_name(&mut self, renaming: &Renaming) {
        if renaming.kind == EntityKind::Component && self.graph.selected.as_ref() == Some(&renaming.old) {
            self.graph.selected = Some(renaming.new.clone());
        }
        self.session.renamed(renaming);
    }

    pub(super) fn duplicate(&mut self, entity: EntityRef, id: &str) -> Edited {
        let copy = self.session.document.duplicate(entity, id).map_err(|error| error.to_string())?;
        self.edited();
        self.show_entity(copy);
        self.say(Line::of(Role::Good, format!("Copied as {id}. u takes it back.")));
        Ok(Vec::new())
    }

    /// Puts the cursor on an entity, where the place shows it.
    fn show_entity(&mut self, entity: EntityRef) {
        let place = self.navigation.place();
        if let Some(section) = screens::section(&place, self.navigation.section()) {
            let shows = match section.body {
                Body::Table(spec) => spec.kind == entity.kind,
                Body::Measures => entity.kind == EntityKind::Measure,
                _ => false,
            };
            if shows {
                let mut cursor = self.navigation.cursor();
                cursor.row = entity.index;
                self.navigation.set_cursor(cursor);
            }
        }
        if place == Place::Graph && entity.kind == EntityKind::Component {
            let id = self.session.name_of(entity);
            self.graph.select(&id);
        }
    }

    /// The list whose items the place shows, with its entity.
    fn list(&self) -> Option<(EntityRef, String)> {
        match self.navigation.place() {
            Place::Items(entity, key) => Some((entity, key)),
            place => {
                let section = screens::section(&place, self.navigation.section())?;
                if !matches!(section.body, Body::Calls) || self.session.review.flows.is_empty() {
                    return None;
                }
                let flow = screens::chosen_flow(&self.session, &self.navigation);
                Some((EntityRef::new(EntityKind::Flow, flow), "calls".to_owned()))
            }
        }
    }

    /// The kind that the place adds.
    fn adds(&self) -> Option<EntityKind> {
        let section = screens::section(&self.navigation.place(), self.navigation.section())?;
        match section.body {
            Body::Table(spec) => Some(spec.kind),
            Body::Measures => Some(EntityKind::Measure),
            _ => None,
        }
    }

    pub(super) fn open_add(&mut self) {
        if let Some((entity, key)) = self.list() {
            self.open_add_item(entity, &key);
        } else if let Some(kind) = self.adds() {
            self.open_add_entity(kind, &[]);
        } else {
            self.say(Line::plain("Nothing can be added here: go to a table of the steps (1 to 5) or decisions (D)."));
        }
    }

    /// Opens the form that adds an entity, some of its values drafted.
    pub(super) fn open_add_entity(&mut self, kind: EntityKind, drafts: &[(&str, String)]) {
        const NEEDED: [&str; 9] = ["id", "from", "to", "entry", "at", "finding", "question", "signal", "title"];
        let field = |key: &&str| {
            let keys: Vec<&str> = key.split('.').collect();
            let spec = crate::model::field_at(kind, &keys)?;
            let required = NEEDED.contains(key) && !(kind == EntityKind::Decision && *key == "title");
            let draft = drafts.iter().find(|(name, _)| name == key).map_or("", |(_, draft)| draft.as_str());
            Some(AddField::new(key, spec, suggestions(&self.session, kind, &spec), required, draft))
        };
        let fields: Vec<_> = add_keys(kind).iter().filter_map(field).collect();
        if !fields.is_empty() {
            self.ask(Overlay::Add(AddForm::new(Adding::Entity(kind), fields)));
        }
    }

    fn open_add_item(&mut self, entity: EntityRef, key: &str) {
        let Some(spec) = item_fields(entity.kind, key) else { return };
        let count = self.session.items(entity, &[key]).unwrap_or(0);
        let position = if count == 0 { 0 } else { self.navigation.cursor().row.min(count - 1) + 1 };
        // A call usually starts where the one before it ended or started.
        let before = position.checked_sub(1).and_then(|at| {
            let flow = self.session.review.flows.get(entity.index).filter(|_| key == "calls")?;
            flow.calls.as_ref()?.get(at).map(|call| call.from().to_owned())
        });
        let entry = (key == "calls")
            .then(|| self.session.review.flows.get(entity.index).map(|flow| flow.entry().to_owned()))
            .flatten();
        let fields = spec.iter().filter(|field| !matches!(field.shape, Shape::Table(_))).map(|field| {
            let draft =
                if field.name == "from" { before.clone().or(entry.clone()).unwrap_or_default() } else { String::new() };
            let required = matches!(field.name, "from" | "to" | "name" | "rate" | "text");
            AddField::new(field.name, *field, suggestions(&self.session, entity.kind, field), required, &draft)
        });
        let fields = fields.collect();
        self.ask(Overlay::Add(AddForm::new(Adding::Item(entity, key.to_owned(), position), fields)));
    }

    pub(super) fn delete(&mut self) {
        let row = self.navigation.cursor().row;
        if let Some((entity, key)) = self.list() {
            if self.session.items(entity, &[&key]).is_some_and(|count| row < count) {
                let result = self.session.document.remove_item(entity, &[&key], row);
                self.told(result.map_err(|error| error.to_string()), "Deleted. u brings it back.");
            }
            return;
        }
        let place = self.navigation.place();
        let entity = match &place {
            Place::Step(_) | Place::Outcomes | Place::Checklists => {
                screens::sheet(&self.session, &self.navigation, &place).and_then(|sheet| sheet.entity(row))
            }
            _ => None,
        };
        match entity.filter(|entity| entity.kind.many()) {
            Some(entity) => {
                let name = format!("{} {}", entity.kind.called(), self.session.name_of(entity));
                let before = self.session.document.problems().len();
                let result = self.session.document.remove(entity);
                let still = match self.session.document.problems().len().saturating_sub(before) {
                    0 => String::new(),
                    1 => " One place still names it: p.".to_owned(),
                    count => format!(" {count} places still name it: p."),
                };
                let good = format!("Deleted {name}. u brings it back.{still}");
                self.told(result.map_err(|error| error.to_string()), &good);
            }
            None => self.say(Line::plain("Nothing can be deleted here; x makes a value unknown.")),
        }
    }

    fn told(&mut self, result: Result<(), String>, good: &str) {
        match result {
            Ok(()) => {
                self.edited();
                self.say(Line::of(Role::Good, good));
            }
            Err(why) => self.warn(why),
        }
    }

    pub(super) fn clear_cell(&mut self) {
        let Target::Field(entity, keys) = self.target() else {
            self.say(Line::plain("Nothing to make unknown here."));
            return;
        };
        if self.session.document.cell(entity, &strs(&keys)).is_none() {
            self.say(Line::plain("It is unknown already."));
            return;
        }
        if let Err(why) = self.clear(entity, &keys) {
            self.warn(why);
        }
    }

    pub(super) fn move_item(&mut self, down: bool) {
        let Some((entity, key)) = self.list() else {
            self.say(Line::plain("Only items of a list, such as the calls of a flow, have an order."));
            return;
        };
        let count = self.session.items(entity, &[&key]).unwrap_or(0);
        let row = self.navigation.cursor().row;
        let to = if down { row + 1 } else { row.wrapping_sub(1) };
        if row >= count || to >= count {
            return;
        }
        match self.session.document.move_item(entity, &[&key], row, to) {
            Ok(()) => {
                self.edited();
                let mut cursor = self.navigation.cursor();
                cursor.row = to;
                self.navigation.set_cursor(cursor);
            }
            Err(error) => self.warn(error.to_string()),
        }
    }

    pub(super) fn ask_duplicate(&mut self) {
        let Some(entity) = self.row_entity() else { return };
        let draft = as_id(&format!("{}-copy", self.session.name_of(entity)));
        let prompt =
            Prompt::new("The id of the copy", "Small letters, digits and dashes.", &draft, Purpose::Duplicate(entity));
        self.ask(Overlay::Prompt(prompt));
    }

    pub(super) fn ask_rename(&mut self) {
        let Some(entity) = self.row_entity() else { return };
        let Some(from) = self.session.document.cell(entity, &["id"]) else {
            self.say(Line::plain("This has no id."));
            return;
        };
        let purpose = Purpose::Rename { kind: entity.kind, from: from.clone() };
        let hint = "Every reference to it in the file changes with it.";
        self.ask(Overlay::Prompt(Prompt::new("Rename", hint, &from, purpose)));
    }

    /// The entity of the row, of the place's element on the graph.
    pub(super) fn row_entity(&mut self) -> Option<EntityRef> {
        let place = self.navigation.place();
        let row = self.navigation.cursor().row;
        let entity = screens::sheet(&self.session, &self.navigation, &place).and_then(|sheet| sheet.entity(row));
        if entity.is_none() {
            self.say(Line::plain("There is no entity under the cursor."));
        }
        entity
    }

    pub(super) fn undo(&mut self) {
        let names = self.names();
        match self.session.document.undo() {
            Some(label) => self.stepped("Undone", &label, &names),
            None => self.say(Line::plain("Nothing to undo.")),
        }
    }

    pub(super) fn redo(&mut self) {
        let names = self.names();
        match self.session.document.redo() {
            Some(label) => self.stepped("Done again", &label, &names),
            None => self.say(Line::plain("Nothing to do again.")),
        }
    }

    fn stepped(&mut self, verb: &str, label: &UndoLabel, names: &Names) {
        if let Some(renaming) = &label.renamed {
            self.follow_name(renaming);
        }
        self.edited();
        self.follow(names);
        if let Some(entity) = self.came_back(names) {
            self.show_entity(entity);
        }
        self.say(Line::of(Role::Good, format!("{verb}: {}", label.text)));
    }
}
