//! Which encoding a file is in, and its text as a stream.

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// A byte that no UTF-8 text has; it stands where the file's encoding is broken, so that the cell can be told from one that holds a U+FFFD.
pub(super) const BROKEN: u8 = 0xFF;

/// Bytes of text with characters beyond ASCII that a guess is made from.
const EVIDENCE: usize = 256 * 1024;
const CHUNK: usize = 128 * 1024;

/// Room in which every character fits, with the byte for broken text.
const PIECE: usize = 16;

/// The encoding of a file: by its byte order mark, by being valid UTF-8, else guessed from the text beyond ASCII.
///
/// The whole file is looked at, because one accent on its last page decides. A UTF-8 file with a few broken bytes stays UTF-8: the
/// cells concerned are set aside instead of all others becoming unreadable.
pub(super) fn detect<R: Read + Seek>(file: &mut R) -> io::Result<&'static Encoding> {
    file.seek(SeekFrom::Start(0))?;
    let mut chunk = vec![0; CHUNK];
    let mut kept = 0;
    let mut first = true;
    let mut wide = 0_u64;
    let mut broken = 0_u64;
    let mut evidence = Vec::new();
    loop {
        let read = file.read(&mut chunk[kept..])?;
        let bytes = &chunk[..kept + read];
        if std::mem::take(&mut first) {
            if let Some((encoding, _)) = Encoding::for_bom(bytes) {
                return Ok(encoding);
            }
            if let Some(encoding) = utf16_without_mark(bytes) {
                return Ok(encoding);
            }
        }
        if !bytes.is_ascii() && evidence.len() < EVIDENCE {
            evidence.extend_from_slice(bytes);
        }
        let last = read == 0;
        let rest = count_wide_and_broken(bytes, last, &mut wide, &mut broken);
        if last {
            break;
        }
        let from = bytes.len() - rest;
        chunk.copy_within(from..from + rest, 0);
        kept = rest;
    }
    // In other encodings a sequence that is valid UTF-8 beyond ASCII hardly ever comes about.
    if broken == 0 || wide >= broken {
        return Ok(UTF_8);
    }
    let guess = csv_nose::detect_encoding(&evidence).name;
    Ok(Encoding::for_label_no_replacement(guess.as_bytes()).filter(|e| *e != UTF_8).unwrap_or(encoding_rs::WINDOWS_1252))
}

/// Counts characters beyond ASCII and broken sequences; returns the bytes at the end that wait for the next chunk.
fn count_wide_and_broken(mut bytes: &[u8], last: bool, wide: &mut u64, broken: &mut u64) -> usize {
    let mut count = |valid: &[u8]| *wide += valid.iter().filter(|&&b| b >= 0xC0).count() as u64;
    loop {
        match std::str::from_utf8(bytes) {
            Ok(valid) => {
                count(valid.as_bytes());
                return 0;
            }
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                count(valid);
                match error.error_len() {
                    None if !last => return rest.len(),
                    length => {
                        *broken += 1;
                        bytes = &rest[length.unwrap_or(rest.len())..];
                    }
                }
            }
        }
    }
}

/// UTF-16 written without a mark: in mostly Latin text every second byte is zero.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs = bytes.as_chunks::<2>().0;
    let zero = |side: usize| pairs.iter().filter(|pair| pair[side] == 0).count();
    let (even, odd) = (zero(0), zero(1));
    let many = |count: usize| pairs.len() >= 4 && count * 10 > pairs.len() * 4;
    let few = |count: usize| count * 50 <= pairs.len();
    match () {
        () if many(odd) && few(even) => Some(UTF_16LE),
        () if many(even) && few(odd) => Some(UTF_16BE),
        () => None,
    }
}

/// The text of a file as UTF-8, its byte order mark gone, [`BROKEN`] where a byte sequence means nothing.
pub(super) struct Decoded<R> {
    input: R,
    /// None for UTF-8: its bytes pass as they are.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    at: usize,
    ended: bool,
    finished: bool,
    bytes: u64,
    /// A piece decoded for a caller with too little room for a character, and how much of it is handed out.
    piece: [u8; PIECE],
    handed: usize,
    decoded: usize,
}

