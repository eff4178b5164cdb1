//! The look of the page: light, quiet, printable on A4. No logic.

/// The style sheet.
pub const CSS: &str = "
:root{--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--bad:#b4472e;--good:#1f7a5c;--base:#3f5f8a;--paper:#fff}
*{box-sizing:border-box}
body{margin:0;background:#f3f5f7;color:var(--ink);font:15px/1.5 'Segoe UI',system-ui,-apple-system,'Helvetica Neue',Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:860px;margin:24px auto;padding:40px 52px;background:var(--paper);border:1px solid var(--line)}
h1{font-size:29px;line-height:1.2;margin:2px 0 10px;letter-spacing:-.01em}
h2{font-size:18px;margin:34px 0 10px;padding-bottom:5px;border-bottom:2px solid var(--ink)}
p{margin:6px 0}.kicker{color:var(--soft);text-transform:uppercase;letter-spacing:.08em;font-size:12px;margin:0}
.lead{font-size:17px;color:#37414f;max-width:64ch}.events{margin:10px 0 0;padding-left:18px;color:var(--soft)}
.tiles{display:flex;flex-wrap:wrap;gap:14px;margin:22px 0 4px}
.tile{flex:1 1 160px;border:1px solid var(--line);border-top:4px solid var(--base);padding:10px 14px}
.tile p{margin:2px 0;font-size:13px;color:var(--soft)}.tile .figure{font-size:23px;line-height:1.25;font-weight:650;color:var(--ink)}
figure{margin:12px 0}figcaption{font-weight:600;font-size:14px;margin-bottom:4px}
.legend{font-weight:400;color:var(--soft);margin-left:12px}.key{margin-right:14px;white-space:nowrap}
.key i{display:inline-block;width:18px;height:0;border-top:3px solid;vertical-align:middle;margin-right:5px}
.key i.base{border-color:var(--base);border-top-style:dashed}.key i.bad{border-color:var(--bad)}.key i.good{border-color:var(--good)}
svg{display:block;width:100%;height:auto;font:11px 'Segoe UI',system-ui,Arial,sans-serif;fill:var(--ink)}
.grid{stroke:var(--line);stroke-width:1}.zero{stroke:var(--ink);stroke-width:1}.event{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3}
.tick{fill:var(--soft)}.end{text-anchor:end}.mid{text-anchor:middle}.value{font-weight:600}
.band{fill-opacity:.16;stroke:none}.band.bad{fill:var(--bad)}.band.good{fill:var(--good)}
.line{fill:none;stroke-width:2.2;stroke-linejoin:round}.line.base{stroke:var(--base);stroke-dasharray:6 4}.line.bad{stroke:var(--bad)}.line.good{stroke:var(--good)}
.whisker{stroke-width:3;stroke-linecap:round}.whisker.good{stroke:var(--good)}.whisker.bad{stroke:var(--bad)}.whisker.base{stroke:var(--soft)}
.dot.good{fill:var(--good)}.dot.bad{fill:var(--bad)}.dot.base{fill:var(--soft)}
.heat{fill:var(--bad)}.frame{fill:none;stroke:var(--line)}
.arrow{fill:none;stroke:#8b97a6;stroke-opacity:.75}.node{fill:#fff;stroke:var(--ink)}.fill{fill:var(--bad)}
.node-id{text-anchor:middle;font-weight:650;font-size:12px}.node-p{text-anchor:middle;fill:var(--soft);font-size:10px}
table{border-collapse:collapse;width:100%;font-size:13px;margin:10px 0}
th{text-align:left;font-weight:600;border-bottom:1px solid var(--ink);padding:5px 8px;vertical-align:bottom}
td{border-bottom:1px solid var(--line);padding:5px 8px;vertical-align:top}.r{text-align:right}
dl{font-size:13px;margin:12px 0}dt{font-weight:600}dd{margin:0 0 6px;color:var(--soft)}
.cascade{padding-left:24px}.cascade li{margin:5px 0}.ci,.why{color:var(--soft)}
.note{font-size:12.5px;color:var(--soft)}code{font:12px ui-monospace,Consolas,monospace;overflow-wrap:anywhere}.lineage td:first-child{white-space:nowrap;color:var(--soft)}
@page{size:A4;margin:15mm}
@media print{body{background:#fff;font-size:11.5px}main{margin:0;padding:0;border:0;max-width:none}h2{break-after:avoid}figure,.tile,tr,li,dt{break-inside:avoid}
.band,.heat,.fill,.dot{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
";
