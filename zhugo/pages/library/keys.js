/** @file What keys do, wherever no field, button or list takes them. */

/** @typedef {{name: string, does: string, acts: Record<string, () => void>}} Key keys that belong together */

/** @param {Key[]} keys */
export function listenToKeys(keys) {
  const acts = new Map(keys.flatMap((key) => Object.entries(key.acts)));
  document.addEventListener("keydown", (event) => {
    if (isTaken(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = acts.get(`${event.shiftKey && event.key.length > 1 ? "Shift+" : ""}${event.key}`);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** Whether what has the focus has a use for this key. @param {KeyboardEvent} event */
function isTaken({ target, key }) {
  if (!(target instanceof Element)) return false;
  if (target.closest("input:not([type=checkbox]), textarea, select, dialog")) return true;
  return (key === " " || key === "Enter") && target.closest("button, summary, a, input") !== null;
}
