// What comes when somebody looks for something in a conversation: the bar, and what it finds by. One chunk.
export { finder, isWide } from "../store/lens.svelte";
export { default as FindBar } from "./FindBar.svelte";
