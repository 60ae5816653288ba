"""How a goal's page looks, on a screen and on paper: light, since it is meant to be printed."""

STYLE = """
@page { size: A4; margin: 14mm 13mm 16mm; }
:root { color-scheme: light; --ink: #16202c; --soft: #5a6675; --faint: #e4e9ef; --ground: #fff;
  --said: #1f6feb; --came: #b4410c; --base: #3f7d58; --tint: #f5f7fa; }
* { box-sizing: border-box; }
body { background: var(--ground); color: var(--ink); margin: 0 auto; max-width: 62rem;
  padding: 2.2rem 1.6rem 3rem; font: 14.5px/1.5 system-ui, "Segoe UI", Roboto, sans-serif;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
header { border-bottom: 2px solid var(--ink); padding-bottom: 0.9rem; margin-bottom: 1.2rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0.15rem 0 0.35rem; letter-spacing: -0.01em; }
h2 { font-size: 1.12rem; margin: 2rem 0 0.5rem; padding-top: 0.2rem; }
h3 { font-size: 0.95rem; margin: 0 0 0.3rem; }
p { margin: 0.35rem 0; max-width: 46rem; }
.kind { color: var(--soft); font-size: 0.78rem; letter-spacing: 0.09em; text-transform: uppercase; }
.about { color: var(--soft); margin: 0; }
.lead { font-size: 1.05rem; } .lead p { margin: 0.45rem 0; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0.8rem; margin: 1.2rem 0 0.4rem;
  padding: 0; list-style: none; }
.tiles li { background: var(--tint); border-top: 3px solid var(--tone, var(--said));
  padding: 0.65rem 0.8rem 0.7rem; }
.tiles b { display: block; font-size: 1.45rem; line-height: 1.25;
  font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: 0.8rem; display: block; }
.better { --tone: var(--base); } .worse { --tone: var(--came); } .inconclusive { --tone: #9aa6b4; }
.charts { display: grid; gap: 1.2rem 1.8rem; grid-template-columns: 1fr 1fr; }
figure { margin: 0; break-inside: avoid; } figcaption { color: var(--soft); font-size: 0.8rem;
  margin-top: 0.2rem; }
figcaption i { display: inline-block; width: 0.85rem; height: 0.25rem;
  margin: 0 0.3rem 0.2rem 0.6rem; background: var(--soft); }
figcaption i:first-child { margin-left: 0; }
i.said { background: var(--said); } i.came { background: var(--came); }
i.base { background: var(--base); }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font-size: 11px; }
svg .label { fill: var(--ink); } .grid { stroke: var(--faint); fill: none; }
.zero { stroke: var(--ink); fill: none; stroke-width: 1.2; }
.said { stroke: var(--said); fill: none; stroke-width: 2; }
.came { stroke: var(--came); fill: none; stroke-width: 2.4; }
.base { stroke: var(--base); fill: none; stroke-width: 2; }
.even { stroke: var(--soft); fill: none; stroke-dasharray: 4 4; }
.band { fill: #1f6feb22; } .baseband { fill: #3f7d5829; }
circle.said { fill: var(--said); stroke: #fff; } circle.came { fill: var(--came); stroke: #fff; }
circle.base { fill: var(--base); stroke: #fff; }
.whisker { stroke-width: 2.4; fill: none; } path.sure { stroke: var(--base); }
path.unsure { stroke: #9aa6b4; } circle.sure { fill: var(--base); } circle.unsure { fill: #77838f; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums;
  font-size: 0.86rem; margin: 0.3rem 0 0.6rem; break-inside: avoid; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.25rem; }
thead th { color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--soft); }
th, td { padding: 0.26rem 0.7rem 0.26rem 0; text-align: right; vertical-align: top; }
td { white-space: nowrap; }
th:first-child { text-align: left; } tbody th { font-weight: 500; overflow-wrap: anywhere; }
tbody tr + tr > * { border-top: 1px solid var(--faint); }
h2, h3, thead { break-after: avoid; } tr { break-inside: avoid; }
.days table { break-inside: auto; }
.notes { color: var(--soft); font-size: 0.84rem; } .notes p { margin: 0.3rem 0; }
footer { border-top: 1px solid var(--faint); margin-top: 2.2rem; padding-top: 0.6rem;
  color: var(--soft); font-size: 0.78rem; }
@media (max-width: 46rem) { .charts, .tiles { grid-template-columns: 1fr 1fr; }
  .charts { grid-template-columns: 1fr; } }
@media print { body { padding: 0; max-width: none; font-size: 10pt; } h2 { margin-top: 1.1rem; }
  .charts { gap: 0.6rem 1.2rem; } .tiles b { font-size: 13pt; } .tiles { gap: 0.5rem; }
  table { font-size: 8.3pt; } th, td { padding: 0.2rem 0.5rem 0.2rem 0; } }
"""
