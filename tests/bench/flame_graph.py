#!/usr/bin/env python3
"""Turns a recording of perf into a flame graph: one SVG file that any browser shows, with nothing else needed.

  perf record -F 499 --call-graph dwarf,8192 -p PID -o perf.data -- sleep 5
  perf script -i perf.data | tests/bench/flame_graph.py --title "msg_server, relay" > relay.svg

A box is a function; what stands on it was called by it; its width is the share of the samples in which it was on the
stack. Point at a box for its whole name and share; click on one to widen it, on the lowest one to see all again.
"""

import argparse
import re
import sys
from xml.sax.saxutils import escape

FRAME_HEIGHT = 17
FONT_SIZE = 11
CHARACTER_WIDTH = 6.6  # of the font, about
HEAD = 34  # room for the title
FOOT = 10

# "  7f2c1a2b  talkbeat::Connection::read()+0x1f (/path/msg_server)"
FRAME_LINE = re.compile(r"^\s+[0-9a-f]+\s+(.+?)(?:\+0x[0-9a-f]+)?\s+\((.*)\)\s*$")
HEAD_LINE = re.compile(r"^(?P<command>\S.*?)\s+\d+(?:/\d+)?\s")
SAMPLES_OF = re.compile(r":\s+(\d+)\s+\S+:")

STYLE = """
  svg { background: #fdfdfb; font: %dpx monospace; }
  text { pointer-events: none; fill: #1b1b1b; }
  text.title { font: bold 14px sans-serif; }
  rect { stroke: #fdfdfb; stroke-width: 0.5; }
  rect:hover { stroke: #1b1b1b; }
  @media (prefers-color-scheme: dark) {
    svg { background: #1c1c1e; } text.title { fill: #eaeaea; } rect { stroke: #1c1c1e; } rect:hover { stroke: #fff; }
  }
""" % FONT_SIZE

# Widens the box that is clicked to the whole width, and those above it with it.
SCRIPT = """
  var boxes = [].slice.call(document.querySelectorAll('g[data-x]'));
  function place(from, width) {
    boxes.forEach(function (g) {
      var x = (+g.dataset.x - from) / width * TOTAL, w = +g.dataset.w / width * TOTAL;
      var left = Math.max(0, x), shown = Math.min(TOTAL, x + w) - left;
      g.style.display = shown < 0.3 ? 'none' : '';
      g.firstElementChild.setAttribute('x', left);
      g.firstElementChild.setAttribute('width', Math.max(0, shown));
      var text = g.querySelector('text'), room = Math.floor((shown - 4) / CHARACTER);
      if (!text) return;
      text.setAttribute('x', left + 3);
      text.textContent = room < 3 ? '' : g.dataset.n.length <= room ? g.dataset.n : g.dataset.n.slice(0, room - 1) + '\\u2026';
    });
  }
  boxes.forEach(function (g) { g.addEventListener('click', function () { place(+g.dataset.x, +g.dataset.w); }); });
"""


class Frame:
    """A function on one path of callers: how many samples it was in, and what it has called."""

    def __init__(self, name):
        self.name = name
        self.samples = 0
        self.called = {}

    def callee(self, name):
        return self.called.setdefault(name, Frame(name))

    def depth(self):
        return 1 + max((frame.depth() for frame in self.called.values()), default=0)


def readable(symbol):
    """The function's name without arguments and the parts of templates, which no box has room for."""
    name = re.sub(r"\[clone [^\]]*\]", "", symbol).strip()
    name = name.replace("(anonymous namespace)", "~").replace("operator()", "operator~call")
    depth, kept = 0, []
    for character in name:
        if character in "<(":
            depth += 1
        elif character in ">)":
            depth = max(0, depth - 1)
        elif depth == 0:
            kept.append(character)
    name = "".join(kept).replace("operator~call", "operator()").replace("~::", "").replace(" const", "")
    return name.replace("talkbeat::", "").strip() or symbol


