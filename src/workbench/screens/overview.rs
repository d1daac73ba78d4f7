//! The overview: where the review stands, how much of it there should be, and what each line of that rests on.
//!
//! Every row leads to what moves it: a line of the scorecard to its checks, a check to its finding, key or question.

use super::sheet::{Column, Sheet, Target};
use crate::analysis::{Analysis, Check, Mover, Moves, ScoreLine, Verdict, Weighs};
use crate::model::{AnswerWord, Element, EntityRef};
use crate::rules::registry;
use crate::workbench::place::Place;
use crate::workbench::session::Session;
use crate::workbench::view::{Line, Role, wrap};

/// The parts of the overview before the lines of the scorecard.
pub const PARTS: [&str; 5] = ["Scorecard", "Size", "To be asked", "Left out", "Contradictions"];

/// A check shows no more places than this, so that one rule does not hide the others; one more row leads to the rest.
const MOST_ROWS: usize = 4;

/// One row of a part.
struct Row {
    cells: Vec<Line>,
    target: Target,
    element: Option<Element>,
    entity: Option<EntityRef>,
    detail: Vec<(Role, String)>,
}

impl Row {
    fn new(cells: Vec<Line>, target: Target) -> Self {
        Self { cells, target, element: None, entity: None, detail: Vec::new() }
    }
}

/// A part of the overview.
pub struct Overview {
    title: Line,
    columns: Vec<Column>,
    rows: Vec<Row>,
    empty: String,
}

/// How a verdict looks: a sign that is read without colour.
pub fn verdict_line(verdict: Verdict) -> Line {
    let (sign, role) = match verdict {
        Verdict::AtRisk => ("!!", Role::Bad),
        Verdict::Weak => ("!", Role::Warn),
        Verdict::MostlyHolds => ("~", Role::Warn),
        Verdict::Unknown | Verdict::MostlyUnknown => ("?", Role::Warn),
        Verdict::HoldsSoFar => ("✓?", Role::Plain),
        Verdict::Holds => ("✓", Role::Good),
    };
    Line::of(role, format!("{sign} {}", verdict.words()))
}

fn moves_line(moves: Moves) -> Line {
    let (sign, role) = match moves {
        Moves::Down => ("▼", Role::Bad),
        Moves::Unknown => ("?", Role::Warn),
        Moves::Decided => ("–", Role::Dim),
        Moves::Holds => ("✓", Role::Good),
    };
    Line::of(role, format!("{sign} {}", moves.words()))
}

/// The part of the findings that shows all of them, in the order of the analysis.
const ALL_FINDINGS: usize = 1;

/// The number of rows of a part, for the outline.
pub fn badge(session: &Session, part: usize) -> String {
    let Some(analysis) = &session.analysis else { return String::new() };
    match part {
        0 => String::new(),
        1 => analysis.sizing.depth.word().to_owned(),
        2 => analysis.sizing.asked.len().to_string(),
        3 => analysis.sizing.skipped.len().to_string(),
        4 => analysis.derived.contradictions.len().to_string(),
        part => {
            let line = analysis.scorecard.lines.get(part - PARTS.len());
            line.map_or_else(String::new, |line| {
                format!("▼{} ?{}", line.count(Moves::Down), line.count(Moves::Unknown))
            })
        }
    }
}

impl Overview {
    /// A part of the overview; the lines of the scorecard stand behind the named parts.
    pub fn new(session: &Session, part: usize) -> Self {
        let Some(analysis) = &session.analysis else {
            return Self {
                title: Line::of(Role::Strong, "Overview"),
                columns: vec![Column::text("", 10, 1)],
                rows: Vec::new(),
                empty: "Looking …".to_owned(),
            };
        };
        match part {
            0 => scorecard(analysis),
            1 => size(analysis),
            2 => asked(session, analysis),
            3 => left_out(session, analysis),
            4 => contradictions(session, analysis),
            part => match analysis.scorecard.lines.get(part - PARTS.len()) {
                Some(line) => movers(analysis, line),
                None => scorecard(analysis),
            },
        }
    }
}

