//! Work for the background, as values: pure, so that the runtime only has to find a thread for it.

use super::message::Done;
use super::overlays::Tried;
use super::screens::{GraphPlan, GraphRequest};
use super::session::SharedReview;
use crate::analysis::difference::{Side, difference};
use crate::analysis::{Analysis, Settings, analyze};
use crate::document::parse;
use crate::model::Evidence;
use crate::report::{Custom, document};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What kind of work it is: newer work of a slot makes older work of it void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The analysis.
    Analysis,
    /// The layout of the graph.
    Layout,
    /// The document as it would be written.
    Preview,
    /// The difference to the last commit.
    Compare,
    /// What the edits that are offered would bring.
    Fixes,
}

/// A piece of work.
#[derive(Debug)]
pub enum Job {
    /// Analyse a revision.
    Analyze {
        /// The revision.
        revision: u64,
        /// Its review.
        review: SharedReview,
        /// What was measured.
        evidence: Arc<Evidence>,
        /// The day and the load.
        settings: Settings,
    },
    /// Lay out the graph of a revision.
    Layout {
        /// The revision.
        revision: u64,
        /// What to lay out.
        request: Box<GraphRequest>,
    },
    /// Compare a revision with what was committed last.
    Compare {
        /// The number of the request that the committed text answered.
        generation: u64,
        /// The revision.
        revision: u64,
        /// The committed text.
        committed: Arc<str>,
        /// The review's text.
        text: String,
        /// What it says.
        review: SharedReview,
        /// What was measured: counts for both.
        evidence: Arc<Evidence>,
        /// The day and the load.
        settings: Settings,
    },
    /// Write the document of a revision.
    Preview {
        /// The revision.
        revision: u64,
        /// The review's text.
        text: String,
        /// What it says.
        review: SharedReview,
        /// What was measured.
        evidence: Arc<Evidence>,
        /// The name of the file.
        file: String,
        /// The day and the load.
        settings: Settings,
        /// The method and the document template.
        custom: Arc<Custom>,
    },
    /// Analyse a revision as it would be with each of some edits.
    TryFixes {
        /// The revision.
        revision: u64,
        /// The id of the finding that each is to mend, and its text; none where it cannot be made.
        texts: Vec<(String, Option<String>)>,
        /// What is found without them.
        before: Arc<Analysis>,
        /// What was measured.
        evidence: Arc<Evidence>,
        /// The day and the load.
        settings: Settings,
    },
}

impl Job {
    /// Does the work. `cancelled` is looked at where it takes long; a cancelled job gives nothing.
    pub fn run(self, cancelled: &AtomicBool) -> Option<Done> {
        match self {
            Self::Analyze { revision, review, evidence, settings } => {
                let analysis = Box::new(analyze(&review, &evidence, &settings));
                Some(Done::Analysed { revision, analysis })
            }
            Self::Layout { revision, request } => {
                GraphPlan::of(&request, cancelled).map(|plan| Done::LaidOut { revision, plan: Box::new(plan) })
            }
            Self::Compare { generation, revision, committed, text, review, evidence, settings } => {
                // All findings, not the first of each rule: what is left out of a list would look new, or fixed.
                let settings = Settings { most: usize::MAX, ..settings };
                let (old, source, _) = parse(&committed);
                let before = analyze(&old, &evidence, &settings);
                if cancelled.load(Ordering::Relaxed) {
                    return None;
                }
                let after = analyze(&review, &evidence, &settings);
                let found = difference(
                    Side { text: &committed, review: &old, source: &source, analysis: &before },
                    Side { text: &text, review: &review, source: &review.parsed().map, analysis: &after },
                );
                Some(Done::Compared { generation, revision, difference: Box::new(found) })
            }
            Self::Preview { revision, text, review, evidence, file, settings, custom } => {
                let text = document(&file, &text, review.parsed(), &evidence, settings.today, &custom);
                let text = text.map_err(|error| error.to_string());
                Some(Done::Previewed { revision, text })
            }
            Self::TryFixes { revision, texts, before, evidence, settings } => {
                let mut tried = Vec::new();
                for (finding, text) in texts {
                    if cancelled.load(Ordering::Relaxed) {
                        return None;
                    }
                    tried.push(text.map(|text| try_fix(&finding, &text, &before, &evidence, &settings)));
                }
                Some(Done::Tried { revision, tried })
            }
        }
    }
}

/// What is found in a text in which a finding should be mended.
fn try_fix(finding: &str, text: &str, before: &Analysis, evidence: &Evidence, settings: &Settings) -> Tried {
    let after = analyze(&crate::document::parse(text).0, evidence, settings);
    let known: HashSet<&str> = before.findings.iter().map(|finding| finding.id.as_str()).collect();
    let new = after.findings.iter().filter(|finding| !known.contains(finding.id.as_str()));
    Tried {
        mends: after.findings.iter().all(|still| still.id != finding),
        brings: new.map(|finding| finding.id.clone()).collect(),
        summary: after.summary,
        promise: (after.promise.sentence != before.promise.sentence).then_some(after.promise.sentence),
    }
}
