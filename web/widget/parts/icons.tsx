/** 24x24 paths. */
const PATHS = {
  chat: "M5 3h14a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-6.6l-4.7 3.9A1 1 0 0 1 6 20.1V17H5a3 3 0 0 1-3-3V6a3 3 0 0 1 3-3zm2.5 5.7a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6zm4.5 0a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6zm4.5 0a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6z",
  down: "M6.3 8.3 12 14l5.7-5.7 1.4 1.4L12 16.8 4.9 9.7z",
  send: "M3.4 20.4 21.5 12 3.4 3.6 3.4 10l11 2-11 2z",
  clip: "M16.5 6.5v10a4.5 4.5 0 0 1-9 0v-11a3 3 0 0 1 6 0v10a1.5 1.5 0 0 1-3 0v-9H9v9a3 3 0 0 0 6 0v-10a4.5 4.5 0 0 0-9 0v11a6 6 0 0 0 12 0v-10z",
  file: "M6 2h8l5 5v13a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V4c0-1.1.9-2 2-2zm7 1.5V8h4.5z",
  more: "M5 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
  cross: "m6.4 5 5.6 5.6L17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
};

export function Icon({ name, size = 24, flip = false }: { name: keyof typeof PATHS; size?: number; flip?: boolean }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" class={flip ? "flip" : undefined}>
      <path d={PATHS[name]} />
    </svg>
  );
}
