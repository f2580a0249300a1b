// Runs in the page: when a key or a press was given, and when what it leads to had been painted.
(() => {
  const frame = () => new Promise(requestAnimationFrame);
  // Called in a frame, before it is drawn: what is posted then is heard when it has been.
  const drawn = () => new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  });
  const painted = () => frame().then(drawn);
  const pace = (window.pace = {
    at: 0,
    painted,
    // Milliseconds from the last key or press until `isThere` was true and painted.
    async until(isThere, most = 5000) {
      const give = performance.now() + most;
      for (await frame(); !isThere(); await frame()) {
        if (performance.now() > give) throw new Error("it did not come");
      }
      return (await drawn()) - pace.at;
    },
    title: () => document.querySelector("section.conversation h1[dir=auto]")?.textContent ?? "",
    // Messages that were in the document when the conversation was first seen.
    messages: 0,
    // A conversation other than this one is there, with what was said in it.
    switched(from) {
      return pace.until(() => {
        if (pace.title() === "" || pace.title() === from) return false;
        pace.messages = document.querySelectorAll("[role=log] [data-message]").length;
        return pace.messages > 0;
      });
    },
    async scroll(box, steps, by) {
      const frames = [];
      let rows = 0;
      let empty = 0;
      let before = await frame();
      for (let step = 0; step < steps; step += 1) {
        box.scrollTop += by;
        const now = await frame();
        frames.push(now - before);
        before = now;
        rows = Math.max(rows, box.querySelectorAll("[role=listitem]").length);
        const sight = box.getBoundingClientRect();
        const bones = [...box.querySelectorAll("[role=listitem] > div[aria-hidden]")];
        if (bones.some((one) => one.getBoundingClientRect().bottom > sight.top && one.getBoundingClientRect().top < sight.bottom)) empty += 1;
      }
      return { frames, rows, empty };
    },
  });
  for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, (event) => (pace.at = event.timeStamp), true);
})();
