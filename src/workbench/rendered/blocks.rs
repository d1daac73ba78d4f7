//! The blocks of a document, written one after the other, and where blank lines go.
//!
//! Must not know how text is broken or a table is laid out.

use super::flow::Flow;
use super::page::Page;
use super::table::Table;
use super::wrapped::chop;
use crate::workbench::view::{Line, Role};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Tag, TagEnd};

/// A link or picture that is being read.
#[derive(Debug)]
struct Target<'a> {
    /// None where the text is the target by its syntax.
    address: Option<CowStr<'a>>,
    mark: usize,
}

/// Takes the events of a document and writes its lines.
#[derive(Debug, Default)]
pub(super) struct Writer<'a> {
    source: &'a str,
    page: Page,
    /// The next number of every open list; none for bullets.
    lists: Vec<Option<u64>>,
    flow: Flow,
    base: Role,
    strong: usize,
    emphasis: usize,
    targets: Vec<Target<'a>>,
    table: Option<Table>,
    /// The text of a code or HTML block, while one is read.
    raw: Option<String>,
    code: Role,
    after_html: bool,
}

impl<'a> Writer<'a> {
    /// A writer for lines of at most `cells` cells (at least 1).
    pub(super) fn new(source: &'a str, cells: usize) -> Self {
        Self { source, page: Page::new(cells), ..Self::default() }
    }

    /// The page, once all events were taken.
    pub(super) fn finish(mut self) -> Page {
        self.write_flow();
        self.page
    }

    /// Takes an event that begins at a byte of the source.
    pub(super) fn event(&mut self, event: Event<'a>, start: usize) {
        match event {
            Event::Start(tag) => self.open(tag, start),
            Event::End(tag) => self.close(tag),
            Event::Text(text) | Event::Html(text) => match &mut self.raw {
                Some(raw) => raw.push_str(&text),
                None => self.flow.push(self.role(), &text),
            },
            Event::Code(text) => self.flow.push(Role::Key, &text),
            Event::InlineHtml(text) => self.inline_html(&text),
            Event::SoftBreak => self.flow.push(Role::Plain, " "),
            Event::HardBreak => self.flow.end_line(),
            Event::Rule => {
                self.begin(start, false);
                self.page.write_gap();
                let line = Line::of(Role::Dim, "─".repeat(self.page.room()));
                self.page.write(line);
                self.page.gap = true;
            }
            // Of extensions that are not asked for.
            _ => {}
        }
    }

