// Lets one speak as the people of each network, and shows what reached them.
"use strict";

const LOOK_EVERY = 2000;
const words = JSON.parse(document.body.dataset.words);
const DONE = { say: words.said, change: words.changed, delete: words.deleted };
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const cards = [...document.querySelectorAll(".card")];

function post(path, body) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).then(async (answer) => {
    if (answer.ok) return;
    const said = await answer.json().catch(() => ({}));
    throw new Error(said.detail || filled(words.answered, { status: answer.status }));
  });
}

function lineOf(form) {
  const line = {};
  for (const field of form.elements) {
    if (field.name) line[field.name] = field.type === "checkbox" ? field.checked : field.value;
  }
  return line;
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function show(list, heard) {
  const key = JSON.stringify(heard);
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  const rows = heard.map((message) => {
    const row = element("li", "");
    row.dir = "auto";
    if (message.subject) row.append(element("b", message.subject));
    row.append(message.text);
    const files = message.attachments.length ? ` · ${message.attachments.join(", ")}` : "";
    row.append(element("small", new Date(message.at).toLocaleString(document.documentElement.lang) + files));
    return row;
  });
  list.replaceChildren(...(rows.length ? rows : [element("li", words.nothing, "none")]));
}

async function look(card) {
  const address = card.querySelector("[name=address]")?.value.trim();
  card.querySelector(".who").textContent = address || words.them;
  if (!address) return;
  const path = `/sandbox/${card.dataset.account}/heard?address=${encodeURIComponent(address)}`;
  const answer = await fetch(path).catch(() => undefined);
  if (answer?.ok) show(card.querySelector(".heard"), await answer.json());
}

async function lookAround() {
  if (document.visibilityState === "visible") await Promise.all(cards.map(look));
  setTimeout(lookAround, LOOK_EVERY);
}

for (const card of cards) {
  const form = card.querySelector("form");
  const outcome = card.querySelector(".outcome");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button");
    button.disabled = true;
    try {
      await post(`/sandbox/${card.dataset.account}/${button.value}`, lineOf(form));
      outcome.classList.remove("bad");
      outcome.textContent = DONE[button.value];
      if (button.value !== "delete") form.elements.text.value = "";
    } catch (error) {
      outcome.classList.add("bad");
      outcome.textContent = error.message;
    }
    button.disabled = false;
  });
}

const button = document.getElementById("script");
const progress = document.getElementById("progress");
const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

// Everybody takes the next network in turn; who only claims to be somebody takes another one.
button.addEventListener("click", async () => {
  button.disabled = true;
  const lines = await (await fetch("/sandbox/script/lines")).json();
  let failed = 0;
  for (const [index, line] of lines.entries()) {
    progress.textContent = filled(words.writes, { number: index + 1, count: lines.length, person: line.person });
    const card = cards[index % cards.length];
    const fields = new Set([...card.querySelectorAll("[name]")].map((field) => field.name));
    const said = Object.fromEntries(Object.entries(line).filter(([name]) => fields.has(name)));
    await post(`/sandbox/${card.dataset.account}/say`, said).catch(() => failed++);
    await pause(700 + Math.random() * 1800);
  }
  progress.textContent = failed ? filled(words.failed, { count: failed }) : words.done;
  button.disabled = false;
});

void lookAround();

// The people of a demonstration, who write by themselves: busier, or quieter.
const busy = document.getElementById("busy");
if (busy) {
  const pace = document.getElementById("pace");
  const tell = (now) => {
    busy.max = now.most;
    busy.value = now.per_minute;
    pace.textContent = filled(words.pace, { n: now.per_minute, said: now.said });
  };
  const ask = (options) => fetch("/sandbox/crowd", options).then((answer) => (answer.ok ? answer.json().then(tell) : undefined));
  const calmly = () => ask().catch(() => undefined);
  busy.addEventListener("change", () => {
    const body = JSON.stringify({ per_minute: Number(busy.value) });
    ask({ method: "PUT", headers: { "Content-Type": "application/json" }, body }).catch(() => undefined);
  });
  setInterval(calmly, LOOK_EVERY);
  calmly();
}
