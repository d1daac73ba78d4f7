//! Sheets of lists to read: problems of the file, and the knowledge of the method.

use super::sheet::{Column, Sheet, Target};
use crate::knowledge::{Knowledge, KnowledgeProblem};
use crate::model::Gravity;
use crate::workbench::session::Session;
use crate::workbench::view::{Line, Role, wrap};

/// What is wrong in the file, and after it what is wrong in the team's folder.
pub struct Problems<'a> {
    /// The session.
    pub session: &'a Session,
}

impl Problems<'_> {
    /// The problem of the team's folder in a row.
    fn of_folder(&self, row: usize) -> Option<&KnowledgeProblem> {
        self.session.custom.problems.get(row.checked_sub(self.session.problems().count())?)
    }
}

/// What was probably meant, as a question.
fn meant(problem: &KnowledgeProblem) -> String {
    problem.suggestion.as_ref().map(|name| format!("did you mean `{name}`?")).unwrap_or_default()
}

impl Sheet for Problems<'_> {
    fn title(&self) -> Line {
        let folder = self.session.custom.folder.as_ref().filter(|_| !self.session.custom.problems.is_empty());
        let and = folder.map(|folder| format!(" and in {folder}")).unwrap_or_default();
        Line::of(Role::Strong, format!("Problems in the file{and}")).and(Role::Dim, format!(" · {}", self.rows()))
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::number("line", 6),
            Column::text("", 8, 0),
            Column::text("what", 34, 3),
            Column::text("way on", 24, 2),
        ]
    }

    fn rows(&self) -> usize {
        self.session.problems().count() + self.session.custom.problems.len()
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        if let Some(problem) = self.of_folder(row) {
            return match column {
                0 => Line::plain(problem.line.to_string()),
                1 => Line::of(Role::Warn, "warning"),
                2 => Line::plain(format!("{}: {}", problem.file, problem.message)),
                _ => Line::of(Role::Dim, meant(problem)),
            };
        }
        let Some(problem) = self.session.problems().nth(row) else { return Line::blank() };
        match column {
            0 => {
                let text = self.session.document.text();
                let at = self.session.document.map().position(text, problem.span.start);
                Line::plain(format!("{}:{}", at.line, at.column))
            }
            1 => match problem.gravity {
                Gravity::Error => Line::of(Role::Bad, "error"),
                Gravity::Warning => Line::of(Role::Warn, "warning"),
            },
            2 => Line::plain(&problem.message),
            _ => Line::of(Role::Dim, problem.help.as_deref().unwrap_or_default()),
        }
    }

    fn target(&self, row: usize, _column: usize) -> Target {
        match self.of_folder(row) {
            // Another file than the one that is open: there is nowhere to go to but the whole sentence.
            Some(problem) => Target::Text(format!("{}:{}", problem.file, problem.line), self.detail(row, 76)),
            None if row < self.rows() => Target::Problem(row),
            None => Target::Nothing,
        }
    }

    fn empty(&self) -> Vec<Line> {
        vec![Line::plain("Every line of the file was understood.")]
    }

    fn detail(&self, row: usize, cells: usize) -> Vec<Line> {
        if let Some(problem) = self.of_folder(row) {
            let place = format!("{}:{}", problem.file, problem.line);
            let mut shown: Vec<Line> = wrap(&place, cells, 2).iter().map(|text| Line::of(Role::Dim, text)).collect();
            shown.extend(wrap(&problem.message, cells, 3).iter().map(|text| Line::of(Role::Strong, text)));
            if problem.suggestion.is_some() {
                shown.push(Line::of(Role::Good, "→ ").and(Role::Plain, meant(problem)));
            }
            return shown;
        }
        let Some(problem) = self.session.problems().nth(row) else { return Vec::new() };
        let text = self.session.document.text();
        let lines = self.session.document.map().lines();
        let range = lines.line_range(lines.line_of(problem.span.start));
        let excerpt: String = text.get(range).unwrap_or_default().trim_end().chars().take(160).collect();
        let mut shown = vec![Line::of(Role::Dim, "▏ ").and(Role::Plain, excerpt)];
        shown.extend(wrap(&problem.message, cells, 3).iter().map(|text| Line::of(Role::Strong, text)));
        if let Some(help) = &problem.help {
            shown.push(Line::of(Role::Good, "→ ").and(Role::Plain, help));
        }
        shown
    }
}

/// One thing to read: its name, a sentence, and the whole text.
pub struct Entry {
    /// The name.
    pub name: String,
    /// A sentence.
    pub summary: String,
    /// The text.
    pub body: Vec<(String, String)>,
}

/// Things to read.
pub struct Reading {
    /// What they are called.
    pub title: &'static str,
    /// The things.
    pub entries: Vec<Entry>,
}

/// The parts of the knowledge, as the outline shows them.
pub const KNOWLEDGE: [&str; 9] = [
    "Glossary",
    "Principles",
    "Failure signatures",
    "Patterns",
    "Decision tables",
    "Anti-patterns",
    "Growth dimensions",
    "Good architecture",
    "Method",
];

fn entry(name: &str, summary: &str, body: Vec<(&str, String)>) -> Entry {
    let body = body.into_iter().filter(|(_, text)| !text.is_empty());
    Entry {
        name: name.to_owned(),
        summary: summary.to_owned(),
        body: body.map(|(title, text)| (title.to_owned(), text)).collect(),
    }
}

