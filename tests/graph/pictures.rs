//! What the pictures look like.

use crate::laws::{any_graph, laid_out};
use crate::samples::{self, Sample};
use kneepoint::graph::layout::*;
use kneepoint::graph::picture::*;
use proptest::prelude::*;

fn scene<'a>(layout: &'a Layout, sample: &'a Sample, selected: Option<Element>) -> Scene<'a> {
    Scene { layout, nodes: &sample.faces, edges: &sample.labels, selected, dim_others: true, glyphs: GlyphSet::Unicode }
}

fn whole(layout: &Layout) -> CellRect {
    CellRect { x: 0, y: 0, width: layout.width, height: layout.height }
}

fn without_labels(mut sample: Sample) -> Sample {
    sample.edges.iter_mut().for_each(|edge| edge.label = 0);
    sample
}

#[test]
fn the_shop_in_eighty_columns() {
    let sample = without_labels(samples::shop(1));
    let layout = laid_out(&sample.nodes(Zoom::Boxes), &sample.edges);
    let drawn = draw(&scene(&layout, &sample, None), whole(&layout));
    assert!(layout.width <= 80 && layout.height <= 19, "{}x{}", layout.width, layout.height);
    assert_eq!(
        drawn.to_text(),
        "\
\u{20}                               ┌ auth ──┐       ┌ cache ─┐
                             ┌─▸│▮▯▯▯ 22%│  ┌···▹│▮▯▯▯ 35%│
                             │  └────────┘  ·    └────────┘
                             │              ·
┌ web ─┐       ┌ gateway ┐   │  ┌ catalog ┬·┘    ┌ catalog-db ┐
│client├─────┬▸│▮▮▯▯ 61% ├─┬─┴─▸│▮▮▮▯ 74%~├─────▸│▮▮▯▯ 58%    │
└──────┘   ┌─┘ └─────────┘ │    └─────────┘      └────────────┘
           │               │
┌ mobile ┐ │               │    ┌ orders ─┐      ┌ payments ┐
│client  ├─┘               └───▸│▮▮▮▮ 97%!├───┬─▸│▮▮▮▯ 81%~ │
└────────┘                      └─────────┴╌┐ │  └──────────┘
                                            ┆ │
                                            ┆ │  ┌ orders-db ┐
                                            ┆ └─▸│▮▮▮▯ 64%   │
                                            ┆    └───────────┘
                                            ┆
                                            ┆    ┌ bus ───┐        ┌ mailer ┐
                                            └╌╌╌▹│▯▯▯▯ 12%├╌╌╌╌╌╌╌▹│▯▯▯▯  8%│
                                                 └────────┘        └────────┘
"
    );
}

#[test]
fn the_shop_with_rates_and_a_selected_node() {
    let sample = samples::shop(1);
    let layout = laid_out(&sample.nodes(Zoom::Boxes), &sample.edges);
    let drawn = draw(&scene(&layout, &sample, Some(Element::Node(5))), whole(&layout));
    assert_eq!(
        drawn.to_text(),
        "\
\u{20}                                     ┌ auth ──┐          ┌ cache ─┐
                                ┌─490▸│▮▯▯▯ 22%│  ┌···290▹│▮▯▯▯ 35%│
                                │     └────────┘  ·       └────────┘
                                │                 ·
┌ web ─┐          ┌ gateway ┐   │     ┌ catalog ┬·┘       ┌ catalog-db ┐
│client├─────310┬▸│▮▮▯▯ 61% ┝━┱─┴─310▸│▮▮▮▯ 74%~├──────61▸│▮▮▯▯ 58%    │
└──────┘   ┌─180┘ └─────────┘ ┃       └─────────┘         └────────────┘
           │                  ┃
┌ mobile ┐ │                  ┃       ┏ orders ━┓         ┌ payments ┐
│client  ├─┘                  ┗━━━398▸┃▮▮▮▮ 97%!┣━━━┳━398▸│▮▮▮▯ 81%~ │
└────────┘                            ┗━━━━━━━━━┻╍┓ ┃     └──────────┘
                                                  ┇ ┃
                                                  ┇ ┃     ┌ orders-db ┐
                                                  ┇ ┗━796▸│▮▮▮▯ 64%   │
                                                  ┇       └───────────┘
                                                  ┇
                                                  ┇       ┌ bus ───┐          ┌ mailer ┐
                                                  ┗╍╍╍120▹│▯▯▯▯ 12%├╌╌╌╌╌╌120▹│▯▯▯▯  8%│
                                                          └────────┘          └────────┘
"
    );
}

