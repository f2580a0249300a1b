import type { Chat } from "./chat";

/** What may be rated now; as `router/web/visitor_ratings.py` has it. */
export interface Rateable {
  key: string;
  rating: number | null;
  comment: string;
  until: string;
}

/** Whether there is something to rate; asked when the chat is opened and whenever a case changes. */
export async function look(chat: Chat): Promise<void> {
  if (!chat.sessions.isKept) return;
  const answer = await chat.api.json<{ case: Rateable | null }>("rating", {}, await chat.token());
  chat.rateable.value = answer.case ?? undefined;
}

/** Raises Refused. */
export async function rate(chat: Chat, key: string, rating: number, comment: string): Promise<void> {
  const answer = await chat.api.post<{ case: Rateable }>("rating", { key, rating, comment }, await chat.token());
  chat.rateable.value = answer.case;
}
