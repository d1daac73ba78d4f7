//! The workbench as a [`View`]: header, panes, promise, keys, overlays.

use super::command::{COMMANDS, Command, Scope};
use super::place::{Focus, Place};
use super::screens::{self, settled};
use super::view::{Area, Folding, Line, Pane, Role, View, areas, fit, too_small, width, wrap};
use super::{Workbench, coach};
use crate::analysis::PromiseState;
use crate::model::Gravity;

/// How a step stands: a sign that is read without colour.
fn step_sign(bench: &Workbench, step: usize) -> (&'static str, Role) {
    let Some(questions) = bench.session.knowledge().steps().get(step).map(|step| &step.questions) else {
        return ("○", Role::Dim);
    };
    let recorded = match step {
        0 => !bench.session.review.slos.is_empty(),
        1 => !bench.session.review.flows.is_empty() && !bench.session.review.components.is_empty(),
        2 => !bench.session.review.hotspots.is_empty(),
        3 => !bench.session.review.failures.is_empty(),
        _ => !bench.session.review.measures.is_empty() || !bench.session.review.load_tests.is_empty(),
    };
    match (recorded, settled(&bench.session, questions)) {
        (true, done) if done == questions.len() => ("●", Role::Good),
        (false, 0) => ("○", Role::Dim),
        _ => ("◐", Role::Warn),
    }
}

const STEP_NAMES: [&str; 5] = ["Targets", "Flows", "Bottlenecks", "Failure paths", "Proof"];

/// The steps in the header: where each begins and ends, and its text.
fn steps(bench: &Workbench) -> Vec<(usize, usize, Line)> {
    let wide = usize::from(bench.size.0);
    let current = bench.navigation.place();
    let named: usize = STEP_NAMES.iter().map(|name| name.len() + 6).sum();
    let short = named + 30 > wide;
    let mut parts = Vec::new();
    for (step, name) in STEP_NAMES.iter().enumerate() {
        let (sign, role) = step_sign(bench, step);
        let here = current == Place::Step(step);
        let text = match (short, here) {
            (true, false) => format!("{}", step + 1),
            _ => format!("{} {name}", step + 1),
        };
        let role_text = if here { Role::Selected } else { Role::Plain };
        parts.push(Line::of(role, format!(" {sign} ")).and(role_text, text));
    }
    let total: usize = parts.iter().map(Line::width).sum::<usize>() + 1;
    let mut x = wide.saturating_sub(total);
    parts
        .into_iter()
        .map(|line| {
            let start = x;
            x += line.width();
            (start, x, line)
        })
        .collect()
}

/// The step under a column of the header.
pub(super) fn step_at(bench: &Workbench, x: u16) -> Option<usize> {
    steps(bench).iter().position(|(start, end, _)| (*start..*end).contains(&usize::from(x)))
}

impl Workbench {
    /// The screen. Moves what is scrolled so that the cursor is in sight.
    pub fn view(&mut self) -> View {
        let (wide, high) = self.size;
        let mut view = View { width: wide, height: high, ..View::default() };
        if let Some(why) = too_small(wide, high) {
            let lines = wrap(&why, usize::from(wide.max(1)), usize::from(high)).iter().map(Line::plain).collect();
            view.panes.push(Pane { area: Area::new(0, 0, wide, high), lines, ..Pane::default() });
            return view;
        }
        self.areas = areas(wide, high, self.folding());
        if self.areas.outline.is_empty() && self.navigation.focus == Focus::Outline
            || self.areas.coach.is_empty() && self.navigation.focus == Focus::Coach
        {
            self.navigation.focus = Focus::Work;
        }
        view.panes.push(self.header());
        if !self.areas.outline.is_empty() {
            view.panes.push(self.outline());
        }
        view.panes.push(self.work());
        if !self.areas.coach.is_empty() {
            view.panes.push(self.coach());
        }
        view.panes.push(self.promise());
        view.panes.push(self.bottom());
        let screen = Area::new(0, 1, wide, self.areas.work.height);
        let anchor = self.anchor;
        for overlay in &mut self.overlays {
            let (pane, cursor) = overlay.pane(screen, anchor);
            view.panes.push(pane);
            view.cursor = cursor;
        }
        view
    }

