//! Every screen at two sizes, as text with its meanings, and as the pictures of the README.
//!
//! `UPDATE=1 cargo test --test screens` writes them anew; look at the difference before it is committed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "workbench/harness.rs"]
mod harness;

use harness::Bench;
use kneepoint::workbench::view::{Role, View, paint, to_svg};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const SHOP: &str = include_str!("../examples/ecommerce/review.toml");
const BROKEN: &str = "format = 1\n\n[[component]]\nid = \"API\"\nkind = \"servce\"\nreplcas = 3\n\n[[dependency]]\nfrom = \"API\"\nto = \"db\"\n";

/// Name, review, keys.
const SCREENS: [(&str, &str, &str); 18] = [
    ("targets", SHOP, "1 shift-tab down tab"),
    ("flows", SHOP, "2 down down down down"),
    ("calls", SHOP, "2 shift-tab down down tab down down down shift-tab down tab"),
    ("bottlenecks", SHOP, "3 shift-tab down tab"),
    ("failure-paths", SHOP, "4 shift-tab down tab"),
    ("proof", SHOP, "5"),
    ("questions", SHOP, "1 shift-tab end tab"),
    ("graph", SHOP, "g"),
    ("graph-boxes", SHOP, "g + n"),
    ("findings", SHOP, "f"),
    ("decisions", SHOP, "D"),
    ("checklists", SHOP, "c shift-tab down down tab"),
    ("document", SHOP, "m"),
    ("knowledge", SHOP, "W shift-tab down down tab"),
    ("problems", BROKEN, "p"),
    ("editing", SHOP, "2 right enter"),
    ("adding", SHOP, "2 shift-tab down tab a"),
    ("palette", SHOP, ": \"step\""),
];

/// The pictures of the README.
const PICTURES: [(&str, &str); 7] = [
    ("targets", "1 shift-tab down tab"),
    ("flows", "2 down down down down"),
    ("graph", "g"),
    ("findings", "f"),
    ("bottlenecks", "3 shift-tab down tab"),
    ("proof", "5"),
    ("document", "m"),
];

/// The screen as text, and below it the rows in which something has a meaning that colour shows.
fn shown(view: &View) -> String {
    let grid = paint(view);
    let mut text = grid.text();
    text.push_str("-- meanings\n");
    for y in 0..grid.height {
        let mut runs = Vec::new();
        let row = grid.row(y);
        let mut x = 0;
        while x < row.len() {
            let role = row[x].role;
            let end = (x..row.len()).find(|column| row[*column].role != role).unwrap_or(row.len());
            if matches!(role, Role::Bad | Role::Warn | Role::Good | Role::Selected | Role::Cell | Role::Input) {
                runs.push(format!("{role:?} {x}-{}", end - 1));
            }
            x = end;
        }
        if !runs.is_empty() {
            let _ = writeln!(text, "{y}: {}", runs.join(", "));
        }
    }
    text
}

fn agrees(path: &Path, now: &str, stale: &mut Vec<String>) {
    if fs::read_to_string(path).unwrap_or_default() == now {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, now).unwrap();
    } else {
        stale.push(path.display().to_string());
    }
}

#[test]
fn screens_are_as_they_were_looked_at() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens");
    let mut stale = Vec::new();
    for (name, review, keys) in SCREENS {
        for (width, height) in [(120, 36), (80, 24)] {
            let mut bench = Bench::open(review);
            bench.resize(width, height).keys(keys);
            let now = shown(&bench.view());
            agrees(&root.join(format!("{name}-{width}x{height}.txt")), &now, &mut stale);
        }
    }
    assert!(stale.is_empty(), "screens changed (UPDATE=1 writes them anew): {stale:#?}");
}

#[test]
fn the_pictures_of_the_readme_are_the_real_screens() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    let mut stale = Vec::new();
    for (name, keys) in PICTURES {
        let mut bench = Bench::open(SHOP);
        bench.keys(keys);
        agrees(&root.join(format!("{name}.svg")), &to_svg(&bench.view()), &mut stale);
    }
    assert!(stale.is_empty(), "pictures changed (UPDATE=1 draws them anew): {stale:#?}");
}

#[test]
fn a_screen_without_colour_still_says_everything() {
    // Severity, selection, focus and saturation are told by characters, not by roles alone.
    let mut bench = Bench::open(SHOP);
    let findings = bench.keys("f").screen();
    assert!(findings.contains("!! high"), "{findings}");
    assert!(findings.contains('┏'), "the focused pane has a heavy border");
    let bottlenecks = bench.keys("3 shift-tab down tab").screen();
    assert!(bottlenecks.contains('▮'), "{bottlenecks}");
    let outline = bench.keys("1").screen();
    assert!(outline.contains("▸ "), "the chosen part is marked");
}
