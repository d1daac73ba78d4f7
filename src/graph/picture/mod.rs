//! A layout as characters with meanings: boxes, lines, arrowheads, labels, in a viewport.
//!
//! Only what the viewport shows is produced. Every cell carries a [`Role`], never a colour; states
//! are readable from the characters alone. Knows neither terminals nor the model.

mod boxes;
mod glyphs;
mod lines;
mod minimap;
mod text;

pub use minimap::minimap;
pub use text::{display_width, fit};

use super::layout::{CellRect, Element, Layout, LayoutNode, Point};

/// What a cell means; a theme turns it into colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Role {
    /// Nothing there.
    #[default]
    Blank,
    /// The border of a box.
    BoxBorder,
    /// The name in a box's upper border.
    BoxTitle,
    /// A line of text inside a box.
    BoxText,
    /// A synchronous line.
    EdgeSync,
    /// An asynchronous line.
    EdgeAsync,
    /// A line to something the caller survives without.
    EdgeSoft,
    /// The text on a line.
    Label,
    /// Part of the selected element, or a line of it.
    Selected,
    /// Neither selected nor next to what is selected, while something is.
    Dim,
    /// Border and name of a node that is close to its limit.
    Hot,
    /// Border and name of a node at or above its limit.
    Saturated,
    /// Border and name of a node with a finding.
    Finding,
}

/// The state that a node's border and name show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NodeState {
    /// Nothing to say.
    #[default]
    Normal,
    /// Close to its limit (`~` when drawn as a dot).
    Hot,
    /// At or above its limit (`!` when drawn as a dot).
    Saturated,
    /// Has a finding (`?` when drawn as a dot).
    Finding,
}

/// What is written into a node's box. Texts may be hostile: control characters become `?`, what
/// has no width is dropped, what is too long ends in `~`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeFace {
    /// The name.
    pub title: String,
    /// Lines inside the border.
    pub lines: Vec<String>,
    /// The state.
    pub state: NodeState,
    /// Step back, whatever is selected (for example outside a highlighted flow).
    pub dim: bool,
}

/// What is written on an edge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EdgeFace {
    /// Written whole or not at all; empty for none.
    pub label: String,
    /// Step back, whatever is selected.
    pub dim: bool,
}

/// Which characters to draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum GlyphSet {
    /// Box-drawing characters and arrowheads of neutral width.
    #[default]
    Unicode,
    /// `+-|`, `--->`, `- ->`, `...>` and `#` for what is selected.
    Ascii,
}

/// How much of each node is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Zoom {
    /// A border, the name in it, lines of text inside.
    #[default]
    Boxes,
    /// One row: the name.
    Names,
    /// One cell.
    Dots,
}

impl Zoom {
    /// The next coarser level, or the same if there is none.
    #[must_use]
    pub const fn out(self) -> Self {
        match self {
            Self::Boxes => Self::Names,
            Self::Names | Self::Dots => Self::Dots,
        }
    }

    /// The next finer level, or the same if there is none.
    #[must_use]
    pub const fn closer(self) -> Self {
        match self {
            Self::Boxes | Self::Names => Self::Boxes,
            Self::Dots => Self::Names,
        }
    }

    /// The size a node with this face takes in a layout; names and lines longer than `most`
    /// columns will be cut.
    pub fn size(self, face: &NodeFace, most: u16) -> LayoutNode {
        let title = display_width(&face.title);
        let cap = |wanted: usize| wanted.clamp(1, usize::from(most.max(6))) as u16;
        match self {
            Self::Boxes => {
                let lines = face.lines.iter().map(|line| display_width(line)).max().unwrap_or(0);
                let height = (face.lines.len().max(1) + 2).min(32) as u16;
                LayoutNode { width: cap((title + 4).max(lines + 2).max(8)), height }
            }
            Self::Names => LayoutNode { width: cap(title + 2), height: 1 },
            Self::Dots => LayoutNode { width: 1, height: 1 },
        }
    }
}

/// Everything that is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Where things are.
    pub layout: &'a Layout,
    /// One face for each node; missing faces are empty.
    pub nodes: &'a [NodeFace],
    /// One face for each edge; missing faces are empty.
    pub edges: &'a [EdgeFace],
    /// Drawn heavy, with its edges (or, of an edge, its two ends).
    pub selected: Option<Element>,
    /// Whether everything else steps back while something is selected.
    pub dim_others: bool,
    /// The characters.
    pub glyphs: GlyphSet,
}

