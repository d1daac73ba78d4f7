//! Sheets of entities: a table of one kind, the form of one entity, a list inside an entity.

use super::sheet::{Column, Sheet, Target};
use super::steps::TableSpec;
use crate::model::{Element, EntityKind, EntityRef, FieldSpec, Shape};
use crate::workbench::session::Session;
use crate::workbench::view::{Line, Role, wrap};

/// Entities of one kind.
pub struct EntityTable<'a> {
    /// The document.
    pub session: &'a Session,
    /// Its columns.
    pub spec: &'static TableSpec,
    /// What the section is called.
    pub title: &'static str,
    /// What to say where there is none.
    pub empty: &'static str,
}

/// The line of a cell: what the file says, or a dot for unknown.
pub fn value_line(session: &Session, entity: EntityRef, keys: &[&str]) -> Line {
    match session.document.cell(entity, keys) {
        Some(text) => {
            let wrong = session.has_error_at(entity, keys);
            let text = text.replace('\n', " ⏎ ");
            if wrong { Line::of(Role::Bad, format!("! {text}")) } else { Line::plain(text) }
        }
        None => Line::of(Role::Dim, "·"),
    }
}

impl Sheet for EntityTable<'_> {
    fn title(&self) -> Line {
        Line::of(Role::Strong, self.title).and(Role::Dim, format!(" · {}", self.rows()))
    }

    fn columns(&self) -> Vec<Column> {
        let column = |spec: &super::steps::ColumnSpec| Column::text(spec.title, spec.least, spec.weight);
        self.spec.columns.iter().map(column).collect()
    }

    fn rows(&self) -> usize {
        self.session.review.count(self.spec.kind)
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        let Some(spec) = self.spec.columns.get(column) else { return Line::blank() };
        let keys: Vec<&str> = spec.key.split('.').collect();
        let entity = EntityRef::new(self.spec.kind, row);
        if let Some(count) = self.session.items(entity, &keys) {
            return Line::plain(format!("{count} {}", spec.title));
        }
        value_line(self.session, entity, &keys)
    }

    fn target(&self, row: usize, column: usize) -> Target {
        let Some(spec) = self.spec.columns.get(column).filter(|_| row < self.rows()) else { return Target::Nothing };
        let keys = spec.key.split('.').map(str::to_owned).collect();
        Target::Field(EntityRef::new(self.spec.kind, row), keys)
    }

    fn entity(&self, row: usize) -> Option<EntityRef> {
        (row < self.rows()).then(|| EntityRef::new(self.spec.kind, row))
    }

    fn element(&self, row: usize) -> Option<Element> {
        self.session.element_of(EntityRef::new(self.spec.kind, row))
    }

    fn empty(&self) -> Vec<Line> {
        vec![Line::plain(self.empty)]
    }
}

/// Every key of one entity, tables inside it flattened.
pub struct Form<'a> {
    session: &'a Session,
    entity: EntityRef,
    fields: Vec<(Vec<&'static str>, FieldSpec)>,
}

impl<'a> Form<'a> {
    /// Of an entity.
    pub fn new(session: &'a Session, entity: EntityRef) -> Self {
        let mut fields = Vec::new();
        flatten(entity.kind.fields(), &mut Vec::new(), &mut fields);
        Self { session, entity, fields }
    }
}

fn flatten(
    specs: &'static [FieldSpec],
    path: &mut Vec<&'static str>,
    fields: &mut Vec<(Vec<&'static str>, FieldSpec)>,
) {
    for spec in specs {
        path.push(spec.name);
        if let Shape::Table(inner) = spec.shape {
            flatten(inner, path, fields);
        } else {
            fields.push((path.clone(), *spec));
        }
        path.pop();
    }
}

/// How a shape is written, for people.
pub fn how(shape: Shape) -> String {
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Id => "small letters, digits, dashes".to_owned(),
        Shape::Reference(target) => match target {
            crate::model::Target::Component => "a component".to_owned(),
            crate::model::Target::Flow => "a flow".to_owned(),
            crate::model::Target::Element => "a component, a flow, or a -> b".to_owned(),
            crate::model::Target::Question => "a question".to_owned(),
            crate::model::Target::Pattern => "a pattern of the catalogue".to_owned(),
            crate::model::Target::Finding => "CODE@element".to_owned(),
        },
        Shape::Boolean => "true or false".to_owned(),
        Shape::Quantity { example, .. } => format!("{} · or a range a..b", example.replace('"', "")),
        Shape::Date => "2026-11-23".to_owned(),
        Shape::Choice(words, _) => words.join(" | "),
        Shape::List(item) => match *item {
            Shape::Table(_) => "a list: Enter opens it".to_owned(),
            _ => "values with commas between".to_owned(),
        },
        Shape::Map(_) => "{ name = value, … }".to_owned(),
        Shape::Table(_) => "a table".to_owned(),
        Shape::ServiceTime => "6ms · 6ms cv 1.5 · or a range a..b".to_owned(),
    }
}

