import type { ContractTest } from "./suite.ts";

export function raceContract(_test: ContractTest): void {}
