// The field in which an agent writes. A chunk of its own: it is fetched while the inbox is already there.
import { baseKeymap, chainCommands } from "prosemirror-commands";
import { history, redo, redoDepth, undo, undoDepth } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { DOMParser, Fragment, Slice, type Node, type ResolvedPos } from "prosemirror-model";
import { EditorState, Selection, TextSelection, type Command } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import type { Mark } from "../../shared/rich";
import { active, backspace, enter, setLink, setList, toggle, type Active } from "./commands";
import { flatten } from "./flatten";
import { addressOf, schema } from "./schema";
import { nextHole, showsHoles } from "./holes";
import { shortcuts } from "./shortcuts";
import { fromRich, toRich, type Rich } from "./texts";
import { triggerIn, type Trigger } from "./triggers";

export type { Active, Rich };
export type Wishes = {
  /** With the draft that it was said in. */
  onchange: (rich: Rich, draft: string) => void;
  onactive: (active: Active) => void;
  /** True: it was dealt with, and the editor leaves the key alone. */
  onkey: (event: KeyboardEvent) => boolean;
  onfiles: (files: FileList) => void;
  onlink: () => void;
  /** What is typed before the caret asks for a list, or null. */
  ontrigger: (trigger: Trigger | null) => void;
};

/** Letters that surely stand in fewer lines than the field is high. */
const LINE = 80;

class PastedParser extends DOMParser {
  override parseSlice(dom: globalThis.Node, options?: Parameters<DOMParser["parseSlice"]>[1]): Slice {
    flatten(dom as HTMLElement);
    return super.parseSlice(dom, options);
  }
}

export class Editor {
  #view: EditorView;
  #said: Rich;
  #label: string;
  #draft: string;
  #point: string | null = null;
  #wishes: Wishes;

