//! Several rows of bound values in one statement.

/// How many rows one statement takes. One number, so that each connection keeps one statement prepared.
pub(super) const ROWS: usize = 20;

/// A subquery with [`ROWS`] rows of parameters under these names, from `$first` on.
pub(super) fn subquery(first: usize, names: &[&str]) -> String {
    let row = |row: usize| {
        let column = |(at, name): (usize, &&str)| {
            let place = first + row * names.len() + at;
            if row == 0 { format!("${place} AS {name}") } else { format!("${place}") }
        };
        let columns: Vec<String> = names.iter().enumerate().map(column).collect();
        format!("SELECT {}", columns.join(", "))
    };
    (0..ROWS).map(row).collect::<Vec<_>>().join(" UNION ALL ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_parameters_of_its_own() {
        let text = subquery(3, &["id", "counts"]);
        assert!(
            text.starts_with("SELECT $3 AS id, $4 AS counts UNION ALL SELECT $5, $6 UNION ALL "),
            "{text}"
        );
        assert!(text.ends_with("SELECT $41, $42"), "{text}");
    }
}
