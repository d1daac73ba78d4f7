//! Layers and fences: what a source may name.

use super::house::House;
use super::paths::Source;
use super::tokens::closing;

/// The modules that may touch files, sockets, processes, threads, the environment and the clock.
pub const IMPURE: [&str; 4] = ["document", "metrics", "tui", "cli"];
/// The module that may open sockets, start threads and read the clock, and nothing else of what is outside.
pub const LISTENS: &str = "simulated_source";
/// What of the standard library it may name.
const LISTENING: [&str; 2] = ["net", "thread"];
/// The file that may run its work on several threads, and wait for them: no state, no clock.
const PARALLEL: &str = "src/rules/engine.rs";
/// What of the standard library is outside.
const OUTSIDE: [&str; 6] = ["fs", "net", "process", "thread", "env", "os"];
/// Methods of paths that ask the file system without naming it.
const ASKS_FILES: [&str; 9] = [
    "exists",
    "try_exists",
    "is_file",
    "is_dir",
    "is_symlink",
    "canonicalize",
    "symlink_metadata",
    "read_dir",
    "read_link",
];
const PRINTS: [&str; 4] = ["println", "print", "eprintln", "eprint"];
const UNFINISHED: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// Names of upper layers and of siblings.
pub fn layers(source: &Source, house: &House) -> Vec<String> {
    let Some(own) = source.module() else { return Vec::new() };
    let mut wrong = Vec::new();
    for named in source.named.iter().filter(|named| named.parts[0] == "crate" || named.parts[0] == "kneepoint") {
        let at = format!("{}:{}", source.path, named.line);
        let Some(other) = named.parts.get(1) else {
            if named.imported {
                wrong.push(format!("{at}: the whole crate under another name hides what is used"));
            }
            continue;
        };
        if *other == own || named.parts[0] == "crate" && other == "self" {
            continue;
        }
        match (house.layers.get(&own), house.layers.get(other)) {
            (Some(layer), Some(below)) if below < layer => {}
            (Some(layer), Some(above)) => {
                wrong.push(format!("{at}: `{own}` (L{layer}) must not know `{other}` (L{above})"));
            }
            _ => wrong.push(format!("{at}: `{}` is in no layer", named.parts.join("::"))),
        }
    }
    wrong
}

/// Dependencies where they do not belong, and printing, files, clocks where only few may have them.
pub fn fences(source: &Source, house: &House) -> Vec<String> {
    let own = source.module();
    let may = |modules: &[&str]| own.as_deref().is_none_or(|own| modules.contains(&own));
    let mut wrong = Vec::new();
    for named in &source.named {
        let at = format!("{}:{}", source.path, named.line);
        let path = named.parts.join("::");
        for (dependency, only) in &house.fences {
            let is_it = named.parts[0] == dependency.replace('-', "_") && (named.parts.len() > 1 || named.imported);
            let Some(only) = only.as_ref().filter(|_| is_it) else { continue };
            let only: Vec<&str> = only.iter().map(String::as_str).collect();
            // Tests of any layer may keep their files in a temporary folder.
            let tests = named.test && dependency == "tempfile";
            if !may(&only) && !tests {
                wrong.push(format!("{at}: `{path}` is only for {}", only.join(", ")));
            }
        }
        if named.test || may(&IMPURE) {
            continue;
        }
        let std = named.parts[0] == "std" && named.parts.get(1).is_some_and(|part| OUTSIDE.contains(&part.as_str()));
        let stream = named.parts.ends_with(&["io".to_owned(), "stdout".to_owned()])
            || ["stdin", "stdout", "stderr"].iter().any(|stream| path == format!("std::io::{stream}"));
        let clock = named.parts.len() > 1 && named.parts.last().is_some_and(|part| part == "now")
            || named.parts.iter().any(|part| part == "SystemTime" || part == "Instant");
        let listens = own.as_deref() == Some(LISTENS);
        let listening = named.parts.get(1).is_some_and(|part| LISTENING.contains(&part.as_str()));
        let parallel = source.path == PARALLEL && named.parts.get(1).is_some_and(|part| part == "thread");
        if std && !(listens && listening) && !parallel || stream || clock && !listens {
            wrong.push(format!("{at}: `{path}`: files, processes and clocks are for {}", IMPURE.join(", ")));
        }
    }
    for (at, token) in source.tokens.iter().enumerate() {
        let text = |at: usize| source.tokens.get(at).map_or("", |token| token.text.as_str());
        let place = format!("{}:{}", source.path, token.line);
        let called = token.text.as_str();
        if text(at + 1) == "!" && text(at + 2) != "=" {
            if PRINTS.contains(&called) && !may(&["cli"]) && !token.test {
                wrong.push(format!("{place}: `{called}!`: printing is for cli"));
            }
            if UNFINISHED.contains(&called) {
                wrong.push(format!("{place}: `{called}!`"));
            }
        }
        let method = at > 0 && text(at - 1) == "." && text(at + 1) == "(" && text(at + 2) == ")";
        if method && ASKS_FILES.contains(&called) && !token.test && !may(&IMPURE) {
            wrong.push(format!("{place}: `.{called}()` asks the file system"));
        }
        let attribute = called == "#" && (text(at + 1) == "[" || text(at + 1) == "!" && text(at + 2) == "[");
        if attribute {
            let inside = &source.tokens[at..closing(&source.tokens, at + 1 + usize::from(text(at + 1) == "!"))];
            if inside.iter().any(|token| token.text == "allow") {
                wrong.push(format!("{place}: `allow`: say `#[expect(…, reason = \"…\")]`"));
            }
        }
    }
    wrong
}

/// Names of a dependency in what others can see: signatures, public fields, aliases, re-exports, implementations.
pub fn public_signatures(source: &Source, dependency: &str) -> Vec<String> {
    let mut foreign: Vec<&str> = vec![dependency];
    for named in source.named.iter().filter(|named| named.imported && named.parts[0] == dependency) {
        foreign.extend(named.parts.last().map(String::as_str).filter(|name| !matches!(*name, "self" | "*")));
    }
    let tokens = &source.tokens;
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut wrong = Vec::new();
    for at in 0..tokens.len() {
        let public = text(at) == "pub" && text(at + 1) != "(";
        if tokens[at].test || !public {
            continue;
        }
        let mut end = at + 1;
        let mut angle = 0i32;
        while end < tokens.len() {
            match text(end) {
                "{" if text(at + 1) == "use" => {}
                "{" | "}" | ";" => break,
                // The fields of a tuple have a `pub` of their own.
                "(" if text(at + 1) == "struct" => break,
                "(" | "[" => {
                    end = closing(tokens, end);
                    continue;
                }
                "<" => angle += 1,
                ">" if text(end - 1) != "-" => angle -= 1,
                "," | ")" if angle == 0 => break,
                "=" if text(at + 1) != "type" && angle == 0 => break,
                _ => {}
            }
            end += 1;
        }
        wrong.extend(
            tokens[at..end]
                .iter()
                .filter(|token| foreign.contains(&token.text.as_str()))
                .map(|token| format!("{}:{}: `{}` in a public signature", source.path, token.line, token.text)),
        );
    }
    wrong
}
