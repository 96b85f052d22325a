import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { signalOf } from "../state/signal_of.ts";
import { Icon } from "../components/icon.tsx";
import { IconButton } from "../components/icon_button.tsx";
import { t } from "../texts/texts.ts";
import type { Attachment } from "./media_view.tsx";

interface GalleryProps {
  pictures: Attachment[];
  first: number;
  onClose(): void;
}

/** Pictures as large as the window; arrows go through them. */
export function Gallery({ pictures, first, onClose }: GalleryProps) {
  const { client } = useApp();
  const dialog = useRef<HTMLDialogElement>(null);
  const [at, setAt] = useState(first);
  const picture = pictures[at];
  const url = signalOf(client.files.watchUrl(picture.id)).value;
  const step = (by: number) => setAt((at + by + pictures.length) % pictures.length);
  useEffect(() => dialog.current!.showModal(), []);
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === "ArrowLeft") step(-1);
    if (key === "ArrowRight") step(1);
  };
  return (
    <dialog
      ref={dialog}
      class="gallery"
      aria-label={picture.name}
      onClose={onClose}
      onKeyDown={onKeyDown}
    >
      <header>
        <bdi class="ellipsis">{picture.name}</bdi>
        {pictures.length > 1 && <span>{t().ofMany(at + 1, pictures.length)}</span>}
        {url && (
          <a
            class="icon-button"
            href={url}
            download={picture.name}
            aria-label={t().download}
            title={t().download}
          >
            <Icon name="down" />
          </a>
        )}
        <IconButton icon="close" label={t().close} onClick={() => dialog.current!.close()} />
      </header>
      <div class="gallery-picture">
        {pictures.length > 1 && (
          <IconButton
            icon="back"
            label={t().previousPicture}
            onClick={() => step(-1)}
          />
        )}
        {url && <img src={url} alt={picture.name} />}
        {pictures.length > 1 && (
          <IconButton
            icon="forth"
            label={t().nextPicture}
            onClick={() => step(1)}
          />
        )}
      </div>
    </dialog>
  );
}
