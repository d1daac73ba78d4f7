//! Graphs to lay out: the shop, and seeded ones of the kinds that real systems take.

use kneepoint::graph::layout::{EdgeKind, LayoutEdge, LayoutNode};
use kneepoint::graph::picture::{EdgeFace, NodeFace, NodeState};

/// Nodes with faces and edges with labels.
pub(crate) struct Sample {
    pub(crate) faces: Vec<NodeFace>,
    pub(crate) edges: Vec<LayoutEdge>,
    pub(crate) labels: Vec<EdgeFace>,
}

impl Sample {
    pub(crate) fn nodes(&self, zoom: kneepoint::graph::picture::Zoom) -> Vec<LayoutNode> {
        self.faces.iter().map(|face| zoom.size(face, 24)).collect()
    }
}

/// The small generator of Steele and Vigna (SplitMix64): the same numbers on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Twelve components, twelve dependencies; `lines` of text in each box (1 or 3).
pub(crate) fn shop(lines: usize) -> Sample {
    use EdgeKind::{Async, Soft, Sync};
    let nodes = [
        ("web", "client", NodeState::Normal),
        ("mobile", "client", NodeState::Normal),
        ("gateway", "▮▮▯▯ 61%", NodeState::Normal),
        ("auth", "▮▯▯▯ 22%", NodeState::Normal),
        ("catalog", "▮▮▮▯ 74%~", NodeState::Hot),
        ("orders", "▮▮▮▮ 97%!", NodeState::Saturated),
        ("cache", "▮▯▯▯ 35%", NodeState::Normal),
        ("catalog-db", "▮▮▯▯ 58%", NodeState::Normal),
        ("payments", "▮▮▮▯ 81%~", NodeState::Hot),
        ("orders-db", "▮▮▮▯ 64%", NodeState::Normal),
        ("bus", "▯▯▯▯ 12%", NodeState::Normal),
        ("mailer", "▯▯▯▯  8%", NodeState::Normal),
    ];
    let edges = [
        (0, 2, Sync, "310"),
        (1, 2, Sync, "180"),
        (2, 3, Sync, "490"),
        (2, 4, Sync, "310"),
        (2, 5, Sync, "398"),
        (4, 6, Soft, "290"),
        (4, 7, Sync, "61"),
        (5, 8, Sync, "398"),
        (5, 9, Sync, "796"),
        (5, 10, Async, "120"),
        (10, 11, Async, "120"),
    ];
    let faces = nodes.map(|(name, line, state)| {
        let mut texts = vec![line.to_owned()];
        if lines > 1 {
            texts.push("490/s of 800".to_owned());
            texts.push("p99 9 ms".to_owned());
        }
        NodeFace { title: name.to_owned(), lines: texts, state, dim: false }
    });
    Sample {
        faces: faces.into(),
        edges: edges
            .iter()
            .map(|&(from, to, kind, label)| LayoutEdge { from, to, kind, label: label.len() as u16 })
            .collect(),
        labels: edges.iter().map(|&(.., label)| EdgeFace { label: label.to_owned(), dim: false }).collect(),
    }
}

fn sample(names: &[String], edges: Vec<LayoutEdge>) -> Sample {
    Sample {
        faces: names
            .iter()
            .enumerate()
            .map(|(index, name)| NodeFace {
                title: name.clone(),
                lines: vec![format!("▮▮▯▯ {}%", index * 7 % 100)],
                ..NodeFace::default()
            })
            .collect(),
        labels: edges.iter().map(|_| EdgeFace::default()).collect(),
        edges,
    }
}

fn kind(random: &mut Random) -> EdgeKind {
    match random.below(10) {
        0 | 1 => EdgeKind::Async,
        2 => EdgeKind::Soft,
        _ => EdgeKind::Sync,
    }
}