/// A part of the knowledge.
pub fn knowledge(knowledge: &Knowledge, part: usize) -> Reading {
    let list = |items: &[String]| items.iter().map(|item| format!("· {item}")).collect::<Vec<_>>().join("\n");
    let entries = match part {
        0 => knowledge
            .glossary()
            .iter()
            .map(|term| entry(&term.word, &term.text, vec![("", term.text.clone()), ("See also", term.see.join(", "))]))
            .collect(),
        1 => knowledge
            .principles()
            .iter()
            .map(|p| {
                let body = vec![
                    ("", p.text.clone()),
                    ("Why it fails in production", p.why_it_fails.clone()),
                    ("In practice", list(&p.points)),
                    ("Rules", written(&p.rules)),
                    ("Questions", p.questions.join(", ")),
                ];
                entry(&p.title, &p.text, body)
            })
            .collect(),
        2 => knowledge
            .signatures()
            .iter()
            .map(|s| {
                let body = vec![
                    ("", s.cause.clone()),
                    ("Metrics show", list(&s.metrics)),
                    ("Traces show", list(&s.traces)),
                    ("Logs show", list(&s.logs)),
                    ("First moves", list(&s.first_moves)),
                    ("Rules", written(&s.rules)),
                ];
                entry(&s.name, &s.cause, body)
            })
            .collect(),
        3 => knowledge
            .patterns()
            .iter()
            .map(|p| {
                let body = vec![
                    ("", p.summary.clone()),
                    ("Optimises for", p.optimises_for.clone()),
                    ("Fails first", p.fails_first.clone()),
                    ("What to measure", list(&p.measure)),
                    ("Prefer first", list(&p.prefer_first)),
                    ("When", p.when.clone()),
                    ("Not when", p.not_when.clone()),
                    ("Id for decision.pattern", p.id.clone()),
                ];
                entry(&p.name, &p.summary, body)
            })
            .collect(),
        4 => knowledge
            .decision_tables()
            .iter()
            .map(|table| {
                let mut body = vec![("", format!("{}\n{}", table.question, table.advice))];
                let options = table.options.iter().map(|option| {
                    format!(
                        "{}\n  when: {}\n  price: {}\n  fails first: {}\n  measure: {}",
                        option.name,
                        option.when,
                        option.price,
                        option.fails_first,
                        option.measure.join("; ")
                    )
                });
                body.push(("Options", options.collect::<Vec<_>>().join("\n\n")));
                entry(&table.title, &table.question, body)
            })
            .collect(),
        5 => knowledge
            .antipatterns()
            .iter()
            .map(|a| {
                let body = vec![("", a.text.clone()), ("Instead", a.instead.clone()), ("Rules", written(&a.rules))];
                entry(&a.title, &a.text, body)
            })
            .collect(),
        6 => topics(knowledge.dimensions()),
        7 => topics(knowledge.axes()),
        _ => {
            let guidance = knowledge.guidance();
            guidance.groups().iter().flat_map(|(_, topics_of)| topics(topics_of)).collect()
        }
    };
    Reading { title: KNOWLEDGE[part.min(KNOWLEDGE.len() - 1)], entries }
}

/// The codes that have a rule: the method names rules of the catalogue that are not written yet, and they lead nowhere.
pub fn written(codes: &[String]) -> String {
    let written = codes.iter().filter(|code| crate::rules::registry::find(code).is_some());
    written.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn topics(topics: &[crate::knowledge::Topic]) -> Vec<Entry> {
    topics
        .iter()
        .map(|topic| {
            let points = topic.points.iter().map(|point| format!("· {point}")).collect::<Vec<_>>().join("\n");
            let body = vec![("", topic.text.clone()), ("In practice", points), ("Rules", written(&topic.rules))];
            entry(&topic.title, &topic.text, body)
        })
        .collect()
}

impl Sheet for Reading {
    fn title(&self) -> Line {
        Line::of(Role::Strong, self.title).and(Role::Dim, format!(" · {}", self.entries.len()))
    }

    fn columns(&self) -> Vec<Column> {
        vec![Column::text("name", 26, 1), Column::text("in a sentence", 30, 3)]
    }

    fn rows(&self) -> usize {
        self.entries.len()
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        let Some(entry) = self.entries.get(row) else { return Line::blank() };
        if column == 0 { Line::of(Role::Strong, &entry.name) } else { Line::plain(&entry.summary) }
    }

    fn target(&self, row: usize, _column: usize) -> Target {
        let Some(entry) = self.entries.get(row) else { return Target::Nothing };
        let mut lines = Vec::new();
        for (title, text) in &entry.body {
            if !title.is_empty() {
                lines.push(Line::blank());
                lines.push(Line::of(Role::Accent, title));
            }
            lines.extend(wrap(text, 72, 60).iter().map(Line::plain));
        }
        Target::Text(entry.name.clone(), lines)
    }

    fn detail(&self, row: usize, cells: usize) -> Vec<Line> {
        let Some(entry) = self.entries.get(row) else { return Vec::new() };
        wrap(&entry.summary, cells, 3).iter().map(Line::plain).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_shows_only_rules_that_can_be_explained() {
        let codes = ["KP203", "KP999", "KP204"].map(String::from);
        assert_eq!(written(&codes), "KP203, KP204");
        let method = Knowledge::embedded();
        let mut shown = 0;
        for part in 0..KNOWLEDGE.len() {
            for (title, codes) in knowledge(method, part).entries.iter().flat_map(|entry| &entry.body) {
                for code in codes.split(", ").filter(|_| title == "Rules") {
                    assert!(crate::rules::registry::find(code).is_some(), "{code}");
                    shown += 1;
                }
            }
        }
        assert!(shown > 10, "{shown}");
    }
}
