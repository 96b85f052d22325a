import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Returns a component whose code is fetched when it is first shown. */
export function lazily<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  return function Lazy(props: Props) {
    const [Loaded, setLoaded] = useState(() => loaded);
    useEffect(() => {
      // A fault is reported by `main.tsx`: the page may have been updated on the server.
      if (!Loaded) {
        void load().then((component) => {
          loaded = component;
          setLoaded(() => component);
        });
      }
    }, []);
    return Loaded && <Loaded {...props} />;
  };
}
