"""Makes a set of sounds for sound_attacks.py out of Debian's packages: see README.md.

    python tests/watermarks/sound_set.py FOLDER

Speech: people of asterisk-core-sounds-{en,es,fr,ru}-g722, and espeak-ng, flite and festival, which are run.
Music of wesnoth-1.16-music, hedgewars-data, supertux-data, extremetuxracer-data and frozen-bubble-data. 18 s each.
Needs ffmpeg. What chose numbers of the scheme (`DEVELOPED`) is left out.
"""

import pathlib
import subprocess
import sys
import tempfile

SECONDS = 18
PROMPTS = pathlib.Path("/usr/share/asterisk/sounds")
GAMES = pathlib.Path("/usr/share/games")
MUSIC = {
    "wesnoth": (GAMES / "wesnoth/1.16/data/core/music", 4),
    "hedgewars": (GAMES / "hedgewars/Data/Music", 3),
    "supertux": (GAMES / "supertux2/music", 2),
    "etr": (GAMES / "etr/music", 1),
    "bubble": (GAMES / "frozen-bubble/snd", 1),
}
DEVELOPED = {
    "knalgan_theme", "the_dangerous_symphony", "siege_of_laurelmor", "knolls", "frozen-mainzik-1p", "Castle", "Rock",
    "Sheep", "race1-jt", "calmrace-ks", "ice_music", "arctic_cave", "demo-instruct", "demo-congrats",
}
TEXTS = {
    "en-gb": "When the tide went out, the boats lay down on the sand and waited. Nobody in the village could say how"
    " long the bridge had stood there, or who had paid for it. Three times a day the ferry crossed to the other side,"
    " with letters, bread, bicycles and now and then a cow. In winter the lamps were lit at four.",
    "cmn": "火车慢慢地开出了车站，窗外的田野一片金黄。他打开书，读了几页，又把它合上。明天早上八点，我们在图书馆门口见面。"
    "请带上你的学生证、一支铅笔和一本笔记本。天气预报说下午会下雨，所以最好再带一把伞。",
    "es": "La biblioteca abre a las nueve y cierra a las siete de la tarde. Mi abuelo plantó este árbol cuando tenía"
    " veinte años, y todavía da naranjas. ¿Quién sabe cuántas veces hemos cruzado este río sin mirarlo? Mañana"
    " compraremos pan, queso, aceitunas y un poco de vino para la cena.",
}


def run(*words, given=None):
    subprocess.run([str(word) for word in words], check=True, input=given, capture_output=True)


def cut(source, target, *options, start=0.0, given=()):
    run("ffmpeg", "-v", "error", "-y", "-threads", 1, *given, "-ss", start, "-i", source, "-t", SECONDS, *options, target)


def seconds(file):
    ask = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(file)]
    return float(subprocess.run(ask, check=True, capture_output=True, text=True).stdout or 0)


def songs(folder):
    """The tracks of a package that no number was chosen by, longest first."""
    files = [f for f in folder.rglob("*.ogg") if f.stem not in DEVELOPED and f.stat().st_size > 300_000]
    return sorted(files, key=lambda f: (-f.stat().st_size, f.name))


def people(folder, temporary):
    """A row of prompts of each voice; the four longest of each were used before."""
    for voice in sorted(p for p in PROMPTS.iterdir() if "_" in p.name):
        files = [f for f in voice.rglob("*.g722") if f.stem not in DEVELOPED]
        files = sorted(files, key=lambda f: (-f.stat().st_size, f.name))[4:]
        row = temporary / "row.g722"
        row.write_bytes(b"".join(f.read_bytes() for f in files[:40])[: 8000 * SECONDS])
        cut(row, folder / f"sp_human_{voice.name[:2]}.wav", given=("-f", "g722"))


def machines(folder, temporary):
    spoken = temporary / "spoken.wav"
    for voice, text in {"en-gb+f4": "en-gb", "cmn": "cmn", "es+m3": "es"}.items():
        run("espeak-ng", "-v", voice, "-w", spoken, TEXTS[text] * 2)
        cut(spoken, folder / f"sp_espeak_{text}.wav")
    for voice in ("rms", "awb"):
        run("flite", "-voice", voice, "-t", TEXTS["en-gb"] * 2, "-o", spoken)
        cut(spoken, folder / f"sp_flite_{voice}.wav")
    run("text2wave", "-o", spoken, given=(TEXTS["en-gb"] * 2).encode())
    cut(spoken, folder / "sp_festival_kal.wav")
    # Two people, one more to the left, the other more to the right.
    mix = "[0][1]amerge=inputs=2,pan=stereo|c0=0.7*c0+0.3*c1|c1=0.3*c0+0.7*c1"
    cut(folder / "sp_human_en.wav", folder / "sp_stereo_two.wav", "-i", folder / "sp_human_es.wav",
        "-filter_complex", mix)  # fmt: skip


def music(folder):
    at = 0
    for name, (place, count) in MUSIC.items():
        files = songs(place)
        for file in files[:: max(1, len(files) // count)][:count]:
            at += 1
            options = ("-ac", 1) if at % 3 == 0 else ()
            start = min(40.0, max(0.0, (seconds(file) - SECONDS) / 2))
            cut(file, folder / f"mu_{name}_{file.stem.lower()[:16]}.wav", "-map", "0:a:0", *options, start=f"{start:.2f}")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        people(folder, pathlib.Path(temporary))
        machines(folder, pathlib.Path(temporary))
    music(folder)
    print(len(list(folder.iterdir())), "sounds")


if __name__ == "__main__":
    main()
