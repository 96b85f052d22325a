import { signal } from "@preact/signals";

/** Types that browsers record, the smallest first; the server takes all of them as sounds. */
const TYPES: readonly [type: string, extension: string][] = [
  ["audio/webm;codecs=opus", "webm"],
  ["audio/ogg;codecs=opus", "ogg"],
  ["audio/mp4", "m4a"],
];
/** Milliseconds between two levels of the meter. */
const METER_MS = 80;
const BITS_PER_SECOND = 32_000;
/** Loudness that counts as full: speech is far below the maximum of the samples. */
const LOUD = 0.25;

/** A recording from the microphone. */
export class Microphone {
  /** Loudness from 0 to 1, last of all; as many as the meter has bars. */
  readonly levels = signal<readonly number[]>([]);
  readonly seconds = signal(0);
  readonly #recorder: MediaRecorder;
  readonly #extension: string;
  readonly #chunks: Blob[] = [];
  readonly #context = new AudioContext();
  readonly #began = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(private readonly stream: MediaStream, bars: number) {
    const [mimeType, extension] = TYPES.find(([type]) => MediaRecorder.isTypeSupported(type)) ??
      ["", "webm"];
    this.#extension = extension;
    const options = { audioBitsPerSecond: BITS_PER_SECOND, ...(mimeType && { mimeType }) };
    this.#recorder = new MediaRecorder(stream, options);
    this.#recorder.ondataavailable = ({ data }) => this.#chunks.push(data);
    this.#recorder.start();
    const analyser = this.#context.createAnalyser();
    this.#context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, each) => sum + each ** 2, 0) / samples.length;
      const level = Math.min(1, Math.sqrt(power) / LOUD);
      this.levels.value = [...this.levels.peek(), level].slice(-bars);
      this.seconds.value = (performance.now() - this.#began) / 1_000;
    }, METER_MS);
  }

  /** Asks for the microphone and begins. Rejects if it may not be used, or there is none. */
  static async open(bars: number): Promise<Microphone> {
    const audio = { echoCancellation: true, noiseSuppression: true };
    return new Microphone(await navigator.mediaDevices.getUserMedia({ audio }), bars);
  }

  /** Ends the recording and returns it. */
  async stop(): Promise<File> {
    const stopped = new Promise((resolve) => this.#recorder.onstop = resolve);
    this.#recorder.stop();
    await stopped;
    this.close();
    const { mimeType } = this.#recorder;
    const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
    return new File(this.#chunks, `voice-${time}.${this.#extension}`, { type: mimeType });
  }

  /** Lets go of the microphone; what is not stopped is lost. */
  close(): void {
    clearInterval(this.#timer);
    for (const track of this.stream.getTracks()) track.stop();
    if (this.#context.state !== "closed") void this.#context.close();
  }
}
