import { ChatClient } from "../../../client/mod.ts";

/** The library's client, with the one request of the page that is no operation. */
export class PageClient extends ChatClient {
  /** Returns the caller's personal data as the server streams them, with the body unread. */
  exportData(signal: AbortSignal): Promise<Response> {
    return this.session.withToken((token) => {
      const headers = { authorization: `Bearer ${token}` };
      return this.rest.raw("/api/users/export", { headers, signal });
    });
  }
}
