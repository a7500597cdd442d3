/** @file The click of a stone, made here; off unless asked for. */

/** @type {AudioContext | null} */
let context = null;

/** A stone is put down; those of White sound a little higher. @param {number} color */
export function click(color) {
  context ??= new AudioContext();
  const now = context.currentTime;
  const length = 0.07;
  const buffer = context.createBuffer(1, Math.ceil(length * context.sampleRate), context.sampleRate);
  const samples = buffer.getChannelData(0);
  for (let at = 0; at < samples.length; at++)
    samples[at] = (2 * Math.random() - 1) * Math.exp(-at / (0.006 * context.sampleRate));
  const source = new AudioBufferSourceNode(context, { buffer });
  const tone = new BiquadFilterNode(context, { type: "bandpass", frequency: color > 0 ? 1500 : 2000, Q: 2.4 });
  source
    .connect(tone)
    .connect(new GainNode(context, { gain: 0.9 }))
    .connect(context.destination);
  source.start(now);
}
