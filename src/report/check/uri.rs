//! Names of files as references of URIs (RFC 3986).

use std::fmt::Write as _;

/// A path with everything escaped that a path of a URI may not hold; `/` stays.
pub(super) fn path(file: &str) -> String {
    let mut out = String::with_capacity(file.len());
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
