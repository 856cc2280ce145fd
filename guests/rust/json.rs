//! What of JSON (RFC 8259) a table needs.

use std::io::{self, Write};

/// Writes a string with its quotes, escaped as little as must be.
pub fn write_text(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(b"\"")?;
    let mut begin = 0;
    for (i, byte) in text.bytes().enumerate() {
        if byte != b'"' && byte != b'\\' && byte >= 0x20 {
            continue;
        }
        out.write_all(text[begin..i].as_bytes())?;
        match byte {
            b'"' => out.write_all(b"\\\"")?,
            b'\\' => out.write_all(b"\\\\")?,
            b'\n' => out.write_all(b"\\n")?,
            b'\r' => out.write_all(b"\\r")?,
            b'\t' => out.write_all(b"\\t")?,
            _ => write!(out, "\\u{:04x}", byte)?,
        }
        begin = i + 1;
    }
    out.write_all(text[begin..].as_bytes())?;
    out.write_all(b"\"")
}

/// Takes the digits off the front; none if it does not begin with one.
fn after_digits(text: &[u8]) -> Option<&[u8]> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 { None } else { Some(&text[count..]) }
}

fn after_number(text: &[u8]) -> Option<&[u8]> {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let mut rest = match unsigned.strip_prefix(b"0") {
        Some(rest) => rest, // nothing may follow a leading zero
        None => after_digits(unsigned)?,
    };
    if let Some(fraction) = rest.strip_prefix(b".") {
        rest = after_digits(fraction)?;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let unsigned = match exponent {
            [b'+' | b'-', digits @ ..] => digits,
            digits => digits,
        };
        rest = after_digits(unsigned)?;
    }
    Some(rest)
}

/// Whether the whole text is one number as JSON writes it.
pub fn is_number(text: &str) -> bool {
    after_number(text.as_bytes()).map_or(false, |rest| rest.is_empty())
}
