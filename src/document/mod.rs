//! Text ⇄ model: parsing that never fails on content, edits that keep every other byte, files that are never lost.
//!
//! Must not know what a finding, a screen or a metric is.

mod edit;
mod encoding;
mod excerpt;
pub mod files;
mod lines;
mod merge;
mod render;
mod source_map;
mod syntax;
mod tokens;
mod tree;
mod unified;

pub use edit::{Document, EditError, Parsed, UndoLabel, difference, entity_name, literal, plain};
pub use encoding::{Encoding, decode, encode};
pub use excerpt::{ExcerptLine, excerpt};
pub use lines::{LineIndex, Position};
pub use merge::{Conflict, Merge, Side};
pub use render::render_problem;
pub use source_map::{SourceMap, entity_of};
pub use unified::unified_diff;

use crate::model::{Problem, Reader, Review, Table, resolve};

/// Reads a review. Never fails on content: what cannot be read is a problem, and everything else is in the review.
///
/// Problems are in the order of the text.
pub fn parse(text: &str) -> (Review, SourceMap, Vec<Problem>) {
    let (tree, problems) = syntax::read(text);
    let (review, problems) = interpret(text, &tree.root, problems);
    (review, SourceMap::new(tree, LineIndex::new(text)), problems)
}

/// Reads the values of any TOML, for files that are no reviews. Never fails: what is no TOML is a problem.
pub fn values(text: &str) -> (SourceMap, Vec<Problem>) {
    let (tree, mut problems) = syntax::read(text);
    problems.append(&mut encoding::problems(text));
    (SourceMap::new(tree, LineIndex::new(text)), problems)
}

/// What a tree says, with the problems of its syntax and of its content in the order of the text.
fn interpret(text: &str, root: &Table, mut problems: Vec<Problem>) -> (Review, Vec<Problem>) {
    let mut reader = Reader::default();
    let review = Review::read(root, &mut reader);
    problems.append(&mut encoding::problems(text));
    problems.append(&mut reader.problems);
    problems.append(&mut resolve(&review));
    problems.sort_by_key(|problem| (problem.span.start, std::cmp::Reverse(problem.gravity)));
    (review, problems)
}
