import type { ContractTest } from "./suite.ts";

export function sessionContract(_test: ContractTest): void {}
