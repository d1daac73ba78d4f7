//! What one decider says of a question: how often it holds, how often not, and where nothing is said.

use super::{Citation, Ground, MOST_CITED, MissingKey, computed};
use crate::analysis::members::Members;
use crate::knowledge::{Among, Decider, Said};
use crate::model::{Element, EntityKind, EntityRef};
use jiff::civil::Date;

/// A cited value is no longer than this.
const LONGEST_VALUE: usize = 48;

/// What a decider says.
#[derive(Debug, Default)]
pub(super) struct Vote {
    /// How often it holds.
    pub(super) holds: usize,
    /// How often it does not.
    pub(super) fails: usize,
    /// How often it cannot be told.
    pub(super) unsaid: usize,
    /// Whether one place that cannot be told leaves the question open: so it is with rules.
    pub(super) strict: bool,
    /// Whether it could not be asked at all.
    pub(super) not_run: bool,
    /// Whether it rests on measured numbers only.
    pub(super) measured: bool,
    /// In a clause, with counts.
    pub(super) says: String,
    /// What speaks against, the first few.
    pub(super) against: Vec<Citation>,
    /// What holds, the first few.
    pub(super) holding: Vec<Citation>,
    /// How many places of what holds can be cited.
    pub(super) cited_holds: usize,
    /// What is missing, the first few.
    pub(super) missing: Vec<MissingKey>,
}

impl Vote {
    /// A place where it holds.
    pub(super) fn hold(&mut self, cite: impl FnOnce() -> Citation) {
        self.holds += 1;
        self.cited_holds += 1;
        if self.holding.len() < MOST_CITED {
            self.holding.push(cite());
        }
    }

    /// A place where it does not.
    pub(super) fn fail(&mut self, cite: impl FnOnce() -> Citation) {
        self.fails += 1;
        if self.against.len() < MOST_CITED {
            self.against.push(cite());
        }
    }

    /// A place where nothing is said.
    pub(super) fn lack(&mut self, missing: impl FnOnce() -> MissingKey) {
        self.unsaid += 1;
        if self.missing.len() < MOST_CITED {
            self.missing.push(missing());
        }
    }
}

/// An element's name without blanks around an arrow.
pub(super) fn place(name: &str) -> String {
    match Element::ends(name) {
        Some((from, to)) => format!("{from}->{to}"),
        None => name.trim().to_owned(),
    }
}

/// `api -> db: timeout 250 ms`.
pub(super) fn citation(members: &Members<'_>, entity: EntityRef, keys: &[&str], said: &str) -> Citation {
    let at = members.element(entity);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let value: String = if said.chars().count() > LONGEST_VALUE {
        said.chars().take(LONGEST_VALUE - 1).chain(['…']).collect()
    } else {
        said
    };
    let key = keys.join(".");
    let at = if at == Element::Review { entity.kind.table().to_owned() } else { at.to_string() };
    Citation {
        text: format!("{at}: {key} {value}").trim_end().to_owned(),
        entity: Some(entity),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        finding: None,
    }
}

/// Asks a decider.
pub(super) fn cast(ground: &Ground<'_>, decider: &Decider) -> Vote {
    match decider {
        Decider::Rule(code) => rule(ground, code),
        Decider::Every(among, keys, said) => every(ground, *among, keys, said),
        Decider::Some(among, keys, said) => some(ground, *among, keys, said),
        Decider::Measures(among, signal) => measures(ground, *among, signal),
        Decider::Computed(what) => computed::cast(ground, *what),
    }
}

fn rule(ground: &Ground<'_>, code: &str) -> Vote {
    let Some(tally) = ground.per_rule.get(code) else { return Vote { not_run: true, ..Vote::default() } };
    let mut vote = Vote { holds: tally.passed, strict: true, ..Vote::default() };
    for index in ground.findings.get(code).into_iter().flatten() {
        let Some(finding) = ground.all_findings.get(*index) else { continue };
        vote.fail(|| Citation {
            text: finding.id.clone(),
            entity: finding.entity,
            keys: finding.keys.clone(),
            finding: Some(*index),
        });
    }
    for one in ground.cannot_tell.get(code).into_iter().flatten() {
        let at = if one.element == Element::Review { String::new() } else { one.element.to_string() };
        vote.lack(|| MissingKey { key: one.missing.clone(), at, entity: one.entity });
    }
    // Those that are not listed are counted all the same.
    vote.unsaid = tally.cannot_tell;
    let mut parts = Vec::new();
    if vote.fails > 0 {
        parts.push(format!("finds {}", vote.fails));
    }
    if vote.holds > 0 {
        parts.push(format!("passes at {}", vote.holds));
    }
    if vote.unsaid > 0 {
        parts.push(format!("cannot tell at {}", vote.unsaid));
    }
    vote.says = format!("{code} {}", parts.join(", "));
    vote
}

/// What a value is for a decider.
enum Verdict {
    Holds,
    Fails,
    Unsaid,
}

