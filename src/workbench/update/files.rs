//! The file: saving, what another program changed, what a crash left behind, the editor, the end.

use crate::document::{Conflict, Merge, Side};
use crate::workbench::Workbench;
use crate::workbench::message::{Effect, SaveReport};
use crate::workbench::overlays::{Choice, Menu, Overlay, Prompt, Purpose, Wish};
use crate::workbench::screens::Target;
use crate::workbench::view::{Line, Role, fit};
use std::path::PathBuf;
use std::sync::Arc;

/// One collision in a line: what was there, and what each side made of it.
fn collision_line(conflict: &Conflict) -> String {
    let said = |text: &Option<String>| text.as_deref().map_or("nothing".to_owned(), |text| fit(text, 30));
    let entity = conflict.entity.as_deref().unwrap_or("the layout of the file");
    let key = if conflict.key.is_empty() { String::new() } else { format!(", {}", conflict.key) };
    format!(
        "{entity}{key}: yours {} · theirs {} · before {}",
        said(&conflict.ours),
        said(&conflict.theirs),
        said(&conflict.base)
    )
}

/// The file and the workbench changed the same thing.
#[derive(Debug)]
pub struct Collision {
    theirs: String,
    save_after: bool,
}

impl Workbench {
    pub(super) fn save(&mut self) -> Vec<Effect> {
        let Some(path) = self.session.path.clone() else {
            self.ask_path();
            return Vec::new();
        };
        if !self.session.is_dirty() {
            self.say(Line::plain("Everything is saved."));
            return self.after_save();
        }
        self.session.saving = true;
        self.session.renames = self.session.document.send_renames();
        let (text, expected) = (self.session.document.text().to_owned(), self.session.on_disk.clone());
        vec![Effect::Save { path, text, expected }]
    }

    /// Asks for the name to save under; the draft is where the review is, or a name after its system.
    pub(super) fn ask_path(&mut self) {
        let system =
            self.session.document.cell(crate::model::EntityRef::only(crate::model::EntityKind::Head), &["system"]);
        let name = crate::model::as_id(&system.unwrap_or_default());
        let draft = match &self.session.path {
            Some(path) => path.to_string_lossy().into_owned(),
            None if name.is_empty() => "system.review.toml".to_owned(),
            None => format!("{name}.review.toml"),
        };
        let hint = "A path ending in .review.toml, beside the code it is about. Nothing is overwritten.";
        self.ask(Overlay::Prompt(Prompt::new("Save as", hint, &draft, Purpose::SaveAs)));
    }

    /// The review keeps its old place until it is saved in the new one.
    pub(super) fn save_as(&mut self, path: &str) -> Vec<Effect> {
        let path = PathBuf::from(path);
        if self.session.path.as_ref() == Some(&path) {
            return self.save();
        }
        if self.session.saving {
            self.warn("A save is under way; ask again when it is done.".to_owned());
            return Vec::new();
        }
        self.session.saving = true;
        // What stands beside the old place stays with the old file.
        self.session.document.send_renames();
        self.session.renames = Vec::new();
        self.saving_as = Some(path.clone());
        vec![Effect::Save { path, text: self.session.document.text().to_owned(), expected: None }]
    }

    fn after_save(&mut self) -> Vec<Effect> {
        if self.quit_after_save { vec![Effect::DiscardRecovery, Effect::Quit] } else { Vec::new() }
    }

    pub(super) fn saved(&mut self, report: SaveReport) -> Vec<Effect> {
        self.session.saving = false;
        let elsewhere = self.saving_as.take().is_some();
        self.session.document.renames_sent(matches!(report, SaveReport::Saved { .. }));
        let renames = std::mem::take(&mut self.session.renames);
        match report {
            SaveReport::Saved { path, text } => {
                (self.not_saved, self.no_recovery) = (None, None);
                self.session.document.mark_saved(&text);
                self.session.on_disk = Some(text);
                self.say(Line::of(Role::Good, format!("Saved {}", path.display())));
                self.session.path = Some(path.clone());
                let mut effects = Vec::new();
                if !renames.is_empty() {
                    effects.push(Effect::RenameBeside { review: path, renames });
                }
                if self.session.is_dirty() {
                    return effects;
                }
                let after = self.after_save();
                effects.extend(if after.is_empty() { vec![Effect::DiscardRecovery] } else { after });
                effects
            }
            SaveReport::Failed(why) => {
                self.quit_after_save = false;
                if self.session.on_disk.is_none() {
                    // A new review whose first save failed has no file yet: ask again.
                    self.session.path = None;
                }
                let kept = match &self.no_recovery {
                    Some(_) => "No recovery file could be written either: stay until it is saved. S saves elsewhere.",
                    None => "Your work is kept in the recovery file. S saves elsewhere.",
                };
                self.warn(format!("Not saved: {why} {kept}"));
                self.not_saved = Some(why);
                vec![Effect::WriteRecovery { text: self.session.document.text().to_owned() }]
            }
            SaveReport::Changed { theirs } => {
                if elsewhere || self.session.on_disk.is_none() {
                    if self.session.on_disk.is_none() {
                        self.session.path = None;
                    }
                    self.quit_after_save = false;
                    self.warn("Not saved: a file of this name is there already. Choose another name.".to_owned());
                    return Vec::new();
                }
                self.combine(theirs, true)
            }
        }
    }

