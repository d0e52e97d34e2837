//! The text of an API key: `grantor_sk_`, random characters, and a checksum, so that scanners that look for leaked secrets
//! find keys and make few mistakes.

/// The beginning of every API key.
const PREFIX: &str = "grantor_sk_";
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The number of characters of 256 random bits in base 62.
const RANDOM_LENGTH: usize = 43;
/// The number of characters of a CRC-32 in base 62.
const CHECKSUM_LENGTH: usize = 6;
/// The number of bytes of a key.
pub const LENGTH: usize = PREFIX.len() + RANDOM_LENGTH + CHECKSUM_LENGTH;

/// Returns the key with these random bits.
pub fn text_of(random: [u8; 32]) -> String {
    let mut key = format!("{PREFIX}{}", base62(&random, RANDOM_LENGTH));
    key.push_str(&checksum(&key));
    key
}

/// Whether a text has the form of an API key, with a checksum that fits. No other text needs to be looked up.
pub fn is_well_formed(text: &str) -> bool {
    let Some((rest, sum)) = text.split_at_checked(LENGTH - CHECKSUM_LENGTH) else { return false };
    let random = rest.strip_prefix(PREFIX);
    random.is_some_and(|random| random.bytes().all(|byte| DIGITS.contains(&byte))) && checksum(rest) == sum
}

/// Whether a text begins like an API key.
pub fn looks_like_one(text: &str) -> bool {
    text.starts_with(PREFIX)
}

fn checksum(text: &str) -> String {
    base62(&crc32fast::hash(text.as_bytes()).to_be_bytes(), CHECKSUM_LENGTH)
}

/// A number of big-endian bytes in base 62, with this many digits.
fn base62(bytes: &[u8], digits: usize) -> String {
    let mut number = bytes.to_vec();
    let mut text = vec![b'0'; digits];
    for place in text.iter_mut().rev() {
        let mut rest = 0_u16;
        for byte in &mut number {
            let part = rest * 256 + u16::from(*byte);
            // A quotient of at most 61 * 256 + 255 by 62 fits in a byte.
            *byte = u8::try_from(part / 62).unwrap_or(u8::MAX);
            rest = part % 62;
        }
        *place = DIGITS.get(usize::from(rest)).copied().unwrap_or(b'0');
    }
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_digits_in_base_62() {
        assert_eq!(base62(&[0], 2), "00");
        assert_eq!(base62(&[61], 2), "0z");
        assert_eq!(base62(&[62], 2), "10");
        assert_eq!(base62(&u32::MAX.to_be_bytes(), 6), "4gfFC3");
        assert_eq!(base62(&[255; 32], 43).len(), 43);
        assert_ne!(&base62(&[255; 32], 43)[..1], "0", "no bit is cut off");
    }

    #[test]
    fn only_a_key_with_its_checksum_is_well_formed() {
        let key = text_of([7; 32]);
        assert_eq!(key.len(), LENGTH);
        assert!(is_well_formed(&key) && looks_like_one(&key));
        for wrong in [
            "",
            "grantor_sk_",
            &key[..key.len() - 1],
            &format!("{key}0"),
            &key.replacen("grantor_sk_", "grantor_pk_", 1),
            &format!("{}ä", &key[..key.len() - 2]),
        ] {
            assert!(!is_well_formed(wrong), "{wrong}");
        }
        for place in 0..key.len() {
            let mut other = key.clone().into_bytes();
            other[place] = if other[place] == b'a' { b'b' } else { b'a' };
            assert!(!is_well_formed(&String::from_utf8(other).unwrap()), "a changed character at {place}");
        }
    }
}
