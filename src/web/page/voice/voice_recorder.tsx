import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "../components/icon_button.tsx";
import { AudioPlayer } from "../media/audio_player.tsx";
import { announce } from "../state/announcer.ts";
import { showToast } from "../state/toast.ts";
import { clockOf } from "../texts/amounts.ts";
import { writing } from "../texts/writing/writing.ts";
import { Microphone } from "./microphone.ts";

const BARS = 40;
/** Seconds after which a recording ends by itself. */
const MAX_SECONDS = 600;
const STOP = "M7 7h10v10H7z";

interface VoiceRecorderProps {
  onSend(file: File): void;
  onClose(): void;
}

/** In place of the box: records, lets the person listen to it, and sends it. */
export function VoiceRecorder({ onSend, onClose }: VoiceRecorderProps) {
  const [microphone, setMicrophone] = useState<Microphone | null>(null);
  const [file, setFile] = useState<File | null>(null);
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let isClosed = false;
    let opened: Microphone | null = null;
    Microphone.open(BARS).then((found) => {
      if (isClosed) return found.close();
      setMicrophone(opened = found);
      announce(writing.t().recording);
    }, () => {
      showToast(writing.t().noMicrophone);
      onClose();
    });
    return () => {
      isClosed = true;
      opened?.close();
    };
  }, []);
  const seconds = microphone?.seconds.value ?? 0;
  const stop = async () => setFile(await microphone!.stop());
  useEffect(() => {
    if (seconds > MAX_SECONDS && file === null) void stop();
  }, [seconds > MAX_SECONDS]);
  useEffect(() => {
    bar.current!.querySelector<HTMLElement>(".voice-next")?.focus();
  }, [microphone === null, file === null]);
  return (
    <div
      ref={bar}
      class="voice"
      role="group"
      aria-label={writing.t().voiceMessage}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <IconButton icon="trash" label={writing.t().dropRecording} onClick={onClose} />
      {file ? <Preview file={file} /> : (
        <>
          <span class="voice-dot" aria-hidden="true" />
          <span class="voice-time" role="timer" aria-label={writing.t().recording}>
            {clockOf(seconds)}
          </span>
          <Meter levels={microphone?.levels.value ?? []} />
          <IconButton
            path={STOP}
            class="voice-next"
            label={writing.t().stopRecording}
            disabled={microphone === null}
            onClick={() => void stop()}
          />
        </>
      )}
      <IconButton
        icon="send"
        class={file ? "send voice-next" : "send"}
        flips
        label={writing.t().sendRecording}
        disabled={microphone === null}
        onClick={async () => onSend(file ?? await microphone!.stop())}
      />
    </div>
  );
}

function Preview({ file }: { file: File }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url ? <AudioPlayer src={url} label={writing.t().voiceMessage} /> : null;
}

/** The last seconds of loudness; decoration, the time beside it says that it records. */
function Meter({ levels }: { levels: readonly number[] }) {
  const shown = [...Array(BARS - levels.length).fill(0), ...levels];
  return (
    <span class="voice-meter" aria-hidden="true" data-level={levels.at(-1) ?? 0}>
      {shown.map((level, at) => (
        <span
          key={at}
          style={{ height: `${Math.max(8, level * 100)}%` }}
        />
      ))}
    </span>
  );
}
