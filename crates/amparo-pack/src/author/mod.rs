//! Authors.
