//! Files on disk: nothing typed is lost, nothing of others is overwritten, and every failure says what to do.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "what fails in a test fails the test")]

use kneepoint::document::files::{FileWatch, OpenError, Recovery, ReviewFile, SaveError, SaveOutcome};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const TEXT: &str = "format = 1\n";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// No temporary file is left behind.
#[track_caller]
fn holds_only(folder: &Path, names: &[&str]) {
    let mut found: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    assert_eq!(found, names);
}

#[test]
fn a_new_file_is_made_by_the_first_save_and_bytes_come_back() {
    let folder = folder();
    let path = folder.path().join("shop.review.toml");
    let mut opened = ReviewFile::open(&path).unwrap();
    assert!(opened.new && opened.text.is_empty());
    assert_eq!(opened.file.save(TEXT).unwrap(), SaveOutcome::Written);
    assert_eq!(opened.file.save(TEXT).unwrap(), SaveOutcome::Unchanged);
    let bytes = b"\xef\xbb\xbfformat = 1\r\n# caf\xe9\r\n";
    fs::write(&path, bytes).unwrap();
    let mut opened = ReviewFile::open(&path).unwrap();
    assert!(!opened.text.starts_with('\u{feff}'));
    opened.file.save(&opened.text.replace("= 1", "= 2")).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"\xef\xbb\xbfformat = 2\r\n# caf\xe9\r\n");
    holds_only(folder.path(), &["shop.review.toml"]);
}

#[test]
fn links_and_permissions_stay() {
    let folder = folder();
    let real = folder.path().join("real.toml");
    fs::write(&real, TEXT).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path().join("link.toml");
    symlink("real.toml", &link).unwrap();
    let mut file = ReviewFile::open(&link).unwrap().file;
    file.save("format = 1 # saved\n").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "format = 1 # saved\n");
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    let dangling = folder.path().join("new-link.toml");
    symlink("made.toml", &dangling).unwrap();
    ReviewFile::open(&dangling).unwrap().file.save(TEXT).unwrap();
    assert!(fs::symlink_metadata(&dangling).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(folder.path().join("made.toml")).unwrap(), TEXT);
    let round = folder.path().join("round.toml");
    symlink("round.toml", &round).unwrap();
    assert!(ReviewFile::open(&round).is_err());
}

#[test]
fn a_file_that_another_program_changed_is_never_overwritten() {
    let folder = folder();
    let path = folder.path().join("a.toml");
    fs::write(&path, TEXT).unwrap();
    let mut file = ReviewFile::open(&path).unwrap().file;
    assert!(file.theirs().unwrap().is_none());
    fs::write(&path, "format = 1\n# theirs\n").unwrap();
    assert_eq!(file.theirs().unwrap().unwrap().text, "format = 1\n# theirs\n");
    let Err(SaveError::ChangedOnDisk { theirs }) = file.save("format = 1\n# ours\n") else { panic!() };
    assert_eq!(theirs.text, "format = 1\n# theirs\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), "format = 1\n# theirs\n");
    file.accept(&theirs);
    assert_eq!(file.save("format = 1\n# both\n").unwrap(), SaveOutcome::Written);
    fs::remove_file(&path).unwrap();
    assert!(file.theirs().unwrap().is_none());
    assert_eq!(file.save("format = 1\n# again\n").unwrap(), SaveOutcome::Restored);
    // A file that appears where there was none, and "save as" onto another file, are changes of others, too.
    let mut elsewhere = file.elsewhere(&folder.path().join("b.toml"));
    fs::write(folder.path().join("b.toml"), "theirs").unwrap();
    assert!(matches!(elsewhere.save("ours"), Err(SaveError::ChangedOnDisk { .. })));
}

#[test]
fn what_cannot_be_written_stays_whole_and_says_why() {
    let folder = folder();
    let path = folder.path().join("a.toml");
    fs::write(&path, TEXT).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let mut file = ReviewFile::open(&path).unwrap().file;
    let error = file.save("other").unwrap_err();
    assert!(matches!(error, SaveError::ReadOnlyFile(_)), "{error}");
    assert!(error.to_string().contains("chmod u+w"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), TEXT);
    let mut nowhere = ReviewFile::open(&folder.path().join("no/such/a.toml")).unwrap().file;
    assert!(matches!(nowhere.save("x").unwrap_err(), SaveError::NoFolder(_)));
    assert!(matches!(ReviewFile::open(folder.path()), Err(OpenError::NotAFile(_))));
    assert!(matches!(ReviewFile::open(Path::new("/dev/zero")), Err(OpenError::NotAFile(_))));
    holds_only(folder.path(), &["a.toml"]);
}

#[test]
fn a_read_only_folder_is_said() {
    let folder = folder();
    let path = folder.path().join("a.toml");
    fs::write(&path, TEXT).unwrap();
    let mut file = ReviewFile::open(&path).unwrap().file;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let result = if fs::write(folder.path().join("probe"), "").is_ok() {
        // The superuser writes everywhere; /proc is read-only for everybody.
        ReviewFile::open(Path::new("/proc/sys/a.toml")).unwrap().file.save("x")
    } else {
        file.save("other")
    };
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let error = result.unwrap_err();
    assert!(matches!(error, SaveError::ReadOnlyFolder(_) | SaveError::NoFolder(_)), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), TEXT);
}

