// Where the page is. Links and Back work; nothing is loaded anew, and the focus is never lost with what goes.
import { tick } from "svelte";
import { read, type Route } from "../router";

class Place {
  route: Route = $state.raw(read(location.pathname));
  query: URLSearchParams = $state.raw(new URLSearchParams(location.search));

  begin(): void {
    addEventListener("popstate", () => this.#look());
    addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      if (!link || event.defaultPrevented || event.button !== 0) return;
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
      if (read(link.pathname).screen === "missing") return;
      event.preventDefault();
      this.go(link.pathname + link.search);
    });
  }

  go(path: string, { replaces = false } = {}): void {
    if (path === location.pathname + location.search) return;
    if (replaces) history.replaceState(null, "", path);
    else history.pushState(null, "", path);
    this.#look();
  }

  #look(): void {
    const before = this.route.screen;
    const main = document.getElementById("main");
    this.route = read(location.pathname);
    this.query = new URLSearchParams(location.search);
    // A screen that begins with a field takes the focus from there.
    if (this.route.screen !== before && main?.contains(document.activeElement)) main.focus({ preventScroll: true });
    else if (this.route.screen !== "inbox") void tick().then(() => document.activeElement === document.body && main?.focus({ preventScroll: true }));
  }
}

export const pagePlace = new Place();
