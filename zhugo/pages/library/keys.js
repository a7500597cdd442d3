/** @file What keys do, wherever no field or list takes them. */

/** @typedef {{name: string, does: string, acts: Record<string, () => void>}} Key keys that belong together */

/** @param {Key[]} keys */
export function listenToKeys(keys) {
  const acts = new Map(keys.flatMap((key) => Object.entries(key.acts)));
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = acts.get(`${event.shiftKey && event.key.length > 1 ? "Shift+" : ""}${event.key}`);
    if (!act) return;
    event.preventDefault();
    act();
  });
}