#[test]
fn the_shop_as_names_and_in_ascii() {
    let mut sample = without_labels(samples::shop(1));
    let layout = laid_out(&sample.nodes(Zoom::Names), &sample.edges);
    let names = draw(&scene(&layout, &sample, None), whole(&layout));
    assert_eq!(
        names.to_text(),
        "\
\u{20}                        ┌─▸│auth│
                         │            ┌···▹│cache│
                         │           ┌┘
│web├──────┬▸│gateway├─┬─┴─▸│catalog├┴────▸│catalog-db│
         ┌─┘           │
│mobile├─┘             └───▸│orders├┬───┬─▸│payments│
                                    └╌┐ │
                                      ┆ └─▸│orders-db│
                                      ┆
                                      └╌╌╌▹│bus├╌╌╌╌╌╌╌╌╌╌▹│mailer│
"
    );
    for face in &mut sample.faces {
        face.lines = vec!["##.. 61%".to_owned()];
    }
    let layout = laid_out(&sample.nodes(Zoom::Boxes), &sample.edges);
    let ascii = Scene { glyphs: GlyphSet::Ascii, ..scene(&layout, &sample, Some(Element::Edge(9))) };
    let text = draw(&ascii, whole(&layout)).to_text();
    assert!(text.is_ascii());
    assert_eq!(
        text,
        "\
\u{20}                               + auth --+       + cache -+
                             +->|##.. 61%|  +...>|##.. 61%|
                             |  +--------+  .    +--------+
                             |              .
+ web ---+     + gateway +   |  + catalog +.+    + catalog-db +
|##.. 61%+---+>|##.. 61% +-+-+->|##.. 61% +----->|##.. 61%    |
+--------+ +-+ +---------+ |    +---------+      +------------+
           |               |
+ mobile + |               |    + orders +       + payments +
|##.. 61%+-+               +--->|##.. 61%+----+->|##.. 61%  |
+--------+                      +--------#= # |  +----------+
                                            # |
                                            # |  + orders-db +
                                            # +->|##.. 61%   |
                                            #    +-----------+
                                            #
                                            #    + bus ---+        + mailer +
                                            # = >|##.. 61%+ - - - >|##.. 61%|
                                                 +--------+        +--------+
"
    );
}

#[test]
fn a_way_back_runs_in_a_lane_below_and_a_loop_under_its_box() {
    let names = ["api", "worker", "queue"];
    let faces: Vec<NodeFace> =
        names.iter().map(|name| NodeFace { title: (*name).to_owned(), ..NodeFace::default() }).collect();
    let ends = [
        (0, 1, EdgeKind::Sync),
        (1, 2, EdgeKind::Async),
        (2, 0, EdgeKind::Async),
        (1, 1, EdgeKind::Sync),
        (0, 2, EdgeKind::Soft),
    ];
    let sample = Sample {
        faces,
        edges: ends.map(|(from, to, kind)| LayoutEdge { from, to, kind, label: 0 }).into(),
        labels: Vec::new(),
    };
    let layout = laid_out(&sample.nodes(Zoom::Boxes), &sample.edges);
    let drawn = draw(&scene(&layout, &sample, None), whole(&layout));
    assert_eq!(
        drawn.to_text(),
        "\
\u{20}                                ┌ queue ┐
            ┌··················┬▹│       ├╌┐
            ·                ┌╌┘ └───────┘ ┆
   ┌ api ─┬·┘   ┌ worker ┐   ┆             ┆
┌╌▹│      ├───┬▸│        ├─┐ ┆             ┆
┆  └──────┘ ┌─┘ └────────┴╌│╌┘             ┆
┆           └─◂──────────◂─┘               ┆
┆                                          ┆
└╌◂╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌◂╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌◂╌┘
"
    );
}

