//! The `amparo` command; everything is in the library, so that the tests run the same code.

fn main() -> std::process::ExitCode {
    amparo_cli::main()
}
