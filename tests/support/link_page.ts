import type { AccountWorld } from "./account_world.ts";

/** Submits a form of the page that a mail's link opens, as a browser without a session does. */
export async function submitPage(
  world: AccountWorld,
  path: string,
  fields: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const response = await world.fetch(
    new Request(`http://chat.example${path}`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(fields),
    }),
  );
  return { status: response.status, text: await response.text() };
}
