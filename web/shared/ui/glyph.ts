import type { Component } from "svelte";
import Glyph from "./Glyph.svelte";

export interface GlyphProps {
  size?: number;
  "aria-label"?: string;
  "aria-hidden"?: "true";
}

/** A part that draws this line and takes what the library's icons are given here. */
export function drawn(line: string): Component<GlyphProps> {
  // The props stay the object that they are: theirs are getters, read when they change.
  return (internals, props) => Glyph(internals, Object.defineProperty(props, "line", { value: line }) as never);
}
