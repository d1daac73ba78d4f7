//! What messages do to the workbench.

mod answers;
mod begin;
mod edits;
mod files;
mod fixes;
mod follow;
mod graph;
mod ledger;
mod live;
mod mouse;
mod movement;
mod open;
mod since;

pub(super) use files::Collision;

use super::command::{Command, Scope, lookup};
use super::key::Key;
use super::message::{Done, Effect, Msg};
use super::overlays::{Outcome, Overlay, Wish};
use super::place::{Focus, Place};
use super::rendered::Rendered;
use super::screens;
use super::view::{Line, Role};
use super::{Job, Slot, Toast, Workbench};
use std::sync::Arc;

impl Workbench {
    /// Takes a message; gives what the runtime has to do.
    pub fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let mut effects = match msg {
            Msg::Key(key) => self.key(key),
            Msg::Paste(text) => {
                match self.overlays.last_mut() {
                    Some(overlay) => overlay.paste(&text),
                    None => self.say(Line::plain("Nothing takes a paste here: Enter edits a cell first.")),
                }
                Vec::new()
            }
            Msg::Mouse(mouse) => self.mouse(mouse),
            Msg::Resize(width, height) => {
                self.size = (width, height);
                Vec::new()
            }
            Msg::Done(done) => self.done(done),
            Msg::Saved(report) => self.saved(report),
            Msg::ChangedOnDisk(text) => self.changed_on_disk(text),
            Msg::RecoveryFailed(why) => {
                self.recovery_failed(why);
                Vec::new()
            }
            Msg::Metrics(event) => self.metrics(event),
            Msg::RenamedBeside { changed, failed } => {
                self.renamed_beside(&changed, &failed);
                Vec::new()
            }
            Msg::Exported(Ok(path)) => {
                self.say(Line::of(Role::Good, format!("Document written: {}", path.display())));
                Vec::new()
            }
            Msg::Exported(Err(why)) => {
                self.warn(format!("The document was not written: {why}"));
                Vec::new()
            }
            Msg::EditorReturned(result) => self.editor_returned(result),
            Msg::Failed(why) => {
                self.warn(why);
                Vec::new()
            }
            Msg::Opened(result) => self.opened(result),
            Msg::Committed { generation, path, text } => {
                self.committed(generation, &path, text);
                Vec::new()
            }
            Msg::Terminate => self.terminate(),
        };
        effects.extend(self.background());
        effects
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        if self.toast.as_ref().is_some_and(|toast| !toast.sticky) {
            self.toast = None;
        }
        if let Some(toast) = &mut self.toast {
            toast.sticky = false;
        }
        if let Some(overlay) = self.overlays.last_mut() {
            return match overlay.key(key) {
                Outcome::Stay => Vec::new(),
                Outcome::Close => {
                    self.close();
                    Vec::new()
                }
                Outcome::Wish(wish) => self.wish(wish),
            };
        }
        let scope = match self.navigation.place() {
            Place::Graph => Scope::Graph,
            Place::Preview => Scope::Text,
            _ => Scope::Sheet,
        };
        match lookup(key, &[scope, Scope::Everywhere]) {
            Some(command) => self.run(command),
            None => Vec::new(),
        }
    }

    /// Asks for something; what was typed when the same was asked before is there again.
    pub(super) fn ask(&mut self, overlay: Overlay) {
        let kept = self.kept.take();
        self.overlays.push(match kept {
            Some(kept) if kept.asks_same(&overlay) => kept,
            _ => overlay,
        });
    }

    /// Closes what lies on top; what was typed into it is kept.
    fn close(&mut self) {
        self.quit_after_save = false;
        let Some(overlay) = self.overlays.pop() else { return };
        if self.may_choose_again() && self.overlays.is_empty() && matches!(overlay, Overlay::Find(_)) {
            self.say(Line::plain("An empty review. esc shows the choice again; q leaves."));
        }
        if !overlay.typed().is_empty() {
            self.say(Line::plain("Left as it was. What you typed is there when you open it again."));
            self.kept = Some(overlay);
        }
    }

    /// Does what an overlay asked for; the overlay is closed unless it has to say why not.
    fn wish(&mut self, wish: Wish) -> Vec<Effect> {
        let result = match wish {
            Wish::Set { entity, keys, value } => self.set(entity, &keys, &value),
            Wish::Clear { entity, keys } => self.clear(entity, &keys),
            Wish::Add { adding, values } => self.add(&adding, &values),
            Wish::Rename { kind, from, to } => self.rename(kind, &from, &to),
            Wish::Duplicate { entity, id } => self.duplicate(entity, &id),
            Wish::Answer { question, answer, text } => self.answer(&question, answer, &text),
            Wish::Fix => self.apply_fix(),
            Wish::Accept(question) => self.accept(&question),
            Wish::SaveAs(path) => {
                self.overlays.pop();
                return self.save_as(&path);
            }
            wish => {
                self.overlays.pop();
                return self.wish_beyond(wish);
            }
        };
        match result {
            Ok(effects) => {
                self.overlays.pop();
                effects
            }
            Err(why) => {
                if let Some(overlay) = self.overlays.last_mut() {
                    overlay.refuse(why.clone());
                    if matches!(overlay, Overlay::Menu(_)) {
                        self.overlays.pop();
                        self.warn(why);
                    }
                }
                Vec::new()
            }
        }
    }

    /// Wishes that always close their overlay.
    fn wish_beyond(&mut self, wish: Wish) -> Vec<Effect> {
        match wish {
            Wish::Run(command) => self.run(command),
            Wish::Go(super::overlays::Find::Offer(index)) => self.take_offer(index),
            Wish::Go(find) => {
                self.go_to(find);
                Vec::new()
            }
            Wish::AskReason { question, answer } => {
                self.ask_reason(question, answer);
                Vec::new()
            }
            Wish::Triage { finding, status } => {
                self.open_triage(&finding, status);
                Vec::new()
            }
            Wish::Untriage(entity) => {
                self.untriage(entity);
                Vec::new()
            }
            Wish::SaveAndQuit => {
                self.quit_after_save = true;
                self.save()
            }
            Wish::QuitWithoutSaving => vec![Effect::DiscardRecovery, Effect::Quit],
            Wish::Recover => self.recover(),
            Wish::Discard => {
                self.recovered = None;
                vec![Effect::DiscardRecovered]
            }
            Wish::Later => {
                self.quit_after_save = false;
                Vec::new()
            }
            Wish::KeepMine => self.resolve_collision(true),
            Wish::KeepTheirs => self.resolve_collision(false),
            _ => Vec::new(),
        }
    }

    /// Runs a command.
    fn run(&mut self, command: Command) -> Vec<Effect> {
        match command {
            Command::Up => self.step(-1, 0),
            Command::Down => self.step(1, 0),
            Command::Left => self.step(0, -1),
            Command::Right => self.step(0, 1),
            Command::PageUp => self.page(-1),
            Command::PageDown => self.page(1),
            Command::First => self.edge(false),
            Command::Last => self.edge(true),
            Command::NextPane => self.next_pane(true),
            Command::PreviousPane => self.next_pane(false),
            Command::Back => self.go_back(),
            Command::Overview => self.go(Place::Overview),
            Command::StepOne => self.go(Place::Step(0)),
            Command::StepTwo => self.go(Place::Step(1)),
            Command::StepThree => self.go(Place::Step(2)),
            Command::StepFour => self.go(Place::Step(3)),
            Command::StepFive => self.go(Place::Step(4)),
            Command::Graph => self.open_graph(),
            Command::Findings => self.go(Place::Findings),
            Command::Outcomes => self.go(Place::Outcomes),
            Command::Checklists => self.go(Place::Checklists),
            Command::Preview => self.go(Place::Preview),
            Command::Glossary => self.go(Place::Glossary),
            Command::Problems => self.go(Place::Problems),
            Command::SinceCommit => return self.since_commit(),
            Command::Palette => self.open_palette(),
            Command::Search => self.open_search(),
            Command::Help => self.open_help(),
            Command::ToggleCoach => self.show_coach = !self.show_coach,
            Command::ToggleOutline => self.show_outline = !self.show_outline,
            Command::Edit => return self.enter(),
            Command::Add => self.open_add(),
            Command::Delete => self.delete(),
            Command::Clear => self.clear_cell(),
            Command::OpenForm => self.open_form(),
            Command::Duplicate => self.ask_duplicate(),
            Command::Rename => self.ask_rename(),
            Command::MoveUp => self.move_item(false),
            Command::MoveDown => self.move_item(true),
            Command::NotApplicable => self.not_applicable(),
            Command::AcceptAnswer => self.accept_answer(),
            Command::DontKnow => self.dont_know(),
            Command::Park => self.park(),
            Command::Explain => self.explain(),
            Command::MakeAction => self.make_action(),
            Command::Triage => self.triage(),
            Command::Group => self.group(),
            Command::MakeDecision => self.make_decision(),
            Command::Fix => return self.ask_fix(),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::Save => {
                self.quit_after_save = false;
                return self.save();
            }
            Command::SaveAs => {
                self.quit_after_save = false;
                self.ask_path();
            }
            Command::Export => return self.export(),
            Command::Measure => return self.measure(),
            Command::StopMeasure => return self.stop_asking(),
            Command::Editor => return self.editor(),
            Command::CopyName => return self.copy_name(),
            Command::Suspend => return vec![Effect::Suspend],
            Command::Redraw => {}
            Command::Quit => return self.quit(),
            graph => self.graph_command(graph),
        }
        Vec::new()
    }

    /// A message that goes with the next key.
    pub(super) fn say(&mut self, line: Line) {
        self.toast = Some(Toast { line, sticky: false });
    }

    /// A message that stays one key longer: something went wrong.
    pub(super) fn warn(&mut self, text: impl std::fmt::Display) {
        self.toast = Some(Toast { line: Line::of(Role::Bad, format!("! {text}")), sticky: true });
    }

    /// What has to be done in the background because of what changed.
    pub(super) fn background(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        let revision = self.session.document.revision();
        if self.analysis_wanted != Some(revision) {
            self.analysis_wanted = Some(revision);
            effects.push(Effect::Work(
                Slot::Analysis,
                Job::Analyze {
                    revision,
                    review: self.session.review.clone(),
                    evidence: Arc::new(self.session.evidence()),
                    settings: self.session.settings(),
                },
            ));
        }
        if self.recovery_revision != revision {
            self.recovery_revision = revision;
            if self.session.is_dirty() {
                effects.push(Effect::WriteRecovery { text: self.session.document.text().to_owned() });
            } else {
                effects.push(Effect::DiscardRecovery);
            }
        }
        effects.extend(self.since_background());
        match self.navigation.place() {
            Place::Graph => {
                if let Some(request) = self.graph.request(&self.session, self.size.0) {
                    effects.push(Effect::Work(Slot::Layout, Job::Layout { revision, request: Box::new(request) }));
                }
            }
            Place::Preview if self.preview.wanted != Some(revision) => {
                self.preview.wanted = Some(revision);
                let job = Job::Preview {
                    revision,
                    text: self.session.document.text().to_owned(),
                    review: self.session.review.clone(),
                    evidence: Arc::new(self.session.evidence()),
                    file: self.session.file_name(),
                    settings: self.session.settings(),
                    custom: Arc::clone(&self.session.custom),
                };
                effects.push(Effect::Work(Slot::Preview, job));
            }
            _ => {}
        }
        effects
    }

    fn done(&mut self, done: Done) -> Vec<Effect> {
        match done {
            Done::Analysed { revision, analysis } => {
                if revision >= self.session.analysed {
                    let known = self.session.analysis.take();
                    let failed = known.map(|analysis| analysis.failed_rules.clone()).unwrap_or_default();
                    if analysis.failed_rules != failed && !analysis.failed_rules.is_empty() {
                        let codes: Vec<&str> = analysis.failed_rules.iter().map(|rule| rule.code).collect();
                        let codes = codes.join(", ");
                        self.warn(format!(
                            "{codes} stopped with an error of its own; the other rules answered. f says more."
                        ));
                    }
                    self.session.analysed = revision;
                    self.session.analysis = Some(Arc::from(analysis));
                }
            }
            Done::Tried { revision, tried } => {
                if let Some(Overlay::Fix(preview)) =
                    self.overlays.iter_mut().rev().find(|overlay| matches!(overlay, Overlay::Fix(_)))
                {
                    preview.tried(revision, tried);
                }
            }
            Done::LaidOut { plan, .. } => self.graph.take(*plan),
            Done::Compared { generation, revision, difference } => self.compared(generation, revision, &difference),
            Done::Previewed { text, .. } => {
                self.preview.text = Some(text.map(Rendered::new));
            }
        }
        Vec::new()
    }

    /// After an edit: what depends on the text.
    pub(super) fn edited(&mut self) {
        self.session.refresh();
        let review = self.session.review.clone();
        self.navigation.forget_entities(|entity| !entity.kind.many() || entity.index < review.count(entity.kind));
    }

    fn go(&mut self, place: Place) {
        self.navigation.go(place);
    }

    /// Whether nothing was begun yet and there is something to begin with.
    fn may_choose_again(&self) -> bool {
        let document = &self.session.document;
        !self.offers.is_empty()
            && self.session.path.is_none()
            && document.text().is_empty()
            && document.next_undo().is_none()
    }

    fn go_back(&mut self) {
        if self.navigation.focus != Focus::Work {
            self.navigation.focus = Focus::Work;
        } else if self.navigation.back() {
        } else if self.may_choose_again() {
            self.make_offer();
        } else {
            self.say(Line::of(Role::Dim, "This is where you came in. q leaves."));
        }
    }

    /// What the cursor is on.
    pub(in crate::workbench) fn target(&self) -> screens::Target {
        let place = self.navigation.place();
        let cursor = self.navigation.cursor();
        screens::sheet(&self.session, &self.navigation, &place)
            .map_or(screens::Target::Nothing, |sheet| sheet.target(cursor.row, cursor.column))
    }
}
