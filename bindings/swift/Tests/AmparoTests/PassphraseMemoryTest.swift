// After a vault was opened, no copy of its passphrase is left in the memory of the process: all of it is searched.

#if os(Linux)
    import Amparo
    import Foundation
    import Glibc
    import Testing

    /// Something to search for, in pages of its own that the search leaves out.
    private final class Needle {
        let page: UnsafeMutableRawBufferPointer

        let length: Int

        /// Of so many letters that it is there by chance never, or all but never.
        init(_ length: Int = 40) {
            self.length = length
            page = Self.pages(4096)
            for at in 0..<length { page[at] = UInt8.random(in: UInt8(ascii: "a")...UInt8(ascii: "z")) }
        }

        deinit { munmap(page.baseAddress!, page.count) }

        var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: page[..<length]) }

        private static func pages(_ count: Int) -> UnsafeMutableRawBufferPointer {
            let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            precondition(start != MAP_FAILED)
            return UnsafeMutableRawBufferPointer(start: start, count: count)
        }

        /// How often it is in the memory that this process can write to: heap, stacks of all threads, globals.
        func occurrences() throws -> Int {
            let window = Self.pages(4 << 20)
            defer { munmap(window.baseAddress!, window.count) }
            let memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
            try #require(memory >= 0)
            defer { close(memory) }
            var found = 0
            for line in try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).split(separator: "\n") {
                let fields = line.split(separator: " ")
                let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
                guard fields[1].hasPrefix("rw"), ends.count == 2 else { continue }
                found += search(memory, ends[0], ends[1], window)
            }
            return found
        }

        private func search(
            _ memory: Int32, _ start: UInt, _ end: UInt, _ window: UnsafeMutableRawBufferPointer
        ) -> Int {
            let left = [page, window].map { UInt(bitPattern: $0.baseAddress!)..<UInt(bitPattern: $0.baseAddress! + $0.count) }
            var (found, at) = (0, start)
            while at < end {
                // A region that was joined with one of ours is read up to it, and from behind it.
                if let ours = left.first(where: { $0.contains(at) }) {
                    at = ours.upperBound
                    continue
                }
                let stop = min(end, left.map(\.lowerBound).filter { $0 > at }.min() ?? end)
                let wanted = min(Int(stop - at), window.count)
                let read = pread(memory, window.baseAddress!, wanted, off_t(Int(bitPattern: at)))
                // Gone meanwhile, or never there.
                if read <= 0 { break }
                var rest = window.baseAddress!
                let last = window.baseAddress! + read
                while let hit = memmem(rest, last - rest, bytes.baseAddress!, bytes.count) {
                    found += 1
                    rest = hit + 1
                }
                // What lies across two windows is in the second one.
                at += UInt(read == window.count ? read - length : read)
            }
            return found
        }
    }

    /// A sanitizer's own memory is as large as all addresses: to search it takes days.
    private let isSanitized = dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil

    @Suite(.serialized, .disabled(if: isSanitized), .timeLimit(.minutes(3)))
    struct PassphraseMemoryTest {
        let folder = Folder()

        @Test func theSearchFindsWhatIsThere() throws {
            let needle = Needle()
            #expect(try needle.occurrences() == 0)
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 1)
            defer { copy.deallocate() }
            copy.initializeMemory(as: UInt8.self, repeating: 0)
            UnsafeMutableRawBufferPointer(rebasing: copy[30...]).copyMemory(from: needle.bytes)
            #expect(try needle.occurrences() == 1)
            copy.initializeMemory(as: UInt8.self, repeating: 0)
            #expect(try needle.occurrences() == 0)
        }

        /// A short one too: `Data` keeps up to 14 bytes in itself, which are copied wherever it goes.
        @Test(arguments: [12, 14, 15, 40])
        func nothingIsLeftOfAPassphrase(length: Int) async throws {
            let needle = Needle(length)
            func taken() -> Passphrase { Self.taken(needle) }
            let made = taken()
            #expect(try needle.occurrences() == 1, "the one place where it is kept until it is used")
            let vault = try await Vault.create(at: folder.vault, passphrase: made, kdf: fast)
            #expect(try needle.occurrences() == 0, "after create")
            try await vault.lock()

            let again = try await Vault.unlock(at: folder.vault, passphrase: taken())
            #expect(try needle.occurrences() == 0, "after unlock")
            try await again.changePassphrase(old: taken(), new: passphrase())
            #expect(try needle.occurrences() == 0, "after changing it")
            try await again.lock()

            _ = try await thrown(VaultError.self) { try await Vault.unlock(at: folder.vault, passphrase: taken()) }
            #expect(try needle.occurrences() == 0, "after it was refused")
        }

        @Test func nothingIsLeftOfOneThatWasNeverUsed() throws {
            let needle = Needle()
            Self.taken(needle).wipe()
            #expect(try needle.occurrences() == 0)
            _ = Self.taken(needle)
            #expect(try needle.occurrences() == 0, "after it was let go of")
        }

        @Test func theCoreLeavesNothingOfWhatTheCallerWipes() throws {
            let needle = Needle()
            var typed = Data(needle.bytes)
            let vault = try Vault.create(
                directory: folder.vault.path, passphrase: typed, kdf: fast, deviceKey: nil, clock: nil)
            typed.resetBytes(in: 0..<typed.count)
            #expect(try needle.occurrences() == 0)
            try vault.lock()
        }

        private static func taken(_ needle: Needle) -> Passphrase {
            var typed = Array(needle.bytes)
            return Passphrase(taking: &typed)
        }
    }
#endif
