// What stands here stands still: nothing is moving, and what was asked for has been drawn.
async () => {
  const roots = [document, ...[...document.querySelectorAll("*")].flatMap((one) => one.shadowRoot ?? [])];
  const moving = () =>
    roots
      .flatMap((root) => root.getAnimations())
      .filter((one) => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity);
  const idle = () =>
    new Promise((resolve) => requestAnimationFrame(() => requestIdleCallback(resolve, { timeout: 2000 })));
  await idle();
  for (let now = moving(); now.length > 0; now = moving()) await Promise.allSettled(now.map((one) => one.finished));
  await idle();
};
