//! Values as both engines have them, and a checksum that is the same on both.

use crate::secret::Hash;

/// The value of one column in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Text(String),
    Integer(i64),
    Boolean(bool),
    Bytes(Vec<u8>),
}

/// The values of a row, in the order of the table's columns.
pub(super) type Row = Vec<Value>;

/// The number of rows and the sum of their hashes, independent of their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum {
    pub rows: u64,
    /// The sum of the SHA-256 of each row, in parts of 64 bits. It detects accidents, not manipulation.
    sum: [u64; 4],
}

impl Checksum {
    pub(super) fn add(&mut self, row: &[Value]) {
        self.rows += 1;
        let hash = Hash::of_bytes(&encoded(row));
        for (sum, bytes) in self.sum.iter_mut().zip(hash.as_bytes().chunks_exact(8)) {
            *sum = sum.wrapping_add(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
        }
    }

    /// The checksum as 64 hexadecimal digits.
    pub fn to_text(self) -> String {
        self.sum.iter().map(|part| format!("{part:016x}")).collect()
    }
}

/// A row as bytes, the same on both engines. Different rows have different bytes.
fn encoded(row: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    let mut add = |kind: u8, value: &[u8]| {
        bytes.push(kind);
        bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
        bytes.extend_from_slice(value);
    };
    for value in row {
        match value {
            Value::Null => add(0, &[]),
            Value::Text(text) => add(1, text.as_bytes()),
            Value::Integer(number) => add(2, &number.to_be_bytes()),
            Value::Boolean(is_true) => add(3, &[u8::from(*is_true)]),
            Value::Bytes(value) => add(4, value),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum(rows: &[&[Value]]) -> Checksum {
        let mut checksum = Checksum::default();
        rows.iter().for_each(|row| checksum.add(row));
        checksum
    }

    #[test]
    fn the_checksum_ignores_only_the_order_of_rows() {
        let text = |text: &str| Value::Text(text.to_owned());
        let one: &[Value] = &[text("a"), Value::Integer(1)];
        let other: &[Value] = &[text("b"), Value::Null];
        assert_eq!(checksum(&[one, other]), checksum(&[other, one]));
        assert_ne!(checksum(&[one]), checksum(&[one, one]));
        let like = [
            vec![text("ab"), text("")],
            vec![text("a"), text("b")],
            vec![text("ab"), Value::Null],
            vec![Value::Null, text("ab")],
            vec![Value::Bytes(b"ab".to_vec()), text("")],
            vec![Value::Boolean(false), text("")],
            vec![Value::Integer(0), text("")],
        ];
        for (at, row) in like.iter().enumerate() {
            for later in &like[at + 1..] {
                assert_ne!(checksum(&[row]), checksum(&[later]), "{row:?} {later:?}");
            }
        }
    }
}
