//! The scorecard and the size of the review, with what moves them.

use super::Subject;
use crate::analysis::{Check, Mover, Moves, ScoreLine};
use crate::rules::{Severity, registry};
use serde::Serialize;
use std::collections::BTreeMap;

/// More movers of a line than this are counted, not listed.
const MOST_MOVERS: usize = 6;
/// More identities of a mover than this are for `kneepoint check`.
const MOST_FINDINGS: usize = 10;
/// More ids with one reason than this are counted, not listed.
const MOST_IDS: usize = 40;

/// An axis of the method, or a dimension of growth.
#[derive(Debug, Clone, Serialize)]
pub struct ScoreRow {
    /// `resilient`, `traffic` …
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it means.
    pub about: String,
    /// `axis` or `dimension`.
    pub scale: &'static str,
    /// How it stands: `at risk`, `weak`, `mostly holds`, `unknown`, `mostly unknown`, `holds as far as known`, `holds`.
    pub verdict: &'static str,
    /// The counts in words: "2 of 9 checks fail; 3 cannot tell".
    pub counts: String,
    /// How many checks pull it down.
    pub down: usize,
    /// How many cannot tell.
    pub unknown: usize,
    /// How many have only findings that somebody decided about.
    pub decided: usize,
    /// How many hold.
    pub holds: usize,
    /// What pulls it down and what would lift it, the worst in front.
    pub pulled_down_by: Vec<MoverRow>,
    /// How many are left out.
    pub pulled_down_by_more: usize,
    /// What is not known, and what would tell.
    pub unknown_because: Vec<MoverRow>,
    /// How many are left out.
    pub unknown_because_more: usize,
    /// The checks that hold.
    pub held_by: Vec<String>,
}

/// Something that moves a line.
#[derive(Debug, Clone, Serialize)]
pub struct MoverRow {
    /// The rule's code, or the question's id.
    pub check: String,
    /// The rule's name; `null` for a question.
    pub name: Option<&'static str>,
    /// The worst of its findings, or how much an answer weighs.
    pub severity: Option<&'static str>,
    /// What is the case.
    pub text: String,
    /// What would lift the line.
    pub lift: String,
    /// The identities of its findings.
    pub findings: Vec<String>,
    /// How many of them are left out.
    pub findings_more: usize,
}

/// How much review the system deserves.
#[derive(Debug, Clone, Serialize)]
pub struct Size {
    /// `quick` or `full`.
    pub depth: &'static str,
    /// The proposal in a sentence.
    pub sentence: String,
    /// Why.
    pub reasons: Vec<SizeReasonRow>,
    /// The questions that people should answer.
    pub asked: Vec<String>,
    /// The titles of the checklists that apply.
    pub checklists: Vec<String>,
    /// What is left out, by reason.
    pub skipped: Vec<SkippedRow>,
}

/// A reason for the depth.
#[derive(Debug, Clone, Serialize)]
pub struct SizeReasonRow {
    /// `growth`, `criticality`, `blast radius`, `one-way decisions`, `data`.
    pub about: &'static str,
    /// `small`, `asks for full`, `unknown`.
    pub weighs: &'static str,
    /// The numbers.
    pub text: String,
    /// The key that is missing.
    pub missing: Option<&'static str>,
}

/// What is left out for one reason.
#[derive(Debug, Clone, Serialize)]
pub struct SkippedRow {
    /// The title of a checklist; `null` for single questions.
    pub checklist: Option<String>,
    /// The ids of the questions; of a checklist, its own id.
    pub ids: Vec<String>,
    /// How many ids are left out.
    pub ids_more: usize,
    /// How many questions it stands for.
    pub questions: usize,
    /// Why.
    pub reason: String,
}

pub(super) fn scorecard(subject: &Subject<'_>) -> Vec<ScoreRow> {
    subject.analysis.scorecard.lines.iter().map(|line| row(subject, line)).collect()
}

fn row(subject: &Subject<'_>, line: &ScoreLine) -> ScoreRow {
    let listed = |moves| {
        let rows: Vec<MoverRow> = line.of(moves).take(MOST_MOVERS).map(|mover| mover_row(subject, mover)).collect();
        let more = line.count(moves) - rows.len();
        (rows, more)
    };
    let (pulled_down_by, pulled_down_by_more) = listed(Moves::Down);
    let (unknown_because, unknown_because_more) = listed(Moves::Unknown);
    ScoreRow {
        id: line.id.clone(),
        title: line.title.clone(),
        about: line.about.clone(),
        scale: line.scale.word(),
        verdict: line.verdict.words(),
        counts: line.sentence.clone(),
        down: line.count(Moves::Down),
        unknown: line.count(Moves::Unknown),
        decided: line.count(Moves::Decided),
        holds: line.count(Moves::Holds),
        pulled_down_by,
        pulled_down_by_more,
        unknown_because,
        unknown_because_more,
        held_by: line.of(Moves::Holds).map(|mover| mover.check.to_string()).collect(),
    }
}

fn mover_row(subject: &Subject<'_>, mover: &Mover) -> MoverRow {
    let ids = mover.findings.iter().filter_map(|index| subject.analysis.findings.get(*index));
    let findings: Vec<String> = ids.take(MOST_FINDINGS).map(|finding| finding.id.clone()).collect();
    MoverRow {
        check: mover.check.to_string(),
        name: match &mover.check {
            Check::Rule(code) => registry::find(code).map(|rule| rule.info.name),
            Check::Question(_) => None,
        },
        severity: mover.severity.map(Severity::word),
        text: mover.text.clone(),
        lift: mover.lift.clone(),
        findings_more: mover.findings.len() - findings.len(),
        findings,
    }
}

pub(super) fn size(subject: &Subject<'_>) -> Size {
    let sizing = &subject.analysis.sizing;
    let mut skipped: Vec<SkippedRow> = Vec::new();
    let mut single: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &sizing.skipped {
        if one.checklist {
            skipped.push(SkippedRow {
                checklist: Some(one.title.clone()),
                ids: vec![one.id.clone()],
                ids_more: 0,
                questions: one.questions,
                reason: one.reason.clone(),
            });
            continue;
        }
        // Questions with one reason share a row, where the first of them stands.
        let at = *single.entry(one.reason.as_str()).or_insert_with(|| {
            skipped.push(SkippedRow {
                checklist: None,
                ids: Vec::new(),
                ids_more: 0,
                questions: 0,
                reason: one.reason.clone(),
            });
            skipped.len() - 1
        });
        if let Some(row) = skipped.get_mut(at) {
            row.questions += 1;
            if row.ids.len() < MOST_IDS {
                row.ids.push(one.id.clone());
            } else {
                row.ids_more += 1;
            }
        }
    }
    let title = |id: &String| subject.knowledge.checklist(id).map(|list| list.title.clone());
    Size {
        depth: sizing.depth.word(),
        sentence: sizing.sentence.clone(),
        reasons: sizing
            .reasons
            .iter()
            .map(|reason| SizeReasonRow {
                about: reason.about,
                weighs: reason.weighs.word(),
                text: reason.text.clone(),
                missing: reason.missing,
            })
            .collect(),
        asked: sizing.asked.clone(),
        checklists: sizing.checklists.iter().filter_map(title).collect(),
        skipped,
    }
}
