import { useEffect } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { MoreIcon } from "../components/more_icon.tsx";
import { Section } from "../components/section.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { begin, toLink } from "../sign_in/provider_return.ts";
import { configuredProviders, type Provider, providerName } from "../sign_in/providers.ts";
import { account } from "../texts/account/account.ts";
import { dateOf } from "../texts/format.ts";
import { withProof } from "./proof_state.ts";

/** Lists, links and unlinks providers to sign in with. */
export function LinkedProviders() {
  const { client } = useApp();
  const load = async () => (await client.call("auth.identities", {})).items;
  const [identities, setIdentities] = useLoaded(load);
  useEffect(() => {
    const arrived = toLink.peek();
    toLink.value = null;
    if (arrived) {
      void attempt(async () => {
        await withProof(() => client.call("auth.link", arrived));
        setIdentities(await load());
      }, account.t().linked(providerName(arrived.provider)));
    }
  }, []);
  const unlink = (provider: Provider) =>
    attempt(async () => {
      await withProof(() => client.call("auth.unlink", { provider }));
      setIdentities(await load());
    }, account.t().unlinked(providerName(provider)));
  if (identities === null) return null;
  const linked = identities.map(({ provider }) => provider);
  const providers = [...new Set([...configuredProviders(), ...linked])];
  return (
    <Section title={account.t().providers}>
      <p class="muted small">
        {providers.length === 0 ? account.t().noProviders : account.t().providersText}
      </p>
      <ul class="provider-list">
        {providers.map((provider) => (
          <ProviderRow
            key={provider}
            provider={provider}
            identity={identities.find((each) => each.provider === provider)}
            isOnly={identities.length === 1}
            onUnlink={() => void unlink(provider)}
          />
        ))}
      </ul>
    </Section>
  );
}

interface ProviderRowProps {
  provider: Provider;
  identity?: { email: string | null; linkedAt: string };
  /** The only provider that is linked. */
  isOnly: boolean;
  onUnlink(): void;
}

function ProviderRow({ provider, identity, isOnly, onUnlink }: ProviderRowProps) {
  const { client, me } = useApp();
  const name = providerName(provider);
  const isNeeded = identity !== undefined && isOnly && me.value?.hasPassword === false;
  const link = () =>
    attempt(async () => location.assign(await begin(client, { provider, purpose: "link" })));
  return (
    <li class="list-row">
      <span class="row-icon">
        <MoreIcon name="link" />
      </span>
      <div>
        <p>{name}</p>
        <p class="muted small ellipsis">{isNeeded ? account.t().onlyWay : stateOf(identity)}</p>
      </div>
      {identity === undefined && (
        <button
          type="button"
          class="button secondary"
          onClick={() => void link()}
        >
          {account.t().link(name)}
        </button>
      )}
      {identity !== undefined && !isNeeded && (
        <button type="button" class="button secondary" onClick={onUnlink}>
          {account.t().unlink(name)}
        </button>
      )}
    </li>
  );
}

function stateOf(identity: ProviderRowProps["identity"]): string {
  if (identity === undefined) return account.t().notLinked;
  const since = dateOf(identity.linkedAt);
  return identity.email === null
    ? account.t().linkedSince(since)
    : account.t().linkedAs(identity.email, since);
}
