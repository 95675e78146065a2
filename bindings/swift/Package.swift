// swift-tools-version: 6.0
// The Swift package of Amparo: the generated bindings and, in the same module, the layer written by hand that makes them Swift.
//
// `cargo xtask bindings` fills `Sources/AmparoFFI` and `Sources/Amparo/Generated`, which are not in git. On Linux the native
// library is found with `-Xlinker -L`; on a Mac it comes as `AmparoFFI.xcframework`, made by `make-xcframework.sh`.

import PackageDescription

#if os(macOS)
    // A static library for every Apple platform. `AMPARO_NATIVE=system` links a library of this machine instead, as on Linux.
    let isBinary = Context.environment["AMPARO_NATIVE"] != "system"
#else
    let isBinary = false
#endif

let native: Target =
    isBinary
    ? .binaryTarget(name: "AmparoFFI", path: "AmparoFFI.xcframework")
    : .systemLibrary(name: "AmparoFFI", path: "Sources/AmparoFFI")

let package = Package(
    name: "Amparo",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "Amparo", targets: ["Amparo"])],
    targets: [
        native,
        .target(
            name: "Amparo",
            dependencies: ["AmparoFFI"],
            swiftSettings: [.swiftLanguageMode(.v6)],
            linkerSettings: isBinary ? [] : [.linkedLibrary("amparo")]
        ),
        // Ends itself in the middle of a capture; the test of what is kept then starts it.
        .executableTarget(name: "CaptureUntilKilled", dependencies: ["Amparo"], path: "Tests/CaptureUntilKilled"),
        .testTarget(
            name: "AmparoTests",
            dependencies: ["Amparo", "CaptureUntilKilled"],
            swiftSettings: [.swiftLanguageMode(.v6)]
        ),
    ]
)
