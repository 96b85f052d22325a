import type { ContractTest } from "./suite.ts";

export function membershipContract(_test: ContractTest): void {}
