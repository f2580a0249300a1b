// What the toolbar and the keys do to the document.
import { chainCommands, exitCode, newlineInCode, setBlockType, splitBlockAs, toggleMark } from "prosemirror-commands";
import type { NodeType } from "prosemirror-model";
import { TextSelection, type Command, type EditorState } from "prosemirror-state";
import type { Mark } from "../../shared/rich";
import { addressOf, schema, type ListKind } from "./schema";

const { line, code_lines } = schema.nodes as { line: NodeType; code_lines: NodeType };

export type Active = { marks: ReadonlySet<Mark>; url: string; hasWords: boolean };

export const INLINE = ["bold", "italic", "underline", "strike", "code", "spoiler"] as const;

export function toggle(mark: Mark): Command {
  if (mark === "pre") return (state, dispatch) => (inCode(state) ? setBlockType(line) : setBlockType(code_lines))(state, dispatch);
  if (mark === "quote") return eachLine((attrs, isSet) => ({ ...attrs, quote: !isSet }), (attrs) => attrs.quote === true);
  if (mark === "list") return setList("bullet");
  const type = schema.marks[mark];
  return type ? toggleMark(type) : () => false;
}

export function setList(kind: ListKind): Command {
  return eachLine((attrs, isSet) => ({ ...attrs, list: isSet ? "" : kind }), (attrs) => attrs.list === kind);
}

/** Null takes the link away. With nothing selected the whole link is changed, or the address is written out. */
export function setLink(typed: string | null): Command {
  return (state, dispatch) => {
    const type = schema.marks.link!;
    const href = typed === null ? null : addressOf(typed);
    if (typed !== null && href === null) return false;
    let { from, to } = state.selection;
    if (state.selection.empty) [from, to] = linkAround(state) ?? [from, to];
    const change = state.tr.removeMark(from, to, type);
    if (href !== null && from === to) change.insert(from, schema.text(typed!.trim(), [type.create({ href })]));
    else if (href !== null) change.addMark(from, to, type.create({ href }));
    dispatch?.(change.scrollIntoView());
    return true;
  };
}

export function active(state: EditorState): Active {
  const marks = new Set<Mark>();
  const { from, to, empty, $from } = state.selection;
  for (const name of [...INLINE, "link"] as const) {
    const type = schema.marks[name]!;
    const isOn = empty
      ? type.isInSet(state.storedMarks ?? $from.marks()) !== undefined
      : state.doc.rangeHasMark(from, to, type);
    if (isOn) marks.add(name);
  }
  if (inCode(state)) marks.add("pre");
  if ($from.parent.attrs.quote) marks.add("quote");
  if ($from.parent.attrs.list) marks.add("list");
  const link = schema.marks.link!.isInSet($from.marks()) ?? schema.marks.link!.isInSet($from.nodeAfter?.marks ?? []);
  return { marks, url: link ? String(link.attrs.href) : "", hasWords: !empty };
}

/** A new line is as the one before it; an empty one of a list or a quote, and the second in code, ends it. */
export const enter: Command = chainCommands(
  (state, dispatch) => {
    const { $from, empty } = state.selection;
    const { parent } = $from;
    if (!empty) return false;
    if (parent.type === code_lines && $from.parentOffset === parent.content.size && parent.textContent.endsWith("\n")) {
      const change = state.tr.delete($from.pos - 1, $from.pos);
      return exitCode(state.apply(change), dispatch && ((exit) => dispatch(replay(change, exit))));
    }
    if (parent.type !== line || parent.content.size > 0 || (!parent.attrs.list && !parent.attrs.quote)) return false;
    dispatch?.(state.tr.setNodeMarkup($from.before(), undefined, { list: "", quote: false }));
    return true;
  },
  newlineInCode,
  splitBlockAs((node) => ({ type: node.type, attrs: node.attrs })),
);

/** At its beginning, a line of a list or a quote, or code, becomes a plain line first. */
export const backspace: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  const { parent } = $from;
  if (!empty || $from.parentOffset > 0 || (parent.type === line && !parent.attrs.list && !parent.attrs.quote)) return false;
  dispatch?.(state.tr.setNodeMarkup($from.before(), line, { list: "", quote: false }));
  return true;
};

function replay(first: EditorState["tr"], then: EditorState["tr"]): EditorState["tr"] {
  for (const step of then.steps) first.step(step);
  return first.setSelection(TextSelection.near(first.doc.resolve(then.selection.from))).scrollIntoView();
}

function eachLine(
  change: (attrs: Record<string, unknown>, isSet: boolean) => Record<string, unknown>,
  isSet: (attrs: Record<string, unknown>) => boolean,
): Command {
  return (state, dispatch) => {
    const found: { at: number; attrs: Record<string, unknown> }[] = [];
    state.doc.nodesBetween(state.selection.from, state.selection.to, (node, at) => {
      if (node.type === line) found.push({ at, attrs: node.attrs });
    });
    if (found.length === 0) return false;
    const all = found.every((one) => isSet(one.attrs));
    const transaction = state.tr;
    for (const one of found) transaction.setNodeMarkup(one.at, undefined, change(one.attrs, all));
    dispatch?.(transaction);
    return true;
  };
}

function inCode(state: EditorState): boolean {
  return state.selection.$from.parent.type === code_lines;
}

function linkAround(state: EditorState): [number, number] | null {
  const { $from } = state.selection;
  const type = schema.marks.link!;
  const mark = type.isInSet($from.marks()) ?? type.isInSet($from.nodeAfter?.marks ?? []);
  if (!mark) return null;
  let found: [number, number] | null = null;
  $from.parent.forEach((piece, offset) => {
    const from = $from.start() + offset;
    const to = from + piece.nodeSize;
    if (!mark.isInSet(piece.marks)) return;
    if (found && found[1] === from) found = [found[0], to];
    else if (from <= $from.pos && to >= $from.pos) found = [from, to];
  });
  return found;
}
