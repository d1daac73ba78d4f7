//! A team's folder `.kneepoint` over the embedded texts: found, read within bounds, used by every command.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use kneepoint::assets::{CHECKLISTS, REPORT_TEMPLATES};
use kneepoint::document::files::Overlay;
use kneepoint::report::Custom;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ITEM: &str = r#"[[item]]
id = "stampede"
text = "Our client library refills popular entries once"

[[item]]
id = "region-pinning"
text = "Cached prices are keyed by region"
why = "Two markets once saw each other's prices."
class = "ask"
"#;

const REVIEW: &str = r#"format = 1
[review]
title = "Shop"
date = 2026-11-23
[[answer]]
question = "caching.region-pinning"
answer = "yes"
"#;

/// A repository with a review in `docs/`.
struct Repo(tempfile::TempDir);

struct Ran {
    out: String,
    err: String,
    code: i32,
}

impl Repo {
    fn new() -> Self {
        let repo = Self(tempfile::tempdir().unwrap());
        fs::create_dir(repo.path(".git")).unwrap();
        repo.write("docs/shop.review.toml", REVIEW);
        repo
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn overlay(&self) -> Overlay {
        Overlay::read(&self.path(".kneepoint"))
    }

    fn found(&self, review: &str) -> Option<PathBuf> {
        Overlay::find(&self.path(review))
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kneepoint"));
        command.args(arguments).current_dir(self.0.path()).env_clear().env("HOME", self.0.path());
        let output = command.envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap();
        Ran {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    fn check(&self) -> Ran {
        self.run(&["check", "docs/shop.review.toml"], &[])
    }

    fn export(&self, more: &[&str]) -> Ran {
        self.run(&[&["export", "docs/shop.review.toml"], more].concat(), &[])
    }
}

fn unread(overlay: &Overlay) -> Vec<String> {
    overlay.unread.iter().map(|unread| format!("{}:{}: {}", unread.path, unread.line, unread.reason)).collect()
}

#[test]
fn an_item_of_the_team_is_known_where_it_is_and_unknown_where_it_is_not() {
    let repo = Repo::new();
    let without = repo.check();
    assert!(without.err.contains("the method has no question `caching.region-pinning`"), "{}", without.err);
    repo.write(".kneepoint/checklists/caching.toml", ITEM);
    let with = repo.check();
    assert_eq!((with.code, with.err.as_str()), (0, ""));
    let document = repo.export(&[]);
    assert_eq!((document.code, document.err.as_str()), (0, ""));
    assert!(document.out.contains("Cached prices are keyed by region"), "{}", document.out);
    // Named from the environment, it counts for reviews anywhere; named empty, it counts for none.
    let elsewhere = Repo::new();
    let folder = repo.path(".kneepoint");
    let arguments = ["check", "docs/shop.review.toml"];
    let named = elsewhere.run(&arguments, &[("KNEEPOINT_DIR", folder.to_str().unwrap())]);
    assert_eq!((named.code, named.err.as_str()), (0, ""));
    let none = repo.run(&arguments, &[("KNEEPOINT_DIR", "")]);
    assert!(none.err.contains("no question"), "{}", none.err);
    let gone = repo.run(&arguments, &[("KNEEPOINT_DIR", "nowhere")]);
    assert!(gone.code == 0 && gone.err.contains("warning: nowhere:1: "), "{}", gone.err);
}

#[test]
fn a_text_of_the_team_replaces_the_embedded_one() {
    let repo = Repo::new();
    repo.write(".kneepoint/checklists/caching.toml", ITEM);
    repo.write("docs/shop.review.toml", REVIEW.replace("region-pinning", "stampede"));
    let document = repo.export(&[]).out;
    assert!(document.contains("Our client library refills popular entries once"), "{document}");
}

#[test]
fn a_slip_is_named_with_file_line_and_what_was_meant_and_changes_no_exit_code() {
    let repo = Repo::new();
    repo.write(".kneepoint/checklists/caching.toml", format!("{ITEM}\n[[item]]\nid = 'stampede'\ntxet = 'x'\n"));
    repo.write("docs/other.review.toml", REVIEW);
    let ran = repo.run(&["check", "docs/shop.review.toml", "docs/other.review.toml"], &[]);
    let said: Vec<&str> = ran.err.lines().filter(|line| line.contains("txet")).collect();
    assert_eq!(said.len(), 1, "once for both reviews: {}", ran.err);
    assert!(said[0].starts_with("warning: .kneepoint/checklists/caching.toml:13: "), "{}", said[0]);
    assert!(said[0].ends_with("did you mean `text`?"), "{}", said[0]);
    assert_eq!(ran.code, 0);
    // What is right in the same file still counts.
    assert!(!ran.err.contains("no question"), "{}", ran.err);
    assert_eq!(repo.run(&["check", "docs/shop.review.toml", "--quiet"], &[]).err, "");
    assert!(repo.run(&["capacity", "docs/shop.review.toml"], &[]).err.contains("txet"));
}

#[test]
fn the_teams_template_makes_the_document_unless_another_is_named() {
    let repo = Repo::new();
    repo.write(".kneepoint/reports/review.md.jinja", "\u{feff}OURS {{ review.title }}\n");
    assert_eq!(repo.export(&[]).out, "OURS Shop\n");
    repo.write("named.jinja", "NAMED {{ review.title }}\n");
    assert_eq!(repo.export(&["--template", "named.jinja"]).out, "NAMED Shop\n");
    assert!(repo.export(&["--format", "json"]).out.starts_with('{'));
    fs::remove_file(repo.path(".kneepoint/reports/review.md.jinja")).unwrap();
    assert!(repo.export(&[]).out.contains("Written by kneepoint."));
}

#[test]
fn a_template_that_does_not_work_is_named_and_nothing_is_overwritten() {
    let repo = Repo::new();
    assert_eq!(repo.export(&["--out", "shop.md"]).code, 0);
    let before = repo.read("shop.md");
    let broken: [(&[u8], &str); 4] = [
        (b"fine\n{{ nothing.of.the.kind }}\n", ".kneepoint/reports/review.md.jinja:2: "),
        (b"{% for x in %}\n", ".kneepoint/reports/review.md.jinja:1: "),
        (b"fine\nfine\n\xff\n", ".kneepoint/reports/review.md.jinja:3: it is not UTF-8"),
        (&vec![b'x'; (1 << 20) + 1], ".kneepoint/reports/review.md.jinja:1: it has more than 1048576 bytes"),
    ];
    for (text, said) in broken {
        repo.write(".kneepoint/reports/review.md.jinja", text);
        let ran = repo.export(&["--out", "shop.md"]);
        assert!(ran.code == 2 && ran.err.contains(&format!("the template does not work: {said}")), "{}", ran.err);
        assert_eq!(repo.read("shop.md"), before);
    }
    repo.write("named.jinja", "NAMED\n");
    let ran = repo.export(&["--template", "named.jinja"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "NAMED\n"), "the broken one is not needed");
}

#[test]
fn the_nearest_folder_wins_and_none_is_taken_from_outside_the_repository() {
    let repo = Repo::new();
    assert_eq!(repo.found("docs/shop.review.toml"), None);
    fs::create_dir(repo.path(".kneepoint")).unwrap();
    let root = fs::canonicalize(repo.path(".kneepoint")).unwrap();
    assert_eq!(repo.found("docs/shop.review.toml").as_ref(), Some(&root));
    assert_eq!(repo.found("docs/../docs/not-there-yet.review.toml").as_ref(), Some(&root));
    assert_eq!(repo.found("nowhere/shop.review.toml"), None);
    // A worktree has a file `.git`.
    repo.write("docs/inner/.git", "gitdir: elsewhere");
    repo.write("docs/inner/deep/a.review.toml", "");
    assert_eq!(repo.found("docs/inner/deep/a.review.toml"), None);
    fs::create_dir(repo.path("docs/.kneepoint")).unwrap();
    assert_eq!(
        repo.found("docs/shop.review.toml"),
        Some(fs::canonicalize(repo.path("docs")).unwrap().join(".kneepoint"))
    );
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_folder_is_read_through_it() {
    use std::os::unix::fs::symlink;
    let repo = Repo::new();
    repo.write("secret.toml", ITEM);
    repo.write("outside/x.toml", ITEM);
    repo.write(".kneepoint/checklists/caching.toml", ITEM);
    let below = |name: &str| repo.path(&format!(".kneepoint/{name}"));
    symlink("caching.toml", below("checklists/same.toml")).unwrap();
    symlink("../../secret.toml", below("checklists/out.toml")).unwrap();
    symlink("gone.toml", below("checklists/broken.toml")).unwrap();
    symlink("loop.toml", below("checklists/loop.toml")).unwrap();
    symlink(repo.path("outside"), below("checklists/steps")).unwrap();
    symlink("..", below("checklists/up")).unwrap();
    symlink(repo.path("outside"), below("reports")).unwrap();
    repo.write("outside/review.md.jinja", "secret");
    let status = Command::new("mkfifo").arg(below("checklists/pipe.toml")).status().unwrap();
    assert!(status.success());
    let overlay = repo.overlay();
    let read: Vec<&str> = overlay.checklists.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(read, ["checklists/caching.toml", "checklists/same.toml"]);
    let said = unread(&overlay);
    assert!(said.contains(&"checklists/out.toml:1: it leads out of the folder; it was ignored".to_owned()), "{said:?}");
    assert!(said.contains(&"checklists/pipe.toml:1: it is no file; it was ignored".to_owned()), "{said:?}");
    for name in ["broken", "loop"] {
        assert!(said.iter().any(|said| said.starts_with(&format!("checklists/{name}.toml:1: "))), "{said:?}");
    }
    for name in ["steps", "up"] {
        assert!(said.contains(&format!("checklists/{name}:1: it is a link and is not followed")), "{said:?}");
    }
    assert_eq!(overlay.template.unwrap().unwrap_err().reason, "it leads out of the folder");
    // The folder itself as a link.
    let other = Repo::new();
    symlink(repo.path(".kneepoint"), other.path(".kneepoint")).unwrap();
    let overlay = other.overlay();
    assert!(overlay.checklists.is_empty() && overlay.template.is_none());
    assert_eq!(overlay.unread[0].reason, "it is a link and is not followed");
}

#[test]
fn too_much_is_not_read_and_said() {
    let repo = Repo::new();
    for number in 0..230 {
        repo.write(&format!(".kneepoint/checklists/list-{number:03}.toml"), "title = 'x'\n");
    }
    repo.write(".kneepoint/checklists/aaa.toml", vec![b'#'; (1 << 20) + 1]);
    repo.write(".kneepoint/checklists/bbb.toml", b"# fine\n\n\xff\n");
    repo.write(".kneepoint/checklists/a/b/c/d/e/f.toml", "");
    let overlay = repo.overlay();
    assert_eq!(overlay.checklists.len(), 198, "of 200, two cannot be read");
    let said = unread(&overlay).join("\n");
    assert!(said.contains("checklists/aaa.toml:1: it has more than 1048576 bytes"), "{said}");
    assert!(said.contains("checklists/bbb.toml:3: it is not UTF-8"), "{said}");
    assert!(said.contains("checklists/list-198.toml:1: there are more than 200 files"), "{said}");
    assert!(said.contains("checklists/a/b/c/d/e:1: the folder is too deep"), "{said}");
}

#[test]
fn what_lies_in_the_wrong_place_is_named() {
    let repo = Repo::new();
    repo.write(".kneepoint/caching.toml", ITEM);
    repo.write(".kneepoint/checklist/caching.toml", ITEM);
    repo.write(".kneepoint/reports/revew.md.jinja", "x");
    repo.write(".kneepoint/README.md", "ours");
    repo.write(".kneepoint/checklists/catalog/patterns.toml", "");
    let custom = Custom::new(repo.overlay());
    let said: Vec<String> = custom.problems.iter().map(ToString::to_string).collect();
    let folder = repo.path(".kneepoint");
    let folder = folder.display();
    assert_eq!(
        said,
        [
            format!("{folder}/caching.toml:1: checklists stand in checklists/; it was ignored"),
            format!("{folder}/checklist:1: nothing looks here; it was ignored; did you mean `checklists`?"),
            format!(
                "{folder}/checklists/catalog/patterns.toml:1: `catalog/patterns.toml` is neither a checklist, nor in \
                 steps/, nor a catalogue file; it was ignored; did you mean `catalogue/patterns.toml`?"
            ),
            format!(
                "{folder}/reports/revew.md.jinja:1: there is no such document; it was ignored; did you mean \
                 `reports/review.md.jinja`?"
            ),
        ]
    );
}

#[test]
fn the_embedded_files_are_printed_and_are_a_folder_without_problems() {
    let repo = Repo::new();
    let names = repo.run(&["method"], &[]).out;
    assert_eq!(names.lines().count(), CHECKLISTS.len() + REPORT_TEMPLATES.len());
    let before = repo.export(&[]).out;
    for name in names.lines() {
        let ran = repo.run(&["method", name], &[]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{name}");
        repo.write(&format!(".kneepoint/{name}"), ran.out);
    }
    let custom = Custom::new(repo.overlay());
    assert_eq!(custom.problems, []);
    let question = |custom: &Custom| custom.knowledge.questions().map(|q| (q.id.clone(), q.text.clone())).collect();
    let (ours, embedded): (Vec<_>, Vec<_>) = (question(&custom), question(&Custom::default()));
    assert_eq!(ours, embedded);
    assert_eq!(repo.export(&[]).out, before);
    let slip = repo.run(&["method", ".kneepoint/checklists/cachin.toml"], &[]);
    assert!(slip.code == 2 && slip.err.contains("did you mean `checklists/caching.toml`?"), "{}", slip.err);
}

#[test]
fn names_and_texts_of_strangers_reach_no_terminal() {
    let repo = Repo::new();
    repo.write(".kneepoint/checklists/a\u{1b}[31m.toml", "[[item]]\n\"\\u001B[2J\" = 1\n");
    repo.write(".kneepoint/reports/review.md.jinja", "{{ '\u{1b}[31m'.x.y }}");
    assert!(Path::new(&repo.path(".kneepoint/reports/review.md.jinja")).is_file());
    for ran in [repo.check(), repo.export(&[])] {
        assert!(!ran.err.is_empty() && !ran.err.contains('\u{1b}'), "{:?}", ran.err);
    }
}
