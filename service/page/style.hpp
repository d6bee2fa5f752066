#pragma once

#include "service/page/markup.hpp"

// Private to this folder: the style sheet of the fleet page, inlined in the document. The policy allows it by
// its hash and no style attributes, so sizes of bars are SVG attributes.
namespace latchkey::service {

inline constexpr Markup::Literal style = R"css(
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--ink:#15181e;--quiet:#5b6472;--line:#e2e5ea;--link:#1d4fc4;--field:#fff;
--requested:#c7d6f4;--registered:#8eaeec;--connected:#4c7cdb;--ready:#1c47a8;--off:#a3abb8;--suspended:#e0912a;--revoked:#cf3f3f;
--good:#1a7f48;--alarm:#fdecec;--alarm-line:#e6a3a3;--track:#eceef2}
@media(prefers-color-scheme:dark){:root{--bg:#0e1116;--card:#161a21;--ink:#e8ebf0;--quiet:#98a1af;--line:#272d37;--link:#8fb3ff;--field:#0e1116;
--requested:#31497a;--registered:#4168b3;--connected:#6a97ee;--ready:#a9c6ff;--off:#566070;--suspended:#e3a04a;--revoked:#ef6b6b;
--good:#56c78a;--alarm:#331a1c;--alarm-line:#6b2f33;--track:#222832}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
-webkit-text-size-adjust:100%}
a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
header,main{max-width:1080px;margin:0 auto;padding:0 20px}
header{display:flex;align-items:center;justify-content:space-between;gap:16px;padding-top:18px;padding-bottom:14px}
.brand{font-size:17px;font-weight:650;letter-spacing:-.01em;color:var(--ink)}
form{display:flex;gap:8px;min-width:0}
header label{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
input,select,button{font:inherit;border:1px solid var(--line);border-radius:7px;padding:5px 11px;background:var(--field);color:var(--ink);min-width:0}
input{width:210px}
button{flex:none;background:var(--card);font-weight:550;cursor:pointer}
form.filters{flex-wrap:wrap;align-items:end;margin:0 0 16px}
.filters label{display:flex;flex-direction:column;font-size:12.5px;color:var(--quiet)}
.filters input{width:170px}
.filters input,.filters select,.filters button{font-size:14px;height:34px}
button:hover{border-color:var(--quiet)}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 22px 20px;margin:0 0 16px}
h1,h2{margin:0;line-height:1.3;letter-spacing:-.01em}
h1{font-size:24px;font-weight:650;overflow-wrap:anywhere}
h2{font-size:16px;font-weight:650}
.about{margin:2px 0 14px;color:var(--quiet);font-size:13.5px;max-width:104ch}
.about strong{color:var(--ink);font-variant-numeric:tabular-nums}
code,.id,.code,.tracking{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.92em}
h1.id{font-size:22px}
.code{white-space:nowrap}
td .id{display:inline-block;min-width:10.5em}
td .tracking{font-size:12px;color:var(--quiet);white-space:nowrap}
code{background:var(--track);border-radius:4px;padding:.05em .3em;font-size:.9em}
.quiet{color:var(--quiet)}
.empty{margin:0;padding:14px 16px;border:1px dashed var(--line);border-radius:8px;color:var(--quiet)}
.more{margin:12px 0 0;color:var(--quiet);font-size:13.5px}
.alarm{background:var(--alarm);border:1px solid var(--alarm-line);border-radius:10px;padding:12px 16px;margin:0 0 16px;overflow-wrap:anywhere}
#stale{max-width:1040px;margin:0 auto 16px}
.shares{display:block;border-radius:5px;overflow:hidden}
.track{fill:var(--track)}
rect.provisioning_requested,rect.requested{fill:var(--requested)}
rect.registered{fill:var(--registered)}
rect.connected{fill:var(--connected)}
rect.ready{fill:var(--ready)}
rect.off{fill:var(--off)}
rect.suspended{fill:var(--suspended)}
rect.revoked{fill:var(--revoked)}
rect.touch{fill:transparent}
g:hover rect.touch{fill:var(--track)}
ul.states{list-style:none;margin:16px 0 0;padding:0;display:grid;grid-template-columns:repeat(7,1fr);gap:12px}
ul.states li{display:flex;flex-direction:column-reverse}
ul.states .n{font-size:25px;font-weight:620;letter-spacing:-.02em;line-height:1.25}
ul.states .zero .n{color:var(--quiet);font-weight:450}
.n{font-variant-numeric:tabular-nums}
.label{display:inline-flex;align-items:center;gap:7px;font-size:13.5px;color:var(--quiet);white-space:nowrap}
.label::before{content:"";width:9px;height:9px;border-radius:3px;background:var(--off);flex:none}
.label.provisioning_requested::before,.label.requested::before{background:var(--requested)}
.label.registered::before{background:var(--registered)}
.label.connected::before{background:var(--connected)}
.label.ready::before{background:var(--ready)}
.label.suspended::before{background:var(--suspended)}
.label.revoked::before{background:var(--revoked)}
.funnel{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,7fr);gap:36px;align-items:center}
ol.steps{list-style:none;margin:0;padding:0;display:grid;gap:14px}
ol.steps li{display:grid;grid-template-columns:1fr auto 4.2em;gap:4px 0;align-items:baseline}
ol.steps .bar{grid-column:1/-1;grid-row:2}
ol.steps .n{text-align:right;font-weight:620}
ol.steps .share{color:var(--quiet);font-weight:450}
ol.steps .label{color:var(--ink)}
.bar,.days{display:block}
.days text{fill:var(--quiet);font-size:11px;font-variant-numeric:tabular-nums}
.days .grid{stroke:var(--line);stroke-width:1;shape-rendering:crispEdges}
details{margin-top:14px;font-size:13.5px}
summary{cursor:pointer;color:var(--quiet);width:max-content}
table{width:100%;border-collapse:collapse}
th{font-weight:550;font-size:12.5px;color:var(--quiet);text-align:left;padding:0 14px 6px 0;white-space:nowrap}
td{padding:8px 14px 8px 0;border-top:1px solid var(--line);vertical-align:baseline;overflow-wrap:anywhere}
td:first-child{white-space:nowrap}
td:last-child,th:last-child{padding-right:0}
time{white-space:nowrap;font-variant-numeric:tabular-nums}
.numbers{margin-top:8px;width:auto;min-width:min(100%,520px);font-variant-numeric:tabular-nums}
.numbers th,.numbers td{text-align:right;padding:4px 0 4px 22px}
.numbers th:first-child{text-align:left;padding-left:0}
.numbers tbody th{border-top:1px solid var(--line);color:var(--ink);font-weight:450;font-size:13.5px}
.badge{display:inline-block;font-size:12.5px;line-height:1.5;padding:0 8px;border-radius:999px;border:1px solid var(--line);white-space:nowrap}
.badge.ready,.badge.accepted,.badge.online,.badge.repeated{color:var(--good);border-color:currentColor}
.badge.revoked,.badge.rejected{color:var(--revoked);border-color:currentColor}
.badge.suspended,.badge.pending,.badge.retry{color:var(--suspended);border-color:currentColor}
ul.pairs{list-style:none;margin:0;padding:0}
td ul.pairs{display:flex;flex-wrap:wrap;gap:0 18px}
ul.pairs span{color:var(--quiet);font-size:.92em}
bdi{overflow-wrap:anywhere}
ol.life{list-style:none;margin:6px 0 20px;padding:0;display:grid;grid-template-columns:repeat(5,1fr)}
ol.life li{display:flex;flex-direction:column;padding:12px 10px 0 0;border-top:3px solid var(--line);font-size:13.5px;color:var(--quiet)}
ol.life li.done{border-color:var(--connected)}
ol.life li.done span:first-child{color:var(--ink);font-weight:550}
dl.facts{margin:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:14px 28px}
dt{font-size:12.5px;color:var(--quiet)}
dd{margin:0;overflow-wrap:anywhere}
.wide{grid-column:1/-1}
.wide.failed dd{background:var(--alarm);border:1px solid var(--alarm-line);border-radius:8px;padding:8px 12px;margin-top:3px}
@media(max-width:720px){
header,main{padding-left:14px;padding-right:14px}
header{padding-top:12px;padding-bottom:12px}
header form{flex:1;justify-content:flex-end}
header input{width:100%;max-width:230px}
.filters label{flex:1 1 130px}
.filters input{width:100%}
section{padding:15px 16px 17px;border-radius:10px;margin-bottom:12px}
ul.states{grid-template-columns:1fr;gap:0;margin-top:10px}
ul.states li{flex-direction:row;justify-content:space-between;align-items:baseline;padding:6px 0;border-top:1px solid var(--line)}
ul.states li:first-child{border:0}
ul.states .n{font-size:17px}
.label{font-size:15px}
.funnel{grid-template-columns:1fr;gap:22px}
table:not(.numbers),table:not(.numbers) tbody,table:not(.numbers) tr{display:block}
table:not(.numbers) thead{display:none}
table:not(.numbers) tr{padding:10px 0;border-top:1px solid var(--line)}
table:not(.numbers) tr:first-child{border:0;padding-top:0}
table:not(.numbers) tr:last-child{padding-bottom:0}
table:not(.numbers) td{display:grid;grid-template-columns:6.6em minmax(0,1fr);gap:10px;border:0;padding:2px 0;white-space:normal}
table:not(.numbers) td::before{content:attr(data-label);color:var(--quiet);font-size:13px;line-height:22px}
.numbers th,.numbers td{padding-left:8px}
ol.life{grid-template-columns:1fr;margin-bottom:16px}
ol.life li{flex-direction:row;justify-content:space-between;border-top:0;border-left:3px solid var(--line);padding:3px 0 3px 12px}
dl.facts{grid-template-columns:1fr;gap:10px}
td .tracking{white-space:normal}
}
)css";

}  // namespace latchkey::service
