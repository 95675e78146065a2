//! What an Android loader asks of a library before it runs anything of it: the machine, and the alignment of its segments.

/// The parts of an ELF file that are looked at.
#[derive(Debug, PartialEq, Eq)]
pub struct Elf {
    /// `e_machine`.
    pub machine: u16,
    /// The smallest alignment of a segment that is loaded. A device with pages of 16 KiB loads nothing that is aligned to less.
    pub alignment: u64,
}

impl Elf {
    /// Reads a little-endian ELF file of 32 or 64 bits. `None` for anything else, and for one that loads nothing.
    pub fn read(file: &[u8]) -> Option<Self> {
        const LOAD: u64 = 1;
        let number = |at: usize, size: usize| -> Option<u64> {
            let bytes = file.get(at..at.checked_add(size)?)?;
            Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
        };
        if file.get(..4)? != b"\x7fELF" || number(5, 1)? != 1 {
            return None;
        }
        // Where the header has the program headers' place, their size and count, and where such a header has its alignment.
        let (place, size, count, align, word) = match number(4, 1)? {
            1 => (28, 42, 44, 28, 4),
            2 => (32, 54, 56, 48, 8),
            _ => return None,
        };
        let (first, each) = (usize::try_from(number(place, word)?).ok()?, usize::try_from(number(size, 2)?).ok()?);
        let mut alignment = None;
        for index in 0..usize::try_from(number(count, 2)?).ok()? {
            let header = first.checked_add(index.checked_mul(each)?)?;
            if number(header, 4)? == LOAD {
                let this = number(header.checked_add(align)?, word)?;
                alignment = Some(alignment.map_or(this, |least: u64| least.min(this)));
            }
        }
        Some(Self { machine: u16::try_from(number(18, 2)?).ok()?, alignment: alignment? })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    /// A file with a loaded segment for each of `alignments`, and one segment that is not loaded.
    fn file(class: u8, machine: u16, alignments: &[u64]) -> Vec<u8> {
        let (header, each, place, size, count, align, word) =
            if class == 1 { (52, 32, 28, 42, 44, 28, 4) } else { (64, 56, 32, 54, 56, 48, 8) };
        let mut file = vec![0u8; header + each * (alignments.len() + 1)];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &[0x7f, b'E', b'L', b'F', class, 1]);
        put(18, &machine.to_le_bytes());
        put(place, &(header as u64).to_le_bytes()[..word]);
        put(size, &(each as u16).to_le_bytes());
        put(count, &(alignments.len() as u16 + 1).to_le_bytes());
        // PT_NOTE, aligned to 4: not what counts.
        put(header, &4u32.to_le_bytes());
        put(header + align, &4u64.to_le_bytes()[..word]);
        for (index, alignment) in alignments.iter().enumerate() {
            let at = header + each * (index + 1);
            put(at, &1u32.to_le_bytes());
            put(at + align, &alignment.to_le_bytes()[..word]);
        }
        file
    }

    #[test]
    fn the_least_alignment_counts() {
        for class in [1, 2] {
            let elf = Elf::read(&file(class, 183, &[0x4000, 0x1000, 0x4000])).unwrap();
            assert_eq!(elf, Elf { machine: 183, alignment: 0x1000 });
        }
    }

    #[test]
    fn other_files_and_truncated_ones_are_not_read() {
        let whole = file(2, 62, &[0x4000]);
        assert!(Elf::read(&whole).is_some());
        for length in 0..whole.len() - 8 {
            assert_eq!(Elf::read(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(Elf::read(&file(2, 62, &[])), None, "nothing to load");
        assert_eq!(Elf::read(b"!<arch>\nnot a shared library, though long enough to be one of 64 bits"), None);
    }

    /// The program that runs this test is one: what was made by hand above is not the only thing that can be read.
    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_program_is_read() {
        let elf = Elf::read(&std::fs::read(std::env::current_exe().unwrap()).unwrap()).expect("an ELF file");
        assert!(elf.alignment >= 0x1000 && elf.alignment.is_power_of_two(), "{elf:?}");
        if cfg!(target_arch = "x86_64") {
            assert_eq!(elf.machine, 62);
        }
    }
}
