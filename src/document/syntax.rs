//! Text to tree: TOML with recovery. What is broken is reported and skipped; the rest keeps its places.
//!
//! The only file that knows `toml_parser`. Must not know what the keys mean.

use crate::model::{Entry, Node, Problem, ProblemKind, Span, Table, TableForm, Value, quote};
use toml_parser::parser::{Event, EventKind, RecursionGuard, parse_document};
use toml_parser::{ParseError, Source, decoder::ScalarKind};

/// Arrays and inline tables deeper than this are refused: nothing in the format is deeper than six.
const DEEPEST: u32 = 32;
/// More problems than this of one file are noise.
const MOST_PROBLEMS: usize = 1_000;

/// The tree of a text, and what is wrong with its syntax.
pub(super) fn read(text: &str) -> (Table, Vec<Problem>) {
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut events: Vec<Event> = Vec::with_capacity(tokens.len());
    let mut errors: Vec<ParseError> = Vec::new();
    parse_document(&tokens, &mut RecursionGuard::new(&mut events, DEEPEST), &mut errors);
    let mut builder =
        Builder { source, events, next: 0, errors, problems: Vec::new(), root: Table::default(), at: Vec::new() };
    builder.document();
    let mut problems: Vec<Problem> = builder.errors.iter().map(|error| syntax_problem(text, error)).collect();
    problems.append(&mut builder.problems);
    problems.dedup_by(|a, b| a.span == b.span && a.message == b.message);
    problems.truncate(MOST_PROBLEMS);
    (builder.root, problems)
}

fn syntax_problem(text: &str, error: &ParseError) -> Problem {
    let span =
        error.unexpected().or(error.context()).map_or(Span::default(), |span| Span::new(span.start(), span.end()));
    let span = Span::new(span.start.min(text.len()), span.end.min(text.len()));
    let expected = error.expected().unwrap_or_default().iter().map(|expected| match expected {
        toml_parser::Expected::Literal(literal) => format!("`{}`", literal.escape_default()),
        toml_parser::Expected::Description(description) => (*description).to_owned(),
        _ => "something else".to_owned(),
    });
    let expected: Vec<_> = expected.collect();
    let help = (!expected.is_empty()).then(|| format!("expected {}", expected.join(" or ")));
    Problem::error(ProblemKind::Syntax, span, error.description().to_owned()).with_help(help)
}

struct Builder<'a> {
    source: Source<'a>,
    events: Vec<Event>,
    next: usize,
    errors: Vec<ParseError>,
    problems: Vec<Problem>,
    root: Table,
    /// The keys of the header that key-value lines belong to.
    at: Vec<(String, Span)>,
}

