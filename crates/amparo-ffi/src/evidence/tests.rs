//! Drives the objects as a host would.
