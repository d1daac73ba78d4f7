//! How much review a system deserves: quick or full, from its growth, what hangs on it, how far a failure reaches, what
//! cannot be taken back, and its data; and which questions and checklists that leaves.
//!
//! A quick review has to be earned: each reason must be known and small. What is left out is listed with its reason, and
//! an answer of a person always counts. Must not know how it is shown.

use super::derived::Derived;
use super::members::Members;
use super::words::counted;
use crate::graph::ComponentIndex;
use crate::knowledge::{Among, Checklist, Home, Knowledge, Question};
use crate::model::{AnswerWord, DecisionStatus, Door, Element, EntityRef, Indicator, Review};
use crate::units::{Multiple, Percent, Quantity, Ratio};
use std::collections::HashMap;

/// From this multiple of today's load on, growth asks for a full review: the promise is judged at twice today's load.
const MUCH_GROWTH: f64 = 2.0;
/// From this share of the value on, the critical flows do: a tenth is what nobody would call a side line.
const MUCH_VALUE: f64 = 0.1;
/// From this availability objective on: below 45 minutes of outage a month nobody repairs by hand in time.
const STRICT: f64 = 99.9;
/// As many critical flows lost with one component are more than one incident at once.
const CRITICAL_FLOWS_LOST: usize = 2;
/// As many flows lost with one component, critical or not.
const FLOWS_LOST: usize = 5;
/// From this number of stores on, data has to be kept together.
const MANY_STORES: usize = 3;

/// How deep a review goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Depth {
    /// The questions that are always worth their minutes.
    Quick,
    /// Everything that applies.
    #[default]
    Full,
}

impl Depth {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Full => "full",
        }
    }
}

/// What a reason argues for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weighs {
    /// It leaves a quick review possible.
    Light,
    /// It asks for a full one.
    Heavy,
    /// It is not known, and so it cannot argue for a quick one.
    Unknown,
}

impl Weighs {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Light => "small",
            Self::Heavy => "asks for full",
            Self::Unknown => "unknown",
        }
    }
}

/// A reason for the depth, in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct SizeReason {
    /// `growth`, `criticality`, `blast radius`, `one-way decisions`, `data`.
    pub about: &'static str,
    /// What it argues for.
    pub weighs: Weighs,
    /// The numbers, in a sentence without a full stop.
    pub text: String,
    /// Where it stands in the file.
    pub entity: Option<EntityRef>,
    /// The key that is missing, where one is.
    pub missing: Option<&'static str>,
}

/// A question or a whole checklist that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The id of the question or checklist.
    pub id: String,
    /// The question, or the checklist's title.
    pub title: String,
    /// How many questions it stands for.
    pub questions: usize,
    /// Whether it is a checklist.
    pub checklist: bool,
    /// Why.
    pub reason: String,
}

/// What the review should be, and what it leaves out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sizing {
    /// Quick or full.
    pub depth: Depth,
    /// The proposal in a sentence.
    pub sentence: String,
    /// Why, always the same five in the same order.
    pub reasons: Vec<SizeReason>,
    /// The questions that people should answer: they apply, and neither a person nor the review has answered them.
    pub asked: Vec<String>,
    /// The checklists that apply, by id.
    pub checklists: Vec<String>,
    /// What is left out: checklists as a whole, then single questions.
    pub skipped: Vec<Skipped>,
    /// By question: its position in `skipped`.
    positions: HashMap<String, usize>,
}

impl Sizing {
    /// Why a question is left out; `None` where it is not.
    pub fn skips(&self, question: &str) -> Option<&str> {
        self.skipped.get(*self.positions.get(question)?).map(|skipped| skipped.reason.as_str())
    }
}

