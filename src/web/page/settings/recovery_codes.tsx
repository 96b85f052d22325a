import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { account } from "../texts/account/account.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { saveFile } from "./save_file.ts";

/** Codes that are shown only now: to be copied, downloaded or printed. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone(): void }) {
  const { me } = useApp();
  const heading = account.t().codesFile(me.value?.username ?? "");
  const text = [heading, "", ...codes, ""].join("\n");
  const copy = () => attempt(() => navigator.clipboard.writeText(text), t().copied);
  const download = () => saveFile(new Blob([text], { type: "text/plain" }), "recovery-codes.txt");
  return (
    <div class="recovery">
      <h4>{account.t().codesTitle}</h4>
      <p class="small">{account.t().codesText}</p>
      <div class="printed">
        <p class="print-heading">{heading}</p>
        <ul class="codes" aria-label={m().recoveryCodes} dir="ltr">
          {codes.map((code) => <li key={code}>{code}</li>)}
        </ul>
      </div>
      <div class="row-buttons">
        <button type="button" class="button secondary" onClick={() => void copy()}>
          {account.t().copyCodes}
        </button>
        <button type="button" class="button secondary" onClick={download}>
          {account.t().downloadCodes}
        </button>
        <button type="button" class="button secondary" onClick={() => print()}>
          {account.t().printCodes}
        </button>
      </div>
      <button type="button" class="button primary" onClick={onDone}>
        {account.t().savedCodes}
      </button>
    </div>
  );
}