fn title(title: &str, rest: impl std::fmt::Display) -> Line {
    Line::of(Role::Strong, title).and(Role::Dim, format!(" · {rest}"))
}

fn scorecard(analysis: &Analysis) -> Overview {
    let rows = analysis.scorecard.lines.iter().enumerate().map(|(index, line)| {
        let cells = vec![Line::of(Role::Strong, &line.title), verdict_line(line.verdict), Line::plain(&line.sentence)];
        let mut row = Row::new(cells, Target::Row(Place::Overview, PARTS.len() + index, 0));
        row.detail.push((Role::Dim, line.about.clone()));
        for mover in line.of(Moves::Down).take(2) {
            row.detail.push((Role::Plain, format!("▼ {}: {}", mover.check, mover.text)));
        }
        if let Some(mover) = line.of(Moves::Down).next().filter(|mover| !mover.lift.is_empty()) {
            row.detail.push((Role::Good, format!("→ {}", mover.lift)));
        }
        if let Some(mover) = line.of(Moves::Unknown).next() {
            row.detail.push((Role::Plain, format!("? {}: {}", mover.check, mover.lift)));
        }
        row
    });
    Overview {
        title: title("Where it stands", "a good architecture is …, and grows in …"),
        columns: vec![Column::text("", 12, 0), Column::text("stands", 24, 0), Column::text("checks", 28, 1)],
        rows: rows.collect(),
        empty: "The method has no axes.".to_owned(),
    }
}

fn size(analysis: &Analysis) -> Overview {
    let rows = analysis.sizing.reasons.iter().map(|reason| {
        let role = match reason.weighs {
            Weighs::Heavy => Role::Warn,
            Weighs::Unknown => Role::Bad,
            Weighs::Light => Role::Dim,
        };
        let sign = match reason.weighs {
            Weighs::Heavy => "▲",
            Weighs::Unknown => "?",
            Weighs::Light => "·",
        };
        let keys = reason.missing.map(|key| key.split('.').skip(1).map(str::to_owned).collect::<Vec<_>>());
        let target = match (reason.entity, keys) {
            (Some(entity), Some(keys)) if !keys.is_empty() => Target::Field(entity, keys),
            (Some(entity), _) => Target::Entity(entity, Vec::new()),
            (None, _) => Target::Nothing,
        };
        let cells = vec![
            Line::of(Role::Strong, reason.about),
            Line::of(role, format!("{sign} {}", reason.weighs.word())),
            Line::plain(&reason.text),
        ];
        let mut row = Row::new(cells, target);
        row.entity = reason.entity;
        row.detail.push((Role::Strong, analysis.sizing.sentence.clone()));
        row.detail.push((Role::Plain, reason.text.clone()));
        if let Some(key) = reason.missing {
            row.detail.push((Role::Good, format!("→ say {key}")));
        }
        row
    });
    Overview {
        title: title("Size of the review", format!("{} is proposed", analysis.sizing.depth.word())),
        columns: vec![Column::text("reason", 18, 0), Column::text("weighs", 15, 0), Column::text("because", 30, 1)],
        rows: rows.collect(),
        empty: String::new(),
    }
}

fn asked(session: &Session, analysis: &Analysis) -> Overview {
    let asked = &analysis.sizing.asked;
    let drafted = |id: &&String| analysis.derived.get(id).is_some_and(|draft| draft.answer != AnswerWord::Unknown);
    let drafts = asked.iter().filter(drafted).count();
    let rows = asked.iter().map(|id| {
        let question = session.knowledge().question(id);
        let text = question.map_or(id.as_str(), |question| question.text.as_str());
        let draft = analysis.derived.get(id);
        let cells = vec![
            Line::of(Role::Dim, id),
            Line::plain(text),
            draft.map_or_else(Line::blank, |draft| Line::of(Role::Accent, format!("◇ {}", draft.answer.word()))),
        ];
        let mut row = Row::new(cells, Target::Question(id.clone()));
        row.detail.push((Role::Strong, text.to_owned()));
        if let Some(draft) = draft {
            row.detail.push((Role::Plain, format!("{}: {}", draft.source.word(), draft.evidence())));
        }
        row
    });
    Overview {
        title: title("To be asked", format!("{} questions for people, {drafts} of them drafted ◇", asked.len())),
        columns: vec![Column::text("question", 22, 0), Column::text("asks", 30, 1), Column::text("draft", 10, 0)],
        rows: rows.collect(),
        empty: "Nothing. Every question that applies is answered.".to_owned(),
    }
}

