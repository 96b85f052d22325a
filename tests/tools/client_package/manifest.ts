import denoJson from "../../../deno.json" with { type: "json" };

export const PACKAGE_NAME = "realtimechat-client";

/**
 * Returns the package.json of a package with these modules, given by their paths without ending;
 * `mod` is `.`.
 */
export function packageManifest(modules: string[]): string {
  const exports = Object.fromEntries(modules.map((module) => [
    module.replace(/^mod$/, ".").replace(/^(\w+)\/mod$/, "./$1"),
    { types: `./${module}.d.ts`, default: `./${module}.js` },
  ]));
  const manifest = {
    name: PACKAGE_NAME,
    version: denoJson.version,
    description:
      "Client of a RealTimeChat server: chats, messages, files and end-to-end encryption",
    license: "MIT",
    type: "module",
    sideEffects: false,
    engines: { node: ">=20" },
    types: "./mod.d.ts",
    exports: { ...exports, "./package.json": "./package.json" },
    peerDependencies: { react: ">=18" },
    peerDependenciesMeta: { react: { optional: true } },
  };
  return JSON.stringify(manifest, null, 2) + "\n";
}
