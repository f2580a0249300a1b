// Two short tones, made here: no file to fetch.
const TONES = [660, 880];
const LENGTH = 0.12;
const LOUDNESS = 0.08;
let context: AudioContext | undefined;

/** Silent where the browser has not been clicked yet, or has no sound. */
export function ring(): void {
  if (typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  void context.resume().catch(() => undefined);
  const gain = context.createGain();
  gain.gain.value = LOUDNESS;
  gain.connect(context.destination);
  TONES.forEach((tone, at) => {
    const oscillator = (context as AudioContext).createOscillator();
    const begin = (context as AudioContext).currentTime + at * LENGTH;
    oscillator.frequency.value = tone;
    oscillator.connect(gain);
    oscillator.start(begin);
    oscillator.stop(begin + LENGTH);
  });
}
