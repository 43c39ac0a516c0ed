"""Labelled films and sound as a browser plays them: Chromium loads each, seeks and decodes it."""

import http.server
import json
import shutil
import subprocess
import threading

import pytest

import suite

SECONDS = 6
TONE = f"sine=frequency=330:sample_rate=48000:duration={SECONDS}"
PICTURE = f"color=c=0x305070:size=640x360:rate=25:duration={SECONDS}"
FILMS = {
    "h264.mp4": ["-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac"],
    "h264.mkv": ["-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "libopus"],
    "vp9.webm": ["-c:v", "libvpx-vp9", "-g", "25", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"],
    "av1.mp4": ["-c:v", "libsvtav1", "-preset", "12", "-g", "25", "-c:a", "aac"],
}
SOUNDS = {
    "pcm.wav": ["-c:a", "pcm_s16le"], "flac.flac": ["-c:a", "flac"], "mp3.mp3": ["-c:a", "libmp3lame"],
    "aac.m4a": ["-c:a", "aac"], "vorbis.ogg": ["-c:a", "libvorbis"], "opus.opus": ["-c:a", "libopus"],
}
# Frames as bright pixels in the lower right quarter, where the notice stands, and decoded sound as the
# root mean square of each tenth of a second.
PAGE = """<!DOCTYPE html><meta charset=utf-8><script>
const tell = answer => fetch('/told', {method: 'POST', body: JSON.stringify(answer)});
const once = (target, name) => new Promise((done, fail) => {
  target.addEventListener(name, done, {once: true});
  target.addEventListener('error', () => fail(new Error(target.error?.message || name)), {once: true});
});
async function film(name) {
  const video = document.createElement('video');
  video.muted = true; video.preload = 'auto';
  video.src = URL.createObjectURL(await (await fetch(name)).blob());
  await once(video, 'loadeddata');
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  const bright = [];
  for (const at of TIMES) {
    const seeked = once(video, 'seeked');
    video.currentTime = at;
    await seeked;
    context.drawImage(video, 0, 0);
    const [w, h] = [canvas.width >> 1, canvas.height >> 1];
    const data = context.getImageData(canvas.width - w, canvas.height - h, w, h).data;
    let count = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i] > 200 && data[i + 1] > 200 && data[i + 2] > 200) count++;
    bright.push(count);
  }
  return {duration: video.duration, width: video.videoWidth, height: video.videoHeight, bright};
}
async function sound(name) {
  const bytes = await (await fetch(name)).arrayBuffer();
  const audio = await new OfflineAudioContext(1, 48000, 48000).decodeAudioData(bytes);
  const samples = audio.getChannelData(0), levels = [];
  for (let at = 0; at + 4800 <= samples.length; at += 4800) {
    let sum = 0;
    for (let i = at; i < at + 4800; i++) sum += samples[i] * samples[i];
    levels.push(Math.sqrt(sum / 4800));
  }
  return {duration: audio.duration, levels};
}
(async () => {
  const out = {};
  for (const name of NAMES) {
    try { out[name] = await (KIND === 'film' ? film(name) : sound(name)); } catch (error) { out[name] = {error: String(error)}; }
  }
  await tell(out);
})();
</script>"""


def played(folder, names, kind, times=()):
    """What the browser made of each file."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed: `cargo xtask setup`"
    page = PAGE.replace("NAMES", json.dumps(names)).replace("KIND", json.dumps(kind)).replace("TIMES", json.dumps(list(times)))
    (folder / "page.html").write_text(page, "utf-8")
    answer, told = {}, threading.Event()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def do_POST(self):
            answer.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            told.set()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = [
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio", f"--user-data-dir={folder / 'profile'}",
        f"http://127.0.0.1:{server.server_port}/page.html",
    ]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert told.wait(120), "the browser said nothing"
    finally:
        browser.terminate()
        browser.wait(30)
        server.shutdown()
    return answer


def make(path, codecs, film):
    inputs = ["-f", "lavfi", "-i", PICTURE] if film else []
    command = ["ffmpeg", "-v", "error", "-y", *inputs, "-f", "lavfi", "-i", TONE, *codecs, "-shortest", path]
    subprocess.run(command, check=True, timeout=120)


def warnings(path):
    """What ffmpeg says while it decodes the whole file."""
    done = subprocess.run(["ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-"], capture_output=True, timeout=120)
    return (done.returncode, done.stderr.decode("utf-8", "replace"))


@pytest.fixture(scope="module")
def films(biaoshi, tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    for name, codecs in FILMS.items():
        make(folder / f"plain-{name}", codecs, True)
        biaoshi.label(folder / f"plain-{name}", folder / name, "--notice-text", "AI生成")
    names = [*FILMS, *(f"plain-{name}" for name in FILMS)]
    return folder, played(folder, names, "film", [0.0, 1.0, 1.9, 4.0, 5.5])


@pytest.mark.parametrize("name", FILMS)
def test_a_film_plays_and_shows_its_notice(films, name):
    folder, seen = films
    plain, labelled = seen[f"plain-{name}"], seen[name]
    assert "error" not in labelled, labelled
    assert (labelled["width"], labelled["height"]) == (plain["width"], plain["height"]) == (640, 360)
    assert abs(labelled["duration"] - plain["duration"]) < 0.1
    assert plain["bright"] == [0] * 5
    assert all(count > 100 for count in labelled["bright"][:3]), labelled["bright"]
    assert labelled["bright"][3:] == [0, 0], labelled["bright"]
    assert warnings(folder / name) == (0, "") or warnings(folder / name) == warnings(folder / f"plain-{name}")


@pytest.fixture(scope="module")
def sounds(biaoshi, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    for name, codecs in SOUNDS.items():
        make(folder / f"plain-{name}", codecs, False)
        biaoshi.label(folder / f"plain-{name}", folder / name)
    names = [*SOUNDS, *(f"plain-{name}" for name in SOUNDS)]
    return folder, played(folder, names, "sound")


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_plays_with_its_notice(sounds, name):
    folder, seen = sounds
    plain, labelled = seen[f"plain-{name}"], seen[name]
    assert "error" not in labelled, labelled
    # The notice is there for a while, in on and off; the content follows whole.
    more = labelled["duration"] - plain["duration"]
    assert 0.5 < more < 8, more
    first = labelled["levels"][: round(more * 10)]
    assert min(first) < 0.1 * max(first), first
    steady = sorted(plain["levels"])[len(plain["levels"]) // 2]
    assert sum(abs(level - steady) < 0.1 * steady for level in labelled["levels"]) >= 10 * SECONDS - 3
    assert warnings(folder / name) == (0, "") or warnings(folder / name) == warnings(folder / f"plain-{name}")
