#pragma once

namespace talkbeat::load {

/// The page's style sheet: light or dark as the reader's system has it, narrow or wide, printable. Eight colours for
/// lines that those who see red and green alike can tell apart too.
inline constexpr const char* kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #fcfcfa; --ink: #1d2126; --faint: #68707a; --edge: #d9dcdf; --panel: #ffffff; --good: #0a7a4b; --bad: #b3261e;
  --c0: #0b66b3; --c1: #c45500; --c2: #00846a; --c3: #a83a86; --c4: #7a6200; --c5: #3f8fd0; --c6: #6b4fc0; --c7: #555555;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e4e7ea; --faint: #98a1ab; --edge: #343a41; --panel: #1b1f24; --good: #4cc38a; --bad: #ff7b70;
    --c0: #5cb1ff; --c1: #ff9a4d; --c2: #35c9a7; --c3: #e58bc8; --c4: #dcc04c; --c5: #a5d3ff; --c6: #b5a0ff; --c7: #b5b5b5;
  }
}
body { margin: 0 auto; max-width: 1180px; padding: 24px 20px 48px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5em; margin: 0; } h2 { font-size: 1.1em; margin: 32px 0 8px; }
.faint { color: var(--faint); margin: 2px 0 16px; }
.verdict { border-left: 4px solid var(--good); background: var(--panel); padding: 10px 14px; margin: 16px 0; }
.verdict.failed { border-color: var(--bad); }
.verdict strong { color: var(--good); } .verdict.failed strong { color: var(--bad); }
.verdict ul { margin: 6px 0 0; padding-left: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; }
.tile { background: var(--panel); border: 1px solid var(--edge); border-radius: 6px; padding: 8px 12px; }
.tile b { display: block; font-size: 1.4em; font-variant-numeric: tabular-nums; } .tile span { color: var(--faint); }
pre { background: var(--panel); border: 1px solid var(--edge); border-radius: 6px; padding: 10px 12px;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(480px, 100%), 1fr)); gap: 14px; }
figure { margin: 0; background: var(--panel); border: 1px solid var(--edge); border-radius: 6px; padding: 10px 12px; }
figcaption { font-weight: 600; } figcaption::first-letter { text-transform: uppercase; }
.legend { margin: 2px 0; color: var(--faint); font-size: 0.9em; }
.key { display: inline-block; width: 14px; height: 3px; margin: 0 5px 3px 8px; }
svg { display: block; width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--faint); }
.grid { stroke: var(--edge); } .shade { fill: var(--ink); opacity: 0.07; } .hover { fill: transparent; }
.hover:hover { fill: var(--ink); opacity: 0.12; } .bar { fill: var(--c0); } .bar:hover { fill: var(--c1); }
.marker { stroke: var(--faint); stroke-dasharray: 3 3; } .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.line-0 { stroke: var(--c0); } .line-1 { stroke: var(--c1); } .line-2 { stroke: var(--c2); } .line-3 { stroke: var(--c3); }
.line-4 { stroke: var(--c4); } .line-5 { stroke: var(--c5); } .line-6 { stroke: var(--c6); } .line-7 { stroke: var(--c7); }
.key-0 { background: var(--c0); } .key-1 { background: var(--c1); } .key-2 { background: var(--c2); }
.key-3 { background: var(--c3); } .key-4 { background: var(--c4); } .key-5 { background: var(--c5); }
.key-6 { background: var(--c6); } .key-7 { background: var(--c7); }
.table { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: right; color: var(--faint); font-weight: 500; } th, td { padding: 3px 14px 3px 0; white-space: nowrap; }
td { text-align: right; border-top: 1px solid var(--edge); } th:first-child, td:first-child { text-align: left; }
@media print { .plots { display: block; } figure { break-inside: avoid; margin-bottom: 12px; } }
)css";

}  // namespace talkbeat::load
