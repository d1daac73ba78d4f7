//! The scorecard: the four axes of a good architecture and the six dimensions of growth, each with what moves it.
//!
//! Never a bare number. A line is the checks that serve it (rules by their codes, questions by their answers), as the
//! method says which; what is not known is neither bad nor good, and a line of which nothing is known is unknown.
//! Must not know how it is shown.

use super::derived::{Derived, DerivedAnswer, speaks_against};
use super::sizing::Sizing;
use super::words::counted;
use crate::knowledge::{Decider, Home, Knowledge, Question, Topic};
use crate::model::{Answer, AnswerSource, AnswerWord, Element, Review};
use crate::rules::{CannotTell, FailedRule, Finding, Severity, Tally, registry};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A mover names at most so many places.
const MOST_NAMED: usize = 3;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scale {
    /// How a design is judged.
    Axis,
    /// What grows.
    Dimension,
}

impl Scale {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Axis => "axis",
            Self::Dimension => "dimension",
        }
    }
}

/// How a line stands, in words; the worst that is known decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// A high finding is open.
    AtRisk,
    /// A medium finding is open, or somebody answered no.
    Weak,
    /// Only low findings are open, or something holds in part.
    MostlyHolds,
    /// Nothing is known.
    Unknown,
    /// Nothing fails, but at least as much cannot be told as holds.
    MostlyUnknown,
    /// Nothing fails; something cannot be told.
    HoldsSoFar,
    /// Everything was told, and holds.
    Holds,
}

impl Verdict {
    /// The words in every output.
    pub fn words(self) -> &'static str {
        match self {
            Self::AtRisk => "at risk",
            Self::Weak => "weak",
            Self::MostlyHolds => "mostly holds",
            Self::Unknown => "unknown",
            Self::MostlyUnknown => "mostly unknown",
            Self::HoldsSoFar => "holds as far as known",
            Self::Holds => "holds",
        }
    }
}

/// What moves a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Moves {
    /// It pulls the line down.
    Down,
    /// Nobody can tell.
    Unknown,
    /// It would pull it down, and somebody decided to live with it or says that it is mended.
    Decided,
    /// It holds.
    Holds,
}

impl Moves {
    /// The words in every output.
    pub fn words(self) -> &'static str {
        match self {
            Self::Down => "pulls down",
            Self::Unknown => "unknown",
            Self::Decided => "decided about",
            Self::Holds => "holds",
        }
    }
}

/// A rule or a question that serves a line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Check {
    /// A rule, by code.
    Rule(&'static str),
    /// A question, by id.
    Question(String),
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rule(code) => f.write_str(code),
            Self::Question(id) => f.write_str(id),
        }
    }
}

/// One thing that moves a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Mover {
    /// The rule or question.
    pub check: Check,
    /// What it does to the line.
    pub moves: Moves,
    /// The worst of its open findings.
    pub severity: Option<Severity>,
    /// What is the case, with the places.
    pub text: String,
    /// What would lift the line; empty where nothing has to.
    pub lift: String,
    /// Its open findings, by position in the analysis, what hurts most in front.
    pub findings: Vec<usize>,
}

/// A line of the scorecard.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreLine {
    /// The topic of the method: `resilient`, `traffic`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it means.
    pub about: String,
    /// Axis or dimension.
    pub scale: Scale,
    /// How it stands.
    pub verdict: Verdict,
    /// The counts: "2 of 9 checks fail; 3 cannot tell".
    pub sentence: String,
    /// What moves it: what pulls down (the worst in front), what is unknown, what is decided, what holds.
    pub movers: Vec<Mover>,
}

impl ScoreLine {
    /// How many of its movers do something.
    pub fn count(&self, moves: Moves) -> usize {
        self.movers.iter().filter(|mover| mover.moves == moves).count()
    }

    /// Its movers that do something.
    pub fn of(&self, moves: Moves) -> impl Iterator<Item = &Mover> {
        self.movers.iter().filter(move |mover| mover.moves == moves)
    }
}

/// The scorecard.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scorecard {
    /// The axes, then the dimensions, in the order of the method.
    pub lines: Vec<ScoreLine>,
}