#[test]
fn what_is_selected_is_heavy_and_the_rest_steps_back() {
    let sample = samples::shop(1);
    let layout = laid_out(&sample.nodes(Zoom::Boxes), &sample.edges);
    let drawn = draw(&scene(&layout, &sample, Some(Element::Node(5))), whole(&layout));
    let role = |at: Point| drawn.rows().nth(at.y as usize).expect("a row")[at.x as usize].role;
    let corner = |node: usize| {
        let area = layout.boxes[node];
        Point { x: area.x, y: area.y }
    };
    assert_eq!(role(corner(5)), Role::Selected);
    assert_eq!(role(corner(8)), Role::Hot, "a neighbour keeps its state");
    assert_eq!(role(corner(6)), Role::Dim, "what is not next to it steps back");
    for (edge, route) in layout.edges.iter().zip(&layout.routes) {
        let near = edge.from == 5 || edge.to == 5;
        let head = *route.points.last().expect("a head");
        assert_eq!(role(head), if near { Role::Selected } else { Role::Dim });
    }
    let calm = draw(&scene(&layout, &sample, None), whole(&layout));
    let roles: std::collections::HashSet<Role> = calm.rows().flatten().map(|cell| cell.role).collect();
    for role in [Role::EdgeSync, Role::EdgeAsync, Role::EdgeSoft, Role::Label, Role::Saturated] {
        assert!(roles.contains(&role), "{role:?}");
    }
    assert!(!roles.contains(&Role::Selected) && !roles.contains(&Role::Dim));
}

#[test]
fn hostile_and_wide_names_do_not_break_the_grid() {
    let mut sample = samples::shop(1);
    let names = [
        "\u{1b}[2J\u{7}bell",
        "注文サービス注文サービス注文サービス",
        "a\u{202e}gnp.exe",
        "👩‍👩‍👧‍👦 family",
        "tab\tand\nnewline",
        "",
        "e\u{301}te\u{301}",
    ];
    for (face, name) in sample.faces.iter_mut().zip(names) {
        face.title = name.to_owned();
        face.lines = vec![name.repeat(40)];
    }
    for label in &mut sample.labels {
        label.label = "\u{9b}31m\r漢".to_owned();
    }
    for zoom in [Zoom::Boxes, Zoom::Names, Zoom::Dots] {
        let layout = laid_out(&sample.nodes(zoom), &sample.edges);
        for shift in 0..30 {
            let view = CellRect { x: shift, y: 0, width: 41, height: 25 };
            let drawn = draw(&scene(&layout, &sample, Some(Element::Node(1))), view);
            for row in drawn.rows() {
                let text: String = row.iter().map(|c| c.glyph).filter(|g| *g != '\0').collect();
                assert_eq!(display_width(&text), 41, "{text:?}");
                assert!(!text.chars().any(char::is_control), "{text:?}");
            }
        }
    }
}

#[test]
fn the_minimap_shows_the_selected_node_and_the_gravest_states() {
    let sample = samples::shop(1);
    let layout = laid_out(&sample.nodes(Zoom::Boxes), &sample.edges);
    let view = CellRect { x: 0, y: 0, width: 30, height: 10 };
    let map = minimap(&scene(&layout, &sample, Some(Element::Node(5))), view, 12, 4);
    assert_eq!((map.width(), map.height()), (12, 4));
    let cells: Vec<Cell> = map.rows().flatten().copied().collect();
    assert_eq!(cells.iter().filter(|cell| cell.glyph == '▮').count(), 1);
    assert!(cells.iter().any(|cell| cell.glyph == '~'));
    let none = minimap(&scene(&layout, &sample, None), view, 0, 0);
    assert_eq!(none.to_text(), "");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::with_cases(60) })]

    /// A viewport shows what the whole picture shows there, whatever it cuts.
    #[test]
    fn a_viewport_is_a_cut_out_of_the_whole(
        (nodes, edges) in any_graph(),
        x in -5_i32..60,
        y in -5_i32..40,
        width in 0_i32..50,
        height in 0_i32..30,
        selected in 0_usize..24,
    ) {
        let layout = laid_out(&nodes, &edges);
        let faces: Vec<NodeFace> = (0..nodes.len())
            .map(|n| NodeFace {
                title: format!("name {n}"),
                lines: vec!["one".to_owned(), "two".to_owned()],
                ..NodeFace::default()
            })
            .collect();
        let labels: Vec<EdgeFace> = edges
            .iter()
            .map(|edge| EdgeFace { label: "9".repeat(usize::from(edge.label)), dim: false })
            .collect();
        let scene = Scene {
            layout: &layout,
            nodes: &faces,
            edges: &labels,
            selected: Some(Element::Node(selected)),
            dim_others: true,
            glyphs: GlyphSet::Unicode,
        };
        let whole = draw(&scene, CellRect { x: -10, y: -10, width: 400, height: 400 });
        let part = draw(&scene, CellRect { x, y, width, height });
        let rows: Vec<&[Cell]> = whole.rows().collect();
        for (dy, row) in part.rows().enumerate() {
            let from = (x + 10) as usize;
            let expected = &rows[(y + 10) as usize + dy][from..from + width as usize];
            prop_assert_eq!(row, expected, "row {}", dy);
        }
    }
}