impl Builder<'_> {
    fn take(&mut self) -> Option<Event> {
        let event = self.events.get(self.next).cloned();
        self.next += 1;
        event
    }

    fn peek(&self) -> Option<EventKind> {
        self.events.get(self.next).map(Event::kind)
    }

    fn document(&mut self) {
        while let Some(event) = self.take() {
            match event.kind() {
                EventKind::StdTableOpen => self.header(&event, EventKind::StdTableClose),
                EventKind::ArrayTableOpen => self.header(&event, EventKind::ArrayTableClose),
                EventKind::SimpleKey => {
                    self.next -= 1;
                    if let Some((keys, node)) = self.key_value() {
                        let at = self.at.clone();
                        self.insert(&at, keys, node);
                    }
                }
                _ => {}
            }
        }
    }

    fn header(&mut self, open: &Event, close: EventKind) {
        let mut keys = Vec::new();
        let mut end = open.span().end();
        while let Some(kind) = self.peek() {
            match kind {
                EventKind::SimpleKey => {
                    if let Some(event) = self.take() {
                        keys.push(self.key(&event));
                    }
                }
                EventKind::KeySep | EventKind::Whitespace | EventKind::Error => {
                    self.next += 1;
                }
                kind if kind == close => {
                    end = self.take().map_or(end, |event| event.span().end());
                    break;
                }
                _ => break,
            }
        }
        let span = Span::new(open.span().start(), end);
        if keys.is_empty() || keys.len() > DEEPEST as usize {
            // Lines below an unreadable header must not land in the table above it.
            self.at = vec![("\u{0}".to_owned(), span)];
            return;
        }
        self.open_table(&keys, span, close == EventKind::ArrayTableClose);
        self.at = keys;
    }

    fn key(&mut self, event: &Event) -> (String, Span) {
        let mut key = String::new();
        if let Some(raw) = self.source.get(event) {
            let mut decoded = std::borrow::Cow::Borrowed("");
            raw.decode_key(&mut decoded, &mut self.errors);
            key = decoded.into_owned();
        }
        (key, Span::new(event.span().start(), event.span().end()))
    }

    /// `a.b = value`, from its first key on.
    fn key_value(&mut self) -> Option<(Vec<(String, Span)>, Node)> {
        let mut keys = Vec::new();
        while let Some(event) = self.take() {
            match event.kind() {
                EventKind::SimpleKey => {
                    let key = self.key(&event);
                    keys.push(key);
                }
                EventKind::KeyValSep => break,
                EventKind::KeySep | EventKind::Whitespace | EventKind::Error => {}
                _ => {
                    self.next -= 1;
                    return None;
                }
            }
        }
        loop {
            match self.peek()? {
                EventKind::Whitespace | EventKind::Error => self.next += 1,
                EventKind::Scalar | EventKind::ArrayOpen | EventKind::InlineTableOpen => break,
                _ => return None,
            }
        }
        let node = self.value()?;
        (keys.len() <= DEEPEST as usize && !keys.is_empty()).then_some((keys, node))
    }

    fn value(&mut self) -> Option<Node> {
        let event = self.take()?;
        match event.kind() {
            EventKind::Scalar => Some(self.scalar(&event)),
            EventKind::ArrayOpen => Some(self.list(&event)),
            EventKind::InlineTableOpen => Some(self.inline_table(&event)),
            _ => None,
        }
    }

    fn list(&mut self, open: &Event) -> Node {
        let mut items = Vec::new();
        let mut end = open.span().end();
        while let Some(event) = self.take() {
            end = event.span().end();
            match event.kind() {
                EventKind::ArrayClose => break,
                EventKind::Scalar | EventKind::ArrayOpen | EventKind::InlineTableOpen => {
                    self.next -= 1;
                    items.extend(self.value());
                }
                EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                    self.next -= 1;
                    break;
                }
                _ => {}
            }
        }
        Node { span: Span::new(open.span().start(), end), value: Value::Array(items) }
    }

    fn inline_table(&mut self, open: &Event) -> Node {
        let mut table = Table { entries: Vec::new(), form: TableForm::Inline };
        let mut end = open.span().end();
        while let Some(event) = self.take() {
            end = event.span().end();
            match event.kind() {
                EventKind::InlineTableClose => break,
                EventKind::SimpleKey => {
                    self.next -= 1;
                    if let Some((keys, node)) = self.key_value() {
                        insert_at(&mut table, keys, node, &mut self.problems);
                    }
                }
                EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                    self.next -= 1;
                    break;
                }
                _ => {}
            }
        }
        Node { span: Span::new(open.span().start(), end), value: Value::Table(table) }
    }

    fn scalar(&mut self, event: &Event) -> Node {
        let span = Span::new(event.span().start(), event.span().end());
        let invalid = Node { span, value: Value::Invalid };
        let Some(raw) = self.source.get(event) else { return invalid };
        let before = self.errors.len();
        let mut decoded = std::borrow::Cow::Borrowed("");
        let kind = raw.decode_scalar(&mut decoded, &mut self.errors);
        if self.errors.len() > before && !matches!(kind, ScalarKind::String) {
            return invalid;
        }
        let value = match kind {
            ScalarKind::String => Some(Value::Text(decoded.into_owned())),
            ScalarKind::Boolean(value) => Some(Value::Boolean(value)),
            ScalarKind::Integer(radix) => {
                let digits = if radix.value() == 10 {
                    &*decoded
                } else {
                    decoded.trim_start_matches("0x").trim_start_matches("0o").trim_start_matches("0b")
                };
                i64::from_str_radix(digits, radix.value()).ok().map(Value::Integer)
            }
            ScalarKind::Float => decoded.parse().ok().map(Value::Float),
            ScalarKind::DateTime => decoded.get(..10).and_then(|date| date.parse().ok()).map(Value::Date),
        };
        if let Some(value) = value {
            return Node { span, value };
        }
        if self.errors.len() == before {
            let message = format!("{} is not a {}", quote(raw.as_str()), kind.description());
            self.problems.push(Problem::error(ProblemKind::Syntax, span, message));
        }
        invalid
    }

    fn open_table(&mut self, keys: &[(String, Span)], span: Span, many: bool) {
        let Some(((last, last_span), parents)) = keys.split_last() else { return };
        let Some(parent) = descend(&mut self.root, parents, &mut self.problems) else { return };
        let new = || Node { span, value: Value::Table(Table { entries: Vec::new(), form: TableForm::Header }) };
        let Some(entry) = parent.entries.iter_mut().find(|entry| entry.key == *last) else {
            let node = if many { Node { span, value: Value::Array(vec![new()]) } } else { new() };
            parent.entries.push(Entry { key: last.clone(), key_span: *last_span, node });
            return;
        };
        match (&mut entry.node.value, many) {
            (Value::Array(items), true) => items.push(new()),
            (Value::Table(table), false) if table.form == TableForm::Implied => {
                table.form = TableForm::Header;
                entry.node.span = span;
            }
            _ => {
                let message = format!("{} stands twice in this table; the keys are added to the first", quote(last));
                self.problems.push(Problem::error(ProblemKind::Duplicate, *last_span, message));
            }
        }
    }

    fn insert(&mut self, at: &[(String, Span)], keys: Vec<(String, Span)>, node: Node) {
        if at.first().is_some_and(|(key, _)| key == "\u{0}") {
            return;
        }
        if let Some(table) = descend(&mut self.root, at, &mut self.problems) {
            insert_at(table, keys, node, &mut self.problems);
        }
    }
}

