//! The review document: deterministic, complete, and inert whatever a review says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

use std::fmt::Write as _;

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

#[test]
fn the_same_review_gives_the_same_bytes() {
    assert_eq!(markdown(WHOLE), markdown(WHOLE));
    assert_eq!(with(WHOLE, report::json), with(WHOLE, report::json));
}

#[test]
fn an_empty_review_has_a_document() {
    let document = markdown("");
    for heading in [
        "## The answer",
        "## What has to happen",
        "## Targets and growth",
        "## Flows",
        "## Findings, by the flow they hurt",
        "## What fills up, in order",
        "## When things fail",
        "## How far it goes",
        "## Decisions",
        "## Questions and answers",
        "## What would change our mind",
        "## Assumptions and provenance",
        "## Open",
        "## Parked",
        "## Not looked at",
        "## Proof and evidence",
    ] {
        assert!(document.contains(&format!("\n{heading}\n")), "{heading} in\n{document}");
    }
    assert!(document.contains("No action is agreed.") && document.contains("Cannot tell whether the plan fits"));
    well_formed(&document);
}

/// Every table has the same number of cells in each row, at most 7; no HTML but the marks; returns the texts of headings.
fn well_formed(document: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
    let mut cells = 0;
    let mut columns = None;
    let mut headings = Vec::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(document, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::Table(alignments)) => {
                assert!(alignments.len() < 8, "{} columns", alignments.len());
                columns = Some(alignments.len());
            }
            Event::Start(Tag::TableHead | Tag::TableRow) => cells = 0,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(TagEnd::TableHead | TagEnd::TableRow) => assert_eq!(Some(cells), columns),
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => headings.extend(heading.take()),
            Event::Text(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::Html(html) => assert!(html.starts_with("<!-- ") && html.trim_end().ends_with("-->"), "{html}"),
            Event::InlineHtml(html) => panic!("html: {html}"),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => panic!("link to {dest_url}"),
            _ => {}
        }
    }
    // What pulldown-cmark forgives (a row with too many cells) a reader does not see: count bars, too.
    let mut lines = document.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(next) = lines.peek()
            && line.starts_with('|')
            && next.starts_with('|')
        {
            let count = |line: &str| line.replace("\\|", "").matches('|').count();
            assert_eq!(count(line), count(next), "\n{line}\n{next}");
        }
    }
    headings
}

const HOSTILE: &[&str] = &[
    "a|b||c",
    "\\|x\\",
    "`tick` ``two``",
    "<script>alert(1)</script>",
    "<!-- keep:notes -->",
    "<!-- /keep -->",
    "--> x <b>y</b>",
    "\u{1b}[31mred\u{7}\u{9b}0m",
    "line\nbreak\r\nand\ttab\u{2028}x",
    "# heading\n## other",
    "* item",
    "[link](javascript:alert) ![i](x)",
    "\u{202e}reversed\u{2066}",
    "\"quote\" 'single' ] } ) ; end",
    "%%{init: {'theme':'x'}}%% %% y",
    "{{ 7 * 7 }} {% for x in y %}",
    "```\nfence\n```",
    "&lt;b&gt; &#60;",
    "***",
    "___",
    "---",
    "| --- | --- |",
    "",
    " ",
];

/// A review in which every text is the hostile one.
fn hostile(text: &str) -> String {
    let t = serde_json::to_string(text).unwrap().replace('\u{7f}', "\\u007f");
    format!(
        r#"format = 1
[review]
title = {t}
system = {t}
facilitator = {t}
participants = [{t}, "x"]
scope = {t}
[growth]
traffic = 2
[growth.cost]
currency = {t}
monthly_budget = 5
[[slo]]
id = {t}
flow = {t}
policy = {t}
degradation = {t}
[[component]]
id = {t}
name = {t}
workers = 4
service_time = "5ms"
[[component]]
id = "b"
[[component]]
id = "alone"
name = {t}
[[dependency]]
from = {t}
to = "b"
mode = "sync"
fallback = {t}
on_failure = "degrade"
pool = {{ size = 3 }}
[[flow]]
id = {t}
name = {t}
entry = {t}
rate = "50/s"
calls = [{{ from = {t}, to = "b" }}]
[[hotspot]]
id = {t}
at = {t}
signal = {t}
mitigation = {t}
[[failure]]
at = {t}
when = "slow"
user_sees = {t}
detected_by = {t}
[[measure]]
at = {t}
signal = {t}
query = {t}
[[load_test]]
flow = {t}
notes = {t}
[[answer]]
question = "fast-path.timeouts"
answer = "not-applicable"
reason = {t}
note = {t}
evidence = {t}
by = {t}
[[answer]]
question = {t}
answer = "yes"
[[decision]]
id = {t}
title = {t}
constraint = {t}
pattern = {t}
because = {t}
fails_first = {t}
measure = {t}
revisit = {t}
decider = {t}
findings = [{t}]
options = [{{ name = {t}, scores = {{ {t} = 3 }} }}, {{ name = "B", scores = {{ {t} = 2 }} }}]
weights = {{ {t} = 2 }}
dissent = [{{ by = {t}, says = {t}, expects = {t} }}]
[[triage]]
finding = {t}
status = "accepted"
reason = {t}
[[action]]
id = {t}
title = {t}
owner = {t}
done_when = {t}
from = {t}
[[parked]]
title = {t}
goes_to = {t}
from = {t}
[[meeting]]
present = [{t}]
items = [{{ at = {t}, out = {t} }}]
"#
    )
}

