import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

type Part<P> = (shown: P) => ComponentChildren;

const RETRY = 4000;

/** A part that comes with the first need of it, as soon as it can be had. Until then there is nothing. */
export function later<P extends object>(load: () => Promise<Part<P>>): Part<P> {
  const loaded = signal<{ Part: Part<P> } | undefined>(undefined);
  return function Later(shown: P) {
    useEffect(() => {
      let again: ReturnType<typeof setTimeout> | undefined;
      const ask = () =>
        load().then(
          (Part) => (loaded.value = { Part }),
          () => {
            if (isWanted) again = setTimeout(ask, RETRY);
          },
        );
      let isWanted = true;
      if (!loaded.value) void ask();
      return () => {
        isWanted = false;
        clearTimeout(again);
      };
    }, []);
    const Part = loaded.value?.Part as ((shown: P) => never) | undefined;
    return Part ? <Part {...shown} /> : null;
  };
}
