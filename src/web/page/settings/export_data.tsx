import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { Section } from "../components/section.tsx";
import { showToast } from "../state/toast.ts";
import { account } from "../texts/account/account.ts";
import { faultText } from "../texts/fault_text.ts";
import { bytesOf } from "../texts/amounts.ts";
import { withProof } from "./proof_state.ts";
import { readChunks } from "./read_chunks.ts";
import { saveFile } from "./save_file.ts";

const FILE = "realtimechat-export.json";

type State = { kind: "idle" } | { kind: "running"; size: number } | { kind: "done"; file: Blob };

/** Collects everything that the server stores about the person, and offers it as a file. */
export function ExportData() {
  const { client } = useApp();
  const [state, setState] = useState<State>({ kind: "idle" });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const start = async () => {
    const { signal } = running.current = new AbortController();
    const show = (next: State) => signal.aborted || setState(next);
    show({ kind: "running", size: 0 });
    try {
      const response = await withProof(() => client.exportData(signal));
      const file = await readChunks(response, (size) => show({ kind: "running", size }));
      saveFile(file, FILE);
      show({ kind: "done", file });
    } catch (error) {
      if (signal.aborted) return;
      showToast(faultText(error));
      show({ kind: "idle" });
    }
  };
  const stop = () => {
    running.current?.abort();
    setState({ kind: "idle" });
  };
  return (
    <Section title={account.t().exportTitle}>
      <p class="muted small">{account.t().exportText}</p>
      <div class="row-buttons">
        {state.kind === "idle" && (
          <button
            type="button"
            class="button secondary"
            onClick={() => void start()}
          >
            {account.t().exportStart}
          </button>
        )}
        {state.kind === "running" && (
          <button type="button" class="button secondary" onClick={stop}>
            {account.t().exportStop}
          </button>
        )}
        {state.kind === "done" && (
          <button
            type="button"
            class="button primary"
            onClick={() => saveFile(state.file, FILE)}
          >
            {account.t().exportSave}
          </button>
        )}
      </div>
      <div role="status">
        {state.kind === "running" && (
          <>
            <progress class="busy-line" aria-label={account.t().exportTitle} />
            <p class="small">{account.t().exporting(bytesOf(state.size))}</p>
          </>
        )}
        {state.kind === "done" && (
          <p class="note">{account.t().exportDone(bytesOf(state.file.size))}</p>
        )}
      </div>
    </Section>
  );
}
