/** What a call needs whose operation is not among the first: loaded then. */
export { ALL_ENDPOINTS } from "./all_endpoints.ts";
export { didYouMean } from "./nearest_name.ts";
