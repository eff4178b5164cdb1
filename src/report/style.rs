//! The look of the page: light, quiet, printable on A4. No logic.

/// The style sheet.
pub const CSS: &str = "
*{box-sizing:border-box}
body{margin:0;background:#f3f5f7;color:#1c2430;font:15px/1.5 'Segoe UI',system-ui,-apple-system,'Helvetica Neue',Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:860px;margin:24px auto;padding:40px 52px;background:#fff;border:1px solid #d9dee5}
h1{font-size:29px;line-height:1.2;margin:2px 0 10px;letter-spacing:-.01em}
h2{font-size:18px;margin:34px 0 10px;padding-bottom:5px;border-bottom:2px solid #1c2430}
p{margin:6px 0}.kicker{color:#5b6675;text-transform:uppercase;letter-spacing:.08em;font-size:12px;margin:0}
.lead{font-size:17px;color:#37414f;max-width:64ch}.events{margin:10px 0 0;padding-left:18px;color:#5b6675}
.tiles{display:flex;flex-wrap:wrap;gap:14px;margin:22px 0 4px}
.tile{flex:1 1 130px;border:1px solid #d9dee5;border-top:4px solid #3f5f8a;padding:10px 14px}
.tile p{margin:2px 0;font-size:13px;color:#5b6675}.tile .figure{font-size:23px;line-height:1.25;font-weight:650;color:#1c2430}
figure{margin:12px 0}figcaption{font-weight:600;font-size:14px;margin-bottom:4px}
.legend{font-weight:400;color:#5b6675;margin-left:12px}.key{margin-right:14px;white-space:nowrap}
.key i{display:inline-block;width:18px;height:0;border-top:3px solid;vertical-align:middle;margin-right:5px}
.key i.base{border-color:#3f5f8a;border-top-style:dashed}.key i.bad{border-color:#b4472e}.key i.good{border-color:#1f7a5c}
svg{display:block;width:100%;height:auto}
table{border-collapse:collapse;width:100%;font-size:13px;margin:10px 0}
th{text-align:left;font-weight:600;border-bottom:1px solid #1c2430;padding:5px 8px;vertical-align:bottom}
td{border-bottom:1px solid #d9dee5;padding:5px 8px;vertical-align:top}.r{text-align:right}
dl{font-size:13px;margin:12px 0}dt{font-weight:600}dd{margin:0 0 6px;color:#5b6675}
.cascade{padding-left:24px}.cascade li{margin:5px 0}.ci,.why{color:#5b6675}
.note{font-size:12.5px;color:#5b6675}code{font:12px ui-monospace,Consolas,monospace;overflow-wrap:anywhere}.lineage td:first-child{white-space:nowrap;color:#5b6675}
@page{size:A4;margin:15mm}
@media print{body{background:#fff;font-size:11.5px}.tile .figure{font-size:17px}table{font-size:10.5px}main{margin:0;padding:0;border:0;max-width:none}h2{break-after:avoid}figure,.tile,tr,li,dt{break-inside:avoid}
.band,.heat,.fill,.dot{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
";

/// Style of the drawings, inside each of them: some readers and printers do not apply the page's to a drawing.
pub const SVG: &str = "
text{font:11px 'Segoe UI',Arial,sans-serif;fill:#1c2430}
.grid{stroke:#d9dee5;stroke-width:1}.zero{stroke:#1c2430;stroke-width:1}.event{stroke:#1c2430;stroke-width:1;stroke-dasharray:3 3}
.tick{fill:#5b6675}.end{text-anchor:end}.mid{text-anchor:middle}.value{font-weight:600}
.band{fill-opacity:.16;stroke:none}.band.bad{fill:#b4472e}.band.good{fill:#1f7a5c}
.line{fill:none;stroke-width:2.2;stroke-linejoin:round}.line.base{stroke:#3f5f8a;stroke-dasharray:6 4}.line.bad{stroke:#b4472e}.line.good{stroke:#1f7a5c}
.whisker{stroke-width:3;stroke-linecap:round}.whisker.good{stroke:#1f7a5c}.whisker.bad{stroke:#b4472e}.whisker.base{stroke:#5b6675}
.dot.good{fill:#1f7a5c}.dot.bad{fill:#b4472e}.dot.base{fill:#5b6675}
.heat{fill:#b4472e}.frame{fill:none;stroke:#d9dee5}
.arrow{fill:none;stroke:#8b97a6;stroke-opacity:.75}.node{fill:#fff;stroke:#1c2430}.fill{fill:#b4472e}
.node-id{text-anchor:middle;font-weight:650;font-size:12px}.node-p{text-anchor:middle;fill:#5b6675;font-size:10px}
";
