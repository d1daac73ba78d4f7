//! "Since the last commit" in the workbench, by key scripts on a real git repository. Without git it says that it is
//! skipped.

#![expect(clippy::unwrap_used, reason = "the steps that tests share stop at the first surprise")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

#[path = "workbench/harness.rs"]
mod harness;

use harness::{Bench, SMALL};
use jiff::civil::date;
use kneepoint::document::decode;
use kneepoint::document::files::committed;
use kneepoint::workbench::{Effect, Msg, Place, Start};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn git(folder: &Path, arguments: &[&str]) -> bool {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]);
    git.args(arguments).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null");
    git.output().is_ok_and(|ran| ran.status.success())
}

fn commit(folder: &Path, text: &str) {
    std::fs::write(folder.join("shop.review.toml"), text).unwrap();
    assert!(git(folder, &["add", "--all"]) && git(folder, &["commit", "--quiet", "--message", "a step"]));
}

/// A repository without a commit; none where there is no git.
fn repository() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    if git(folder.path(), &["init", "--quiet"]) {
        return Some(folder);
    }
    println!("skipped: there is no git here");
    None
}

fn open(folder: &Path, text: &str) -> Bench {
    Bench::start(Start {
        text: text.to_owned(),
        path: Some(folder.join("shop.review.toml")),
        on_disk: Some(text.to_owned()),
        recovered: None,
        offers: Vec::new(),
        greeting: None,
        today: date(2026, 11, 23),
        custom: Arc::default(),
    })
}

/// Asks git as the program does, and hands the answers over.
fn answer(bench: &mut Bench) -> usize {
    let effects = std::mem::take(&mut bench.effects);
    let mut answered = 0;
    for effect in effects {
        if let Effect::ReadCommitted { generation, path } = effect {
            let read = committed(&path, &AtomicBool::new(false));
            let text = read.map(|bytes| decode(&bytes).0).map_err(|error| error.to_string());
            bench.send(Msg::Committed { generation, path, text });
            answered += 1;
        } else {
            bench.effects.push(effect);
        }
    }
    answered
}

#[track_caller]
fn shows(bench: &mut Bench, texts: &[&str]) {
    let screen = bench.screen();
    for text in texts {
        assert!(screen.contains(text), "`{text}` is not on\n{screen}");
    }
}