/// One cell. A glyph of `'\0'` is covered by the wide glyph to its left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell {
    /// The character.
    pub glyph: char,
    /// The meaning.
    pub role: Role,
}

impl Default for Cell {
    fn default() -> Self {
        Self { glyph: ' ', role: Role::Blank }
    }
}

/// The cells of a viewport, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    viewport: CellRect,
    cells: Vec<Cell>,
}

impl Picture {
    fn new(viewport: CellRect) -> Self {
        let viewport =
            CellRect { width: viewport.width.clamp(0, 4096), height: viewport.height.clamp(0, 4096), ..viewport };
        let count = viewport.width as usize * viewport.height as usize;
        Self { viewport, cells: vec![Cell::default(); count] }
    }

    /// Columns.
    pub const fn width(&self) -> usize {
        self.viewport.width as usize
    }

    /// Rows.
    pub const fn height(&self) -> usize {
        self.viewport.height as usize
    }

    /// The rows, from the top.
    pub fn rows(&self) -> impl Iterator<Item = &[Cell]> {
        self.cells.chunks(self.width().max(1))
    }

    /// The drawing as text, without spaces at line ends.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for row in self.rows() {
            let line: String = row.iter().map(|cell| cell.glyph).filter(|g| *g != '\0').collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn index(&self, at: Point) -> Option<usize> {
        self.viewport.contains(at).then(|| {
            let (x, y) = (at.x - self.viewport.x, at.y - self.viewport.y);
            (y * self.viewport.width + x) as usize
        })
    }

    fn put(&mut self, x: i32, y: i32, glyph: char, role: Role) {
        if let Some(index) = self.index(Point { x, y }) {
            self.cells[index] = Cell { glyph, role };
        }
    }

    /// Writes text that already fits; halves of wide characters at the viewport's edge are blank.
    fn write(&mut self, x: i32, y: i32, text: &str, role: Role) {
        let mut column = x;
        for glyph in text.chars() {
            let width = text::char_width(glyph) as i32;
            if width == 2 {
                let whole =
                    self.index(Point { x: column, y }).is_some() && self.index(Point { x: column + 1, y }).is_some();
                self.put(column, y, if whole { glyph } else { ' ' }, role);
                self.put(column + 1, y, if whole { '\0' } else { ' ' }, role);
            } else {
                self.put(column, y, glyph, role);
            }
            column += width;
        }
    }
}

/// Draws the part of the scene that the viewport (in cells of the layout's canvas) shows, at most 4,096 cells each way.
pub fn draw(scene: &Scene<'_>, viewport: CellRect) -> Picture {
    let mut picture = Picture::new(viewport);
    let strokes = lines::strokes(scene, picture.viewport);
    boxes::draw(scene, &strokes, &mut picture);
    lines::draw(scene, &strokes, &mut picture);
    lines::labels(scene, &mut picture);
    picture
}

impl Scene<'_> {
    fn node_selected(&self, node: usize) -> bool {
        match self.selected {
            Some(Element::Node(selected)) => selected == node,
            _ => false,
        }
    }

    /// Whether an edge is drawn heavy.
    fn edge_selected(&self, edge: usize) -> bool {
        match self.selected {
            Some(Element::Edge(selected)) => selected == edge,
            Some(Element::Node(node)) => self.layout.edges.get(edge).is_some_and(|e| e.from == node || e.to == node),
            None => false,
        }
    }

    fn edge_dim(&self, edge: usize) -> bool {
        let steps_back = self.dim_others && self.selected.is_some() && !self.edge_selected(edge);
        steps_back || self.edges.get(edge).is_some_and(|face| face.dim)
    }

    /// The nodes that do not step back: the selected one and its neighbours; `None` if all.
    fn near(&self) -> Option<Vec<bool>> {
        if !self.dim_others {
            return None;
        }
        let mut near = vec![false; self.layout.boxes.len()];
        match self.selected? {
            Element::Node(node) => {
                if let Some(flag) = near.get_mut(node) {
                    *flag = true;
                }
            }
            Element::Edge(_) => {}
        }
        for (index, edge) in self.layout.edges.iter().enumerate() {
            if self.edge_selected(index) {
                for end in [edge.from, edge.to] {
                    if let Some(flag) = near.get_mut(end) {
                        *flag = true;
                    }
                }
            }
        }
        Some(near)
    }
}
