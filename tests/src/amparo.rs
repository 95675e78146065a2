//! The `amparo` command as the tests run it: the same code as the real one, built with the tests.

fn main() -> std::process::ExitCode {
    amparo_cli::main()
}
