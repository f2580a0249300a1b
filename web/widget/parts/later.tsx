import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

type Part<P> = (shown: P) => ComponentChildren;

/** A part that comes with the first need of it. Until then there is nothing. */
export function later<P extends object>(load: () => Promise<Part<P>>): Part<P> {
  const loaded = signal<{ Part: Part<P> } | undefined>(undefined);
  return function Later(shown: P) {
    useEffect(() => {
      if (!loaded.value)
        load().then(
          (Part) => (loaded.value = { Part }),
          () => undefined,
        );
    }, []);
    const Part = loaded.value?.Part as ((shown: P) => never) | undefined;
    return Part ? <Part {...shown} /> : null;
  };
}
