// What of the page's own words is cut off, out of reach, too small for a finger, or in no language file. `mark` is in each of them.
({ mark, width, foreign }) => {
  const found = [];
  const page = document.documentElement.scrollWidth;
  if (page > width) found.push(`the page is ${page} wide`);
  const isTiny = (box) => box.width <= 2 || box.height <= 2;

  function fate(text) {
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    // What waits beyond the top is shown once it has the focus.
    if (isTiny(box) || box.bottom <= 0) return "";
    let reaches = [true, true];
    for (let at = text.parentElement; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const place = at.getBoundingClientRect();
      if (style.visibility !== "visible" || style.opacity === "0" || (isTiny(place) && style.overflow !== "visible")) return "";
      const isRow = style.display === "inline" || style.display === "contents";
      if (isRow) continue;
      // Of a row's marks those that don't fit are left out whole.
      if (at.matches(".marks") && box.top >= place.bottom) return "";
      const [x, y] = [style.overflowX, style.overflowY].map((one) => one === "hidden" || one === "clip");
      if (x && reaches[0] && (box.right > place.right + 1.5 || box.left < place.left - 1.5)) return "is cut off";
      if (y && reaches[1] && (box.bottom > place.bottom + 2.5 || box.top < place.top - 2.5)) return "is cut off";
      reaches = [reaches[0] && !/auto|scroll/.test(style.overflowX), reaches[1] && !/auto|scroll/.test(style.overflowY)];
      if (style.position === "fixed") break;
    }
    if (reaches[0] && (box.right > width + 1 || box.left < -1)) return "is beyond the edge";
    return "";
  }

  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walk.nextNode()) {
    const text = walk.currentNode;
    if (text.parentElement?.closest("script, style") || !text.data.trim()) continue;
    if (!text.parentElement?.checkVisibility({ visibilityProperty: true })) continue;
    if (!text.parentElement?.closest(foreign)) texts.push(text.data.trim());
    if (!text.data.includes(mark)) continue;
    const what = fate(text);
    if (what) found.push(`${text.parentElement?.tagName.toLowerCase()}.${text.parentElement?.className} ${JSON.stringify(text.data.trim().slice(0, 60))} ${what}`);
  }
  // 44 pixels each way (WCAG 2.5.5), but for a link within a sentence. What is hit may reach beyond what is seen.
  const TOUCHED = "a[href], button:enabled, select:enabled, summary, input:enabled, textarea:enabled, [role=menuitem], [role=option]";
  for (const one of document.querySelectorAll(TOUCHED)) {
    const box = (one.matches("[type=checkbox], [type=radio]") ? (one.closest("label") ?? one) : one).getBoundingClientRect();
    if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || isTiny(box) || box.bottom <= 0 || one.matches(".hidden")) continue;
    const isWithin = getComputedStyle(one).display === "inline" && one.parentElement.textContent.trim() !== one.textContent.trim();
    if (isWithin && !one.matches(".reach")) continue;
    const after = getComputedStyle(one, "::after");
    const grown = after.position === "absolute" && after.content !== "none";
    const [high, wide] = grown ? [parseFloat(after.height), parseFloat(after.width)] : [box.height, box.width];
    if (high >= 43.5 && wide >= 43.5) continue;
    const words = (one.getAttribute("aria-label") ?? one.textContent).trim().slice(0, 40);
    found.push(`${one.tagName.toLowerCase()}.${one.className} ${JSON.stringify(words)} is too small: ${Math.round(wide)} x ${Math.round(high)}`);
  }
  for (const name of ["aria-label", "title", "placeholder", "alt"]) {
    for (const one of document.querySelectorAll(`body [${name}]`)) {
      if (!one.closest(foreign)) texts.push(one.getAttribute(name) ?? "");
    }
  }
  return { found, texts: [...new Set(texts)] };
};
