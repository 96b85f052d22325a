import { useRef, useState } from "preact/hooks";
import { IconButton } from "../components/icon_button.tsx";
import { language } from "../texts/texts.ts";
import { clockOf } from "../texts/amounts.ts";
import { writing } from "../texts/writing/writing.ts";

const PLAY = "M8 5l11 7-11 7z";
const PAUSE = "M8 5v14M16 5v14";
const SPEEDS = [1, 1.5, 2];
/** Seconds beyond the end of every recording. */
const BEYOND = 1e7;

/** Only one sounds at a time. */
let current: HTMLAudioElement | null = null;

/** Plays a sound, at up to twice its speed. Nothing but its beginning is fetched before. */
export function AudioPlayer({ src, label }: { src: string; label: string }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [seconds, setSeconds] = useState(0);
  const [duration, setDuration] = useState(0);
  const [speed, setSpeed] = useState(1);
  const toggle = () => {
    if (!audio.current!.paused) return audio.current!.pause();
    if (current !== audio.current) current?.pause();
    current = audio.current;
    // A new source begins at plain speed.
    audio.current!.playbackRate = speed;
    void audio.current!.play().catch(() => setPlaying(false));
  };
  const hasten = () => {
    const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
    audio.current!.playbackRate = next;
    setSpeed(next);
  };
  // Events may still come when the player is gone, so they use their own element.
  const measure = ({ currentTarget: sound }: { currentTarget: HTMLAudioElement }) => {
    const { duration } = sound;
    if (Number.isFinite(duration)) {
      setDuration(duration);
      if (sound.currentTime >= duration && sound.paused) sound.currentTime = 0;
      // A recording of a browser does not say how long it is: its end is found by going there.
    } else sound.currentTime = BEYOND;
  };
  const factor = `${new Intl.NumberFormat(language.value.code).format(speed)}×`;
  return (
    <div class="player" role="group" aria-label={label}>
      <audio
        ref={audio}
        src={src}
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onLoadedMetadata={measure}
        onDurationChange={measure}
        onTimeUpdate={({ currentTarget }) => {
          setSeconds(Math.min(currentTarget.currentTime, duration || BEYOND));
        }}
        onEnded={({ currentTarget }) => currentTarget.currentTime = 0}
      />
      <IconButton
        path={isPlaying ? PAUSE : PLAY}
        class="player-play"
        label={isPlaying ? writing.t().pause : writing.t().play}
        onClick={toggle}
      />
      <input
        type="range"
        min={0}
        max={duration || 1}
        step="any"
        value={duration > 0 ? seconds : 0}
        aria-label={writing.t().position}
        aria-valuetext={clockOf(seconds)}
        onInput={(event) => audio.current!.currentTime = Number(event.currentTarget.value)}
      />
      <span class="player-time small muted">
        {clockOf(isPlaying || seconds > 0 ? seconds : duration)}
      </span>
      <button
        type="button"
        class="player-speed small"
        aria-label={writing.t().speed(factor)}
        title={writing.t().speed(factor)}
        onClick={hasten}
      >
        {factor}
      </button>
    </div>
  );
}
