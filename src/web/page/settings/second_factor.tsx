import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Section } from "../components/section.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { account } from "../texts/account/account.ts";
import { m } from "../texts/more.ts";
import { CodeEntry } from "./code_entry.tsx";
import { KeySetup } from "./key_setup.tsx";
import { withProof } from "./proof_state.ts";
import { RecoveryCodes } from "./recovery_codes.tsx";

type Step = { kind: "key"; secret: string; qrSvg: string } | { kind: "codes"; codes: string[] } | {
  kind: "off" | "renew";
} | null;

/** With this many recovery codes left, or fewer, the person is advised to get new ones. */
const FEW = 3;

/** Sets up a second factor, shows its recovery codes, renews them, and turns it off. */
export function SecondFactor() {
  const { client, me } = useApp();
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
    const found = await load();
    setState(found);
    me.value = { ...me.peek()!, twoFactorEnabled: found.enabled };
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
        <span class={state.enabled ? "tag good" : "tag"}>
          {state.enabled ? account.t().on : account.t().off}
        </span>{" "}
        {state.enabled ? m().secondFactorOn(state.recoveryCodesLeft) : account.t().secondFactorText}
      </p>
      {state.enabled && state.recoveryCodesLeft <= FEW && (
        <p class="note warning">{account.t().fewCodes}</p>
      )}
      {step === null && <Actions isOn={state.enabled} onBegin={begin} onStep={setStep} />}
      {step?.kind === "key" && <KeySetup secret={step.secret} qrSvg={step.qrSvg} onCode={turnOn} />}
      {step?.kind === "off" && (
        <>
          <p class="small">{account.t().turnOffText}</p>
          <CodeEntry label={m().turnOff} onCode={turnOff} onCancel={() => setStep(null)} />
        </>
      )}
      {step?.kind === "renew" && (
        <>
          <p class="small">{account.t().renewText}</p>
          <CodeEntry label={m().renewCodes} onCode={renew} onCancel={() => setStep(null)} />
        </>
      )}
      {step?.kind === "codes" && <RecoveryCodes codes={step.codes} onDone={() => setStep(null)} />}
    </Section>
  );
}

interface ActionsProps {
  isOn: boolean;
  onBegin(): void;
  onStep(step: Step): void;
}

function Actions({ isOn, onBegin, onStep }: ActionsProps) {
  if (!isOn) {
    return <button type="button" class="button primary" onClick={onBegin}>{m().setUp}</button>;
  }
  return (
    <div class="row-buttons">
      <button type="button" class="button secondary" onClick={() => onStep({ kind: "renew" })}>
        {m().renewCodes}
      </button>
      <button type="button" class="button danger" onClick={() => onStep({ kind: "off" })}>
        {m().turnOff}
      </button>
    </div>
  );
}
