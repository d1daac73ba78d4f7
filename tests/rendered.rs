//! Markdown as lines: what the preview shows, at every width and whatever the text is.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "workbench/harness.rs"]
mod harness;

use harness::Bench;
use jiff::civil::date;
use kneepoint::document::{Parsed, parse};
use kneepoint::model::Evidence;
use kneepoint::report::{self, Custom};
use kneepoint::workbench::rendered::render;
use kneepoint::workbench::view::{Line, Role};
use proptest::prelude::*;

const SHOP: &str = include_str!("../examples/ecommerce/review.toml");

fn exported(text: &str) -> String {
    let (review, map, problems) = parse(text);
    let parsed = Parsed { review, map, problems };
    report::document("review.toml", text, &parsed, &Evidence::default(), date(2026, 11, 23), &Custom::default())
        .unwrap()
}

fn text(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line.text().trim_end().to_owned()).collect()
}

fn shows(markdown: &str, cells: usize, expected: &[&str]) {
    let shown = text(&render(markdown, cells));
    assert_eq!(shown, expected, "{}", shown.join("\n"));
}

fn assert_fits(markdown: &str, cells: usize) {
    for line in render(markdown, cells) {
        assert!(line.width() <= cells.max(1), "{} > {cells}: {:?} of {markdown:?}", line.width(), line.text());
    }
}

/// The role of the piece that holds a text.
fn role(lines: &[Line], text: &str) -> Role {
    let pieces = lines.iter().flat_map(|line| &line.pieces);
    pieces.into_iter().find(|piece| piece.text.contains(text)).unwrap_or_else(|| panic!("no piece holds {text}")).role
}

#[test]
fn headings_and_paragraphs() {
    shows(
        "# Shop: *peak*\nOne line of\nwords, **bold words**, and\\\nanother.\n\n## The answer\n\n---\n",
        24,
        &[
            "Shop: peak",
            "━━━━━━━━━━",
            "",
            "One line of words, bold",
            "words, and",
            "another.",
            "",
            "The answer",
            "",
            "────────────────────────",
        ],
    );
}

#[test]
fn emphasis_keeps_its_role_and_sticks_to_its_neighbours() {
    let lines = render("# Head *h*\n\n### Third\n\nplain **bold**, *em* ***both*** `co de` <b>x</b>", 80);
    assert_eq!(lines.last().unwrap().text(), "plain bold, em both co de <b>x</b>");
    let expected = [
        ("Head h", Role::Accent),
        ("━", Role::Accent),
        ("Third", Role::Strong),
        ("plain", Role::Plain),
        ("bold", Role::Strong),
        ("em", Role::Accent),
        ("both", Role::Strong),
        ("co de", Role::Key),
        (", ", Role::Plain),
    ];
    for (text, expected) in expected {
        assert_eq!(role(&lines, text), expected, "{text}");
    }
    // A comma never begins a line.
    shows("xx **bold**, y", 7, &["xx", "bold, y"]);
}

#[test]
fn links_show_where_they_lead_unless_they_say_so() {
    let lines = render("[run](https://r.example/x) <https://a.example> [b.example](b.example) ![](p.png)", 90);
    assert_eq!(text(&lines), ["run (https://r.example/x) https://a.example b.example p.png"]);
    assert_eq!(role(&lines, "(https://r"), Role::Dim);
    assert_eq!(role(&lines, "run"), Role::Plain);
}

#[test]
fn lists_and_quotes() {
    shows(
        "Do:\n- one long item here\n- two\n  - deep words\n-\n\n> quoted text goes on\n>\n> 9. nine\n> 10. ten is long\n>\n> ```\n> code\n> ```",
        14,
        &[
            "Do:",
            "",
            "• one long",
            "  item here",
            "• two",
            "  • deep words",
            "•",
            "",
            "│ quoted text",
            "│ goes on",
            "│",
            "│ 9. nine",
            "│ 10. ten is",
            "│     long",
            "│",
            "│   code",
        ],
    );
    shows("1. a\n\n2. b\n\n   c", 20, &["1. a", "", "2. b", "", "   c"]);
}