    /// What folds away where one is: texts and the graph want width before they want a coach.
    fn folding(&self) -> Folding {
        let mut folding = Folding::usual();
        match self.navigation.place() {
            // The counts belong beside each verdict: the parts give way to them.
            Place::Overview => {
                folding.coach = Some(150);
                folding.outline = Some(100);
            }
            Place::Findings | Place::Checklists | Place::Problems | Place::SinceCommit => {
                folding.coach = Some(150);
            }
            Place::Graph => {
                folding.coach = Some(150);
                folding.outline = Some(150);
            }
            Place::Preview => {
                folding.coach = Some(150);
                folding.outline = None;
            }
            _ => {}
        }
        if !self.show_coach {
            folding.coach = None;
        }
        if !self.show_outline {
            folding.outline = None;
        }
        // The promise is never cut while there is a row to spare for it.
        let most = match self.size.1 {
            ..12 => 1,
            12..18 => 2,
            _ => 3,
        };
        folding.promise_rows = self.promise_lines(most).len() as u16;
        folding.hint_rows = self.message_lines().len().max(1) as u16;
        folding
    }

    fn header(&self) -> Pane {
        let steps = steps(self);
        let start = steps.first().map_or(usize::from(self.size.0), |(start, ..)| *start);
        let title = self.session.review.head.title.clone().unwrap_or_else(|| match &self.session.path {
            Some(path) => path.display().to_string(),
            None => "new review".to_owned(),
        });
        let place = match self.navigation.place() {
            Place::Step(_) => String::new(),
            place => format!(" ▸ {}", place.title()),
        };
        let room = start.saturating_sub(12 + width(&place));
        let mut line = Line::of(Role::Accent, " kneepoint ")
            .and(Role::Strong, format!(" {}", fit(&title.replace('\n', " "), room)))
            .and(Role::Accent, place)
            .cut(start);
        let gap = start.saturating_sub(line.width());
        line = line.and(Role::Plain, " ".repeat(gap));
        for (_, _, part) in steps {
            line = line.joined(part);
        }
        Pane { area: self.areas.header, lines: vec![line], ..Pane::default() }
    }

    fn outline(&mut self) -> Pane {
        let area = self.areas.outline;
        let inner = area.inner();
        let focused = self.navigation.focus == Focus::Outline;
        let cells = usize::from(inner.width);
        let rows = usize::from(inner.height).max(1);
        let (entries, chosen): (Vec<screens::Part>, usize) = if self.navigation.place() == Place::Graph {
            let ids = self.graph.ids();
            let chosen = ids.iter().position(|id| Some(id) == self.graph.selected.as_ref()).unwrap_or(0);
            let part = |id: &String| screens::Part { title: id.clone(), badge: String::new() };
            // Only what is seen is made: a thousand components cost nothing.
            (ids.iter().map(part).collect(), chosen)
        } else {
            (screens::parts(&self.session, &self.navigation.place()), self.navigation.section())
        };
        if chosen < self.outline_first {
            self.outline_first = chosen;
        } else if chosen >= self.outline_first + rows {
            self.outline_first = chosen + 1 - rows;
        }
        self.outline_first = self.outline_first.min(entries.len().saturating_sub(rows));
        let mut lines = Vec::new();
        for (index, part) in entries.iter().enumerate().skip(self.outline_first).take(rows) {
            let badge = fit(&part.badge, cells / 2);
            let title = fit(&part.title, cells.saturating_sub(width(&badge) + 3));
            let gap = " ".repeat(cells.saturating_sub(width(&title) + width(&badge) + 2));
            lines.push(match (index == chosen, focused) {
                (true, true) => Line::of(Role::Selected, format!("▸ {title}{gap}{badge}")).filled(Role::Selected),
                (true, false) => Line::of(Role::Strong, format!("▸ {title}{gap}")).and(Role::Strong, badge),
                _ => Line::plain(format!("  {title}{gap}")).and(Role::Dim, badge),
            });
        }
        let title = match self.navigation.place() {
            Place::Step(step) => format!("Step {}", step + 1),
            place => place.title().to_owned(),
        };
        let scroll = (entries.len() > rows).then_some((self.outline_first, entries.len()));
        Pane { area, title: Some(Line::of(Role::Strong, title)), focused, lines, scroll }
    }