    /// The files beside the review have the new names, or not: said with the save that brought them.
    pub(super) fn renamed_beside(&mut self, changed: &[PathBuf], failed: &[String]) {
        if !failed.is_empty() {
            self.warn(format!("Saved; the old names stay in what stands beside it: {}", failed.join(" ")));
            return;
        }
        let names = changed.iter().filter_map(|path| path.file_name()).map(|name| name.to_string_lossy());
        let names = names.collect::<Vec<_>>().join(", ");
        self.say(Line::of(Role::Good, format!("Saved; the new names stand in {names} too.")));
    }

    /// The recovery file could not be written. A save that failed is not forgotten over it.
    pub(super) fn recovery_failed(&mut self, why: String) {
        match &self.not_saved {
            Some(save) => self.warn(format!("Not saved: {save} No recovery file either: {why}")),
            None => self.warn(format!("No recovery file: {why}")),
        }
        self.no_recovery = Some(why);
    }

    pub(super) fn changed_on_disk(&mut self, theirs: String) -> Vec<Effect> {
        if self.session.on_disk.as_deref() == Some(theirs.as_str()) {
            return Vec::new();
        }
        self.combine(theirs, false)
    }

    /// Joins what another program wrote with what was typed here; asks where they collide.
    fn combine(&mut self, theirs: String, save_after: bool) -> Vec<Effect> {
        let base = self.session.on_disk.clone().unwrap_or_default();
        let ours = self.session.document.text().to_owned();
        let merged = Merge::new(&base, &ours, &theirs);
        if merged.conflicts().is_empty()
            && let Ok(text) = merged.text(&[])
        {
            let both = if ours == base { "It is shown now" } else { "Both changes are kept" };
            let told = format!("The file was changed by another program. {both}; u takes it back.");
            self.take_over(theirs, &text, "take over what another program changed", Line::of(Role::Warn, told));
            return if save_after { self.save() } else { Vec::new() };
        }
        let mut text = vec![
            "Another program changed the file in the same places as you did. Nothing is overwritten before you choose."
                .to_owned(),
            String::new(),
        ];
        text.extend(merged.conflicts().iter().take(6).map(collision_line));
        if merged.conflicts().len() > 6 {
            text.push(format!("… and {} more", merged.conflicts().len() - 6));
        }
        let choice = |key, text: &str, wish| Choice { key, text: text.to_owned(), wish };
        let choices = vec![
            choice('m', "mine, where they collide; the rest from both", Wish::KeepMine),
            choice('t', "theirs, where they collide; the rest from both", Wish::KeepTheirs),
            choice('l', "later: nothing is written, go on editing", Wish::Later),
        ];
        // Only the newest question is open: an older one is about a text that is gone.
        if self.collision.is_some() {
            self.overlays.retain(|overlay| !matches!(overlay, Overlay::Menu(menu) if menu.confirms()));
        }
        self.collision = Some(Collision { theirs, save_after });
        // What is being typed goes on; the question waits under it.
        if !self.overlays.is_empty() {
            self.warn("Another program changed the file too. Finish here; then you are asked.".to_owned());
        }
        self.overlays.insert(0, Overlay::Menu(Menu::new("Changed on disk", text, choices).unasked()));
        Vec::new()
    }

    pub(super) fn resolve_collision(&mut self, mine: bool) -> Vec<Effect> {
        let Some(collision) = self.collision.take() else { return Vec::new() };
        let base = self.session.on_disk.clone().unwrap_or_default();
        let ours = self.session.document.text().to_owned();
        let merged = Merge::new(&base, &ours, &collision.theirs);
        let side = if mine { Side::Ours } else { Side::Theirs };
        // Where the edits of one side cannot be repeated in the other text, the chosen side's whole text stands.
        let whole = if mine { ours } else { collision.theirs.clone() };
        let text = merged.text(&vec![side; merged.conflicts().len()]).unwrap_or(whole);
        let told =
            if mine { "Joined; yours stands where you collided." } else { "Joined; theirs stands where you collided." };
        let told = Line::of(Role::Good, told);
        self.take_over(collision.theirs, &text, "join with what another program changed", told);
        if collision.save_after { self.save() } else { Vec::new() }
    }

    /// The file holds `theirs` now, and the document the joined text, as one step of undo.
    fn take_over(&mut self, theirs: String, joined: &str, label: &str, told: Line) {
        let names = self.names();
        self.session.document.replace_text(joined, label);
        self.session.document.mark_saved(&theirs);
        self.session.on_disk = Some(theirs);
        self.edited();
        self.say(told);
        self.follow(&names);
    }

