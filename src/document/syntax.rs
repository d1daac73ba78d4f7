//! Text to tree: TOML with recovery. What is broken is reported and skipped; the rest keeps its places.
//!
//! With `tokens` the only file that knows `toml_parser`. Must not know what the keys mean.

use super::tokens;
use super::tree::{Block, Statement, Tree, descend, has_header, insert_at, is_full, path_of};
use crate::model::{EntityKind, Entry, Key, Node, Problem, ProblemKind, Span, Table, TableForm, Value, quote};
use foldhash::{HashSet, HashSetExt};
use toml_parser::lexer::Token;
use toml_parser::parser::{Event, EventKind, RecursionGuard, parse_document};
use toml_parser::{ParseError, Source, decoder::ScalarKind};

/// Arrays and inline tables deeper than this are refused: nothing in the format is deeper than six.
const DEEPEST: u32 = 32;
/// More problems than this of one file are noise.
const MOST_PROBLEMS: usize = 1_000;

/// The tree of a text, and what is wrong with its syntax.
pub(super) fn read(text: &str) -> (Tree, Vec<Problem>) {
    let mut tree = Tree::default();
    tree.blocks.push(Block { header: None, path: Vec::new(), start: 0, end: text.len() });
    let mut builder = Builder {
        source: Source::new(""),
        base: 0,
        length: text.len(),
        events: Vec::new(),
        next: 0,
        errors: Vec::new(),
        problems: Vec::new(),
        tree,
        at: Vec::new(),
        keys: HashSet::new(),
    };
    let mut base = 0;
    while let Some(rest) = text.get(base..) {
        let mut chunks = tokens::Chunks::of(rest);
        while chunks.next() {
            builder.read(rest, chunks.tokens(), base);
        }
        let start = chunks.start();
        let is_table = |name: &str| EntityKind::of_table(name).is_some();
        let Some(cut) = tokens::after_open_string(rest, chunks.tokens(), is_table) else {
            builder.read(rest, chunks.tokens(), base);
            break;
        };
        let part = &rest[start..cut];
        builder.read(part, &Source::new(part).lex().into_vec(), base + start);
        base += cut;
    }
    let mut problems = builder.problems;
    problems.sort_by_key(|problem| problem.span.start);
    // One slip makes the reader stumble several times on its line: the first time says it.
    let on_one_line =
        |a: &Problem, b: &Problem| text.get(b.span.start..a.span.start).is_some_and(|t| !t.contains('\n'));
    problems.dedup_by(|a, b| a.kind == ProblemKind::Syntax && b.kind == a.kind && on_one_line(a, b));
    problems.truncate(MOST_PROBLEMS);
    (builder.tree, problems)
}

fn syntax_problem(part: &str, base: usize, error: &ParseError) -> Problem {
    let range = |span: toml_parser::Span| part.floor_char_boundary(span.start())..part.ceil_char_boundary(span.end());
    let (context, unexpected) = (error.context().map(range), error.unexpected().map(range));
    let place = match (context, unexpected) {
        // What is never closed is reported where it is opened, not lines below.
        (Some(open), Some(at)) if part.get(open.start..at.start).is_some_and(|between| between.contains('\n')) => {
            let line = part[open.start..].find('\n').map_or(part.len(), |length| open.start + length);
            open.start..open.end.min(line)
        }
        (_, Some(at)) => at,
        (Some(context), None) => context,
        (None, None) => 0..0,
    };
    let span = Span::new(base + place.start, base + place.end);
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
    /// Where the source begins in the text.
    base: usize,
    /// The bytes of the text.
    length: usize,
    events: Vec<Event>,
    next: usize,
    errors: Vec<ParseError>,
    problems: Vec<Problem>,
    tree: Tree,
    /// The keys of the header that key-value lines belong to.
    at: Vec<(Key, Span)>,
    /// Every key so far.
    keys: HashSet<Key>,
}

impl<'a> Builder<'a> {
    /// Reads a part of the text that begins at `base`.
    fn read(&mut self, part: &'a str, part_tokens: &[Token], base: usize) {
        (self.source, self.base, self.next) = (Source::new(part), base, 0);
        self.events.clear();
        for tokens in tokens::parts(part, part_tokens) {
            parse_document(tokens, &mut RecursionGuard::new(&mut self.events, DEEPEST), &mut self.errors);
        }
        self.document();
        let errors = std::mem::take(&mut self.errors);
        self.problems.extend(errors.iter().take(MOST_PROBLEMS).map(|error| syntax_problem(part, base, error)));
    }

