import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { lazily } from "../components/lazily.tsx";
import { IconButton } from "../components/icon_button.tsx";
import type { ChatState } from "../state/chat.ts";
import { t } from "../texts/texts.ts";
import type { WritingMode } from "./writing_mode.ts";
import { AttachButton } from "./attach_button.tsx";
import { ComposerContext } from "./composer_context.tsx";

const UploadList = lazily(async () => (await import("./upload_list.tsx")).UploadList);

/** Milliseconds without a key after which the others learn that the person has stopped writing. */
const STOPPED_MS = 5_000;

interface ComposerProps {
  chat: ChatState;
  mode: WritingMode;
  onMode(mode: WritingMode): void;
}

export function Composer({ chat, mode, onMode }: ComposerProps) {
  const { client, drafts } = useApp();
  const [text, setText] = useState(() => drafts.read(chat.id));
  const input = useRef<HTMLTextAreaElement>(null);
  const { uploads } = chat;
  const editing = mode?.kind === "edit" ? mode.message : null;

  useEffect(() => {
    if (mode?.kind === "edit") setText(mode.message.text);
    if (mode) input.current!.focus();
  }, [mode]);
  // With a mouse and a keyboard one writes at once; on a phone the keyboard would cover the messages.
  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) input.current!.focus();
    return () => chat.tellTyping(false);
  }, [chat]);
  useEffect(() => {
    if (text.trim() === "") return;
    const timer = setTimeout(() => chat.tellTyping(false), STOPPED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useLayoutEffect(() => grow(input.current!), [text]);

  const change = (next: string) => {
    setText(next);
    if (editing) return;
    drafts.write(chat.id, next);
    chat.tellTyping(next.trim() !== "");
  };
  const stop = () => {
    if (editing) setText(drafts.read(chat.id));
    onMode(null);
  };
  const submit = () => {
    const written = text.trim();
    const hasFiles = !editing && uploads.items.peek().some(({ mediaId }) => mediaId !== null);
    if ((written === "" && !hasFiles && !editing?.media.length) || uploads.isBusy) return;
    if (editing) {
      // As with a message, a refusal shows at the message itself.
      client.edit(chat.id, editing.id, written).catch(() => {});
      return stop();
    }
    change("");
    onMode(null);
    // A refusal shows at the message itself.
    const mediaIds = uploads.take();
    const content = {
      ...(written !== "" && { text: written }),
      ...(mediaIds.length > 0 && { mediaIds }),
      replyTo: mode?.message.id,
    };
    client.send(chat.id, content).catch(() => {});
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && mode) stop();
    else if (event.key === "ArrowUp" && text === "") {
      const last = lastOwn(chat);
      if (!last) return;
      event.preventDefault();
      onMode({ kind: "edit", message: last });
    }
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {mode && <ComposerContext mode={mode} onStop={stop} />}
      {uploads.items.value.length > 0 && <UploadList uploads={uploads} />}
      <AttachButton onFiles={(files) => uploads.add(files)} />
      <textarea
        ref={input}
        class="input"
        rows={1}
        dir="auto"
        placeholder={t().message}
        aria-label={t().message}
        enterkeyhint="send"
        value={text}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          const files = [...event.clipboardData?.files ?? []];
          if (files.length === 0) return;
          event.preventDefault();
          uploads.add(files);
        }}
      />
      <IconButton
        icon="send"
        label={t().send}
        type="submit"
        class="send"
        flips
        disabled={uploads.isBusy}
      />
    </form>
  );
}

function lastOwn(chat: ChatState) {
  return chat.messages.peek().findLast(({ senderId, deletedAt, status, kind }) =>
    senderId === chat.myId && deletedAt === null && status === "sent" && kind !== "system"
  );
}

/** As high as its text, up to what the style allows. */
function grow(input: HTMLTextAreaElement): void {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + 2}px`;
}
