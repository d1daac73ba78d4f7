//! References between parts of the method: `pattern:outbox`, `term:knee`, `question:fast-path.timeouts`.
//!
//! After [`prune`] every reference leads somewhere, so that a screen may offer each as a link. Knows nothing of files.

use super::build::Builder;
use super::decider::{Among, Decider};
use super::problem::{KnowledgeProblem, quoted, suggest};
use super::types::{
    AntiPattern, Checklist, DecisionTable, Decisions, Guidance, Method, Pattern, Principle, Question, Signature, Step,
    Term, Topic,
};
use std::collections::BTreeSet;

/// What a reference leads to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target<'a> {
    /// `step:targets`
    Step(&'a Step),
    /// `checklist:caching`
    Checklist(&'a Checklist),
    /// `question:caching.stampede`
    Question(&'a Question),
    /// `pattern:outbox`
    Pattern(&'a Pattern),
    /// `table:queue-or-stream`
    Table(&'a DecisionTable),
    /// `signature:cache-stampede`
    Signature(&'a Signature),
    /// `principle:few-waits`
    Principle(&'a Principle),
    /// `antipattern:hot-keys`
    AntiPattern(&'a AntiPattern),
    /// `term:knee`
    Term(&'a Term),
    /// `dimension:`, `axis:`, `metric:`, `quantification:`, `layer:`, `hop:`, `phase:`, `test_level:`, `faq:`, `advice:`
    Topic(&'a Topic),
}

impl Guidance {
    /// Its groups, with the word that names them in a reference.
    pub fn groups(&self) -> [(&'static str, &[Topic]); 8] {
        [
            ("metric", &self.metrics),
            ("quantification", &self.quantification),
            ("layer", &self.layers),
            ("hop", &self.hops),
            ("phase", &self.phases),
            ("test_level", &self.test_levels),
            ("faq", &self.faq),
            ("advice", &self.advice),
        ]
    }

    fn groups_mut(&mut self) -> [(&'static str, &mut Vec<Topic>); 8] {
        [
            ("metric", &mut self.metrics),
            ("quantification", &mut self.quantification),
            ("layer", &mut self.layers),
            ("hop", &mut self.hops),
            ("phase", &mut self.phases),
            ("test_level", &mut self.test_levels),
            ("faq", &mut self.faq),
            ("advice", &mut self.advice),
        ]
    }
}

/// Called with the kind and the id of an owner, the key, and the list that stands there.
type Visit<'a> = dyn FnMut(&str, &str, &str, &mut Vec<String>) + 'a;

/// All sections together, before they are shared.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) steps: Vec<Step>,
    pub(super) checklists: Vec<Checklist>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) decisions: Decisions,
    pub(super) signatures: Vec<Signature>,
    pub(super) method: Method,
    pub(super) glossary: Vec<Term>,
}

impl Parts {
    fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut add = |kind: &str, id: &str| {
            names.insert(format!("{kind}:{id}"));
        };
        self.steps.iter().for_each(|step| add("step", &step.id));
        self.checklists.iter().for_each(|list| add("checklist", &list.id));
        let questions = self
            .steps
            .iter()
            .flat_map(|step| &step.questions)
            .chain(self.checklists.iter().flat_map(|list| &list.items));
        questions.for_each(|question| add("question", &question.id));
        self.patterns.iter().for_each(|pattern| add("pattern", &pattern.id));
        self.decisions.tables.iter().for_each(|table| add("table", &table.id));
        self.signatures.iter().for_each(|signature| add("signature", &signature.id));
        self.glossary.iter().for_each(|term| add("term", &term.id));
        self.method.principles.iter().for_each(|principle| add("principle", &principle.id));
        self.method.antipatterns.iter().for_each(|anti| add("antipattern", &anti.id));
        self.method.dimensions.iter().for_each(|topic| add("dimension", &topic.id));
        self.method.axes.iter().for_each(|topic| add("axis", &topic.id));
        for (kind, topics) in self.method.guidance.groups() {
            for topic in topics {
                add(kind, &topic.id);
            }
        }
        names
    }

    /// Visits each list that must be checked: kind and id of its owner, the key, the list.
    fn lists(&mut self, visit: &mut Visit<'_>) {
        for question in self
            .steps
            .iter_mut()
            .flat_map(|step| &mut step.questions)
            .chain(self.checklists.iter_mut().flat_map(|list| &mut list.items))
        {
            visit("question", &question.id, "rules", &mut question.rules);
            visit("question", &question.id, "decided_by", &mut question.decided_by);
            visit("question", &question.id, "applies", &mut question.applies);
            visit("question", &question.id, "serves", &mut question.serves);
        }
        for list in &mut self.checklists {
            visit("checklist", &list.id, "applies", &mut list.applies);
            visit("checklist", &list.id, "serves", &mut list.serves);
        }
        for pattern in &mut self.patterns {
            visit("pattern", &pattern.id, "rules", &mut pattern.rules);
            visit("pattern", &pattern.id, "see", &mut pattern.see);
        }
        for table in &mut self.decisions.tables {
            visit("table", &table.id, "rules", &mut table.rules);
            visit("table", &table.id, "see", &mut table.see);
            for option in &mut table.options {
                let mut pattern: Vec<String> = option.pattern.take().into_iter().collect();
                visit("table", &table.id, "option", &mut pattern);
                option.pattern = pattern.pop();
            }
        }
        for signature in &mut self.signatures {
            visit("signature", &signature.id, "rules", &mut signature.rules);
            visit("signature", &signature.id, "see", &mut signature.see);
        }
        for term in &mut self.glossary {
            visit("term", &term.id, "see", &mut term.see);
        }
        for principle in &mut self.method.principles {
            visit("principle", &principle.id, "rules", &mut principle.rules);
            visit("principle", &principle.id, "questions", &mut principle.questions);
            visit("principle", &principle.id, "see", &mut principle.see);
        }
        for anti in &mut self.method.antipatterns {
            visit("antipattern", &anti.id, "rules", &mut anti.rules);
            visit("antipattern", &anti.id, "see", &mut anti.see);
        }
        let Method { dimensions, axes, guidance, .. } = &mut self.method;
        for (kind, topics) in [("dimension", dimensions), ("axis", axes)].into_iter().chain(guidance.groups_mut()) {
            for topic in topics {
                visit(kind, &topic.id, "rules", &mut topic.rules);
                visit(kind, &topic.id, "questions", &mut topic.questions);
                visit(kind, &topic.id, "see", &mut topic.see);
            }
        }
    }
}

/// Whether `code` has the form of a rule's code: `KP` and three digits.
pub fn is_rule_code(code: &str) -> bool {
    code.strip_prefix("KP")
        .is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Takes out what leads nowhere. It is a problem where a reader wrote it, and nothing where the reader's file removed
/// what an embedded row pointed to.
pub(super) fn prune(parts: &mut Parts, builder: &mut Builder) {
    let names = parts.names();
    let (written, problems) = (&builder.written, &mut builder.problems);
    parts.lists(&mut |kind, id, key, list| {
        let place = written.get(&format!("{kind}:{id}")).and_then(|keys| keys.get(key));
        list.retain(|entry| {
            let kind = match key {
                "questions" => "question:",
                "option" => "pattern:",
                _ => "",
            };
            let reference = format!("{kind}{entry}");
            let fine = match key {
                "rules" => is_rule_code(entry),
                "decided_by" => Decider::parse(entry).is_some(),
                "applies" => Among::parse(entry).is_some(),
                "serves" => ["axis", "dimension"].iter().any(|kind| names.contains(&format!("{kind}:{entry}"))),
                _ => names.contains(&reference),
            };
            let Some((file, line)) = place.filter(|_| !fine) else {
                return fine;
            };
            let (message, suggestion) = match key {
                "rules" => {
                    (format!("{} is not the code of a rule (KP and three digits); it was ignored", quoted(entry)), None)
                }
                "decided_by" => (format!("{} decides nothing; it was ignored", quoted(entry)), None),
                "applies" => {
                    let close = suggest(problems, entry, Among::ALL.iter().map(|among| among.word()));
                    (format!("{} in `{key}` is no part of a review; it was ignored", quoted(entry)), close)
                }
                _ => {
                    let close = suggest(problems, &reference, names.iter().map(String::as_str));
                    let close = close.map(|name| name.strip_prefix(kind).unwrap_or(&name).to_owned());
                    (format!("{} in `{key}` leads nowhere; it was ignored", quoted(entry)), close)
                }
            };
            problems.push(KnowledgeProblem { file: file.to_string(), line: *line, message, suggestion });
            false
        });
    });
}