    fn work(&mut self) -> Pane {
        let area = self.areas.work;
        let inner = area.inner();
        let focused = self.navigation.focus == Focus::Work && self.overlays.is_empty();
        let (cells, rows) = (usize::from(inner.width), usize::from(inner.height));
        let place = self.navigation.place();
        match place {
            Place::Graph => {
                let strip =
                    if self.areas.coach.is_empty() { self.graph.strip(&self.session, cells) } else { Vec::new() };
                let strip = if rows > strip.len() + 8 { strip } else { Vec::new() };
                let room = inner.height.saturating_sub(if strip.is_empty() { 0 } else { strip.len() as u16 + 1 });
                let mut lines = self.graph.lines(&self.session, Area { height: room, ..inner });
                lines.truncate(usize::from(room));
                lines.resize(usize::from(room), Line::blank());
                if !strip.is_empty() {
                    lines.push(Line::of(Role::Border, "─".repeat(cells)));
                    lines.extend(strip);
                }
                let title = self.graph.title(&self.session);
                Pane { area, title: Some(title), focused, lines, scroll: None }
            }
            Place::Preview => self.preview_pane(area, focused),
            _ => {
                let drawn = match screens::sheet(&self.session, &self.navigation, &place) {
                    Some(sheet) => {
                        let drawn = screens::draw(sheet.as_ref(), self.navigation.cursor(), cells, rows, focused);
                        let title = self.part_title(sheet.title());
                        let total = sheet.rows();
                        (drawn, title, total)
                    }
                    None => (screens::Drawn::default(), Line::blank(), 0),
                };
                let (drawn, title, total) = drawn;
                self.navigation.set_cursor(drawn.cursor);
                let scroll = (total > drawn.height).then_some((drawn.cursor.first_row, total));
                let lines = drawn.lines.clone();
                self.drawn = drawn;
                Pane { area, title: Some(title), focused, lines, scroll }
            }
        }
    }

    /// The title of the work, with the way to the other parts where the outline is folded away.
    fn part_title(&self, title: Line) -> Line {
        if self.areas.outline.width > 0 {
            return title;
        }
        let parts = screens::parts(&self.session, &self.navigation.place()).len();
        if parts < 2 {
            return title;
        }
        Line::of(Role::Dim, format!("{}/{parts} ", self.navigation.section() + 1)).joined(title)
    }

    fn preview_pane(&mut self, area: Area, focused: bool) -> Pane {
        let inner = area.inner();
        let (cells, rows) = (usize::from(inner.width), usize::from(inner.height));
        let title = Some(Line::of(Role::Strong, "The document").and(Role::Dim, " · E writes it beside the review"));
        let preview = &mut self.preview;
        let (lines, scroll) = match &mut preview.text {
            None => (vec![Line::of(Role::Dim, " Writing …")], None),
            Some(Err(why)) => (wrap(why, cells, rows).iter().map(|text| Line::of(Role::Bad, text)).collect(), None),
            Some(Ok(document)) => {
                let (lines, first) = document.at(cells, preview.first);
                preview.first = first.min(lines.len().saturating_sub(rows.max(1)));
                let shown = lines.iter().skip(preview.first).take(rows).cloned().collect();
                let scroll = (lines.len() > rows).then_some((preview.first, lines.len()));
                (shown, scroll)
            }
        };
        Pane { area, title, focused, lines, scroll }
    }

    fn coach(&mut self) -> Pane {
        let area = self.areas.coach;
        let inner = area.inner();
        let cells = usize::from(inner.width);
        let selected = self.graph.selected.clone().map(crate::model::Element::Component);
        let lines = coach::lines(&self.session, &self.navigation, selected.as_ref(), cells);
        let rows = usize::from(inner.height);
        let first = self.navigation.coach_scroll.min(lines.len().saturating_sub(rows));
        self.navigation.coach_scroll = first;
        let scroll = (lines.len() > rows).then_some((first, lines.len()));
        let focused = self.navigation.focus == Focus::Coach;
        let lines = lines.into_iter().skip(first).take(rows).collect();
        Pane { area, title: Some(Line::of(Role::Strong, "Coach")), focused, lines, scroll }
    }

    /// Whether the file could be saved, in a word.
    fn saved_line(&self) -> Line {
        if self.session.saving {
            Line::of(Role::Dim, "saving …")
        } else if !self.session.is_dirty() {
            Line::of(Role::Good, "● saved")
        } else if self.session.on_disk.is_none() {
            Line::of(Role::Warn, "○ no file yet")
        } else {
            Line::of(Role::Warn, "○ unsaved")
        }
    }

