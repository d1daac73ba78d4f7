//! Opening: cells, forms, elements, the palette, search, help, explanations.

use crate::model::{Element, EntityKind, EntityRef, field_at};
use crate::workbench::Workbench;
use crate::workbench::command::{COMMANDS, Scope};
use crate::workbench::message::Effect;
use crate::workbench::overlays::{CellEdit, Find, Finder, Found, Overlay, Reader, suggestions};
use crate::workbench::place::Place;
use crate::workbench::screens::{self, Body, OUTCOMES, STEPS, Target};
use crate::workbench::view::{Area, Line, Role, wrap};

impl Workbench {
    /// Enter: edits the cell, answers the question, or opens what the row is about.
    pub(super) fn enter(&mut self) -> Vec<Effect> {
        use crate::workbench::place::Focus;
        if self.navigation.focus == Focus::Outline {
            self.navigation.focus = Focus::Work;
            return Vec::new();
        }
        match self.target() {
            Target::Field(entity, keys) => self.edit_field(entity, &keys),
            Target::Question(id) => self.open_question(&id),
            Target::Finding(index) => self.open_finding(index),
            Target::Problem(index) => return self.open_problem(index),
            Target::Element(element) => self.open_element(&element),
            Target::Entity(entity, keys) => self.jump(entity, &keys),
            Target::Rule(code) => self.explain_rule(&code),
            Target::Row(place, section, row) => self.go_to(Find::Row(place, section, row)),
            Target::Text(title, lines) => self.overlays.push(Overlay::Read(Reader::new(&title, lines))),
            Target::Nothing => {
                if self.sheet_is_empty() && self.navigation.place() != Place::SinceCommit {
                    self.open_add();
                }
            }
        }
        Vec::new()
    }

    pub(in crate::workbench) fn sheet_is_empty(&self) -> bool {
        let place = self.navigation.place();
        screens::sheet(&self.session, &self.navigation, &place).is_some_and(|sheet| sheet.rows() == 0)
    }

    /// Opens the editor of a value, or the list it is.
    pub(super) fn edit_field(&mut self, entity: EntityRef, keys: &[String]) {
        let keys_str: Vec<&str> = keys.iter().map(String::as_str).collect();
        if self.session.items(entity, &keys_str).is_some() {
            self.navigation.go(Place::Items(entity, keys[0].clone()));
            return;
        }
        let Some(spec) = field_at(entity.kind, &keys_str) else { return };
        let current = self.session.document.cell(entity, &keys_str).unwrap_or_default();
        let names: Vec<&str> = keys_str.iter().filter(|key| key.parse::<usize>().is_err()).copied().collect();
        let name = self.session.name_of(entity);
        let title = if name.is_empty() { names.join(".") } else { format!("{} of {name}", names.join(".")) };
        let suggestions = suggestions(&self.session, entity.kind, &spec);
        let edit = CellEdit::new(entity, keys.to_vec(), title, spec, &current, suggestions);
        let inner = self.areas.work.inner();
        let cell = self.drawn.cell;
        self.anchor =
            Area::new(inner.x + (cell.x as u16).saturating_sub(1), inner.y + cell.y as u16, cell.width as u16, 1);
        self.ask(Overlay::Cell(edit));
    }

    pub(super) fn open_form(&mut self) {
        if let Target::Element(element) = self.target() {
            self.open_element(&element);
        } else if let Some(entity) = self.row_entity() {
            self.navigation.go(Place::Form(entity));
        }
    }

    pub(super) fn open_element(&mut self, element: &Element) {
        match self.session.entity_of(element) {
            Some(entity) => self.navigation.go(Place::Form(entity)),
            None => self.say(Line::plain(format!("{element} does not stand in the file."))),
        }
    }

    fn open_finding(&mut self, index: usize) {
        let Some(analysis) = self.session.analysis.clone() else { return };
        let Some(finding) = analysis.findings.get(index) else { return };
        if let Element::Other("step", id) = &finding.element {
            self.open_questions_of(id);
            return;
        }
        let Some(entity) = finding.entity.or_else(|| self.session.entity_of(&finding.element)) else {
            self.say(Line::plain("This finding is about the review as a whole."));
            return;
        };
        self.jump(entity, &finding.keys);
    }

