//! The review that is open: its text, what follows from it, and how it stands with the file.

use super::since::Since;
use crate::analysis::{Analysis, Settings};
use crate::document::{Document, Parsed, entity_of};
use crate::knowledge::Knowledge;
use crate::metrics::{Answer, Connection};
use crate::model::{
    Element, EntityKind, EntityRef, Evidence, Gravity, Measurement, Node, Problem, Renaming, Review, Value,
};
use crate::report::Custom;
use jiff::civil::Date;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What a revision says, shared with background work without a copy.
#[derive(Debug, Clone)]
pub struct SharedReview(Arc<Parsed>);

impl SharedReview {
    /// Everything the revision says, with places and problems.
    pub fn parsed(&self) -> &Parsed {
        &self.0
    }
}

impl std::ops::Deref for SharedReview {
    type Target = Review;
    fn deref(&self) -> &Review {
        &self.0.review
    }
}

/// The open review.
#[derive(Debug)]
pub struct Session {
    /// The text with its history.
    pub document: Document,
    /// What the text says, shared with background work.
    pub review: SharedReview,
    /// Where it is saved; none for a review that has no file yet.
    pub path: Option<PathBuf>,
    /// What the file held when it was last read or written; none where there was no file.
    pub on_disk: Option<String>,
    /// Whether a save is on its way.
    pub saving: bool,
    /// Names that changed, which the save under way takes along to what stands beside the file.
    pub renames: Vec<Renaming>,
    /// What follows from the newest analysed revision.
    pub analysis: Option<Arc<Analysis>>,
    /// The revision of [`Session::analysis`].
    pub analysed: u64,
    /// What the metrics server said.
    pub live: Live,
    /// What is different since the last commit.
    pub since: Since,
    /// The method and the document template.
    pub custom: Arc<Custom>,
    /// The day, given by the runtime.
    pub today: Date,
    /// Answers by question: position in the review.
    answers: HashMap<String, usize>,
    errors: Vec<crate::model::Span>,
}

/// What the metrics server said.
#[derive(Debug, Default)]
pub struct Live {
    /// How it stands with the server.
    pub connection: Connection,
    /// The number of the newest request.
    pub generation: u64,
    /// The newest answer of each measure, by what it is about and its signal: it survives edits of other measures.
    pub answers: HashMap<(String, String), Answer>,
}

/// What a review has about a finding: positions among the actions, decisions and triage entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recorded {
    /// The action that comes from it.
    pub action: Option<usize>,
    /// The decision that answers it.
    pub decision: Option<usize>,
    /// The triage entry of exactly this finding.
    pub triage: Option<usize>,
}

impl Session {
    /// A review from a text.
    pub fn new(text: String, path: Option<PathBuf>, on_disk: Option<String>, today: Date, custom: Arc<Custom>) -> Self {
        let document = Document::new(text);
        let mut session = Self {
            review: SharedReview(Arc::clone(document.parsed())),
            document,
            path,
            on_disk,
            saving: false,
            renames: Vec::new(),
            analysis: None,
            analysed: 0,
            live: Live::default(),
            since: Since::default(),
            custom,
            today,
            answers: HashMap::new(),
            errors: Vec::new(),
        };
        session.refresh();
        session
    }

    /// After the text changed: what is derived from it at once.
    pub fn refresh(&mut self) {
        self.review = SharedReview(Arc::clone(self.document.parsed()));
        self.answers = HashMap::new();
        for (index, answer) in self.review.answers.iter().enumerate() {
            self.answers.insert(answer.question().to_owned(), index);
        }
        let errors = self.document.problems().iter().filter(|problem| problem.gravity == Gravity::Error);
        self.errors = errors.map(|problem| problem.span).collect();
        let url = self.review.prometheus.as_ref().and_then(|settings| settings.url.as_ref());
        if url.is_none() {
            self.live.connection = Connection::NotConfigured;
        } else if self.live.connection == Connection::NotConfigured {
            self.live.connection = Connection::Idle;
        }
    }

    /// Something has another name: what was measured about it is still about it.
    pub fn renamed(&mut self, renaming: &Renaming) {
        let answers = std::mem::take(&mut self.live.answers).into_iter();
        self.live.answers =
            answers.map(|((at, signal), answer)| ((renaming.element(&at).unwrap_or(at), signal), answer)).collect();
    }

