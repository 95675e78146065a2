//! A sealed report in a file: there completely, or not at all.
//!
//! Nothing that exists is ever overwritten, and a failure leaves nothing behind but what was there before.

use std::{ops::ControlFlow, path::Path};

use super::{Prepared, SealError, Sealed};
use crate::disk::{NewFile, publish_file};

impl Prepared<'_, '_> {
    /// Writes the sealed report to a fresh file beside `path`, makes it durable, and then gives it its name. Blocks on the disk.
    /// `progress` as in [`Prepared::write`].
    ///
    /// # Errors
    /// [`SealError::Exists`] when `path` is taken, and any other [`SealError`]; nothing is left behind then.
    pub fn write_file(
        &self,
        path: &Path,
        progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Sealed, SealError> {
        if path.symlink_metadata().is_ok() {
            return Err(SealError::Exists);
        }
        let mut temp = NewFile::beside(path)?;
        let sealed = self.write(temp.file(), progress)?;
        temp.file().sync_all()?;
        publish_file(temp, path)?;
        Ok(sealed)
    }
}
