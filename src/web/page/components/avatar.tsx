import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { signalOf } from "../state/signal_of.ts";

const TONES = 8;

interface AvatarProps {
  /** Id of the person or group, which chooses the tone. */
  id: string;
  name: string;
  /** The picture, if there is one. */
  mediaId?: string | null;
  /** Shows the presence of this person, too. */
  presenceOf?: string | null;
  size?: "s" | "m" | "l";
}

/**
 * The picture, or initials on one of eight tones, always the same one for an id. Decoration: the
 * name stands beside it.
 */
export function Avatar({ id, name, mediaId, presenceOf, size = "m" }: AvatarProps) {
  return (
    <span class={`avatar size-${size} tone-${toneOf(id)}`} aria-hidden="true">
      {initialsOf(name)}
      {mediaId && <AvatarPicture key={mediaId} mediaId={mediaId} />}
      {presenceOf && <PresenceDot userId={presenceOf} />}
    </span>
  );
}

function AvatarPicture({ mediaId }: { mediaId: string }) {
  const { client } = useApp();
  const [hasThumbnail, setHasThumbnail] = useState(true);
  const url = signalOf(client.files.watchUrl(mediaId)).value;
  if (url === null) return null;
  const source = hasThumbnail ? `${url}&thumbnail` : url;
  return <img src={source} alt="" decoding="async" onError={() => setHasThumbnail(false)} />;
}

function PresenceDot({ userId }: { userId: string }) {
  const state = useApp().people.person(userId).presence?.state;
  const isShown = state === "online" || state === "away" || state === "busy";
  return isShown ? <span class={`dot ${state}`} /> : null;
}

function toneOf(id: string): number {
  let hash = 0;
  for (const unit of id) hash = (hash * 31 + unit.charCodeAt(0)) >>> 0;
  return hash % TONES;
}

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return "?";
  return words.slice(0, 2).map((word) => [...word][0]).join("").toUpperCase();
}