#[test]
fn code_and_comments() {
    let source = "<!-- keep:summary -->\nBy hand.\n<!-- /keep -->\n\n<!-- two\nlines -->\n\n<details open>\nin it\n\n\
                  ```mermaid\nflowchart LR\n  a --> b\n\n\tc --> d\n```\n\nend<br>of <!-- in --> it";
    let lines = render(source, 16);
    assert_eq!(
        text(&lines),
        [
            "<!--",
            "keep:summary -->",
            "By hand.",
            "<!-- /keep -->",
            "",
            "<!-- two",
            "lines -->",
            "",
            "<details open>",
            "in it",
            "",
            "  flowchart LR",
            "    a --> b",
            "",
            "      c --> d",
            "",
            "end",
            "of <!-- in -->",
            "it",
        ]
    );
    for (text, expected) in [
        ("keep:summary", Role::Dim),
        ("By hand", Role::Plain),
        ("lines", Role::Dim),
        ("details", Role::Plain),
        ("flowchart", Role::Dim),
        ("<!-- in", Role::Dim),
    ] {
        assert_eq!(role(&lines, text), expected, "{text}");
    }
    // Code is broken where it ends, not at words.
    shows("```\nabcd efgh ijkl\n```", 6, &["abcd e", "fgh ij", "kl"]);
}

const TABLE: &str = "\
| What | Rate | At |\n|---|--:|:-:|\n| orders-db \\| main | 400 | x |\n| api | **9** | `y` |\n";

#[test]
fn tables_are_aligned() {
    shows(
        TABLE,
        60,
        &[
            "What             │ Rate │ At",
            "─────────────────┼──────┼───",
            "orders-db | main │  400 │ x",
            "api              │    9 │ y",
        ],
    );
    let lines = render(TABLE, 60);
    assert_eq!(role(&lines, "What"), Role::Strong);
    assert_eq!(role(&lines, "9"), Role::Strong);
    assert_eq!(role(&lines, "400"), Role::Plain);
    assert_eq!(role(&lines, "┼"), Role::Dim);
}

#[test]
fn long_cells_take_several_lines() {
    shows(
        TABLE,
        25,
        &[
            "What          │ Rate │ At",
            "──────────────┼──────┼───",
            "orders-db |   │  400 │ x",
            "main          │      │",
            "┄┄┄┄┄┄┄┄┄┄┄┄┄┄┼┄┄┄┄┄┄┼┄┄┄",
            "api           │    9 │ y",
        ],
    );
}

#[test]
fn tables_that_do_not_fit_become_records() {
    shows(TABLE, 17, &["What: orders-db |", "  main", "Rate: 400", "At: x", "", "What: api", "Rate: 9", "At: y"]);
    // Without a header the first of two cells is the key.
    let nameless = "| | |\n|---|---|\n| **Verdict** | It holds until the peak. |\n| Status | draft |\n";
    shows(
        nameless,
        24,
        &["Verdict │ It holds until", "        │ the peak.", "┄┄┄┄┄┄┄┄┼┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄", "Status  │ draft"],
    );
    shows(nameless, 13, &["Verdict: It", "  holds until", "  the peak.", "Status: draft"]);
}

#[test]
fn wide_characters_take_two_cells() {
    shows("東京都に行く。はい", 7, &["東京都", "に行", "く。は", "い"]);
    shows("| 名 | n |\n|---|---|\n| 東京 | 1 |\n| é👩‍💻 | 2 |", 40, &["名   │ n", "─────┼──", "東京 │ 1", "é👩‍💻  │ 2"]);
    shows("東 a", 1, &["…", "a"]);
}

