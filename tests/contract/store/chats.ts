import type { ContractTest } from "./suite.ts";

export function chatContract(_test: ContractTest): void {}
