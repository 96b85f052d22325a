import type { ContractTest } from "./suite.ts";

export function blockContract(_test: ContractTest): void {}