#[test]
fn hostile_texts_break_nothing() {
    let plain: Vec<String> =
        well_formed(&markdown(&hostile("plain"))).into_iter().map(|heading| heading.replace("plain", "…")).collect();
    let long = "x".repeat(10_000);
    for text in HOSTILE.iter().copied().chain([long.as_str()]) {
        let document = markdown(&hostile(text));
        let headings = well_formed(&document);
        // The same sections: no text made a heading, or unmade one.
        if !text.trim().is_empty() {
            assert_eq!(headings.len(), plain.len(), "{text:?}\n{headings:#?}");
        }
        assert!(!document.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        assert!(!document.contains('\u{202e}'), "{text:?}");
        // Exactly the marks of the template.
        assert_eq!(document.matches("<!--").count(), markdown(&hostile("plain")).matches("<!--").count(), "{text:?}");
        assert!(document.len() < 1_500_000, "{} bytes", document.len());
        // A second export keeps what stands between the marks.
        let edited = document.replace("<!-- keep:notes -->\n", "<!-- keep:notes -->\nby hand\n");
        let merged = report::merge_keeps(&edited, &document).unwrap();
        assert_eq!(merged, edited);
        let json: serde_json::Value = serde_json::from_str(&with(&hostile(text), report::json)).unwrap();
        assert_eq!(json["format"], 1);
    }
}

#[test]
fn diagrams_are_inert_and_stay_under_the_limits_of_renderers() {
    for text in HOSTILE {
        let diagram = with(&hostile(text), |subject| report::mermaid(subject.review));
        for line in diagram.text.lines().skip(1) {
            assert!(line.starts_with("  n"), "{line}");
            assert!(line.matches('"').count() % 2 == 0 && !line.contains('<') && !line.contains("%%"), "{line}");
        }
        let dot = with(&hostile(text), |subject| report::dot(subject.review));
        assert!(dot.lines().skip(2).all(|line| line.ends_with(';') || line == "}"), "{dot}");
    }
    let mut many = String::from("[[flow]]\nid = \"f\"\nentry = \"c0\"\ncalls = [\n");
    for call in 0..1_000 {
        let _ = writeln!(many, "{{ from = \"c{}\", to = \"c{}\" }},", call / 2, call + 1);
    }
    many.push_str("]\n");
    for component in 0..=1_000 {
        let _ = writeln!(many, "[[component]]\nid = \"c{component}\"\nname = \"{}\"", "long name ".repeat(20));
    }
    let diagram = with(&many, |subject| report::flow_diagram(subject.review, &subject.review.flows[0]));
    assert!(diagram.text.matches("-->").count() < 500 && diagram.text.chars().count() < 50_000);
    assert!(
        diagram.edges > 100 && diagram.note.as_deref().is_some_and(|note| note.contains("of 1000 arrows")),
        "{:?}",
        diagram.note
    );
    assert!(diagram.text.contains("more arrows are not drawn"));
    let document = markdown(&many);
    assert!(document.contains(diagram.note.as_deref().unwrap()));
    let same =
        "[[flow]]\nid=\"f\"\nentry=\"a\"\ncalls=[{from=\"a\",to=\"b\"},{from=\"a\",to=\"b\"},{from=\"a\",to=\"b\"}]\n";
    let diagram = with(same, |subject| report::flow_diagram(subject.review, &subject.review.flows[0]));
    assert!(diagram.edges == 1 && diagram.text.contains("|\"3 calls\"|") && diagram.note.is_some(), "{diagram:?}");
}

#[test]
fn a_template_that_is_wrong_says_where() {
    let fails = |text: &str| {
        with(WHOLE, |subject| report::markdown(subject, Template { name: "own.jinja", text }).unwrap_err())
    };
    let error = fails("# {{ review.title }}\n{{ reveiw.title }}\n");
    assert_eq!((error.name.as_str(), error.line), ("own.jinja", Some(2)), "{error}");
    let error = fails("# x\n\n{% for a in actions %}\n");
    assert!(error.line.is_some() && error.to_string().starts_with("own.jinja:"), "{error}");
    let error = fails("{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}");
    assert!(error.message.contains("loop without an end"), "{error}");
    let error = fails("{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}");
    assert!(error.line.is_some(), "{error}");
    let own = "{{ review.title }}: {{ actions | length }} actions, {{ review.nothing is defined }}\n";
    let document = with(WHOLE, |subject| report::markdown(subject, Template { name: "own", text: own }).unwrap());
    assert_eq!(document, "Shop: before the holiday peak: 1 actions, False\n");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), failure_persistence: None, ..proptest::prelude::ProptestConfig::with_cases(300) })]

    /// Whatever is between pairing marks is in the merged document, and merging again changes nothing.
    #[test]
    fn kept_text_is_never_lost(
        blocks in proptest::collection::vec(("[a-c]", "[ -;=-~äé\n]{0,40}"), 0..6),
        between in "[ -;=-~\n]{0,20}",
    ) {
        let new = "# T\n<!-- keep:a -->\n<!-- /keep -->\ntext\n<!-- keep:b -->\nas generated\n<!-- /keep -->\n";
        let mut old = String::new();
        for (name, text) in &blocks {
            let _ = write!(old, "{between}\n<!-- keep:{name} -->\n{text}\n<!-- /keep -->\n");
        }
        let merged = report::merge_keeps(&old, new).unwrap();
        for (_, text) in &blocks {
            proptest::prop_assert!(merged.contains(text.trim_end_matches('\n')) || text.trim().is_empty(), "{text:?} in {merged}");
        }
        proptest::prop_assert_eq!(report::merge_keeps(&merged, new).unwrap(), merged);
    }
}
