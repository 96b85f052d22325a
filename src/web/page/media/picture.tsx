import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { signalOf } from "../state/signal_of.ts";
import { lazily } from "../components/lazily.tsx";
import { writing } from "../texts/writing/writing.ts";
import type { Attachment } from "./attachment.ts";
import { sizeWithin } from "./size_within.ts";

const Gallery = writing.lazily(async () => (await import("./gallery.tsx")).Gallery);
const ThumbHash = lazily(async () => (await import("./thumb_hash.tsx")).ThumbHash);

/** Pixels of a picture in a message at most; several share the width. */
const MAX_ALONE = { width: 320, height: 320 };
const MAX_AMONG = { width: 156, height: 156 };

export interface PictureProps {
  picture: Attachment;
  /** All pictures of the message. */
  among: Attachment[];
  /** URL of a decrypted picture; null until it is known. */
  url?: string | null;
}

/**
 * A picture's place is as large as the picture from the beginning, and shows its ThumbHash until it
 * is here.
 */
export function Picture({ picture, among, url: given }: PictureProps) {
  const { client } = useApp();
  const [isOpen, setOpen] = useState(false);
  const [isHere, setHere] = useState(false);
  const [hasThumbnail, setHasThumbnail] = useState(given === undefined);
  const { width, height } = sizeWithin(picture, among.length > 1 ? MAX_AMONG : MAX_ALONE);
  const url = given === undefined ? signalOf(client.files.watchUrl(picture.id)).value : given;
  return (
    <>
      <button
        type="button"
        class="picture"
        style={{ width: `${width}px`, aspectRatio: `${width} / ${height}` }}
        onClick={() => setOpen(true)}
      >
        {picture.thumbHash && !isHere && <ThumbHash hash={picture.thumbHash} />}
        {url && (
          <img
            src={hasThumbnail ? `${url}&thumbnail` : url}
            alt={picture.name}
            width={width}
            height={height}
            loading="lazy"
            decoding="async"
            onLoad={() => setHere(true)}
            // A small picture, or an animated one, has no thumbnail.
            onError={() => setHasThumbnail(false)}
          />
        )}
        {!url && <span class="visually-hidden">{picture.name}</span>}
      </button>
      {isOpen && (
        <Gallery
          pictures={among}
          first={among.indexOf(picture)}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