    fn open(&mut self, tag: Tag<'a>, start: usize) {
        match tag {
            Tag::Heading { level, .. } => {
                self.begin(start, false);
                self.base = if level <= HeadingLevel::H2 { Role::Accent } else { Role::Strong };
            }
            Tag::BlockQuote(_) => {
                self.begin(start, false);
                self.page.write_gap();
                self.page.margin.open_quote();
            }
            Tag::CodeBlock(kind) => {
                self.begin(start, false);
                let mermaid = matches!(&kind, CodeBlockKind::Fenced(language) if language.starts_with("mermaid"));
                self.code = if mermaid { Role::Dim } else { Role::Plain };
                self.raw = Some(String::new());
            }
            Tag::HtmlBlock => {
                self.begin(start, true);
                self.raw = Some(String::new());
            }
            Tag::List(number) => {
                self.begin(start, false);
                self.lists.push(number);
            }
            Tag::Item => {
                self.write_flow();
                let marker = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let marker = format!("{number}. ");
                        *number = number.saturating_add(1);
                        marker
                    }
                    _ => "• ".to_owned(),
                };
                if let Err(marker) = self.page.margin.open_item(marker) {
                    self.flow.push(Role::Dim, &marker);
                }
            }
            Tag::Table(alignments) => {
                self.begin(start, false);
                self.table = Some(Table::new(alignments));
            }
            Tag::TableHead => self.base = Role::Strong,
            Tag::Emphasis => self.emphasis += 1,
            Tag::Strong => self.strong += 1,
            Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. } => {
                let itself = matches!(link_type, LinkType::Autolink | LinkType::Email);
                self.targets.push(Target { address: (!itself).then_some(dest_url), mark: self.flow.mark() });
            }
            // A paragraph follows a marker that found no room and stands in the text.
            Tag::Paragraph => self.space_before(start, false),
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.write_flow();
                self.page.gap = true;
            }
            TagEnd::Heading(level) => {
                let lines = self.flow.wrap(self.page.room());
                let under = lines.iter().map(|(_, used)| *used).max().unwrap_or(0);
                self.write_flow();
                if level == HeadingLevel::H1 && under > 0 {
                    self.page.write(Line::of(Role::Accent, "━".repeat(under)));
                }
                self.base = Role::Plain;
                self.page.gap = true;
            }
            TagEnd::BlockQuote(_) => {
                self.write_flow();
                self.page.margin.close();
                self.page.gap = true;
            }
            TagEnd::CodeBlock => self.write_code(),
            TagEnd::HtmlBlock => self.write_html(),
            TagEnd::List(_) => {
                self.lists.pop();
                self.page.gap |= self.lists.is_empty();
            }
            TagEnd::Item => {
                self.write_flow();
                if self.page.margin.marker_waits() {
                    // An item without a text still is one.
                    self.page.write_gap();
                    self.page.write(Line::blank());
                }
                self.page.margin.close();
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.page.write_gap();
                    for line in table.lines(self.page.room()) {
                        self.page.write(line);
                    }
                }
                self.page.gap = true;
            }
            TagEnd::TableHead => {
                self.base = Role::Plain;
                if let Some(table) = &mut self.table {
                    table.end_header();
                }
            }
            TagEnd::TableRow => {
                if let Some(table) = &mut self.table {
                    table.end_row();
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.flow);
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
            }
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => self.close_target(),
            _ => {}
        }
    }

    /// The role of text: what is emphasised, else that of the block.
    fn role(&self) -> Role {
        match (self.base, self.strong > 0, self.emphasis > 0) {
            (Role::Plain, true, _) => Role::Strong,
            (Role::Plain, false, true) => Role::Accent,
            (base, ..) => base,
        }
    }

    /// After the text of a link, where it leads, unless the text says so.
    fn close_target(&mut self) {
        let Some(target) = self.targets.pop() else { return };
        if let Some(address) = target.address.filter(|address| self.flow.since(target.mark) != &**address) {
            let text =
                if self.flow.since(target.mark).is_empty() { address.to_string() } else { format!(" ({address})") };
            self.flow.push(Role::Dim, &text);
        }
    }

    fn inline_html(&mut self, text: &str) {
        let name: String = text.chars().filter(|c| !c.is_whitespace()).take(6).collect();
        if name.eq_ignore_ascii_case("<br>") || name.eq_ignore_ascii_case("<br/>") {
            self.flow.end_line();
        } else {
            let role = if text.starts_with("<!--") { Role::Dim } else { self.role() };
            self.flow.push(role, text);
        }
    }

    /// A block begins: what was before it is written.
    fn begin(&mut self, start: usize, html: bool) {
        self.write_flow();
        self.space_before(start, html);
    }

    /// Blank lines beside HTML are as in the source: keep marks stand close to what they keep.
    fn space_before(&mut self, start: usize, html: bool) {
        if std::mem::replace(&mut self.after_html, false) || html {
            self.page.gap &= is_after_blank(self.source, start);
        }
        self.page.begin_block();
    }

    fn write_flow(&mut self) {
        if !self.flow.is_empty() {
            self.page.write_gap();
            let lines = std::mem::take(&mut self.flow).wrap(self.page.room());
            self.page.write_all(lines);
        }
    }

    fn write_code(&mut self) {
        let raw = self.raw.take().unwrap_or_default();
        self.page.write_gap();
        let margin = if self.page.room() >= 12 { "  " } else { "" };
        let room = self.page.room() - margin.len();
        for part in raw.lines().flat_map(|line| chop(line, room)) {
            let margin = if part.is_empty() { "" } else { margin };
            self.page.write(Line::plain(margin).and(self.code, part));
        }
        self.page.gap = true;
    }

    fn write_html(&mut self) {
        let raw = self.raw.take().unwrap_or_default();
        self.page.write_gap();
        let mut comment = false;
        for text in raw.lines() {
            comment |= text.trim_start().starts_with("<!--");
            let mut flow = Flow::default();
            flow.push(if comment { Role::Dim } else { Role::Plain }, text);
            self.page.write_all(flow.wrap(self.page.room()));
            comment &= !text.contains("-->");
        }
        self.page.gap = true;
        self.after_html = true;
    }
}

/// Whether the line before the one of a byte is blank.
fn is_after_blank(source: &str, start: usize) -> bool {
    let before = source.get(..start).unwrap_or_default().trim_end_matches([' ', '\t']);
    let line = before.strip_suffix('\n').unwrap_or(before).trim_end_matches([' ', '\t', '\r']);
    line.is_empty() || line.ends_with('\n')
}
