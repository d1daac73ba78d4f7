//! The method: questions, checklists, patterns, decision tables, failure signatures, principles, glossary.
//!
//! The data is TOML in `checklists/` (its format: `docs/method.md`), embedded in the binary and overlaid by the files
//! of a reader. This module parses and merges texts; it must not know where they come from (no input or output), what
//! a review says, or how anything is shown. It is the only place that knows the `toml` crate.
//!
//! Invariants: ids are unique in their kind; every `see`, `questions` and `pattern` of a [`Knowledge`] resolves; every
//! entry of `rules` has the form of a code (whether the rule exists is for the registry's tests); every entry of
//! `decided_by`, `applies` and `serves` means something. A file of a reader
//! can spoil itself only: whatever it gets wrong is a [`KnowledgeProblem`] and leaves the embedded text in place.

mod build;
mod decider;
mod fields;
mod in_force;
mod merge;
mod problem;
mod references;
mod sheet;
mod types;

pub use decider::{Among, Computed, Decider, Said};
pub use in_force::InForce;
pub use problem::KnowledgeProblem;
pub use references::{Target, is_rule_code};
pub use types::{
    AntiPattern, Checklist, Class, Criterion, DecisionOption, DecisionTable, Guidance, Home, Pattern, Principle,
    Question, Signature, Step, Term, Topic,
};

use crate::assets;
use build::{Builder, Section, section_of};
use references::{Parts, prune};
use std::collections::HashMap;
use std::sync::OnceLock;
use types::{Decisions, Method};

/// The method as data. Each section is parsed when it is first asked for.
#[derive(Debug)]
pub struct Knowledge {
    steps: OnceLock<Vec<Step>>,
    checklists: OnceLock<Vec<Checklist>>,
    patterns: OnceLock<Vec<Pattern>>,
    decisions: OnceLock<Decisions>,
    signatures: OnceLock<Vec<Signature>>,
    method: OnceLock<Method>,
    glossary: OnceLock<Vec<Term>>,
    questions: OnceLock<HashMap<String, (Part, usize, usize)>>,
    words: OnceLock<HashMap<String, usize>>,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Step,
    Checklist,
}

static EMBEDDED: Knowledge = Knowledge::new();

impl Knowledge {
    const fn new() -> Self {
        Self {
            steps: OnceLock::new(),
            checklists: OnceLock::new(),
            patterns: OnceLock::new(),
            decisions: OnceLock::new(),
            signatures: OnceLock::new(),
            method: OnceLock::new(),
            glossary: OnceLock::new(),
            questions: OnceLock::new(),
            words: OnceLock::new(),
        }
    }

    /// What the binary carries. Costs nothing until a section is asked for.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// The embedded knowledge under a reader's files: pairs of a path relative to the reader's folder
    /// (`caching.toml`, `steps/1-targets.toml`, `catalogue/patterns.toml`) and the text of the file.
    ///
    /// A row with a known id changes the keys it names, one with a new id is added, `remove = true` takes one away;
    /// files count in the given order. Never fails: what cannot be used is in the second part of the result.
    pub fn with_overlay(files: &[(String, String)]) -> (Self, Vec<KnowledgeProblem>) {
        if files.is_empty() {
            return (Self::new(), Vec::new());
        }
        let mut builder = Builder::default();
        for asset in assets::CHECKLISTS {
            builder.add(asset.path, asset.text, false);
        }
        for (path, text) in files {
            builder.add(path, text, true);
        }
        Self::assembled(builder)
    }

    /// What is wrong with the embedded files: nothing, or the tests fail.
    pub fn embedded_problems() -> Vec<KnowledgeProblem> {
        let mut builder = Builder::default();
        for asset in assets::CHECKLISTS {
            builder.add(asset.path, asset.text, true);
        }
        Self::assembled(builder).1
    }

    fn assembled(mut builder: Builder) -> (Self, Vec<KnowledgeProblem>) {
        let mut parts = Parts {
            steps: builder.steps(),
            checklists: builder.checklists(),
            patterns: builder.patterns(),
            decisions: builder.decisions(),
            signatures: builder.signatures(),
            method: builder.method(),
            glossary: builder.glossary(),
        };
        prune(&mut parts, &mut builder);
        let knowledge = Self {
            steps: OnceLock::from(parts.steps),
            checklists: OnceLock::from(parts.checklists),
            patterns: OnceLock::from(parts.patterns),
            decisions: OnceLock::from(parts.decisions),
            signatures: OnceLock::from(parts.signatures),
            method: OnceLock::from(parts.method),
            glossary: OnceLock::from(parts.glossary),
            questions: OnceLock::new(),
            words: OnceLock::new(),
        };
        (knowledge, builder.problems)
    }

    /// The five steps, in order.
    pub fn steps(&self) -> &[Step] {
        self.steps.get_or_init(|| embedded(Section::Steps).steps())
    }

    /// The checklists: fast path and write path first, a reader's own last.
    pub fn checklists(&self) -> &[Checklist] {
        self.checklists.get_or_init(|| embedded(Section::Checklists).checklists())
    }

    /// The checklist with this id.
    pub fn checklist(&self, id: &str) -> Option<&Checklist> {
        self.checklists().iter().find(|list| list.id == id)
    }

