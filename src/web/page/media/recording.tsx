import { useApp } from "../app/context.ts";
import { signalOf } from "../state/signal_of.ts";
import type { Attachment } from "./media_view.tsx";

/** A video or a sound. Nothing but its beginning is fetched before it is played. */
export function Recording({ recording }: { recording: Attachment }) {
  const { client } = useApp();
  const { id, kind, name } = recording;
  const url = signalOf(client.files.watchUrl(id)).value ?? undefined;
  if (kind === "audio") {
    return <audio class="sound" src={url} controls preload="metadata" aria-label={name} />;
  }
  return <video class="video" src={url} controls preload="metadata" aria-label={name} />;
}
