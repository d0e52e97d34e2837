//! Which picture a file is, by its content and not by its name.

/// A kind of picture that browsers show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    Png,
    Jpeg,
    WebP,
    Gif,
    Svg,
    Icon,
}

impl Picture {
    /// The kind of a picture. `None` if the bytes do not begin like one.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'G', b'I', b'F', b'8', ..] => Some(Self::Gif),
            [0, 0, 1, 0, ..] => Some(Self::Icon),
            _ => {
                str::from_utf8(super::without_mark(bytes)).ok().filter(|text| is_svg(text)).map(|_| Self::Svg)
            }
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Svg => "image/svg+xml",
            Self::Icon => "image/x-icon",
        }
    }

    /// The end of a file name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Svg => "svg",
            Self::Icon => "ico",
        }
    }
}

/// Whether the first element of an XML text is `svg`, after declarations and comments.
fn is_svg(text: &str) -> bool {
    let mut rest = text.trim_start();
    loop {
        let after = if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->")
        } else if let Some(instruction) = rest.strip_prefix("<?") {
            instruction.split_once("?>")
        } else if let Some(declaration) = rest.strip_prefix("<!DOCTYPE") {
            // Drawing programs write entities between brackets.
            match (declaration.find('['), declaration.find('>')) {
                (Some(bracket), Some(end)) if bracket < end => declaration
                    .split_once(']')
                    .and_then(|(_, after)| after.trim_start().strip_prefix('>'))
                    .map(|after| ("", after)),
                _ => declaration.split_once('>'),
            }
        } else {
            break;
        };
        let Some((_, after)) = after else { return false };
        rest = after.trim_start();
    }
    let after = rest.strip_prefix("<svg");
    after.is_some_and(|after| {
        after.starts_with(|next: char| next.is_whitespace() || matches!(next, '>' | '/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_first_bytes() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n..."[..], Picture::Png),
            (b"\xff\xd8\xff\xe0", Picture::Jpeg),
            (b"RIFF\0\0\0\0WEBP", Picture::WebP),
            (b"GIF89a", Picture::Gif),
            (b"\0\0\x01\0", Picture::Icon),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Picture::Svg),
            (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a > b -->\n<svg>", Picture::Svg),
            (b"<!DOCTYPE svg PUBLIC 'x' 'y'><svg/>", Picture::Svg),
            (b"<!DOCTYPE svg [ <!ENTITY a 'b'> ]>\n<svg\n>", Picture::Svg),
        ] {
            assert_eq!(Picture::of(bytes), Some(kind));
        }
    }

    #[test]
    fn what_is_no_picture_is_not_taken_for_one() {
        for bytes in [
            &b""[..],
            b"\x89PNG",
            b"<html><svg/></html>",
            b"<!-- <svg/>",
            b"<svgx>",
            b"<!DOCTYPE html><html>",
            b"<?xml version='1.0'?>",
            b"svg",
            b"<svg",
            b"<svg>\xff",
        ] {
            assert_eq!(Picture::of(bytes), None, "{bytes:?}");
        }
    }
}
