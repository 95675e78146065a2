//! Evidence as its users handle it, command by command, and copies without metadata as other people's tools see them.

#![allow(missing_docs)]

use std::{
    ffi::OsStr,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use amparo_crypto::hash::sha256;
use amparo_tests::{
    command::{Answer, Place},
    document::medium,
    external::judge,
};
use serde_json::Value;

const PHOTO: &[u8] = include_bytes!("../crates/amparo-cli/samples/photo.jpg");

struct Scene {
    place: Place,
    vault: String,
}

impl Scene {
    fn new() -> Self {
        let place = Place::new(env!("CARGO_BIN_EXE_amparo-under-test"));
        place.create_vault();
        let vault = place.vault().to_str().unwrap().to_owned();
        Self { place, vault }
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.place.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// `amparo evidence TOPIC VAULT …` as JSON.
    fn json(&self, topic: &str, args: &[&str]) -> Value {
        self.place.json(&[&["evidence", topic, &self.vault], args].concat())
    }

    fn run(&self, topic: &str, args: &[&str]) -> Answer {
        self.place.run(&[&["evidence", topic, &self.vault], args].concat())
    }

    fn add(&self, file: &str) -> String {
        id(&self.json("add", &[file])["evidence"][0])
    }

    /// Pipes `input` into the command.
    fn piped(&self, topic: &str, args: &[&str], input: &[u8]) -> Answer {
        let args = [&["evidence", topic, &self.vault, "--json"], args].concat();
        let mut command = self.place.prepare(&args);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Whoever refuses stops reading.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap().into()
    }

    fn output(&self, name: &str) -> String {
        self.place.path(name).to_str().unwrap().to_owned()
    }
}

fn id(evidence: &Value) -> String {
    evidence["id"].as_str().unwrap().to_owned()
}

/// Bytes of all media files of a vault.
fn media_bytes(vault: &Path) -> u64 {
    let spaces = fs::read_dir(vault.join("spaces")).unwrap().map(|space| space.unwrap().path().join("media"));
    spaces.flat_map(|media| fs::read_dir(media).unwrap()).map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

fn hex(bytes: &[u8]) -> String {
    sha256(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn a_recording_comes_by_standard_input_goes_on_and_is_read_as_one() {
    let scene = Scene::new();
    let incident = scene.place.new_incident("x", "y");
    let capture = ["--kind", "video", "--media-type", "video/mp2t", "--incident", &incident, "--note", "from the roof"];
    let first = scene.piped("capture", &capture, &medium(3));
    assert_eq!(first.code, 0, "{}", first.err);
    let first: Value = serde_json::from_str(&first.out).unwrap();
    let first = &first["evidence"];
    assert_eq!((first["state"].as_str(), first["how"].as_str()), (Some("complete"), Some("in_app")));
    assert_eq!(first["sha256"].as_str(), Some(hex(&medium(3)).as_str()));
    assert_eq!(first["detected_media_type"].as_str(), Some("image/jpeg"), "the bytes contradict the option");
    let first = id(first);
    let second = scene.piped("capture", &[&capture[..], &["--continue", &first]].concat(), b"and on it goes");
    let second: Value = serde_json::from_str(&second.out).unwrap();
    assert_eq!(second["evidence"]["segment"]["number"].as_u64(), Some(2));
    let second = id(&second["evidence"]);
    let segments = scene.json("segments", &[&second]);
    assert_eq!(segments["evidence"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(), [first, second.clone()]);

    let whole = scene.output("whole");
    scene.json("read", &[&second, "--recording", "-o", &whole]);
    assert_eq!(fs::read(&whole).unwrap(), [medium(3), b"and on it goes".to_vec()].concat());
    assert_eq!(scene.run("read", &[&second, "--recording", "-o", &whole]).code, 8, "nothing is overwritten");
    let part = scene.run("read", &[&second, "--offset", "4", "--length", "2", "-o", "-"]);
    assert_eq!((part.code, part.out.as_str()), (0, "on"));
    let rest = scene.run("read", &[&second, "--offset", "10", "-o", "-"]);
    assert_eq!(rest.out, "goes");
    assert_eq!(scene.run("read", &[&second, "--offset", "99", "-o", "-"]).out, "");

    let nothing = scene.piped("capture", &["--kind", "audio", "--media-type", "audio/aac"], b"");
    assert_eq!(nothing.code, 3, "{}", nothing.out);
    let bad = scene.piped("capture", &["--kind", "audio", "--media-type", "nonsense"], b"x");
    assert_eq!(bad.code, 3);
    assert_eq!(scene.json("list", &[])["evidence"].as_array().unwrap().len(), 2);
    assert_eq!(scene.place.run(&["custody", "verify", &scene.vault]).code, 0);
}

#[test]
fn a_capture_that_is_killed_is_there_and_labelled() {
    let scene = Scene::new();
    let args = ["evidence", "capture", &scene.vault, "--kind", "audio", "--media-type", "audio/aac"];
    let mut command = scene.place.prepare(&args);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&medium(5)).unwrap();
    // Every full slot reaches the file as it comes: wait until they are there.
    let full = medium(5).len() / 4080;
    while media_bytes(&scene.place.vault()) < 4096 * (1 + full as u64) {
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(child.try_wait().unwrap().is_none(), "it goes on as long as its input does");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let listed = scene.json("list", &[]);
    let kept = &listed["evidence"][0];
    assert_eq!(kept["state"].as_str(), Some("unterminated"));
    let size = kept["size"].as_u64().unwrap() as usize;
    assert_eq!(size, full * 4080);
    let out = scene.output("kept");
    scene.json("export", &[&id(kept), "-o", &out]);
    assert!(fs::read(out).unwrap() == medium(5)[..size]);
}

#[test]
fn what_is_said_copied_shown_and_deleted() {
    let scene = Scene::new();
    let incident = scene.place.new_incident("x", "y");
    let photo = scene.file("photo.jpg", PHOTO);
    let added = scene.json(
        "add",
        &[
            &photo,
            "--incident",
            &incident,
            "--kind",
            "screenshot",
            "--captured",
            "2026-05",
            "--language",
            "es",
            "--device-location=-30.5,31.25,8",
            "--device-model",
            "Pocket",
            "--device-network",
            "cellular",
        ],
    );
    let said = &added["evidence"][0];
    assert_eq!(said["kind"], "screenshot");
    assert_eq!(said["captured_at"]["time"], "2026-05");
    assert_eq!(said["device"]["location"]["latitude"], -30.5);
    assert_eq!(said["device"]["network"]["kind"], "cellular");
    let original = id(said);
    assert_eq!(scene.run("add", &[&photo, "--device-location", "91,0"]).code, 3);
    assert_eq!(scene.json("edit", &[&original, "--forget-device"])["evidence"]["device"], Value::Null);
    assert_eq!(scene.json("note", &[&original, "a note"])["evidence"]["note"], "a note");
    let piped = scene.piped("note", &[&original, "-"], b"from a pipe\n");
    assert!(piped.out.contains("from a pipe"), "{}", piped.err);
    assert_eq!(scene.run("edit", &[&original]).code, 3, "nothing to change");

    let testimony = scene.piped(
        "add",
        &["-", "--kind", "testimony", "--speaker", "S", "--consent", "granted", "--consent-to", "lawyer"],
        b"what was said",
    );
    let testimony: Value = serde_json::from_str(&testimony.out).unwrap();
    assert_eq!(testimony["evidence"][0]["testimony"]["consent"]["scope"][0], "lawyer");
    let testimony = id(&testimony["evidence"][0]);
    let refused = scene.json("testimony", &[&testimony, "--consent", "refused"]);
    assert_eq!(refused["evidence"]["testimony"]["consent"]["status"], "refused");
    assert_eq!(scene.run("testimony", &[&testimony, "--consent", "Perhaps"]).code, 3);

    let blurred = scene.file("blurred.jpg", &medium(2));
    let made = ["--purpose", "redacted", "--tool", "Blur", "--tool-version", "2"];
    let derived = scene.json("derive", &[&[original.as_str(), &blurred][..], &made].concat());
    assert_eq!(derived["evidence"]["derived_from"], original.as_str());
    let stripped = scene.json("strip", &[&original]);
    assert_eq!(stripped["evidence"]["derivation"]["removed"][0], "exif");
    assert_eq!(scene.run("strip", &[&testimony]).code, 3);
    let little = scene.file("little.jpg", &medium(0));
    scene.json("thumbnail", &[&original, &little]);
    let out = scene.output("thumb.jpg");
    scene.json("thumbnail", &[&original, "-o", &out]);
    assert_eq!(fs::read(out).unwrap(), medium(0));
    assert_eq!(scene.run("thumbnail", &[&original, &photo.replace("photo.jpg", "none.jpg")]).code, 3);
    assert_eq!(scene.run("thumbnail", &[&testimony, "-o", &scene.output("x")]).code, 3);
    let shown = scene.json("show", &[&original]);
    assert_eq!(shown["derivatives"].as_array().unwrap().len(), 3);
    assert!(scene.run("show", &[&original]).out.contains("imported"));
    assert_eq!(scene.json("list", &["--incident", &incident])["evidence"].as_array().unwrap().len(), 3);
    scene.json("attach", &[&testimony, &incident]);
    assert_eq!(scene.json("detach", &[&testimony, &incident])["detached"], true);
    assert_eq!(scene.json("detach", &[&testimony, &incident])["detached"], false);

    assert_eq!(scene.run("delete", &[&original, "--with-derivatives"]).code, 3, "not without --yes");
    let refused = scene.run("delete", &[&original, "--yes"]);
    assert_eq!(refused.code, 3);
    assert!(refused.err.contains("2 derivative"), "{}", refused.err);
    let deleted = scene.json("delete", &[&original, "--yes", "--keep-derivatives"]);
    assert_eq!(deleted["deleted"].as_array().unwrap().len(), 2, "with its thumbnail");
    assert_eq!(scene.json("list", &["--deleted"])["evidence"].as_array().unwrap().len(), 2);
    assert_eq!(scene.json("list", &["--incident", &incident])["evidence"].as_array().unwrap().len(), 2);
    let gone = scene.run("export", &[&original, "-o", &scene.output("gone")]);
    assert!(gone.code == 3 && gone.err.contains("deleted"), "{}", gone.err);
    assert_eq!(scene.json("show", &[&original])["evidence"]["state"], "deleted");
    assert_eq!(scene.place.run(&["custody", "verify", &scene.vault]).code, 0);
    assert_eq!(scene.place.run(&["vault", "check", &scene.vault]).code, 0);
}

/// Adds `file`, strips it, and writes the copy beside it.
fn stripped(scene: &Scene, file: &Path) -> PathBuf {
    let original = scene.add(file.to_str().unwrap());
    let copy = scene.json("strip", &[&original]);
    let out = scene.output(&format!("stripped-{}", file.file_name().unwrap().to_str().unwrap()));
    scene.json("export", &[&id(&copy["evidence"]), "-o", &out]);
    out.into()
}

fn tool<A: AsRef<OsStr>>(program: &Path, args: &[A], file: &Path) -> String {
    let output = Command::new(program).args(args).arg(file).output().unwrap();
    assert!(output.status.success(), "{}: {}", program.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn exiftool_finds_the_orientation_and_nothing_else_in_a_stripped_photo() {
    let Some(exiftool) = judge("exiftool", "copies without metadata, judged by exiftool") else { return };
    let scene = Scene::new();
    for (name, orientation) in [("turned.jpg", 6), ("upright.jpg", 1)] {
        let file: PathBuf = scene.file(name, PHOTO).into();
        let write = [
            "-q",
            "-overwrite_original",
            &format!("-Orientation#={orientation}"),
            "-XMP:Creator=SECRET",
            "-IPTC:City=SECRET",
            "-Comment=SECRET",
            "-GPSLatitude=30.0444",
            "-GPSLatitudeRef=N",
        ];
        tool(&exiftool, &write, &file);
        let groups =
            |file: &Path| tool(&exiftool, &["-a", "-G1", "-s", "-EXIF:all", "-XMP:all", "-IPTC:all", "-Comment"], file);
        assert!(groups(&file).lines().count() > 8, "{}", groups(&file));
        let found = groups(&stripped(&scene, &file));
        let lines: Vec<&str> = found.lines().collect();
        match orientation {
            6 => assert!(lines.len() == 1 && lines[0].contains("Orientation") && lines[0].contains("90"), "{found}"),
            _ => assert!(lines.is_empty(), "{found}"),
        }
    }
}

#[test]
fn ffmpeg_decodes_the_same_frames_from_stripped_films() {
    let Some(ffmpeg) = judge("ffmpeg", "copies without metadata, judged by ffmpeg") else { return };
    let scene = Scene::new();
    let make = |args: &[&str], name: &str| -> PathBuf {
        let path = scene.place.path(name);
        let fixed = ["-v", "error", "-y", "-fflags", "+bitexact"];
        let output = Command::new(&ffmpeg).args(fixed).args(args).arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        path
    };
    // Codecs that every build of ffmpeg has.
    let source = ["-f", "lavfi", "-i", "testsrc=d=1:s=160x120:r=10", "-f", "lavfi", "-i", "sine=d=1"];
    let codecs = ["-c:v", "mpeg4", "-c:a", "aac"];
    let secrets = [
        "-metadata",
        "comment=SECRET-COMMENT",
        "-metadata",
        "location=+30.0444+031.2357/",
        "-metadata",
        "creation_time=2024-05-05T10:00:00Z",
        "-metadata:s:v",
        "handler_name=SECRET-HANDLER",
    ];
    let subtitles = scene.file("s.srt", b"1\n00:00:00,000 --> 00:00:01,000\nSECRET-POSITION 30.0444\n");
    let with = |more: &[&'static str], name: &str| make(&[&source[..], &codecs, &secrets, more].concat(), name);
    let plain = with(&[], "plain.mp4");
    let text_track =
        ["-i", plain.to_str().unwrap(), "-i", &subtitles, "-map", "0", "-map", "1", "-c", "copy", "-c:s", "mov_text"];
    for film in [
        make(&text_track, "telemetry.mp4"),
        with(&["-movflags", "faststart"], "faststart.mp4"),
        with(&["-movflags", "frag_keyframe+empty_moov"], "fragments.mp4"),
        with(&["-timecode", "10:11:12:13"], "timecode.mov"),
        make(
            &[&source[..], &["-c:v", "png"], &["-frames:v", "1", "-metadata", "comment=SECRET"]].concat(),
            "still.png",
        ),
        plain,
    ] {
        let frames = |film: &Path| {
            let args: &[&OsStr] = &["-v".as_ref(), "error".as_ref(), "-i".as_ref(), film.as_ref()];
            let maps = ["-map", "0:v", "-map", "0:a?", "-f", "framemd5", "-"].map(OsStr::new);
            let output = Command::new(&ffmpeg).args(args).args(maps).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let copy = stripped(&scene, &film);
        let bytes = fs::read(&copy).unwrap();
        for secret in ["SECRET", "+30.0444", "30.0444"] {
            let found = amparo_tests::forensic::contains(&bytes, secret.as_bytes());
            assert!(!found, "{secret} in {}", copy.display());
        }
        assert_eq!(frames(&copy), frames(&film), "{}", film.display());
        assert!(frames(&film).lines().count() > 5 || film.ends_with("still.png"));
    }
}
