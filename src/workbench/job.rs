//! Work for the background, as values: pure, so that the runtime only has to find a thread for it.

use super::message::Done;
use super::screens::{GraphPlan, GraphRequest};
use super::session::SharedReview;
use crate::analysis::difference::{Side, difference};
use crate::analysis::{Settings, analyze};
use crate::document::parse;
use crate::model::Evidence;
use crate::report::{Custom, document};
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
        }
    }
}