/// The table at a path of keys, made where it is not there; of an array, its last table.
fn descend<'a>(root: &'a mut Table, keys: &[(String, Span)], problems: &mut Vec<Problem>) -> Option<&'a mut Table> {
    let mut table = root;
    for (key, span) in keys {
        let position = table.entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
            let node = Node { span: *span, value: Value::Table(Table::default()) };
            table.entries.push(Entry { key: key.clone(), key_span: *span, node });
            table.entries.len() - 1
        });
        let node = &mut table.entries[position].node;
        let value = match &mut node.value {
            Value::Array(items) => &mut items.last_mut()?.value,
            value => value,
        };
        match value {
            Value::Table(inner) => table = inner,
            _ => {
                let message = format!("{} is a value, not a table", quote(key));
                problems.push(Problem::error(ProblemKind::Duplicate, *span, message));
                return None;
            }
        }
    }
    Some(table)
}

fn insert_at(table: &mut Table, mut keys: Vec<(String, Span)>, node: Node, problems: &mut Vec<Problem>) {
    let Some((last, span)) = keys.pop() else { return };
    let dotted = !keys.is_empty();
    let Some(table) = descend(table, &keys, problems) else { return };
    if dotted && table.form == TableForm::Implied {
        table.form = TableForm::Dotted;
    }
    if table.entry(&last).is_some() {
        let message = format!("{} stands twice in this table; the first is used", quote(&last));
        problems.push(Problem::error(ProblemKind::Duplicate, span, message));
        return;
    }
    table.entries.push(Entry { key: last, key_span: span, node });
}