/// A file system of 64 KiB, or nothing where this machine does not let us make one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn make() -> Option<Self> {
        let folder = folder();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "kneepoint-test"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let Some(disk) = SmallDisk::make() else {
        eprintln!(
            "SKIPPED a_full_disk_loses_nothing: a small file system cannot be mounted here (needs the superuser)"
        );
        return;
    };
    let folder = disk.0.path();
    let path = folder.join("a.toml");
    fs::write(&path, TEXT).unwrap();
    let mut file = ReviewFile::open(&path).unwrap().file;
    let long = format!("# {}\n", "x".repeat(200_000));
    let error = file.save(&long).unwrap_err();
    assert!(matches!(error, SaveError::DiskFull(_)), "{error}");
    assert!(error.to_string().contains("full"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), TEXT);
    holds_only(folder, &["a.toml"]);
    // What was typed goes elsewhere, and here once there is space.
    let other = self::folder();
    file.elsewhere(&other.path().join("a.toml")).save(&long).unwrap();
    file.save("format = 1\n# short\n").unwrap();
    let recovery = Recovery::start(&folder.join("state"), &path).unwrap();
    assert!(recovery.keep(&long, TEXT).is_err());
    recovery.keep("short", TEXT).unwrap();
}

#[test]
fn what_was_typed_is_found_after_a_crash_and_only_then() {
    let state = folder();
    let folder = folder();
    let path = folder.path().join("not-yet-saved.review.toml");
    let recovery = Recovery::start(state.path(), &path).unwrap();
    recovery.keep("typed\u{1b} ü", "").unwrap();
    let found = Recovery::find(state.path(), &path, "").unwrap();
    assert!(found.lost.is_empty() && found.open_in.is_empty(), "one's own session is no crash");
    drop(recovery);
    let found = Recovery::find(state.path(), &path, "").unwrap();
    assert_eq!(found.lost.len(), 1);
    assert_eq!(found.lost[0].text, "typed\u{1b} ü");
    assert!(found.lost[0].base_is_on_disk);
    assert!(!Recovery::find(state.path(), &path, "another").unwrap().lost[0].base_is_on_disk);
    assert!(Recovery::find(state.path(), &folder.path().join("other.toml"), "").unwrap().lost.is_empty());
    found.lost[0].discard().unwrap();
    assert!(Recovery::find(state.path(), &path, "").unwrap().lost.is_empty());
    // What is on disk by now is no loss, and an orderly end leaves nothing.
    let recovery = Recovery::start(state.path(), &path).unwrap();
    recovery.keep("saved", "").unwrap();
    drop(recovery);
    assert!(Recovery::find(state.path(), &path, "saved").unwrap().lost.is_empty());
    let recovery = Recovery::start(state.path(), &path).unwrap();
    recovery.keep("typed", "").unwrap();
    for entry in fs::read_dir(state.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|ending| ending == "json") {
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    recovery.end().unwrap();
    holds_only(state.path(), &[]);
}

const STATE: &str = "KNEEPOINT_TEST_STATE";

/// Not a test: the process that is killed by the next one.
#[test]
fn types_for_ever() {
    let Some(state) = std::env::var_os(STATE) else { return };
    let state = Path::new(&state);
    let path = state.join("killed.review.toml");
    let recovery = Recovery::start(&state.join("recovery"), &path).unwrap();
    for edit in 0.. {
        recovery.keep(&format!("edit {edit}\n{}", "x".repeat(100_000)), TEXT).unwrap();
        fs::write(state.join("progress"), edit.to_string()).unwrap();
    }
}

#[test]
fn kill_9_loses_at_most_the_edit_under_way() {
    let state = folder();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "types_for_ever"])
        .env(STATE, state.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let progress = || fs::read_to_string(state.path().join("progress")).ok().and_then(|text| text.parse::<u64>().ok());
    let started = Instant::now();
    while progress().is_none_or(|edit| edit < 5) {
        assert!(started.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(5));
    }
    let path = state.path().join("killed.review.toml");
    let recovery = state.path().join("recovery");
    let found = Recovery::find(&recovery, &path, TEXT).unwrap();
    assert_eq!(found.open_in, [child.id()], "another process has it open");
    assert!(found.lost.is_empty());
    // `kill` is SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    let last = progress().unwrap_or_default();
    let found = Recovery::find(&recovery, &path, TEXT).unwrap();
    assert!(found.open_in.is_empty());
    let [lost] = found.lost.as_slice() else { panic!("{:?}", found.lost.len()) };
    let edit: u64 = lost.text.lines().next().unwrap().strip_prefix("edit ").unwrap().parse().unwrap();
    assert!(edit >= last && lost.text.len() > 100_000, "{edit} {last}");
    assert_eq!(lost.process, child.id());
}

#[test]
fn a_change_is_noticed_also_when_an_editor_renames_over_the_file() {
    let folder = folder();
    let path = folder.path().join("a.toml");
    fs::write(&path, TEXT).unwrap();
    let (sender, receiver) = mpsc::channel();
    let _watch = FileWatch::start(&path, move || _ = sender.send(())).unwrap();
    let noticed = || {
        let first = receiver.recv_timeout(Duration::from_secs(10)).is_ok();
        while receiver.recv_timeout(Duration::from_millis(100)).is_ok() {}
        first
    };
    fs::write(&path, "changed").unwrap();
    assert!(noticed());
    fs::write(folder.path().join("a.toml.new"), "renamed").unwrap();
    fs::rename(folder.path().join("a.toml.new"), &path).unwrap();
    assert!(noticed());
    fs::write(folder.path().join("other.toml"), "x").unwrap();
    assert!(receiver.recv_timeout(Duration::from_millis(300)).is_err());
}
