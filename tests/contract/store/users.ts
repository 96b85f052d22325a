import type { ContractTest } from "./suite.ts";

export function userContract(_test: ContractTest): void {}