def stacks(lines):
    """What perf script prints, as (weight, names from the outermost to the innermost)."""
    command, weight, frames = None, 1, []
    for line in lines:
        if line.startswith("#"):
            continue
        if not line.strip():
            if command is not None:
                yield weight, [command] + frames[::-1]
            command, frames = None, []
            continue
        head = None if line[0].isspace() and command is not None else HEAD_LINE.match(line.lstrip())
        if command is None and head:
            command = head["command"]
            period = SAMPLES_OF.search(line)
            weight = int(period[1]) if period else 1
            continue
        frame = FRAME_LINE.match(line)
        if frame:
            symbol, module = frame[1], frame[2]
            frames.append(readable(symbol) if symbol != "[unknown]" else "[%s]" % module.rsplit("/", 1)[-1].strip("[]"))
    if command is not None:
        yield weight, [command] + frames[::-1]


def gather(lines, only):
    root = Frame("all")
    for weight, names in stacks(lines):
        if only and not any(only in name for name in names):
            continue
        root.samples += weight
        at = root
        for name in names:
            at = at.callee(name)
            at.samples += weight
    return root


def colour(name, kernel):
    """The same function has the same colour everywhere; the kernel is blue, libraries yellow, our own code red."""
    shade = sum(ord(character) * (place + 1) for place, character in enumerate(name)) % 40
    if kernel:
        return "rgb(%d,%d,%d)" % (130 + shade, 170 + shade, 225)
    if "sqlite" in name or name.startswith(("google::", "std::", "__", "[")):
        return "rgb(%d,%d,%d)" % (240, 205 + shade // 2, 100 + shade)
    return "rgb(%d,%d,%d)" % (235, 130 + shade, 95 + shade // 2)


KERNEL_ENTRY = ("entry_SYSCALL_64", "asm_", "do_syscall_64", "syscall_", "ret_from_fork")


def boxes(frame, x, level, total, width, least, kernel=False):
    """One <g> a frame that is wide enough to be seen, depth first."""
    kernel = kernel or frame.name.startswith(KERNEL_ENTRY)
    share = frame.samples / total
    if share * width >= least:
        yield x, level, frame, share, kernel
        inner = x
        for child in sorted(frame.called.values(), key=lambda called: called.name):
            yield from boxes(child, inner, level + 1, total, width, least, kernel)
            inner += child.samples / total


def svg(root, title, width, least):
    drawn = list(boxes(root, 0.0, 0, root.samples, width, least))
    height = HEAD + FRAME_HEIGHT * (1 + max(level for _, level, *_ in drawn)) + FOOT
    yield '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">' % (
        width, height, width, height)
    yield "<style>%s</style>" % STYLE
    yield '<text class="title" x="8" y="22">%s</text>' % escape(title)
    for x, level, frame, share, kernel in drawn:
        name = escape(frame.name, {'"': "&quot;"})
        y = height - FOOT - FRAME_HEIGHT * (level + 1)
        room = int((share * width - 4) / CHARACTER_WIDTH)
        shown = frame.name if len(frame.name) <= room else frame.name[:max(0, room - 1)] + "…"
        label = '<text x="%.1f" y="%d">%s</text>' % (
            x * width + 3, y + FRAME_HEIGHT - 5, escape(shown) if room >= 3 else "")
        yield ('<g data-x="%.5f" data-w="%.5f" data-n="%s"><rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s">'
               "<title>%s: %.1f %%</title></rect>%s</g>") % (
                   x, share, name, x * width, y, share * width, FRAME_HEIGHT, colour(frame.name, kernel), name,
                   100 * share, label)
    script = SCRIPT.replace("TOTAL", str(width)).replace("CHARACTER", str(CHARACTER_WIDTH))
    yield "<script><![CDATA[%s]]></script>" % script
    yield "</svg>"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", help="what perf script has printed (default: standard input)")
    parser.add_argument("--title", default="flame graph")
    parser.add_argument("--width", type=int, default=1200, help="pixels (default: 1200)")
    parser.add_argument("--least", type=float, default=1.0, help="pixels: narrower boxes are left out (default: 1)")
    parser.add_argument("--only", metavar="WORD", help="only stacks in which a function's name has this word")
    options = parser.parse_args()
    with open(options.file, encoding="utf-8", errors="replace") if options.file else sys.stdin as lines:
        root = gather(lines, options.only)
    if root.samples == 0:
        sys.exit("flame_graph.py: no stacks in that: perf record needs --call-graph, and perf script prints them")
    print("\n".join(svg(root, options.title, options.width, options.least)))


if __name__ == "__main__":
    main()
