let context: AudioContext | undefined;

/** Two short tones: made here, so that no page's policy has to allow a file. */
export async function chime(): Promise<void> {
  context ??= new AudioContext();
  if (context.state === "suspended") await context.resume();
  const start = context.currentTime;
  for (const [at, pitch] of [[0, 660], [0.12, 880]] as const) {
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.08, start + at);
    loudness.gain.exponentialRampToValueAtTime(0.001, start + at + 0.3);
    tone.connect(loudness).connect(context.destination);
    tone.start(start + at);
    tone.stop(start + at + 0.3);
  }
}
