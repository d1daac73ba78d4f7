//! A view as an SVG picture, for the README: the real screen, drawn from the same cells.

use super::{Role, View, paint};
use std::fmt::Write as _;

/// How a role looks in a picture: colour and weight. Readable on the picture's own dark ground.
fn look(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Plain | Role::Sync => ("#d8dee9", ""),
        Role::Strong => ("#ffffff", "bold"),
        Role::Dim | Role::Soft => ("#7b8698", ""),
        Role::Accent | Role::FocusBorder => ("#88c0d0", "bold"),
        Role::Good => ("#a3be8c", ""),
        Role::Warn => ("#ebcb8b", ""),
        Role::Bad => ("#e0717c", "bold"),
        Role::Key => ("#b48ead", "bold"),
        Role::Selected | Role::Cell | Role::Input => ("#10141c", "bold"),
        Role::Border => ("#4c566a", ""),
        Role::Async => ("#81a1c1", ""),
    }
}

fn ground(role: Role) -> Option<&'static str> {
    match role {
        Role::Selected => Some("#88c0d0"),
        Role::Cell => Some("#ebcb8b"),
        Role::Input => Some("#d8dee9"),
        _ => None,
    }
}

/// The screen as an SVG document.
pub fn to_svg(view: &View) -> String {
    const CELL: (usize, usize) = (8, 17);
    let grid = paint(view);
    let (width, height) = (grid.width * CELL.0 + 16, grid.height * CELL.1 + 16);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"13.3\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#171b24\"/>\n"
    );
    for y in 0..grid.height {
        let row = grid.row(y);
        let mut x = 0;
        while x < row.len() {
            let role = row[x].role;
            let end = (x..row.len()).find(|column| row[*column].role != role).unwrap_or(row.len());
            let text: String = row[x..end].iter().map(|cell| cell.text.as_str()).collect();
            let (left, top) = (8 + x * CELL.0, 8 + y * CELL.1);
            if let Some(fill) = ground(role) {
                let wide = (end - x) * CELL.0;
                let _ = writeln!(
                    svg,
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{}\" fill=\"{fill}\"/>",
                    CELL.1
                );
            }
            if !text.trim().is_empty() {
                let (fill, weight) = look(role);
                let weight = if weight.is_empty() { String::new() } else { format!(" font-weight=\"{weight}\"") };
                let length = (end - x) * CELL.0;
                let _ = writeln!(
                    svg,
                    "<text x=\"{left}\" y=\"{}\" textLength=\"{length}\" xml:space=\"preserve\" fill=\"{fill}\"{weight}>{}</text>",
                    top + 13,
                    escape(&text)
                );
            }
            x = end;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
