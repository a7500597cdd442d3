/** @file What keys do, wherever no field or list takes them. */

/** @typedef {{name: string, keys: string[], does: string, act: () => void}} Key */

/** @param {Key[]} keys */
export function listenToKeys(keys) {
  const acts = new Map(keys.flatMap((key) => key.keys.map((each) => [each, key.act])));
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = acts.get(`${event.shiftKey && event.key.length > 1 ? "Shift+" : ""}${event.key}`);
    if (!act) return;
    event.preventDefault();
    act();
  });
}
