import type { ReactNode } from "react";
import { signedInPerson } from "../person";
import { Connected } from "./connected";
import { Inbox } from "./inbox";

/** The client is one person's: with another `key`, React makes a new one. */
export default async function Layout({ children }: { children: ReactNode }) {
  const person = await signedInPerson();
  return (
    <html lang="en">
      <body>
        {person === null
          ? <p>Sign in first</p>
          : (
            <Connected key={person} url={process.env.CHAT_URL!}>
              <Inbox />
              {children}
            </Connected>
          )}
      </body>
    </html>
  );
}
