//! The review document: deterministic, complete, and inert whatever a review says.

use jiff::civil::{Date, date};
use kneepoint::analysis::{Settings, analyze};
use kneepoint::document::parse;
use kneepoint::knowledge::Knowledge;
use kneepoint::model::Evidence;
use kneepoint::report::{self, Subject, Template};

const AS_OF: Date = date(2026, 11, 23);

fn with<R>(text: &str, use_it: impl FnOnce(&Subject<'_>) -> R) -> R {
    let (review, source, problems) = parse(text);
    let evidence = Evidence::default();
    let analysis = analyze(&review, &evidence, &Settings::new(AS_OF));
    use_it(&Subject {
        file: "shop.review.toml",
        text,
        review: &review,
        source: &source,
        problems: &problems,
        analysis: &analysis,
        evidence: &evidence,
        as_of: AS_OF,
        knowledge: Knowledge::embedded(),
    })
}

fn markdown(text: &str) -> String {
    with(text, |subject| report::markdown(subject, Template::default()).unwrap())
}

const WHOLE: &str = include_str!("data/whole-format.toml");

#[test]
fn the_document_of_the_whole_format() {
    insta::assert_snapshot!(markdown(WHOLE));
}
