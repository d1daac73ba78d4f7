//! `$EDITOR` on a private copy of the text, at a line, and the text back.
//!
//! Must not know the application or the terminal: who calls has given the terminal away before. What was typed in the
//! editor is never lost: where it cannot be taken over, the copy stays and its name is told.

use super::super::event_loop::Signal;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use tempfile::NamedTempFile;
use tokio::sync::mpsc::UnboundedReceiver;

/// A text of more bytes than this is not taken over.
const LARGEST: u64 = 64 * 1024 * 1024;

/// How it went.
#[derive(Debug)]
pub enum Returned {
    /// The text as it is now.
    Text(String),
    /// Nothing is taken over; says why, and where the text is.
    Failed(String),
    /// The program has to end: the signal's number.
    Ended(i32),
}

/// Opens the editor of the environment (`$VISUAL`, `$EDITOR`, `vi`) and waits for its end, or for a signal.
pub async fn edit(text: String, line: usize, signals: &mut UnboundedReceiver<Signal>) -> Returned {
    let set = |name| std::env::var(name).ok().filter(|value: &String| !value.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    edit_with(&editor, text, line, signals).await
}

async fn edit_with(editor: &str, text: String, line: usize, signals: &mut UnboundedReceiver<Signal>) -> Returned {
    let Some(words) = split_words(editor) else {
        return Returned::Failed(format!("`{editor}` ends within quotes; set $EDITOR to a command."));
    };
    let copy = match copy_of(&text) {
        Ok(copy) => copy,
        Err(error) => return Returned::Failed(format!("no copy could be made for it: {error}.")),
    };
    let arguments = command(&words, copy.path(), line);
    let Some((program, arguments)) = arguments.split_first() else {
        return Returned::Failed("$EDITOR is empty.".to_owned());
    };
    let mut child = match Command::new(program).args(arguments).spawn() {
        Ok(child) => child,
        Err(error) => return Returned::Failed(format!("`{editor}` did not start: {error}. $EDITOR says which one.")),
    };
    let waiting = tokio::task::spawn_blocking(move || child.wait());
    let status = tokio::select! {
        status = waiting => status.unwrap_or_else(|error| Err(io::Error::other(error))),
        number = end_of(signals) => {
            let _ = copy.keep();
            return Returned::Ended(number);
        }
    };
    take_back(editor, &text, copy, status)
}

/// Waits for a signal that asks to end. Interrupts are meant for the editor, which is in the foreground.
async fn end_of(signals: &mut UnboundedReceiver<Signal>) -> i32 {
    loop {
        match signals.recv().await {
            Some(Signal::End(number)) => return number,
            Some(Signal::Interrupt | Signal::Woken | Signal::Resized) => {}
            None => std::future::pending().await,
        }
    }
}

/// A file that only its owner can read, named so that editors know the format.
fn copy_of(text: &str) -> io::Result<NamedTempFile> {
    let mut copy = tempfile::Builder::new().prefix("kneepoint-").suffix(".review.toml").tempfile()?;
    copy.write_all(text.as_bytes())?;
    copy.flush()?;
    Ok(copy)
}

fn take_back(editor: &str, before: &str, copy: NamedTempFile, status: io::Result<ExitStatus>) -> Returned {
    // By its path, not by the open file: editors rename a new file over the old one.
    let read = read_text(copy.path());
    let why = match (status, read) {
        (Ok(status), Ok(text)) if status.success() => return Returned::Text(text),
        (Ok(status), Ok(text)) if text == before => {
            return Returned::Failed(format!("`{editor}` ended with {status} and changed nothing."));
        }
        (Ok(status), Ok(_)) => format!("`{editor}` ended with {status}, so nothing was taken over"),
        (Err(error), Ok(_)) => format!("how `{editor}` ended is unknown ({error}), so nothing was taken over"),
        (_, Err(error)) => format!("the text cannot be read back: {error}"),
    };
    let path = copy.path().to_path_buf();
    match copy.keep() {
        Ok(_) => Returned::Failed(format!("{why}; it is in {}.", path.display())),
        Err(_) => Returned::Failed(format!("{why}.")),
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    if std::fs::metadata(path)?.len() > LARGEST {
        return Err(io::Error::other("it has grown beyond 64 MiB"));
    }
    let bytes = std::fs::read(path)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is no longer UTF-8"))
}

/// The words of a command as a shell splits them: quotes and backslashes, nothing else. `None` where a quote is open.
fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// The command that opens a file at a line (from 1), as the editor wants to be told.
fn command(words: &[String], file: &Path, line: usize) -> Vec<OsString> {
    let Some(program) = words.first() else { return Vec::new() };
    let name = Path::new(program).file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let at_line = || {
        let mut place = OsString::from(file);
        place.push(format!(":{line}"));
        place
    };
    let plus = || OsString::from(format!("+{line}"));
    let file = || PathBuf::from(file).into_os_string();
    let added: Vec<OsString> = match name {
        "vi" | "vim" | "nvim" | "view" | "nano" | "emacs" | "emacsclient" | "micro" | "kak" | "joe" | "jed" | "mg"
        | "ne" | "vis" => vec![plus(), file()],
        "gvim" | "mvim" => vec!["-f".into(), plus(), file()],
        "hx" | "helix" => vec![at_line()],
        "code" | "code-insiders" | "codium" | "vscodium" | "cursor" | "windsurf" => {
            vec!["--wait".into(), "--goto".into(), at_line()]
        }
        "subl" | "zed" => vec!["--wait".into(), at_line()],
        _ => vec![file()],
    };
    let added = added.into_iter().filter(|word| !(*word == "--wait" && words.iter().any(|given| given == "--wait")));
    words.iter().map(OsString::from).chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::unbounded_channel;

    fn shown(editor: &str) -> String {
        let words = split_words(editor).expect("closed quotes");
        let words = command(&words, Path::new("/tmp/a.review.toml"), 7);
        words.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn each_editor_is_told_the_line_in_its_own_way() {
        assert_eq!(shown("vi"), "vi|+7|/tmp/a.review.toml");
        assert_eq!(shown("/usr/bin/nvim -u NONE"), "/usr/bin/nvim|-u|NONE|+7|/tmp/a.review.toml");
        assert_eq!(shown("hx"), "hx|/tmp/a.review.toml:7");
        assert_eq!(shown("code"), "code|--wait|--goto|/tmp/a.review.toml:7");
        assert_eq!(shown("code --wait"), "code|--wait|--goto|/tmp/a.review.toml:7");
        assert_eq!(shown("'my editor' \"-x y\" a\\ b"), "my editor|-x y|a b|/tmp/a.review.toml");
        assert_eq!(split_words("vim 'open"), None);
        assert_eq!(split_words(" "), Some(vec![]));
    }

    async fn with_script(script: &str, text: &str) -> Returned {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("editor.sh");
        std::fs::write(&path, script).expect("written");
        let (_keep, mut signals) = unbounded_channel();
        edit_with(&format!("sh {}", path.display()), text.to_owned(), 1, &mut signals).await
    }

    #[tokio::test]
    async fn the_text_comes_back() {
        let returned = with_script("echo two >> \"$1\"", "one\n").await;
        assert!(matches!(&returned, Returned::Text(text) if text == "one\ntwo\n"), "{returned:?}");
        let renamed = with_script("echo new > \"$1.tmp\"; mv \"$1.tmp\" \"$1\"", "old\n").await;
        assert!(matches!(&renamed, Returned::Text(text) if text == "new\n"), "{renamed:?}");
    }

    #[tokio::test]
    async fn what_cannot_be_taken_over_is_kept_and_named() {
        for script in ["echo typed >> \"$1\"; exit 3", "printf 'typed \\377' > \"$1\""] {
            let Returned::Failed(sentence) = with_script(script, "one\n").await else { panic!("it failed") };
            let path = sentence.rsplit(" in ").next().and_then(|rest| rest.strip_suffix('.')).expect("a path");
            let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{sentence}: {error}"));
            assert!(String::from_utf8_lossy(&bytes).contains("typed"));
            std::fs::remove_file(path).expect("removed");
        }
        let unchanged = with_script("exit 1", "one\n").await;
        assert!(matches!(&unchanged, Returned::Failed(text) if !text.contains("/kneepoint-")), "{unchanged:?}");
    }

    #[tokio::test]
    async fn an_editor_that_is_not_there_and_a_signal_meanwhile_are_said() {
        let (sender, mut signals) = unbounded_channel();
        let missing = edit_with("/nowhere/editor", String::new(), 1, &mut signals).await;
        assert!(matches!(&missing, Returned::Failed(text) if text.contains("did not start")), "{missing:?}");
        sender.send(Signal::Interrupt).expect("listening");
        sender.send(Signal::End(15)).expect("listening");
        let ended = edit_with("sh -c 'sleep 0.2'", String::new(), 1, &mut signals).await;
        assert!(matches!(ended, Returned::Ended(15)), "{ended:?}");
    }
}
