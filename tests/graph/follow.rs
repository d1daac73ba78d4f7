//! Follows lines through the drawn characters alone, as an eye does, and compares what it finds
//! with the edges that were meant.

use crate::laws::{any_graph, laid_out};
use crate::samples;
use kneepoint::graph::layout::*;
use kneepoint::graph::picture::*;
use proptest::prelude::*;
use std::collections::{BTreeSet, HashSet};

/// Up, right, down, left.
const STEPS: [(i32, i32); 4] = [(0, -1), (1, 0), (0, 1), (-1, 0)];

fn arms(glyph: char) -> [bool; 4] {
    let text = match glyph {
        '─' | '╌' | '◂' => "rl",
        '│' | '┆' => "ud",
        '┌' => "rd",
        '┐' => "dl",
        '└' => "ur",
        '┘' => "ul",
        '├' => "urd",
        '┤' => "udl",
        '┬' => "rdl",
        '┴' => "url",
        '▸' | '▹' => "l",
        _ => "",
    };
    ['u', 'r', 'd', 'l'].map(|side| text.contains(side))
}

struct Sheet {
    rows: Vec<Vec<char>>,
}

impl Sheet {
    fn at(&self, x: i32, y: i32) -> char {
        let row = usize::try_from(y).ok().and_then(|y| self.rows.get(y));
        row.and_then(|row| row.get(usize::try_from(x).ok()?)).copied().unwrap_or(' ')
    }

    /// Whether a horizontal run from here to the left carries a mark that it runs back.
    fn runs_back(&self, mut x: i32, y: i32) -> bool {
        loop {
            x -= 1;
            match self.at(x, y) {
                '◂' => return true,
                '─' | '╌' | '·' | '│' | '┆' | '┴' | '┬' | '├' | '┤' => {}
                _ => return false,
            }
        }
    }

    /// All arrowheads reached from a cell beside a box, entered towards the right.
    fn follow(&self, x: i32, y: i32) -> BTreeSet<(i32, i32)> {
        let mut heads = BTreeSet::new();
        let mut seen = HashSet::new();
        let start = (x, y);
        let mut open = vec![(x, y, 1_usize)];
        while let Some((x, y, heading)) = open.pop() {
            if !seen.insert((x, y, heading)) {
                continue;
            }
            let glyph = self.at(x, y);
            let here = arms(glyph);
            let back = (heading + 2) % 4;
            let mut go = |side: usize| {
                let (dx, dy) = STEPS[side];
                open.push((x + dx, y + dy, side));
            };
            if matches!(glyph, '▸' | '▹') && heading == 1 {
                heads.insert((x, y));
            } else if glyph == '·' || (!here[back] && (x, y) != start) {
                // A dotted line runs straight on; so does a line under a bridge.
                assert!(glyph != ' ', "a line ends in nothing at {x},{y}");
                go(heading);
            } else {
                let head_follows = matches!(self.at(x + 1, y), '▸' | '▹');
                for (side, present) in here.into_iter().enumerate() {
                    if side == back || !present {
                        continue;
                    }
                    if side != 3 || heading == 3 || self.runs_back(x, y) {
                        go(side);
                    }
                }
                if head_follows && !here[1] && heading != 3 {
                    go(1);
                }
            }
        }
        heads
    }
}

fn sheet(layout: &Layout) -> Sheet {
    let nodes = vec![NodeFace::default(); layout.boxes.len()];
    let scene =
        Scene { layout, nodes: &nodes, edges: &[], selected: None, dim_others: false, glyphs: GlyphSet::Unicode };
    let view = CellRect { x: 0, y: 0, width: layout.width, height: layout.height };
    let picture = draw(&scene, view);
    assert!(!picture.to_text().contains('┼'), "a join that looks like a crossing");
    Sheet { rows: picture.rows().map(|row| row.iter().map(|cell| cell.glyph).collect()).collect() }
}

/// From every port the eye reaches exactly the boxes that the edges of that port lead to.
fn check(layout: &Layout) {
    let sheet = sheet(layout);
    for (edge, route) in layout.edges.iter().zip(&layout.routes) {
        let port = route.points[0];
        let meant: BTreeSet<(i32, i32)> = layout
            .edges
            .iter()
            .zip(&layout.routes)
            .filter(|(other, route)| other.from == edge.from && route.points[0] == port)
            .map(|(other, _)| {
                let target = layout.boxes[other.to];
                (target.x - 1, target.middle())
            })
            .collect();
        let found = sheet.follow(port.x, port.y);
        let text: Vec<String> = sheet.rows.iter().map(|row| row.iter().collect()).collect();
        assert_eq!(found, meant, "from {edge:?}\n{}", text.join("\n"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::with_cases(300) })]

    #[test]
    fn lines_lead_where_they_should((nodes, edges) in any_graph()) {
        check(&laid_out(&nodes, &edges));
    }
}

#[test]
fn lines_of_realistic_graphs_lead_where_they_should() {
    for seed in 0..20 {
        let sample = samples::arch30(seed);
        for zoom in [Zoom::Boxes, Zoom::Names, Zoom::Dots] {
            check(&laid_out(&sample.nodes(zoom), &sample.edges));
        }
    }
    let sample = samples::local(200, 5);
    check(&laid_out(&sample.nodes(Zoom::Names), &sample.edges));
}
