//! Rows of a CSV text (RFC 4180), one at a time. Fields that need no change are borrowed from it.

use std::borrow::Cow;

pub struct Row<'a> {
    /// That it begins on, from 1.
    pub line: usize,
    pub fields: Vec<Cow<'a, str>>,
}

pub struct Error {
    pub line: usize,
    pub detail: &'static str,
}

/// Blank lines are passed over. Nothing follows an error.
pub struct Rows<'a> {
    rest: &'a str,
    delimiter: u8,
    line: usize,
}

impl<'a> Rows<'a> {
    /// `delimiter` is ASCII.
    pub fn new(text: &'a str, delimiter: u8) -> Rows<'a> {
        Rows { rest: text, delimiter, line: 1 }
    }

    /// Takes so many bytes off the front; they end between characters.
    fn take(&mut self, size: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(size);
        self.rest = rest;
        taken
    }

    fn starts_with(&self, byte: u8) -> bool {
        self.rest.as_bytes().first() == Some(&byte)
    }

    /// Takes a line's end; false if there is none here.
    fn take_line_end(&mut self) -> bool {
        let size = match self.rest.as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            _ => return false,
        };
        self.take(size);
        self.line += 1;
        true
    }

    fn plain_field(&mut self) -> Result<Cow<'a, str>, Error> {
        let bytes = self.rest.as_bytes();
        let size = bytes
            .iter()
            .position(|&byte| byte == self.delimiter || byte == b'\n' || byte == b'"')
            .unwrap_or(bytes.len());
        if bytes.get(size) == Some(&b'"') {
            let detail = "a quote within a field that does not begin with one";
            return Err(Error { line: self.line, detail });
        }
        let has_return = size > 0 && bytes[size - 1] == b'\r' && bytes.get(size) == Some(&b'\n');
        Ok(Cow::Borrowed(self.take(if has_return { size - 1 } else { size })))
    }

    fn quoted_field(&mut self) -> Result<Cow<'a, str>, Error> {
        let line = self.line;
        let mut field = Cow::Borrowed("");
        self.take(1);
        loop {
            let size = match self.rest.find('"') {
                Some(size) => size,
                None => return Err(Error { line, detail: "a quoted field without an end" }),
            };
            let part = self.take(size);
            self.line += part.bytes().filter(|&byte| byte == b'\n').count();
            if field.is_empty() {
                field = Cow::Borrowed(part);
            } else {
                field.to_mut().push_str(part);
            }
            self.take(1);
            if !self.starts_with(b'"') {
                return Ok(field);
            }
            self.take(1); // two stand for one
            field.to_mut().push('"');
        }
    }

    fn row(&mut self) -> Result<Row<'a>, Error> {
        let mut row = Row { line: self.line, fields: Vec::new() };
        loop {
            let quoted = self.starts_with(b'"');
            row.fields.push(if quoted { self.quoted_field()? } else { self.plain_field()? });
            if self.rest.is_empty() || self.take_line_end() {
                return Ok(row);
            }
            if !self.starts_with(self.delimiter) {
                let detail = "something between a quoted field's end and the delimiter";
                return Err(Error { line: self.line, detail });
            }
            self.take(1);
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<Row<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.take_line_end() {}
        if self.rest.is_empty() {
            return None;
        }
        let row = self.row();
        if row.is_err() {
            self.rest = "";
        }
        Some(row)
    }
}
