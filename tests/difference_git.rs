//! `kneepoint diff` with git: a repository of its own for each test, and everything that can be wrong with one. Without
//! git it says that it is skipped.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ONE: &str = "[[component]]\nid = \"api\"\nkind = \"service\"\nworkers = 8\n";
const TWO: &str = "[[component]]\nid = \"api\"\nkind = \"service\"\nworkers = 16\n";

struct Repository(tempfile::TempDir);

struct Ran {
    out: String,
    err: String,
    code: i32,
}

impl Repository {
    /// An empty repository; none where there is no git.
    fn new() -> Option<Self> {
        let place = Self(tempfile::tempdir().unwrap());
        if Command::new("git").arg("--version").output().is_err() {
            println!("skipped: there is no git here");
            return None;
        }
        place.git(&["init", "--quiet", "--initial-branch", "main"]);
        Some(place)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]);
        let ran =
            git.args(arguments).current_dir(self.0.path()).env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
        assert!(ran.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    fn commit(&self, name: &str, text: impl AsRef<[u8]>) {
        self.write(name, text);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a step"]);
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in("", arguments)
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        self.command(folder, arguments, &[])
    }

    fn command(&self, folder: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_kneepoint"))
            .arg("diff")
            .args(arguments)
            .current_dir(self.path(folder))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.0.path())
            .env("GIT_CEILING_DIRECTORIES", self.0.path().parent().unwrap())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ran {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }
}

#[track_caller]
fn says(ran: &Ran, told: &str) {
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains(told), "`{told}` is not in\n{}{}", ran.out, ran.err);
}

#[track_caller]
fn refuses(ran: &Ran, told: &str) {
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.starts_with("error: ") && ran.err.contains(told) && ran.out.is_empty(), "{}{}", ran.out, ran.err);
}

#[test]
fn a_file_alone_is_compared_with_what_was_committed_last() {
    let Some(place) = Repository::new() else { return };
    place.commit("docs/shop.review.toml", ONE);
    says(&place.run(&["docs/shop.review.toml"]), "The two say the same.");
    place.write("docs/shop.review.toml", TWO);
    let ran = place.run(&["docs/shop.review.toml"]);
    says(&ran, "workers: 8 → 16");
    assert!(ran.out.starts_with("HEAD:docs/shop.review.toml → docs/shop.review.toml\n"), "{}", ran.out);
    // From inside the folder, from outside the repository, and where a hook says another repository is meant.
    says(&place.run_in("docs", &["shop.review.toml"]), "workers: 8 → 16");
    let whole = place.path("docs/shop.review.toml");
    let elsewhere = tempfile::tempdir().unwrap();
    let variables = [("GIT_DIR", ".git"), ("GIT_WORK_TREE", "/"), ("GIT_PREFIX", "x/")];
    says(&place.command("docs", &[whole.to_str().unwrap()], &variables), "workers: 8 → 16");
    let ran = Command::new(env!("CARGO_BIN_EXE_kneepoint")).arg("diff").arg(&whole).current_dir(&elsewhere).output();
    assert!(String::from_utf8_lossy(&ran.unwrap().stdout).contains("workers: 8 → 16"));
}

#[test]
fn revisions_are_named_as_git_names_them() {
    let Some(place) = Repository::new() else { return };
    place.commit("docs/shop.review.toml", ONE);
    place.git(&["tag", "v1"]);
    place.commit("docs/shop.review.toml", TWO);
    place.commit("shop.review.toml", ONE);
    for before in ["v1:docs/shop.review.toml", "HEAD~2:docs/shop.review.toml", "main^^:./docs/shop.review.toml"] {
        let ran = place.run(&[before, "docs/shop.review.toml"]);
        says(&ran, "workers: 8 → 16");
        assert!(ran.out.starts_with(before), "{}", ran.out);
    }
    // Both of a revision, the other way round, what is staged, a search among messages.
    says(&place.run(&["HEAD:docs/shop.review.toml", "v1:docs/shop.review.toml"]), "workers: 16 → 8");
    says(&place.run(&["HEAD^{/a step}:docs/shop.review.toml", "v1:docs/shop.review.toml"]), "workers: 16 → 8");
    place.write("docs/shop.review.toml", "");
    place.git(&["add", "--all"]);
    says(&place.run(&["HEAD:docs/shop.review.toml", ":docs/shop.review.toml"]), "- component api");
    // From a folder the path is that of the repository; where there is none, that from the folder.
    let ran = place.run_in("docs", &["HEAD:shop.review.toml", "v1:docs/shop.review.toml"]);
    says(&ran, "The two say the same.");
    place.git(&["rm", "--quiet", "shop.review.toml"]);
    place.git(&["commit", "--quiet", "--message", "gone"]);
    says(&place.run_in("docs", &["v1:shop.review.toml", "v1:docs/shop.review.toml"]), "The two say the same.");
    // A file whose name looks like a revision is a file.
    place.write("v1:docs", ONE);
    says(&place.run(&["v1:docs", "v1:docs/shop.review.toml"]), "The two say the same.");
}

