//! What `src/lib.rs` says about the house: the layers and the fences, read from its two tables.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers and fences.
#[derive(Debug)]
pub struct House {
    /// The layer of each top module.
    pub layers: BTreeMap<String, usize>,
    /// Where each dependency may be named; none where it is anywhere.
    pub fences: BTreeMap<String, Option<Vec<String>>>,
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder with an ending, by path.
pub fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|known| known == ending) {
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// A file of the repository.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

impl House {
    /// From the documentation of the crate.
    pub fn new(lib: &str) -> Self {
        let mut house = Self { layers: BTreeMap::new(), fences: BTreeMap::new() };
        for line in lib.lines().filter_map(|line| line.strip_prefix("//! |")) {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            if let Some(layer) = cells[0].strip_prefix('L').and_then(|number| number.parse().ok()) {
                for module in names(cells[1]) {
                    assert!(house.layers.insert(module.clone(), layer).is_none(), "`{module}` stands in two layers");
                }
            } else if cells[0].starts_with('`') {
                let only = (cells[1] != "anywhere").then(|| names(cells[1]));
                for dependency in names(cells[0]) {
                    assert!(house.fences.insert(dependency.clone(), only.clone()).is_none(), "`{dependency}` twice");
                }
            }
        }
        house
    }
}

/// The names between backquotes.
fn names(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
