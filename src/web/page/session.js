const KEY = "realtimechat.session";

/**
 * The tokens of this browser. They are kept in localStorage, so that a reload does not sign out: any
 * script of the origin could read them there, which is why the page's policy lets no foreign one in.
 */
export const session = {
  get() {
    const text = localStorage.getItem(KEY);
    return text === null ? null : JSON.parse(text);
  },

  set({ accessToken, refreshToken }) {
    localStorage.setItem(KEY, JSON.stringify({ accessToken, refreshToken }));
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
