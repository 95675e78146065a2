// The npm package age-encryption as a command, for tests/interop.rs: another implementation of age that knows post-quantum keys.
// Nothing of ours may be used here, and nothing of this is shipped.
//
//   node typage.mjs FOLDER decrypt KEYFILE          a sealed file on stdin, its content on stdout
//   node typage.mjs FOLDER encrypt RECIPIENTSFILE   content on stdin, a sealed file on stdout
//   node typage.mjs FOLDER passphrase FILE          the same, for the passphrase in FILE
//   node typage.mjs FOLDER public KEYFILE           the public keys, one a line
//   node typage.mjs FOLDER generate KIND            a fresh key file; KIND is classic or post-quantum
//   node typage.mjs FOLDER key KIND                 the text of the secret key whose 32 bytes are on stdin
//   node typage.mjs FOLDER unwrap KEYFILE           a stanza on stdin as "type arguments… body"; the file key in it as
//                                                   hexadecimal, or "none"
//   node typage.mjs FOLDER version                  name and version of the package
//
// FOLDER holds node_modules/age-encryption. Exit code 1 and one line on stderr when the package refuses.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";

const [folder, operation, argument] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(folder), "here.js"));
const entry = require.resolve("age-encryption");
const age = await import(pathToFileURL(entry));

/** An age key or recipients file: one a line, with comments and blank lines. */
const lines = (file) =>
    readFileSync(file, "utf8").split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("#"));

const stdin = () => Readable.toWeb(process.stdin);
const stdout = (stream) => pipeline(Readable.fromWeb(stream), process.stdout);
const say = (text) => process.stdout.write(`${text}\n`);

async function bytesOfStdin() {
    const pieces = [];
    for await (const piece of process.stdin) pieces.push(piece);
    return Buffer.concat(pieces);
}

const operations = {
    async decrypt() {
        const decrypter = new age.Decrypter();
        lines(argument).forEach((key) => decrypter.addIdentity(key));
        await stdout(await decrypter.decrypt(stdin()));
    },
    async encrypt() {
        const encrypter = new age.Encrypter();
        lines(argument).forEach((recipient) => encrypter.addRecipient(recipient));
        await stdout(await encrypter.encrypt(stdin()));
    },
    async passphrase() {
        const encrypter = new age.Encrypter();
        // The reader refuses such files without deriving a key: the work factor is of no interest.
        encrypter.setScryptWorkFactor(10);
        encrypter.setPassphrase(lines(argument)[0]);
        await stdout(await encrypter.encrypt(stdin()));
    },
    async public() {
        for (const key of lines(argument)) say(await age.identityToRecipient(key));
    },
    async generate() {
        const make = { classic: age.generateX25519Identity, "post-quantum": age.generateHybridIdentity }[argument];
        const key = await make();
        say(`# public key: ${await age.identityToRecipient(key)}`);
        say(key);
    },
    async key() {
        // The package draws its secrets itself; this is its own encoder, used as generate…Identity uses it.
        const { bech32 } = await import(pathToFileURL(createRequire(entry).resolve("@scure/base")));
        const prefix = { classic: "AGE-SECRET-KEY-", "post-quantum": "AGE-SECRET-KEY-PQ-" }[argument];
        say(bech32.encodeFromBytes(prefix, new Uint8Array(await bytesOfStdin())).toUpperCase());
    },
    async unwrap() {
        // The key types are not exported: a single stanza without a file around it is no public function of the package.
        const { X25519Identity, HybridIdentity } = await import(new URL("recipients.js", pathToFileURL(entry)));
        const words = (await bytesOfStdin()).toString("utf8").trim().split(" ");
        const stanza = new age.Stanza(words.slice(0, -1), new Uint8Array(Buffer.from(words.at(-1), "base64")));
        for (const key of lines(argument)) {
            const identity = key.startsWith("AGE-SECRET-KEY-PQ-1") ? new HybridIdentity(key) : new X25519Identity(key);
            const fileKey = await identity.unwrapFileKey([stanza]);
            if (fileKey) return say(Buffer.from(fileKey).toString("hex"));
        }
        return say("none");
    },
    async version() {
        const about = JSON.parse(readFileSync(path.join(path.dirname(entry), "..", "package.json"), "utf8"));
        say(`${about.name} ${about.version} (npm) on Node.js ${process.versions.node}`);
    },
};

try {
    await operations[operation]();
} catch (error) {
    process.stderr.write(`typage: ${error.message}\n`);
    process.exit(1);
}
