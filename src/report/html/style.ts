/** The page's whole style sheet. */
export const style = `
:root { color-scheme: light dark; --bg: #ffffff; --text: #1b1f24; --quiet: #5c6570; --line: #e1e5e9; --card: #f5f7f9; --link: #00619a; --warn: #fff4e0; --warn-line: #e69f00; --helped: #00795a; --hurt: #c2410c; }
@media (prefers-color-scheme: dark) { :root { --bg: #14181d; --text: #e8eaed; --quiet: #a3adb7; --line: #2b323a; --card: #1b2127; --link: #6fc0ee; --warn: #2e2613; --warn-line: #f0b429; --helped: #3ecf9f; --hurt: #ff8a5c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1160px; padding: 24px 20px 64px; background: var(--bg); color: var(--text); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 48px 0 12px; }
p { margin: 8px 0; max-width: 75ch; }
.quiet, figcaption, .notes { color: var(--quiet); }
a { color: var(--link); }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 16px 0; font-size: 0.95rem; }
.summary { font-size: 1.08rem; }
.distrust { font-size: 1.05rem; margin: 24px 0 0; }
.notices { list-style: none; margin: 8px 0 20px; padding: 0; }
.notices li { margin: 8px 0; padding: 8px 14px; border-left: 4px solid var(--line); background: var(--card); border-radius: 4px; overflow-wrap: anywhere; }
.notices li.warning { border-color: var(--warn-line); background: var(--warn); }
.notices b { margin-right: 6px; }
figure { margin: 24px 0; }
picture { display: block; }
img { display: block; width: 100%; height: auto; border: 1px solid var(--line); border-radius: 8px; }
figcaption { font-size: 0.9rem; margin-top: 6px; }
.frame { position: relative; }
.frame:focus-visible { outline: 2px solid var(--link); outline-offset: 3px; border-radius: 8px; }
.mark, .tip { display: none; position: absolute; pointer-events: none; }
.mark { border: 1.5px solid var(--link); border-radius: 4px; }
.tip { z-index: 1; max-width: min(420px, 100%); padding: 6px 10px; white-space: pre-line; overflow-wrap: anywhere; font-size: 0.86rem; line-height: 1.4; background: var(--bg); border: 1px solid var(--link); border-radius: 6px; box-shadow: 0 2px 10px rgb(0 0 0 / 25%); }
.tip::first-line { font-weight: 600; }
.choice { display: flex; flex-wrap: wrap; gap: 8px 18px; align-items: end; margin: 12px 0; }
.choice label { display: grid; gap: 2px; font-size: 0.9rem; color: var(--quiet); min-width: 0; }
.choice select, .choice button { font: inherit; color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 5px 8px; max-width: 100%; }
.compare output { display: block; }
.compare output .scroll { margin: 12px 0; width: fit-content; max-width: 100%; }
.compare output table { width: auto; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 0.86rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 5px 8px; text-align: left; border-bottom: 1px solid var(--line); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
td.n { white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { background: var(--card); vertical-align: bottom; font-weight: 600; }
tbody th { font-weight: 600; position: sticky; left: 0; background: var(--bg); min-width: 9em; }
tbody tr:hover > * { background: var(--card); }
th button { all: unset; cursor: pointer; }
th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
th[aria-sort] button::after { content: " \\2191"; }
th[aria-sort="descending"] button::after { content: " \\2193"; }
td.helps { color: var(--helped); font-weight: 600; }
td.hurts { color: var(--hurt); font-weight: 600; }
td.equivalent { font-weight: 600; }
.notes { font-size: 0.9rem; }
footer { margin-top: 48px; color: var(--quiet); font-size: 0.9rem; }
@media (max-width: 640px) { body { padding: 16px 12px 48px; font-size: 15px; } h1 { font-size: 1.5rem; } h2 { margin-top: 36px; } tbody th { min-width: 7.5em; } th, td { padding: 5px 8px; } }
@media print { @page { margin: 12mm; } body { max-width: none; padding: 0; } .scroll { overflow: visible; border: 0; } nav, .compare, .mark, .tip { display: none !important; } table { font-size: 7.5pt; } th, td { padding: 2px 4px; } td.n, thead th { white-space: normal; } tbody th { position: static; min-width: 0; } tr, figure { break-inside: avoid; } }
`;