impl Sheet for Form<'_> {
    fn title(&self) -> Line {
        let name = self.session.name_of(self.entity);
        let gap = if name.is_empty() { "" } else { " " };
        Line::of(Role::Strong, self.entity.kind.called()).and(Role::Plain, format!("{gap}{name}"))
    }

    fn columns(&self) -> Vec<Column> {
        vec![Column::text("key", 22, 0), Column::text("value", 20, 3), Column::text("written as", 20, 2)]
    }

    fn rows(&self) -> usize {
        self.fields.len()
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        let Some((path, spec)) = self.fields.get(row) else { return Line::blank() };
        match column {
            0 => Line::plain(path.join(".")),
            1 => match self.session.items(self.entity, path) {
                Some(1) => Line::plain("1 item"),
                Some(count) => Line::plain(format!("{count} items")),
                None => value_line(self.session, self.entity, path),
            },
            _ => Line::of(Role::Dim, how(spec.shape)),
        }
    }

    fn target(&self, row: usize, _column: usize) -> Target {
        let Some((path, _)) = self.fields.get(row) else { return Target::Nothing };
        Target::Field(self.entity, path.iter().map(|key| (*key).to_owned()).collect())
    }

    fn entity(&self, _row: usize) -> Option<EntityRef> {
        Some(self.entity)
    }

    fn element(&self, _row: usize) -> Option<Element> {
        self.session.element_of(self.entity)
    }

    fn detail(&self, row: usize, cells: usize) -> Vec<Line> {
        let doc = self.fields.get(row).map_or("", |(_, spec)| spec.doc.trim());
        wrap(doc, cells, 2).iter().map(|text| Line::of(Role::Dim, text)).collect()
    }
}

/// The items of a list inside an entity: calls, options, points, dissent, items of a meeting.
pub struct Items<'a> {
    session: &'a Session,
    entity: EntityRef,
    key: &'a str,
    fields: &'static [FieldSpec],
    title: String,
}

/// The fields of the items of a list, where they are tables.
pub fn item_fields(kind: EntityKind, key: &str) -> Option<&'static [FieldSpec]> {
    match crate::model::field_at(kind, &[key])?.shape {
        Shape::List(Shape::Table(fields)) => Some(fields),
        _ => None,
    }
}

impl<'a> Items<'a> {
    /// The items of an entity's list of tables.
    pub fn new(session: &'a Session, entity: EntityRef, key: &'a str) -> Option<Self> {
        let fields = item_fields(entity.kind, key)?;
        let title = format!("{key} of {} {}", entity.kind.called(), session.name_of(entity));
        Some(Self { session, entity, key, fields, title })
    }
}

impl Sheet for Items<'_> {
    fn title(&self) -> Line {
        Line::of(Role::Strong, &self.title).and(Role::Dim, format!(" · {}", self.rows()))
    }

    fn columns(&self) -> Vec<Column> {
        let wide = |field: &FieldSpec| match field.shape {
            Shape::Reference(_) => (14, 2),
            Shape::Text => (12, 3),
            Shape::Map(_) => (20, 2),
            _ => (field.name.len().max(8), 0),
        };
        self.fields.iter().map(|field| Column::text(field.name, wide(field).0, wide(field).1)).collect()
    }

    fn rows(&self) -> usize {
        self.session.items(self.entity, &[self.key]).unwrap_or(0)
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        let Some(field) = self.fields.get(column) else { return Line::blank() };
        value_line(self.session, self.entity, &[self.key, &row.to_string(), field.name])
    }

    fn target(&self, row: usize, column: usize) -> Target {
        match self.fields.get(column) {
            Some(field) if row < self.rows() => {
                Target::Field(self.entity, vec![self.key.to_owned(), row.to_string(), field.name.to_owned()])
            }
            _ => Target::Nothing,
        }
    }

    fn entity(&self, _row: usize) -> Option<EntityRef> {
        Some(self.entity)
    }

    fn element(&self, row: usize) -> Option<Element> {
        if self.key == "calls" {
            let call = self.session.review.flows.get(self.entity.index)?.calls.as_ref()?.get(row)?;
            return Some(Element::Dependency(call.from().to_owned(), call.to().to_owned()));
        }
        self.session.element_of(self.entity)
    }

    fn empty(&self) -> Vec<Line> {
        vec![Line::plain(format!("No {} yet. Press a to add one.", self.key))]
    }

    fn detail(&self, _row: usize, cells: usize) -> Vec<Line> {
        let example = match self.key {
            "calls" => {
                "In order, one after another; calls of one `from` with the same group run in parallel; a visit of a component makes all its calls."
            }
            "options" => {
                "Scores: { latency = 4, cost = 2 }, higher is better; the decision's weights say how much each counts."
            }
            _ => return Vec::new(),
        };
        wrap(example, cells, 3).iter().map(|text| Line::of(Role::Dim, text)).collect()
    }
}
