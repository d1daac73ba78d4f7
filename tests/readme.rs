//! What the documents tell people to type works: every command of every document is run, every link leads somewhere.

#![expect(clippy::unwrap_used, reason = "the steps that tests share stop at the first surprise")]

#[path = "readme/blocks.rs"]
mod blocks;

use blocks::{Shown, matches, shown};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Programs that documents may name and that are not run from here: they would run this test again, or change the machine.
const NOT_OURS: [&str; 5] = ["cargo", "git", "gh", ".ci/run", "./.ci/run"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents for people, by their path.
fn documents() -> Vec<(String, String)> {
    let mut names: Vec<String> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md"]
            .map(String::from)
            .into();
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            names.push(format!("docs/{name}"));
        }
    }
    names.into_iter().map(|name| (fs::read_to_string(root().join(&name)).unwrap(), name)).map(|(a, b)| (b, a)).collect()
}

/// A folder as a reader has it: the examples, a review of a shop here and in docs/, its document.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shop = fs::read_to_string(root().join("examples/ecommerce/review.toml")).unwrap();
    fs::create_dir(folder.path().join("docs")).unwrap();
    for name in ["shop.review.toml", "docs/shop.review.toml"] {
        fs::write(folder.path().join(name), &shop).unwrap();
    }
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let from = entry.unwrap().path();
        if from.is_dir() {
            let to = folder.path().join("examples").join(from.file_name().unwrap());
            fs::create_dir_all(&to).unwrap();
            fs::copy(from.join("review.toml"), to.join("review.toml")).unwrap();
        }
    }
    let ran = run(folder.path(), &["export", "docs/shop.review.toml", "--out", "docs/shop.md"]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    folder
}

fn run(folder: &Path, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kneepoint"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("KNEEPOINT_STATE_DIR", folder.join("state"))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The arguments of a command of ours, as a shell would hand them over; none for other programs.
fn arguments(folder: &Path, command: &str) -> Option<Vec<String>> {
    let ours = command.strip_prefix("cargo run --release -- ").or_else(|| command.strip_prefix("kneepoint "));
    let ours = ours.or((command == "kneepoint").then_some(""))?;
    assert!(!ours.contains(['|', '>', '<', '$', '`', '&', ';']), "a shell is needed for: {command}");
    let mut found = Vec::new();
    for word in ours.split_whitespace() {
        match word.split_once('*') {
            Some((before, after)) => {
                let (parent, begin) = before.rsplit_once('/').unwrap_or((".", before));
                let mut names: Vec<String> = fs::read_dir(folder.join(parent))
                    .unwrap()
                    .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                    .filter(|name| name.starts_with(begin) && name.ends_with(after))
                    .map(|name| PathBuf::from(parent).join(name).to_str().unwrap().to_owned())
                    .collect();
                names.sort();
                found.append(&mut names);
            }
            None => found.push(word.trim_matches(['\'', '"']).to_owned()),
        }
    }
    Some(found)
}

/// What is wrong with a command, where anything is.
fn verdict(shown: &Shown, ran: &Output) -> Option<String> {
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let code = ran.status.code()?;
    // The workbench has no terminal here; then it says so, and what to do without one.
    let polite = code == 2 && (err.contains("needs a terminal") || err.contains("several reviews here"));
    if shown.output.is_none() && polite && err.contains("help: ") {
        return None;
    }
    let wanted = match shown.exit {
        Some(exit) => code == exit,
        None if shown.gate => code <= 1,
        None => code == 0,
    };
    if !wanted {
        return Some(format!("exit code {code}\n{out}{err}"));
    }
    let lines: Vec<&str> = out.lines().collect();
    match &shown.output {
        Some(output) if !matches(output, &lines) => Some(format!("shows\n{}\nand prints\n{out}", output.join("\n"))),
        _ => None,
    }
}

#[test]
fn every_command_of_every_document_works() {
    let mut wrong = Vec::new();
    let mut ran = 0;
    for (document, text) in documents() {
        let folder = place();
        let (commands, files) = shown(&document, &text);
        for file in files {
            fs::write(folder.path().join(&file.name), &file.text).unwrap();
        }
        for shown in commands {
            if let Some(arguments) = arguments(folder.path(), &shown.command) {
                let output = run(folder.path(), &arguments);
                ran += 1;
                wrong.extend(verdict(&shown, &output).map(|why| format!("{}: {}: {why}", shown.place, shown.command)));
                continue;
            }
            let program = shown.command.split(' ').find(|word| !word.contains('=')).unwrap_or_default();
            if !NOT_OURS.contains(&program) {
                wrong.push(format!("{}: nothing here can run `{}`", shown.place, shown.command));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(ran >= 15, "only {ran} commands were found");
}

#[test]
fn every_subcommand_in_a_sentence_exists() {
    let folder = tempfile::tempdir().unwrap();
    let help = String::from_utf8(run(folder.path(), &["--help"]).stdout).unwrap();
    let behind = help.split("Commands:\n").nth(1).unwrap();
    let known: BTreeSet<&str> = behind.lines().map_while(|line| line.split_whitespace().next()).collect();
    assert!(known.contains("check") && known.contains("demo"), "{known:?}");
    let mut wrong = Vec::new();
    for (document, text) in documents() {
        for code in text.split('`').skip(1).step_by(2) {
            let Some(word) = code.strip_prefix("kneepoint ").and_then(|rest| rest.split_whitespace().next()) else {
                continue;
            };
            let file = word.contains('.') || word.starts_with('-') || word.chars().all(|c| c.is_ascii_uppercase());
            if !known.contains(word) && !file && !word.starts_with('…') {
                wrong.push(format!("{document}: `{code}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_link_leads_to_a_file() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (document, text) in documents() {
        let folder = Path::new(&document).parent().unwrap_or(Path::new("")).to_path_buf();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let path = link.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") || path.contains(' ') {
                continue;
            }
            seen += 1;
            if !root().join(&folder).join(path).exists() {
                wrong.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} links lead nowhere:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 20);
}

/// A path in backquotes is a promise too.
#[test]
fn every_path_that_is_named_is_there() {
    const FOLDERS: [&str; 7] = ["src/", "tests/", "docs/", "checklists/", "templates/", "examples/", "benches/"];
    let mut wrong = Vec::new();
    for (document, text) in documents() {
        for code in text.split('`').skip(1).step_by(2) {
            let place = code.contains(['<', '*', '…', ' ', '\n']) || code.contains("FILE") || code == "docs/runbooks/";
            let code = code.split('#').next().unwrap_or_default();
            if !place && FOLDERS.iter().any(|folder| code.starts_with(folder)) && !root().join(code).exists() {
                wrong.push(format!("{document}: `{code}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} paths are not there:\n{}", wrong.len(), wrong.join("\n"));
}
