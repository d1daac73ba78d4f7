//! Decisions with their tables: totals, and how little would have to change for another winner.

use crate::model::{Decision, Review};
use crate::units::significant;
use serde::Serialize;
use std::collections::BTreeSet;

/// More options than this make a table that is read sideways: they become rows.
const MOST_COLUMNS: usize = 5;
/// A winner that loses when one weight changes by this share or less is a close call.
const CLOSE: f64 = 0.25;

/// A decision.
#[derive(Debug, Clone, Serialize)]
pub struct OpenDecision {
    /// Its id.
    pub id: String,
    /// What it says.
    pub title: Option<String>,
    /// `proposed`, `accepted`, `rejected`, `superseded`.
    pub status: Option<&'static str>,
    /// What it answers.
    pub constraint: Option<String>,
    /// The pattern it uses.
    pub pattern: Option<String>,
    /// Why.
    pub because: Option<String>,
    /// What fails first with it.
    pub fails_first: Option<String>,
    /// What is watched.
    pub measure: Option<String>,
    /// When to look again, as a sentence.
    pub revisit: Option<String>,
    /// When to look again, as a day.
    pub review_by: Option<String>,
    /// When it was taken.
    pub date: Option<String>,
    /// Who took it.
    pub decider: Option<String>,
    /// `one-way` or `two-way`.
    pub door: Option<&'static str>,
    /// The findings it answers.
    pub findings: Vec<String>,
    /// Who disagreed: who, what they say, what they expect.
    pub dissent: Vec<String>,
    /// The options that were weighed; `null` where there are none.
    pub table: Option<DecisionTable>,
}

/// Options against criteria.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionTable {
    /// Whether the options fit beside each other; else each is a row.
    pub wide: bool,
    /// The options with their totals.
    pub options: Vec<TableOption>,
    /// The criteria with a score for each option.
    pub rows: Vec<TableRow>,
    /// Whether no weight is given, so that each criterion counts once.
    pub unweighted: bool,
    /// Whether a small change of one weight makes another option win, or two lead together.
    pub close: bool,
    /// What would have to change; `null` where there is nothing to compare.
    pub note: Option<String>,
}

/// A way to decide.
#[derive(Debug, Clone, Serialize)]
pub struct TableOption {
    /// What it is called.
    pub name: String,
    /// Score × weight over all criteria; `null` where a score is missing.
    pub total: Option<String>,
    /// Whether no other has a higher total.
    pub leads: bool,
    /// All scores in one text, for tables that are not wide.
    pub scores: String,
}

/// A criterion.
#[derive(Debug, Clone, Serialize)]
pub struct TableRow {
    /// What is scored.
    pub criterion: String,
    /// How much it counts; `null` where it does not.
    pub weight: Option<String>,
    /// The score of each option; `null` where it was not scored.
    pub scores: Vec<Option<String>>,
}

/// What would reopen a decision.
#[derive(Debug, Clone, Serialize)]
pub struct Trigger {
    /// What has to be seen.
    pub sign: String,
    /// For how long.
    pub duration: Option<String>,
    /// The decision it reopens, and whose sign it is.
    pub from: String,
    /// The day on which somebody looks anyway.
    pub look_at: Option<String>,
}

pub(super) fn decision(decision: &Decision) -> OpenDecision {
    let dissent = decision.dissent.iter().flatten().map(|dissent| {
        let by = dissent.by.as_deref().unwrap_or("somebody");
        let says = dissent.says.as_deref().unwrap_or("disagreed");
        let expects = dissent.expects.as_ref().map(|sign| format!(" (expects: {sign})")).unwrap_or_default();
        format!("{by}: {says}{expects}")
    });
    OpenDecision {
        id: decision.id().to_owned(),
        title: decision.title.clone(),
        status: decision.status.map(crate::model::DecisionStatus::word),
        constraint: decision.constraint.clone(),
        pattern: decision.pattern.as_ref().map(ToString::to_string),
        because: decision.because.clone(),
        fails_first: decision.fails_first.clone(),
        measure: decision.measure.clone(),
        revisit: decision.revisit.clone(),
        review_by: decision.review_by.map(|date| date.to_string()),
        date: decision.date.map(|date| date.to_string()),
        decider: decision.decider.clone(),
        door: decision.door.map(crate::model::Door::word),
        findings: decision.findings.iter().flatten().map(ToString::to_string).collect(),
        dissent: dissent.collect(),
        table: table(decision),
    }
}

/// The numbers of a decision table. `weights[c]` is `None` for a criterion that does not count.
struct Scores {
    weights: Vec<Option<f64>>,
    /// By option, then by criterion.
    scores: Vec<Vec<Option<f64>>>,
}

impl Scores {
    fn total(&self, option: usize) -> Option<f64> {
        let weighed = self.weights.iter().zip(&self.scores[option]);
        weighed.filter_map(|(weight, score)| weight.map(|weight| score.map(|score| score * weight))).sum()
    }
}