fn judge(value: &str, wanted: &Said, today: Date) -> Verdict {
    match wanted {
        Said::Anything => Verdict::Holds,
        // Of a list of items each has to be one of the words.
        Said::OneOf(words) => {
            if value.split(", ").all(|part| words.iter().any(|word| word == part)) {
                Verdict::Holds
            } else {
                Verdict::Fails
            }
        }
        Said::Within(days) => match value.parse::<Date>() {
            Ok(date) => match today.since(date).map(|span| span.get_days()) {
                Ok(age) if (0..=*days).contains(&age) => Verdict::Holds,
                // What lies ahead was not done yet.
                Ok(age) if age < 0 => Verdict::Unsaid,
                _ => Verdict::Fails,
            },
            Err(_) => Verdict::Unsaid,
        },
    }
}

fn key_of(among: Among, keys: &[String]) -> String {
    format!("{}.{}", among.kind().table(), keys.join("."))
}

fn lacking(ground: &Ground<'_>, among: Among, keys: &[String], entity: EntityRef) -> MissingKey {
    let at = match ground.members.element(entity) {
        Element::Review => String::new(),
        element => element.to_string(),
    };
    MissingKey { key: key_of(among, keys), at, entity: Some(entity) }
}

fn wanted(said: &Said) -> String {
    match said {
        Said::Anything => String::new(),
        Said::OneOf(words) => format!(" = {}", words.join(" or ")),
        Said::Within(days) => format!(" within {days} days"),
    }
}

fn every(ground: &Ground<'_>, among: Among, keys: &[String], said: &Said) -> Vote {
    let found = ground.members.of(among);
    let mut vote = Vote::default();
    let path: Vec<&str> = keys.iter().map(String::as_str).collect();
    for entity in &found.members {
        let value = ground.members.review.said(*entity, &path);
        let verdict = value.as_deref().map_or(Verdict::Unsaid, |value| judge(value, said, ground.today));
        let cite = || citation(ground.members, *entity, &path, value.as_deref().unwrap_or_default());
        match verdict {
            Verdict::Holds => vote.hold(cite),
            Verdict::Fails => vote.fail(cite),
            Verdict::Unsaid => vote.lack(|| lacking(ground, among, keys, *entity)),
        }
    }
    // Who may belong to them and does not say so leaves it open, where nobody does for sure.
    if let (true, Some((key, entity, count))) = (found.members.is_empty(), found.unsaid) {
        let at = match ground.members.element(entity) {
            Element::Review => String::new(),
            element => element.to_string(),
        };
        vote.lack(|| MissingKey { key: key.to_owned(), at, entity: Some(entity) });
        vote.unsaid = count.max(1);
        vote.says = format!("{key} is not said at {count}");
        return vote;
    }
    let all = found.members.len();
    vote.says = format!("{}{} at {} of {all}", key_of(among, keys), wanted(said), vote.holds);
    vote
}

fn some(ground: &Ground<'_>, among: Among, keys: &[String], said: &Said) -> Vote {
    let each = every(ground, among, keys, said);
    let found = ground.members.of(among);
    let key = format!("{}{}", key_of(among, keys), wanted(said));
    if found.members.is_empty() {
        let table = among.kind().table().to_owned();
        let mut vote = Vote { says: format!("no {} in the review", among.called()), ..Vote::default() };
        let missing = if each.unsaid > 0 { key_of(among, keys) } else { table };
        vote.lack(|| MissingKey { key: missing, at: String::new(), entity: None });
        return vote;
    }
    // One is enough: what the others say or leave out does not speak against it.
    if each.holds > 0 {
        let says = format!("{key} at {}", each.holds);
        return Vote { fails: 0, unsaid: 0, against: Vec::new(), missing: Vec::new(), says, ..each };
    }
    if each.unsaid > 0 {
        return Vote { fails: 0, against: Vec::new(), says: format!("{key} is not said"), ..each };
    }
    Vote { says: format!("{key} at none of {}", found.members.len()), ..each }
}

/// The names under which a measure of an entity may stand: its own, and for a flow that of where it enters.
fn measured_at(ground: &Ground<'_>, entity: EntityRef) -> Vec<String> {
    let mut names = vec![ground.members.element(entity).compact()];
    if entity.kind == EntityKind::Flow
        && let Some(flow) = ground.members.review.flows.get(entity.index)
    {
        names.push(flow.entry().to_owned());
    }
    names
}

fn measures(ground: &Ground<'_>, among: Among, signal: &str) -> Vote {
    let found = ground.members.of(among);
    let mut vote = Vote { measured: !found.members.is_empty(), ..Vote::default() };
    for entity in &found.members {
        let names = measured_at(ground, *entity);
        let known = names.iter().find_map(|name| {
            let index = ground.measures.get(&(name.clone(), signal))?;
            Some((name, *index))
        });
        let Some((name, index)) = known else {
            vote.measured = false;
            let at = ground.members.element(*entity).to_string();
            vote.lack(|| MissingKey { key: format!("measure of {signal}"), at, entity: Some(*entity) });
            continue;
        };
        let value = ground.measured.get(&(name.clone(), signal)).copied();
        vote.measured &= value.is_some();
        vote.hold(|| {
            let value = value.map_or("has a measure".to_owned(), |value| {
                format!("measured {}", crate::metrics::Unit::of_signal(signal).show(value))
            });
            Citation {
                text: format!("{name}: {signal} {value}"),
                entity: Some(EntityRef::new(EntityKind::Measure, index)),
                keys: vec!["signal".to_owned()],
                finding: None,
            }
        });
    }
    vote.says = format!("a measure of {signal} at {} of {}", vote.holds, found.members.len());
    vote
}
