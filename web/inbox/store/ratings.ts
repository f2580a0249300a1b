// Asking how it was: in the chat by its own stars, elsewhere by a sentence that the agent still looks at.
import type { Case, Id, Reach } from "../../shared/api-types";
import { LANGUAGES } from "../../shared/t";
import { api, done } from "./client";
import { c, cIn, loadComposeWords } from "./compose-words.svelte";
import { drafts } from "./drafts.svelte";
import { toasts } from "./toasts.svelte";
import { speech } from "./words.svelte";

export async function askForRating(personId: Id, current: Case | undefined, place: Reach, spoken: string | null): Promise<void> {
  const language = LANGUAGES.find((one) => spoken?.startsWith(one)) ?? speech.language;
  await Promise.all([loadComposeWords(language), loadComposeWords(speech.language)]);
  if (current && place.is_online !== null) {
    const params = { path: { case_id: current.id } };
    await done(api.POST("/api/v1/cases/{case_id}/rating-request", { params }));
    toasts.show(c("rating.asked"));
    return;
  }
  const { text, spans } = drafts.of(personId, "reply");
  const sentence = cIn(language, "rating.sentence");
  drafts.write(personId, "reply", { text: text.trim() ? `${text.trimEnd()}\n\n${sentence}` : sentence, spans });
}
