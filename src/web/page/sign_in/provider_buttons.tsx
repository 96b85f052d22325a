import { newClient } from "../state/session.ts";
import { showToast } from "../state/toast.ts";
import { faultText } from "../texts/fault_text.ts";
import { t } from "../texts/texts.ts";
import { begin } from "./provider_return.ts";
import { configuredProviders, type Provider, providerName } from "./providers.ts";

export function ProviderButtons() {
  const providers = configuredProviders();
  if (providers.length === 0) return null;
  const start = async (provider: Provider) => {
    try {
      location.assign(await begin(await newClient(), { provider, purpose: "signIn" }));
    } catch (error) {
      showToast(faultText(error));
    }
  };
  return (
    <div class="providers">
      <p class="or muted small">{t().or}</p>
      {providers.map((provider) => (
        <button
          type="button"
          class="button secondary"
          onClick={() => start(provider)}
        >
          {t().continueWith(providerName(provider))}
        </button>
      ))}
    </div>
  );
}
