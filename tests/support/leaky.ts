/** For tests with Socket.IO's client: its timers outlive it briefly. */
export const LEAKY = { sanitizeOps: false, sanitizeResources: false };
