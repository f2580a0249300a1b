// What an operator's own page does: tell the widget who is signed in, with a token of its server.
const who = document.currentScript.dataset.as;

function token() {
  return fetch(`token?as=${encodeURIComponent(who)}`)
    .then((answer) => answer.json())
    .then((answer) => answer.token);
}

// An array until the widget is there; then it has the same `push`, and carries out what waited.
window.onethread = window.onethread || [];
window.onethread.push(who ? ["identify", token] : ["logout"]);
