//! The commands that a Markdown document shows, with what it says comes of them.

/// A command and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The document and line.
    pub place: String,
    /// As it stands there.
    pub command: String,
    /// The lines of output behind it, where it stands in a console block.
    pub output: Option<Vec<String>>,
    /// The exit code, where one is said (`[exit 1]` behind the output, `# exit 1` behind the command).
    pub exit: Option<i32>,
    /// Whether it is a gate of a CI recipe, which may say no.
    pub gate: bool,
}

/// A file that a document shows in full, `<!-- file: NAME -->` above its block.
#[derive(Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Everything that a document shows.
pub fn shown(document: &str, text: &str) -> (Vec<Shown>, Vec<File>) {
    let (mut commands, mut files): (Vec<Shown>, Vec<File>) = (Vec::new(), Vec::new());
    let mut fence: Option<&str> = None;
    let mut named: Option<&str> = None;
    for (number, line) in text.lines().enumerate() {
        let place = format!("{document}:{}", number + 1);
        if let Some(language) = line.strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(language.trim()) };
            if fence.is_none() {
                named = None;
            } else if let Some(name) = named {
                files.push(File { name: name.to_owned(), text: String::new() });
            }
            continue;
        }
        let Some(language) = fence else {
            let mark = line.strip_prefix("<!-- file: ").and_then(|rest| rest.strip_suffix(" -->"));
            named = mark.or(named.filter(|_| line.is_empty()));
            continue;
        };
        if let (Some(_), Some(file)) = (named, files.last_mut()) {
            file.text.push_str(line);
            file.text.push('\n');
            continue;
        }
        let command = |text: &str, gate: bool, output: Option<Vec<String>>| Shown {
            place: place.clone(),
            command: text.split(" #").next().unwrap_or_default().trim().to_owned(),
            output,
            exit: text.split_once("# exit ").and_then(|(_, rest)| rest.split([' ', ':']).next()?.parse().ok()),
            gate,
        };
        match language {
            "console" => match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(text), _) => commands.push(command(text, false, Some(Vec::new()))),
                (None, Some(last)) => match line.strip_prefix("[exit ").and_then(|rest| rest.strip_suffix(']')) {
                    Some(code) => last.exit = code.parse().ok(),
                    None => last.output.get_or_insert_default().push(line.to_owned()),
                },
                (None, None) => {}
            },
            "sh" | "bash" if !line.trim().is_empty() && !line.starts_with('#') => {
                commands.push(command(line, false, None));
            }
            // A block without a language may hold anything; only our own commands are taken from it.
            "" if line.starts_with("kneepoint ") => commands.push(command(line, false, None)),
            "yaml" => {
                if let Some(text) = line.trim().trim_start_matches("- ").strip_prefix("run: ") {
                    commands.push(command(text, true, None));
                }
            }
            _ => {}
        }
    }
    (commands, files)
}

/// Whether an output is the one that is shown; `…` alone stands for any lines, at the end of a line for its rest.
pub fn matches(shown: &[String], found: &[&str]) -> bool {
    let Some((first, rest)) = shown.split_first() else { return found.is_empty() };
    if first == "…" {
        return (0..=found.len()).any(|skipped| matches(rest, &found[skipped..]));
    }
    let same = |line: &str| {
        first.strip_suffix('…').map_or(line.trim_end() == first.trim_end(), |beginning| line.starts_with(beginning))
    };
    found.split_first().is_some_and(|(line, behind)| same(line) && matches(rest, behind))
}

#[test]
fn commands_files_and_outputs_are_taken_from_a_document() {
    let text = "```sh\nkneepoint check a # exit 1: why\n\n# no command\n```\n<!-- file: a.toml -->\n```toml\nformat = 1\n```\n\
        ```console\n$ kneepoint rule\none\n…\n[exit 2]\n```\n```yaml\n  - run: kneepoint check\n```\n```\nkneepoint demo\nls\n```\n";
    let (commands, files) = shown("x.md", text);
    let said: Vec<&str> = commands.iter().map(|shown| shown.command.as_str()).collect();
    assert_eq!(said, ["kneepoint check a", "kneepoint rule", "kneepoint check", "kneepoint demo"]);
    assert_eq!(commands[1].output.as_deref(), Some(&["one".to_owned(), "…".to_owned()][..]));
    assert_eq!((commands[0].exit, commands[1].exit, commands[2].gate), (Some(1), Some(2), true));
    assert_eq!((files.len(), files[0].text.as_str()), (1, "format = 1\n"));
}

#[test]
fn an_output_is_compared_line_by_line() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(matches(&lines("a\n…\nc"), &["a", "b", "b", "c"]));
    assert!(matches(&lines("a…"), &["abc"]));
    assert!(!matches(&lines("a"), &["a", "b"]));
    assert!(!matches(&lines("a\n…\nc"), &["a", "b"]));
}