fn table(decision: &Decision) -> Option<DecisionTable> {
    let options = decision.options.as_deref().filter(|options| !options.is_empty())?;
    let weights = decision.weights.as_ref();
    let unweighted = weights.is_none_or(std::collections::BTreeMap::is_empty);
    let criteria: BTreeSet<&str> = weights
        .into_iter()
        .flat_map(|weights| weights.keys())
        .chain(options.iter().filter_map(|option| option.scores.as_ref()).flat_map(|scores| scores.keys()))
        .map(String::as_str)
        .collect();
    let criteria: Vec<&str> = criteria.into_iter().collect();
    let weight = |criterion: &str| {
        if unweighted {
            Some(1.0)
        } else {
            weights.and_then(|weights| weights.get(criterion)).map(crate::units::Estimate::value)
        }
    };
    let numbers = Scores {
        weights: criteria.iter().map(|criterion| weight(criterion)).collect(),
        scores: options
            .iter()
            .map(|option| {
                let score =
                    |criterion: &&str| option.scores.as_ref()?.get(*criterion).map(crate::units::Estimate::value);
                criteria.iter().map(score).collect()
            })
            .collect(),
    };
    let totals: Vec<Option<f64>> =
        (0..options.len()).map(|option| if criteria.is_empty() { None } else { numbers.total(option) }).collect();
    let best = totals.iter().flatten().copied().max_by(f64::total_cmp);
    let names: Vec<String> = options
        .iter()
        .enumerate()
        .map(|(position, option)| option.name.clone().unwrap_or_else(|| format!("option {}", position + 1)))
        .collect();
    let show = |value: f64| significant(value, 4);
    let (close, note) = sensitivity(&numbers, &totals, &criteria, &names);
    let rows = criteria.iter().enumerate().map(|(place, criterion)| TableRow {
        criterion: (*criterion).to_owned(),
        weight: numbers.weights[place].map(show),
        scores: numbers.scores.iter().map(|scores| scores[place].map(show)).collect(),
    });
    let rows: Vec<TableRow> = rows.collect();
    let options = names.into_iter().enumerate().map(|(position, name)| TableOption {
        name,
        total: totals[position].map(show),
        leads: totals[position].is_some() && totals[position] == best,
        scores: rows
            .iter()
            .map(|row| format!("{} {}", row.criterion, row.scores[position].as_deref().unwrap_or("?")))
            .collect::<Vec<_>>()
            .join(", "),
    });
    Some(DecisionTable {
        wide: numbers.scores.len() <= MOST_COLUMNS,
        options: options.collect(),
        rows,
        unweighted,
        close,
        note,
    })
}

/// Whether the winner is close, and which single weights would have to change to what for another to lead.
fn sensitivity(
    numbers: &Scores,
    totals: &[Option<f64>],
    criteria: &[&str],
    names: &[String],
) -> (bool, Option<String>) {
    let known: Vec<(usize, f64)> = totals.iter().enumerate().filter_map(|(o, total)| Some((o, (*total)?))).collect();
    let missing = totals.len() - known.len();
    let Some((winner, best)) = known.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))) else {
        let note = "No option has a score for every criterion: the table decides nothing.".to_owned();
        return (false, Some(note));
    };
    let missing = match missing {
        0 => String::new(),
        1 => " One option has scores missing and is left out.".to_owned(),
        more => format!(" {more} options have scores missing and are left out."),
    };
    if known.len() < 2 {
        return (false, (!missing.is_empty()).then(|| missing.trim_start().to_owned()));
    }
    if let Some((tied, _)) = known.iter().find(|(option, total)| *option != winner && *total == best) {
        let note = format!(
            "Close call: {} and {} lead together. The table does not decide this.",
            names[winner], names[*tied]
        );
        return (true, Some(note + &missing));
    }
    let mut turns: Vec<(f64, String)> = Vec::new();
    for (place, weight) in numbers.weights.iter().enumerate() {
        let Some(weight) = *weight else { continue };
        let mut nearest: Option<(f64, usize)> = None;
        for (rival, total) in &known {
            let (Some(mine), Some(theirs)) = (numbers.scores[winner][place], numbers.scores[*rival][place]) else {
                continue;
            };
            if *rival == winner || mine == theirs {
                continue;
            }
            // The weight at which the two totals meet.
            let turned = weight - (best - total) / (mine - theirs);
            if turned >= 0.0 && nearest.is_none_or(|(other, _)| (turned - weight).abs() < (other - weight).abs()) {
                nearest = Some((turned, *rival));
            }
        }
        if let Some((turned, rival)) = nearest {
            let change = (turned - weight).abs() / weight.max(f64::MIN_POSITIVE);
            let side = if turned > weight { "more" } else { "less" };
            let sentence = format!(
                "{} counts {} or {side} instead of {} (then {})",
                criteria[place],
                significant(turned, 3),
                significant(weight, 3),
                names[rival]
            );
            turns.push((change, sentence));
        }
    }
    turns.sort_by(|a, b| a.0.total_cmp(&b.0));
    let close = turns.first().is_some_and(|(change, _)| *change <= CLOSE);
    let shown: Vec<&str> = turns.iter().take(2).map(|(_, sentence)| sentence.as_str()).collect();
    let note = if shown.is_empty() {
        format!("{} leads whatever any single weight is.", names[winner])
    } else if close {
        format!(
            "Close call: {} leads unless {}. The table alone does not decide this.",
            names[winner],
            shown.join(", or ")
        )
    } else {
        format!("{} leads unless {}.", names[winner], shown.join(", or "))
    };
    (close, Some(note + &missing))
}

