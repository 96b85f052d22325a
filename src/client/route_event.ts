import type { ContactRequests } from "./contact_requests.ts";
import type { Encryption } from "./encryption/encryption.ts";
import type { ServerEvent } from "./events.ts";
import type { People } from "./people.ts";
import type { SignIn } from "./sign_in.ts";

/** The parts of a client that apply events without a chat. */
export interface EventParts {
  people: People;
  session: SignIn;
  requests: ContactRequests;
  encryption: Encryption | null;
}

/** Passes an event to its part of the client; events of a chat go to `ChatSync`. */
export function routeEvent(
  event: ServerEvent,
  { people, session, requests, encryption }: EventParts,
): void {
  switch (event.event) {
    case "presence":
      return people.setPresence(event.data);
    case "user.updated":
      session.update(event.data);
      return people.put(event.data);
    case "user.blocks":
      return people.setOneBlocked(event.data.userId, event.data.blocked);
    case "contact.request":
      return requests.refresh();
    case "mls.welcome":
      return encryption?.onWelcome(event.data.deviceId);
    case "mls.keyPackagesLow":
      return encryption?.onKeyPackagesLow(event.data.deviceId);
    case "device.updated":
      return encryption?.onDevice(event.data);
  }
}
