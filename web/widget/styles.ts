/** The launcher's look and what both share. Constructed, not inline: no page's CSP is in the way. */
export const LOOK = `
:host{all:initial;position:fixed;z-index:2147483000;bottom:20px;right:20px;display:block;
font:15px/1.45 var(--onethread-font,system-ui),-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;
color-scheme:light;--accent:#0f766e;--on-accent:#fff;--surface:var(--onethread-surface,#fff);--raised:#f2f4f6;--line:var(--onethread-line,#e2e6ea);--edge:#848f9a;--text:#1a2128;
--soft:#5a6672;--bad:#b3261e;--shade:0 1px 2px rgb(10 20 30/.08),0 12px 40px rgb(10 20 30/.22)}
:host([data-side=left]){right:auto;left:20px}
:host([data-theme=dark]){color-scheme:dark;--surface:var(--onethread-surface,#171c21);--raised:#242b32;--line:var(--onethread-line,#333c45);--edge:#73808c;--text:#e8edf1;--soft:#a3afba;--bad:#ff9d93;
--shade:0 1px 2px rgb(0 0 0/.4),0 12px 40px rgb(0 0 0/.55)}
@media(prefers-color-scheme:dark){:host([data-theme=auto]){color-scheme:dark;--surface:var(--onethread-surface,#171c21);--raised:#242b32;--line:var(--onethread-line,#333c45);--edge:#73808c;
--text:#e8edf1;--soft:#a3afba;--bad:#ff9d93;--shade:0 1px 2px rgb(0 0 0/.4),0 12px 40px rgb(0 0 0/.55)}}
*{box-sizing:border-box;margin:0}
button,textarea,input,select{font:inherit;color:inherit;letter-spacing:inherit}
button{cursor:pointer;border:0;background:none;padding:0}
svg{display:block;fill:currentColor;flex:none}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
:host([data-theme=dark]) :focus-visible{outline-color:var(--text)}
[hidden]{display:none!important}
.launcher{position:relative;display:grid;place-items:center;width:56px;height:56px;margin-left:auto;border-radius:50%;
background:var(--accent);color:var(--on-accent);box-shadow:0 4px 16px rgb(10 20 30/.28);transition:transform .15s}
.wide{display:flex;align-items:center;gap:10px;width:auto;padding:0 22px 0 18px;border-radius:28px;font-weight:600}
.launcher:hover{transform:scale(1.05)}
.launcher:focus-visible{outline-offset:3px}
:host([data-side=left]) .launcher{margin-left:0}
.badge{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-width:22px;height:22px;padding:0 6px;border-radius:11px;
background:#c62828;color:#fff;font-size:12px;font-weight:600;line-height:22px;text-align:center;box-shadow:0 0 0 2px var(--surface)}
@media(prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
@media(forced-colors:active){.launcher,.send,.bubble,.panel{border:1px solid}}
@media print{:host{display:none}}
`;

/** Where everything is drawn; set before anything is. */
export const drawing: { root?: ShadowRoot } = {};

/** The look of a part that comes later. */
export const adopt = (css: string) => void drawing.root?.adoptedStyleSheets.push(sheetOf(css));

export function sheetOf(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}
