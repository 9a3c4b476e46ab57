"""Figures as one self-contained HTML page: no network, the rates under the pointer."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from isorate.reports.figure import Figure, envelope
from isorate.reports.json import number
from isorate.reports.plot import looks

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Points kept of one line: every pixel column of a large screen has its lowest and highest rate.
COLUMNS = 2400

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Isorate: {title}</title>
<style>
:root {{ color-scheme: light dark; --ink: #1f2430; --soft: #667085; --line: #d8dde6;
  --paper: #fff; --mark: #dc2626; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e8eaf0; --soft: #98a2b3;
  --line: #343a46; --paper: #14171d; --mark: #f87171; }} }}
body {{ margin: 2rem auto; max-width: 68rem; padding: 0 1.25rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 1.25rem; font-weight: 600; margin: 0 0 1rem; overflow-wrap: anywhere; }}
figure {{ margin: 0; position: relative; }}
canvas {{ width: 100%; height: 26rem; display: block; touch-action: none; outline-offset: 4px; }}
#tip {{ position: absolute; top: .5rem; pointer-events: none; background: var(--paper);
  border: 1px solid var(--line); border-radius: 6px; padding: .4rem .6rem; font-size: .85rem;
  font-variant-numeric: tabular-nums; white-space: nowrap; visibility: hidden;
  box-shadow: 0 2px 8px rgb(0 0 0 / .12); }}
#tip b {{ font-weight: 600; }}
.key {{ display: flex; gap: 1.5rem; flex-wrap: wrap; margin: .5rem 0 1.5rem; color: var(--soft); }}
.key svg {{ width: 1.8rem; height: 3px; vertical-align: middle; margin-right: .4rem;
  stroke-width: 3; }}
table {{ border-collapse: collapse; width: 100%; font-size: .92rem; }}
th, td {{ text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
  border-top: 1px solid var(--line); overflow-wrap: anywhere; }}
th {{ white-space: nowrap; font-weight: 500; color: var(--soft); }}
footer {{ margin-top: 1.5rem; color: var(--soft); font-size: .85rem; }}
</style>
</head>
<body>
<h1>{title}</h1>
<figure>
<canvas id="plot" tabindex="0" role="img" aria-label="{title}"></canvas>
<div id="tip" role="status"></div>
</figure>
<div class="key">{key}</div>
<table>{facts}</table>
<footer>Move over the plot, or focus it and use the arrow keys, to read the rates. {thinned}
Made by Isorate.</footer>
<script>
"use strict";
const data = {data};
{script}
</script>
</body>
</html>
"""