#[test]
fn what_must_not_reach_a_terminal_is_made_visible() {
    let source = "a\u{1b}[31m &#27;[2J `\u{9b}x`\n\n```\n\u{1b}]0;t\u{7}\n```\n\n<!-- \u{202e}\u{1b} -->\n\n|\u{1b}|\n|-|\n|\u{7}|\n\n[x](\u{1b}y)";
    let lines = render(source, 40);
    let shown = text(&lines).join("");
    assert!(shown.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{shown:?}");
    assert!(shown.contains("a␛[31m ␛[2J") && shown.contains("␛]0;t␇"), "{shown}");
}

#[test]
fn long_words_are_broken_at_their_joints_and_end_somewhere() {
    shows("payments->orders-db-writes", 12, &["payments->", "orders-db-", "writes"]);
    shows("abcdefghij", 4, &["abcd", "efgh", "ij"]);
    let lines = render(&"x".repeat(1_000_000), 10);
    assert!(lines.len() < 500 && lines.last().unwrap().text().ends_with('…'), "{}", lines.len());
}

#[test]
fn nesting_beyond_the_width_stays_readable_and_cheap() {
    for deep in [20, 5_000] {
        let quotes = format!("{} word\n\n- x", ">".repeat(deep));
        let lists =
            (0..deep.min(300)).map(|depth| format!("{}- item\n", "  ".repeat(depth))).collect::<Vec<_>>().concat();
        for cells in [1, 2, 3, 7, 40] {
            assert_fits(&quotes, cells);
            assert_fits(&lists, cells);
            let joined: String = text(&render(&quotes, cells)).concat();
            assert!(joined.replace(['│', ' '], "").starts_with("word"), "{joined}");
        }
    }
}

#[test]
fn thousands_of_rows_and_columns() {
    let mut rows = "| id | text |\n|---|---|\n".to_owned();
    rows.extend((0..5_000).map(|row| format!("| c{row} | some words of row {row} |\n")));
    assert_eq!(render(&rows, 80).len(), 5_002);
    assert_eq!(render(&rows, 9).iter().filter(|line| line.text().starts_with("id: ")).count(), 5_000);
    let columns = format!("|{}\n|{}\n|{}\n", "a|".repeat(3_000), "-|".repeat(3_000), "b|".repeat(3_000));
    assert_eq!(render(&columns, 80).len(), 3_000);
}

#[test]
fn the_exported_document_fits_every_width() {
    let document = exported(SHOP);
    let headings: Vec<&str> = document.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert!(headings.len() > 5, "{headings:?}");
    for cells in 1..=200 {
        assert_fits(&document, cells);
    }
    for cells in [40, 78, 118] {
        let lines = render(&document, cells);
        for heading in &headings {
            let line = lines.iter().find(|line| line.text() == *heading).unwrap_or_else(|| panic!("no {heading}"));
            assert_eq!(line.pieces[0].role, Role::Accent);
        }
    }
}

#[test]
fn no_word_of_the_document_is_lost() {
    let document =
        "Para *one* of `code`.\n\n- item **two**\n\n> quote [l](u)\n\n| k | v |\n|---|---|\n| a b c d e f | g h |\n";
    let letters = |text: &str| {
        let mut letters: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).collect();
        letters.sort_unstable();
        letters
    };
    for cells in 17..100 {
        assert_eq!(letters(&text(&render(document, cells)).concat()), letters(document), "at {cells}");
    }
}

#[test]
fn the_preview_wraps_to_its_pane_and_scrolls() {
    let mut bench = Bench::open(SHOP);
    bench.keys("m");
    let wide = bench.screen();
    assert!(wide.contains("━━━━━━━━") && !wide.contains("|---"), "{wide}");
    bench.keys("end");
    let end = bench.screen();
    assert_ne!(wide, end);
    assert!(at_the_end(&end), "{end}");
    bench.keys("up");
    assert!(!at_the_end(&bench.screen()));
    // What is at the top stays there when the pane is narrower, and when it is as wide as before.
    bench.keys("home");
    for _ in 0..1_000 {
        if top(&bench.screen()).starts_with("Targets and growth") {
            break;
        }
        bench.keys("down");
    }
    let before = bench.screen();
    for (width, height) in [(60, 20), (90, 30), (60, 36), (200, 40)] {
        let screen = bench.resize(width, height).screen();
        assert!(top(&screen).starts_with("Targets and growth"), "{screen}");
    }
    assert_eq!(bench.resize(120, 36).screen(), before);
    bench.keys("home");
    assert_eq!(bench.screen(), wide);
}

/// The first line of the work.
fn top(screen: &str) -> &str {
    screen.lines().nth(2).and_then(|line| line.strip_prefix('┃')).unwrap_or_default()
}

/// Whether the label in the border says that the last line is shown: `12–30/30`.
fn at_the_end(screen: &str) -> bool {
    screen.lines().any(|line| {
        let label = line.split_once('–').and_then(|(_, rest)| rest.split_whitespace().next());
        label.and_then(|label| label.split_once('/')).is_some_and(|(last, total)| last == total)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_text_fits_any_width(
        parts in prop::collection::vec(prop_oneof![
            "[ -~]{0,12}", "\\PC{0,6}", ".{0,6}",
            prop::sample::select(vec![
                "\n", "\n\n", "| ", "|---|--:|\n", "| a | b |\n", "> ", "- ", "  ", "1. ", "```\n", "<!--", "-->", "<p>\n",
                "# ", "**", "*", "`", "[x](y)", "\t", "東京", "👩‍💻", "\u{1100}\u{1100}\u{1100}", "لا", "\\\n", "---\n", "\r\n", "\u{301}",
            ]).prop_map(str::to_owned),
        ], 0..60),
        cells in 0_usize..60,
    ) {
        assert_fits(&parts.concat(), cells);
    }
}
