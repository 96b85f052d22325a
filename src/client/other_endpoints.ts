/** Endpoints of operations that are not among the first: loaded with the first such call. */
export { ALL_ENDPOINTS } from "./all_endpoints.ts";
export { didYouMean } from "./nearest_name.ts";
