import { useRef } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { signalOf } from "../state/signal_of.ts";
import { writing } from "../texts/writing/writing.ts";
import type { Attachment } from "./attachment.ts";

const AudioPlayer = writing.lazily(async () => (await import("./audio_player.tsx")).AudioPlayer);

/** A video or a sound. Nothing but its beginning is fetched before it is played. */
export function Recording({ recording }: { recording: Attachment }) {
  const { client } = useApp();
  const { id, kind, name } = recording;
  const url = signalOf(client.files.watchUrl(id)).value;
  // A renewed address would begin the sound again; the first one works for as long as it is played.
  const first = useRef(url);
  first.current ??= url;
  if (kind === "audio") {
    return (
      <div class="sound">{first.current && <AudioPlayer src={first.current} label={name} />}</div>
    );
  }
  return (
    <video class="video" src={url ?? undefined} controls preload="metadata" aria-label={name} />
  );
}
