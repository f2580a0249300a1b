// Runs in the page before its own script: what comes by the feed, and when it had been painted.
(() => {
  const LONGEST = 90;
  const heard = (window.heard = { events: 0, shown: [] });
  // The newest message of each person that the list has shown.
  const newest = new Map();
  const find = (selector) => document.querySelector(selector);
  const isInSight = (found) => {
    const box = found?.getBoundingClientRect();
    return box && box.bottom > 0 && box.top < innerHeight;
  };
  // What an event changes in what is in sight by now, and the server's time of it. Rows further down may wait.
  const wanted = ({ kind, row, message, delivery }) => {
    const isOpen = location.pathname.endsWith(`/${row?.person_id}`);
    if (kind === "message.created") {
      const line = `[data-row="${row.person_id}"]`;
      if (!isOpen && !isInSight(find(line))) return null;
      const known = { kind, direction: message.direction, at: message.received_at };
      if (isOpen) return { ...known, isThere: () => find(`[data-message="${message.id}"]`) };
      return {
        ...known,
        isThere: () => find(line)?.textContent.includes(message.text),
        isShown: () => newest.set(row.person_id, Math.max(message.id, newest.get(row.person_id) ?? 0)),
        isPassed: () => newest.get(row.person_id) > message.id,
      };
    }
    if (kind === "delivery.changed" && delivery.state === "sent" && isOpen) {
      const isThere = () => find(`[data-message="${delivery.message_id}"] .mark.sent`);
      return { kind: "sent", direction: "out", at: delivery.state_at, isThere };
    }
    return null;
  };
  // What does not come within LONGEST frames took for ever, but for a row that showed a newer message instead.
  const follow = (sought, arrived, frames = 0) =>
    requestAnimationFrame(() => {
      const { kind, direction, at, isThere, isShown, isPassed } = sought;
      if (!isThere()) {
        if (frames < LONGEST) follow(sought, arrived, frames + 1);
        else if (!isPassed?.()) heard.shown.push({ kind, direction, since_heard: Infinity, since_told: Infinity });
        return;
      }
      isShown?.();
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const now = performance.now();
        heard.shown.push({ kind, direction, since_heard: now - arrived, since_told: performance.timeOrigin + now - Date.parse(at) });
      };
      channel.port2.postMessage(0);
    });
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", (event) => {
        const frame = JSON.parse(event.data);
        if (frame.type !== "event") return;
        heard.events += 1;
        const sought = wanted(frame);
        if (sought) follow(sought, event.timeStamp);
      });
    }
  };
})();