  constructor(place: HTMLElement, rich: Rich, label: string, draft: string, wishes: Wishes) {
    this.#said = rich;
    this.#label = label;
    this.#draft = draft;
    this.#wishes = wishes;
    this.#view = new EditorView(place, {
      state: stateOf(rich, wishes),
      attributes: (state) => ({
        role: "textbox",
        "aria-multiline": "true",
        "aria-label": this.#label,
        spellcheck: "true",
        class: isEmpty(state.doc) ? "empty" : "",
        ...(this.#point ? { "aria-controls": "triggers", "aria-activedescendant": this.#point } : {}),
        "data-placeholder": this.#label,
      }),
      clipboardParser: new PastedParser(schema, DOMParser.fromSchema(schema).rules),
      clipboardTextParser: (text, context) => sliceOf(text, context),
      clipboardTextSerializer: (slice) => toRich(schema.nodes.doc!.create(null, blocksOf(slice.content))).text,
      handleKeyDown: (view, event) => (catchUp(view), wishes.onkey(event)),
      handlePaste: (view, event) => {
        const { clipboardData } = event;
        if (clipboardData?.files.length) return (wishes.onfiles(clipboardData.files), true);
        const address = view.state.selection.empty ? null : addressOf(clipboardData?.getData("text/plain") ?? "");
        return address !== null && setLink(address)(view.state, view.dispatch);
      },
      dispatchTransaction: (transaction) => {
        this.#view.updateState(this.#view.state.apply(transaction));
        wishes.onactive(active(this.#view.state));
        wishes.ontrigger(this.#view.composing ? null : this.#trigger());
        if (!transaction.docChanged) return;
        this.#said = toRich(this.#view.state.doc);
        wishes.onchange(this.#said, this.#draft);
      },
    });
  }

  /** Shows this text unless it is what the editor itself said last. Another draft brings its own past: none. */
  show(rich: Rich, label: string, draft: string): void {
    const isAnother = draft !== this.#draft;
    this.#draft = draft;
    if (label !== this.#label) {
      this.#label = label;
      this.#view.updateState(this.#view.state);
    }
    if (!isAnother && rich.text === this.#said.text && sameSpans(rich, this.#said)) return;
    if (rich.text === "" && isUntouched(this.#view.state)) return;
    this.#said = { text: rich.text, spans: [...rich.spans] };
    const wasLong = this.#view.state.doc.childCount > 1 || this.#view.state.doc.content.size > LINE;
    this.#view.updateState(stateOf(rich, this.#wishes));
    // To ask where it stands would lay the page out once more.
    if (isAnother && wasLong) this.#view.dom.scrollTop = 0;
    this.#wishes.onactive(active(this.#view.state));
    // What was typed to find something is not in it any more.
    this.#wishes.ontrigger(null);
  }

  /** Whether something was written here that its undo would bring back. */
  readonly hasPast = (): boolean => undoDepth(this.#view.state) > 0;

  toggle(mark: Mark): void {
    this.#run(toggle(mark));
  }

  number(): void {
    this.#run(setList("number"));
  }

  /** False: that is no address. */
  link(typed: string | null): boolean {
    return this.#run(setLink(typed));
  }

  /** In place of so much of what is before the caret. */
  put(length: number, rich: Rich): void {
    const { state } = this.#view;
    const { from } = state.selection;
    const content = fromRich({ text: rich.text, spans: [...rich.spans] }).content;
    this.#view.dispatch(state.tr.replace(from - length, from, new Slice(content, 1, 1)).scrollIntoView());
    this.#view.focus();
  }

  /** The caret goes to the next place that is to be filled in. False: there is none. */
  nextHole(isBack: boolean): boolean {
    return nextHole(isBack)(this.#view.state, this.#view.dispatch);
  }

  /** Which line of an open list is meant, for screen readers. */
  point(id: string | null): void {
    if (id === this.#point) return;
    this.#point = id;
    this.#view.updateState(this.#view.state);
  }

  focus(): void {
    this.#view.focus();
  }

  blur(): void {
    this.#view.dom.blur();
  }

  destroy(): void {
    this.#view.destroy();
  }

  #trigger(): Trigger | null {
    const { selection } = this.#view.state;
    if (!selection.empty || selection.$from.parent.type !== schema.nodes.line) return null;
    return triggerIn(selection.$from.parent.textBetween(0, selection.$from.parentOffset, "\n", "\ufffc"));
  }

  #run(command: Command): boolean {
    catchUp(this.#view);
    const isDone = command(this.#view.state, this.#view.dispatch);
    this.#view.focus();
    return isDone;
  }
}

/** Browsers tell of a new selection after the key that made it, and on a slow machine after the next one too. */
function catchUp(view: EditorView): void {
  const chosen = view.dom.ownerDocument.getSelection();
  const { anchorNode, focusNode } = chosen ?? {};
  if (view.composing || !anchorNode || !focusNode || !view.dom.contains(anchorNode) || !view.dom.contains(focusNode)) return;
  const anchor = view.posAtDOM(anchorNode, chosen!.anchorOffset);
  const head = view.posAtDOM(focusNode, chosen!.focusOffset);
  if (anchor === view.state.selection.anchor && head === view.state.selection.head) return;
  const { doc } = view.state;
  view.dispatch(view.state.tr.setSelection(TextSelection.between(doc.resolve(anchor), doc.resolve(head))));
}

function stateOf(rich: Rich, wishes: Wishes): EditorState {
  const doc = fromRich(rich);
  const askLink: Command = (state) => {
    // With nothing chosen this key opens the palette, as everywhere.
    if (state.selection.empty && active(state).url === "") return false;
    wishes.onlink();
    return true;
  };
  return EditorState.create({
    doc,
    selection: Selection.atEnd(doc),
    plugins: [
      history(),
      showsHoles(),
      shortcuts(),
      keymap({
        "Mod-z": undo,
        "Mod-y": redo,
        "Shift-Mod-z": redo,
        "Mod-b": toggle("bold"),
        "Mod-i": toggle("italic"),
        "Mod-u": toggle("underline"),
        "Mod-e": toggle("code"),
        "Mod-k": askLink,
        "Shift-Mod-k": () => (wishes.onlink(), true),
        Enter: enter,
        "Shift-Enter": enter,
        Backspace: chainCommands(backspace, baseKeymap.Backspace!),
      }),
      // Sending has the key that would leave lines of code.
      keymap({ ...baseKeymap, "Mod-Enter": () => false }),
    ],
  });
}

function sliceOf(text: string, context: ResolvedPos): Slice {
  const { content } = fromRich({ text: text.replace(/\r\n?/g, "\n"), spans: [] });
  if (context.parent.type === schema.nodes.code_lines) return new Slice(Fragment.from(schema.text(text)), 0, 0);
  return new Slice(content, 1, 1);
}

/** A part of one line is copied as that line. */
function blocksOf(content: Fragment): Fragment {
  return content.firstChild?.isText ? Fragment.from(schema.nodes.line!.create(null, content)) : content;
}

/** Nothing is written in it, was, or is about to be: for the next draft that is empty it is as good as new. */
const isUntouched = (state: EditorState): boolean => isEmpty(state.doc) && !state.storedMarks && undoDepth(state) + redoDepth(state) === 0;
const isEmpty = (doc: Node): boolean => doc.childCount === 1 && doc.firstChild!.content.size === 0 && !doc.firstChild!.attrs.list;
const sameSpans = (one: Rich, other: Rich): boolean => JSON.stringify(one.spans) === JSON.stringify(other.spans);