    /// The name of the file, as a document shows it.
    pub fn file_name(&self) -> String {
        let name = self.path.as_ref().and_then(|path| path.file_name());
        name.map_or_else(|| "new review".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Everything that is wrong in the file: what could not be read, then names that the method does not know.
    ///
    /// The second part is of the newest analysed revision: it is left out while the text is a newer one.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        let current = self.analysed == self.document.revision();
        let of_method = self.analysis.iter().filter(move |_| current).flat_map(|analysis| &analysis.problems);
        self.document.problems().iter().chain(of_method)
    }

    /// Whether there is something to save.
    pub fn is_dirty(&self) -> bool {
        self.on_disk.as_deref() != Some(self.document.text())
    }

    /// What an analysis depends on.
    pub fn settings(&self) -> Settings {
        self.custom.settings(Settings::new(self.today))
    }

    /// The method.
    pub fn knowledge(&self) -> &Knowledge {
        &self.custom.knowledge
    }

    /// What was measured, for the analysis.
    pub fn evidence(&self) -> Evidence {
        let measurements = self.live.answers.iter().filter_map(|((at, signal), answer)| {
            Some(Measurement {
                element: self.review.element(at)?,
                signal: signal.clone(),
                value: answer.number(),
                at: answer.at().unwrap_or_default(),
            })
        });
        Evidence { measurements: measurements.collect() }
    }

    /// How many items a list of tables holds; `None` where the keys are no list of tables of an entity.
    pub fn items(&self, entity: EntityRef, keys: &[&str]) -> Option<usize> {
        if keys.len() != 1 || super::screens::item_fields(entity.kind, keys[0]).is_none() {
            return None;
        }
        let node = self.document.map().value(entity, keys);
        Some(node.and_then(Node::array).map_or(0, <[Node]>::len))
    }

    /// Whether the file has an error at a value.
    pub fn has_error_at(&self, entity: EntityRef, keys: &[&str]) -> bool {
        if self.errors.is_empty() {
            return false;
        }
        let Some(node) = self.document.map().value(entity, keys) else { return false };
        if matches!(node.value, Value::Table(_)) {
            return false;
        }
        self.errors
            .iter()
            .any(|span| span.start >= node.span.start && span.start < node.span.end.max(node.span.start + 1))
    }

    /// The name of an entity for people: its id, or what else tells it from others.
    pub fn name_of(&self, entity: EntityRef) -> String {
        let EntityRef { kind, index } = entity;
        let cell = |key: &str| {
            let node = self.document.map().value(entity, &[key]);
            let text = node.and_then(Node::text).map(str::to_owned);
            text.or_else(|| self.document.cell(entity, &[key])).unwrap_or_default()
        };
        match kind {
            EntityKind::Dependency => format!("{} -> {}", cell("from"), cell("to")),
            EntityKind::Failure => format!("{} {}", cell("at"), cell("when")),
            EntityKind::Measure => format!("{} {}", cell("at"), cell("signal")),
            EntityKind::LoadTest => format!("{} {}", cell("flow"), cell("date")),
            EntityKind::Answer => cell("question"),
            EntityKind::Triage => cell("finding"),
            EntityKind::Parked => cell("title"),
            EntityKind::Meeting => cell("date"),
            kind if kind.many() => {
                let id = cell("id");
                if id.is_empty() { format!("{}", index + 1) } else { id }
            }
            _ => String::new(),
        }
    }

    /// The element of the system that an entity is, or is about.
    pub fn element_of(&self, entity: EntityRef) -> Option<Element> {
        let review = &self.review;
        let index = entity.index;
        match entity.kind {
            EntityKind::Component => review.components.get(index).map(|c| Element::Component(c.id().to_owned())),
            EntityKind::Flow => review.flows.get(index).map(|f| Element::Flow(f.id().to_owned())),
            EntityKind::Slo => review.slos.get(index).map(|s| Element::Slo(s.id().to_owned())),
            EntityKind::Dependency => {
                review.dependencies.get(index).map(|d| Element::Dependency(d.from().to_owned(), d.to().to_owned()))
            }
            EntityKind::Hotspot => review.hotspots.get(index).and_then(|h| review.element(h.at())),
            EntityKind::Failure => review.failures.get(index).and_then(|f| review.element(f.at())),
            EntityKind::Measure => review.measures.get(index).and_then(|m| review.element(m.at())),
            EntityKind::LoadTest => {
                let flow = review.load_tests.get(index)?.flow.as_ref()?;
                review.element(flow.as_str())
            }
            _ => None,
        }
    }

    /// The entity of an element.
    pub fn entity_of(&self, element: &Element) -> Option<EntityRef> {
        entity_of(&self.review, element)
    }

    /// The position of the answer to a question.
    pub fn answer_of(&self, question: &str) -> Option<usize> {
        self.answers.get(question).copied()
    }

    /// What the review has about a finding already: the first action that comes from it, the first decision that
    /// answers it, and the triage entry of exactly this finding.
    pub fn ledger_of(&self, finding: &str) -> Recorded {
        let named = |text: &str| crate::rules::names_finding(text, finding);
        let exact = |text: &str| named(text) && !text.contains('*');
        let review = &self.review;
        let answers = |decision: &crate::model::Decision| {
            decision.findings.iter().flatten().any(|answered| named(answered.as_str()))
        };
        Recorded {
            action: review.actions.iter().position(|action| action.from.as_deref().is_some_and(exact)),
            decision: review.decisions.iter().position(answers),
            triage: review.triage.iter().position(|entry| exact(entry.finding())),
        }
    }

    /// The line, from 1, of a value, or of what is nearest around it.
    pub fn line_of(&self, entity: EntityRef, keys: &[&str]) -> Option<usize> {
        let span = self.document.map().place(entity, keys)?;
        Some(self.document.map().position(self.document.text(), span.start).line)
    }
}
