import { useApp } from "../app/context.ts";
import { signalOf } from "../state/signal_of.ts";
import { Icon } from "../components/icon.tsx";
import { bytesOf } from "../texts/amounts.ts";
import type { Attachment } from "./attachment.ts";

export function FileCard({ file }: { file: Attachment }) {
  const { client } = useApp();
  return (
    <a
      class="file-card"
      href={signalOf(client.files.watchUrl(file.id)).value ?? undefined}
      download={file.name}
    >
      <span class="file-icon">
        <Icon name="clip" />
      </span>
      <span class="file-name">
        <bdi class="ellipsis">{file.name}</bdi>
        <span class="muted small">{bytesOf(file.size)}</span>
      </span>
    </a>
  );
}
