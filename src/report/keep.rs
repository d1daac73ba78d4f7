//! Text that people wrote into a generated document, between `<!-- keep:NAME -->` and `<!-- /keep -->`, over a new export.
//!
//! Must not know what the document is about. Invariant of [`merge_keeps`]: every line that stood between marks of the
//! old document stands between marks of the merged one, or the merge is refused.

use std::collections::HashMap;
use std::fmt;
use std::fmt::Write as _;

/// Where blocks go that the new document has no place for.
const KEPT_HEADING: &str = "## Kept text";

/// Why the hand-written text of a document cannot be told from the generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepError {
    /// The line of the old document, from 1.
    pub line: usize,
    /// What is wrong there, without a full stop.
    pub message: String,
}

impl fmt::Display for KeepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for KeepError {}

/// What every exported file says near its beginning: others are not overwritten.
const SIGNATURES: [&str; 2] = ["Written by kneepoint.", "\"written_by\": \"kneepoint\""];
/// How far from the beginning it is looked for, in characters.
const BEGINNING: usize = 1_000;

/// Why a file must not be overwritten by an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverwriteError {
    /// The file was not written by an export.
    NotOurs,
    /// Its hand-written text could be lost.
    Keep(KeepError),
}

impl fmt::Display for OverwriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs => f.write_str("was not written by kneepoint: it is not overwritten"),
            Self::Keep(error) => write!(f, "{error}; nothing was written"),
        }
    }
}

impl std::error::Error for OverwriteError {}

/// What to write over a file that may hold hand-written text: a document in Markdown.
///
/// # Errors
/// Where the file is somebody else's, or its keep marks do not pair.
pub fn write_over(old: &str, new: &str) -> Result<String, OverwriteError> {
    // A user's own template need not sign; keep marks say as much.
    if !ours(old) && !old.contains("<!-- keep:") {
        return Err(OverwriteError::NotOurs);
    }
    merge_keeps(old, new).map_err(OverwriteError::Keep)
}

/// What to write over a file without hand-written text: a diagram, JSON.
///
/// # Errors
/// Where the file is somebody else's.
pub fn replace(old: &str, new: &str) -> Result<String, OverwriteError> {
    if ours(old) { Ok(new.to_owned()) } else { Err(OverwriteError::NotOurs) }
}

fn ours(old: &str) -> bool {
    let beginning: String = old.chars().take(BEGINNING).collect();
    old.trim().is_empty() || SIGNATURES.iter().any(|signature| beginning.contains(signature))
}

#[derive(Debug, PartialEq)]
enum Mark<'a> {
    Open(&'a str),
    Close(Option<&'a str>),
    /// Something that looks like a mark and is not alone on its line, or has no name.
    Broken,
}

/// The mark of a line, if it has one.
fn mark(line: &str) -> Option<Mark<'_>> {
    let mut rest = line;
    let mut found = false;
    while let Some(at) = rest.find("<!--") {
        rest = &rest[at + 4..];
        let inside = rest.trim_start();
        found |= inside.starts_with("keep:") || inside.starts_with("/keep");
    }
    if !found {
        return None;
    }
    let alone = line.trim().strip_prefix("<!--").and_then(|text| text.strip_suffix("-->")).map(str::trim);
    let name = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    Some(match alone {
        Some("/keep") => Mark::Close(None),
        Some(inside) => match (inside.strip_prefix("keep:"), inside.strip_prefix("/keep:")) {
            (Some(text), _) if name(text.trim()) => Mark::Open(text.trim()),
            (_, Some(text)) if name(text.trim()) => Mark::Close(Some(text.trim())),
            _ => Mark::Broken,
        },
        None => Mark::Broken,
    })
}

/// A block that people wrote: its name and its lines, line ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block<'a> {
    name: &'a str,
    text: String,
}