    /// All questions: those of the steps in order, then the items of the checklists.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.steps()
            .iter()
            .flat_map(|step| &step.questions)
            .chain(self.checklists().iter().flat_map(|list| &list.items))
    }

    /// The question or checklist item with this id: `fast-path.timeouts`, `caching.stampede`.
    pub fn question(&self, id: &str) -> Option<&Question> {
        let index = self.questions.get_or_init(|| {
            let steps = self.steps().iter().enumerate().map(|(at, step)| (Part::Step, at, &step.questions));
            let lists = self.checklists().iter().enumerate().map(|(at, list)| (Part::Checklist, at, &list.items));
            steps
                .chain(lists)
                .flat_map(|(part, at, rows)| {
                    rows.iter().enumerate().map(move |(row, question)| (question.id.clone(), (part, at, row)))
                })
                .collect()
        });
        match index.get(id)? {
            (Part::Step, at, row) => self.steps().get(*at)?.questions.get(*row),
            (Part::Checklist, at, row) => self.checklists().get(*at)?.items.get(*row),
        }
    }

    /// The pattern catalogue.
    pub fn patterns(&self) -> &[Pattern] {
        self.patterns.get_or_init(|| embedded(Section::Patterns).patterns())
    }

    /// The pattern with this id.
    pub fn pattern(&self, id: &str) -> Option<&Pattern> {
        self.patterns().iter().find(|pattern| pattern.id == id)
    }

    fn decisions(&self) -> &Decisions {
        self.decisions.get_or_init(|| embedded(Section::Decisions).decisions())
    }

    /// The decision tables.
    pub fn decision_tables(&self) -> &[DecisionTable] {
        &self.decisions().tables
    }

    /// The decision table with this id.
    pub fn decision_table(&self, id: &str) -> Option<&DecisionTable> {
        self.decision_tables().iter().find(|table| table.id == id)
    }

    /// The sentence that stands above all decision tables.
    pub fn decision_rule(&self) -> &str {
        &self.decisions().rule
    }

    /// The failure signatures.
    pub fn signatures(&self) -> &[Signature] {
        self.signatures.get_or_init(|| embedded(Section::Signatures).signatures())
    }

    fn method(&self) -> &Method {
        self.method.get_or_init(|| embedded(Section::Method).method())
    }

    /// The six principles.
    pub fn principles(&self) -> &[Principle] {
        &self.method().principles
    }

    /// What grows: traffic, data, product, teams, cost, geography.
    pub fn dimensions(&self) -> &[Topic] {
        &self.method().dimensions
    }

    /// How a design is judged: predictable, resilient, efficient, operable.
    pub fn axes(&self) -> &[Topic] {
        &self.method().axes
    }

    /// The anti-patterns.
    pub fn antipatterns(&self) -> &[AntiPattern] {
        &self.method().antipatterns
    }

    /// The rest of the method: metric families, quantification, blueprint, phases, test levels, common questions, advice.
    pub fn guidance(&self) -> &Guidance {
        &self.method().guidance
    }

    /// The glossary, in the order of its file.
    pub fn glossary(&self) -> &[Term] {
        self.glossary.get_or_init(|| embedded(Section::Glossary).glossary())
    }

    /// The term for a word, an alias or an id; without regard to case, outer spaces or a plural s.
    pub fn term(&self, word: &str) -> Option<&Term> {
        let words = self.words.get_or_init(|| {
            let mut words = HashMap::new();
            for (at, term) in self.glossary().iter().enumerate() {
                for name in [&term.id, &term.word].into_iter().chain(&term.aliases) {
                    words.entry(name.to_lowercase()).or_insert(at);
                }
            }
            words
        });
        let word = word.trim().to_lowercase();
        let at = words.get(&word).or_else(|| words.get(word.strip_suffix('s')?))?;
        self.glossary().get(*at)
    }

    /// What a reference `kind:id` leads to.
    pub fn resolve(&self, reference: &str) -> Option<Target<'_>> {
        let (kind, id) = reference.split_once(':')?;
        let topic = |topics: &'_ [Topic]| topics.iter().position(|topic| topic.id == id);
        match kind {
            "step" => self.steps().iter().find(|step| step.id == id).map(Target::Step),
            "checklist" => self.checklist(id).map(Target::Checklist),
            "question" => self.question(id).map(Target::Question),
            "pattern" => self.pattern(id).map(Target::Pattern),
            "table" => self.decision_table(id).map(Target::Table),
            "signature" => self.signatures().iter().find(|signature| signature.id == id).map(Target::Signature),
            "principle" => self.principles().iter().find(|principle| principle.id == id).map(Target::Principle),
            "antipattern" => self.antipatterns().iter().find(|anti| anti.id == id).map(Target::AntiPattern),
            "term" => self.glossary().iter().find(|term| term.id == id).map(Target::Term),
            "dimension" => topic(self.dimensions()).map(|at| Target::Topic(&self.dimensions()[at])),
            "axis" => topic(self.axes()).map(|at| Target::Topic(&self.axes()[at])),
            _ => {
                let (_, topics) = self.guidance().groups().into_iter().find(|(name, _)| *name == kind)?;
                topics.iter().find(|topic| topic.id == id).map(Target::Topic)
            }
        }
    }
}

impl Default for Knowledge {
    fn default() -> Self {
        Self::new()
    }
}

/// The embedded files of one section. What is wrong with them is known to the tests and left out here.
fn embedded(section: Section) -> Builder {
    let mut builder = Builder::default();
    for asset in assets::CHECKLISTS {
        if section_of(asset.path) == Ok(section) {
            builder.add(asset.path, asset.text, false);
        }
    }
    builder
}