/// The size of a review.
pub(super) fn size(members: &Members<'_>, derived: &Derived, knowledge: &Knowledge) -> Sizing {
    let review = members.review;
    let reasons = vec![growth(review), criticality(members), blast_radius(members), one_way(review), data(members)];
    let about = |weighs| reasons.iter().filter(move |reason| reason.weighs == weighs).collect::<Vec<_>>();
    let (heavy, unknown) = (about(Weighs::Heavy), about(Weighs::Unknown));
    let depth = if heavy.is_empty() && unknown.is_empty() { Depth::Quick } else { Depth::Full };
    let names = |reasons: &[&SizeReason]| reasons.iter().map(|reason| reason.about).collect::<Vec<_>>().join(", ");
    let sentence = if members.nothing_described() {
        "Full review: nothing is described yet, so nothing argues for less.".to_owned()
    } else {
        match (heavy.len(), unknown.len()) {
            (0, 0) => {
                "Quick review: growth, criticality, blast radius, decisions and data are known and small.".to_owned()
            }
            (0, _) => {
                let keys: Vec<&str> = unknown.iter().filter_map(|reason| reason.missing).collect();
                format!("Full review until it is known that less will do: say {}.", keys.join(", "))
            }
            (_, 0) => format!("Full review, because of {}.", names(&heavy)),
            _ => format!("Full review, because of {}; not known: {}.", names(&heavy), names(&unknown)),
        }
    };
    let mut sizing = Sizing {
        depth,
        sentence,
        reasons,
        asked: Vec::new(),
        checklists: Vec::new(),
        skipped: Vec::new(),
        positions: HashMap::new(),
    };
    let mut said: HashMap<&str, (Option<AnswerWord>, Option<&str>)> = HashMap::new();
    for answer in &review.answers {
        said.insert(answer.question(), (answer.answer, answer.reason.as_deref()));
    }
    for list in knowledge.checklists() {
        sizing.checklist(members, list, &said);
    }
    for question in knowledge.questions() {
        sizing.question(members, knowledge, question, &said, derived);
    }
    sizing
}

