import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Section } from "../components/section.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { momentOf } from "../texts/format.ts";
import { m } from "../texts/more.ts";

export function Sessions() {
  const { client } = useApp();
  const load = async () => (await client.call("session.list", {})).items;
  const [sessions, setSessions] = useLoaded(load);
  const run = (work: () => Promise<unknown>) =>
    attempt(async () => {
      await work();
      setSessions(await load());
    });
  const others = sessions?.filter(({ current }) => !current) ?? [];
  return (
    <Section title={m().sessions}>
      <ul>
        {sessions?.map(({ id, deviceName, userAgent, address, lastUsedAt, current }) => (
          <li key={id} class="list-row">
            <div>
              <p class="ellipsis" title={userAgent}>{deviceName || browserOf(userAgent)}</p>
              <p class="muted small ellipsis">{m().lastUsed(momentOf(lastUsedAt), address)}</p>
            </div>
            {current ? <span class="tag">{m().thisDevice}</span> : (
              <button
                type="button"
                class="link-button"
                onClick={() =>
                  void run(() => client.call("session.end", { sessionId: id }))}
              >
                {m().endSession}
              </button>
            )}
          </li>
        ))}
      </ul>
      {others.length > 0 && (
        <button
          type="button"
          class="button danger"
          onClick={() => void run(() => client.call("session.endOthers", {}))}
        >
          {m().endOthers}
        </button>
      )}
    </Section>
  );
}

/** The names of browser and system, out of a long line. */
function browserOf(userAgent: string): string {
  const browser = userAgent.match(/(Firefox|Edg|OPR|Chrome|Safari)\/\d+/)?.[0].replace("/", " ");
  const system = userAgent.match(/Windows|Android|iPhone|iPad|Mac OS X|Linux/)?.[0];
  return [browser, system].filter(Boolean).join(", ") || userAgent;
}
