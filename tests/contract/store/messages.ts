import type { ContractTest } from "./suite.ts";

export function messageContract(_test: ContractTest): void {}
