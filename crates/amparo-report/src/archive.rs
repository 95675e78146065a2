pub const MAX_HELD_BYTES: u64 = 16 * 1024 * 1024;
