import type { ContractTest } from "./suite.ts";

export function searchContract(_test: ContractTest): void {}
