//! The tokens of a Rust source, comments and literals gone: as much of the language as the fences need.

/// A name or a mark of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The name, `::`, or one character of punctuation.
    pub text: String,
    /// The line, from 1.
    pub line: usize,
    /// Whether it is a name or keyword.
    pub name: bool,
    /// Whether it stands in an item that is only compiled for tests.
    pub test: bool,
}

/// Reads a source. Strings, characters, numbers, lifetimes and comments leave nothing behind but a `"` or `0`.
pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    let mut push = |text: String, line: usize, name: bool| found.push(Token { text, line, name, test: false });
    while at < chars.len() {
        let c = chars[at];
        let next = chars.get(at + 1).copied();
        let from = at;
        let start_line = line;
        if c.is_whitespace() {
            at += 1;
        } else if c == '/' && next == Some('/') {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if c == '/' && next == Some('*') {
            at = block_comment(&chars, at);
        } else if let Some(end) = string(&chars, at) {
            at = end;
            push("\"".to_owned(), start_line, false);
        } else if c == '\'' {
            at = quote(&chars, at);
        } else if c.is_ascii_digit() {
            while at < chars.len()
                && (is_name(chars[at])
                    || (chars[at] == '.'
                        && chars.get(at + 1).is_some_and(char::is_ascii_digit)
                        && chars[at - 1] != '.'))
            {
                at += 1;
            }
            push("0".to_owned(), start_line, false);
        } else if is_name(c) {
            // `r#type` is the name `type`.
            if c == 'r' && next == Some('#') {
                at += 2;
            }
            let begin = at;
            while at < chars.len() && is_name(chars[at]) {
                at += 1;
            }
            push(chars[begin..at].iter().collect(), start_line, true);
        } else if c == ':' && next == Some(':') {
            at += 2;
            push("::".to_owned(), start_line, false);
        } else {
            at += 1;
            push(c.to_string(), start_line, false);
        }
        line += chars[from..at].iter().filter(|c| **c == '\n').count();
    }
    mark_tests(&mut found);
    found
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The end of a string that begins here: plain, raw, of bytes or for C.
fn string(chars: &[char], start: usize) -> Option<usize> {
    let mut at = start;
    if matches!(chars.get(at), Some('b' | 'c')) && matches!(chars.get(at + 1), Some('"' | 'r')) {
        at += 1;
    }
    let raw = chars.get(at) == Some(&'r');
    at += usize::from(raw);
    let mut hashes = 0;
    while raw && chars.get(at) == Some(&'#') {
        (hashes, at) = (hashes + 1, at + 1);
    }
    if chars.get(at) != Some(&'"') {
        return None;
    }
    at += 1;
    while at < chars.len() {
        match chars[at] {
            '\\' if !raw => at += 2,
            '"' if (0..hashes).all(|n| chars.get(at + 1 + n) == Some(&'#')) => return Some(at + 1 + hashes),
            _ => at += 1,
        }
    }
    Some(chars.len())
}

/// The end of a character or lifetime.
fn quote(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    if chars.get(at) == Some(&'\\') {
        at += 2;
        while at < chars.len() && chars[at] != '\'' {
            at += 1;
        }
        return (at + 1).min(chars.len());
    }
    if chars.get(at + 1) == Some(&'\'') {
        return at + 2;
    }
    while at < chars.len() && is_name(chars[at]) {
        at += 1;
    }
    at
}

/// Marks what `#[cfg(test)]` stands over.
fn mark_tests(tokens: &mut [Token]) {
    let is = |tokens: &[Token], at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    let mut at = 0;
    while at < tokens.len() {
        if !(is(tokens, at, "#") && is(tokens, at + 1, "[")) {
            at += 1;
            continue;
        }
        let end = closing(tokens, at + 1);
        let inside: Vec<&str> = tokens[at..end].iter().map(|token| token.text.as_str()).collect();
        let tests = inside.get(2) == Some(&"cfg") && inside.contains(&"test") && !inside.contains(&"not");
        if !tests {
            at = end;
            continue;
        }
        let mut last = end;
        while is(tokens, last, "#") && is(tokens, last + 1, "[") {
            last = closing(tokens, last + 1);
        }
        while last < tokens.len() && !matches!(tokens[last].text.as_str(), "{" | ";") {
            last = if matches!(tokens[last].text.as_str(), "(" | "[") { closing(tokens, last) } else { last + 1 };
        }
        let last = if is(tokens, last, "{") { closing(tokens, last) } else { (last + 1).min(tokens.len()) };
        for token in &mut tokens[at..last] {
            token.test = true;
        }
        at = last;
    }
}

/// Behind the bracket that closes the one here.
pub fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

#[test]
fn comments_and_literals_leave_nothing_behind() {
    let source = r##"// crate::a
        /* crate::b /* crate::c */ crate::d */ let x = "crate::e \" crate::f"; let y = r#"crate::g " "#; 'l: b'\''; '"'; 1.5e3; 0..9;
        crate::h::i(&'a str, b"crate::j", c'k')"##;
    let text: Vec<String> = tokens(source).into_iter().map(|token| token.text).collect();
    let text = text.join(" ");
    assert_eq!(text.matches("crate").count(), 1, "{text}");
    assert!(text.contains("crate :: h :: i ( & str , \" , c"), "{text}");
}

#[test]
fn what_is_only_for_tests_is_marked() {
    let source = "use a; #[cfg(test)] #[x] mod m { fn f() { b } } #[cfg(not(test))] use c; #[cfg(test)] use d; e";
    let marked: String = tokens(source).into_iter().filter(|token| token.test).map(|token| token.text).collect();
    assert_eq!(marked, "#[cfg(test)]#[x]modm{fnf(){b}}#[cfg(test)]used;");
}