#[test]
fn what_git_cannot_give_is_an_error_that_says_why() {
    let Some(place) = Repository::new() else { return };
    place.write("shop.review.toml", ONE);
    refuses(&place.run(&["shop.review.toml"]), "nothing was committed in this repository yet");
    refuses(&place.run(&["main:shop.review.toml", "shop.review.toml"]), "nothing was committed");
    place.commit("docs/other.toml", ONE);
    place.git(&["rm", "--quiet", "--cached", "shop.review.toml"]);
    place.git(&["commit", "--quiet", "--message", "gone"]);
    refuses(&place.run(&["shop.review.toml"]), "there is no `shop.review.toml` in revision `HEAD`");
    refuses(&place.run(&["nope:docs/other.toml", "docs/other.toml"]), "there is no revision `nope`");
    refuses(&place.run(&["HEAD:docs", "docs/other.toml"]), "`docs` is not a file in revision `HEAD`");
    refuses(&place.run(&["HEAD:nope.toml", "docs/other.toml"]), "there is no `nope.toml` in revision `HEAD`");
    refuses(&place.run(&["HEAD:docs/other.toml"]), "alone is nothing to compare");
    refuses(&place.run(&["-"]), "stdin has no last commit");
    refuses(&place.run(&["-", "-"]), "stdin can be read only once");
    refuses(&place.run(&["nope.toml"]), "there is no file `nope.toml`");
    refuses(&place.run(&["C:\\shop.toml", "docs/other.toml"]), "there is no file `C:\\shop.toml`");
    let ran = place.command("", &["docs/other.toml"], &[("PATH", "/nowhere")]);
    refuses(&ran, "there is no program `git` here");
    let ran = place.command("", &["docs/other.toml", "docs/other.toml"], &[("PATH", "/nowhere")]);
    says(&ran, "The two say the same.");
    let outside = Repository(tempfile::tempdir().unwrap());
    outside.write("shop.review.toml", ONE);
    refuses(&outside.run(&["shop.review.toml"]), "is not in a git repository");
    refuses(&outside.run(&["HEAD:shop.review.toml", "shop.review.toml"]), "is not in a git repository");
}

#[test]
fn a_hostile_name_is_never_an_option_of_git() {
    let Some(place) = Repository::new() else { return };
    place.commit("a", ONE);
    for name in ["--output=stolen:a", "-p:a", "--:a"] {
        let ran = place.run(&["--", name, "a"]);
        refuses(&ran, "is no name of a revision");
        assert!(!place.path("stolen").exists());
    }
    refuses(&place.run(&["HEAD --output=stolen:a", "a"]), "there is no revision");
    refuses(&place.run(&[":/a step", "a"]), "is no name of a revision");
    refuses(&place.run(&["HEAD:\u{1b}[2J", "a"]), "\u{241b}[2J");
    refuses(&place.run(&["HEAD;touch stolen;:a", "a"]), "there is no revision");
    assert!(!place.path("stolen").exists());
}

#[test]
fn a_broken_review_is_compared_as_far_as_it_can_be_read() {
    let Some(place) = Repository::new() else { return };
    let broken = "[[component]]\nid = \"api\"\nkind = = \"service\"\nowner = \"a\"\nworkers = 4\n";
    place.commit("shop.review.toml", broken);
    place.write("shop.review.toml", ONE);
    let ran = place.run(&["shop.review.toml"]);
    says(&ran, "workers: 4 → 8");
    assert!(ran.out.contains("kind: (unreadable) → service") && ran.out.contains("has 1 error"), "{}", ran.out);
    assert!(ran.err.contains("error[syntax]"), "{}", ran.err);
    // What is broken now fails, and is told all the same.
    let ran = place.run(&["shop.review.toml", "HEAD:shop.review.toml", "--format", "json"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&json["after"]["errors"], &json["entities"][0]["change"]), (&1.into(), &"changed".into()));
    // Bytes that are no text at all.
    place.commit("shop.review.toml", [0xff, 0xfe, 0x00, 0x01, 0x80]);
    assert_eq!(place.run(&["shop.review.toml", "HEAD:shop.review.toml"]).code, 2);
}

#[test]
#[cfg(unix)]
fn a_link_is_followed_to_the_file_that_was_committed() {
    let Some(place) = Repository::new() else { return };
    place.commit("docs/shop.review.toml", ONE);
    std::os::unix::fs::symlink(place.path("docs/shop.review.toml"), place.path("link.toml")).unwrap();
    place.write("docs/shop.review.toml", TWO);
    says(&place.run(&["link.toml"]), "workers: 8 → 16");
}

#[test]
fn nothing_is_written_into_the_repository() {
    let Some(place) = Repository::new() else { return };
    place.commit("a", ONE);
    place.write("a", TWO);
    let listed = |folder: &Path| {
        let mut all: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { all.push((path.clone(), std::fs::read(path).unwrap())) }
            }
        }
        all.sort();
        all
    };
    let before = listed(place.0.path());
    says(&place.run(&["a"]), "workers: 8 → 16");
    says(&place.run(&["a", "--format", "markdown"]), "<!-- Written by kneepoint. -->");
    assert_eq!(before, listed(place.0.path()));
}
