import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { Icon } from "../components/icon.tsx";
import { IconButton } from "../components/icon_button.tsx";
import { language, t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";
import type { Attachment } from "./attachment.ts";
import { fileUrl } from "./file_url.ts";

const ZOOMS = [1, 1.5, 2, 3, 4];
const IN =
  "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500L21 21M8 10.500h5M10.500 8v5";
const OUT =
  "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500L21 21M8 10.500h5";

interface GalleryProps {
  pictures: Attachment[];
  first: number;
  onClose(): void;
}

/** Pictures as large as the window, or larger; arrows go through them, plus and minus zoom. */
export function Gallery({ pictures, first, onClose }: GalleryProps) {
  const { client } = useApp();
  const dialog = useRef<HTMLDialogElement>(null);
  const [at, setAt] = useState(first);
  const [zoom, setZoom] = useState(0);
  const picture = pictures[at];
  const url = fileUrl(client, picture);
  const step = (by: number) => {
    setAt((at + by + pictures.length) % pictures.length);
    setZoom(0);
  };
  const zoomBy = (by: number) => setZoom(Math.max(0, Math.min(ZOOMS.length - 1, zoom + by)));
  useEffect(() => dialog.current!.showModal(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    const forward = language.peek().direction === "rtl" ? -1 : 1;
    // Enlarged, arrows move the picture.
    if (zoom === 0 && event.key === "ArrowLeft") step(-forward);
    else if (zoom === 0 && event.key === "ArrowRight") step(forward);
    else if (event.key === "+" || event.key === "=") zoomBy(1);
    else if (event.key === "-") zoomBy(-1);
    else return;
    event.preventDefault();
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
        <IconButton
          path={OUT}
          label={writing.t().zoomOut}
          disabled={zoom === 0}
          onClick={() => zoomBy(-1)}
        />
        <IconButton
          path={IN}
          label={writing.t().zoomIn}
          disabled={zoom === ZOOMS.length - 1}
          onClick={() => zoomBy(1)}
        />
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
            flips
            label={t().previousPicture}
            onClick={() => step(-1)}
          />
        )}
        <div
          class={zoom > 0 ? "gallery-frame zoomed" : "gallery-frame"}
          tabIndex={zoom > 0 ? 0 : -1}
        >
          {url && (
            <img
              src={url}
              alt={picture.name}
              style={{ width: `${ZOOMS[zoom] * 100}%`, height: `${ZOOMS[zoom] * 100}%` }}
              onClick={() => setZoom(zoom > 0 ? 0 : 2)}
            />
          )}
        </div>
        {pictures.length > 1 && (
          <IconButton
            icon="forth"
            flips
            label={t().nextPicture}
            onClick={() => step(1)}
          />
        )}
      </div>
    </dialog>
  );
}
