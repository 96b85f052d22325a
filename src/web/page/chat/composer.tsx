import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { IconButton } from "../components/icon_button.tsx";
import { lazily } from "../components/lazily.tsx";
import type { ChatState } from "../state/chat.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";
import { AttachButton } from "./attach_button.tsx";
import { EmojiButton } from "./emoji_button.tsx";
import { insertText } from "./insert_text.ts";
import { sendDraft } from "./send_draft.ts";
import type { WritingMode } from "./writing_mode.ts";

const UploadList = writing.lazily(async () => (await import("./upload_list.tsx")).UploadList);
const Completion = writing.lazily(async () => {
  return (await import("./completion/completion.tsx")).Completion;
});
const VoiceRecorder = writing.lazily(async () => {
  return (await import("../voice/voice_recorder.tsx")).VoiceRecorder;
});
const ComposerContext = lazily(async () =>
  (await import("./composer_context.tsx")).ComposerContext
);

const MICROPHONE =
  "M12 15a3.500 3.500 0 0 0 3.500-3.500v-5a3.500 3.500 0 0 0-7 0v5A3.500 3.500 0 0 0 12 15zM5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3";

/** Milliseconds without a key after which the others learn that the person has stopped writing. */
const STOPPED_MS = 5_000;

interface ComposerProps {
  chat: ChatState;
  mode: WritingMode;
  onMode(mode: WritingMode): void;
}

export function Composer({ chat, mode, onMode }: ComposerProps) {
  const app = useApp();
  const editing = mode?.kind === "edit" ? mode.message : null;
  // The id is the edited message's: a text that was begun for another one is not shown for it.
  const [edit, setEdit] = useState({ id: "", text: "" });
  const [isRecording, setRecording] = useState(false);
  const text = !editing ? chat.text.value : edit.id === editing.id ? edit.text : editing.text;
  const input = useRef<HTMLTextAreaElement>(null);
  const { uploads } = chat;

  useEffect(() => {
    if (mode?.kind !== "edit") setEdit({ id: "", text: "" });
    if (mode) input.current?.focus();
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
  useLayoutEffect(() => input.current ? grow(input.current) : undefined, [text, isRecording]);

  const change = (next: string) => {
    if (editing) return setEdit({ id: editing.id, text: next });
    chat.text.value = next;
    app.drafts.write(chat.id, next);
    chat.tellTyping(next.trim() !== "");
  };
  const saveEdit = ({ id, media, encrypted }: NonNullable<typeof editing>) => {
    if (text.trim() === "" && !media.length && !encrypted?.files.length) return;
    // As with a message, a refusal shows at the message itself.
    app.client.edit(chat.id, id, text.trim()).catch(() => {});
    onMode(null);
  };
  const submit = () => {
    if (editing) return saveEdit(editing);
    if (!sendDraft(app, chat, mode?.message.id)) return;
    chat.tellTyping(false);
    onMode(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && mode) onMode(null);
    else if (event.key === "ArrowUp" && text === "") {
      const last = lastOwn(chat);
      if (!last) return;
      event.preventDefault();
      onMode({ kind: "edit", message: last });
    }
  };
  if (isRecording) {
    return (
      <div class="composer">
        {mode && <ComposerContext mode={mode} onStop={() => onMode(null)} />}
        <VoiceRecorder
          onSend={(file) => {
            uploads.add([file]);
            setRecording(false);
            submit();
          }}
          onClose={() => setRecording(false)}
        />
      </div>
    );
  }
  // The microphone takes the place of the send button while there is nothing to send.
  const mayRecord = text === "" && uploads.items.value.length === 0 && !editing &&
    "MediaRecorder" in globalThis && "mediaDevices" in navigator;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Completion chat={chat} input={input} />
      {mode && <ComposerContext mode={mode} onStop={() => onMode(null)} />}
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
      <EmojiButton onPick={(emoji) => insertText(input.current!, emoji)} />
      {mayRecord
        ? <IconButton path={MICROPHONE} label={t().record} onClick={() => setRecording(true)} />
        : <IconButton icon="send" label={t().send} type="submit" class="send" flips />}
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
