//! One media file on disk, as ciphertext. Every write, sync and creation passes here, so the power-loss simulator sees it.

use std::{
    fs::File,
    io::{self, Write as _},
};

#[cfg(unix)]
use std::os::unix::fs::FileExt as _;

use crate::{durable, media::MediaId};

#[cfg(feature = "record-writes")]
use crate::record::{Op, Tape};

/// An open media file and the folder its name lives in.
pub(crate) struct MediaFile {
    file: File,
    #[cfg(feature = "record-writes")]
    record: Option<(Tape, std::path::PathBuf)>,
    #[cfg(feature = "record-writes")]
    written: u64,
}

/// Where the media of the open space are.
#[derive(Clone)]
pub(crate) struct MediaDir {
    pub path: std::path::PathBuf,
    #[cfg(feature = "record-writes")]
    pub tape: Option<Tape>,
}

impl MediaDir {
    fn file_path(&self, id: MediaId) -> std::path::PathBuf {
        self.path.join(id.to_string())
    }

    /// Creates the file of a new medium. It must not exist: a media file is written once.
    pub fn create(&self, id: MediaId) -> io::Result<MediaFile> {
        #[cfg(feature = "record-writes")]
        let record = self.tape.clone().map(|tape| {
            let name = tape.name(&self.file_path(id));
            tape.push(Op::Create { file: name.clone() });
            (tape, name)
        });
        let file = durable::create_private(&self.file_path(id))?;
        Ok(MediaFile {
            file,
            #[cfg(feature = "record-writes")]
            record,
            #[cfg(feature = "record-writes")]
            written: 0,
        })
    }

    /// Opens an existing file for reading.
    pub fn open(&self, id: MediaId) -> io::Result<MediaFile> {
        Ok(MediaFile {
            file: File::open(self.file_path(id))?,
            #[cfg(feature = "record-writes")]
            record: None,
            #[cfg(feature = "record-writes")]
            written: 0,
        })
    }

    /// Makes created and removed names durable.
    pub fn sync(&self) -> Result<(), crate::VaultError> {
        durable::sync_dir(&self.path)?;
        #[cfg(feature = "record-writes")]
        if let Some(tape) = &self.tape {
            tape.push(Op::SyncDirectory { directory: tape.name(&self.path) });
        }
        Ok(())
    }

    /// Removes the file of an erased medium. One that is already gone is fine.
    pub fn remove(&self, id: MediaId) -> io::Result<()> {
        #[cfg(feature = "record-writes")]
        if let Some(tape) = &self.tape {
            tape.push(Op::Delete { file: tape.name(&self.file_path(id)) });
        }
        match std::fs::remove_file(self.file_path(id)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    /// Gives the room of an unwanted file back to the storage.
    pub fn empty(&self, id: MediaId) -> io::Result<()> {
        let path = self.file_path(id);
        #[cfg(feature = "record-writes")]
        if let Some(tape) = &self.tape {
            tape.push(Op::Truncate { file: tape.name(&path), size: 0 });
        }
        File::options().write(true).open(path)?.set_len(0)
    }

    /// The ids of all files in the folder; a name that is not an id is not ours and is left out.
    pub fn list(&self) -> io::Result<Vec<MediaId>> {
        let mut out = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            if let Some(id) = entry?.file_name().to_str().and_then(parse_name) {
                out.push(id);
            }
        }
        Ok(out)
    }
}

fn parse_name(name: &str) -> Option<MediaId> {
    let mut bytes = [0u8; 16];
    if name.len() != 32 || !name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(name.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(MediaId::from_bytes(bytes))
}

impl MediaFile {
    /// Appends `bytes`. On an error any part of them may be on disk.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        #[cfg(feature = "record-writes")]
        if let Some((tape, name)) = &self.record {
            tape.push(Op::Write { file: name.clone(), offset: self.written, data: bytes.to_vec() });
            self.written += bytes.len() as u64;
        }
        self.file.write_all(bytes)
    }

    /// Returns when everything appended is on the medium.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()?;
        #[cfg(feature = "record-writes")]
        if let Some((tape, name)) = &self.record {
            tape.push(Op::Sync { file: name.clone() });
        }
        Ok(())
    }

    /// Bytes in the file.
    pub fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Reads at `offset` until `buf` is full or the file ends; returns the bytes read.
    pub fn read_at(&mut self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = buf.get_mut(done..).filter(|r| !r.is_empty()) {
            #[cfg(unix)]
            let result = self.file.read_at(rest, offset + done as u64);
            #[cfg(not(unix))]
            let result = {
                use std::io::{Read as _, Seek as _};
                self.file.seek(io::SeekFrom::Start(offset + done as u64)).and_then(|_| self.file.read(rest))
            };
            match result {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(done)
    }
}
