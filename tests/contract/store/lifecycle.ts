import type { ContractTest } from "./suite.ts";

export function lifecycleContract(_test: ContractTest): void {}
