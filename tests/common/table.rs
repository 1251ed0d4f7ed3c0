//! Tables of documents that are made by a run: held against the page, or written into it with BLESS=1.

use std::env;
use std::fs;
use std::path::Path;

/// The table behind `<!-- table: NAME -->` on this page is this one, up to its last row, but for what the last cells say: a
/// fault that is a race shows itself in more than one way. A page that says something else fails the test, or is rewritten.
pub fn hold_but_for_the_last_cells(page: &str, name: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{page}: {error}"));
    let mark = format!("<!-- table: {name} -->\n\n");
    let (before, rest) = text.split_once(&mark).unwrap_or_else(|| panic!("{page} has no {mark:?}"));
    let end = rest.find("\n\n").map_or(rest.len(), |end| end + 1);
    let (found, after) = rest.split_at(end);
    let is_blessed = env::var_os("BLESS").is_some();
    if !is_blessed && without_last_cells(found) == without_last_cells(table) {
        return;
    }
    if is_blessed {
        let table = table.trim_end();
        fs::write(&path, format!("{before}{mark}{table}\n{after}")).unwrap_or_else(|error| panic!("{page}: {error}"));
        return;
    }
    panic!("{page} says\n{found}\nand the run says\n{table}\nBLESS=1 writes it");
}

fn without_last_cells(table: &str) -> Vec<&str> {
    let rows = table.trim_end().lines().map(|row| row.trim_end_matches([' ', '|']));
    rows.map(|row| row.rsplit_once(" | ").map_or(row, |(others, _)| others)).collect()
}

/// A cell: a bar in it would end it.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
