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
  const answer = await chat.api.ask("rating", {}, await chat.token());
  chat.rateable.value = ((await answer.json()) as { case: Rateable | null }).case ?? undefined;
}

/** Raises Refused. */
export async function rate(chat: Chat, key: string, rating: number, comment: string): Promise<void> {
  const body = JSON.stringify({ key, rating, comment });
  const headers = { "Content-Type": "application/json" };
  const answer = await chat.api.ask("rating", { method: "POST", body, headers }, await chat.token());
  chat.rateable.value = ((await answer.json()) as { case: Rateable }).case;
}
