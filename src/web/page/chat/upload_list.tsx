import { Icon } from "../components/icon.tsx";
import { IconButton } from "../components/icon_button.tsx";
import type { Uploads } from "../state/uploads.ts";
import { bytesOf } from "../texts/format.ts";
import { t } from "../texts/texts.ts";

/** Above the box: files that go with the message. */
export function UploadList({ uploads }: { uploads: Uploads }) {
  const items = uploads.items.value;
  if (items.length === 0) return null;
  return (
    <ul class="uploads" aria-label={t().files}>
      {items.map(({ id, name, size, progress, mediaId, fault }) => (
        <li key={id} class="upload">
          <Icon name={fault ? "alert" : "clip"} />
          <div>
            <p class="small ellipsis">{name}</p>
            {fault
              ? <p class="small upload-fault" role="alert">{fault}</p>
              : <p class="small muted">{bytesOf(size)}</p>}
          </div>
          <IconButton
            icon="close"
            label={t().removeFile(name)}
            onClick={() => uploads.remove(id)}
          />
          {mediaId === null && fault === null && (
            <progress aria-label={t().uploading(name)} max={1} value={progress || undefined} />
          )}
        </li>
      ))}
    </ul>
  );
}