    /// Where an event stands in the text, in whole characters.
    fn span(&self, event: &Event) -> Span {
        let (text, span) = (self.source.input(), event.span());
        let (start, end) = (text.floor_char_boundary(span.start()), text.ceil_char_boundary(span.end()));
        Span::new(self.base + start, self.base + end)
    }
    fn take(&mut self) -> Option<Event> {
        let event = self.events.get(self.next).copied();
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
                        if let (Some((_, first)), Some((_, last))) = (keys.first(), keys.last()) {
                            let statement = Statement { start: first.start, key_end: last.end, value: node.span };
                            self.tree.statements.push(statement);
                        }
                        let at = std::mem::take(&mut self.at);
                        self.insert(&at, keys, node);
                        self.at = at;
                    }
                }
                _ => {}
            }
        }
    }

    fn header(&mut self, open: &Event, close: EventKind) {
        let mut keys = Vec::new();
        let mut end = self.span(open).end;
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
                    end = self.take().map_or(end, |event| self.span(&event).end);
                    break;
                }
                _ => break,
            }
        }
        let span = Span::new(self.span(open).start, end);
        if let Some(above) = self.tree.blocks.last_mut() {
            above.end = span.start;
        }
        let end = self.length;
        self.tree.blocks.push(Block { header: Some(span), path: Vec::new(), start: span.start, end });
        if keys.is_empty() || keys.len() > DEEPEST as usize {
            // Lines below an unreadable header must not land in the table above it.
            self.at = vec![(Key::from("\u{0}"), span)];
            return;
        }
        self.open_table(&keys, span, close == EventKind::ArrayTableClose);
        let path = path_of(&self.tree.root, &keys);
        if let Some(block) = self.tree.blocks.last_mut() {
            block.path = path;
        }
        self.at = keys;
    }

    fn key(&mut self, event: &Event) -> (Key, Span) {
        let mut decoded = std::borrow::Cow::Borrowed("");
        if let Some(raw) = self.source.get(event) {
            raw.decode_key(&mut decoded, &mut self.errors);
        }
        let key = if let Some(known) = self.keys.get(&*decoded) {
            known.clone()
        } else {
            let key: Key = Key::from(&*decoded);
            self.keys.insert(key.clone());
            key
        };
        (key, self.span(event))
    }

    /// `a.b = value`, from its first key on.
    fn key_value(&mut self) -> Option<(Vec<(Key, Span)>, Node)> {
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
        let mut end = self.span(open).end;
        while let Some(event) = self.take() {
            end = self.span(&event).end;
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
        Node { span: Span::new(self.span(open).start, end), value: Value::Array(items) }
    }

    fn inline_table(&mut self, open: &Event) -> Node {
        let mut table = Table { entries: Vec::with_capacity(2), form: TableForm::Inline };
        let mut end = self.span(open).end;
        while let Some(event) = self.take() {
            end = self.span(&event).end;
            match event.kind() {
                EventKind::InlineTableClose => break,
                EventKind::SimpleKey => {
                    self.next -= 1;
                    if let Some((keys, node)) = self.key_value() {
                        if let [(_, first), .., (_, last)] = keys.as_slice() {
                            self.tree.dotted.insert(last.start, first.start);
                        }
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
        Node { span: Span::new(self.span(open).start, end), value: Value::Table(table) }
    }

    fn scalar(&mut self, event: &Event) -> Node {
        let span = self.span(event);
        let invalid = Node { span, value: Value::Invalid };
        let Some(raw) = self.source.get(event) else { return invalid };
        let before = self.errors.len();
        let mut decoded = std::borrow::Cow::Borrowed("");
        let kind = raw.decode_scalar(&mut decoded, &mut self.errors);
        let is_quoted = raw.as_str().starts_with(['"', '\'']);
        if self.errors.len() > before && !(matches!(kind, ScalarKind::String) && is_quoted) {
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

    fn open_table(&mut self, keys: &[(Key, Span)], span: Span, many: bool) {
        let Some(((last, last_span), parents)) = keys.split_last() else { return };
        let Some(parent) = descend(&mut self.tree.root, parents, &mut self.problems) else { return };
        let new = || Node { span, value: Value::Table(Table { entries: Vec::new(), form: TableForm::Header }) };
        let Some(entry) = parent.entries.iter_mut().find(|entry| entry.key == *last) else {
            if is_full(parent, *last_span, &mut self.problems) {
                return;
            }
            let node = if many { Node { span, value: Value::Array(vec![new()]) } } else { new() };
            parent.entries.push(Entry { key: last.clone(), key_span: *last_span, node });
            return;
        };
        match (&mut entry.node.value, many) {
            (Value::Array(items), true) => items.push(new()),
            (Value::Array(items), false) if items.iter().all(has_header) => {
                let message = format!("{} stands several times: write it with two brackets, `[[…]]`", quote(last));
                self.problems.push(Problem::error(ProblemKind::Syntax, *last_span, message));
                items.push(new());
            }
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

    fn insert(&mut self, at: &[(Key, Span)], keys: Vec<(Key, Span)>, node: Node) {
        if at.first().is_some_and(|(key, _)| *key == "\u{0}") {
            return;
        }
        if let Some(table) = descend(&mut self.tree.root, at, &mut self.problems) {
            insert_at(table, keys, node, &mut self.problems);
        }
    }
}