    /// Goes to the first question of a step that has no answer.
    fn open_questions_of(&mut self, step: &str) {
        let Some(place) = self.session.knowledge().steps().iter().position(|known| known.id == step) else { return };
        let open = self.session.knowledge().steps()[place]
            .questions
            .iter()
            .position(|question| self.session.answer_of(&question.id).is_none());
        let sections = STEPS.get(place).copied().unwrap_or_default();
        let section = sections.iter().position(|section| matches!(section.body, Body::Questions(_)));
        self.go_to(Find::Row(Place::Step(place), section.unwrap_or(0), open.unwrap_or(0)));
    }

    /// Opens the form of an entity with the cursor on a key.
    pub(super) fn jump(&mut self, entity: EntityRef, keys: &[String]) {
        if keys.len() > 1 && self.session.items(entity, &[&keys[0]]).is_some() {
            self.navigation.go(Place::Items(entity, keys[0].clone()));
            let mut cursor = self.navigation.cursor();
            cursor.row = keys[1].parse().unwrap_or(0);
            self.navigation.set_cursor(cursor);
            return;
        }
        self.navigation.go(Place::Form(entity));
        let place = self.navigation.place();
        let row = screens::sheet(&self.session, &self.navigation, &place).and_then(|sheet| {
            (0..sheet.rows()).find(
                |row| matches!(sheet.target(*row, 0), Target::Field(_, at) if !keys.is_empty() && (at.starts_with(keys) || keys.starts_with(&at))),
            )
        });
        let mut cursor = self.navigation.cursor();
        cursor.row = row.unwrap_or(0);
        cursor.column = 1;
        self.navigation.set_cursor(cursor);
    }

    fn open_problem(&mut self, index: usize) -> Vec<Effect> {
        let Some(problem) = self.session.problems().nth(index).cloned() else { return Vec::new() };
        match self.session.document.map().entity_at(problem.span.start) {
            Some(entity) if problem.kind != crate::model::ProblemKind::Syntax => {
                self.jump(entity, &[]);
                Vec::new()
            }
            _ => self.editor_at(problem.span.start),
        }
    }

    pub(super) fn open_palette(&mut self) {
        let found = COMMANDS.iter().map(|spec| Found {
            text: format!("{} — {}", spec.name, spec.doc),
            right: spec.keys.join(" "),
            find: Find::Command(spec.command),
        });
        self.overlays.push(Overlay::Find(Finder::new("Commands", found.collect())));
    }

