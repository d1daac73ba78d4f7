//! Where a broken text can be read on: the headers behind a bracket or string that is never closed.
//!
//! Without this a single missing `]` would swallow the rest of the file.

use toml_parser::Source;
use toml_parser::lexer::{Lexer, Token, TokenKind};

/// So many tokens are read at once: those of a large file at a time take more memory than what it says.
const CHUNK: usize = 16 * 1024;

/// The tokens of a text in chunks, each but the first beginning with a header.
pub(super) struct Chunks<'t> {
    lexer: Lexer<'t>,
    tokens: Vec<Token>,
    /// The first token of the next chunk.
    ahead: Option<Token>,
    depth: usize,
    line_start: bool,
}

impl<'t> Chunks<'t> {
    /// Of a text.
    pub(super) fn of(text: &'t str) -> Self {
        Self { lexer: Source::new(text).lex(), tokens: Vec::new(), ahead: None, depth: 0, line_start: true }
    }

    /// Goes to the next chunk; `false` where it is the last one.
    pub(super) fn next(&mut self) -> bool {
        self.tokens.clear();
        if let Some(token) = self.ahead.take() {
            self.push(token);
        }
        while let Some(token) = self.lexer.next() {
            let at_header = self.line_start && self.depth == 0 && token.kind() == TokenKind::LeftSquareBracket;
            if at_header && self.tokens.len() >= CHUNK {
                self.ahead = Some(token);
                return true;
            }
            self.push(token);
        }
        false
    }

    fn push(&mut self, token: Token) {
        match token.kind() {
            TokenKind::Newline => self.line_start = true,
            TokenKind::Whitespace => {}
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                self.depth += 1;
                self.line_start = false;
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                self.depth = self.depth.saturating_sub(1);
                self.line_start = false;
            }
            _ => self.line_start = false,
        }
        self.tokens.push(token);
    }

    /// The tokens of the chunk.
    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Where the chunk begins in the text.
    pub(super) fn start(&self) -> usize {
        self.tokens.first().map_or(0, |token| token.span().start())
    }
}

/// The tokens cut at every header that stands inside a bracket, so that each part can be read alone.
///
/// A header cannot stand inside a bracket: a bare word is no value, so nothing that is right is ever cut.
pub(super) fn parts<'t>(text: &str, tokens: &'t [Token]) -> Vec<&'t [Token]> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    let mut line_start = true;
    for (position, token) in tokens.iter().enumerate() {
        match token.kind() {
            TokenKind::Newline => line_start = true,
            TokenKind::Whitespace => {}
            TokenKind::LeftSquareBracket if line_start && is_header(text, &tokens[position..]) => {
                if depth > 0 {
                    parts.push(&tokens[start..position]);
                    start = position;
                    depth = 0;
                }
                // The brackets of the header itself open and close again.
                depth += 1;
                line_start = false;
            }
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                depth += 1;
                line_start = false;
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                depth = depth.saturating_sub(1);
                line_start = false;
            }
            _ => line_start = false,
        }
    }
    parts.push(&tokens[start..]);
    parts
}

/// Whether tokens are `[a.b]` or `[[a.b]]` with a bare first key, and nothing else on the line but a comment.
fn is_header(text: &str, tokens: &[Token]) -> bool {
    let mut rest = tokens.iter().filter(|token| token.kind() != TokenKind::Whitespace).peekable();
    let mut brackets = 0;
    while rest.next_if(|token| token.kind() == TokenKind::LeftSquareBracket).is_some() {
        brackets += 1;
        if brackets > 2 {
            return false;
        }
    }
    let Some(first) = rest.next_if(|token| token.kind() == TokenKind::Atom) else { return false };
    if !text.get(first.span().start()..first.span().end()).is_some_and(is_word) {
        return false;
    }
    while rest.next_if(|token| token.kind() == TokenKind::Dot).is_some() {
        let key = |token: &&Token| {
            matches!(token.kind(), TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString)
        };
        if rest.next_if(key).is_none() {
            return false;
        }
    }
    for _ in 0..brackets {
        if rest.next_if(|token| token.kind() == TokenKind::RightSquareBracket).is_none() {
            return false;
        }
    }
    rest.next_if(|token| token.kind() == TokenKind::Comment);
    rest.next().is_none_or(|token| matches!(token.kind(), TokenKind::Newline | TokenKind::Eof))
}

/// Whether an atom can only be a key.
fn is_word(atom: &str) -> bool {
    atom.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !matches!(atom, "true" | "false" | "inf" | "nan")
}

/// Where to read on after a multi-line string that is never closed: the next line in it that is a header.
pub(super) fn after_open_string(text: &str, tokens: &[Token], is_table: impl Fn(&str) -> bool) -> Option<usize> {
    let last = tokens.iter().rev().find(|token| token.kind() != TokenKind::Eof)?;
    let quotes = match last.kind() {
        TokenKind::MlBasicString => "\"\"\"",
        TokenKind::MlLiteralString => "'''",
        _ => return None,
    };
    let start = last.span().start();
    let raw = text.get(start..last.span().end())?;
    if raw.len() >= 2 * quotes.len() && raw.ends_with(quotes) {
        return None;
    }
    let mut offset = start;
    for line in raw.split_inclusive('\n') {
        let trimmed = line.trim();
        let name = trimmed.trim_start_matches('[').split([']', '.']).next().unwrap_or_default().trim();
        if offset > start && trimmed.starts_with('[') && is_table(name) {
            return Some(offset);
        }
        offset += line.len();
    }
    None
}
