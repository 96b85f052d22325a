import type { ContractTest } from "./suite.ts";

export function reportContract(_test: ContractTest): void {}
