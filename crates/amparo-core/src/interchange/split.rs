//! Where the records of a file begin and end. Nothing is understood here, nothing is kept but one record: what is between two
//! brackets or in one line goes to serde_json, and what is wrong with it concerns that record alone.

use std::io::{self, Read};

use crate::{CoreError, evidence::Progress};

const BLOCK_BYTES: usize = 64 * 1024;

/// Where a record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub offset: u64,
    pub line: u64,
}

/// The bytes of one value, if they are not too many.
#[derive(Debug)]
pub(super) struct Piece {
    pub place: Place,
    pub bytes: Vec<u8>,
    pub too_long: bool,
    /// The file ended with it: a value that is not whole was cut off.
    pub last: bool,
}

/// A file, byte by byte.
pub(super) struct Source<'a, R> {
    reader: R,
    progress: Progress<'a>,
    block: Vec<u8>,
    next: usize,
    filled: usize,
    place: Place,
}

impl<'a, R: Read> Source<'a, R> {
    pub fn new(reader: R, progress: Progress<'a>) -> Self {
        let place = Place { offset: 0, line: 1 };
        Self { reader, progress, block: vec![0; BLOCK_BYTES], next: 0, filled: 0, place }
    }

    pub fn place(&self) -> Place {
        self.place
    }

    pub fn cut(&self) -> CoreError {
        CoreError::ExportCut { at: self.place.offset }
    }

    pub fn malformed(&self) -> CoreError {
        CoreError::ExportMalformed { at: self.place.offset }
    }

    pub fn peek(&mut self) -> Result<Option<u8>, CoreError> {
        if self.next == self.filled {
            if self.place.offset > 0 && (self.progress)(self.place.offset).is_break() {
                return Err(CoreError::Cancelled);
            }
            self.next = 0;
            self.filled = loop {
                match self.reader.read(&mut self.block) {
                    Ok(n) => break n,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        self.filled = 0;
                        return Err(CoreError::SourceFailed { after: self.place.offset, kind: error.kind() });
                    }
                }
            };
        }
        Ok(self.block.get(self.next..self.filled).and_then(|left| left.first()).copied())
    }

    /// Steps over the byte that [`peek`](Self::peek) showed.
    fn step(&mut self, byte: u8) {
        self.next += 1;
        self.place.offset += 1;
        self.place.line += u64::from(byte == b'\n');
    }

    pub fn next(&mut self) -> Result<Option<u8>, CoreError> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.step(byte);
        }
        Ok(byte)
    }

    /// The next byte that is not JSON's white space.
    pub fn skip_space(&mut self) -> Result<Option<u8>, CoreError> {
        loop {
            match self.peek()? {
                Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) => self.step(byte),
                other => return Ok(other),
            }
        }
    }

    /// The value that begins here: to the bracket or quotation mark that ends it, or to what ends a number or a word. Of a value
    /// of more than `limit` bytes none is kept.
    pub fn value(&mut self, limit: usize) -> Result<Piece, CoreError> {
        let mut piece = Piece { place: self.place, bytes: Vec::new(), too_long: false, last: false };
        let (mut depth, mut text, mut escaped) = (0u64, false, false);
        loop {
            let Some(byte) = self.peek()? else {
                // A number or a word may be the last of a file; no other value ends without a sign.
                piece.last = true;
                return if depth == 0 && !text && self.place.offset > piece.place.offset {
                    Ok(piece)
                } else {
                    Err(self.cut())
                };
            };
            let outside = depth == 0 && !text;
            if outside && matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\r' | b'\n') {
                return if self.place.offset == piece.place.offset { Err(self.malformed()) } else { Ok(piece) };
            }
            self.step(byte);
            piece.push(byte, limit);
            if text {
                text = escaped || byte != b'"';
                escaped = !escaped && byte == b'\\';
            } else {
                match byte {
                    b'"' => text = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => continue,
                }
            }
            if depth == 0 && !text {
                return Ok(piece);
            }
        }
    }

    /// The line that begins here, without its end; `None` at the end of the file.
    pub fn line(&mut self, limit: usize) -> Result<Option<Piece>, CoreError> {
        let mut piece = Piece { place: self.place, bytes: Vec::new(), too_long: false, last: false };
        loop {
            match self.next()? {
                Some(b'\n') => return Ok(Some(piece)),
                Some(byte) => piece.push(byte, limit),
                None if self.place.offset == piece.place.offset => return Ok(None),
                None => {
                    piece.last = true;
                    return Ok(Some(piece));
                }
            }
        }
    }
}

impl Piece {
    fn push(&mut self, byte: u8, limit: usize) {
        if self.too_long {
            return;
        }
        if self.bytes.len() < limit {
            self.bytes.push(byte);
        } else {
            self.too_long = true;
            self.bytes = Vec::new();
        }
    }

    pub fn is_blank(&self) -> bool {
        !self.too_long && self.bytes.iter().all(u8::is_ascii_whitespace)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use proptest::prelude::*;

    use super::*;

    fn pieces(text: &str, limit: usize) -> Vec<(String, bool)> {
        let mut progress = |_: u64| ControlFlow::Continue(());
        let mut source = Source::new(text.as_bytes(), &mut progress);
        let mut out = Vec::new();
        while source.skip_space().unwrap().is_some() {
            let piece = source.value(limit).unwrap();
            out.push((String::from_utf8(piece.bytes).unwrap(), piece.too_long));
            if source.skip_space().unwrap() == Some(b',') {
                source.next().unwrap();
            }
        }
        out
    }

    #[test]
    fn values_end_where_they_end() {
        let values = [r#"{"a":"}\"]\\","b":[1,{"c":2}]}"#, "[[]]", r#""x\\""#, "12.5e3", "true", "{}", r#""""#];
        let found: Vec<_> = pieces(&values.join(" ,\n"), 1000).into_iter().map(|(text, _)| text).collect();
        assert_eq!(found, values);
    }

    #[test]
    fn a_value_that_is_too_long_is_stepped_over_and_the_next_one_is_whole() {
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(5000));
        let found = pieces(&format!("{long},{{\"b\":1}}"), 100);
        assert_eq!(found, [(String::new(), true), ("{\"b\":1}".to_owned(), false)]);
    }

    proptest! {
        #[test]
        fn whatever_serde_json_reads_is_found_whole(texts in prop::collection::vec("\\PC{0,12}", 1..5), depth in 0usize..20) {
            let values: Vec<String> = texts
                .iter()
                .map(|text| {
                    let inner = serde_json::json!({ text.clone(): [text, {"x": text}] }).to_string();
                    format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth))
                })
                .collect();
            let found: Vec<_> = pieces(&values.join(","), 10_000).into_iter().map(|(text, _)| text).collect();
            prop_assert_eq!(found, values);
        }

        #[test]
        fn any_bytes_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut progress = |_: u64| ControlFlow::Continue(());
            let mut source = Source::new(&bytes[..], &mut progress);
            while let Ok(Some(_)) = source.skip_space() {
                if source.value(50).is_err() && source.next().unwrap().is_none() {
                    break;
                }
            }
        }
    }
}
