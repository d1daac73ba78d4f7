//! Times the layout and the drawing, and prints how good the drawings are.
//!
//! `cargo bench --bench layout`

#![expect(clippy::print_stdout, reason = "printing is what a benchmark is for")]

use kneepoint::graph::layout::{CellRect, Layout, LayoutOptions, Point, layout};
use kneepoint::graph::picture::{GlyphSet, Scene, Zoom, draw};
use std::time::Instant;

#[path = "../tests/graph/quality.rs"]
mod quality;
#[path = "../tests/graph/samples.rs"]
mod samples;

fn main() {
    println!(
        "{:<10} {:>5} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>11} {:>9}",
        "graph", "nodes", "edges", "min ms", "median", "max", "routed", "straight", "bends", "back", "size", "draw ms"
    );
    let graphs = [
        ("shop", samples::shop(1)),
        ("arch30", samples::arch30(1)),
        ("arch30b", samples::arch30(2)),
        ("arch30c", samples::arch30(3)),
        ("local100", samples::local(100, 1)),
        ("local300", samples::local(300, 1)),
        ("local1000", samples::local(1000, 1)),
        ("local1000b", samples::local(1000, 2)),
        ("far1000", samples::far(1000, 1)),
        ("local10000", samples::local(10_000, 1)),
    ];
    for (name, sample) in graphs {
        let nodes = sample.nodes(Zoom::Boxes);
        let options = LayoutOptions::default();
        let mut times = Vec::new();
        let mut last = Layout::default();
        let rounds = match nodes.len() {
            0..=500 => 25,
            501..=5000 => 9,
            _ => 3,
        };
        for _ in 0..rounds {
            let start = Instant::now();
            last = layout(&nodes, &sample.edges, &options).unwrap_or_default();
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let scene = Scene {
            layout: &last,
            nodes: &sample.faces,
            edges: &sample.labels,
            selected: None,
            dim_others: false,
            glyphs: GlyphSet::Unicode,
        };
        let start = Instant::now();
        let view = CellRect { x: last.width / 3, y: last.height / 3, width: 200, height: 60 };
        let picture = draw(&scene, view);
        let drawn = start.elapsed().as_secs_f64() * 1e3;
        std::hint::black_box(picture);
        std::hint::black_box(last.hit(Point { x: 5, y: 5 }));
        println!(
            "{name:<10} {:>5} {:>5} {:>9.2} {:>9.2} {:>9.2} {:>9} {:>9} {:>9} {:>7} {:>11} {drawn:>9.2}",
            nodes.len(),
            sample.edges.len(),
            times[0],
            times[times.len() / 2],
            times[times.len() - 1],
            if nodes.len() > 5000 { 0 } else { quality::routed(&last) },
            if nodes.len() > 5000 { 0 } else { quality::straight(&last) },
            quality::bends(&last),
            last.routes.iter().filter(|route| route.reversed).count(),
            format!("{}x{}", last.width, last.height),
        );
    }
}