SCRIPT = r"""
const canvas = document.getElementById("plot"), tip = document.getElementById("tip");
const pen = canvas.getContext("2d"), pad = {left: 64, right: 16, top: 16, bottom: 40};
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const real = value => typeof value === "number";
let cursor = null;

function box() {
  return {width: canvas.clientWidth - pad.left - pad.right,
          height: canvas.clientHeight - pad.top - pad.bottom};
}
function x(update) {
  return pad.left + (update + 0.5) / data.updates * box().width;
}
function y(rate) {
  return pad.top + (data.high - rate) / (data.high - data.low) * box().height;
}
function nearest(line, update) {
  let low = 0, high = line.updates.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (line.updates[middle] < update) low = middle + 1; else high = middle;
  }
  const before = Math.max(low - 1, 0);
  return Math.abs(line.updates[before] - update) < Math.abs(line.updates[low] - update)
    ? before : low;
}
function ticks(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(k => k * power).find(k => k >= rough);
  const all = [];
  const first = Math.ceil(low / step);
  for (let k = 0; k <= most && (first + k) * step <= high; k++) all.push((first + k) * step);
  return all;
}
function grid() {
  pen.strokeStyle = style("--line"); pen.fillStyle = style("--soft");
  pen.font = "12px system-ui, sans-serif"; pen.lineWidth = 1;
  pen.textAlign = "right"; pen.textBaseline = "middle";
  for (const rate of ticks(data.low, data.high, 6)) {
    pen.beginPath(); pen.moveTo(pad.left, y(rate));
    pen.lineTo(pad.left + box().width, y(rate)); pen.stroke();
    pen.fillText(String(Number(rate.toPrecision(12))), pad.left - 8, y(rate));
  }
  pen.textAlign = "center"; pen.textBaseline = "top";
  for (const update of ticks(0, Math.max(data.updates - 1, 1), 8)) {
    if (!Number.isInteger(update) || update >= data.updates) continue;
    pen.fillText(update.toLocaleString("en"), x(update), canvas.clientHeight - pad.bottom + 8);
  }
  pen.fillText("update", pad.left + box().width / 2, canvas.clientHeight - 16);
}
function draw() {
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * scale; canvas.height = canvas.clientHeight * scale;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  grid();
  if (data.mark !== null && data.mark < data.updates) {
    pen.strokeStyle = style("--mark"); pen.setLineDash([3, 3]); pen.beginPath();
    pen.moveTo(x(data.mark), pad.top); pen.lineTo(x(data.mark), pad.top + box().height);
    pen.stroke(); pen.setLineDash([]);
  }
  data.lines.forEach(line => {
    pen.strokeStyle = pen.fillStyle = line.color; pen.lineWidth = line.width;
    pen.setLineDash(line.dashes); pen.beginPath();
    let down = false;
    line.rates.forEach((rate, i) => {
      if (!real(rate)) { down = false; return; }
      const half = data.updates <= 400 ? 0.5 : 0;
      if (down) pen.lineTo(x(line.updates[i] - half), y(rate));
      else pen.moveTo(x(line.updates[i] - half), y(rate));
      pen.lineTo(x(line.updates[i] + half), y(rate));
      down = true;
    });
    pen.stroke(); pen.setLineDash([]);
    if (data.updates <= 80) line.rates.forEach((rate, i) => {
      if (!real(rate)) return;
      pen.beginPath(); pen.arc(x(line.updates[i]), y(rate), 1 + line.width, 0, 7); pen.fill();
    });
  });
  if (cursor !== null) {
    pen.strokeStyle = style("--soft"); pen.lineWidth = 1; pen.beginPath();
    pen.moveTo(x(cursor), pad.top); pen.lineTo(x(cursor), pad.top + box().height); pen.stroke();
  }
}
function show(update) {
  const guide = data.lines.reduce((a, b) => a.updates.length >= b.updates.length ? a : b);
  if (!guide.updates.length) return;
  cursor = guide.updates[nearest(guide, Math.min(Math.max(update, 0), data.updates - 1))];
  tip.textContent = "";
  const head = document.createElement("b");
  head.textContent = "update " + cursor.toLocaleString("en");
  tip.append(head);
  for (const line of data.lines) {
    const row = document.createElement("div"), at = nearest(line, cursor);
    const rate = line.updates[at] === cursor ? line.rates[at] : "no rate";
    row.style.color = line.color;
    row.textContent = line.label + "  " + rate;
    tip.append(row);
  }
  tip.style.visibility = "visible";
  const right = x(cursor) > canvas.clientWidth / 2;
  tip.style.left = right ? "" : x(cursor) + 12 + "px";
  tip.style.right = right ? canvas.clientWidth - x(cursor) + 12 + "px" : "";
  draw();
}
function hide() { cursor = null; tip.style.visibility = "hidden"; draw(); }
canvas.addEventListener("pointermove", event => {
  const across = (event.offsetX - pad.left) / box().width;
  show(Math.round(across * data.updates - 0.5));
});
canvas.addEventListener("pointerleave", hide);
canvas.addEventListener("blur", hide);
canvas.addEventListener("keydown", event => {
  const stride = Math.max(1, Math.round(data.updates / 600));
  const moves = {ArrowLeft: -stride, ArrowRight: stride};
  if (event.key === "Escape") hide();
  if (!(event.key in moves)) return;
  event.preventDefault();
  show((cursor === null ? data.mark || 0 : cursor) + moves[event.key]);
});
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
"""


def page(figure: Figure) -> str:
    """Return the whole page as text."""
    low, high = figure.limits()
    margin = (high - low) * 0.03
    kept = _kept(figure)
    values = [np.asarray(line.values) for line in figure.lines]
    alone = len({each.dtype for each in values}) == 1
    lines = [
        {
            "label": line.label,
            "color": look.color,
            "dashes": look.dashes,
            "width": look.width,
            "updates": updates.tolist(),
            "rates": _rates(rates[updates], alone),
        }
        for line, rates, updates, look in zip(
            figure.lines, values, kept, looks(len(kept)), strict=True
        )
    ]
    data = {
        "updates": figure.updates,
        "low": low - margin,
        "high": high + margin,
        "mark": figure.mark,
        "lines": lines,
    }
    key = "".join(
        f'<span><svg stroke="{line["color"]}" stroke-dasharray="{str(line["dashes"])[1:-1]}" '
        f'aria-hidden="true"><line x2="100%" y1="1.5" y2="1.5"/></svg>'
        f"{html.escape(str(line['label']))}</span>"
        for line in lines
    )
    facts = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in figure.facts
    )
    thinned = any(len(u) < len(line.values) for u, line in zip(kept, figure.lines, strict=True))
    return PAGE.format(
        title=html.escape(figure.title),
        key=key,
        facts=facts,
        thinned=f"Of {figure.updates:,} updates, the extremes of every pixel are kept."
        if thinned
        else "",
        data=msgspec.json.encode(data).decode().replace("<", "\\u003c"),
        script=SCRIPT,
    )


def _kept(figure: Figure) -> list[NDArray[np.int64]]:
    """Return the updates kept of each line: the same for all, so that a hover shows both rates."""
    every = [envelope(line.values, COLUMNS)[0] for line in figure.lines]
    near = [] if figure.mark is None else [figure.mark - 1, figure.mark, figure.mark + 1]
    union = np.unique(np.concatenate([*every, np.array(near, dtype=np.int64)]))
    return [union[(union >= 0) & (union < len(line.values))] for line in figure.lines]


def _rates(values: NDArray[Any], alone: bool) -> list[float | str]:
    """Return rates for JSON: float32's short where nothing else stands beside them."""
    if alone and values.dtype == np.float32:
        return [number(float(str(v))) for v in values]
    return [number(v) for v in values.tolist()]
