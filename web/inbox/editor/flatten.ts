// What is pasted, as lines: any nesting of blocks, lists, quotes and tables becomes the editor's flat form.

type Context = { list: string; quote: boolean };

const BLOCKS = new Set(
  "P DIV LI UL OL BLOCKQUOTE H1 H2 H3 H4 H5 H6 TABLE TBODY THEAD TR SECTION ARTICLE HEADER FOOTER MAIN NAV ASIDE DL DT DD FIGURE FIGCAPTION ADDRESS".split(" "),
);
const SKIPPED = new Set("SCRIPT STYLE TEMPLATE HEAD META TITLE LINK NOSCRIPT IFRAME OBJECT SVG".split(" "));

/** The content of `root` is lines afterwards: `p` with `data-list` and `data-quote`, and `pre`. */
export function flatten(root: HTMLElement): void {
  const writer = new Lines(root.ownerDocument);
  for (const child of [...root.childNodes]) writer.read(child, { list: "", quote: false }, []);
  writer.end();
  root.replaceChildren(...writer.lines);
}

class Lines {
  lines: HTMLElement[] = [];
  #line: HTMLElement | null = null;

  constructor(private readonly document: Document) {}

  read(node: Node, context: Context, around: readonly HTMLElement[]): void {
    if (node.nodeType === 3) this.#text(node.nodeValue ?? "", context, around);
    if (node.nodeType !== 1) return;
    const element = node as HTMLElement;
    const tag = element.tagName.toUpperCase();
    if (SKIPPED.has(tag)) return;
    if (tag === "BR") {
      this.#open(context);
      this.end();
    } else if (tag === "PRE") {
      this.#pre(element);
    } else if (BLOCKS.has(tag)) {
      this.end();
      this.#children(element, inside(element, tag, context), /^H[1-6]$/.test(tag) ? [this.#bold()] : around);
      this.end();
    } else {
      this.#children(element, context, [...around, element.cloneNode(false) as HTMLElement]);
      if (tag === "TD" || tag === "TH") this.#text(" ", context, around);
    }
  }

  end(): void {
    this.#line = null;
  }

  #children(element: HTMLElement, context: Context, around: readonly HTMLElement[]): void {
    for (const child of [...element.childNodes]) this.read(child, context, around);
  }

  #text(text: string, context: Context, around: readonly HTMLElement[]): void {
    if (!this.#line && !text.trim()) return;
    const line = this.#open(context);
    let inner: Node = this.document.createTextNode(text);
    for (const one of around.toReversed()) {
      const copy = one.cloneNode(false);
      copy.appendChild(inner);
      inner = copy;
    }
    line.append(inner);
  }

  #open(context: Context): HTMLElement {
    if (!this.#line) {
      this.#line = this.document.createElement("p");
      if (context.list) this.#line.dataset.list = context.list;
      if (context.quote) this.#line.dataset.quote = "";
      this.lines.push(this.#line);
    }
    return this.#line;
  }

  #pre(element: HTMLElement): void {
    this.end();
    const pre = this.document.createElement("pre");
    pre.textContent = element.textContent?.replace(/\n+$/, "") ?? "";
    const language = element.dataset.language ?? /language-([\w+#.-]+)/.exec(element.querySelector("code")?.className ?? "")?.[1];
    if (language) pre.dataset.language = language;
    this.lines.push(pre);
  }

  #bold(): HTMLElement {
    return this.document.createElement("strong");
  }
}

function inside(element: HTMLElement, tag: string, context: Context): Context {
  if (tag === "BLOCKQUOTE") return { ...context, quote: true };
  if (tag === "LI") return { ...context, list: element.parentElement?.tagName.toUpperCase() === "OL" ? "number" : "bullet" };
  // A line copied from this editor says it itself.
  const list = element.dataset.list ?? context.list;
  return { list, quote: context.quote || element.dataset.quote !== undefined };
}
