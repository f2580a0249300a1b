/** The open panel's look: comes with it. */
export const PANEL = `
.panel{display:flex;flex-direction:column;width:384px;height:min(620px,calc(100dvh - 116px));margin-block-end:16px;overflow:hidden;
border-radius:var(--onethread-radius,18px);background:var(--surface);color:var(--text);box-shadow:var(--shade);animation:rise .15s ease-out}
@keyframes rise{from{opacity:0;transform:translateY(8px)}}
.head{display:flex;align-items:center;gap:12px;padding:16px 12px 16px 18px;background:var(--accent);color:var(--on-accent)}
.head :focus-visible{outline-color:currentColor}
.mark{display:grid;place-items:center;width:38px;height:38px;border-radius:12px;background:color-mix(in srgb,currentColor 18%,transparent)}
.titles{flex:1;min-width:0}
.title{font-size:16px;font-weight:650;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.state{font-size:13px;opacity:.9}
.icon{display:grid;place-items:center;width:44px;height:44px;border-radius:12px;flex:none}
.icon:hover{background:color-mix(in srgb,currentColor 12%,transparent)}
.lost{padding:8px 18px;background:var(--raised);color:var(--soft);font-size:13px}
.elsewhere ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 14px}
.elsewhere a{color:var(--text);display:inline-block;padding:4px 0}.code{font:600 18px/1.8 ui-monospace,monospace;color:var(--text);user-select:all}
.log{flex:1;overflow-y:auto;overscroll-behavior:contain;padding:16px 16px 8px;display:flex;flex-direction:column;gap:3px}
.log>:first-child{margin-block-start:auto}
.log:focus-visible{outline-offset:-2px}
.earlier{align-self:center;padding:8px 14px;min-height:44px;border-radius:99px;color:var(--soft);font-size:13px;border:1px solid var(--line)}
.day{align-self:center;margin:12px 0 6px;color:var(--soft);font-size:12px}
.who{margin-block:10px 2px;margin-inline-start:40px;color:var(--soft);font-size:12px}
.row{display:flex;gap:8px;align-items:flex-end;max-width:88%}
.row.own{align-self:flex-end;flex-direction:row-reverse}
.face{display:grid;place-items:center;width:32px;height:32px;border-radius:50%;flex:none;background:var(--raised);color:var(--soft);
font-size:13px;font-weight:600}
.face.none{visibility:hidden;height:0}
.own .face{display:none}
.bubble{padding:9px 14px;border-radius:18px;background:var(--raised);overflow-wrap:anywhere;white-space:pre-wrap;min-width:0}
.row:not(.own) .bubble.last{border-end-start-radius:6px}
.own .bubble{background:var(--accent);color:var(--on-accent)}
.own .bubble.last{border-end-end-radius:6px}
.own.pending .bubble{opacity:.75}
.bubble a{color:inherit;text-decoration:underline;text-underline-offset:2px}
.bubble :is(ul,blockquote,pre){margin-block:3px}
.bubble ul{list-style:none;padding:0}
.bubble li{padding-inline-start:1.1em;text-indent:-.9em}
.bubble blockquote{padding-inline-start:9px;border-inline-start:3px solid currentColor}
.bubble :is(pre,code){font:13px/1.45 ui-monospace,monospace}
.bubble pre{padding:7px 9px;border-radius:9px;background:color-mix(in srgb,currentColor 9%,transparent)}
.gone{color:var(--soft);font-style:italic;background:none;border:1px dashed var(--line)}
.own .gone{background:none;color:var(--soft)}
.meta{display:flex;gap:8px;align-items:center;margin:2px 4px 6px;color:var(--soft);font-size:12px}
.row+.meta{margin-inline-start:44px}
.meta.own{align-self:flex-end;flex-wrap:wrap;justify-content:flex-end;margin-inline-start:40px}
.meta span{unicode-bidi:plaintext}
.meta.bad{color:var(--bad)}
.link{text-decoration:underline;text-underline-offset:2px;padding:4px;min-height:24px}
@media(pointer:coarse){.link{min-height:44px}}
.files{display:flex;flex-direction:column;gap:6px;min-width:0}
.bubble+.files,.files+.bubble{margin-block-start:4px}
.stack{display:flex;flex-direction:column;align-items:flex-start;min-width:0}
.own .stack{align-items:flex-end}
.file{display:flex;align-items:center;gap:10px;max-width:100%;padding:9px 12px;border:1px solid var(--line);border-radius:14px;text-align:start;
background:var(--surface)}
.file:hover{background:var(--raised)}
.file b{display:block;font-weight:550;overflow-wrap:anywhere;line-height:1.25}
.file small{color:var(--soft);font-size:12px}
canvas{display:block;max-width:100%;border-radius:14px}
.picture{padding:0;border:0;background:none;border-radius:14px;overflow:hidden;max-width:240px}
.dots{display:inline-flex;gap:4px;padding:12px 14px;border-radius:18px;background:var(--raised)}
.dots i{width:7px;height:7px;border-radius:50%;background:var(--soft);animation:blink 1.2s infinite}
.dots i:nth-child(2){animation-delay:.2s}.dots i:nth-child(3){animation-delay:.4s}
@keyframes blink{0%,60%,100%{opacity:.3}30%{opacity:1}}
.foot{border-block-start:1px solid var(--line);padding:8px}
.tray{display:flex;flex-wrap:wrap;gap:6px;padding:4px 4px 8px}
.chip{display:flex;align-items:center;gap:4px;max-width:100%;padding-inline-start:10px;border-radius:10px;background:var(--raised);font-size:13px}
.chip span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:200px}
.chip button{display:grid;place-items:center;width:44px;height:44px;border-radius:10px}
.chip.busy{opacity:.6}
.note{padding:2px 8px 8px;color:var(--bad);font-size:13px}
.line{display:flex;align-items:flex-end;gap:4px}
textarea{flex:1;min-width:0;min-height:44px;max-height:132px;padding:11px 6px;border:0;outline:0;background:none;resize:none;line-height:22px;font-size:16px}
textarea:focus-visible{outline:0}
textarea::placeholder{color:var(--soft);opacity:1}
.line:focus-within{border-radius:14px;box-shadow:0 0 0 2px color-mix(in srgb,var(--accent) 55%,var(--line))}
.send{background:var(--accent);color:var(--on-accent);border-radius:50%;transition:opacity .15s}
.send:hover{background:var(--accent);filter:brightness(1.08)}
.send:disabled{opacity:.4;cursor:default;filter:none}
.aside{margin:4px 0 8px 40px;margin-inline:40px 0;padding:10px 12px;border:1px solid var(--line);border-radius:14px;color:var(--soft);font-size:13px;line-height:1.4}
.title,.state,label,.fine{text-align:-webkit-match-parent;text-align:match-parent}
select{padding-inline-end:8px}
.leave{display:flex;flex-direction:column;gap:8px}
.pair{display:flex;gap:6px}
.form{display:flex;flex-direction:column;gap:12px;padding:14px 18px 18px;border-block-start:1px solid var(--line);overflow-y:auto;max-height:84%;flex:none}
.field{display:flex;flex-direction:column;gap:4px;font-size:14px;font-weight:550}
.optional{color:var(--soft);font-weight:400}
input:not([hidden]),select{min-width:0;width:100%;height:44px;padding:0 12px;border:1px solid var(--edge);border-radius:12px;background:var(--surface);color:inherit;
font:inherit;font-size:16px;font-weight:400}
.pair input{flex:1}
.fine{color:var(--soft);font-size:12px;line-height:1.4;white-space:pre-wrap}
.strong{height:44px;border-radius:12px;background:var(--accent);color:var(--on-accent);font-weight:600}
.strong:hover{filter:brightness(1.08)}
.soft{padding:0 14px;min-height:44px;border-radius:12px;background:var(--raised);color:var(--text);font-weight:550;white-space:nowrap}
.hold{padding:2px 8px 8px;color:var(--soft);font-size:13px}
.chip small{color:var(--soft);font-variant-numeric:tabular-nums}
.end{display:block;height:1px}
.drop{position:absolute;inset:8px;display:grid;place-items:center;border:2px dashed var(--accent);border-radius:14px;background:var(--surface);opacity:.95}
.body{position:relative;display:flex;flex-direction:column;flex:1;min-height:0}
.over{display:flex;flex-direction:column;gap:10px;padding:14px 18px}.tick{flex-direction:row;align-items:center;gap:10px;font-weight:400;min-height:44px}.tick input{width:20px;height:20px;flex:none}
.hush{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
:host([dir=rtl]) .flip{transform:scaleX(-1)}
:host([data-covers][data-open]){inset:0}:host([data-covers]) .panel{width:100%;height:100dvh;margin:0;border-radius:0;animation:none;
padding-block-end:env(safe-area-inset-bottom)}:host([data-covers][data-open]) .launcher{display:none}
`;
