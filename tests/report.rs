//! The review document: deterministic, complete, and inert whatever a review says.

use jiff::civil::{Date, date};
use kneepoint::analysis::{Settings, analyze};
use kneepoint::document::parse;
use kneepoint::model::Evidence;
use kneepoint::report::{self, QuestionSource, Subject, Template};

const AS_OF: Date = date(2026, 11, 23);

fn with<R>(text: &str, use_it: impl FnOnce(&Subject<'_>) -> R) -> R {
    let (review, source, problems) = parse(text);
    let evidence = Evidence::default();
    let analysis = analyze(&review, &evidence, &Settings::new(AS_OF));
    let questions = [QuestionSource {
        title: "Step 2: the fast path".to_owned(),
        step: true,
        questions: vec![
            ("fast-path.timeouts".to_owned(), "Does every call on the fast path have a timeout?".to_owned()),
            ("fast-path.chain".to_owned(), "How many calls wait for each other?".to_owned()),
        ],
    }];
    use_it(&Subject {
        file: "shop.review.toml",
        text,
        review: &review,
        source: &source,
        problems: &problems,
        analysis: &analysis,
        evidence: &evidence,
        as_of: AS_OF,
        questions: &questions,
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