type Answers<'a> = HashMap<&'a str, (Option<AnswerWord>, Option<&'a str>)>;

impl Sizing {
    /// Leaves a checklist out, unless somebody went through some of it.
    fn checklist(&mut self, members: &Members<'_>, list: &Checklist, said: &Answers<'_>) {
        let taken_up = |question: &Question| {
            said.get(question.id.as_str()).is_some_and(|(word, _)| word.is_some_and(|w| w != AnswerWord::NotApplicable))
        };
        let reason = absent(members, &list.applies)
            .map(|what| format!("{what}: the checklist does not apply"))
            .or_else(|| (self.depth == Depth::Quick && !list.quick).then(|| "a quick review leaves it out".to_owned()));
        match reason.filter(|_| !list.items.iter().any(taken_up)) {
            Some(reason) => {
                for item in &list.items {
                    self.positions.insert(item.id.clone(), self.skipped.len());
                }
                self.skipped.push(Skipped {
                    id: list.id.clone(),
                    title: list.title.clone(),
                    questions: list.items.len(),
                    checklist: true,
                    reason,
                });
            }
            None => self.checklists.push(list.id.clone()),
        }
    }

    fn question(
        &mut self,
        members: &Members<'_>,
        knowledge: &Knowledge,
        question: &Question,
        said: &Answers<'_>,
        derived: &Derived,
    ) {
        if self.positions.contains_key(&question.id) {
            return;
        }
        let in_list = match &question.home {
            Home::Checklist(id) => knowledge.checklist(id),
            Home::Step(_) => None,
        };
        let reason = match said.get(question.id.as_str()) {
            Some((Some(AnswerWord::NotApplicable), why)) => {
                Some(format!("answered not applicable, because {}", why.unwrap_or("(no reason given)")))
            }
            Some(_) => return,
            None => absent(members, &question.applies).or_else(|| {
                let always = question.quick || in_list.is_some_and(|list| list.quick);
                (self.depth == Depth::Quick && !always).then(|| "a quick review leaves it out".to_owned())
            }),
        };
        if let Some(reason) = reason {
            self.positions.insert(question.id.clone(), self.skipped.len());
            self.skipped.push(Skipped {
                id: question.id.clone(),
                title: question.text.clone(),
                questions: 1,
                checklist: false,
                reason,
            });
        } else if derived.get(&question.id).is_none_or(|answer| answer.draft || answer.answer == AnswerWord::Unknown) {
            self.asked.push(question.id.clone());
        }
    }
}

/// "no queue or stream in the review", where a review certainly has none of what is asked for.
fn absent(members: &Members<'_>, applies: &[String]) -> Option<String> {
    if members.nothing_described() || applies.is_empty() {
        return None;
    }
    let sets: Vec<Among> = applies.iter().filter_map(|word| Among::parse(word)).collect();
    let gone = |among: &Among| {
        let found = members.of(*among);
        found.members.is_empty() && found.unsaid.is_none()
    };
    if sets.is_empty() || !sets.iter().all(gone) {
        return None;
    }
    let names: Vec<&str> = sets.iter().map(|among| among.called()).collect();
    Some(format!("no {} in the review", names.join(" and no ")))
}

fn reason(about: &'static str, weighs: Weighs, text: String) -> SizeReason {
    SizeReason { about, weighs, text, entity: None, missing: None }
}

/// Steady growth × the peak above it, at their high ends.
fn growth(review: &Review) -> SizeReason {
    let growth = &review.growth;
    let traffic = growth.traffic.map(|traffic| traffic.high().value());
    let peaks = growth.peak.into_iter().chain(review.flows.iter().filter_map(|flow| flow.peak));
    let peak = peaks.map(|peak| peak.high().value()).reduce(f64::max);
    let all = traffic.unwrap_or(1.0) * peak.unwrap_or(1.0);
    let show = |value: f64| Multiple::new(value).to_string();
    let factors = match (traffic, peak) {
        (Some(traffic), Some(peak)) => {
            format!("traffic {} × peak {} = {} of today's load", show(traffic), show(peak), show(all))
        }
        (Some(traffic), None) => format!("traffic {}, the peak is not said", show(traffic)),
        (None, Some(peak)) => format!("peak {}, steady growth is not said", show(peak)),
        (None, None) => "neither steady growth nor a peak is said".to_owned(),
    };
    let entity = Some(EntityRef::only(crate::model::EntityKind::Growth));
    let missing = match (traffic, peak) {
        (_, None) => Some("growth.peak"),
        (None, _) => Some("growth.traffic"),
        _ => None,
    };
    if all >= MUCH_GROWTH {
        let text = format!("{factors}: {} or more", show(MUCH_GROWTH));
        SizeReason { entity, ..reason("growth", Weighs::Heavy, text) }
    } else if missing.is_some() {
        SizeReason { entity, missing, ..reason("growth", Weighs::Unknown, factors) }
    } else {
        let text = format!("{factors}: below {}", show(MUCH_GROWTH));
        SizeReason { entity, ..reason("growth", Weighs::Light, text) }
    }
}

/// The critical flows, their share of the value, and the strictest availability that is promised.
fn criticality(members: &Members<'_>) -> SizeReason {
    let review = members.review;
    let critical = members.of(Among::CriticalFlow);
    let flows = members.of(Among::Flow).members.len();
    let shares = critical.members.iter().filter_map(|flow| review.flows.get(flow.index)?.value_share);
    let shares: Vec<f64> = shares.map(|share| share.high().value()).collect();
    let value = shares.iter().sum::<f64>().min(1.0);
    let objectives = review.slos.iter().filter(|slo| slo.indicator == Some(Indicator::Availability));
    let strictest = objectives.filter_map(|slo| slo.objective).map(|one| one.high().value()).reduce(f64::max);
    let mut text = format!("{} of {} critical", critical.members.len(), counted(flows, "flow"));
    if !shares.is_empty() {
        text = format!("{text}, with {} of the value", Ratio::new(value));
    }
    if let Some(strictest) = strictest {
        text = format!("{text}; the strictest availability objective is {}", Percent::new(strictest));
    }
    let entity = critical.members.first().copied();
    if value >= MUCH_VALUE || strictest.is_some_and(|strictest| strictest >= STRICT) {
        return SizeReason { entity, ..reason("criticality", Weighs::Heavy, text) };
    }
    if let Some((key, entity, count)) = critical.unsaid {
        let text = format!("{text}; {count} of {} do not say whether they are critical", counted(flows, "flow"));
        return SizeReason { entity: Some(entity), missing: Some(key), ..reason("criticality", Weighs::Unknown, text) };
    }
    if shares.len() < critical.members.len() {
        let text = format!("{text}; how much of the value hangs on them is not said");
        return SizeReason {
            entity,
            missing: Some("flow.value_share"),
            ..reason("criticality", Weighs::Unknown, text)
        };
    }
    if flows == 0 {
        return SizeReason {
            missing: Some("flow"),
            ..reason("criticality", Weighs::Unknown, "no flow is described".to_owned())
        };
    }
    SizeReason { entity, ..reason("criticality", Weighs::Light, text) }
}

/// The component whose loss fails the most: critical flows first, then flows.
fn blast_radius(members: &Members<'_>) -> SizeReason {
    const ABOUT: &str = "blast radius";
    let (review, graph) = (members.review, members.graph);
    // Counted over the flows once; only the worst is followed into the graph.
    let mut lost: HashMap<ComponentIndex, (usize, usize)> = HashMap::new();
    let mut walked = 0;
    for expansion in graph.expansions().iter().filter(|expansion| expansion.entry.is_some()) {
        walked += 1;
        let critical = review.flows.get(expansion.flow.0).is_some_and(|flow| flow.critical == Some(true));
        for visit in expansion.components.iter().filter(|visit| visit.fails_flow) {
            let (critical_flows, flows) = lost.entry(visit.component).or_default();
            *flows += 1;
            *critical_flows += usize::from(critical);
        }
    }
    let worst = lost.into_iter().max_by(|(a, lost_by_a), (b, lost_by_b)| lost_by_a.cmp(lost_by_b).then(b.cmp(a)));
    let Some((component, (critical, flows))) = worst else {
        let text = "no flow says whom it calls".to_owned();
        return SizeReason { missing: Some("flow.calls"), ..reason(ABOUT, Weighs::Unknown, text) };
    };
    let id = graph.name(component).to_owned();
    let slos = graph.blast_radius(&Element::Component(id.clone())).slos.len();
    let text = format!(
        "losing {id} fails {flows} of {} ({critical} critical) and misses {}",
        counted(walked, "flow"),
        counted(slos, "SLO")
    );
    let heavy = critical >= CRITICAL_FLOWS_LOST || flows >= FLOWS_LOST;
    let entity = Some(EntityRef::new(crate::model::EntityKind::Component, component.0));
    SizeReason { entity, ..reason(ABOUT, if heavy { Weighs::Heavy } else { Weighs::Light }, text) }
}

/// Decisions that stand or are put forward and can hardly be taken back.
fn one_way(review: &Review) -> SizeReason {
    const ABOUT: &str = "one-way decisions";
    let live =
        |status: Option<DecisionStatus>| !matches!(status, Some(DecisionStatus::Rejected | DecisionStatus::Superseded));
    let all: Vec<_> = review.decisions.iter().enumerate().filter(|(_, decision)| live(decision.status)).collect();
    let with = |door: Option<Door>| all.iter().filter(move |(_, decision)| decision.door == door);
    let at = |index: usize| Some(EntityRef::new(crate::model::EntityKind::Decision, index));
    let (one_way, unsaid) = (with(Some(Door::OneWay)).count(), with(None).count());
    let text = format!("{one_way} of {} can hardly be taken back", counted(all.len(), "decision"));
    if let Some((index, decision)) = with(Some(Door::OneWay)).next() {
        let text = format!("{text}: {}", super::promise::short(&Element::Flow(decision.id().to_owned())));
        return SizeReason { entity: at(*index), ..reason(ABOUT, Weighs::Heavy, text) };
    }
    if let Some((index, _)) = with(None).next() {
        let text = format!("{text}; {unsaid} do not say");
        return SizeReason {
            entity: at(*index),
            missing: Some("decision.door"),
            ..reason(ABOUT, Weighs::Unknown, text)
        };
    }
    reason(ABOUT, Weighs::Light, if all.is_empty() { "no decision is recorded".to_owned() } else { text })
}

/// The stores of record, and whether it is said what may be lost of them.
fn data(members: &Members<'_>) -> SizeReason {
    let stores = members.of(Among::Store);
    let lacks =
        |keys: &[&str]| stores.members.iter().find(|store| members.review.said(**store, keys).is_none()).copied();
    let without = stores
        .members
        .iter()
        .filter(|store| ["rpo", "rto"].iter().any(|key| members.review.said(**store, &["recovery", key]).is_none()))
        .count();
    let text = format!(
        "{} of record, {without} without a stated loss and recovery time",
        counted(stores.members.len(), "store")
    );
    let entity = stores.members.first().copied();
    if stores.members.len() >= MANY_STORES {
        return SizeReason { entity, ..reason("data", Weighs::Heavy, text) };
    }
    let missing = [(["recovery", "rpo"], "component.recovery.rpo"), (["recovery", "rto"], "component.recovery.rto")]
        .iter()
        .find_map(|(keys, name)| Some((lacks(keys)?, *name)));
    if let Some((entity, key)) = missing {
        return SizeReason { entity: Some(entity), missing: Some(key), ..reason("data", Weighs::Unknown, text) };
    }
    if let Some((key, entity, count)) = stores.unsaid {
        let text = format!("{text}; {} without a kind may be stores", counted(count, "component"));
        return SizeReason { entity: Some(entity), missing: Some(key), ..reason("data", Weighs::Unknown, text) };
    }
    if stores.members.is_empty() && members.nothing_described() {
        let text = "no component is described".to_owned();
        return SizeReason { missing: Some("component"), ..reason("data", Weighs::Unknown, text) };
    }
    SizeReason { entity, ..reason("data", Weighs::Light, text) }
}
