import { signal } from "@preact/signals";
import type { Keep } from "./keep";

/** What an unknown visitor says of themselves: it goes with the next message, and proves nothing. */
export class Answers {
  readonly given = signal<Record<string, string> | undefined>(undefined);

  constructor(private readonly keep: Keep) {
    this.given.value = keep.read().answers;
  }

  give(answers: Record<string, string>): void {
    const all = { ...this.keep.read().answers, ...answers };
    this.keep.write({ answers: all, areAnswersSent: false });
    this.given.value = all;
  }

  forget(): void {
    this.given.value = undefined;
  }

  /** Those that no message has taken along yet. */
  take(): Record<string, string> | undefined {
    const { answers, areAnswersSent } = this.keep.read();
    if (!answers || areAnswersSent) return undefined;
    this.keep.write({ areAnswersSent: true });
    return answers;
  }
}
