//! The generator of the bindings, at the version of the scaffolding in `amparo-ffi`. Called by `cargo xtask bindings`, from inside
//! the workspace and with `--config uniffi.toml`.

fn main() {
    uniffi::uniffi_bindgen_main();
}
