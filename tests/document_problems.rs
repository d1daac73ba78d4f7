//! What is wrong with a file is listed at its line and shown without harm.

use kneepoint::document::{decode, encode, parse, render_problem};
use kneepoint::model::ProblemKind;

fn rendered(text: &str) -> Vec<String> {
    let (_, map, problems) = parse(text);
    problems.iter().map(|problem| render_problem("shop.review.toml", text, &map, problem, false)).collect()
}

#[test]
fn a_problem_is_shown_with_its_line_and_what_was_meant() {
    let text = "format = 1\n\n[[component]]\nid = \"api\"\nkind = \"servce\"  # a slip\n";
    assert_eq!(
        rendered(text),
        [
            "error[unknown-word]: `servce` is not a component kind\n --> shop.review.toml:5:8\n  |\n5 | kind = \"servce\"  # a slip\n  |        ^^^^^^^^\n  |\n  = help: did you mean `service`?"
        ]
    );
}

#[test]
fn long_lines_are_cut_and_no_escape_reaches_a_terminal() {
    let long = format!(
        "a = \"{}\"\n\u{1b}]0;x\u{7} = 1\n[[component]]\nid = \"x\\u001b[31m\u{9b}y\u{202e}\"\nname = 3 # {}\n",
        "y".repeat(1_000_000),
        "z".repeat(500)
    );
    for color in [false, true] {
        let (_, map, problems) = parse(&long);
        assert!(problems.len() >= 4, "{problems:?}");
        for problem in &problems {
            let shown = render_problem("a\u{1b}b", &long, &map, problem, color);
            assert!(shown.len() < 2_000, "{}", shown.len());
            let plain = if color { without_styles(&shown) } else { shown };
            assert!(!plain.chars().any(|c| c.is_control() && c != '\n'), "{plain:?}");
            assert!(!plain.contains(['\u{202e}', '\u{9b}']), "{plain:?}");
        }
    }
}

/// Without the escapes that the renderer itself writes: `ESC [ digits and semicolons m`.
fn without_styles(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        let after = rest[at + 2..].trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = after.strip_prefix('m').unwrap_or("\u{1b}");
    }
    plain + rest
}

const PLANTED: &str = include_str!("data/planted-errors.toml");

/// The planted file with what a text file cannot hold: bytes that are not UTF-8, and a string of a megabyte.
fn planted() -> Vec<u8> {
    let mut bytes = PLANTED.as_bytes().to_vec();
    bytes.extend_from_slice(b"\n[[hotspot]]\nid = \"h\"\nat = \"api\"\nsignal = \"caf\xe9\"   # 22\nmitigation = \"");
    bytes.extend(std::iter::repeat_n(b'm', 1_000_000));
    bytes.extend_from_slice(b"\"   # 23\n\n[tenancy]\nnotes = \"\"\"   # 24 and 25: never closed\n\n[[measure]]\nat = \"api\"\nsignal = \"rate\"\n");
    bytes
}

#[test]
fn every_planted_error_is_listed_at_its_line_and_the_rest_is_read() {
    let bytes = planted();
    let (text, encoding) = decode(&bytes);
    assert_eq!(encode(&text, encoding), bytes);
    let (review, map, problems) = parse(&text);
    // The quickest of some runs: other tests work at the same time.
    let time = || {
        let started = std::time::Instant::now();
        let _ = parse(&text);
        started.elapsed()
    };
    let took = (0..5).map(|_| time()).min().unwrap();
    assert!(took.as_millis() < 200, "{took:?}");

    let line_with = |mark: &str| text.lines().position(|line| line.contains(mark)).map(|line| line + 1).unwrap();
    let expected = [
        ("# 1 ", ProblemKind::UnknownWord),
        ("# 2 ", ProblemKind::WrongType),
        ("# 3 ", ProblemKind::WrongType),
        ("# 4 ", ProblemKind::WrongType),
        ("# 5 ", ProblemKind::UnknownKey),
        ("# 6 ", ProblemKind::OutOfRange),
        ("# 7 ", ProblemKind::OutOfRange),
        ("# 8 ", ProblemKind::WrongType),
        ("# 9 ", ProblemKind::Contradiction),
        ("# 10 ", ProblemKind::BadId),
        ("# 11 ", ProblemKind::Duplicate),
        ("# 12 ", ProblemKind::BadId),
        ("# 13 ", ProblemKind::OddText),
        ("# 14 ", ProblemKind::Syntax),
        ("# 15 ", ProblemKind::Syntax),
        ("# 16 ", ProblemKind::DanglingReference),
        ("calls = [", ProblemKind::Syntax),
        ("# 18 ", ProblemKind::DanglingReference),
        ("# 20 ", ProblemKind::Syntax),
        ("# 21 ", ProblemKind::UnknownKey),
        ("# 22", ProblemKind::Encoding),
        ("# 23", ProblemKind::OddText),
        ("# 24", ProblemKind::UnknownKey),
        ("# 24", ProblemKind::Syntax),
    ];
    let found: Vec<_> =
        problems.iter().map(|problem| (map.position(&text, problem.span.start).line, problem.kind)).collect();
    for (mark, kind) in expected {
        assert!(found.contains(&(line_with(mark), kind)), "{mark} {kind:?} at {}: {found:?}", line_with(mark));
    }
    assert!(problems.iter().any(|problem| problem.kind == ProblemKind::MissingKey), "an SLO without id");
    assert!(found.is_sorted_by_key(|(line, _)| *line));

    // Everything around the mistakes works.
    assert_eq!(review.component("broken").unwrap().workers.unwrap().value(), 4.0);
    assert!(review.component("after-header").is_some());
    assert_eq!(review.flow("checkout").unwrap().calls.as_ref().unwrap().len(), 1);
    assert_eq!(review.slos[0].objective.unwrap().value(), 99.0);
    assert_eq!(review.measures.len(), 1);
    assert_eq!(review.measures[0].signal.as_deref(), Some("rate"));

    for problem in &problems {
        let shown = render_problem("planted.review.toml", &text, &map, problem, false);
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n') && shown.len() < 2_000, "{shown:?}");
        let line = map.position(&text, problem.span.start);
        assert!(shown.contains(&format!("planted.review.toml:{}:{}\n", line.line, line.column)), "{shown}");
    }
}
