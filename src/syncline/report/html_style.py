"""How the HTML page looks: light and dark, wide and narrow, without anything from elsewhere.

The law: colour never says anything that a word or a sign beside it does not say too.
"""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--bg:#fff;--raised:#f6f8fa;--line:#d8dee4;--ink:#1f2328;--soft:#59636e;
--link:#0969da;--ok:#1a7f37;--warn:#9a6700;--bad:#cf222e;--info:#0969da;--add:#e6ffec;--add-mark:#abf2bc;
--del:#ffebe9;--del-mark:#ffc1bc;--hunk:#ddf4ff;--bad-bg:#fff1ef;--warn-bg:#fff8e1}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--raised:#151b23;--line:#30363d;--ink:#e6edf3;
--soft:#9198a1;--link:#6cb6ff;--ok:#3fb950;--warn:#d29922;--bad:#f85149;--info:#58a6ff;--add:#12261e;
--add-mark:#1f6f3a;--del:#2d1619;--del-mark:#8e2b2f;--hunk:#121d2f;--bad-bg:#25171c;--warn-bg:#272115}}
*{box-sizing:border-box}html{scroll-padding-top:1rem}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",
sans-serif}a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
code,pre,.mono{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
header{padding:1.4rem clamp(1rem,3vw,2.5rem) 1rem;border-bottom:1px solid var(--line)}
h1{font-size:1.45rem;line-height:1.25;margin:0}h2{font-size:1.15rem;margin:0}
h3{font-size:.95rem;margin:0}.meta{color:var(--soft);margin:.3rem 0 0;font-size:.88rem}
.chips{display:flex;flex-wrap:wrap;gap:.4rem;margin:.8rem 0 0;padding:0;list-style:none}
.chip,.badge{border:1px solid var(--line);border-radius:2rem;padding:.05rem .65rem;font-size:.85rem;
white-space:nowrap}.chip b{font-variant-numeric:tabular-nums}.badge{font-size:.78rem}.ok{color:var(--ok)}
.warn{color:var(--warn)}.bad{color:var(--bad)}.info{color:var(--info)}.soft{color:var(--soft)}
.layout{display:grid;grid-template-columns:15rem minmax(0,1fr);gap:2rem;padding:1.2rem clamp(1rem,3vw,
2.5rem) 3rem;max-width:100rem}
.list{padding:1.2rem clamp(1rem,3vw,2.5rem) 3rem;max-width:100rem}
.list td:nth-child(-n+3){white-space:nowrap}
nav{position:sticky;top:1rem;align-self:start;max-height:calc(100vh - 2rem);overflow:auto;font-size:.9rem}
nav ol{list-style:none;margin:0;padding:0}
nav a{display:flex;gap:.5rem;padding:.22rem .5rem;border-radius:.4rem;color:var(--ink)}
nav a:hover{background:var(--raised);text-decoration:none}
nav .name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;flex:1}nav small{white-space:nowrap}
.alert{border:1px solid var(--line);border-left:4px solid var(--info);border-radius:.4rem;
padding:.55rem .9rem;margin:0 0 .7rem;overflow-wrap:anywhere}.alert p{margin:.1rem 0}
.alert.bad{border-left-color:var(--bad);background:var(--bad-bg);color:inherit}
.alert.warn{border-left-color:var(--warn);background:var(--warn-bg);color:inherit}
.alert pre{margin:.5rem 0 .2rem}.scroll{overflow-x:auto;margin:0 0 1.3rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{padding:.38rem .7rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600;white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td .ok,td .warn,td .bad,td .indent{white-space:nowrap}td.message{min-width:14rem;overflow-wrap:anywhere}
section{border:1px solid var(--line);border-radius:.6rem;margin:0 0 1.3rem;padding:1rem 1.1rem}
section>.head{display:flex;flex-wrap:wrap;gap:.3rem .8rem;align-items:baseline}
section>.meta{margin:.15rem 0 .8rem}.change{border-top:1px solid var(--line)}
.change>summary,.fold>summary{cursor:pointer;padding:.5rem 0;overflow-wrap:anywhere}
.change .why{margin:0 0 .5rem}.change .place{color:var(--soft)}
pre{margin:0 0 .8rem;background:var(--raised);border-radius:.4rem;overflow-x:auto;padding:.6rem 0;
tab-size:4}pre>span{display:block;padding:0 .9rem;min-width:max-content}pre.said{padding:.6rem .9rem}
.a{background:var(--add)}.d{background:var(--del)}.h{background:var(--hunk);color:var(--soft)}
mark{color:inherit;background:none;border-radius:.2rem}.a mark{background:var(--add-mark)}
.d mark{background:var(--del-mark)}.indent{color:var(--soft);white-space:pre}
footer{padding:1rem clamp(1rem,3vw,2.5rem) 2rem;color:var(--soft);font-size:.85rem;
border-top:1px solid var(--line)}
@media(max-width:40rem){.wide{display:none}th,td{padding:.38rem .4rem}}
@media(max-width:60rem){.layout{grid-template-columns:minmax(0,1fr);gap:1rem}
nav{top:0;z-index:1;background:var(--bg);max-height:none;border-bottom:1px solid var(--line);
padding:.4rem 0}nav ol{display:flex;overflow-x:auto}nav a{white-space:nowrap}nav .name{max-width:12rem}
section{padding:.8rem .7rem}}@media print{nav{display:none}.layout{display:block}}
"""