    pub(super) fn open_search(&mut self) {
        let mut all = Vec::new();
        let review = &self.session.review;
        for component in &review.components {
            let name = component.name.clone().unwrap_or_default();
            all.push(Found {
                text: format!("{} {name}", component.id()),
                right: component.kind.map_or("component", |kind| kind.word()).to_owned(),
                find: Find::Element(Element::Component(component.id().to_owned())),
            });
        }
        for flow in &review.flows {
            all.push(Found {
                text: format!("{} {}", flow.id(), flow.name.clone().unwrap_or_default()),
                right: "flow".to_owned(),
                find: Find::Element(Element::Flow(flow.id().to_owned())),
            });
        }
        for dependency in &review.dependencies {
            let (from, to) = (dependency.from().to_owned(), dependency.to().to_owned());
            all.push(Found {
                text: format!("{from} -> {to}"),
                right: "dependency".to_owned(),
                find: Find::Element(Element::Dependency(from, to)),
            });
        }
        for kind in [EntityKind::Slo, EntityKind::Decision, EntityKind::Action, EntityKind::Hotspot, EntityKind::Parked]
        {
            for index in 0..review.count(kind) {
                let entity = EntityRef::new(kind, index);
                let title = self.session.document.cell(entity, &["title"]).unwrap_or_default();
                let name = self.session.name_of(entity);
                let text = if name == title { title } else { format!("{name} {title}") };
                all.push(Found { text, right: kind.called().to_owned(), find: Find::Entity(entity) });
            }
        }
        if let Some(analysis) = &self.session.analysis {
            for (row, finding) in analysis.findings.iter().enumerate() {
                all.push(Found {
                    text: format!("{} {} {}", finding.code, finding.element, finding.message),
                    right: "finding".to_owned(),
                    find: Find::Row(Place::Findings, 1, row),
                });
            }
        }
        for (number, step) in self.session.knowledge().steps().iter().enumerate() {
            let section = STEPS[number.min(4)].iter().position(|section| matches!(section.body, Body::Questions(_)));
            for (row, question) in step.questions.iter().enumerate() {
                all.push(Found {
                    text: format!("{} {}", question.id, question.text),
                    right: format!("question, step {}", step.number),
                    find: Find::Row(Place::Step(number), section.unwrap_or(0), row),
                });
            }
        }
        for (part, list) in self.session.knowledge().checklists().iter().enumerate() {
            for (row, item) in list.items.iter().enumerate() {
                all.push(Found {
                    text: format!("{} {}", item.id, item.text),
                    right: "checklist".to_owned(),
                    find: Find::Row(Place::Checklists, part, row),
                });
            }
        }
        for part in 0..screens::KNOWLEDGE.len() {
            let reading = screens::knowledge(self.session.knowledge(), part);
            for (row, entry) in reading.entries.iter().enumerate() {
                all.push(Found {
                    text: format!("{} {}", entry.name, entry.summary),
                    right: reading.title.to_lowercase(),
                    find: Find::Row(Place::Glossary, part, row),
                });
            }
        }
        self.overlays.push(Overlay::Find(Finder::new("Search", all)));
    }

    pub(super) fn go_to(&mut self, find: Find) {
        match find {
            Find::Element(element) => match (&element, self.navigation.place()) {
                (Element::Component(id), Place::Graph) => self.graph.select(id),
                _ => self.open_element(&element),
            },
            Find::Entity(entity) => {
                let outcome = OUTCOMES
                    .iter()
                    .position(|section| matches!(section.body, Body::Table(spec) if spec.kind == entity.kind));
                match outcome {
                    Some(section) => {
                        self.navigation.go(Place::Outcomes);
                        self.navigation.choose(section);
                        let mut cursor = self.navigation.cursor();
                        cursor.row = entity.index;
                        self.navigation.set_cursor(cursor);
                    }
                    None => self.navigation.go(Place::Form(entity)),
                }
            }
            Find::Row(place, section, row) => {
                if place == Place::Findings {
                    // The row is a position in the order of weight.
                    self.navigation.grouping = screens::Grouping::default();
                }
                self.navigation.go(place);
                self.navigation.choose(section);
                let mut cursor = self.navigation.cursor();
                cursor.row = row;
                self.navigation.set_cursor(cursor);
            }
            Find::Offer(_) | Find::Command(_) => {}
        }
    }

    /// Help: the keys of where one is, then all others.
    pub(super) fn open_help(&mut self) {
        let place = self.navigation.place();
        let here = match place {
            Place::Graph => Scope::Graph,
            Place::Preview => Scope::Text,
            _ => Scope::Sheet,
        };
        let cells = usize::from(self.size.0).saturating_sub(8).clamp(16, 82);
        let mut lines = Vec::new();
        for (role, text) in [
            (Role::Plain, "If load doubles, what saturates first, and what do we do about it?"),
            (Role::Dim, "Walk the five steps (1 to 5), read the findings (f), save (w), export (E)."),
            (Role::Dim, "A dot is unknown, never zero. Ranges are typed low..likely..high."),
        ] {
            lines.extend(wrap(text, cells, 6).iter().map(|text| Line::of(role, text)));
        }
        let column = 16.min(cells / 2);
        let key = |lines: &mut Vec<Line>, keys: &str, does: &str| {
            let mut keys = format!("{keys:<column$}");
            if keys.chars().count() > column {
                lines.push(Line::of(Role::Key, &keys));
                keys = " ".repeat(column);
            }
            for text in wrap(does, cells - column, 6) {
                lines.push(Line::of(Role::Key, &keys).and(Role::Plain, text));
                keys = " ".repeat(column);
            }
        };
        for (title, scope) in [(format!("Here: {}", place.title()), here), ("Everywhere".to_owned(), Scope::Everywhere)]
        {
            lines.push(Line::blank());
            lines.push(Line::of(Role::Accent, title));
            for spec in COMMANDS.iter().filter(|spec| spec.scope == scope) {
                key(&mut lines, &spec.keys.join(" "), spec.doc);
            }
        }
        lines.push(Line::blank());
        lines.push(Line::of(Role::Accent, "While typing"));
        for (keys, does) in [
            ("enter", "take the value"),
            ("esc", "leave it; what was typed is there when you open it again"),
            ("↑ ↓", "choose a suggestion"),
            ("ctrl-a ctrl-e ctrl-w ctrl-u ctrl-k", "as in a shell"),
        ] {
            key(&mut lines, keys, does);
        }
        lines.push(Line::blank());
        let mouse = "The mouse selects and scrolls; a second press opens. Shift-drag selects text.";
        lines.extend(wrap(mouse, cells, 6).iter().map(|text| Line::of(Role::Dim, text)));
        self.overlays.push(Overlay::Read(Reader::new("Help", lines)));
    }