#[test]
fn an_edit_is_shown_beside_the_last_commit_and_leads_to_its_key() {
    let Some(folder) = repository() else { return };
    commit(folder.path(), SMALL);
    let mut bench = open(folder.path(), SMALL);
    bench.keys("V");
    shows(&mut bench, &["Asking git for the last commit"]);
    assert_eq!(answer(&mut bench), 1);
    shows(&mut bench, &["The review says what it said in the last commit."]);

    // The edit is not saved and counts all the same; the comparison follows at once.
    bench.keys(r#"2 right right right right enter ctrl-u "16" enter"#);
    bench.keys("V");
    answer(&mut bench);
    shows(&mut bench, &["component api", "workers", "8", "16", "Since the last commit · 1"]);
    bench.keys("enter");
    assert!(matches!(bench.bench.place(), Place::Form(entity) if entity.index == 0), "{:?}", bench.bench.place());
    bench.keys(r#"enter ctrl-u "32" enter"#);
    assert!(bench.text().contains("workers = 32"), "the cursor is on the key:\n{}", bench.text());
    bench.keys("esc");
    assert_eq!(bench.bench.place(), Place::SinceCommit);
    shows(&mut bench, &["workers", "32"]);
    bench.keys("u u");
    shows(&mut bench, &["The review says what it said in the last commit."]);
    assert_eq!(bench.text(), SMALL);
}

#[test]
fn findings_and_what_is_gone_have_rows_of_their_own() {
    let Some(folder) = repository() else { return };
    let shop = include_str!("../examples/ecommerce/review.toml");
    commit(folder.path(), shop);
    let mut bench = open(folder.path(), shop);
    // A dependency goes, and another one loses its timeout, which is a finding.
    let at = shop.find("[[dependency]]").unwrap();
    let end = at + 2 + shop[at + 2..].find("[[").unwrap();
    let timeout = shop[end..].find("timeout ").unwrap() + end;
    let line = shop[timeout..].find('\n').unwrap() + timeout;
    let without = format!("{}{}{}", &shop[..at], &shop[end..timeout], &shop[line..]);
    bench.send(Msg::EditorReturned(Ok(without)));
    bench.keys("V");
    answer(&mut bench);
    shows(&mut bench, &["Everything", "Findings", "The review", "+ KP203", "new"]);
    // The part with the findings alone, then the review's own words.
    bench.keys("shift-tab down down tab enter");
    assert!(matches!(bench.bench.place(), Place::Form(entity) if entity.kind.table() == "dependency"));
    bench.keys("esc shift-tab end tab");
    shows(&mut bench, &["- dependency", "removed"]);
    bench.keys("end enter");
    shows(&mut bench, &["It stood in the last commit and is gone"]);
    bench.keys("esc d");
    shows(&mut bench, &["Nothing can be deleted here"]);
}

#[test]
fn what_git_cannot_say_is_said() {
    let Some(folder) = repository() else { return };
    std::fs::write(folder.path().join("shop.review.toml"), SMALL).unwrap();
    let mut bench = open(folder.path(), SMALL);
    bench.keys("V");
    answer(&mut bench);
    shows(&mut bench, &["nothing was committed", "V asks again"]);
    std::fs::write(folder.path().join("other"), "").unwrap();
    assert!(git(folder.path(), &["add", "other"]) && git(folder.path(), &["commit", "--quiet", "--message", "x"]));
    bench.keys("V");
    answer(&mut bench);
    shows(&mut bench, &["there is no `shop.review.toml` in revision `HEAD`"]);
    commit(folder.path(), SMALL);
    bench.keys("V");
    answer(&mut bench);
    shows(&mut bench, &["The review says what it said in the last commit."]);

    let elsewhere = tempfile::tempdir().unwrap();
    let mut bench = open(elsewhere.path(), SMALL);
    bench.keys("V");
    answer(&mut bench);
    shows(&mut bench, &["is not in a git repository"]);
    let mut bench = Bench::new(SMALL);
    bench.keys("V");
    assert!(bench.effects.is_empty(), "nothing is asked without a file");
    shows(&mut bench, &["has no file yet"]);
}

#[test]
fn a_question_that_nobody_waits_for_is_withdrawn_and_its_answer_dropped() {
    let mut bench = open(Path::new("/nowhere"), SMALL);
    let asked = |bench: &Bench| match bench.effects.last() {
        Some(Effect::ReadCommitted { generation, path }) => (*generation, path.clone()),
        other => unreachable!("{other:?}"),
    };
    let late = |bench: &mut Bench, (generation, path): (u64, std::path::PathBuf)| {
        bench.send(Msg::Committed { generation, path, text: Ok(String::new()) });
    };
    // Stopped with a key.
    bench.keys("V");
    let first = asked(&bench);
    bench.keys("ctrl-k");
    assert!(matches!(bench.effects.last(), Some(Effect::CancelCommitted)));
    late(&mut bench, first);
    shows(&mut bench, &["Stopped before git answered."]);
    // Left.
    bench.keys("V");
    let second = asked(&bench);
    bench.keys("1");
    assert!(matches!(bench.effects.last(), Some(Effect::CancelCommitted)));
    late(&mut bench, second);
    bench.keys("esc");
    shows(&mut bench, &["Stopped before git answered."]);
    // Asked twice: only the newer answer counts, and one about another file never does.
    bench.keys("V");
    let third = asked(&bench);
    bench.keys("V");
    let fourth = asked(&bench);
    assert!(fourth.0 > third.0);
    late(&mut bench, third);
    late(&mut bench, (fourth.0, "other.toml".into()));
    shows(&mut bench, &["Asking git for the last commit"]);
    late(&mut bench, fourth);
    shows(&mut bench, &["+ component api"]);
    // The same file under another name has other commits.
    bench.file = None;
    bench.keys(r#"S ctrl-u "copy.review.toml" enter"#);
    assert_eq!(asked(&bench).1, Path::new("copy.review.toml"));
}

#[test]
fn the_palette_and_help_know_it_and_every_size_holds_it() {
    let mut bench = open(Path::new("/nowhere"), SMALL);
    bench.keys(r#": "since-commit" enter"#);
    assert_eq!(bench.bench.place(), Place::SinceCommit);
    let Some(Effect::ReadCommitted { generation, path }) = bench.effects.pop() else { unreachable!() };
    bench.send(Msg::Committed {
        generation,
        path,
        text: Ok("[[component]]\nid = \"\u{1b}[2J\"\nworkers = = 1".into()),
    });
    for (width, height) in [(1, 1), (20, 6), (80, 24), (200, 60)] {
        bench.resize(width, height);
        bench.keys("down down right right end home");
        assert!(!bench.screen().contains('\u{1b}'));
    }
    bench.resize(160, 40);
    shows(&mut bench, &["Since the last commit"]);
    bench.keys("?");
    shows(&mut bench, &["Since the last commit"]);
}
