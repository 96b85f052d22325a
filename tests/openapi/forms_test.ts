import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { newId } from "../../src/core/ids.ts";
import { documents, objectsIn } from "./document.ts";

const FORMS: Readonly<Record<string, readonly string[]>> = {
  MessageSendRequest: ["MessageToChat", "MessageToUser"],
  AuthGoogleRequest: ["SignInByIdToken", "SignInByCode", "SignInByState"],
  AuthFacebookRequest: ["SignInByIdToken", "SignInByCode", "SignInByState"],
  AuthLinkRequest: ["LinkByIdToken", "LinkByCode", "LinkByState"],
  AuthReauthenticateRequest: [
    "ReauthenticateByPassword",
    "ReauthenticateByCode",
    "ReauthenticateByProvider",
  ],
  AuthVerifyEmailRequest: ["EmailVerification", "EmailTakeover"],
  PushRegisterRequest: ["FcmDevice", "WebPushDevice"],
  SignInResult: ["SignedIn", "TwoFactorChallenge"],
};

Deno.test("OpenAPI: alternatives are a oneOf of named forms", async () => {
  const { components } = (await documents()).openApi;
  for (const [name, forms] of Object.entries(FORMS)) {
    const references = components.schemas[name].oneOf.map(({ $ref }: { $ref: string }) => $ref);
    assert.deepEqual(references, forms.map((form) => `#/components/schemas/${form}`), name);
  }
});

Deno.test("OpenAPI: every union is of named schemas, so that clients have types for them", async () => {
  for (const [at, { oneOf }] of objectsIn((await documents()).openApi)) {
    for (const form of oneOf ?? []) assert(form.$ref, at);
  }
});

Deno.test("OpenAPI: a message for a chat and one for a user exclude each other", async () => {
  const { components } = (await documents()).openApi;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const isValid = ajv.compile({ $ref: "#/components/schemas/MessageSendRequest", components });
  const [chatId, recipientId] = [newId(), newId()];
  assert(isValid({ chatId, text: "a" }));
  assert(isValid({ recipientId, text: "a" }));
  assert(!isValid({ chatId, recipientId, text: "a" }));
  assert(!isValid({ text: "a" }));
});
