// Places in a text that are still to be filled in: drawn as chips, and gone through with Tab.
import { Plugin, TextSelection, type Command } from "prosemirror-state";
import type { Node } from "prosemirror-model";
import { Decoration, DecorationSet } from "prosemirror-view";
import { holesIn } from "./triggers";

type Range = { from: number; to: number };

function rangesIn(doc: Node): Range[] {
  const found: Range[] = [];
  doc.descendants((node, position) => {
    if (!node.isTextblock) return true;
    for (const hole of holesIn(node.textContent)) {
      found.push({ from: position + 1 + hole.start, to: position + 1 + hole.end });
    }
    return false;
  });
  return found;
}

export function showsHoles(): Plugin {
  return new Plugin({
    props: {
      decorations: ({ doc }) =>
        DecorationSet.create(doc, rangesIn(doc).map(({ from, to }) => Decoration.inline(from, to, { class: "hole" }))),
    },
  });
}

/** Chooses the next of them, so that typing replaces it; after the last comes the first. */
export function nextHole(isBack: boolean): Command {
  return (state, dispatch) => {
    const all = rangesIn(state.doc);
    const { from, to } = state.selection;
    const next = isBack ? (all.findLast((one) => one.to <= from) ?? all.at(-1)) : (all.find((one) => one.from >= to) ?? all[0]);
    if (!next) return false;
    dispatch?.(state.tr.setSelection(TextSelection.create(state.doc, next.from, next.to)).scrollIntoView());
    return true;
  };
}
