"""The dashboards as a page that needs nothing but itself: figures, and time series as inline SVG, readable in light and dark."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from mycrypto_local.dashboard.series import MANY, Drawn, Series, Window

RANGES: Final = ((15, "15 min"), (60, "1 h"), (180, "3 h"), (1_440, "24 h"))
REFRESH_SECONDS: Final = 15
WIDTH: Final = 560
HEIGHT: Final = 150
LEFT: Final = 52
BOTTOM: Final = 18
TOP: Final = 6
COLOURS: Final = 8
GAP_MAX: Final = 8
"""Buckets without data that a line passes over: the minute job speaks once a minute."""

_STYLE: Final = """
:root{color-scheme:light dark;--bg:#f4f6fa;--card:#fff;--line:#d9dfe8;--text:#1b2333;--dim:#5d6880;--good:#13795b;--bad:#c02f3a;
--c0:#2563c9;--c1:#c2570c;--c2:#13795b;--c3:#8b3fc4;--c4:#b3214f;--c5:#0d7f93;--c6:#7c6a0a;--c7:#555f73}
@media(prefers-color-scheme:dark){:root{--bg:#11151d;--card:#1a202b;--line:#313a4a;--text:#e7ebf3;--dim:#9aa6bb;--good:#4cc79b;--bad:#ff7a80;
--c0:#76a9fa;--c1:#f2a65a;--c2:#4cc79b;--c3:#c79bf2;--c4:#f58aa8;--c5:#58c6d8;--c6:#d9c45a;--c7:#aab4c6}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--text);font:14px/1.45 system-ui,sans-serif}
header{position:sticky;top:0;z-index:2;background:var(--bg);border-bottom:1px solid var(--line);padding:.6rem 1.2rem;display:flex;flex-wrap:wrap;
gap:.4rem 1.2rem;align-items:baseline}header b{font-size:1.05rem}nav{display:flex;flex-wrap:wrap;gap:.2rem .9rem}
a{color:var(--c0);text-decoration:none}a:hover{text-decoration:underline}a[aria-current]{color:var(--text);font-weight:600}
.grow{flex:1}small,.note{color:var(--dim)}main{padding:0 1.2rem 2rem;max-width:1560px;margin:auto}h2{margin:1.4rem 0 .6rem;font-size:1.15rem;
scroll-margin-top:4rem}.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(430px,1fr));gap:.8rem}
@media(max-width:520px){.grid{grid-template-columns:1fr}}
section.panel{background:var(--card);border:1px solid var(--line);border-radius:.55rem;padding:.65rem .8rem;min-width:0;display:flex;
flex-direction:column;gap:.35rem}h3{margin:0;font-size:.92rem;font-weight:600;display:flex;justify-content:space-between}h3 small{font-weight:400}
svg{width:100%;height:auto;display:block;overflow:visible}.grid-line{stroke:var(--line);stroke-width:1}text{fill:var(--dim);font-size:11px}
.series{fill:none;stroke-width:1.8;stroke-linejoin:round}.cursor{stroke:var(--dim);stroke-dasharray:3 3;visibility:hidden}
ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.1rem .9rem}li{display:flex;gap:.35rem;align-items:baseline;min-width:0}
li i{width:.7rem;height:.22rem;border-radius:2px;align-self:center;flex:none}li b{font-variant-numeric:tabular-nums}
.figures{gap:.5rem 1.6rem}.figures li{flex-direction:column;gap:0}.figures b{font-size:1.5rem;line-height:1.2;font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}.note{min-height:3rem;display:flex;align-items:center}
"""

_SCRIPT: Final = """
for(const svg of document.querySelectorAll('svg[data-values]')){
  const all=JSON.parse(svg.dataset.values),n=+svg.dataset.buckets,left=+svg.dataset.left,width=+svg.dataset.width;
  const cursor=svg.querySelector('.cursor'),out=svg.parentElement.querySelectorAll('li b'),clock=svg.parentElement.querySelector('h3 small');
  const was=[...out].map(b=>b.textContent),title=clock.textContent;
  svg.addEventListener('mousemove',event=>{
    const box=svg.getBoundingClientRect(),x=(event.clientX-box.left)/box.width*width;
    const i=Math.max(0,Math.min(n-1,Math.floor((x-left)/(width-left)*n))),at=left+(i+.5)*(width-left)/n;
    cursor.setAttribute('x1',at);cursor.setAttribute('x2',at);cursor.style.visibility='visible';
    out.forEach((b,k)=>b.textContent=(all.texts[k]&&all.texts[k][i])||'-');
    clock.textContent=new Date(all.start+(i+.5)*all.step).toLocaleTimeString();
  });
  svg.addEventListener('mouseleave',()=>{cursor.style.visibility='hidden';out.forEach((b,k)=>b.textContent=was[k]);clock.textContent=title});
}
"""


def render(dashboards: Iterable[tuple[str, str, Sequence[Drawn]]], window: Window) -> str:
    """(key, title, panels) of each dashboard, as one document."""
    shown = list(dashboards)
    now = datetime.fromtimestamp(window.end_ms / 1_000, UTC)
    sections = "".join(
        f'<h2 id="{key}">{escape(title)}</h2><div class="grid">{"".join(_panel(panel, window) for panel in panels)}</div>'
        for key, title, panels in shown
    )
    contents = "".join(f'<a href="#{key}">{escape(title)}</a>' for key, title, _ in shown)
    ranges = "".join(
        f'<a href="?minutes={minutes}"{" aria-current" if minutes == window.minutes else ""}>{text}</a>' for minutes, text in RANGES
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}"><title>Dashboards · MyCrypto</title><style>{_STYLE}</style>'
        f'<header><b>MyCrypto on this machine</b><nav>{contents}</nav><span class="grow"></span><nav aria-label="Time">{ranges}</nav>'
        f'<small title="The page renews itself every {REFRESH_SECONDS} seconds">{now:%H:%M:%S} UTC</small></header>'
        f"<main>{sections}</main><script>{_SCRIPT}</script></html>"
    )


def _panel(panel: Drawn, window: Window) -> str:
    if not panel.series:
        body = f'<div class="note">{escape(panel.note)}</div>'
    elif panel.figure:
        body = f'<ul class="figures">{"".join(_figure(series, panel.unit) for series in panel.series)}</ul>'
    else:
        legend = "".join(
            f'<li><i style="background:var(--c{number % COLOURS})"></i><span>{escape(series.label)}</span> '
            f"<b>{escape(number_text(series.latest, panel.unit))}</b></li>"
            for number, series in enumerate(panel.series[:MANY])
        )
        more = len(panel.series) - MANY
        body = _chart(panel, window) + f"<ul>{legend}{f'<li><small>and {more} more</small></li>' if more > 0 else ''}</ul>"
    unit = "" if panel.unit == "health" else panel.unit
    return f'<section class="panel"><h3><span>{escape(panel.title)}</span><small>{escape(unit)}</small></h3>{body}</section>'


def _figure(series: Series, unit: str) -> str:
    state = "" if unit != "health" or series.latest is None else (' class="good"' if series.latest >= 1 else ' class="bad"')
    return f"<li><small>{escape(series.label)}</small><b{state}>{escape(number_text(series.latest, unit))}</b></li>"


def _chart(panel: Drawn, window: Window) -> str:
    top = nice_ceiling(max((max(series.values.values()) for series in panel.series), default=0))
    step = (WIDTH - LEFT) / window.buckets
    room = HEIGHT - TOP - BOTTOM

    def place(number: int, value: float) -> str:
        return f"{LEFT + (number + 0.5) * step:.1f},{TOP + room * (1 - value / top):.1f}"

    lines = [
        f'<line class="grid-line" x1="{LEFT}" x2="{WIDTH}" y1="{TOP + room * share:.1f}" y2="{TOP + room * share:.1f}"/>'
        f'<text x="{LEFT - 6}" y="{TOP + room * share + 4:.1f}" text-anchor="end">{escape(number_text(top * (1 - share), panel.unit))}</text>'
        for share in (0, 0.5, 1)
    ]
    times = [
        f'<text x="{LEFT + share * (WIDTH - LEFT):.0f}" y="{HEIGHT - 3}" text-anchor="{anchor}">{_clock(window, share)}</text>'
        for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end"))
    ]
    curves = []
    for index, series in enumerate(panel.series):
        colour = f"var(--c{index % COLOURS})"
        dashes = f";stroke-dasharray:{2 + 3 * (index // COLOURS)} 3" if index >= COLOURS else ""
        for stretch in stretches(series.values):
            points = [place(number, series.values[number]) for number in stretch]
            if len(points) == 1:
                x, y = points[0].split(",")
                curves.append(f'<circle cx="{x}" cy="{y}" r="2.2" style="fill:{colour}"/>')
            else:
                curves.append(f'<polyline class="series" style="stroke:{colour}{dashes}" points="{" ".join(points)}"/>')
    texts = [{number: number_text(value, panel.unit) for number, value in series.values.items()} for series in panel.series[:MANY]]
    data = json.dumps({"start": window.start_ms, "step": window.bucket_seconds * 1_000, "texts": texts}, separators=(",", ":"))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(panel.title)}" data-values="{escape(data)}" '
        f'data-buckets="{window.buckets}" data-left="{LEFT}" data-width="{WIDTH}">{"".join(lines)}{"".join(times)}{"".join(curves)}'
        f'<line class="cursor" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/></svg>'
    )


def stretches(numbers: Iterable[int]) -> list[list[int]]:
    """Buckets that are drawn as one line: where nothing was said for long, none is drawn."""
    found: list[list[int]] = []
    for number in numbers:
        if not found or number - found[-1][-1] > GAP_MAX:
            found.append([])
        found[-1].append(number)
    return found


def _clock(window: Window, share: float) -> str:
    moment = datetime.fromtimestamp((window.start_ms + share * (window.end_ms - window.start_ms)) / 1_000, UTC)
    return f"{moment:%H:%M}"


def nice_ceiling(value: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below the value; 1 for nothing."""
    if value <= 0:
        return 1
    power = 1e-9
    while power * 10 <= value:
        power *= 10
    return next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= value * 0.999_999)


def number_text(value: float | None, unit: str) -> str:
    """A number as people read it: three digits that count, and a prefix for large ones."""
    if value is None:
        return "-"
    if unit == "health":
        return "healthy" if value >= 1 else "down"
    if unit == "%":
        return f"{value:.1f} %"
    if unit == "s" and 0 < value < 1:
        return _plain(value * 1_000) + " ms"
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return _plain(value / (1e3 if sign == "k" else size)) + (f" {sign}B" if unit == "B" else sign)
    return _plain(value) + (f" {unit}" if unit in {"B", "s", "ms"} else "")


def _plain(value: float) -> str:
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3
    return f"{value:.{digits}f}"