fn left_out(session: &Session, analysis: &Analysis) -> Overview {
    let rows = analysis.sizing.skipped.iter().map(|skipped| {
        let lists = session.knowledge().checklists();
        let target = if skipped.checklist {
            let part = lists.iter().position(|list| list.id == skipped.id).unwrap_or(0);
            Target::Row(Place::Checklists, part, 0)
        } else {
            Target::Question(skipped.id.clone())
        };
        let what = if skipped.checklist {
            Line::of(Role::Strong, format!("checklist: {}", skipped.title))
        } else {
            Line::plain(&skipped.title)
        };
        let cells = vec![what, Line::plain(skipped.questions.to_string()), Line::of(Role::Dim, &skipped.reason)];
        let mut row = Row::new(cells, target);
        row.detail.push((Role::Strong, skipped.title.clone()));
        row.detail.push((Role::Plain, format!("Left out: {}. An answer brings it back.", skipped.reason)));
        row
    });
    let questions: usize = analysis.sizing.skipped.iter().map(|skipped| skipped.questions).sum();
    Overview {
        title: title("Left out", format!("{questions} questions")),
        columns: vec![Column::text("what", 26, 2), Column::number("questions", 9), Column::text("because", 26, 2)],
        rows: rows.collect(),
        empty: "Nothing is left out.".to_owned(),
    }
}

fn contradictions(session: &Session, analysis: &Analysis) -> Overview {
    let rows = analysis.derived.contradictions.iter().map(|one| {
        let cells = vec![Line::of(Role::Warn, &one.question), Line::plain(&one.text)];
        let mut row = Row::new(cells, Target::Question(one.question.clone()));
        let text = session.knowledge().question(&one.question).map(|question| question.text.clone());
        row.detail.push((Role::Strong, text.unwrap_or_default()));
        row.detail.push((Role::Plain, one.text.clone()));
        row
    });
    Overview {
        title: title("Contradictions", "answers that the review itself speaks against"),
        columns: vec![Column::text("question", 24, 0), Column::text("what", 40, 1)],
        rows: rows.collect(),
        empty: "None: nothing that people said speaks against the model.".to_owned(),
    }
}

fn movers(analysis: &Analysis, line: &ScoreLine) -> Overview {
    let rows: Vec<Row> = line.movers.iter().flat_map(|mover| rows_of(analysis, mover)).collect();
    Overview {
        title: Line::of(Role::Strong, format!("{}: ", line.title))
            .joined(verdict_line(line.verdict))
            .and(Role::Dim, format!(" · {}", line.sentence)),
        columns: vec![
            Column::text("moves", 15, 0),
            Column::text("check", 8, 0),
            Column::text("what is the case", 30, 3),
            Column::text("what would lift it", 20, 2),
        ],
        rows,
        empty: format!("Nothing moves it yet: {}.", line.sentence),
    }
}

