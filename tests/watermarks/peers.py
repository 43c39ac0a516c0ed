"""Other schemes under the same attacks: invisible-watermark (dwtDct, dwtDctSvd, rivaGan) and blind_watermark.

They have no checksum, so what counts is all bits right, and the mean share of right ones is told beside it.
"""

import sys
import time
import types

import cv2
import numpy as np

BITS = 64


def invisible(method, length):
    if method == "rivaGan":
        import torch  # noqa: F401
    else:
        # Imported by the package, and not used by these.
        sys.modules.setdefault("torch", types.ModuleType("torch"))
    from imwatermark import WatermarkDecoder, WatermarkEncoder

    def embed(picture, bits):
        encoder = WatermarkEncoder()
        encoder.set_watermark("bits", list(map(int, bits)))
        if method == "rivaGan":
            WatermarkEncoder.loadModel()
        return encoder.encode(np.ascontiguousarray(picture[..., ::-1]), method)[..., ::-1]

    def detect(picture, _shape):
        decoder = WatermarkDecoder("bits", length)
        if method == "rivaGan":
            WatermarkDecoder.loadModel()
        return np.array(decoder.decode(np.ascontiguousarray(picture[..., ::-1]), method))

    return length, embed, detect


def blind():
    import blind_watermark

    blind_watermark.bw_notes.close()

    def embed(picture, bits):
        mark = blind_watermark.WaterMark(password_img=1, password_wm=1)
        mark.read_img(img=np.ascontiguousarray(picture[..., ::-1]))
        mark.read_wm(bits.astype(bool), mode="bit")
        return np.clip(mark.embed(), 0, 255).round().astype(np.uint8)[..., ::-1]

    def detect(picture, _shape):
        mark = blind_watermark.WaterMark(password_img=1, password_wm=1)
        found = mark.extract(embed_img=np.ascontiguousarray(picture[..., ::-1]), wm_shape=BITS, mode="bit")
        return np.array(found) > 0.5

    return BITS, embed, detect


def compare(pictures, names, attacks, count):
    """Prints, scheme by scheme, the pictures of which each attack leaves every bit."""
    schemes = {
        "dwtDct": lambda: invisible("dwtDct", BITS),
        "dwtDctSvd": lambda: invisible("dwtDctSvd", BITS),
        # Its model, within the package, has 32 bits.
        "rivaGan": lambda: invisible("rivaGan", 32),
        "blind_watermark": blind,
    }
    random = np.random.default_rng(5)
    # First, before another one pretends that PyTorch is there.
    for scheme, load in sorted(schemes.items(), key=lambda entry: entry[0] != "rivaGan"):
        try:
            length, embed, detect = load()
        except ImportError as error:
            print(f"\n{scheme}: not installed ({error})")
            continue
        whole = dict.fromkeys(names, 0)
        shares = {name: [] for name in names}
        ratios, spent, failed = [], 0.0, 0
        for _, picture in pictures[:count]:
            bits = random.integers(0, 2, length)
            begun = time.process_time()
            try:
                marked = np.ascontiguousarray(embed(picture, bits))
            except Exception as error:
                print(f"{scheme}: not embedded ({error})")
                failed += 1
                continue
            spent += (time.process_time() - begun) / picture.shape[0] / picture.shape[1] * 1e6
            ratios.append(cv2.PSNR(np.ascontiguousarray(picture), marked))
            for name in names:
                try:
                    read = detect(np.ascontiguousarray(attacks[name](marked)), picture.shape)
                    share = np.mean((read > 0) == (bits > 0))
                except Exception:
                    # Too small for the scheme.
                    share = 0.5
                whole[name] += share == 1
                shares[name].append(share)
        done = min(count, len(pictures)) - failed
        if not done:
            continue
        print(f"\n{scheme}: {length} bits, PSNR mean {np.mean(ratios):.2f}, embedding {spent / done:.2f} s/MP")
        for name in names:
            print(f"{name:28} {whole[name]}/{done}  {np.mean(shares[name]):.2f}")
        print(f"all {sum(whole.values())}/{done * len(names)}", flush=True)
