// The examples: each button runs its own command, and what the chat tells is written down.
const chat = (...command) => (window.onethread ||= []).push(command);
const heard = document.querySelector(".heard");

for (const name of ["ready", "open", "close", "message", "unread", "expired"]) {
  chat("on", name, (value) => {
    const line = document.createElement("p");
    line.textContent = value === undefined ? name : `${name} ${JSON.stringify(value)}`;
    heard.append(line);
    heard.scrollTop = heard.scrollHeight;
  });
}
for (const button of document.querySelectorAll("[data-run]")) {
  button.addEventListener("click", () => chat(...JSON.parse(button.dataset.run)));
}
