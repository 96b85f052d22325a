import { useState } from "preact/hooks";
import { lazily } from "../components/lazily.tsx";
import { Logo } from "../components/logo.tsx";
import { account } from "../texts/account/account.ts";
import { endedBy } from "../state/session.ts";
import { t } from "../texts/texts.ts";
import { returned } from "./provider_return.ts";
import { ProviderButtons } from "./provider_buttons.tsx";
import { canRegister } from "./providers.ts";
import { SignInForm } from "./sign_in_form.tsx";

const CodeForm = lazily(async () => (await import("./code_form.tsx")).CodeForm);
const EmailForm = account.lazily(async () => (await import("./email_form.tsx")).EmailForm);
const ForgotForm = lazily(async () => (await import("./forgot_form.tsx")).ForgotForm);
const RegisterForm = lazily(async () => (await import("./register_form.tsx")).RegisterForm);

type Step = "signIn" | "register" | "forgot" | NonNullable<typeof returned.value>;

/** Registering, signing in, the second factor of those who have one, and a forgotten password. */
export function SignInView() {
  const [step, setStep] = useState<Step>(returned.value ?? "signIn");
  const ended = endedBy.value;
  const isFirst = step === "signIn" || step === "register";
  return (
    <main class="sign-in">
      <header>
        <Logo />
        <h1>{t().appName}</h1>
        <p class="muted">{t().tagline}</p>
      </header>
      {ended && (
        <p class="sign-in-note" role="status">
          {ended === "elsewhere" ? t().endedElsewhere : t().endedByServer}
        </p>
      )}
      <section class="card">
        {step === "signIn" && <SignInForm onChallenge={(challenge) => setStep({ challenge })} />}
        {step === "register" && <RegisterForm />}
        {step === "forgot" && <ForgotForm />}
        {typeof step === "object" && "challenge" in step && <CodeForm challenge={step.challenge} />}
        {typeof step === "object" && "noEmailBy" in step && <EmailForm provider={step.noEmailBy} />}
        {isFirst && <ProviderButtons />}
        <Ways step={step} onStep={setStep} />
      </section>
      <p class="muted small">
        {t().apiBehind} <a href="/docs" dir="ltr">/docs</a>
      </p>
    </main>
  );
}

/** Under a form: where else one may want to be. */
function Ways({ step, onStep }: { step: Step; onStep(step: Step): void }) {
  const link = (label: string, to: Step) => (
    <button
      type="button"
      class="link-button"
      onClick={() => onStep(to)}
    >
      {label}
    </button>
  );
  if (step === "signIn") {
    return (
      <div class="ways muted small">
        {link(t().forgotPassword, "forgot")}
        {canRegister()
          ? <p>{t().newHere} {link(t().register, "register")}</p>
          : <p>{t().noRegistration}</p>}
      </div>
    );
  }
  if (step === "register") {
    return <p class="ways muted small">{t().haveAccount} {link(t().signIn, "signIn")}</p>;
  }
  if (step === "forgot") return <p class="ways small">{link(t().backToSignIn, "signIn")}</p>;
  return <p class="ways muted small">{t().notYou} {link(t().startAgain, "signIn")}</p>;
}