    pub(in crate::workbench) fn offer_recovery(&mut self, text: String, when: &str) {
        if text == self.session.document.text() {
            return;
        }
        let choice = |key, text: &str, wish| Choice { key, text: text.to_owned(), wish };
        let lines = vec![
            format!("An earlier session ended without saving ({when}). Its text is kept."),
            "Taking it is one step of undo; the file on disk is not touched before you save.".to_owned(),
        ];
        let choices = vec![
            choice('r', "recover the unsaved work", Wish::Recover),
            choice('l', "later: ask me again next time", Wish::Later),
            choice('d', "discard it for good", Wish::Discard),
        ];
        self.recovered = Some(text);
        self.overlays.push(Overlay::Menu(Menu::new("Unsaved work was found", lines, choices).unasked()));
    }

    pub(super) fn recover(&mut self) -> Vec<Effect> {
        if let Some(text) = self.recovered.take() {
            let names = self.names();
            self.session.document.replace_text(&text, "recover unsaved work");
            self.edited();
            self.follow(&names);
            self.say(Line::of(Role::Good, "Recovered. w saves it; u takes it back."));
        }
        Vec::new()
    }

    pub(super) fn export(&mut self) -> Vec<Effect> {
        if let Some(path) = self.session.path.clone() {
            self.say(Line::plain("Writing the document …"));
            let text = self.session.document.text().to_owned();
            vec![Effect::Export { text, review: path, custom: Arc::clone(&self.session.custom) }]
        } else {
            self.say(Line::plain("The document stands beside the review: save the review first (w)."));
            Vec::new()
        }
    }

    /// The line of the element under the cursor, in `$EDITOR`.
    pub(super) fn editor(&mut self) -> Vec<Effect> {
        let offset = match self.target() {
            Target::Field(entity, keys) | Target::Entity(entity, keys) => {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                self.session.document.map().place(entity, &keys)
            }
            Target::Problem(index) => self.session.problems().nth(index).map(|problem| problem.span),
            Target::Finding(index) => {
                let finding = self.session.analysis.as_ref().and_then(|analysis| analysis.findings.get(index));
                finding.and_then(|finding| {
                    let keys: Vec<&str> = finding.keys.iter().map(String::as_str).collect();
                    self.session.document.map().place(finding.entity?, &keys)
                })
            }
            Target::Element(element) => {
                self.session.entity_of(&element).and_then(|entity| self.session.document.map().place(entity, &[]))
            }
            _ => self.graph.selected.as_ref().and_then(|id| {
                let entity = self.session.entity_of(&crate::model::Element::Component(id.clone()))?;
                self.session.document.map().place(entity, &[])
            }),
        };
        self.editor_at(offset.map_or(0, |span| span.start))
    }

    pub(super) fn editor_at(&mut self, offset: usize) -> Vec<Effect> {
        let text = self.session.document.text().to_owned();
        let line = self.session.document.map().position(&text, offset).line;
        vec![Effect::OpenEditor { text, line }]
    }

    pub(super) fn editor_returned(&mut self, result: Result<String, String>) -> Vec<Effect> {
        match result {
            Ok(text) if text == self.session.document.text() => self.say(Line::plain("The editor changed nothing.")),
            Ok(text) => {
                let names = self.names();
                self.session.document.replace_text(&text, "edit in the editor");
                self.edited();
                self.follow(&names);
                let problems = self.session.document.problems().len();
                let told = match problems {
                    0 => String::new(),
                    1 => " There is a problem in it: p shows it.".to_owned(),
                    _ => format!(" There are {problems} problems in it: p shows them."),
                };
                self.say(Line::of(Role::Good, format!("Taken over from the editor; u takes it back.{told}")));
            }
            Err(why) => self.warn(format!("The editor: {why}")),
        }
        Vec::new()
    }

    pub(super) fn quit(&mut self) -> Vec<Effect> {
        if !self.session.is_dirty() || (self.session.on_disk.is_none() && self.session.document.next_undo().is_none()) {
            return vec![Effect::DiscardRecovery, Effect::Quit];
        }
        let choice = |key, text: &str, wish| Choice { key, text: text.to_owned(), wish };
        let choices = vec![
            choice('s', "save and leave", Wish::SaveAndQuit),
            choice('d', "leave without saving", Wish::QuitWithoutSaving),
            choice('c', "stay", Wish::Later),
        ];
        let text = vec!["There are edits that are not saved.".to_owned()];
        self.overlays.push(Overlay::Menu(Menu::new("Leave?", text, choices)));
        Vec::new()
    }

    /// The system asks to end: what is not saved goes to the recovery file, then the program ends.
    pub(super) fn terminate(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.session.is_dirty() {
            effects.push(Effect::WriteRecovery { text: self.session.document.text().to_owned() });
        }
        effects.push(Effect::Quit);
        effects
    }
}
