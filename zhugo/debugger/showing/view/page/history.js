/** @file What something was at any event, read from the list of its changes. */

/** @import {Numbers} from "./data.js" */

/** Where each list begins in one flat array of lists, and where the last ends. @param {Numbers} count */
export function starts(count) {
  const found = new Int32Array(count.length + 1);
  for (let i = 0; i < count.length; i++) found[i + 1] = found[i] + count[i];
  return found;
}

/**
 * The place of the last number up to `value`, among those of a rising array from `from` to before `to`; `from - 1`
 * if there is none.
 * @param {Numbers} rising @param {number} value @param {number} from @param {number} to
 */
export function lastUpTo(rising, value, from = 0, to = rising.length) {
  while (from < to) {
    const middle = (from + to) >> 1;
    if (rising[middle] <= value) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}

/** The changes of many items, one item's behind the other's. */
export class History {
  /** @param {Numbers} count changes of each item @param {Numbers} event of each change */
  constructor(count, event) {
    this.starts = starts(count);
    this.event = event;
  }

  /**
   * The place of the item's last change up to and with this event, or -1.
   * @param {number} item @param {number} event
   */
  at(item, event) {
    const from = this.starts[item];
    const found = lastUpTo(this.event, event, from, this.starts[item + 1]);
    return found < from ? -1 : found;
  }
}
