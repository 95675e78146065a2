//! Media chunk stream.
