//! Tables that fit a screen.

use commands::message::Table;

/// What remains at least of a column that is cut.
const NARROWEST: usize = 4;

/// The same table, each cell as `clean` gives it, with its widest columns cut until a line has `width` letters. With very many
/// columns it can still be wider.
pub(super) fn narrowed(table: &Table, width: usize, clean: impl Fn(&str) -> String) -> Table {
    let cleaned = |row: &Vec<String>| row.iter().map(|cell| clean(cell)).collect::<Vec<_>>();
    let mut table = Table { columns: cleaned(&table.columns), rows: table.rows.iter().map(cleaned).collect() };
    let mut widths: Vec<usize> = (0..table.columns.len())
        .map(|at| {
            let cells = std::iter::once(&table.columns).chain(&table.rows).filter_map(|row| row.get(at));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let between = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + between > width {
        let Some(widest) = widths.iter_mut().max().filter(|width| **width > NARROWEST) else { break };
        *widest -= 1;
    }
    for row in std::iter::once(&mut table.columns).chain(&mut table.rows) {
        for (cell, width) in row.iter_mut().zip(&widths) {
            if cell.chars().count() > *width {
                *cell = cell.chars().take(width.saturating_sub(1)).chain(['…']).collect();
            }
        }
    }
    table
}