pub(super) fn triggers(review: &Review) -> Vec<Trigger> {
    let mut triggers = Vec::new();
    for decision in &review.decisions {
        let look_at = decision.review_by.map(|date| date.to_string());
        let before = triggers.len();
        if let Some(trigger) = &decision.trigger {
            let measure = trigger.measure.as_deref().unwrap_or("its measure");
            let sign = match (trigger.below, trigger.above) {
                (Some(below), Some(above)) => format!("{measure} below {below} or above {above}"),
                (Some(below), None) => format!("{measure} below {below}"),
                (None, Some(above)) => format!("{measure} above {above}"),
                (None, None) => format!("{measure}: no threshold is given"),
            };
            let sign = decision.revisit.as_ref().map_or(sign.clone(), |sentence| format!("{sentence} ({sign})"));
            triggers.push(Trigger {
                sign,
                duration: trigger.duration.map(|time| time.to_string()),
                from: decision.id().to_owned(),
                look_at: look_at.clone(),
            });
        } else if let Some(sentence) = &decision.revisit {
            triggers.push(Trigger {
                sign: sentence.clone(),
                duration: None,
                from: decision.id().to_owned(),
                look_at: look_at.clone(),
            });
        }
        for dissent in decision.dissent.iter().flatten() {
            if let Some(sign) = &dissent.expects {
                let by = dissent.by.as_deref().unwrap_or("dissent");
                triggers.push(Trigger {
                    sign: sign.clone(),
                    duration: None,
                    from: format!("{}, expected by {by}", decision.id()),
                    look_at: look_at.clone(),
                });
            }
        }
        if triggers.len() == before && look_at.is_some() {
            triggers.push(Trigger {
                sign: "the day alone".to_owned(),
                duration: None,
                from: decision.id().to_owned(),
                look_at,
            });
        }
    }
    triggers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(options: &str, weights: &str) -> DecisionTable {
        let text = format!("[[decision]]\nid = \"d\"\noptions = [{options}]\nweights = {{ {weights} }}\n");
        let (review, _, problems) = crate::document::parse(&text);
        assert!(problems.is_empty(), "{problems:?}");
        table(&review.decisions[0]).unwrap()
    }

    #[test]
    fn totals_are_weighed_and_the_nearest_turn_is_named() {
        let table = decided(
            "{ name = \"A\", scores = { protects = 5, feels = 4, effort = 2 } }, { name = \"B\", scores = { protects = 4, feels = 3, effort = 5 } }, { name = \"C\", scores = { protects = 1, feels = 2, effort = 5 } }",
            "protects = 4, feels = 3, effort = 2",
        );
        let totals: Vec<_> = table.options.iter().map(|option| option.total.as_deref()).collect();
        assert_eq!(totals, [Some("36"), Some("35"), Some("20")]);
        assert!(table.close && table.options[0].leads && !table.options[1].leads);
        assert!(
            table.note.as_deref().unwrap().contains("effort counts 2.33 or more instead of 2 (then B)"),
            "{:?}",
            table.note
        );
    }

    #[test]
    fn a_missing_score_is_unknown_and_not_nothing() {
        let table = decided(
            "{ name = \"A\", scores = { cost = 5 } }, { name = \"B\", scores = { effort = 9 } }",
            "cost = 1, effort = 1",
        );
        assert!(table.options.iter().all(|option| option.total.is_none() && !option.leads));
        assert!(table.note.unwrap().contains("decides nothing"));
    }

    #[test]
    fn a_clear_winner_is_not_called_close_and_a_tie_is() {
        let table = decided(
            "{ name = \"A\", scores = { x = 5, y = 5 } }, { name = \"B\", scores = { x = 1, y = 2 } }",
            "x = 3, y = 1",
        );
        assert!(
            !table.close && table.note.as_deref() == Some("A leads whatever any single weight is."),
            "{:?}",
            table.note
        );
        let table = decided("{ name = \"A\", scores = { x = 1 } }, { name = \"B\", scores = { x = 1 } }", "x = 3");
        assert!(table.close && table.options.iter().all(|option| option.leads));
    }
}