/// A check that fails or cannot tell has a row for each place, so that each leads where it can be mended.
fn rows_of(analysis: &Analysis, mover: &Mover) -> Vec<Row> {
    let row = |text: &str, lift: &str, target: Target| {
        let check = match &mover.check {
            Check::Rule(code) => (*code).to_owned(),
            Check::Question(_) => "answer".to_owned(),
        };
        let cells = vec![moves_line(mover.moves), Line::of(Role::Accent, check), Line::plain(text), Line::plain(lift)];
        let mut row = Row::new(cells, target);
        let name = match &mover.check {
            Check::Rule(code) => registry::find(code).map_or("", |rule| rule.info.name),
            Check::Question(id) => id,
        };
        row.detail.push((Role::Accent, format!("{} {name}", mover.check).replace(&format!("{name} {name}"), name)));
        row.detail.push((Role::Plain, text.to_owned()));
        if !lift.is_empty() {
            row.detail.push((Role::Good, format!("→ {lift}")));
        }
        row
    };
    let mut rows = Vec::new();
    match (&mover.check, mover.moves) {
        (Check::Rule(_), Moves::Down) => {
            for index in mover.findings.iter().take(MOST_ROWS) {
                let Some(finding) = analysis.findings.get(*index) else { continue };
                let text = format!("{}: {}", finding.element, finding.message);
                let mut one = row(&text, &finding.remedy, Target::Finding(*index));
                one.entity = finding.entity;
                one.element = Some(finding.element.clone());
                rows.push(one);
            }
            if let Some(next) = mover.findings.get(MOST_ROWS) {
                let text = format!("{} more findings: enter shows them", mover.findings.len() - MOST_ROWS);
                rows.push(row(&text, "", Target::Row(Place::Findings, ALL_FINDINGS, *next)));
            }
        }
        (Check::Rule(code), Moves::Unknown) => {
            let undecided = || analysis.cannot_tell.iter().enumerate().filter(|(_, one)| one.code == *code);
            for (_, undecided) in undecided().take(MOST_ROWS) {
                let keys = undecided.missing.split('.').skip(1).map(str::to_owned).collect();
                let target = match undecided.entity {
                    Some(entity) => Target::Field(entity, keys),
                    None => Target::Element(undecided.element.clone()),
                };
                let text = format!("{}: {} is not said", undecided.element, undecided.missing);
                let mut one = row(&text, &format!("say {}", undecided.missing), target);
                one.entity = undecided.entity;
                one.element = Some(undecided.element.clone());
                rows.push(one);
            }
            if let Some((_, next)) = undecided().nth(MOST_ROWS) {
                let more = undecided().count() - MOST_ROWS;
                let text = format!("{more} more places where it cannot tell: enter goes to the first");
                let target = next.entity.map_or(Target::Nothing, |entity| Target::Entity(entity, Vec::new()));
                rows.push(row(&text, &format!("say {}", next.missing), target));
            }
        }
        (Check::Rule(code), _) => rows.push(row(&mover.text, &mover.lift, Target::Rule((*code).to_owned()))),
        (Check::Question(id), _) => rows.push(row(&mover.text, &mover.lift, Target::Question(id.clone()))),
    }
    if rows.is_empty() {
        rows.push(row(&mover.text, &mover.lift, Target::Nothing));
    }
    rows
}

impl Sheet for Overview {
    fn title(&self) -> Line {
        self.title.clone()
    }

    fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn cell(&self, row: usize, column: usize) -> Line {
        self.rows.get(row).and_then(|row| row.cells.get(column)).cloned().unwrap_or_default()
    }

    fn target(&self, row: usize, _column: usize) -> Target {
        self.rows.get(row).map_or(Target::Nothing, |row| row.target.clone())
    }

    fn entity(&self, row: usize) -> Option<EntityRef> {
        self.rows.get(row)?.entity
    }

    fn element(&self, row: usize) -> Option<Element> {
        self.rows.get(row)?.element.clone()
    }

    fn empty(&self) -> Vec<Line> {
        vec![Line::plain(&self.empty)]
    }

    fn detail(&self, row: usize, cells: usize) -> Vec<Line> {
        let Some(row) = self.rows.get(row) else { return Vec::new() };
        let lines = row.detail.iter().flat_map(|(role, text)| {
            wrap(text, cells, 3).into_iter().map(|text| Line::of(*role, text)).collect::<Vec<_>>()
        });
        lines.collect()
    }
}
