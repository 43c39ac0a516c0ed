# A harbour at dusk, drawn from sine ridges and noise; no source picture. Dedicated to the public domain (CC0-1.0).
import numpy as np
from PIL import Image, ImageFilter
W, H = 1200, 800
rng = np.random.default_rng(45438)
y = np.linspace(0, 1, H)[:, None]; x = np.linspace(0, 1, W)[None, :]
def mix(a, b, t): return np.array(a)[None, None] * (1 - t[..., None]) + np.array(b)[None, None] * t[..., None]
sky = mix((24, 42, 92), (250, 164, 96), np.clip((y / .55) ** 1.4, 0, 1) * np.ones_like(x))
glow = np.exp(-(((x - .68) * 1.5) ** 2 + (y - .47) ** 2) / .02)
img = sky + glow[..., None] * np.array((70, 60, 20))
sun = ((x - .68) * 1.5) ** 2 + (y - .44) ** 2 < .0022
img[sun] = (255, 226, 160)
def fbm(n, o, s):
    v = np.zeros(n)
    for k in range(o):
        f = 2 ** k; p = rng.random(f * s + 2); i = np.linspace(0, f * s, n)
        v += np.interp(i, np.arange(f * s + 2), p) / f ** .95
    return (v - v.min()) / (v.max() - v.min())
for base, amp, col, o in [(.50, .13, (92, 84, 120), 5), (.54, .10, (62, 58, 96), 6), (.575, .05, (34, 34, 62), 7)]:
    r = base - amp * fbm(W, o, 3)
    img[(y > r[None, :]) & (y < .6)] = col
t = np.clip((y - .58) / .42, 0, 1) * np.ones_like(x)
water = mix((214, 138, 96), (16, 30, 62), t ** .6)
rip = sum(np.sin(2 * np.pi * (y ** 2 * f + x * g + rng.random())) * a for f, g, a in [(90, 2, 6), (170, -3, 5), (300, 7, 4), (60, -1, 5)])
water += rip[..., None] * np.array((1.0, .9, .8))
path = np.exp(-((x - .68) / (.02 + .12 * t)) ** 2) * (0.5 + .5 * np.sin(2 * np.pi * 130 * y ** 1.5 + rng.random((H, 1)) * 2)) * (1 - t * .4)
water += path[..., None] * np.array((120, 90, 40))
img = np.where((y > .58)[..., None] & np.ones((H, W, 1), bool), water, img)
for cx, h, w in [(.05, .2, .03), (.09, .28, .026), (.13, .17, .035), (.18, .34, .03), (.215, .22, .028), (.26, .14, .04), (.31, .25, .03), (.35, .12, .045), (.93, .17, .04), (.975, .24, .03)]:
    b = (np.abs(x - cx) < w / 2) & (y > .585 - h) & (y < .585)
    img[b] = (22, 24, 44)
    yy, xx = np.nonzero(b)
    lit = (yy // 7 % 2 == 0) & (xx // 6 % 2 == 0) & (rng.random((H // 7 + 1, W // 6 + 1))[yy // 7, xx // 6] > .55)
    img[yy[lit], xx[lit]] = (255, 208, 120)
    m = (np.abs(x - cx) < w / 2) & (y > .585) & (y < .585 + h * .8)
    img[m] = img[m] * .55
def boat(cx, cy, s):
    hull = (np.abs(x - cx) < s * (1 - (y - cy) / (s * .5) * .4)) & (y > cy) & (y < cy + s * .35)
    sail = (y < cy) & (y > cy - s * 1.9) & (x > cx - s * .05) & (x < cx + (y - (cy - s * 1.9)) * .42)
    img[hull] = (28, 20, 26); img[sail] = (236, 206, 176)
boat(.45, .74, .045); boat(.57, .66, .02); boat(.83, .63, .014)
img += rng.normal(0, 2.2, (H, W, 1))
out = Image.fromarray(np.clip(img, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(.6))
out.save("harbour.jpg", quality=88, subsampling=2, dpi=(72, 72))
out.save("harbour.png")
