// What people type in Markdown, as they type it.
import { InputRule, inputRules } from "prosemirror-inputrules";
import type { Command, Transaction } from "prosemirror-state";
import type { Mark } from "../../shared/rich";
import { setList, toggle } from "./commands";
import { schema } from "./schema";

/** Signs that begin a line or stand around words become what they mean. */
export function shortcuts() {
  const begins = (pattern: RegExp, command: Command): InputRule =>
    new InputRule(pattern, (state, _match, start, end) => {
      if (state.doc.resolve(start).parent.type !== schema.nodes.line) return null;
      const cleared = state.tr.delete(start, end);
      let done: Transaction | null = null;
      command(state.apply(cleared), (transaction) => (done = transaction));
      for (const step of (done as Transaction | null)?.steps ?? []) cleared.step(step);
      return cleared;
    });
  const wraps = (pattern: RegExp, mark: Mark): InputRule =>
    new InputRule(pattern, (state, match, start, end) => {
      const words = match[1]!;
      if (state.doc.resolve(start).parent.type !== schema.nodes.line) return null;
      const from = start + match[0].indexOf(match[0].trimStart());
      const type = schema.marks[mark]!;
      const marks = type.create().addToSet(state.doc.resolve(from).marksAcross(state.doc.resolve(end)) ?? []);
      return state.tr.replaceWith(from, end, schema.text(words, marks)).removeStoredMark(type);
    });
  return inputRules({
    rules: [
      begins(/^> $/, toggle("quote")),
      begins(/^[-*•] $/, setList("bullet")),
      begins(/^1\. $/, setList("number")),
      begins(/^``` $/, toggle("pre")),
      wraps(/(?:^|\s)\*\*([^*\s](?:[^*]*[^*\s])?)\*\*$/, "bold"),
      wraps(/(?:^|\s)_([^_\s](?:[^_]*[^_\s])?)_$/, "italic"),
      wraps(/(?:^|\s)~~([^~\s](?:[^~]*[^~\s])?)~~$/, "strike"),
      wraps(/(?:^|\s)`([^`]+)`$/, "code"),
    ],
  });
}