impl Scorecard {
    /// The line of an axis or dimension.
    pub fn line(&self, id: &str) -> Option<&ScoreLine> {
        self.lines.iter().find(|line| line.id == id)
    }
}

/// What a scorecard is made of.
pub(super) struct Told<'a> {
    pub(super) review: &'a Review,
    pub(super) knowledge: &'a Knowledge,
    pub(super) findings: &'a [Finding],
    pub(super) cannot_tell: &'a [CannotTell],
    pub(super) failed: &'a [FailedRule],
    pub(super) per_rule: &'a BTreeMap<&'static str, Tally>,
    pub(super) derived: &'a Derived,
    pub(super) sizing: &'a Sizing,
    pub(super) nothing_described: bool,
}

/// The scorecard of a review.
pub(super) fn score(told: &Told<'_>) -> Scorecard {
    let rules = rule_movers(told);
    let mut answers: HashMap<&str, &Answer> = HashMap::new();
    for answer in &told.review.answers {
        answers.insert(answer.question(), answer);
    }
    let axes = told.knowledge.axes().iter().map(|topic| (Scale::Axis, topic));
    let dimensions = told.knowledge.dimensions().iter().map(|topic| (Scale::Dimension, topic));
    let lines = axes.chain(dimensions).map(|(scale, topic)| line(told, scale, topic, &rules, &answers));
    Scorecard { lines: lines.collect() }
}