enum Piece<'a> {
    Text(&'a str),
    Block { open: &'a str, block: Block<'a>, close: &'a str },
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, KeepError> {
    let mut pieces = Vec::new();
    let mut open: Option<(usize, &str, Block<'_>)> = None;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let number = number + 1;
        let error = |message: String| KeepError { line: number, message };
        match (mark(line), &mut open) {
            (None, None) => pieces.push(Piece::Text(line)),
            (None, Some((_, _, block))) => block.text.push_str(line),
            (Some(Mark::Open(name)), None) => open = Some((number, line, Block { name, text: String::new() })),
            (Some(Mark::Open(name)), Some((start, _, block))) => {
                let outer = block.name;
                return Err(error(format!(
                    "`keep:{name}` begins inside `keep:{outer}` of line {start}, which has no end"
                )));
            }
            (Some(Mark::Close(name)), Some((start, _, block))) => {
                if let Some(name) = name.filter(|name| *name != block.name) {
                    let outer = block.name;
                    return Err(error(format!("`/keep:{name}` ends `keep:{outer}` of line {start}")));
                }
                if let Some((_, opening, block)) = open.take() {
                    pieces.push(Piece::Block { open: opening, block, close: line });
                }
            }
            (Some(Mark::Close(_)), None) => return Err(error("`/keep` without a beginning".to_owned())),
            (Some(Mark::Broken), _) => {
                return Err(error("a keep mark stands alone on its line: `<!-- keep:NAME -->`".to_owned()));
            }
        }
    }
    match open {
        Some((line, _, block)) => Err(KeepError { line, message: format!("`keep:{}` has no end", block.name) }),
        None => Ok(pieces),
    }
}

/// The new document with the hand-written blocks of the old one.
///
/// A block goes where the new document has one of its name (the first to the first, the second to the second); an empty
/// block leaves what the new document has there. Blocks without a place are appended under "Kept text".
///
/// # Errors
/// Where the marks of the old document do not pair, so that overwriting it could lose text.
pub fn merge_keeps(old: &str, new: &str) -> Result<String, KeepError> {
    let mut kept: HashMap<&str, std::collections::VecDeque<(usize, Block<'_>)>> = HashMap::new();
    let mut blocks = 0;
    for piece in pieces(old)? {
        if let Piece::Block { block, .. } = piece {
            kept.entry(block.name).or_default().push_back((blocks, block));
            blocks += 1;
        }
    }
    let mut out = String::with_capacity(new.len());
    for piece in pieces(new)? {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Block { open, block, close } => {
                out.push_str(open);
                let old = kept.get_mut(block.name).and_then(std::collections::VecDeque::pop_front);
                match old.filter(|(_, old)| !old.text.trim().is_empty()) {
                    Some((_, old)) => out.push_str(&unix(&old.text)),
                    None => out.push_str(&block.text),
                }
                out.push_str(close);
            }
        }
    }
    let mut orphans: Vec<_> = kept.into_values().flatten().filter(|(_, block)| !block.text.trim().is_empty()).collect();
    orphans.sort_by_key(|(position, _)| *position);
    if !orphans.is_empty() {
        if !out.ends_with('\n') {
            out.push('\n');
        }
        let _ = writeln!(out, "\n{KEPT_HEADING}\n\nWritten by hand for a place that this document no longer has.");
        for (_, block) in orphans {
            let _ = writeln!(out, "\n<!-- keep:{} -->\n{}<!-- /keep -->", block.name, unix(&block.text));
        }
    }
    Ok(out)
}

/// With line ends as the generated text has them.
fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "# T\n<!-- keep:a -->\n<!-- /keep -->\nrow\n<!-- keep:b -->\n<!-- /keep -->\n";

    #[test]
    fn blocks_go_to_their_places_and_orphans_to_the_end() {
        let old = "x\n<!-- keep:b -->\nmine\n<!-- /keep:b -->\n<!--keep:gone-->\nlost?\n<!-- /keep -->\n";
        let merged = merge_keeps(old, NEW).unwrap();
        assert!(merged.contains("<!-- keep:b -->\nmine\n<!-- /keep -->"), "{merged}");
        assert!(merged.contains("## Kept text") && merged.contains("<!-- keep:gone -->\nlost?\n<!-- /keep -->"));
        // A second export changes nothing.
        assert_eq!(merge_keeps(&merged, NEW).unwrap(), merged);
    }

    #[test]
    fn marks_that_do_not_pair_refuse() {
        for (old, line) in [
            ("<!-- keep:a -->\ntext\n", 1),
            ("text\n<!-- /keep -->\n", 2),
            ("<!-- keep:a -->\n<!-- keep:b -->\n<!-- /keep -->\n", 2),
            ("<!-- keep:a -->\n<!-- /keep:b -->\n", 2),
            ("see <!-- keep:a --> text <!-- /keep -->\n", 1),
            ("<!-- keep: -->\nx\n<!-- /keep -->\n", 1),
        ] {
            assert_eq!(merge_keeps(old, NEW).map_err(|error| error.line), Err(line), "{old}");
        }
    }

    #[test]
    fn two_blocks_of_one_name_are_both_kept() {
        let old = "<!-- keep:a -->\none\n<!-- /keep -->\n<!-- keep:a -->\ntwo\n<!-- /keep -->\n";
        let merged = merge_keeps(old, NEW).unwrap();
        assert!(merged.contains("one\n") && merged.contains("two\n"));
        assert_eq!(merge_keeps(&merged, NEW).unwrap(), merged);
    }

    #[test]
    fn line_ends_of_another_system_do_not_lose_text() {
        let merged = merge_keeps("<!-- keep:a -->\r\nmine\r\n<!-- /keep -->\r\n", NEW).unwrap();
        assert!(merged.contains("<!-- keep:a -->\nmine\n<!-- /keep -->"));
    }
}
