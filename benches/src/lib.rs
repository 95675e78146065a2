//! Workloads shared by the benchmarks of this folder.
