import type { Chat } from "./chat";

const PATIENCE = 10_000;

/** The visitor is done: the desk is told, and asks how it was. Raises Refused. */
export async function end(chat: Chat): Promise<void> {
  await chat.api.ask("end", { method: "POST" }, await chat.token());
}

/** What was said leaves this browser: whoever writes next is somebody new to the desk. For unknown visitors. */
export async function forget(chat: Chat): Promise<void> {
  const { guest } = chat.keep.read();
  chat.stop();
  chat.keep.dropAll();
  chat.uploads?.clear();
  chat.draft.value = "";
  chat.answers.forget();
  chat.rateable.value = undefined;
  chat.sessions.leave();
  if (guest) await chat.api.logout(guest.token).catch(() => undefined);
}

/** What this chat was joined with is not them: agents read it, and no account is spoken of here until they have. */
export async function doubt(chat: Chat, words: string): Promise<void> {
  await chat.api.ask("not-me", { method: "POST" }, await chat.token());
  await tell(chat, words);
}

/** Says something on the visitor's wish, in words that agents read. Raises if it was not taken: then it is not sent later either. */
export async function tell(chat: Chat, words: string): Promise<void> {
  const clientId = chat.say(words);
  try {
    await settled(chat, clientId);
  } catch (error) {
    chat.drop(clientId);
    throw error;
  }
}

/** This message is not on its way any more, whatever became of others. */
function settled(chat: Chat, clientId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = setTimeout(() => done("the desk did not take it in time"), PATIENCE);
    const done = (trouble?: string) => {
      clearTimeout(over);
      unwatch();
      if (trouble === undefined) resolve();
      else reject(new Error(trouble));
    };
    const unwatch = chat.queue.subscribe((queue) => {
      const draft = queue.find((one) => one.client_id === clientId);
      if (!draft || draft.failed !== undefined) queueMicrotask(() => done(draft?.failed));
    });
  });
}
