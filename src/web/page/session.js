const KEY = "realtimechat.session";
const DEVICE_KEY = "realtimechat.device";

/**
 * The tokens of this browser. They are kept in localStorage, so that a reload does not sign out: any
 * script of the origin could read them there, which is why the page's policy lets no foreign one in.
 */
export const session = {
  get() {
    const text = localStorage.getItem(KEY);
    return text === null ? null : JSON.parse(text);
  },

  set({ accessToken, refreshToken, deviceToken }) {
    localStorage.setItem(KEY, JSON.stringify({ accessToken, refreshToken }));
    if (deviceToken) localStorage.setItem(DEVICE_KEY, deviceToken);
  },

  /** Of the last sign-in here; with it, strangers' wrong passwords do not shut this browser out. */
  get deviceToken() {
    return localStorage.getItem(DEVICE_KEY) ?? undefined;
  },

  clear() {
    localStorage.removeItem(KEY);
  },

  /** Calls back when another tab signs in or out. */
  onChangeElsewhere(listener) {
    addEventListener("storage", ({ key, oldValue, newValue }) => {
      if (key === KEY && (oldValue === null || newValue === null)) listener();
    });
  },
};
