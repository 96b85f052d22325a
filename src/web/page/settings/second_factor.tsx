import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Section } from "../components/section.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { m } from "../texts/more.ts";
import { CodeEntry } from "./code_entry.tsx";
import { withProof } from "./proof_state.ts";
import { QrCode } from "./qr_code.tsx";

type Step = { kind: "key"; secret: string; qrSvg: string } | { kind: "codes"; codes: string[] } | {
  kind: "off" | "renew";
} | null;

/** Sets up a second factor, shows its recovery codes, renews them, and turns it off. */
export function SecondFactor() {
  const { client } = useApp();
  const load = () => client.call("secondFactor.get", {});
  const [state, setState] = useLoaded(load);
  const [step, setStep] = useState<Step>(null);
  if (state === null) return null;
  const begin = () =>
    attempt(async () => {
      const { secret, qrSvg } = await withProof(() => client.call("secondFactor.enable", {}));
      setStep({ kind: "key", secret, qrSvg });
    });
  const finish = async (next: Step) => {
    setStep(next);
    setState(await load());
  };
  const turnOn = async (code: string) => {
    const answer = await client.call("secondFactor.verify", { code });
    if ("recoveryCodes" in answer) await finish({ kind: "codes", codes: answer.recoveryCodes });
  };
  const renew = async (code: string) => {
    const { recoveryCodes } = await withProof(() => {
      return client.call("secondFactor.renewCodes", { code });
    });
    await finish({ kind: "codes", codes: recoveryCodes });
  };
  const turnOff = async (code: string) => {
    await withProof(() => client.call("secondFactor.disable", { code }));
    await finish(null);
  };
  return (
    <Section title={m().secondFactor}>
      <p class="muted small">
        {state.enabled ? m().secondFactorOn(state.recoveryCodesLeft) : m().secondFactorOff}
      </p>
      {step === null && !state.enabled && (
        <button
          type="button"
          class="button secondary"
          onClick={() => void begin()}
        >
          {m().setUp}
        </button>
      )}
      {step === null && state.enabled && (
        <div class="row-buttons">
          <button
            type="button"
            class="button secondary"
            onClick={() => setStep({ kind: "renew" })}
          >
            {m().renewCodes}
          </button>
          <button type="button" class="button danger" onClick={() => setStep({ kind: "off" })}>
            {m().turnOff}
          </button>
        </div>
      )}
      {step?.kind === "key" && (
        <>
          <p class="small">{m().scanCode}</p>
          <QrCode svg={step.qrSvg} />
          <p class="key">{step.secret}</p>
          <p class="small">{m().enterCode}</p>
          <CodeEntry label={m().turnOn} onCode={turnOn} />
        </>
      )}
      {step?.kind === "off" && <CodeEntry label={m().turnOff} onCode={turnOff} />}
      {step?.kind === "renew" && <CodeEntry label={m().renewCodes} onCode={renew} />}
      {step?.kind === "codes" && (
        <>
          <p class="small">{m().recoveryText}</p>
          <ul class="codes" aria-label={m().recoveryCodes}>
            {step.codes.map((code) => <li key={code}>{code}</li>)}
          </ul>
          <button type="button" class="button secondary" onClick={() => setStep(null)}>
            {m().done}
          </button>
        </>
      )}
    </Section>
  );
}
