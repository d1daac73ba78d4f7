//! From arms to characters. An arm is 0 (none), 1 (light) or 2 (heavy).

use super::super::layout::EdgeKind;
use super::GlyphSet;

/// Arms in the order up, right, down, left.
pub(super) type Arms = [u8; 4];

pub(super) const UP: usize = 0;
pub(super) const RIGHT: usize = 1;
pub(super) const DOWN: usize = 2;
pub(super) const LEFT: usize = 3;

/// For every set of arms the eight or so characters of the box-drawing block: index by the arms
/// present (up 8, right 4, down 2, left 1), then by which of those are heavy, in the same order.
const JOINTS: [&str; 16] = [
    " ",
    "─━",               // left
    "│┃",               // down
    "┐┑┒┓",             // down left
    "─━",               // right
    "─╾╼━",             // right left
    "┌┎┍┏",             // right down
    "┬┭┰┱┮┯┲┳",         // right down left
    "│┃",               // up
    "┘┙┚┛",             // up left
    "│╽╿┃",             // up down
    "┤┥┧┪┦┩┨┫",         // up down left
    "└┕┖┗",             // up right
    "┴┵┶┷┸┹┺┻",         // up right left
    "├┟┝┢┞┠┡┣",         // up right down
    "┼┽╁╅┾┿╆╈╀╃╂╉╄╇╊╋", // all four
];

/// The character for joined lines.
pub(super) fn joint(arms: Arms, set: GlyphSet) -> char {
    let present = arms.iter().fold(0, |bits, arm| bits * 2 + usize::from(*arm > 0));
    let heavy = arms.iter().filter(|arm| **arm > 0).fold(0, |bits, arm| bits * 2 + usize::from(*arm > 1));
    if set == GlyphSet::Ascii {
        return match (present, heavy > 0) {
            (0, _) => ' ',
            (0b0101 | 0b0100 | 0b0001, false) => '-',
            (0b0101 | 0b0100 | 0b0001, true) => '=',
            (0b1010 | 0b1000 | 0b0010, false) => '|',
            (_, true) => '#',
            _ => '+',
        };
    }
    JOINTS[present].chars().nth(heavy).unwrap_or(' ')
}

/// The character of a line that runs straight on.
pub(super) fn straight(kind: EdgeKind, vertical: bool, heavy: bool, odd: bool, set: GlyphSet) -> char {
    let (light, strong) = match (set, kind, vertical) {
        (GlyphSet::Ascii, EdgeKind::Async, false) if odd => (' ', ' '),
        (GlyphSet::Ascii, EdgeKind::Sync | EdgeKind::Async, false) => ('-', '='),
        (GlyphSet::Ascii, EdgeKind::Sync, true) => ('|', '#'),
        (GlyphSet::Ascii, EdgeKind::Async, true) => (':', '#'),
        (GlyphSet::Ascii, EdgeKind::Soft, _) => ('.', '.'),
        (GlyphSet::Unicode, EdgeKind::Sync, false) => ('─', '━'),
        (GlyphSet::Unicode, EdgeKind::Sync, true) => ('│', '┃'),
        (GlyphSet::Unicode, EdgeKind::Async, false) => ('╌', '╍'),
        (GlyphSet::Unicode, EdgeKind::Async, true) => ('┆', '┇'),
        (GlyphSet::Unicode, EdgeKind::Soft, _) => ('·', '·'),
    };
    if heavy { strong } else { light }
}

/// The arrowhead before a box.
pub(super) const fn head(kind: EdgeKind, set: GlyphSet) -> char {
    match (set, kind) {
        (GlyphSet::Ascii, _) => '>',
        (GlyphSet::Unicode, EdgeKind::Sync) => '▸',
        (GlyphSet::Unicode, _) => '▹',
    }
}

/// The mark on a line that runs back to the left.
pub(super) const fn back(set: GlyphSet) -> char {
    match set {
        GlyphSet::Ascii => '<',
        GlyphSet::Unicode => '◂',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joints_match_their_unicode_names() {
        let cases: [(Arms, char); 16] = [
            ([0, 1, 0, 1], '─'),
            ([0, 2, 0, 1], '╼'),
            ([0, 1, 0, 2], '╾'),
            ([2, 0, 1, 0], '╿'),
            ([1, 0, 2, 0], '╽'),
            ([0, 2, 1, 0], '┍'),
            ([0, 1, 2, 0], '┎'),
            ([0, 0, 1, 2], '┑'),
            ([1, 2, 0, 0], '┕'),
            ([2, 1, 0, 0], '┖'),
            ([1, 0, 0, 2], '┙'),
            ([1, 0, 2, 2], '┪'),
            ([2, 1, 2, 0], '┠'),
            ([1, 2, 1, 0], '┝'),
            ([0, 1, 2, 1], '┰'),
            ([1, 2, 0, 2], '┷'),
        ];
        for (arms, glyph) in cases {
            assert_eq!(joint(arms, GlyphSet::Unicode), glyph, "{arms:?}");
        }
    }
}