    /// Explains the rule, question or field of the row.
    pub(super) fn explain(&mut self) {
        match self.target() {
            Target::Finding(index) => {
                let Some(analysis) = self.session.analysis.clone() else { return };
                let Some(finding) = analysis.findings.get(index) else { return };
                self.explain_rule(finding.code);
            }
            Target::Rule(code) => self.explain_rule(&code),
            Target::Question(id) => {
                let Some(question) = self.session.knowledge().question(&id) else { return };
                let mut lines: Vec<Line> =
                    wrap(&question.text, 76, 6).iter().map(|text| Line::of(Role::Strong, text)).collect();
                let parts = [
                    ("Why", Some(&question.why)),
                    ("May be skipped when", question.skip.as_ref()),
                    ("How it is answered without people", question.auto.as_ref()),
                    ("If nobody knows", question.unknown.as_ref()),
                    ("Where its answer is found", question.found_in.as_ref()),
                ];
                for (title, text) in parts {
                    if let Some(text) = text {
                        lines.push(Line::blank());
                        lines.push(Line::of(Role::Accent, title));
                        lines.extend(wrap(text, 76, 20).iter().map(Line::plain));
                    }
                }
                let rules = crate::workbench::screens::lists::written(&question.rules);
                if !rules.is_empty() {
                    lines.push(Line::blank());
                    lines.push(Line::of(Role::Dim, format!("Rules: {rules}")));
                }
                self.overlays.push(Overlay::Read(Reader::new(&id, lines)));
            }
            Target::Field(entity, keys) => {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                let Some(spec) = field_at(entity.kind, &keys) else { return };
                let mut lines: Vec<Line> = wrap(spec.doc.trim(), 76, 6).iter().map(Line::plain).collect();
                lines.push(Line::blank());
                lines.extend(wrap(&screens::how(spec.shape), 76, 6).iter().map(|text| Line::of(Role::Dim, text)));
                let title = format!("{}.{}", entity.kind.table(), keys.join("."));
                self.overlays.push(Overlay::Read(Reader::new(&title, lines)));
            }
            _ => self.say(Line::plain("Nothing to explain here; ? shows the keys.")),
        }
    }

    fn explain_rule(&mut self, code: &str) {
        let Some(rule) = crate::rules::registry::find(code) else {
            self.say(Line::plain(format!("There is no rule {code}.")));
            return;
        };
        let mut lines = vec![
            Line::of(Role::Strong, rule.info.summary),
            Line::of(Role::Dim, format!("{} · {}", rule.info.severity.word(), rule.info.confidence.word())),
        ];
        for (title, text) in rule.info.sections {
            lines.push(Line::blank());
            lines.push(Line::of(Role::Accent, title));
            lines.extend(wrap(text, 78, 60).iter().map(Line::plain));
        }
        self.overlays.push(Overlay::Read(Reader::new(&format!("{} {}", rule.info.code, rule.info.name), lines)));
    }
}
