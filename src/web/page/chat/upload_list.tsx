import { useEffect, useState } from "preact/hooks";
import { Icon } from "../components/icon.tsx";
import { IconButton } from "../components/icon_button.tsx";
import type { Upload, Uploads } from "../state/uploads.ts";
import { bytesOf, percentOf } from "../texts/amounts.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";

/** Above the box: files that go with the message. */
export function UploadList({ uploads }: { uploads: Uploads }) {
  const items = uploads.items.value;
  if (items.length === 0) return null;
  return (
    <>
      <ul class="uploads" aria-label={t().files}>
        {items.map((item) => <UploadItem key={item.id} item={item} uploads={uploads} />)}
      </ul>
      <p class="uploads-queued small muted" role="status">
        {uploads.isQueued.value && writing.t().sendsWhenUploaded}
      </p>
    </>
  );
}

function UploadItem({ item, uploads }: { item: Upload; uploads: Uploads }) {
  const { id, file, progress, mediaId, fault } = item;
  const isBusy = mediaId === null && fault === null;
  return (
    <li class="upload">
      <Face file={file} hasFault={fault !== null} />
      <div>
        <p class="small ellipsis">
          <bdi>{file.name}</bdi>
        </p>
        {fault ? <p class="small upload-fault" role="alert">{fault}</p> : (
          <p class="small muted">
            {bytesOf(file.size)}
            {isBusy && ` · ${percentOf(progress)}`}
          </p>
        )}
        {fault && (
          <button type="button" class="link-button" onClick={() => uploads.retry(id)}>
            {t().retry}
          </button>
        )}
      </div>
      <IconButton
        icon="close"
        label={t().removeFile(file.name)}
        onClick={() => uploads.remove(id)}
      />
      {isBusy && (
        <progress aria-label={t().uploading(file.name)} max={1} value={progress || undefined} />
      )}
    </li>
  );
}

/** The picture itself, if it is one that the browser shows. */
function Face({ file, hasFault }: { file: File; hasFault: boolean }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!/^image\/(png|jpeg|gif|webp|avif)$/.test(file.type)) return;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  if (hasFault) return <Icon name="alert" />;
  return url ? <img class="upload-face" src={url} alt="" /> : <Icon name="clip" />;
}