    /// The counts, the longest form first.
    fn counts(&self) -> [Line; 4] {
        let errors = self.session.problems().filter(|p| p.gravity == Gravity::Error).count();
        let start = |long: bool| match (errors, long) {
            (0, _) => Line::blank(),
            (1, true) => Line::of(Role::Bad, "1 file error: p · "),
            (errors, true) => Line::of(Role::Bad, format!("{errors} file errors: p · ")),
            (1, false) => Line::of(Role::Bad, "1 error: p · "),
            (errors, false) => Line::of(Role::Bad, format!("{errors} errors: p · ")),
        };
        let (mut long, mut short, least) = (start(true), start(false), start(false));
        if let Some(analysis) = &self.session.analysis {
            let summary = analysis.summary;
            let role = if summary.high > 0 { Role::Bad } else { Role::Dim };
            long = long
                .and(role, format!("{} high", summary.high))
                .and(Role::Dim, format!(" · {} medium · {} cannot tell", summary.medium, summary.cannot_tell));
            short = short
                .and(role, format!("!!{}", summary.high))
                .and(Role::Dim, format!(" !{} ?{}", summary.medium, summary.cannot_tell));
        }
        let saved = self.saved_line();
        let end = |line: Line| line.and(Role::Plain, "  ").joined(saved.clone()).and(Role::Plain, " ");
        // What is wrong in the file is said as long as there is room for anything.
        let least = least.joined(saved.clone()).and(Role::Plain, " ");
        [end(long), end(short), least, saved.clone().and(Role::Plain, " ")]
    }

    /// What the promise says now.
    fn sentence(&self) -> (Role, String) {
        match &self.session.analysis {
            None => (Role::Dim, "If load doubles: computing …".to_owned()),
            Some(analysis) => {
                let role = match analysis.promise.state {
                    PromiseState::Saturates { .. } => Role::Bad,
                    PromiseState::Holds { .. } => Role::Good,
                    PromiseState::Unknown { .. } => Role::Warn,
                };
                (role, analysis.promise.sentence.clone())
            }
        }
    }

    /// The promise in lines, the last of them with room for whether the file is saved where there may be that many.
    fn promise_lines(&self, most: usize) -> Vec<Line> {
        let cells = usize::from(self.size.0);
        let (role, sentence) = self.sentence();
        let current = self.session.analysed == self.session.document.revision();
        let stale = if self.session.analysis.is_some() && !current { " …" } else { "" };
        let sentence = format!("{sentence}{stale}");
        let saved = self.saved_line().width() + 2;
        if width(&sentence) + 1 + saved <= cells || most < 2 {
            return vec![Line::of(role, format!(" {sentence}"))];
        }
        let texts = wrap(&sentence, cells.saturating_sub(2), most);
        let mut lines: Vec<Line> = texts.iter().map(|text| Line::of(role, format!(" {text}"))).collect();
        if lines.len() < most && lines.last().is_some_and(|last| last.width() + saved > cells) {
            lines.push(Line::blank());
        }
        lines
    }

    /// The line that is always there: if load doubles, what saturates first?
    fn promise(&self) -> Pane {
        let area = self.areas.promise;
        let cells = usize::from(area.width);
        let rows = usize::from(area.height);
        let mut lines = self.promise_lines(rows);
        // The counts stand at the right end of the last line; they give way, the promise does not.
        let last = lines.pop().unwrap_or_default();
        let used = last.width();
        let fits = self.counts().into_iter().find(|counts| used + counts.width() + 2 <= cells);
        let last = if let Some(counts) = fits {
            let mut last = last;
            let spare = cells - used - counts.width();
            let remedy = self.session.analysis.as_ref().map_or("", |analysis| analysis.promise.remedy.as_str());
            if spare > 44 && rows == 1 && !remedy.is_empty() {
                last = last.and(Role::Dim, format!("  → {}", fit(remedy, spare - 6)));
            }
            let gap = " ".repeat(cells.saturating_sub(last.width() + counts.width()));
            last.and(Role::Plain, gap).joined(counts)
        } else {
            let saved = self.saved_line();
            let room = cells.saturating_sub(saved.width() + 2);
            let left = last.cut(room);
            let gap = " ".repeat(cells.saturating_sub(left.width() + saved.width() + 1));
            left.and(Role::Plain, gap).joined(saved)
        };
        lines.push(last);
        Pane { area, lines, ..Pane::default() }
    }

