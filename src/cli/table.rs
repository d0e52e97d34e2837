//! Aligned columns for people to read: a header line and no frame.

use crate::oauth::display_text::is_bidi_control;

/// Lines of cells under a header. Each column is as wide as its widest cell.
pub(super) fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let header = header.map(str::to_owned);
    let lines: Vec<&[String; N]> = std::iter::once(&header).chain(rows).collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
    });
    let lines: Vec<String> = lines.iter().map(|line| aligned(*line, &widths)).collect();
    lines.join("\n")
}

/// Names and values, one pair per line.
pub(super) fn card(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let line = |(name, value): &(&str, String)| aligned(&[(*name).to_owned(), value.clone()], &[width, 0]);
    pairs.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn aligned(cells: &[String], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{:width$}", printable(cell)));
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

/// A cell without control characters, which could change the terminal, and without controls of the writing direction, which
/// would turn the line around.
fn printable(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() || is_bidi_control(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["ä".to_owned(), "1".to_owned()], ["long\u{1b}".to_owned(), String::new()]];
        assert_eq!(table(["ID", "N"], &rows), "ID     N\nä      1\nlong\u{fffd}");
        assert_eq!(card(&[("id", "x".into()), ("name", "y".into())]), "id    x\nname  y");
    }
}