impl<R: Read> Decoded<R> {
    /// Decodes `input` from its beginning.
    pub fn new(input: R, encoding: &'static Encoding) -> Self {
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_with_bom_removal());
        Self { input, decoder, raw: Vec::new(), at: 0, ended: false, finished: false, bytes: 0, piece: [0; PIECE], handed: 0, decoded: 0 }
    }

    /// Bytes of the file read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn refill(&mut self) -> io::Result<()> {
        self.raw.drain(..self.at);
        self.at = 0;
        let filled = self.raw.len();
        self.raw.resize(filled + CHUNK, 0);
        let read = self.input.read(&mut self.raw[filled..]);
        self.raw.truncate(filled + read.as_ref().copied().unwrap_or(0));
        let read = read?;
        self.bytes += read as u64;
        self.ended = read == 0;
        Ok(())
    }

    fn read_utf8(&mut self, out: &mut [u8]) -> io::Result<usize> {
        const MARK: &[u8] = b"\xEF\xBB\xBF";
        if self.bytes == 0 {
            while self.raw.len() < MARK.len() && !self.ended {
                self.refill()?;
            }
            if self.raw.starts_with(MARK) {
                self.at = MARK.len();
            }
        }
        if self.at < self.raw.len() {
            let length = out.len().min(self.raw.len() - self.at);
            out[..length].copy_from_slice(&self.raw[self.at..self.at + length]);
            self.at += length;
            return Ok(length);
        }
        let read = self.input.read(out)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

impl<R: Read> Decoded<R> {
    /// Decodes into `out`, which has room for [`PIECE`] bytes at least; 0 at the end alone.
    fn decode(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut written = 0;
        while written == 0 && !self.finished {
            if self.at == self.raw.len() && !self.ended {
                self.refill()?;
            }
            let Some(decoder) = self.decoder.as_mut() else { break };
            // The last byte stays free for a mark of broken text.
            let room = out.len().saturating_sub(1);
            let (result, read, wrote) = decoder.decode_to_utf8_without_replacement(&self.raw[self.at..], &mut out[..room], self.ended);
            self.at += read;
            written = wrote;
            match result {
                DecoderResult::InputEmpty => self.finished = self.ended,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    if let Some(place) = out.get_mut(written) {
                        *place = BROKEN;
                        written += 1;
                    }
                }
            }
        }
        Ok(written)
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.decoder.is_none() {
            return self.read_utf8(out);
        }
        if self.handed == self.decoded {
            if out.len() >= PIECE {
                return self.decode(out);
            }
            // A buffer without room for the next character must not look like the end of the file.
            let mut piece = [0; PIECE];
            (self.handed, self.decoded) = (0, self.decode(&mut piece)?);
            self.piece = piece;
        }
        let length = out.len().min(self.decoded - self.handed);
        out[..length].copy_from_slice(&self.piece[self.handed..self.handed + length]);
        self.handed += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what is asked for, one byte at a time.
    fn by_bytes(mut decoded: Decoded<&[u8]>) -> Vec<u8> {
        let mut text = Vec::new();
        let mut byte = [0];
        while decoded.read(&mut byte).expect("memory") == 1 {
            text.push(byte[0]);
        }
        text
    }

    #[test]
    fn text_is_read_to_its_end_whatever_room_the_reader_gives() {
        for encoding in [UTF_16LE, UTF_16BE, encoding_rs::WINDOWS_1252] {
            for length in 0..150 {
                let text: String =
                    "a€ß😀é".chars().filter(|c| encoding != encoding_rs::WINDOWS_1252 || *c != '😀').cycle().take(length).collect();
                let bytes: Vec<u8> = match encoding {
                    e if e == UTF_16LE => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                    e if e == UTF_16BE => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                    _ => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
                };
                let mut whole = Vec::new();
                Decoded::new(&bytes[..], encoding).read_to_end(&mut whole).expect("memory");
                assert_eq!(String::from_utf8(whole).expect("text"), text, "{} of {length}", encoding.name());
                assert_eq!(String::from_utf8(by_bytes(Decoded::new(&bytes[..], encoding))).expect("text"), text);
            }
        }
    }

    #[test]
    fn broken_text_is_marked_also_for_a_reader_with_little_room() {
        // A lone half of a pair between two letters, and a file that ends inside a character.
        let bytes = [0x61, 0x00, 0x00, 0xD8, 0x62, 0x00, 0x63];
        assert_eq!(by_bytes(Decoded::new(&bytes[..], UTF_16LE)), [b'a', BROKEN, b'b', BROKEN]);
    }
}