/// Thirty components in five tiers, fifty dependencies, of which four run back.
pub(crate) fn arch30(seed: u64) -> Sample {
    let tiers: [&[&str]; 5] = [
        &["web", "ios", "android", "partner"],
        &["cdn", "gateway", "bff", "auth"],
        &["catalog", "search", "cart", "checkout", "orders", "payments", "shipping", "reviews", "pricing"],
        &["inventory", "recommend", "fraud", "notify", "ledger", "bus"],
        &["catalog-db", "cart-cache", "orders-db", "ledger-db", "search-idx", "sessions", "warehouse"],
    ];
    let mut random = Random(seed);
    let mut names = Vec::new();
    let mut tier_of = Vec::new();
    for (tier, members) in tiers.iter().enumerate() {
        for name in *members {
            names.push((*name).to_owned());
            tier_of.push(tier);
        }
    }
    let of = |tier: usize| -> Vec<usize> { (0..tier_of.len()).filter(|&n| tier_of[n] == tier).collect() };
    let mut pairs = std::collections::BTreeSet::new();
    for (node, &tier) in tier_of.iter().enumerate() {
        if tier > 0 {
            let callers = of(tier - 1);
            pairs.insert((callers[random.below(callers.len())], node));
        }
    }
    while pairs.len() < 46 {
        let from = random.below(names.len());
        let step = if random.below(6) == 0 { 2 } else { 1 };
        let called = of(tier_of[from] + step);
        if !called.is_empty() {
            pairs.insert((from, called[random.below(called.len())]));
        }
    }
    while pairs.len() < 50 {
        let from = random.below(names.len());
        if tier_of[from] >= 2 {
            let back = of(tier_of[from] - 1);
            pairs.insert((from, back[random.below(back.len())]));
        }
    }
    let edges =
        pairs.into_iter().map(|(from, to)| LayoutEdge { from, to, kind: kind(&mut random), label: 0 }).collect();
    sample(&names, edges)
}

/// A local layered graph: 1.6 edges a node, 12 % of them long, 4 % turned backwards.
pub(crate) fn local(count: usize, seed: u64) -> Sample {
    let mut random = Random(seed);
    let names: Vec<String> = (0..count).map(|n| format!("n{n}")).collect();
    let tiers = ((count as f64).sqrt() * 0.7) as usize + 3;
    let width = count.div_ceil(tiers);
    let mut pairs = std::collections::BTreeSet::new();
    let limit = count * 16 / 10;
    let mut tries = 0;
    while pairs.len() < limit && tries < limit * 50 {
        tries += 1;
        let from = random.below(count);
        let (tier, place) = (from / width, from % width);
        let step = if random.below(100) < 12 { 2 + random.below(3) } else { 1 };
        let around = place as i64 + random.below(9) as i64 - 4;
        if around < 0 || around >= width as i64 {
            continue;
        }
        let to = (tier + step) * width + around as usize;
        if to < count && from != to {
            let back = random.below(100) < 4;
            pairs.insert(if back { (to, from) } else { (from, to) });
        }
    }
    let edges =
        pairs.into_iter().map(|(from, to)| LayoutEdge { from, to, kind: kind(&mut random), label: 0 }).collect();
    sample(&names, edges)
}

/// Like [`local`], but every edge may lead anywhere to the right: the worst there is to draw.
pub(crate) fn far(count: usize, seed: u64) -> Sample {
    let mut random = Random(seed);
    let names: Vec<String> = (0..count).map(|n| format!("n{n}")).collect();
    let mut pairs = std::collections::BTreeSet::new();
    while pairs.len() < count * 16 / 10 {
        let (a, b) = (random.below(count), random.below(count));
        if a != b {
            pairs.insert(if random.below(100) < 4 { (a.max(b), a.min(b)) } else { (a.min(b), a.max(b)) });
        }
    }
    let edges =
        pairs.into_iter().map(|(from, to)| LayoutEdge { from, to, kind: kind(&mut random), label: 0 }).collect();
    sample(&names, edges)
}