/// What each rule that has something to say says, once for all lines.
fn rule_movers(told: &Told<'_>) -> BTreeMap<&'static str, Mover> {
    let mut findings: HashMap<&'static str, (Vec<usize>, usize)> = HashMap::new();
    for (index, finding) in told.findings.iter().enumerate().filter(|(_, finding)| speaks_against(finding)) {
        let (open, decided) = findings.entry(finding.code).or_default();
        if finding.standing.counts() {
            open.push(index);
        } else {
            *decided += 1;
        }
    }
    let mut undecided: HashMap<&'static str, Vec<&CannotTell>> = HashMap::new();
    for one in told.cannot_tell {
        undecided.entry(one.code).or_default().push(one);
    }
    let mut movers = BTreeMap::new();
    for (code, tally) in told.per_rule {
        let (open, decided) = findings.remove(code).unwrap_or_default();
        let undecided = undecided.remove(code).unwrap_or_default();
        let mover = |moves, text, lift| Mover {
            check: Check::Rule(code),
            moves,
            severity: None,
            text,
            lift,
            findings: Vec::new(),
        };
        let said = if let Some(first) = open.first().and_then(|first| told.findings.get(*first)) {
            let more = if open.len() > 1 { format!(" (and {} more)", open.len() - 1) } else { String::new() };
            let text = format!("{}: {}{more}", first.element, first.message);
            let severity = open.iter().filter_map(|index| told.findings.get(*index)).map(|one| one.severity).max();
            Mover { severity, findings: open, ..mover(Moves::Down, text, first.remedy.clone()) }
        } else if let Some(first) = undecided.first() {
            mover(Moves::Unknown, lacking(&undecided, tally.cannot_tell), format!("say {}", first.missing))
        } else if decided > 0 {
            mover(Moves::Decided, format!("{} decided about", counted(decided, "finding")), String::new())
        } else if tally.passed > 0 {
            mover(Moves::Holds, format!("passes at {}", counted(tally.passed, "place")), String::new())
        } else {
            // It looked at nothing: it says nothing about the design.
            continue;
        };
        movers.insert(*code, said);
    }
    for failed in told.failed {
        let text = "the rule stopped with an error of its own".to_owned();
        let check = Check::Rule(failed.code);
        let mover =
            Mover { check, moves: Moves::Unknown, severity: None, text, lift: String::new(), findings: Vec::new() };
        movers.insert(failed.code, mover);
    }
    movers
}

/// "component.owner at api, db and 3 more".
fn lacking(undecided: &[&CannotTell], all: usize) -> String {
    let mut keys: BTreeMap<&str, Vec<&Element>> = BTreeMap::new();
    for one in undecided {
        keys.entry(one.missing.as_str()).or_default().push(&one.element);
    }
    let parts = keys.into_iter().map(|(key, places)| {
        let named: Vec<String> = places.iter().take(MOST_NAMED).map(ToString::to_string).collect();
        let more = places.len().saturating_sub(named.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("needs {key} at {}{more}", named.join(", "))
    });
    let mut parts: Vec<String> = parts.collect();
    let left_out = all.saturating_sub(undecided.len());
    if left_out > 0 {
        parts.push(format!("{} more", crate::units::thousands(left_out as f64)));
    }
    parts.join("; ")
}

fn line(
    told: &Told<'_>,
    scale: Scale,
    topic: &Topic,
    rules: &BTreeMap<&'static str, Mover>,
    answers: &HashMap<&str, &Answer>,
) -> ScoreLine {
    let codes: HashSet<&str> = topic.rules.iter().map(String::as_str).collect();
    let mut movers: Vec<Mover> =
        codes.iter().filter_map(|code| rules.get(registry::find(code)?.info.code)).cloned().collect();
    for question in told.knowledge.questions() {
        let listed = topic.questions.contains(&question.id);
        let serves = listed || serves(told.knowledge, question, &topic.id);
        let through_rules = question.rules.iter().any(|code| codes.contains(code.as_str()));
        let mover = match answers.get(question.id.as_str()) {
            Some(answer) if serves || through_rules => answered(told, question, answer, &codes),
            None if listed => unanswered(told, question, &codes),
            _ => None,
        };
        movers.extend(mover);
    }
    if told.nothing_described {
        movers.clear();
    }
    // What pulls down first, the worst of it in front, as the findings are ranked.
    movers.sort_by(|a, b| {
        let rank = |mover: &Mover| mover.findings.first().copied().unwrap_or(usize::MAX);
        a.moves
            .cmp(&b.moves)
            .then(b.severity.cmp(&a.severity))
            .then(rank(a).cmp(&rank(b)))
            .then_with(|| a.check.to_string().cmp(&b.check.to_string()))
    });
    let verdict = verdict(&movers);
    let sentence = sentence(&movers, told.nothing_described);
    ScoreLine {
        id: topic.id.clone(),
        title: topic.title.clone(),
        about: topic.text.clone(),
        scale,
        verdict,
        sentence,
        movers,
    }
}

/// Whether a question says that it serves a line, or its checklist says so for the questions that no rule checks.
fn serves(knowledge: &Knowledge, question: &Question, topic: &str) -> bool {
    if !question.serves.is_empty() || !question.rules.is_empty() {
        return question.serves.iter().any(|served| served == topic);
    }
    let Home::Checklist(list) = &question.home else { return false };
    knowledge.checklist(list).is_some_and(|list| list.serves.iter().any(|served| served == topic))
}

/// Whether a question is decided by rules that stand in the line by themselves.
fn told_by_rules(question: &Question, codes: &HashSet<&str>) -> bool {
    let rule_of_line =
        |text: &String| matches!(Decider::parse(text), Some(Decider::Rule(code)) if codes.contains(code.as_str()));
    !question.decided_by.is_empty() && question.decided_by.iter().all(rule_of_line)
}

fn by_question(question: &Question, moves: Moves, text: String, lift: String) -> Mover {
    Mover { check: Check::Question(question.id.clone()), moves, severity: None, text, lift, findings: Vec::new() }
}

/// What an answer in the file does to a line.
fn answered(told: &Told<'_>, question: &Question, answer: &Answer, codes: &HashSet<&str>) -> Option<Mover> {
    let of_model = matches!(answer.source, Some(AnswerSource::Model | AnswerSource::Metrics));
    if of_model && told_by_rules(question, codes) {
        return None;
    }
    let against = told.derived.contradiction(&question.id);
    let note = answer.note.as_deref().or(answer.reason.as_deref()).map(|note| format!(": {note}")).unwrap_or_default();
    let text = match against {
        Some(against) => format!("{} ({})", question.text, against.text),
        None => format!("{}{note}", question.text),
    };
    let mover = |moves, severity, lift: &str| {
        Some(Mover { severity, ..by_question(question, moves, text.clone(), lift.to_owned()) })
    };
    if against.is_some() && !of_model {
        // The person's answer stands; as long as the review says otherwise it lifts nothing.
        return mover(Moves::Unknown, None, "correct the answer, or what it speaks of");
    }
    match answer.answer? {
        AnswerWord::Yes => mover(Moves::Holds, None, ""),
        AnswerWord::No => mover(Moves::Down, Some(Severity::Medium), "make it true, and answer again"),
        AnswerWord::Partly => mover(Moves::Down, Some(Severity::Low), "make the rest of it true, and answer again"),
        AnswerWord::Unknown => mover(Moves::Unknown, None, "find out: nobody knows yet"),
        AnswerWord::NotApplicable => None,
    }
}

/// What a question without an answer in the file does to a line that names it.
fn unanswered(told: &Told<'_>, question: &Question, codes: &HashSet<&str>) -> Option<Mover> {
    if told_by_rules(question, codes) {
        return None;
    }
    if let Some(derived) = told.derived.get(&question.id) {
        return Some(by_model(question, derived));
    }
    if told.sizing.skips(&question.id).is_some() {
        return None;
    }
    let text = format!("nobody has answered: {}", question.text);
    Some(by_question(question, Moves::Unknown, text, "answer it, or say why it does not apply".to_owned()))
}

fn by_model(question: &Question, derived: &DerivedAnswer) -> Mover {
    let from = derived.source.word();
    let text = format!("{} ({from}: {})", question.text, derived.in_short());
    let missing = || derived.missing.first().map(|missing| format!("say {missing}")).unwrap_or_default();
    match derived.answer {
        AnswerWord::Yes => by_question(question, Moves::Holds, text, String::new()),
        AnswerWord::Unknown | AnswerWord::NotApplicable => by_question(question, Moves::Unknown, text, missing()),
        AnswerWord::Partly
            if derived.cites.iter().all(|cite| cite.finding.is_none()) && !derived.missing.is_empty() =>
        {
            by_question(question, Moves::Unknown, text, missing())
        }
        AnswerWord::No | AnswerWord::Partly => {
            let findings = derived.cites.iter().filter_map(|cite| cite.finding).collect();
            let severity = Some(if derived.answer == AnswerWord::No { Severity::Medium } else { Severity::Low });
            Mover { severity, findings, ..by_question(question, Moves::Down, text, "mend what it cites".to_owned()) }
        }
    }
}

fn verdict(movers: &[Mover]) -> Verdict {
    let count = |moves| movers.iter().filter(|mover| mover.moves == moves).count();
    let (unknown, decided, holds) = (count(Moves::Unknown), count(Moves::Decided), count(Moves::Holds));
    let worst = movers.iter().filter(|mover| mover.moves == Moves::Down).filter_map(|mover| mover.severity).max();
    match worst {
        Some(Severity::High) => Verdict::AtRisk,
        Some(Severity::Medium) => Verdict::Weak,
        _ if worst.is_none() && holds + decided == 0 => Verdict::Unknown,
        _ if unknown > 0 && unknown >= holds => Verdict::MostlyUnknown,
        Some(_) => Verdict::MostlyHolds,
        None if unknown > 0 => Verdict::HoldsSoFar,
        None => Verdict::Holds,
    }
}

fn sentence(movers: &[Mover], nothing_described: bool) -> String {
    if nothing_described {
        return "nothing is described yet".to_owned();
    }
    let count = |moves| movers.iter().filter(|mover| mover.moves == moves).count();
    let (down, unknown, decided, holds) =
        (count(Moves::Down), count(Moves::Unknown), count(Moves::Decided), count(Moves::Holds));
    let all = counted(movers.len(), "check");
    let (start, told) = match (down, holds) {
        _ if movers.is_empty() => return "no check has anything to look at".to_owned(),
        (0, 0) if decided == 0 => return format!("{all}, and none can tell"),
        (0, 0) => ("nothing is open".to_owned(), unknown),
        (0, _) => (format!("{holds} of {all} {}", if holds == 1 { "holds" } else { "hold" }), unknown),
        (_, _) => (format!("{down} of {all} {}", if down == 1 { "fails" } else { "fail" }), unknown),
    };
    let mut parts = vec![start];
    if told > 0 {
        parts.push(format!("{told} cannot tell"));
    }
    if decided > 0 {
        parts.push(format!("{decided} decided about"));
    }
    parts.join("; ")
}