    /// The last line: a message, or the keys of where one is.
    fn bottom(&self) -> Pane {
        let cells = usize::from(self.size.0);
        let mut lines = self.message_lines();
        if lines.is_empty() {
            lines.push(match self.overlays.last() {
                Some(overlay) => {
                    let key = |line: Line, (key, word): &(&str, &str)| {
                        let part = Line::of(Role::Key, format!("{key} ")).and(Role::Dim, format!("{word}  "));
                        if line.width() + part.width() > cells + 2 { line } else { line.joined(part) }
                    };
                    overlay.keys().iter().fold(Line::plain(" "), key)
                }
                None => self.hints(cells),
            });
        }
        Pane { area: self.areas.hints, lines, ..Pane::default() }
    }

    /// The message, whole where three lines hold it; none where there is no message.
    fn message_lines(&self) -> Vec<Line> {
        let Some(toast) = &self.toast else { return Vec::new() };
        let cells = usize::from(self.size.0);
        let line = Line::plain(" ").joined(toast.line.clone());
        let most = if self.size.1 < 16 { 2 } else { 3 };
        if line.width() <= cells || self.size.1 < 12 {
            return vec![line.cut(cells)];
        }
        let role = toast.line.pieces.first().map_or(Role::Plain, |piece| piece.role);
        let texts = wrap(&toast.line.text(), cells.saturating_sub(2), most);
        texts.iter().map(|text| Line::of(role, format!(" {text}"))).collect()
    }

    /// Whether a command of sheets does something where one is: the line of keys shows only those.
    fn is_of_use(&self, command: Command) -> bool {
        let place = self.navigation.place();
        let body = screens::section(&place, self.navigation.section()).map(|section| section.body);
        let grows = matches!(body, Some(screens::Body::Table(_) | screens::Body::Calls | screens::Body::Measures))
            || matches!(place, Place::Items(..));
        let empty = place != Place::Graph && self.sheet_is_empty();
        match command {
            Command::Edit | Command::Delete | Command::OpenForm | Command::Explain | Command::Triage if empty => false,
            Command::Add | Command::Delete if place != Place::Graph => grows,
            Command::OpenForm => grows && !matches!(place, Place::Items(..)),
            Command::Triage | Command::MakeAction | Command::MakeDecision => {
                place == Place::Findings && matches!(self.target(), screens::Target::Finding(_))
            }
            Command::Fix => self.has_fix_here(),
            Command::Group => place == Place::Findings && !empty,
            Command::AcceptAnswer => match self.target() {
                screens::Target::Question(id) => screens::derived_of(&self.session, &id).is_some(),
                _ => false,
            },
            Command::Explain => !matches!(place, Place::Glossary | Place::Problems | Place::SinceCommit),
            _ => true,
        }
    }

    /// Whether a finding under the cursor offers an edit.
    fn has_fix_here(&self) -> bool {
        let Some(analysis) = &self.session.analysis else { return false };
        let here = self.findings_here();
        here.iter().any(|index| analysis.findings.get(*index).is_some_and(|finding| !finding.fixes.is_empty()))
    }

    /// What Enter does where one is, in a word.
    fn enter_does(&self) -> &'static str {
        match self.target() {
            screens::Target::Question(_) => "answer",
            screens::Target::Field(..) => "edit",
            _ => "open",
        }
    }

    fn hints(&self, cells: usize) -> Line {
        let here = match self.navigation.place() {
            Place::Graph => Scope::Graph,
            Place::Preview => Scope::Text,
            _ => Scope::Sheet,
        };
        let specs = COMMANDS
            .iter()
            .filter(|spec| spec.scope == here)
            .chain(COMMANDS.iter().filter(|spec| spec.scope == Scope::Everywhere));
        let help = Line::of(Role::Key, "? ").and(Role::Dim, "help");
        let mut line = Line::plain(" ");
        for spec in specs {
            if spec.hint.is_empty() || spec.hint == "help" || !self.is_of_use(spec.command) {
                continue;
            }
            let hint = if spec.command == Command::Edit { self.enter_does() } else { spec.hint };
            let part = Line::of(Role::Key, format!("{} ", spec.keys[0])).and(Role::Dim, format!("{hint}  "));
            if line.width() + part.width() + help.width() > cells {
                break;
            }
            line = line.joined(part);
        }
        line.joined(help)
    }
}
